"""What the book adds to Sphinx: buttons only where they lead, and pages from data.

The repository's address stands in ``_config.yml``. While it is still the placeholder,
the pages carry no button that would lead nowhere.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

PLACEHOLDER = "OWNER/REPO"
BUTTONS = (
    "repository_url",
    "launch_buttons",
    "use_repository_button",
    "use_issues_button",
    "use_edit_page_button",
)


def hide_dead_buttons(app, config):
    """Drop the buttons that need the repository's address while nobody knows it."""
    options = config.html_theme_options
    if PLACEHOLDER in options.get("repository_url", PLACEHOLDER):
        for name in BUTTONS:
            options.pop(name, None)


def drop_repeated_scripts(app, pagename, templatename, context, doctree):
    """Keep one of each inline script; a second declaration is an error in browsers."""
    seen, kept = set(), []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body")
        if body is None or body not in seen:
            kept.append(script)
        seen.add(body)
    context["script_files"][:] = kept


class DataFiles(SphinxDirective):
    """Show the files of one kind from ``data/manifest.json``, with their licences.

    The argument is the kind: ``photo`` and ``style`` become figures, any other kind
    a list. A kind without files says so, in one line.
    """

    required_arguments = 1

    def run(self):
        """Return the nodes of the list."""
        kind = self.arguments[0]
        path = Path(self.env.srcdir) / "data" / "manifest.json"
        self.env.note_dependency(str(path))
        entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        chosen = [entry for entry in entries if entry["kind"] == kind]
        describe = figure_lines if kind in ("photo", "style") else list_lines
        lines = [line for entry in chosen for line in describe(entry)]
        box = nodes.container(classes=["data-files", f"data-files-{kind}"])
        text = StringList(lines or ["*(none in this copy)*"], source=str(path))
        self.state.nested_parse(text, self.content_offset, box)
        return [box]


class WhenThere(SphinxDirective):
    """Show the content only if a file of the repository, the argument, is there."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Return the content's nodes, or nothing."""
        path = Path(self.env.srcdir) / self.arguments[0]
        self.env.note_dependency(str(path))
        if not path.is_file():
            return []
        box = nodes.container(classes=["when-there"])
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


def figure_lines(entry):
    """Return one picture of the manifest as lines of MyST."""
    alt = " ".join(entry["alt"].split())
    return [
        f"::::{{figure}} /data/{entry['path']}",
        f":alt: {alt}",
        ":figclass: data-file",
        f"**{entry['title']}.** {credit(entry)}",
        "::::",
        "",
    ]


def list_lines(entry):
    """Return one file of the manifest that is no picture as lines of MyST."""
    return [f"- **{entry['title']}** (`data/{entry['path']}`). {credit(entry)}", ""]


def credit(entry):
    """Return who made a file, where it comes from and what one may do with it.

    What the manifest says is left as it is written: names and commands may begin with
    a small letter.
    """
    made = [entry["author"], command_as_code(entry["origin"]), entry.get("changes")]
    parts = ["; ".join(part.strip().rstrip(".") for part in made if part)]
    parts.append(licence(entry))
    source = entry.get("source", "")
    if source:
        link = source.startswith("https://")
        parts.append(f"[Source]({source})" if link else f"Source: `{source}`")
    return " ".join(f"{part}." for part in parts)


def command_as_code(origin):
    """Return an origin with its command, up to a comma or semicolon, as code.

    As text, typographic dashes and quotes would spoil it for those who copy it.
    """
    command, stop, rest = re.match(r"([^,;]*)([,;]?)(.*)", origin, re.DOTALL).groups()
    if not command.startswith("python "):
        return origin
    return f"`{command.strip()}`{stop}{rest}"


def licence(entry):
    """Return the name of a file's licence, linked to its text where there is one."""
    name = entry["licence"].removeprefix("LicenseRef-").replace("-", " ")
    name = name.replace("CC BY SA", "CC BY-SA")
    url = entry.get("licence_url")
    return f"Licence: [{name}]({url})" if url else f"Licence: {name}"


def setup(app):
    """Register the above with Sphinx."""
    for name in (
        "accessible",
        "api_pages",
        "architecture",
        "course_plans",
        "formulas",
        "ledger_tables",
        "paper_map",
        "plain_forms",
        "slim",
    ):
        app.setup_extension(name)
    app.add_directive("data-files", DataFiles)
    app.add_directive("when-there", WhenThere)
    app.connect("config-inited", hide_dead_buttons, priority=100)
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

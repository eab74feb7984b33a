"""Pages of the API: a group of modules each, made from their docstrings."""

import argparse
import os
import re
import sys

from docutils import nodes
from docutils.statemachine import StringList
from package_modules import PACKAGE, ROOT, load_groups, public_names, summary
from sphinx.util.docutils import SphinxDirective

NAME = PACKAGE.name
SINGLE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


class FromLines(SphinxDirective):
    """A directive that shows lines of MyST which it makes itself."""

    optional_arguments = 1

    def run(self):
        """Return the nodes that the lines mean."""
        box = nodes.section()
        box.document = self.state.document
        text = StringList(list(self.lines()), source=self.get_location())
        self.state.nested_parse(text, self.content_offset, box, match_titles=True)
        return box.children

    def depend(self, *paths):
        """Make the page anew when one of these files changes."""
        for path in paths:
            self.env.note_dependency(str(path))


class ApiGroup(FromLines):
    """All public names of a group of ``modules.yml``, named by the argument."""

    def lines(self):
        """Yield the page, a section for each module."""
        group = find_group(self.arguments[0])
        for module in group["modules"]:
            if module in group.get("elsewhere", []):
                continue
            yield from (f"## {module}", "", "```{eval-rst}")
            yield f".. automodule:: {NAME}.{module}"
            if module not in group.get("gathers", []):
                yield "   :ignore-module-all:"
            yield from ("   :members:", "```", "")
            self.depend(PACKAGE / f"{module}.py")


class ApiIndex(FromLines):
    """A table of all groups and modules, each with its first line."""

    def lines(self):
        """Yield a section for each group."""
        for group in load_groups():
            page = f"api/{group['name']}.md"
            yield from (f"## [{group['title']}]({page})", "", group["text"], "")
            yield from ("| module | what it does |", "| --- | --- |")
            silent = group.get("elsewhere", [])
            for module in group["modules"]:
                told = module not in silent and group["name"] != "commands"
                name = (
                    f"{{py:mod}}`{module} <{NAME}.{module}>`" if told else f"`{module}`"
                )
                yield f"| {name} | {summary(module)} |"
                self.depend(PACKAGE / f"{module}.py")
            yield ""


class CommandHelp(FromLines):
    """What every command of the package says to ``--help``."""

    def lines(self):
        """Yield a section for each command."""
        for name, text in command_help().items():
            yield from (f"## {name}", "", "```text", *text.splitlines(), "```", "")


def find_group(name):
    """Return a group by its name."""
    return next(group for group in load_groups() if group["name"] == name)


def command_help():
    """Return {command: its help}, 80 columns wide whatever the terminal."""
    from fst_lessons.__main__ import make_parser

    os.environ["COLUMNS"] = "80"
    actions = make_parser()._actions
    commands = next(a for a in actions if isinstance(a, argparse._SubParsersAction))
    return {name: one.format_help() for name, one in commands.choices.items()}


def link_names(app, what, name, obj, options, lines):
    """Make `names` in a docstring links where they are public, and code elsewhere."""
    module = name.split(".")[1] if name.count(".") else ""

    def role(match):
        target = find_target(match[1], module)
        return f":py:obj:`{match[1]} <{target}>`" if target else f"``{match[1]}``"

    verbatim = "    " if what == "module" else "\0"  # a module's blocks are plain text
    if what == "module":
        lines[:] = literal_blocks(lines)
    lines[:] = [
        line if line.startswith(verbatim) else SINGLE.sub(role, line) for line in lines
    ]


def literal_blocks(lines):
    """Yield a module's docstring with its indented blocks, formulas mostly, as text."""
    inside = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not inside:
            yield from ("::", "")
        inside = indented or (inside and not line)
        yield line


def find_target(text, module):
    """Return the full name of a public object as a docstring names it, or None."""
    known = documented()
    candidates = (f"{NAME}.{module}.{text}", f"{NAME}.{text}")
    return next((name for name in candidates if name in known), None)


def documented():
    """Return the full names of all that the API pages describe."""
    names = set()
    for group in load_groups():
        if group["name"] == "commands":
            continue
        for module in group["modules"]:
            if module not in group.get("elsewhere", []):
                names |= {f"{NAME}.{module}.{n}" for n in public_names(module)}
    return names


def setup(app):
    """Register the directives and the settings of autodoc."""
    sys.path.insert(0, str(ROOT))  # the package of this checkout, not another one
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("api-group", ApiGroup)
    app.add_directive("api-index", ApiIndex)
    app.add_directive("command-help", CommandHelp)
    # before napoleon, which looks for sections
    app.connect("autodoc-process-docstring", link_names, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

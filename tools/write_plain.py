"""Write the texts of chapters in forms that Jupyter and Colab can show.

    python tools/write_plain.py [NOTEBOOK ...]

Directives and roles of MyST become what `book/_ext/plain_forms.py` describes, which
turns them back for the book: a text that would not come back the same stops the tool.
No cell is run. Without arguments, every chapter and the template are written.
"""

import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from notebook_files import rewrite  # noqa: E402
from plain_forms import CLASSES, Translator  # noqa: E402

FENCE = re.compile(r"(?ms)^(```|~~~).*?^\1[^\n]*$")
BLOCK = re.compile(
    r"^:::\{(?P<name>admonition|exercise|solution|dropdown)\}(?: (?P<title>[^\n]*))?\n"
    r"(?P<options>(?::\w+:[^\n]*\n)*)(?P<body>.*?)\n:::$",
    re.MULTILINE | re.DOTALL,
)
LEADING = re.compile(r"(?m)^(:class: \w+\n)\n+")  # before a box's first line
TERM = re.compile(r"\{term\}`(?P<text>[^`<]+?)(?: <(?P<term>[^`>]+)>)?`")
CITE = re.compile(r"\{cite:(?P<kind>[tp])\}`(?P<keys>[^`]+)`")
NUMBER = re.compile(r"(?P<start>^|\. )?\{(?:numref|eq)\}`(?P<label>[^`<]+)`", re.M)


@cache
def works():
    """Return {key: (authors, year)} of the bibliography, in words."""
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    return {key: (_authors(e), e.fields["year"]) for key, e in entries.items()}


def _authors(entry):
    """Return the last names of one or two authors, or of the first and "et al."."""
    people = entry.persons.get("author") or entry.persons["editor"]
    names = [" ".join(person.prelast_names + person.last_names) for person in people]
    names = [re.sub(r"[{}]", "", name) for name in names]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def cite(match):
    """Return a citation with its words."""
    keys = [key.strip() for key in match["keys"].split(",")]
    several = [works()[key] for key in keys]
    if match["kind"] == "t":
        text = "; ".join(f"{authors} ({year})" for authors, year in several)
    else:
        text = "(" + "; ".join(f"{authors}, {year}" for authors, year in several) + ")"
    return f'<cite title="{",".join(keys)}">{text}</cite>'


def term(match):
    """Return a word of the glossary."""
    title = f' title="{match["term"]}"' if match["term"] else ""
    return f"<dfn{title}>{match['text']}</dfn>"


def number(match):
    """Return a link to a figure or an equation."""
    label, start = match["label"], match["start"]
    figure = "the figure" if start is None else "The figure"
    text = figure if label.startswith("fig-") else f"({label})"
    return f"{start or ''}[{text}](#{label})"


def block(match):
    """Return a directive as a quotation, as something folded, or as an exercise."""
    name, title, body = match["name"], match["title"], match["body"]
    if name == "admonition":
        if match["options"] != f":class: {CLASSES.get(title, 'ledger')}\n":
            return match[0]
        lines = [f"**{title}**", "", *body.split("\n")]
        return "\n".join(f"> {line}".rstrip() for line in lines)
    if name == "exercise":
        label = re.fullmatch(r":label: ([\w-]+)\n", match["options"])[1]
        return f"<!-- exercise {label} -->\n**Exercise.** {body}\n<!-- end -->"
    title = "Solution" if name == "solution" else title
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def roles(text):
    """Return text with its roles in words."""
    for pattern, write in ((TERM, term), (CITE, cite), (NUMBER, number)):
        text = pattern.sub(write, text)
    return text


def to_plain(text):
    """Return a cell's text without directives and roles, code left as it is."""
    text, parts, at = BLOCK.sub(block, text), [], 0
    for match in FENCE.finditer(text):
        parts += [roles(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, roles(text[at:])])


def plain_notebook(notebook):
    """Write the texts of a notebook, read from JSON, in plain forms, in place.

    Raises:
        ValueError: the book would not get a text as it was.
    """
    before, after = Translator(), Translator()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            plain = to_plain(text)
            if after(plain) != LEADING.sub(r"\1", before(text)):
                raise ValueError(f"{cell['id']} would not come back:\n{after(plain)}")
            cell["source"] = plain.splitlines(keepends=True)
    return notebook


def main(names):
    """Write each notebook that has other forms."""
    every = [*sorted((ROOT / "book").glob("*.ipynb")), ROOT / "templates/chapter.ipynb"]
    for path in map(Path, names or every):
        if rewrite(path, plain_notebook):
            print(f"{path.name}: rewritten")


if __name__ == "__main__":
    main(sys.argv[1:])

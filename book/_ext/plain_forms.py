"""Chapters in words that Jupyter and Colab can show, and the book's own forms for them.

A notebook's text is plain Markdown with a little HTML, so that it reads well wherever
it is opened. For the book, `to_myst` turns it into directives and roles:

    > **You need**            a box; its class follows from its title
    <details><summary>Hint</summary> ... </details>    folded
    <!-- exercise ch05-two --> **Exercise.** ... <!-- end -->    a numbered exercise;
                              the next thing folded as "Solution" is its solution
    <dfn>style</dfn>          a word of the glossary
    <dfn title="style">styles</dfn>    the same, written otherwise
    <cite title="gatys2016image">Gatys et al. (2016)</cite>    a work; in brackets where
                              its text is in brackets
    [the figure](#fig-one), [(eq-gram)](#eq-gram)    a figure's or an equation's number

What is between backticks or fences stays as it is, and so does MyST.
"""

import json
import re

CLASSES = {"You need": "need", "You will": "goals"}  # all other boxes: "ledger"
CODE = re.compile(r"(?ms)^(```|~~~).*?^\1[^\n]*$|(`+)(?!`).+?(?<!`)\2(?!`)")
BOX = re.compile(r"(?m)^> \*\*(?P<title>[^*\n]+)\*\*\n(?P<body>(?:>.*(?:\n|\Z))*)")
BLOCK = re.compile(
    r"^<!-- exercise (?P<label>[\w-]+) -->\n\*\*Exercise\.\*\* (?P<task>.*?)\n"
    r"<!-- end -->$"
    r"|^<details><summary>(?P<title>[^<]+)</summary>\n\n(?P<body>.*?)\n\n</details>$",
    re.MULTILINE | re.DOTALL,
)
TERM = re.compile(r'<dfn(?: title="(?P<term>[^"]+)")?>(?P<text>[^<]+)</dfn>')
CITE = re.compile(r'<cite title="(?P<keys>[^"]+)">(?P<text>[^<]+)</cite>')
NUMBER = re.compile(r"\[[^\]\n]+\]\(#(?P<label>(?P<kind>fig|eq)-[\w-]+)\)")


class Translator:
    """Turns the texts of one notebook into MyST, in their order."""

    def __init__(self):
        self.exercise = None  # the label of the one whose solution is to come

    def __call__(self, text):
        """Return a cell's text as MyST."""
        return outside_code(roles, BLOCK.sub(self.block, BOX.sub(box, text)))

    def block(self, match):
        """Return an exercise, or something folded, as a directive."""
        if match["label"]:
            self.exercise = match["label"]
            return f":::{{exercise}}\n:label: {self.exercise}\n{match['task']}\n:::"
        title, body = match["title"], match["body"]
        if title == "Solution" and self.exercise:
            label, self.exercise = self.exercise, None
            return f":::{{solution}} {label}\n:class: dropdown\n{body}\n:::"
        return f":::{{dropdown}} {title}\n{body}\n:::"


def box(match):
    """Return a quotation with a bold title as an admonition."""
    title = match["title"]
    body = re.sub(r"(?m)^> ?", "", match["body"]).strip("\n")
    kind = CLASSES.get(title, "ledger")
    end = "\n" if match["body"].endswith("\n") else ""
    return f":::{{admonition}} {title}\n:class: {kind}\n{body}\n:::{end}"


def roles(text):
    """Return text with terms, works and numbers as roles."""
    text = TERM.sub(term, text)
    text = CITE.sub(
        lambda m: f"{{cite:{'p' if m['text'].startswith('(') else 't'}}}`{m['keys']}`",
        text,
    )
    role = {"fig": "numref", "eq": "eq"}
    return NUMBER.sub(lambda m: f"{{{role[m['kind']]}}}`{m['label']}`", text)


def term(match):
    """Return a word of the glossary as a role."""
    text, entry = match["text"], match["term"]
    return f"{{term}}`{text} <{entry}>`" if entry else f"{{term}}`{text}`"


def outside_code(change, text):
    """Return the text with `change` applied to all of it that is not code."""
    parts, at = [], 0
    for match in CODE.finditer(text):
        parts += [change(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, change(text[at:])])


def myst_cells(cells):
    """Return a notebook's cells, read from JSON, with their texts as MyST."""
    translate = Translator()
    return [
        {**cell, "source": translate("".join(cell["source"]))}
        if cell["cell_type"] == "markdown"
        else cell
        for cell in cells
    ]


def read_plain(app, docname, source):
    """Give Sphinx a notebook in the book's own forms."""
    if str(app.env.doc2path(docname)).endswith(".ipynb"):
        notebook = json.loads(source[0])
        notebook["cells"] = myst_cells(notebook["cells"])
        source[0] = json.dumps(notebook)


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", read_plain)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

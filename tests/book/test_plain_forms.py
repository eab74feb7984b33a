"""Texts of chapters read well in Jupyter and Colab, and become the book's own forms."""

import json

import pytest
from chapters import NOTEBOOKS, TEMPLATE
from plain_forms import Translator, myst_cells
from write_plain import plain_notebook, to_plain

PAIRS = {
    "> **You need**\n>\n> Time.\n>\n> - a pen": (
        ":::{admonition} You need\n:class: need\nTime.\n\n- a pen\n:::"
    ),
    "> **Paper, this book**\n>\n> One\n> two.\n\nAfter.": (
        ":::{admonition} Paper, this book\n:class: ledger\nOne\ntwo.\n:::\n\nAfter."
    ),
    "<details><summary>Hint</summary>\n\nLook.\n\n```python\nx\n```\n\n</details>": (
        ":::{dropdown} Hint\nLook.\n\n```python\nx\n```\n:::"
    ),
    "<!-- exercise ch05-a -->\n**Exercise.** Do\nit.\n<!-- end -->": (
        ":::{exercise}\n:label: ch05-a\nDo\nit.\n:::"
    ),
    "**<dfn>loss network</dfn>** of <dfn title='x'>".replace("'x'", '"VGG"')
    + "Simonyan's</dfn>": "**{term}`loss network`** of {term}`Simonyan's <VGG>`",
    '<cite title="johnson2016perceptual">Johnson et al. (2016)</cite>': (
        "{cite:t}`johnson2016perceptual`"
    ),
    '<cite title="gatys2015texture,gatys2016image">'
    "(Gatys et al., 2015; Gatys et al., 2016)</cite>": (
        "{cite:p}`gatys2015texture,gatys2016image`"
    ),
    "See [the figure](#fig-a), and [(eq-b)](#eq-b).\n[The figure](#fig-a).": (
        "See {numref}`fig-a`, and {eq}`eq-b`.\n{numref}`fig-a`."
    ),
}
SAME = (
    "> A quotation.",
    "`<dfn>code</dfn>` and [a link](#other)",
    "```html\n<dfn>code</dfn>\n```",
    "a *word*",
)


@pytest.mark.parametrize("plain", PAIRS)
def test_the_book_gets_its_own_form(plain):
    assert Translator()(plain) == PAIRS[plain]


@pytest.mark.parametrize("plain", PAIRS)
def test_the_tool_writes_what_a_notebook_can_show(plain):
    assert to_plain(PAIRS[plain]) == plain


@pytest.mark.parametrize("text", SAME)
def test_all_else_stays(text):
    assert Translator()(text) == text == to_plain(text)


def test_a_solution_belongs_to_the_exercise_before_it():
    folded = "<details><summary>Solution</summary>\n\nSo.\n\n</details>"
    exercise = "<!-- exercise two -->\n**Exercise.** Do.\n<!-- end -->"
    cells = [
        {"cell_type": kind, "source": [text]}
        for kind, text in (
            ("markdown", exercise),
            ("code", folded),
            ("markdown", folded),
            ("markdown", folded),
        )
    ]
    sources = [cell["source"] for cell in myst_cells(cells)]
    assert sources[1] == [folded]
    assert sources[2] == ":::{solution} two\n:class: dropdown\nSo.\n:::"
    assert sources[3] == ":::{dropdown} Solution\nSo.\n:::"


def test_what_would_not_come_back_is_not_written():
    lost = ":::{solution} of-none\n:class: dropdown\nSo.\n:::"
    notebook = {"cells": [{"id": "c", "cell_type": "markdown", "source": [lost]}]}
    with pytest.raises(ValueError, match="c would not come back"):
        plain_notebook(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_book_gets_back_every_text(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    plain_notebook(notebook)  # would stop
    texts = [c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown"]
    assert [t for t in map("".join, texts) if to_plain(t) != t] == []


@pytest.mark.parametrize("path", [*NOTEBOOKS, TEMPLATE], ids=lambda path: path.stem)
def test_nothing_is_written_in_forms_of_the_book_alone(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    texts = [c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown"]
    strange = [t for t in map("".join, texts) if to_plain(t) != t]
    assert strange == [], "run: python tools/write_plain.py"

"""The chapters as the tests see them."""

import json
import os
from functools import cache
from pathlib import Path

import pytest
import yaml
from plain_forms import myst_cells

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PATHS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))  # the appendix's, too
TEMPLATE = ROOT / "templates" / "chapter.ipynb"  # what a new chapter begins as
REQUIRED = bool(os.environ.get("FST_REQUIRE_CHROMIUM"))


def missing(reason):
    """Skip the test, or fail it where the browser tests must not be skipped."""
    (pytest.fail if REQUIRED else pytest.skip)(reason)


@cache
def cells(path):
    """Return a chapter's cells, each with its source as one string, as the book's."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    several = myst_cells(notebook["cells"])
    return [{**cell, "source": "".join(cell["source"])} for cell in several]


def code_cells(path):
    """Return (position, cell) for the chapter's cells of code."""
    return [(i, c) for i, c in enumerate(cells(path)) if c["cell_type"] == "code"]


def prose(path):
    """Return all the text of a chapter, its cells of code left out."""
    texts = [c["source"] for c in cells(path) if c["cell_type"] == "markdown"]
    return "\n\n".join(texts)


def outputs(path):
    """Yield (position, cell, output) for every output of a chapter."""
    for position, cell in code_cells(path):
        for output in cell["outputs"]:
            yield position, cell, output


def text(value):
    """Return a notebook's text, which may be stored line by line."""
    return value if isinstance(value, str) else "".join(value)


def config(name):
    """Return one of the book's two YAML files."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def pages():
    """Return the names of the pages that ``_toc.yml`` lists, the root first."""
    toc = config("_toc.yml")
    entries = [entry for part in toc["parts"] for entry in part["chapters"]]
    below = [[entry, *entry.get("sections", [])] for entry in entries]
    return [toc["root"], *(page["file"] for several in below for page in several)]


each_chapter = pytest.mark.parametrize(
    "path", [*PATHS, TEMPLATE], ids=lambda path: path.stem
)
each_notebook = pytest.mark.parametrize(
    "path", [*NOTEBOOKS, TEMPLATE], ids=lambda path: path.stem
)

# of the scope of the browser: all tests look at a page before the next one is opened
each_page = pytest.mark.parametrize(
    "name", [page.removeprefix("book/") for page in pages()], scope="session"
)

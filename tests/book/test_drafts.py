"""Chapters that wait for something: their builders keep what a chapter must keep."""

import ast
import importlib.util

import pytest
from chapters import BOOK
from setup_cell import is_setup

DRAFTS = sorted((BOOK / "drafts").glob("*.py"))


@pytest.fixture(params=DRAFTS, ids=lambda path: path.stem)
def draft(request):
    spec = importlib.util.spec_from_file_location(
        f"draft_{request.param.stem}", request.param
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_code_is_announced_short_and_python(draft):
    before = None
    for cell in draft.CELLS:
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", cell.source[:80]
            assert len(cell.source.splitlines()) <= 25, cell.source[:80]
            if not is_setup(cell):  # it holds a line that only a notebook understands
                ast.parse(cell.source)
        before = cell


def test_figures_are_described(draft):
    figures = [c for c in draft.CELLS if "mystnb" in c.metadata]
    names = [c.metadata["mystnb"]["figure"]["name"] for c in figures]
    assert names and len(set(names)) == len(names)
    for cell in figures:
        assert len(cell.metadata["mystnb"]["image"]["alt"]) > 15


def test_a_draft_says_that_it_is_one(draft):
    assert "Missing:" in draft.__doc__
    assert "CHECK AFTER TRAINING" in " ".join(draft.__doc__.split())

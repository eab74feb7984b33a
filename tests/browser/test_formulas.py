"""Formulas are set while the book is built; pages carry no program for them."""

import re

import pytest
from chapters import missing
from formulas import ENTRY, Typesetter, joined
from screenshot import HTML


@pytest.fixture(scope="module")
def typesetter():
    if not ENTRY.is_file():
        missing("no MathJax in node_modules: run `make book` first")
    one = Typesetter({"macros": {"half": r"\frac{1}{2}"}})
    yield one
    one.close()


def test_a_formula_is_set_and_can_be_read_out(typesetter):
    html = typesetter.set(r"\half \lambda", True)
    assert html.startswith('<mjx-container class="MathJax" jax="CHTML" display="true"')
    spoken = "<mfrac><mn>1</mn><mn>2</mn></mfrac><mi>λ</mi>"
    assert spoken in html
    assert "mjx-c1D706" in typesetter.styles()


def test_a_wrong_formula_is_refused_by_its_name(typesetter):
    with pytest.raises(ValueError, match=r"Undefined control sequence \\nosuch: "):
        typesetter.set(r"\nosuch")
    assert "<mi>x</mi>" in typesetter.set("x")  # and the next one is fine


def test_equations_that_belong_together_are_aligned():
    assert joined("a = b") == "a = b"
    assert joined("a \\\\ b") == r"\begin{split}a \\ b\end{split}"
    assert joined("a\n\nb") == r"\begin{aligned}a \\ b\end{aligned}"


def test_no_page_loads_a_program_for_formulas(browser):
    pages = [path.read_text("utf-8") for path in (HTML / "book").glob("*.html")]
    assert any("<mjx-container" in page for page in pages)
    assert [page[:80] for page in pages if "window.MathJax" in page] == []
    sheet = HTML / "_static" / "vendor" / "mathjax" / "formulas.css"
    named = re.findall(r'url\("fonts/([^"]+)"\)', sheet.read_text("utf-8"))
    assert named
    assert [n for n in named if not (sheet.parent / "fonts" / n).is_file()] == []

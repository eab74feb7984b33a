"""What the book changes in the pages that the theme makes."""

from accessible import mend
from slim import ICON, keep_icon, slim_page


def test_what_can_be_read_names_a_button():
    page = (
        '<summary aria-label="Toggle hidden content"><p>Show code</p></summary>'
        '<button class="btn search-button-field x" title="Search" aria-label="Search">'
        '<button class="btn other" aria-label="Search">'
    )
    assert mend(page) == (
        "<summary><p>Show code</p></summary>"
        '<button class="btn search-button-field x" title="Search">'
        '<button class="btn other" aria-label="Search">'
    )


def test_an_arrow_gets_a_name():
    arrow = '<summary><span class="toctree-toggle">'
    assert 'aria-label="Pages below"' in mend(arrow)
    assert mend("<summary><p>own words</p>") == "<summary><p>own words</p>"


def test_parameters_are_no_definitions():
    start = '<span class="sig-paren">(</span>\n\n'
    page = start + "<dl>\n<dd>a,</dd>\n</dl>\n<dl><dd>b</dd></dl>"
    lines = '<div class="sig-lines">\n<div>a,</div>\n</div>'
    assert mend(page) == start + lines + "\n<dl><dd>b</dd></dl>"


def test_only_the_search_page_brings_the_index():
    page = '<script src="../searchindex.js"></script>\n<script src="a.js"></script>'
    assert slim_page(page) == '<script src="a.js"></script>'
    assert slim_page(page, search=True) == page


def test_an_icon_stays_under_any_of_its_names():
    pack = (
        '{"magnifying-glass":[512,512,[128269,"search"],"f002","M1"],'
        'skull:[512,512,[],"f54c",["M2","M3"]],bars:[448,512,["navicon"],"f0c9","M4"]}'
    )
    kept = ICON.sub(lambda match: keep_icon({"search", "bars"}, match), pack)
    assert "magnifying-glass" in kept and "bars" in kept and "skull" not in kept

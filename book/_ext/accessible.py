"""Mends the theme's pages for those who do not look at them, or do not use a mouse.

`tests/browser/test_accessibility.py` finds what is amiss.
"""

import re
from pathlib import Path

CHANGES = (
    # a name that hides the better one: the words that can be read there
    (re.compile(r'(<summary) aria-label="Toggle hidden content"'), r"\1"),
    (
        re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="[^"]*"'),
        r"\1",
    ),
    # the button is called "Color mode"; its three icons must not be read out beside it
    (re.compile(r'(<i class="theme-switch [^>]*?) +title="[^"]*"'), r"\1"),
    # a list of publications, whose entries are no items of a list
    (
        re.compile(r'<div role="list" class="citation-list">'),
        '<div class="citation-list">',
    ),
    # an arrow that unfolds the pages below, with no name at all
    (
        re.compile(r'<summary>(?=<span class="toctree-toggle")'),
        '<summary aria-label="Pages below">',
    ),
)
# a signature's parameters, one a line: no list of definitions, though written as one
PARAMETERS = re.compile(r'(<span class="sig-paren">\(</span>\s*)<dl>(.*?)</dl>', re.S)


def mend(text):
    """Return a page's text with what must be read out named, and once."""
    for pattern, better in CHANGES:
        text = pattern.sub(better, text)
    return PARAMETERS.sub(divisions, text)


def divisions(match):
    """Return a signature's parameters in elements that promise nothing."""
    lines = re.sub(r"(</?)dd>", r"\1div>", match[2])
    return f'{match[1]}<div class="sig-lines">{lines}</div>'


def mend_pages(app, error):
    """Rewrite the pages of a book that was built without an error."""
    if error is None and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            path.write_text(mend(path.read_text("utf-8")), encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", mend_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}

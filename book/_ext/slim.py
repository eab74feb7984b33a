"""What no page uses is left out of the built book.

The theme brings two thousand icons where the pages show a dozen, the search's index on
every page, and maps of its sources. Without them a page is lighter by two megabytes.
"""

import re
from functools import partial
from pathlib import Path

# an icon in a script of Font Awesome: "name":[width,height,["others"],"code","path"]
ICON = re.compile(
    r'"?(?P<name>[a-z0-9-]+)"?:\[\d+,\d+,\[(?P<others>[^\]]*)\],"[0-9a-f]+",'
    r'(?:"[^"]*"|\[[^\]]*\])\],?'
)
NAME = re.compile(r"\bfa-([a-z0-9-]+)")
# they would find as one types, which is switched off; the search page loads its own
SEARCH = re.compile(
    r'[ \t]*<script src="[^"]*(?:_static/searchtools|_static/language_data|searchindex)'
    r'\.js[^"]*"></script>\n?'
)
# hints to fetch icon fonts early, which browsers refuse from disk; the theme of Python
# 3.10 writes them, and its icons come without
PRELOAD = re.compile(r'<link rel="preload" as="font"[^>]*>\n?')


def slim(app, error):
    """Cut what is not used out of a book that was built without an error."""
    if error is None and app.builder.format == "html":
        out = Path(app.outdir)
        for path in out.rglob("*.html"):
            rewrite(path, partial(slim_page, search=path.name == "search.html"))
        slim_icons(out)
        for path in out.rglob("_static/**/*.map"):
            path.unlink()


def slim_page(text, *, search=False):
    """Return a page's text without what it does not use."""
    return PRELOAD.sub("", text if search else SEARCH.sub("", text))


def slim_icons(out):
    """Keep the icons that a page or a script names."""
    scripts = [p for p in (out / "_static").rglob("*.js") if "live" not in p.parts]
    packs = [p for p in scripts if ICON.search(p.read_text(encoding="utf-8"))]
    naming = [*out.rglob("*.html"), *(p for p in scripts if p not in packs)]
    used = {n for p in naming for n in NAME.findall(p.read_text(encoding="utf-8"))}
    for path in packs:
        rewrite(path, partial(ICON.sub, partial(keep_icon, used)))


def keep_icon(used, match):
    """Return an icon's text if it goes by one of the names in `used`, else nothing."""
    names = {match["name"], *re.findall(r'"([a-z0-9-]+)"', match["others"])}
    return match[0] if names & used else ""


def rewrite(path, change):
    """Write a file anew if `change` makes another text of it."""
    text = path.read_text(encoding="utf-8")
    if (new := change(text)) != text:
        path.write_text(new, encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", slim, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

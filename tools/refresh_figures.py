"""Give the figures stored in notebooks the package's present style sheet and script.

    python tools/refresh_figures.py

Explorers and dividers carry both inside; their pictures and numbers stay as they are,
and no cell is run. Run it after a change of `fst_lessons/explorer.*`; quizzes have
`tools/quiz_cells.py`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from notebook_files import rewrite  # noqa: E402

from fst_lessons.html_figures import Figure  # noqa: E402

MARKS = ('class="fst-figure fst-explorer"', 'class="fst-figure fst-compare"')


def refreshed(html):
    """Return the HTML of a figure with its present look; other HTML as it is."""
    if not any(mark in html for mark in MARKS):
        return html
    return html[: html.index("</figure>")] + "</figure>" + Figure.dress()


def refresh(notebook):
    """Refresh the figures of a notebook, read from JSON; alter it in place."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html")
            if html is not None:
                new = refreshed("".join(html))
                output["data"]["text/html"] = new.splitlines(keepends=True)


def main():
    """Refresh every chapter."""
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        if rewrite(path, refresh):
            print(f"{path.name}: rewritten")


if __name__ == "__main__":
    main()

"""The first code cell of every chapter, and the repository's address inside it.

    python tools/setup_cell.py                    print the cell
    python tools/setup_cell.py --write            put it into every chapter
    python tools/setup_cell.py --write --url URL  the same, with URL in _config.yml too

The address lives in ``_config.yml`` alone (``repository: url:``); the chapters, and the
template of chapters, carry copies because a notebook opened in Colab arrives without
the rest of the repository, and so does ``CITATION.cff``, once there is an address.
"""

import argparse
import json
import re
from pathlib import Path

from notebook_files import rewrite

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "https://github.com/OWNER/REPO"

CELL = """\
import importlib.util
import sys
from pathlib import Path

REPOSITORY = "https://github.com/OWNER/REPO"
if Path("../fst_lessons").is_dir():  # the notebook was opened inside the repository
    sys.path.insert(0, str(Path("..").resolve()))
elif importlib.util.find_spec("fst_lessons") is None:  # on Colab, for example
    if "OWNER/REPO" in REPOSITORY:
        raise ValueError("Set REPOSITORY to the address you have this notebook from.")
    %pip install --quiet --no-deps git+{REPOSITORY}"""


def setup_cell(url):
    """Return the text of the setup cell for a repository at `url`."""
    return CELL.replace(PLACEHOLDER, url)


def read_url(config=ROOT / "_config.yml"):
    """Return the repository's address as ``_config.yml`` has it."""
    return ADDRESS.search(config.read_text(encoding="utf-8"))["url"]


ADDRESS = re.compile(r"(?m)^(?P<key>repository:\n(?: +.*\n)*? +url: )(?P<url>\S+)$")


def write_url(url, config=ROOT / "_config.yml"):
    """Write the repository's address into ``_config.yml``.

    Raises:
        ValueError: the address is not one that pip and Colab can read.
    """
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url) or url.endswith(
        ".git"
    ):
        raise ValueError(f"expected https://HOST/OWNER/REPO without .git, got {url!r}")
    text = config.read_text(encoding="utf-8")
    config.write_text(
        ADDRESS.sub(lambda match: match["key"] + url, text), encoding="utf-8"
    )


def write_citation(url, path=ROOT / "CITATION.cff"):
    """Write the address into ``CITATION.cff``, or none while it is the placeholder."""
    text = re.sub(r"(?m)^repository-code: .*\n", "", path.read_text(encoding="utf-8"))
    if url != PLACEHOLDER:
        line = f"repository-code: {json.dumps(url)}\n"
        text = re.sub(r"(?m)^(?=license: )", line, text, count=1)
    path.write_text(text, encoding="utf-8")


def is_setup(cell):
    """Tell whether a notebook's cell is the setup cell, whatever its address."""
    return "setup" in cell["metadata"].get("tags", [])


def write_cell(path, url):
    """Rewrite the setup cell of one notebook; return whether the file changed."""

    def change(notebook):
        for cell in filter(is_setup, notebook["cells"]):
            cell["source"] = setup_cell(url).splitlines(keepends=True)

    return rewrite(path, change)


def main():
    """Print the setup cell, or write it into every chapter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="rewrite every chapter")
    parser.add_argument("--url", help="the repository's address from now on")
    args = parser.parse_args()
    if not args.write:
        print(setup_cell(args.url or read_url()))
        return
    if args.url:
        try:
            write_url(args.url)
        except ValueError as error:
            parser.error(str(error))
    write_citation(read_url())
    for path in sorted([*ROOT.glob("book/*.ipynb"), *ROOT.glob("templates/*.ipynb")]):
        changed = write_cell(path, read_url())
        print(f"{path.name}: {'rewritten' if changed else 'up to date'}")


if __name__ == "__main__":
    main()

"""Put the quizzes of `data/quizzes` into their chapters, as they are shown there.

    python tools/quiz_cells.py

A chapter whose quiz is new gets a section "Quiz" in front of its exercises, a chapter
that has one gets its present state; no other cell is run. The manifest gets the hashes.
Run it after a change of a quiz or of `fst_lessons/quiz.*`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from manifest_entries import replace_entries  # noqa: E402
from notebook_files import rewrite  # noqa: E402

from fst_lessons import assets  # noqa: E402
from fst_lessons.quiz import FOLDER, load_quiz, quiz_names  # noqa: E402

LEAD_IN = """\
## Quiz

Choose an answer, and it says why it is right or what was overlooked.
A second try is allowed."""
CELL = """\
from fst_lessons.quiz import load_quiz

load_quiz("{name}")"""
TAGS = ["quiz", "remove-input"]  # the page shows the questions alone


def chapters():
    """Return {name of a quiz: its notebook}, for those that exist."""
    paths = {path.stem: path for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb")}
    paths["template"] = ROOT / "templates" / "chapter.ipynb"
    return {name: paths[name] for name in quiz_names() if name in paths}


def is_quiz(cell):
    """Tell whether a notebook's cell shows a quiz."""
    return "quiz" in cell["metadata"].get("tags", [])


def shown(name):
    """Return what a notebook stores of a quiz's output, line by line."""
    bundle = load_quiz(name)._repr_mimebundle_()
    return {kind: text.splitlines(keepends=True) for kind, text in bundle.items()}


def quiz_cell(name):
    """Return the cell of a quiz with its output."""
    output = {"data": shown(name), "metadata": {}, "output_type": "execute_result"}
    return {
        "cell_type": "code",
        "metadata": {"tags": TAGS},
        "outputs": [output],
        "source": CELL.format(name=name).splitlines(keepends=True),
    }


def text_cell(text):
    """Return a cell of prose."""
    lines = text.strip().splitlines(keepends=True)
    return {"cell_type": "markdown", "metadata": {}, "source": lines}


def with_quiz(cells, name):
    """Return a chapter's cells with its quiz, numbered anew.

    Raises:
        ValueError: a chapter without a quiz has no exercises to put it in front of.
    """
    if not any(map(is_quiz, cells)):
        cells = _inserted(cells, name)
    count, found = 0, []
    for number, cell in enumerate(cells):
        cell = quiz_cell(name) if is_quiz(cell) else cell
        cell["id"] = f"cell-{number:02d}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
        found.append(cell)
    return found


def _inserted(cells, name):
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        start = re.search(r"(?m)^## Exercises$", source)
        if cell["cell_type"] == "markdown" and start:
            before, after = source[: start.start()], source[start.start() :]
            text = f"{before.strip()}\n\n{LEAD_IN}"  # not two texts in a row
            new = [text_cell(text), quiz_cell(name), text_cell(after)]
            return [*cells[:number], *new, *cells[number + 1 :]]
    raise ValueError(f'{name} has no section "Exercises" to put a quiz in front of')


def write_chapter(path, name):
    """Write a chapter's quiz; return whether the file changed."""

    def change(notebook):
        notebook["cells"] = with_quiz(notebook["cells"], name)

    return rewrite(path, change)


def write_manifest():
    """Give every quiz its entry in the manifest."""
    entries = [
        {
            "path": f"{FOLDER}/{name}.json",
            "kind": "quiz",
            "title": f"Quiz of {name.replace('_', ' ')}",
            "author": "The fst_lessons authors",
            "origin": "written for this book",
            "licence": "CC-BY-4.0",
            "sha256": assets.sha256_of(assets.data_path(FOLDER, f"{name}.json")),
        }
        for name in quiz_names()
    ]
    replace_entries("quiz", entries)


def main():
    """Write the manifest and every chapter."""
    write_manifest()
    for name, path in chapters().items():
        changed = write_chapter(path, name)
        print(f"{path.name}: {'rewritten' if changed else 'up to date'}")


if __name__ == "__main__":
    main()

"""The page of data and licences says who made a file, as the manifest writes it."""

import pytest
from fst_book import command_as_code, credit, figure_lines, list_lines

from fst_lessons import assets

ENTRIES = assets.manifest()
each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


def test_names_and_commands_keep_their_letters():
    entry = {
        "author": "danielbuechele",
        "origin": "scikit-learn 1.9.1, china.jpg",
        "changes": "saved as JPEG",
        "licence": "CC-BY-2.0",
        "licence_url": "https://example.org/by",
        "source": "https://example.org/photo",
    }
    assert credit(entry) == (
        "danielbuechele; scikit-learn 1.9.1, china.jpg; saved as JPEG. "
        "Licence: [CC BY 2.0](https://example.org/by). "
        "[Source](https://example.org/photo)."
    )


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        ("python -m fst_lessons.distill", "`python -m fst_lessons.distill`"),
        ("python a.py --width 8, on a folder", "`python a.py --width 8`, on a folder"),
        ("python -m b train; style: one, two", "`python -m b train`; style: one, two"),
        ("painted by fst_lessons.painting", "painted by fst_lessons.painting"),
    ],
)
def test_commands_are_code(origin, text):
    assert command_as_code(origin) == text


@each_entry
def test_an_option_is_never_plain_text(entry):
    """Typography would turn its two dashes into one that no shell understands."""
    outside = credit(entry).split("`")[::2]
    assert not any("--" in text or "python -m" in text for text in outside)


@each_entry
def test_author_and_origin_are_said_as_they_are_written(entry):
    describe = figure_lines if entry["kind"] in ("photo", "style") else list_lines
    text = "\n".join(describe(entry)).replace("`", "")
    assert entry["author"].rstrip(".") in text
    assert entry["origin"].rstrip(".") in text

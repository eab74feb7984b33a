"""The contact sheet: what stands at the head of a row, and where the cells lie."""

import draw_contact_sheet as tool
import pytest
from PIL import Image, ImageChops

from fst_lessons import assets
from fst_lessons.images import load_image

OWN = {"name": "gold", "title": "Tree of spirals", "painter": "The fst_lessons authors"}
PAINTING = {
    "name": "the_scream",
    "title": "The Scream",
    "painter": "Edvard Munch",
    "year": "1893",
}


def plain(color):
    return Image.new("RGB", (tool.CELL, tool.CELL), color)


def ink(picture):
    """Return the box of what is not white."""
    return ImageChops.invert(picture.convert("RGB")).getbbox()


def test_photographs_are_seven_bundled_ones():
    assert len({*tool.PHOTOS}) == 7
    assert {*tool.PHOTOS} <= {*assets.photo_names()}


def test_an_own_style_is_shown_and_called_this_book():
    assert tool.label(OWN) == "Tree of spirals, this book"
    picture = load_image(assets.style_path("gold"), size=512, square=True)
    assert tool.head(OWN).tobytes() == tool.cell(picture).tobytes()


def test_a_painting_is_a_text_at_the_head():
    assert tool.label(PAINTING) == ""
    expected = tool.text_cell("The Scream", "Edvard Munch", "1893")
    assert tool.head(PAINTING).tobytes() == expected.tobytes()
    nameless = {"name": "mine", "title": None}
    assert tool.head(nameless).tobytes() == tool.text_cell("mine").tobytes()


@pytest.mark.parametrize(
    "lines",
    [
        ("The Great Wave off Kanagawa", "Katsushika Hokusai", "1831"),
        ("A Sunday Afternoon on the Island of La Grande Jatte", "Georges Seurat"),
    ],
)
def test_a_text_stays_inside_its_cell(lines):
    left, top, right, bottom = ink(tool.text_cell(*lines))
    assert min(left, top) > 4
    assert max(right, bottom) < tool.CELL - 4


def test_cells_lie_in_rows_and_columns():
    rows = [("", [plain("red"), plain("lime")]), ("a line", [plain("blue")])]
    sheet = tool.draw_sheet(rows)
    step, height = tool.CELL + tool.GAP, tool.CELL + tool.LABEL + tool.GAP
    assert sheet.size == (2 * step - tool.GAP, 2 * height)
    middle = tool.LABEL + tool.CELL // 2
    found = [
        sheet.getpixel((column * step + 9, row * height + middle))
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    assert found == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    strips = [
        sheet.crop((0, row * height, sheet.width, row * height + tool.LABEL))
        for row in (0, 1)
    ]
    assert ink(strips[0]) is None and ink(strips[1]) is not None

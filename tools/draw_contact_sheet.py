"""Paint seven bundled photographs with every shipped net: the contact sheet.

    python tools/draw_contact_sheet.py [--width 16] [--out FILE]

One row a net, one column a photograph, the photographs themselves on top. At the head
of a row stands its style picture where it is this book's own; of a painting, which is
not part of the book, its title. Each picture is one forward pass at 512 pixels, shown
at three eighths of that.
"""

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from fst_lessons import assets
from fst_lessons.checkpoints import load_net, net_names
from fst_lessons.images import load_image, to_pil

OUT = Path(__file__).resolve().parents[1] / "book" / "_static" / "contact_sheet.jpg"
# told apart at a glance, in any style
PHOTOS = ("pagoda", "cat", "astronaut", "dahlia", "mountains", "coffee", "rocket")
CELL, GAP, LABEL = 256, 6, 26
GREY = (60, 60, 60)
LANCZOS = Image.Resampling.LANCZOS


def title(style: dict) -> str:
    """Return a style's title from its card, or its name."""
    return style.get("title") or style["name"]


def is_own(style: dict) -> bool:
    """Return whether a card's style picture comes with this book."""
    return style["name"] in assets.style_names()


def label(style: dict) -> str:
    """Return the line above a row: of an own style; a painting is told by its head."""
    return f"{title(style)}, this book" if is_own(style) else ""


def head(style: dict) -> Image.Image:
    """Return what stands at the head of a row: an own style picture, or a text."""
    if is_own(style):
        path = assets.style_path(style["name"])
        return cell(load_image(path, size=512, square=True))
    made = [str(style[key]) for key in ("painter", "year") if style.get(key)]
    return text_cell(title(style), *made)


def text_cell(*lines: str) -> Image.Image:
    """Return a white cell with lines of text, the first one larger, broken to fit."""
    picture = Image.new("RGB", (CELL, CELL), "white")
    draw, top = ImageDraw.Draw(picture), CELL // 4
    for number, line in enumerate(lines):
        size, broad = (26, 17) if number == 0 else (18, 26)
        text = textwrap.fill(line, broad)
        font = ImageFont.load_default(size)
        draw.multiline_text((10, top), text, fill=GREY, font=font, spacing=6)
        top += (size + 8) * (text.count("\n") + 1) + 4
    return picture


def cell(picture: Tensor) -> Image.Image:
    """Return a picture `(1, 3, H, H)` at the size of a cell."""
    return to_pil(picture).resize((CELL, CELL), LANCZOS)


def draw_sheet(rows: Sequence[tuple[str, Sequence[Image.Image]]]) -> Image.Image:
    """Return the sheet of rows of cells, each with a line of text above it."""
    row_height, columns = CELL + LABEL + GAP, max(len(cells) for _, cells in rows)
    size = (columns * (CELL + GAP) - GAP, len(rows) * row_height)
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for row, (text, cells) in enumerate(rows):
        top = row * row_height
        draw.text((2, top + 2), text, fill=GREY, font=font)
        for column, picture in enumerate(cells):
            sheet.paste(picture, (column * (CELL + GAP), top + LABEL))
    return sheet


def main() -> None:
    """Paint every cell and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=32, choices=(32, 16))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    paths = [assets.photo_path(name) for name in PHOTOS]
    photos = [load_image(path, size=512, square=True) for path in paths]
    rows = [("", [text_cell("Photographs"), *map(cell, photos)])]
    for name in net_names(width=options.width):
        net, card = load_net(name, width=options.width)
        painted = [cell(net(photo)) for photo in photos]
        rows.append((label(card["style"]), [head(card["style"]), *painted]))
    sheet = draw_sheet(rows)
    sheet = sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4), LANCZOS)
    sheet.save(options.out, quality=80)
    kilobytes = options.out.stat().st_size / 1000
    print(f"{options.out.name}: {sheet.width}x{sheet.height}, {kilobytes:.0f} kB")


if __name__ == "__main__":
    main()

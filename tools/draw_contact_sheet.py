"""Paint every bundled photograph with every shipped net: the contact sheet.

    python tools/draw_contact_sheet.py [--width 16] [--out FILE]

One row a net, one column a photograph, the photographs themselves on top. Each picture
is one forward pass at 512 pixels, shown at a quarter of that.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from fst_lessons import assets
from fst_lessons.checkpoints import load_net, net_names
from fst_lessons.images import load_image, to_pil

OUT = Path(__file__).resolve().parents[1] / "book" / "_static" / "contact_sheet.jpg"
CELL, GAP, LABEL = 128, 4, 22


def labelled(card: dict) -> str:
    """Return the line above a row: title, painter, year, as far as known."""
    style = card["style"]
    parts = [style.get("title", style["name"]), style.get("painter"), style.get("year")]
    return ", ".join(str(part) for part in parts if part)


def main() -> None:
    """Paint every cell and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=16, choices=(32, 16))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    paths = [assets.photo_path(name) for name in assets.photo_names()]
    photos = [load_image(path, size=512, square=True) for path in paths]
    rows = [("Photographs", photos)]
    for name in net_names(width=options.width):
        net, card = load_net(name, width=options.width)
        rows.append((labelled(card), [net(photo) for photo in photos]))
    row_height = CELL + LABEL + GAP
    size = (len(photos) * (CELL + GAP) - GAP, len(rows) * row_height)
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for row, (label, pictures) in enumerate(rows):
        draw.text((2, row * row_height + 2), label, fill=(60, 60, 60), font=font)
        for column, picture in enumerate(pictures):
            cell = to_pil(picture).resize((CELL, CELL), Image.Resampling.LANCZOS)
            sheet.paste(cell, (column * (CELL + GAP), row * row_height + LABEL))
    sheet.save(options.out, quality=78)
    kilobytes = options.out.stat().st_size / 1000
    print(f"{options.out.name}: {size[0]}x{size[1]}, {kilobytes:.0f} kB")


if __name__ == "__main__":
    main()

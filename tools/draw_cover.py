"""Paint the book's cover: three photographs, each in three of the bundled styles.

    python tools/draw_cover.py

Every picture is a plain style transfer with the book's own settings (256 pixels, 150
evaluations of L-BFGS from the photograph); the small square shows the style.
"""

from pathlib import Path

from PIL import Image, ImageDraw

from fst_lessons import assets
from fst_lessons.images import load_image, resize, to_pil
from fst_lessons.optimize_image import transfer_style

OUT = Path(__file__).resolve().parents[1] / "book" / "_static" / "cover.jpg"
CELL = (384, 256)  # width, height of a picture
GAP, INSET = 6, 64
ROWS = {
    "pagoda": ("nocturne", "stained_glass", "woodblock"),
    "cat": ("mosaic", "gold", "harvest"),
    "mountains": ("engraving", "marbling", "pointillism"),
}


def fit(image):
    """Return the middle of a picture, as large as a cell, for Pillow."""
    width, height = CELL
    scale = max(width / image.shape[-1], height / image.shape[-2])
    size = [
        max(a, round(b * scale))
        for a, b in zip((height, width), image.shape[-2:], strict=True)
    ]
    picture = to_pil(resize(image, tuple(size)))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def paint(photo: str, style: str) -> Image.Image:
    """Return a cell: the photograph in a style, with the style in its corner."""
    content = load_image(assets.photo_path(photo), size=256)
    painting = load_image(assets.style_path(style), size=256, square=True)
    result = transfer_style(content, painting, num_steps=150)
    cell = fit(result.image)
    corner = (CELL[0] - INSET - 8, CELL[1] - INSET - 8)
    frame = [corner[0] - 3, corner[1] - 3, corner[0] + INSET + 2, corner[1] + INSET + 2]
    ImageDraw.Draw(cell).rectangle(frame, fill="white")
    cell.paste(
        to_pil(painting).resize((INSET, INSET), Image.Resampling.LANCZOS), corner
    )
    return cell


def main() -> None:
    """Paint every cell and write the cover."""
    columns, rows = 1 + len(ROWS["cat"]), len(ROWS)
    size = (columns * (CELL[0] + GAP) - GAP, rows * (CELL[1] + GAP) - GAP)
    cover = Image.new("RGB", size, "white")
    for row, (photo, styles) in enumerate(ROWS.items()):
        cells = [fit(load_image(assets.photo_path(photo), size=512))]
        cells += [paint(photo, style) for style in styles]
        for column, cell in enumerate(cells):
            cover.paste(cell, (column * (CELL[0] + GAP), row * (CELL[1] + GAP)))
    cover.save(OUT, quality=86, subsampling=0)
    print(f"{OUT.name}: {size[0]}x{size[1]}, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

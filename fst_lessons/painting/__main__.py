"""Paint every style picture of the book into a folder."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from . import STYLES, paint_style

QUALITY = 92
MOST_BYTES = 400_000  # the pictures are part of every download of the book


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m fst_lessons.painting",
        description="paint the style pictures of the book",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="where the JPEG files go"
    )
    parser.add_argument("--size", type=int, default=768, help="side in pixels")
    parser.add_argument("--seed", type=int, default=0, help="another hand")
    parser.add_argument("--only", nargs="*", choices=list(STYLES), metavar="STYLE")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.only or STYLES:
        start = time.perf_counter()
        picture = paint_style(name, size=options.size, seed=options.seed)
        path = options.folder / f"{name}.jpg"
        _save(picture[0].permute(1, 2, 0).numpy(), path)
        print(f"{path}  {time.perf_counter() - start:.1f} s", flush=True)
    return 0


def _save(picture: np.ndarray, path: Path) -> None:
    """Save as JPEG, at a lower quality when the file would be too large."""
    image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
    for quality in range(QUALITY, 59, -4):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            break


if __name__ == "__main__":
    raise SystemExit(main())

"""Paint the book's own style pictures, each from nothing but a seed.

``paint_style("nocturne")`` returns a picture; ``python -m fst_lessons.painting FOLDER``
paints them all. One module holds one painting; `canvas`, `brush` and `tiles` hold
what several of them share.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .engraving import engraving
from .gold import gold
from .harvest import harvest
from .marbling import marbling
from .mosaic import mosaic
from .nocturne import nocturne
from .pointillism import pointillism
from .stained_glass import stained_glass
from .woodblock import woodblock

__all__ = ["STYLES", "paint_style"]

SMALLEST, LARGEST = 64, 2048

STYLES: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    painter.__name__: painter
    for painter in (
        nocturne,
        harvest,
        woodblock,
        engraving,
        stained_glass,
        mosaic,
        marbling,
        pointillism,
        gold,
    )
}


def paint_style(name: str, *, size: int = 768, seed: int = 0) -> Tensor:
    """Return one of the book's style pictures, painted now.

    The same name, size and seed give the same picture. Another seed gives the same
    composition by another hand: every stroke, drop and tile falls elsewhere.

    Args:
        name: A key of `STYLES`, e.g. "nocturne".
        size: Side of the square picture in pixels, 64 to 2048; made for 512 and more.
        seed: Seed of the numpy generator all chance comes from.

    Returns:
        `(1, 3, size, size)`, float32, RGB in [0, 1].

    Raises:
        ValueError: If there is no such style or the size is out of range.
    """
    if name not in STYLES:
        close = difflib.get_close_matches(str(name), STYLES, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "there are: "
        raise ValueError(
            f"unknown style {name!r}; {hint if close else hint + ', '.join(STYLES)}"
        )
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"size must be {SMALLEST} to {LARGEST} pixels, got {size}")
    picture = STYLES[name](int(size), np.random.default_rng(seed))
    plane = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
    return torch.from_numpy(plane)[None].clamp(0, 1)

"""Stained glass: a rose window, leaded, with the sun behind it."""

from __future__ import annotations

import numpy as np

from .canvas import Array, blur, colors, grid, mix, noise, relief, shrink, step
from .tiles import scatter, settle, tessellate

BLUE = colors("0a1a6e", "1233a8", "1f5fd6", "4f9df0")
RED = colors("7a0716", "c01020", "ee2a2a", "ff6a3a")
GOLD = colors("d07a06", "f7a90c", "ffd23f", "fff0a0")
GREEN = colors("0a4a2a", "0f7d3e", "3fb552", "a5e06a")
VIOLET = colors("3a0d63", "6a1ba0", "a545c8", "e59ae8")
WHITE = colors("cfe6ee", "eaf6f2", "fdf7e0", "fff2c8")
LEAD = colors("14121a")[0]
GLASSES = np.stack([BLUE, RED, GOLD, GREEN, VIOLET, WHITE])
_BLUE, _RED, _GOLD, _GREEN, _VIOLET, _WHITE = range(6)


def stained_glass(size: int, rng: np.random.Generator) -> Array:
    """Return the window, `(size, size, 3)`."""
    big = size * 3 // 2
    x, y = grid(big)
    x, y = 2 * x - 1, 2 * y - 1
    region, glass = _tracery(x, y)
    pane, _ = tessellate(big, _seeds(rng), np.zeros((8, 8)), square=False)
    piece = region.astype(np.int64) * 4096 + pane
    _, piece = np.unique(piece, return_inverse=True)
    piece = piece.reshape(region.shape)
    thin = _seams(piece, 1.1 * big / 768)
    thick = _seams(region, 2.6 * big / 768)
    picture = _light(piece, glass, x, y, rng)
    lead = np.clip(thin + thick, 0, 1)
    # light spills over the thin lead, as it does to the eye
    halo = np.stack([blur(picture[..., c] * (1 - lead), 7) for c in range(3)], -1)
    window = mix(picture, LEAD + 0.18 * halo, lead) + 0.16 * halo
    height = 2.0 * blur(lead, 1.6) + 0.30 * blur(noise(big, 130, rng, 2), 1.0)
    lit = relief(np.clip(window, 0, 1), height, depth=0.55, shine=0.45)
    return np.clip(shrink(lit, size), 0, 1)


def _seeds(rng: np.random.Generator) -> Array:
    return settle(scatter(620, rng), np.zeros((256, 256)), rounds=2, square=False)


def _seams(label: Array, width: float) -> Array:
    """Return a soft mask along the borders between labels."""
    border = np.zeros(label.shape, np.float32)
    border[:, 1:] = label[:, 1:] != label[:, :-1]
    border[1:] = np.maximum(border[1:], label[1:] != label[:-1])
    return step(blur(border, width) * width, 0.22, 0.42)


def _light(piece: Array, glass: Array, x: Array, y: Array, rng) -> Array:
    """Return the glass with light through it: every piece has its own melt."""
    count, size = piece.max() + 1, len(x)
    tone = rng.uniform(0.12, 0.95, count)[piece]
    streak = noise(size, 40, rng, 3) + 0.6 * noise(size, 9, rng, 2)
    tone = tone + 0.16 * streak + 0.10 * np.exp(-2.5 * (x**2 + y**2))
    level = np.clip(tone, 0, 1) * 3
    low = np.minimum(level.astype(int), 2)
    share = (level - low)[..., None].astype(np.float32)
    picture = GLASSES[glass, low] * (1 - share) + GLASSES[glass, low + 1] * share
    seeds = step(noise(size, 260, rng), 0.72, 0.85) * 0.12  # small bubbles
    sun = 1.08 - 0.28 * np.clip(np.hypot(x + 0.15, y + 0.2) - 0.3, 0, 1)
    return np.clip(picture * sun[..., None] + seeds[..., None], 0, 1)


class _Design:
    """A design in the making: a label and a glass for every place of the window."""

    def __init__(self, r: Array, turn: Array):
        self.r, self.turn = r, turn
        self.region = np.zeros(r.shape, np.int64)
        self.glass = np.full(r.shape, _BLUE)

    def lay(self, mask: Array, label: int | Array, kind: int | Array) -> None:
        """Cover a part of the window with one field, or one for each label."""
        self.region[mask] = np.broadcast_to(label, mask.shape)[mask]
        self.glass[mask] = np.broadcast_to(kind, mask.shape)[mask]

    def alternate(self, mask: Array, label: int, number: Array, odd: int, even: int):
        """Cover a part with numbered fields of two glasses in turn."""
        self.lay(mask, label + number, np.where(number % 2, odd, even))


def _tracery(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the stone design: a label for every field, and its glass."""
    design = _Design(np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi))
    _corners(design, x, y)
    _roundels(design)
    _petals(design)
    _heart(design)
    return design.region, design.glass


def _corners(design: _Design, x: Array, y: Array) -> None:
    """Lay the four corners: violet around a small red rose, green leaves between."""
    u, v = abs(x) - 0.83, abs(y) - 0.83
    quarter = (x > 0) * 2 + (y > 0)
    far, way = np.hypot(u, v), np.arctan2(v, u)
    outside = design.r > 0.99
    design.lay(outside, 10 + quarter, np.where(far > 0.34, _GREEN, _VIOLET))
    leaf = far < 0.15 * (1 + 0.28 * np.cos(6 * way))
    design.lay(outside & leaf, 20 + quarter, _RED)
    design.lay(outside & (far < 0.06), 30 + quarter, _GOLD)


def _roundels(design: _Design) -> None:
    """Lay the rim of blocks, and within it a ring of 24 small roses."""
    r, turn = design.r, design.turn
    block, _ = _sector(turn, 48)
    design.alternate(r < 0.99, 100, block, _GOLD, _RED)
    spot, local = _sector(turn, 24)
    design.alternate(r < 0.915, 210, spot, _VIOLET, _BLUE)
    a, b = r * np.cos(local) - 0.80, r * np.sin(local)
    disc = np.hypot(a, b)
    design.alternate(disc < 0.092, 300, spot, _WHITE, _RED)
    lobe = disc < 0.058 * (1 + 0.30 * np.cos(4 * np.arctan2(b, a)))
    design.alternate(lobe, 350, spot, _GREEN, _GOLD)


def _petals(design: _Design) -> None:
    """Lay twelve great petals, each a heart within a flame."""
    r = design.r
    ring = r < 0.69
    design.lay(ring, 400, _BLUE)
    petal, local = _sector(design.turn + 1 / 24, 12)
    s = (r - 0.25) / 0.44
    width = 0.44 * np.clip(s, 0, 1) ** 0.5 * np.sqrt(np.clip(1.02 - s, 0, 1))
    off = abs(local)
    design.alternate(ring & (r > 0.22), 410, petal, _BLUE, _GREEN)
    design.alternate(ring & (off < width), 440, petal, _RED, _VIOLET)
    inner = (off < 0.60 * width) & (r > 0.36) & (r < 0.64)
    design.alternate(inner, 470, petal, _GOLD, _BLUE)
    a, b = r * np.cos(local) - 0.54, r * np.sin(local)
    design.alternate(np.hypot(a, b) < 0.045, 500, petal, _WHITE, _RED)


def _heart(design: _Design) -> None:
    """Lay the middle: a ring of white and gold around a red star."""
    r, way = design.r, 2 * np.pi * design.turn
    ring, _ = _sector(design.turn + 1 / 24, 12)
    design.alternate(r < 0.265, 600, ring, _GOLD, _WHITE)
    design.lay(r < 0.205, 640, _BLUE)
    ray, _ = _sector(design.turn, 8)
    design.lay(r < 0.16 * (1 + 0.22 * np.cos(8 * way)), 650 + ray, _RED)
    design.lay(r < 0.085 * (1 + 0.15 * np.cos(8 * way + np.pi)), 670, _GOLD)


def _sector(turn: Array, count: int) -> tuple[Array, Array]:
    """Return which of `count` sectors, and the angle from the sector's middle."""
    place = (turn % 1) * count
    number = np.minimum(place.astype(int), count - 1)
    return number, (place - number - 0.5) / count * 2 * np.pi

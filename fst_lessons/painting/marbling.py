"""Marbling: tulips on combed water, as on Turkish ebru paper.

Every drop and every stroke of the needle is a map of the plane with a known inverse;
a pixel's color is found by undoing them, last first. After Lu, Jaffer, Jin, Zhao and
Mao, "Mathematical marbling" (IEEE Computer Graphics and Applications, 2012).
"""

from __future__ import annotations

import numpy as np

from .canvas import Array, colors, grain, grid, noise, shrink

# the ground from ring to ring, and how much of the sheet each color takes
GROUND = colors("0f2550", "f2e3bd", "1a4f8a", "0f2550", "2a8f9d", "f4ead0")
GROUND = np.concatenate([GROUND, colors("d99a2b", "8a1f2d", "12305f", "efdcae")])
SHARES = (0.14, 0.05, 0.15, 0.11, 0.13, 0.05, 0.10, 0.09, 0.13, 0.05)
STEM, LEAF = colors("1f5a3a", "3f8a4f")
PETALS = (
    colors("b3172b", "e8402f", "f7a53c", "fbe3a2"),
    colors("5b2a86", "a23f9e", "e57fb1", "fbe6ec"),
    colors("d8731a", "f6a821", "fcd95c", "fff6cf"),
)


class _Bath:
    """Pixels on their way back to where their paint was dropped."""

    def __init__(self, size: int):
        x, y = grid(size)
        self.place = np.stack([x.ravel(), y.ravel()], -1)
        self.color = np.zeros((size * size, 3), np.float32)
        self.open = np.arange(size * size)  # pixels whose paint is still unknown
        self.size = size

    def drop(self, center, radius: float, ink: Array) -> None:
        """Undo a drop: inside is its paint, outside moves back inwards."""
        away = self.place - np.asarray(center, np.float32)
        far2 = (away**2).sum(-1)
        inside = far2 < radius**2
        self.color[self.open[inside]] = ink
        keep = ~inside
        pull = np.sqrt(1 - radius**2 / far2[keep])[:, None]
        self.place = away[keep] * pull + np.asarray(center, np.float32)
        self.open = self.open[keep]

    def needle(self, start, stop, width: float) -> None:
        """Undo one needle drawn from start to stop; it drags what is near."""
        start, stop = np.asarray(start, np.float32), np.asarray(stop, np.float32)
        length = np.hypot(*(stop - start))
        along = (stop - start) / length
        away = self.place - stop
        back = away @ along
        side = abs(away @ np.array([-along[1], along[0]], np.float32))
        # full drag between start and stop, fading before, none beyond the tip
        reach = np.clip(1 + back / length, 0, 1) * np.exp(-np.clip(back, 0, 9) / width)
        drag = length * 0.75 * reach * np.exp(-((side / width) ** 1.2))
        self.place = self.place - drag[:, None] * along

    def comb(self, angle: float, spacing: float, pull: float, shift: float) -> None:
        """Undo a comb of parallel needles drawn across the whole bath."""
        along = np.array([np.cos(angle), np.sin(angle)], np.float32)
        across = self.place @ np.array([-along[1], along[0]], np.float32)
        phase = (across + shift) / spacing
        near = abs(phase - np.rint(phase)) * spacing
        self.place = (
            self.place - (pull * np.exp(-near / (0.22 * spacing)))[:, None] * along
        )

    def wave(self, angle: float, length: float, height: float, shift: float) -> None:
        """Undo a wavy shear."""
        along = np.array([np.cos(angle), np.sin(angle)], np.float32)
        across = self.place @ np.array([-along[1], along[0]], np.float32)
        sway = height * np.sin(2 * np.pi * across / length + shift)
        self.place = self.place - sway[:, None] * along


def marbling(size: int, rng: np.random.Generator) -> Array:
    """Return the sheet of paper, `(size, size, 3)`."""
    bath = _Bath(size * 3 // 2)
    for x, y, scale, kind in (
        (0.30, 0.36, 1.0, 0), (0.70, 0.28, 0.95, 1), (0.53, 0.60, 0.85, 2)
    ):  # fmt: skip
        _tulip(bath, x, y, scale, PETALS[kind])
    for x, y, scale in ((0.30, 0.36, 1.0), (0.70, 0.28, 0.95), (0.53, 0.60, 0.85)):
        _stem(bath, x, y, scale)
    bath.wave(np.pi / 2, 0.5, 0.018, 1.0)
    bath.comb(np.pi / 2, 0.034, 0.06, 0.0)
    bath.comb(0.0, 0.11, 0.13, 0.02)
    bath.comb(np.pi, 0.11, 0.13, 0.075)
    bath.wave(0.0, 0.33, 0.03, 0.4)
    _ground(bath, rng)
    sheet = shrink(bath.color.reshape(bath.size, bath.size, 3), size)
    pool = 1 + 0.05 * noise(size, 40, rng, 3)[..., None]
    return grain(np.clip(sheet * pool, 0, 1), rng, 0.02).astype(np.float32)


def _ground(bath: _Bath, rng: np.random.Generator) -> None:
    """Color what is still unknown: drops in drops, as rings around many centers."""
    plane = noise(1024, 11, rng, 2) + 0.35 * noise(1024, 23, rng)
    at = np.floor((bath.place % 1) * 1024).astype(int)
    level = plane[at[:, 1], at[:, 0]]
    edges = np.quantile(level, np.cumsum(SHARES))
    bath.color[bath.open] = GROUND[np.minimum(np.searchsorted(edges, level), 9)]


def _tulip(bath: _Bath, x: float, y: float, scale: float, inks: Array) -> None:
    """Undo a tulip: rings of color, pulled into three points and a base."""
    r = 0.105 * scale
    bath.needle((x, y - 0.2 * r), (x, y - 1.9 * r), 0.28 * r)
    bath.needle((x - 0.62 * r, y - 0.1 * r), (x - 0.85 * r, y - 1.9 * r), 0.30 * r)
    bath.needle((x + 0.62 * r, y - 0.1 * r), (x + 0.85 * r, y - 1.9 * r), 0.30 * r)
    bath.needle((x - 0.33 * r, y - 1.6 * r), (x - 0.3 * r, y - 0.1 * r), 0.22 * r)
    bath.needle((x + 0.33 * r, y - 1.6 * r), (x + 0.3 * r, y - 0.1 * r), 0.22 * r)
    for share, ink in zip((0.32, 0.5, 0.55, 0.6), inks[::-1], strict=True):
        bath.drop((x, y), share * r, ink)


def _stem(bath: _Bath, x: float, y: float, scale: float) -> None:
    """Undo a stem with two leaves below the flower."""
    r = 0.105 * scale
    low = min(y + 5.2 * r, 1.05)
    for way in (-1, 1):
        foot = (x + 0.1 * way * r, y + 3.6 * r)
        bath.needle(foot, (x + 1.5 * way * r, y + 1.5 * r), 0.2 * r)
        bath.drop((foot[0] + 0.1 * way * r, foot[1] - 0.1 * r), 0.33 * r, LEAF)
    for share in np.linspace(0.8, 1, 3):
        bath.needle((x, y), (x, y + (low - y) * share), 0.10 * r)
    bath.drop((x, y + 0.9 * r), 0.30 * r, STEM)

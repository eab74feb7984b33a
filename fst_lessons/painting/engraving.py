"""Engraving: ploughed hills under a radiant sun, in cut lines of three inks."""

from __future__ import annotations

import numpy as np

from .canvas import Array, colors, grain, grid, mix, noise, shrink, step

PAPER, INK, RUST, OCHRE, GREEN = colors(
    "f4e6c6", "17203f", "c8402a", "e2a33a", "3f8a72"
)
SUN = (0.66, 0.27)


def engraving(size: int, rng: np.random.Generator) -> Array:
    """Return the print, `(size, size, 3)`."""
    big = 2 * size
    x, y = grid(big)
    wash, ink = _sky(x, y, rng)
    for level in range(5):
        wash, ink = _hill(wash, ink, x, y, level, rng)
    sheet = mix(mix(np.broadcast_to(PAPER, wash.shape), wash, 0.9), INK, ink)
    sheet = shrink(sheet.astype(np.float32), size)
    return grain(np.clip(sheet, 0, 1), rng, 0.025).astype(np.float32)


def _cut(phase: Array, tone: Array, pixel: float, frequency: Array | float) -> Array:
    """Return ink of lines at whole phases, as wide as the tone is dark."""
    off = abs(phase - np.rint(phase))
    soft = np.clip(1.2 * pixel * frequency, 0.02, 0.5)
    return 1 - step(off - 0.5 * np.clip(tone, 0, 0.97), -soft, soft)


def _sky(x: Array, y: Array, rng) -> tuple[Array, Array]:
    """Return the sky: rays around the sun, curling clouds, level lines."""
    size, pixel = len(x), 1 / len(x)
    dx, dy = x - SUN[0], y - SUN[1]
    far, way = np.hypot(dx, dy), np.arctan2(dy, dx)
    ring = far / 0.013 + 0.35 * noise(size, 5, rng)
    tone = 0.20 + 0.45 * np.clip(far - 0.12, 0, 1) + 0.10 * np.cos(24 * way)
    beam = step(np.cos(24 * way), -0.2, 0.2)
    ink = _cut(ring, tone - 0.22 * beam, pixel, 77)
    wash = mix(np.broadcast_to(OCHRE, (size, size, 3)), PAPER, 0.15 + 0.6 * beam)
    wash = mix(wash, RUST, 0.75 * step(far, 0.30, 0.85) * (1 - 0.5 * beam))
    for cx, cy, s in (
        (0.20, 0.13, 1.0),
        (0.40, 0.34, 0.7),
        (0.93, 0.42, 0.8),
        (0.06, 0.40, 0.6),
    ):
        wash, ink = _cloud(wash, ink, x, y, (cx, cy, s), rng)
    disc = step(0.105 - far, 0, 0.003)
    face = _cut(
        way * 48 / (2 * np.pi),
        np.clip(0.75 * far / 0.105 - 0.15, 0, 1),
        pixel,
        48 / (6.3 * far + 0.1),
    )
    wash, ink = mix(wash, RUST, disc), np.where(disc > 0.5, face * 0.9, ink)
    return wash, np.where(abs(far - 0.108) < 0.0032, 1, ink)


def _cloud(wash: Array, ink: Array, x: Array, y: Array, where, rng) -> tuple:
    """Lay one cloud of round puffs, each shaded by rings from its rim."""
    cx, cy, s = where
    pixel = 1 / len(x)
    part = _window(len(x), (cx, cy), (0.22 * s, 0.09 * s))
    whole, x, y = (wash, ink), x[part], y[part]
    wash, ink = wash[part], ink[part]
    for k in range(9):
        px = cx + s * 0.034 * (k - 4) + rng.uniform(-0.01, 0.01)
        radius = s * (0.055 - 0.0075 * abs(k - 4)) * rng.uniform(0.85, 1.2)
        py = cy + rng.uniform(-0.012, 0.012) * s
        far = np.hypot(x - px, (y - py) * 1.15)
        puff = far < radius
        dark = 0.05 + 0.55 * step((y - py) / radius, -0.3, 1.1)
        lines = _cut(far / 0.0085, dark, pixel, 118)
        wash = np.where(puff[..., None], PAPER, wash)
        ink = np.where(puff, lines, ink)
        ink = np.where(abs(far - radius) < 0.0022, 1, ink)
    whole[0][part], whole[1][part] = wash, ink
    return whole


def _window(size: int, center, reach) -> tuple[slice, slice]:
    """Return the rows and columns around a place, in unit coordinates."""
    (x, y), (dx, dy) = center, reach
    rows, columns = (
        (max(0, round((a - d) * size)), round((a + d) * size))
        for a, d in ((y, dy), (x, dx))
    )
    return slice(*rows), slice(*columns)


def _hill(wash: Array, ink: Array, x: Array, y: Array, level: int, rng) -> tuple:
    """Lay one range of hills: fields with furrows of their own direction."""
    size, pixel = len(x), 1 / len(x)
    base = 0.50 + 0.105 * level
    swing = 0.045 + 0.010 * level
    phase = 2.1 * level + 0.7
    crest = (
        base + swing * np.sin(5.0 * x + phase) + 0.4 * swing * np.sin(9.3 * x - phase)
    )
    depth = (y - crest) / 0.16
    below = depth > 0
    # hedges divide the slope into leaning fields
    lean = x * (4.2 - 0.5 * level) + 0.55 * depth * np.sin(3 * x + level)
    field = np.floor(lean).astype(int) + 7 * level
    lots = rng.permutation(64)
    kind = lots[(field * 5) % 64]
    across = kind % 3
    rows = (y - crest) / (0.0075 + 0.0012 * level)
    bend = x * np.where(across == 1, 60, 44) + depth * np.where(across == 1, 9, -8)
    lines = np.where(across == 0, rows, bend)
    frequency = np.where(across == 0, 120, 75)
    light = 0.5 + 0.5 * np.sin(5.0 * x + phase + 0.9)
    dark = (
        0.16
        + 0.40 * light
        + 0.18 * np.clip(depth, 0, 1.5)
        + 0.06 * noise(size, 14, rng)
    )
    cut = _cut(lines + 0.10 * noise(size, 40, rng), dark, pixel, frequency)
    cross = _cut(rows * 0.9 + 2.2 * x * 30, dark - 0.52, pixel, 130)
    cut = np.maximum(cut, cross)
    inks = np.stack([OCHRE, GREEN, RUST, PAPER, GREEN * 0.75 + 0.25 * OCHRE])
    tint = inks[(kind // 3) % 5]
    cut = np.maximum(cut, abs(lean - np.rint(lean)) < 0.010)
    wash = np.where(below[..., None], tint, wash)
    ink = np.where(below, cut, ink)
    ink = np.where(abs(y - crest) < 0.0028, 1, ink)
    return _trees(wash, ink, x, y, crest[0], level, rng)


def _trees(wash: Array, ink: Array, x: Array, y: Array, crest: Array, level: int, rng):
    """Lay round trees along the crest, shaded by curved cuts."""
    size, pixel = len(x), 1 / len(x)
    for _ in range(7 + level):
        tx = rng.uniform(0.02, 0.98)
        radius = (0.013 + 0.0055 * level) * rng.uniform(0.8, 1.4)
        tall = rng.uniform(1.0, 2.4)
        ty = crest[int(tx * size)] - 0.75 * radius * tall + 0.012
        part = _window(size, (tx, ty), (1.2 * radius, 1.2 * radius * tall))
        u, v = (x[part] - tx) / radius, (y[part] - ty) / radius
        far = np.hypot(u, v / tall)
        crown = far < 1 + 0.07 * np.cos(11 * np.arctan2(v, u))
        lines = _cut(
            (v + 0.5 * u**2) * radius / 0.0062, 0.40 - 0.42 * u + 0.1 * far, pixel, 160
        )
        lines = np.where(far > 0.90, 1, lines)
        ink[part] = np.where(crown, lines, ink[part])
        tint = GREEN if rng.random() < 0.6 else RUST
        wash[part] = np.where(crown[..., None], tint, wash[part])
    return wash, ink

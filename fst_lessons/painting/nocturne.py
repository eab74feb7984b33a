"""Nocturne: wind, stars and a moon over a lake, in thick oil paint."""

from __future__ import annotations

import numpy as np

from .brush import Brush, Oil
from .canvas import Array, colors, grid, mix, noise, ramp, step

SKY = colors("0b1447", "14307f", "1f57b5", "3d8ec9", "8cc7d8", "d9e4b4")
HILLS = colors("0b1440", "14385f", "1f6468", "4f9a5c", "a8bb58")
LAKE = colors("081238", "123a78", "2a6fa8", "7fb7b4")
GOLD = colors("e8871e", "f6b52c", "fde27a", "fff8cf")
HALO = colors("2f8fc0", "6cc3b0", "d6dc63", "fbcf35", "fff3b0")
# center x, center y, reach, sense of turning
WHIRLS = ((0.36, 0.27, 0.15, 1.0), (0.62, 0.40, 0.10, -1.0), (0.07, 0.10, 0.11, -1.0))
STARS = (
    (0.13, 0.30, 0.040),
    (0.22, 0.08, 0.034),
    (0.47, 0.09, 0.042),
    (0.61, 0.12, 0.036),
    (0.93, 0.45, 0.034),
    (0.05, 0.47, 0.030),
    (0.33, 0.45, 0.026),
)
MOON = (0.83, 0.19, 0.085)


def nocturne(size: int, rng: np.random.Generator) -> Array:
    """Return the painting, `(size, size, 3)`."""
    x, y = grid(size)
    angle, swirl = _wind(x, y)
    crest, shore = _crest(x), 0.80 + 0.006 * np.sin(9 * x)
    sky, glow = _sky(x, y, angle, swirl, rng)
    hills, slope = _hills(x, y, crest, rng)
    land, water = step(y - crest, 0, 0.004), step(y - shore, 0, 0.004)
    scene = mix(mix(sky, hills, land), _lake(x, y, rng), water)
    angle = np.where(water > 0.5, 0.05 * np.sin(40 * y + 9 * x), angle)
    angle = np.where((land > 0.5) & (water < 0.5), slope, angle)
    detail = 0.15 + glow + 0.8 * land + 0.5 * water
    oil = Oil(mix(scene, ramp(0 * x, HILLS), 0.4), rng)
    oil.stroke(Brush(0.030, 0.16, 900, 12, 0.05), reference=scene, angle=angle)
    oil.stroke(Brush(0.016, 0.11, 2600, 8, 0.06), reference=scene, angle=angle)
    oil.stroke(
        Brush(0.010, 0.065, 5200, 6, 0.07), reference=scene, angle=angle, where=detail
    )
    _lights(oil, rng)
    _poplars(oil, rng)
    return oil.finish(depth=2.4)


def _wind(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the directions of the sky's strokes, and how strongly it whirls."""
    u, v = np.ones_like(x), 0.5 * np.cos(7 * x + 2) * (1 - y)
    swirl = np.zeros_like(x)
    for cx, cy, reach, sense in WHIRLS:
        dx, dy = x - cx, y - cy
        pull = np.exp(-(dx**2 + dy**2) / (1.3 * reach) ** 2)
        u, v = u - 60 * sense * pull * dy, v + 60 * sense * pull * dx
        swirl += pull
    for cx, cy, radius in (*STARS, MOON):
        dx, dy = x - cx, y - cy
        # flat in the middle, so that nothing but the ring shows near a light
        pull = np.exp(-(((dx**2 + dy**2) / (2.1 * radius) ** 2) ** 2))
        u, v = u * (1 - pull) - 60 * pull * dy, v * (1 - pull) + 60 * pull * dx
    return np.arctan2(v, u), swirl


def _sky(x: Array, y: Array, angle: Array, swirl: Array, rng) -> tuple[Array, Array]:
    """Return the sky's colors, banded along the wind, and the glow of its lights."""
    # bands: rings around each whirl, streaks elsewhere
    rings = np.zeros_like(x)
    for cx, cy, reach, sense in WHIRLS:
        far = np.hypot(x - cx, y - cy)
        turn = np.arctan2(y - cy, x - cx)
        near = np.exp(-((far / (1.5 * reach)) ** 2))
        rings += near * np.cos(far / reach * 11 - sense * turn)
    streaks = np.sin(
        24 * (y + 0.06 * np.sin(7 * x + 2)) + 3 * noise(x.shape[0], 5, rng)
    )
    tone = 0.30 + 0.12 * streaks * (1 - np.clip(swirl, 0, 1)) + 0.27 * rings
    tone += 0.22 * step(y, 0.35, 0.72) + 0.06 * noise(x.shape[0], 9, rng, 3)
    sky, glow = ramp(np.clip(tone, 0, 1), SKY), np.zeros_like(x)
    for cx, cy, radius in (*STARS, MOON):
        far = np.hypot(x - cx, y - cy) / radius
        halo = np.exp(-((far / 1.6) ** 4)) * (0.88 + 0.12 * np.cos(far * 9))
        ring = np.clip(1.1 - far / 1.75 + 0.12 * np.cos(far * 9), 0, 1)
        sky = mix(sky, ramp(ring, HALO), np.clip(halo, 0, 1))
        glow += halo
    cx, cy, radius = MOON
    moon = step(radius * 0.8 - np.hypot(x - cx, y - cy), 0, 0.01)
    bite = step(radius * 0.62 - np.hypot(x - cx - 0.026, y - cy + 0.012), 0, 0.01)
    sky = mix(sky, ramp(0.95 + 0 * x, GOLD), moon)
    return mix(sky, ramp(0.12 + 0 * x, GOLD), moon * bite), glow


def _crest(x: Array) -> Array:
    return 0.66 - 0.07 * np.sin(5.2 * x + 0.6) - 0.035 * np.sin(11 * x + 2)


def _hills(x: Array, y: Array, crest: Array, rng) -> tuple[Array, Array]:
    """Return the hills' colors and the directions of their strokes."""
    below = y - crest
    rows = np.sin(95 * (below + 0.03 * np.sin(8 * x))) * 0.5 + 0.5
    tone = 0.12 + 0.6 * rows * step(below, 0, 0.02) + 0.2 * noise(x.shape[0], 8, rng)
    slope = np.arctan2(np.gradient(crest[0]) * x.shape[0], 1.0)
    return ramp(np.clip(tone, 0, 1), HILLS), np.broadcast_to(slope, x.shape)


def _lake(x: Array, y: Array, rng) -> Array:
    """Return the water: horizontal ripples, and the moon's path in them."""
    ripples = np.sin(170 * y + 5 * noise(x.shape[0], 7, rng, 2))
    lake = ramp(np.clip(0.33 + 0.25 * ripples, 0, 1), LAKE)
    path = np.exp(-(((x - MOON[0]) / (0.03 + 0.30 * (y - 0.78))) ** 2))
    shine = path * step(np.sin(240 * y + 6 * noise(x.shape[0], 30, rng)), -0.1, 0.5)
    return mix(lake, ramp(0.4 + 0.5 * path, GOLD), 0.9 * shine)


def _lights(oil: Oil, rng: np.random.Generator) -> None:
    """Paint the village: small warm windows, and their trembling reflections."""
    for x in np.sort(rng.uniform(0.04, 0.72, 20)):
        y = 0.785 - rng.uniform(0, 0.03)
        ink = GOLD[rng.integers(0, 3)]
        window = np.array([[[x - 0.007, y], [x, y], [x + 0.007, y]]])
        oil.touch(window, ink[None], Brush(0.015, 0, 1, 4))
        for k in range(9):
            depth, sway = 0.815 + 0.014 * k, rng.normal(0, 0.003)
            half = 0.016 * rng.uniform(0.5, 1.1)
            dash = [
                [x + sway - half, depth],
                [x + sway, depth],
                [x + sway + half, depth],
            ]
            faded = ink * (1 - 0.05 * k) + LAKE[2] * 0.05 * k
            oil.touch(np.array([dash]), faded[None], Brush(0.007, 0, 1, 4))


def _poplars(oil: Oil, rng: np.random.Generator) -> None:
    """Paint dark flame-shaped trees in front, of rising wavy strokes."""
    greens = colors("06130f", "0c2a22", "16463a", "2c6b45", "0a1b33")
    for foot, top, spread in ((0.115, 0.34, 0.034), (0.185, 0.52, 0.024)):
        count = 260
        t = np.sort(rng.uniform(0, 1, count))[::-1]
        width = spread * np.sin(np.pi * np.clip(t, 0.04, 1) ** 0.65)
        x = foot + width * rng.uniform(-1, 1, count) + 0.012 * np.sin(9 * t)
        y = 1.0 - t * (1.0 - top)
        rise = np.linspace(0, 1, 6)[None, :]
        lean = (foot - x)[:, None] * 0.7
        px = x[:, None] + lean * rise + 0.006 * np.sin(6 * rise + 20 * t[:, None])
        paths = np.stack([px, y[:, None] - 0.075 * rise], -1)
        inks = greens[rng.integers(0, len(greens), count)]
        oil.touch(paths, inks, Brush(0.009, 0, 1, 5, 0.02))

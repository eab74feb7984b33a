"""Harvest: ripe wheat, cypresses and a low sun, in short thick strokes."""

from __future__ import annotations

import numpy as np

from .brush import Brush, Oil
from .canvas import Array, colors, grid, mix, noise, ramp, step

SKY = colors("e8663a", "f59a3c", "fbc95a", "f6e2a0", "9fd0b8", "4fa3a8")
HILLS = colors("3b2a6b", "5a4aa0", "7f7fc8", "b79ac0")
WHEAT = colors("8a3d12", "c8701a", "eaa21f", "fbcb3a", "fff0a0")
TREES = colors("0c2a24", "14503a", "2c7a3f", "6fa03a")
POPPY, PATH = colors("d8281f", "d98a5a")
SUN = (0.34, 0.30)


def harvest(size: int, rng: np.random.Generator) -> Array:
    """Return the painting, `(size, size, 3)`."""
    x, y = grid(size)
    dx, dy = x - SUN[0], y - SUN[1]
    far = np.hypot(dx, dy)
    crest = 0.47 - 0.05 * np.sin(6 * x + 0.5) - 0.02 * np.sin(15 * x)
    field = 0.555 + 0.03 * np.sin(4 * x + 2)
    hill, wheat = step(y - crest, 0, 0.004), step(y - field, 0, 0.004)
    scene = mix(_sky(far, size, rng), _hills(x, y, crest, rng), hill)
    scene = mix(scene, _wheat(x, y, field, rng), wheat)
    angle = np.arctan2(dx, -dy)  # rings around the sun
    angle = np.where(hill > 0.5, 0.5 * np.cos(6 * x + 0.5) + 0.2, angle)
    stalks = -np.pi / 2 + 0.9 * np.sin(5 * x + 7 * y) + 0.5 * noise(size, 5, rng)
    angle = np.where(wheat > 0.5, stalks, angle)
    oil = Oil(mix(scene, WHEAT[0], 0.35), rng)
    near = 0.2 + 0.8 * hill + wheat
    oil.stroke(
        Brush(0.030, 0.10, 1100, 11, 0.06), reference=scene, angle=angle, order=y
    )
    oil.stroke(
        Brush(0.016, 0.065, 3400, 8, 0.07), reference=scene, angle=angle, order=y
    )
    oil.stroke(
        Brush(0.009, 0.052, 6000, 5, 0.09, 0.05),
        reference=scene, angle=angle, where=near, order=y,
    )  # fmt: skip
    _cypress(oil, rng)
    _poppies(oil, rng)
    return oil.finish(depth=2.4, shine=0.3)


def _sky(far: Array, size: int, rng: np.random.Generator) -> Array:
    """Return the evening sky: rings of warm light around the sun."""
    ring = 0.07 * np.sin(far * 62) + 0.07 * noise(size, 7, rng, 2)
    sky = ramp(np.clip(far * 1.30 - 0.06 + ring, 0, 1), SKY)
    glow = ramp(np.clip(1.25 - far / 0.16, 0, 1), WHEAT[2:])
    sky = mix(sky, glow, step(0.19 - far, 0, 0.09))
    return mix(sky, WHEAT[4], step(0.085 - far, 0, 0.008))


def _hills(x: Array, y: Array, crest: Array, rng: np.random.Generator) -> Array:
    """Return the violet hills, folded and lit from the left."""
    folds = np.sin(26 * x + 60 * (y - crest) + 3 * noise(len(x), 6, rng))
    tone = 0.42 + 0.3 * folds - 1.5 * (y - crest) + 0.15 * noise(len(x), 20, rng)
    return ramp(np.clip(tone, 0, 1), HILLS)


def _wheat(x: Array, y: Array, field: Array, rng: np.random.Generator) -> Array:
    """Return the field: waves of light in the corn, and a red path through it."""
    size, deep = len(x), (y - field) / 0.45
    gusts = np.sin(
        9 * x + 26 * np.sqrt(np.clip(deep, 0, 1)) + 2.5 * noise(size, 4, rng)
    )
    tone = 0.56 + 0.26 * gusts + 0.18 * noise(size, 26, rng, 2) - 0.10 * deep
    wheat = ramp(np.clip(tone, 0, 1), WHEAT)
    middle = 0.62 - 0.24 * deep + 0.10 * np.sin(4 * deep)
    path = step(0.012 + 0.13 * deep - abs(x - middle), 0, 0.01)
    rut = 0.5 + 0.5 * np.sin(60 * (x - middle) / (0.15 + deep))
    return mix(
        wheat, mix(np.broadcast_to(PATH, wheat.shape), HILLS[1], 0.6 * rut), path
    )


def _cypress(oil: Oil, rng: np.random.Generator) -> None:
    """Paint three dark trees of flame-like strokes, lit on the sun's side."""
    for foot, base, tall, spread in (
        (0.80, 0.74, 0.62, 0.055),
        (0.90, 0.70, 0.45, 0.045),
        (0.70, 0.64, 0.26, 0.026),
    ):
        count = round(5200 * spread + 120)
        t = np.sort(rng.uniform(0, 1, count))[::-1]
        width = spread * np.sin(np.pi * np.clip(t, 0.06, 1) ** 0.6) ** 0.8
        side = rng.uniform(-1, 1, count)
        x, y = foot + width * side + 0.01 * np.sin(8 * t), base - t * tall
        rise = np.linspace(0, 1, 6)[None]
        curl = 0.012 * np.sin(5 * rise + 24 * t[:, None] + 2 * side[:, None])
        px = x[:, None] + (foot - x)[:, None] * 0.6 * rise + curl
        paths = np.stack([px, y[:, None] - 0.075 * rise], -1)
        tone = np.clip(0.38 - 0.38 * side + rng.normal(0, 0.16, count), 0, 1)
        oil.touch(paths, ramp(tone, TREES), Brush(0.010, 0, 1, 6, 0.04))


def _poppies(oil: Oil, rng: np.random.Generator) -> None:
    """Dab poppies and cornflowers along the lower edge."""
    count = 190
    y = 1.01 - rng.gamma(1.5, 0.055, count)
    x = rng.uniform(0, 1, count)
    order = np.argsort(y)
    x, y = x[order], y[order]
    half = 0.013 * np.clip((y - 0.5) * 2, 0.3, 1)
    turn = rng.uniform(0, np.pi, count)
    bow = np.linspace(-1, 1, 4)[None]
    px = x[:, None] + half[:, None] * bow * np.cos(turn)[:, None]
    py = y[:, None] + half[:, None] * (bow * np.sin(turn)[:, None] - 0.5 * bow**2)
    blue = (rng.random(count) < 0.28)[:, None]
    inks = np.where(blue, HILLS[1], POPPY)
    oil.touch(np.stack([px, py], -1), inks, Brush(0.017, 0, 1, 6, 0.06))

"""Woodblock: a great wave and a red sun, printed in flat inks with a key block."""

from __future__ import annotations

import numpy as np

from .canvas import Array, Sheet, colors, grain, grid, mix, noise, ramp, spline, step

INK, FOAM, SUN, ROCK, LINING = colors("13203d", "fbf3df", "d63a26", "4b6fa0", "8fc0cc")
SKY = colors("e58f55", "f0bd82", "f3dcae", "dcd9b8", "9dbdb0")
SEA = colors("123063", "1d5494", "2f7fb5", "6fb3c4", "bfd9cf")
# the wave's back and its hollow face, both from the foot to the curling tip
BACK = spline(
    [
        (-0.15, 1.02),
        (-0.10, 0.66),
        (0.02, 0.48),
        (0.15, 0.29),
        (0.31, 0.155),
        (0.48, 0.12),
        (0.62, 0.17),
        (0.705, 0.28),
        (0.70, 0.40),
    ]
)
FACE = spline(
    [
        (0.95, 1.02),
        (0.62, 0.90),
        (0.40, 0.78),
        (0.29, 0.63),
        (0.29, 0.50),
        (0.36, 0.39),
        (0.47, 0.335),
        (0.58, 0.34),
        (0.68, 0.42),
    ]
)


def woodblock(size: int, rng: np.random.Generator) -> Array:
    """Return the print, `(size, size, 3)`."""
    x, y = grid(size)
    sheet = Sheet(size, under=_sky(x, y, rng))
    _clouds(sheet, rng)
    _mountain(sheet)
    _swell(sheet, 0.70, 0.022, 0.3, rng)
    _swell(sheet, 0.765, 0.03, 1.9, rng)
    _wave(sheet, rng)
    _swell(sheet, 0.88, 0.04, 3.6, rng)
    _spray(sheet, rng)
    return _press(sheet.read(), x, y, rng)


def _sky(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Return the graded sky (bokashi) with the sun's disc."""
    sky = ramp(np.clip(y / 0.75 + 0.04 * noise(len(x), 3, rng), 0, 1), SKY[::-1])
    disc = step(0.115 - np.hypot(x - 0.845, y - 0.235), 0, 0.003)
    fade = 1 - 0.45 * step(y, 0.22, 0.36)
    return mix(sky, SUN, disc * fade)


def _clouds(sheet: Sheet, rng: np.random.Generator) -> None:
    """Draw bands of cloud with round ends, each lined along its belly."""
    for x, y, half, thick in (
        (0.10, 0.10, 0.16, 0.020), (0.22, 0.155, 0.10, 0.014),
        (0.62, 0.055, 0.15, 0.017), (0.93, 0.10, 0.13, 0.018),
        (0.02, 0.25, 0.09, 0.016), (0.96, 0.335, 0.12, 0.017),
        (0.86, 0.40, 0.10, 0.013), (1.00, 0.46, 0.10, 0.014),
        (0.55, 0.50, 0.09, 0.012), (0.42, 0.56, 0.08, 0.011),
    ):  # fmt: skip
        ends = np.array([(x - half, y), (x + half, y)])
        sheet.line(ends, 2 * thick + 0.007, INK)
        sheet.line(ends, 2 * thick, FOAM)
        for k in range(1, 4):
            shift = half * rng.uniform(-0.3, 0.3)
            belly = ends * (1, 0) + (shift, y + thick * (0.5 * k - 0.9))
            sheet.line((belly - (x, 0)) * (0.7, 1) + (x, 0), 0.0022, SEA[2])


def _mountain(sheet: Sheet) -> None:
    """Draw the far snowy peak in the hollow of the wave."""
    slope = spline([(0.56, 0.72), (0.70, 0.63), (0.765, 0.555), (0.79, 0.553)])
    right = spline([(0.79, 0.553), (0.825, 0.57), (0.90, 0.645), (1.05, 0.72)])
    hill = np.concatenate([slope, right])
    sheet.polygon(hill, ROCK)
    teeth = [(0.738, 0.588), (0.752, 0.612), (0.763, 0.592), (0.778, 0.625)]
    teeth += [(0.795, 0.594), (0.812, 0.622), (0.826, 0.594), (0.848, 0.606)]
    cap = hill[(hill[:, 0] > 0.738) & (hill[:, 0] < 0.848)]
    sheet.polygon(np.concatenate([cap, teeth[::-1]]), FOAM)
    for k in range(16):
        x = 0.60 + 0.026 * k
        top = 0.66 + 0.3 * abs(x - 0.79)
        sheet.line([(x, top), (x + 0.3 * (x - 0.79), 0.74)], 0.002, INK)
    sheet.line(hill, 0.0045, INK)


def _swell(sheet: Sheet, base: float, lift: float, phase: float, rng) -> None:
    """Draw a rolling swell: stripes along its crest, and small combs of foam."""
    x = np.linspace(-0.05, 1.05, 240)
    crest = base + lift * np.sin(7.3 * x + phase) + 0.4 * lift * np.sin(15 * x + phase)
    tones = (0, 1, 2, 0, 1, 3, 0, 2, 1, 0, 1, 0)
    for k, tone in enumerate(tones):
        drop = k * 0.017 * (1 + 0.4 * np.sin(5 * x + phase))
        edge = np.stack([x, crest + drop], -1)
        body = np.concatenate([edge, [(1.05, 1.1), (-0.05, 1.1)]])
        sheet.polygon(body, SEA[tone])
        sheet.line(edge, 0.0045 if k == 0 else 0.002, INK)
    # foam gathers where the crest is high
    for n in np.flatnonzero(crest < base - 0.75 * lift)[::2]:
        heading = rng.uniform(-0.6, 0.9) + np.pi / 2
        _claw(sheet, (x[n], crest[n]), heading, rng.uniform(0.026, 0.044), rng)


def _wave(sheet: Sheet, rng: np.random.Generator) -> None:
    """Draw the great wave: stripes between back and face, then its claws."""
    sheet.polygon(np.concatenate([BACK, FACE[::-1]]), SEA[0])
    cuts = np.linspace(0, 1, 19) ** 0.9
    tones = (3, 4, 1, 0, 2, 1, 3, 0, 1, 4, 2, 0, 1, 3, 0, 2, 1, 0)
    for low, high, tone in zip(cuts[:-1], cuts[1:], tones, strict=True):
        near, far = _between(low), _between(high)
        sheet.polygon(np.concatenate([near, far[::-1]]), SEA[tone])
        sheet.line(near, 0.0022, INK)
    sheet.line(BACK, 0.006, INK)
    sheet.line(FACE, 0.005, INK)
    _cap(sheet, rng)


def _between(share: float) -> Array:
    return BACK + (FACE - BACK) * share


def _cap(sheet: Sheet, rng: np.random.Generator) -> None:
    """Draw the white cap along the crest, with rows of claws down the face."""
    last = len(BACK)
    start = int(0.44 * last)
    t = np.linspace(0, 1, last - start)
    depth = 0.05 + 0.17 * np.sin(np.pi * t**0.8) + 0.02 * np.sin(50 * t)
    edge = BACK[start:] + (FACE - BACK)[start:] * depth[:, None]
    cap = np.concatenate([BACK[start:], edge[::-1]])
    toward = np.gradient(edge, axis=0)
    for row, length, every in ((0.0, 0.075, 9), (0.45, 0.055, 7), (0.85, 0.042, 6)):
        for n in range(4, len(edge), every):
            root = edge[n] + (BACK[start + n] - edge[n]) * row
            along = np.arctan2(toward[n, 1], toward[n, 0])
            _claw(sheet, root, along + rng.uniform(0.5, 1.3), length, rng)
        if row == 0.0:
            sheet.polygon(cap, FOAM)
    for n in range(0, last - start, 5):
        along = np.arctan2(*(np.gradient(BACK, axis=0)[start + n][::-1]))
        _claw(sheet, BACK[start + n], along + rng.uniform(-0.5, 0.5), 0.042, rng)
    for n in range(6, last - start - 4, 3):
        root = BACK[start + n] + (edge[n] - BACK[start + n]) * rng.uniform(0.2, 0.8)
        tip = root + toward[n] * rng.uniform(2, 5)
        sheet.line([root, tip], 0.004, LINING)
    for n in range(-6, 0):
        _claw(sheet, BACK[n], 1.2 + 0.25 * n, 0.08, rng)


def _claw(sheet: Sheet, root, heading: float, length: float, rng) -> None:
    """Draw one hooked finger of foam, with a lining and a smaller finger on it."""
    turn = rng.uniform(1.0, 2.2)
    t = np.linspace(0, 1, 12)
    angle = heading + turn * t**1.6
    moves = np.stack([np.cos(angle), np.sin(angle)], -1) * length / len(t)
    spine = np.asarray(root) + np.cumsum(moves, 0)
    half = (0.24 * length * (1 - t) ** 0.7)[:, None]
    side = np.stack([-np.sin(angle), np.cos(angle)], -1) * half
    outline = np.concatenate([spine + side, (spine - side)[::-1]])
    sheet.polygon(outline, FOAM)
    sheet.line(outline, 0.003, INK)
    sheet.line(spine[1:8] + 0.4 * side[1:8], 0.0025, LINING)
    if length > 0.045:
        _claw(sheet, spine[5] - side[5], heading - 0.7, 0.5 * length, rng)
        _claw(sheet, spine[3] + side[3], heading + 0.9, 0.45 * length, rng)


def _spray(sheet: Sheet, rng: np.random.Generator) -> None:
    """Scatter drops of foam ahead of the tip and over the crest."""
    t = rng.integers(int(0.45 * len(BACK)), len(BACK), 120)
    away = rng.gamma(1.6, 0.03, (120, 1)) * (1, 0)
    lift = rng.normal(0, 0.05, 120)
    for (x, y), dy in zip(BACK[t] + away, lift, strict=True):
        radius = rng.uniform(0.002, 0.0065)
        place = (x + 0.02, y + dy - 0.015)
        sheet.ellipse(place, radius + 0.0018, INK)
        sheet.ellipse(place, radius, FOAM)


def _press(picture: Array, x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Return the sheet as printed: the plank's grain in the ink, paper fibers."""
    size = len(x)
    warp = 1.6 * noise(size, 2.5, rng) + 0.25 * noise(size, 14, rng)
    plank = np.sin(150 * (y + 0.06 * np.sin(2 * x + 1)) + 7 * warp)
    rings = step(plank, 0.2, 1.0) * (0.6 + 0.4 * noise(size, 9, rng))
    dark = 1 - picture.min(-1)
    lighter = mix(picture, picture * 0.86 + 0.14 * FOAM, np.clip(rings * dark, 0, 1))
    shaded = lighter * (1 - 0.10 * rings[..., None])
    blotch = 1 + 0.05 * noise(size, 60, rng, 3)[..., None]
    return grain(np.clip(shaded * blotch, 0, 1), rng, 0.022).astype(np.float32)

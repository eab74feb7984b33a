"""Gold: a tree of spirals on gold leaf, over a ground of ornaments."""

from __future__ import annotations

import numpy as np

from .canvas import Array, Sheet, blur, colors, grid, noise, ramp, relief

LEAF = colors("b5761a", "d99a24", "efb93a", "f9d66a")
DARK, BARK, CREAM, BLACK = colors("4a2410", "7a4a1c", "fbeec2", "1c1512")
GEMS = colors(
    "1f4fa8", "c8321f", "1f8a6a", "6a2f8f", "e8742a", "2fa0b8", "f3e3b0", "14213f"
)
MEADOW = colors("1f5a3a", "2f8a4a", "6fae3a", "174a55")
# of each bough: center of its spiral, radius, sense of turning, how low it starts
BOUGHS = (
    (0.27, 0.36, 0.135, 1, 0.0),
    (0.76, 0.33, 0.145, -1, 0.0),
    (0.47, 0.20, 0.125, -1, 0.0),
    (0.13, 0.60, 0.095, -1, 0.28),
    (0.88, 0.61, 0.090, 1, 0.26),
    (0.10, 0.16, 0.095, 1, 0.0),
    (0.90, 0.12, 0.090, -1, 0.0),
    (0.30, 0.60, 0.060, 1, 0.3),
    (0.70, 0.58, 0.065, -1, 0.2),
    (0.68, 0.10, 0.070, -1, 0.0),
    (0.28, 0.11, 0.070, 1, 0.0),
)


def gold(size: int, rng: np.random.Generator) -> Array:
    """Return the painting, `(size, size, 3)`."""
    x, y = grid(size)
    sheet = Sheet(size, under=_leaf(x, y, rng))
    _scrolls(sheet, rng)
    _meadow(sheet, rng)
    raised = Sheet(size)
    _tree(sheet, raised, rng)
    picture = sheet.read()
    mottle = 1 + 0.10 * noise(size, 70, rng, 3) + 0.06 * noise(size, 8, rng, 2)
    shade = np.clip(picture * mottle[..., None], 0, 1)
    height = 3.0 * blur(raised.read(), 1.4) + 2.2 * picture.mean(-1)
    height += 0.5 * noise(size, 200, rng, 2)
    return relief(shade, blur(height, 0.6), depth=0.32, shine=0.8).astype(np.float32)


def _leaf(x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Return squares of gold leaf, each laid with a sheen of its own."""
    size = len(x)
    row, column = (
        (y * 13).astype(int),
        (x * 13 + 0.5 * ((y * 13).astype(int) % 2)).astype(int),
    )
    sheen = rng.uniform(-0.16, 0.16, (14, 16))[row, column]
    tone = 0.45 + sheen + 0.22 * noise(size, 6, rng, 3) + 0.1 * noise(size, 60, rng)
    seam = np.minimum((y * 13) % 1, (x * 13 + 0.5 * (row % 2)) % 1)
    return ramp(np.clip(tone - 0.18 * (seam < 0.03), 0, 1), LEAF)


def _spiral(center, radius: float, start: float, turns: float, sense: int) -> Array:
    """Return points of a spiral from its rim to its heart, `(n, 2)`."""
    t = np.linspace(0, 1, max(16, round(30 * turns)))
    angle = start + sense * 2 * np.pi * turns * t
    far = radius * (1 - 0.93 * t)
    return np.stack([np.cos(angle), np.sin(angle)], -1) * far[:, None] + center


def _scrolls(sheet: Sheet, rng: np.random.Generator) -> None:
    """Fill the leaf with small scrolls, eyes and dots."""
    for row in range(15):
        for column in range(15):
            place = (
                np.array([column + 0.5 * (row % 2), row]) + rng.normal(0, 0.07, 2)
            ) / 14.3
            kind, radius = rng.random(), rng.uniform(0.021, 0.031)
            if kind < 0.62:
                curl = _spiral(
                    place, radius, rng.uniform(0, 6.3), 2.3, rng.choice([-1, 1])
                )
                sheet.line(curl, 0.0045, BARK if kind < 0.4 else CREAM)
            elif kind < 0.82:
                _eye(sheet, place, radius * 0.8, rng)
            else:
                for ring, ink in (
                    (1.0, CREAM),
                    (0.75, DARK),
                    (0.5, LEAF[3]),
                    (0.25, BLACK),
                ):
                    sheet.ellipse(place, radius * 0.7 * ring, ink)


def _eye(sheet: Sheet, place: Array, radius: float, rng: np.random.Generator) -> None:
    """Draw an almond eye with a jewel for its iris."""
    t = np.linspace(0, 2 * np.pi, 24)
    almond = np.stack([np.cos(t), 0.55 * np.sin(t) * abs(np.sin(t))], -1)
    turn = rng.uniform(0, np.pi)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for share, ink in ((1.25, DARK), (1.0, CREAM)):
        sheet.polygon(place + almond @ spin * radius * share, ink)
    sheet.ellipse(place, radius * 0.42, GEMS[rng.integers(0, 6)])
    sheet.ellipse(place, radius * 0.17, BLACK)


def _meadow(sheet: Sheet, rng: np.random.Generator) -> None:
    """Cover the ground with a slope of flowers, triangles and round jewels."""
    x = np.linspace(-0.02, 1.02, 60)
    crest = 0.80 + 0.035 * np.sin(5 * x + 0.5)
    hill = np.stack([x, crest], -1)
    sheet.polygon(np.concatenate([hill, [(1.05, 1.05), (-0.05, 1.05)]]), MEADOW[0])
    for _ in range(900):
        px = rng.uniform(0, 1)
        py = 0.80 + 0.035 * np.sin(5 * px + 0.5) + 0.008 + rng.uniform(0, 0.22)
        radius = rng.uniform(0.006, 0.017) * (0.7 + 2.0 * (py - 0.78))
        ink = (
            GEMS[rng.integers(0, 7)]
            if rng.random() < 0.6
            else MEADOW[rng.integers(1, 4)]
        )
        if rng.random() < 0.3:
            turn = rng.uniform(0, 6.3) + np.array([0, 2.1, 4.2])
            points = np.stack([np.cos(turn), np.sin(turn)], -1) * radius * 1.2
            sheet.polygon(points + np.array([px, py]), ink)
            continue
        sheet.ellipse((px, py), radius, ink)
        sheet.ellipse((px, py), radius * 0.66, LEAF[rng.integers(1, 4)])
        sheet.ellipse((px, py), radius * 0.36, GEMS[rng.integers(0, 8)])
    sheet.line(hill, 0.007, DARK)


def _tree(sheet: Sheet, raised: Sheet, rng: np.random.Generator) -> None:
    """Draw the trunk with its inlays, and boughs that end in great spirals."""
    t = np.linspace(0, 1, 40)
    middle = 0.515 + 0.030 * np.sin(2 * np.pi * t) * (1 - 0.4 * t)
    half = 0.028 + 0.080 * np.exp(-6 * t) - 0.008 * t**4
    y = 0.95 - 0.485 * t
    left, right = np.stack([middle - half, y], -1), np.stack([middle + half, y], -1)
    trunk = np.concatenate([left, right[::-1]])
    _raise(sheet, raised, trunk)
    for cx, cy, radius, sense, low in BOUGHS:
        _bough(sheet, raised, (cx, cy), radius, sense, low)
    _inlay(sheet, middle, half, y, rng)
    for cx, cy, radius, _, _ in BOUGHS:
        _jewels(sheet, (cx, cy), radius, rng)


def _raise(sheet: Sheet, raised: Sheet, outline: Array) -> None:
    sheet.polygon(outline, BARK)
    sheet.line(np.concatenate([outline, outline[:1]]), 0.004, DARK)
    raised.polygon(outline)


def _bough(sheet: Sheet, raised: Sheet, center, radius: float, sense: int, low: float):
    """Draw one tapering bough from the trunk into a spiral."""
    root = np.array([0.515, 0.47 + low])
    way = np.arctan2(root[1] - center[1], root[0] - center[0])
    curl = _spiral(np.asarray(center), radius, way + sense * 0.9, 2.6, sense)
    t = np.linspace(0, 1, 24)[:, None]
    heading = (curl[1] - curl[0]) / np.hypot(*(curl[1] - curl[0]))
    reach = np.hypot(*(curl[0] - root))
    bend = root - np.array([0, 0.35 * reach])
    pull = curl[0] - heading * 0.5 * reach
    lead = root * (1 - t) ** 3 + 3 * bend * t * (1 - t) ** 2
    lead = lead + 3 * pull * t**2 * (1 - t) + curl[0] * t**3
    path = np.concatenate([lead, curl[1:]])
    width = np.linspace(0.026, 0.007, len(path)) * (radius / 0.13) ** 0.5
    for grow, ink in ((0.007, DARK), (0.0, BARK), (-0.010, LEAF[2])):
        for n in range(len(path) - 1):
            wide = width[n] + grow
            if wide > 0.002:
                sheet.line(path[n : n + 2], wide, ink)
    for n in range(len(path) - 1):
        raised.line(path[n : n + 2], width[n])


def _inlay(sheet: Sheet, middle: Array, half: Array, y: Array, rng) -> None:
    """Set ovals and bars of gem color into the trunk."""
    for _ in range(150):
        n = rng.integers(0, len(y))
        place = (
            middle[n] + half[n] * rng.uniform(-0.8, 0.8),
            y[n] + rng.uniform(-0.006, 0.006),
        )
        radius = rng.uniform(0.003, 0.0085)
        sheet.ellipse(place, radius * 1.35, DARK, flat=1.5)
        ink = (
            GEMS[rng.integers(0, 7)]
            if rng.random() < 0.45
            else LEAF[rng.integers(0, 4)]
        )
        sheet.ellipse(place, radius, ink, flat=1.6)


def _jewels(sheet: Sheet, center, radius: float, rng: np.random.Generator) -> None:
    """Hang jewels around a spiral and one in its heart."""
    for angle in np.arange(0, 2 * np.pi, 0.62) + rng.uniform(0, 0.6):
        far = radius * rng.uniform(1.10, 1.22)
        place = (center[0] + far * np.cos(angle), center[1] + far * np.sin(angle))
        sheet.ellipse(place, 0.0105, DARK)
        sheet.ellipse(place, 0.0085, GEMS[rng.integers(0, 6)])
        sheet.ellipse(place, 0.0035, CREAM)
    sheet.ellipse(center, 0.017, DARK)
    sheet.ellipse(center, 0.013, GEMS[rng.integers(0, 6)])
    sheet.ellipse(center, 0.006, CREAM)

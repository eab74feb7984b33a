"""Pointillism: a sunny afternoon by a river, in dots of unmixed color."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Array, Sheet, colors, grid, mix, noise, ramp, shrink, spline, step

SKY = colors("6fa8e0", "a9cdf0", "f6e3c4", "fbd9a0")
WATER = colors("2f62b4", "4a8fd0", "8cc3e0", "dcecd0")
LAWN = colors("1f6b3c", "4c9a3a", "9cc63f", "e3e05a")
SHADE = colors("1b2f6e", "174a55", "20703f")
TREES = colors("122a55", "14503f", "3f8f35", "b4cf3a", "f7d447")
RED, SKIRT, SAIL, TRUNK = colors("e0352f", "4a2f9a", "fdf6e3", "3a2348")
HAT, SKIN = colors("f4d36b", "f0b890")


def pointillism(size: int, rng: np.random.Generator) -> Array:
    """Return the painting, `(size, size, 3)`."""
    scene = _scene(size, rng)
    big = 2 * size
    primed = np.clip(scene * 0.55 + 0.42 * colors("f0dcb8")[0], 0, 1)
    image = Image.fromarray(np.rint(primed * 255).astype(np.uint8)).resize((big, big))
    pen = ImageDraw.Draw(image)
    for count, radius, spread in (
        (8000, 7.6, 0.12),
        (15000, 5.8, 0.15),
        (17000, 4.4, 0.19),
    ):
        _dots(pen, scene, count, radius * big / 1536, spread, rng)
    return np.clip(shrink(np.asarray(image, np.float32) / 255, size), 0, 1)


def _dots(pen, scene: Array, count: int, radius: float, spread: float, rng) -> None:
    """Set dots whose colors are pulled apart around the color they stand for."""
    size = len(scene)
    side = int(np.sqrt(count))
    cell = np.stack(np.divmod(rng.permutation(side * side), side), -1)
    place = (cell + rng.uniform(-0.2, 1.2, cell.shape)) / side
    at = np.clip((place * size).astype(int), 0, size - 1)
    wanted = scene[at[:, 1], at[:, 0]]
    inks = _divided(wanted, spread, rng)
    radii = radius * rng.uniform(0.75, 1.25, len(inks))
    scale = size * 2
    boxes = np.stack(
        [place * scale - radii[:, None], place * scale + radii[:, None]], 1
    )
    inks = np.rint(np.clip(inks, 0, 1) * 255).astype(int).tolist()
    for box, ink in zip(boxes.reshape(-1, 4).tolist(), inks, strict=True):
        pen.ellipse(box, fill=tuple(ink))


def _divided(wanted: Array, spread: float, rng: np.random.Generator) -> Array:
    """Return colors split into warm and cool around the wanted ones (in the mean)."""
    gray = wanted.mean(-1, keepdims=True)
    vivid = gray + (wanted - gray) * 1.35
    warm = colors("ff9a1a", "f2d21f", "e8483c")
    cool = colors("2a4fd0", "6a3fb0", "1fa0a0")
    sunny = rng.random(len(wanted)) < np.clip(0.15 + 0.75 * gray[:, 0], 0, 1)
    pick = rng.integers(0, 3, len(wanted))
    pull = np.where(sunny[:, None], warm[pick], cool[pick])
    # the odd cool dot in the light, and warm one in the shade, is the weaker
    lean = np.where(sunny == (gray[:, 0] > 0.5), 1.0, 0.55)[:, None]
    share = spread * lean * rng.gamma(2.0, 0.8, (len(wanted), 1))
    mixed = vivid + (pull - vivid) * np.clip(share, 0, 0.85)
    return mixed * (1 + rng.normal(0, 0.07, gray.shape))


def _scene(size: int, rng: np.random.Generator) -> Array:
    """Return the motif: sky, far bank, river with sails, lawn, trees, figures."""
    x, y = grid(size)
    puffs = step(noise(size, 6, rng, 3) + 0.25 * np.sin(30 * y), 0.1, 0.55)
    scene = mix(ramp(np.clip(y / 0.34, 0, 1), SKY), SAIL, 0.8 * puffs * (y < 0.34))
    far = y - 0.335 - 0.02 * noise(size, 14, rng, 2)
    bank = ramp(np.clip(0.4 + 0.5 * noise(size, 22, rng, 2), 0, 1), TREES)
    scene = mix(scene, mix(bank, SKY[0], 0.45), step(far, 0, 0.01))
    glitter = np.sin(150 * y + 6 * noise(size, 8, rng, 2))
    water = ramp(np.clip(0.42 + 0.3 * glitter + 0.5 * (x - 0.5), 0, 1), WATER)
    scene = mix(scene, water, step(y - 0.40, 0, 0.004))
    scene = _sails(scene, size)
    shore = 0.60 - 0.13 * step(x, -0.1, 0.75) + 0.012 * np.sin(14 * x)
    lawn = _lawn(x, y, size, rng)
    scene = mix(scene, lawn, step(y - shore, 0, 0.005))
    for n, (foot, base, height, width) in enumerate(
        ((0.11, 0.80, 0.74, 0.20), (0.90, 0.66, 0.58, 0.19), (0.66, 0.52, 0.28, 0.085))
    ):
        scene = _tree(scene, x, y, (foot, base, height, width), n, rng)
    return np.clip(_figures(scene, size), 0, 1)


def _lawn(x: Array, y: Array, size: int, rng: np.random.Generator) -> Array:
    """Return the meadow: sun, flowers, a sandy path, and long violet shadows."""
    light = 0.62 + 0.25 * noise(size, 9, rng, 3) + 0.2 * (0.6 - y)
    lawn = ramp(np.clip(light, 0, 1), LAWN)
    path = np.exp(
        -(
            ((x - 0.42 - 0.9 * (y - 0.55) ** 1 * (1 - y)) / (0.02 + 0.17 * (y - 0.5)))
            ** 4
        )
    )
    lawn = mix(lawn, colors("f3cf94")[0], 0.9 * path * (y > 0.5))
    bloom = step(noise(size, 90, rng), 0.45, 0.6) * step(y, 0.66, 0.9)
    kind = noise(size, 30, rng)
    lawn = mix(lawn, RED, bloom * (kind > 0.15))
    lawn = mix(lawn, SAIL, bloom * (kind < -0.15))
    bars = (y - 0.86 - 0.05 * np.sin(4 * x)) / 0.055
    shade = np.exp(-(bars**2)) + np.exp(
        -(((y - 0.69 - 0.12 * (x - 0.9)) / 0.022) ** 2)
    ) * (x > 0.6)
    tone = ramp(np.clip(0.5 + 0.5 * noise(size, 20, rng), 0, 1), SHADE)
    return mix(lawn, tone, np.clip(shade * (1 + 0.5 * noise(size, 25, rng)), 0, 0.85))


def _sails(scene: Array, size: int) -> Array:
    """Lay two small boats and their reflections on the river."""
    sheet = Sheet(size)
    for x, y, s in ((0.44, 0.45, 1.0), (0.30, 0.42, 0.6), (0.56, 0.425, 0.5)):
        sheet.polygon([(x, y), (x, y - 0.13 * s), (x + 0.06 * s, y)])
        sheet.polygon([(x - 0.008, y), (x - 0.008, y - 0.10 * s), (x - 0.04 * s, y)])
        sheet.polygon(
            [
                (x - 0.02 * s, y + 0.03 * s),
                (x, y + 0.1 * s),
                (x + 0.03 * s, y + 0.03 * s),
            ],
            0.6,
        )
    scene = mix(scene, SAIL, sheet.read())
    hulls = Sheet(size)
    for x, y, s in ((0.44, 0.45, 1.0), (0.30, 0.42, 0.6), (0.56, 0.425, 0.5)):
        hull = [(x - 0.05 * s, y + 0.004), (x + 0.07 * s, y + 0.004)]
        hulls.polygon(
            [*hull, (x + 0.05 * s, y + 0.02 * s), (x - 0.04 * s, y + 0.02 * s)]
        )
    return mix(scene, TRUNK, hulls.read())


def _tree(scene: Array, x: Array, y: Array, where, n: int, rng) -> Array:
    """Lay a tree: a violet trunk, a crown lit from the right."""
    foot, base, height, width = where
    sway = 0.015 * np.sin(6 * (y - base) + n)
    trunk = step(
        0.1 * width + 0.02 * step(y, base - 0.1, base) - abs(x - foot - sway), 0, 0.006
    )
    trunk = trunk * (y < base) * (y > base - 0.75 * height)
    scene = mix(scene, TRUNK, trunk)
    u, v = (x - foot) / width, (y - (base - 0.66 * height)) / (0.46 * height)
    size = len(x)
    lumps = noise(size, 12, rng, 2)
    crown = step(1 - np.hypot(u, v) + 0.55 * lumps, 0, 0.05)
    clump = step(noise(size, 15, rng, 2), -0.22, 0.22) - 0.5
    light = 0.36 + 0.30 * u - 0.26 * v + 0.42 * clump + 0.2 * noise(size, 30, rng)
    return mix(scene, ramp(np.clip(light, 0, 1), TREES), crown)


def _figures(scene: Array, size: int) -> Array:
    """Lay a lady with a red parasol, and a child in white."""
    layers = (
        (
            SKIRT,
            [
                (0.50, 0.65),
                (0.54, 0.65),
                (0.555, 0.72),
                (0.60, 0.865),
                (0.455, 0.865),
                (0.465, 0.77),
                (0.445, 0.72),
                (0.47, 0.675),
            ],
        ),
        (WATER[2], [(0.53, 0.665), (0.54, 0.665), (0.575, 0.855), (0.55, 0.86)]),
        (TRUNK, [(0.50, 0.60), (0.545, 0.60), (0.555, 0.67), (0.495, 0.675)]),
        (SAIL, [(0.405, 0.775), (0.435, 0.775), (0.455, 0.875), (0.385, 0.875)]),
    )
    for ink, outline in layers:
        sheet = Sheet(size)
        sheet.polygon(outline)
        scene = mix(scene, ink, sheet.read())
    for ink, x, y, r, flat in (
        (SKIN, 0.522, 0.578, 0.021, 1.15),
        (HAT, 0.520, 0.563, 0.030, 0.45),
        (SKIN, 0.420, 0.758, 0.017, 1.1),
        (RED, 0.420, 0.747, 0.023, 0.5),
    ):
        sheet = Sheet(size)
        sheet.ellipse((x, y), r, flat=flat)
        scene = mix(scene, ink, sheet.read())
    dome = spline(
        [(0.46, 0.53), (0.49, 0.46), (0.56, 0.43), (0.635, 0.46), (0.67, 0.53)]
    )
    sheet, gores, stick = Sheet(size), Sheet(size), Sheet(size)
    rim = [(0.615, 0.512), (0.562, 0.528), (0.508, 0.512)]
    sheet.polygon(np.concatenate([spline(dome), rim]))
    scene = mix(scene, RED, sheet.read())
    gores.polygon([(0.56, 0.432), (0.615, 0.512), (0.562, 0.528)])
    gores.polygon([(0.56, 0.432), (0.508, 0.512), (0.475, 0.505)])
    stick.line([(0.562, 0.425), (0.552, 0.66)], 0.006)
    scene = mix(scene, HAT, 0.75 * gores.read())
    return mix(scene, TRUNK, stick.read())

"""Mosaic: two carp under a golden sun, set in glass and stone along their contours."""

from __future__ import annotations

import numpy as np

from .canvas import (
    Array,
    Sheet,
    blur,
    colors,
    grid,
    mix,
    noise,
    ramp,
    relief,
    shrink,
    spline,
    step,
)
from .tiles import scatter, settle, tessellate

SEA = colors("0b2f5c", "14588f", "1f86a8", "49b3b0", "a5d9c4")
GOLD = colors("b9791c", "e0a52f", "f6cf5a", "fff0b0")
CARP = colors("8f1d14", "d23a1a", "f06a1f", "f9a63a", "fde3b0")
SPINE = spline(
    [
        (-0.34, 0.0),
        (-0.22, 0.035),
        (-0.05, 0.035),
        (0.12, -0.02),
        (0.24, -0.065),
        (0.37, -0.10),
    ]
)
PALE, GROUT, DARK = colors("f3ead2", "4a4038", "1b1a2b")


def mosaic(size: int, rng: np.random.Generator) -> Array:
    """Return the mosaic, `(size, size, 3)`."""
    plan = min(512, 2 * size)
    scene, angle = _cartoon(plan, rng)
    seeds = settle(scatter(7400, rng), angle, rounds=6)
    big = 2 * size
    owner, gap = tessellate(big, seeds, angle)
    at = np.clip((seeds * plan).astype(int), 0, plan - 1)
    inks = _glass(scene[at[:, 1], at[:, 0]], rng)
    edge = step(gap, 0.0006, 0.0016)
    picture = inks[owner] * (1 + 0.07 * noise(big, 220, rng, 2)[..., None])
    grout = GROUT * (1 + 0.25 * noise(big, 300, rng)[..., None])
    picture = mix(np.broadcast_to(grout, picture.shape), picture, edge)
    x, y = grid(big)
    tilt = rng.normal(0, 0.55, (2, len(seeds)))
    height = np.minimum(gap, 0.0028) * 500 + tilt[0][owner] * (x - seeds[owner, 0]) * 50
    height += tilt[1][owner] * (y - seeds[owner, 1]) * 50
    lit = relief(np.clip(picture, 0, 1), blur(height, 1.0), depth=0.9, shine=0.5)
    return np.clip(shrink(lit, size), 0, 1)


def _glass(wanted: Array, rng: np.random.Generator) -> Array:
    """Return each tile's color: no two pieces come from the same melt."""
    light = rng.normal(1, 0.13, (len(wanted), 1))
    return np.clip(wanted * light + rng.normal(0, 0.025, wanted.shape), 0, 1)


def _cartoon(size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the plan's colors, and the directions of its rows of tiles."""
    x, y = grid(size)
    turn_sun = np.hypot(x - 0.5, y - 0.02)
    waves = y + 0.022 * np.sin(11 * x) + 0.012 * np.sin(23 * x + 1)
    rows = np.floor(waves * 21) % 5
    scene = ramp(rows / 4 * 0.9, SEA)
    rays = np.floor(turn_sun * 24) % 2 + np.floor(np.arctan2(y - 0.02, x - 0.5) * 7) % 2
    sky = ramp(np.clip(1.05 - turn_sun * 1.9 + 0.12 * rays, 0, 1), GOLD)
    horizon = 0.37 + 0.018 * np.sin(11 * x)
    above = horizon - y
    scene = mix(scene, sky, step(above, 0, 0.004))
    scene = mix(scene, CARP[1], step(0.155 - turn_sun, 0, 0.004))
    scene = mix(scene, PALE, step(0.011 - abs(turn_sun - 0.163), 0, 0.003))
    potential = np.where(above > 0, turn_sun, waves)
    for how in (((0.52, 0.53), 1, 0.86, False), ((0.50, 0.80), -1, 0.86, True)):
        scene, potential = _carp(scene, potential, x, y, how)
    rim = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    scene, potential = _border(scene, potential, x, y, rim)
    smooth = blur(potential, 2.0)
    dy, dx = np.gradient(smooth)
    return np.clip(scene, 0, 1), np.arctan2(dy, dx)


def _carp(scene: Array, potential: Array, x: Array, y: Array, how) -> tuple:
    """Lay one leaping carp over the plan; how: its middle, way, size and coat."""
    middle, flip, grow, white = how
    u, v = (x - middle[0]) * flip / grow, (y - middle[1]) / grow
    along, best, side = _along(SPINE, u, v)
    bulge = np.clip(np.sin(np.pi * np.clip(along, 0, 1) ** 1.5), 0, 1) ** 0.75
    half = 0.016 + 0.092 * bulge
    fins = _fins(len(x), middle, flip, grow)
    ribs = np.floor((along + 0.4 * side) * 34) % 2
    scene = mix(scene, DARK, step(blur(fins, 3.0), 0.06, 0.2))
    scene = mix(scene, ramp(0.35 + 0.45 * ribs, CARP), step(fins, 0.4, 0.6))
    scene = mix(scene, DARK, step(half + 0.016 - best, 0, 0.004))
    scene = mix(scene, _coat(along, side, half, white), step(half - best, 0, 0.004))
    eye = np.hypot(u - 0.300, v + 0.103)
    scene = mix(scene, PALE, step(0.024 - eye, 0, 0.003))
    scene = mix(scene, DARK, step(0.012 - eye, 0, 0.003))
    near = best < half + 0.06
    return scene, np.where(near, (best - half) * grow, potential)


def _along(spine: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """Return where along a curve each place is, how far off, and on which side."""
    best = np.full(u.shape, 9.0)
    along, side = np.zeros(u.shape), np.zeros(u.shape)
    heading = np.gradient(spine, axis=0)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    for k, ((px, py), (hx, hy)) in enumerate(zip(spine, heading, strict=True)):
        far = np.hypot(u - px, v - py)
        near = far < best
        best = np.where(near, far, best)
        along = np.where(near, k / (len(spine) - 1), along)
        side = np.where(near, hx * (v - py) - hy * (u - px), side)
    return along, best, side


def _coat(along: Array, side: Array, half: Array, white: bool) -> Array:
    """Return the body's colors: scales, belly, patches, gills and head."""
    scale = (np.floor(along * 20 + np.floor(side * 34) * 0.5)) % 2
    body = ramp(np.clip(0.42 + 0.20 * scale + 0.30 * side / half, 0, 1), CARP)
    if white:
        body = mix(body, PALE, np.sin(along * 21 + 1.5) + 1.2 * side / half > -0.15)
    body = mix(body, CARP[4], step(side / half, 0.42, 0.5))
    body = mix(body, CARP[1], step(along, 0.80, 0.81))
    return mix(body, DARK, abs(along - 0.79 + 0.02 * (side / half) ** 2) < 0.011)


def _fins(size: int, middle, flip: int, grow: float) -> Array:
    """Return the mask of a carp's tail and fins."""
    sheet = Sheet(size)
    tail = [
        (-0.30, -0.01),
        (-0.36, -0.10),
        (-0.45, -0.17),
        (-0.42, -0.05),
        (-0.39, 0.0),
    ]
    tail += [(-0.44, 0.06), (-0.47, 0.15), (-0.36, 0.09), (-0.30, 0.03)]
    back = [(-0.12, 0.0), (-0.06, -0.14), (0.04, -0.17), (0.14, -0.145), (0.17, -0.08)]
    low = [(0.14, 0.02), (0.12, 0.10), (0.02, 0.16), (0.04, 0.08), (0.06, 0.03)]
    rear = [(-0.14, 0.06), (-0.20, 0.13), (-0.27, 0.15), (-0.23, 0.05)]
    for points in (tail, back, low, rear):
        outline = spline([*points, points[0]]) * (flip * grow, grow) + middle
        sheet.polygon(outline)
    return sheet.read()


def _border(scene: Array, potential: Array, x: Array, y: Array, rim: Array) -> tuple:
    """Lay a running wave border around the plan."""
    band = rim < 0.062
    run = np.where(np.minimum(y, 1 - y) < np.minimum(x, 1 - x), x, y)
    tooth = abs((run * 14) % 1 - 0.5) * 2
    scene = np.where(band[..., None], GOLD[1], scene)
    wedge = band & (rim < 0.012 + 0.036 * tooth)
    scene = np.where(wedge[..., None], CARP[0], scene)
    for low, ink in ((0.0, DARK), (0.050, PALE), (0.060, DARK)):
        line = (rim >= low) & (rim < low + 0.011)
        scene = np.where(line[..., None], ink, scene)
    return scene, np.where(rim < 0.075, rim, potential)

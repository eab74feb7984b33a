"""Draw the book's logo: a photograph that turns into brush strokes.

    python tools/draw_logo.py

writes ``book/_static/logo.svg`` and ``favicon.svg``. One landscape is described once,
as a colour for every point; the left of it is drawn as smooth shapes, the right as
strokes that take their colour from it and swirl around the sun.
"""

import argparse
from pathlib import Path

import numpy as np

STATIC = Path(__file__).resolve().parents[1] / "book" / "_static"
SIZE = 240
HORIZON = 140
SUN = (138.0, 88.0)
SUN_RADIUS = 25.0
SKY_TOP = (38, 70, 120)
SKY_MIDDLE = (158, 122, 158)
SKY_LOW = (252, 190, 132)
SUN_COLOR = (255, 232, 170)
FAR, MIDDLE, NEAR = (134, 110, 150), (62, 84, 122), (24, 44, 70)


def far_ridge(x):
    """Return the height of the far mountains at `x`."""
    return (
        138
        - 26 * np.exp(-(((x - 62) / 34) ** 2))
        - 12 * np.exp(-(((x - 190) / 30) ** 2))
    )


def middle_ridge(x):
    """Return the height of the hills at `x`."""
    return 164 - 14 * np.sin(x / 36 + 0.6)


def near_ridge(x):
    """Return the height of the shore at `x`."""
    return 205 + 13 * np.sin(x / 47 + 2.4)


RIDGES = ((far_ridge, FAR), (middle_ridge, MIDDLE), (near_ridge, NEAR))


def mix(first, second, share):
    """Return a colour between two."""
    return np.asarray(first) * (1 - share) + np.asarray(second) * share


def scene(x, y):
    """Return the landscape's colour at a point, RGB in 0..255."""
    if y < HORIZON / 2:
        color = mix(SKY_TOP, SKY_MIDDLE, 2 * y / HORIZON)
    else:
        color = mix(SKY_MIDDLE, SKY_LOW, min(2 * y / HORIZON - 1, 1))
    distance = np.hypot(x - SUN[0], y - SUN[1])
    if distance < SUN_RADIUS:
        color = np.asarray(SUN_COLOR)
    else:
        color = mix(color, SUN_COLOR, 0.5 * np.exp(-(distance - SUN_RADIUS) / 26))
    for ridge, paint in RIDGES:
        if y > ridge(x):
            color = np.asarray(paint)
    return color


def hexadecimal(color):
    """Return a colour as SVG writes it."""
    return "#" + "".join(f"{int(np.clip(round(c), 0, 255)):02x}" for c in color)


def flow(x, y):
    """Return the direction of a stroke: around the sun, along the ground below."""
    if y > far_ridge(x):
        ridge = near_ridge if y > near_ridge(x) else middle_ridge
        return np.arctan2(ridge(x + 1) - ridge(x - 1), 2)
    return np.arctan2(y - SUN[1], x - SUN[0]) + np.pi / 2


def stroke(x, y, length, width, color):
    """Return one brush stroke through a point, bent as the flow bends."""
    points = [(x, y)]
    for _ in range(3):
        angle = flow(*points[-1])
        points.append(
            (
                points[-1][0] + length / 3 * np.cos(angle),
                points[-1][1] + length / 3 * np.sin(angle),
            )
        )
    shift = np.mean(points, axis=0) - (x, y)
    p = [f"{a - shift[0]:.1f} {b - shift[1]:.1f}" for a, b in points]
    return (
        f'<path d="M{p[0]}C{p[1]} {p[2]} {p[3]}" stroke="{hexadecimal(color)}" '
        f'stroke-width="{width:.1f}"/>'
    )


def strokes(spacing, start, rng):
    """Return the strokes, from left to right ever bolder and more vivid."""
    cells = [
        (x, y)
        for y in np.arange(spacing / 2, SIZE, spacing)
        for x in np.arange(start, SIZE, spacing)
    ]
    drawn = []
    for index in rng.permutation(len(cells)):
        x, y = cells[index] + rng.normal(0, spacing / 4, 2)
        share = (x - start) / (SIZE - start)
        if rng.random() > 0.25 + 2.2 * share:
            continue
        color = scene(np.clip(x, 0, SIZE), np.clip(y, 2, SIZE))
        gray = color.mean()
        color = gray + (color - gray) * (1.1 + 0.9 * share) + rng.normal(0, 15)
        color = color + rng.normal(0, 8, 3)
        length = spacing * (1.7 + 1.6 * share)
        drawn.append(stroke(x, y, length, spacing * (0.55 + 0.35 * share), color))
    return drawn


def ridge_path(ridge, color):
    """Return one range of hills as a filled path."""
    tops = " ".join(f"{x},{ridge(x):.1f}" for x in range(0, SIZE + 1, 6))
    return f'<path d="M0,{SIZE}L{tops}L{SIZE},{SIZE}z" fill="{hexadecimal(color)}"/>'


def draw(spacing, start, seed):
    """Return the whole picture as SVG text."""
    rng = np.random.default_rng(seed)
    hills = "".join(ridge_path(ridge, color) for ridge, color in RIDGES)
    painted = "\n".join(strokes(spacing, start, rng))
    glow = hexadecimal(SUN_COLOR)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">
<title>A photograph that turns into brush strokes</title>
<defs>
<linearGradient id="sky" x2="0" y2="1"><stop stop-color="{hexadecimal(SKY_TOP)}"/>\
<stop offset="{HORIZON / SIZE / 2:.2f}" stop-color="{hexadecimal(SKY_MIDDLE)}"/>\
<stop offset="{HORIZON / SIZE:.2f}" stop-color="{hexadecimal(SKY_LOW)}"/>\
</linearGradient>
<radialGradient id="glow"><stop offset=".3" stop-color="{glow}" stop-opacity=".6"/>\
<stop offset="1" stop-color="{glow}" stop-opacity="0"/></radialGradient>
<clipPath id="frame"><rect width="{SIZE}" height="{SIZE}" rx="34"/></clipPath>
</defs>
<g clip-path="url(#frame)">
<rect width="{SIZE}" height="{SIZE}" fill="url(#sky)"/>
<circle cx="{SUN[0]}" cy="{SUN[1]}" r="80" fill="url(#glow)"/>
<circle cx="{SUN[0]}" cy="{SUN[1]}" r="{SUN_RADIUS}" fill="{glow}"/>
{hills}
<g fill="none" stroke-linecap="round">
{painted}
</g>
</g>
</svg>
"""


def main():
    """Write the two files."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for name, spacing, start in (("logo", 10, 96), ("favicon", 22, 100)):
        path = STATIC / f"{name}.svg"
        path.write_text(draw(spacing, start, seed=4), encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()

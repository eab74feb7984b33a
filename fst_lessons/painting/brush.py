"""A loaded bristle brush: thousands of curved strokes with relief.

After Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes"
(SIGGRAPH 1998): layers of long strokes that follow a field of directions, large
brushes first. Each stroke is a bundle of bristles with its own color and height, so
that the finished paint can be lit from the side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Array, blur, relief, shrink


@dataclass(frozen=True)
class Brush:
    """One layer of strokes; lengths are fractions of the canvas."""

    width: float
    length: float
    count: int
    bristles: int = 7
    color_jitter: float = 0.05
    curl: float = 0.0


class Oil:
    """A canvas for oil paint: color and height, drawn at twice the final size."""

    def __init__(self, under: Array, rng: np.random.Generator):
        """Start from an under-painting `(size, size, 3)`."""
        self.size, self.scale, self.rng = under.shape[0], 2 * under.shape[0], rng
        pixels = np.rint(np.clip(under, 0, 1) * 255).astype(np.uint8)
        big = (self.scale, self.scale)
        self.paint = Image.fromarray(pixels).resize(big)
        self.height = Image.new("L", big, 60)
        self._pens = ImageDraw.Draw(self.paint), ImageDraw.Draw(self.height)

    def stroke(
        self,
        brush: Brush,
        *,
        reference: Array,
        angle: Array,
        where: Array | None = None,
        order: Array | None = None,
    ) -> None:
        """Lay one layer of strokes.

        Args:
            brush: width, length, number, and unevenness of the strokes.
            reference: the colors to aim at, `(size, size, 3)`.
            angle: direction of the strokes in radians, `(size, size)`.
            where: how likely a stroke starts here, `(size, size)`; None: evenly.
            order: strokes of low values are painted first, `(size, size)`.
        """
        starts = self._starts(brush.count, where)
        if order is not None:
            rank = _sample(order, starts) + self.rng.uniform(-0.1, 0.1, len(starts))
            starts = starts[np.argsort(rank)]
        wanted = _sample(reference, starts)
        paths = self._trace(starts, angle, brush)
        self._draw(paths, self._mixed(wanted, brush.color_jitter), brush)

    def touch(self, paths: Array, inks: Array, brush: Brush) -> None:
        """Paint given paths `(n, k, 2)` in unit coordinates with colors `(n, 3)`."""
        self._draw(np.asarray(paths), self._mixed(inks, brush.color_jitter), brush)

    def finish(self, *, depth: float = 2.2, shine: float = 0.35) -> Array:
        """Return the painting in light from the upper left, `(size, size, 3)`."""
        height = blur(np.asarray(self.height, np.float32) / 255, 0.8)
        image = np.asarray(self.paint, np.float32) / 255
        lit = relief(image, height, depth=depth, shine=shine)
        return np.clip(shrink(lit, self.size), 0, 1)

    def _starts(self, count: int, where: Array | None) -> Array:
        """Return `(count, 2)` places in the unit square, evenly strewn or by weight."""
        if where is None:
            # jittered cells leave no holes, as independent places would
            side = int(np.ceil(np.sqrt(count)))
            cells = np.stack(np.divmod(self.rng.permutation(side * side), side), -1)
            places = (cells[:, ::-1] + self.rng.uniform(0, 1, cells.shape)) / side
            return places * 1.06 - 0.03
        weight = np.clip(where, 0, None).ravel().astype(np.float64)
        chosen = self.rng.choice(weight.size, count, p=weight / weight.sum())
        row, column = np.divmod(chosen, where.shape[1])
        places = np.stack([column, row], -1) + self.rng.uniform(0, 1, (count, 2))
        return places / where.shape[0]

    def _trace(self, starts: Array, angle: Array, brush: Brush) -> Array:
        """Return `(n, k, 2)`: points that follow the field, both ways from a start."""
        halves = []
        lengths = brush.length * self.rng.uniform(0.6, 1.3, (len(starts), 1))
        bend = self.rng.normal(0, 1, len(starts)) * brush.curl
        for way in (-1, 1):
            point, points = starts.copy(), []
            for k in range(4):
                turn = _sample(angle, point) + bend * (k + 1) * way
                move = np.stack([np.cos(turn), np.sin(turn)], -1)
                point = point + way * move * lengths / 8
                points.append(point)
            halves.append(points[::way])
        return np.stack([*halves[0], starts, *halves[1]], 1)

    def _mixed(self, wanted: Array, jitter: float) -> Array:
        """Return the colors as a painter would mix them: each a little off."""
        light = self.rng.normal(0, jitter, (len(wanted), 1))
        tint = self.rng.normal(0, jitter * 0.6, wanted.shape)
        return np.clip(wanted * (1 + 1.5 * light) + tint, 0, 1)

    def _draw(self, paths: Array, inks: Array, brush: Brush) -> None:
        """Draw every stroke as a bundle of bristles, uneven in color and height."""
        bristles, rng, count = brush.bristles, self.rng, len(paths)
        across = np.linspace(-0.5, 0.5, bristles)
        along = np.gradient(paths, axis=1)
        along /= np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
        side = np.stack([-along[..., 1], along[..., 0]], -1)
        widths = brush.width * rng.uniform(0.75, 1.2, (count, 1, 1, 1))
        offset = widths * across[None, :, None, None]
        lines = (paths[:, None] + offset * side[:, None]) * self.scale
        streak = rng.normal(0, 0.07, (count, bristles, 1))
        shades = np.clip(inks[:, None] * (1 + streak) + 0.3 * streak, 0, 1)
        ridge = 150 - 200 * across**2 + rng.normal(0, 28, (count, bristles))
        thick = max(1, round(1.5 * brush.width * self.scale / bristles))
        last = paths.shape[1]
        first = rng.integers(0, 2, (count, bristles)).tolist()
        stop = (last - rng.integers(0, 2, (count, bristles))).tolist()
        shades = np.rint(shades * 255).astype(int).tolist()
        ridge = np.clip(ridge, 20, 250).astype(int).tolist()
        lines = lines.tolist()
        color_pen, height_pen = self._pens
        for n in range(count):
            for b in range(bristles):
                path = [tuple(p) for p in lines[n][b][first[n][b] : stop[n][b]]]
                color_pen.line(path, fill=tuple(shades[n][b]), width=thick)
                height_pen.line(path, fill=ridge[n][b], width=thick)


def _sample(field: Array, places: Array) -> Array:
    """Return the field at `(n, 2)` places of the unit square, nearest pixel."""
    size = field.shape[0]
    at = np.clip((places * size).astype(int), 0, size - 1)
    return field[at[:, 1], at[:, 0]]

"""What every painting needs: coordinates, noise, color ramps, light, grain.

Pictures here are float32 arrays `(size, size, 3)`, RGB in [0, 1]; masks and heights
are `(size, size)`. The unit square has x to the right and y downwards.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from PIL.Image import Resampling

Array = np.ndarray


def grid(size: int) -> tuple[Array, Array]:
    """Return x and y of every pixel center, each `(size, size)` in [0, 1]."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.meshgrid(axis, axis)


def colors(*codes: str) -> Array:
    """Return `(n, 3)` in [0, 1] from codes such as "1b3a8c"."""
    return np.array([list(bytes.fromhex(c)) for c in codes], np.float32) / 255


def ramp(t: Array, palette: Array) -> Array:
    """Return `(..., 3)`: the palette read at t in [0, 1], blended between entries."""
    stops = np.linspace(0, 1, len(palette))
    channels = [np.interp(t, stops, palette[:, c]) for c in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def mix(below: Array, above: Array, mask: Array | float) -> Array:
    """Return `above` laid over `below` where the mask is 1."""
    mask = np.asarray(mask, np.float32)
    return below + (above - below) * (mask[..., None] if mask.ndim == 2 else mask)


def step(t: Array, low: float, high: float) -> Array:
    """Return 0 below low, 1 above high, and a smooth rise between them."""
    t = np.clip((t - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def spline(points: list[tuple[float, float]], *, each: int = 24) -> Array:
    """Return `(n, 2)`: a smooth curve through the points (Catmull-Rom)."""
    p = np.asarray(points, float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, each, endpoint=False)[None, :, None]
    a, b, c, d = (p[k : len(p) - 3 + k, None] for k in range(4))
    curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
    curve = (curve + (3 * b - a - 3 * c + d) * t**3) / 2
    return np.concatenate([curve.reshape(-1, 2), p[-2:-1]])


def shrink(image: Array, size: int) -> Array:
    """Return the picture or mask resized to `size` x `size`, antialiased."""
    if image.shape[0] == size:
        return image
    if image.ndim == 3:
        return np.stack([shrink(image[..., c], size) for c in range(3)], -1)
    plane = Image.fromarray(np.ascontiguousarray(image, np.float32))
    return np.asarray(plane.resize((size, size), Resampling.LANCZOS))


def noise(size: int, cells: float, rng: np.random.Generator, octaves: int = 1) -> Array:
    """Return smooth noise in about [-1, 1] with features of 1/cells of the canvas."""
    total, weight = np.zeros((size, size), np.float32), 1.0
    for octave in range(octaves):
        count = max(2, min(size, round(cells * 2**octave)))
        knots = rng.uniform(-1, 1, (count + 3, count + 3)).astype(np.float32)
        box = (1, 1, count + 2, count + 2)
        plane = Image.fromarray(knots).resize((size, size), Resampling.BICUBIC, box)
        total += weight * np.asarray(plane)
        weight *= 0.5
    return total / (2 - 2 * weight)


def blur(plane: Array, radius: float) -> Array:
    """Return a mask or height blurred by a Gaussian of this radius in pixels."""
    pad = int(3 * radius) + 1
    wide = np.pad(plane, pad, mode="reflect")
    rows, columns = np.fft.fftfreq(wide.shape[0]), np.fft.rfftfreq(wide.shape[1])
    gain = np.exp(-2 * (np.pi * radius) ** 2 * (rows[:, None] ** 2 + columns**2))
    out = np.fft.irfft2(np.fft.rfft2(wide) * gain, wide.shape)
    return out[pad:-pad, pad:-pad].astype(np.float32)


def relief(image: Array, height: Array, *, depth: float, shine: float = 0.15) -> Array:
    """Return the picture lit from the upper left as if its paint had this height.

    Args:
        image: RGB in [0, 1].
        height: any real; only its slope matters.
        depth: how steep the paint looks.
        shine: strength of the highlights of wet paint or glass.
    """
    slope_y, slope_x = np.gradient(height)
    facing = -(slope_x + slope_y) * depth
    shade = 1 + np.clip(facing, -0.45, 0.35)
    gloss = np.clip(facing - 0.12, 0, 0.6) * shine
    return np.clip(image * shade[..., None] + gloss[..., None], 0, 1)


def grain(image: Array, rng: np.random.Generator, amount: float = 0.03) -> Array:
    """Return the picture on paper: fine specks and soft cloudy unevenness."""
    size = image.shape[0]
    specks = rng.standard_normal((size, size)).astype(np.float32)
    clouds = noise(size, 24, rng, octaves=3)
    return np.clip(image + amount * (0.6 * specks + clouds)[..., None], 0, 1)


class Sheet:
    """A sheet to draw flat shapes on, in unit coordinates, antialiased when read."""

    def __init__(self, size: int, *, oversample: int = 2, under: Array | None = None):
        """Make an empty mask, or a sheet in one color or over a picture."""
        self.size, self.scale = size, size * oversample
        big = (self.scale, self.scale)
        if under is None:
            self.image = Image.new("L", big, 0)
        elif under.ndim == 1:
            self.image = Image.new("RGB", big, as_bytes(under))
        else:
            pixels = np.rint(np.clip(under, 0, 1) * 255).astype(np.uint8)
            self.image = Image.fromarray(pixels).resize(big, Resampling.BICUBIC)
        self.pen = ImageDraw.Draw(self.image)

    def _points(self, points: Array) -> list[tuple[float, float]]:
        return list(map(tuple, (np.asarray(points, float) * self.scale).tolist()))

    def polygon(self, points: Array, ink: Array | float = 1.0) -> None:
        """Fill a polygon given as `(n, 2)` points."""
        self.pen.polygon(self._points(points), fill=self._ink(ink))

    def line(self, points: Array, width: float, ink: Array | float = 1.0) -> None:
        """Draw a line of one width through `(n, 2)` points, with round ends."""
        pixels = max(1, round(width * self.scale))
        path = self._points(points)
        self.pen.line(path, fill=self._ink(ink), width=pixels, joint="curve")
        if pixels > 3:
            for x, y in (path[0], path[-1]):
                self._dot(x, y, pixels / 2, pixels / 2, self._ink(ink))

    def ellipse(
        self,
        center: tuple[float, float],
        radius: float,
        ink: Array | float = 1.0,
        *,
        flat: float = 1.0,
    ) -> None:
        """Fill an upright ellipse; `flat` is its height over its width."""
        x, y = center[0] * self.scale, center[1] * self.scale
        radius *= self.scale
        self._dot(x, y, radius, radius * flat, self._ink(ink))

    def _dot(self, x: float, y: float, a: float, b: float, ink) -> None:
        self.pen.ellipse((x - a, y - b, x + a, y + b), fill=ink)

    def _ink(self, ink):
        return round(255 * ink) if np.isscalar(ink) else as_bytes(ink)

    def read(self) -> Array:
        """Return what was drawn, `(size, size)` or `(size, size, 3)` in [0, 1]."""
        small = self.image.resize((self.size, self.size), Resampling.LANCZOS)
        return np.asarray(small, np.float32) / 255


def as_bytes(color: Array) -> tuple[int, ...]:
    """Return a color in [0, 1] as the integers Pillow draws with."""
    return tuple(np.clip(np.rint(np.asarray(color) * 255), 0, 255).astype(int).tolist())

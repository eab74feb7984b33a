"""A transform net with two knobs: how much of a style, and of which.

    photograph -> 9x9 -> 3x3 /2 -> 3x3 /2 -> blocks -> x2 -> x2 -> 9x9 -> painting
    (lambda, styles) -> perceptron -> scale and shift of every instance norm

The convolutions are shared by all styles and all lambda. What makes one painting differ
from another is what an instance norm multiplies by and adds: after it, that is all that
is left of a channel's contrast and brightness. Sources: Johnson et al. 2016, section
3.1; Dumoulin et al. 2017 for several styles in one net, Babaeizadeh and Ghiasi 2018 for
lambda as an input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adjustable_layers import (
    BLOCKS,
    UPS,
    Block,
    Perceptron,
    Settings,
    Stage,
    convolution,
)
from .transform_net import STRIDE

SLACK = 1e-4  # a slider's end, rounded, may lie this far outside of [-1, 1]


@dataclass(frozen=True)
class AdjustableConfig:
    """What decides an adjustable net's layers, and nothing else.

    Attributes:
        styles: their names, in the order of the blend's weights.
        width: channels of the first layer; the blocks have four times as many.
        blocks: how many.
        block: "residual" (two 3x3 convolutions) or "separable" (each of them as 3x3 in
            every channel alone, then 1x1 across channels: an eighth of the work).
        end_kernel: side of the first and the last convolution, odd.
        up: "resize" (nearest neighbour, then 3x3) or "transposed4" (transposed 4x4 of
            stride 2, which can do the same in fewer multiplications).
        hidden: units of the perceptron.
        lightest: the least lambda.
        heaviest: the greatest.

    Raises:
        ValueError: values that no net can have, each by its name.
    """

    styles: tuple[str, ...]
    width: int = 16
    blocks: int = 5
    block: Literal["residual", "separable"] = "residual"
    end_kernel: int = 9
    up: Literal["resize", "transposed4"] = "resize"
    hidden: int = 64
    lightest: float = 1.0
    heaviest: float = 100.0

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        object.__setattr__(self, "styles", tuple(self.styles))  # JSON makes lists
        if not self.styles or len(set(self.styles)) < len(self.styles):
            raise ValueError(
                f"expected styles of different names, got {', '.join(self.styles)!r}"
            )
        for name, least in {"width": 1, "blocks": 0, "hidden": 1}.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(f"{name} must be an integer from {least}, got {value}")
        if self.end_kernel not in (3, 5, 7, 9):
            raise ValueError(f"end_kernel must be 3, 5, 7 or 9, got {self.end_kernel}")
        for name, known in {"block": BLOCKS, "up": UPS}.items():
            if getattr(self, name) not in known:
                choices, given = " or ".join(known), getattr(self, name)
                raise ValueError(f"{name} must be {choices}, got {given!r}")
        if not 0 < self.lightest < self.heaviest < math.inf:
            raise ValueError(
                "expected 0 < lightest < heaviest, got "
                f"{self.lightest} and {self.heaviest}"
            )

    @property
    def middle(self) -> float:
        """The lambda in the middle of the slider, where u is 0."""
        return math.sqrt(self.lightest * self.heaviest)


class AdjustableTransformNet(nn.Module):
    """Paint a photograph with as much of a style, or of a blend, as is asked for.

    Args:
        config: see `AdjustableConfig`.

    Shape:
        `(N, 3, H, W)` -> `(N, 3, H, W)`, RGB in [0, 1], any height and width from 16
        pixels up, as in `TransformNet`.

    Example:
        net = AdjustableTransformNet(AdjustableConfig(("nocturne", "mosaic")))
        painting = net(photo, 10.0, {"nocturne": 0.5, "mosaic": 0.5})
    """

    def __init__(self, config: AdjustableConfig) -> None:
        super().__init__()
        self.config = config
        w, k = config.width, config.end_kernel
        block, up = BLOCKS[config.block], UPS[config.up]
        self.down = nn.ModuleList(
            [
                Stage(convolution(3, w, k), w),
                Stage(convolution(w, 2 * w, 3, stride=2), 2 * w),
                Stage(convolution(2 * w, 4 * w, 3, stride=2), 4 * w),
            ]
        )
        self.blocks = nn.ModuleList(Block(block, 4 * w) for _ in range(config.blocks))
        self.up = nn.ModuleList(
            [Stage(up(4 * w, 2 * w), 2 * w), Stage(up(2 * w, w), w)]
        )
        self.last = convolution(w, 3, k, bias=True)
        self.perceptron = Perceptron(
            len(config.styles), sum(self.widths), hidden=config.hidden
        )

    @property
    def stages(self) -> list[Stage | Block]:
        """Everything before the last convolution, in order."""
        return [*self.down, *self.blocks, *self.up]

    @property
    def widths(self) -> list[int]:
        """The channels of every instance norm, in order."""
        return [width for stage in self.stages for width in stage.widths]

    def forward(
        self,
        images: Tensor,
        strength: float | Tensor,
        styles: str | Mapping[str, float] | Tensor,
    ) -> Tensor:
        """Return the painted pictures, `(N, 3, H, W)` RGB in [0, 1].

        Args:
            images: `(N, 3, H, W)` RGB in [0, 1].
            strength: lambda, a number for all pictures or `(N,)`.
            styles: a name, {name: weight}, or weights `(S,)` or `(N, S)` that sum to 1.

        Raises:
            ValueError: pictures too small, not RGB or not floats; a lambda outside the
                range the net was made for; an unknown style, or weights that are
                negative or do not sum to 1.
        """
        self.check(images)
        u = self.position(strength).to(images.device)
        weights = self.blend(styles).to(images.device)
        count = len(images)
        if len(u) not in (1, count) or len(weights) not in (1, count):
            raise ValueError(
                f"{count} pictures need one lambda and one blend, or {count} of each; "
                f"got {len(u)} and {len(weights)}"
            )
        return self.paint(images, u, weights)

    def paint(self, images: Tensor, u: Tensor, styles: Tensor) -> Tensor:
        """Return the painted pictures, unchecked: what an exporter wants.

        Args:
            images: `(N, 3, H, W)` RGB in [0, 1].
            u: `(N,)` or `(1,)` in [-1, 1], see `position`.
            styles: `(N, S)` or `(1, S)`, rows that sum to 1.
        """
        return self.run(images, self.settings(u, styles))

    def settings(self, u: Tensor, styles: Tensor) -> Settings:
        """Return scale and shift of every instance norm, each `(N, C)` or `(1, C)`.

        Arguments are as in `paint`: `u` and `styles`.
        """
        scales, shifts = self.perceptron(u, styles).chunk(2, 1)
        widths = self.widths
        return list(zip(scales.split(widths, 1), shifts.split(widths, 1), strict=True))

    def run(self, images: Tensor, settings: Settings) -> Tensor:
        """Return the painted pictures, given what the norms shall do.

        Args:
            images: `(N, 3, H, W)` RGB in [0, 1].
            settings: of every norm, as the method of that name gives them.
        """
        x = self.prepare(images)
        done = 0
        for stage in self.stages:
            x = stage(x, settings[done : done + len(stage.widths)])
            done += len(stage.widths)
        # half precision has too few steps between 0 and 1
        return self.finish(self.last(x).to(images.dtype), *images.shape[-2:])

    def prepare(self, images: Tensor) -> Tensor:
        """Return the pictures with as many reflected pixels as two halvings want.

        Args:
            images: `(N, 3, H, W)`; rows are added below and columns on the right, until
                both sides are multiples of 4.
        """
        height, width = images.shape[-2:]
        return F.pad(images, (0, -width % STRIDE, 0, -height % STRIDE), mode="reflect")

    def finish(self, x: Tensor, height: int, width: int) -> Tensor:
        """Return what the last layer gave as RGB in [0, 1] of the photograph's size.

        Args:
            x: `(N, 3, H', W')`, any values, at least as large as the photograph.
            height: the photograph's, pixels.
            width: likewise.
        """
        return torch.sigmoid(x[..., :height, :width])

    def position(self, strength: float | Tensor) -> Tensor:
        """Return where lambda lies on the slider: -1 lightest, 0 middle, 1 heaviest.

        Args:
            strength: lambda, a number or `(N,)`.

        Returns:
            u, `(1,)` or `(N,)` float32: the logarithm of lambda, shifted and scaled.

        Raises:
            ValueError: a lambda outside lightest ... heaviest.
        """
        c = self.config
        strength = torch.as_tensor(strength, dtype=torch.float32).reshape(-1)
        u = (strength / c.middle).log() / math.log(c.heaviest / c.middle)
        wrong = ~(u.abs() <= 1 + SLACK)  # NaN, of a negative lambda, is wrong too
        if wrong.any():
            raise ValueError(
                f"lambda must lie between {c.lightest:g} and {c.heaviest:g}, got "
                f"{float(strength[wrong][0]):g}; this net was trained for nothing else"
            )
        return u.clamp(-1, 1)

    def strength(self, u: Tensor) -> Tensor:
        """Return lambda at a place of the slider: the inverse of `position`.

        Args:
            u: in [-1, 1], of any shape, which the result shares.
        """
        c = self.config
        return c.middle * (u * math.log(c.heaviest / c.middle)).exp()

    def blend(self, styles: str | Mapping[str, float] | Tensor) -> Tensor:
        """Return a blend's weights, `(1, S)` or `(N, S)` float32.

        Args:
            styles: a name, {name: weight}, or weights `(S,)` or `(N, S)`.

        Raises:
            ValueError: an unknown style; weights that are negative, do not sum to 1 or
                are not one for each style.
        """
        names = self.config.styles
        if isinstance(styles, str):
            styles = {styles: 1.0}
        if isinstance(styles, Mapping):
            if unknown := [name for name in styles if name not in names]:
                raise ValueError(
                    f"this net has no style {unknown[0]!r}; it has {', '.join(names)}"
                )
            styles = torch.tensor([float(styles.get(name, 0.0)) for name in names])
        rows = styles.reshape(1, -1) if styles.ndim == 1 else styles
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise ValueError(
                f"expected {len(names)} weights for each picture, one for each of "
                f"{', '.join(names)}; got {tuple(styles.shape)}"
            )
        off = (rows.sum(1) - 1).abs()
        if not bool((rows >= 0).all()) or not bool((off <= 1e-3).all()):
            raise ValueError(
                f"a blend's weights must be 0 or more and sum to 1, got {rows.tolist()}"
            )
        return rows.float()

    def check(self, images: Tensor) -> None:
        """Refuse images that cannot be painted.

        Raises:
            ValueError: not `(N, 3, H, W)`, not floats, or a side below 16 pixels.
        """
        if images.ndim != 4 or images.shape[0] == 0 or images.shape[1] != 3:
            raise ValueError(f"expected (N, 3, H, W), got {tuple(images.shape)}")
        if not images.is_floating_point():
            raise ValueError(f"expected floats in [0, 1], got {images.dtype}")
        height, width = images.shape[-2:]
        if min(height, width) < 16:
            raise ValueError(
                f"a picture of {width}x{height} is too small for this network, which "
                "needs 16 pixels a side; enlarge it"
            )

"""The layers of an adjustable net: convolutions of several kinds, norms as asked for.

A new kind of block or of up-sampling is a function of two numbers of channels, and a
line in `BLOCKS` or `UPS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fast import resize_kernel

NOISE = 0.02  # of the perceptron's last weights: without any, the first would not learn
EPSILON = 1e-5  # of every norm: a flat channel has no deviation to divide by
# scale and shift of one norm after the other, each `(N, C)` or `(1, C)`
Settings = Sequence[tuple[Tensor, Tensor]]


class Stage(nn.Module):
    """Convolution, instance norm as asked for, ReLU.

    Args:
        conv: the convolution, or several layers in a row.
        channels: C, of what `conv` gives.

    Shape:
        `(N, C_in, H, W)` and one pair of settings -> `(N, C, H', W')`, 0 or more; the
        size is the one that `conv` gives.
    """

    def __init__(self, conv: nn.Module, channels: int) -> None:
        super().__init__()
        self.conv, self.widths = conv, (channels,)

    def forward(self, x: Tensor, settings: Settings) -> Tensor:
        """Return the stage's features, `(N, C, H', W')`."""
        return F.relu(modulated(self.conv(x), *settings[0]))


class Block(nn.Module):
    """Residual block: conv, norm, ReLU, conv, norm, plus the input; no ReLU after.

    Args:
        make_conv: (channels in, channels out) -> a convolution that keeps the size.
        channels: C, of all features here.

    Shape:
        `(N, C, H, W)` and two pairs of settings -> `(N, C, H, W)`.
    """

    def __init__(
        self, make_conv: Callable[[int, int], nn.Module], channels: int
    ) -> None:
        super().__init__()
        self.first = make_conv(channels, channels)
        self.second = make_conv(channels, channels)
        self.widths = (channels, channels)

    def forward(self, x: Tensor, settings: Settings) -> Tensor:
        """Return the block's features, as many as it gets."""
        y = F.relu(modulated(self.first(x), *settings[0]))
        return x + modulated(self.second(y), *settings[1])


class Transposed4(nn.ConvTranspose2d):
    """Double the size by a transposed 4x4 convolution of stride 2.

    It starts as what "resize" starts as: nearest neighbour, then a random 3x3.

    Args:
        c_in: channels it takes.
        c_out: channels it gives.

    Shape:
        `(N, C_in, H, W)` -> `(N, C_out, 2 H, 2 W)`.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__(c_in, c_out, 4, 2, padding=3, bias=False)
        with torch.no_grad():
            self.weight.copy_(resize_kernel(convolution(c_in, c_out, 3).weight))

    def forward(self, x: Tensor) -> Tensor:
        """Return `(N, C_out, 2 H, 2 W)`."""
        # as reflection at the border of a doubled picture would, see `fast`
        return super().forward(F.pad(x, (1, 1, 1, 1), mode="replicate"))


class Perceptron(nn.Module):
    """Turns wishes into scales and shifts: a hidden layer, and a way around it.

    A table holds, for each style, a parabola of u for every scale and shift; the hidden
    layer bends what a parabola cannot follow. Without the table, units that no wish
    reaches any more would leave a style without a slider: ReLUs do so within minutes.

    Args:
        styles: how many.
        channels: of all norms together.
        hidden: units.

    Shape:
        `(N,)` or `(1,)` and `(N, S)` or `(1, S)` -> `(N, 2 C)`, scales, then shifts. At
        first every scale is nearly 1 and every shift nearly 0.
    """

    def __init__(self, styles: int, channels: int, *, hidden: int) -> None:
        super().__init__()
        self.table = nn.Linear(3 * styles, 2 * channels)
        self.hidden = nn.Linear(3 * styles, hidden)
        self.last = nn.Linear(hidden, 2 * channels, bias=False)
        nn.init.zeros_(self.table.weight)
        nn.init.normal_(self.last.weight, std=NOISE)
        with torch.no_grad():
            self.table.bias[:channels], self.table.bias[channels:] = 1.0, 0.0

    def forward(self, u: Tensor, styles: Tensor) -> Tensor:
        """Return scales and shifts, see above."""
        styles, u = torch.broadcast_tensors(styles, u[:, None])
        x = torch.cat([styles, styles * u, styles * u * u], 1)
        return self.table(x) + self.last(F.silu(self.hidden(x)))


def modulated(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return each channel of each picture with a mean and a deviation of its own.

    Args:
        x: `(N, C, H, W)`.
        scale: `(N, C)` or `(1, C)`, the deviation.
        shift: the same shape, the mean.
    """
    scale, shift = (each[..., None, None].to(x.dtype) for each in (scale, shift))
    return F.instance_norm(x, eps=EPSILON) * scale + shift


def convolution(
    c_in: int, c_out: int, kernel: int, *, stride: int = 1, bias: bool = False
) -> nn.Conv2d:
    """Return a convolution that reflects at the borders.

    Args:
        c_in: channels it takes.
        c_out: channels it gives.
        kernel: its side, odd.
        stride: height and width are divided by this and rounded up.
        bias: would vanish in an instance norm after it.
    """
    return nn.Conv2d(
        c_in,
        c_out,
        kernel,
        stride,
        padding=kernel // 2,
        padding_mode="reflect",
        bias=bias,
    )


def _residual(c_in: int, c_out: int) -> nn.Module:
    return convolution(c_in, c_out, 3)


def _separable(c_in: int, c_out: int) -> nn.Module:
    own = nn.Conv2d(
        c_in, c_in, 3, padding=1, padding_mode="reflect", groups=c_in, bias=False
    )
    return nn.Sequential(own, nn.Conv2d(c_in, c_out, 1, bias=False))


def _resize(c_in: int, c_out: int) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2), convolution(c_in, c_out, 3))


BLOCKS = {"residual": _residual, "separable": _separable}
UPS = {"resize": _resize, "transposed4": Transposed4}

"""A painting that stays when the photograph moves.

A net halves the size twice, so that a pixel can stand in any of 16 places of its grid,
and nothing in eq. (5) keeps it from painting a sky as one 4x4 tile, repeated: hatching
that crawls as soon as the camera moves. Therefore every crop is painted twice, once
moved by up to 3 pixels, and what was painted differently costs:

    l_shift = mean squared difference of the two paintings where they show the same

A tile of the grid's size differs in them: strokes have to follow the photograph.

The moved painting is made without gradients, as something to agree with, and is not
judged otherwise. The two differ in their place alone, and place is chance, so on
average each passes back the same gradient: one of them, counted `SIDES` times, is
enough, and a step takes five eighths of the time.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .transform_net import STRIDE

REACH = (
    STRIDE - 1
)  # pixels: with it, two crops stand anywhere to each other on the grid
Shift = tuple[int, int]
SIDES = 2  # from which the shift term pulls; a training step computes one of them


def draw_shift(generator: random.Random) -> Shift:
    """Return pixels to move down and right by a generator: 0 to 3 each, not both 0."""
    return divmod(generator.randrange(1, STRIDE**2), STRIDE)


def twins(crops: Tensor, shift: Shift) -> Tensor:
    """Return each crop twice: from its upper left corner, and moved.

    Args:
        crops: `(N, C, H + 3, W + 3)`, large enough for both.
        shift: from `draw_shift`.

    Returns:
        `(2 N, C, H, W)`, the N unmoved ones first.
    """
    height, width = (side - REACH for side in crops.shape[-2:])
    down, right = shift
    moved = crops[..., down : down + height, right : right + width]
    return torch.cat([crops[..., :height, :width], moved])


def paint_twins(
    paint: Callable[[Tensor], Tensor], photographs: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the paintings of the unmoved ones of twins, and of both.

    Args:
        paint: `(N, 3, H, W)` -> `(N, 3, H, W)`.
        photographs: `(2 N, 3, H, W)`, of `twins`.

    Returns:
        `(N, 3, H, W)`, and `(2 N, 3, H, W)` for `shift_loss`, whose second half has no
        gradient.
    """
    first, moved = photographs.chunk(2)
    painted = paint(first)
    with torch.no_grad():
        again = paint(moved)
    return painted, torch.cat([painted, again])


def shift_loss(painted: Tensor, shift: Shift) -> Tensor:
    """Return how differently twins are painted where they show the same.

    Args:
        painted: `(2 N, C, H, W)`, of `twins`.
        shift: theirs.

    Returns:
        The mean squared difference, pixels in [0, 1].
    """
    return F.mse_loss(*_overlap(painted, shift))


def shift_losses(painted: Tensor, shift: Shift) -> Tensor:
    """Return the loss of each pair of twins, `(N,)`; arguments as in `shift_loss`."""
    first, moved = _overlap(painted, shift)
    return (first - moved).square().mean((1, 2, 3))


def _overlap(painted: Tensor, shift: Shift) -> tuple[Tensor, Tensor]:
    """Return what both show, as the first and as the moved ones have it."""
    down, right = shift
    first, moved = painted.chunk(2)
    height, width = (
        side - by for side, by in zip(first.shape[-2:], shift, strict=True)
    )
    return first[..., down:, right:], moved[..., :height, :width]

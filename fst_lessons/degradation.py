"""Make small pictures from large ones, and large ones from small without learning.

What a net sees in training is made here, so this module decides what it learns to undo:

* the standard of the field shrinks by bicubic interpolation with antialiasing;
* the paper blurs by a Gaussian of deviation 1 before, so that its nets also sharpen.

Large and small pictures are on one scale, RGB in [0, 1]. Source: Johnson et al. 2016,
section 4.2; Pillow's bicubic interpolation is the reference.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .images import check_image, soften

BLUR = 1.0  # the paper's sigma, in pixels of the large picture


def degrade(
    photo: Tensor, factor: int, *, blur: bool = False, eight_bits: bool = True
) -> Tensor:
    """Return a photograph at a fraction of its size, as a net for `factor` sees it.

    Args:
        photo: `(N, 3, H, W)` RGB in [0, 1]. Rows and columns beyond a multiple of the
            factor are left out, see `crop_to_multiple`.
        factor: 4 makes a sixteenth of the pixels.
        blur: blur before shrinking, as the paper does.
        eight_bits: round to 256 values, as a file would.

    Returns:
        `(N, 3, H // factor, W // factor)` RGB in [0, 1].

    Raises:
        ValueError: not a picture, smaller than one pixel of the result, or a factor
            that is no whole number from 2 up.

    Source: Johnson et al. 2016, section 4.2.
    """
    check_image(photo, "photo")
    photo = crop_to_multiple(photo, factor)
    if blur:
        photo = soften(photo, BLUR)
    low = shrink(photo, factor).clamp(0, 1)  # bicubic overshoots at edges
    return low.mul(255).round().div(255) if eight_bits else low


def crop_to_multiple(photo: Tensor, factor: int) -> Tensor:
    """Return the upper left part of a `photo` whose sides `factor` divides.

    Raises:
        ValueError: nothing would be left, or a factor below 2.
    """
    if isinstance(factor, bool) or not isinstance(factor, int) or factor < 2:
        raise ValueError(f"the factor is {factor!r}; expected a whole number from 2 up")
    height, width = photo.shape[-2:]
    if min(height, width) < factor:
        raise ValueError(
            f"a picture of {width}x{height} cannot be made {factor} times smaller"
        )
    return photo[..., : height - height % factor, : width - width % factor]


def shrink(images: Tensor, factor: int) -> Tensor:
    """Return pictures made smaller by bicubic interpolation with antialiasing.

    Args:
        images: `(N, C, H, W)`, sides that `factor` divides.
        factor: whole number.
    """
    height, width = images.shape[-2:]
    size = (height // factor, width // factor)
    return F.interpolate(images, size, mode="bicubic", antialias=True)


def enlarge(images: Tensor, factor: int) -> Tensor:
    """Return pictures made larger by bicubic interpolation: what a net has to beat.

    Args:
        images: `(N, C, H, W)`.
        factor: whole number.

    Returns:
        `(N, C, factor H, factor W)`; a little outside [0, 1] beside sharp edges.
    """
    height, width = images.shape[-2:]
    size = (height * factor, width * factor)
    # antialias: or torch takes another cubic than Pillow, with a = -0.75 for -0.5
    return F.interpolate(images, size, mode="bicubic", antialias=True)

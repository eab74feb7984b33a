"""Paint with the photograph's colours: two ways to keep them.

* "luma": the painting's brightness, pixel by pixel, with the photograph's colour at
  that very place. Leaves stay green and lips red; strokes are light and dark alone.
* "histogram": the painting's colours as a whole are moved and stretched until their
  mean and covariance are the photograph's. Strokes keep colours of their own, taken
  from the photograph's palette.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from .images import check_image

KeepColors = Literal["luma", "histogram"]
# how bright full red, green and blue look: ITU-R BT.601, the Y of JPEG's YCbCr
LUMA = (0.299, 0.587, 0.114)
# a channel that varies less than one of 256 steps does not vary; see transport_map
_FLAT = (1 / 255) ** 2


def keep_colors(painting: Tensor, photo: Tensor, how: KeepColors) -> Tensor:
    """Return the painting in the photograph's colours.

    Args:
        painting: `(N, 3, H, W)` RGB in [0, 1].
        photo: the same shape, what was painted.
        how: "luma" or "histogram", see above.

    Returns:
        `(N, 3, H, W)` RGB in [0, 1].

    Raises:
        ValueError: not pictures, of different shapes, or an unknown way.
    """
    check_image(painting, "painting")
    check_image(photo, "photo")
    if painting.shape != photo.shape:
        raise ValueError(
            f"the painting is {tuple(painting.shape)}, the photo {tuple(photo.shape)}; "
            "resize one of them"
        )
    if how == "luma":
        return with_luma(photo, luma(painting))
    if how == "histogram":
        pairs = zip(painting, photo, strict=True)
        return torch.stack([match_colors(a, b) for a, b in pairs])
    raise ValueError(f"unknown way to keep colours {how!r}; choose luma or histogram")


def luma(images: Tensor) -> Tensor:
    """Return how bright each pixel of `images` looks, `(N, 1, H, W)` in [0, 1]."""
    weights = images.new_tensor(LUMA).view(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True)


def with_luma(images: Tensor, brightness: Tensor) -> Tensor:
    """Return pictures of another brightness and, as far as possible, the same chroma.

    A pixel's colour is its luma plus a difference, which JPEG stores as Cb and Cr. The
    difference is kept, but shortened where the sum would leave [0, 1]: cutting the sum
    off would change both the brightness and the hue.

    Args:
        images: `(N, 3, H, W)` RGB in [0, 1].
        brightness: `(N, 1, H, W)` in [0, 1].
    """
    brightness = brightness.clamp(0, 1)  # half precision may be a rounding step outside
    difference = images - luma(images)
    room = torch.where(difference > 0, 1 - brightness, brightness)
    # a grey pixel has no difference to shorten: any tiny divisor avoids 0 / 0
    share = (room / difference.abs().clamp_min(1e-6)).amin(1, keepdim=True).clamp(0, 1)
    return (brightness + share * difference).clamp(0, 1)


def match_colors(painting: Tensor, photo: Tensor) -> Tensor:
    """Return one painting, `(3, H, W)`, with the mean and covariance of one `photo`.

    Every colour x becomes T (x - m) + m', with T from `transport_map`; what leaves
    [0, 1] is cut off.
    """
    mean, covariance = _moments(painting)
    wanted_mean, wanted = _moments(photo)
    transport = transport_map(covariance, wanted)
    shift = wanted_mean - transport @ mean
    transport, shift = transport.to(painting), shift.to(painting)
    matched = torch.einsum("ij,jhw->ihw", transport, painting) + shift[:, None, None]
    return matched.clamp_(0, 1)


def match_histogram(image: Tensor, reference: Tensor) -> Tensor:
    """Return a picture whose channels have the histograms of another picture's.

    Channel by channel, the value of each rank becomes the reference's value of that
    rank. The paper does so to its enlarged pictures, after the small ones.

    Args:
        image: `(N, C, H, W)`.
        reference: `(N, C, h, w)`, of any size.

    Source: Johnson et al. 2016, section 4.2.
    """
    values = image.flatten(2)  # (N, C, H*W)
    wanted = reference.flatten(2).sort(-1).values  # (N, C, h*w)
    order = values.argsort(dim=-1, stable=True)
    count, last = values.shape[-1], wanted.shape[-1] - 1
    # equal shares of the ranks, each at its middle
    place = (torch.arange(count, device=image.device) + 0.5) * (last + 1) / count - 0.5
    place = place.clamp(0, last)
    low = place.floor().long()
    high = (low + 1).clamp_max(last)
    ranked = wanted[..., low].lerp(wanted[..., high], (place - low).to(wanted))
    return torch.empty_like(values).scatter_(-1, order, ranked).view_as(image)


def transport_map(covariance: Tensor, wanted: Tensor) -> Tensor:
    """Return the map T with T A T^T = B that moves colours the least.

    T = A^(-1/2) (A^(1/2) B A^(1/2))^(1/2) A^(-1/2), symmetric. A grey picture's
    covariance cannot be inverted; a rounding step's variance is added to both.

    Args:
        covariance: `(3, 3)`, A, of what is to be mapped.
        wanted: `(3, 3)`, B.

    Source: Pitie and Kokaram 2007, "The linear Monge-Kantorovitch linear colour
    mapping for example-based colour transfer".
    """
    rounding = _FLAT * torch.eye(3, dtype=covariance.dtype)
    covariance, wanted = covariance + rounding, wanted + rounding
    root = _power(covariance, 0.5)
    inverse = _power(covariance, -0.5)
    return inverse @ _power(root @ wanted @ root, 0.5) @ inverse


def _moments(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean `(3,)` and covariance `(3, 3)` of a picture's colours."""
    pixels = image.flatten(1)  # (3, H*W)
    mean = pixels.mean(1, keepdim=True)
    pixels = pixels - mean
    covariance = pixels @ pixels.T / pixels.shape[1]
    return mean[:, 0].cpu().double(), covariance.cpu().double()


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Return a power of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    # the smallest eigenvalue here is a rounding step's variance, or its square
    return (vectors * values.clamp_min(_FLAT**2 / 2) ** exponent) @ vectors.T

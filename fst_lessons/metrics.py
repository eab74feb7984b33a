"""How close two pictures are, pixel by pixel: PSNR and SSIM."""

from __future__ import annotations

import torch
from torch import Tensor

from .images import check_image


def psnr(image: Tensor, reference: Tensor) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(1 / mean squared error), in dB.

    Args:
        image: `(N, 3, H, W)` in [0, 1].
        reference: the same shape.

    Returns:
        Decibels, higher is closer; infinite for equal pictures.

    Raises:
        ValueError: not pictures, or of different shapes.
    """
    _check_pair(image, reference)
    error = (image - reference).square().mean()
    return float(-10 * torch.log10(error))


def ssim(image: Tensor, reference: Tensor) -> float:
    """Return the structural similarity of Wang et al. 2004, 1 for equal pictures.

    Gaussian window of deviation 1.5, averaged over channels; by scikit-image.

    Args:
        image: `(1, 3, H, W)` in [0, 1], at least 11 pixels a side.
        reference: the same shape.

    Raises:
        ValueError: not pictures, or of different shapes, or too small.
        ImportError: scikit-image is not installed.
    """
    from skimage.metrics import structural_similarity  # optional, and slow to import

    _check_pair(image, reference)
    if len(image) != 1:
        raise ValueError(
            f"SSIM takes one picture at a time, got {len(image)}; loop over them"
        )
    a, b = (x[0].permute(1, 2, 0).double().cpu().numpy() for x in (image, reference))
    return float(
        structural_similarity(
            a,
            b,
            channel_axis=2,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def _check_pair(image: Tensor, reference: Tensor) -> None:
    check_image(image, "picture")
    check_image(reference, "reference")
    if image.shape != reference.shape:
        raise ValueError(
            f"pictures differ in shape: {tuple(image.shape)}, {tuple(reference.shape)}"
        )

"""The Gram matrix of eq. (3), and its gradient in one product."""

from __future__ import annotations

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    """Return how strongly each pair of channels fires together, eq. (3).

    G = psi psi^T / (C H W), where psi is the feature map as a C x HW matrix.

    Args:
        features: `(N, C, H, W)`, any real, any floating dtype.

    Returns:
        `(N, C, C)`, float32, symmetric, eigenvalues at least 0. Computed in float32
        whatever the autocast, since half precision overflows at 65504.

    Normalization:
        divided by C H W, so that the picture's size does not matter.

    Raises:
        ValueError: features are not four-dimensional.

    Source: Johnson et al. 2016, eq. (3); the authors' `GramMatrix.lua` is the same.
    """
    if features.ndim != 4:
        raise ValueError(f"expected shape (N, C, H, W), got {tuple(features.shape)}")
    with torch.autocast(features.device.type, enabled=False):
        return _Gram.apply(features)


class _Gram(torch.autograd.Function):
    """psi psi^T / (C H W).

    Left alone, autograd would multiply twice, once for each psi, and in a layout of its
    own: the gradient of a training step would take a tenth longer. It is
    (S + S^T) psi / (C H W) where S is the gradient of G: chapter 4 derives it.
    """

    @staticmethod
    def forward(ctx, features: Tensor) -> Tensor:
        # dividing before multiplying keeps large features finite
        x = features.float() / features[0].numel() ** 0.5
        ctx.pixels_first = not features.is_contiguous()  # channels_last
        pixels = x.permute(0, 2, 3, 1) if ctx.pixels_first else x
        psi = pixels.flatten(1, 2) if ctx.pixels_first else pixels.flatten(2)
        ctx.save_for_backward(psi)
        ctx.like = features.shape, features.dtype
        return psi.mT @ psi if ctx.pixels_first else psi @ psi.mT

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        (psi,) = ctx.saved_tensors
        (n, c, h, w), dtype = ctx.like
        both = (grad + grad.mT) / (c * h * w) ** 0.5
        if ctx.pixels_first:
            return (psi @ both).to(dtype).view(n, h, w, c).permute(0, 3, 1, 2)
        return (both @ psi).to(dtype).view(n, c, h, w)

"""The same enlargement, sooner: `fast` for super-resolution nets.

The layers at the large size cost the most, and `fast`'s rewrites of them apply: the
resize and its convolution become one transposed convolution, the last layer computes
2x2 pixels at a time. Nothing is approximated but the number format, and what is added
to the bicubic enlargement is added in float32.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .devices import best_dtype
from .fast import LAST, Autocast, _kernel, _last, resize_kernel
from .super_resolution_net import SRCNN, SuperResolutionNet


def fast_super_resolution(
    net: SuperResolutionNet | SRCNN, *, dtype: torch.dtype | None = None
) -> nn.Module:
    """Return a net's function, computed as fast as this machine allows.

    Args:
        net: its weights are shared, not copied.
        dtype: of the convolutions; None takes bfloat16 where the device multiplies in
            it, else float32.

    Returns:
        A module with the net's input and output, its gradients and its mode.
    """
    device = next(net.parameters()).device
    dtype = dtype or best_dtype(device)
    if isinstance(net, SuperResolutionNet):
        return FastSuperResolution(net, dtype)
    return net if dtype == torch.float32 else Autocast(net, dtype=dtype)


class FastSuperResolution(nn.Module):
    """What `fast_super_resolution` returns for a net, computing in a dtype.

    Shape:
        `(N, 3, H, W)` -> `(N, 3, factor H, factor W)`, RGB in [0, 1], float32.
    """

    def __init__(self, net: SuperResolutionNet, dtype: torch.dtype) -> None:
        super().__init__()
        self.net, self.dtype = net, dtype
        self.train(net.training)

    def forward(self, images: Tensor) -> Tensor:
        """Return the enlarged pictures, `(N, 3, factor H, factor W)` RGB in [0, 1]."""
        net = self.net
        with torch.autocast(images.device.type, enabled=False):
            x = images.to(self.dtype, memory_format=LAST)
            x = y = _layer(net.first, x)
            for block in net.blocks:
                conv, norm = block.body[3:]
                y = y + norm(_convolve(conv, _layer(block.body[:3], y)))
            x = x + y if net.config.shortcuts else y
            for *_, conv, norm, relu in net.up:
                x = relu(norm(_double(conv, x)))
            return net.finish(_last(net.last, x).to(images.dtype), images)


def _layer(layer: nn.Sequential, x: Tensor) -> Tensor:
    conv, norm, relu = layer
    return relu(norm(_convolve(conv, x)))


def _convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    bias = conv.bias.to(x.dtype)
    return F.conv2d(x, _kernel(conv, x), bias, padding=conv.padding)


def _double(conv: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> Tensor:
    """Double the size, by a transposed convolution or by one that equals a resize."""
    bias = conv.bias.to(x.dtype)
    if isinstance(conv, nn.ConvTranspose2d):
        return F.conv_transpose2d(x, _kernel(conv, x), bias, 2, 1, 1)
    return F.conv_transpose2d(x, _kernel(conv, x, resize_kernel), bias, 2, 1)

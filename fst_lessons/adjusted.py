"""An adjustable net with its knobs set: a net for one lambda and one blend.

`Adjusted` goes on computing with the adjustable net's layers. `settled` writes them
down as a plain `TransformNet`, whose norms hold what the perceptron asks for: then
whatever works with plain nets, such as painting large pictures in tiles, works too.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .adjustable_layers import Transposed4
from .adjustable_net import AdjustableTransformNet
from .fast_adjustable import FastAdjustable
from .transform_net import TransformNet

Styles = str | Mapping[str, float] | Tensor


class Adjusted(nn.Module):
    """Paints with one lambda and one blend, as fast as this machine allows.

    Args:
        net: the adjustable net; its weights are shared.
        strength: lambda.
        styles: a name, {name: weight}, or weights `(S,)` that sum to 1.
        dtype: of the convolutions, see `FastAdjustable`.

    Raises:
        ValueError: see `AdjustableTransformNet.forward`.
    """

    def __init__(
        self,
        net: AdjustableTransformNet,
        strength: float,
        styles: Styles,
        *,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.fast = FastAdjustable(net, dtype=dtype)
        self.dtype = self.fast.dtype
        device = net.last.weight.device
        self.u = net.position(strength).to(device)
        self.styles = net.blend(styles).to(device)

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted pictures, `(N, 3, H, W)` RGB in [0, 1].

        Args:
            images: `(N, 3, H, W)` RGB in [0, 1], from 16 pixels a side up.

        Raises:
            ValueError: see `AdjustableTransformNet.check`.
        """
        self.fast.net.check(images)
        return self.fast(images, self.u, self.styles)


@torch.no_grad()
def settled(
    net: AdjustableTransformNet, strength: float, styles: Styles
) -> TransformNet:
    """Return a plain net that paints what an adjustable one does at one setting.

    Args:
        net: the adjustable net; it is copied.
        strength: lambda.
        styles: a name, {name: weight}, or weights `(S,)` that sum to 1.

    Returns:
        A `TransformNet` in evaluation mode, on the net's device. Its first and last
        layers and its up-sampling are the adjustable net's, whatever its `config` says.

    Raises:
        ValueError: see `AdjustableTransformNet.forward`.
    """
    c, device = net.config, net.last.weight.device
    u, weights = net.position(strength).to(device), net.blend(styles).to(device)
    plain = TransformNet(width=c.width, blocks=c.blocks)
    for stage, layer in zip(net.down, plain.down, strict=True):
        layer[0] = _with_bias(stage.conv)
    for block, layer in zip(net.blocks, plain.blocks, strict=True):
        layer.body[0], layer.body[3] = _with_bias(block.first), _with_bias(block.second)
    for stage, layer in zip(net.up, plain.up, strict=True):
        if isinstance(stage.conv, Transposed4):
            layer[0], layer[1] = nn.ReplicationPad2d(1), _with_bias(stage.conv)
        else:
            layer[1] = _with_bias(stage.conv[1])
    plain.last = _with_bias(net.last)
    norms = [m for m in plain.modules() if isinstance(m, nn.InstanceNorm2d)]
    for norm, (scale, shift) in zip(norms, net.settings(u, weights), strict=True):
        norm.weight.copy_(scale[0])
        norm.bias.copy_(shift[0])
    return plain.to(device).eval().requires_grad_(False)


def _with_bias(layer: nn.Module) -> nn.Conv2d | nn.ConvTranspose2d:
    """Return a layer as one plain convolution, with a bias, if only of zeros."""
    if isinstance(layer, nn.Sequential):  # separable: a product of two kernels
        own, across = layer
        weight, layer = across.weight * own.weight.transpose(0, 1), own
        kind = nn.Conv2d
    else:
        weight = layer.weight
        kind = nn.ConvTranspose2d if isinstance(layer, Transposed4) else nn.Conv2d
    c_out, c_in = weight.shape[:2]
    if kind is nn.ConvTranspose2d:
        found = kind(c_out, c_in, layer.kernel_size, layer.stride, layer.padding)
    else:
        found = kind(
            c_in,
            c_out,
            layer.kernel_size,
            layer.stride,
            layer.padding,
            padding_mode=layer.padding_mode,
        )
    found.weight.copy_(weight)
    found.bias.zero_() if layer.bias is None else found.bias.copy_(layer.bias)
    return found

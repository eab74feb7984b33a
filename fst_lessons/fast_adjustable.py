"""The same painting, sooner: an adjustable net rewritten for the machine it runs on.

On a graphics card that is autocast. On a processor it is what `fast` does to a plain
net: channels_last, bfloat16, cheaper up-sampling and a cheaper last layer. What is left
to write here is a norm that does something else to each picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adjustable_layers import EPSILON, Block, Settings, Stage, Transposed4
from .adjustable_net import AdjustableTransformNet
from .devices import best_dtype
from .fast import LAST, _backward, _kernel, _last, _normalize, _pad, _up


class FastAdjustable(nn.Module):
    """Computes what `AdjustableTransformNet.paint` computes; shares its parameters.

    Args:
        net: whose weights are used.
        dtype: of the convolutions; None takes bfloat16 where the machine multiplies in
            it, else float32. Use it outside autocast: it casts by itself.
    """

    def __init__(
        self, net: AdjustableTransformNet, *, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.net = net
        self.dtype = dtype or best_dtype(net.last.weight.device)
        self.train(net.training)

    def forward(self, images: Tensor, u: Tensor, styles: Tensor) -> Tensor:
        """Return the painted pictures; arguments as in `AdjustableTransformNet.paint`.

        Whatever the convolutions compute in, they come in the dtype of `images`.
        """
        settings = self.net.settings(u, styles)  # in float32: they steer everything
        kind, half = images.device.type, self.dtype != torch.float32
        if kind != "cpu":
            with torch.autocast(kind, self.dtype, enabled=half):
                return self.net.run(images, settings)
        with torch.autocast(kind, enabled=False):
            count = len(images)
            each = [tuple(s.expand(count, -1) for s in pair) for pair in settings]
            x = self._layers(self.net.prepare(images), each)
            return self.net.finish(x.to(images.dtype), *images.shape[-2:])

    def _layers(self, x: Tensor, settings: Settings) -> Tensor:
        x = x.to(self.dtype, memory_format=LAST)
        done = 0
        for stage in self.net.stages:
            own = settings[done : done + len(stage.widths)]
            x = (_block if isinstance(stage, Block) else _stage)(stage, x, own)
            done += len(stage.widths)
        return _last(self.net.last, x)


def _stage(stage: Stage, x: Tensor, settings: Settings) -> Tensor:
    return _Modulated.apply(_compute(stage.conv, x), *settings[0], True)


def _block(block: Block, x: Tensor, settings: Settings) -> Tensor:
    y = _Modulated.apply(_compute(block.first, x), *settings[0], True)
    return x + _Modulated.apply(_compute(block.second, y), *settings[1], False)


def _compute(layer: nn.Module, x: Tensor) -> Tensor:
    """Run a convolution, or several in a row, each in its cheapest way."""
    if isinstance(layer, Transposed4):
        return _up(layer, x)
    if isinstance(layer, nn.Conv2d):
        kernel, groups = _kernel(layer, x), layer.groups
        return F.conv2d(_pad(layer, x), kernel, None, layer.stride, groups=groups)
    if isinstance(layer[0], nn.Upsample):
        return _up(layer[1], x)
    for part in layer:
        x = _compute(part, x)
    return x


class _Modulated(torch.autograd.Function):
    """`adjustable_layers.modulated`, then ReLU if wanted, in channels_last.

    As `fast` does it, but one picture after the other: each has its scale and shift.
    """

    @staticmethod
    def forward(ctx, x, scale, shift, relu):
        found = [
            _normalize(part, *own, EPSILON)
            for part, *own in zip(x.split(1), scale, shift, strict=True)
        ]
        y, *statistics = (torch.cat(parts) for parts in zip(*found, strict=True))
        if relu:
            y = y.relu_()
        ctx.save_for_backward(x, y if relu else None, *statistics, scale)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y, *statistics, scale = ctx.saved_tensors
        grad = grad.contiguous(memory_format=LAST)
        if y is not None:
            grad = torch.ops.aten.threshold_backward(grad, y, 0)
        parts = zip(scale, grad.split(1), x.split(1), *statistics, strict=True)
        found = zip(*(_backward(*part) for part in parts), strict=True)
        dx, dscale, dshift = found
        return torch.cat(dx), torch.stack(dscale), torch.stack(dshift), None

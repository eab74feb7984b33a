"""The same painting, sooner: a transform net rewritten for the processor.

`fast(net)` computes what `net` computes, with its weights, and lets gradients through.
Nothing is approximated but the number format. The rewrites:

    layout        channels_last: a pixel's channels lie side by side, as vectors want
    bfloat16      convolutions and what lies between them; sums stay in float32
    up-sampling   nearest x2, then 3x3  =  one transposed 4x4 convolution of stride 2,
                  which multiplies 16 times for each small pixel instead of 36 times
    last layer    9x9 to 3 channels  =  10x10 of stride 2 to 12 channels, a 2x2 square
                  of pixels at a time: three channels would leave most lanes idle
    norm          a bias before an instance norm vanishes in it: not added at all
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .devices import best_dtype
from .transform_net import TransformNet, _Block

LAST = torch.channels_last


def fast(net: TransformNet, *, dtype: torch.dtype | None = None) -> FastNet:
    """Return a net's function, computed as fast as this machine allows.

    Args:
        net: a `TransformNet` of any preset; its weights are shared, not copied.
        dtype: of the convolutions; None takes bfloat16 where the processor multiplies
            in it, else float32.

    Returns:
        A module with the net's input and output, its gradients and its mode (training
        or not). In float32 it agrees with the net to rounding, in bfloat16 within 2/255
        on average. Use it outside autocast: it casts by itself.

    Raises:
        ValueError: not a transform net, or another number format.
    """
    if not isinstance(net, TransformNet):
        raise ValueError(f"expected a TransformNet, got {type(net).__name__}")
    if dtype not in (None, torch.float32, torch.bfloat16):
        raise ValueError(f"dtype must be torch.float32 or torch.bfloat16, got {dtype}")
    return FastNet(net, dtype)


class FastNet(nn.Module):
    """What `fast` returns for a net, computing in a dtype.

    Shape:
        `(N, 3, H, W)` RGB in [0, 1] -> the same, and its number format.
    """

    def __init__(self, net: TransformNet, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self.net = net
        self.dtype = dtype or best_dtype(net.last.weight.device)
        self.train(net.training)

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted pictures, `(N, 3, H, W)` RGB in [0, 1]."""
        with torch.autocast(images.device.type, enabled=False):
            x = self._layers(self.net.prepare(images)).to(images.dtype)
            return self.net.finish(x, *images.shape[-2:])

    def _layers(self, x: Tensor) -> Tensor:
        x = x.to(self.dtype, memory_format=LAST)
        for conv, norm, _ in self.net.down:
            x = _norm(norm, _conv(conv, x), conv.bias, relu=True)
        for block in self.net.blocks:
            x = _block(block, x)
        for layer in self.net.up:
            x = _norm(layer[-2], _up(layer[-3], x), layer[-3].bias, relu=True)
        return _last(self.net.last, x)


class Autocast(nn.Module):
    """A net that computes in another dtype on a graphics card; shares parameters."""

    def __init__(self, net: nn.Module, *, dtype: torch.dtype) -> None:
        super().__init__()
        self.net, self.dtype = net, dtype

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted `images`, float32."""
        with torch.autocast(images.device.type, self.dtype):
            painted = self.net(images)
        return painted.float()


_KEPT: WeakKeyDictionary[nn.Module, tuple[tuple, Tensor]] = WeakKeyDictionary()


def _kernel(
    conv: nn.Module, x: Tensor, rewrite: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Return a layer's kernel, rewritten, in the format of its input.

    Painting many pictures, it is made for the first one and kept until it changes.
    """
    weight = conv.weight
    keep = not (torch.is_grad_enabled() or weight.is_inference())
    made_from = keep and (x.dtype, weight.device, weight.data_ptr(), weight._version)
    if keep and conv in _KEPT and _KEPT[conv][0] == made_from:
        return _KEPT[conv][1]
    kernel = weight if rewrite is None else rewrite(weight)
    kernel = kernel.to(x.dtype, memory_format=LAST)
    if keep:
        _KEPT[conv] = made_from, kernel
    return kernel


def _pad(conv: nn.Conv2d, x: Tensor) -> Tensor:
    p = conv.padding[0]
    mode = "reflect" if conv.padding_mode == "reflect" else "constant"
    return F.pad(x, (p, p, p, p), mode=mode) if p else x


def _conv(conv: nn.Conv2d, x: Tensor) -> Tensor:
    return F.conv2d(_pad(conv, x), _kernel(conv, x), None, conv.stride)


def _block(block: _Block, x: Tensor) -> Tensor:
    first, norm1, _, second, norm2 = block.body
    y = _norm(norm1, _conv(first, x), first.bias, relu=True)
    y = _norm(norm2, _conv(second, y), second.bias, relu=False)
    shortcut = x[..., 2:-2, 2:-2] if block.unpadded else x
    return y + shortcut if block.residual else y


def _up(conv: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> Tensor:
    if isinstance(conv, nn.ConvTranspose2d):
        if conv.kernel_size[0] == 3:
            return F.conv_transpose2d(x, _kernel(conv, x), None, 2, 1, 1)
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")  # see `adjusted`
        return F.conv_transpose2d(padded, _kernel(conv, x), None, 2, 3)
    kernel = _kernel(conv, x, resize_kernel)
    if conv.padding_mode == "zeros":
        return F.conv_transpose2d(x, kernel, None, 2, 1)
    # beyond the border of a doubled picture, reflection repeats the small one's edge
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return F.conv_transpose2d(padded, kernel, None, 2, 3)


def resize_kernel(weight: Tensor) -> Tensor:
    """Return the 4x4 kernel of "double by nearest neighbour, then a 3x3 convolution".

    A transposed convolution stamps its kernel at every second pixel. Doubling stamps a
    2x2 square of ones, and the 3x3 kernel blurs the square: 4x4.

    Args:
        weight: `(C_out, C_in, 3, 3)` of the convolution.

    Returns:
        `(C_in, C_out, 4, 4)`, for `conv_transpose2d` of stride 2.
    """
    stamp = weight.transpose(0, 1).flip(2, 3)
    return sum(F.pad(stamp, (j, 1 - j, i, 1 - i)) for i in (0, 1) for j in (0, 1))


def square_kernel(weight: Tensor) -> Tensor:
    """Return the kernel that computes a 2x2 square of output pixels at once.

    Args:
        weight: `(C_out, C_in, k, k)` of a convolution of stride 1.

    Returns:
        `(4 C_out, C_in, k + 1, k + 1)` of one of stride 2, for `pixel_shuffle`.
    """
    shifted = [F.pad(weight, (j, 1 - j, i, 1 - i)) for i in (0, 1) for j in (0, 1)]
    return torch.stack(shifted, 1).flatten(0, 1)


def _last(conv: nn.Conv2d, x: Tensor) -> Tensor:
    kernel = _kernel(conv, x, square_kernel)
    bias = conv.bias.repeat_interleave(4).to(x.dtype)
    y = F.conv2d(_pad(conv, x), kernel, bias, 2)
    return F.pixel_shuffle(y, 2)


def _norm(norm: nn.Module, x: Tensor, bias: Tensor, *, relu: bool) -> Tensor:
    if isinstance(norm, nn.InstanceNorm2d):
        return _InstanceNorm.apply(x, bias, norm.weight, norm.bias, norm.eps, relu)
    y = norm(x + bias.to(x.dtype).view(1, -1, 1, 1))
    return F.relu(y) if relu else y


class _InstanceNorm(torch.autograd.Function):
    """Instance norm, then ReLU if wanted, in channels_last.

    Forwards as `_normalize` does it, backwards each picture's batch norm: the library's
    fast ways. The bias before it changes nothing; its gradient is zero.
    """

    @staticmethod
    def forward(ctx, x, before, weight, bias, eps, relu):
        y, mean, rstd = _normalize(x, weight, bias, eps)
        if relu:
            y = y.relu_()
        ctx.save_for_backward(x, y if relu else None, mean, rstd, weight)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y, *statistics, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=LAST)
        if y is not None:
            grad = torch.ops.aten.threshold_backward(grad, y, 0)
        parts = zip(grad.split(1), x.split(1), *statistics, strict=True)
        dx, dweight, dbias = zip(
            *(_backward(weight, *part) for part in parts), strict=True
        )
        return (
            torch.cat(dx),
            torch.zeros_like(weight),
            sum(dweight),
            sum(dbias),
            None,
            None,
        )


def _normalize(x, weight, bias, eps):
    """Return each channel of each picture normed, its mean and 1 / deviation, (N, C).

    A group norm with a channel a group is what the library is quick in for large maps.
    Below 1024 positions it goes number by number; a batch norm for each picture then
    takes a third to a thirtieth of the time.
    """
    n, c, h, w = x.shape
    if h * w >= 1024:
        return torch.native_group_norm(x, weight, bias, n, c, h * w, c, eps)
    rest = weight, bias, None, None, True, 0.0, eps
    found = [torch.native_batch_norm(picture, *rest) for picture in x.split(1)]
    y, mean, rstd = zip(*found, strict=True)
    return torch.cat(y), torch.stack(mean), torch.stack(rstd)


def _backward(weight, grad, x, mean, rstd):
    """Return the gradients of one picture's norm: a batch norm over a batch of one."""
    return torch.ops.aten.native_batch_norm_backward(
        grad, x, weight, None, None, mean, rstd, True, 0.0, [True] * 3
    )

"""Paint pictures too large for the memory, tile by tile and without seams.

Two things make seams. A convolution sees beyond its tile's edge, which an overlap
cures. An instance norm averages over the whole picture, which no overlap cures: tiles
with a mean and a variance of their own come out in different tones. So the statistics
are taken once, for the whole picture, and there are two ways to come by them:

* "whole": layer after layer goes over all tiles, and the moments of the tiles are put
  together exactly. The layers at half the size and below are kept in between, which
  takes 3 x width bytes per pixel; the large ones are computed again when needed. The
  result is what the net itself would paint, for about a fifth more multiplications.
* "small_copy": the net paints a small copy and its statistics are used. Less memory,
  and no seams either; but a small copy has other edges and textures than the large
  picture, so that the tones come out different.

"per_tile" is the mistake to look at: every tile for itself.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from .images import check_image, resize
from .transform_net import STRIDE, TransformNet, receptive_field

Statistics = Literal["whole", "small_copy", "per_tile"]
SMALL = 512  # shorter side in pixels of the copy that "small_copy" looks at
_NARROW = 16  # a last tile thinner than this, which no net takes, joins the one before


@torch.no_grad()
def stylize_tiled(
    net: TransformNet,
    photo: Tensor,
    *,
    tile: int = 256,
    statistics: Statistics = "whole",
    overlap: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the painted picture, computed in tiles.

    Args:
        net: a `TransformNet` in evaluation mode.
        photo: `(N, 3, H, W)` RGB in [0, 1], on the net's device.
        tile: side of a tile in pixels, rounded up to a multiple of 16; smaller takes
            less memory.
        statistics: where an instance norm's mean and variance come from, see above.
        overlap: how many pixels a tile sees beyond its edge with "small_copy" and
            "per_tile"; None takes half the receptive field. "whole" needs no choice.
        dtype: of the convolutions and of what is kept between them; bfloat16 takes half
            the memory, and less time where the device multiplies in it.

    Returns:
        `(N, 3, H, W)` RGB in [0, 1].

    Raises:
        ValueError: not a picture, too small for the net, a net in training mode, a
            tile below 16 pixels, a negative overlap or unknown statistics.
    """
    check_image(photo, "photo")
    if net.training:
        raise ValueError("the net is in training mode; call net.eval() first")
    if tile < 16:
        raise ValueError(f"a tile of {tile} pixels is too small; take 16 or more")
    tile = _round_up(tile, STRIDE**2)  # so that a quarter has quarters
    if statistics not in ("whole", "small_copy", "per_tile"):
        raise ValueError(
            f"unknown statistics {statistics!r}; choose whole, small_copy or per_tile"
        )
    kind = photo.device.type
    with torch.autocast(kind, dtype=dtype, enabled=dtype != torch.float32):
        if statistics == "whole":
            return _paint_by_layers(net, photo, tile)
        if statistics == "small_copy":
            net = with_statistics_of(net, resize(photo, min(SMALL, *photo.shape[-2:])))
        return _paint_by_tiles(net, photo, tile, overlap)


def with_statistics_of(net: TransformNet, photo: Tensor) -> TransformNet:
    """Return a copy of a net whose instance norms keep the statistics of one picture.

    Args:
        net: a `TransformNet`.
        photo: `(1, 3, H, W)` RGB in [0, 1], of any size the net takes.
    """
    net = copy.deepcopy(net).eval()
    norms = {k: m for k, m in net.named_modules() if isinstance(m, nn.InstanceNorm2d)}
    moments = {name: Moments() for name in norms}
    hooks = [
        # the default binds this turn's name, not the loop's last one
        norm.register_forward_pre_hook(lambda _, x, name=name: moments[name].add(*x))
        for name, norm in norms.items()
    ]
    with torch.no_grad():
        net(photo)
    for hook in hooks:
        hook.remove()
    for name, norm in norms.items():
        parent, _, leaf = name.rpartition(".")
        setattr(net.get_submodule(parent), leaf, FixedNorm(norm, moments[name]))
    return net


class Moments:
    """Mean and variance of each channel, put together from the parts of a picture.

    Chan et al. 1983: in double precision, and without the difference of large numbers
    that sums of squares would end in.
    """

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, part: Tensor) -> None:
        """Take in another part, `(N, C, h, w)`."""
        count = part.shape[-2] * part.shape[-1]
        part = part.float()
        mean = part.mean((2, 3), keepdim=True)
        # torch.var_mean is several times slower on channels_last
        variance = (part - mean).square_().mean((2, 3)).cpu().double()
        mean = mean[..., 0, 0].cpu().double()
        total = self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / total)
        self.squares = (
            self.squares + variance * count + delta**2 * (self.count * count / total)
        )
        self.count = total

    @property
    def variance(self) -> Tensor:
        """The mean squared distance from the mean, `(N, C)`."""
        return self.squares / self.count


class FixedNorm(nn.Module):
    """An instance norm whose `moments` are given: one factor, one summand."""

    def __init__(self, norm: nn.InstanceNorm2d, moments: Moments) -> None:
        super().__init__()
        weight, bias = norm.weight.cpu().double(), norm.bias.cpu().double()
        factor = weight * (moments.variance + norm.eps).rsqrt()
        summand = bias - moments.mean * factor
        self.register_buffer("factor", factor.to(norm.weight)[..., None, None])
        self.register_buffer("summand", summand.to(norm.weight)[..., None, None])

    def forward(self, x: Tensor) -> Tensor:
        """Return the features `x`, `(N, C, H, W)`, normalized."""
        y = torch.addcmul(self.summand, x.to(self.factor), self.factor)
        return y.to(x.dtype)


def _paint_by_tiles(
    net: TransformNet, photo: Tensor, tile: int, overlap: int | None
) -> Tensor:
    """Paint each tile with its surroundings, and keep the tile."""
    if overlap is None:
        overlap = receptive_field(net) // 2
    if overlap < 0:
        raise ValueError(f"the overlap must be 0 or more, got {overlap}")
    painted = torch.empty_like(photo)
    # a halo that STRIDE does not divide would shift the net's grid
    reach = Reach(halo=_round_up(overlap, STRIDE))
    for place, part in _sweep(net, reach, photo, tile):
        painted[place] = part
    return painted


def _paint_by_layers(net: TransformNet, photo: Tensor, tile: int) -> Tensor:
    """Run each layer over all tiles before the next: exact statistics."""
    prepared = net.prepare(photo).contiguous(memory_format=torch.channels_last)
    way = _Passage(prepared, tile)
    del prepared  # the passage lets go of it when it is used up
    for conv, norm, relu in net.down:
        way.pass_through([conv], norm, relu)
    for block in net.blocks:
        way.pass_block(block)
    for *convs, norm, relu in net.up:
        way.pass_through(convs, norm, relu)
    return net.finish(way.end(net.last).to(photo.dtype), *photo.shape[-2:])


class _Passage:
    """A picture on its way through a net, one layer at a time over all tiles.

    Features at full size would fill the memory. They are not kept: their layers wait
    in `waiting` and are computed again, tile by tile, in front of the next layer.
    """

    def __init__(self, features: Tensor, tile: int, *, stride: int = 1) -> None:
        self.features, self.tile, self.stride = features, tile, stride
        self.waiting: list[nn.Module] = []

    def pass_through(
        self, convs: Sequence[nn.Module], norm: nn.Module, *after: nn.Module
    ) -> None:
        """Pass a convolution (after a resize, perhaps), its norm and what follows."""
        self.waiting += convs
        own = Reach.of(convs)
        self.stride = self.stride * own.down // own.up
        keep = self.stride > 1
        moments = Moments() if isinstance(norm, nn.InstanceNorm2d) else None
        if keep or moments:
            self._run(keep=keep, moments=moments)
        self.waiting += [FixedNorm(norm, moments) if moments else norm, *after]

    def pass_block(self, block: nn.Module) -> None:
        """Pass two convolutions and add the shortcut around them."""
        shortcut = self.end()
        inner = _Passage(shortcut, self.tile, stride=self.stride)
        first, norm, relu, second, last_norm = block.body
        inner.pass_through([first], norm, relu)
        inner.pass_through([second], last_norm)
        self.features = inner.end()
        if block.residual:
            self.features += block.crop(shortcut)

    def end(self, *last: nn.Module) -> Tensor:
        """Return the features after all layers that wait, and after `last`."""
        self.waiting += last
        if self.waiting:
            self._run(keep=True)
        return self.features

    def _run(self, *, keep: bool, moments: Moments | None = None) -> None:
        """Go over all tiles with the layers that wait; keep what they make, or not."""
        layers, reach = nn.Sequential(*self.waiting), Reach.of(self.waiting)
        tile = self.tile // self.stride  # a tile covers the same at every scale
        kept = self.features if reach == Reach() else None  # pixel by pixel: in place
        for place, part in _sweep(layers, reach, self.features, tile):
            if moments:
                moments.add(part)
            if keep and kept is None:
                kept = self._make_room(part, reach)
            if keep:
                kept[place] = part
        if keep:
            self.features, self.waiting = kept, []

    def _make_room(self, part: Tensor, reach: Reach) -> Tensor:
        """Return empty features, of which `part` is one tile, in channels_last."""
        height, width = (reach.out(n) for n in self.features.shape[-2:])
        size = (len(part), height, width, part.shape[1])
        return part.new_empty(size).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class Reach:
    """How far the layers between two feature maps see, along one side.

    Attributes:
        up: how often they enlarge.
        down: how often they shrink.
        halo: pixels of the input that a tile must see beyond its edge.
        loss: pixels of the output missing at each end, for want of padding.
    """

    up: int = 1
    down: int = 1
    halo: int = 0
    loss: int = 0

    @classmethod
    def of(cls, layers: Sequence[nn.Module]) -> Reach:
        """Return the reach of layers run one after another."""
        up = down = 1
        halo = loss = 0
        for layer in layers:
            if isinstance(layer, nn.Upsample):
                up *= int(layer.scale_factor)
            elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                radius, padding = layer.kernel_size[0] // 2, layer.padding[0]
                halo += -(-padding * down // up)
                if isinstance(layer, nn.ConvTranspose2d):  # doubles exactly
                    up *= layer.stride[0]
                else:
                    loss += radius - padding
                    down *= layer.stride[0]
        return cls(up, down, _round_up(halo, down), loss)

    def out(self, size: int) -> int:
        """Return the side of what an input of this size becomes."""
        return size * self.up // self.down - 2 * self.loss

    def spans(self, size: int, tile: int) -> Iterator[tuple[slice, slice, slice]]:
        """Yield for each tile: its place, what it must see, and where it is in that.

        Args:
            size: side of the input.
            tile: side of a tile of the output; `up` divides it.
        """
        end = self.out(size)
        starts = [s for s in range(0, end, tile) if end - s >= _NARROW or s == 0]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            first = max(0, start * self.down // self.up - self.halo)
            last = -(-stop * self.down // self.up) + 2 * self.loss + self.halo
            offset = start - first * self.up // self.down
            yield (
                slice(start, stop),
                slice(first, min(last, size)),
                slice(offset, offset + stop - start),
            )


def _sweep(
    layers: nn.Module, reach: Reach, features: Tensor, tile: int
) -> Iterator[tuple[tuple, Tensor]]:
    """Yield the index and the content of each tile of what layers make of features."""
    height, width = features.shape[-2:]
    for rows, seen_rows, cut_rows in reach.spans(height, tile):
        for columns, seen_columns, cut_columns in reach.spans(width, tile):
            part = layers(features[..., seen_rows, seen_columns])
            yield (..., rows, columns), part[..., cut_rows, cut_columns]


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step

"""Use a trained net: enlarge a photograph by four or eight.

    large = upscale("garden.jpg", 4, "feature")

    enlarger = Enlarger(4, "pixel")
    pictures = [enlarger(path) for path in paths]

"pixel" nets are right on average, therefore soft; "feature" nets draw what a loss
network wants to see: sharper, with a lower PSNR. Source: Johnson et al. 2016, sec. 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from .checkpoints import load_super_resolution
from .colors import luma, match_histogram
from .degradation import crop_to_multiple, degrade, enlarge
from .devices import device_or_best, placed
from .fast_super_resolution import fast_super_resolution
from .images import MAX_MEGAPIXELS, check_image
from .super_resolution_net import SRCNN, SuperResolutionNet, check_factor
from .transparency import load_layers

__all__ = [
    "SRCNN",
    "Enlarger",
    "SuperResolutionNet",
    "crop_to_multiple",
    "degrade",
    "enlarge",
    "upscale",
    "upscale_tiled",
]

WHOLE = 1_100_000  # large pixels up to which a picture is made in one go
TILE = 768  # side of a tile beyond that, large pixels


def upscale(
    photo: Tensor | str | Path | bytes,
    factor: int = 4,
    loss: str = "feature",
    *,
    net: SuperResolutionNet | SRCNN | str | Path | None = None,
    tile: int | None = None,
    histogram: bool = False,
    device: str | torch.device | None = None,
) -> Tensor:
    """Return a photograph enlarged by one pass through a trained net.

    Args:
        photo: `(N, C, H, W)` in [0, 1] with C = 1 (grey), 3 (RGB) or 4 (RGB and
            opacity); a file, or a file's bytes.
        factor: 4 or 8.
        loss: "feature" or "pixel": what the net was trained for; "srcnn" for the
            baseline, "bicubic" for no net at all.
        net: a net or a file of one, instead of those that come with the package.
        tile: compute in tiles of so many small pixels, which gives the same picture;
            None takes tiles for large pictures alone.
        histogram: give each channel the small picture's histogram, as the paper does.
        device: None takes a GPU where there is one, or leaves a given net where it is.

    Returns:
        `(N, C, factor H, factor W)` in [0, 1], float32, on the CPU. Grey stays grey;
        opacity is enlarged by bicubic interpolation.

    Raises:
        ValueError: not a picture, a factor that is not offered, a net for another
            factor, an unknown loss (the names are offered), or a result too large.

    Source: Johnson et al. 2016, section 4.2.
    """
    enlarger = Enlarger(
        factor, loss, net=net, tile=tile, histogram=histogram, device=device
    )
    return enlarger(photo)


class Enlarger:
    """A net and all settings of `upscale`, ready for many photographs.

    Calling it with a photograph is `upscale` with that photograph; the net is loaded
    once. The arguments are those of `upscale`.
    """

    def __init__(
        self,
        factor: int = 4,
        loss: str = "feature",
        *,
        net: SuperResolutionNet | SRCNN | str | Path | None = None,
        tile: int | None = None,
        histogram: bool = False,
        device: str | torch.device | None = None,
    ) -> None:
        check_factor(factor)
        if tile is not None and tile < 1:
            raise ValueError(f"a tile must have 1 pixel or more, got {tile}")
        self.factor, self.tile, self.histogram = factor, tile, histogram
        self.net, self.reach = None, 2  # of bicubic interpolation
        self.run: Callable[[Tensor], Tensor] = self._bicubic
        if net is not None or loss != "bicubic":
            self.net = _ready_net(net or f"{loss}_x{factor}", factor, device)
            self.run, self.reach = fast_super_resolution(self.net), self.net.reach

    @torch.no_grad()
    def __call__(self, photo: Tensor | str | Path | bytes) -> Tensor:
        """Return the enlarged photograph, see `upscale`."""
        photo = photo if isinstance(photo, Tensor) else load_layers(photo)
        colors, opacity = _split(photo)
        _check_room(photo, self.factor)
        large = self._enlarge(colors)
        if self.histogram:
            large = match_histogram(large, colors)
        if photo.shape[1] == 1:
            return luma(large)
        if torch.equal(colors, colors[:, :1].expand_as(colors)):
            large = luma(large).expand_as(large).contiguous()  # a net may tint greys
        if opacity is None:
            return large
        return torch.cat([large, enlarge(opacity, self.factor).clamp(0, 1)], 1)

    def _enlarge(self, colors: Tensor) -> Tensor:
        height, width = colors.shape[-2:]
        tile = self.tile
        if tile is None and height * width * self.factor**2 > WHOLE:
            tile = TILE // self.factor
        if self.net is not None:
            colors = colors.to(next(self.net.parameters()).device)
        if tile is None:
            return self.run(colors).cpu()
        return upscale_tiled(self.run, colors, self.factor, tile=tile, reach=self.reach)

    def _bicubic(self, images: Tensor) -> Tensor:
        return enlarge(images, self.factor).clamp(0, 1)


def upscale_tiled(
    net: Callable[[Tensor], Tensor],
    low: Tensor,
    factor: int,
    *,
    tile: int,
    reach: int,
) -> Tensor:
    """Return what a net makes of a picture, computed in tiles, in little memory.

    Without a norm that averages over the picture, a pixel depends on its surroundings
    alone; a tile that sees `reach` pixels beyond its edge is exact.

    Args:
        net: `(N, 3, h, w)` -> `(N, 3, factor h, factor w)`.
        low: `(N, 3, h, w)`.
        factor: of the net.
        tile: side of a tile, small pixels.
        reach: how far the net sees, small pixels.

    Returns:
        `(N, 3, factor h, factor w)` on the CPU.
    """
    height, width = low.shape[-2:]
    large = low.new_empty(len(low), 3, height * factor, width * factor, device="cpu")
    for rows, seen_rows, cut_rows in _spans(height, tile, reach, factor):
        for columns, seen_columns, cut_columns in _spans(width, tile, reach, factor):
            part = net(low[..., seen_rows, seen_columns])
            large[..., rows, columns] = part[..., cut_rows, cut_columns].cpu()
    return large


def _spans(
    size: int, tile: int, reach: int, factor: int
) -> Iterator[tuple[slice, slice, slice]]:
    """Yield for each tile along a side: its place, what it sees, where it is in that.

    What it sees is in small pixels, the other two are in large ones.
    """
    for start in range(0, size, tile):
        stop = min(start + tile, size)
        first, last = max(0, start - reach), min(size, stop + reach)
        yield (
            slice(start * factor, stop * factor),
            slice(first, last),
            slice((start - first) * factor, (stop - first) * factor),
        )


def _split(photo: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the colours, `(N, 3, H, W)`, and the opacity, where there is one."""
    if photo.ndim != 4 or photo.shape[1] not in (1, 3, 4):
        raise ValueError(
            f"the photo has shape {tuple(photo.shape)}; expected (N, C, height, width) "
            "with 1 (grey), 3 (RGB) or 4 (RGB and opacity) channels"
        )
    colors = photo[:, :3] if photo.shape[1] > 1 else photo.expand(-1, 3, -1, -1)
    check_image(colors, "photo")
    colors = colors.cpu().float()
    return colors, photo[:, 3:].cpu().float() if photo.shape[1] == 4 else None


def _check_room(photo: Tensor, factor: int) -> None:
    height, width = (side * factor for side in photo.shape[-2:])
    if height * width > MAX_MEGAPIXELS * 1e6:
        raise ValueError(
            f"the enlarged picture would have {width}x{height} pixels; at most "
            f"{MAX_MEGAPIXELS} million fit, cut out a part of the photo"
        )


def _ready_net(
    net: SuperResolutionNet | SRCNN | str | Path,
    factor: int,
    device: str | torch.device | None,
) -> SuperResolutionNet | SRCNN:
    """Return a net for this factor, on its device, in evaluation mode."""
    if isinstance(net, (str, Path)):
        net, _ = load_super_resolution(net, device=device_or_best(device))
    if net.config.factor != factor:
        raise ValueError(
            f"the net enlarges by {net.config.factor}, not by {factor}; give that "
            "factor or another net"
        )
    return placed(net, device)

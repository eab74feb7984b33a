"""Use a trained net: paint a photograph, or a folder of them.

    painting = stylize("cat.jpg", "starry_night", size=512)

    paint = Painter("starry_night", keep_colors="luma", blend=0.8)
    report = stylize_folder("holiday", "painted", paint)

The command line's `stylize` is in `stylize_command`, videos are in `video`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from .adjustable_checkpoints import is_adjustable, load_adjustable
from .adjustable_net import AdjustableTransformNet
from .adjusted import Adjusted, settled
from .checkpoints import load_net
from .colors import KeepColors, keep_colors
from .datasets import list_pictures
from .devices import device_or_best, placed
from .fast import fast
from .images import check_image, load_image, resize, save_image
from .memory import check_room, is_out_of_memory, no_room
from .tiles import stylize_tiled
from .transform_net import TransformNet

WHOLE = 1_500_000  # pixels up to which a picture is painted in one go
TILE = 256  # side of a tile beyond that; larger ones are slower, for want of cache


def stylize(
    photo: Tensor | str | Path | bytes,
    style: str | Path | TransformNet | AdjustableTransformNet = "starry_night",
    *,
    size: int | None = None,
    width: int | None = None,
    strength: float | None = None,
    mix: str | Mapping[str, float] | None = None,
    keep_colors: KeepColors | None = None,
    blend: float = 1.0,
    tile: int | None = None,
    device: str | torch.device | None = None,
) -> Tensor:
    """Return a photograph painted in a style, by one pass through a trained net.

    Computed as fast as the machine allows, see `fast`: within 2/255 on average of what
    the net itself paints in single precision.

    Args:
        photo: `(N, 3, H, W)` RGB in [0, 1], a file, or a file's bytes.
        style: the name of a net that comes with the package, a file of weights, or a
            `TransformNet`; or an adjustable net, likewise.
        size: length of the shorter side in pixels; None keeps the photograph's own.
        width: of a named net, 32 or the quicker 16; default the widest there is.
        strength: of an adjustable net: lambda, from the photograph's lines to the
            style's strokes; default the middle of the net's range.
        mix: of an adjustable net: a style's name, or {name: weight} that sum to 1;
            needed where it has several.
        keep_colors: None for the style's colours; "luma" or "histogram" for the
            photograph's, see `colors`.
        blend: from 0, the photograph, to 1, the painting.
        tile: paint in tiles of so many pixels; None paints small pictures whole and
            large ones in tiles, which looks the same and takes less memory.
        device: None takes a GPU where there is one, or leaves a given net where it is.

    Returns:
        `(N, 3, H, W)` RGB in [0, 1], float32, on the CPU.

    Raises:
        ValueError: not a picture, an unknown style (the nearest names are offered), a
            blend outside [0, 1], or too little memory (a size that fits is offered).

    Source: Johnson et al. 2016, section 3.1.
    """
    painter = Painter(
        style,
        size=size,
        width=width,
        strength=strength,
        mix=mix,
        keep_colors=keep_colors,
        blend=blend,
        tile=tile,
        device=device,
    )
    return painter(photo)


class Painter:
    """A net and all settings of `stylize`, ready for many photographs.

    Calling it with a photograph is `stylize` with that photograph; the net is loaded
    once. The arguments are those of `stylize`.
    """

    def __init__(
        self,
        style: str | Path | TransformNet | AdjustableTransformNet = "starry_night",
        *,
        size: int | None = None,
        width: int | None = None,
        strength: float | None = None,
        mix: str | Mapping[str, float] | None = None,
        keep_colors: KeepColors | None = None,
        blend: float = 1.0,
        tile: int | None = None,
        device: str | torch.device | None = None,
    ) -> None:
        if not (isinstance(blend, (int, float)) and 0 <= blend <= 1):
            raise ValueError(
                f"blend is {blend!r}; expected 0 (the photo) to 1 (the painting)"
            )
        if keep_colors not in (None, "luma", "histogram"):
            raise ValueError(
                f"unknown way to keep colours {keep_colors!r}; choose luma or histogram"
            )
        if not isinstance(style, (TransformNet, AdjustableTransformNet)):
            load = partial(load_net, width=width)
            if is_adjustable(style):
                load = load_adjustable
            style, _ = load(style, device=device_or_best(device))
        self.net, self.fast = _prepared(placed(style, device), strength, mix)
        self.size, self.keep_colors = size, keep_colors
        self.blend, self.tile = blend, tile

    @torch.no_grad()
    def __call__(self, photo: Tensor | str | Path | bytes) -> Tensor:
        """Return the painting, `(N, 3, H, W)` RGB in [0, 1] on the CPU."""
        if not isinstance(photo, Tensor):
            photo = load_image(photo, size=self.size)
        else:
            check_image(photo, "photo")
            photo = photo if self.size is None else resize(photo, self.size)
        parameter = next(self.net.parameters())
        photo = photo.cpu().float()
        painting = self._paint(photo.to(parameter)).cpu().float()
        if self.keep_colors:
            painting = keep_colors(painting, photo, self.keep_colors)
        return painting if self.blend == 1 else photo.lerp(painting, self.blend)

    def _paint(self, photo: Tensor) -> Tensor:
        """Paint whole what is small, in tiles what is large or does not fit."""
        height, width = photo.shape[-2:]
        if self.tile is None and len(photo) * height * width <= WHOLE:
            try:
                return self.fast(photo)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
        dtype = self.fast.dtype
        check_room(self.net, photo, dtype=dtype)
        try:
            return stylize_tiled(self.net, photo, tile=self.tile or TILE, dtype=dtype)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise no_room(self.net, photo, dtype=dtype) from error


def _prepared(
    net: TransformNet | AdjustableTransformNet,
    strength: float | None,
    mix: str | Mapping[str, float] | None,
) -> tuple[TransformNet, nn.Module]:
    """Return a plain net, for tiles, and what paints a whole picture soonest."""
    if isinstance(net, TransformNet):
        if strength is not None or mix is not None:
            raise ValueError(
                "this net was trained for one style and one strength; to choose them "
                "takes an adjustable net"
            )
        return net, fast(net)
    config = net.config
    if mix is None and len(config.styles) > 1:
        raise ValueError(
            f"this net has several styles, {', '.join(config.styles)}; choose one, or "
            "a mix of them"
        )
    wish = config.middle if strength is None else strength, mix or config.styles[0]
    return settled(net, *wish), Adjusted(net, *wish)


@dataclass
class FolderReport:
    """What became of a folder.

    Attributes:
        painted: the files written.
        failed: {photograph: why it could not be painted}.
        interrupted: stopped by Ctrl-C; `painted` is complete up to there.
    """

    painted: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)
    interrupted: bool = False


def stylize_folder(
    folder: str | Path,
    out: str | Path,
    paint: Callable[[Path], Tensor],
    *,
    progress: bool = True,
) -> FolderReport:
    """Paint every picture of a folder and of the folders in it.

    A picture that cannot be read is reported and the rest is done. Paintings get the
    names of their photographs; Ctrl-C keeps those that are finished.

    Args:
        folder: with photographs; those below `out` are left alone.
        out: an existing folder, another one.
        paint: a `Painter`.
        progress: show a bar.

    Raises:
        ValueError: no such folder, no picture in it, or both folders are the same.
        OSError: a painting could not be written, for instance on a full disk.
    """
    folder, out = Path(folder), Path(out)
    photos = find_photos(folder, out)
    report = FolderReport()
    try:
        bar = tqdm(photos, "photos", disable=None if progress else True, leave=False)
        for photo in bar:
            try:
                painting = paint(photo)
            except ValueError as error:
                report.failed[photo] = str(error)
                continue
            target = out / photo.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            report.painted.append(save_image(painting, target))
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def find_photos(folder: Path, out: Path) -> list[Path]:
    """Return what `stylize_folder` will paint of a folder, `out` left aside.

    Raises:
        ValueError: see `stylize_folder`.
    """
    photos = list_pictures(folder)
    if not out.is_dir():
        raise ValueError(f"no folder {out} to write to; make it first")
    if not os.access(out, os.W_OK):
        raise ValueError(f"no right to write in {out}; choose another folder")
    if out.resolve() == folder.resolve():
        raise ValueError(
            "paintings would replace the photographs; choose another --out"
        )
    photos = [p for p in photos if not p.resolve().is_relative_to(out.resolve())]
    if not photos:
        raise ValueError(f"every picture in {folder} lies in {out}, where paintings go")
    return photos

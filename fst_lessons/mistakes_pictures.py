"""Planted mistakes in photographs, in what reads them, and in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from . import assets
from .checkpoints import save_net, write_tensors
from .images import load_image, to_pil
from .mistakes_painting import averaging, trained
from .mistakes_perception import normalize
from .transform_net import TransformNet


def make_photo(mistake: str | None = None) -> Tensor:
    """Return a photograph's tensor.

    Args:
        mistake: one of `PHOTO`, or None for none.
    """
    photo = load_image(assets.photo_path("pagoda"), size=96)
    return photo if mistake is None else PHOTO[mistake](photo)


def _with_hole(photo: Tensor) -> Tensor:
    """Return the photograph with one value that is the root of a negative number."""
    broken = photo.clone()
    broken[0, 0, 0, 0] = torch.tensor(-1.0).sqrt()
    return broken


PHOTO: dict[str, Callable[[Tensor], Tensor]] = {
    "number of axes": lambda photo: photo[0],
    "channels last": lambda photo: photo.permute(0, 2, 3, 1),
    "alpha channel": lambda photo: torch.cat([photo, torch.ones_like(photo[:, :1])], 1),
    "grey picture": lambda photo: photo.mean(dim=1, keepdim=True),
    "not finite": _with_hole,
    "values 0 to 255": lambda photo: 255 * photo,
    "divided twice": lambda photo: photo / 255,
    "normalized already": normalize,
    "too small": lambda photo: photo[..., :32, :32],
}


def make_reader(mistake: str | None = None) -> Callable[[str], Tensor]:
    """Return a reader of pictures as many write it: path -> `(1, 3, H, W)`.

    Args:
        mistake: one of `READER`, or None for none.
    """

    def read(path: str) -> Tensor:
        picture = Image.open(path)
        if mistake != "EXIF turn ignored":
            picture = ImageOps.exif_transpose(picture)
        if picture.has_transparency_data and mistake not in _BLACK:
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture.convert("RGBA"))
        if mistake == "CMYK read as RGB" and picture.mode == "CMYK":
            values = np.array(picture)[..., :3]
        elif picture.mode in _KEPT.get(mistake, ()):
            values = np.array(picture)
        else:
            values = np.array(picture.convert("RGB"))
        values = values[..., None] if values.ndim == 2 else values
        x = torch.from_numpy(values).permute(2, 0, 1)[None].float() / 255
        if mistake == "colours swapped by the reader":
            return x.flip(1)
        return PHOTO[mistake](x) if mistake in _OF_VALUES else x

    return read


_BLACK = ("transparency turned black", "alpha channel")
_KEPT = {"alpha channel": ("RGBA", "CMYK"), "grey picture": ("L",)}
_OF_VALUES = ("values 0 to 255", "divided twice", "normalized already")
READER = (
    "colours swapped by the reader",
    "EXIF turn ignored",
    "transparency turned black",
    "CMYK read as RGB",
    "alpha channel",
    "grey picture",
    *_OF_VALUES,
)


def write_file(mistake: str | None, folder: str | Path) -> Path:
    """Write a file with one mistake, and return its path.

    Args:
        mistake: one of `FILES`; None writes a healthy net.
        folder: where.
    """
    net, card = trained()
    if mistake is None:
        return save_net(net, Path(folder, "healthy.safetensors"), card)
    return FILES[mistake](Path(folder), net, card)


def _pickle(folder: Path, net: TransformNet, card: dict) -> Path:
    path = folder / "net.pth"
    torch.save(net.state_dict(), path)
    return path


def _cut_short(folder: Path, net: TransformNet, card: dict) -> Path:
    path = save_net(net, folder / "cut_short.safetensors", card)
    path.write_bytes(path.read_bytes()[:-1000])
    return path


def _other(folder: Path, net: TransformNet, card: dict) -> Path:
    """Write the weights of a net of half the width under the card of another."""
    weights = TransformNet(width=net.config.width // 2).state_dict()
    return write_tensors(weights, folder / "other.safetensors", card)


def _bare(folder: Path, net: TransformNet, card: dict) -> Path:
    return write_tensors(net.state_dict(), folder / "bare.safetensors", {})


def _old(folder: Path, net: TransformNet, card: dict) -> Path:
    """Write a net as programs of 2017 did, with averages that nothing uses."""
    old = {k: v for k, v in averaging(net).state_dict().items()}
    return write_tensors(old, folder / "old.safetensors", card)


def _broken(folder: Path, net: TransformNet, card: dict) -> Path:
    """Write a net whose largest weight is beyond the end of float16."""
    net.last.weight.data[0, 0, 0, 0] = 1e6
    return save_net(net, folder / "broken.safetensors", card)


def _unfinished(folder: Path, net: TransformNet, card: dict) -> Path:
    card = card | {"format": "fst_lessons unfinished training, version 1"}
    return write_tensors(net.state_dict(), folder / "unfinished.safetensors", card)


def _picture(name: str, change: Callable[[Image.Image], Image.Image], **options):
    """Return a writer of a changed photograph."""

    def write(folder: Path, net: TransformNet, card: dict) -> Path:
        path = folder / name
        change(to_pil(make_photo())).save(path, **options)
        return path

    return write


def _half_transparent(picture: Image.Image) -> Image.Image:
    alpha = Image.new("L", picture.size, 255)
    left = (0, 0, picture.width // 2, picture.height)
    alpha.paste(0, left)
    picture.paste("black", left)  # what lies below transparency is often black
    picture.putalpha(alpha)
    return picture


def _turned(folder: Path, net: TransformNet, card: dict) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright, to the right
    turn = _picture("turned.jpg", lambda p: p.rotate(90, expand=True), exif=exif)
    return turn(folder, net, card)


def _torn(folder: Path, net: TransformNet, card: dict) -> Path:
    path = _picture("torn.jpg", lambda picture: picture)(folder, net, card)
    path.write_bytes(path.read_bytes()[:1500])
    return path


FILES: dict[str, Callable[[Path, TransformNet, dict], Path]] = {
    "pickle": _pickle,
    "file cut short": _cut_short,
    "another architecture": _other,
    "no recipe card": _bare,
    "old running averages": _old,
    "weights not finite": _broken,
    "unfinished training": _unfinished,
    "picture cannot be read": _torn,
    "transparent parts": _picture("cut_out.png", _half_transparent),
    "grey file": _picture("grey.png", lambda picture: picture.convert("L")),
    "file made for print": _picture("print.jpg", lambda p: p.convert("CMYK")),
    "turned by a tag": _turned,
    "one colour": _picture("flat.png", lambda p: Image.new("RGB", p.size, "navy")),
    "too small": _picture("small.png", lambda picture: picture.resize((48, 32))),
}

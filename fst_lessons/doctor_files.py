"""The doctor's look at files by their names: photographs, nets, folders of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from torch import Tensor

from . import assets
from .datasets import SUFFIXES
from .doctor_checkpoints import CHECKPOINTS, examine_checkpoint
from .doctor_pictures import SYMPTOMS as PHOTO_SYMPTOMS
from .images import load_image
from .symptoms import INFINITE, Chart, Reading, Symptom

ORIENTATION = 0x0112
_HANDLED = "nothing here, images.load_image sees to it; elsewhere, "

SYMPTOMS = {
    "picture cannot be read": Symptom(
        look="a training that stops after hours",
        measure="pictures that cannot be read",
        healthy=((0, 0),),
        cause="a download ended early, or the name's ending lies",
        advice="fetch it again or delete it; train skips it and says so",
    ),
    "transparent parts": Symptom(
        look="a black background in other programs",
        measure="share of the picture that is not opaque",
        healthy=((0, 0),),
        cause="the file has an alpha channel",
        advice=f"{_HANDLED}lay it over white first",
        grave=False,
    ),
    "grey file": Symptom(
        look="'expected 3 channels, got 1' in other programs",
        measure="channels in the file",
        healthy=((2, INFINITE),),
        cause="the file has brightness alone; the net will still paint in colour",
        advice=f"{_HANDLED}picture.convert('RGB')",
        grave=False,
    ),
    "file made for print": Symptom(
        look="a negative, or four channels, in other programs",
        measure="inks in the file",
        healthy=((0, 0),),
        cause="the file is CMYK",
        advice=f"{_HANDLED}picture.convert('RGB')",
        grave=False,
    ),
    "turned by a tag": Symptom(
        look="on its side in other programs",
        measure="EXIF orientation",
        healthy=((0, 1),),
        cause="the camera stored how it was held instead of turning the picture",
        advice=f"{_HANDLED}ImageOps.exif_transpose(picture)",
        grave=False,
    ),
    "one colour": Symptom(
        look="a painting of nothing but strokes",
        measure="standard deviation of the values, 1 being white",
        healthy=((0.01, INFINITE),),
        cause="the picture is flat: an empty scan, or a failed conversion",
        advice="look at it; leave it out of a training",
    ),
    "few photographs": Symptom(
        look="a net that paints its training photographs best",
        measure="readable photographs in the folder",
        healthy=((10, INFINITE),),
        cause="with one photograph the net learns that one; chapter 7 measures it",
        advice="ten do nearly as well as a thousand for a style; add some",
        grave=False,
    ),
}


def find_file(name: str) -> Path:
    """Return a file or folder, or the file of a bundled net, photograph or style.

    Args:
        name: a path, or the name of what is bundled.

    Raises:
        ValueError: neither.
    """
    path = Path(name)
    if path.exists():
        return path
    if path.name == name and not path.suffix:
        folder = assets.data_path("weights")
        nets = {p.stem: p for p in folder.rglob("*.safetensors")}
        nets |= {stem.rpartition("_")[0]: p for stem, p in nets.items()}
        if name in nets:
            return nets[name]
        for names, find in (
            (assets.photo_names(), assets.photo_path),
            (assets.style_names(), assets.style_path),
        ):
            if name in names:
                return find(name)
    raise ValueError(f"no file, folder, bundled net or photograph {name}")


def examine_file(path: str | Path, photos: Tensor) -> Iterator[Reading]:
    """Yield the readings of a net's file or of a picture's.

    Args:
        path: ends in .safetensors or the like for a net; all else is a picture.
        photos: `(2, 3, S, S)`, for the net to paint.

    Raises:
        ValueError: no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no file {path}; check the path")
    if path.suffix.lower() in CHECKPOINTS:
        yield from examine_checkpoint(path, photos)
    else:
        yield from _examine_picture(path)


def files_of(folder: str | Path) -> list[Path]:
    """Return the nets and pictures below a folder, sorted.

    Raises:
        ValueError: there are none.
    """
    wanted = SUFFIXES | CHECKPOINTS
    found = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in wanted)
    if not found:
        raise ValueError(f"neither a picture nor a net in {folder}")
    return found


def count_photographs(readable: int) -> Reading:
    """Return the reading of a folder with so many `readable` photographs."""
    return Chart(SYMPTOMS).read("few photographs", readable)


def _examine_picture(path: Path) -> Iterator[Reading]:
    chart = Chart(SYMPTOMS)
    try:
        image = load_image(path)
        with Image.open(path) as picture:
            mode, tag = picture.mode, picture.getexif().get(ORIENTATION, 1)
            clear = _transparency(picture)
    except (ValueError, OSError) as error:
        yield chart.read("picture cannot be read", 1, str(error))
        return
    yield chart.read("picture cannot be read", 0)
    yield chart.read("transparent parts", clear)
    yield chart.read("grey file", 1 if mode in ("1", "L") or mode[0] in "IF" else 3)
    yield chart.read("file made for print", 4 if mode == "CMYK" else 0)
    yield chart.read("turned by a tag", tag)
    yield chart.read("one colour", image.std(dim=(2, 3)).max())
    yield Chart(PHOTO_SYMPTOMS).read("too small", min(image.shape[-2:]))


def _transparency(picture: Image.Image) -> float:
    if not picture.has_transparency_data:
        return 0.0
    alpha = picture.convert("RGBA").getchannel("A").histogram()
    return 1 - alpha[255] / sum(alpha)

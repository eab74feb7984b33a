"""The doctor's look at a photograph's tensor, and at whatever reads photographs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .symptoms import INFINITE, Chart, Reading, Symptom, stopped

SIDE = 64  # pixels: below, relu4_3 of VGG has fewer than 8 x 8 places
_LOAD = "read pictures by images.load_image, or "
_ORIENTATION = 0x0112  # the EXIF tag of how a camera was held

SYMPTOMS = {
    "number of axes": Symptom(
        look="an error, or one picture taken for a batch of columns",
        measure="axes of the tensor",
        healthy=((4, 4),),
        cause="the batch axis is missing, or there is one too many",
        advice="a batch of one picture is photo[None], of shape (1, 3, height, width)",
    ),
    "channels last": Symptom(
        look="an error, or a picture of three columns",
        measure="size of axis 1, the channels",
        healthy=((3, 3),),
        cause="the colours stand on the last axis, as NumPy and Pillow have them",
        advice="photo.permute(0, 3, 1, 2) gives (N, 3, height, width)",
    ),
    "alpha channel": Symptom(
        look="an error that expected 3 channels and got 4",
        measure="size of axis 1, the channels",
        healthy=((3, 3),),
        cause="transparency, or the black of CMYK, was left in as a fourth channel",
        advice=f"{_LOAD}lay the picture over white and convert it to RGB",
    ),
    "grey picture": Symptom(
        look="an error that expected 3 channels and got 1",
        measure="size of axis 1, the channels",
        healthy=((3, 3),),
        cause="a grey picture has one channel, a loss network wants three",
        advice=f"{_LOAD}use Image.open(path).convert('RGB')",
    ),
    "not finite": Symptom(
        look="a black painting, or none",
        measure="values that are NaN or infinite",
        healthy=((0, 0),),
        cause="a division by zero or an overflow came before, or the file is damaged",
        advice="print torch.isfinite(x).all() after each step of your loading",
    ),
    "values 0 to 255": Symptom(
        look="glare: nearly everything white, losses of millions",
        measure="largest value",
        healthy=((-INFINITE, 1.001),),
        cause="bytes were not divided by 255, or were multiplied by 255 again",
        advice="photo.float() / 255, once, where the file is read",
    ),
    "divided twice": Symptom(
        look="the painting ignores the photograph, or is black",
        measure="largest value",
        healthy=((0.02, INFINITE),),
        cause="values were divided by 255 twice, by ToTensor and once more by hand, "
        "or the picture is black",
        advice="leave out one of the two divisions",
    ),
    "normalized already": Symptom(
        look="garish colours, losses that nobody else has",
        measure="smallest value",
        healthy=((-0.001, INFINITE),),
        cause="mean and deviation were taken off while loading; a loss network that "
        "does it inside does it a second time",
        advice="leave pictures in [0, 1], and normalization to the loss network",
    ),
    "too small": Symptom(
        look="an error about padding, or a style that is only a colour",
        measure="shorter side in pixels",
        healthy=((SIDE, INFINITE),),
        cause="four poolings leave deep layers a handful of places to compare",
        advice=f"take pictures of at least {SIDE} pixels a side, better 256",
    ),
}

READER_SYMPTOMS = {
    "colours swapped by the reader": Symptom(
        look="orange skies, blue skin",
        measure="red of a picture whose red is 0.8",
        healthy=((0.65, 0.95),),
        cause="OpenCV reads blue first; the rest of the world reads red first",
        advice="image[..., ::-1], or read by images.load_image",
    ),
    "EXIF turn ignored": Symptom(
        look="photographs from a phone lie on their side",
        measure="red in the upper half of a turned picture, in parts of all its red",
        healthy=((0.8, 1.0),),
        cause="cameras store how they were held in a tag that was not read",
        advice="PIL.ImageOps.exif_transpose(picture), or images.load_image",
    ),
    "transparency turned black": Symptom(
        look="a black background behind logos and cut-outs",
        measure="brightness of a part that is wholly transparent",
        healthy=((0.9, 1.0),),
        cause="the alpha channel was dropped, and what lay unseen below it shows",
        advice="lay the picture over white first, as images.load_image does",
        grave=False,
    ),
    "CMYK read as RGB": Symptom(
        look="a photograph made for print comes out as a negative",
        measure="red less green of a picture that is pure red",
        healthy=((0.5, 1.0),),
        cause="four inks were taken for three colours",
        advice=f"{_LOAD}use Image.open(path).convert('RGB')",
    ),
}


def examine_photo(photo: object, *, where: str = "") -> Iterator[Reading]:
    """Yield the readings of a picture; no more after the first fault of its shape.

    Args:
        photo: should be `(N, 3, H, W)`, floating, RGB in [0, 1].
        where: said of every reading.
    """
    chart = Chart(SYMPTOMS, where)
    photo = photo if isinstance(photo, Tensor) else torch.as_tensor(np.asarray(photo))
    yield from (shape := list(_shape(photo, chart)))
    if not any(reading.ill for reading in shape):
        yield from _values(photo.detach(), chart)
        yield chart.read("too small", min(photo.shape[-2:]))


def _shape(photo: Tensor, chart: Chart) -> Iterator[Reading]:
    came = f"shape {tuple(photo.shape)}"
    yield chart.read("number of axes", photo.ndim, came)
    if photo.ndim != 4:
        return
    channels = photo.shape[1]
    by_last = {3: "channels last", 4: "channels last"}
    by_count = {1: "grey picture", 4: "alpha channel"}
    name = by_count.get(channels) or by_last.get(photo.shape[-1], "alpha channel")
    if channels != 3:
        yield chart.read(name, channels, came)
        return
    for name in ("channels last", "alpha channel", "grey picture"):
        yield chart.read(name, channels, came)


def _values(photo: Tensor, chart: Chart) -> Iterator[Reading]:
    """Yield the one fault of the values, or all the numbers where there is none."""
    values = photo.float()
    broken = chart.read("not finite", (~values.isfinite()).sum())
    yield broken
    if broken.ill:
        return
    low, high = float(values.min()), float(values.max())
    readings = [
        chart.read("normalized already", low),
        chart.read("values 0 to 255", high, str(photo.dtype).removeprefix("torch.")),
        chart.read("divided twice", high),
    ]
    ill = [reading for reading in readings if reading.ill]
    yield from ill[:1] or readings


def examine_reader(read: Callable[[str], object]) -> Iterator[Reading]:
    """Yield the readings of a function that reads pictures: path -> `(N, 3, H, W)`.

    It is given small files that are known by heart, one of every kind that trips
    people: plain, turned, transparent, grey and CMYK.
    """
    chart = Chart(READER_SYMPTOMS)
    with tempfile.TemporaryDirectory() as folder:
        for name, look in _LOOKS.items():
            path = Path(folder, name)
            _FILES[name](path)
            try:
                image = read(str(path))
            except Exception as error:  # whatever a reader's function stumbles over
                error.args = (f"{name}: {error}",)
                yield stopped("reader of pictures", error)
                continue
            found = list(examine_photo(image, where=name))
            if not any(reading.ill for reading in found):
                found += look(torch.as_tensor(image).float(), chart)
            yield from found
            if name == "plain.png" and any(reading.ill for reading in found):
                return  # the others would show it again


def _order(image: Tensor, chart: Chart) -> Iterator[Reading]:
    yield chart.read("colours swapped by the reader", image[:, 0].mean())


def _turn(image: Tensor, chart: Chart) -> Iterator[Reading]:
    red = (image[:, 0] - image[:, 1]).clamp_min(0)
    upper = red[:, : red.shape[1] // 2].sum() / red.sum().clamp_min(1e-6)
    yield chart.read("EXIF turn ignored", upper)


def _background(image: Tensor, chart: Chart) -> Iterator[Reading]:
    yield chart.read(
        "transparency turned black", image[..., image.shape[3] // 2 :].mean()
    )


def _inks(image: Tensor, chart: Chart) -> Iterator[Reading]:
    yield chart.read("CMYK read as RGB", (image[:, 0] - image[:, 1]).mean())


def _write_plain(path: Path) -> None:
    Image.new("RGB", (128, 96), (204, 102, 51)).save(path)


def _write_turned(path: Path) -> None:
    """Write a picture that is red on the left, and on top once it is turned."""
    picture = Image.new("RGB", (128, 96), "white")
    picture.paste((220, 20, 20), (0, 0, 64, 96))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    picture.save(path, exif=exif)


def _write_transparent(path: Path) -> None:
    """Write a picture with an opaque left half and nothing on the right."""
    picture = Image.new("RGBA", (128, 96), (0, 0, 0, 0))
    picture.paste((204, 102, 51, 255), (0, 0, 64, 96))
    picture.save(path)


def _write_grey(path: Path) -> None:
    Image.new("L", (128, 96), 128).save(path)


def _write_cmyk(path: Path) -> None:
    Image.new("CMYK", (128, 96), (0, 255, 255, 0)).save(path)


_FILES = {
    "plain.png": _write_plain,
    "turned.jpg": _write_turned,
    "transparent.png": _write_transparent,
    "grey.png": _write_grey,
    "cmyk.jpg": _write_cmyk,
}
_LOOKS = {
    "plain.png": _order,
    "turned.jpg": _turn,
    "transparent.png": _background,
    "grey.png": lambda image, chart: iter(()),
    "cmyk.jpg": _inks,
}

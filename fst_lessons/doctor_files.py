"""The doctor's look at files: trained nets, photographs, folders of them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import Tensor

from . import assets
from .checkpoints import (
    NET,
    PICKLES,
    SUPER_RESOLUTION,
    TRAINING,
    load_net,
    load_super_resolution,
)
from .datasets import SUFFIXES
from .doctor_descent import examine_history
from .doctor_net import SYMPTOMS as NET_SYMPTOMS
from .doctor_net import examine_net
from .doctor_pictures import SYMPTOMS as PHOTO_SYMPTOMS
from .images import load_image
from .symptoms import INFINITE, Chart, Reading, Symptom

ORIENTATION = 0x0112
CHECKPOINTS = {".safetensors", *PICKLES}
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_HANDLED = "nothing here, images.load_image sees to it; elsewhere, "

SYMPTOMS = {
    "pickle": Symptom(
        look="works, and could do anything to your machine",
        measure="files that may run code when they are read",
        healthy=((0, 0),),
        cause="torch.save writes a pickle, a program more than a table of numbers",
        advice="state = torch.load(path, weights_only=True), then "
        "safetensors.torch.save_file(state, 'net.safetensors')",
    ),
    "file cut short": Symptom(
        look="an error message about a header",
        measure="share of the file that is there",
        healthy=((1, 1),),
        cause="a download or a copy ended early, or this is no safetensors file",
        advice="copy or train it again",
    ),
    "no recipe card": Symptom(
        look="'its architecture is unknown'",
        measure="recipe cards in the file",
        healthy=((1, 1),),
        cause="another program wrote the weights, without saying what net they are of",
        advice="checkpoints.load_weights(TransformNet(preset), path), then save_net",
    ),
    "another architecture": Symptom(
        look="missing or unexpected keys",
        measure="tensors that do not fit the net that the card describes",
        healthy=((0, 0),),
        cause="weights of another width, preset or program",
        advice="name the right preset and width: TransformNet(preset, width=...)",
    ),
    "old running averages": Symptom(
        look="unexpected keys running_mean and running_var",
        measure="running averages of norms that use none",
        healthy=((0, 0),),
        cause="before PyTorch 0.4, instance norm stored averages that it did not need",
        advice="nothing here, they are dropped; elsewhere, delete those keys",
        grave=False,
    ),
    "unfinished training": Symptom(
        look="it is refused by stylize",
        measure="trainings in the file that have not ended",
        healthy=((0, 0),),
        cause="this is what train --resume goes on from, not the net",
        advice="take the file of the net beside it, or finish: train --resume",
        grave=False,
    ),
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
        folder = assets.data_path("weights", "styles")
        nets = {p.stem: p for p in folder.glob("*.safetensors")}
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
    look = _examine_checkpoint if path.suffix.lower() in CHECKPOINTS else None
    yield from look(path, photos) if look else _examine_picture(path)


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


def _examine_checkpoint(path: Path, photos: Tensor) -> Iterator[Reading]:
    chart = Chart(SYMPTOMS)
    with path.open("rb") as stream:
        pickled = stream.read(2) in (b"PK", b"\x80\x02") or path.suffix in PICKLES
    yield chart.read("pickle", pickled, _inside(path) if pickled else "")
    if pickled:
        return
    share = _share(path)
    try:
        with safe_open(path, "pt") as file:
            keys = list(file.keys())
            card = json.loads((file.metadata() or {}).get("card", "{}"))
    except (SafetensorError, ValueError, OSError):
        yield chart.read("file cut short", min(share, 0.99))
        return
    yield chart.read("file cut short", share)
    yield from _by_kind(path, keys, card, photos, chart)


def _inside(path: Path) -> str:
    """Return what the safe reader finds in a pickle; it runs no code."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # pickles fail in many ways
        return "even the safe reader refuses it"
    state = state.get("state_dict", state) if isinstance(state, Mapping) else {}
    old = sum(str(key).endswith(_STATISTICS) for key in state)
    return f"{len(state)} entries, {old} of them running averages"


def _share(path: Path) -> float:
    """Return the size of a safetensors file in parts of what its header says."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 0 < length <= size:
            return 0.0
        try:
            header = json.loads(stream.read(length))
            ends = [v["data_offsets"][1] for k, v in header.items() if k[0] != "_"]
        except (ValueError, TypeError, KeyError, AttributeError):
            return 0.0
    return size / (8 + length + max(ends, default=0))


def _by_kind(
    path: Path, keys: list[str], card: dict, photos: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield the readings of a whole file, as what its card says it is."""
    kind = card.get("format", NET)
    yield chart.read("unfinished training", kind == TRAINING)
    if kind == TRAINING:
        return
    yield chart.read("no recipe card", "net" in card)
    if "net" not in card:
        return
    old = sum(key.endswith(_STATISTICS) for key in keys)
    batch = card["net"].get("norm") == "batch" or kind == SUPER_RESOLUTION
    yield chart.read("old running averages", 0 if batch else old)
    load = load_super_resolution if kind == SUPER_RESOLUTION else load_net
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the reading before says it
            net, _ = load(path)
    except ValueError as error:
        count = [word for word in str(error).split() if word.isdecimal()]
        yield chart.read("another architecture", int((count or [1])[-1]), str(error))
        return
    yield chart.read("another architecture", 0)
    if kind == SUPER_RESOLUTION:
        broken = sum(int((~w.isfinite()).sum()) for w in net.state_dict().values())
        yield Chart(NET_SYMPTOMS).read("weights not finite", broken)
    else:
        yield from examine_net(net, photos)
    yield from _curve(card)


def _curve(card: dict) -> Iterator[Reading]:
    """Yield the readings of the training that the card tells of."""
    columns, rows = card.get("history_columns"), card.get("history")
    resumed = card.get("recipe", {}).get("start") is not None
    if columns and rows and "total" in columns:
        place = columns.index("total")
        for reading in examine_history([row[place] for row in rows]):
            if not (resumed and reading.name == "loss never falls"):
                yield reading


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

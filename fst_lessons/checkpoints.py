"""Trained nets and unfinished trainings on disk: safetensors with a recipe card inside.

A net's file holds its weights in half precision and, as text in the file's header, the
card: what it was trained for, how, how long, and how good it became. A training's file
holds all that the next step depends on, in full precision. Neither is ever a pickle,
which could run a stranger's code when it is read.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from . import assets
from .destinations import check_place
from .shipped_nets import find_shipped, given_file, shipped_names
from .super_resolution_net import SRCNN, SuperResolutionNet, make_super_resolution_net
from .transform_net import NetConfig, TransformNet

NET = "fst_lessons transform net, version 1"
SUPER_RESOLUTION = "fst_lessons super-resolution net, version 1"
TRAINING = "fst_lessons unfinished training, version 1"
FOLDER = ("weights", "styles")
SUPER_RESOLUTION_FOLDER = ("weights", "super_resolution")
Net = TransformNet | SuperResolutionNet | SRCNN
PICKLES = {".pth", ".pt", ".t7", ".pkl", ".pickle", ".ckpt", ".bin", ".model"}


def save_net(net: Net, path: str | Path, card: Mapping[str, Any]) -> Path:
    """Write a net in float16 with its recipe card, whole or not at all.

    Args:
        net: a `TransformNet`, a `SuperResolutionNet` or an `SRCNN`.
        path: ends in .safetensors.
        card: anything JSON can hold; the net's own configuration is added to it.

    Returns:
        The path.

    Raises:
        ValueError: a name with another ending, or no such folder.
        OSError: the disk is full; whatever stood at `path` is still there.
    """
    weights = {name: value.half() for name, value in net.state_dict().items()}
    kind = NET if isinstance(net, TransformNet) else SUPER_RESOLUTION
    card = {**card, "format": kind, "net": asdict(net.config)}
    return write_tensors(weights, path, card)


def load_net(
    source: str | Path, *, width: int | None = None, device: str | torch.device = "cpu"
) -> tuple[TransformNet, dict[str, Any]]:
    """Return a trained net, frozen and ready to paint, and its recipe card.

    Args:
        source: the name of a net that comes with the package, or a file.
        width: for a name: 32, or 16, which is faster; default the widest there is.
        device: where to put it.

    Raises:
        ValueError: unknown name (the nearest are offered), or a file that is damaged,
            a pickle, an unfinished training or not a transform net.
    """
    path = find_net(source, width=width)
    tensors, card = read_tensors(path, NET)
    net = TransformNet(_config(card, path))
    _load_weights(net, tensors, path)
    net.eval().requires_grad_(False)
    return net.to(device), card


def load_super_resolution(
    source: str | Path, *, device: str | torch.device = "cpu"
) -> tuple[SuperResolutionNet | SRCNN, dict[str, Any]]:
    """Return a trained net that enlarges, frozen and ready, and its recipe card.

    Args:
        source: the name of a net that comes with the package, such as "pixel_x4", or a
            file.
        device: where to put it.

    Raises:
        ValueError: see `load_net`.
    """
    path = find_super_resolution(source)
    tensors, card = read_tensors(path, SUPER_RESOLUTION)
    try:
        net = make_super_resolution_net(**card["net"])
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path.name} was made by another version of the package: {error}"
        ) from None
    _load_weights(net, tensors, path)
    net.eval().requires_grad_(False)
    return net.to(device), card


def find_super_resolution(source: str | Path) -> Path:
    """Return the file of `source`, a net that enlarges, by name or as a file.

    Raises:
        ValueError: neither; offers the nearest names.
    """
    return find_shipped(source, SUPER_RESOLUTION_FOLDER, what="net")


def is_super_resolution(source: str | Path) -> bool:
    """Return whether `source`, a name or a file, is that of a net that enlarges."""
    try:
        read_header(find_super_resolution(source), SUPER_RESOLUTION)
    except ValueError:
        return False
    return True


def read_super_resolution_card(source: str | Path) -> dict[str, Any]:
    """Return a net's recipe card; `source` as in `load_super_resolution`."""
    return read_header(find_super_resolution(source), SUPER_RESOLUTION)


def super_resolution_names() -> list[str]:
    """Return the names of the nets that enlarge and come with the package."""
    return shipped_names(SUPER_RESOLUTION_FOLDER)


def read_card(source: str | Path, *, width: int | None = None) -> dict[str, Any]:
    """Return a net's card without its weights; `source`, `width` as in `load_net`."""
    return read_header(find_net(source, width=width), NET)


def net_names(*, width: int = 32) -> list[str]:
    """Return the names of the nets of this width that come with the package."""
    ending = f"_{width}.safetensors"
    folder = assets.data_path() / Path(*FOLDER)
    return sorted(p.name.removesuffix(ending) for p in folder.glob(f"*{ending}"))


def net_path(name: str, *, width: int = 32) -> Path:
    """Return the file of a net that comes with the package.

    Raises:
        ValueError: no net of this name and width; offers the nearest names.
    """
    names = net_names(width=width)
    if name not in names:
        raise ValueError(
            f"no net {name!r} of width {width} comes with the package; "
            + assets.nearest(name, names)
        )
    return assets.data_path(*FOLDER, f"{name}_{width}.safetensors")


def find_net(source: str | Path, *, width: int | None = None) -> Path:
    """Return the file of `source`, a name or a file, as `load_net` takes it.

    A name may tell the width, too: "nocturne_16".
    """
    if (path := given_file(source)) is not None:
        return path
    name, _, told = str(source).rpartition("_")
    if told.isdecimal() and name in net_names(width=int(told)):
        return net_path(name, width=int(told))
    if width is None:
        width = 32 if str(source) in net_names(width=32) else 16
    return net_path(str(source), width=width)


def write_tensors(
    tensors: Mapping[str, Tensor], path: str | Path, card: Mapping[str, Any]
) -> Path:
    """Write `tensors` with a card in the header, whole or not at all; return the path.

    Raises:
        ValueError: a name that does not end in .safetensors, or no such folder.
        OSError: no room or no right to write; an older file at `path` stays.
    """
    path = check_weights_destination(path)
    plain = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    content = save(plain, metadata={"card": json.dumps(card)})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # a power cut must not leave half a file
        Path(temporary).chmod(0o644)  # mkstemp makes files private
        os.replace(temporary, path)
    except OSError as error:
        size = len(content) / 1e6
        raise OSError(
            f"cannot write {path} ({size:.1f} MB): {error.strerror or error}; "
            "what stood there before is unharmed"
        ) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def check_weights_destination(path: str | Path) -> Path:
    """Return the path if a file of weights can be written there.

    Raises:
        ValueError: a name that does not end in .safetensors, no such folder, no right.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"weights are saved as .safetensors, not {path.name!r}")
    return check_place(path)


def read_tensors(
    path: str | Path, kind: str
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the card of a file.

    Args:
        path: a file written by this module.
        kind: the card's "format", such as `NET` or `TRAINING`.

    Raises:
        ValueError: not there, damaged, a pickle, or of another kind.
    """
    card = read_header(Path(path), kind)
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, card


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """Return the card of a file alone; `path` and `kind` as in `read_tensors`.

    Raises:
        ValueError: see `read_tensors`.
    """
    if not path.is_file():
        raise ValueError(f"no file {path}; check the path")
    with path.open("rb") as stream:
        start = stream.read(2)
    if path.suffix in PICKLES or start in (b"PK", b"\x80\x02"):
        raise ValueError(
            f"{path.name} is a pickle, which can run code when it is read, and is "
            "refused; read it with torch.load(..., weights_only=True) and save its "
            "tensors with safetensors.torch.save_file"
        )
    try:
        with safe_open(path, "pt") as file:
            card = json.loads((file.metadata() or {}).get("card", "{}"))
    except (SafetensorError, ValueError) as error:
        raise ValueError(
            f"{path.name} is damaged or no safetensors file ({error}); "
            "copy or train it again"
        ) from error
    found = card.get("format", NET)  # a file without a card may still hold a net
    if found == TRAINING and kind != TRAINING:
        raise ValueError(
            f"{path.name} is an unfinished training; go on with train --resume, "
            "the finished net is written beside it"
        )
    if found != kind:
        raise ValueError(f"{path.name} holds {found!r}, expected {kind!r}")
    return card


def _config(card: dict[str, Any], path: Path) -> NetConfig:
    try:
        return NetConfig(**card["net"])
    except KeyError:
        raise ValueError(
            f"{path.name} has no recipe card, so its architecture is unknown; load it "
            "with load_weights(net, path) into a TransformNet of the right preset"
        ) from None
    except TypeError as error:
        raise ValueError(
            f"{path.name} was made by another version of the package: {error}"
        ) from None


def load_weights(net: TransformNet, path: str | Path) -> TransformNet:
    """Fill a net of known architecture from the file at `path`, and return it.

    Files of old programs count pictures in `running_mean` and `running_var` of
    instance norms, which use neither; they are dropped with a warning.

    Raises:
        ValueError: damaged, or weights of another architecture.
    """
    tensors, _ = read_tensors(path, NET)
    _load_weights(net, tensors, Path(path))
    return net


def _load_weights(net: Net, tensors: dict[str, Tensor], path: Path) -> None:
    wanted = net.state_dict()
    leftovers = ("running_mean", "running_var", "num_batches_tracked")
    old = [k for k in tensors if k not in wanted and k.endswith(leftovers)]
    if old:
        warnings.warn(
            f"{path.name}: dropped {len(old)} running statistics that instance norm "
            "does not use",
            stacklevel=4,
        )
    found = {k: v for k, v in tensors.items() if k not in old}
    wrong = sorted(
        wanted.keys() ^ found.keys()
        | {k for k in wanted.keys() & found.keys() if wanted[k].shape != found[k].shape}
    )
    if wrong:
        raise ValueError(
            f"{path.name} does not fit preset {net.config.preset!r} with width "
            f"{net.config.width}: {len(wrong)} tensors differ, the first is {wrong[0]}"
        )
    net.load_state_dict({k: v.to(wanted[k].dtype) for k, v in found.items()})

"""The doctor's look at files of weights, whatever network is in them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from .adjustable_checkpoints import ADJUSTABLE, load_adjustable
from .adjustable_net import AdjustableTransformNet
from .checkpoints import (
    NET,
    PICKLES,
    SUPER_RESOLUTION,
    TRAINING,
    load_net,
    load_super_resolution,
)
from .doctor_descent import examine_history
from .doctor_net import SYMPTOMS as NET_SYMPTOMS
from .doctor_net import examine_net
from .doctor_network import examine_loss_network
from .loss_network import ARCHITECTURES, LossNetwork, load_loss_network
from .symptoms import Chart, Reading, Symptom
from .transform_net import TransformNet

CHECKPOINTS = {".safetensors", *PICKLES}
LOADERS: dict[str, Callable] = {
    NET: load_net,
    SUPER_RESOLUTION: load_super_resolution,
    ADJUSTABLE: load_adjustable,
}
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")

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
}


def examine_checkpoint(path: str | Path, photos: Tensor) -> Iterator[Reading]:
    """Yield the readings of a file of weights, and of the network that is in it.

    Args:
        path: a safetensors file, or a pickle, which is not run.
        photos: `(2, 3, S, S)` RGB in [0, 1], for the net to paint.
    """
    path = Path(path)
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
    if "net" not in card and (network := _loss_network(path, keys)) is not None:
        yield from examine_loss_network(network, photos[:1])
        return
    yield chart.read("no recipe card", "net" in card)
    if "net" not in card:
        return
    old = sum(key.endswith(_STATISTICS) for key in keys)
    unneeded = kind == NET and card["net"].get("norm") != "batch"
    yield chart.read("old running averages", old if unneeded else 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the reading before says it
            net, _ = LOADERS.get(kind, load_net)(path)
    except ValueError as error:
        count = [word for word in str(error).split() if word.isdecimal()]
        yield chart.read("another architecture", int((count or [1])[-1]), str(error))
        return
    yield chart.read("another architecture", 0)
    yield from _examine_painter(net, photos)
    yield from _curve(card)


def _loss_network(path: Path, keys: list[str]) -> LossNetwork | None:
    """Return the loss network whose weights a file holds, None if it holds others."""
    if not all(key.startswith("convolutions.") for key in keys):
        return None
    for name in ARCHITECTURES:
        try:
            return load_loss_network(name, weights=path)
        except ValueError:  # of another width
            continue
    return None


def _examine_painter(net: nn.Module, photos: Tensor) -> Iterator[Reading]:
    """Yield the readings of a net, of an adjustable one in each of its styles."""
    if isinstance(net, TransformNet):
        yield from examine_net(net, photos)
        return
    broken = sum(int((~w.isfinite()).sum()) for w in net.state_dict().values())
    yield (weights := Chart(NET_SYMPTOMS).read("weights not finite", broken))
    if isinstance(net, AdjustableTransformNet) and not weights.ill:
        for style in net.config.styles:
            paint = partial(net, strength=net.config.middle, styles=style)
            yield from examine_net(paint, photos, where=style)


def _curve(card: dict) -> Iterator[Reading]:
    """Yield the readings of the training that the card tells of."""
    columns, rows = card.get("history_columns"), card.get("history")
    resumed = card.get("recipe", {}).get("start") is not None
    if columns and rows and "total" in columns:
        place = columns.index("total")
        for reading in examine_history([row[place] for row in rows]):
            if not (resumed and reading.name == "loss never falls"):
                yield reading

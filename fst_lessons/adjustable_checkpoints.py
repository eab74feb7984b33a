"""Adjustable nets on disk; see `checkpoints` for the format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from .adjustable_net import AdjustableConfig, AdjustableTransformNet
from .checkpoints import read_header, read_tensors, write_tensors
from .shipped_nets import find_shipped, shipped_names

ADJUSTABLE = "fst_lessons adjustable net, version 1"
FOLDER = ("weights", "adjustable")


def save_adjustable(
    net: AdjustableTransformNet, path: str | Path, card: Mapping[str, Any]
) -> Path:
    """Write a net in float16 with its recipe card, whole or not at all.

    Args:
        net: to be kept.
        path: ends in .safetensors.
        card: anything JSON can hold; the net's own configuration is added to it.

    Returns:
        The path.

    Raises:
        ValueError: a name with another ending, or no such folder.
        OSError: the disk is full; whatever stood at `path` is still there.
    """
    weights = {name: value.half() for name, value in net.state_dict().items()}
    card = {**card, "format": ADJUSTABLE, "net": asdict(net.config)}
    return write_tensors(weights, path, card)


def load_adjustable(
    source: str | Path, *, device: str | torch.device = "cpu"
) -> tuple[AdjustableTransformNet, dict[str, Any]]:
    """Return an adjustable net, frozen and ready to paint, and its recipe card.

    Args:
        source: the name of a net that comes with the package, or a file.
        device: where to put it.

    Raises:
        ValueError: see `checkpoints.load_net`.
    """
    path = find_adjustable(source)
    tensors, card = read_tensors(path, ADJUSTABLE)
    try:
        net = AdjustableTransformNet(AdjustableConfig(**card["net"]))
        net.load_state_dict({name: value.float() for name, value in tensors.items()})
    except (KeyError, TypeError, RuntimeError) as error:
        raise ValueError(
            f"{path.name} was made by another version of the package: {error}"
        ) from None
    net.eval().requires_grad_(False)
    return net.to(device), card


def find_adjustable(source: str | Path) -> Path:
    """Return the file of an adjustable net, given by name or as a file.

    Args:
        source: the name of a net that comes with the package, or a file.

    Raises:
        ValueError: neither; for an unknown name, offers the nearest ones.
    """
    return find_shipped(source, FOLDER, what="adjustable net")


def is_adjustable(source: str | Path) -> bool:
    """Return whether `source`, a name or a file, is a readable adjustable net."""
    try:
        read_header(find_adjustable(source), ADJUSTABLE)
    except ValueError:
        return False
    return True


def read_adjustable_card(source: str | Path) -> dict[str, Any]:
    """Return the recipe card of an adjustable net; `source` as in `load_adjustable`.

    Raises:
        ValueError: see `checkpoints.load_net`.
    """
    return read_header(find_adjustable(source), ADJUSTABLE)


def adjustable_names() -> list[str]:
    """Return the names of the adjustable nets that come with the package."""
    return shipped_names(FOLDER)

"""Recipe cards: what a trained net carries with it, so that it can be made again."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from . import assets
from .adjustable_recipe import AdjustableRecipe
from .datasets import HELD_OUT
from .progress import short
from .recipes import TrainingRecipe
from .super_resolution_recipe import SuperResolutionRecipe
from .training_state import Training


def make_card(
    training: Training,
    *,
    photographs: Mapping[str, Any],
    style: Mapping[str, Any] | None = None,
    styles: Sequence[Mapping[str, Any]] = (),
    ladder: Sequence[Mapping[str, Any]] = (),
    held_out: Sequence[str] = HELD_OUT,
) -> dict[str, Any]:
    """Return the card of a training.

    Args:
        training: finished or not.
        photographs: of the training: {"what", "count"}.
        style: from `describe_style`, where a style was trained for.
        styles: the same, where several were.
        ladder: from `adjustable_training.measure_ladder`, where lambda is an input.
        held_out: names of the photographs that it was measured on.
    """
    measured = dict(training.evaluations[-1]) if training.evaluations else {}
    if training.yardstick is not None:
        measured["gatys_curve"] = training.yardstick.curve
    if ladder:
        measured["ladder"] = [_shortened(row) for row in ladder]
    measured["photographs"] = list(held_out)
    return {
        **({} if style is None else {"style": dict(style)}),
        **({"styles": [dict(one) for one in styles]} if styles else {}),
        "recipe": asdict(training.recipe),
        "photographs": dict(photographs),
        "evaluation": measured,
        "evaluations": training.evaluations,
        "history": training.history,
        "history_columns": history_columns(training.recipe),
        "interrupted": training.interrupted,
        "seconds": round(training.seconds, 1),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _shortened(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: short(v) if isinstance(v, float) else v for k, v in row.items()}


def history_columns(
    recipe: TrainingRecipe | AdjustableRecipe | SuperResolutionRecipe,
) -> list[str]:
    """Return what the numbers in a row of a recipe's loss curve are."""
    if isinstance(recipe, SuperResolutionRecipe):
        return ["step", "total", *recipe.terms]
    steady = ["shift"] if recipe.shift_weight else []
    return ["step", "total", "content", "style", "tv", *steady]


def describe_style(path: str | Path, **more: Any) -> dict[str, Any]:
    """Return what a card says of a style picture.

    Args:
        path: the picture's file; of a bundled one, title and author are known.
        **more: such as title="The Starry Night", painter="Vincent van Gogh", year=1889.
    """
    path = Path(path).resolve()
    found: dict[str, Any] = {"name": path.stem, "sha256": assets.sha256_of(path)}
    for name, entry in assets.manifest().items():
        if entry["sha256"] == found["sha256"]:
            found |= {"name": Path(name).stem, "title": entry["title"]}
            found["painter"] = entry["author"]
    return found | {name: value for name, value in more.items() if value is not None}


def versions() -> dict[str, str]:
    """Return the versions that decide a training's digits."""
    try:
        own = version("fst_lessons")
    except PackageNotFoundError:  # run from a folder, not installed
        own = "not installed"
    return {
        "fst_lessons": own,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }

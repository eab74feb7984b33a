"""A training that can be put away and taken up again, bit for bit.

The state holds whatever the next step depends on: weights, the optimizer's memory, the
generator of the crops, the point of the way, and the sums of the loss curve.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .checkpoints import TRAINING, read_tensors, write_tensors
from .recipes import TrainingRecipe
from .yardstick import Yardstick


@dataclass
class Training:
    """A training under way, or its result.

    Attributes:
        net: what is trained.
        recipe: what it is trained by; at the end `steps` are the steps made.
        step: updates made so far.
        progress: 0 at the start, 1 at the end of the plan.
        seconds: of training and measuring on the way.
        history: [step, total, each term], means over a stretch of the way.
        evaluations: on held-out photographs: {"step", "total", each term, and what the
            task adds, such as "gatys_steps" where a yardstick is there}.
        yardstick: the slow method on the same photographs, None where not measured.
        interrupted: True if stopped by hand before its end.
    """

    net: nn.Module
    recipe: Any
    step: int = 0
    progress: float = 0.0
    seconds: float = 0.0
    history: list[list[float]] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    yardstick: Yardstick | None = None
    interrupted: bool = False


_KEPT = ("step", "progress", "seconds", "history", "evaluations")


@dataclass
class State:
    """What was read from a file: recipe, card and tensors; see `restore`."""

    recipe: Any
    tensors: Mapping[str, Tensor]
    card: Mapping[str, Any]

    @property
    def sums(self) -> dict[str, float]:
        """The loss curve's unfinished stretch."""
        return dict(self.card["sums"])

    def restore(
        self,
        training: Training,
        optimizer: torch.optim.Optimizer,
        generator: random.Random,
    ) -> None:
        """Put the state into a training, its optimizer and its generator, in place."""
        weights = _below("net.", self.tensors)
        training.net.load_state_dict(weights)
        memory: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimizer.", self.tensors).items():
            index, key = name.split(".", 1)
            memory.setdefault(int(index), {})[key] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": memory, "param_groups": groups})
        version, numbers, gauss = self.card["generator"]
        generator.setstate((version, tuple(numbers), gauss))
        for name in _KEPT:
            setattr(training, name, self.card[name])


def write(
    path: str | Path,
    training: Training,
    optimizer: torch.optim.Optimizer,
    generator: random.Random,
    sums: Mapping[str, float],
) -> None:
    """Write a training, optimizer, generator and `sums` to `path`, or nothing.

    Raises:
        OSError: no room or no right to write; the state written before stays.
    """
    tensors = {f"net.{k}": v for k, v in training.net.state_dict().items()}
    for index, memory in optimizer.state_dict()["state"].items():
        tensors.update({f"optimizer.{index}.{k}": v for k, v in memory.items()})
    card = {name: getattr(training, name) for name in _KEPT}
    card |= {
        "format": TRAINING,
        "task": type(training.recipe).__name__,
        "recipe": asdict(training.recipe),
        "generator": generator.getstate(),
        "sums": dict(sums),
    }
    write_tensors(tensors, path, card)


def read(path: str | Path, recipe_type: type = TrainingRecipe) -> State:
    """Return the state in a file.

    Args:
        path: of the file.
        recipe_type: of what is trained.

    Raises:
        ValueError: not there, damaged, or not the state of such a training.
    """
    tensors, card = read_tensors(path, TRAINING)
    task = card.get("task", TrainingRecipe.__name__)
    if task != recipe_type.__name__:
        raise ValueError(
            f"{Path(path).name} is an unfinished training by a {task}, expected a "
            f"{recipe_type.__name__}; resume it with the command that began it"
        )
    return State(recipe_from(card["recipe"], recipe_type), tensors, card)


def recipe_from(values: Mapping[str, Any], recipe_type: type = TrainingRecipe) -> Any:
    """Return the `recipe_type` of a card's values, whose lists were tuples.

    Raises:
        ValueError: settings that this version of the package does not know.
    """
    known = {f.name for f in fields(recipe_type)}
    if unknown := sorted(set(values) - known):
        raise ValueError(
            f"the recipe has {', '.join(unknown)}, which this version does not know; "
            "update the package"
        )
    return recipe_type(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    )


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)
    }

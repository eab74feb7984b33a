"""The loop around a training step, for whatever is trained.

    while training.progress < 1:
        terms = task.step(...)

Around the step stands what a training of minutes or hours needs: a plan that ends on
time, measuring on the way, checkpoints that continue bit for bit, several processes,
Ctrl-C, and a name for the term that became NaN. What is trained is a `Task`:
`training.fit` trains a style, `super_resolution_training.fit_super_resolution` nets
that enlarge.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from . import training_state
from .parallel import Group
from .progress import Bar, Measure, Saver, short
from .schedule import Plan, one_cycle
from .training_state import Training

STRIDES = 100  # of the loss curve that a card keeps


class Task(Protocol):
    """What is trained, on what, and how it is measured.

    Attributes:
        recipe: a frozen dataclass with `steps`, `learning_rate`, `schedule`, `seed`.
        net: whose weights change.
        runner: computes what the net computes in training, perhaps sooner.
        optimizer: of the net's weights.
    """

    recipe: Any
    net: nn.Module
    runner: nn.Module
    optimizer: torch.optim.Optimizer

    def step(self, net: nn.Module, generator: random.Random) -> dict[str, Tensor]:
        """Change the weights once; return "total" and the unweighted terms.

        Args:
            net: the runner, its gradients averaged over the processes.
            generator: source of all chance.
        """

    def begin(self, training: Training) -> None:
        """Get a training ready for measuring, in the leading process alone."""

    def measure(self, training: Training) -> dict[str, float]:
        """Return "total" and more of what held-out photographs tell of a training."""


@dataclass(frozen=True)
class Habits:
    """How a training is run; nothing of it changes what the net becomes.

    Attributes:
        minutes: end after this long, whatever the recipe's steps, measuring included.
        checkpoint: a .safetensors file to keep the state in, every
            `checkpoint_seconds` and at the end.
        checkpoint_seconds: between two saves.
        resume: continue from `checkpoint` if it is there; the recipe in it counts.
        measurements: how often to measure on the way.
        on_measure: called with the `Training` after each measurement.
        progress: show a bar with the unweighted terms and the time left.
    """

    minutes: float | None = None
    checkpoint: str | Path | None = None
    checkpoint_seconds: float = 20.0
    resume: bool = False
    measurements: int = 8
    on_measure: Callable[[Training], None] | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        """Refuse a training without time."""
        if self.minutes is not None and not self.minutes > 0:
            raise ValueError(f"minutes must be positive, got {self.minutes}")


def train(
    make_task: Callable[[Any], Task],
    recipe: Any,
    habits: Habits,
    *,
    began: float,
    group: Group,
) -> Training:
    """Train to the end of the recipe's steps or of the minutes.

    Args:
        make_task: from a recipe.
        recipe: of the task.
        habits: see there.
        began: `time.perf_counter()` at the start of all; minutes count from there.
        group: the processes that share the batch.

    Returns:
        The training, its net in evaluation mode. Ctrl-C ends it early and keeps what
        was reached.

    Raises:
        ValueError: settings that cannot be used, or the checkpoint of another task.
        FloatingPointError: a term became NaN or infinite; names it. The checkpoint
            keeps the state before.
    """
    checkpoint = habits.checkpoint
    if habits.resume and checkpoint is not None and Path(checkpoint).is_file():
        run = Run.resumed(Path(checkpoint), make_task, type(recipe), group)
    else:
        run = Run(make_task(recipe), group)
    training = run.training
    if group.leads:
        run.task.begin(training)
    measure = Measure(
        training,
        run.task.measure,
        times=habits.measurements,
        group=group,
        report=habits.on_measure,
    )
    if habits.minutes is None:
        plan = Plan(steps=training.recipe.steps)
    else:  # the last measurement will take as long as the first one did
        spent = time.perf_counter() - began
        plan = Plan(seconds=max(habits.minutes * 60 - spent - 2 * measure.cost, 1.0))
    try:
        run.go(plan, measure, habits)
    except KeyboardInterrupt:
        training.interrupted = True
    training.net.eval()
    if checkpoint is not None and group.leads:
        run.save(checkpoint)
    training.recipe = replace(training.recipe, steps=max(1, training.step))
    measure.now()
    return training


class Run:
    """All that the next step of a `task` depends on; `group`: the processes."""

    def __init__(self, task: Task, group: Group) -> None:
        self.task, self.group = task, group
        self.training = Training(task.net, task.recipe)
        self.generator = random.Random(task.recipe.seed)
        self.sums: dict[str, float] = {}

    @classmethod
    def resumed(
        cls, path: Path, make_task: Callable, recipe_type: type, group: Group
    ) -> Run:
        """Return a run as the file at `path` has it; the others as in `train`."""
        state = training_state.read(path, recipe_type)
        run = cls(make_task(state.recipe), group)
        state.restore(run.training, run.task.optimizer, run.generator)
        run.sums = state.sums
        return run

    def go(self, plan: Plan, measure: Measure, habits: Habits) -> None:
        """Repeat the step until the plan's end; `measure` and save by the `habits`."""
        training, leads = self.training, self.group.leads
        net = self.group.wrap(self.task.runner).train()
        began = time.perf_counter() - training.seconds
        path = habits.checkpoint
        with Bar(plan, training, shown=habits.progress and leads) as bar:
            seconds = habits.checkpoint_seconds if path and leads else math.inf
            saver = Saver(lambda: self.save(path), seconds=seconds, tell=bar.write)
            while training.progress < 1:
                started = time.perf_counter()
                terms = self.step(net)
                training.seconds = time.perf_counter() - began
                ahead = plan.advance(
                    training.progress,
                    step=training.step,
                    spent=training.seconds,
                    last=time.perf_counter() - started,
                )
                training.progress = self.group.agree(ahead)
                training.step += 1
                self.note(terms)
                bar.show(training, terms)
                measure.maybe()
                saver.maybe()

    def step(self, net: nn.Module) -> dict[str, float]:
        """Make one step of a net and return its terms, averaged over the processes.

        Raises:
            FloatingPointError: a term is no number any more; the message names it.
        """
        self.set_learning_rate()
        terms = self.task.step(net, self.generator)
        values = {name: float(self.group.average(v)) for name, v in terms.items()}
        for name in reversed(values):  # the terms first: the total only adds them up
            if not math.isfinite(values[name]):
                raise FloatingPointError(
                    f"the {name} term became {values[name]} at step "
                    f"{self.training.step}; lower the learning rate or its weight"
                )
        return values

    def save(self, path: str | Path) -> None:
        """Write the state to `path`."""
        training_state.write(
            path, self.training, self.task.optimizer, self.generator, self.sums
        )

    def set_learning_rate(self) -> None:
        """Set the learning rate of the point of the way that is reached."""
        recipe = self.training.recipe
        rate = recipe.learning_rate
        if recipe.schedule == "one_cycle":
            # the first step is not lost on a rate of 0
            rate *= max(one_cycle(self.training.progress), 1e-3)
        for group in self.task.optimizer.param_groups:
            group["lr"] = rate

    def note(self, values: dict[str, float]) -> None:
        """Add `values`, a step's terms, to the loss curve."""
        for name, value in {"steps": 1.0, **values}.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        training = self.training
        if training.progress * STRIDES >= len(training.history) + 1:
            count = self.sums.pop("steps")
            means = (short(total / count) for total in self.sums.values())
            training.history.append([training.step, *means])
            self.sums.clear()

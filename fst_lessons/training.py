"""Train a transform net for one style: `fit`, and the step it repeats.

    painted = net(photographs)
    total = lambda_c content + lambda_s style + lambda_TV variation     eq. (5)
    total.backward(); optimizer.step()

Around the step stands what a training of minutes or hours needs: a plan that ends on
time, photographs held out for measuring, checkpoints that continue bit for bit.

Source: Johnson et al. 2016, section 4.1.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import training_state
from .batches import draw_batch
from .checkpoints import load_net, load_weights
from .datasets import held_out_photos
from .fast import Autocast, FastNet
from .loss_network import LossNetwork, load_loss_network
from .losses import PerceptualLoss
from .objective import StyleObjective
from .optimizers import Muon
from .parallel import Group
from .progress import Bar, Measure, Saver
from .recipes import TrainingRecipe
from .schedule import Plan, one_cycle
from .steadiness import Shift, shift_loss
from .training_state import Training
from .transform_net import TransformNet
from .yardstick import Yardstick

STRIDES = 100  # of the loss curve that a card keeps


def train_step(
    net: nn.Module,
    photographs: Tensor,
    objective: StyleObjective,
    optimizer: torch.optim.Optimizer,
    *,
    shift: Shift | None = None,
    shift_weight: float = 0.0,
) -> dict[str, Tensor]:
    """Change a net's weights once, so that it paints these photographs better.

    Args:
        net: `(N, 3, H, W)` -> `(N, 3, H, W)`, RGB in [0, 1].
        photographs: `(N, 3, H, W)`.
        objective: the style and the weights of the terms.
        optimizer: of the net's weights.
        shift: of photographs that are twins, see `steadiness`.
        shift_weight: lambda of the shift term, which needs a shift.

    Returns:
        "total", which is eq. (5) without the shift term, and the unweighted terms,
        before the change, without gradients.
    """
    painted = net(photographs)
    total, terms = objective(painted, photographs)
    if shift is not None:
        terms["shift"] = shift_loss(painted, shift)
    optimizer.zero_grad(set_to_none=True)
    (total + shift_weight * terms.get("shift", 0.0)).backward()
    optimizer.step()
    return {name: v.detach() for name, v in {"total": total, **terms}.items()}


def fit(
    style: Tensor,
    photos: Sequence[Tensor],
    *,
    recipe: TrainingRecipe | None = None,
    minutes: float | None = None,
    held_out: Sequence[Tensor] | None = None,
    yardstick: Yardstick | int = 100,
    checkpoint: str | Path | None = None,
    checkpoint_seconds: float = 20.0,
    resume: bool = False,
    measurements: int = 8,
    on_measure: Callable[[Training], None] | None = None,
    device: str | torch.device = "cpu",
    group: Group | None = None,
    progress: bool = True,
    **changes: Any,
) -> Training:
    """Train a transform net to paint photographs in the manner of one picture.

    Args:
        style: `(1, 3, H, W)` RGB in [0, 1], already in its size and
            softness, see `TrainingRecipe.style_size` and `style_blur`.
        photos: `(1, 3, H, W)` uint8, from `datasets.load_folder` or `bundled_photos`.
        recipe: default `TrainingRecipe()`.
        minutes: end after this long, whatever the recipe's steps, measuring included.
        held_out: photographs to measure on, default four bundled ones at 256 px.
        yardstick: steps of the slow method to compare with (0: none), or a yardstick
            measured before.
        checkpoint: a .safetensors file to keep the state in, every
            `checkpoint_seconds` and at the end.
        checkpoint_seconds: between two saves.
        resume: continue from `checkpoint` if it is there; the recipe in it counts.
        measurements: how often to measure on the way.
        on_measure: called with the `Training` after each measurement.
        device: where to compute.
        group: the processes that share the batch, see `parallel.join`.
        progress: show a bar with the unweighted terms and the time left.
        **changes: fields of the recipe, such as `steps=500, width=32`.

    Returns:
        The training, its net ready to paint. Ctrl-C, or "interrupt" in a notebook, ends
        it early and keeps what was reached.

    Raises:
        ValueError: pictures or settings that cannot be used.
        FloatingPointError: a term became NaN or infinite; names it. The checkpoint
            keeps the state before.
    """
    began, group = time.perf_counter(), group or Group()
    if minutes is not None and not minutes > 0:
        raise ValueError(f"minutes must be positive, got {minutes}")
    recipe = replace(recipe or TrainingRecipe(), **changes)
    pictures = (photos, style, group, torch.device(device))
    if resume and checkpoint is not None and Path(checkpoint).is_file():
        run = _Run.resumed(Path(checkpoint), *pictures)
    else:
        run = _Run(recipe, *pictures)
    training = run.training
    held_out = held_out_photos() if held_out is None else held_out
    measure = Measure(
        training,
        run.measured,
        [photo.to(run.device) for photo in held_out],
        yardstick=yardstick,
        times=measurements,
        group=group,
        report=on_measure,
        progress=progress,
    )
    if minutes is None:
        plan = Plan(steps=training.recipe.steps)
    else:  # the last measurement will take as long as the first one did
        spent = time.perf_counter() - began
        plan = Plan(seconds=max(minutes * 60 - spent - 2 * measure.cost, 1.0))
    try:
        run.go(plan, measure, checkpoint, checkpoint_seconds, progress)
    except KeyboardInterrupt:
        training.interrupted = True
    training.net.eval()
    if checkpoint is not None and group.leads:
        run.save(checkpoint)
    training.recipe = replace(training.recipe, steps=max(1, training.step))
    measure.now()
    return training


def make_net(recipe: TrainingRecipe) -> TransformNet:
    """Return the net a training starts from: random weights, or another net's."""
    torch.manual_seed(recipe.seed)
    net = TransformNet(recipe.preset, width=recipe.width)
    if recipe.start is None:
        return net
    if Path(recipe.start).is_file():
        return load_weights(net, recipe.start)
    other, _ = load_net(recipe.start, width=recipe.width)
    if other.config != net.config:
        raise ValueError(
            f"cannot start from {recipe.start!r}: {other.config}, not {net.config}"
        )
    net.load_state_dict(other.state_dict())
    return net


def make_optimizer(net: nn.Module, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    """Return the recipe's optimizer of a net's weights."""
    if recipe.optimizer == "muon":
        return Muon(net.parameters(), lr=recipe.learning_rate)
    return torch.optim.Adam(net.parameters(), lr=recipe.learning_rate)


def make_loss(network: LossNetwork, recipe: TrainingRecipe) -> PerceptualLoss:
    """Return the recipe's loss, as seen through a loss network."""
    return PerceptualLoss(
        network,
        content_layers=recipe.content_layers,
        style_layers=recipe.style_layers,
        content_weight=recipe.content_weight,
        style_weight=recipe.style_weight,
        tv_weight=recipe.tv_weight,
        units=recipe.units,
    )


class _Run:
    """All that the next step depends on."""

    def __init__(
        self,
        recipe: TrainingRecipe,
        photos: Sequence[Tensor],
        style: Tensor,
        group: Group,
        device: torch.device,
    ) -> None:
        if min(style.shape[-2:]) < recipe.size:
            height, width = style.shape[-2:]
            raise ValueError(
                f"the style picture is {width}x{height}, smaller than the training "
                f"crops of {recipe.size}; give a larger picture or smaller crops"
            )
        if not photos:
            raise ValueError("no photographs to train on")
        self.photos, self.group, self.device = photos, group, device
        self.share = group.share(recipe.batch)
        self.training = Training(make_net(recipe).to(device), recipe)
        self.generator = random.Random(recipe.seed)
        self.optimizer = make_optimizer(self.training.net, recipe)
        network = load_loss_network(recipe.loss_network).to(device)
        style = style.to(device)
        # measured in full precision, whatever the steps are made in
        self.measured = StyleObjective(make_loss(network, recipe), style)
        self.painter: nn.Module = self.training.net
        if recipe.precision == "bfloat16":
            network = network.in_bfloat16()
            quick = FastNet if device.type == "cpu" else Autocast
            self.painter = quick(self.training.net, dtype=torch.bfloat16)
        average = group.average if group.size > 1 else None
        loss = make_loss(network, recipe)
        self.objective = StyleObjective(loss, style, average=average)
        self.sums: dict[str, float] = {}

    @classmethod
    def resumed(cls, path: Path, photos, style, group, device) -> _Run:
        """Return a run as it was when its checkpoint was written."""
        state = training_state.read(path)
        run = cls(state.recipe, photos, style, group, device)
        state.restore(run.training, run.optimizer, run.generator)
        run.sums = state.sums
        return run

    def go(
        self,
        plan: Plan,
        measure: Measure,
        checkpoint: str | Path | None,
        checkpoint_seconds: float,
        progress: bool,
    ) -> None:
        """Repeat the step until the plan's end."""
        training, leads = self.training, self.group.leads
        net = self.group.wrap(self.painter).train()
        began = time.perf_counter() - training.seconds
        with Bar(plan, training, shown=progress and leads) as bar:
            seconds = checkpoint_seconds if checkpoint and leads else math.inf
            saver = Saver(
                lambda: self.save(checkpoint), seconds=seconds, tell=bar.write
            )
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
        """Make one step and return its terms, averaged over the processes."""
        self.set_learning_rate()
        recipe = self.training.recipe
        batch = draw_batch(
            self.photos, recipe, generator=self.generator, keep=self.share
        )
        terms = train_step(
            net,
            batch.photographs.to(self.device),
            self.objective,
            self.optimizer,
            shift=batch.shift,
            shift_weight=recipe.shift_weight,
        )
        values = {name: float(self.group.average(v)) for name, v in terms.items()}
        for name in reversed(values):  # the terms first: the total only adds them up
            if not math.isfinite(values[name]):
                raise FloatingPointError(
                    f"the {name} term became {values[name]} at step "
                    f"{self.training.step}; lower the learning rate or its weight"
                )
        return values

    def save(self, path: str | Path) -> None:
        """Write the state."""
        training_state.write(
            path, self.training, self.optimizer, self.generator, self.sums
        )

    def set_learning_rate(self) -> None:
        """Set the learning rate of the point of the way that is reached."""
        recipe = self.training.recipe
        rate = recipe.learning_rate
        if recipe.schedule == "one_cycle":
            # the first step is not lost on a rate of 0
            rate *= max(one_cycle(self.training.progress), 1e-3)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def note(self, values: dict[str, float]) -> None:
        """Add a step's terms to the loss curve."""
        for name, value in {"steps": 1.0, **values}.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        training = self.training
        if training.progress * STRIDES >= len(training.history) + 1:
            count = self.sums.pop("steps")
            means = (round(total / count, 5) for total in self.sums.values())
            training.history.append([training.step, *means])
            self.sums.clear()

"""Train a transform net for one style: `fit`, and the step that `loop` repeats.

    painted = net(photographs)
    total = lambda_c content + lambda_s style + lambda_TV variation     eq. (5)
    total.backward(); optimizer.step()

Source: Johnson et al. 2016, section 4.1.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .adjustable_checkpoints import is_adjustable
from .batches import draw_batch
from .checkpoints import find_net, load_net, load_weights, net_names, read_card
from .datasets import held_out_photos
from .devices import best_precision
from .fast import Autocast, FastNet
from .loop import Habits, train
from .loss_network import LossNetwork, load_loss_network
from .losses import PerceptualLoss
from .objective import StyleObjective
from .optimizers import make_optimizer
from .parallel import Group
from .recipes import TrainingRecipe
from .steadiness import SIDES, Shift, paint_twins, shift_loss
from .training_state import Training
from .transform_net import TransformNet
from .widening import widen
from .yardstick import Yardstick, measure_yardstick


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
        photographs: `(N, 3, H, W)`; with a shift `(2 N, 3, H, W)`, twins.
        objective: the style and the weights of the terms.
        optimizer: of the net's weights.
        shift: of the twins, see `steadiness`.
        shift_weight: lambda of the shift term, which needs a shift.

    Returns:
        "total", which is eq. (5) without the shift term, and the unweighted terms,
        before the change, without gradients.
    """
    if shift is None:
        painted = net(photographs)
    else:
        painted, both = paint_twins(net, photographs)
    total, terms = objective(painted, photographs[: len(painted)])
    loss = total
    if shift is not None:
        terms["shift"] = shift_loss(both, shift)
        loss = total + SIDES * shift_weight * terms["shift"]
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
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
        recipe: default `TrainingRecipe()`, in the device's `best_precision`.
        minutes: end after this long, whatever the recipe's steps, measuring included.
        held_out: photographs to measure on, default four bundled ones at 256 px.
        yardstick: steps of the slow method to compare with (0: none), or a yardstick
            measured before; with `minutes`, it takes a fifth of them at most.
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
    habits = Habits(
        minutes=minutes,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
        resume=resume,
        measurements=measurements,
        on_measure=on_measure,
        progress=progress,
    )
    default = TrainingRecipe(precision=best_precision(device))
    recipe = replace(recipe or default, **changes)
    make_task = partial(
        StyleTask,
        photos=photos,
        style=style,
        held_out=held_out_photos() if held_out is None else held_out,
        yardstick=yardstick,
        # a slow machine would compare all the time and never train
        yardstick_seconds=12 * minutes if minutes else math.inf,
        device=torch.device(device),
        group=group,
        progress=progress,
    )
    return train(make_task, recipe, habits, began=began, group=group)


def make_net(recipe: TrainingRecipe) -> TransformNet:
    """Return the net a recipe starts from: random weights, or another net's.

    A narrower net of the same layers is widened.

    Raises:
        ValueError: that other net has other layers, or is an adjustable one.
    """
    torch.manual_seed(recipe.seed)
    net = TransformNet(recipe.preset, width=recipe.width)
    if recipe.start is None:
        return net
    if is_adjustable(recipe.start):
        raise ValueError(
            f"{recipe.start} is a net for several styles; tools/settle_net.py makes "
            "one for a single style of it, which can be started from"
        )
    same_width = recipe.start in net_names(width=recipe.width)
    path = find_net(recipe.start, width=recipe.width if same_width else None)
    if "net" not in read_card(path):  # another program's file tells no layers
        return load_weights(net, path)
    other, _ = load_net(path)
    times, rest = divmod(net.config.width, other.config.width)
    if times > 1 and not rest and other.config.norm != "batch":
        other = widen(other, times, seed=recipe.seed)
    if other.config != net.config:
        raise ValueError(
            f"cannot start from {recipe.start!r}: {other.config}, not {net.config}"
        )
    net.load_state_dict(other.state_dict())
    return net


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


class StyleTask:
    """A style to train for, as `loop.Task` wants it; arguments as in `fit`."""

    def __init__(
        self,
        recipe: TrainingRecipe,
        *,
        photos: Sequence[Tensor],
        style: Tensor,
        held_out: Sequence[Tensor],
        yardstick: Yardstick | int,
        yardstick_seconds: float,
        device: torch.device,
        group: Group,
        progress: bool,
    ) -> None:
        if min(style.shape[-2:]) < recipe.size:
            height, width = style.shape[-2:]
            raise ValueError(
                f"the style picture is {width}x{height}, smaller than the training "
                f"crops of {recipe.size}; give a larger picture or smaller crops"
            )
        if not photos:
            raise ValueError("no photographs to train on")
        self.recipe, self.photos, self.device = recipe, photos, device
        self.held_out = [photo.to(device) for photo in held_out]
        self.yardstick, self.yardstick_seconds = yardstick, yardstick_seconds
        self.progress = progress
        self.share = group.share(recipe.batch)
        self.net = make_net(recipe).to(device)
        self.optimizer = make_optimizer(self.net, recipe)
        network = load_loss_network(recipe.loss_network).to(device)
        style = style.to(device)
        # measured in full precision, whatever the steps are made in
        self.measured = StyleObjective(make_loss(network, recipe), style)
        dtype = getattr(torch, recipe.precision)
        if recipe.precision == "bfloat16":
            network = network.in_bfloat16()
        self.runner: nn.Module = self.net
        if device.type == "cpu":
            self.runner = FastNet(self.net, dtype=dtype)
        elif recipe.precision == "bfloat16":
            self.runner = Autocast(self.net, dtype=dtype)
        average = group.average if group.size > 1 else None
        loss = make_loss(network, recipe)
        self.objective = StyleObjective(loss, style, average=average)

    def step(self, net: nn.Module, generator: random.Random) -> dict[str, Tensor]:
        """Draw photographs by a generator, change the net once, return the terms."""
        recipe = self.recipe
        batch = draw_batch(self.photos, recipe, generator=generator, keep=self.share)
        return train_step(
            net,
            batch.photographs.to(self.device),
            self.objective,
            self.optimizer,
            shift=batch.shift,
            shift_weight=recipe.shift_weight,
        )

    def begin(self, training: Training) -> None:
        """Run the slow method, to compare the training with."""
        yardstick = self.yardstick
        if isinstance(yardstick, int) and yardstick > 0:
            yardstick = measure_yardstick(
                self.measured,
                self.held_out,
                steps=yardstick,
                seconds=self.yardstick_seconds,
                progress=self.progress,
            )
        training.yardstick = yardstick or None

    def measure(self, training: Training) -> dict[str, float]:
        """Return a training's terms on held-out photographs, in slow steps too."""
        found = self.measured.measure(training.net, self.held_out)
        if training.yardstick is not None:
            found["gatys_steps"] = training.yardstick.steps(found["total"])
        return found

"""Train one net for many lambda and several styles: `fit_adjustable`.

Every crop of a batch is painted with a lambda and a style of its own, drawn anew in
each step, and is judged by the objective of that lambda and that style:

    L(lambda) / (1 + lambda / lambda_0), averaged over the batch

Without the divisor, the crops of large lambda would decide alone what the net becomes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .adjustable_net import AdjustableTransformNet
from .adjustable_objective import AdjustableObjective
from .adjustable_recipe import AdjustableRecipe
from .adjustable_start import make_net
from .batches import draw_batch
from .datasets import held_out_photos
from .devices import best_precision
from .fast_adjustable import FastAdjustable
from .loop import Habits, train
from .loss_network import load_loss_network
from .optimizers import make_optimizer
from .parallel import Group
from .steadiness import SIDES, Shift, paint_twins, shift_losses
from .training_state import Training

LADDER = (1.0, 3.16, 10.0, 31.6, 64.0, 100.0)  # the lambda that cards tell of


@dataclass(frozen=True)
class Wishes:
    """What each crop of a batch shall be painted as.

    Attributes:
        u: `(N,)` in [-1, 1], where each lambda lies on the slider.
        styles: `(N,)` integers.
    """

    u: Tensor
    styles: Tensor

    def to(self, device: torch.device) -> Wishes:
        """Return the wishes on a device."""
        return Wishes(self.u.to(device), self.styles.to(device))


def draw_wishes(batch: int, styles: int, *, generator: random.Random) -> Wishes:
    """Return a style and a place of the slider for each crop, both evenly.

    A batch is spread over styles and slider as widely as it can be; which style meets
    which part of the slider is left to chance.

    Args:
        batch: N.
        styles: how many there are.
        generator: source of all chance.
    """
    first = generator.randrange(styles)
    parts = generator.sample(range(batch), batch)
    u = [2 * (part + generator.random()) / batch - 1 for part in parts]
    numbers = [(first + crop) % styles for crop in range(batch)]
    return Wishes(torch.tensor(u), torch.tensor(numbers))


def adjustable_step(
    runner: nn.Module,
    photographs: Tensor,
    wishes: Wishes,
    strengths: Tensor,
    objective: AdjustableObjective,
    optimizer: torch.optim.Optimizer,
    *,
    shift: Shift | None = None,
) -> dict[str, Tensor]:
    """Change a net's weights once, so that it paints these photographs better.

    Args:
        runner: (photographs, u, blends) -> paintings.
        photographs: `(N, 3, H, W)`; with a shift `(2 N, 3, H, W)`, twins.
        wishes: of each of the N; twins share theirs.
        strengths: `(N,)`, the lambda that `wishes.u` stands for.
        objective: of the net.
        optimizer: of its weights.
        shift: of the twins, see `steadiness`.

    Returns:
        "total", divided as it is trained but without the shift term, and the unweighted
        terms, means over the batch before the change, without gradients.
    """
    recipe = objective.recipe
    blends = nn.functional.one_hot(wishes.styles, len(recipe.styles)).float()
    paint = partial(runner, u=wishes.u, styles=blends)
    if shift is None:
        painted = paint(photographs)
    else:
        painted, both = paint_twins(paint, photographs)
    terms = objective(painted, photographs[: len(painted)], wishes.styles)
    divisor = 1 + strengths / recipe.balance
    total = loss = (objective.weigh(terms, strengths) / divisor).mean()
    if shift is not None:
        terms["shift"] = shift_losses(both, shift)
        steady = (terms["shift"] / divisor).mean()
        loss = total + SIDES * recipe.shift_weight * steady
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    means = {name: value.detach().mean() for name, value in terms.items()}
    return {"total": total.detach(), **means}


def fit_adjustable(
    styles: Mapping[str, Tensor],
    photos: Sequence[Tensor],
    *,
    recipe: AdjustableRecipe | None = None,
    habits: Habits | None = None,
    held_out: Sequence[Tensor] | None = None,
    device: str | torch.device = "cpu",
    group: Group | None = None,
    **changes: Any,
) -> Training:
    """Train a net that takes lambda and a blend of styles as inputs.

    Args:
        styles: {name: `(1, 3, H, W)` RGB in [0, 1]}, each already in its size and
            softness, see `AdjustableRecipe.style_sizes` and `style_blurs`.
        photos: `(1, 3, H, W)` uint8, see `training.fit`.
        recipe: default `AdjustableRecipe()`, in the device's `best_precision`; its
            styles are those given here.
        habits: minutes, checkpoint, resume and so on, see `loop.Habits`.
        held_out: photographs to measure on, default four bundled ones at 256 px.
        device: where to compute.
        group: the processes that share the batch, see `parallel.join`.
        **changes: fields of the recipe, such as `steps=500, width=32`.

    Returns:
        The training, its net ready to paint. Its evaluations are at the middle of the
        slider, means over styles; `measure_ladder` tells the rest. Ctrl-C ends it early
        and keeps what was reached.

    Raises:
        ValueError: pictures or settings that cannot be used.
        FloatingPointError: a term became NaN or infinite; names it.
    """
    began, group = time.perf_counter(), group or Group()
    default = AdjustableRecipe(precision=best_precision(device))
    recipe = replace(recipe or default, styles=tuple(styles), **changes)
    make_task = partial(
        AdjustableTask,
        photos=photos,
        styles=styles,
        held_out=held_out_photos() if held_out is None else held_out,
        device=torch.device(device),
        group=group,
    )
    return train(make_task, recipe, habits or Habits(), began=began, group=group)


class AdjustableTask:
    """Several styles and many lambda to train for, as `loop.Task` wants it.

    Args:
        recipe: with the names of `styles`, in their order.
        photos: `(1, 3, H, W)` uint8, to train on.
        styles: {name: `(1, 3, H, W)` RGB in [0, 1]}.
        held_out: `(1, 3, H, W)` RGB in [0, 1], to measure on.
        device: where to compute.
        group: the processes that share the batch.

    Raises:
        ValueError: no photographs, other styles than the recipe's, a style picture
            smaller than the crops, or a net that cannot be started from.
    """

    def __init__(
        self,
        recipe: AdjustableRecipe,
        *,
        photos: Sequence[Tensor],
        styles: Mapping[str, Tensor],
        held_out: Sequence[Tensor],
        device: torch.device,
        group: Group,
    ) -> None:
        _check(recipe, styles, photos)
        self.recipe, self.device = recipe, device
        # a graphics card cuts and shrinks sooner than the processor hands over
        self.photos = [photo.to(device) for photo in photos]
        self.held_out = [photo.to(device) for photo in held_out]
        self.share = group.share(recipe.batch)
        self.net = make_net(recipe).to(device)
        # scales and shifts are numbers each for itself, as in a net for one style
        steering = self.net.perceptron.parameters()
        self.optimizer = make_optimizer(self.net, recipe, by_entry=steering)
        pictures = [picture.to(device) for picture in styles.values()]
        network = load_loss_network(recipe.loss_network).to(device)
        # measured in full precision, whatever the steps are made in
        self.measured = AdjustableObjective(network, recipe, pictures)
        if recipe.precision == "bfloat16":
            network = network.in_bfloat16()
        self.runner = FastAdjustable(self.net, dtype=getattr(torch, recipe.precision))
        self.objective = AdjustableObjective(network, recipe, pictures)

    def step(self, net: nn.Module, generator: random.Random) -> dict[str, Tensor]:
        """Draw photographs and wishes and change the weights once.

        Args:
            net: the runner, its gradients averaged over the processes.
            generator: source of all chance.

        Returns:
            See `adjustable_step`.
        """
        recipe, share = self.recipe, list(self.share)
        batch = draw_batch(self.photos, recipe, generator=generator, keep=self.share)
        wishes = draw_wishes(recipe.batch, len(recipe.styles), generator=generator)
        wishes = Wishes(wishes.u[share], wishes.styles[share]).to(self.device)
        return adjustable_step(
            net,
            batch.photographs.to(self.device),
            wishes,
            self.net.strength(wishes.u),
            self.objective,
            self.optimizer,
            shift=batch.shift,
        )

    def begin(self, training: Training) -> None:
        """Leave `training` as it is: there is nothing to compare with."""

    def measure(self, training: Training) -> dict[str, float]:
        """Return the terms at the middle of the slider, means over pairs.

        Every style meets a photograph, and every photograph a style: all of them with
        each other would take longer than the training of minutes that it tells about.
        """
        net, photos = training.net, self.held_out
        names, middle = net.config.styles, (net.config.middle,)
        rows = []
        for i in range(max(len(names), len(photos))):
            photo, name = photos[i % len(photos)], names[i % len(names)]
            rows += measure(net, self.measured, [photo], middle, styles=[name])
        terms = ("total", "content", "style", "tv")
        return {term: sum(row[term] for row in rows) / len(rows) for term in terms}


@torch.no_grad()
def measure(
    net: AdjustableTransformNet,
    objective: AdjustableObjective,
    photographs: Sequence[Tensor],
    strengths: Sequence[float],
    *,
    styles: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Return what a net reaches for each style and lambda, means over photographs.

    Args:
        net: to be measured, in evaluation mode.
        objective: of all its styles.
        photographs: each `(1, 3, H, W)`, of any size.
        strengths: values of lambda within the net's range.
        styles: names, default all of the net's.

    Returns:
        Rows {"name": style, "strength": lambda, "total", "content", "style", "tv"};
        "total" is L(lambda), not divided.
    """
    names, count = net.config.styles, len(strengths)
    rows = []
    for name in names if styles is None else styles:
        own = [{"name": name, "strength": strength} for strength in strengths]
        for photo in photographs:
            chosen = torch.full((count,), names.index(name), device=photo.device)
            wanted = torch.tensor(strengths, device=photo.device)
            painted = net(photo.expand(count, -1, -1, -1), wanted, name)
            terms = objective(painted, photo, chosen)
            found = {"total": objective.weigh(terms, wanted), **terms}
            for term, values in found.items():
                for row, value in zip(own, values.tolist(), strict=True):
                    row[term] = row.get(term, 0.0) + value / len(photographs)
        rows += own
    return rows


def measure_ladder(
    net: AdjustableTransformNet,
    styles: Mapping[str, Tensor],
    *,
    recipe: AdjustableRecipe,
    held_out: Sequence[Tensor] | None = None,
    strengths: Sequence[float] = LADDER,
) -> list[dict[str, Any]]:
    """Return the rows of `measure` on held-out photographs, for lambda of a ladder.

    Args:
        net: to be measured; on its device.
        styles: as `fit_adjustable` takes them.
        recipe: of the net; its loss network, layers and weights count.
        held_out: default four bundled photographs at 256 px.
        strengths: values of lambda; those outside the net's range are left out.
    """
    device = next(net.parameters()).device
    network = load_loss_network(recipe.loss_network).to(device)
    pictures = [styles[name].to(device) for name in net.config.styles]
    objective = AdjustableObjective(network, recipe, pictures)
    photographs = held_out_photos() if held_out is None else held_out
    least, most = net.config.lightest, net.config.heaviest
    return measure(
        net,
        objective,
        [photo.to(device) for photo in photographs],
        [strength for strength in strengths if least <= strength <= most],
    )


def _check(
    recipe: AdjustableRecipe, styles: Mapping[str, Tensor], photos: Sequence[Tensor]
) -> None:
    """Refuse what cannot be trained on."""
    if not photos:
        raise ValueError("no photographs to train on")
    if tuple(styles) != recipe.styles:
        raise ValueError(
            f"the training began with the styles {', '.join(recipe.styles)}, given are "
            f"{', '.join(styles)}; give the same in the same order"
        )
    for name, picture in styles.items():
        height, width = picture.shape[-2:]
        if min(height, width) < recipe.size:
            raise ValueError(
                f"the style picture {name} is {width}x{height}, smaller than the "
                f"training crops of {recipe.size}; give a larger picture or smaller "
                "crops"
            )

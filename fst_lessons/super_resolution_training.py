"""Train a net that enlarges: the step that `loop` repeats, and `fit_super_resolution`.

large = net(small)
total = lambda_pixel pixel + lambda_feature feature + ...
total.backward(); optimizer.step()

One net is trained for one factor. Source: Johnson et al. 2016, section 4.2.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .checkpoints import find_super_resolution, load_super_resolution
from .datasets import held_out_photos
from .degradation import enlarge
from .devices import best_precision
from .fast_super_resolution import fast_super_resolution
from .loop import Habits, train
from .loss_network import load_loss_network
from .metrics import psnr
from .optimizers import make_optimizer
from .pairs import Pairs, draw_pairs, make_pair, needed_side
from .parallel import Group
from .super_resolution_net import SRCNN, SuperResolutionNet, make_super_resolution_net
from .super_resolution_objective import Offset, SuperResolutionObjective
from .super_resolution_recipe import SuperResolutionRecipe
from .training_state import Training


def super_resolution_step(
    net: nn.Module,
    pairs: Pairs,
    objective: SuperResolutionObjective,
    optimizer: torch.optim.Optimizer,
    *,
    offset: Offset = (0, 0),
) -> dict[str, Tensor]:
    """Change a net's weights once, so that it enlarges these pictures better.

    Args:
        net: `(N, 3, h, w)` -> `(N, 3, H, W)`.
        pairs: small and large pictures.
        objective: the weights of the terms.
        optimizer: of the net's weights.
        offset: see `SuperResolutionObjective.feature_distance`.

    Returns:
        "total" and the unweighted terms, before the change, without gradients.
    """
    total, terms = objective(net(pairs.low), pairs, offset=offset)
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    optimizer.step()
    return {name: v.detach() for name, v in {"total": total, **terms}.items()}


def fit_super_resolution(
    photos: Sequence[Tensor],
    *,
    recipe: SuperResolutionRecipe | None = None,
    habits: Habits | None = None,
    held_out: Sequence[Tensor] | None = None,
    device: str | torch.device = "cpu",
    group: Group | None = None,
    **changes: Any,
) -> Training:
    """Train a net to enlarge photographs.

    Args:
        photos: `(1, 3, H, W)` uint8, see `training.fit`; smaller ones than a crop and
            its margin are left out.
        recipe: see `super_resolution_recipe.make_recipe`; default
            `SuperResolutionRecipe()`, in the device's `best_precision`.
        habits: minutes, checkpoint, resume and so on, see `loop.Habits`.
        held_out: photographs to measure on, default four bundled ones at 256 px.
        device: where to compute.
        group: the processes that share the batch, see `parallel.join`.
        **changes: fields of the recipe, such as `steps=500, factor=8`.

    Returns:
        The training, its net ready to enlarge. Its evaluations tell "psnr" (on luma,
        dB), "bicubic" (the PSNR to beat) and "feature", the distance that a loss
        network sees. Ctrl-C ends it early and keeps what was reached.

    Raises:
        ValueError: photographs or settings that cannot be used.
        FloatingPointError: a term became NaN or infinite; names it.
    """
    began = time.perf_counter()
    make_task = partial(
        SuperResolutionTask,
        photos=photos,
        held_out=held_out_photos() if held_out is None else held_out,
        device=torch.device(device),
        group=group or Group(),
    )
    default = SuperResolutionRecipe(precision=best_precision(device))
    recipe = replace(recipe or default, **changes)
    return train(
        make_task, recipe, habits or Habits(), began=began, group=group or Group()
    )


class SuperResolutionTask:
    """Enlarging to train for, as `loop.Task` wants it.

    Args:
        recipe: of the training.
        photos: to cut crops out of.
        held_out: to measure on.
        device: where to compute.
        group: the processes that train together.
    """

    def __init__(
        self,
        recipe: SuperResolutionRecipe,
        *,
        photos: Sequence[Tensor],
        held_out: Sequence[Tensor],
        device: torch.device,
        group: Group,
    ) -> None:
        self.recipe, self.device = recipe, device
        self.photos = large_enough(photos, recipe)
        self.share = group.share(recipe.batch)
        self.net = make_start(recipe).to(device)
        self.optimizer = make_optimizer(self.net, recipe)
        network = load_loss_network(recipe.loss_network).to(device)
        # measured in full precision, whatever the steps are made in
        self.measured = SuperResolutionObjective(recipe, network)
        if recipe.precision == "bfloat16":
            network = network.in_bfloat16()
        dtype = getattr(torch, recipe.precision)
        self.runner = fast_super_resolution(self.net, dtype=dtype)
        average = group.average if group.size > 1 else None
        self.objective = SuperResolutionObjective(recipe, network, average=average)
        pairs = (make_pair(p, recipe.factor, blur=recipe.blur) for p in held_out)
        self.held_out = [Pairs(p.low.to(device), p.high.to(device)) for p in pairs]
        self.bicubic = 0.0

    def step(self, net: nn.Module, generator: random.Random) -> dict[str, Tensor]:
        """Draw pairs by a generator, change the net once, return the terms."""
        recipe, stride = self.recipe, self.objective.stride
        pairs = draw_pairs(self.photos, recipe, generator=generator, keep=self.share)
        pairs = Pairs(pairs.low.to(self.device), pairs.high.to(self.device))
        offset = divmod(generator.randrange(stride**2), stride)
        return super_resolution_step(
            net, pairs, self.objective, self.optimizer, offset=offset
        )

    def begin(self, training: Training) -> None:
        """Measure what bicubic interpolation reaches, before the training."""
        scores = [
            self.psnr(enlarge(pair.low, self.recipe.factor).clamp(0, 1), pair.high)
            for pair in self.held_out
        ]
        self.bicubic = sum(scores) / len(scores)

    @torch.no_grad()
    def measure(self, training: Training) -> dict[str, float]:
        """Return a training's terms, PSNR and feature distance on held-out photographs.

        Each is the mean over photographs.
        """
        sums: dict[str, float] = {}
        for pair in self.held_out:
            large = training.net(pair.low)
            total, terms = self.measured(large, pair)
            found = {"total": total, **terms, "psnr": self.psnr(large, pair.high)}
            found["feature"] = self.measured.feature_distance(large, pair.high)
            for name, value in found.items():
                sums[name] = sums.get(name, 0.0) + float(value) / len(self.held_out)
        return {**sums, "bicubic": self.bicubic}

    def psnr(self, large: Tensor, high: Tensor) -> float:
        """Return the PSNR of `large` against `high` as the literature measures it."""
        return psnr(large, high, luma=True, border=self.recipe.factor)


def large_enough(
    photos: Sequence[Tensor], recipe: SuperResolutionRecipe
) -> list[Tensor]:
    """Return those of `photos` that a recipe's crop fits into; enlarging teaches blur.

    Raises:
        ValueError: there is none.
    """
    if not photos:
        raise ValueError("no photographs to train on")
    side = needed_side(recipe)
    found = [photo for photo in photos if min(photo.shape[-2:]) >= side]
    if not found:
        raise ValueError(
            f"all {len(photos)} photographs are smaller than {side} pixels, which "
            f"crops of {recipe.size} and their margin need; give larger photographs "
            "or a smaller size"
        )
    return found


def make_start(recipe: SuperResolutionRecipe) -> SuperResolutionNet | SRCNN:
    """Return the net a recipe starts from: random weights, or another net's.

    A net for a larger factor may start from one for a smaller: the layers that both
    have are taken over.

    Raises:
        ValueError: no such file, or a net of other layers.
    """
    torch.manual_seed(recipe.seed)
    net = make_super_resolution_net(recipe.net, factor=recipe.factor)
    if recipe.start is None:
        return net
    other, _ = load_super_resolution(find_super_resolution(recipe.start))
    same = replace(other.config, factor=recipe.factor) == net.config
    if not same or other.config.factor > recipe.factor:
        raise ValueError(
            f"cannot start from {recipe.start!r}: {other.config}, not {net.config}"
        )
    net.load_state_dict(other.state_dict(), strict=False)
    return net

"""What a net gets to see in one step of its training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .datasets import random_crops
from .recipes import TrainingRecipe
from .steadiness import REACH, Shift, draw_shift, twins


@dataclass(frozen=True)
class Batch:
    """Crops of photographs.

    Attributes:
        photographs: `(N, 3, H, W)` RGB in [0, 1], what the content loss compares with.
        seen: the same with grain, what the net gets to see.
        shift: where the crops are twins, by how much the second half was moved.
    """

    photographs: Tensor
    seen: Tensor
    shift: Shift | None = None


def draw_batch(
    photos: Sequence[Tensor],
    recipe: TrainingRecipe,
    *,
    generator: random.Random,
    keep: range | None = None,
) -> Batch:
    """Return a random batch.

    Args:
        photos: `(1, 3, H, W)` uint8.
        recipe: its batch, size, margin, zoom, noise, and whether twins are wanted.
        generator: source of all chance.
        keep: which of the batch's crops this process paints, default all.
    """
    keep = range(recipe.batch) if keep is None else keep
    reach = REACH if recipe.shift_weight else 0
    crops = random_crops(
        photos,
        recipe.batch,
        size=recipe.size + 2 * recipe.margin + reach,
        generator=generator,
        zoom=recipe.zoom,
        keep=keep,
    )
    seen = crops
    if recipe.noise:
        chance = torch.Generator().manual_seed(generator.getrandbits(63))
        # drawn for the whole batch: several processes see what one would
        grain = torch.randn((recipe.batch, *crops.shape[1:]), generator=chance)
        seen = (crops + recipe.noise * grain[list(keep)]).clamp(0, 1)
    if not recipe.shift_weight:
        return Batch(crops, seen)
    shift = draw_shift(generator)
    return Batch(twins(crops, shift), twins(seen, shift), shift)

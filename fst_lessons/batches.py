"""What a net gets to see in one step of its training."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import Tensor

from .datasets import random_crops
from .recipes import TrainingRecipe
from .steadiness import REACH, Shift, draw_shift, twins


@dataclass(frozen=True)
class Batch:
    """Crops of photographs.

    Attributes:
        photographs: `(N, 3, H, W)` RGB in [0, 1].
        shift: where they are twins, by how much the second half was moved.
    """

    photographs: Tensor
    shift: Shift | None = None


def draw_batch(
    photos: Sequence[Tensor],
    recipe: TrainingRecipe,
    *,
    generator: random.Random,
    keep: Collection[int] | None = None,
) -> Batch:
    """Return a random batch.

    Args:
        photos: `(1, 3, H, W)` uint8.
        recipe: its batch, size and zoom, and whether twins are wanted.
        generator: source of all chance.
        keep: which of the batch's crops this process paints, default all.
    """
    reach = REACH if recipe.shift_weight else 0
    crops = random_crops(
        photos,
        recipe.batch,
        size=recipe.size + reach,
        generator=generator,
        zoom=recipe.zoom,
        keep=keep,
    )
    if not recipe.shift_weight:
        return Batch(crops)
    shift = draw_shift(generator)
    return Batch(twins(crops, shift), shift)

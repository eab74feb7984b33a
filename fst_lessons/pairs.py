"""Pairs of a small and a large picture: what a super-resolution net learns from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .datasets import random_crops
from .degradation import crop_to_multiple, degrade
from .super_resolution_recipe import SuperResolutionRecipe

# small pixels around a crop, cut off again: a crop's own border would be shrunk
# without its surroundings, which never happens to a photograph's middle
MARGIN = 3


@dataclass(frozen=True)
class Pairs:
    """What is seen and what is wanted.

    Attributes:
        low: `(N, 3, h, w)` RGB in [0, 1].
        high: `(N, 3, factor h, factor w)`.
    """

    low: Tensor
    high: Tensor


def needed_side(recipe: SuperResolutionRecipe) -> int:
    """Return how many pixels a photograph needs for a crop of a recipe."""
    return recipe.size + 2 * MARGIN * recipe.factor


def draw_pairs(
    photos: Sequence[Tensor],
    recipe: SuperResolutionRecipe,
    *,
    generator: random.Random,
    keep: range | None = None,
) -> Pairs:
    """Return random crops at their own size, mirrored and turned, with small copies.

    Args:
        photos: `(1, 3, H, W)` uint8, each at least `needed_side` pixels a side.
        recipe: its size, batch, factor and blur.
        generator: source of all chance.
        keep: which of the batch's crops this process enlarges, default all.
    """
    keep = range(recipe.batch) if keep is None else keep
    high = random_crops(
        photos,
        recipe.batch,
        size=needed_side(recipe),
        generator=generator,
        zoom=(1.0, 1.0),
        keep=keep,
    )
    turns = [generator.randrange(4) for _ in range(recipe.batch)]
    kept = [turns[number] for number in keep]
    pairs = zip(high.split(1), kept, strict=True)
    high = torch.cat([torch.rot90(crop, turn, (2, 3)) for crop, turn in pairs])
    low = degrade(high, recipe.factor, blur=recipe.blur)
    return Pairs(_inner(low, MARGIN), _inner(high, MARGIN * recipe.factor))


def make_pair(photo: Tensor, factor: int, *, blur: bool = False) -> Pairs:
    """Return one `photo`, cropped to a multiple of `factor`, and a copy made small.

    The copy is made after a `blur`, if wanted.
    """
    high = crop_to_multiple(photo, factor)
    return Pairs(degrade(high, factor, blur=blur), high)


def _inner(images: Tensor, margin: int) -> Tensor:
    return images[..., margin:-margin, margin:-margin].contiguous()

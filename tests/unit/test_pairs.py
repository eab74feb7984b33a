"""Pairs to learn from: what is small is the large one made small, without a border."""

import random

import pytest
import torch

from fst_lessons import pairs
from fst_lessons.degradation import degrade
from fst_lessons.pairs import draw_pairs, make_pair, needed_side
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe

TINY = {"size": 32, "batch": 4}


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(1)
    return [(torch.rand(1, 3, 90, 100, generator=generator) * 255).byte()]


def draw(photos, seed=0, keep=None, **changes):
    recipe = SuperResolutionRecipe(**{**TINY, **changes})
    return draw_pairs(photos, recipe, generator=random.Random(seed), keep=keep)


@pytest.mark.parametrize("factor", [4, 8])
def test_shapes_and_values(photos, factor):
    found = draw(photos, factor=factor)
    assert found.high.shape == (4, 3, 32, 32)
    assert found.low.shape == (4, 3, 32 // factor, 32 // factor)
    assert 0 <= found.low.min() <= found.low.max() <= 1
    values = found.low * 255
    torch.testing.assert_close(values, values.round(), atol=1e-4, rtol=0)


def place(crop, photo):
    """Return where an upright crop was cut out, or None."""
    height, width = crop.shape[-2:]
    corner = (photo[0] == crop[:, :1, :1]).all(0).nonzero()
    for top, left in corner.tolist():
        if torch.equal(photo[0, :, top : top + height, left : left + width], crop):
            return top, left
    return None


@pytest.mark.parametrize(("factor", "blur"), [(4, False), (4, True), (8, False)])
def test_a_small_crop_is_cut_out_of_a_small_photograph(photos, factor, blur):
    found = draw(photos, factor=factor, blur=blur, batch=8)
    photo = photos[0].float() / 255
    upright = 0
    for low, high in zip(found.low, found.high, strict=True):
        where = place(high, photo)
        if where is None:
            continue
        upright += 1
        # the photograph from the crop's own grid on, made small as a whole
        top, left = (at % factor for at in where)
        whole = degrade(photo[..., top:, left:], factor, blur=blur)
        rows, columns = (at // factor for at in where)
        side = 32 // factor
        cut = whole[0, :, rows : rows + side, columns : columns + side]
        assert (cut - low).abs().max() <= 1.01 / 255
        assert (cut - low).abs().mean() < 0.02 / 255
    assert upright >= 1


def test_crops_come_mirrored_and_turned(photos):
    photo = photos[0].float() / 255
    found = set()
    for high in draw(photos, batch=32).high:
        for turn in range(4):
            for mirrored in (False, True):
                crop = torch.rot90(high, turn, (1, 2))
                if place(crop.flip(2) if mirrored else crop, photo) is not None:
                    found.add((turn, mirrored))
    assert len(found) == 8


def test_a_seed_draws_the_same_again(photos):
    first, again, other = draw(photos), draw(photos), draw(photos, seed=1)
    assert torch.equal(first.high, again.high)
    assert torch.equal(first.low, again.low)
    assert not torch.equal(first.high, other.high)


def test_processes_share_one_batch(photos):
    whole = draw(photos)
    parts = [draw(photos, keep=range(i, i + 2)) for i in (0, 2)]
    assert torch.equal(torch.cat([p.high for p in parts]), whole.high)
    assert torch.equal(torch.cat([p.low for p in parts]), whole.low)


def test_a_photograph_must_hold_a_crop_and_its_margin():
    assert needed_side(SuperResolutionRecipe(size=96)) == 96 + 2 * pairs.MARGIN * 4
    recipe = SuperResolutionRecipe(size=96, factor=8)
    assert needed_side(recipe) == 96 + 2 * pairs.MARGIN * 8


def test_a_whole_photograph_is_cropped_to_a_multiple():
    photo = torch.rand(1, 3, 27, 33)
    found = make_pair(photo, 4)
    assert torch.equal(found.high, photo[..., :24, :32])
    assert found.low.shape == (1, 3, 6, 8)

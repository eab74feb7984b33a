"""The shift term: twins of a crop, and what it costs to paint them differently."""

import random

import pytest
import torch

from fst_lessons.batches import draw_batch
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.steadiness import REACH, draw_shift, paint_twins, shift_loss, twins

SHIFTS = [(down, right) for down in range(4) for right in range(4) if down or right]


def crops(count=2, side=12):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, side, side + 2, generator=generator)


def test_every_place_on_the_grid_is_drawn_and_never_none():
    generator = random.Random(0)
    assert {draw_shift(generator) for _ in range(400)} == set(SHIFTS)


@pytest.mark.parametrize("shift", SHIFTS)
def test_twins_show_the_same_where_they_overlap(shift):
    pair = twins(crops(), shift)
    assert pair.shape == (4, 3, 12 - REACH, 14 - REACH)
    assert float(shift_loss(pair, shift)) == 0
    assert torch.equal(pair[:2], crops()[..., :-REACH, :-REACH])


def test_the_loss_by_hand():
    painted = torch.zeros(2, 1, 4, 4)
    painted[1, 0, 0, 0] = 0.6  # shown by the first at (1, 2)
    # they share 3 x 2 pixels, one of which differs by 0.6
    assert float(shift_loss(painted, (1, 2))) == pytest.approx(0.36 / 6)
    painted[0, 0, 1, 2] = 0.6
    assert float(shift_loss(painted, (1, 2))) == 0
    painted[0, 0, 0, :] = 1.0  # a row that the moved one does not show
    assert float(shift_loss(painted, (1, 2))) == 0


def test_a_filter_without_a_grid_costs_nothing_and_a_grid_does():
    blur = torch.nn.AvgPool2d(3, 1)
    tile = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(8, 8)

    def hatch(x):
        return (x + tile[: x.shape[-2], : x.shape[-1]]) / 2

    def cost(paint, shift):
        return float(shift_loss(paint(twins(crops(), shift)), shift))

    assert cost(blur, (2, 3)) < 1e-12
    assert cost(hatch, (1, 0)) > 0.2
    assert cost(hatch, (1, 1)) < 1e-12  # moved by its own period


def test_moved_twins_are_painted_alike_and_only_agreed_with():
    paint = torch.nn.Conv2d(3, 3, 3, padding=1)
    pair = twins(crops(), (1, 3))
    painted, both = paint_twins(paint, pair)
    torch.testing.assert_close(both, paint(pair))
    assert torch.equal(painted, both[: len(painted)])
    (one_side,) = torch.autograd.grad(shift_loss(both, (1, 3)), paint.bias)
    assert float(one_side.abs().sum()) > 0
    anchor = both[len(painted) :].detach()
    loss = shift_loss(torch.cat([paint(pair[: len(painted)]), anchor]), (1, 3))
    (wanted,) = torch.autograd.grad(loss, paint.bias)
    torch.testing.assert_close(one_side, wanted)


def test_the_loss_pulls_from_both_sides():
    pair = twins(crops(), (1, 3)).requires_grad_()
    (
        shift_loss(pair * torch.tensor([1.0, 1, 2, 2]).view(4, 1, 1, 1), (1, 3))
    ).backward()
    assert all(float(one.abs().sum()) > 0 for one in pair.grad)


def test_two_processes_see_what_one_does():
    photos = [(torch.rand(1, 3, 60, 50) * 255).byte()]
    recipe = TrainingRecipe(size=24, batch=4)
    shares = None, range(2), range(2, 4)
    whole, first, second = (
        draw_batch(photos, recipe, generator=random.Random(5), keep=share)
        for share in shares
    )
    assert whole.shift == first.shift == second.shift
    one, two = (part.photographs.chunk(2) for part in (first, second))
    pieces = torch.cat([one[0], two[0], one[1], two[1]])
    assert torch.equal(whole.photographs, pieces)
    assert whole.photographs.shape == (8, 3, 24, 24)

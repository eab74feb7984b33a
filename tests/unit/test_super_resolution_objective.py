"""The terms of super-resolution: values by hand, what each of them minds."""

import pytest
import torch

from fst_lessons.degradation import shrink
from fst_lessons.loss_network import load_loss_network
from fst_lessons.pairs import Pairs, make_pair
from fst_lessons.super_resolution_objective import SuperResolutionObjective
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe


@pytest.fixture(scope="module")
def network():
    return load_loss_network()


@pytest.fixture
def make(network):
    def build(**changes):
        weights = {"pixel_weight": 1.0, **changes}
        return SuperResolutionObjective(SuperResolutionRecipe(**weights), network)

    return build


def flat(value, side=16):
    return torch.full((1, 3, side, side), float(value))


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(0)
    return make_pair(torch.rand(1, 3, 32, 32, generator=generator), 4)


def test_pixel_distances_by_hand(make):
    assert float(make().pixel_distance(flat(0.5), flat(0.3))) == pytest.approx(0.2)
    squared = make(pixel_norm="mse").pixel_distance(flat(0.5), flat(0.3))
    assert float(squared) == pytest.approx(0.04)


def test_brightness_alone_by_hand(make):
    red = flat(0)
    red[:, 0] = 1
    assert float(make(luma=True).pixel_distance(red, flat(0))) == pytest.approx(0.299)
    assert float(make().pixel_distance(red, flat(0))) == pytest.approx(1 / 3)


def test_the_feature_distance_is_relative(make, network, pair):
    objective = make(feature_weight=1.0)
    assert float(objective.feature_distance(pair.high, pair.high)) == 0
    layer = "relu2_2"
    grey = flat(0.5, 32)
    wanted, found = (network(x, [layer])[layer] for x in (pair.high, grey))
    expected = (wanted - found).square().sum() / wanted.square().sum()
    distance = objective.feature_distance(grey, pair.high)
    torch.testing.assert_close(distance, expected)


def test_an_offset_leaves_the_same_out_of_both(make, pair):
    objective = make(feature_weight=1.0)
    assert objective.stride == 2
    moved = objective.feature_distance(flat(0.5, 32), pair.high, offset=(1, 0))
    rows, columns = slice(1, 31), slice(0, 30)
    cut = objective.feature_distance(flat(0.5, 30), pair.high[..., rows, columns])
    torch.testing.assert_close(moved, cut)


def test_an_offset_moves_the_poolings_grid_against_the_pictures(make):
    # period 4, as of a net that enlarges by 4; a pooling of 2 lies on it in two ways
    grid = flat(0.4, 32)
    grid[..., ::4, 1::4] = grid[..., ::4, 2::4] = 0.6
    objective = make(feature_weight=1.0)
    offsets = [(0, 1), (1, 0), (1, 1)]
    seen = [objective.feature_distance(grid, flat(0.45, 32), offset=o) for o in offsets]
    assert len({round(float(s), 6) for s in seen}) > 1


def test_the_shrunk_term_minds_colors_and_not_detail(make, pair):
    objective = make(shrunk_weight=1.0)
    small = shrink(pair.high, 4)
    exact = Pairs(small, pair.high)
    assert float(objective.shrunk_distance(pair.high, small)) == pytest.approx(0)
    tinted = pair.high + torch.tensor([0.1, 0.0, -0.1]).view(1, 3, 1, 1)
    distance = float(objective.shrunk_distance(tinted, exact.low))
    assert distance == pytest.approx(0.2 / 3, abs=1e-5)
    board = (torch.arange(32)[:, None] + torch.arange(32)) % 2 * 0.2 - 0.1
    rough = objective.shrunk_distance(pair.high + board, small)
    assert float(rough) < 0.1 * 0.2  # a tenth of what the pixels differ


def test_the_shrunk_term_blurs_where_the_small_pictures_were_blurred(make, pair):
    blurred = make_pair(pair.high, 4, blur=True).low
    objective = make(shrunk_weight=1.0, blur=True)
    half_a_step = 0.5 / 255
    assert float(objective.shrunk_distance(pair.high, blurred)) < half_a_step
    wrong = make(shrunk_weight=1.0).shrunk_distance(pair.high, blurred)
    assert float(wrong) > 3 * half_a_step


def test_a_grid_is_what_is_wrong_alike_in_every_cell(make):
    objective = make(grid_weight=1.0)
    cell = torch.tensor([0.1, -0.1, 0.0, 0.0]).repeat(6).expand(1, 3, 24, 24)
    wanted = flat(0.5, 24)
    # half of the places in a cell are wrong by 0.1
    assert float(objective.grid_distance(wanted + cell, wanted)) == pytest.approx(0.05)
    assert float(objective.grid_distance(wanted, wanted)) == 0
    generator = torch.Generator().manual_seed(0)
    detail = 0.1 * torch.randn(1, 3, 24, 24, generator=generator)
    # noise of 36 cells averages out to a sixth; its mean size is 0.8 deviations
    found = float(objective.grid_distance(wanted + detail, wanted))
    assert found == pytest.approx(0.8 * 0.1 / 6, rel=0.3)


def test_a_picture_of_few_cells_has_a_grid_too(make):
    objective = make(grid_weight=1.0)
    assert float(objective.grid_distance(flat(0.6), flat(0.5))) == pytest.approx(0.1)


def test_the_total_is_the_weighted_sum(make, pair):
    weights = {"pixel": 2.0, "feature": 3.0, "shrunk": 5.0, "grid": 4.0, "tv": 7.0}
    objective = make(**{f"{k}_weight": v for k, v in weights.items()})
    total, terms = objective(flat(0.5, 32), pair)
    assert list(terms) == list(weights)
    expected = sum(weights[name] * float(value) for name, value in terms.items())
    assert float(total) == pytest.approx(expected, rel=1e-5)
    only, terms = make(pixel_weight=2.0)(flat(0.5, 32), pair)
    assert list(terms) == ["pixel"]
    assert float(only) == pytest.approx(2 * float(terms["pixel"]))


def test_gradients_flow_into_the_picture_alone(make, network, pair):
    large = flat(0.5, 32).requires_grad_()
    weights = {"feature_weight": 1.0, "shrunk_weight": 1.0, "tv_weight": 1.0}
    make(**weights)(large, pair)[0].backward()
    assert float(large.grad.abs().max()) > 0
    assert all(p.grad is None for p in network.parameters())

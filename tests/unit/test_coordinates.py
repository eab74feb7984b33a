"""Pixels and waves describe the same pictures."""

import pytest
import torch

from fst_lessons.coordinates import COORDINATES, Pixels, Waves


@pytest.fixture
def picture():
    generator = torch.Generator().manual_seed(0)
    return 0.1 + 0.8 * torch.rand(1, 3, 12, 17, generator=generator)


@pytest.mark.parametrize("kind", COORDINATES.values(), ids=COORDINATES)
def test_begins_at_the_start_and_leaves_it_alone(kind, picture):
    before = picture.clone()
    canvas = kind(picture)
    torch.testing.assert_close(canvas.picture(), before, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        canvas.values.add_(1.0)
    assert torch.equal(picture, before)


@pytest.mark.parametrize("kind", COORDINATES.values(), ids=COORDINATES)
def test_gradient_reaches_the_values(kind, picture):
    canvas = kind(picture)
    canvas.picture().square().mean().backward()
    assert canvas.values.grad.abs().sum() > 0


def test_waves_stay_pictures_however_far_they_go(picture):
    canvas = Waves(picture)
    with torch.no_grad():
        canvas.values.mul_(100)
    assert 0 <= canvas.picture().min() and canvas.picture().max() <= 1


def test_waves_bear_black_and_white():
    canvas = Waves(torch.tensor([0.0, 1.0]).repeat(1, 3, 4, 4))
    assert canvas.values.isfinite().all()
    assert float(canvas.picture().detach().min()) == pytest.approx(0.02, abs=1e-3)


def test_pixels_are_projected(picture):
    canvas = Pixels(picture)
    with torch.no_grad():
        canvas.values.mul_(3).sub_(1)
    canvas.project()
    assert canvas.values.min() == 0 and canvas.values.max() == 1


def test_equal_steps_change_long_waves_most(picture):
    canvas = Waves(picture)
    assert canvas.scale[0, 0] == canvas.scale.max()
    assert canvas.scale[6, -1] == canvas.scale.min()


def test_change_of_pixels_is_their_root_mean_square(picture):
    canvas = Pixels(picture)
    before = canvas.values.detach().clone()
    with torch.no_grad():
        canvas.values.sub_(0.05)
    assert canvas.change(before) == pytest.approx(0.05, rel=1e-4)


def test_change_of_waves_is_that_of_a_grey_picture():
    canvas = Waves(torch.full((1, 3, 12, 16), 0.5))
    before, picture = canvas.values.detach().clone(), canvas.picture().detach()
    with torch.no_grad():
        canvas.values[..., 0, 0, 0].add_(0.02)
    moved = (canvas.picture() - picture).square().mean().sqrt()
    assert canvas.change(before) == pytest.approx(float(moved.detach()), rel=1e-2)


def test_change_of_waves_does_not_saturate(picture):
    canvas = Waves(picture)
    before = canvas.values.detach().clone()
    with torch.no_grad():
        canvas.values.mul_(1000)
    assert canvas.change(before) > 10

"""Softened pictures: a Gaussian, mass and means kept, bad input named."""

import math

import pytest
import torch

from fst_lessons.images import soften


def test_a_point_becomes_the_gaussian_by_hand():
    point = torch.zeros(1, 1, 21, 21)
    point[..., 10, 10] = 1
    spread = soften(point, 1.0)[0, 0]
    total = sum(math.exp(-(k**2) / 2) for k in range(-4, 5))
    for down, right in [(0, 0), (1, 0), (0, 2), (2, 3), (-4, 4)]:
        expected = math.exp(-(down**2 + right**2) / 2) / total**2
        assert float(spread[10 + down, 10 + right]) == pytest.approx(expected, rel=1e-4)
    assert float(spread.sum()) == pytest.approx(1, abs=1e-5)
    assert float(spread[10, 15]) == 0


def test_flat_pictures_stay_flat_to_the_border():
    flat = torch.full((1, 3, 16, 20), 0.3)
    torch.testing.assert_close(soften(flat, 2.0), flat)


def test_sigma_zero_changes_nothing_and_the_input_stays():
    image = torch.rand(1, 3, 16, 16)
    before = image.clone()
    assert torch.equal(soften(image, 0.0), image)
    soften(image, 1.0)
    assert torch.equal(image, before)


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), float("inf")])
def test_bad_sigmas(sigma):
    with pytest.raises(ValueError, match="sigma must be 0 or more"):
        soften(torch.rand(1, 3, 16, 16), sigma)


def test_a_picture_too_small():
    with pytest.raises(ValueError, match="10x8 is too small"):
        soften(torch.rand(1, 3, 8, 10), 2.0)

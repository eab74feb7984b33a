"""Making pictures small and large again: against Pillow, by hand, bad input."""

import numpy as np
import pytest
import torch
from PIL import Image

from fst_lessons import assets
from fst_lessons.degradation import (
    crop_to_multiple,
    degrade,
    enlarge,
    shrink,
)
from fst_lessons.images import from_pil, load_image, to_pil


def random(height, width):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, height, width, generator=generator)


def smooth(height, width):
    """Return a picture without the edges at which 8-bit Pillow cuts overshoot off."""
    return load_image(assets.photo_path("cat"), size=height)[..., :height, :width]


@pytest.mark.parametrize("factor", [4, 8])
def test_it_shrinks_as_pillow_does(factor):
    photo = crop_to_multiple(smooth(80, 88), factor)
    picture = to_pil(photo)
    size = (picture.width // factor, picture.height // factor)
    theirs = from_pil(picture.resize(size, Image.BICUBIC))
    difference = (degrade(photo, factor) - theirs).abs() * 255
    assert difference.max() <= 2
    assert difference.mean() < 0.2


@pytest.mark.parametrize("factor", [4, 8])
def test_it_enlarges_as_pillow_does(factor):
    low = degrade(smooth(160, 160), 8)
    picture = to_pil(low)
    size = (picture.width * factor, picture.height * factor)
    theirs = from_pil(picture.resize(size, Image.BICUBIC))
    difference = (enlarge(low, factor).clamp(0, 1) - theirs).abs() * 255
    assert difference.max() <= 4
    assert difference.mean() < 0.5


@pytest.mark.parametrize("blur", [False, True])
def test_a_flat_picture_stays_flat(blur):
    photo = torch.full((2, 3, 17, 22), 51 / 255)
    low = degrade(photo, 4, blur=blur)
    assert low.shape == (2, 3, 4, 5)
    torch.testing.assert_close(low, torch.full_like(low, 51 / 255))
    large = enlarge(low, 4)
    torch.testing.assert_close(large, torch.full_like(large, 51 / 255))


def test_small_pictures_have_256_values_or_all():
    photo = random(32, 32)
    values = degrade(photo, 4) * 255
    torch.testing.assert_close(values, values.round(), atol=1e-4, rtol=0)
    fine = degrade(photo, 4, eight_bits=False) * 255
    assert not torch.allclose(fine, fine.round(), atol=1e-2, rtol=0)
    assert (values - fine).abs().max() <= 0.5 + 1e-4


def test_blur_lowers_contrast_and_keeps_colors_apart():
    photo = random(32, 32)
    photo[:, 1] = 0.5
    blurred = degrade(photo, 4, blur=True, eight_bits=False)
    assert blurred.std() < degrade(photo, 4).std()
    torch.testing.assert_close(blurred[:, 1], torch.full_like(blurred[:, 1], 0.5))


def test_sizes_are_cropped_to_multiples():
    photo = random(19, 22)
    assert torch.equal(crop_to_multiple(photo, 4), photo[..., :16, :20])
    assert torch.equal(degrade(photo, 4), degrade(photo[..., :16, :20], 4))
    assert torch.equal(crop_to_multiple(photo[..., :16, :16], 8), photo[..., :16, :16])


def test_shrinking_looks_at_two_small_pixels_around():
    # the crops of a training rely on it: see pairs.MARGIN
    photo = random(48, 48)
    part = photo[..., 8:40, 8:40]
    torch.testing.assert_close(
        shrink(photo, 4)[..., 4:8, 4:8], shrink(part, 4)[..., 2:6, 2:6]
    )


def test_the_photograph_is_left_as_it_is():
    photo = random(16, 16)
    before = photo.clone()
    degrade(photo, 4, blur=True)
    assert torch.equal(photo, before)


@pytest.mark.parametrize(
    ("photo", "factor", "words"),
    [
        (random(16, 16) * 255, 4, "divide by 255"),
        (random(16, 16)[0], 4, "expected \\(N, 3, height, width\\)"),
        (random(16, 7), 8, "7x16 cannot be made 8 times smaller"),
        (random(16, 16), 1, "the factor is 1"),
        (random(16, 16), 2.5, "the factor is 2.5"),
        (random(16, 16), True, "the factor is True"),
        (np.zeros((1, 3, 16, 16)), 4, "load_image"),
    ],
)
def test_what_cannot_be_degraded_is_refused(photo, factor, words):
    with pytest.raises(ValueError, match=words):
        degrade(photo, factor)

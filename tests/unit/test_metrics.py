"""PSNR, SSIM, power: values by hand, invariants, bad input."""

import math

import pytest
import torch

from fst_lessons.images import soften
from fst_lessons.metrics import psnr, radial_power, ssim, studio_luma


def flat(value, *, size=16, pictures=1):
    return torch.full((pictures, 3, size, size), float(value))


def random(seed=0, *, size=32):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, size, size, generator=generator)


# an error of 10^-k everywhere gives 20 k decibels
@pytest.mark.parametrize(("error", "decibels"), [(1, 0), (0.1, 20), (0.01, 40)])
def test_psnr_of_a_constant_error(error, decibels):
    assert psnr(flat(error), flat(0)) == pytest.approx(decibels, abs=1e-3)


def test_psnr_of_half_is_six_decibels():
    assert psnr(flat(0.5), flat(1)) == pytest.approx(10 * math.log10(4), abs=1e-4)


def test_psnr_averages_over_pixels_before_the_logarithm():
    image = flat(0)
    image[..., :8] = 0.2  # half of the pixels: the mean square is 0.02
    assert psnr(image, flat(0)) == pytest.approx(-10 * math.log10(0.02), abs=1e-4)


def test_psnr_of_a_batch_is_that_of_its_mean_squared_error():
    batch = torch.cat([flat(0.1), flat(0.3)])  # mean square (0.01 + 0.09) / 2
    expected = -10 * math.log10(0.05)
    assert psnr(batch, flat(0, pictures=2)) == pytest.approx(expected, abs=1e-4)


def test_psnr_of_equal_pictures_is_infinite():
    assert psnr(random(), random()) == math.inf


def test_psnr_does_not_mind_the_order():
    assert psnr(random(1), random(2)) == psnr(random(2), random(1))


def test_psnr_falls_when_noise_grows():
    reference, noise = random() * 0.5 + 0.25, random(1) - 0.5
    values = [psnr(reference + a * noise, reference) for a in (0.05, 0.1, 0.2, 0.4)]
    assert values == sorted(values, reverse=True)
    # twice the error costs 20 log10(2) decibels
    assert values[0] - values[1] == pytest.approx(20 * math.log10(2), abs=1e-3)


def test_ssim_of_equal_pictures_is_one():
    assert ssim(random(), random()) == pytest.approx(1)


def test_ssim_of_flat_pictures_by_hand():
    # no structure: only the term for brightness is left, (2ab + c) / (a^2 + b^2 + c)
    a, b, c = 0.2, 0.6, 0.01**2
    expected = (2 * a * b + c) / (a * a + b * b + c)
    assert ssim(flat(a), flat(b)) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_a_negative_is_negative():
    assert ssim(1 - random(), random()) < 0


def test_ssim_minds_blur_more_than_light():
    image = random(size=64)
    brighter = image * 0.8 + 0.2 * 0.75
    blurred = torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1)
    assert ssim(blurred, image) < ssim(brighter, image)


def test_results_are_plain_numbers():
    assert type(psnr(random(1), random())) is float
    assert type(ssim(random(1), random())) is float


def test_inputs_are_left_as_they_are():
    a, b = random(1), random(2)
    copies = a.clone(), b.clone()
    psnr(a, b)
    ssim(a, b)
    assert torch.equal(a, copies[0])
    assert torch.equal(b, copies[1])


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (flat(0, size=17), "differ in shape"),
        (flat(0.5) * 255, "divide by 255"),
        (flat(math.nan), "NaN"),
        (flat(0)[0], "expected \\(N, 3, height, width\\)"),
        (flat(0).to(torch.uint8), "divide by 255"),
        (flat(0).numpy(), "load_image"),
    ],
)
def test_bad_pictures_are_refused_on_both_sides(measure, image, message):
    with pytest.raises(ValueError, match=message):
        measure(image, flat(0))
    with pytest.raises(ValueError, match=message):
        measure(flat(0), image)


def test_ssim_refuses_what_its_window_does_not_fit():
    with pytest.raises(ValueError):
        ssim(flat(0, size=8), flat(0, size=8))


def test_ssim_refuses_a_batch():
    with pytest.raises(ValueError, match="one picture"):
        ssim(flat(0, pictures=2), flat(0, pictures=2))


def test_luma_runs_from_16_to_235():
    levels = [float(studio_luma(flat(v))[0, 0, 0, 0]) * 255 for v in (0, 0.5, 1)]
    assert levels == pytest.approx([16, 125.5, 235], abs=1e-3)
    red = flat(0)
    red[:, 0] = 1
    assert float(studio_luma(red)[0, 0, 0, 0]) * 255 == pytest.approx(16 + 65.481)


def test_on_luma_a_grey_error_is_a_seventh_smaller():
    expected = 20 + 20 * math.log10(255 / 219)
    assert psnr(flat(0.5), flat(0.6), luma=True) == pytest.approx(expected, abs=1e-3)


def test_luma_does_not_mind_hues_of_one_brightness():
    colored = flat(0.5)
    colored[:, 0] += 0.1
    colored[:, 1] -= 0.1 * 65.481 / 128.553
    assert psnr(colored, flat(0.5), luma=True) > 100
    assert ssim(colored, flat(0.5), luma=True) == pytest.approx(1)
    assert psnr(colored, flat(0.5)) < 30


def test_the_border_is_left_out():
    image = random()
    spoilt = image.clone()
    spoilt[..., :4, :] = spoilt[..., -4:] = 0
    assert psnr(spoilt, image, border=4) == math.inf
    assert psnr(spoilt, image, border=3) < 30
    assert ssim(spoilt, image, border=4) == pytest.approx(1)
    inner = (..., slice(3, -3), slice(3, -3))
    assert psnr(spoilt, image, border=3) == psnr(spoilt[inner], image[inner])


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize("border", [-1, 16, 40])
def test_a_border_must_leave_something(measure, border):
    with pytest.raises(ValueError, match=f"a border of {border} leaves nothing"):
        measure(random(), random(), border=border)


def stripes(period, *, tilt=False):
    """Return stripes of amplitude .2 on grey."""
    column = torch.arange(128.0).expand(128, 128)
    wave = torch.cos(2 * math.pi * (column.mT if tilt else column) / period)
    return (0.5 + 0.2 * wave).expand(1, 3, -1, -1)


@pytest.mark.parametrize("tilt", [False, True])
@pytest.mark.parametrize(("period", "ring"), [(2, 32), (2.5, 26), (4, 16), (8, 8)])
def test_stripes_have_their_power_in_their_period_s_ring(period, ring, tilt):
    power = radial_power(stripes(period, tilt=tilt))
    assert power.shape == (33,)
    assert int(power[3:].argmax()) + 3 == ring
    assert float(power[ring]) > 100 * float(power[5])


def test_power_is_the_square_of_the_amplitude():
    half = 0.5 + (stripes(4) - 0.5) / 2
    ratio = radial_power(stripes(4))[16] / radial_power(half)[16]
    assert float(ratio) == pytest.approx(4, rel=1e-3)


def test_power_is_averaged_over_pictures():
    both = torch.cat([stripes(4), stripes(8)])
    mean = (radial_power(stripes(4)) + radial_power(stripes(8))) / 2
    torch.testing.assert_close(radial_power(both), mean)


def test_a_blur_takes_the_fine_and_leaves_the_coarse():
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(5))
    kept = radial_power(soften(image, 1.0)) / radial_power(image)
    assert float(kept[1]) > 0.8
    assert float(kept[30]) < 0.01


def test_power_wants_pictures_that_are_large_enough():
    with pytest.raises(ValueError, match="32 rings need 64 pixels a side, got 60x80"):
        radial_power(torch.rand(1, 3, 80, 60))
    with pytest.raises(ValueError, match="pictures"):
        radial_power(torch.rand(80, 60))

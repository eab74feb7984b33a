"""Colours kept: by hand, by their moments, and never NaN."""

import pytest
import torch

from fst_lessons.colors import (
    keep_colors,
    luma,
    match_colors,
    transport_map,
    with_luma,
)

each_way = pytest.mark.parametrize("how", ["luma", "histogram"])


def picture(*size, seed=0, low=0.0, high=1.0):
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(1, 3, *size, generator=generator)


def flat(*rgb, size=(4, 5)):
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, *size).contiguous()


def test_luma_by_hand():
    """Y = 0.299 R + 0.587 G + 0.114 B, so white is 1."""
    assert luma(flat(1.0, 0.0, 0.0))[0, 0, 0, 0] == pytest.approx(0.299)
    assert luma(flat(0.2, 0.4, 0.6))[0, 0, 0, 0] == pytest.approx(0.363)
    assert luma(flat(1.0, 1.0, 1.0))[0, 0, 0, 0] == pytest.approx(1)


def test_luma_by_hand_on_a_colour():
    """(0.5, 0.3, 0.3) has luma 0.3598; at luma 0.4598 each channel has 0.1 more."""
    changed = with_luma(flat(0.5, 0.3, 0.3), torch.full((1, 1, 4, 5), 0.4598))
    assert torch.allclose(changed, flat(0.6, 0.4, 0.4), atol=1e-6)


def test_a_colour_that_would_leave_the_range_is_paled():
    """Pure red at luma 0.9: only 0.1 above is left, so the difference shrinks."""
    changed = with_luma(flat(1.0, 0.0, 0.0), torch.full((1, 1, 4, 5), 0.9))
    share = 0.1 / (1 - 0.299)
    low = 0.9 - 0.299 * share
    assert torch.allclose(changed, flat(1.0, low, low), atol=1e-6)


def test_luma_keeps_the_paintings_brightness_everywhere():
    painting, photo = picture(30, 40), picture(30, 40, seed=1)
    kept = keep_colors(painting, photo, "luma")
    assert torch.allclose(luma(kept), luma(painting), atol=1e-5)
    assert kept.min() >= 0
    assert kept.max() <= 1


def test_luma_keeps_the_photos_chroma_where_there_is_room():
    painting = picture(30, 40, low=0.4, high=0.6)
    photo = picture(30, 40, seed=1, low=0.4, high=0.6)
    kept = keep_colors(painting, photo, "luma")
    assert torch.allclose(kept - luma(kept), photo - luma(photo), atol=1e-5)


def test_histogram_takes_over_mean_and_covariance():
    mixing = torch.tensor([[0.3, 0.1, 0.0], [0.1, 0.2, 0.1], [0.0, 0.05, 0.2]])
    painting = picture(40, 50, low=0.2, high=0.8)
    photo = 0.3 + torch.einsum("ij,njhw->nihw", mixing, picture(40, 50, seed=1))
    kept = keep_colors(painting, photo, "histogram").flatten(2)[0]
    wanted = photo.flatten(2)[0]
    assert torch.allclose(kept.mean(1), wanted.mean(1), atol=1e-3)
    assert torch.allclose(kept.cov(), wanted.cov(), atol=2e-4)


def test_transport_by_hand():
    """Without correlations every channel is stretched by the ratio of deviations."""
    t = transport_map(
        torch.diag(torch.tensor([0.04, 0.01, 0.09], dtype=torch.float64)),
        torch.diag(torch.tensor([0.01, 0.04, 0.09], dtype=torch.float64)),
    )
    expected = torch.diag(torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64))
    assert torch.allclose(t, expected, atol=2e-3)
    assert torch.allclose(t, t.T)


@each_way
def test_a_photo_keeps_its_own_colours(how):
    photo = picture(20, 30)
    assert torch.allclose(keep_colors(photo, photo, how), photo, atol=1e-4)


@each_way
@pytest.mark.parametrize("size", [(1, 1), (1, 3), (3, 1), (2, 2), (17, 5)])
def test_any_size(how, size):
    kept = keep_colors(picture(*size), picture(*size, seed=1), how)
    assert kept.shape == (1, 3, *size)
    assert torch.isfinite(kept).all()


@each_way
@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_grey_pictures_stay_numbers_and_grey(how, grey):
    """A grey photograph's colours are greys; a flat one's is a single grey."""
    ramp = torch.linspace(0, 1, 20).expand(1, 3, 12, 20).contiguous()
    painting = picture(12, 20)
    for photo in (ramp, flat(grey, grey, grey, size=(12, 20))):
        for a, b in ((painting, photo), (photo, painting), (photo, ramp)):
            assert torch.isfinite(keep_colors(a, b, how)).all()
    kept = keep_colors(painting, ramp, how)
    assert (kept.amax(1) - kept.amin(1)).max() < 0.02


def test_a_flat_painting_is_not_blown_up():
    """Rounding noise of half a step must not turn into the photo's full contrast."""
    painting = 0.5 + (picture(20, 20) - 0.5) / 255
    kept = match_colors(painting[0], picture(20, 20, seed=1)[0])
    assert kept.std() < 0.1


def test_nothing_is_altered():
    painting, photo = picture(8, 9), picture(8, 9, seed=1)
    copies = painting.clone(), photo.clone()
    for how in ("luma", "histogram"):
        keep_colors(painting, photo, how)
    assert torch.equal(painting, copies[0])
    assert torch.equal(photo, copies[1])


def test_bad_input():
    with pytest.raises(ValueError, match="luma or histogram"):
        keep_colors(picture(4, 4), picture(4, 4), "hue")
    with pytest.raises(ValueError, match="resize one"):
        keep_colors(picture(4, 4), picture(4, 5), "luma")
    with pytest.raises(ValueError, match="NaN"):
        keep_colors(picture(4, 4) * torch.nan, picture(4, 4), "luma")

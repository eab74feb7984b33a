"""Tiles: the same picture as without them, for every net; seams on demand."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from fst_lessons.tiles import (
    FixedNorm,
    Moments,
    Reach,
    stylize_tiled,
    with_statistics_of,
)
from fst_lessons.transform_net import TransformNet

NETS = {
    "book": {},
    "paper": {"preset": "paper"},
    "authors_code": {"preset": "authors_code"},
    "transposed": {"upsampling": "transposed"},
    "zero padding": {"padding": "zero"},
    "no norm": {"norm": "none"},
    "plain": {"residual": False, "blocks": 1},
    "no blocks": {"blocks": 0},
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny pictures are quicker on one thread, however busy the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_net(**settings):
    """Return a small net whose norms do something."""
    settings = {"width": 4, **settings}
    torch.manual_seed(0)
    net = TransformNet(**settings).eval()
    for module in net.modules():
        if isinstance(module, (nn.InstanceNorm2d, nn.BatchNorm2d)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return net


def make_photo(height=101, width=134, count=1):
    """Return dark and light halves with some noise: tiles differ in statistics."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.rand(count, 3, height, width, generator=generator)
    return 0.2 * noise + torch.linspace(0, 0.8, width)


def whole(net, photo):
    with torch.no_grad():
        return net(photo)


@pytest.mark.parametrize("settings", NETS.values(), ids=NETS)
@pytest.mark.parametrize("tile", [48, 256])
def test_tiles_paint_what_the_net_paints(settings, tile):
    net, photo = make_net(**settings), make_photo()
    painted = stylize_tiled(net, photo, tile=tile)
    assert painted.shape == photo.shape
    assert whole(net, photo).std() > 0.002
    assert (painted - whole(net, photo)).abs().max() < 2e-5


@pytest.mark.parametrize("size", [(16, 16), (17, 90), (64, 65), (67, 48)])
def test_every_size_and_the_smallest_tile(size):
    net, photo = make_net(), make_photo(*size)
    assert (stylize_tiled(net, photo, tile=16) - whole(net, photo)).abs().max() < 2e-5


def test_pictures_of_a_batch_keep_their_own_statistics():
    net, photos = make_net(), make_photo(40, 56, count=2)
    photos[1] = 1 - photos[1]
    painted = stylize_tiled(net, photos, tile=32)
    assert (painted - whole(net, photos)).abs().max() < 2e-5


@pytest.mark.parametrize("statistics", ["whole", "small_copy", "per_tile"])
def test_half_precision_paints_nearly_the_same(statistics):
    net, photo = make_net(), make_photo(64, 80)
    settings = {"tile": 48, "statistics": statistics}
    painted = stylize_tiled(net, photo, dtype=torch.bfloat16, **settings)
    assert painted.dtype == torch.float32
    difference = (painted - stylize_tiled(net, photo, **settings)).abs()
    assert 0 < difference.mean() < 1 / 255


def test_tiles_for_themselves_show_seams():
    """What is wrong with them jumps at the edge of a tile and drifts elsewhere."""
    net, photo = make_net(), make_photo(64, 192)
    painted = stylize_tiled(net, photo, tile=64, statistics="per_tile")
    wrong = (painted - whole(net, photo)).mean(2)  # (N, 3, W)
    steps = (wrong[..., 1:] - wrong[..., :-1]).abs().mean((0, 1))
    beside = torch.cat([steps[32:60], steps[68:96]])
    assert wrong.abs().max() > 0.02
    assert steps[63] > 4 * beside.mean()


def test_overlap_cures_what_convolutions_see():
    """Without norms the overlap is all: half the receptive field, or an error."""
    net, photo = make_net(norm="none"), make_photo(100, 260)
    expected = whole(net, photo)

    def error(overlap):
        settings = {"tile": 64, "statistics": "per_tile", "overlap": overlap}
        return (stylize_tiled(net, photo, **settings) - expected).abs().max()

    assert error(None) < 1e-6
    assert error(0) > 1e-4


def test_a_small_copy_of_a_small_picture_is_the_picture():
    net, photo = make_net(), make_photo(64, 80)
    painted = stylize_tiled(net, photo, tile=32, statistics="small_copy")
    assert (painted - whole(net, photo)).abs().max() < 2e-5


def test_statistics_of_another_picture():
    """The copy paints as the net did on that picture; the net itself stays."""
    net, photo = make_net(), make_photo(64, 80)
    fixed = with_statistics_of(net, photo)
    assert (whole(fixed, photo) - whole(net, photo)).abs().max() < 2e-5
    assert any(isinstance(m, FixedNorm) for m in fixed.modules())
    assert not any(isinstance(m, FixedNorm) for m in net.modules())
    assert not any(m._forward_pre_hooks for m in net.modules())


def test_moments_by_hand():
    """Values 1, 3 and then 5, 5, 11: mean 5, squared distances 16+4+0+0+36 over 5."""
    moments = Moments()
    moments.add(torch.tensor([1.0, 3.0]).view(1, 1, 1, 2))
    moments.add(torch.tensor([5.0, 5.0, 11.0]).view(1, 1, 3, 1))
    assert moments.mean.item() == pytest.approx(5)
    assert moments.variance.item() == pytest.approx(56 / 5)


def test_moments_survive_a_large_mean():
    """A sum of squares in single precision would have nothing left here."""
    parts = 4096 + torch.randn(8, 1, 1, 40, 40)
    moments = Moments()
    for part in parts:
        moments.add(part)
    assert moments.variance.item() == pytest.approx(parts.var().item(), rel=1e-2)


def test_fixed_norm_is_the_instance_norm():
    norm = nn.InstanceNorm2d(3, affine=True)
    nn.init.uniform_(norm.weight)
    nn.init.uniform_(norm.bias)
    x = torch.randn(2, 3, 9, 7)
    moments = Moments()
    moments.add(x)
    assert torch.allclose(FixedNorm(norm, moments)(x), norm(x), atol=1e-5)


def test_reach_by_hand():
    """A 9x9 and a strided 3x3 see 4 + 1 pixels, rounded to the stride's grid."""
    down = [nn.Conv2d(1, 1, 9, padding=4), nn.Conv2d(1, 1, 3, 2, padding=1)]
    assert Reach.of(down) == Reach(up=1, down=2, halo=6)
    assert Reach.of([nn.Conv2d(1, 1, 3)]) == Reach(loss=1)
    up = [nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 9, padding=4)]
    assert Reach.of(up) == Reach(up=2, halo=2)
    assert Reach(loss=1).out(10) == 8


def test_spans_cover_the_output_once():
    for reach in (Reach(), Reach(halo=8), Reach(up=2, halo=1), Reach(loss=1)):
        places = [place for place, _, _ in reach.spans(101, 32)]
        assert places[0].start == 0
        assert places[-1].stop == reach.out(101)
        assert all(a.stop == b.start for a, b in pairwise(places))


def test_the_net_stays_as_it_was():
    net = make_net()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    stylize_tiled(net, make_photo(64, 64), tile=32)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tile": 8}, "tile of 8"),
        ({"statistics": "guess"}, "whole, small_copy or per_tile"),
        ({"statistics": "per_tile", "overlap": -1}, "overlap"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        stylize_tiled(make_net(), make_photo(32, 32), **settings)


def test_bad_net_and_photo():
    with pytest.raises(ValueError, match="training mode"):
        stylize_tiled(make_net().train(), make_photo(32, 32))
    with pytest.raises(ValueError, match="too small"):
        stylize_tiled(make_net(), make_photo(8, 32))
    with pytest.raises(ValueError, match="divide by 255"):
        stylize_tiled(make_net(), 255 * make_photo(32, 32))

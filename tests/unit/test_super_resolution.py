"""Enlarging: exact tiles, greys, transparency, histograms, bad input."""

import pytest
import torch
from PIL import Image

from fst_lessons import checkpoints
from fst_lessons.checkpoints import load_super_resolution, save_net
from fst_lessons.colors import luma, match_histogram
from fst_lessons.degradation import enlarge
from fst_lessons.super_resolution import Enlarger, upscale, upscale_tiled
from fst_lessons.super_resolution_net import NETS, make_super_resolution_net


def make(preset="book", factor=4):
    torch.manual_seed(0)
    narrow = {} if preset.startswith("srcnn") else {"blocks": 2}
    net = make_super_resolution_net(preset, factor=factor, width=4, **narrow)
    for parameter in net.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return net.eval().requires_grad_(False)


def photo(height=20, width=27, channels=3):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(1, channels, height, width, generator=generator)


@pytest.mark.parametrize("preset", NETS)
@pytest.mark.parametrize(("factor", "tile"), [(4, 5), (4, 16), (8, 8)])
def test_tiles_that_overlap_by_the_reach_are_exact(preset, factor, tile):
    net, low = make(preset, factor), photo(19, 25)
    tiled = upscale_tiled(net, low, factor, tile=tile, reach=net.reach)
    torch.testing.assert_close(tiled, net(low), atol=2e-6, rtol=0)


def test_a_smaller_overlap_is_not_exact():
    net = make("srcnn")
    for parameter in net.parameters():  # no path is cut off by a ReLU
        parameter.data = parameter.abs() + 0.01
    net.train()
    low = photo(37, 44)
    tiled = upscale_tiled(net, low, 4, tile=16, reach=net.reach - 1)
    assert (tiled - net(low)).abs().max() > 1e-3


def test_large_pictures_are_enlarged_in_tiles(monkeypatch):
    net, low = make(), photo(60, 70)
    whole = upscale(low, net=net)
    sizes = []
    enlarger = Enlarger(net=net)
    run = enlarger.run
    enlarger.run = lambda part: sizes.append(part.shape[-2:]) or run(part)
    monkeypatch.setattr("fst_lessons.super_resolution.WHOLE", 1000)
    monkeypatch.setattr("fst_lessons.super_resolution.TILE", 64)
    large = enlarger(low)
    assert len(sizes) == 4 * 5
    assert max(max(size) for size in sizes) <= 16 + 2 * net.reach
    assert (large - whole).abs().mean() < 1 / 255  # bfloat16 rounds each its own way


@pytest.mark.parametrize("factor", [4, 8])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("tile", [None, 7])
def test_every_kind_of_picture_grows(factor, channels, tile):
    low = photo(11, 9, channels)
    before = low.clone()
    large = upscale(low, factor, net=make(factor=factor), tile=tile)
    assert large.shape == (1, channels, 11 * factor, 9 * factor)
    assert 0 <= large.min() <= large.max() <= 1
    assert torch.equal(low, before)


def test_opacity_is_enlarged_by_bicubic_and_colors_by_the_net():
    low, net = photo(channels=4), make()
    large = upscale(low, net=net)
    torch.testing.assert_close(large[:, 3:], enlarge(low[:, 3:], 4).clamp(0, 1))
    torch.testing.assert_close(large[:, :3], upscale(low[:, :3], net=net))


def test_grey_stays_grey():
    grey, net = photo(channels=1), make()
    rgb = grey.expand(-1, 3, -1, -1)
    tinted = net(rgb)
    assert (tinted - tinted[:, :1]).abs().max() > 0.01
    large = upscale(rgb, net=net)
    assert torch.equal(large, large[:, :1].expand_as(large))
    assert torch.equal(upscale(grey, net=net), large[:, :1])
    assert (large[:, :1] - luma(tinted)).abs().mean() < 2 / 255


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 30), (3, 2)])
@pytest.mark.parametrize("preset", NETS)
def test_pictures_smaller_than_what_a_net_sees(preset, height, width):
    net = make(preset)
    assert max(height, width) < 30 + net.reach
    large = upscale(photo(height, width), net=net)
    assert large.shape == (1, 3, 4 * height, 4 * width)
    assert torch.isfinite(large).all()


def test_files_and_bytes(tmp_path):
    path = tmp_path / "x.png"
    Image.new("RGBA", (6, 5), (255, 0, 0, 128)).save(path)
    large = upscale(path, 4, "bicubic")
    assert large.shape == (1, 4, 20, 24)
    assert large[0, :, 7, 7].tolist() == pytest.approx([1, 0, 0, 128 / 255], abs=1e-4)
    assert torch.equal(upscale(path.read_bytes(), 4, "bicubic"), large)


def test_bicubic_needs_no_weights():
    low = photo()
    torch.testing.assert_close(upscale(low, 4, "bicubic"), enlarge(low, 4).clamp(0, 1))
    tiled = upscale(low, 4, "bicubic", tile=6)
    torch.testing.assert_close(tiled, enlarge(low, 4).clamp(0, 1))


def test_the_histogram_becomes_the_small_pictures():
    low = photo(8, 8) * 0.5
    net = make("paper")
    assert upscale(low, net=net).max() > 0.5
    large = upscale(low, net=net, histogram=True)
    assert large.max() <= 0.5
    for channel in range(3):
        ours, wanted = large[0, channel].flatten(), low[0, channel].flatten()
        share = torch.linspace(0.05, 0.95, 10)
        torch.testing.assert_close(
            ours.quantile(share), wanted.quantile(share), atol=0.02, rtol=0
        )


def test_histograms_by_hand():
    image = torch.tensor([0.9, 0.1, 0.5, 0.7]).view(1, 1, 2, 2)
    reference = torch.tensor([0.2, 0.4, 0.0, 0.6]).view(1, 1, 1, 4)
    expected = torch.tensor([0.6, 0.0, 0.2, 0.4]).view(1, 1, 2, 2)
    torch.testing.assert_close(match_histogram(image, reference), expected)
    # four ranks for two values: each value for two of them, in between by halves
    two = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    expected = torch.tensor([1.0, 0.0, 0.25, 0.75]).view(1, 1, 2, 2)
    torch.testing.assert_close(match_histogram(image, two), expected)
    assert torch.equal(match_histogram(image, image), image)


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    """Pretend that small nets come with the package."""
    folder = tmp_path.joinpath(*checkpoints.SUPER_RESOLUTION_FOLDER)
    folder.mkdir(parents=True)
    monkeypatch.setattr(
        checkpoints.assets, "data_path", lambda *p: tmp_path.joinpath(*p)
    )
    for loss, factor in [("pixel", 4), ("feature", 4), ("pixel", 8), ("feature", 8)]:
        save_net(make(factor=factor), folder / f"{loss}_x{factor}.safetensors", {})
    save_net(make("srcnn"), folder / "srcnn_x4.safetensors", {})


@pytest.mark.parametrize("factor", [4, 8])
@pytest.mark.parametrize("loss", ["pixel", "feature", "bicubic"])
def test_shipped_nets_are_known_by_loss_and_factor(shelf, factor, loss):
    assert upscale(photo(), factor, loss).shape[-1] == 27 * factor


def test_a_net_is_loaded_from_its_file(shelf, tmp_path):
    file = save_net(make("paper", 8), tmp_path / "mine.safetensors", {"a": 1})
    assert upscale(photo(), 8, net=file).shape[-1] == 27 * 8
    net, card = load_super_resolution(file)
    assert card["a"] == 1
    assert net.config == make("paper", 8).config


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"factor": 3}, "cannot enlarge by 3; the factors offered are 4 and 8"),
        ({"factor": 16}, "the factors offered are 4 and 8"),
        ({"loss": "pixle"}, "no net 'pixle_x4'.* did you mean pixel_x4"),
        ({"factor": 8, "loss": "srcnn"}, "no net 'srcnn_x8'"),
        ({"net": "gone.safetensors"}, "no file gone"),
        ({"net": make(factor=8)}, "the net enlarges by 8, not by 4"),
        ({"factor": 8, "net": make()}, "the net enlarges by 4, not by 8"),
        ({"factor": 8, "net": "pixel_x4"}, "the net enlarges by 4, not by 8"),
        ({"tile": 0}, "a tile must have 1 pixel"),
        ({"device": "abacus"}, "no device 'abacus'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(shelf, settings, words):
    with pytest.raises(ValueError, match=words):
        upscale(photo(), **settings)


@pytest.mark.parametrize(
    ("low", "words"),
    [
        (photo()[0], "with 1 \\(grey\\), 3 \\(RGB\\) or 4"),
        (photo(channels=2), "with 1 \\(grey\\), 3 \\(RGB\\) or 4"),
        (photo() * 255, "divide by 255"),
        (photo() * float("nan"), "NaN"),
        (torch.zeros(1, 3, 3000, 3000), "12000x12000 pixels; at most 100 million"),
        (photo()[..., :0], "expected \\(N, 3"),
        ("nowhere.png", "no picture at nowhere"),
    ],
)
def test_what_cannot_be_enlarged_is_refused(low, words):
    with pytest.raises(ValueError, match=words):
        upscale(low, 4, "bicubic")


def test_a_given_net_is_left_as_it_is():
    net = make("paper").train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    upscale(photo(), net=net)
    assert net.training
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])

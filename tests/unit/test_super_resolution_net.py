"""Super-resolution nets: the paper's sizes, what they start as, how far they see."""

import pytest
import torch
from torch import nn

from fst_lessons.degradation import enlarge
from fst_lessons.metrics import psnr
from fst_lessons.super_resolution_net import (
    NETS,
    PRESETS,
    SRCNN,
    SuperResolutionNet,
    make_super_resolution_net,
)

EACH = pytest.mark.parametrize("preset", NETS)
BOTH = pytest.mark.parametrize("factor", [4, 8])


def photo(height=12, width=14):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, height, width, generator=generator)


def make(preset, factor=4, **changes):
    torch.manual_seed(0)
    narrow = {} if preset.startswith("srcnn") else {"blocks": 2}
    return make_super_resolution_net(
        preset, factor=factor, width=6, **narrow, **changes
    ).eval()


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("factor", "parameters"), [(4, 401_859), (8, 438_915)])
@pytest.mark.parametrize("preset", ["paper", "paper_resize"])
def test_the_papers_net_has_the_papers_size(factor, parameters, preset):
    assert count(SuperResolutionNet(factor, preset=preset)) == parameters


@BOTH
def test_the_papers_sizes_by_hand(factor):
    ends = 2 * 9 * 9 * 3 * 64 + 64 + 3
    convs = 8 + (2 if factor == 4 else 3)
    norms = 2 * 64 * (convs + 1)
    expected = ends + convs * (9 * 64 * 64 + 64) + norms
    assert count(SuperResolutionNet(factor, preset="paper")) == expected


@BOTH
def test_the_books_net_fits_into_a_megabyte_of_half_floats(factor):
    net = SuperResolutionNet(factor)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert 2 * count(net) < 1e6


def test_the_baselines_weights_are_the_published_count():
    weights = {"srcnn": 57_184, "srcnn_9_1_5": 8_032}  # without biases
    for preset, expected in weights.items():
        assert count(SRCNN(preset=preset)) == expected + 64 + 32 + 1


def test_the_papers_layers_in_order():
    net = SuperResolutionNet(8, preset="paper")
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU)
    layers = [m for m in net.modules() if isinstance(m, kinds)]
    names = [type(layer).__name__ for layer in layers]
    conv, up, norm, relu = (kind.__name__ for kind in kinds)
    block = [conv, norm, relu, conv, norm]
    expected = [conv, norm, relu, *4 * block, *3 * [up, norm, relu], conv]
    assert names == expected
    sides = [m.kernel_size[0] for m in layers if isinstance(m, kinds[:2])]
    assert sides == [9, *[3] * 11, 9]
    resized = SuperResolutionNet(8, preset="paper_resize")
    assert not any(isinstance(m, nn.ConvTranspose2d) for m in resized.modules())


@EACH
@BOTH
@pytest.mark.parametrize(("height", "width"), [(12, 14), (1, 1), (5, 2)])
def test_any_picture_grows_by_the_factor(preset, factor, height, width):
    with torch.no_grad():
        large = make(preset, factor)(photo(height, width))
    assert large.shape == (1, 3, height * factor, width * factor)
    assert 0 <= large.min() <= large.max() <= 1


@EACH
def test_a_batch_is_its_pictures(preset):
    net = make(preset)
    batch = torch.cat([photo(), photo().flip(2)])
    with torch.no_grad():
        one_by_one = torch.cat([net(p[None]) for p in batch])
        torch.testing.assert_close(net(batch), one_by_one)


@EACH
@BOTH
def test_reach_is_how_far_a_net_sees(preset, factor):
    net = make(preset, factor).double()
    with torch.no_grad():
        for p in net.parameters():  # positive: no path is cut off by a ReLU
            p.copy_(torch.rand_like(p) * 0.01 + 1e-3)
    net.train(preset in ("book", "srcnn", "srcnn_9_1_5"))  # unclipped
    side = 2 * net.reach + 7
    low = photo(side, side).double().requires_grad_()
    middle = slice(side // 2 * factor, side // 2 * factor + factor)
    net(low)[..., middle, middle].sum().backward()
    seen = low.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    first, last = side // 2 - int(seen[0]), int(seen[-1]) - side // 2
    assert max(first, last) == net.reach


@BOTH
def test_the_books_net_starts_near_bicubic(factor):
    torch.manual_seed(0)
    net = SuperResolutionNet(factor).eval()
    low = 0.25 + 0.5 * photo()
    with torch.no_grad():
        assert psnr(net(low), enlarge(low, factor).clamp(0, 1)) > 15
        net.last.weight.zero_()
        bicubic = enlarge(low, factor).clamp(0, 1)
        torch.testing.assert_close(net(low), bicubic)


def test_from_the_first_step_on_every_layer_gets_a_gradient():
    net = SuperResolutionNet(width=8, blocks=2).train()
    net(photo()).square().mean().backward()
    assert all(float(p.grad.abs().max()) > 0 for p in net.parameters())


def test_in_training_nothing_is_cut_off():
    net = make("book").train()
    with torch.no_grad():
        net.last.bias += 20
        assert net(photo()).max() > 2
        assert net.eval()(photo()).max() == 1


def test_the_baseline_changes_brightness_alone():
    net = make("srcnn").train()
    low = photo()
    with torch.no_grad():
        change = net(low) - enlarge(low, 4)
    assert float(change.abs().max()) > 0.01
    torch.testing.assert_close(change[:, :1].expand_as(change), change)


@pytest.mark.parametrize("factor", [3, 16, 2, 0, None, "4", True])
def test_other_factors_are_refused_with_what_is_offered(factor):
    offered = "the factors offered are 4 and 8"
    with pytest.raises(ValueError, match=offered):
        SRCNN(factor)
    if factor is not None:  # which means the preset's
        with pytest.raises(ValueError, match=offered):
            SuperResolutionNet(factor)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preset": "boook"}, "unknown preset 'boook'; choose book, paper"),
        ({"norm": "instance"}, "norm must be one of none, batch"),
        ({"upsampling": "shuffle"}, "upsampling must be one of resize, transposed"),
        ({"width": 0}, "width must be an integer from 1"),
        ({"blocks": 1.5}, "blocks must be an integer from 0"),
        ({"depth": 3}, "cannot set factor, depth"),
    ],
)
def test_other_choices_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        SuperResolutionNet(4, **changes)


def test_unknown_nets_are_refused():
    with pytest.raises(ValueError, match="choose srcnn, srcnn_9_1_5"):
        SRCNN(preset="srcnn_9_3_5")
    with pytest.raises(ValueError, match="unknown net 'edsr'; choose book, paper"):
        make_super_resolution_net("edsr")


@EACH
@pytest.mark.parametrize(
    ("low", "words"),
    [
        (photo()[0], "expected \\(N, 3, height, width\\)"),
        (photo()[:, :1], "expected \\(N, 3, height, width\\)"),
        (photo() * 255, "divide by 255"),
        ((photo() * 255).byte(), "divide by 255"),
        (photo() * float("nan"), "NaN"),
    ],
)
def test_what_is_no_picture_is_refused(preset, low, words):
    with pytest.raises(ValueError, match=words):
        make(preset)(low)


def test_a_configuration_is_kept():
    for preset, config in PRESETS.items():
        assert make_super_resolution_net(preset).config == config
    assert SuperResolutionNet(8, preset="paper", width=4).config.width == 4

"""Nets with lambda and style as inputs: what the knobs do, other ways to compute."""

import math

import pytest
import torch
import torch.nn.functional as F

from fst_lessons.adjustable_layers import modulated
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.adjustable_start import start_from_plain, widen_adjustable
from fst_lessons.adjusted import Adjusted, settled
from fst_lessons.fast import fast
from fst_lessons.fast_adjustable import FastAdjustable
from fst_lessons.tiles import stylize_tiled
from fst_lessons.transform_net import TransformNet

KINDS = {
    "plain": {},
    "cheap": {"block": "separable", "up": "transposed4", "end_kernel": 5},
    "separable": {"block": "separable", "blocks": 1},
    "transposed": {"up": "transposed4", "end_kernel": 3, "blocks": 0},
}


def make(kind="plain", styles=("a", "b"), **changes):
    """Return a small net that listens to its knobs."""
    torch.manual_seed(0)
    settings = {"width": 4, "blocks": 2, **KINDS[kind], **changes}
    net = AdjustableTransformNet(AdjustableConfig(styles, **settings)).eval()
    net.perceptron.last.weight.data *= 10
    return net


def photograph(height=36, width=44, count=1):
    generator = torch.Generator().manual_seed(1)
    small = torch.rand(count, 3, 9, 11, generator=generator)
    return F.interpolate(small, (height, width), mode="bilinear")


@pytest.fixture(autouse=True)
def no_gradients(request):
    with torch.set_grad_enabled("gradient" in request.node.name):
        yield


def test_at_first_every_norm_is_nearly_an_ordinary_one():
    net = AdjustableTransformNet(AdjustableConfig(("a", "b"), width=4))
    for scale, shift in net.settings(torch.tensor([1.0]), net.blend("b")):
        assert (scale - 1).abs().max() < 0.5 and shift.abs().max() < 0.5
    net.perceptron.last.weight.data.zero_()
    for u in (-1.0, 0.3):
        for scale, shift in net.settings(torch.tensor([u]), net.blend("a")):
            assert torch.equal(scale, torch.ones_like(scale))
            assert torch.equal(shift, torch.zeros_like(shift))


def test_a_modulated_channel_has_the_mean_and_deviation_asked_for():
    x = photograph(count=2)
    scale, shift = (
        torch.tensor([[2.0, 1, 0.5], [3, 1, 1]]),
        torch.tensor([[0.0, 5, -1]]),
    )
    y = modulated(x, scale, shift)
    torch.testing.assert_close(y.mean((2, 3)), shift.expand(2, 3), atol=1e-5, rtol=0)
    deviation = y.std((2, 3), correction=0)
    torch.testing.assert_close(deviation, scale, atol=3e-3, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_any_size_comes_back_and_lies_in_range(kind):
    net = make(kind)
    for height, width in ((16, 16), (17, 23), (40, 18)):
        painted = net(photograph(height, width), 10.0, "a")
        assert painted.shape == (1, 3, height, width)
        assert 0 <= painted.min() and painted.max() <= 1


def test_both_knobs_change_the_painting():
    net, photo = make(), photograph()
    middle = net(photo, 10.0, "a")
    assert (net(photo, 50.0, "a") - middle).abs().mean() > 1e-3
    assert (net(photo, 10.0, "b") - middle).abs().mean() > 1e-3
    assert torch.equal(net(photo, 10.0, "a"), middle)


def test_a_blend_of_one_is_that_style_and_of_two_is_neither():
    net, photo = make(), photograph()
    a, b = net(photo, 10.0, "a"), net(photo, 10.0, "b")
    for same in ({"a": 1.0}, {"a": 1.0, "b": 0.0}, torch.tensor([[1.0, 0.0]])):
        assert torch.equal(net(photo, 10.0, same), a)
    both = net(photo, 10.0, {"a": 0.5, "b": 0.5})
    apart = (a - b).abs().mean()
    assert 0 < (both - a).abs().mean() < apart and 0 < (both - b).abs().mean() < apart


def test_every_picture_of_a_batch_has_its_own_wish():
    net, photos = make(), photograph(count=3)
    strengths = torch.tensor([1.0, 10.0, 100.0])
    blends = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    together = net(photos, strengths, blends)
    for i in range(3):
        alone = net(photos[i : i + 1], float(strengths[i]), blends[i])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-5, rtol=0)


def test_one_blend_or_one_lambda_serves_all_pictures():
    net, photos = make(), photograph(count=2)
    strengths = torch.tensor([2.0, 50.0])
    one = net(photos, strengths, "b")
    blends = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    torch.testing.assert_close(one, net(photos, strengths, blends))
    blends = torch.eye(2)
    many = net(photos, torch.tensor([7.0, 7.0]), blends)
    torch.testing.assert_close(net(photos, 7.0, blends), many)


def test_the_slider_is_the_logarithm_of_lambda():
    net = make(lightest=2.0, heaviest=32.0)
    assert net.config.middle == 8
    u = net.position(torch.tensor([2.0, 4.0, 8.0, 32.0]))
    torch.testing.assert_close(u, torch.tensor([-1.0, -0.5, 0.0, 1.0]))
    torch.testing.assert_close(net.strength(u), torch.tensor([2.0, 4.0, 8.0, 32.0]))
    assert net.position(32 * (1 + 1e-6)) == 1  # a rounded end is an end


def test_gradients_reach_every_parameter():
    net, photo = make(), photograph()
    net(photo, 30.0, {"a": 0.2, "b": 0.8}).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_no_style_loses_its_slider_with_its_hidden_units_gradient():
    net, photo = make(), photograph()
    net.perceptron.hidden.weight.data.zero_()
    net.perceptron.hidden.bias.data.fill_(-100)  # SiLU gives nothing any more
    net(photo, 30.0, "b").square().sum().backward()
    # one, u and u squared of style b; style a was not asked for
    columns = net.perceptron.table.weight.grad.abs().sum(0).view(3, 2)
    assert bool((columns[:, 1] > 0).all()) and bool((columns[:, 0] == 0).all())


@pytest.mark.parametrize("kind", KINDS)
def test_fast_paints_and_learns_the_same_gradients(kind):
    net, photos = make(kind), photograph(29, 38, count=3)
    u = torch.tensor([-1.0, 0.0, 0.6])
    blends = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    wish = torch.rand(3, 3, 29, 38, generator=torch.Generator().manual_seed(2))
    found = []
    for paint in (net.paint, FastAdjustable(net, dtype=torch.float32)):
        painted = paint(photos, u, blends)
        net.zero_grad()
        (painted * wish).sum().backward()
        found.append((painted, {k: p.grad for k, p in net.named_parameters()}))
    (slow, expected), (quick, got) = found
    torch.testing.assert_close(quick, slow, atol=2e-4, rtol=0)
    for name, gradient in expected.items():
        close = (got[name] - gradient).norm() / gradient.norm()
        assert close < 0.02, name  # a ReLU near zero may fall to the other side


def test_bfloat16_is_within_two_levels():
    net, photo = make(), photograph()
    u, blend = torch.tensor([0.5]), torch.tensor([[0.3, 0.7]])
    quick = FastAdjustable(net, dtype=torch.bfloat16)(photo, u, blend)
    assert quick.dtype == torch.float32
    assert 255 * (quick - net.paint(photo, u, blend)).abs().mean() < 2


@pytest.mark.parametrize("kind", KINDS)
def test_settled_it_is_a_plain_net_for_every_purpose(kind):
    net, photo = make(kind), photograph(61, 83)
    blend = {"a": 0.25, "b": 0.75}
    expected = net(photo, 7.0, blend)
    plain = settled(net, 7.0, blend)
    for painted in (
        plain(photo),
        fast(plain, dtype=torch.float32)(photo),
        stylize_tiled(plain, photo, tile=16),
        Adjusted(net, 7.0, blend, dtype=torch.float32)(photo),
    ):
        torch.testing.assert_close(painted, expected, atol=3e-4, rtol=0)


@pytest.mark.parametrize("up", ["resize", "transposed4"])
def test_it_can_begin_as_a_plain_net(up):
    torch.manual_seed(1)
    plain = TransformNet(width=4, blocks=2)
    for parameter in plain.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    net = start_from_plain(make(up=up), plain)
    net.perceptron.last.weight.data.zero_()
    photo = photograph(21, 30)
    for strength, style in ((1.0, "a"), (60.0, "b")):
        torch.testing.assert_close(
            net(photo, strength, style), plain(photo), atol=1e-5, rtol=0
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [2, 3])
def test_a_widened_net_paints_the_same_for_every_wish(kind, times):
    net = make(kind)
    wide = widen_adjustable(net, times, noise=0).eval()
    assert wide.config.width == 4 * times
    photo = photograph(21, 30)
    for strength, style in ((1.0, "a"), (60.0, {"a": 0.3, "b": 0.7})):
        torch.testing.assert_close(
            wide(photo, strength, style), net(photo, strength, style), atol=1e-4, rtol=0
        )


def test_noise_tells_the_copies_of_a_channel_apart():
    net = make("separable")
    wide = widen_adjustable(net, 2, seed=3)
    for kernel in (wide.down[1].conv.weight, wide.blocks[0].first[0].weight):
        assert not torch.equal(kernel[0], kernel[1])
    again = widen_adjustable(net, 2, seed=3)
    assert torch.equal(again.last.weight, wide.last.weight)
    photo = photograph()
    near = (wide(photo, 10.0, "a") - net(photo, 10.0, "a")).abs().mean()
    assert 0 < near < 0.05


def test_only_equal_layers_can_be_taken_over():
    for net, plain in (
        (make("cheap"), TransformNet(width=4, blocks=2)),
        (make(), TransformNet(width=8, blocks=2)),
        (make(), TransformNet("paper", width=4, blocks=2)),
    ):
        with pytest.raises(ValueError, match="cannot start"):
            start_from_plain(net, plain)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"styles": ()}, "styles of different names"),
        ({"styles": ("a", "a")}, "styles of different names"),
        ({"width": 0}, "width must be an integer from 1"),
        ({"width": 8.0}, "width must be an integer"),
        ({"blocks": -1}, "blocks must be an integer from 0"),
        ({"hidden": 0}, "hidden must be"),
        ({"end_kernel": 4}, "end_kernel must be 3, 5, 7 or 9, got 4"),
        ({"block": "dense"}, "block must be residual or separable"),
        ({"up": "shuffle"}, "up must be resize or transposed4"),
        ({"lightest": 0.0}, "0 < lightest < heaviest"),
        ({"lightest": 5.0, "heaviest": 5.0}, "0 < lightest < heaviest"),
        ({"heaviest": math.inf}, "0 < lightest < heaviest"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        AdjustableConfig(**{"styles": ("a", "b"), **changes})


@pytest.mark.parametrize(
    ("strength", "styles", "words"),
    [
        (0.0, "a", "lambda must lie between 1 and 100, got 0"),
        (-3.0, "a", "got -3"),
        (math.nan, "a", "got nan"),
        (0.9, "a", "got 0.9"),
        (101.0, "a", "got 101"),
        (torch.tensor([5.0, 300.0]), "a", "got 300"),
        (torch.tensor([5.0, 30.0]), "a", "one lambda and one blend, or 1 of each"),
        (5.0, "c", "no style 'c'; it has a, b"),
        (5.0, {"a": 0.5, "c": 0.5}, "no style 'c'"),
        (5.0, {"a": 0.5, "b": 0.6}, "sum to 1"),
        (5.0, {"a": 1.5, "b": -0.5}, "0 or more"),
        (5.0, {"a": math.nan, "b": 1.0}, "0 or more"),
        (5.0, {}, "sum to 1"),
        (5.0, torch.tensor([1.0]), "expected 2 weights"),
        (5.0, torch.ones(2, 2) / 2, "one lambda and one blend, or 1 of each"),
    ],
)
def test_wishes_that_mean_nothing_are_refused(strength, styles, words):
    with pytest.raises(ValueError, match=words):
        make()(photograph(), strength, styles)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.rand(3, 20, 20), "expected \\(N, 3, H, W\\)"),
        (torch.rand(1, 4, 20, 20), "expected \\(N, 3, H, W\\)"),
        (torch.rand(0, 3, 20, 20), "expected \\(N, 3, H, W\\)"),
        (torch.zeros(1, 3, 20, 20, dtype=torch.uint8), "expected floats"),
        (torch.rand(1, 3, 15, 20), "20x15 is too small"),
    ],
)
def test_what_is_no_photograph_is_refused(images, words):
    with pytest.raises(ValueError, match=words):
        make()(images, 5.0, "a")
    with pytest.raises(ValueError, match=words):
        Adjusted(make(), 5.0, "a")(images)

"""The transform net: the paper's table, any size, what a pixel sees, bad input."""

from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fst_lessons.transform_net import (
    BGR_MEAN,
    PRESETS,
    NetConfig,
    TransformNet,
    layer_table,
    multiply_adds,
    receptive_field,
)

each_preset = pytest.mark.parametrize("preset", PRESETS)
each_upsampling = pytest.mark.parametrize("upsampling", ["resize", "transposed"])

# channels and side after each row of the supplementary table 1
PAPER_TABLE = [
    ("reflection padding", 3, 336),
    ("convolution 9x9", 32, 336),
    ("convolution 3x3, stride 2", 64, 168),
    ("convolution 3x3, stride 2", 128, 84),
    ("residual block 1", 128, 80),
    ("residual block 2", 128, 76),
    ("residual block 3", 128, 72),
    ("residual block 4", 128, 68),
    ("residual block 5", 128, 64),
    ("convolution 3x3, stride 1/2", 64, 128),
    ("convolution 3x3, stride 1/2", 32, 256),
    ("convolution 9x9", 3, 256),
]


def pictures(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def make_net(*args, **settings):
    torch.manual_seed(0)
    return TransformNet(*args, **settings).eval()


def count(net):
    return sum(parameter.numel() for parameter in net.parameters())


# the paper's network


def test_the_paper_preset_is_the_supplementary_table():
    rows = layer_table(TransformNet("paper"), height=256, width=256)
    assert [(r["layer"], r["channels"], r["height"]) for r in rows] == PAPER_TABLE
    assert all(row["height"] == row["width"] for row in rows)


def test_the_table_is_what_the_layers_do():
    net, sizes = TransformNet("paper", width=2), []
    stages = [*net.down, *net.blocks, *net.up, net.last]
    for stage in stages:
        stage.register_forward_hook(lambda m, i, o: sizes.append(tuple(o.shape[1:])))
    net(pictures(1, 3, 64, 72))
    rows = layer_table(net, height=64, width=72)[1:]
    assert sizes == [(r["channels"], r["height"], r["width"]) for r in rows]


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"preset": "paper"}, 1_679_235),
        ({"preset": "authors_code"}, 1_679_235),
        ({"preset": "book"}, 1_679_235),
        ({"preset": "book", "width": 16}, 424_899),
        ({"preset": "paper", "norm": "none"}, 1_674_432 + 1_603),
    ],
)
def test_parameters(settings, parameters):
    assert count(TransformNet(**settings)) == parameters


@pytest.mark.parametrize("blocks", [0, 1, 5])
def test_reflection_padding_is_what_the_blocks_cut_off(blocks):
    net = TransformNet("paper", width=1, blocks=blocks)
    assert net.padding(256, 256) == (8 * blocks,) * 4
    assert layer_table(net)[-1]["height"] == 256


def test_the_paper_pads_forty_pixels_and_the_book_none():
    assert TransformNet("paper", width=1).padding(256, 128) == (40, 40, 40, 40)
    assert TransformNet("book", width=1).padding(256, 128) == (0, 0, 0, 0)
    assert TransformNet("book", width=1).padding(255, 126) == (0, 2, 0, 1)


@each_preset
def test_convolutions_pad_as_the_preset_says(preset):
    net = TransformNet(preset, width=1)
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    inside = [m for b in net.blocks for m in b.modules() if isinstance(m, nn.Conv2d)]
    mode = "reflect" if preset == "book" else "zeros"
    assert {conv.padding_mode for conv in convs} == {mode}
    assert {conv.padding for conv in inside} == {(1, 1) if preset == "book" else (0, 0)}


@each_preset
def test_norms_follow_every_convolution_but_the_last(preset):
    kind = nn.BatchNorm2d if preset == "paper" else nn.InstanceNorm2d
    norms = [m for m in TransformNet(preset, width=1).modules() if isinstance(m, kind)]
    assert len(norms) == 3 + 2 * 5 + 2


# sizes


@each_preset
@pytest.mark.parametrize("off", range(10))
def test_any_size_comes_back(preset, off):
    net = make_net(preset, width=1, blocks=1)
    size = (24 + off, 40 - off)
    with torch.no_grad():
        assert net(pictures(2, 3, *size)).shape == (2, 3, *size)


@each_preset
@pytest.mark.parametrize("padding", ["reflect", "zero", "reflect_start"])
@each_upsampling
def test_every_combination_keeps_an_odd_size(preset, padding, upsampling):
    net = make_net(preset, width=1, padding=padding, upsampling=upsampling)
    with torch.no_grad():
        assert net(pictures(1, 3, 57, 63)).shape == (1, 3, 57, 63)


@each_preset
def test_smallest_picture(preset):
    net = make_net(preset, width=1)
    least = 16 + net.padding(16, 16)[0]
    with torch.no_grad():
        assert net(pictures(1, 3, least, least)).shape[-1] == least
        with pytest.raises(ValueError, match=r"too small .* needs"):
            net(pictures(1, 3, least + 9, least - 1))


def test_the_interior_of_an_odd_picture_does_not_see_the_padding():
    net = make_net(width=2, blocks=1, norm="none")
    picture = pictures(1, 3, 128, 125)
    cut = picture[..., :101]
    with torch.no_grad():
        whole, part = net(picture), net(cut)
    reach = receptive_field(net) // 2 + 1
    sure = slice(0, 101 - reach)
    torch.testing.assert_close(whole[..., sure], part[..., sure])


# what a pixel sees and what it costs


def probe(net, size=128):
    """Return the side that the gradient of one output pixel reaches, at its widest."""
    for module in net.double().modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.constant_(module.weight, 0.1 / module.weight[0].numel())
            nn.init.zeros_(module.bias)
    sides = []
    for place in range(4):
        picture = pictures(1, 3, size, size).double().requires_grad_(True)
        value = net(picture)[0, 0, size // 2 + place, size // 2]
        (gradient,) = torch.autograd.grad(value, picture)
        rows = gradient[0].abs().sum(dim=(0, 2)).nonzero()
        sides.append(int(rows.max() - rows.min()) + 1)
    return max(sides)


@each_preset
@each_upsampling
@pytest.mark.parametrize("blocks", [0, 1, 5])
def test_receptive_field_is_what_the_gradient_reaches(preset, upsampling, blocks):
    # an instance norm would carry every pixel everywhere
    net = TransformNet(
        preset, width=1, norm="none", upsampling=upsampling, blocks=blocks
    )
    assert receptive_field(net) == probe(net)


def test_receptive_fields_never_shrink():
    fields = [row["receptive_field"] for row in layer_table(TransformNet(width=1))]
    assert fields[:4] == [1, 9, 11, 15]
    assert fields[4:9] == [31, 47, 63, 79, 95]
    assert fields == sorted(fields)


@each_preset
@each_upsampling
def test_multiply_adds_are_those_torch_counts(preset, upsampling):
    net = make_net(preset, width=2, upsampling=upsampling)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(pictures(1, 3, 64, 90))
    assert 2 * multiply_adds(net, height=64, width=90) == counter.get_total_flops()


def test_multiply_adds_are_the_sum_of_the_table():
    net = TransformNet("paper")
    assert multiply_adds(net) == sum(row["multiply_adds"] for row in layer_table(net))
    assert multiply_adds(net) == 10_938_507_264


# switches


def test_upsampling_switches():
    resize, transposed = (
        TransformNet(width=2, upsampling=kind) for kind in ("resize", "transposed")
    )
    kinds = [type(m) for m in resize.up.modules()]
    assert kinds.count(nn.Upsample) == 2 and nn.ConvTranspose2d not in kinds
    kinds = [type(m) for m in transposed.up.modules()]
    assert kinds.count(nn.ConvTranspose2d) == 2 and nn.Upsample not in kinds
    assert count(resize) == count(transposed)
    assert multiply_adds(resize) > multiply_adds(transposed)


def test_only_the_transposed_net_paints_a_grid_on_a_flat_wall():
    wall = torch.full((1, 3, 96, 96), 0.5)
    for upsampling, flat in {"resize": True, "transposed": False}.items():
        net = make_net(width=4, norm="none", upsampling=upsampling)
        with torch.no_grad():
            inside = net(wall)[..., 24:-24, 24:-24]
        spread = inside - inside.mean(dim=(2, 3), keepdim=True)
        assert bool(spread.abs().max() < 1e-5) is flat


@pytest.mark.parametrize("padding", ["reflect", "reflect_start"])
def test_residual_adds_the_input(padding):
    residual = make_net(width=2, padding=padding)
    plain = make_net(width=2, padding=padding, residual=False)
    plain.load_state_dict(residual.state_dict())
    x = pictures(1, 8, 12, 12)
    shortcut = x if padding == "reflect" else x[..., 2:-2, 2:-2]
    with torch.no_grad():
        difference = residual.blocks[0](x) - plain.blocks[0](x)
    torch.testing.assert_close(difference, shortcut)
    assert "plain block 1" in [row["layer"] for row in layer_table(plain)]


def test_a_block_ends_without_a_relu():
    block = make_net(width=2).blocks[0]
    with torch.no_grad():
        assert block(pictures(1, 8, 12, 12) - 5).min() < 0


def test_a_configuration_rebuilds_the_net():
    net = make_net("authors_code", width=3, blocks=2, residual=False)
    again = TransformNet(NetConfig(**asdict(net.config)))
    again.load_state_dict(net.state_dict())
    picture = pictures(1, 3, 48, 44)
    with torch.no_grad():
        assert torch.equal(again.eval()(picture), net(picture))
    assert TransformNet(net.config, width=4).config.width == 4
    assert PRESETS["authors_code"].width == 32


# ranges


@each_preset
def test_output_stays_in_range_whatever_the_weights(preset):
    net = make_net(preset, width=2).train()  # normalizes, so that something arrives
    picture = pictures(1, 3, 64, 64)
    with torch.no_grad():
        net.last.weight.mul_(1e4)
        y_hat = net(picture)
    assert 0 <= y_hat.min() and y_hat.max() <= 1
    assert y_hat.max() - y_hat.min() > 0.9


@pytest.mark.parametrize(("sign", "expected"), [(1, 1.0), (-1, 0.0)])
def test_authors_range_reaches_black_and_almost_white(sign, expected):
    net = make_net("authors_code", width=2)
    with torch.no_grad():
        net.last.weight.zero_()
        net.last.bias.fill_(100.0 * sign)
        y_hat = net(pictures(1, 3, 64, 64))
    reached = [(150 * sign + mean) / 255 for mean in reversed(BGR_MEAN)]
    wanted = torch.tensor(reached).clamp(0, 1).view(1, 3, 1, 1).expand_as(y_hat)
    torch.testing.assert_close(y_hat, wanted)
    assert abs(float(y_hat.mean()) - expected) < 0.01


def test_authors_units_put_blue_first():
    net, seen = make_net("authors_code", width=2), []
    net.down.register_forward_pre_hook(lambda m, inputs: seen.append(inputs[0]))
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = 1.0
    with torch.no_grad():
        net(red)
        net.last.weight.zero_()
        net.last.bias.zero_()
        grey = net(red)
    blue_first = torch.tensor([-103.939, -116.779, 255 - 123.68])
    torch.testing.assert_close(seen[0].mean(dim=(0, 2, 3)), blue_first)
    mean = torch.tensor([123.68, 116.779, 103.939]) / 255
    torch.testing.assert_close(grey[0, :, 5, 5], mean)


def test_tanh_is_a_sigmoid_of_twice_the_value():
    sigmoid, tanh = (make_net(width=2, output=kind) for kind in ("sigmoid", "tanh"))
    tanh.load_state_dict(sigmoid.state_dict())
    picture = pictures(1, 3, 32, 32)
    with torch.no_grad():
        sigmoid.last.weight.mul_(2)
        sigmoid.last.bias.mul_(2)
        torch.testing.assert_close(sigmoid(picture), tanh(picture))


# norms


@pytest.mark.parametrize("training", [True, False])
def test_instance_norm_ignores_the_rest_of_the_batch(training):
    net = make_net(width=2).train(training)
    batch = torch.cat([pictures(1, 3, 32, 32), pictures(1, 3, 32, 32, seed=1) / 9])
    with torch.no_grad():
        torch.testing.assert_close(net(batch)[:1], net(batch[:1]))


def test_batch_norm_does_not_while_training():
    net = make_net("book", width=2, norm="batch").train()
    batch = torch.cat([pictures(1, 3, 32, 32), pictures(1, 3, 32, 32, seed=1) / 9])
    with torch.no_grad():
        assert not torch.allclose(net(batch)[:1], net(batch[:1]), atol=1e-3)


def test_instance_norm_ignores_contrast_and_brightness():
    net = make_net(width=4)
    picture = pictures(1, 3, 48, 48)
    with torch.no_grad():
        same = net(0.5 * picture + 0.2)
        torch.testing.assert_close(same, net(picture), atol=2e-3, rtol=0)


@each_preset
def test_the_picture_is_left_alone_and_gradients_flow(preset):
    net = make_net(preset, width=2).train()
    picture = pictures(2, 3, 64, 64)
    before = picture.clone()
    net(picture.requires_grad_(True)).mean().backward()
    assert torch.equal(picture.detach(), before)
    assert all(p.grad.isfinite().all() for p in [*net.parameters(), picture])


# bad input


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"preset": "papre"},
            "unknown preset 'papre'; choose paper",
        ),
        ({"preset": None}, "unknown preset None"),
        ({"preset": ["book"]}, "unknown preset"),
        ({"norm": "layer"}, "norm must be one of instance, batch, none, got 'layer'"),
        ({"norm": ["batch"]}, "norm must be one of"),
        ({"upsampling": "bilinear"}, "upsampling must be one of resize, transposed"),
        ({"padding": "same"}, "padding must be one of reflect, zero, reflect_start"),
        ({"output": "relu"}, "output must be one of sigmoid, tanh, tanh150"),
        ({"width": 0}, "width must be an integer from 1, got 0"),
        ({"width": 3.5}, "width must be an integer"),
        ({"width": "8"}, "width must be an integer"),
        ({"blocks": -1}, "blocks must be an integer from 0"),
        ({"blocks": True}, "blocks must be an integer"),
        ({"residual": "no"}, "residual must be True or False"),
        ({"depth": 5}, "cannot set depth; there are preset, width, blocks"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        TransformNet(**settings)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(3, 32, 32), r"expected \(N, 3, H, W\), got \(3, 32, 32\)"),
        (torch.zeros(1, 4, 32, 32), r"expected \(N, 3, H, W\), got \(1, 4"),
        (torch.zeros(0, 3, 32, 32), r"expected \(N, 3, H, W\), got \(0, 3"),
        (
            torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
            "expected floats in .* got torch.uint8",
        ),
        (torch.zeros(1, 3, 15, 99), "99x15 is too small .* needs 16 pixels"),
    ],
)
def test_bad_pictures_are_refused(images, words):
    with pytest.raises(ValueError, match=words):
        make_net(width=1)(images)

"""A fast net paints what its net paints, and learns what its net learns."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fst_lessons import fast as fast_module
from fst_lessons.devices import best_dtype, best_precision
from fst_lessons.fast import FastNet, fast, resize_kernel, square_kernel
from fst_lessons.loss_network import fast_loss_network, load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.optimize_image import transfer_style
from fst_lessons.transform_net import TransformNet

KINDS = {
    "book": {},
    "width 16": {"width": 16},
    "paper": {"preset": "paper"},
    "authors_code": {"preset": "authors_code"},
    "zeros": {"padding": "zero", "norm": "batch"},
    "plain": {"norm": "none", "residual": False, "blocks": 2},
}


def make(kind: str, *, training: bool = False) -> TransformNet:
    """Return a small net whose biases and norms do something."""
    torch.manual_seed(0)
    net = TransformNet(**{"width": 8, **KINDS[kind]}).train(training)
    for parameter in net.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.2 * torch.randn_like(parameter)
    return net


def photograph(height: int = 61, width: int = 83) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    small = torch.rand(2, 3, 9, 12, generator=generator)
    return F.interpolate(small, (height, width), mode="bilinear")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("training", [False, True])
def test_paints_the_same_in_float32(kind, training):
    net, photo = make(kind, training=training), photograph()
    twin = copy.deepcopy(net)  # batch norm counts what it sees
    with torch.no_grad():
        torch.testing.assert_close(
            fast(twin, dtype=torch.float32)(photo), net(photo), atol=2e-4, rtol=0
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(61, 83), (64, 64), (57, 70)])
def test_paints_the_same_within_two_levels_in_bfloat16(kind, size):
    net, photo = make(kind), photograph(*size)
    with torch.no_grad():
        painted, quick = net(photo), fast(net, dtype=torch.bfloat16)(photo)
    assert quick.dtype == torch.float32 and quick.shape == photo.shape
    assert 255 * (painted - quick).abs().mean() < 2


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_the_nets(kind):
    net = make(kind, training=True).double()
    photo = photograph().double().requires_grad_(True)
    gradients = []
    for paint in (net, FastNet(copy.deepcopy(net), torch.float64)):
        loss = (paint(photo) - 0.3).square().mean()
        gradients.append(torch.autograd.grad(loss, [photo, *paint.parameters()]))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(other, one, atol=1e-9, rtol=1e-6)


def test_shares_the_weights():
    net, photo = make("book"), photograph()
    quick = fast(net, dtype=torch.float32)
    with torch.no_grad():
        before = quick(photo)
        net.last.bias += 1
        assert (quick(photo) - before).abs().mean() > 0.01
    assert {p.data_ptr() for p in quick.parameters()} == {
        p.data_ptr() for p in net.parameters()
    }


def test_ignores_autocast():
    quick, photo = fast(make("book"), dtype=torch.float32), photograph()
    with torch.no_grad():
        plain = quick(photo)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(quick(photo), plain)


def test_resize_kernel_is_doubling_then_convolution():
    conv, x = nn.Conv2d(5, 4, 3, padding=1, bias=False), torch.rand(2, 5, 7, 6)
    with torch.no_grad():
        doubled = conv(F.interpolate(x, scale_factor=2))
        at_once = F.conv_transpose2d(x, resize_kernel(conv.weight), stride=2, padding=1)
    torch.testing.assert_close(at_once, doubled, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kernel", [3, 9])
def test_square_kernel_computes_four_pixels_at_once(kernel):
    conv, x = nn.Conv2d(4, 3, kernel, bias=False), torch.rand(2, 4, 18, 20)
    with torch.no_grad():
        four = F.pixel_shuffle(F.conv2d(x, square_kernel(conv.weight), stride=2), 2)
        torch.testing.assert_close(four, conv(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("able", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True, "avx512_bf16": False}, torch.bfloat16),
        ({"avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_number_format_is_the_processors(monkeypatch, able, dtype):
    cpu = fast_module.torch.cpu  # older versions of torch do not tell
    monkeypatch.setattr(cpu, "get_capabilities", lambda: able, raising=False)
    assert best_dtype() == dtype
    assert best_precision() == str(dtype).split(".")[1]
    assert fast(make("book")).dtype == dtype
    network = load_loss_network(weights=None, pooling="avg")
    quick = fast_loss_network(network)
    assert (quick is network) == (dtype == torch.float32)
    assert (quick.convolutions["3_1"].weight.dtype, quick.pooling) == (dtype, "avg")
    assert network.convolutions["3_1"].weight.dtype == torch.float32


@pytest.mark.skipif(
    best_dtype() == torch.float32, reason="this processor has no bfloat16"
)
def test_a_descent_gets_as_far_in_bfloat16():
    content, style = photograph(64, 64)[:1], photograph(64, 64)[1:]
    exact = load_loss_network()
    loss, totals = PerceptualLoss(exact), []
    targets = loss.targets(content=content, style=style)
    for network in (exact, None):  # the default is quick
        given = {"loss_network": network, "num_steps": 40, "progress": False}
        painted = transfer_style(content, style, **given).image
        totals.append(float(loss(painted, targets)[0]))
    start = float(loss(content, targets)[0])
    assert totals[1] < 0.1 * start
    assert totals[1] < 1.1 * totals[0]


def test_other_devices_keep_float32():
    assert best_dtype("mps") == torch.float32


def test_refuses_what_it_cannot_paint_with():
    with pytest.raises(ValueError, match="expected a TransformNet, got Linear"):
        fast(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="dtype must be"):
        fast(make("book"), dtype=torch.float16)
    with pytest.raises(ValueError, match="too small"):
        fast(make("book"))(torch.rand(1, 3, 8, 8))


def test_a_kept_kernel_follows_its_weights():
    net = TransformNet(width=4).eval()
    painter, x = fast(net, dtype=torch.float32), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        before = painter(x)
        torch.testing.assert_close(painter(x), before, rtol=0, atol=0)
        for weight in net.parameters():
            weight.mul_(1.1)
        changed = painter(x)
        assert not torch.equal(changed, before)
        torch.testing.assert_close(changed, net(x), rtol=1e-4, atol=1e-4)
        other = TransformNet(width=4)
        net.load_state_dict(other.state_dict())
        torch.testing.assert_close(painter(x), other(x), rtol=1e-4, atol=1e-4)
    with torch.inference_mode():
        painter(x)
    painter(x.requires_grad_()).sum().backward()  # what was kept takes no part in it
    assert all(weight.grad is not None for weight in net.parameters())


@pytest.mark.parametrize("size", [(31, 33), (32, 32), (1, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_small_and_large_maps_are_normed_alike(size, dtype):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, *size, generator=generator).to(dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    weight, bias = torch.rand(2, 5, generator=generator)
    y, mean, rstd = fast_module._normalize(x, weight, bias, 1e-5)
    exact = x.double()
    deviation = exact.var((2, 3), correction=0).add(1e-5).sqrt()
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert y.dtype == dtype
    close = {"check_dtype": False, "atol": 1e-5, "rtol": 1e-4}
    torch.testing.assert_close(mean.flatten(), exact.mean((2, 3)).flatten(), **close)
    torch.testing.assert_close(rstd.flatten(), 1 / deviation.flatten(), **close)
    expected = F.instance_norm(x.float(), weight=weight, bias=bias)
    torch.testing.assert_close(y, expected.to(dtype), atol=2e-2, rtol=1e-2)

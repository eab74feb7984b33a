"""The quick form computes what the net computes, forwards and backwards."""

import pytest
import torch

from fst_lessons.fast_super_resolution import fast_super_resolution
from fst_lessons.super_resolution_net import NETS, make_super_resolution_net

EACH = pytest.mark.parametrize("preset", NETS)


def make(preset, factor=4):
    torch.manual_seed(0)
    narrow = {} if preset.startswith("srcnn") else {"blocks": 2}
    net = make_super_resolution_net(preset, factor=factor, width=8, **narrow)
    for parameter in net.parameters():  # norms and biases away from 1 and 0
        parameter.data += 0.05 * torch.randn_like(parameter)
    return net


def low(height=7, width=10):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, height, width, generator=generator)


@EACH
@pytest.mark.parametrize("factor", [4, 8])
@pytest.mark.parametrize("training", [False, True])
def test_same_picture(preset, factor, training):
    net = make(preset, factor).train(training)
    quick = fast_super_resolution(net, dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(quick(low()), net(low()), atol=1e-5, rtol=0)
        tiny = low(1, 2)
        torch.testing.assert_close(quick(tiny), net(tiny), atol=1e-5, rtol=0)


@EACH
def test_same_gradients(preset):
    net = make(preset).train()
    found = []
    for run in (net, fast_super_resolution(net, dtype=torch.float32)):
        net.zero_grad()
        (run(low()) * torch.linspace(0, 1, 40)).sum().backward()
        found.append(torch.cat([p.grad.flatten() for p in net.parameters()]))
    scale = float(found[0].abs().max())
    torch.testing.assert_close(*found, atol=1e-4 * scale, rtol=1e-3)


@EACH
def test_nearly_the_same_picture_in_bfloat16(preset):
    net = make(preset).eval()
    with torch.no_grad():
        quick = fast_super_resolution(net, dtype=torch.bfloat16)(low())
        difference = (quick - net(low())).abs()
    assert quick.dtype == torch.float32
    assert difference.mean() < 2 / 255


def test_weights_and_mode_are_the_nets():
    net = make("book")
    quick = fast_super_resolution(net.eval())
    assert not quick.training
    quick.train()
    assert net.training
    assert {id(p) for p in quick.parameters()} == {id(p) for p in net.parameters()}

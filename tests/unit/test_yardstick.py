"""The objective for many photographs, and its count in steps of the slow method."""

import pytest
import torch

from fst_lessons.gram import gram_matrix
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.objective import StyleObjective
from fst_lessons.yardstick import measure_yardstick, steps_of_gatys


@pytest.fixture(scope="module")
def objective():
    style = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    return StyleObjective(PerceptualLoss(load_loss_network(), style_weight=32), style)


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(1, 3, 32, 36, generator=generator) for _ in range(2)]


def test_steps_by_hand():
    curve = [9.0, 5.0, 5.0, 2.0]
    assert steps_of_gatys(10, curve) == 1
    assert steps_of_gatys(9, curve) == 1
    assert steps_of_gatys(6, curve) == 2
    assert steps_of_gatys(5, curve) == 2
    assert steps_of_gatys(2.1, curve) == 4
    assert steps_of_gatys(2, curve) == 4
    assert steps_of_gatys(1, curve) == 5


def test_the_objective_is_the_losses_own(objective, photos):
    loss = objective.loss
    style = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    targets = loss.targets(content=photos[0], style=style)
    total, terms = loss(photos[1][..., :36], targets)
    ours, parts = objective(photos[1], photos[0])
    torch.testing.assert_close(ours, total)
    assert terms.keys() == parts.keys()


def test_the_photograph_itself_has_no_content_loss(objective, photos):
    found = objective.measure(lambda photo: photo, photos)
    assert found["content"] == 0
    assert found["style"] > 0
    total = 32 * found["style"] + found["tv"]
    assert found["total"] == pytest.approx(total, rel=1e-5)


def test_the_slow_method_falls(objective, photos):
    found = measure_yardstick(objective, photos, steps=8, progress=False)
    assert len(found.curve) == 8
    assert found.curve == sorted(found.curve, reverse=True)
    assert found.curve[-1] < 0.8 * found.curve[0]
    assert [p.shape for p in found.paintings] == [p.shape for p in photos]
    last = found.steps(found.curve[-1])
    assert found.curve[last - 1] == found.curve[-1]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_grams_gradient_is_autograds(layout, dtype):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 5, 6, 7, generator=generator).to(dtype)
    weight = torch.randn(2, 5, 5, generator=generator)
    ours = features.clone(memory_format=layout).requires_grad_()
    plain = features.float().requires_grad_()
    psi = plain.flatten(2)
    expected = psi @ psi.transpose(1, 2) / (5 * 6 * 7)
    found = gram_matrix(ours)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    (found * weight).sum().backward()
    (expected * weight).sum().backward()
    assert ours.grad.dtype == dtype
    close = {"atol": 2e-3, "rtol": 2e-2} if dtype == torch.bfloat16 else {}
    torch.testing.assert_close(ours.grad.float(), plain.grad, **close)


def test_the_loss_network_in_bfloat16_sees_nearly_the_same(photos):
    network = load_loss_network()
    quick = network.in_bfloat16()
    layers = ("relu1_2", "relu3_3", "relu4_3")
    exact, near = network(photos[0], layers), quick(photos[0], layers)
    for name in layers:
        assert near[name].dtype == torch.bfloat16
        gap = (near[name].float() - exact[name]).norm() / exact[name].norm()
        assert gap < 0.02, name
    assert network(photos[0], layers)["relu1_2"].dtype == torch.float32


def test_the_slow_method_ends_on_time(objective, photos):
    quick = measure_yardstick(objective, photos, steps=50, seconds=0, progress=False)
    assert len(quick.curve) == 1
    whole = measure_yardstick(objective, photos, steps=3, progress=False)
    assert len(whole.curve) == 3
    assert quick.curve[0] == whole.curve[0]

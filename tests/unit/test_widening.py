"""A widened net paints what the narrow one paints."""

import pytest
import torch

from fst_lessons.transform_net import TransformNet
from fst_lessons.widening import widen

PHOTO = torch.rand(1, 3, 24, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def narrow():
    torch.manual_seed(0)
    return TransformNet("book", width=4, blocks=2).eval()


@pytest.mark.parametrize("preset", ["book", "authors_code"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_without_noise_paints_the_same(preset, times):
    torch.manual_seed(1)
    net = TransformNet(preset, width=4, blocks=1).eval()
    for part in net.modules():  # norms that do something
        if isinstance(part, torch.nn.InstanceNorm2d):
            torch.nn.init.normal_(part.weight)
            torch.nn.init.normal_(part.bias)
    photo = torch.rand(1, 3, 32, 36)
    wide = widen(net, times, noise=0).eval()
    assert wide.config.width == 4 * times
    torch.testing.assert_close(wide(photo), net(photo), atol=1e-4, rtol=0)


def test_noise_tells_copies_apart_and_changes_little(narrow):
    wide = widen(narrow, noise=0.1).eval()
    kernel = wide.blocks[0].body[0].weight
    assert not torch.equal(kernel[0], kernel[1])
    assert (wide(PHOTO) - narrow(PHOTO)).abs().mean() < 0.05
    again = widen(narrow, noise=0.1)
    assert torch.equal(again.blocks[0].body[0].weight, kernel)


def test_the_narrow_net_stays(narrow):
    before = {k: v.clone() for k, v in narrow.state_dict().items()}
    widen(narrow)
    for name, value in narrow.state_dict().items():
        assert torch.equal(value, before[name])


def test_refuses():
    with pytest.raises(ValueError, match="times must be 1"):
        widen(TransformNet("book", width=4, blocks=1), 0)
    with pytest.raises(ValueError, match="batch norm"):
        widen(TransformNet("paper", width=4, blocks=1))

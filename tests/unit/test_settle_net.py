"""An adjustable net becomes one of the preset, and all that is kept paints alike."""

import pytest
import torch

from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.adjusted import settled
from fst_lessons.transform_net import TransformNet

LEAN = {"block": "separable", "blocks": 3, "end_kernel": 5}


@pytest.fixture
def lean():
    """Return a lean net of random weights, settled, and what it was made of."""
    torch.manual_seed(0)
    net = AdjustableTransformNet(AdjustableConfig(("one", "two"), width=4, **LEAN))
    return net.eval(), settled(net, 10.0, "two")


def test_with_all_blocks_it_paints_what_the_adjustable_net_does(lean):
    from settle_net import as_book

    net, plain = lean
    book = as_book(plain, (0, 1, 2))
    photo = torch.rand(1, 3, 37, 50)
    with torch.no_grad():
        wanted = net(photo, 10.0, "two")
        torch.testing.assert_close(book(photo), wanted, rtol=1e-4, atol=1e-5)
    assert book.down[0][0].kernel_size == book.last.kernel_size == (9, 9)
    assert book.config == TransformNet(width=4, blocks=3).config


def test_a_block_left_out_is_that_block(lean):
    from settle_net import as_book

    _, plain = lean
    book = as_book(plain, (0, 2))
    assert len(book.blocks) == 2
    for got, wanted in zip(
        book.blocks, (plain.blocks[0], plain.blocks[2]), strict=True
    ):
        weight = wanted.body[0].weight
        torch.testing.assert_close(got.body[0].weight, weight)


def test_the_choice_of_blocks_is_the_one_that_measures_least(lean):
    from settle_net import best_blocks

    _, plain = lean
    last = plain.blocks[2].body[3].weight

    def measure(net):  # likes the last block, and the first better than the second
        own = [block.body[3].weight for block in net.blocks]
        first = plain.blocks[0].body[3].weight
        liked = sum(2 * torch.equal(w, last) + torch.equal(w, first) for w in own)
        return -float(liked)

    assert best_blocks(plain, 2, measure) == (0, 2)

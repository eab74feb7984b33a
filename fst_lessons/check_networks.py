"""Verdicts on a reader's answers about the transform net; `check` hands them on."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from .verdict import Verdict, judge, make_generator


def instance_norm(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check a reader's instance norm without scale and shift, on `(N, C, H, W)`."""
    contrast, brightness = torch.tensor([[1.0, 2, 4], [0, 1, 2]]).view(2, 1, 3, 1, 1)
    noise = torch.randn(2, 3, 4, 5, generator=make_generator())
    x = contrast * noise + brightness
    wanted = F.instance_norm(x)

    def normalized(*over: int, unbiased: bool = False) -> Tensor:
        mean = x.mean(dim=over, keepdim=True)
        return (x - mean) / (x.var(over, unbiased, keepdim=True) + 1e-5).sqrt()

    spread = x.var((2, 3), False, keepdim=True) + 1e-5
    axes = {
        "that is batch norm: N was averaged too, each picture has its own mean": (
            (0, 2, 3)
        ),
        "the channels were averaged too; each has its own mean": (1, 2, 3),
        "each pixel was normalized over its channels; average over H and W": (1,),
        "each row was normalized by itself; average over H and W": (3,),
        "each column was normalized by itself; average over H and W": (2,),
    }
    mistakes = {f"{words}.": normalized(*over) for words, over in axes.items()}
    mistakes |= {
        f"{words}, and correction=0.": normalized(*over, unbiased=True)
        for words, over in axes.items()
    }
    mistakes |= {
        "you divided by the variance; take its square root.": wanted / spread.sqrt(),
        "subtract the mean first.": x / spread.sqrt(),
        "now divide by the standard deviation.": wanted * spread.sqrt(),
        "divide the squares by H*W, not by H*W - 1: correction=0.": normalized(
            2, 3, unbiased=True
        ),
    }
    return judge(
        lambda: answer(x.clone()),
        wanted,
        right="each channel of each picture by itself.",
        shapes={(2, 3, 1, 1): "that is a statistic; give the normalized features."},
        mistakes=mistakes,
        otherwise="mean 0 and variance 1 over H and W, for each picture and channel.",
    )


def reflected_pixels(answer: Callable[[int], int]) -> Verdict:
    """Check the padding for n unpadded residual blocks: n -> pixels on each side."""
    mistakes = {
        "two convolutions a block, two strided layers: you counted one of a pair.": 4,
        "the blocks work at a quarter of the size: their pixel is 4 of the photo.": 2,
        "that is for both sides together; the question is one side.": 16,
    }
    try:
        given = [answer(blocks) for blocks in (1, 3, 5)]
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    if given == [8, 24, 40]:
        return Verdict(True, "2 pixels a block, each 4 wide; 40 for five blocks.")
    for message, per_block in mistakes.items():
        if given == [per_block * blocks for blocks in (1, 3, 5)]:
            return Verdict(False, message)
    return Verdict(
        False,
        f"for 1, 3 and 5 blocks yours says {given}: count what a block cuts off one "
        "side, then what its pixel is in the photo.",
    )

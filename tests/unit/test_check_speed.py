"""Verdicts about speed: right answers pass, known mistakes are named."""

import math
from itertools import count

import pytest
import torch
from torch.nn import functional as F

from fst_lessons import check


def doubled(taps):
    """Return two stamps of the mirrored taps, one place apart, added up."""
    stamp = taps.flip(0)
    return F.pad(stamp, (0, 1)) + F.pad(stamp, (1, 0))


def test_right_answers_pass():
    assert check.doubled_kernel(doubled)
    assert check.doubled_kernel(lambda k: doubled(k.double()))
    assert check.break_even(lambda t, s, q: math.ceil(t / (s - q)))
    assert check.break_even(lambda t, s, q: -(-t // (s - q)))
    assert check.break_even(
        lambda t, s, q: next(n for n in count() if n * (s - q) >= t)
    )


def test_the_kernel_does_what_the_exercise_says():
    taps, x = torch.tensor([2.0, 3.0, 5.0, 11.0, 13.0]), torch.arange(1.0, 9.0)
    slow = F.conv1d(x.repeat_interleave(2).view(1, 1, -1), taps.view(1, 1, 5))
    quick = F.conv_transpose1d(x.view(1, 1, -1), doubled(taps).view(1, 1, 6), stride=2)
    assert torch.equal(slow, quick[..., 4:-4])


KERNEL_MISTAKES = {
    "mirrored": lambda k: doubled(k).flip(0),
    "two neighbouring taps fall on it": lambda k: F.pad(k.flip(0), (0, 1)),
    "no halves": lambda k: doubled(k) / 2,
    "belong to three": lambda k: doubled(k[:3]),
    "has six taps": lambda k: k,
    "write down the six outputs": lambda k: torch.ones(6),
    "stopped with": lambda k: k.no_such_thing,
}


@pytest.mark.parametrize("words", KERNEL_MISTAKES)
def test_doubled_kernel_names_the_mistake(words):
    verdict = check.doubled_kernel(KERNEL_MISTAKES[words])
    assert not verdict
    assert words in verdict.message


PRICE_MISTAKES = {
    "own pass takes time": lambda t, s, q: math.ceil(t / s),
    "round up: a part": lambda t, s, q: t // (s - q),
    "not their sum": lambda t, s, q: math.ceil(t / (s + q)),
    "a whole number": lambda t, s, q: t / (s - q),
    "own pass takes time too; and round": lambda t, s, q: t / s,
    "not to the nearest": lambda t, s, q: round(t / (s - q)),
    "not floor + 1": lambda t, s, q: int(t / (s - q)) + 1,
    "the sign is turned": lambda t, s, q: math.ceil(t / (q - s)),
    "slow minus quick.": lambda t, s, q: t / (q - s),
    "4 pictures; yours says 5": lambda t, s, q: 5 if t == 7 else math.ceil(t / (s - q)),
    "40 pictures; yours says 1": lambda t, s, q: 1,
    "stopped with": lambda t, s, q: t / 0,
    "stopped with TypeError": lambda t, s, q: "many",
}


@pytest.mark.parametrize("words", PRICE_MISTAKES)
def test_break_even_names_the_mistake(words):
    verdict = check.break_even(PRICE_MISTAKES[words])
    assert not verdict
    assert words in verdict.message

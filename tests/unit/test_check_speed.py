"""Verdicts about speed: right answers pass, known mistakes are named."""

import math

import pytest
import torch
from torch.nn import functional as F

from fst_lessons import check
from fst_lessons.fast import resize_kernel


def stack(*values):
    return torch.stack([torch.as_tensor(value) for value in values])


def test_right_answers_pass():
    assert check.doubled_kernel(lambda k: stack(k[2], k[1] + k[2], k[0] + k[1], k[0]))
    assert check.break_even(lambda t, s, q: math.ceil(t / (s - q)))


def test_the_package_gives_the_right_kernel():
    def rows_alike(taps):  # a 3x3 kernel of equal rows is the taps, smeared downwards
        flat = torch.zeros(1, 1, 3, 3)
        flat[0, 0, 1] = taps
        return resize_kernel(flat)[0, 0].sum(0) / 2

    assert check.doubled_kernel(rows_alike)


def test_the_kernel_does_what_the_exercise_says():
    taps, x = torch.tensor([2.0, 3.0, 5.0]), torch.arange(1.0, 7.0)
    slow = F.conv1d(x.repeat_interleave(2).view(1, 1, -1), taps.view(1, 1, 3))
    kernel = stack(taps[2], taps[1] + taps[2], taps[0] + taps[1], taps[0])
    quick = F.conv_transpose1d(x.view(1, 1, -1), kernel.view(1, 1, 4), stride=2)
    assert torch.equal(slow, quick[..., 2:-2])


KERNEL_MISTAKES = {
    "mirrored": lambda k: stack(k[0], k[0] + k[1], k[1] + k[2], k[2]),
    "inner two are swapped": lambda k: stack(k[2], k[0] + k[1], k[1] + k[2], k[0]),
    "two taps fall on it": lambda k: stack(k[2], k[1], k[0], 0.0),
    "no halves": lambda k: stack(k[2], k[1] + k[2], k[0] + k[1], k[0]) / 2,
    "has four taps": lambda k: k,
    "write down the four outputs": lambda k: torch.ones(4),
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
    "40 pictures; yours says 1": lambda t, s, q: 1,
    "stopped with": lambda t, s, q: t / 0,
    "stopped with TypeError": lambda t, s, q: "many",
}


@pytest.mark.parametrize("words", PRICE_MISTAKES)
def test_break_even_names_the_mistake(words):
    verdict = check.break_even(PRICE_MISTAKES[words])
    assert not verdict
    assert words in verdict.message

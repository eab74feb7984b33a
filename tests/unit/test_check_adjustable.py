"""Verdicts about lambda as an input: right answers pass, known mistakes are named."""

import math

import pytest
import torch
from torch.nn import functional as F

from fst_lessons import check
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet


def norm(x, scale, shift, over=(2, 3)):
    z = x - x.mean(dim=over, keepdim=True)
    z = z / (x.var(dim=over, keepdim=True, correction=0) + 1e-5).sqrt()
    return z * scale[..., None, None] + shift[..., None, None]


def strength(u, low, high):
    return math.exp(math.log(low) + (math.log(high) - math.log(low)) * (u + 1) / 2)


def test_right_answers_pass():
    assert check.conditional_norm(norm)
    assert check.conditional_norm(lambda *given: norm(*(g.double() for g in given)))
    assert check.slider_strength(strength)
    assert check.slider_strength(lambda *given: torch.tensor(strength(*given)))


def test_the_slider_is_the_net_s():
    net = AdjustableTransformNet(AdjustableConfig(("a",), 4, lightest=0.5, heaviest=32))
    for u in (-1.0, -0.3, 0.0, 0.5, 1.0):
        expected = float(net.strength(torch.tensor(u)))
        assert strength(u, 0.5, 32) == pytest.approx(expected)


NORM_MISTAKES = {
    "each has its own": lambda x, a, b: norm(x, a[:1], b[:1]),
    "that is batch norm": lambda x, a, b: norm(x, a, b, over=(0, 2, 3)),
    "come after": lambda x, a, b: F.instance_norm(
        x * a[..., None, None] + b[..., None, None]
    ),
    "scale is missing": lambda x, a, b: norm(x, torch.ones_like(a), b),
    "shift is missing": lambda x, a, b: norm(x, a, torch.zeros_like(b)),
    "nothing is normalized": lambda x, a, b: (
        x * a[..., None, None] + b[..., None, None]
    ),
    "no 1 is added": lambda x, a, b: norm(x, 1 + a, b),
    "scale, then shift": lambda x, a, b: norm(x, a, a * b),
    "keep N as first axis": lambda x, a, b: norm(x, a, b)[0],
    "normalize over height and width": lambda x, a, b: norm(x, a, b) * 3,
    "stopped with": lambda x, a, b: x.no_such_thing,
}


@pytest.mark.parametrize(("words", "answer"), NORM_MISTAKES.items())
def test_mistakes_of_the_norm_are_named(words, answer):
    verdict = check.conditional_norm(answer)
    assert not verdict and words in verdict.message


SLIDER_MISTAKES = {
    "evenly in lambda": lambda u, low, high: low + (high - low) * (u + 1) / 2,
    "the other way round": lambda u, low, high: strength(-u, low, high),
    "not from 0": lambda u, low, high: low * (high / low) ** u,
    "starts in the middle": lambda u, low, high: (
        math.sqrt(low * high) * (high / low) ** u
    ),
    "do not mix": lambda u, low, high: math.exp(
        math.log10(low) + math.log10(high / low) * (u + 1) / 2
    ),
    "u = 0 between 1 and 100 is 10; yours says 3": lambda u, low, high: 3,
    "stopped with": lambda u, low, high: 1 / 0,
}


@pytest.mark.parametrize(("words", "answer"), SLIDER_MISTAKES.items())
def test_mistakes_of_the_slider_are_named(words, answer):
    verdict = check.slider_strength(answer)
    assert not verdict and words in verdict.message

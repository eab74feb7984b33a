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


def wide(value):
    return value[..., None, None]


def centred(x):
    return x - x.mean((2, 3), keepdim=True)


def deviation(x, correction=0):
    return x.std((2, 3), keepdim=True, correction=correction)


NORM_MISTAKES = {
    "the wishes of a batch": lambda x, a, b: norm(x, a.mean(0, True), b.mean(0, True)),
    "undoes the scale": lambda x, a, b: F.instance_norm(x * wide(a)) + wide(b),
    "or it was added before": lambda x, a, b: F.instance_norm(x + wide(b)) * wide(a),
    "scale and shift are missing": lambda x, a, b: F.instance_norm(x),
    "changed places": lambda x, a, b: norm(x, b, a),
    "not subtracted": lambda x, a, b: norm(x, a, -b),
    "came back as they were": lambda x, a, b: x,
    "that is layer norm": lambda x, a, b: norm(x, a, b, over=(1, 2, 3)),
    "mixes the channels": lambda x, a, b: norm(x, a, b, over=(1,)),
    "not by one less: correction=0.": lambda x, a, b: (
        centred(x) / (deviation(x, 1) ** 2 + 1e-5).sqrt() * wide(a) + wide(b)
    ),
    "correction=0. And 1e-5": lambda x, a, b: (
        centred(x) / deviation(x, 1) * wide(a) + wide(b)
    ),
    "1e-5 is missing": lambda x, a, b: centred(x) / deviation(x) * wide(a) + wide(b),
    "1e-5 belongs": lambda x, a, b: (
        centred(x) / (deviation(x) + 1e-5) * wide(a) + wide(b)
    ),
    "the variance's root": lambda x, a, b: (
        centred(x) / (deviation(x) ** 2 + 1e-5) * wide(a) + wide(b)
    ),
    "divide by the deviation too": lambda x, a, b: centred(x) * wide(a) + wide(b),
    "subtract the mean first": lambda x, a, b: (
        x / (deviation(x) ** 2 + 1e-5).sqrt() * wide(a) + wide(b)
    ),
    "does not spread": lambda x, a, b: F.instance_norm(x) * a + b,
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
    "not u + 1 / 2": lambda u, low, high: low * (high / low) ** (u + 1 / 2),
    "and u goes from": lambda u, low, high: low + (high - low) * u,
    "halve it": lambda u, low, high: low * (high / low) ** (u + 1),
    "both brackets": lambda u, low, high: low * (high / low) ** (u + 1) / 2,
    "do not subtract": lambda u, low, high: low * (high / low) ** ((u - 1) / 2),
    "from 1 to 100": lambda u, low, high: 10 * 10**u,
    "whatever the ends": lambda u, low, high: math.sqrt(low * high) * 10**u,
    "not their mean": lambda u, low, high: (low + high) / 2 * (high / low) ** (u / 2),
    "right only from 1": lambda u, low, high: high ** ((u + 1) / 2),
    "not heaviest": lambda u, low, high: low * high ** ((u + 1) / 2),
    "the factor alone": lambda u, low, high: (high / low) ** ((u + 1) / 2),
    "not a difference": lambda u, low, high: low * (high - low) ** ((u + 1) / 2),
    "10 to that power": lambda u, low, high: math.log10(strength(u, low, high)),
    "exp of it": lambda u, low, high: math.log(strength(u, low, high)),
    "10 goes with log10": lambda u, low, high: 10 ** math.log(strength(u, low, high)),
    "u = 1 between 2 and 8 is 8; yours says 0": lambda u, low, high: (
        0.0 if low == 2 else strength(u, low, high)
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

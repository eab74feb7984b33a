"""Verdicts about the transform net: right answers pass, known mistakes are named."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fst_lessons import check


def normalize(x, over=(2, 3), power=0.5, correction=0):
    mean = x.mean(dim=over, keepdim=True)
    variance = x.var(dim=over, keepdim=True, correction=correction)
    return (x - mean) / (variance + 1e-5) ** power


def test_right_answers_pass():
    assert check.instance_norm(normalize)
    assert check.instance_norm(F.instance_norm)
    assert check.instance_norm(nn.InstanceNorm2d(3))
    assert check.instance_norm(lambda x: normalize(x.double()))
    assert check.reflected_pixels(lambda blocks: 8 * blocks)


NORM_MISTAKES = {
    "that is batch norm": lambda x: normalize(x, (0, 2, 3)),
    "its own mean, and correction=0": lambda x: normalize(x, (0, 2, 3), correction=1),
    "each row was normalized": lambda x: normalize(x, 3),
    "each column was normalized": lambda x: normalize(x, 2),
    "H and W, and correction=0": lambda x: normalize(x, 3, correction=1),
    "the channels were averaged too": lambda x: normalize(x, (1, 2, 3)),
    "normalized over its channels": lambda x: normalize(x, 1),
    "take its square root": lambda x: normalize(x, power=1),
    "subtract the mean first": lambda x: x / (x.var((2, 3), False, True)).sqrt(),
    "now divide by the standard deviation": lambda x: normalize(x, power=0),
    "not by H*W - 1": lambda x: normalize(x, correction=1),
    "that is a statistic": lambda x: x.mean(dim=(2, 3), keepdim=True),
    "mean 0 and variance 1 over H and W": lambda x: x * 0,
    "expected shape (2, 3, 4, 5), got (2, 3)": lambda x: x.mean(dim=(2, 3)),
    "stopped with": lambda x: x.no_such_thing,
}


@pytest.mark.parametrize("words", NORM_MISTAKES)
def test_instance_norm_names_the_mistake(words):
    verdict = check.instance_norm(NORM_MISTAKES[words])
    assert not verdict
    assert words in verdict.message


PADDING_MISTAKES = {
    "you counted one of a pair": lambda blocks: 4 * blocks,
    "work at a quarter of the size": lambda blocks: 2 * blocks,
    "both sides together": lambda blocks: 16 * blocks,
    "yours says [40, 40, 40]: count": lambda blocks: 40,
    "stopped with ZeroDivisionError": lambda blocks: 1 / 0,
}


@pytest.mark.parametrize("words", PADDING_MISTAKES)
def test_reflected_pixels_names_the_mistake(words):
    verdict = check.reflected_pixels(PADDING_MISTAKES[words])
    assert not verdict
    assert words in verdict.message


def test_an_answer_cannot_alter_the_question():
    def careless(x):
        return x.sub_(x.mean(dim=(2, 3), keepdim=True)).div_(torch.tensor(0.5))

    assert not check.instance_norm(careless)
    assert check.instance_norm(normalize)

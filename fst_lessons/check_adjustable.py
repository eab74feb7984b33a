"""Verdicts on a reader's answers about lambda as an input; `check` hands them on."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .adjustable_layers import EPSILON, modulated
from .verdict import Verdict, judge, make_generator

# place of the slider, lightest and heaviest lambda
_PLACES = ((-1.0, 1.0, 100.0), (0.0, 1.0, 100.0), (0.5, 0.5, 32.0), (1.0, 2.0, 8.0))


def conditional_norm(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """Check (features, scale, shift) -> features, each picture with its own two.

    Features are `(N, C, H, W)`, scale and shift `(N, C)`.
    """
    n, c = 2, 3
    x = torch.rand(n, c, 4, 5, generator=make_generator())
    scale = 0.5 + torch.rand(n, c, generator=make_generator(1))
    shift = torch.randn(n, c, generator=make_generator(2))
    return judge(
        lambda: answer(x.clone(), scale.clone(), shift.clone()),
        modulated(x, scale, shift),
        right="one norm for all, a scale and a shift for each picture and channel.",
        shapes={(c, 4, 5): "the pictures of a batch were mixed: keep N as first axis."},
        mistakes={
            **_wish_mistakes(x, scale, shift),
            **_norm_mistakes(x, scale[..., None, None], shift[..., None, None]),
        },
        otherwise="normalize over height and width, times scale, plus shift.",
        unfit="(N, C) does not spread over (N, C, H, W) by itself: scale[..., None, "
        "None].",
    )


def _wish_mistakes(x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    """Return {hint: features}, for a right norm with scale and shift in disorder."""
    ones, zeros = torch.ones_like(scale), torch.zeros_like(shift)
    wide_scale, wide_shift = scale[..., None, None], shift[..., None, None]
    return {
        "the first picture's scale and shift went to all; each has its own.": (
            modulated(x, scale[:1], shift[:1])
        ),
        "the wishes of a batch were averaged; each picture has its own.": (
            modulated(x, scale.mean(0, True), shift.mean(0, True))
        ),
        "the norm undoes what is done before it: scale and shift come after.": (
            modulated(x * wide_scale + wide_shift, ones, zeros)
        ),
        "the norm undoes the scale before it: scale comes after, like shift.": (
            modulated(x * wide_scale, ones, shift)
        ),
        "scale is missing.": modulated(x, ones, shift),
        "shift is missing, or it was added before the norm, which undoes it.": (
            modulated(x, scale, zeros)
        ),
        "scale and shift are missing after the norm.": modulated(x, ones, zeros),
        "scale and shift changed places: scale multiplies, shift is added.": (
            modulated(x, shift, scale)
        ),
        "the scale multiplies as it is; no 1 is added.": modulated(x, 1 + scale, shift),
        "shift first and scale then moves the shift too: scale, then shift.": (
            modulated(x, scale, scale * shift)
        ),
        "the shift is added, not subtracted.": modulated(x, scale, -shift),
        "the features came back as they were: no norm, no scale, no shift.": x,
    }


def _norm_mistakes(x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    """Return {hint: features}, for a wrong norm with the right scale and shift."""

    def norm(axes: tuple[int, ...], correction: int = 0) -> Tensor:
        variance = x.var(axes, keepdim=True, correction=correction)
        return (x - x.mean(axes, keepdim=True)) / (variance + EPSILON).sqrt()

    centred = x - x.mean((2, 3), keepdim=True)
    variance = x.var((2, 3), keepdim=True, correction=0)
    divisor = "divide the variance by H * W, not by one less: correction=0."
    epsilon = "1e-5 is missing: add it to the variance, under the root."
    wrong = {
        "that is batch norm: N was averaged too, each picture has its own mean.": (
            norm((0, 2, 3))
        ),
        "that is layer norm: C was averaged too, each channel has its own mean.": (
            norm((1, 2, 3))
        ),
        "that mixes the channels of a pixel: average over height and width.": (
            norm((1,))
        ),
        divisor: norm((2, 3), 1),
        f"{divisor[:-1]}. And {epsilon}": centred / x.std((2, 3), keepdim=True),
        epsilon: centred / variance.sqrt(),
        "1e-5 belongs under the root, to the variance.": (
            centred / (variance.sqrt() + EPSILON)
        ),
        "divide by the deviation, which is the variance's root.": (
            centred / (variance + EPSILON)
        ),
        "the mean is subtracted; divide by the deviation too.": centred,
        "the deviation is divided out; subtract the mean first.": (
            x / (variance + EPSILON).sqrt()
        ),
        "nothing is normalized: subtract the mean, divide by the deviation.": x,
    }
    return {hint: plain * scale + shift for hint, plain in wrong.items()}


_SLIDER_MISTAKES: dict[str, Callable[[float, float, float], float]] = {
    "evenly in lambda: the light half would get an eleventh of the way.": (
        lambda u, low, high: low + (high - low) * (u + 1) / 2
    ),
    "evenly in lambda, and u goes from -1 to 1, not from 0.": (
        lambda u, low, high: low + (high - low) * u
    ),
    "the other way round: u = -1 is the lightest.": (
        lambda u, low, high: high * (low / high) ** ((u + 1) / 2)
    ),
    "u goes from -1 to 1, not from 0: its middle is the middle of the slider.": (
        lambda u, low, high: low * (high / low) ** u
    ),
    "u + 1 goes from 0 to 2: halve it.": (
        lambda u, low, high: low * (high / low) ** (u + 1)
    ),
    "half of the range lies on each side of the middle: (u + 1) / 2, not u + 1 / 2.": (
        lambda u, low, high: math.sqrt(low * high) * (high / low) ** u
    ),
    "a power comes before a division: ** ((u + 1) / 2), with both brackets.": (
        lambda u, low, high: low * (high / low) ** (u + 1) / 2
    ),
    "at u = -1 it must be the lightest: add 1 to u, do not subtract it.": (
        lambda u, low, high: low * (high / low) ** ((u - 1) / 2)
    ),
    "that is the slider from 1 to 100; use the ends that are given.": (
        lambda u, low, high: 10 * 10**u
    ),
    "a tenth to ten times the middle, whatever the ends are; use the ends.": (
        lambda u, low, high: math.sqrt(low * high) * 10**u
    ),
    "the middle of factors is the root of lightest * heaviest, not their mean.": (
        lambda u, low, high: (low + high) / 2 * (high / low) ** (u / 2)
    ),
    "right only from 1: begin at the lightest, and multiply by heaviest / lightest.": (
        lambda u, low, high: high ** ((u + 1) / 2)
    ),
    "the whole factor is heaviest / lightest, not heaviest.": (
        lambda u, low, high: low * high ** ((u + 1) / 2)
    ),
    "that is the factor alone: multiply the lightest by it.": (
        lambda u, low, high: (high / low) ** ((u + 1) / 2)
    ),
    "the whole factor is a quotient, heaviest / lightest, not a difference.": (
        lambda u, low, high: low * (high - low) ** ((u + 1) / 2)
    ),
    "that is the logarithm of lambda: 10 to that power is lambda.": (
        lambda u, low, high: math.log10(low) + math.log10(high / low) * (u + 1) / 2
    ),
    "that is the logarithm of lambda: exp of it is lambda.": (
        lambda u, low, high: math.log(low) + math.log(high / low) * (u + 1) / 2
    ),
    "e and its logarithm go together, 10 and its logarithm too; do not mix.": (
        lambda u, low, high: math.exp(
            math.log10(low) + math.log10(high / low) * (u + 1) / 2
        )
    ),
    "10 goes with log10, e with log; do not mix.": (
        lambda u, low, high: 10 ** (math.log(low) + math.log(high / low) * (u + 1) / 2)
    ),
}


def slider_strength(answer: Callable[[float, float, float], float]) -> Verdict:
    """Check (u, lightest, heaviest) -> lambda; u is -1 ... 1, even steps multiply."""

    def given(rule: Callable[[float, float, float], float]) -> list[float]:
        return [float(rule(*place)) for place in _PLACES]

    wanted = given(lambda u, low, high: low * (high / low) ** ((u + 1) / 2))
    mistakes = {hint: given(rule) for hint, rule in _SLIDER_MISTAKES.items()}
    try:
        found = given(answer)
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")

    def same(values: list[float]) -> bool:
        return all(
            math.isclose(a, b, rel_tol=1e-4) for a, b in zip(found, values, strict=True)
        )

    if same(wanted):
        return Verdict(True, "equal steps of u multiply lambda by equal factors.")
    for message, values in mistakes.items():
        if same(values):
            return Verdict(False, message)
    pairs = enumerate(zip(found, wanted, strict=True))
    wrong = [i for i, pair in pairs if not math.isclose(*pair, rel_tol=1e-4)]
    place = 1 if 1 in wrong else wrong[0]  # the middle of 1 ... 100 is easiest to see
    u, low, high = _PLACES[place]
    return Verdict(
        False,
        f"u = {u:g} between {low:g} and {high:g} is {wanted[place]:.3g}; yours says "
        f"{found[place]:.3g}.",
    )

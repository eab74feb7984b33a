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
    wanted = modulated(x, scale, shift)
    wide_scale, wide_shift = scale[..., None, None], shift[..., None, None]
    variance = x.var((2, 3), keepdim=True, correction=0)
    plain = (x - x.mean((2, 3), keepdim=True)) / (variance + EPSILON).sqrt()
    batch = (x - x.mean((0, 2, 3), keepdim=True)) / (
        x.var((0, 2, 3), keepdim=True, correction=0) + EPSILON
    ).sqrt()
    ones, zeros = torch.ones(n, c), torch.zeros(n, c)
    return judge(
        lambda: answer(x.clone(), scale.clone(), shift.clone()),
        wanted,
        right="one norm for all, a scale and a shift for each picture and channel.",
        shapes={(c, 4, 5): "the pictures of a batch were mixed: keep N as first axis."},
        mistakes={
            "the first picture's scale and shift went to all; each has its own.": (
                modulated(x, scale[:1], shift[:1])
            ),
            "that is batch norm: N was averaged too, each picture has its own mean.": (
                batch * wide_scale + wide_shift
            ),
            "the norm undoes what is done before it: scale and shift come after.": (
                modulated(x * wide_scale + wide_shift, ones, zeros)
            ),
            "scale is missing.": plain + wide_shift,
            "shift is missing.": plain * wide_scale,
            "nothing is normalized: subtract the mean, divide by the deviation.": (
                x * wide_scale + wide_shift
            ),
            "the scale multiplies as it is; no 1 is added.": (
                plain * (1 + wide_scale) + wide_shift
            ),
            "shift first and scale then moves the shift too: scale, then shift.": (
                (plain + wide_shift) * wide_scale
            ),
        },
        otherwise="normalize over height and width, times scale, plus shift.",
    )


def slider_strength(answer: Callable[[float, float, float], float]) -> Verdict:
    """Check (u, lightest, heaviest) -> lambda; u is -1 ... 1, even steps multiply."""

    def given(rule: Callable[[float, float, float], float]) -> list[float]:
        return [float(rule(*place)) for place in _PLACES]

    wanted = given(lambda u, low, high: low * (high / low) ** ((u + 1) / 2))
    mistakes = {
        "evenly in lambda: the light half would get an eleventh of the way.": given(
            lambda u, low, high: low + (high - low) * (u + 1) / 2
        ),
        "the other way round: u = -1 is the lightest.": given(
            lambda u, low, high: high * (low / high) ** ((u + 1) / 2)
        ),
        "u goes from -1 to 1, not from 0: its middle is the middle of the slider.": (
            given(lambda u, low, high: low * (high / low) ** u)
        ),
        "that starts in the middle: half of the range lies on each side of it.": given(
            lambda u, low, high: math.sqrt(low * high) * (high / low) ** u
        ),
        "e and its logarithm go together, 10 and its logarithm too; do not mix.": given(
            lambda u, low, high: math.exp(
                math.log10(low) + math.log10(high / low) * (u + 1) / 2
            )
        ),
    }
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
    u, low, high = _PLACES[1]
    return Verdict(
        False,
        f"u = {u:g} between {low:g} and {high:g} is {wanted[1]:g}; yours says "
        f"{found[1]:.3g}.",
    )

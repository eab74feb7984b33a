"""Verdicts on a reader's answers about speed; `check` hands them on."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .verdict import Verdict, judge

# seconds: of a training, of the slow method for a picture, of a net for a picture
_CASES = ((300.0, 8.0, 0.5), (7.0, 3.0, 1.0), (1000.0, 1.5, 1.25), (8.5, 3.0, 1.0))


def doubled_kernel(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check the kernel of "double, then five taps": `(5,)` -> `(6,)`, stride 2."""
    taps = torch.tensor([2.0, 3.0, 5.0, 11.0, 13.0])
    a, b, c, d, e = taps
    wanted = torch.stack([e, d + e, c + d, b + c, a + b, a])
    mistakes = {
        "mirrored: the first output that pixel i reaches has it under the last tap.": (
            wanted.flip(0)
        ),
        "doubling repeats a pixel: two neighbouring taps fall on it and add up.": (
            torch.stack([e, d, c, b, a, torch.zeros(())])
        ),
        "nearest neighbour repeats, it does not average: no halves.": wanted / 2,
    }
    return judge(
        lambda: answer(taps.clone()),
        wanted,
        right="six taps instead of ten: e, d + e, c + d, b + c, a + b, a.",
        shapes={
            (4,): "four taps belong to three; with five, a pixel reaches six outputs.",
            (5,): "a pixel reaches six outputs, so the kernel has six taps.",
        },
        mistakes=mistakes,
        otherwise="write down the six outputs that pixel i appears in, left to right.",
    )


def break_even(answer: Callable[[float, float, float], int]) -> Verdict:
    """Check (training, slow, quick) seconds -> pictures after which training pays."""
    wanted = [math.ceil(t / (slow - quick)) for t, slow, quick in _CASES]
    mistakes = {
        "the net's own pass takes time too.": [math.ceil(t / s) for t, s, _ in _CASES],
        "round up: a part of a picture does not pay.": [
            math.floor(t / (s - q)) for t, s, q in _CASES
        ],
        "each picture saves slow minus quick, not their sum.": [
            math.ceil(t / (s + q)) for t, s, q in _CASES
        ],
        "a whole number of pictures: round up.": [t / (s - q) for t, s, q in _CASES],
        "the net's own pass takes time too; and round up.": [
            t / s for t, s, _ in _CASES
        ],
        "round up, not to the nearest: a part of a picture does not pay.": [
            round(t / (s - q)) for t, s, q in _CASES
        ],
        "where it comes out even, no picture more is needed: ceil, not floor + 1.": [
            math.floor(t / (s - q)) + 1 for t, s, q in _CASES
        ],
    }
    try:
        given = [answer(*case) for case in _CASES]
        if given == wanted:
            return Verdict(True, "training is paid by what each picture saves.")
        for message, values in mistakes.items():
            if all(map(math.isclose, given, values)):
                return Verdict(False, message)
        if all(number < 0 for number in given):
            hint = "the sign is turned: each picture saves slow minus quick."
            return Verdict(False, hint)
        wrong = next(i for i, number in enumerate(given) if number != wanted[i])
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    training, slow, quick = _CASES[wrong]
    return Verdict(
        False,
        f"{training:g} s of training, {slow:g} s against {quick:g} s a picture: "
        f"{wanted[wrong]} pictures; yours says {given[wrong]}.",
    )

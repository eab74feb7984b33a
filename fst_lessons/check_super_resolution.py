"""Verdicts on a reader's answers about super-resolution; `check` hands them on."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .metrics import STUDIO_LUMA, psnr, studio_luma
from .verdict import Verdict, judge, make_generator

Crop = Callable[[Tensor, Tensor, int, int, int, int], tuple[Tensor, Tensor]]


def best_guess(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check the answer of least expected squared error.

    It is a function of candidates `(K, L)` and their probabilities `(K,)` -> `(L,)`.
    """
    # the likeliest, the nearest to the mean and the median are three different ones
    rows = [[0.0, 0.0, 1.0], [1.0, 1.0, 0.5], [0.75, 0.75, 0.25], [0.5, 0.75, 0.0]]
    rows, chances = torch.tensor(rows), torch.tensor([0.4, 0.25, 0.2, 0.15])
    wanted = chances @ rows
    distances = (rows - wanted).square().mean(1)
    mistakes = {
        "weigh each candidate by its probability; yours all count the same.": (
            rows.mean(0)
        ),
        "that is the likeliest candidate; a mixture of all has a smaller error.": (
            rows[chances.argmax()]
        ),
        "that is the candidate nearest to the best answer, which need not be one.": (
            rows[distances.argmin()]
        ),
        "a median is best for the absolute error, not for its square.": (
            _weighted_median(rows, chances)
        ),
        "the probabilities already sum to 1: do not divide by the number too.": (
            wanted / len(rows)
        ),
    }
    return judge(
        lambda: answer(rows.clone(), chances.clone()),
        wanted,
        right="the mean of all candidates, and none of them.",
        shapes={
            (4, 3): "add the weighted candidates up: one answer of 3 values.",
            (): "one answer of 3 values is wanted, not its error.",
        },
        mistakes=mistakes,
        otherwise="set the derivative of the expected squared error to zero.",
    )


def luma_psnr(answer: Callable[[Tensor, Tensor, int], float]) -> Verdict:
    """Check PSNR as super-resolution measures it: (image, reference, border) -> dB."""
    border = 4
    high = torch.rand(1, 3, 16, 20, generator=make_generator())
    damage = torch.full(high.shape, 0.4)  # most at the border, so that it matters
    damage[..., border:-border, border:-border] = 0.1
    noise = torch.rand(high.shape, generator=make_generator(1)) - 0.5
    low = (high + damage * noise).clamp(0, 1)
    wanted = psnr(low, high, luma=True, border=border)
    mistakes = _psnr_mistakes(low, high, border)
    return judge(
        lambda: answer(low.clone(), high.clone(), border),
        torch.tensor(wanted),
        right="luma alone, inside the border, 10 log10(1 / error).",
        shapes={},
        mistakes={hint: torch.tensor(value) for hint, value in mistakes.items()},
        otherwise=f"this pair has {wanted:.2f} dB: luma, then the border, then dB.",
    )


def _psnr_mistakes(low: Tensor, high: Tensor, border: int) -> dict[str, float]:
    """Return {hint: the decibels that it explains}."""
    wanted = psnr(low, high, luma=True, border=border)
    one_side = [image[..., border:, border:] for image in (low, high)]
    swapped = [image.flip(1) for image in (low, high)]
    inside = [
        studio_luma(image)[..., border:-border, border:-border] for image in (low, high)
    ]
    error = inside[0] - inside[1]
    full_range = 20 * math.log10(sum(STUDIO_LUMA) / 255)
    return {
        "leave out the border: [..., b:-b, b:-b].": psnr(low, high, luma=True),
        "compare brightness alone: the luma of both pictures.": (
            psnr(low, high, border=border)
        ),
        "leave out the border, and compare the luma alone.": psnr(low, high),
        "the border is left out at all four sides.": psnr(*one_side, luma=True),
        "1.3 dB too few: this luma runs from 16/255 to 235/255, the peak is still 1.": (
            wanted + full_range
        ),
        "channels are in the order red, green, blue.": (
            psnr(*swapped, luma=True, border=border)
        ),
        "a sign: 10 log10(1 / error).": -wanted,
        "20 log10 belongs to the root of the error; use 10 log10(1 / error).": (
            2 * wanted
        ),
        "decibels take the logarithm to base 10.": math.log(10) * wanted,
        "a decibel is a tenth of a bel: 10 log10.": wanted / 10,
        "square each difference before the mean.": (
            -20 * math.log10(error.abs().mean())
        ),
        "that is the error itself; a PSNR is 10 log10(1 / error).": (
            float(error.square().mean())
        ),
    }


def crop_pair(answer: Crop) -> Verdict:
    """Check a function (low, high, factor, top, left, size) -> two crops that belong.

    Place and size are in small pixels: `low` gives `size` x `size` from `top`, `left`,
    and `high` the same part of the scene.
    """
    factor, top, left, size = 4, 1, 3, 2
    low = torch.rand(1, 3, 6, 8, generator=make_generator())
    high = torch.rand(1, 3, 24, 32, generator=make_generator(1))

    def part(image: Tensor, down: int, across: int, side: int) -> Tensor:
        return image[..., down : down + side, across : across + side]

    try:
        small, large = answer(low.clone(), high.clone(), factor, top, left, size)
        small_right = torch.equal(small, part(low, top, left, size))
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    if not small_right:
        return Verdict(False, "the small crop is low[..., top : top + size, ...].")
    down, across, side = factor * top, factor * left, factor * size
    return judge(
        lambda: large,
        part(high, down, across, side),
        right="the same part of the scene, at both sizes.",
        shapes={
            (1, 3, size, size): "the large crop has `factor` times as many pixels a "
            "side.",
            (1, 3, side - 1, side - 1): "one row is missing: an end is not included.",
        },
        mistakes={
            "the place counts large pixels too: multiply top and left.": (
                part(high, top, left, side)
            ),
            "top counts rows, the third axis; left counts columns, the last.": (
                part(high, across, down, side)
            ),
            "add no half pixel: a cell begins at factor * top.": (
                part(high, down + factor // 2, across + factor // 2, side)
            ),
        },
        otherwise="it is another part: small pixel i is large pixels 4i to 4i + 3.",
    )


def _weighted_median(rows: Tensor, chances: Tensor) -> Tensor:
    values, order = rows.sort(dim=0)
    reached = chances[order].cumsum(0) >= 0.5
    first = reached.int().argmax(0, keepdim=True)
    return values.gather(0, first)[0]

"""Verdicts on a reader's answers about super-resolution; `check` hands them on."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .metrics import STUDIO_LUMA, psnr, studio_luma
from .verdict import Verdict, judge, make_generator

# of the formula that the exercise gives, for differences of pictures
_WEIGHTS = torch.tensor(STUDIO_LUMA).view(1, 3, 1, 1) / 255

Place = tuple[int, int, int, int]  # factor, top, left, size
Crop = Callable[[Tensor, Tensor, int, int, int, int], tuple[Tensor, Tensor]]


def best_guess(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check the answer of least expected squared error.

    It is a function of candidates `(K, L)` and their probabilities `(K,)` -> `(L,)`.
    """
    # the likeliest, the nearest to the mean and the median are three different ones
    rows = [[0.0, 0.0, 1.0], [1.0, 1.0, 0.5], [0.75, 0.75, 0.25], [0.5, 0.75, 0.0]]
    rows, chances = torch.tensor(rows), torch.tensor([0.4, 0.25, 0.2, 0.15])
    return judge(
        lambda: answer(rows.clone(), chances.clone()),
        chances @ rows,
        right="the mean of all candidates, and none of them.",
        shapes={
            (4, 3): "add the weighted candidates up: one answer of 3 values.",
            (4,): "add up over the candidates, the first axis, not over their values.",
            (1, 3): "one answer of 3 values, without an axis more: shape (3,).",
            (3, 1): "one answer of 3 values, without an axis more: shape (3,).",
            (): "one answer of 3 values is wanted, not its error.",
        },
        mistakes=_guess_mistakes(rows, chances),
        otherwise="set the derivative of the expected squared error to zero.",
        unfit="4 probabilities belong to the 4 rows: chances @ rows, or "
        "chances[:, None] * rows.",
    )


def _guess_mistakes(rows: Tensor, chances: Tensor) -> dict[str, Tensor]:
    """Return {hint: the answer that it explains}."""
    wanted = chances @ rows
    distances = (rows - wanted).square().mean(1)
    median = "a median is best for the absolute error, not for its square."
    return {
        "weigh each candidate by its probability; yours all count the same.": (
            rows.mean(0)
        ),
        "weigh each candidate by its probability before you add.": rows.sum(0),
        "that is the likeliest candidate; a mixture of all has a smaller error.": (
            rows[chances.argmax()]
        ),
        "that is the candidate nearest to the best answer, which need not be one.": (
            rows[distances.argmin()]
        ),
        "that is the least likely candidate, and a mixture has a smaller error.": (
            rows[chances.argmin()]
        ),
        median: _weighted_median(rows, chances),
        f"{median[:-1]}, and yours ignores the probabilities.": rows.median(0).values,
        "the probabilities already sum to 1: do not divide by the number too.": (
            wanted / len(rows)
        ),
        "these are probabilities already: no softmax.": chances.softmax(0) @ rows,
        "the error is squared, not the candidates: average them as they are.": (
            (chances @ rows.square()).sqrt()
        ),
        "the error is squared, not the probabilities.": chances.square() @ rows,
        "do not round: the best answer need not be a value of any candidate.": (
            wanted.round()
        ),
        "that is the brightest that each place can be; weigh how often it is.": (
            rows.amax(0)
        ),
    }


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
        shapes={(1,): "one number for the pair: take the mean over all axes."},
        mistakes={hint: torch.tensor(value) for hint, value in mistakes.items()},
        otherwise=f"this pair has {wanted:.2f} dB: luma, then the border, then dB.",
    )


def _psnr_mistakes(low: Tensor, high: Tensor, border: int) -> dict[str, float]:
    """Return {hint: the decibels that it explains}."""
    wanted = psnr(low, high, luma=True, border=border)
    inside = slice(border, -border)
    kept = (studio_luma(low) - studio_luma(high))[..., inside, inside]
    return {
        **_border_mistakes(low, high, border),
        **_luma_mistakes(low, high, border),
        **_scale_mistakes(wanted, kept),
        **_order_mistakes(wanted, kept),
    }


def _border_mistakes(low: Tensor, high: Tensor, border: int) -> dict[str, float]:
    """Return those about which pixels count."""
    difference = studio_luma(low) - studio_luma(high)
    inside, half = slice(border, -border), border // 2
    zeroed = torch.zeros_like(difference)
    zeroed[..., inside, inside] = difference[..., inside, inside]
    parts = {
        "leave out the border: [..., b:-b, b:-b].": difference,
        "the border is left out at all four sides.": difference[..., border:, border:],
        "the border is left out at all four sides, not at the ends alone.": (
            difference[..., :-border, :-border]
        ),
        "you left out rows alone; columns have a border too.": (
            difference[..., inside, :]
        ),
        "you left out columns alone; rows have a border too.": difference[..., inside],
        "the border is as wide at each side as it is given, not half of it.": (
            difference[..., half:-half, half:-half]
        ),
        "leave the border out of the mean; set to zero, it still counts.": zeroed,
    }
    return {hint: _decibels(part) for hint, part in parts.items()}


def _luma_mistakes(low: Tensor, high: Tensor, border: int) -> dict[str, float]:
    """Return those about how channels become brightness."""
    swapped = [image.flip(1) for image in (low, high)]
    inside = slice(border, -border)
    colors = (low - high)[..., inside, inside]
    return {
        "compare brightness alone: the luma of both pictures.": (
            psnr(low, high, border=border)
        ),
        "leave out the border, and compare the luma alone.": psnr(low, high),
        "channels are in the order red, green, blue.": (
            psnr(*swapped, luma=True, border=border)
        ),
        "weigh red, green and blue as in the formula; yours count the same.": (
            _decibels(colors.mean(1))
        ),
        "add the weighted channels up before you square.": _decibels(colors * _WEIGHTS),
    }


def _scale_mistakes(wanted: float, kept: Tensor) -> dict[str, float]:
    """Return those about units and logarithms."""
    full_range = 20 * math.log10(sum(STUDIO_LUMA) / 255)
    return {
        "1.3 dB too few: this luma runs from 16/255 to 235/255, the peak is still 1.": (
            wanted + full_range
        ),
        "the weights are for 0..255: divide the luma by 255.": _decibels(255 * kept),
        "pictures are in [0, 1], so the peak is 1, not 255.": (
            wanted + 20 * math.log10(255)
        ),
        "a sign: 10 log10(1 / error).": -wanted,
        "20 log10 belongs to the root of the error; use 10 log10(1 / error).": (
            2 * wanted
        ),
        "no root: 10 log10 belongs to the mean square itself.": wanted / 2,
        "decibels take the logarithm to base 10.": math.log(10) * wanted,
        "decibels take the logarithm to base 10, not 2.": math.log2(10) * wanted,
        "a decibel is a tenth of a bel: 10 log10.": wanted / 10,
    }


def _order_mistakes(wanted: float, kept: Tensor) -> dict[str, float]:
    """Return those about what is done before what."""
    return {
        "square each difference before the mean.": -20 * math.log10(kept.abs().mean()),
        "square each difference; yours has absolute values.": (
            -10 * math.log10(kept.abs().mean())
        ),
        "take the mean of the squares, not their sum.": (
            wanted - 10 * math.log10(kept.numel())
        ),
        "first the mean, then the logarithm: one number for the picture.": (
            float((-10 * kept.square().log10()).mean())
        ),
        "that is the error itself; a PSNR is 10 log10(1 / error).": (
            float(kept.square().mean())
        ),
    }


def _decibels(difference: Tensor) -> float:
    return float(-10 * difference.square().mean().log10())


def crop_pair(answer: Crop) -> Verdict:
    """Check a function (low, high, factor, top, left, size) -> two crops that belong.

    Place and size are in small pixels: `low` gives `size` x `size` from `top`, `left`,
    and `high` the same part of the scene.
    """
    factor, top, left, size = 4, 1, 3, 2
    low = torch.rand(1, 3, 6, 8, generator=make_generator())
    high = torch.rand(1, 3, 24, 32, generator=make_generator(1))

    try:
        given = answer(low.clone(), high.clone(), factor, top, left, size)
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return Verdict(False, "return two crops: the small one, then the large one.")
    small, large = given
    place = factor, top, left, size
    if wrong := _small_crop_mistake(small, low, place):
        return Verdict(False, wrong)
    return judge(
        lambda: large,
        _part(high, factor * top, factor * left, factor * size),
        right="the same part of the scene, at both sizes.",
        shapes=_large_crop_shapes(high, place),
        mistakes=_large_crop_mistakes(small, high, place),
        otherwise="it is another part: small pixel i is large pixels 4i to 4i + 3.",
    )


def _part(image: Tensor, down: int, across: int, side: int) -> Tensor:
    return image[..., down : down + side, across : across + side]


def _large_crop_shapes(high: Tensor, place: Place) -> dict[tuple[int, ...], str]:
    """Return {a wrong shape of the large crop: what leads to it}."""
    factor, top, left, size = place
    down, across, side = factor * top, factor * left, factor * size
    return {
        (1, 3, size, size): "the large crop has `factor` times as many pixels a side.",
        (1, 3, side - 1, side - 1): "one row is missing: an end is not included.",
        (1, 3, side + 1, side + 1): "one row too many: an end is not included.",
        tuple(high[..., down : top + side, across : left + side].shape): (
            "the end moves with the place: factor * (top + size)."
        ),
        tuple(high[..., down:side, across:side].shape): (
            "a slice ends at place plus size: factor * (top + size)."
        ),
        tuple(high[down:, across:].shape): (
            "rows and columns are the last two axes: high[..., rows, columns]."
        ),
    }


def _large_crop_mistakes(
    small: Tensor, high: Tensor, place: Place
) -> dict[str, Tensor]:
    """Return {hint: the large crop that it explains}."""
    factor, top, left, size = place
    down, across, side = factor * top, factor * left, factor * size
    return {
        "the place counts large pixels too: multiply top and left.": (
            _part(high, top, left, side)
        ),
        "top is multiplied, left is not.": _part(high, down, left, side),
        "left is multiplied, top is not.": _part(high, top, across, side),
        "the place is multiplied by the factor, not divided.": (
            _part(high, top // factor, left // factor, side)
        ),
        "top counts rows, the third axis; left counts columns, the last.": (
            _part(high, across, down, side)
        ),
        "add no half pixel: a cell begins at factor * top.": (
            _part(high, down + factor // 2, across + factor // 2, side)
        ),
        "cut the large crop from `high`; the small one has lost its detail.": (
            small.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        ),
    }


def _small_crop_mistake(
    small: object,
    low: Tensor,
    place: Place,
) -> str:
    """Return what is wrong with the small crop, or nothing."""
    factor, top, left, size = place
    if not isinstance(small, Tensor):
        return f"expected a tensor as small crop, got {type(small).__name__}."
    if torch.equal(small, _part(low, top, left, size)):
        return ""
    if small.shape[-2:] == (factor * size, factor * size):
        return "the small crop comes first, and the large one second."
    if torch.equal(small, _part(low, left, top, size)):
        return "in the small crop, top counts rows and left counts columns."
    if torch.equal(small, low[..., top:size, left:size]):
        return "a slice ends at place plus size: low[..., top : top + size, ...]."
    return "the small crop is low[..., top : top + size, ...]: nothing to multiply."


def _weighted_median(rows: Tensor, chances: Tensor) -> Tensor:
    values, order = rows.sort(dim=0)
    reached = chances[order].cumsum(0) >= 0.5
    first = reached.int().argmax(0, keepdim=True)
    return values.gather(0, first)[0]

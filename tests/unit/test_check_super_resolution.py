"""Verdicts about super-resolution: right answers pass, known mistakes are named."""

import pytest
import torch

from fst_lessons import check
from fst_lessons.metrics import psnr, studio_luma


def luma_psnr(image, reference, border, *, luma=studio_luma, peak=1.0):
    """Return the PSNR of the literature, or one with a mistake."""
    inside = (..., slice(border, -border or None), slice(border, -border or None))
    error = (luma(image) - luma(reference))[inside].square().mean()
    return 10 * torch.log10(peak**2 / error)


def crop(image, top, left, size):
    return image[..., top : top + size, left : left + size]


def crop_pair(low, high, factor, top, left, size):
    large = crop(high, factor * top, factor * left, factor * size)
    return crop(low, top, left, size), large


def test_right_answers_pass():
    assert check.best_guess(lambda rows, chances: chances @ rows)
    assert check.best_guess(lambda r, p: (p[:, None] * r).sum(0).double())
    assert check.luma_psnr(luma_psnr)
    assert check.luma_psnr(lambda x, y, b: psnr(x, y, luma=True, border=b))
    assert check.crop_pair(crop_pair)


def test_the_best_guess_has_the_smallest_error():
    rows, chances = torch.tensor([[0.0, 1.0], [1.0, 1.0]]), torch.tensor([0.25, 0.75])

    def cost(guess):
        return float(chances @ (rows - guess).square().mean(1))

    others = [*rows, rows.mean(0), torch.tensor([0.8, 1.0])]
    assert all(cost(chances @ rows) < cost(other) for other in others)


GUESSES = {
    "weigh each candidate": lambda rows, chances: rows.mean(0),
    "the likeliest candidate": lambda rows, chances: rows[chances.argmax()],
    "nearest to the best": lambda rows, chances: rows[
        (rows - chances @ rows).square().sum(1).argmin()
    ],
    "a median": lambda rows, chances: torch.tensor([0.5, 0.75, 0.5]),
    "already sum to 1": lambda rows, chances: (chances[:, None] * rows).mean(0),
    "add the weighted candidates up": lambda rows, chances: chances[:, None] * rows,
    "not its error": lambda rows, chances: rows.var(),
    "set the derivative": lambda rows, chances: torch.zeros(3),
    "stopped with": lambda rows, chances: rows @ chances[:2],
}


@pytest.mark.parametrize("words", GUESSES)
def test_best_guess_names_the_mistake(words):
    verdict = check.best_guess(GUESSES[words])
    assert not verdict
    assert words in verdict.message


def brightness(images):
    return (images * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1)


def one_side(image, reference, border):
    inside = (..., slice(border, None), slice(border, None))
    return luma_psnr(image[inside], reference[inside], 0)


def absolute(image, reference, border):
    error = crop(studio_luma(image) - studio_luma(reference), 4, 4, 100)[..., :-4, :-4]
    return -20 * error.abs().mean().log10()


PSNR_MISTAKES = {
    "leave out the border:": lambda x, y, b: luma_psnr(x, y, 0),
    "compare brightness alone": lambda x, y, b: psnr(x, y, border=b),
    "the border, and compare": lambda x, y, b: psnr(x, y),
    "all four sides": one_side,
    "1.3 dB too few": lambda x, y, b: luma_psnr(x, y, b, luma=brightness),
    "1.3 dB too few: this": lambda x, y, b: luma_psnr(x, y, b, peak=219 / 255),
    "red, green, blue": lambda x, y, b: luma_psnr(x.flip(1), y.flip(1), b),
    "a sign": lambda x, y, b: -luma_psnr(x, y, b),
    "the root of the error": lambda x, y, b: 2 * luma_psnr(x, y, b),
    "base 10": lambda x, y, b: luma_psnr(x, y, b) * torch.log(torch.tensor(10.0)),
    "a tenth of a bel": lambda x, y, b: luma_psnr(x, y, b) / 10,
    "square each difference": absolute,
    "the error itself": lambda x, y, b: 10 ** (-luma_psnr(x, y, b) / 10),
    "this pair has": lambda x, y, b: 12.0,
    "expected shape ()": lambda x, y, b: x,
    "stopped with": lambda x, y, b: x @ b,
}


@pytest.mark.parametrize("words", PSNR_MISTAKES)
def test_luma_psnr_names_the_mistake(words):
    verdict = check.luma_psnr(PSNR_MISTAKES[words])
    assert not verdict
    assert words in verdict.message


# (factor, top, left, size) -> (top, left, size) of the large crop
CROP_MISTAKES = {
    "multiply top and left": lambda f, top, left, size: (top, left, f * size),
    "`factor` times as many": lambda f, top, left, size: (f * top, f * left, size),
    "end is not": lambda f, top, left, size: (f * top, f * left, f * size - 1),
    "top counts rows": lambda f, top, left, size: (f * left, f * top, f * size),
    "add no half": lambda f, top, left, size: (f * top + 2, f * left + 2, f * size),
    "it is another part": lambda f, top, left, size: (0, 0, f * size),
    "stopped with": lambda f, top, left, size: (f / 0,) * 3,
}


@pytest.mark.parametrize("words", CROP_MISTAKES)
def test_crop_pair_names_the_mistake(words):
    def answer(low, high, factor, top, left, size):
        place = CROP_MISTAKES[words](factor, top, left, size)
        return crop(low, top, left, size), crop(high, *place)

    verdict = check.crop_pair(answer)
    assert not verdict
    assert words in verdict.message


def test_crop_pair_looks_at_the_small_crop_too():
    verdict = check.crop_pair(lambda low, high, *place: (low, high))
    assert not verdict
    assert "the small crop is" in verdict.message


def test_crop_pair_wants_two_crops():
    assert "stopped with" in check.crop_pair(lambda *given: 3).message

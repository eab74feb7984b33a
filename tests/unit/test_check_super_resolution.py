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
    "before you add": lambda rows, chances: rows.sum(0),
    "the least likely": lambda rows, chances: rows[chances.argmin()],
    "ignores the probabilities": lambda rows, chances: rows.median(0).values,
    "no softmax": lambda rows, chances: chances.softmax(0) @ rows,
    "not the candidates: average": lambda r, chances: (chances @ r.square()).sqrt(),
    "not the probabilities": lambda rows, chances: chances.square() @ rows,
    "do not round": lambda rows, chances: (chances @ rows).round(),
    "the brightest": lambda rows, chances: rows.amax(0),
    "not over their values": lambda rows, chances: (chances[:, None] * rows).sum(1),
    "without an axis more": lambda rows, chances: chances[None] @ rows,
    "shape (3,).": lambda rows, chances: rows.T @ chances[:, None],
    "belong to the 4 rows": lambda rows, chances: chances * rows,
    "add the weighted candidates up": lambda rows, chances: chances[:, None] * rows,
    "not its error": lambda rows, chances: rows.var(),
    "set the derivative": lambda rows, chances: torch.zeros(3),
    "stopped with RuntimeError": lambda rows, chances: rows @ chances[:2],
    "stopped with AttributeError": lambda rows, chances: rows.no_such_thing,
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


def inside(rows=slice(4, -4), columns=slice(4, -4), of=torch.square):
    """Return a PSNR with another border, or of something else than squares."""

    def answer(image, reference, border):
        error = (studio_luma(image) - studio_luma(reference))[..., rows, columns]
        return -10 * of(error).mean().log10()

    return answer


def zeroed(image, reference, border):
    error = studio_luma(image) - studio_luma(reference)
    error = torch.nn.functional.pad(error[..., 4:-4, 4:-4], (4, 4, 4, 4))
    return -10 * error.square().mean().log10()


def channels_apart(image, reference, border):
    weights = torch.tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1) / 255
    error = ((image - reference) * weights)[..., 4:-4, 4:-4]
    return -10 * error.square().mean().log10()


ALL = slice(None)
PSNR_MISTAKES = {
    "not at the ends alone": inside(slice(0, -4), slice(0, -4)),
    "left out rows alone": inside(columns=ALL),
    "left out columns alone": inside(rows=ALL),
    "not half of it": inside(slice(2, -2), slice(2, -2)),
    "yours has absolute values": inside(of=torch.abs),
    "not their sum": inside(of=lambda error: error.square().sum()),
    "first the mean": lambda x, y, b: (
        -10 * (studio_luma(x) - studio_luma(y))[..., 4:-4, 4:-4].square().log10()
    ).mean(),
    "it still counts": zeroed,
    "yours count the same": lambda x, y, b: luma_psnr(
        x, y, b, luma=lambda image: image.mean(1)
    ),
    "before you square": channels_apart,
    "divide the luma by 255": lambda x, y, b: luma_psnr(x, y, b, peak=1 / 255),
    "the peak is 1, not 255": lambda x, y, b: luma_psnr(x, y, b, peak=255),
    "no root": lambda x, y, b: luma_psnr(x, y, b) / 2,
    "not 2": lambda x, y, b: luma_psnr(x, y, b) * torch.log2(torch.tensor(10.0)),
    "over all axes": lambda x, y, b: luma_psnr(x, y, b)[None],
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
    "top is multiplied, left is not": lambda f, top, left, s: (f * top, left, f * s),
    "left is multiplied, top is not": lambda f, top, left, s: (top, f * left, f * s),
    "not divided": lambda f, top, left, size: (top // f, left // f, f * size),
    "one row too many": lambda f, top, left, s: (f * top, f * left, f * s + 1),
    "top counts rows": lambda f, top, left, size: (f * left, f * top, f * size),
    "add no half": lambda f, top, left, size: (f * top + 2, f * left + 2, f * size),
    "it is another part": lambda f, top, left, size: (5, 5, f * size),
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


def without(low, high, factor, top, left, size):
    """Return four pairs of which one end or one axis is wrong."""
    small = crop(low, top, left, size)
    down, across, side = factor * top, factor * left, factor * size
    return {
        "the end moves": (small, high[..., down : top + side, across : left + side]),
        "place plus size: f": (small, high[..., down:side, across:side]),
        "last two axes": (small, high[down : down + side, across : across + side]),
        "cut the large": (
            small,
            torch.nn.functional.interpolate(small, scale_factor=4),
        ),
        "comes first": (crop(high, down, across, side), small),
        "in the small crop, top": (crop(low, left, top, size), high),
        "place plus size: low": (low[..., top:size, left:size], high),
        "nothing to multiply": (low, high),
        "expected a tensor": (size, high),
        "return two crops": small,
    }


@pytest.mark.parametrize("words", without(*torch.zeros(2, 1, 3, 24, 24), 4, 1, 3, 2))
def test_crop_pair_names_wrong_ends_axes_and_small_crops(words):
    verdict = check.crop_pair(lambda *given: without(*given)[words])
    assert not verdict
    assert words in verdict.message


def test_crop_pair_wants_two_crops():
    assert "return two crops" in check.crop_pair(lambda *given: 3).message
    assert "stopped with" in check.crop_pair(lambda *given: 1 / 0).message

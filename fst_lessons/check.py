"""Verdicts on a reader's own answers: what is right, or what went wrong and a hint.

Every check tries the answer on small inputs, knows the usual mistakes by their numbers,
and names the one it meets instead of saying "wrong".
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .check_adjustable import conditional_norm, slider_strength
from .check_networks import instance_norm, reflected_pixels
from .check_speed import break_even, doubled_kernel
from .check_super_resolution import best_guess, crop_pair, luma_psnr
from .check_training import gatys_steps, train_step
from .losses import (
    feature_reconstruction_loss,
    gram_matrix,
    style_reconstruction_loss,
)
from .verdict import Verdict, judge, make_generator

__all__ = [
    "Verdict",
    "best_guess",
    "break_even",
    "conditional_norm",
    "crop_pair",
    "doubled_kernel",
    "feature_loss",
    "gatys_steps",
    "gram",
    "gram_gradient",
    "instance_norm",
    "luma_psnr",
    "psnr_of_bytes",
    "receptive_field",
    "reflected_pixels",
    "slider_strength",
    "style_weight",
    "train_step",
]


def gram(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check a reader's Gram matrix, a function `(N, C, H, W)` -> `(N, C, C)`."""
    n, c, h, w = 2, 3, 4, 5
    features = torch.rand(n, c, h, w, generator=make_generator())
    wanted = gram_matrix(features)
    shapes = {
        (c, c): "the pictures of a batch were mixed: keep N as first axis.",
        (n * c, n * c): "the batch was folded into the channels, so pictures met each "
        "other: keep N as first axis.",
        (n, n): "channels and positions were flattened together: flatten(2) leaves the "
        "channels apart.",
        (n, c, h, h): "no channel met another: flatten H and W into one axis first.",
        (n, c, w, w): "no channel met another: flatten H and W into one axis first.",
        (n, h * w, h * w): "positions were correlated, not channels: psi psi^T, "
        "not psi^T psi.",
    }
    scrambled = features.reshape(n, h * w, c)
    scrambled = scrambled.mT @ scrambled / (c * h * w)
    swap = "reshape swaps no axes, so the channels were mixed: use transpose"
    mistakes = {
        "divide by C*H*W; yours is not divided at all.": wanted * c * h * w,
        "you divided by H*W only; the paper divides by C*H*W.": wanted * c,
        "you divided by C only; the paper divides by C*H*W.": wanted * h * w,
        "you divided by N as well; each picture has its own matrix.": wanted / n,
        "you divided twice by C.": wanted / c,
        "you divided both psi by C*H*W; once for the product is enough.": wanted
        / (c * h * w),
        f"{swap}.": scrambled,
        f"{swap}, and divide by C*H*W.": scrambled * (c * h * w),
        "a Gram matrix keeps the means: do not subtract them.": gram_matrix(
            features - features.mean(dim=(2, 3), keepdim=True)
        ),
    }
    return judge(
        lambda: answer(features.clone()),
        wanted,
        right="every pair of channels, averaged over positions.",
        shapes=shapes,
        mistakes=mistakes,
        otherwise="shape is right, values are not: multiply psi, (N, C, H*W), by its "
        "transpose and divide by C*H*W.",
    )


def feature_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check a reader's eq. (2), a function of two `(1, C, H, W)` -> a scalar."""
    c, h, w = 3, 4, 5
    features = torch.rand(1, c, h, w, generator=make_generator())
    target = torch.rand(1, c, h, w, generator=make_generator(1))
    wanted = feature_reconstruction_loss(features, target)
    norm = (features - target).norm()
    shapes = {
        (1, c, h, w): "one number is wanted: add up over channels and positions.",
        (1, c): "add up over the channels too.",
        (c,): "add up over the channels too.",
    }
    mistakes = {
        "divide by C*H*W; yours is a sum.": wanted * c * h * w,
        "you divided by H*W only; the paper divides by C*H*W.": wanted * c,
        "you divided by C only; the paper divides by C*H*W.": wanted * h * w,
        "the paper has no factor 1/2; that is Gatys' formula.": wanted / 2,
        "Gatys' half of the sum; the paper's is divided by C*H*W.": wanted
        * (c * h * w / 2),
        "square the differences; yours are absolute values.": (features - target)
        .abs()
        .mean(),
        "the norm is squared: leave out the square root.": wanted.sqrt(),
        "square the norm before you divide it.": norm / (c * h * w),
        "square the norm, then divide by C*H*W.": norm,
        "divide by C*H*W; yours is relative to the target's squares.": norm**2
        / target.square().sum(),
        "square the differences; without it, they cancel each other.": (
            features - target
        ).mean(),
        "square each difference before you add them up.": (features - target)
        .sum()
        .square()
        / (c * h * w),
    }
    return judge(
        lambda: answer(features.clone(), target.clone()),
        wanted,
        right="the mean squared difference over channels and positions.",
        shapes=shapes,
        mistakes=mistakes,
        otherwise="square the differences, add them up, divide by C*H*W.",
    )


def gram_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check the gradient of eq. (4), of `(1, C, H, W)` and `(1, C, C)`.

    The answer returns the derivative of the style reconstruction loss with respect to
    the features, in their shape.
    """
    c, h, w = 3, 4, 5
    features = torch.randn(1, c, h, w, generator=make_generator())
    target = gram_matrix(torch.rand(1, c, h, w, generator=make_generator(1)))
    leaf = features.clone().requires_grad_(True)
    loss = style_reconstruction_loss(leaf, target)
    (wanted,) = torch.autograd.grad(loss, leaf)
    shapes = {
        (1, c, h * w): "values in another shape: give back (1, C, H, W), as F came.",
        (1, c, c): "that is the derivative with respect to G; go on to F.",
    }
    mistakes = {
        "the factor is 4, not 2: F stands twice in F F^T.": wanted / 2,
        "the factor is 4: 2 from the square, 2 because F stands twice.": wanted / 4,
        "divide by C*H*W: that is inside G, so it comes out of the derivative.": wanted
        * (c * h * w),
        "you divided by C*H*W twice; once is inside G already.": wanted / (c * h * w),
        "you divided by H*W only; G divides by C*H*W.": wanted * c,
        "the factor is 4, not 2, and it is divided by C*H*W.": wanted * (c * h * w / 2),
        "that is G F without the target: G - A belongs in front of F.": (
            4 / (c * h * w) * gram_matrix(features) @ features.flatten(2)
        ).view(1, c, h, w),
        "the sign is turned: G - A, not A - G.": -wanted,
        "no zeros here: those come from the ReLU in front, not from eq. (4).": wanted
        * (features > 0),
    }
    return judge(
        lambda: answer(features.clone(), target.clone()),
        wanted,
        right="4/(CHW) (G - A) F, the same as autograd.",
        shapes=shapes,
        mistakes=mistakes,
        otherwise="shape is right, values are not: 4/(CHW) times (G - A) times F.",
    )


def style_weight(answer: float) -> Verdict:
    """Check lambda_s in the paper's units, at relu2_2, for PyTorch's example.

    Its weights are 1e5 : 1e10 and it averages the squared Gram error over 128 x 128
    entries, which the paper sums.
    """
    channels, ratio = 128, 1e10 / 1e5
    wanted = ratio / channels**2
    mistakes = {
        "you forgot the content weight: divide both weights by 1e5 first.": 1e10,
        "a mean is the sum divided by C x C: divide the weight likewise.": ratio,
        "a Gram matrix has C x C entries: divide by 128 once more.": ratio / channels,
        "also divide by the content weight, so that lambda_c is 1.": 1e10 / channels**2,
        "the other way round: a sum needs a smaller weight.": ratio * channels**2,
    }
    if not isinstance(answer, (int, float)):
        return Verdict(False, f"expected a number, got {type(answer).__name__}.")
    if abs(answer / wanted - 1) < 0.03:
        return Verdict(True, f"1e10 / 1e5 / 128^2 = {wanted:.1f}.")
    for message, value in mistakes.items():
        if abs(answer / value - 1) < 0.03:
            return Verdict(False, message)
    return Verdict(False, "divide by the content weight, then by C x C.")


def psnr_of_bytes(answer: Callable[[Tensor, Tensor], Tensor | float]) -> Verdict:
    """Check a reader's PSNR of two uint8 pictures, `(N, 3, H, W)` -> decibels."""
    size = (2, 3, 8, 8)
    a, b = (
        torch.randint(0, 256, size, generator=make_generator(seed), dtype=torch.uint8)
        for seed in (0, 1)
    )
    error = (a.float() - b.float()).square()
    ratio = 65025 / error.mean()
    wrapped = (a - b).float().square().mean()
    return judge(
        lambda: answer(a, b),
        10 * ratio.log10(),
        right="convert first, then subtract.",
        shapes={(2,): "one number for the batch: average over the pictures too."},
        mistakes={
            "bytes wrap around below 0: convert to float before you subtract.": (
                10 * (65025 / wrapped).log10()
            ),
            "bytes wrap around below 0, and their peak is 255, not 1.": (
                -10 * wrapped.log10()
            ),
            "the squares wrap around at 256, too: convert before you subtract.": (
                10 * (65025 / (a - b).square().float().mean()).log10()
            ),
            "the largest byte is 255, not 256.": 10 * (ratio * 65536 / 65025).log10(),
            "square the differences; yours are absolute values.": (
                10 * (255 / error.sqrt().mean()).log10()
            ),
            "square the differences, as 255 is.": (
                10 * (65025 / error.sqrt().mean()).log10()
            ),
            "average the errors of both pictures first; one logarithm at the end.": (
                10 * (65025 / error.mean(dim=(1, 2, 3))).log10().mean()
            ),
            "the peak of a byte is 255: 255^2 belongs on top.": (
                10 * (ratio / 65025).log10()
            ),
            "255 must be squared, as the error is.": 10 * (ratio / 255).log10(),
            "take the logarithm to base 10.": 10 * ratio.log(),
            "10 times the logarithm, not 20: the error is squared already.": (
                20 * ratio.log10()
            ),
            "upside down: the error belongs below the line.": -10 * ratio.log10(),
        },
        otherwise="10 log10(255^2 / mean squared difference), on floats.",
    )


def receptive_field(answer: Callable[[str], int]) -> Verdict:
    """Check a reader's receptive field: "ccp" (two convolutions, one pool) -> side."""
    cases = {"c": 3, "cc": 5, "ccp": 6, "ccpc": 10, "ccpccpc": 24}
    mistakes = {
        "a convolution adds 2 steps of its grid to the side, not 3.": {"c": 4, "cc": 7},
        "a convolution adds 2 steps of its grid to the side, not 1.": {"c": 2, "cc": 3},
        "before any operation a unit sees one pixel: start at 1.": {"c": 2, "cc": 4},
        "a pool widens the side too: by one step of the grid it reads.": {
            "cc": 5,
            "ccp": 5,
        },
        "a pool doubles the steps after it, not the side.": {"cc": 5, "ccp": 10},
        "a pool reads the finer grid: add its step first, then double the stride.": {
            "cc": 5,
            "ccp": 7,
        },
        "after a pool the steps are 2 pixels wide: multiply by the stride.": {
            "ccp": 6,
            "ccpc": 8,
        },
        "a pool doubles the stride; yours adds to it.": {"ccpc": 10, "ccpccpc": 22},
    }
    try:
        given = {case: answer(case) for case in cases}
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    if given == cases:
        return Verdict(True, "two steps a convolution, one a pool, which doubles them.")
    for message, wrong in mistakes.items():
        if all(given[case] == side for case, side in ({"c": 3} | wrong).items()):
            return Verdict(False, message)
    case = next(case for case in cases if given[case] != cases[case])
    found = f"for {case!r} it is {cases[case]}, yours says {given[case]}."
    return Verdict(False, found)

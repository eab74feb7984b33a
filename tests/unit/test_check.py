"""Every verdict: the right answer passes, every named mistake is recognised."""

import pytest
import torch

from fst_lessons import check
from fst_lessons.check import Verdict
from fst_lessons.losses import feature_reconstruction_loss, gram_matrix


def products(features):
    """Return psi psi^T with nothing divided out."""
    psi = features.flatten(2)
    return psi @ psi.transpose(1, 2)


def test_verdict_is_true_only_when_right():
    assert Verdict(True, "yes.")
    assert not Verdict(False, "no.")


def test_verdict_reads_as_a_sentence():
    assert repr(Verdict(True, "yes.")) == "Right: yes."
    assert repr(Verdict(False, "no.")) == "Not yet: no."


def scrambled(features):
    """Return the products of what a reshape makes in place of a transpose."""
    psi = features.reshape(len(features), -1, features.shape[1])
    return psi.mT @ psi


RIGHT = [
    (check.gram, gram_matrix),
    (check.gram, lambda f: torch.einsum("ncij,ndij->ncd", f, f) / f[0].numel()),
    (check.gram, lambda f: products(f).double() / f[0].numel()),
    (check.gram, lambda f: torch.stack([gram_matrix(one[None])[0] for one in f])),
    (check.feature_loss, feature_reconstruction_loss),
    (check.feature_loss, lambda f, p: float((f - p).square().mean())),
    (check.feature_loss, lambda f, p: (f - p).norm() ** 2 / f.numel()),
]


@pytest.mark.parametrize(("judge", "answer"), RIGHT)
def test_right_answers_pass(judge, answer):
    verdict = judge(answer)
    assert verdict, verdict.message
    assert verdict.message


GRAM_MISTAKES = {
    "not divided at all": products,
    "divided by H*W only": lambda f: products(f) / f[0, 0].numel(),
    "divided by C only": lambda f: products(f) / f.shape[1],
    "divided by N as well": lambda f: products(f) / f.numel(),
    "divided twice by C": lambda f: gram_matrix(f) / f.shape[1],
    "do not subtract": lambda f: gram_matrix(f - f.mean((2, 3), keepdim=True)),
    "pictures of a batch were mixed": lambda f: gram_matrix(f).mean(dim=0),
    "positions were correlated": lambda f: f.flatten(2).transpose(1, 2) @ f.flatten(2),
    "folded into the channels": lambda f: products(f.reshape(1, -1, *f.shape[2:]))[0],
    "channels and positions were flattened": lambda f: f.flatten(1) @ f.flatten(1).T,
    "no channel met another": lambda f: f @ f.mT,
    "flatten H and W into one axis": lambda f: f.mT @ f,
    "you divided both psi by": lambda f: gram_matrix(f) / f[0].numel(),
    "use transpose.": lambda f: scrambled(f) / f[0].numel(),
    "use transpose, and divide": lambda f: scrambled(f),
    "multiply psi, (N, C, H*W), by its transpose": lambda f: gram_matrix(f.square()),
    "expected shape (2, 3, 3), got (2, 3)": lambda f: f.mean(dim=(2, 3)),
    "expected a tensor, got list": lambda f: gram_matrix(f).tolist(),
    "stopped with ZeroDivisionError": lambda f: 1 / 0,
}


@pytest.mark.parametrize("words", GRAM_MISTAKES)
def test_gram_names_the_mistake(words):
    assert_not_yet(check.gram(GRAM_MISTAKES[words]), words)


LOSS_MISTAKES = {
    "yours is a sum": lambda f, p: (f - p).square().sum(),
    "divided by H*W only": lambda f, p: (f - p).square().sum() / f[0, 0].numel(),
    "divided by C only": lambda f, p: (f - p).square().sum() / f.shape[1],
    "no factor 1/2": lambda f, p: (f - p).square().mean() / 2,
    "Gatys' half of the sum": lambda f, p: (f - p).square().sum() / 2,
    "absolute values": lambda f, p: (f - p).abs().mean(),
    "leave out the square root": lambda f, p: (f - p).square().mean().sqrt(),
    "square the norm before you divide": lambda f, p: (f - p).norm() / f.numel(),
    "square the norm, then divide": lambda f, p: (f - p).norm(),
    "relative to the target": lambda f, p: (f - p).square().sum() / p.square().sum(),
    "they cancel each other": lambda f, p: (f - p).mean(),
    "before you add them up": lambda f, p: (f - p).sum() ** 2 / f.numel(),
    "one number is wanted": lambda f, p: (f - p).square(),
    "over the channels too": lambda f, p: (f - p).square().mean((2, 3)),
    "divide by C*H*W": lambda f, p: (f * p).mean(),
    "expected a tensor, got NoneType": lambda f, p: None,
    "stopped with TypeError": lambda f: f,
}


@pytest.mark.parametrize("words", LOSS_MISTAKES)
def test_feature_loss_names_the_mistake(words):
    assert_not_yet(check.feature_loss(LOSS_MISTAKES[words]), words)


def gradient(features, target, factor=4.0):
    """Return 4/(CHW) (G - A) F in the features' shape."""
    error = gram_matrix(features) - target
    product = error @ features.flatten(2)
    return factor / features[0].numel() * product.reshape(features.shape)


def test_gram_gradient_accepts_the_formula():
    assert check.gram_gradient(gradient)


GRADIENT_MISTAKES = {
    "the factor is 4, not 2": lambda f, a: gradient(f, a, 2),
    "2 from the square, 2 because": lambda f, a: gradient(f, a, 1),
    "divide by C*H*W: that is inside G": lambda f, a: gradient(f, a) * f[0].numel(),
    "you divided by C*H*W twice": lambda f, a: gradient(f, a) / f[0].numel(),
    "you divided by H*W only": lambda f, a: gradient(f, a) * f.shape[1],
    "not 2, and it is divided": lambda f, a: gradient(f, a, 2) * f[0].numel(),
    "G F without the target": lambda f, a: gradient(f, 0 * a),
    "the sign is turned": lambda f, a: -gradient(f, a),
    "no zeros here": lambda f, a: gradient(f, a) * (f > 0),
    "another shape": lambda f, a: gradient(f, a).flatten(2),
    "derivative with respect to G": lambda f, a: 2 * (gram_matrix(f) - a),
    "4/(CHW) times (G - A) times F": lambda f, a: gradient(f, a + 0.01),
    "stopped with RuntimeError": lambda f, a: (gram_matrix(f) - a) @ f,
}


@pytest.mark.parametrize("words", GRADIENT_MISTAKES)
def test_gram_gradient_names_the_mistake(words):
    assert_not_yet(check.gram_gradient(GRADIENT_MISTAKES[words]), words)


@pytest.mark.parametrize("judge", [check.gram, check.feature_loss, check.gram_gradient])
def test_verdict_does_not_depend_on_what_the_reader_does_to_the_input(judge):
    def spoils(*tensors):
        for tensor in tensors:
            tensor.zero_()
        return tensors[0]

    assert not judge(spoils)
    first = judge(spoils).message
    assert judge(spoils).message == first


STYLE_WEIGHT_MISTAKES = {
    "forgot the content weight": 1e10,
    "divide the weight likewise": 1e5,
    "divide by 128 once more": 1e5 / 128,
    "also divide by the content weight": 1e10 / 128**2,
    "the other way round": 1e5 * 128**2,
    "then by C x C": 3.0,
    "expected a number, got str": "6.1",
}


@pytest.mark.parametrize("words", STYLE_WEIGHT_MISTAKES)
def test_style_weight_names_the_mistake(words):
    assert_not_yet(check.style_weight(STYLE_WEIGHT_MISTAKES[words]), words)


@pytest.mark.parametrize("answer", [6.1, 6.1035, 1e5 / 128**2, 6])
def test_style_weight_accepts_rounding(answer):
    assert check.style_weight(answer)


def assert_not_yet(verdict, words):
    assert not verdict
    assert words in verdict.message
    assert verdict.message.endswith(".")


def psnr_from(error, peak=65025, log=torch.log10):
    return 10 * log(peak / error)


def float_error(a, b):
    return (a.float() - b.float()).square().mean()


def absolute_error(a, b):
    return (a.float() - b.float()).abs().mean()


def wrapped_error(a, b):
    return (a - b).float().square().mean()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda a, b: psnr_from(float_error(a, b)), "convert first"),
        (lambda a, b: float(psnr_from(float_error(a, b))), "convert first"),
        (lambda a, b: psnr_from(wrapped_error(a, b)), "to float before"),
        (lambda a, b: psnr_from(wrapped_error(a, b), 1), "and their peak"),
        (lambda a, b: psnr_from((a - b).square().float().mean()), "at 256, too"),
        (lambda a, b: psnr_from(float_error(a, b), 256**2), "255, not 256"),
        (lambda a, b: psnr_from(absolute_error(a, b), 255), "absolute values"),
        (lambda a, b: psnr_from(absolute_error(a, b)), "as 255 is"),
        (
            lambda a, b: torch.stack(
                [psnr_from(float_error(*pair)) for pair in zip(a, b, strict=True)]
            ).mean(),
            "one logarithm at the end",
        ),
        (lambda a, b: psnr_from(float_error(a, b), 1), "the peak of a byte"),
        (lambda a, b: psnr_from(float_error(a, b), 255), "255 must be squared"),
        (lambda a, b: psnr_from(float_error(a, b), log=torch.log), "base 10"),
        (lambda a, b: 2 * psnr_from(float_error(a, b)), "not 20"),
        (lambda a, b: -psnr_from(float_error(a, b)), "upside down"),
        (lambda a, b: torch.zeros(2), "one number"),
        (lambda a, b: torch.tensor(3.0), "10 log10"),
        (lambda a, b: a / "b", "stopped with"),
    ],
)
def test_psnr_of_bytes(answer, hint):
    verdict = check.psnr_of_bytes(answer)
    assert hint in verdict.message
    assert bool(verdict) == (hint == "convert first")


def double(stride):
    return 2 * stride


def side(operations, *, start=1, taps=2, pool=1, grow=double, scale=True):
    """Return a receptive field, with the mistakes of beginners to choose from."""
    total, stride = start, 1
    for operation in operations:
        step = stride if scale else 1
        if operation == "c":
            total += taps * step
        else:
            total, stride = total + pool * step, grow(stride)
    return total


def side_doubled(operations):
    total = 1
    for operation in operations:
        total = total + 2 if operation == "c" else 2 * total
    return total


def stride_first(operations):
    total, stride = 1, 1
    for operation in operations:
        stride *= 1 if operation == "c" else 2
        total += 2 * stride if operation == "c" else stride
    return total


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (side, "which doubles them"),
        (lambda o: side(o, taps=3), "not 3"),
        (lambda o: side(o, taps=1), "not 1"),
        (lambda o: side(o, start=0), "start at 1"),
        (side_doubled, "not the side"),
        (stride_first, "add its step first"),
        (lambda o: min(side(o), 5), "widens the side too"),
        (lambda o: min(side(o), 10), "for 'ccpccpc' it is 24, yours says 10"),
        (lambda o: side(o, pool=0), "widens the side too"),
        (lambda o: side(o, scale=False), "multiply by the stride"),
        (lambda o: side(o, grow=lambda stride: stride + 1), "adds to it"),
        (lambda o: 7, "yours says 7"),
        (lambda o: o / 2, "stopped with"),
    ],
)
def test_receptive_field(answer, hint):
    verdict = check.receptive_field(answer)
    assert hint in verdict.message
    assert bool(verdict) == (answer is side)

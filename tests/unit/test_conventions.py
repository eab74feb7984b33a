"""Converted weights give equal losses in any convention; known weights, by hand."""

from itertools import product

import pytest
import torch

from fst_lessons.conventions import (
    AUTHORS_CONVENTION,
    GATYS_CONVENTION,
    KERAS_CONVENTION,
    PAPER_CONVENTION,
    PIXEL_SCALE,
    PUBLISHED,
    STAGE_CHANNELS,
    VGG16_CHANNELS,
    Convention,
    Published,
    convert_style_weight,
    not_converted,
    restate,
)
from fst_lessons.losses import gram_matrix

CONVENTIONS = [
    Convention(divisor, reduction, layers)
    for divisor, reduction, layers in product(
        ("CHW", "HW"), ("sum", "mean"), ("sum", "mean")
    )
] + [GATYS_CONVENTION, KERAS_CONVENTION]
CHANNELS = {"relu1_2": 3, "relu2_2": 5, "relu3_3": 8}


@pytest.fixture(scope="module")
def features():
    """Random features of two pictures of 12 x 8 pixels at three layers."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.rand(2, c, 12 >> i, 8 >> i, generator=generator, dtype=torch.double)
        for i, (name, c) in enumerate(CHANNELS.items())
    }


def style_losses(features, convention):
    """Return each layer's loss, written out from the convention's words alone."""
    losses = {}
    for name, f in features.items():
        _, c, h, w = f.shape
        psi = f.flatten(2)
        grams = psi @ psi.transpose(1, 2)
        divisors = {"CHW": c * h * w, "HW": h * w, "image": 12 * 8}
        grams = grams / divisors[convention.gram_divisor]
        error = (grams[0] - grams[1]).square()
        loss = error.mean() if convention.reduction == "mean" else error.sum()
        losses[name] = convention.factor * loss
    if convention.layers == "mean":
        return {name: loss / len(losses) for name, loss in losses.items()}
    return losses


@pytest.mark.parametrize("source", CONVENTIONS, ids=str)
@pytest.mark.parametrize("target", [*CONVENTIONS[::3], PAPER_CONVENTION], ids=str)
def test_converted_weight_gives_the_same_weighted_loss(features, source, target):
    weights = convert_style_weight(7.0, source=source, target=target, channels=CHANNELS)
    wanted, given = style_losses(features, source), style_losses(features, target)
    for name in CHANNELS:
        torch.testing.assert_close(weights[name] * given[name], 7.0 * wanted[name])


def test_paper_convention_is_what_the_package_computes(features):
    losses = style_losses(features, PAPER_CONVENTION)
    for name, f in features.items():
        grams = gram_matrix(f).double()
        by_package = (grams[0] - grams[1]).square().sum()
        torch.testing.assert_close(by_package, losses[name], rtol=1e-4, atol=1e-9)


def test_gatys_formula_is_a_quarter_of_the_papers(features):
    f = features["relu2_2"]
    _, c, h, w = f.shape
    undivided = f.flatten(2) @ f.flatten(2).transpose(1, 2)
    error = (undivided[0] - undivided[1]).square().sum()
    gatys = error / (4 * c**2 * (h * w) ** 2)
    paper = style_losses(features, PAPER_CONVENTION)["relu2_2"]
    torch.testing.assert_close(gatys, paper / 4)


def test_authors_five_is_five_over_c_squared_in_the_papers_formula():
    weights = convert_style_weight(5.0, source=AUTHORS_CONVENTION)
    assert weights == pytest.approx({k: 5 / c**2 for k, c in VGG16_CHANNELS.items()})
    # the widest layer counts 64 times less than the narrowest
    assert weights["relu1_2"] / weights["relu4_3"] == pytest.approx(64)


def test_converting_there_and_back_changes_nothing():
    source, target = AUTHORS_CONVENTION, Convention("HW", "sum", "mean")
    for name, c in VGG16_CHANNELS.items():
        there = convert_style_weight(
            3.0, source=source, target=target, channels={name: c}
        )[name]
        back = convert_style_weight(
            there, source=target, target=source, channels={name: c}
        )
        assert back[name] == pytest.approx(3.0)


def test_same_convention_keeps_the_weight():
    weights = convert_style_weight(2.5, source=PAPER_CONVENTION)
    assert weights == dict.fromkeys(VGG16_CHANNELS, 2.5)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weight_must_be_positive_and_finite(weight):
    with pytest.raises(ValueError, match="positive number, got"):
        convert_style_weight(weight, source=PAPER_CONVENTION)


def test_layers_are_needed():
    with pytest.raises(ValueError, match="at least one layer"):
        convert_style_weight(1.0, source=PAPER_CONVENTION, channels={})


def test_keras_formula_is_its_convention(features):
    grams = [f.flatten(2) @ f.flatten(2).transpose(1, 2) for f in features.values()]
    # as its style_loss is written: 3 channels and the size of the picture, any layer
    by_keras = [
        (g[0] - g[1]).square().sum() / (4 * 3**2 * (12 * 8) ** 2) for g in grams
    ]
    ours = style_losses(features, KERAS_CONVENTION).values()
    for theirs, loss in zip(by_keras, ours, strict=True):
        torch.testing.assert_close(theirs / 3, loss)  # the mean over three layers


def test_a_layer_of_unknown_stride_is_refused():
    with pytest.raises(ValueError, match="name it as VGG does"):
        convert_style_weight(1.0, source=KERAS_CONVENTION, channels={"mixed_4d": 528})


# by hand: (program, layer) -> lambda_s at lambda_c = 1
BY_HAND = {
    ("fast-neural-style", "relu1_2"): 5 / 64**2,
    ("fast-neural-style", "relu4_3"): 5 / 512**2,
    ("neural-style", "relu1_1"): 20 / 64**2,
    ("texture-nets", "relu4_1"): 1 / 512**2,
    ("lengstrom", "relu5_1"): 100 / 7.5 / 512**2,
    ("pytorch-examples", "relu2_2"): 1e5 / 128**2,
    ("gordic", "relu2_2"): 1e5 / 128**2,  # 4e5 over four layers
    ("rrmina", "relu3_3"): 50 / 17 / 256**2,
    # over HW alone and a mean: C^2 on top and C^2 below
    ("magenta", "relu4_3"): 1e-4,
    ("pystiche", "relu1_2"): 5,
    ("tensorflow-tutorial", "relu5_1"): 1e-2 / 1e4 / 5,
    ("d2l", "conv3_1"): 1e4 / 256**2,
    ("pytorch-tutorial", "conv1_2"): 1e6 / 64**2,
    # half a sum over 512 x 32 x 16 numbers; a quarter, and a fifth of five layers
    ("gatys", "conv4_1"): (1e3 / 4 / 5) / (0.5 * 512 * 32 * 16),
    # a sum over 512 x 16 x 8 numbers; stride 2: C^2 / 2^4, 1/36, a fifth
    ("keras", "relu2_1"): 1e-6 * 128**2 / 16 / 36 / 5 / (2.5e-8 * 512 * 16 * 8),
}


@pytest.mark.parametrize(("program", "layer"), BY_HAND)
def test_known_weights_restated_by_hand(program, layer):
    weights = restate(PUBLISHED[program], size=(256, 128))
    assert weights[layer] == pytest.approx(BY_HAND[program, layer])
    assert tuple(weights) == PUBLISHED[program].style_layers


def test_1e10_and_4e5_are_one_and_the_same_weight():
    examples, gordic = (restate(PUBLISHED[n]) for n in ("pytorch-examples", "gordic"))
    assert examples == pytest.approx(gordic)


def test_the_rule_of_thumb_is_the_square_of_the_scale():
    assert pytest.approx(57.63) == PIXEL_SCALE
    own = restate(PUBLISHED["gordic"])["relu1_2"]
    wide = restate(PUBLISHED["gordic"], pixels="0..255")["relu1_2"]
    assert own / wide == pytest.approx(57.63**2)
    narrow = restate(PUBLISHED["magenta"], pixels="deviations")["relu1_2"]
    assert narrow == pytest.approx(1e-4 * 57.63**2)
    assert restate(PUBLISHED["gordic"], pixels="deviations")["relu1_2"] == own


@pytest.mark.parametrize("program", ["gatys", "keras"])
def test_a_summed_content_loss_needs_the_size(program):
    with pytest.raises(ValueError, match="give size="):
        restate(PUBLISHED[program])
    with pytest.raises(ValueError, match="leaves nothing"):
        restate(PUBLISHED[program], size=(4, 400))


def test_what_is_not_converted_is_said():
    assert not_converted(PUBLISHED["magenta"]) == []
    said = " ".join(not_converted(PUBLISHED["keras"]))
    for word in ("VGG-19", "relu5_2", "relu1_1", "one size of picture", "1e-06"):
        assert word in said
    assert "rule of thumb" not in said
    assert "rule of thumb" in " ".join(not_converted(PUBLISHED["gordic"]))
    itself = PUBLISHED["gordic"]
    same = {"content_layers": ("relu2_2",), "pixels": "deviations"}
    assert not_converted(itself, **same) == []


@pytest.mark.parametrize("known", PUBLISHED.values(), ids=lambda known: known.name)
def test_every_known_weight_names_its_source_and_its_layers(known):
    assert isinstance(known, Published)
    assert known.source.count("/") >= 1 or known.name.startswith("Gatys")
    assert known.content_weight > 0 and known.style_weight > 0 and known.tv_weight >= 0
    assert len(set(known.style_layers)) == len(known.style_layers) >= 4


def test_channels_are_those_of_the_loss_network():
    from fst_lessons.loss_network import load_loss_network

    network = load_loss_network("vgg19", weights=None)
    for stage, channels in STAGE_CHANNELS.items():
        assert network.channels(f"relu{stage}_1") == channels
        assert network.stride(f"relu{stage}_1") == 2 ** (stage - 1)


def test_a_convention_reads_like_a_formula():
    words = "Gram / (C x H x W), mean of squares, sum of layers"
    assert str(AUTHORS_CONVENTION) == words
    assert "0.25 times sum" in str(GATYS_CONVENTION)

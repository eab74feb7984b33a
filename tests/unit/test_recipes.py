"""Recipes name their sources; converted weights give equal losses in any convention."""

from dataclasses import FrozenInstanceError, fields
from itertools import product

import pytest
import torch

from fst_lessons.losses import gram_matrix
from fst_lessons.recipes import (
    AUTHORS_CODE,
    BOOK,
    GATYS_CONVENTION,
    PAPER,
    PAPER_CONVENTION,
    STYLE_LAYERS,
    VGG16_CHANNELS,
    Convention,
    Recipe,
    convert_style_weight,
)

RECIPES = [PAPER, AUTHORS_CODE, BOOK]
# what needs no source: names, and units that this package defines
SELF_EVIDENT = {"name", "units", "sources", "loss_network"}
CONVENTIONS = [
    Convention(divisor, reduction, layers)
    for divisor, reduction, layers in product(
        ("CHW", "HW"), ("sum", "mean"), ("sum", "mean")
    )
] + [GATYS_CONVENTION]
CHANNELS = {"relu1_2": 3, "relu2_2": 5, "relu3_3": 8}


@pytest.fixture(scope="module")
def features():
    """Two pictures' random features at three layers, of the sizes in CHANNELS."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.rand(
            2, c, 12 // (i + 1), 7, generator=generator, dtype=torch.double
        )
        for i, (name, c) in enumerate(CHANNELS.items())
    }


def style_losses(features, convention):
    """Return each layer's loss, written out from the convention's words alone."""
    losses = {}
    for name, f in features.items():
        _, c, h, w = f.shape
        psi = f.flatten(2)
        grams = psi @ psi.transpose(1, 2)
        grams = grams / (c * h * w if convention.gram_divisor == "CHW" else h * w)
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
    weights = convert_style_weight(5.0, source=AUTHORS_CODE.convention)
    assert weights == pytest.approx({k: 5 / c**2 for k, c in VGG16_CHANNELS.items()})
    # the widest layer counts 64 times less than the narrowest
    assert weights["relu1_2"] / weights["relu4_3"] == pytest.approx(64)


def test_converting_there_and_back_changes_nothing():
    source, target = AUTHORS_CODE.convention, Convention("HW", "sum", "mean")
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
    assert weights == dict.fromkeys(STYLE_LAYERS, 2.5)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weight_must_be_positive_and_finite(weight):
    with pytest.raises(ValueError, match="positive number, got"):
        convert_style_weight(weight, source=PAPER_CONVENTION)


def test_layers_are_needed():
    with pytest.raises(ValueError, match="at least one layer"):
        convert_style_weight(1.0, source=PAPER_CONVENTION, channels={})


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_every_value_says_where_it_comes_from(recipe):
    unsourced = {field.name for field in fields(recipe)} - set(recipe.sources)
    assert unsourced <= SELF_EVIDENT


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_sources_speak_of_attributes_that_exist(recipe):
    assert set(recipe.sources) <= {field.name for field in fields(recipe)}
    assert all(recipe.sources.values())


def test_every_attribute_is_documented():
    for kind in (Recipe, Convention):
        for field in fields(kind):
            assert f"        {field.name}: " in kind.__doc__


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_recipes_agree_with_the_papers_layers(recipe):
    assert recipe.style_layers == STYLE_LAYERS == tuple(VGG16_CHANNELS)
    assert recipe.content_layers == ("relu3_3",)


def test_the_paper_prints_no_weights():
    assert PAPER.content_weight is PAPER.style_weight is PAPER.tv_weight is None


def test_recipes_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        BOOK.style_weight = 1.0
    with pytest.raises(TypeError):
        VGG16_CHANNELS["relu1_2"] = 1

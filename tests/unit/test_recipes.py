"""Recipes name their sources, agree on the layers, and cannot be changed."""

import inspect
from dataclasses import FrozenInstanceError, fields

import pytest

from fst_lessons import conventions, recipes
from fst_lessons.recipes import (
    AUTHORS_CODE,
    AUTHORS_TRAINING,
    BOOK,
    PAPER,
    PAPER_TRAINING,
    STYLE_LAYERS,
    VGG16_CHANNELS,
    Recipe,
)

RECIPES = [PAPER, AUTHORS_CODE, BOOK]
# what needs no source: names, and units that this package defines
SELF_EVIDENT = {"name", "units", "sources", "loss_network"}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_every_value_says_where_it_comes_from(recipe):
    unsourced = {field.name for field in fields(recipe)} - set(recipe.sources)
    assert unsourced <= SELF_EVIDENT


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_sources_speak_of_attributes_that_exist(recipe):
    assert set(recipe.sources) <= {field.name for field in fields(recipe)}
    assert all(recipe.sources.values())


def test_every_attribute_is_documented():
    described = inspect.getdoc(Recipe)  # from Python 3.13 on, __doc__ has no indent
    for field in fields(Recipe):
        assert f"\n    {field.name}: " in described


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


def test_names_that_moved_are_still_found_here():
    for name in ("Convention", "GATYS_CONVENTION", "convert_style_weight"):
        assert getattr(recipes, name) is getattr(conventions, name)


def test_the_authors_training_differs_from_the_papers_where_their_code_does():
    differing = recipes.compare(PAPER_TRAINING, AUTHORS_TRAINING).values
    assert set(differing) == {"preset", "style_size"}

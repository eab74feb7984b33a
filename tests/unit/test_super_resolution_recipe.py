"""Recipes: the paper's values, what a loss is made of, what is refused."""

import pytest

from fst_lessons.super_resolution_recipe import (
    LOSSES,
    SuperResolutionRecipe,
    make_recipe,
)


def test_the_papers_recipe():
    recipe = make_recipe("paper", loss="feature")
    assert recipe.terms == ("feature",)
    assert recipe.feature_layers == ("relu2_2",)
    assert (recipe.size, recipe.batch, recipe.steps) == (288, 4, 200_000)
    assert (recipe.optimizer, recipe.learning_rate) == ("adam", 1e-3)
    assert recipe.schedule == "constant"
    assert recipe.blur
    assert make_recipe("paper").pixel_norm == "mse"


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_its_weights(loss):
    recipe = make_recipe(loss=loss)
    assert recipe.loss == loss
    assert ("feature" in recipe.terms) == (loss != "pixel")
    assert "pixel" in recipe.terms


def test_features_weigh_less_the_more_a_loss_is_of_pixels():
    shares = [
        make_recipe(loss=loss).feature_weight / make_recipe(loss=loss).pixel_weight
        for loss in ("feature", "mixed", "pixel")
    ]
    assert shares == sorted(shares, reverse=True) and shares[-1] == 0.0


def test_the_paper_s_feature_loss_has_no_other_term():
    assert make_recipe("paper", loss="feature").terms == ("feature",)
    assert make_recipe("paper", loss="mixed").terms == ("pixel", "feature")


def test_changes_come_last():
    assert make_recipe("paper", size=64, blur=False).size == 64
    assert make_recipe(loss="feature", shrunk_weight=0.0).terms == (
        "pixel",
        "feature",
        "grid",
    )
    assert make_recipe("srcnn").luma


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"loss": "perceptual"}, "unknown loss 'perceptual'; choose pixel, feature"),
        ({"size": 98}, "size must be a multiple of 4"),
        ({"size": 12}, "from 16 up, got 12"),
        ({"size": 100, "factor": 8}, "size must be a multiple of 8"),
        ({"batch": 0}, "batch must be 1 or more"),
        ({"steps": 0}, "steps must be 1 or more"),
        ({"pixel_weight": -1.0}, "pixel weight must be 0 or more"),
        ({"tv_weight": float("nan")}, "tv weight must be 0 or more"),
        ({"pixel_weight": 0.0}, "nothing to minimize"),
        ({"pixel_norm": "l2"}, "pixel_norm must be l1 or mse"),
        ({"optimizer": "sgd"}, "optimizer must be muon or adam"),
        ({"schedule": "cosine"}, "schedule must be one_cycle or constant"),
        ({"precision": "float16"}, "precision must be bfloat16 or float32"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
    ],
)
def test_values_that_cannot_be_used_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        make_recipe(**changes)


def test_a_recipe_is_refused_by_its_name_too():
    with pytest.raises(ValueError, match="loss must be pixel or feature or mixed"):
        SuperResolutionRecipe(loss="sharp")

"""Two recipes, field by field: what differs, from where, and nothing else."""

import json
from dataclasses import asdict, dataclass, replace

import pytest

from fst_lessons.comparison import ABSENT, Comparison, compare
from fst_lessons.recipes import (
    AUTHORS_CODE,
    BOOK,
    PAPER,
    PAPER_TRAINING,
    TrainingRecipe,
)
from fst_lessons.super_resolution_recipe import make_recipe


@dataclass(frozen=True)
class Small:
    size: int = 3
    layers: tuple[str, ...] = ("a", "b")
    rate: float = 0.5


def test_only_what_differs_is_listed():
    found = compare(Small(), Small(size=4))
    assert found.values == {"size": (3, 4)}
    assert found and found.names == ("first", "second")


def test_equal_recipes_compare_as_false():
    found = compare(PAPER, PAPER)
    assert not found and found.values == {}
    assert str(found) == "paper and paper do not differ"


def test_the_paper_against_its_authors_code():
    found = compare(PAPER, AUTHORS_CODE)
    assert found.names == ("paper", "authors' code")
    assert list(found.values) == [
        "content_weight",
        "style_weight",
        "tv_weight",
        "convention",
    ]
    assert found.values["style_weight"] == (None, 5.0)
    assert found.sources["style_weight"] == (
        PAPER.sources["style_weight"],
        AUTHORS_CODE.sources["style_weight"],
    )


def test_what_is_printed_names_field_value_and_source():
    text = str(compare(PAPER, BOOK))
    assert "num_steps\n  paper      500  ([paper] section 4.1" in text
    assert "  this book  150  (chapter 5)" in text
    assert "content_layers" not in text  # the same in both
    assert repr(compare(PAPER, BOOK)) == text


def test_names_can_be_given_where_a_recipe_has_none():
    found = compare(PAPER_TRAINING, TrainingRecipe(), names=("2016", "now"))
    assert found.names == ("2016", "now")
    assert found.values["optimizer"] == ("adam", "muon")
    assert "zoom" not in found.values
    assert "  2016  0.001\n  now   0.02" in str(found)


def test_a_card_is_compared_like_the_recipe_it_came_from():
    card = json.loads(json.dumps(asdict(TrainingRecipe())))  # tuples became lists
    assert not compare(card, TrainingRecipe())
    found = compare(card, replace(TrainingRecipe(), steps=7))
    assert found.values == {"steps": (2000, 7)}


def test_what_one_recipe_lacks_is_absent():
    found = compare(TrainingRecipe(), make_recipe("book"))
    assert found.values["shift_weight"] == (10.0, ABSENT)
    assert found.values["factor"] == (ABSENT, 4)
    assert "precision" not in found.values


def test_lists_and_long_numbers_are_written_plainly():
    text = str(compare(Small(), Small(layers=("c",), rate=1 / 3)))
    assert "a, b" in text and "0.333333" in text


@pytest.mark.parametrize("wrong", [None, 5, "paper", Small, [1, 2]])
def test_something_else_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a recipe"):
        compare(PAPER, wrong)


def test_a_comparison_shows_itself():
    assert str(Comparison(("a", "b"), {"x": (1, 2)})) == "x\n  a  1\n  b  2"

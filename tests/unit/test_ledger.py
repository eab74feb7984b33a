"""Every choice of the recipes and presets has a line, with three sources."""

import re
from dataclasses import fields

import pytest

from fst_lessons.ledger import NOT_SAID, TOPICS, lines
from fst_lessons.recipes import BOOK, PAPER, Recipe, TrainingRecipe
from fst_lessons.super_resolution_net import SuperResolutionConfig
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe, make_recipe
from fst_lessons.transform_net import PRESETS, NetConfig

LINES = list(lines())
# names of things, and what makes one training differ from the next by chance
NO_CHOICES = {"name", "sources", "units", "preset", "net", "factor", "loss", "seed"}
FEATURE_ONLY = {"feature_weight", "pixel_norm", "luma", "start"}


def named(topic):
    return {line.name: line for line in LINES if line.topic == topic}


@pytest.mark.parametrize(
    ("topic", "kinds"),
    [
        ("optimization", [Recipe]),
        ("net", [NetConfig]),
        ("training", [TrainingRecipe]),
        ("super_resolution", [SuperResolutionConfig, SuperResolutionRecipe]),
    ],
)
def test_every_field_has_its_line(topic, kinds):
    wanted = {f.name for kind in kinds for f in fields(kind)} - NO_CHOICES
    if topic == "super_resolution":
        wanted -= FEATURE_ONLY
    assert wanted <= set(named(topic))
    assert {line.topic for line in LINES} == set(TOPICS)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.topic}-{line.name}")
def test_a_line_has_three_values_and_three_sources(line):
    assert len(line.values) == len(line.sources) == 3
    assert all(line.sources), "name a source"
    assert None not in line.values, f"write {NOT_SAID!r}"
    for place, tag in enumerate(("[paper]", "[code]")):
        other = [s for i, s in enumerate(line.sources) if i != place]
        assert not any(source.startswith(tag) for source in other)


def test_the_values_are_those_of_the_recipes():
    steps = named("optimization")["num_steps"]
    assert steps.values == (PAPER.num_steps, 500, BOOK.num_steps)
    assert named("optimization")["style_weight"].values[0] == NOT_SAID
    norm = [PRESETS[name].norm for name in ("paper", "authors_code", "book")]
    assert (
        list(named("net")["norm"].values) == norm == ["batch", "instance", "instance"]
    )
    training = named("training")
    assert training["style_weight"].values == (
        NOT_SAID,
        5.0,
        TrainingRecipe().style_weight,
    )
    assert training["style_size"].values[:2] == (NOT_SAID, 256)  # a stand-in is no fact
    assert training["start"].values == ("chance",) * 3
    assert training["optimizer"].values == ("adam", "adam", "muon")
    assert named("super_resolution")["blocks"].values == (4, NOT_SAID, 4)
    assert named("super_resolution")["feature_layers"].values[2] == (
        make_recipe("book", loss="feature").feature_layers
    )


def test_agreement_is_told_from_disagreement():
    assert named("net")["blocks"].agreed
    assert not named("net")["norm"].agreed
    assert not named("super_resolution")["blocks"].agreed  # the code says nothing


def test_chapters_are_named_by_their_number():
    numbers = {
        int(n)
        for line in LINES
        for s in line.sources
        for n in re.findall(r"ch\. (\d+)", s)
    }
    assert numbers <= set(range(1, 11))

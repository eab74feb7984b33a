"""Paper, authors' code, this book: every choice, line by line, each with its source.

The values come from the recipes and presets that the package runs by; this module adds
where each is said, and gives all of it as lines of one table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .recipes import (
    AUTHORS_CODE,
    AUTHORS_TRAINING,
    BOOK,
    PAPER,
    PAPER_TRAINING,
    Recipe,
    TrainingRecipe,
)
from .super_resolution_net import make_config
from .super_resolution_recipe import make_recipe
from .transform_net import PRESETS

NOT_SAID = "not said"
WHOLE = "whole photographs"
TOPICS = {
    "optimization": "The slow method: a picture's own pixels",
    "net": "The transform net",
    "training": "Its training",
    "super_resolution": "Super-resolution by the feature loss",
}
Sources = Mapping[str, tuple[str, str, str]]


@dataclass(frozen=True)
class Line:
    """One choice, three answers.

    Attributes:
        topic: a key of `TOPICS`.
        name: the field of the recipe or preset.
        values: of the paper, its authors' code and this book; `NOT_SAID` where a
            source is silent.
        sources: where each is said.
    """

    topic: str
    name: str
    values: tuple[Any, Any, Any]
    sources: tuple[str, str, str]

    @property
    def agreed(self) -> bool:
        """Whether all three say the same."""
        return self.values[0] == self.values[1] == self.values[2]


_PAPER_TABLE = "[paper] supplement, table 1"
_MODELS = "[code] models.lua"
NET_SOURCES: Sources = {
    "width": (_PAPER_TABLE, "[code] -arch c9s1-32,...; 16 in published nets", "ch. 6"),
    "blocks": (_PAPER_TABLE, "[code] R128 five times in -arch", "as the paper"),
    "norm": (
        "[paper] section 3.1: spatial batch normalization",
        "[code] -use_instance_norm 1; 0 in the nets named eccv16",
        "ch. 6: contrast belongs to the style",
    ),
    "upsampling": (
        "[paper] section 3.1: convolutions of stride 1/2",
        f"{_MODELS}: u64, u32",
        "ch. 6: no checkerboard to unlearn",
    ),
    "padding": (
        f"{_PAPER_TABLE}, final edition; zeros in its first one",
        "[code] -padding_type reflect-start",
        "ch. 6: every layer reflects",
    ),
    "residual": ("[paper] section 3.1", _MODELS, "as the paper"),
    "output": (
        "[paper] section 3.1: a scaled tanh, 0 to 255",
        "[code] -tanh_constant 150, on blue, green, red minus their mean",
        "ch. 6: the same idea for 0 to 1",
    ),
}
_NO_TERM = "no such term"
_NETWORK = ("[paper] section 3.2", "[code] models/vgg16.t7", "ch. 2")
TRAINING_SOURCES: Sources = {
    "preset": ("see the transform net", "see the transform net", "ch. 6"),
    "width": NET_SOURCES["width"],
    "size": (
        "[paper] section 4.1: photographs resized to 256 x 256",
        "[code] make_style_dataset.py: 256 x 256, aspect ratio not kept",
        "random crops; `fit`'s default",
    ),
    "batch": (
        "[paper] section 4.1",
        "[code] train.lua",
        "more steps instead of larger ones",
    ),
    "steps": (
        "[paper] section 4.1: about two epochs of 80,000 photographs",
        "[code] train.lua; 60,000 for some styles",
        "`fit`'s default; each card says its own",
    ),
    "content_weight": (
        "[paper] gives no value",
        "[code] train.lua",
        "the others are counted against it",
    ),
    "style_weight": (
        "[paper] gives no value; the code's stands in",
        "[code] train.lua; 3 to 20 in published nets",
        "chosen by looking; relative units",
    ),
    "tv_weight": (
        "[paper] 1e-6 to 1e-4, by cross-validation per style",
        "[code] train.lua, on half a sum of squares, 0 to 255",
        "on a mean of squares, 0 to 1",
    ),
    "shift_weight": (_NO_TERM, _NO_TERM, "ch. 7: strokes that stay"),
    "content_layers": (
        "[paper] section 4.1, Fig. 2; [preprint]'s text has relu2_2",
        "[code] train.lua: index 16",
        "as the paper",
    ),
    "style_layers": (
        "[paper] section 4.1",
        "[code] train.lua: indices 4, 9, 16, 23",
        "as the paper",
    ),
    "units": (
        "[paper] eqs. (2) to (4)",
        "[code] nn.MSECriterion, see `conventions`",
        "ch. 5: relative",
    ),
    "loss_network": _NETWORK,
    "style_size": (
        f"{NOT_SAID}; this book's stands in",
        "[code] train.lua: the longer side; 180 to 512 in published nets",
        "ch. 5: the size of strokes; the shorter side",
    ),
    "style_blur": (_NO_TERM, _NO_TERM, "ch. 7: strokes, not the canvas's weave"),
    "zoom": (
        "[paper] section 4.1: resized; our recipe's crops stand in",
        "[code] make_style_dataset.py: resized",
        "random crops, from life size to half",
    ),
    "optimizer": ("[paper] section 4.1", "[code] train.lua", "ch. 7"),
    "learning_rate": ("[paper] section 4.1", "[code] train.lua", "ch. 7"),
    "schedule": (
        "[paper] mentions none",
        "[code] train.lua: decay is an option, off",
        "ch. 7",
    ),
    "precision": (
        "of its time",
        "of its time",
        "where the processor multiplies in it",
    ),
    "start": (
        "from random weights",
        "from random weights",
        "`fit`'s default; `train` and `make style` begin with `starry_night`",
    ),
    "seed": (NOT_SAID, NOT_SAID, "each card says its own"),
}
_SR = "[paper] section 4.2"
_SR_TABLE = "[paper] supplement, table 2"
SUPER_RESOLUTION_NET_SOURCES: Mapping[str, tuple[str, str]] = {
    "width": (_SR_TABLE, "as the paper"),
    "blocks": (f"{_SR_TABLE}; the text says five", "as the table"),
    "norm": ("[paper] section 3.1", "ch. 9"),
    "upsampling": (_SR_TABLE, "ch. 6: no checkerboard to unlearn"),
    "shortcuts": (_SR_TABLE, "ch. 9: it adds to the bicubic enlargement"),
}
SUPER_RESOLUTION_SOURCES: Mapping[str, tuple[str, str]] = {
    "feature_layers": (_SR, "ch. 9: relu2_2 alone stamps a grid"),
    "pixel_weight": (f"{_SR}: the feature loss alone", "ch. 9: against a weave"),
    "shrunk_weight": (_NO_TERM, "ch. 9: keeps the colours"),
    "grid_weight": (_NO_TERM, "ch. 9: against the grid"),
    "tv_weight": (f"{_SR} mentions none", "none"),
    "loss_network": (_SR, "ch. 2"),
    "blur": (f"{_SR}: Gaussian, sigma 1", "ch. 9: as the benchmarks do"),
    "size": (f"{_SR}: 288 x 288", "of the large crops"),
    "batch": (_SR, "`fit_super_resolution`'s default"),
    "steps": (_SR, "`fit_super_resolution`'s default"),
    "optimizer": (_SR, "ch. 9"),
    "learning_rate": (_SR, "as Muon bears it"),
    "schedule": (f"{_SR} mentions none", "ch. 7"),
    "precision": ("of its time", "where the processor multiplies in it"),
}
_NO_SCRIPT = "[code] train.lua has -task upsample; no settings were published"


def lines() -> Iterator[Line]:
    """Yield every line of the ledger, topic by topic, in the order of the fields."""
    three = (PAPER, AUTHORS_CODE, BOOK)
    for name in (f.name for f in fields(Recipe)):
        if name not in ("name", "sources", "units"):
            values = tuple(_said(name, getattr(recipe, name)) for recipe in three)
            told = tuple(recipe.sources.get(name) for recipe in three)
            sources = _NETWORK if name == "loss_network" else told
            yield Line("optimization", name, values, sources)
    presets = [PRESETS[name] for name in ("paper", "authors_code", "book")]
    yield from _from_fields("net", presets, NET_SOURCES)
    trainings = [PAPER_TRAINING, AUTHORS_TRAINING, TrainingRecipe()]
    yield from _from_fields("training", trainings, TRAINING_SOURCES)
    nets = [make_config(preset, factor=4) for preset in ("paper", "book")]
    yield from _without_code(nets, SUPER_RESOLUTION_NET_SOURCES)
    paper = make_recipe("paper", loss="feature", loss_network="vgg16")
    recipes = [paper, make_recipe("book", loss="feature")]
    yield from _without_code(recipes, SUPER_RESOLUTION_SOURCES)


def _from_fields(topic: str, recipes: list[Any], sources: Sources) -> Iterator[Line]:
    for name, told in sources.items():
        values = tuple(
            NOT_SAID if _silent(source) else _said(name, getattr(recipe, name))
            for recipe, source in zip(recipes, told, strict=True)
        )
        if name == "zoom":  # the recipes' crops are stand-ins too
            values = (WHOLE, WHOLE, values[2])
        yield Line(topic, name, values, told)


def _without_code(
    recipes: list[Any], sources: Mapping[str, tuple[str, str]]
) -> Iterator[Line]:
    for name, (theirs, ours) in sources.items():
        paper, book = (getattr(recipe, name) for recipe in recipes)
        values, told = (paper, NOT_SAID, book), (theirs, _NO_SCRIPT, ours)
        yield Line("super_resolution", name, values, told)


def _silent(source: str) -> bool:
    """Tell whether a source gives no value, so that the recipe's is a stand-in."""
    return source.startswith(NOT_SAID) or "gives no value" in source


def _said(name: str, value: Any) -> Any:
    if value is None:
        return "chance" if name == "start" else NOT_SAID
    return value

"""The command ``train --adjustable``: one net for several styles and many lambda.

python -m fst_lessons train --adjustable --style nocturne --style mosaic
    --photos holiday --out mine.safetensors --minutes 10
python -m fst_lessons stylize cat --style mine.safetensors --strength 20
    --mix nocturne:0.5,mosaic:0.5 --out cat.jpg
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .adjustable_recipe import AdjustableRecipe
from .train_adjustable_options import DEFAULTS, KNOBS
from .train_command import (
    INTERRUPTED,
    SHARED,
    TOLD,
    as_asked,
    chosen_fields,
    find_photographs,
    told_of,
    within_memory,
)
from .training_habits import from_now, habits_of

if TYPE_CHECKING:  # torch takes a second to import: only when a command runs
    from torch import Tensor

    from .parallel import Group
    from .training_state import Training

FIELDS = [name for name, _, _ in (*KNOBS, *SHARED)]
FIELDS += ["width", "size", "shift_weight", "start", "steps"]
USELESS = ("preset", "style_weight", "content_weight", "preview")


def train_adjustable(options: argparse.Namespace) -> int:
    """Train by the options and write the net.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        ValueError: an option or a value that adjustable nets have no use for, two
            styles of one name, or pictures that cannot be used.
    """
    from . import __main__
    from .devices import best_precision
    from .parallel import join

    began = time.perf_counter()
    for name in USELESS:
        if getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"{option} is of no use with --adjustable; leave it away")
    chosen = chosen_fields(options, FIELDS)
    if chosen.get("start") == "none":
        del chosen["start"]
    for name in ("style_size", "style_blur"):
        if getattr(options, name):
            chosen[f"{name}s"] = tuple(getattr(options, name))
    if options.zoom:
        chosen["zoom"] = tuple(options.zoom)
    chosen.setdefault("precision", best_precision(options.device))
    if chosen.get("optimizer") == "adam":
        chosen.setdefault("learning_rate", 4e-3)  # Muon's is not Adam's
    paths = [__main__.find_picture(style) for style in options.style]
    described = _describe(paths, told_of(options, len(paths)))
    names = tuple(style["name"] for style in described)
    if len(set(names)) < len(names):
        raise ValueError(f"two styles have one name: {', '.join(names)}; rename a file")
    recipe = replace(DEFAULTS, styles=names, **chosen)
    with join() as group:
        training = _train(
            options, recipe, paths, described, group, options.minutes, began
        )
    return INTERRUPTED if training.interrupted else 0


def reproduce_adjustable(options: argparse.Namespace) -> int:
    """Train by the card that the options name and compare with what it promises.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.
    """
    from .adjustable_checkpoints import read_adjustable_card
    from .parallel import join
    from .reproduce_command import find_styles
    from .training_state import recipe_from

    began = time.perf_counter()
    card = read_adjustable_card(options.card)
    recipe = as_asked(recipe_from(card["recipe"], AdjustableRecipe), options)
    paths = find_styles(options.style, card["styles"])
    described = _describe(paths, card["styles"])
    with join() as group:
        training = _train(options, recipe, paths, described, group, None, began)
    if group.leads and not options.quiet:
        promised = card["evaluation"].get("total")
        print(f"the card says {promised}, this is {training.evaluations[-1]['total']}")
    return INTERRUPTED if training.interrupted else 0


def _describe(paths: Sequence[Path], told: Sequence[dict]) -> list[dict[str, Any]]:
    """Return what the card says of each style picture."""
    from .cards import describe_style

    return [
        describe_style(path, **{name: one.get(name) for name in TOLD})
        for path, one in zip(paths, told, strict=True)
    ]


def _train(
    options: argparse.Namespace,
    recipe: AdjustableRecipe,
    paths: Sequence[Path],
    described: Sequence[dict[str, Any]],
    group: Group,
    minutes: float | None,
    began: float,
) -> Training:
    """Load the pictures, train, measure, write the net."""
    from .adjustable_checkpoints import save_adjustable
    from .adjustable_training import fit_adjustable, measure_ladder
    from .cards import make_card
    from .checkpoints import check_weights_destination

    out = check_weights_destination(options.out)
    habits = habits_of(options, minutes)
    checkpoint = Path(habits.checkpoint)
    say = print if group.leads and not options.quiet else (lambda *_: None)
    styles = {
        name: load_style(path, recipe, number)
        for number, (name, path) in enumerate(zip(recipe.styles, paths, strict=True))
    }
    photos, told = find_photographs(options, say)
    training = within_memory(
        recipe,
        f"{recipe.size} pixels at width {recipe.width}",
        fit_adjustable,
        styles,
        photos,
        recipe=recipe,
        habits=from_now(habits, began),
        device=options.device,
        group=group,
    )
    if group.leads:
        ladder = measure_ladder(training.net, styles, recipe=training.recipe)
        card = make_card(training, styles=described, ladder=ladder, photographs=told)
        save_adjustable(training.net, out, card)
        if not training.interrupted:
            checkpoint.unlink(missing_ok=True)
        say(describe(training, ladder, out, checkpoint))
    return training


def load_style(path: Path, recipe: AdjustableRecipe, number: int) -> Tensor:
    """Return a style picture in the recipe's size and softness, if large enough.

    Args:
        path: of the picture.
        recipe: its `size`, `style_sizes` and `style_blurs` count.
        number: of the style, from 0.

    Returns:
        `(1, 3, H, W)` RGB in [0, 1].

    Raises:
        ValueError: the picture is smaller than the training crops.
    """
    from .images import load_image, resize, soften

    style = load_image(path)
    height, width = style.shape[-2:]
    if min(height, width) < recipe.size:  # enlarged, it would have no strokes
        raise ValueError(
            f"{path.name} is {width}x{height}, smaller than the training crops of "
            f"{recipe.size} pixels; give a larger picture or a smaller --size"
        )
    style = resize(style, recipe.style_size(number))
    return soften(style, recipe.style_blur(number))


def describe(
    training: Training, ladder: Sequence[dict], out: Path, checkpoint: Path
) -> str:
    """Return what a finished training says: the ladder, time, files.

    Args:
        training: that has ended.
        ladder: rows from `adjustable_training.measure_ladder`.
        out: the net's file.
        checkpoint: the file to resume from, named if the training stopped early.
    """
    lines = ["held-out photographs: lambda, weighted total, content, style, variation"]
    for row in ladder:
        terms = " ".join(f"{row[k]:8.3g}" for k in ("total", "content", "style", "tv"))
        lines.append(f"  {row['name']:16} {row['strength']:6g} {terms}")
    lines.append(f"{training.step} steps in {training.seconds:.0f} s; wrote {out}")
    if training.interrupted:
        lines.append(f"stopped early; --resume continues from {checkpoint.name}")
    return "\n".join(lines)

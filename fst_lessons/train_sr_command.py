"""The command ``train-sr``: a net that enlarges photographs.

python -m fst_lessons train-sr --factor 4 --loss pixel --photos holiday
    --out mine.safetensors --minutes 5
python -m fst_lessons upscale cat.jpg --net mine.safetensors --out large.png
torchrun --nproc-per-node 4 -m fst_lessons train-sr ... --device cuda
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .super_resolution_recipe import LOSSES, SuperResolutionRecipe, make_recipe
from .train_command import (
    INTERRUPTED,
    SHARED,
    add_common,
    add_length,
    as_asked,
    chosen_fields,
    find_photographs,
    option_names,
    within_memory,
)
from .training_habits import from_now, habits_of

if TYPE_CHECKING:  # torch takes a second to import: only when a command runs
    from .parallel import Group
    from .training_state import Training

DEFAULTS = SuperResolutionRecipe()
# options of the command that are fields of the recipe: (field, type, what it is)
KNOBS = (
    ("size", int, "side of the large crops, pixels"),
    ("pixel_weight", float, "lambda of the pixel term"),
    ("feature_weight", float, "lambda of the feature term"),
    ("shrunk_weight", float, "lambda of the term that keeps the colours"),
    ("grid_weight", float, "lambda of the term against grids"),
    ("pixel_norm", str, "l1 or mse"),
    ("schedule", str, "one_cycle or constant"),
    ("start", str, "net to begin with, a name or a file; default: chance"),
    *SHARED,
)


def add_train_sr(commands: argparse._SubParsersAction) -> None:
    """Declare ``train-sr``: a net for one factor."""
    parser = commands.add_parser(
        "train-sr",
        help="train a net that enlarges photographs",
        description="Train a net that enlarges photographs by 4 or 8, with a loss on "
        "pixels, on features, or on both. Options that are left out are those of the "
        "net's recipe. Ctrl-C keeps what was reached; --resume continues.",
    )
    parser.set_defaults(run=run_train_sr)
    add = parser.add_argument
    add("--factor", type=int, default=4, metavar="F", help="4 or 8 (default: 4)")
    add("--loss", default="pixel", metavar="L", help=", ".join(LOSSES))
    text = "book, paper, paper_resize, srcnn or srcnn_9_1_5 (default: book)"
    add("--net", default="book", metavar="N", help=text)
    add_common(parser)
    add_length(parser, default=DEFAULTS.steps)
    for name, kind, text in KNOBS:
        add(*option_names(name), type=kind, metavar="X", help=text)
    text = f"default: {' '.join(DEFAULTS.feature_layers)}"
    add("--feature-layers", nargs="+", metavar="LAYER", help=text)
    text = "blur the small pictures, or not; default: as the net's recipe does"
    add("--blur", action=argparse.BooleanOptionalAction, help=text)


def run_train_sr(options: argparse.Namespace) -> int:
    """Train by the options."""
    from .devices import best_precision
    from .parallel import join
    from .super_resolution_net import NETS, check_factor

    began = time.perf_counter()
    check_factor(options.factor)
    if options.net not in NETS:
        raise ValueError(f"unknown net {options.net!r}; choose {', '.join(NETS)}")
    names = [name for name, _, _ in KNOBS]
    chosen = chosen_fields(options, [*names, "steps", "blur"])
    if options.feature_layers:
        chosen["feature_layers"] = tuple(options.feature_layers)
    recipe = make_recipe(
        options.net, loss=options.loss, factor=options.factor, **chosen
    )
    if "precision" not in chosen and recipe.precision == DEFAULTS.precision:
        recipe = replace(recipe, precision=best_precision(options.device))
    with join() as group:
        training = _train(options, recipe, group, options.minutes, began)
    return INTERRUPTED if training.interrupted else 0


def reproduce(options: argparse.Namespace) -> int:
    """Train by a card and compare with what it promises."""
    from .checkpoints import read_super_resolution_card
    from .parallel import join
    from .training_state import recipe_from

    card = read_super_resolution_card(options.card)
    recipe = as_asked(recipe_from(card["recipe"], SuperResolutionRecipe), options)
    with join() as group:
        training = _train(options, recipe, group, None, time.perf_counter())
    if group.leads and not options.quiet:
        promised, found = card["evaluation"].get("psnr"), training.evaluations[-1]
        print(f"the card says {promised} dB, this is {found['psnr']} dB")
    return INTERRUPTED if training.interrupted else 0


def _train(
    options: argparse.Namespace,
    recipe: SuperResolutionRecipe,
    group: Group,
    minutes: float | None,
    began: float,
) -> Training:
    """Load the photographs, train, write the net."""
    from .cards import make_card
    from .checkpoints import check_weights_destination, save_net
    from .super_resolution_training import fit_super_resolution

    out = check_weights_destination(options.out)
    habits = habits_of(options, minutes)
    checkpoint = Path(habits.checkpoint)
    say = print if group.leads and not options.quiet else (lambda *_: None)
    photos, described = find_photographs(options, say, does="enlarges")
    training = within_memory(
        recipe,
        f"{recipe.size} pixels",
        fit_super_resolution,
        photos,
        recipe=recipe,
        habits=from_now(habits, began),
        device=options.device,
        group=group,
    )
    if group.leads:
        save_net(training.net, out, make_card(training, photographs=described))
        if not training.interrupted:
            checkpoint.unlink(missing_ok=True)
        say(describe(training, out, checkpoint))
    return training


def describe(training: Training, out: Path, checkpoint: Path) -> str:
    """Return what a finished training says: quality, time, files."""
    found = training.evaluations[-1]
    lines = [
        f"held-out photographs: PSNR {found['psnr']:.2f} dB, bicubic "
        f"{found['bicubic']:.2f} dB; feature distance {found['feature']:.3g}",
        f"{training.step} steps in {training.seconds:.0f} s; wrote {out}",
    ]
    if training.interrupted:
        lines.append(f"stopped early; --resume continues from {checkpoint.name}")
    return "\n".join(lines)

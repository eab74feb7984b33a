"""The command ``reproduce``: the training that a recipe card describes, once more.

python -m fst_lessons reproduce starry_night --out again.safetensors
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from . import assets
from .train_command import INTERRUPTED, add_common, add_comparison, train_for_style


def add_reproduce(commands: argparse._SubParsersAction) -> None:
    """Declare ``reproduce``: the training that a card describes, once more."""
    parser = commands.add_parser(
        "reproduce",
        help="train a net again by its recipe card",
        description="Read the recipe card in a net's file, train by it, compare.",
    )
    parser.set_defaults(run=run_reproduce)
    parser.add_argument("card", metavar="FILE", help="a net's file or a shipped name")
    text = "the style picture, where the package does not hold it"
    parser.add_argument("--style", metavar="PICTURE", help=text)
    add_comparison(parser)
    add_common(parser)
    parser.add_argument("--steps", type=int, metavar="N", help="fewer, for a try")


def run_reproduce(options: argparse.Namespace) -> int:
    """Train by a card and compare with what it promises."""
    began = time.perf_counter()
    from . import __main__
    from .adjustable_checkpoints import is_adjustable
    from .checkpoints import is_super_resolution, read_card
    from .parallel import join
    from .training_state import recipe_from

    if is_super_resolution(options.card):
        from .train_sr_command import reproduce

        return reproduce(options)
    if is_adjustable(options.card):
        from .train_adjustable_command import reproduce_adjustable

        return reproduce_adjustable(options)
    card = read_card(options.card)
    recipe = recipe_from(card["recipe"])
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    style = card["style"]
    path = __main__.find_picture(options.style or style["name"])
    if assets.sha256_of(path) != style["sha256"]:
        print(f"note: {path.name} is not the card's file byte by byte", file=sys.stderr)
    more = {name: style.get(name) for name in ("title", "painter", "year")}
    with join() as group:
        training = train_for_style(options, recipe, path, more, group, None, began)
    if group.leads and not options.quiet:
        promised = card["evaluation"].get("total")
        print(f"the card says {promised}, this is {training.evaluations[-1]['total']}")
    return INTERRUPTED if training.interrupted else 0

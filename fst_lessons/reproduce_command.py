"""The command ``reproduce``: the training that a recipe card describes, once more.

python -m fst_lessons reproduce woodblock --out again.safetensors
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import assets
from .train_command import (
    INTERRUPTED,
    add_common,
    add_comparison,
    as_asked,
    option_names,
    train_for_style,
)


def add_reproduce(commands: argparse._SubParsersAction) -> None:
    """Declare ``reproduce``, a card's training once more, among `commands`."""
    parser = commands.add_parser(
        "reproduce",
        help="train a net again by its recipe card",
        description="Read the recipe card in a net's file, train by it, compare.",
    )
    parser.set_defaults(run=run_reproduce)
    parser.add_argument("card", metavar="FILE", help="a net's file or a shipped name")
    text = "the style picture, where the package does not hold it; of a net for "
    text += "several, all of them in the card's order"
    parser.add_argument("--style", action="append", metavar="PICTURE", help=text)
    add_comparison(parser)
    add_common(parser)
    parser.add_argument("--steps", type=int, metavar="N", help="fewer, for a try")
    text = "net to begin with instead of the card's: name, file or none"
    parser.add_argument(*option_names("start"), metavar="NET", help=text)


def run_reproduce(options: argparse.Namespace) -> int:
    """Train by the card that the options name and compare with what it promises.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.
    """
    began = time.perf_counter()
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
    recipe = as_asked(recipe_from(card["recipe"]), options)
    style = card["style"]
    (path,) = find_styles(options.style, [style])
    more = {name: style.get(name) for name in ("title", "painter", "year")}
    with join() as group:
        training = train_for_style(options, recipe, path, more, group, None, began)
    if group.leads and not options.quiet:
        promised = card["evaluation"].get("total")
        print(f"the card says {promised}, this is {training.evaluations[-1]['total']}")
    return INTERRUPTED if training.interrupted else 0


def find_styles(
    given: Sequence[str] | None, styles: Sequence[Mapping[str, Any]]
) -> list[Path]:
    """Return the files of a card's styles, and tell where they are other pictures.

    Args:
        given: files or names instead of the card's, in its order.
        styles: what the card says of each.

    Raises:
        ValueError: more or fewer are given than the card has; no such picture.
    """
    from .__main__ import find_picture

    names = given or [style["name"] for style in styles]
    if len(names) != len(styles):
        known = ", ".join(style["name"] for style in styles)
        raise ValueError(
            f"the card has {len(styles)} styles, {known}; give --style for each of "
            "them, in this order, or for none"
        )
    paths = [find_picture(name) for name in names]
    for path, style in zip(paths, styles, strict=True):
        if assets.sha256_of(path) != style["sha256"]:
            note = f"note: {path.name} is not the card's file byte by byte"
            print(note, file=sys.stderr)
    return paths

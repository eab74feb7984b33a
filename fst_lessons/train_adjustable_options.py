"""What ``train --adjustable`` takes beyond ``train``."""

from __future__ import annotations

import argparse

from .adjustable_recipe import AdjustableRecipe

DEFAULTS = AdjustableRecipe()
# options that are fields of the recipe: (field, type, what it is)
KNOBS = (
    ("blocks", int, "how many blocks the net has"),
    ("block", str, "residual or separable"),
    ("end_kernel", int, "side of the first and last convolution: 3, 5, 7 or 9"),
    ("up", str, "resize or transposed4"),
    ("hidden", int, "units of the perceptron"),
    ("lightest", float, "the least lambda"),
    ("heaviest", float, "the greatest lambda"),
    ("balance", float, "the lambda whose objective counts half"),
)


def add_adjustable_options(parser: argparse.ArgumentParser) -> None:
    """Declare ``--adjustable``, and what is of use with it alone, on a parser."""
    group = parser.add_argument_group(
        "adjustable nets", "lambda and a blend of styles are inputs of the net"
    )
    text = "train one net for all --style and every lambda of a range"
    group.add_argument("--adjustable", action="store_true", help=text)
    for name, kind, text in KNOBS:
        told = f" (default: {getattr(DEFAULTS, name)})"
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, type=kind, metavar="X", help=text + told)


def refuse_adjustable_options(options: argparse.Namespace) -> None:
    """Refuse options that a net for one style and one lambda has no use for.

    Raises:
        ValueError: names the option.
    """
    for name, _, _ in KNOBS:
        if getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"{option} is for adjustable nets; add --adjustable")

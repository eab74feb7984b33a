"""The command ``train``.

python -m fst_lessons train --style my_painting.jpg --photos holiday
    --out mine.safetensors --minutes 5
python -m fst_lessons stylize cat --style mine.safetensors --out cat.jpg
torchrun --nproc-per-node 4 -m fst_lessons train ... --device cuda
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .recipes import TrainingRecipe
from .train_adjustable_options import add_adjustable_options, refuse_adjustable_options
from .training_habits import find_checkpoint

if TYPE_CHECKING:  # torch takes a second to import: only when a command runs
    from torch import Tensor

    from .parallel import Group
    from .training_state import Training

INTERRUPTED = 130
DEFAULTS = TrainingRecipe()
# a net that paints already learns a new manner in half the time
START = "starry_night"
START_WIDTH = 16
# options that are fields of the recipe: (field, type, what it is); of every training
SHARED = (
    ("batch", int, "crops a step"),
    ("tv_weight", float, "lambda of the total variation"),
    ("loss_network", str, "pocket, vgg16 or vgg19"),
    ("optimizer", str, "muon or adam"),
    ("learning_rate", float, "the highest"),
    ("precision", str, "bfloat16 or float32; default: what is faster here"),
    ("seed", int, "of the weights and the crops"),
)
AGAIN = "; once for all styles, or once for each"
TOLD = ("title", "painter", "year")
KNOBS = (
    ("preset", str, "of the net: book, paper or authors_code"),
    ("width", int, "channels of the net's first layer"),
    ("size", int, "side of the training crops, pixels"),
    ("style_weight", float, "lambda of the style term"),
    ("content_weight", float, "lambda of the content term"),
    ("shift_weight", float, "lambda of the shift term, which steadies the strokes"),
    ("start", str, "net to begin with: name, file (a narrower one is widened) or none"),
    *SHARED,
)


def add_train(commands: argparse._SubParsersAction) -> None:
    """Declare ``train``: a net for one style."""
    parser = commands.add_parser(
        "train",
        help="train a net for a style of your own",
        description="Train a net that paints photographs in the manner of one picture. "
        "Ctrl-C keeps what was reached; --resume continues.",
    )
    parser.set_defaults(run=run_train)
    add = parser.add_argument
    text = "file, or name from `styles`; with --adjustable, as often as you like"
    add("--style", required=True, action="append", metavar="PICTURE", help=text)
    add_comparison(parser)
    add_common(parser)
    add_length(parser, default=DEFAULTS.steps)
    for name, kind, text in KNOBS:
        default = getattr(DEFAULTS, name)
        told = f" (default: {default})"
        if name == "precision":
            told = ""
        elif name == "start":
            told = f" (default: {START}, if it has the same layers)"
        add(*option_names(name), type=kind, metavar="X", help=text + told)
    _add_scales(parser)
    add_adjustable_options(parser)
    for name in TOLD:
        text = f"of the style picture, for the recipe card{AGAIN}"
        add(f"--{name}", action="append", metavar="X", help=text)


def _add_scales(parser: argparse.ArgumentParser) -> None:
    """Declare how large styles and photographs are shown."""
    add = parser.add_argument
    text = "shorter side of the style picture: the scale of strokes"
    text += f" (default: {DEFAULTS.style_size})" + AGAIN
    add("--style-size", type=int, action="append", metavar="X", help=text)
    text = "of the style picture, pixels: what is finer is no stroke"
    text += f" (default: {DEFAULTS.style_blur})" + AGAIN
    add("--style-blur", type=float, action="append", metavar="X", help=text)
    text = "a crop shows so many times its size of the photograph"
    text += f" (default: {DEFAULTS.zoom[0]:g} {DEFAULTS.zoom[1]:g})"
    add("--zoom", type=float, nargs=2, metavar=("LEAST", "MOST"), help=text)


def told_of(options: argparse.Namespace, count: int) -> list[dict[str, str]]:
    """Return title, painter and year of each style, where they were given.

    Raises:
        ValueError: given for some of the styles and not for others.
    """
    found: list[dict[str, str]] = [{} for _ in range(count)]
    for name in TOLD:
        values = getattr(options, name) or []
        if values and len(values) != count:
            raise ValueError(
                f"--{name} was given {len(values)} times for {count} styles; give one "
                'for each, "" where there is nothing to say'
            )
        for one, value in zip(found, values, strict=False):
            one |= {name: value} if value else {}
    return found


def option_names(field: str) -> list[str]:
    """Return what a field of a recipe is called on the command line."""
    names = [f"--{field.replace('_', '-')}"]
    if field == "start":  # torchrun takes --start for an option of its own
        names.append("--warm-start")
    return names


def chosen_fields(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return those fields of a recipe that were given on the command line."""
    given = {name: getattr(options, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def as_asked(recipe: Any, options: argparse.Namespace) -> Any:
    """Return a card's recipe with what `reproduce` was told to change of it."""
    changes = chosen_fields(options, ("steps", "start"))
    if changes.get("start") == "none":
        changes["start"] = None
    return replace(recipe, **changes)


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """Declare the slow method, and pictures of the progress."""
    add = parser.add_argument
    add("--preview", type=Path, metavar="DIR", help="put pictures of the progress here")
    text = "steps of the slow method to compare with, 0 for none (default: 100)"
    add("--yardstick", type=int, default=100, metavar="N", help=text)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Declare what every command that trains takes."""
    add = parser.add_argument
    add("--out", required=True, type=Path, metavar="FILE", help="ends in .safetensors")
    add(
        "--photos", metavar="DIR", help="photographs to train on; default: nine bundled"
    )
    add("--resume", action="store_true", help="continue an interrupted training")
    text = "seconds between two saves of the training (default: 20)"
    add("--checkpoint-seconds", type=float, default=20.0, metavar="S", help=text)
    add("--device", default="cpu", metavar="D", help="cpu, cuda, ... (default: cpu)")
    add("--quiet", action="store_true", help="print nothing but errors")


def add_length(parser: argparse.ArgumentParser, *, default: int) -> None:
    """Declare how long a training may take."""
    add = parser.add_mutually_exclusive_group().add_argument
    add("--minutes", type=float, metavar="M", help="end after M minutes")
    text = f"end after N steps (default: {default})"
    add("--steps", type=int, metavar="N", help=text)


def run_train(options: argparse.Namespace) -> int:
    """Train by the options."""
    began = time.perf_counter()
    if options.adjustable:
        from .train_adjustable_command import train_adjustable

        return train_adjustable(options)
    from . import __main__
    from .devices import best_precision
    from .parallel import join

    chosen = _chosen_for_one(options)
    recipe = replace(DEFAULTS, precision=best_precision(options.device))
    if recipe.loss_network != "pocket" or chosen.get("optimizer") == "adam":
        chosen.setdefault("learning_rate", 4e-3)  # Muon's is not Adam's
    recipe = replace(recipe, **chosen)
    recipe = replace(recipe, start=_find_start(recipe))
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    path = __main__.find_picture(options.style[0])
    (more,) = told_of(options, 1)
    with join() as group:
        training = train_for_style(
            options, recipe, path, more, group, options.minutes, began
        )
    return INTERRUPTED if training.interrupted else 0


def _chosen_for_one(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of the recipe that were given, for a net of one style."""
    refuse_adjustable_options(options)
    chosen = chosen_fields(options, [*(name for name, _, _ in KNOBS), "zoom"])
    for name in ("style", "style_size", "style_blur"):
        if len(getattr(options, name) or ()) > 1:
            raise ValueError(
                f"--{name.replace('_', '-')} was given more than once; a net for "
                "several styles needs --adjustable"
            )
    for name in ("style_size", "style_blur"):
        if getattr(options, name):
            chosen[name] = getattr(options, name)[0]
    if "zoom" in chosen:
        chosen["zoom"] = tuple(chosen["zoom"])
    return chosen


def _find_start(recipe: TrainingRecipe) -> str | None:
    """Return the net to begin with, None for weights by chance."""
    from .checkpoints import net_names

    if recipe.start is not None:
        return None if recipe.start == "none" else recipe.start
    # a wider net begins as the narrow one, see `widening`
    fits = START in net_names(width=recipe.width) or recipe.width % START_WIDTH == 0
    return START if recipe.preset == "book" and fits else None


def train_for_style(
    options: argparse.Namespace,
    recipe: TrainingRecipe,
    style_path: Path,
    more: dict[str, Any],
    group: Group,
    minutes: float | None,
    began: float,
) -> Training:
    """Load the pictures, train, write the net."""
    from .cards import describe_style, make_card
    from .checkpoints import check_weights_destination, save_net
    from .previews import Previews
    from .training import fit

    out = check_weights_destination(options.out)
    checkpoint = find_checkpoint(options)
    say = print if group.leads and not options.quiet else (lambda *_: None)
    style = _load_style(style_path, recipe)
    photos, described = find_photographs(options, say)
    previews = Previews(options.preview, say) if group.leads else None
    spent = time.perf_counter() - began
    training = within_memory(
        recipe,
        f"{recipe.size} pixels at width {recipe.width}",
        fit,
        style,
        photos,
        recipe=recipe,
        minutes=None if minutes is None else minutes - spent / 60,
        yardstick=options.yardstick,
        checkpoint=checkpoint,
        checkpoint_seconds=options.checkpoint_seconds,
        resume=options.resume,
        on_measure=previews,
        device=options.device,
        group=group,
        progress=not options.quiet,
    )
    if group.leads:
        described_style = describe_style(style_path, **more)
        card = make_card(training, style=described_style, photographs=described)
        save_net(training.net, out, card)
        if not training.interrupted:
            checkpoint.unlink(missing_ok=True)
        say(describe(training, out, checkpoint))
    return training


def _load_style(path: Path, recipe: TrainingRecipe) -> Tensor:
    """Return the style picture in the recipe's size and softness, if large enough."""
    from .images import load_image, resize, soften

    style = load_image(path)
    height, width = style.shape[-2:]
    if min(height, width) < recipe.size:  # enlarged, it would have no strokes
        raise ValueError(
            f"{path.name} is {width}x{height}, smaller than the training crops of "
            f"{recipe.size} pixels; give a larger picture or a smaller --size"
        )
    return soften(resize(style, recipe.style_size), recipe.style_blur)


def within_memory(asked: Any, crops: str, fit, /, *arguments, **settings) -> Training:
    """Call `fit`; where the memory does not suffice, say which size would fit."""
    from .memory import is_out_of_memory

    try:
        return fit(*arguments, **settings)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        half = max(16, 16 * int(asked.size / 2**0.5 / 16))  # of the pixels
        raise ValueError(
            f"out of memory with {asked.batch} crops of {crops}; --size {half} takes "
            f"half of it, --batch {max(1, asked.batch // 2)} as well"
        ) from error


def find_photographs(
    options: argparse.Namespace, say, *, does: str = "paints"
) -> tuple[list, dict[str, Any]]:
    """Return the photographs to train on, and what the card says of them."""
    from .datasets import bundled_photos, load_folder

    if options.photos is None:
        photos = bundled_photos()
        say(
            f"no --photos: training on crops of {len(photos)} bundled photographs; "
            f"a net trained on a few hundred {does} unseen ones better"
        )
        return photos, {"what": "bundled photographs", "count": len(photos)}
    photos, skipped = load_folder(options.photos, progress=not options.quiet)
    for path, reason in skipped.items():
        say(f"skipped {path.name}: {reason}")
    return photos, {"what": "a folder of photographs", "count": len(photos)}


def describe(training: Training, out: Path, checkpoint: Path) -> str:
    """Return what a finished training says: losses, yardstick, time, files."""
    found = training.evaluations[-1]
    terms = ", ".join(f"{k} {found[k]:.3g}" for k in ("content", "style", "tv"))
    total = f"weighted total {found['total']:.3g}"
    lines = [f"held-out photographs, before weighting: {terms}; {total}"]
    if "gatys_steps" in found:
        count, end = found["gatys_steps"], len(training.yardstick.curve)
        worth = f"about {count}" if count <= end else f"more than {end}"
        lines.append(f"one pass equals {worth} steps of the slow method from noise")
    lines.append(f"{training.step} steps in {training.seconds:.0f} s; wrote {out}")
    if training.interrupted:
        lines.append(f"stopped early; --resume continues from {checkpoint.name}")
    return "\n".join(lines)

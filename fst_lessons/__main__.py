"""The command line: ``python -m fst_lessons COMMAND``.

    python -m fst_lessons optimize --content cat --style mosaic --out cat.png
    python -m fst_lessons photos

A command is two small functions: one declares its options, one does the work and
returns an exit code. Mistakes of the person at the keyboard end in one line and code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import assets
from .doctor_command import add_doctor
from .export_command import add_export
from .listing_command import add_photos, add_styles
from .recipes import CONTENT_LAYERS, STYLE_LAYERS
from .reproduce_command import add_reproduce
from .stylize_command import add_stylize
from .train_command import add_train
from .train_sr_command import add_train_sr
from .upscale_command import add_benchmark_sr, add_upscale

# torch takes a second to import, so only commands that compute do it, when they run
if TYPE_CHECKING:
    from .optimize_image import Result

MISTAKE = 2
INTERRUPTED = 130  # what shells expect after Ctrl-C
DEFAULT = " (default: %(default)s)"
EXPECTED = (ValueError, OSError, FloatingPointError)  # OSError: no file, no connection


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: what stands after ``python -m fst_lessons``; default the shell's.

    Raises:
        SystemExit: by argparse, for ``--help`` and for options it cannot read.
    """
    options = make_parser().parse_args(arguments)
    # large pages for torch's tensors, before it is imported: fewer page faults
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except EXPECTED as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return MISTAKE
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with every command."""
    parser = argparse.ArgumentParser(
        prog="python -m fst_lessons", description="Fast style transfer, step by step."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (
        add_optimize,
        add_train,
        add_reproduce,
        add_stylize,
        add_export,
        add_train_sr,
        add_upscale,
        add_benchmark_sr,
        add_doctor,
        add_photos,
        add_styles,
    ):
        add(commands)
    return parser


def add_optimize(commands: argparse._SubParsersAction) -> None:
    """Declare ``optimize``: style transfer by optimization, eq. (5)."""
    parser = commands.add_parser(
        "optimize",
        help="paint one photo in a style, by optimization (after Gatys et al.)",
        description="Paint the content picture in the manner of the style picture, by "
        "gradient descent on the pixels. Ctrl-C keeps the best picture so far.",
    )
    parser.set_defaults(run=run_optimize)
    add = parser.add_argument
    add("--content", required=True, metavar="A", help="a file, or a name from `photos`")
    add("--style", required=True, metavar="B", help="a file, or a name from `styles`")
    add("--out", required=True, type=Path, metavar="C", help="the file to write")
    add("--steps", type=_count, default=150, metavar="N", help="evaluations" + DEFAULT)
    add("--size", type=_count, default=256, metavar="S", help="shorter side" + DEFAULT)
    add("--style-size", type=_count, metavar="S", help="the style's, default --size")
    add("--start", choices=("content", "noise", "style"), default="content")
    add("--optimizer", choices=("lbfgs", "adam"), default="lbfgs")
    add("--seed", type=int, default=0, metavar="N", help="of the noise" + DEFAULT)
    add("--quiet", action="store_true", help="print nothing but errors")
    _add_loss_options(parser)


def _add_loss_options(parser: argparse.ArgumentParser) -> None:
    """Declare the loss network and the weights of the terms."""
    group = parser.add_argument_group(
        "loss", "weights are in this book's relative units"
    )
    add = group.add_argument
    add("--loss-network", choices=("pocket", "vgg16", "vgg19"), default="pocket")
    add("--weights", default="default", metavar="W", help="its weights: name or file")
    for term, default in (("content", 1.0), ("style", 100.0), ("tv", 1.0)):
        flag, text = f"--{term}-weight", f"lambda of the {term} term" + DEFAULT
        add(flag, type=_weight, default=default, metavar="L", help=text)
    for flag, layers in (
        ("--content-layer", CONTENT_LAYERS),
        ("--style-layers", STYLE_LAYERS),
    ):
        text = f"default: {' '.join(layers)}"
        add(flag, nargs="+", default=layers, metavar="LAYER", help=text)


def run_optimize(options: argparse.Namespace) -> int:
    """Read two pictures, optimize a third, write it."""
    from .images import check_destination, load_image, save_image
    from .loss_network import fast_loss_network, load_loss_network
    from .optimize_image import transfer_style

    check_destination(options.out)  # before minutes of computing, not after
    if not (options.content_weight or options.style_weight or options.tv_weight):
        raise ValueError("nothing to minimize: every weight is 0; raise one of them")
    content = load_image(find_picture(options.content), size=options.size)
    style_size = options.style_size or options.size
    style = load_image(find_picture(options.style), size=style_size)
    network = load_loss_network(options.loss_network, weights=options.weights)
    result = transfer_style(
        content,
        style,
        loss_network=fast_loss_network(network),
        content_layers=options.content_layer,
        style_layers=options.style_layers,
        content_weight=options.content_weight,
        style_weight=options.style_weight,
        tv_weight=options.tv_weight,
        start=options.start,
        num_steps=options.steps,
        seed=options.seed,
        optimizer=options.optimizer,
        progress=not options.quiet,
    )
    if not result.history:  # interrupted before the first evaluation
        raise KeyboardInterrupt
    save_image(result.image, options.out)
    if not options.quiet:
        print(describe(result, options.out))
    return INTERRUPTED if result.interrupted else 0


def describe(result: Result, path: Path) -> str:
    """Return what a finished optimization says: losses, time, file."""
    terms = ", ".join(f"{k} {v:.3g}" for k, v in result.losses.items() if k != "total")
    stopped = " (stopped early, best so far)" if result.interrupted else ""
    height, width = result.image.shape[-2:]
    return (
        f"losses before weighting: {terms}\n"
        f"weighted total: {result.losses['total']:.3g}\n"
        f"{len(result.history)} evaluations in {result.seconds:.1f} s{stopped}\n"
        f"wrote {path} ({width}x{height})"
    )


def find_picture(name: str) -> Path:
    """Return the file of a picture given as a path or as a bundled picture's name.

    Raises:
        ValueError: neither; offers the nearest names.
    """
    if Path(name).is_file():
        return Path(name)
    if Path(name).name != name or Path(name).suffix:
        raise ValueError(f"no picture at {name}; check the path")
    if name in assets.photo_names():
        return assets.photo_path(name)
    if name in assets.style_names():
        return assets.style_path(name)
    known = assets.photo_names() + assets.style_names()
    raise ValueError(
        f"{name!r} is neither a file nor a bundled picture; there are: "
        + ", ".join(known)
    )


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 up, got {text!r}"
        )
    return value


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number from 0 up, got {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())

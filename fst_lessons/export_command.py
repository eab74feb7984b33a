"""The command ``export``: a trained net as an ONNX file.

python -m fst_lessons export nocturne --out nocturne.onnx
python -m fst_lessons export mine.safetensors --out mine.onnx
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_export(commands: argparse._SubParsersAction) -> None:
    """Declare ``export`` among the program's `commands`."""
    parser = commands.add_parser(
        "export",
        help="write a trained net as ONNX, for other programs and for browsers",
        description="Write a trained net as an ONNX file. Its input is `photograph`, "
        "(1, 3, H, W) RGB in [0, 1]; an adjustable net's also `strength`, (1), and "
        "`styles`, (1, S), weights that sum to 1. Its output is `painting`.",
    )
    parser.set_defaults(run=run_export)
    add = parser.add_argument
    add("net", metavar="NET", help="name of a net, or a file of one")
    add("--out", required=True, type=Path, metavar="FILE.onnx", help="file to write")
    add("--width", type=int, choices=(32, 16), help="of a named net")
    text = "keep weights in float32: a file twice as long"
    add("--full-precision", action="store_true", help=text)
    add("--quiet", action="store_true", help="print nothing but errors")


def run_export(options: argparse.Namespace) -> int:
    """Write the net that the options name as ONNX; return the exit code, 0.

    Raises:
        ValueError: no such net, no place for the file, or a package is missing.
    """
    from .export import check_onnx_destination, describe, export_net, load_exportable

    check_onnx_destination(options.out)  # before seconds of work, not after
    net = load_exportable(options.net, width=options.width)
    path = export_net(net, options.out, half=not options.full_precision)
    if not options.quiet:
        styles = json.loads(describe(net).get("styles", "[]"))
        told = f", styles in order: {', '.join(styles)}" if styles else ""
        print(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB{told})")
    return 0

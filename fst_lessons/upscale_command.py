"""The commands ``upscale`` and ``benchmark-sr``.

python -m fst_lessons upscale cat.jpg --factor 4 --loss feature --out large.png
python -m fst_lessons benchmark-sr Set5 --factor 4 --net mine=mine.safetensors
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from pathlib import Path

FACTOR = "4 or 8 (default: 4)"


def add_upscale(commands: argparse._SubParsersAction) -> None:
    """Declare ``upscale``: enlarge with a trained net."""
    parser = commands.add_parser(
        "upscale",
        help="enlarge a photo with a trained net",
        description="Enlarge a photograph by 4 or 8. Transparency is kept.",
    )
    parser.set_defaults(run=run_upscale)
    add = parser.add_argument
    add("photo", metavar="PHOTO", help="a file, or a name from `photos`")
    add("--factor", type=int, default=4, metavar="F", help=FACTOR)
    text = "feature (default), pixel, srcnn or bicubic"
    add("--loss", default="feature", metavar="L", help=text)
    add("--net", metavar="FILE", help="a net of your own instead")
    add("--out", required=True, type=Path, metavar="C", help="the file to write")
    add("--tile", type=int, metavar="N", help="side of a tile, small pixels")
    text = "match the small picture's histogram, as the paper does"
    add("--histogram", action="store_true", help=text)
    add("--device", metavar="D", help="cpu, cuda, ...; default: a GPU if there is one")
    add("--quiet", action="store_true", help="print nothing but errors")


def run_upscale(options: argparse.Namespace) -> int:
    """Read a photograph, enlarge it, write it."""
    from .__main__ import find_picture
    from .super_resolution import Enlarger
    from .transparency import check_layers_destination, load_layers, save_layers

    source = find_picture(options.photo)
    if options.out.exists() and source.samefile(options.out):
        raise ValueError(f"--out would replace {source}; give another name")
    photo = load_layers(source)
    check_layers_destination(options.out, channels=photo.shape[1])
    started = time.perf_counter()
    enlarger = Enlarger(
        options.factor,
        options.loss,
        net=options.net,
        tile=options.tile,
        histogram=options.histogram,
        device=options.device,
    )
    large = enlarger(photo)
    save_layers(large, options.out)
    if not options.quiet:
        height, width = large.shape[-2:]
        seconds = time.perf_counter() - started
        print(f"wrote {options.out} ({width}x{height}) in {seconds:.1f} s")
    return 0


def add_benchmark_sr(commands: argparse._SubParsersAction) -> None:
    """Declare ``benchmark-sr``: the paper's table for a folder of pictures."""
    parser = commands.add_parser(
        "benchmark-sr",
        help="PSNR and SSIM of enlarged pictures, beside the paper's",
        description="Make every picture of a folder small, enlarge it again by all "
        "nets that come with the package, and compare: on luma, without a border. A "
        "folder named Set5, Set14 or BSD100 gets the paper's numbers beside ours.",
    )
    parser.set_defaults(run=run_benchmark_sr)
    add = parser.add_argument
    add("folder", metavar="DIR", help="pictures, such as those of Set5")
    add("--factor", type=int, default=4, metavar="F", help=FACTOR)
    text = "a further column: a net's file and, before =, its title"
    add("--net", action="append", default=[], metavar="[TITLE=]FILE", help=text)
    text = "blur before shrinking, as the paper's text says"
    add("--blur", action="store_true", help=text)
    text = "match the small pictures' histograms, as the paper does"
    add("--histogram", action="store_true", help=text)


def run_benchmark_sr(options: argparse.Namespace) -> int:
    """Print the table, each line as soon as it is known."""
    from .super_resolution_benchmark import (
        find_enlargers,
        format_head,
        format_row,
        published,
        score_folder,
    )
    from .super_resolution_net import check_factor

    check_factor(options.factor)
    if importlib.util.find_spec("skimage") is None:
        raise ValueError("SSIM needs scikit-image: pip install scikit-image")
    nets = dict(_titled(net) for net in options.net)
    enlargers = find_enlargers(options.factor, nets=nets, histogram=options.histogram)
    printed = published(options.folder, options.factor)
    columns = list(enlargers)
    if printed is not None:
        columns += [name for name in printed.scores if name not in columns]
    rows = score_folder(options.folder, options.factor, enlargers, blur=options.blur)
    for number, row in enumerate(rows):
        if number == 0:  # not before a folder without pictures is refused
            print(format_head(columns))
        print(format_row(row, columns), flush=True)
    if printed is not None:
        print(format_row(printed, columns))
    return 0


def _titled(net: str) -> tuple[str, str]:
    """Return a column's title and the file of its net."""
    title, _, file = net.rpartition("=")
    return title or Path(file).stem, file

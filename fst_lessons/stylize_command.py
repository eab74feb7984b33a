"""The command ``stylize``: a photograph, a folder of them or a video.

    python -m fst_lessons stylize cat.jpg --style starry_night --out painted.jpg
    python -m fst_lessons stylize holiday --style nocturne --out painted --size 1080
    python -m fst_lessons stylize cat.jpg --style mine.safetensors --strength 20
        --mix nocturne:0.5,mosaic:0.5 --out painted.jpg
    python -m fst_lessons stylize garden.mp4 --style starry_night --out painted.mp4

Exit codes: 0 all done, 1 part of it (the rest is named), 2 nothing, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import assets

# torch takes a second to import: only when the command runs
if TYPE_CHECKING:
    from .stylize import Painter

FAILED = 1  # some pictures were painted and some could not be
INTERRUPTED = 130  # what shells expect after Ctrl-C


def add_stylize(commands: argparse._SubParsersAction) -> None:
    """Declare ``stylize``: paint with a trained net."""
    parser = commands.add_parser(
        "stylize",
        help="paint a photo, a folder or a video with a trained net",
        description="Paint a photograph, every photograph of a folder, or a video. "
        "Ctrl-C keeps the photographs of a folder that are finished.",
    )
    parser.set_defaults(run=run_stylize)
    add = parser.add_argument
    add("source", metavar="PHOTO|DIR|VIDEO", help="or a name from `photos`")
    add("--style", required=True, metavar="S", help="name of a net, or a file of one")
    add("--out", required=True, type=Path, metavar="C", help="file or folder to write")
    add("--size", type=_pixels, metavar="N", help="shorter side; default: as it is")
    add(
        "--width",
        type=int,
        choices=(32, 16),
        help="of a named net; default: the widest",
    )
    text = "lambda of an adjustable net; default: the middle of its range"
    add("--strength", type=float, metavar="L", help=text)
    text = "of an adjustable net: a style, or styles with weights as in a:0.5,b:0.5"
    add("--mix", type=_mix, metavar="M", help=text)
    add("--keep-colors", choices=("luma", "histogram"), help="those of the photo")
    add("--blend", type=float, default=1.0, metavar="B", help="0 photo to 1 painting")
    add("--tile", type=_pixels, metavar="N", help="side of a tile; default: by itself")
    add("--device", metavar="D", help="cpu, cuda, ...; default: a GPU if there is one")
    add("--quiet", action="store_true", help="print nothing but errors")


def run_stylize(options: argparse.Namespace) -> int:
    """Paint what was given, as what it is."""
    source = find_source(options.source)
    if source.exists() and options.out.exists() and source.samefile(options.out):
        raise ValueError(f"--out would replace {source}; give another name")
    if source.is_dir():
        return _run_folder(source, options)
    from .video import SUFFIXES

    run = _run_video if source.suffix.lower() in SUFFIXES else _run_photo
    return run(source, options)


def find_source(name: str) -> Path:
    """Return a file or folder, or the file of a bundled photograph.

    Raises:
        ValueError: neither; offers the nearest names where it is a plain word.
    """
    path = Path(name)
    if path.exists():
        return path
    if path.name != name or path.suffix:
        raise ValueError(f"no photograph, folder or video at {name}; check the path")
    return assets.photo_path(name)


def _run_photo(photo: Path, options: argparse.Namespace) -> int:
    from .images import check_destination, save_image

    check_destination(options.out)  # before computing, not after
    started = time.perf_counter()
    painting = _painter(options)(photo)
    save_image(painting, options.out)
    height, width = painting.shape[-2:]
    seconds = time.perf_counter() - started
    _say(options, f"wrote {options.out} ({width}x{height}) in {seconds:.1f} s")
    return 0


def _run_folder(folder: Path, options: argparse.Namespace) -> int:
    from .stylize import find_photos, stylize_folder

    find_photos(folder, options.out)
    report = stylize_folder(
        folder, options.out, _painter(options), progress=not options.quiet
    )
    for photo, reason in report.failed.items():
        print(f"left out {photo}: {reason}", file=sys.stderr)
    count = len(report.painted)
    if report.failed and not count and not report.interrupted:
        raise ValueError(f"none of the {len(report.failed)} pictures could be painted")
    ended = "stopped; " if report.interrupted else ""
    left_out = f", left out {len(report.failed)}" if report.failed else ""
    _say(options, f"{ended}painted {count} pictures into {options.out}{left_out}")
    if report.interrupted:
        return INTERRUPTED
    return FAILED if report.failed else 0


def _run_video(video: Path, options: argparse.Namespace) -> int:
    from .video import check_video_destination, import_av, stylize_video

    check_video_destination(options.out)
    import_av()
    report = stylize_video(
        video, options.out, _painter(options), progress=not options.quiet
    )
    sound = ", with its sound" if report.sounds else ", without sound"
    _say(options, f"wrote {options.out} ({report.frames} frames{sound})")
    if report.damaged or report.frames < 0.95 * report.expected:
        print(
            f"{video} is damaged: of about {report.expected or 'unknown many'} frames "
            f"{report.frames} could be read",
            file=sys.stderr,
        )
        return FAILED
    return 0


def _painter(options: argparse.Namespace) -> Painter:
    from .stylize import Painter

    return Painter(
        options.style,
        size=options.size,
        width=options.width,
        strength=options.strength,
        mix=options.mix,
        keep_colors=options.keep_colors,
        blend=options.blend,
        tile=options.tile,
        device=options.device,
    )


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text)


def _mix(text: str) -> str | dict[str, float]:
    """Read "nocturne" or "nocturne:0.5,mosaic:0.5"."""
    if ":" not in text:
        return text
    found = {}
    for part in text.split(","):
        name, _, weight = part.rpartition(":")
        try:
            found[name] = float(weight)
        except ValueError:
            name = ""
        if not name:
            raise argparse.ArgumentTypeError(
                f"expected styles with weights, as in a:0.5,b:0.5, got {text!r}"
            )
    return found


def _pixels(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 16):
        raise argparse.ArgumentTypeError(
            f"expected pixels, a whole number from 16 up, got {text!r}"
        )
    return int(text)

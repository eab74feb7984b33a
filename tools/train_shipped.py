"""Train the nets that the book ships: each one's command line.

    python tools/train_shipped.py --photos DIR --paintings DIR [--only PATTERN ...]
        [--device cuda] [--side-by-side 8] [--minutes 8] [--out data/weights]

The steps are those for a graphics card; most nets were trained on a processor core and
for fewer, and some from another start, see their cards. What is there already is left
alone, unless --again. A net that starts from another waits for it. Trained nets are
then given their entries by tools/register_nets.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from fst_lessons import assets
from fst_lessons.train_command import TOLD

WEIGHTS = assets.data_path("weights")
PAINTINGS = {
    "starry_night": ("The Starry Night", "Vincent van Gogh", 1889),
    "great_wave": ("The Great Wave off Kanagawa", "Katsushika Hokusai", 1831),
    "the_scream": ("The Scream", "Edvard Munch", 1893),
    "composition_vii": ("Composition VII", "Wassily Kandinsky", 1913),
}
OWN = ("nocturne", "woodblock", "mosaic", "stained_glass")
# chosen by looking: where strokes are large, and where the photograph would drown
LARGE = ["--style-size", "700", "--style-blur", "1.2"]
MIDDLE = ["--style-size", "384", "--style-blur", "0.8"]  # as everywhere else
GENTLE = ["--style-weight", "20", "--tv-weight", "15"]
OF_STYLE = {
    "the_scream": GENTLE,
    "mosaic": LARGE,
    "stained_glass": LARGE,
}
STEPS = {16: 3000, 32: 6000}
ADJUSTABLE = ("starry_night", "great_wave", "the_scream", "nocturne", "mosaic")
NEARER = ["--zoom", "0.75", "1.75"]
# what a browser can run at width 16, see benchmarks
LEAN = ["--block", "separable", "--blocks", "7", "--end-kernel", "5"]


@dataclass(frozen=True)
class Job:
    """A net to train.

    Attributes:
        name: of its file, without the ending.
        folder: below the weights.
        arguments: what stands after ``python -m fst_lessons``.
        after: the net it starts from, if that is a job, too.
    """

    name: str
    folder: str
    arguments: tuple[str, ...]
    after: str | None = None


def style_job(name: str, width: int, paintings: Path) -> Job:
    """Return the job of a style: width 16 from Starry Night, 32 from its own 16."""
    more = list(OF_STYLE.get(name, []))
    style = name
    if name in PAINTINGS:
        style = str(paintings / f"{name}.jpg")
        for option, value in zip(TOLD, PAINTINGS[name], strict=True):
            more += [f"--{option}", str(value)]
    start = "starry_night_16" if width == 16 else f"{name}_16"
    if width == 32:  # flat darkness must be seen to be painted; a good start is kept
        more += [*NEARER, "--learning-rate", "0.014"]
    arguments = ["train", "--style", style, "--width", str(width), *more]
    arguments += ["--start", start, "--steps", str(STEPS[width]), "--yardstick", "120"]
    after = None if start == f"{name}_{width}" else start
    return Job(f"{name}_{width}", "styles", tuple(arguments), after)


def sharp_job(name: str, factor: int, loss: str, *more: str, start: str = "") -> Job:
    """Return the job of a net that enlarges."""
    arguments = ["train-sr", "--factor", str(factor), "--loss", loss, *more]
    arguments += ["--start", start] if start else []
    return Job(name, "super_resolution", tuple(arguments), start or None)


def adjustable_job(width: int, paintings: Path) -> Job:
    """Return the job of a net of several styles, with lambda as its input."""
    arguments = ["train", "--adjustable", "--width", str(width)]
    for name in ADJUSTABLE:
        painting = str(paintings / f"{name}.jpg")
        arguments += ["--style", painting if name in PAINTINGS else name]
        for option, value in zip(TOLD, PAINTINGS.get(name, ("", "", "")), strict=True):
            arguments += [f"--{option}", str(value)]
        arguments += LARGE if OF_STYLE.get(name) is LARGE else MIDDLE
    arguments += [*LEAN, *NEARER, "--batch", "4", "--steps", "20000"]
    if width == 16:
        return Job("page_16", "adjustable", tuple(arguments))
    arguments += ["--start", "page_16", "--learning-rate", "0.014"]
    return Job("adjustable_32", "adjustable", tuple(arguments), "page_16")


def all_jobs(paintings: Path) -> list[Job]:
    """Return every net that is shipped, and how it is trained."""
    long, short = ("--steps", "20000"), ("--steps", "8000")
    return [
        *(
            style_job(name, width, paintings)
            for width in (16, 32)
            for name in (*PAINTINGS, *OWN)
        ),
        sharp_job("pixel_x4", 4, "pixel", *long),
        sharp_job("srcnn_x4", 4, "pixel", "--net", "srcnn", *long),
        # only its numbers are kept, in the table
        sharp_job("paper_x4", 4, "pixel", "--net", "paper", *long),
        sharp_job("feature_x4", 4, "feature", *short, start="pixel_x4"),
        sharp_job("pixel_x8", 8, "pixel", *long, start="pixel_x4"),
        sharp_job("feature_x8", 8, "feature", *short, start="pixel_x8"),
        *(adjustable_job(width, paintings) for width in (16, 32)),
    ]


def command(job: Job, options: argparse.Namespace) -> list[str]:
    """Return a job's whole command line."""
    arguments = list(job.arguments)
    if options.minutes is not None:
        place = arguments.index("--steps")
        arguments[place : place + 2] = ["--minutes", str(options.minutes)]
    arguments += ["--photos", str(options.photos), "--device", options.device]
    arguments += ["--out", str(target(job, options))]
    return [sys.executable, "-m", "fst_lessons", *arguments]


def target(job: Job, options: argparse.Namespace) -> Path:
    """Return where a job's net goes."""
    return options.out / job.folder / f"{job.name}.safetensors"


def run(job: Job, options: argparse.Namespace) -> str:
    """Train a net and return what to say of it; everything else goes into a log."""
    path = target(job, options)
    path.parent.mkdir(parents=True, exist_ok=True)
    began, log = time.perf_counter(), path.with_suffix(".log")
    settings = {"TQDM_DISABLE": "1"}
    if options.side_by_side > 1:  # as many threads as there are trainings
        settings["OMP_NUM_THREADS"] = "1"
    with log.open("w", encoding="utf-8") as stream:
        code = subprocess.run(
            command(job, options),
            env={**os.environ, **settings},
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    said = log.read_text(encoding="utf-8").strip().splitlines()
    took = time.perf_counter() - began
    lines = "; ".join(said[-2:])
    if code == 0:
        log.unlink()
    return f"{job.name}: {'done' if code == 0 else 'FAILED'} in {took:.0f} s. {lines}"


def in_turns(jobs: list[Job]) -> Iterator[list[Job]]:
    """Yield jobs that can run side by side, those that start from another later."""
    while jobs:
        names = {job.name for job in jobs}
        now = [job for job in jobs if job.after not in names]
        yield now
        jobs = [job for job in jobs if job not in now]


def make_parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--photos", type=Path, required=True, metavar="DIR")
    add("--paintings", type=Path, required=True, metavar="DIR", help="NAME.jpg each")
    add("--out", type=Path, default=WEIGHTS, metavar="DIR")
    add("--only", nargs="+", default=["*"], metavar="PATTERN", help="such as '*_32'")
    add("--again", action="store_true", help="also what is there already")
    add("--minutes", type=float, metavar="M", help="for each, instead of its steps")
    add("--side-by-side", type=int, default=1, metavar="N")
    add("--device", default="cpu")
    return parser


def main() -> None:
    """Train what is missing."""
    options = make_parser().parse_args()
    jobs = [
        job
        for job in all_jobs(options.paintings)
        if any(fnmatch(job.name, pattern) for pattern in options.only)
        and (options.again or not target(job, options).is_file())
    ]
    with ThreadPoolExecutor(options.side_by_side) as pool:
        for now in in_turns(jobs):
            for text in pool.map(lambda job: run(job, options), now):
                print(text, flush=True)


if __name__ == "__main__":
    main()

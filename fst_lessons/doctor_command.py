"""The command ``doctor``: what is wrong with a file, a folder or this installation.

    python -m fst_lessons doctor mine.safetensors holiday.jpg
    python -m fst_lessons doctor photographs
    python -m fst_lessons doctor

Exit codes: 0 nothing grave, 1 something is, 2 there was nothing to examine.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# torch takes a second to import: only when the command runs
if TYPE_CHECKING:
    from torch import Tensor

    from .symptoms import Diagnosis

GRAVE = 1


def add_doctor(commands: argparse._SubParsersAction) -> None:
    """Declare ``doctor`` among `commands`: examine files, or the installation."""
    parser = commands.add_parser(
        "doctor",
        help="say what is wrong with a net, a photo, a folder or the installation",
        description="Take the numbers by which known mistakes are told. Without a "
        "file, examine the installation: its loss network, loss, loop and nets.",
    )
    parser.set_defaults(run=run_doctor)
    add = parser.add_argument
    text = "a net, a picture or a folder, also by the name of a bundled one"
    add("sources", nargs="*", metavar="CHECKPOINT|IMAGE|FOLDER", help=text)
    add("--numbers", action="store_true", help="print every number, the healthy too")


def run_doctor(options: argparse.Namespace) -> int:
    """Examine what the options name, print what was found, return the exit code.

    Raises:
        ValueError: no such file, or a folder without pictures and nets.
    """
    from .doctor_files import find_file

    sources = [find_file(name) for name in options.sources]  # before any work
    code = 0
    for name, diagnosis in _examine(sources):
        print(_report(name, diagnosis, numbers=options.numbers), flush=True)
        code = code or (0 if diagnosis else GRAVE)
    return code


def _examine(sources: list[Path]) -> Iterator[tuple[str, Diagnosis]]:
    from .doctor import probe_photos

    photos = probe_photos()
    if not sources:
        yield from _examine_installation()
    for source in sources:
        look = _examine_folder if source.is_dir() else _examine_one
        yield from look(source, photos)


def _examine_one(path: Path, photos: Tensor) -> Iterator[tuple[str, Diagnosis]]:
    from .doctor_files import examine_file
    from .symptoms import Diagnosis

    yield str(path), Diagnosis(list(examine_file(path, photos)))


def _examine_folder(folder: Path, photos: Tensor) -> Iterator[tuple[str, Diagnosis]]:
    """Yield the files with findings, then the folder as a whole."""
    from .doctor_files import CHECKPOINTS, count_photographs, files_of
    from .symptoms import Diagnosis

    healthy, pictures = [], 0
    for path in files_of(folder):
        for name, diagnosis in _examine_one(path, photos):
            if diagnosis.findings:
                yield name, diagnosis
            else:
                healthy += diagnosis.readings
            if path.suffix.lower() not in CHECKPOINTS:
                pictures += "picture cannot be read" not in diagnosis.names
    count = [count_photographs(pictures)] if pictures else []
    yield f"{folder}, all else", Diagnosis([*healthy, *count])


def _examine_installation() -> Iterator[tuple[str, Diagnosis]]:
    from .checkpoints import find_net, net_names
    from .doctor import doctor, probe_photos
    from .gram import gram_matrix
    from .images import load_image
    from .loss_network import load_loss_network
    from .losses import PerceptualLoss
    from .optimize_image import optimize_image

    network = load_loss_network()
    yield "loss network and loss", doctor(network, PerceptualLoss(network))

    def optimize(objective, start):
        terms = (lambda y: (objective(y), {}), start)
        return optimize_image(*terms, num_steps=60, progress=False).image

    yield (
        "reader of pictures, Gram matrix, loop over pixels",
        doctor(read=load_image, gram=gram_matrix, optimize=optimize),
    )
    photos = probe_photos()
    for width in (32, 16):
        for name in net_names(width=width):
            path = find_net(name, width=width)
            for _, diagnosis in _examine_one(path, photos):
                yield f"net {path.stem}", diagnosis


def _report(name: str, diagnosis: Diagnosis, *, numbers: bool) -> str:
    text = repr(diagnosis)
    if numbers:
        text += "\n" + "\n".join(
            f"{r.value:10.3g}  {r.name}: {r.symptom.measure}; {r.symptom.range}"
            for r in diagnosis.readings
        )
    return f"{name}\n{textwrap.indent(text, '  ')}"

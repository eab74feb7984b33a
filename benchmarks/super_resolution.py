"""Measure the table of chapter 9: the paper's Figs. 8 and 9 with this book's nets.

    python benchmarks/super_resolution.py SETS
    python benchmarks/super_resolution.py SETS --judge vgg19_16x.safetensors --write
        --net "4:the paper's recipe=paper.safetensors"

SETS holds the folders Set5 and Set14, which the repository does not. Every net that
comes with the package is measured, and those given by --net. The judge, the
compressed VGG-19 that taught `pocket`, compares features of its own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from fst_lessons import assets
from fst_lessons.checkpoints import (
    find_super_resolution,
    read_super_resolution_card,
    super_resolution_names,
)
from fst_lessons.datasets import list_pictures
from fst_lessons.degradation import crop_to_multiple, degrade
from fst_lessons.images import load_image
from fst_lessons.super_resolution import Enlarger
from fst_lessons.super_resolution_benchmark import find_enlargers, score_folder
from fst_lessons.super_resolution_net import FACTORS
from fst_lessons.teachers import CompressedVGG19

SETS = ("Set5", "Set14")
LAYERS = ("1_1", "2_1", "3_1", "4_1")


def measure(
    folder: Path, factor: int, nets: Mapping[str, str]
) -> dict[str, tuple[float, float]]:
    """Return the means of a set, {column: (PSNR, SSIM)}."""
    *_, mean = score_folder(folder, factor, find_enlargers(factor, nets=nets))
    return {k: (round(p, 3), round(s, 5)) for k, (p, s) in mean.scores.items()}


@torch.no_grad()
def distance(judge: CompressedVGG19, large: Tensor, high: Tensor) -> float:
    """Return the judge's relative feature distance, averaged over its layers."""
    found, wanted = judge(large), judge(high)
    errors = [
        float((found[j].relu() - wanted[j].relu()).square().sum())
        / float(wanted[j].relu().square().sum())
        for j in LAYERS
    ]
    return sum(errors) / len(errors)


def count_nearer(judge: CompressedVGG19, folder: Path, factor: int) -> tuple[int, int]:
    """Return on how many pictures feature is nearer than pixel, and of how many."""
    pixel, feature = (Enlarger(factor, loss) for loss in ("pixel", "feature"))
    nearer, paths = 0, list_pictures(folder)
    for path in paths:
        high = crop_to_multiple(load_image(path), factor)
        low = degrade(high, factor)
        ours = distance(judge, feature(low), high)
        nearer += ours < distance(judge, pixel(low), high)
    return nearer, len(paths)


def describe(file: str) -> dict[str, object]:
    """Return what a net's card says of its training's size."""
    card = read_super_resolution_card(file)
    recipe = {name: card["recipe"][name] for name in ("net", "steps", "batch", "size")}
    return {**recipe, "minutes": round(card["seconds"] / 60)}


def collect(sets: Path, nets: Mapping[int, Mapping[str, str]], judge: str) -> dict:
    """Return all that the chapter reads."""
    titles = {f"{n}_x{f}": (sets / n, f) for f in FACTORS for n in SETS}
    found: dict = {
        "nets": {
            name: assets.sha256_of(find_super_resolution(name))
            for name in super_resolution_names()
        },
        "sets": {t: measure(p, f, nets.get(f, {})) for t, (p, f) in titles.items()},
    }
    # what is told of nets that do not come with the package
    given = [item for of_factor in nets.values() for item in of_factor.items()]
    found["given"] = {title: describe(file) for title, file in given}
    if judge:
        network = CompressedVGG19(judge)
        nearer = {t: count_nearer(network, p, f) for t, (p, f) in titles.items()}
        found["judge"] = {"layers": LAYERS, "feature_nearer": nearer}
    return found


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, help="the folder of Set5 and Set14")
    parser.add_argument("--write", action="store_true", help="store the result")
    parser.add_argument("--judge", default="", metavar="FILE", help="of its weights")
    text = "a further net: FACTOR:TITLE=FILE"
    parser.add_argument("--net", action="append", default=[], help=text)
    options = parser.parse_args()
    nets: dict[int, dict[str, str]] = {}
    for given in options.net:
        factor, _, rest = given.partition(":")
        title, _, file = rest.rpartition("=")
        nets.setdefault(int(factor), {})[title or Path(file).stem] = file
    found = json.dumps(collect(options.sets, nets, options.judge))
    print(found)
    if options.write:
        if not options.judge:
            raise ValueError("the chapter needs the judge too: give --judge")
        path = assets.data_path("experiments") / "super_resolution.json"
        path.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

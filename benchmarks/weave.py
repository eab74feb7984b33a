"""Measure what nets that enlarge do to detail of each size, for chapter 9.

    python benchmarks/weave.py NET.safetensors ... [--write]

Each net enlarges eight bundled photographs by four; the power of its answers in rings
around zero frequency is divided by the photographs' own. A loss of features alone lets
a net weave a pattern of some 2.5 pixels; a term of pixels beside it, and a mean of the
weights with a net of pixels alone, take it away.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

import torch
from torch import Tensor

from fst_lessons import assets
from fst_lessons.assets import photo_path
from fst_lessons.checkpoints import load_super_resolution
from fst_lessons.images import load_image
from fst_lessons.metrics import radial_power
from fst_lessons.pairs import Pairs, make_pair

EIGHT = "astronaut cat coffee dahlia dogs pagoda raccoon stream".split()
SIZE, BINS = 256, 32


def album() -> list[Pairs]:
    """Return the photographs that the chapter measures on."""
    photos = [load_image(photo_path(name), size=SIZE) for name in EIGHT]
    return [make_pair(photo[..., :SIZE, :SIZE], 4) for photo in photos]


@torch.no_grad()
def power_kept(enlarge: Callable[[Tensor], Tensor], pairs: list[Pairs]) -> list[float]:
    """Return the power of answers over that of originals, ring by ring."""
    answers = torch.cat([enlarge(pair.low).clamp(0, 1) for pair in pairs])
    originals = torch.cat([pair.high for pair in pairs])
    kept = radial_power(answers, bins=BINS) / radial_power(originals, bins=BINS)
    return [round(float(value), 3) for value in kept]


def describe(file: str, pairs: list[Pairs]) -> dict[str, object]:
    """Return a net's weights of pixels and features, its steps and its curve."""
    net, card = load_super_resolution(file)
    recipe = card["recipe"]
    told = {name: recipe[name] for name in ("pixel_weight", "feature_weight", "steps")}
    told["mean_of"] = len(card.get("mean_of_rounds", [1]))
    return {**told, "power": power_kept(net.eval(), pairs)}


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="+", metavar="NET", help="a file or a name")
    parser.add_argument("--write", action="store_true", help="store the result")
    options = parser.parse_args()
    pairs = album()
    rows = [describe(file, pairs) for file in options.nets]
    found = json.dumps({"photographs": EIGHT, "size": SIZE, "nets": rows})
    print(found)
    if options.write:
        path = assets.data_path("experiments") / "weave.json"
        path.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

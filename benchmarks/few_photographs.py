"""How few photographs suffice to train a net, and by which optimizer?

    python benchmarks/few_photographs.py --photos DIR --out FILE.json

Trains nets that differ in the number of their photographs, or in the optimizer, and in
nothing else: same style, same steps, same seeds. Each is measured on the bundled
photographs, which no net has seen, and on the one photograph that all have seen.
Chapter 7 shows the numbers. About 12 minutes of two cores; the file is written anew
after each net.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from fst_lessons import assets
from fst_lessons.cards import versions
from fst_lessons.datasets import load_folder
from fst_lessons.devices import best_precision
from fst_lessons.images import load_image, resize
from fst_lessons.loss_network import load_loss_network
from fst_lessons.objective import StyleObjective
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.training import fit, make_loss

STYLE = "nocturne"
COUNTS = (1, 10, 100, 1000)
ADAM_RATE = 4e-3  # of its own: what is best for Muon is too large for Adam
SIZE = 256  # of the photographs that are measured

# of the stored runs; they stay comparable when the package's defaults change
FIXED = {"batch": 4, "style_weight": 32.0, "tv_weight": 1.0, "shift_weight": 0.0}
FIXED |= {"style_size": 256, "style_blur": 0.0}


def plan(seeds: int, most: int) -> Iterator[tuple[int, dict]]:
    """Yield (photographs, changes of the recipe) of each net to train."""
    counts = [count for count in COUNTS if count <= most]
    for seed in range(seeds):
        for count in counts:
            yield count, {"seed": seed}
        adam = {"optimizer": "adam", "learning_rate": ADAM_RATE}
        yield counts[-1], {"seed": seed, **adam}


def middle(photo: Tensor) -> Tensor:
    """Return the middle square of a photograph, `(1, 3, SIZE, SIZE)` in [0, 1]."""
    image = resize(photo.float() / 255, SIZE)
    top, left = ((side - SIZE) // 2 for side in image.shape[-2:])
    return image[..., top : top + SIZE, left : left + SIZE].clamp(0, 1)


def train(count: int, changes: dict, recipe, photos, style, unseen) -> dict:
    """Train one net and return what is kept of it."""
    seed = changes["seed"]
    # the ten are among the hundred, and all nets of a seed have met the first
    order = random.Random(seed).sample(range(len(photos)), len(photos))
    chosen = [photos[i] for i in order[:count]]
    settings = {"held_out": unseen, "yardstick": 0, "measurements": 1}
    training = fit(style, chosen, recipe=recipe, progress=False, **settings, **changes)
    objective = StyleObjective(make_loss(load_loss_network("pocket"), recipe), style)
    first = objective.measure(training.net, [middle(chosen[0])])
    return {
        "photographs": count,
        "optimizer": training.recipe.optimizer,
        "seed": seed,
        "unseen": training.evaluations[-1],
        "first": {name: round(value, 5) for name, value in first.items()},
        "history": training.history[4::5],
        "seconds": round(training.seconds, 1),
    }


def write(path: Path, content: dict) -> None:
    """Write the results, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, metavar="DIR", help="1000 and more")
    parser.add_argument("--out", type=Path, metavar="JSON")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if args.photos is None or args.out is None:
        print("few_photographs.py trains 15 nets in 12 minutes; it needs a folder:")
        print(
            "  few_photographs.py --photos DIR --out data/experiments/photographs.json"
        )
        return 0
    try:
        photos, _ = load_folder(args.photos)
    except ValueError as error:
        print(f"few_photographs.py: {error}", file=sys.stderr)
        return 2
    asked = {"width": args.width, "size": args.size, "steps": args.steps}
    recipe = TrainingRecipe(**asked, **FIXED, precision=best_precision())
    style = load_image(assets.style_path(STYLE), size=recipe.style_size)
    names = assets.photo_names()
    unseen = [load_image(assets.photo_path(n), size=SIZE, square=True) for n in names]
    content = {
        "recipe": asdict(recipe),
        "style": STYLE,
        "unseen": names,
        "folder": len(photos),
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "history_columns": ["step", "total", "content", "style", "tv"],
        "runs": [],
    }
    for count, changes in plan(args.seeds, len(photos)):
        run = train(count, changes, recipe, photos, style, unseen)
        content["runs"].append(run)
        write(args.out, content)
        totals = (
            f"unseen {run['unseen']['total']:.3f}, first {run['first']['total']:.3f}"
        )
        print(
            f"{run['optimizer']:5} seed {run['seed']} {count:5} photographs: {totals}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

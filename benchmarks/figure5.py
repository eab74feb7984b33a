"""Measure Fig. 5: how many steps of the slow method one pass of a net is worth.

    python benchmarks/figure5.py            a short look: one photograph, 60 steps
    python benchmarks/figure5.py --write    data/experiments/figure5.json, half an hour

For each size: the objective of the photographs themselves, of the nets' paintings, and
of L-BFGS from white noise after each step, averaged over photographs. The curves depend
on the recipe alone: where the file has them already, only the nets are measured anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from fst_lessons import assets
from fst_lessons.checkpoints import load_net, net_names, read_card
from fst_lessons.datasets import HELD_OUT, held_out_photos
from fst_lessons.images import load_image, soften
from fst_lessons.loss_network import load_loss_network
from fst_lessons.objective import StyleObjective
from fst_lessons.recipes import OBJECTIVE_FIELDS, TrainingRecipe
from fst_lessons.training import make_loss
from fst_lessons.training_state import recipe_from
from fst_lessons.yardstick import measure_yardstick, steps_of_gatys

STYLE = "nocturne"
WIDTHS = (32, 16)
# size: photographs, steps; the large ones cost sixteen times as much
PLAN = {256: (4, 200), 512: (4, 150), 1024: (2, 100)}


def known_recipe(style: str) -> TrainingRecipe:
    """Return what the style's nets were trained with; the usual where there is none."""
    for width in WIDTHS:
        if style in net_names(width=width):
            return recipe_from(read_card(style, width=width)["recipe"])
    return TrainingRecipe()


def make_objective(style: str, recipe: TrainingRecipe) -> StyleObjective:
    """Return the objective that the style's nets were trained for."""
    picture = load_image(assets.style_path(style), size=recipe.style_size)
    picture = soften(picture, recipe.style_blur)
    network = load_loss_network(recipe.loss_network)
    return StyleObjective(make_loss(network, recipe), picture)


def measure_nets(
    style: str, objective: StyleObjective, photos: list[Tensor]
) -> dict[str, float]:
    """Return the objective of the photographs and of what each net makes of them."""
    found = {"photograph": objective.measure(lambda photo: photo, photos)["total"]}
    for width in WIDTHS:
        if style in net_names(width=width):
            net, _ = load_net(style, width=width)
            total = objective.measure(net, photos)["total"]
            found[f"width {width}"] = total
    return found


def line(size: int, nets: dict[str, float], curve: Sequence[float]) -> str:
    """Return a row of the printed table."""
    cells = [f"{size:5} px"]
    for name, total in nets.items():
        steps = steps_of_gatys(total, curve)
        worth = f"> {len(curve)}" if steps > len(curve) else str(steps)
        cells.append(f"{name} {total:.3f} = {worth} steps")
    return ", ".join([*cells, f"L-BFGS after {len(curve)} {curve[-1]:.3f}"])


def look(style: str) -> None:
    """Print one row, for one photograph."""
    objective = make_objective(style, known_recipe(style))
    photos = held_out_photos()[:1]
    curve = measure_yardstick(objective, photos, steps=60).curve
    print(line(256, measure_nets(style, objective, photos), curve))


def write(style: str, path: Path, *, again: bool) -> None:
    """Measure all sizes, and keep the file up to date after each of them."""
    recipe = known_recipe(style)
    settings = {name: getattr(recipe, name) for name in OBJECTIVE_FIELDS}
    settings = json.loads(json.dumps(settings))  # tuples become lists, as in the file
    old = json.loads(path.read_text("utf-8")) if path.is_file() and not again else {}
    same = old.get("style") == style and old.get("settings") == settings
    objective = make_objective(style, recipe)
    content = {
        "style": style,
        "settings": settings,
        "start": "white noise",
        "torch": torch.__version__,
        "sizes": old["sizes"] if same else {},
    }
    for size, (count, steps) in PLAN.items():
        photos = held_out_photos(size=size)[:count]
        curve = content["sizes"].get(str(size), {}).get("curve", [])
        if len(curve) != steps:
            curve = measure_yardstick(objective, photos, steps=steps).curve
        nets = measure_nets(style, objective, photos)
        print(line(size, nets, curve), flush=True)
        content["sizes"][str(size)] = {
            "photographs": list(HELD_OUT[:count]),
            "objective": {name: round(value, 4) for name, value in nets.items()},
            # steps of a mean of float32 sums: four digits mean something
            "curve": [float(f"{value:.4g}") for value in curve],
        }
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=None) + "\n", "utf-8")


def main() -> None:
    """Print a table with a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default=STYLE, help="a bundled style with a net")
    parser.add_argument("--write", action="store_true", help="all sizes, to the file")
    parser.add_argument("--again", action="store_true", help="measure curves anew")
    args = parser.parse_args()
    if args.write:
        path = assets.data_path() / "experiments" / "figure5.json"
        write(args.style, path, again=args.again)
    else:
        look(args.style)


if __name__ == "__main__":
    main()

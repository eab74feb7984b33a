"""Write one card for a net that was trained in several rounds.

    python tools/join_rounds.py --round FIRST.safetensors chance
        --round SECOND.safetensors "round 1" --start pixel_x4 --out NET.safetensors
    python tools/join_rounds.py --round ... --mean 1 2 --out NET.safetensors

The weights are those of the last round or, with --mean, the mean of some rounds'
weights: nets that began as the same one lie near enough to each other for that, and
their mean is a little better than each. The card is the last round's; "rounds" holds
recipe, seconds and evaluation of each. Means are for nets that enlarge.
"""

import argparse
from pathlib import Path
from types import SimpleNamespace

import torch

from fst_lessons.checkpoints import (
    is_super_resolution,
    load_net,
    load_super_resolution,
    save_net,
)
from fst_lessons.datasets import bundled_photos, held_out_photos
from fst_lessons.parallel import Group
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe
from fst_lessons.super_resolution_training import SuperResolutionTask
from fst_lessons.training_state import recipe_from


def mean_weights(nets) -> dict[str, torch.Tensor]:
    """Return the mean of nets' weights."""
    states = [net.state_dict() for net in nets]
    return {name: sum(s[name] for s in states) / len(states) for name in states[0]}


def evaluate(net, recipe) -> dict[str, float]:
    """Return what the training would have measured of `net`."""
    task = SuperResolutionTask(
        recipe,
        photos=bundled_photos(),
        held_out=held_out_photos(),
        device=torch.device("cpu"),
        group=Group(),
    )
    with torch.no_grad():
        found = task.measure(SimpleNamespace(net=net.eval()))
    return {name: float(f"{value:.6g}") for name, value in found.items()}


def main() -> None:
    """Read the rounds, write the net."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--round", nargs=2, action="append", metavar=("FILE", "START"), required=True)
    add("--mean", nargs="+", type=int, metavar="K", help="rounds, from 1")
    add("--start", default="chance", help="what the whole began as, a name")
    add("--out", type=Path, required=True)
    options = parser.parse_args()
    nets, rounds = [], []
    for path, start in options.round:
        load = load_super_resolution if is_super_resolution(path) else load_net
        net, card = load(path)
        nets.append(net)
        kept = {"recipe": {**card["recipe"], "start": start}}
        found = {
            k: v for k, v in card["evaluation"].items() if isinstance(v, int | float)
        }
        kept |= {"seconds": card["seconds"], "evaluation": found}
        rounds.append(kept)
    start = None if options.start == "chance" else options.start
    card = {**card, "recipe": {**card["recipe"], "start": start}, "rounds": rounds}
    if options.mean:
        net.load_state_dict(mean_weights([nets[k - 1] for k in options.mean]))
        found = evaluate(net, recipe_from(card["recipe"], SuperResolutionRecipe))
        card |= {"mean_of_rounds": options.mean}
        card |= {"evaluation": {**card["evaluation"], **found}}
    print(save_net(net, options.out, card), card["evaluation"])


if __name__ == "__main__":
    main()

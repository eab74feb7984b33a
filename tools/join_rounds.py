"""Write one card for a net that was trained in several rounds.

    python tools/join_rounds.py --round FIRST.safetensors chance
        --round SECOND.safetensors "round 1" --start pixel_x4 --out NET.safetensors
    python tools/join_rounds.py --round ... --mean 1 2 --out NET.safetensors

The weights are those of the last round or, with --mean, the mean of some rounds'
weights: nets that began as the same one lie near enough to each other for that, and
their mean is a little better than each. The card is the last round's; "rounds" holds
recipe, seconds and evaluation of each. A file that has "rounds" already brings them
along, so that a shipped net can be trained further; its START is not asked for then.

    python tools/join_rounds.py --round NET.safetensors nocturne_16
        --start nocturne_16 --curve nocturne_16 [--picture STYLE.jpg] --out FILE

A net trained with --yardstick 0 gets its number of slow steps from the curve of another
net of the same objective, such as the narrower one for the same style.
"""

import argparse
from pathlib import Path
from types import SimpleNamespace

import torch
from card_objective import objective_of

from fst_lessons.checkpoints import (
    is_super_resolution,
    load_net,
    load_super_resolution,
    read_card,
    save_net,
)
from fst_lessons.datasets import bundled_photos, held_out_photos
from fst_lessons.parallel import Group
from fst_lessons.recipes import OBJECTIVE_FIELDS
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe
from fst_lessons.super_resolution_training import SuperResolutionTask
from fst_lessons.training_state import recipe_from
from fst_lessons.yardstick import steps_of_gatys


def mean_weights(nets) -> dict[str, torch.Tensor]:
    """Return the mean of nets' weights."""
    states = [net.state_dict() for net in nets]
    return {name: sum(s[name] for s in states) / len(states) for name in states[0]}


def rounded(value: float) -> float:
    """Return a value as cards have it, six digits."""
    return float(f"{value:.6g}")


def rounds_of(card: dict, start: str) -> list[dict]:
    """Return what a card keeps of each round its net was trained in, one or more.

    Args:
        card: of a net.
        start: what it began as, where that was its only round.
    """
    if "rounds" in card:
        return card["rounds"]
    found = {k: v for k, v in card["evaluation"].items() if isinstance(v, int | float)}
    recipe = {**card["recipe"], "start": start}
    return [{"recipe": recipe, "seconds": card["seconds"], "evaluation": found}]


def evaluate_enlarger(net, card) -> dict[str, float]:
    """Return what the training would have measured of a net that enlarges."""
    task = SuperResolutionTask(
        recipe_from(card["recipe"], SuperResolutionRecipe),
        photos=bundled_photos(),
        held_out=held_out_photos(),
        device=torch.device("cpu"),
        group=Group(),
    )
    found = task.measure(SimpleNamespace(net=net.eval()))
    return found | {"bicubic": card["evaluation"]["bicubic"]}


def curve_of(card, source) -> dict[str, list]:
    """Return the slow method's curve in the card of `source`, and its photographs.

    Raises:
        ValueError: that card is of another objective, or has no curve.
    """
    other = read_card(source)
    for name in OBJECTIVE_FIELDS:
        if card["recipe"][name] != other["recipe"][name]:
            raise ValueError(f"{source} was trained with another {name}")
    if card["style"]["sha256"] != other["style"]["sha256"]:
        raise ValueError(f"{source} was trained for another picture")
    if "gatys_curve" not in other["evaluation"]:
        raise ValueError(f"{source} was trained without a yardstick")
    return {name: other["evaluation"][name] for name in ("gatys_curve", "photographs")}


def evaluate_painter(net, card, picture=None) -> dict[str, float]:
    """Return what the training would have measured of a net for a style.

    Raises:
        ValueError: the picture is not the one the net was trained for.
    """
    found = objective_of(card, picture).measure(net, held_out_photos())
    curve = card["evaluation"]["gatys_curve"]
    return found | {"gatys_steps": steps_of_gatys(found["total"], curve)}


def main() -> None:
    """Read the rounds, write the net."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--round", nargs=2, action="append", metavar=("FILE", "START"), required=True)
    add("--mean", nargs="+", type=int, metavar="K", help="rounds, from 1")
    add("--start", default="chance", help="what the whole began as, a name")
    add("--curve", metavar="NET", help="whose card tells the slow method's curve")
    add("--picture", type=Path, metavar="FILE", help="the style, if not a bundled one")
    add("--out", type=Path, required=True)
    options = parser.parse_args()
    nets, rounds = [], []
    for path, start in options.round:
        load = load_super_resolution if is_super_resolution(path) else load_net
        net, card = load(path)
        nets.append(net)
        if options.mean and "rounds" in card:
            parser.error(f"{path} has rounds of its own: --mean could not number them")
        rounds += rounds_of(card, start)
    start = None if options.start == "chance" else options.start
    card = {**card, "recipe": {**card["recipe"], "start": start}}
    if len(rounds) > 1:
        card |= {"rounds": rounds}
    if options.curve:
        card["evaluation"] |= (known := curve_of(card, options.curve))
        for found in card["evaluations"]:
            found["gatys_steps"] = steps_of_gatys(found["total"], known["gatys_curve"])
    if options.mean:
        net.load_state_dict(mean_weights([nets[k - 1] for k in options.mean]))
        card |= {"mean_of_rounds": options.mean}
    if options.mean or options.curve:
        with torch.no_grad():
            if "style" in card:
                found = evaluate_painter(net, card, options.picture)
            else:
                found = evaluate_enlarger(net, card)
        found = {k: v if k == "gatys_steps" else rounded(v) for k, v in found.items()}
        card |= {"evaluation": {**card["evaluation"], **found}}
    print(save_net(net, options.out, card), card["evaluation"])


if __name__ == "__main__":
    main()

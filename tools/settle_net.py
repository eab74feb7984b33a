"""Make a plain net of the preset "book" from an adjustable one at one lambda.

    python tools/settle_net.py page_16 mosaic --out FILE.safetensors
        [--like mosaic_16] [--picture STYLE.jpg]
    python -m fst_lessons train --style mosaic --start FILE.safetensors ...

The net of the live page was trained longest of all, so others begin well as it. Its
separable convolutions become whole ones and its ends of 5x5 stand within 9x9, which
changes nothing. It has more blocks than the preset, too; those are left out whose loss
costs the objective least, and a training has to mend that.
"""

import argparse
from itertools import combinations
from pathlib import Path

import torch
import torch.nn.functional as F
from card_objective import objective_of
from torch import nn

from fst_lessons.adjustable_checkpoints import load_adjustable
from fst_lessons.adjusted import settled
from fst_lessons.checkpoints import read_card, save_net
from fst_lessons.datasets import bundled_photos
from fst_lessons.images import resize
from fst_lessons.transform_net import PRESETS, TransformNet

SIZE = 192  # of the photographs that blocks are chosen by, shorter side


def as_book(net: TransformNet, keep: tuple[int, ...]) -> TransformNet:
    """Return a settled net as one of the preset, with some of its blocks.

    Args:
        net: from `adjusted.settled`, its up-sampling by resize.
        keep: the blocks to keep, in order.

    Returns:
        A net whose `config` tells its layers, the first and the last of 9x9.
    """
    book = TransformNet(width=net.config.width, blocks=len(keep))
    state = {}
    for name, value in net.state_dict().items():
        if name.startswith("blocks."):
            _, number, rest = name.split(".", 2)
            if int(number) not in keep:
                continue
            name = f"blocks.{keep.index(int(number))}.{rest}"
        wanted = book.state_dict()[name].shape
        if value.ndim == 4 and value.shape != wanted:
            value = F.pad(value, [(wanted[-1] - value.shape[-1]) // 2] * 4)
        state[name] = value
    book.load_state_dict(state)
    return book.eval().requires_grad_(False)


def best_blocks(net: TransformNet, count: int, measure) -> tuple[int, ...]:
    """Return which blocks to keep: those without the others paint best.

    Args:
        net: from `adjusted.settled`.
        count: how many to keep.
        measure: a net -> its objective; it is called for every choice there is.
    """
    choices = combinations(range(net.config.blocks), count)
    return min(choices, key=lambda keep: measure(as_book(net, keep)))


def main() -> None:
    """Settle, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("net", help="an adjustable net, a name or a file")
    add("style", help="one of its styles")
    text = "net whose card tells lambda and the rest of the objective (STYLE_WIDTH)"
    add("--like", metavar="NET", help=text)
    add("--picture", type=Path, metavar="FILE", help="the style, if not a bundled one")
    add("--out", type=Path, required=True)
    options = parser.parse_args()
    adjustable, _ = load_adjustable(options.net)
    width = adjustable.config.width
    card = read_card(options.like or f"{options.style}_{width}")
    strength = card["recipe"]["style_weight"]
    net = settled(adjustable, strength, options.style)
    objective = objective_of(card, options.picture)
    photos = [resize(photo.float() / 255, SIZE) for photo in bundled_photos()]

    def measure(net: nn.Module) -> float:
        return objective.measure(net, photos)["total"]

    with torch.no_grad():
        keep = best_blocks(net, PRESETS["book"].blocks, measure)
        book = as_book(net, keep)
        before, after = measure(net), measure(book)
    told = {"net": options.net, "strength": strength, "blocks": keep}
    save_net(book, options.out, {"recipe": card["recipe"], "settled": told})
    print(f"objective {before:.3f}, with blocks {keep} alone {after:.3f}")


if __name__ == "__main__":
    main()

"""Time one evaluation of the slow baseline, and see how far its picture gets.

    python benchmarks/optimization_speed.py [--size 256] [--evaluations 20]

Pocket against full VGG-16, in float32 and, where the processor multiplies in it, in
bfloat16. All run the same loop on the same pictures, taking turns, so that a busy
machine slows all. VGG-16 has random weights: its speed does not depend on them. The
losses reached are measured in float32, whatever they were reached in.
"""

import argparse
import itertools
import resource
import statistics
import time

import torch

from fst_lessons import assets
from fst_lessons.images import load_image
from fst_lessons.loss_network import fast_loss_network, load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.optimize_image import transfer_style

FORMATS = {"float32": lambda network: network, "bfloat16": fast_loss_network}


def paint(network, content, style, evaluations: int):
    """Return a painting and the median time between two evaluations."""
    stamps = []
    result = transfer_style(
        content,
        style,
        loss_network=network,
        num_steps=evaluations,
        progress=False,
        on_step=lambda *_: stamps.append(time.perf_counter()),
    )
    gaps = [b - a for a, b in itertools.pairwise(stamps)]
    return result.image, statistics.median(gaps)


def main() -> None:
    """Print a table with a row for each network and number format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--evaluations", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    content = load_image(assets.photo_path("cat"), size=args.size, square=True)
    style = load_image(assets.photo_path("brushes"), size=args.size, square=True)
    exact = {
        "pocket": load_loss_network("pocket"),
        "VGG-16": load_loss_network("vgg16", weights=None),
    }
    ways = {
        (name, kind): quicken(network)
        for name, network in exact.items()
        for kind, quicken in FORMATS.items()
        if kind == "float32" or quicken(network) is not network
    }
    times, reached = {way: [] for way in ways}, {}
    for _ in range(args.rounds):
        for way, network in ways.items():
            painted, seconds = paint(network, content, style, args.evaluations)
            times[way].append(seconds)
            loss = PerceptualLoss(exact[way[0]])  # transfer_style's own weights
            reached[way] = loss(painted, loss.targets(content=content, style=style))[0]
    print(f"{args.size}x{args.size}, {torch.get_num_threads()} threads, L-BFGS")
    print(
        f"{'loss network':14}{'format':>10}{'ms/evaluation':>15}{'GMAC forward':>14}"
        f"{'speed':>8}{f'loss after {args.evaluations}':>16}"
    )
    slowest = statistics.median(times["VGG-16", "float32"])
    for way in ways:
        name, kind = way
        median = statistics.median(times[way])
        cost = exact[name].multiply_adds("relu4_3", args.size, args.size) / 1e9
        print(
            f"{name:14}{kind:>10}{median * 1e3:15.0f}{cost:14.2f}"
            f"{slowest / median:7.1f}x{float(reached[way]):16.4f}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak:.0f} MB")


if __name__ == "__main__":
    main()

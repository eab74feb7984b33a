"""Time one evaluation of the slow baseline: pocket against full VGG-16.

    python benchmarks/optimization_speed.py [--size 256] [--evaluations 20]

Both run the same loop on the same pictures, taking turns, so that a busy machine slows
both. VGG-16 has random weights: its speed does not depend on them.
"""

import argparse
import itertools
import resource
import statistics
import time

import torch

from fst_lessons import assets
from fst_lessons.images import load_image
from fst_lessons.loss_network import load_loss_network
from fst_lessons.optimize_image import transfer_style


def seconds_per_evaluation(network, content, style, evaluations: int) -> float:
    """Return the median time between two evaluations of a style transfer."""
    stamps = []
    transfer_style(
        content,
        style,
        loss_network=network,
        num_steps=evaluations,
        progress=False,
        on_step=lambda *_: stamps.append(time.perf_counter()),
    )
    gaps = [b - a for a, b in itertools.pairwise(stamps)]
    return statistics.median(gaps)


def main() -> None:
    """Print a table with a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--evaluations", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    content = load_image(assets.photo_path("cat"), size=args.size, square=True)
    style = load_image(assets.photo_path("brushes"), size=args.size, square=True)
    networks = {
        "pocket": load_loss_network("pocket"),
        "VGG-16": load_loss_network("vgg16", weights=None),
    }
    times = {name: [] for name in networks}
    for _ in range(args.rounds):
        for name, network in networks.items():
            times[name].append(
                seconds_per_evaluation(network, content, style, args.evaluations)
            )
    print(
        f"{args.size}x{args.size}, {torch.get_num_threads()} threads, L-BFGS, float32"
    )
    print(f"{'loss network':14}{'ms/evaluation':>14}{'GMAC forward':>14}{'speed':>8}")
    slowest = statistics.median(times["VGG-16"])
    for name, network in networks.items():
        median = statistics.median(times[name])
        cost = network.multiply_adds("relu4_3", args.size, args.size) / 1e9
        print(f"{name:14}{median * 1e3:14.0f}{cost:14.2f}{slowest / median:7.1f}x")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak:.0f} MB")


if __name__ == "__main__":
    main()

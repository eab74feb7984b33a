"""Measure Table 1: a pass of a net against hundreds of steps of the slow method.

    python benchmarks/table1.py             a short look: 256 px
    python benchmarks/table1.py --write     data/experiments/table1.json, minutes

A step of the slow method is one evaluation: the loss network forwards and backwards.
The contestants take turns on one core and are timed by the processor's own clock, which
stands still while other programs run; times are medians. VGG-16 and the nets have
random weights: their speed does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable

import torch

from fst_lessons import assets
from fst_lessons.devices import best_precision
from fst_lessons.fast import fast
from fst_lessons.images import load_image
from fst_lessons.loss_network import fast_loss_network, load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.optimize_image import optimize_image
from fst_lessons.transform_net import TransformNet

EVALUATIONS = (100, 300, 500)  # of the paper's columns
ROUNDS = {256: 5, 512: 3, 1024: 2}
Job = Callable[[], object]


def contestants(size: int, *, evaluations: int = 2) -> dict[str, tuple[Job, int]]:
    """Return {name: (a job, how often it does its work)}."""
    photo = load_image(assets.photo_path("cat"), size=size, square=True)
    jobs: dict[str, tuple[Job, int]] = {}
    for name, weights in {"pocket": "default", "vgg16": None}.items():
        network = fast_loss_network(load_loss_network(name, weights=weights))
        loss = PerceptualLoss(network)
        targets = loss.targets(content=photo, style=photo)

        def optimize(loss: PerceptualLoss = loss, targets=targets) -> object:
            return optimize_image(
                lambda y: loss(y, targets), photo, num_steps=evaluations, progress=False
            )

        jobs[f"evaluation_{name}"] = optimize, evaluations
    for width in (32, 16):
        net = fast(TransformNet(width=width).eval().requires_grad_(False))
        jobs[f"pass_{width}"] = (lambda net=net: net(photo)), 1
    return jobs


def take_turns(jobs: dict[str, tuple[Job, int]], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of one work of each."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, (job, works) in jobs.items():
            start = time.process_time()
            job()
            if turn:  # the first run warms up
                times[name].append(1e3 * (time.process_time() - start) / works)
    return {name: round(statistics.median(t), 1) for name, t in times.items()}


def line(size: int, times: dict[str, float]) -> str:
    """Return a row of the printed table."""
    cells = [f"{size:5}", *(f"{value:19.1f}" for value in times.values())]
    for network in ("pocket", "vgg16"):
        once = times[f"evaluation_{network}"] / times["pass_32"]
        cells.append("   " + " ".join(f"{n * once:5.0f}x" for n in EVALUATIONS))
    return "".join(cells)


def main() -> None:
    """Print a table with a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="all sizes, to the file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    processor = torch.cpu.get_capabilities().get("cpu_name") or platform.processor()
    about = {
        "processor": processor,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "format": best_precision(),  # of evaluations and passes alike
    }
    print(", ".join(str(value) for value in about.values()))
    names = ("pocket, ms", "VGG-16, ms", "pass w 32, ms", "pass w 16, ms")
    names = ("pocket, ms", "VGG-16, ms", "pass w 32, ms", "pass w 16, ms")
    print(" size" + "".join(f"{n:>19}" for n in names) + "   pocket, VGG-16 / w 32")
    rows = {}
    for size, rounds in ROUNDS.items() if args.write else [(256, 3)]:
        rows[str(size)] = take_turns(contestants(size), rounds)
        print(line(size, rows[str(size)]), flush=True)
    if args.write:
        path = assets.data_path() / "experiments" / "table1.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"machine": about, "sizes": rows}) + "\n", "utf-8")


if __name__ == "__main__":
    main()

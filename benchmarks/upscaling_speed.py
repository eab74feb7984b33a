"""Time the nets of chapter 9 against bicubic interpolation and SRCNN.

    python benchmarks/upscaling_speed.py            print the table
    python benchmarks/upscaling_speed.py --write    data/experiments/upscaling.json too

The contestants enlarge the same picture by four, in turns, so that a busy machine slows
all of them; times are medians. Memory is the peak of a process that does this alone.
The nets have random weights: their speed does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable

import torch
from contestants import Job, without_gradients
from speed import machine, peak_megabytes, take_turns
from torch import Tensor

from fst_lessons import assets
from fst_lessons.devices import best_dtype
from fst_lessons.super_resolution import Enlarger
from fst_lessons.super_resolution_net import SRCNN, SuperResolutionNet

FACTOR = 4
SIDES = (72, 256)  # small pixels; the paper's crops, and a picture for a screen


def layer_by_layer() -> Callable[[Tensor], Tensor]:
    """Return the net as it was trained, in float32, without any rewriting."""
    return SuperResolutionNet(FACTOR).eval()


# the paper's net costs what the book's does: another norm, another doubling
CONTESTANTS: dict[str, Callable[[], Callable[[Tensor], Tensor]]] = {
    "bicubic": lambda: Enlarger(FACTOR, "bicubic"),
    "srcnn": lambda: Enlarger(FACTOR, net=SRCNN(FACTOR), device="cpu"),
    "net": layer_by_layer,
    "upscale": lambda: Enlarger(FACTOR, net=SuperResolutionNet(FACTOR), device="cpu"),
}


def job(name: str, side: int) -> Job:
    """Return a contestant at a picture of noise, `side` x `side`."""
    low = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    return without_gradients(CONTESTANTS[name](), low)


def memory_alone(name: str, side: int, threads: int) -> int:
    """Return the peak megabytes of a fresh process that enlarges twice."""
    command = [sys.executable, __file__, "--alone", name, str(side)]
    command += ["--threads", str(threads)]
    return round(float(subprocess.run(command, check=True, capture_output=True).stdout))


def measure(side: int, *, budget: float, threads: int) -> dict:
    """Return one row of the table: {"side", contestant: {"ms", "mb"}}."""
    times = take_turns({name: job(name, side) for name in CONTESTANTS}, budget)
    row: dict = {"side": side}
    for name, value in times.items():
        row[name] = {"ms": round(1e3 * value, 2)}
        row[name]["mb"] = memory_alone(name, side, threads)
    return row


def line(row: dict) -> str:
    """Return a row as text."""
    small, large = row["side"], FACTOR * row["side"]
    cells = (f"{row[k]['ms']:9.1f} ms{row[k]['mb']:6} MB" for k in CONTESTANTS)
    return f"{f'{small} -> {large}':14}" + "".join(cells)


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="store the result")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.alone:
        enlarge = job(options.alone[0], int(options.alone[1]))
        enlarge(), enlarge()
        print(peak_megabytes())
        return
    about = {k: v for k, v in machine({}).items() if k != "peak_gflops"}
    about["upscale_in"] = str(best_dtype()).removeprefix("torch.")
    print(f"{about['processor']}, {about['threads']} threads, {about['upscale_in']}")
    print(f"{'pixels a side':14}" + "".join(f"{name:>21}" for name in CONTESTANTS))
    rows, budget = [], 2.0 if options.quick else 15.0
    for side in SIDES:
        rows.append(measure(side, budget=budget, threads=options.threads))
        print(line(rows[-1]), flush=True)
    if options.write:
        path = assets.data_path("experiments") / "upscaling.json"
        text = json.dumps({"machine": about, "rows": rows}, indent=1)
        path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()

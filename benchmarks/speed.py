"""Time painting and training against the stock PyTorch example.

    python benchmarks/speed.py [--quick] [--against FILE] [--json FILE]

One row a piece of work. The contestants take turns, so that a busy machine slows all of
them; times are medians. Memory is the peak of a process that does this work alone. The
last columns tell which part of the machine's measured matrix multiplication, in the
number format used, the layers' multiplications reach.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import contestants
import torch
from contestants import QUICK, WORKS, Job, Work

from fst_lessons.devices import best_dtype

NAMES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


def matrix_peak(dtype: torch.dtype, side: int = 2048) -> float:
    """Return the operations a second of the best of several matrix products."""
    a, b = torch.rand(2, side, side).to(dtype)
    a @ b
    return 2 * side**3 / min(seconds(lambda: a @ b) for _ in range(8))


def seconds(job: Job) -> float:
    """Return how long one run takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def take_turns(jobs: dict[str, Job], budget: float) -> dict[str, float]:
    """Return each job's median seconds over 3 to 15 rounds within a budget."""
    once = sum(seconds(job) for job in jobs.values())  # the first run also warms up
    rounds = min(15, max(3, int(budget / once)))
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            times[name].append(seconds(job))
    return {name: statistics.median(values) for name, values in times.items()}


def build(name: str, work: Work, against: str | None) -> Job | None:
    """Return a contestant's job; None where it has none."""
    if name == "stock":
        return contestants.stock_job(work)
    if name == "ours":
        return contestants.our_job(work)
    return contestants.outsider_job(contestants.outsider(against), work)


def peak_megabytes() -> float:
    """Return the most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("VmHWM")) / 1024
    import resource  # not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def memory_alone(name: str, index: int, args: argparse.Namespace) -> float:
    """Return the peak megabytes of a fresh process that does one work twice."""
    command = [sys.executable, __file__, "--alone", name, str(index)]
    command += ["--threads", str(args.threads)]
    command += ["--against", args.against] if args.against else []
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure(work: Work, args: argparse.Namespace, peaks: dict[str, float]) -> dict:
    """Return one row of the table."""
    names = ["stock", "ours", *(["against"] if args.against else [])]
    jobs = {name: build(name, work, args.against) for name in names}
    jobs = {name: job for name, job in jobs.items() if job is not None}
    times = take_turns(jobs, 2.0 if args.quick else 15.0)
    row = {"work": work.name, "size": work.size, "bar": work.bar}
    for name, value in times.items():
        row[f"{name}_ms"] = round(1e3 * value, 2)
        row[f"{name}_ratio"] = round(times["stock"] / value, 2)
        row[f"{name}_mb"] = round(memory_alone(name, WORKS.index(work), args))
    formats = {"stock": "float32", "ours": NAMES[best_dtype()]}
    for name, number in formats.items():
        reached = contestants.operations(work, stock=name == "stock") / times[name]
        row[f"{name}_of_peak"] = round(reached / peaks[number], 3)
    return row


def headings(args: argparse.Namespace) -> str:
    """Return the table's first line."""
    other = f"{Path(args.against).stem[:12]:>14}{'ratio':>7}" if args.against else ""
    return (
        f"{'work':34}{'stock ms':>9}{'ours ms':>9}{'ratio':>7}{other}"
        f"{'stock MB':>10}{'ours MB':>9}{'stock/peak':>12}{'ours/peak':>11}"
    )


def line(row: dict, args: argparse.Namespace) -> str:
    """Return a row as text."""
    other = ""
    if args.against:
        other = f"{row.get('against_ms', float('nan')):14.0f}"
        other += f"{row.get('against_ratio', float('nan')):7.1f}"
    return (
        f"{row['work']:34}{row['stock_ms']:9.0f}{row['ours_ms']:9.0f}"
        f"{row['ours_ratio']:7.1f}{other}{row['stock_mb']:10.0f}{row['ours_mb']:9.0f}"
        f"{row['stock_of_peak']:12.0%}{row['ours_of_peak']:11.0%}"
    )


def machine(peaks: dict[str, float]) -> dict:
    """Return what the numbers depend on."""
    able = torch.cpu.get_capabilities()
    return {
        "processor": able.get("cpu_name") or platform.processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "peak_gflops": {name: round(peak / 1e9) for name, peak in peaks.items()},
    }


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three rows, fewer rounds")
    parser.add_argument(
        "--against",
        metavar="FILE",
        help="a Python file with stylizer() or trainer(photos), see contestants.py",
    )
    parser.add_argument("--json", metavar="FILE", help="write the numbers there too")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Print the table, row by row."""
    args = arguments()
    torch.set_num_threads(args.threads)
    if args.alone:
        job = build(args.alone[0], WORKS[int(args.alone[1])], args.against)
        job(), job()
        print(peak_megabytes())
        return
    # what `fast` leaves aside is emulated here, and takes minutes
    used = {torch.float32, best_dtype()}
    peaks = {n: matrix_peak(dtype) for dtype, n in NAMES.items() if dtype in used}
    about = machine(peaks)
    speeds = ", ".join(f"{k} {v} GFLOP/s" for k, v in about["peak_gflops"].items())
    print(f"{about['processor']}, {about['threads']} threads, torch {about['torch']}")
    print(f"matrix multiplication: {speeds}\n\n{headings(args)}", flush=True)
    rows = []
    for work in QUICK if args.quick else WORKS:
        rows.append(measure(work, args, peaks))
        print(line(rows[-1], args), flush=True)
    gap = contestants.difference(WORKS[0])
    print(f"\nsame weights, same picture: {gap:.2f}/255 apart on average")
    if args.json:
        content = {"machine": about, "difference": round(gap, 3), "rows": rows}
        Path(args.json).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

"""Time the live page: a net in a headless browser, beside onnxruntime and PyTorch.

    python benchmarks/live_page.py [--net FILE] [--json FILE]

Needs the built book (`make book`) and a Chromium. Everything runs on one thread; rounds
take turns, so that a busy machine slows all alike. For the browser also the seconds
that the processor worked for the page: on a busy machine they tell more than the clock.
The last line is the time from opening the page, served from this machine, to the first
painting.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from screenshot import HTML, open_browser  # noqa: E402

from fst_lessons.adjustable_net import AdjustableTransformNet  # noqa: E402
from fst_lessons.adjusted import Adjusted  # noqa: E402
from fst_lessons.devices import best_dtype  # noqa: E402
from fst_lessons.export import load_exportable, to_onnx  # noqa: E402
from fst_lessons.fast import fast  # noqa: E402
from fst_lessons.onnx_painter import OnnxPainter  # noqa: E402

PAGE_NET, PLAIN_NET = "page_16", "nocturne"
SIZES = (256, 512)
PATIENCE = 600_000  # milliseconds
# an empty page of the book's server, with onnxruntime and one session for each net
START = """async ([files]) => {
    window.fstLive = {};
    const script = document.createElement('script');
    script.src = '/_static/vendor/live/wasm.js';
    await new Promise((done, fail) => {
        Object.assign(script, { onload: done, onerror: fail });
        document.head.append(script);
    });
    const { ort: text, mjs, wasm } = fstLive.wasm;
    (0, eval)(text + '; window.ort = ort;');
    const bytes = async (base64) =>
        (await fetch('data:application/octet-stream;base64,' + base64)).arrayBuffer();
    const packed = new Blob([await bytes(wasm)]).stream();
    ort.env.logLevel = 'error';
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = await new Response(
        packed.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
    const glue = new Blob([mjs], { type: 'text/javascript' });
    ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(glue) };
    window.nets = {};
    for (const [name, file] of Object.entries(files))
        nets[name] = await ort.InferenceSession.create(await bytes(file));
}"""
PAINT = """async ([name, size, styles]) => {
    const net = nets[name];
    const noise = Float32Array.from({ length: 3 * size * size }, Math.random);
    const inputs = { photograph: new ort.Tensor('float32', noise, [1, 3, size, size]) };
    if (net.inputNames.includes('strength')) {
        inputs.strength = new ort.Tensor('float32', [10], [1]);
        const blend = Array.from({ length: styles }, (_, i) => Number(i === 0));
        inputs.styles = new ort.Tensor('float32', blend, [1, styles]);
    }
    const start = performance.now();
    await net.run(inputs);
    return performance.now() - start;
}"""
FIRST = "() => document.getElementById('fst-paint')?.dataset.painted"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the book, and an empty page of its own."""

    def do_GET(self):
        """Answer a request."""
        if self.path != "/empty":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>empty</title>")

    def log_message(self, *_):
        """Say nothing."""


def serve() -> str:
    """Serve the built book from a thread; return its address."""
    handler = partial(Quiet, directory=HTML)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


class BrowserNets:
    """Nets in a page of their own."""

    def __init__(self, browser, address: str, files: dict[str, bytes]) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(f"{address}/empty")
        coded = {name: base64.b64encode(f).decode() for name, f in files.items()}
        self.page.evaluate(START, [coded])
        self.probe = self.page.context.new_cdp_session(self.page)
        self.probe.send("Performance.enable", {"timeDomain": "threadTicks"})

    def paint(self, name: str, size: int, styles: int) -> tuple[float, float]:
        """Return the milliseconds by the clock, and those the processor worked."""
        before = self._worked()
        clock = self.page.evaluate(PAINT, [name, size, styles])
        return clock, self._worked() - before

    def _worked(self) -> float:
        found = self.probe.send("Performance.getMetrics")["metrics"]
        return 1e3 * next(m["value"] for m in found if m["name"] == "TaskDuration")


def python_jobs(net, content: bytes, size: int) -> dict:
    """Return the same painting by onnxruntime and by PyTorch: {name: job}."""
    x = torch.rand(1, 3, size, size)
    painter = OnnxPainter(content, threads=1)
    jobs = {"onnxruntime": partial(painter, x)}
    for dtype in dict.fromkeys((torch.float32, best_dtype())):
        if isinstance(net, AdjustableTransformNet):
            middle, style = net.config.middle, net.config.styles[0]
            quick = Adjusted(net, middle, style, dtype=dtype)
        else:
            quick = fast(net, dtype=dtype)
        jobs[f"torch_{str(dtype).removeprefix('torch.')}"] = partial(quick, x)
    return jobs


def seconds(job) -> float:
    """Return how long one run takes."""
    start = time.perf_counter()
    with torch.no_grad():
        job()
    return time.perf_counter() - start


def measure(nets: dict, browser, address: str, rounds: int) -> list[dict]:
    """Return one row for each net and size, times in milliseconds."""
    files = {name: to_onnx(net) for name, net in nets.items()}
    there = BrowserNets(browser, address, files)
    rows, jobs, times = [], {}, {}
    for name, net in nets.items():
        styles = len(getattr(net.config, "styles", ()))
        for size in SIZES:
            mb = round(len(files[name]) / 1e6, 2)
            rows.append({"net": name, "size": size, "mb": mb, "styles": styles})
            jobs[name, size] = python_jobs(net, files[name], size)
    for turn in range(rounds + 2):
        for row in rows:
            key = row["net"], row["size"]
            clock, worked = there.paint(*key, row["styles"])
            found = {"browser": clock, "browser_worked": worked}
            found |= {k: 1e3 * seconds(job) for k, job in jobs[key].items()}
            if turn >= 2:  # the first ones compile and make room
                times.setdefault(key, []).append(found)
    there.page.close()
    for row in rows:
        taken = times[row["net"], row["size"]]
        for k in taken[0]:
            row[f"{k}_ms"] = round(statistics.median(t[k] for t in taken), 1)
        row["browser_best_ms"] = round(min(t["browser"] for t in taken), 1)
    return rows


def first_picture(browser, address: str, rounds: int) -> list[float]:
    """Return the seconds from opening the page to the first painting, sorted."""
    found = []
    for _ in range(rounds):
        context = browser.new_context()  # nothing kept from the last time
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        start = time.perf_counter()
        page.goto(f"{address}/book/live.html", wait_until="commit")
        page.wait_for_function(FIRST)
        found.append(round(time.perf_counter() - start, 2))
        context.close()
    return sorted(found)


def table(rows: list[dict]) -> str:
    """Return the rows as text."""
    names = [k for k in rows[0] if k.endswith("_ms")]
    titles = [k.removesuffix("_ms").replace("_", " ") for k in names]
    lines = [f"{'net':12}{'size':>6}{'MB':>7}" + "".join(f"{t:>17}" for t in titles)]
    for row in rows:
        start = f"{row['net']:12}{row['size']:6}{row['mb']:7.2f}"
        lines.append(start + "".join(f"{row[k]:17.0f}" for k in names))
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", default=PAGE_NET, help="of the page: name or file")
    parser.add_argument("--rounds", type=int, default=12, help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it there too")
    args = parser.parse_args()
    if not (HTML / "book" / "live.html").is_file():
        sys.exit(f"no live page in {HTML}: run `make book` first")
    torch.set_num_threads(1)
    plain = load_exportable(PLAIN_NET, width=16)
    nets = {"plain_16": plain, "page": load_exportable(args.net)}
    with open_browser() as browser:
        address = serve()
        rows = measure(nets, browser, address, args.rounds)
        first = first_picture(browser, address, 5)
        version = browser.version
    print("milliseconds a picture, one thread, medians\n" + table(rows))
    print(f"first picture after {statistics.median(first):.1f} s (of 5: {first})")
    if args.json:
        found = {"browser": f"Chromium {version}", "rows": rows, "first_picture": first}
        args.json.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

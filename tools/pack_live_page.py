"""Make what the live page loads: its net, its photographs and onnxruntime, as scripts.

A page opened from disk may not fetch files, but it may run scripts. So each file below
``book/_static/vendor/live`` is a script that holds text: onnxruntime's own files from
npm, packed, and the page's net as ``python -m fst_lessons export`` writes it.

    python tools/pack_live_page.py                   the net that comes with the package
    python tools/pack_live_page.py --net FILE        another adjustable net
"""

import argparse
import base64
import gzip
import io
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "book" / "_static" / "vendor" / "live"
PAINTER = ROOT / "book" / "_static" / "live" / "painter.js"
RUNTIME = ROOT / "node_modules" / "onnxruntime-web" / "dist"
NET = "page_16"
SLIDER = (1.0, 100.0)  # lambda; a net may have been trained for a wider range
# a backend of onnxruntime: its script, and what it loads
BACKENDS = {
    "wasm": ("ort.wasm.min.js", "ort-wasm-simd-threaded"),
    "webgpu": ("ort.webgpu.min.js", "ort-wasm-simd-threaded.asyncify"),
}
PHOTOS = ("cat", "pagoda", "mountains", "astronaut", "dahlia", "raccoon")
SIDE, THUMB = 1024, 96  # pixels, the longer side of a photograph, the side of a thumb
NOTICE = """onnxruntime-web, from the package of that name on npm.

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this
software and associated documentation files (the "Software"), to deal in the Software
without restriction, including without limitation the rights to use, copy, modify,
merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies
or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR
PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT
OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR
OTHER DEALINGS IN THE SOFTWARE.
"""


def text(content):
    """Return bytes as base64."""
    return base64.b64encode(content).decode("ascii")


def write(name, value, *, into):
    """Write a script that keeps a value for the page: ``fstLive.name = value``."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.js").write_text(f"{into} = {body};\n", encoding="utf-8")


def runtime(backend):
    """Return what a worker needs to run a net: two scripts, and onnxruntime packed."""
    script, stem = BACKENDS[backend]
    code = (RUNTIME / f"{stem}.wasm").read_bytes()
    return {
        "ort": (RUNTIME / script).read_text(encoding="utf-8"),
        "painter": PAINTER.read_text(encoding="utf-8"),
        "mjs": (RUNTIME / f"{stem}.mjs").read_text(encoding="utf-8"),
        "wasm": text(gzip.compress(code, 9, mtime=0)),  # always the same bytes
    }


def jpeg(picture, quality):
    """Return a picture as the address of itself."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + text(stream.getvalue())


def square(picture):
    """Return the middle of a picture, small."""
    from PIL import ImageOps

    return ImageOps.fit(picture, (THUMB, THUMB))


def photographs():
    """Return {name: what the page says and shows of it} of the bundled photographs."""
    from PIL import Image

    from fst_lessons import assets

    entries, found = assets.manifest(), {}
    for name in PHOTOS:
        with Image.open(assets.photo_path(name)) as file:
            picture = file.convert("RGB")
        picture.thumbnail((SIDE, SIDE))
        found[name] = {
            "title": name.replace("_", " ").capitalize(),
            "alt": " ".join(entries[f"photos/{name}.jpg"]["alt"].split()),
            "thumb": jpeg(square(picture), 80),
            "data": jpeg(picture, 85),
        }
    return found


def styles(painter):
    """Return what the page says and shows of each style: a photograph painted so."""
    from fst_lessons import assets
    from fst_lessons.images import load_image, to_pil

    photo, found = load_image(assets.photo_path(PHOTOS[0]), size=2 * THUMB), []
    for name in painter.styles:
        title = name.replace("_", " ").title()
        thumb = jpeg(square(to_pil(painter(photo, styles=name))), 85)
        alt = f"a small picture painted in the style {title}"
        found.append({"name": name, "title": title, "alt": alt, "thumb": thumb})
    return found


def write_net(source):
    """Export a net and write it with the photographs.

    Raises:
        ValueError: not an adjustable net.
    """
    from fst_lessons.adjustable_checkpoints import load_adjustable
    from fst_lessons.export import to_onnx
    from fst_lessons.onnx_painter import OnnxPainter

    content = to_onnx(load_adjustable(source)[0])
    painter, photos = OnnxPainter(content), photographs()
    later = {name: photos[name].pop("data") for name in PHOTOS[1:]}
    net = {
        "file": text(content),
        "styles": styles(painter),
        "lightest": max(painter.lightest, SLIDER[0]),
        "heaviest": min(painter.heaviest, SLIDER[1]),
        "first": PHOTOS[0],
        "photos": photos,
    }
    write("net", net, into="fstLive.net")
    lines = [
        f"fstLive.net.photos[{json.dumps(name)}].data = {json.dumps(data)};\n"
        for name, data in later.items()
    ]
    (OUT / "photos.js").write_text("".join(lines), encoding="utf-8")


def main():
    """Write all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("FST_LIVE_NET", NET)
    parser.add_argument("--net", default=default, help="name or file of a net")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if not RUNTIME.is_dir():
        sys.exit("no onnxruntime-web in node_modules: run tools/vendor.py first")
    OUT.mkdir(parents=True, exist_ok=True)
    for backend in BACKENDS:
        write(backend, runtime(backend), into=f"fstLive.{backend}")
    (OUT / "LICENSE").write_text(NOTICE, encoding="utf-8")
    css = (ROOT / "fst_lessons" / "explorer.css").read_text(encoding="utf-8")
    (OUT / "explorer.css").write_text(css, encoding="utf-8")
    try:
        write_net(args.net)
    except ValueError as error:
        sys.exit(str(error))
    size = sum(file.stat().st_size for file in OUT.iterdir())
    print(f"{OUT.relative_to(ROOT)}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

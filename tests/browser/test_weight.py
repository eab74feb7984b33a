"""What a page weighs with all that it loads, and the whole book."""

from pathlib import Path
from urllib.parse import unquote, urlparse

from chapters import PATHS, each_page
from screenshot import HTML

PAGE, BOOK = 3e6, 60e6  # bytes, as they lie on the disk, not packed for the way
ALBUM = {"data_and_licences": 6e6}  # it shows every photograph and style picture whole
RUNTIME = ("wasm.js", "webgpu.js", "net.js", "photos.js")  # what the live page runs


def weights(requests):
    """Return {file: bytes} of the files that a page asked for."""
    paths = {Path(unquote(urlparse(r).path)) for r in requests if r.startswith("file:")}
    return {path: path.stat().st_size for path in paths}


@each_page
def test_a_page_is_light(opened, name, record_property):
    loaded = weights(opened(name).requests)
    assert HTML / "book" / f"{name}.html" in loaded
    assert sum(path.suffix == ".css" for path in loaded) > 3
    own = {p: size for p, size in loaded.items() if p.name not in RUNTIME}
    record_property("megabytes", round(sum(own.values()) / 1e6, 2))
    heaviest = sorted(own.items(), key=lambda item: -item[1])[:5]
    assert sum(own.values()) < ALBUM.get(name, PAGE), [
        (p.name, size) for p, size in heaviest
    ]
    assert (own == loaded) == (name != "live")


def test_the_book_is_light(browser):
    files = [path for path in HTML.rglob("*") if path.is_file()]
    assert len(files) > 2 * len(PATHS)
    assert sum(path.stat().st_size for path in files) < BOOK


def test_only_used_icons_are_left(browser):
    scripts = [path.read_text("utf-8") for path in HTML.rglob("*.js")]
    packs = [script for script in scripts if '"magnifying-glass":[' in script]
    assert packs
    assert not any('"skull":[' in script for script in packs)
    assert list(HTML.rglob("*.map")) == []

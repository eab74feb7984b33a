"""Photograph a page of the built book with the machine's own Chromium.

The network is cut off, as for a reader on a train, so a picture also shows what a
page lacks without it.

    python tools/screenshot.py book/index /tmp/index.png
    python tools/screenshot.py 05_transfer_by_optimization out.png --dark --full
    python tools/screenshot.py 01_pixels_and_perception out.png --width 390
    python tools/screenshot.py book/index.html box.png --selector ".admonition"

PAGE is an address (file:// or http://localhost), a path of an HTML file, or the name
of a page below ``_build/html``. Errors of the page's console go to stderr.
"""

import argparse
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
# the first has no window of its own to draw and opens a page a third sooner
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# resolves once everything that was asked for before has been laid out and painted
LAID_OUT = "() => new Promise(go => requestAnimationFrame(() => setTimeout(go)))"
OFFLINE = (
    "--disable-background-networking",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


def find_chromium():
    """Return the path of an installed Chromium or Chrome, or None."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_browser():
    """Give a headless browser without a network; close it afterwards.

    Raises:
        RuntimeError: no Chromium was found.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise RuntimeError(
            "no Chromium found: install it (Debian: apt-get install chromium) or set "
            "the variable CHROMIUM to its path"
        )
    flags = list(OFFLINE)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


def page_address(page):
    """Return the address of a page given as address, path or page name.

    Raises:
        ValueError: there is no such page.
    """
    if "://" in page:
        return page
    name = page.removesuffix(".html") + ".html"
    for path in (Path(name), HTML / name, HTML / "book" / name):
        if path.is_file():
            return path.resolve().as_uri()
    raise ValueError(f"no page {page!r}: not a file, nor below {HTML}; build it first")


def settle(page):
    """Wait until a page's fonts and lazily loaded pictures are there."""
    page.wait_for_load_state("load")
    page.evaluate(
        """async () => {
            document.querySelectorAll('img[loading=lazy]').forEach(
                image => { image.loading = 'eager'; });
            await document.fonts.ready;
            await Promise.all([...document.images].map(
                image => image.decode().catch(() => null)));
        }"""
    )
    page.evaluate(LAID_OUT)


def take(page_name, out, *, width=1280, height=900, dark=False, full=False, part=None):
    """Save a picture of one page, or of the first match of the selector `part`."""
    with open_browser() as browser:
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=2 if width < 600 else 1,
        )
        page.on("pageerror", lambda error: print("page error:", error, file=sys.stderr))
        page.on("console", report)
        page.goto(page_address(page_name))
        settle(page)
        if part:
            page.locator(part).first.screenshot(path=out)
        else:
            page.screenshot(path=out, full_page=full)


def report(message):
    """Print a console message that is an error or a warning."""
    if message.type in ("error", "warning"):
        print(f"console {message.type}: {message.text}", file=sys.stderr)


def main():
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", help="address, HTML file, or page below _build/html")
    parser.add_argument("out", help="the PNG to write")
    parser.add_argument("--dark", action="store_true", help="dark colours")
    parser.add_argument("--width", type=int, default=1280, help="390 is a phone")
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--full", action="store_true", help="the whole page")
    parser.add_argument("--selector", help="only the first element it matches")
    args = parser.parse_args()
    take(
        args.page,
        args.out,
        width=args.width,
        height=args.height,
        dark=args.dark,
        full=args.full,
        part=args.selector,
    )


if __name__ == "__main__":
    main()

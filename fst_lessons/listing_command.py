"""The commands ``photos`` and ``styles``: what comes with the package.

python -m fst_lessons styles
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

from . import assets

WIDTHS = (32, 16)  # of nets, the widest first


def add_photos(commands: argparse._SubParsersAction) -> None:
    """Declare ``photos``, the bundled photographs, among `commands`."""
    text = "list the bundled photographs: name, title, author, licence"
    parser = commands.add_parser("photos", help=text, description=text)
    parser.set_defaults(run=run_photos)


def add_styles(commands: argparse._SubParsersAction) -> None:
    """Declare ``styles``, the style pictures and trained nets, among `commands`."""
    text = "list the bundled style pictures and the trained nets"
    parser = commands.add_parser("styles", help=text, description=text)
    parser.set_defaults(run=run_styles)


def run_photos(options: argparse.Namespace) -> int:
    """Print a line for each photograph.

    Args:
        options: read by nobody; a command has none of its own.

    Returns:
        The exit code, 0.
    """
    for name in assets.photo_names():
        print(_picture_line(name, assets.photo_path(name)))
    return 0


def run_styles(options: argparse.Namespace) -> int:
    """Print a line for each style picture, each net of another, each adjustable net.

    A style's line ends with the widths of its nets, where it has any.

    Args:
        options: read by nobody; a command has none of its own.

    Returns:
        The exit code, 0.
    """
    widths = trained_widths()
    pictures = assets.style_names()
    for name in pictures:
        line = _picture_line(name, assets.style_path(name))
        print(f"{line:102}  {_nets(widths[name])}" if name in widths else line)
    others = [name for name in widths if name not in pictures]
    if others:
        print("\ntrained nets whose style pictures do not come with the package:")
    for line in _net_lines(others, widths):
        print(line)
    several = list(_adjustable_lines())
    if several:
        print("\nadjustable nets, of several styles and with lambda as an input:")
    for line in several:
        print(line)
    return 0


def trained_widths() -> dict[str, list[int]]:
    """Return {name: widths} of the nets that come with the package, sorted by name."""
    from .checkpoints import net_names  # imports torch

    named = {width: net_names(width=width) for width in WIDTHS}
    names = sorted({name for names in named.values() for name in names})
    return {name: [width for width in WIDTHS if name in named[width]] for name in names}


def _picture_line(name: str, path: Path) -> str:
    entry = assets.manifest()[path.relative_to(assets.data_path()).as_posix()]
    return _columns(name, entry["title"], entry["author"], entry["licence"])


def _net_lines(names: list[str], widths: dict[str, list[int]]) -> Iterator[str]:
    from .checkpoints import read_card

    for name in names:
        style = read_card(name)["style"]
        made = [str(style[key]) for key in ("painter", "year") if style.get(key)]
        title = style.get("title") or style["name"]
        yield _columns(name, title, ", ".join(made), _nets(widths[name]))


def _adjustable_lines() -> Iterator[str]:
    from .adjustable_checkpoints import adjustable_names, read_adjustable_card

    for name in adjustable_names():
        net = read_adjustable_card(name)["net"]
        span = f"lambda {net['lightest']:g} to {net['heaviest']:g}"
        yield f"{name:14}  {', '.join(net['styles'])}; {span}; width {net['width']}"


def _columns(name: str, title: str, author: str, last: str) -> str:
    title = textwrap.shorten(title, 40, placeholder="...")
    author = textwrap.shorten(author, 30, placeholder="...")
    return f"{name:14}  {title:40}  {author:30}  {last}"


def _nets(widths: list[int]) -> str:
    return "net: width " + ", ".join(map(str, widths))

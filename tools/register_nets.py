"""Give every net in data/weights its entry in the manifest.

    python tools/register_nets.py

Title, painter and year come from the recipe card inside each file.
"""

from pathlib import Path

from manifest_entries import replace_entries

from fst_lessons import assets
from fst_lessons.adjustable_checkpoints import FOLDER as ADJUSTABLE_FOLDER
from fst_lessons.adjustable_checkpoints import read_adjustable_card
from fst_lessons.checkpoints import (
    FOLDER,
    SUPER_RESOLUTION_FOLDER,
    read_card,
    read_super_resolution_card,
)

OURS = "The fst_lessons authors"


def entry(path) -> dict:
    """Return the manifest's entry of a net."""
    card = read_card(path)
    style, recipe = card["style"], card["recipe"]
    title = style.get("title", style["name"])
    return described(
        path,
        title=f"Transform net for “{title}”, width {recipe['width']}",
        origin=f"python -m fst_lessons train; style: {credit(style)}",
    )


def adjustable_entry(path) -> dict:
    """Return the manifest's entry of a net for several styles."""
    card = read_adjustable_card(path)
    styles = "; ".join(credit(style) for style in card["styles"])
    return described(
        path,
        title=f"Adjustable net of {len(card['styles'])} styles, "
        f"width {card['recipe']['width']}",
        origin=f"python -m fst_lessons train --adjustable; styles: {styles}",
    )


def sharp_entry(path) -> dict:
    """Return the manifest's entry of a net that enlarges."""
    recipe = read_super_resolution_card(path)["recipe"]
    net = "SRCNN" if recipe["net"].startswith("srcnn") else "Super-resolution net"
    return described(
        path,
        title=f"{net}, {recipe['factor']} times, {recipe['loss']} loss",
        origin="python -m fst_lessons train-sr",
    )


def credit(style: dict) -> str:
    """Return title, painter and year of a style picture, as far as known."""
    painted = style.get("painter", OURS)
    by = "this book's own code" if painted == OURS else painted
    year = f", {style['year']}, in the public domain" if "year" in style else ""
    return f"{style.get('title', style['name'])} by {by}{year}"


def described(path, *, title: str, origin: str) -> dict:
    """Return an entry."""
    return {
        "path": path.relative_to(assets.data_path()).as_posix(),
        "kind": "net",
        "title": title,
        "author": OURS,
        "origin": origin,
        "licence": "BSD-3-Clause",
        "sha256": assets.sha256_of(path),
    }


def main() -> None:
    """Replace the entries of all nets."""
    weights = assets.data_path("weights")
    files = {
        path: make
        for folder, make in (
            (assets.data_path(*FOLDER), entry),
            (weights / "experiments", entry),
            (assets.data_path() / Path(*ADJUSTABLE_FOLDER), adjustable_entry),
            (assets.data_path() / Path(*SUPER_RESOLUTION_FOLDER), sharp_entry),
        )
        for path in sorted(folder.glob("*.safetensors"))
    }
    replace_entries("net", [make(path) for path, make in files.items()])
    print(f"{len(files)} nets registered")


if __name__ == "__main__":
    main()

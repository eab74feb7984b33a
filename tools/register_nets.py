"""Give every net in data/weights/styles and experiments its entry in the manifest.

    python tools/register_nets.py

Title, painter and year come from the recipe card inside each file.
"""

import json

from fst_lessons import assets
from fst_lessons.checkpoints import FOLDER, read_card

OURS = "The fst_lessons authors"


def entry(path) -> dict:
    """Return the manifest's entry of a net."""
    card = read_card(path)
    style, recipe = card["style"], card["recipe"]
    painted = style.get("painter", OURS)
    by = "this book's own code" if painted == OURS else painted
    year = f", {style['year']}, in the public domain" if "year" in style else ""
    title = style.get("title", style["name"])
    return {
        "path": path.relative_to(assets.data_path()).as_posix(),
        "kind": "net",
        "title": f"Transform net for “{title}”, width {recipe['width']}",
        "author": OURS,
        "origin": f"python -m fst_lessons train; style: {title} by {by}{year}",
        "licence": "BSD-3-Clause",
        "sha256": assets.sha256_of(path),
    }


def main() -> None:
    """Replace the entries of all nets."""
    manifest = assets.data_path("manifest.json")
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    entries = [e for e in entries if e["kind"] != "net"]
    folders = assets.data_path(*FOLDER), assets.data_path("weights") / "experiments"
    files = [
        path for folder in folders for path in sorted(folder.glob("*.safetensors"))
    ]
    entries += [entry(path) for path in files]
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    manifest.write_text(text, encoding="utf-8")
    print(f"{len(files)} nets registered")


if __name__ == "__main__":
    main()

"""The precomputed pictures behind the λ sliders: every cell is a plain style transfer.

    python -m fst_lessons.lambda_grids

paints each pair of pictures once for every style weight and every TV weight, from the
same start and with the same recipe. It writes one WebP sheet per pair beside one JSON
with the losses, the recipe and the hashes of what went in. It can be stopped at any
time and goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from . import assets
from .grids import FOLDER, TERMS, Grid, GridRecipe, Pair, load_grid, load_inputs
from .images import load_image, save_image, to_pil
from .loss_network import LossNetwork, load_loss_network
from .losses import total_variation
from .optimize_image import transfer_style

__all__ = ["PAIRS", "RECIPE", "Grid", "GridRecipe", "Pair", "load_grid", "make_grid"]

PAIRS = (
    Pair(
        "pagoda",
        "nocturne",
        "Pagoda × Nocturne",
        "A temple tower above a lake, in the blue and yellow whirls of a painted night",
    ),
    Pair(
        "cat",
        "stained_glass",
        "Cat × Stained glass",
        "The face of a tabby cat, in the glowing pieces of a stained glass window",
    ),
)
RECIPE = GridRecipe()


def paint_cell(
    content: Tensor,
    style: Tensor,
    *,
    style_weight: float,
    tv_weight: float,
    loss_network: LossNetwork,
    recipe: GridRecipe = RECIPE,
) -> tuple[Tensor, list[float]]:
    """Return one picture and its losses in the order of `TERMS`.

    Args:
        content: `(1, 3, H, W)` in [0, 1].
        style: `(1, 3, H', W')` in [0, 1].
        style_weight: lambda_s, where lambda_c is 1.
        tv_weight: lambda_TV.
        loss_network: what the recipe's `network` names.
        recipe: the rest.
    """
    result = transfer_style(
        content,
        style,
        loss_network=loss_network,
        style_weight=style_weight,
        tv_weight=tv_weight,
        start=recipe.start,
        optimizer=recipe.optimizer,
        num_steps=recipe.num_steps,
        progress=False,
    )
    # a term without weight is not evaluated, but shown all the same
    losses = {"tv": float(total_variation(result.image)), **result.losses}
    return result.image, [float(f"{losses[term]:.4g}") for term in TERMS]


def make_grid(
    folder: Path,
    *,
    pairs: Sequence[Pair] = PAIRS,
    recipe: GridRecipe = RECIPE,
    name: str = "transfer",
    loss_network: LossNetwork | None = None,
    cache: Path | None = None,
) -> dict:
    """Paint every cell that is not yet painted, and write sheets and JSON.

    Args:
        folder: where they go.
        pairs: the pictures.
        recipe: how.
        name: of the JSON.
        loss_network: default the one that the recipe names.
        cache: where finished cells wait; default a folder of temporary files that is
            named after everything that goes into a cell.

    Returns:
        What the JSON says.

    Raises:
        ValueError: a picture is not there.
    """
    if loss_network is None:
        loss_network = load_loss_network(recipe.network)
    weights = _hash_weights(loss_network)
    cells = len(recipe.tv_weights) * len(recipe.style_weights)
    entries, done, began = [], 0, time.perf_counter()
    for pair in pairs:
        shelf = cache or _default_cache(pair, recipe, weights)
        shelf.mkdir(parents=True, exist_ok=True)
        painted = []
        for cell in _paint_pair(pair, recipe, loss_network, shelf):
            painted.append(cell)
            done += 1
            seconds = time.perf_counter() - began
            left = seconds / done * (cells * len(pairs) - done)
            print(f"{pair.name} {len(painted)}/{cells}, {left:.0f} s left", flush=True)
        entries.append(_write_sheet(folder, pair, recipe, painted))
    facts = {
        "recipe": asdict(recipe),
        "weights_sha256": weights,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "terms": TERMS,
        "pairs": entries,
    }
    _write_text(
        folder / f"{name}.json", json.dumps(facts, indent=1, ensure_ascii=False)
    )
    return facts


def _paint_pair(
    pair: Pair, recipe: GridRecipe, loss_network: LossNetwork, shelf: Path
) -> Iterator[tuple[Tensor, list[float]]]:
    """Yield every cell of a pair, row by row, from the shelf if it lies there."""
    content, style = load_inputs(pair.photo, pair.style, recipe)
    for tv_weight in recipe.tv_weights:
        for style_weight in recipe.style_weights:
            stem = shelf / f"{pair.name}_tv{tv_weight:g}_style{style_weight:g}"
            picture, numbers = (Path(f"{stem}{ending}") for ending in (".png", ".json"))
            if not numbers.is_file():
                image, losses = paint_cell(
                    content,
                    style,
                    style_weight=style_weight,
                    tv_weight=tv_weight,
                    loss_network=loss_network,
                    recipe=recipe,
                )
                save_image(image, picture)
                _write_text(numbers, json.dumps(losses))  # last: it marks the cell done
            yield load_image(picture), json.loads(numbers.read_text(encoding="utf-8"))


def _write_sheet(
    folder: Path,
    pair: Pair,
    recipe: GridRecipe,
    cells: list[tuple[Tensor, list[float]]],
) -> dict:
    """Write the sheet of one pair; return its entry in the JSON."""
    columns = len(recipe.style_weights)
    rows = range(0, len(cells), columns)
    picture = torch.cat(
        [
            torch.cat([image for image, _ in cells[i : i + columns]], dim=3)
            for i in rows
        ],
        dim=2,
    )  # (1, 3, rows * size, columns * size)
    path = folder / f"{pair.name}.webp"
    _write_bytes(path, _compress(picture, recipe.sheet_bytes))
    return {
        **asdict(pair),
        "sheet": path.name,
        "sha256": assets.sha256_of(path),
        "photo_sha256": assets.sha256_of(assets.photo_path(pair.photo)),
        "style_sha256": assets.sha256_of(assets.style_path(pair.style)),
        "losses": [[losses for _, losses in cells[i : i + columns]] for i in rows],
    }


def _compress(picture: Tensor, limit: int) -> bytes:
    """Return the finest WebP that is not larger than the limit, or the coarsest."""
    for quality in range(90, 10, -4):
        buffer = io.BytesIO()
        to_pil(picture).save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= limit:
            break
    return buffer.getvalue()


# what a cell looks like hangs on these files too
CODE = ("images", "vgg", "loss_network", "losses", "coordinates", "descent")
CODE += ("optimize_image",)


def _default_cache(pair: Pair, recipe: GridRecipe, weights: str) -> Path:
    """Return a folder that no other recipe, picture, network or code would use."""
    package = Path(__file__).parent
    inputs = [assets.photo_path(pair.photo), assets.style_path(pair.style)]
    inputs += [path for name in CODE if (path := package / f"{name}.py").is_file()]
    what = asdict(recipe)
    for name in ("style_weights", "tv_weights", "default", "sheet_bytes"):
        del what[name]  # these choose among cells, they change none
    hashes = [assets.sha256_of(path) for path in inputs]
    key = hashlib.sha256(json.dumps([what, hashes, weights]).encode()).hexdigest()
    return Path(tempfile.gettempdir()) / "fst_lambda_grids" / key[:16]


def _hash_weights(network: LossNetwork) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(network.state_dict().items()):
        digest.update(name.encode() + values.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _write_text(path: Path, text: str) -> None:
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(temporary).chmod(0o644)
    os.replace(temporary, path)


def list_in_manifest(folder: Path, facts: dict, *, name: str = "transfer") -> None:
    """Enter the files of the grid `name`, its `facts`, in the manifest by `folder`."""
    path = folder.parent / "manifest.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    entries = [e for e in entries if not e["path"].startswith(f"{FOLDER}/")]
    made = {"kind": "lambda_grid", "author": "The fst_lessons authors"}
    made |= {"licence": "CC-BY-4.0", "origin": "python -m fst_lessons.lambda_grids"}
    for pair in facts["pairs"]:
        file = {"path": f"{FOLDER}/{pair['sheet']}", "title": pair["label"]}
        stems = f"photos/{pair['photo']}.", f"styles/{pair['style']}."
        sources = [
            f"{e['path']} by {e['author']} ({e['licence']})"
            for e in entries
            if e["path"].startswith(stems)
        ]
        origin = f"{made['origin']}, from {' and '.join(sources)}"
        entries.append({**file, **made, "origin": origin, "sha256": pair["sha256"]})
    file = {"path": f"{FOLDER}/{name}.json", "title": "Recipe and losses of the grid"}
    entries.append(
        {**file, **made, "sha256": assets.sha256_of(folder / f"{name}.json")}
    )
    _write_text(path, json.dumps(entries, indent=2, ensure_ascii=False) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, `arguments`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fst_lessons.lambda_grids", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, help="a folder; default data/lambda_grids")
    parser.add_argument(
        "--threads", type=int, default=1, help="more only help on an idle machine"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    folder = options.out or assets.data_path() / FOLDER
    began = time.perf_counter()
    facts = make_grid(folder)
    if options.out is None:
        list_in_manifest(folder, facts)
    size = sum((folder / pair["sheet"]).stat().st_size for pair in facts["pairs"])
    print(f"{folder}: {size / 1000:.0f} kB in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

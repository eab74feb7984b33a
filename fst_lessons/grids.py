"""The grid of pictures behind the λ sliders: what is in it, and how to read it.

`lambda_grids` makes one.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from PIL import Image
from torch import Tensor

from . import assets
from .images import from_pil, load_image

FOLDER = "lambda_grids"
TERMS = ("content", "style", "tv", "total")
STRENGTHS = (
    "almost the photograph",
    "lightly painted",
    "half photograph, half painting",
    "a painting through and through",
    "the style has taken over",
)


@dataclass(frozen=True)
class Pair:
    """A photograph and the style it is painted in.

    Attributes:
        photo: bundled name.
        style: bundled name.
        label: what the slider's choice says.
        alt: what the painting shows, in words.
    """

    photo: str
    style: str
    label: str
    alt: str

    @property
    def name(self) -> str:
        """The stem of the pair's sheet."""
        return f"{self.photo}_{self.style}"


@dataclass(frozen=True)
class GridRecipe:
    """Everything that decides what a cell looks like, apart from the pictures.

    Each cell starts from the photograph itself: no cell inherits from its neighbour.
    The weights are in the relative units of `PerceptualLoss`, with lambda_c = 1, so a
    style weight is the ratio lambda_s / lambda_c.

    Attributes:
        style_weights: of the columns.
        tv_weights: of the rows.
        default: row of `tv_weights` and column of `style_weights` to begin with.
        size: longer side of the photograph, pixels.
        style_size: longer side of the style picture, pixels.
        num_steps: evaluations a cell.
        optimizer: see `optimize_image`.
        start: see `optimize_image.make_start`.
        network: name of the loss network.
        sheet_bytes: of a sheet, at most: a page with two of them stays light.
    """

    style_weights: tuple[float, ...] = (
        0.1,
        0.3,
        1.0,
        3.0,
        10.0,
        30.0,
        100.0,
        300.0,
        1000.0,
    )
    tv_weights: tuple[float, ...] = (0.0, 5.0, 50.0)
    default: tuple[int, int] = (1, 6)
    size: int = 224
    style_size: int = 224
    num_steps: int = 120
    optimizer: str = "lbfgs"
    start: str = "content"
    network: str = "pocket"
    sheet_bytes: int = 205_000


@dataclass(frozen=True)
class Grid:
    """A grid as it is stored: pictures in sheets, facts beside them.

    Attributes:
        facts: what the JSON says.
        sheets: one WebP file per pair, its cells in rows of equal TV weight.
    """

    facts: dict
    sheets: tuple[bytes, ...]

    @property
    def recipe(self) -> GridRecipe:
        """How every cell was made."""
        values = dict(self.facts["recipe"])
        for name in ("style_weights", "tv_weights", "default"):
            values[name] = tuple(values[name])
        return GridRecipe(**values)

    @property
    def pairs(self) -> list[dict]:
        """One entry per pair: names, label, alt text, hashes, losses."""
        return self.facts["pairs"]

    def losses(self, pair: int, tv: int, style: int) -> dict[str, float]:
        """Return unweighted terms and weighted total of a cell: pair, `tv`, `style`."""
        return dict(zip(TERMS, self.pairs[pair]["losses"][tv][style], strict=True))

    def picture(self, pair: int, tv: int, style: int) -> Tensor:
        """Return the picture of a cell (pair, `tv`, `style`), `(1, 3, H, W)` in [0, 1].

        Raises:
            ValueError: there is no such cell.
        """
        recipe = self.recipe
        shape = (len(self.pairs), len(recipe.tv_weights), len(recipe.style_weights))
        if not all(0 <= i < n for i, n in zip((pair, tv, style), shape, strict=True)):
            raise ValueError(f"no cell {(pair, tv, style)} in a grid of shape {shape}")
        size = recipe.size
        with Image.open(io.BytesIO(self.sheets[pair])) as sheet:
            left, top = style * size, tv * size
            return from_pil(sheet.crop((left, top, left + size, top + size)))


def load_grid(name: str = "transfer") -> Grid:
    """Return a bundled grid.

    Raises:
        ValueError: no grid of this name, or a sheet that is not what was made.
    """
    try:
        folder = assets.data_path(FOLDER)
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise ValueError(
            f"no readable grid {name!r} ({error}); make it with "
            "python -m fst_lessons.lambda_grids"
        ) from error
    sheets = []
    for pair in facts["pairs"]:
        assets.verify(folder / pair["sheet"], pair["sha256"])
        sheets.append((folder / pair["sheet"]).read_bytes())
    return Grid(facts, tuple(sheets))


def load_inputs(photo: str, style: str, recipe: GridRecipe) -> tuple[Tensor, Tensor]:
    """Return the photograph and the style picture as a cell sees them.

    Args:
        photo: name of a bundled photograph.
        style: name of a bundled style picture.
        recipe: for the sizes.
    """
    content = load_image(assets.photo_path(photo), size=recipe.size, square=True)
    painting = load_image(assets.style_path(style), size=recipe.style_size, square=True)
    return content, painting


def cell_facts(grid: Grid) -> dict[str, Any]:
    """Return alt texts, losses and weighted parts of a grid's cells, in sheet order."""
    recipe, alts = grid.recipe, []
    losses: dict[str, list[float]] = {term: [] for term in TERMS[:-1]}
    parts: dict[str, list[float]] = {term: [] for term in TERMS[:-1]}
    last = len(recipe.style_weights) - 1
    for number, pair in enumerate(grid.pairs):
        for row, tv_weight in enumerate(recipe.tv_weights):
            for column, style_weight in enumerate(recipe.style_weights):
                weights = {"content": 1.0, "style": style_weight, "tv": tv_weight}
                cell = grid.losses(number, row, column)
                for term, weight in weights.items():
                    losses[term].append(cell[term])
                    parts[term].append(weight * cell[term])
                strength = STRENGTHS[round(column / last * (len(STRENGTHS) - 1))]
                alts.append(
                    f"{pair['alt']}: {strength}. Style weight {style_weight:g} times "
                    f"the content weight, smoothing weight {tv_weight:g}."
                )
    return {"alts": alts, "losses": losses, "parts": parts}


def describe_grid(grid: Grid) -> str:
    """Return how a grid's pictures were made, as HTML."""
    recipe = grid.recipe
    cells = len(grid.pairs) * len(recipe.tv_weights) * len(recipe.style_weights)
    return (
        f"Each of the {cells} positions is a picture of its own: {recipe.num_steps} "
        f"evaluations of L-BFGS from the photograph, {recipe.size} × {recipe.size} "
        "pixels; nothing is blended. Losses are relative, before their weights."
    )

"""An explorer: sliders over a grid of finished pictures, on a page without a kernel."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from .grids import Grid, cell_facts, describe_grid, load_grid, load_inputs
from .html_figures import COLORS, Figure, check_alt, data_uri, img_tag, subscripts, webp
from .images import from_pil, resize

NAMES = {"tv": "total variation"}
STRIP = 5  # cells in the still picture
STRIP_SIZE = 144  # pixels, of one of them


@dataclass(frozen=True)
class Axis:
    """One control of an explorer.

    Attributes:
        name: as it is printed; `λ_s` gets a subscript.
        values: what each position is called.
        kind: "range" is a slider, "choice" a row of chips.
        spoken: the name for a screen reader; default the name.
        ends: what a slider's two ends look like, in a few words.
        thumbs: for each chip, small pictures as WebP.
        thumb_alts: what the small pictures of a chip are, one word or two for each.
    """

    name: str
    values: Sequence[str]
    kind: Literal["range", "choice"] = "range"
    spoken: str = ""
    ends: tuple[str, str] | None = None
    thumbs: Sequence[Sequence[bytes]] | None = None
    thumb_alts: Sequence[str] = ("the photograph", "the style picture")

    def __post_init__(self) -> None:
        if self.kind not in ("range", "choice"):
            raise ValueError(f"kind must be 'range' or 'choice', got {self.kind!r}")
        if isinstance(self.values, str) or len(self.values) < 2:
            raise ValueError(
                f"axis {self.name!r} needs two values or more to move between"
            )

    def as_json(self) -> dict:
        """Return what the script reads."""
        found: dict = {
            "name": self.name,
            "values": list(self.values),
            "kind": self.kind,
        }
        found["spoken"] = self.spoken or self.name
        if self.ends:
            found["ends"] = self.ends
        if self.thumbs:
            found["thumbs"] = [[data_uri(t) for t in each] for each in self.thumbs]
            found["thumbAlts"] = self.thumb_alts
        return found


class LambdaExplorer(Figure):
    """A grid of finished pictures behind sliders: every position shows one real result.

    Cells are counted with the last axis fastest. A sheet holds equally many of them, in
    rows as long as the last axis.

    Args:
        axes: the controls.
        sheets: WebP pictures of the cells.
        alts: one alt text per cell.
        losses: {term: one value per cell}, shown as numbers and as bars.
        parts: {term: one weighted value per cell}, whose sum is the total.
        initial: the position to begin with, one index per axis.
        before: one picture per sheet, `(1, 3, h, w)`, that can be laid over the cell.
        before_label: what those are, in a word.
        colors: {term: a CSS color}, of the bars; those of style transfer are known.
        caption: HTML below.

    Raises:
        ValueError: numbers of cells, losses or alt texts that do not agree with the
            axes, a position outside, or a sheet that does not divide into cells.
    """

    kind = "explorer"

    def __init__(
        self,
        axes: Sequence[Axis],
        sheets: Sequence[bytes],
        *,
        alts: Sequence[str],
        losses: Mapping[str, Sequence[float]] | None = None,
        parts: Mapping[str, Sequence[float]] | None = None,
        initial: Sequence[int] | None = None,
        before: Sequence[Tensor] | None = None,
        before_label: str = "photograph",
        colors: Mapping[str, str] | None = None,
        caption: str = "",
    ) -> None:
        self.axes, self.sheets, self.alts = tuple(axes), tuple(sheets), list(alts)
        self.losses, self.parts = dict(losses or {}), dict(parts or {})
        self.shape = tuple(len(axis.values) for axis in self.axes)
        self.initial = tuple(initial) if initial is not None else (0,) * len(self.shape)
        self.before, self.before_label = before, before_label
        self.colors, self.caption = {**COLORS, **(colors or {})}, caption
        self.grid: Grid | None = None
        self._check()
        self._pictures = [
            Image.open(io.BytesIO(sheet)).convert("RGB") for sheet in sheets
        ]
        self.cell = self._cell_size()

    @classmethod
    def from_pictures(
        cls,
        axes: Sequence[Axis],
        pictures: Sequence[Tensor],
        *,
        quality: int = 75,
        **settings,
    ) -> LambdaExplorer:
        """Return an explorer over pictures in memory, the last axis fastest.

        Args:
            axes: the controls.
            pictures: one `(1, 3, h, w)` in [0, 1] per cell, all of one size.
            quality: of the WebP sheet.
            **settings: as for the class.
        """
        columns = len(axes[-1].values) if axes else 0
        if not pictures or not columns or len(pictures) % columns:
            raise ValueError(f"{len(pictures)} pictures do not fill rows of {columns}")
        starts = range(0, len(pictures), columns)
        rows = [torch.cat(list(pictures[i : i + columns]), dim=3) for i in starts]
        return cls(axes, [webp(torch.cat(rows, dim=2), quality)], **settings)

    @classmethod
    def from_grid(
        cls, name: str = "transfer", *, caption: str | None = None
    ) -> LambdaExplorer:
        """Return the explorer of the bundled grid `name`, with a caption.

        Raises:
            ValueError: no such grid.
        """
        grid = load_grid(name)
        recipe, pairs = grid.recipe, grid.pairs
        inputs = [load_inputs(pair["photo"], pair["style"], recipe) for pair in pairs]
        found = cls(
            _grid_axes(grid, inputs),
            grid.sheets,
            initial=(0, *recipe.default),
            before=[content for content, _ in inputs],
            caption=describe_grid(grid) if caption is None else caption,
            **cell_facts(grid),
        )
        found.grid = grid
        return found

    def __repr__(self) -> str:
        return f"LambdaExplorer({' x '.join(map(str, self.shape))} pictures)"

    def picture(self, *place: int) -> Tensor:
        """Return the picture at a place of every axis, `(1, 3, h, w)` in [0, 1]."""
        self._check_place(place)
        sheet, index = divmod(
            self._number(place), math.prod(self.shape) // len(self.sheets)
        )
        height, width = self.cell
        row, column = divmod(index, self.shape[-1])
        left, top = column * width, row * height
        return from_pil(
            self._pictures[sheet].crop((left, top, left + width, top + height))
        )

    def _number(self, place: Sequence[int]) -> int:
        cell = 0
        for index, length in zip(place, self.shape, strict=True):
            cell = cell * length + index
        return cell

    def _check(self) -> None:
        cells = math.prod(self.shape)
        if not self.axes or not self.sheets or cells % len(self.sheets):
            raise ValueError(
                f"{cells} cells cannot be shared among {len(self.sheets)} sheets"
            )
        counted = {"alt texts": self.alts, **self.losses, **self.parts}
        for what, values in counted.items():
            if len(values) != cells:
                raise ValueError(f"{len(values)} values of {what} for {cells} cells")
        for alt in self.alts:
            check_alt(alt)
        if self.before is not None and len(self.before) != len(self.sheets):
            raise ValueError(
                f"{len(self.before)} pictures to lay over {len(self.sheets)} sheets"
            )
        self._check_place(self.initial)

    def _check_place(self, place: Sequence[int]) -> None:
        if len(place) != len(self.shape) or not all(
            0 <= index < length
            for index, length in zip(place, self.shape, strict=False)
        ):
            raise ValueError(
                f"no position {tuple(place)} in a grid of shape {self.shape}"
            )

    def _cell_size(self) -> tuple[int, int]:
        columns = self.shape[-1]
        rows = math.prod(self.shape) // len(self.sheets) // columns
        for picture in self._pictures:
            if picture.size != self._pictures[0].size:
                raise ValueError("the sheets differ in size")
            if picture.width % columns or picture.height % rows:
                raise ValueError(
                    f"a sheet of {picture.width}x{picture.height} pixels does not "
                    f"divide into {columns} columns and {rows} rows"
                )
        return self._pictures[0].height // rows, self._pictures[0].width // columns

    def _body(self) -> str:
        data = json.dumps(self._data(), ensure_ascii=False, separators=(",", ":"))
        data = data.replace("</", "<\\/")  # else it could end its own element
        return (
            f'<div class="fst-still">{self._still()}</div>'
            f'<script type="application/json" class="fst-data">{data}</script>'
        )

    def _data(self) -> dict:
        """Return what the script reads."""
        sliders = [i for i, axis in enumerate(self.axes) if axis.kind == "range"]
        height, width = self.cell
        found = {
            "axes": [axis.as_json() for axis in self.axes],
            "initial": self.initial,
            "along": max(sliders, key=lambda i: self.shape[i], default=None),
            "columns": self.shape[-1],
            "rows": math.prod(self.shape) // len(self.sheets) // self.shape[-1],
            "width": width,
            "height": height,
            "alts": self.alts,
            "terms": [
                {
                    "name": NAMES.get(term, term),
                    "color": self.colors.get(term, "#888888"),
                }
                for term in self.losses
            ],
            "losses": list(zip(*self.losses.values(), strict=True)),
            "sheets": [data_uri(sheet) for sheet in self.sheets],
        }
        if self.parts:
            found["parts"] = list(zip(*self.parts.values(), strict=True))
            found["totals"] = [float(f"{sum(values):.4g}") for values in found["parts"]]
        if self.before is not None:
            found["before"] = [data_uri(webp(photo, 78)) for photo in self.before]
            found["beforeLabel"] = self.before_label
        return found

    def _still(self) -> str:
        """Return a strip of cells along the last axis, one row for each sheet."""
        last, per_sheet = self.shape[-1] - 1, math.prod(self.shape) // len(self.sheets)
        count = min(STRIP, last + 1)
        columns = [round(i * last / (count - 1)) for i in range(count)]
        offset = self._number(self.initial) % per_sheet
        row = offset - offset % self.shape[-1]
        rows = []
        for sheet in range(len(self.sheets)):
            places = [
                self._place(sheet * per_sheet + row + column) for column in columns
            ]
            cells = [resize(self.picture(*place), STRIP_SIZE) for place in places]
            rows.append(torch.cat(cells, dim=3))
        values = [self.axes[-1].values[column] for column in columns]
        name = self.axes[-1].spoken or self.axes[-1].name
        alt = f"{count} results side by side, {name} {', '.join(values)}."
        if len(self.sheets) > 1:
            alt = f"{len(self.sheets)} rows of {alt}"
        start = self.alts[self._number(self.initial)]
        image = img_tag(webp(torch.cat(rows, dim=2), 62), f"{alt} One of them: {start}")
        labels = "".join(f"<span>{subscripts(value)} </span>" for value in values)
        title = f"<div>{subscripts(self.axes[-1].name)}, from left to right:</div>"
        return f'{image}{title}<div class="fst-labels">{labels}</div>'

    def _place(self, cell: int) -> tuple[int, ...]:
        place: list[int] = []
        for length in reversed(self.shape):
            cell, index = divmod(cell, length)
            place.insert(0, index)
        return tuple(place)


def _grid_axes(grid: Grid, inputs: Sequence[tuple[Tensor, Tensor]]) -> list[Axis]:
    thumbs = [[webp(resize(image, 96), 75) for image in pair] for pair in inputs]
    recipe = grid.recipe
    return [
        Axis(
            "photograph × style",
            [p["label"] for p in grid.pairs],
            "choice",
            thumbs=thumbs,
        ),
        Axis("λ_TV", [f"{w:g}" for w in recipe.tv_weights], spoken="smoothing weight"),
        Axis(
            "λ_s / λ_c",
            [f"{w:g}" for w in recipe.style_weights],
            spoken="style weight over content weight",
            ends=("almost the photograph", "the style takes over"),
        ),
    ]

"""The paper's table of super-resolution: PSNR and SSIM of every picture of a folder.

Each picture is made small, enlarged again in several ways, and compared with itself:
on luma, without a border of `factor` pixels. Beside the means stand those that the
paper printed for its own nets. Source: Johnson et al. 2016, Figs. 8 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from .checkpoints import super_resolution_names
from .datasets import list_pictures
from .degradation import crop_to_multiple, degrade
from .images import load_image
from .metrics import psnr, ssim
from .super_resolution import Enlarger

Score = tuple[float, float]  # PSNR in dB, SSIM
COLUMNS = ("bicubic", "srcnn", "pixel", "feature")
# (set, factor): {column: (PSNR, SSIM)}. Two entries are printed otherwise, which must
# be slips: bicubic on Set14 has 0.7301 there (0.703 everywhere else), and feature on
# BSD100 has 63.17
PUBLISHED: dict[tuple[str, int], dict[str, Score]] = {
    ("set5", 4): {
        "bicubic": (28.43, 0.8114),
        "srcnn": (30.48, 0.8628),
        "pixel": (28.40, 0.8205),
        "feature": (27.09, 0.7680),
    },
    ("set14", 4): {
        "bicubic": (25.99, 0.7301),
        "srcnn": (27.49, 0.7503),
        "pixel": (25.75, 0.6994),
        "feature": (24.99, 0.6731),
    },
    ("bsd100", 4): {
        "bicubic": (25.96, 0.682),
        "srcnn": (26.90, 0.7101),
        "pixel": (25.91, 0.6680),
        "feature": (24.95, 0.6317),
    },
    ("set5", 8): {
        "bicubic": (23.80, 0.6455),
        "pixel": (24.77, 0.6864),
        "feature": (23.26, 0.7058),
    },
    ("set14", 8): {
        "bicubic": (22.37, 0.5518),
        "pixel": (23.02, 0.5787),
        "feature": (21.64, 0.5837),
    },
    ("bsd100", 8): {
        "bicubic": (22.11, 0.5322),
        "pixel": (22.54, 0.5526),
        "feature": (21.35, 0.5474),
    },
}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: of the picture, or "mean".
        scores: column -> PSNR and SSIM.
    """

    name: str
    scores: dict[str, Score]


def find_enlargers(
    factor: int,
    *,
    names: Sequence[str] = COLUMNS,
    nets: Mapping[str, str | Path] | None = None,
    histogram: bool = False,
) -> dict[str, Enlarger]:
    """Return a way of enlarging for each column that there are weights for.

    Args:
        factor: 4 or 8.
        names: of columns; those without weights for this factor are left out.
        nets: further columns, {title: file of a net}.
        histogram: see `super_resolution.upscale`; for nets alone.
    """
    there = super_resolution_names()
    names = [n for n in names if n == "bicubic" or f"{n}_x{factor}" in there]
    found = {
        name: Enlarger(factor, name, histogram=histogram and name != "bicubic")
        for name in names
    }
    for title, file in (nets or {}).items():
        found[title] = Enlarger(factor, net=file, histogram=histogram)
    return found


def score_folder(
    folder: str | Path,
    factor: int,
    enlargers: Mapping[str, Callable[[Tensor], Tensor]],
    *,
    blur: bool = False,
) -> Iterator[Row]:
    """Yield a row for each picture of a folder, and one of the means.

    Args:
        folder: with pictures.
        factor: of the enlargement.
        enlargers: {column: small picture -> large picture}.
        blur: make the small pictures as the paper says it did, see `degrade`; its
            numbers for bicubic belong to pictures without blur.

    Raises:
        ValueError: no folder, no picture in it, or one that is too small.
        ImportError: scikit-image is not installed.
    """
    rows = []
    for path in list_pictures(folder):
        high = crop_to_multiple(load_image(path), factor)
        low = degrade(high, factor, blur=blur)
        scores = {k: score(run(low), high, factor) for k, run in enlargers.items()}
        rows.append(Row(path.stem, scores))
        yield rows[-1]
    yield Row("mean", {name: _mean(rows, name) for name in enlargers})


def score(large: Tensor, high: Tensor, factor: int) -> Score:
    """Return PSNR and SSIM of `large`, in 8 bits, against `high`.

    Both as the literature measures them: on luma, a rim of `factor` pixels left out.
    """
    large = large.mul(255).round().div(255)
    measured = {"luma": True, "border": factor}
    return psnr(large, high, **measured), ssim(large, high, **measured)


def published(folder: str | Path, factor: int) -> Row | None:
    """Return the means that the paper printed for a set (a `folder`) and a factor."""
    scores = PUBLISHED.get((Path(folder).resolve().name.lower(), factor))
    return None if scores is None else Row("paper", scores)


def format_row(row: Row, columns: list[str]) -> str:
    """Return one `row` as a line of the table, with these columns."""
    cells = [row.scores.get(name) for name in columns]
    told = ["-" if cell is None else f"{cell[0]:.2f} / {cell[1]:.4f}" for cell in cells]
    return f"{row.name:16.16}" + "".join(f"{text:>18}" for text in told)


def format_head(columns: list[str]) -> str:
    """Return the table's first line, the names of its columns."""
    return f"{'PSNR dB / SSIM':16}" + "".join(f"{name:>18.18}" for name in columns)


def _mean(rows: list[Row], name: str) -> Score:
    scores = [row.scores[name] for row in rows]
    return tuple(sum(values) / len(rows) for values in zip(*scores, strict=True))

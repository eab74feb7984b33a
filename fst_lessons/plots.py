"""Figures for the book: one look, one width, and no silent rescaling of pictures.

Every function returns what it drew on and never calls `show`. Pictures are
`(N, 3, H, W)` in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from .images import to_pil

WIDTH = 9.0  # inches, of every figure in the book

# Okabe and Ito's colours, told apart by colour-blind readers too
COLORS = {
    "content": "#0072B2",
    "style": "#D55E00",
    "tv": "#009E73",
    "total": "#444444",
    "extra": "#CC79A7",
    "more": "#E69F00",
}

BOOK_STYLE = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.04,
    "font.size": 11,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "axes.prop_cycle": cycler(color=list(COLORS.values())),
}


def use_book_style(*, quality: int = 88) -> None:
    """Give every later figure the book's look; in a notebook, store figures as JPEG.

    A figure of photographs is seven times smaller as JPEG than as PNG.

    Args:
        quality: of the JPEG; pictures full of noise look the same at 75 as at 88.
    """
    plt.rcParams.update(BOOK_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        # full colour resolution keeps thin lines and letters clean
        settings = {"quality": quality, "subsampling": 0}
        set_matplotlib_formats("jpeg", pil_kwargs=settings)
    except (ImportError, AttributeError):  # a script, not a notebook
        return


def show_images(
    images: Sequence[Tensor] | Mapping[str, Tensor],
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    width: float = WIDTH,
) -> Figure:
    """Draw pictures in rows, each under its title, at one scale.

    Args:
        images: pictures `(1, 3, H, W)` in [0, 1], or {title: picture}.
        titles: one a picture.
        columns: pictures in a row; default all in one.
        width: inches.

    Raises:
        ValueError: no picture, or not one title a picture.
    """
    if isinstance(images, Mapping):
        titles, images = list(images), list(images.values())
    titles = [""] * len(images) if titles is None else list(titles)
    if not images or len(titles) != len(images):
        raise ValueError(f"got {len(images)} pictures and {len(titles)} titles")
    columns = columns or len(images)
    rows = [list(images[i : i + columns]) for i in range(0, len(images), columns)]
    figure, axes = _grid(rows, width, titled_rows=len(rows) if any(titles) else 0)
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        draw_image(image, ax=ax, title=title)
    for ax in axes.flat[len(images) :]:
        ax.axis("off")
    return figure


def show_grid(
    rows: Mapping[str, Sequence[Tensor]],
    *,
    columns: Sequence[str],
    width: float = WIDTH,
) -> Figure:
    """Draw a table of pictures: {row title: pictures}, with titles over the columns.

    Args:
        rows: every row with as many pictures `(1, 3, H, W)` as there are columns.
        columns: titles.
        width: inches.
    """
    figure, axes = _grid(list(rows.values()), width, titled_rows=1)
    for row, (name, images) in enumerate(rows.items()):
        for column, image in enumerate(images):
            title = columns[column] if row == 0 else ""
            draw_image(image, ax=axes[row, column], title=title)
        axes[row, 0].set_ylabel(name, fontsize=10)
    return figure


def _grid(
    rows: Sequence[Sequence[Tensor]], width: float, *, titled_rows: int
) -> tuple[Figure, np.ndarray]:
    """Return axes that fit the pictures' shapes without white gaps."""
    columns = len(rows[0])
    heights = [max(x.shape[-2] / x.shape[-1] for x in row) for row in rows]
    cell = width / columns
    height = cell * sum(heights) + 0.32 * titled_rows + 0.02 * len(rows)
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(width, height),
        gridspec_kw={"height_ratios": heights, "wspace": 0.03, "hspace": 0.03},
        squeeze=False,
        layout="constrained",
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    return figure, axes


def draw_image(image: Tensor, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw an `image` `(1, 3, H, W)` in [0, 1] on `ax` under a title; never rescaled.

    Raises:
        ValueError: values outside [0, 1], NaN or another shape.
    """
    ax = ax or plt.gca()
    ax.imshow(to_pil(image))
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize=10)
    return ax


def plot_history(
    history: Sequence[Mapping[str, float]],
    *,
    terms: Sequence[str] | None = None,
    ax: Axes | None = None,
    label: str = "",
) -> Axes:
    """Plot loss terms over the evaluations, on a logarithmic axis.

    Args:
        history: of a `Result`.
        terms: which to draw; default all.
        ax: where to draw; default a new figure.
        label: put before each term's name.
    """
    ax = ax or plt.subplots(figsize=(WIDTH * 0.66, 3.2), layout="constrained")[1]
    for term in terms or list(history[0]):
        values = [entry[term] for entry in history]
        color = COLORS.get(term) if not label else None
        ax.plot(
            range(1, len(values) + 1),
            values,
            color=color,
            label=f"{label} {term}".strip(),
        )
    ax.set(xlabel="evaluations", ylabel="loss (unweighted)", yscale="log")
    ax.legend()
    return ax


def plot_features(
    features: Tensor, *, channels: int = 8, columns: int = 8, width: float = WIDTH
) -> Figure:
    """Draw the strongest channels of a feature map, each scaled to its own maximum.

    Args:
        features: `(1, C, H, W)`.
        channels: how many to draw.
        columns: in a row.
        width: inches.
    """
    strength = features[0].flatten(1).std(dim=1)
    chosen = strength.argsort(descending=True)[:channels]
    rows = -(-len(chosen) // columns)
    cell = width / columns
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, rows * (cell + 0.3)),
        squeeze=False,
        layout="constrained",
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, channel in zip(axes.flat, chosen.tolist(), strict=False):
        ax.imshow(features[0, channel].detach().cpu().numpy(), cmap="magma", vmin=0)
        ax.set_title(f"channel {channel}", fontsize=9)
    return figure

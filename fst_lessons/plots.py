"""Figures for the book: one look, one width, and no silent rescaling of pictures.

Only this module imports matplotlib. Every function returns what it drew on and never
calls `show`. Pictures are `(N, 3, H, W)` in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from .images import center_crop, to_pil

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


def use_book_style() -> None:
    """Give every later figure the book's look; in a notebook, store figures as JPEG.

    A figure of photographs is seven times smaller as JPEG than as PNG.
    """
    plt.rcParams.update(BOOK_STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        # full colour resolution keeps thin lines and letters clean
        set_matplotlib_formats("jpeg", pil_kwargs={"quality": 88, "subsampling": 0})
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
    figure, axes = _grid(rows, width, titled=any(titles))
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
    figure, axes = _grid(list(rows.values()), width, titled=True)
    for row, (name, images) in enumerate(rows.items()):
        for column, image in enumerate(images):
            title = columns[column] if row == 0 else ""
            draw_image(image, ax=axes[row, column], title=title)
        axes[row, 0].set_ylabel(name, fontsize=10)
    return figure


def _grid(
    rows: Sequence[Sequence[Tensor]], width: float, *, titled: bool
) -> tuple[Figure, np.ndarray]:
    """Return axes that fit the pictures' shapes without white gaps."""
    columns = len(rows[0])
    heights = [max(x.shape[-2] / x.shape[-1] for x in row) for row in rows]
    cell = width / columns
    title = 0.32 if titled else 0.02
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(width, cell * sum(heights) + title * len(rows)),
        gridspec_kw={"height_ratios": heights, "wspace": 0.03, "hspace": 0.03},
        squeeze=False,
        layout="constrained",
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    return figure, axes


def draw_image(image: Tensor, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw one picture `(1, 3, H, W)` in [0, 1] without axes; never rescaled.

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
        ax.imshow(features[0, channel].detach().cpu(), cmap="magma", vmin=0)
        ax.set_title(f"channel {channel}", fontsize=9)
    return figure


_TAPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def draw_system(x: Tensor, y_hat: Tensor, style: Tensor) -> Figure:
    """Draw the whole method: what goes in, which part learns, where losses are read.

    Args:
        x: the photograph `(1, 3, H, W)` in [0, 1]; it is the content target too.
        y_hat: the result.
        style: the style picture.

    Source: after Fig. 2 of Johnson et al. 2016, arranged and drawn anew.
    """
    figure, ax = plt.subplots(figsize=(WIDTH, WIDTH * 0.5), layout="constrained")
    ax.set(xlim=(0, 20), ylim=(-0.3, 10), aspect="equal")
    ax.axis("off")
    _panel(ax, (3.4, 6.6), COLORS["tv"], "transformation network\n$f_W$ learns", 5)
    _panel(ax, (10.2, 17.4), "#777777", "loss network\n$\\phi$ never changes", 12)
    for place, height in enumerate((1.8, 1.3, 0.9, 0.9, 0.9, 0.9, 0.9, 1.3, 1.8)):
        _slab(ax, 3.85 + 0.29 * place, height, COLORS["tv"])
    for start, end in ((2.75, 3.4), (6.6, 7.25), (9.55, 10.2)):
        _arrow(ax, (start, 5), (end, 5), "#444444")
    _picture(ax, x, (1.5, 5), 2.4, "photograph $x$")
    _picture(ax, y_hat, (8.4, 5), 2.2, r"result $\hat y = f_W(x)$")
    _picture(ax, style, (8.4, 8.75), 1.9, "style $y_s$")
    _picture(ax, x, (8.4, 1.45), 1.9, "content $y_c = x$")
    _draw_losses(ax)
    return figure


def _draw_losses(ax: Axes) -> None:
    """Draw the loss network's stages, the losses read from them, and their sum."""
    for stage, layer in enumerate(_TAPS):
        across, height = 11.2 + 1.75 * stage, 2.0 - 0.4 * stage
        for offset in (-0.2, 0.1):
            _slab(ax, across + offset, height, "#888888")
        _arrow(ax, (across, 5.1 + height / 2), (across, 8.1), COLORS["style"])
        ax.text(across + 0.15, 7.2, layer, fontsize=8, color="#555555")
    _bar(ax, 8.75, r"$\ell_{style}$: same textures?", COLORS["style"])
    _bar(ax, 1.45, r"$\ell_{feat}$: same things in the same places?", COLORS["content"])
    _arrow(ax, (14.7, 4.3), (14.7, 2.1), COLORS["content"])
    ax.text(14.85, 2.75, "relu3_3", fontsize=8, color="#555555")
    for height, color in ((8.75, COLORS["style"]), (1.45, COLORS["content"])):
        _arrow(ax, (9.4, height), (10.2, height), color)
        bend = "angle,angleA=0,angleB=90,rad=6"
        _arrow(ax, (17.4, height), (18.75, 5.6 if height > 5 else 4.4), color, bend)
    for height, name in ((6.9, "s"), (3.1, "c")):
        ax.text(18.9, height, rf"$\lambda_{name}$", fontsize=11, va="center")
    ax.text(18.75, 5, "$+$", fontsize=20, ha="center", va="center")
    ax.plot((19.1, 19.7, 19.7, 5, 5), (5, 5, 0, 0, 1.5), "--", color=COLORS["tv"])
    _arrow(ax, (5, 1.5), (5, 2.35), COLORS["tv"])
    ax.text(
        10.3,
        0.2,
        "the gradient comes back and changes W, nothing else",
        fontsize=9,
        color=COLORS["tv"],
    )


def _picture(
    ax: Axes, image: Tensor, centre: tuple[float, float], side: float, caption: str
) -> None:
    """Place a square picture with its caption underneath."""
    (x, y), half = centre, side / 2
    pixels = to_pil(center_crop(image, min(image.shape[-2:])))
    ax.imshow(
        pixels,
        extent=(x - half, x + half, y - half, y + half),
        zorder=3,
        interpolation="antialiased",
    )
    ax.text(x, y - half - 0.12, caption, ha="center", va="top", fontsize=9)


def _panel(
    ax: Axes, sides: tuple[float, float], color: str, caption: str, centre: float
) -> None:
    """Draw a network's background with its name and role underneath."""
    left, right = sides
    box = FancyBboxPatch(
        (left + 0.15, 3.5),
        right - left - 0.3,
        3.0,
        boxstyle="round,pad=0.15",
        facecolor=color,
        alpha=0.1,
        edgecolor="none",
    )
    ax.add_patch(box)
    ax.text(centre, 3.25, caption, ha="center", va="top", fontsize=9)


def _slab(ax: Axes, x: float, height: float, color: str) -> None:
    """Draw one layer, seen from its edge."""
    box = FancyBboxPatch(
        (x, 5 - height / 2),
        0.16,
        height,
        boxstyle="round,pad=0.02",
        facecolor=color,
        edgecolor="white",
    )
    ax.add_patch(box)


def _bar(ax: Axes, y: float, text: str, color: str) -> None:
    """Draw a loss as a coloured bar with its question."""
    box = FancyBboxPatch(
        (10.35, y - 0.45),
        6.9,
        0.9,
        boxstyle="round,pad=0.15",
        facecolor=color,
        edgecolor="none",
    )
    ax.add_patch(box)
    ax.text(13.8, y, text, color="white", ha="center", va="center", fontsize=10)


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
    bend: str = "arc3",
) -> None:
    """Draw an arrow; `bend` is a connection style of matplotlib."""
    style = {
        "arrowstyle": "-|>",
        "color": color,
        "lw": 1.6,
        "shrinkA": 0,
        "shrinkB": 0,
        "connectionstyle": bend,
    }
    ax.annotate("", end, start, arrowprops=style)

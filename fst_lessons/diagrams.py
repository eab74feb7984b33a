"""Diagrams that explain: drawn by code, with the reader's own pictures in them.

Like `plots`, nothing imports this module and no function calls `show`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import Tensor

from .images import center_crop, to_pil
from .plots import COLORS, WIDTH, draw_image

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


def draw_fields(
    image: Tensor,
    sides: Sequence[int],
    *,
    centre: tuple[float, float],
    color: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw receptive fields as squares around one place of a photograph.

    Args:
        image: the photograph `(1, 3, H, W)` in [0, 1].
        sides: of the squares in pixels; the largest is labelled.
        centre: (across, down) in pixels.
        color: of the squares.
        ax: where to draw.
    """
    ax = draw_image(image, ax=ax)
    x, y = centre
    for side in sides:
        corner = (x - side / 2, y - side / 2)
        for line, width in (("white", 2.4), (color, 1.3)):  # seen on any ground
            ax.add_patch(Rectangle(corner, side, side, fill=False, ec=line, lw=width))
    label = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
    top = y - max(sides) / 2 - 2
    ax.text(x, top, f"{max(sides)} px", ha="center", color="white", size=9, bbox=label)
    return ax


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

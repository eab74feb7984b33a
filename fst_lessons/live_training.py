"""A training to look at while it runs: a photograph as painted so far, and the loss.

    fit(style, photos, on_measure=TrainingView())

In a notebook the figure is drawn anew, in its place, after each measurement. Where
nobody watches (FST_STATIC=1, or a script) it is drawn when asked for.
"""

from __future__ import annotations

import os

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from .datasets import held_out_photos
from .plots import COLORS, WIDTH, draw_image
from .training_state import Training

TERMS = ("total", "content", "style")


class TrainingView:
    """Shows a training after each measurement; give it to `fit` as `on_measure`.

    Args:
        photograph: `(1, 3, H, W)` RGB in [0, 1] to be painted again and again; default
            the first of the held-out ones.
        pictures: how many paintings are shown at most, spread over the training.
    """

    def __init__(self, photograph: Tensor | None = None, *, pictures: int = 5) -> None:
        self.photograph = held_out_photos()[0] if photograph is None else photograph
        self.pictures = pictures
        self.paintings: dict[int, Tensor] = {}
        self.training: Training | None = None
        self._display = None

    def __call__(self, training: Training) -> None:
        """Paint the photograph with the net as it is now, and show it."""
        self.training = training
        self.paintings[training.step] = _paint(training.net, self.photograph)
        if not _watched():
            return
        figure = self._draw(self.pictures)  # room for all: its size stays the same
        if self._display is None:
            from IPython.display import display

            self._display = display(figure, display_id=True)
            plt.close(figure)  # or the cell's end would show it once more
        else:
            self._update(figure)

    def draw(self) -> Figure:
        """Return the paintings so far, and below them the loss.

        Where the training was watched, the figure takes the place of what was shown.

        Raises:
            ValueError: nothing was measured yet.
        """
        if self.training is None:
            raise ValueError("nothing to draw yet; give the view to fit as on_measure")
        figure = self._draw(min(self.pictures, len(self.paintings)))
        if self._display is not None:
            self._update(figure)
        return figure

    def _update(self, figure: Figure) -> None:
        self._display.update(figure)
        plt.close(figure)

    def _draw(self, columns: int) -> Figure:
        steps = _spread(list(self.paintings), self.pictures)
        height, width = self.photograph.shape[-2:]
        above = WIDTH / columns * height / width + 0.3
        figure = plt.figure(figsize=(WIDTH, above + 2.4), layout="constrained")
        grid = figure.add_gridspec(2, columns, height_ratios=(above, 2.4))
        for column, step in enumerate(steps):
            ax = figure.add_subplot(grid[0, column])
            draw_image(self.paintings[step], ax=ax, title=f"step {step}")
        draw_losses(self.training, ax=figure.add_subplot(grid[1, :]))
        return figure


def draw_losses(training: Training, *, ax: Axes) -> Axes:
    """Draw the loss of the training crops as lines, of held-out photographs as dots.

    Args:
        training: under way or finished.
        ax: where to draw.
    """
    steps = [entry[0] for entry in training.history]
    for column, term in enumerate(TERMS, start=1):
        values = [entry[column] for entry in training.history]
        ax.plot(steps, values, color=COLORS[term], label=term)
    measured = [(e["step"], e["total"]) for e in training.evaluations]
    ax.plot(*zip(*measured, strict=True), "o", color=COLORS["total"], label="held out")
    ax.set(xlabel="steps", ylabel="loss (terms unweighted)", yscale="log")
    ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax


@torch.no_grad()
def _paint(net: torch.nn.Module, photograph: Tensor) -> Tensor:
    """Return the painting, leaving no trace in the net: batch norms count pictures."""
    was_training = net.training
    net.eval()
    painting = net(photograph.to(next(net.parameters()).device)).cpu()
    net.train(was_training)
    return painting


def _spread(steps: list[int], most: int) -> list[int]:
    """Return the first, the last and evenly chosen others."""
    if len(steps) <= most:
        return steps
    chosen = torch.linspace(0, len(steps) - 1, most).round().int().tolist()
    return [steps[i] for i in chosen]


def _watched() -> bool:
    """Return whether a notebook with a reader before it runs this."""
    if os.environ.get("FST_STATIC"):
        return False
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")

"""Steps downhill over a picture's numbers: L-BFGS with bounded steps, or Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from .coordinates import Pixels, Waves

FIRST_STEP = 0.01  # root mean square change of the picture, straight downhill
REACH = 0.3  # the same, at most, in every later step of L-BFGS
_RUNAWAY = 3.0  # times the best loss: L-BFGS has gone too far to come back
_ROUNDING = 1e-6  # parts of the first loss; smaller ups and downs mean nothing


class Descent:
    """An optimizer of a canvas, one evaluation a step.

    A line search would cost evaluations, so L-BFGS goes without; its steps are bounded
    instead. In a nearly flat place, such as a grey start, its first estimate of the
    curvature would send the picture far out of range. Its very first step knows no
    curvature, and torch makes it too small to learn one from.

    Args:
        canvas: whose `values` are turned.
        optimizer: "lbfgs" or "adam".
        learning_rate: default 1 for L-BFGS, 0.03 for Adam.
        history_size: how many past steps L-BFGS remembers.

    Raises:
        ValueError: unknown optimizer.
    """

    def __init__(
        self,
        canvas: Pixels | Waves,
        *,
        optimizer: Literal["lbfgs", "adam"] = "lbfgs",
        learning_rate: float | None = None,
        history_size: int = 20,
    ) -> None:
        if optimizer not in ("lbfgs", "adam"):
            known = "choose 'lbfgs' or 'adam'"
            raise ValueError(f"unknown optimizer {optimizer!r}; {known}")
        self.canvas, self.reach = canvas, REACH
        self.bounded = optimizer == "lbfgs"
        self.settings = {"lr": learning_rate or (1.0 if self.bounded else 0.03)}
        if self.bounded:
            # max_iter=1: one evaluation a step, and pixels are projected in between
            self.settings |= {"max_iter": 1, "history_size": history_size}
        self._make_optimizer()

    def _make_optimizer(self) -> None:
        kind = torch.optim.LBFGS if self.bounded else torch.optim.Adam
        self.optimizer = kind([self.canvas.values], **self.settings)

    def step(self, evaluate: Callable[[], Tensor]) -> None:
        """Call `evaluate` once, step, and put the values back where a picture lives."""
        values = self.canvas.values.detach().clone()
        self.optimizer.step(evaluate)
        if self.bounded:
            self._bound(values)
        self.canvas.project()

    @torch.no_grad()
    def _bound(self, values: Tensor) -> None:
        """Shorten the step just made where it changed the picture too much."""
        state = self.optimizer.state[self.canvas.values]
        change = self.canvas.change(values)
        wanted = FIRST_STEP if state["n_iter"] == 1 else min(change, self.reach)
        if change > 0 and change != wanted:
            self.canvas.values.copy_(values.lerp(self.canvas.values, wanted / change))
            # the next estimate of the curvature is made from this step's length
            state["t"] = state["t"] * (wanted / change)

    @torch.no_grad()
    def restart(self, values: Tensor) -> None:
        """Go back to `values`, forget the past, and take shorter steps from now on."""
        self.reach /= 4
        self.canvas.values.copy_(values)
        self._make_optimizer()


def has_run_away(latest: float, *, best: float, first: float) -> bool:
    """Return whether a loss is beyond what L-BFGS comes back from.

    A loss that stays above 0 is measured by multiples of the best one. A difference of
    losses may fall below 0, where multiples say nothing: there the rise is held against
    what was gained since the first.

    Args:
        latest: the loss to judge.
        best: the lowest met.
        first: of the start.
    """
    gained = first - best if best < 0 else 0.0
    scale = max(abs(best), gained, _ROUNDING * abs(first))
    return latest - best > (_RUNAWAY - 1) * scale

"""How far a training is on its way, and how large its steps are there."""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass, field

WARM_UP = 0.1


def one_cycle(progress: float) -> float:
    """Return the learning rate at a point of the way, as a fraction of the highest.

    It rises in a straight line for a tenth of the way, since the first gradients of
    random weights point nowhere, and then falls along a cosine to 0, since small steps
    settle what large ones found. Source: Smith and Topin 2018.

    Args:
        progress: 0 at the start, 1 at the end.
    """
    if progress < WARM_UP:
        return max(progress, 0.0) / WARM_UP
    return 0.5 + 0.5 * math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))


@dataclass
class Plan:
    """The way ahead, measured in steps or in seconds.

    Attributes:
        steps: how many to make; None where the time decides.
        seconds: how long it may take; None where the steps decide.
    """

    steps: int | None = None
    seconds: float | None = None
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=25), repr=False)

    def __post_init__(self) -> None:
        """Refuse a plan without an end, or with two."""
        if (self.steps is None) == (self.seconds is None):
            raise ValueError("give either steps or minutes")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be 1 or more, got {self.steps}")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"minutes must be positive, got {self.seconds / 60}")

    def advance(
        self, progress: float, *, step: int, spent: float, last: float
    ) -> float:
        """Return the progress after a step.

        Where the time decides, what is left of the way is shared evenly by the steps
        that the measured speed has room for, again after each step: a machine that
        becomes slow gets fewer, larger strides and still ends on time.

        Args:
            progress: before the step.
            step: its number, from 0.
            spent: seconds since the start of the training.
            last: seconds that this step took.
        """
        if self.steps is not None:
            return (step + 1) / self.steps
        self._recent.append(last)
        left = self.seconds - spent
        room = left / statistics.median(self._recent)
        return 1.0 if room < 1 else progress + (1 - progress) / room

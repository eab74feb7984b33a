"""The paper's own yardstick: how many steps of the slow method is a net worth?

One forward pass of a net is compared with gradient descent on the pixels from white
noise, on the same photographs, with the same objective: the net equals N steps where
the slow method needs N to come as low. Source: Johnson et al. 2016, Fig. 5, where the
nets equal 50 to 100 steps of L-BFGS.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import torch
from torch import Tensor

from .objective import StyleObjective
from .optimize_image import make_start, optimize_image


@dataclass(frozen=True)
class Yardstick:
    """The slow method's objective after each step, averaged over photographs.

    Attributes:
        curve: the lowest objective met up to each step.
        photographs: on which it was measured, each `(1, 3, H, W)`.
        paintings: what the slow method made of each of them.
    """

    curve: list[float]
    photographs: list[Tensor] = field(repr=False, default_factory=list)
    paintings: list[Tensor] = field(repr=False, default_factory=list)

    def steps(self, objective: float) -> int:
        """Return the step at which the slow method is as low as an objective.

        0 means worse than white noise's first step; the length of the curve plus one
        means better than its end.
        """
        return steps_of_gatys(objective, self.curve)


def measure_yardstick(
    objective: StyleObjective,
    photographs: Sequence[Tensor],
    *,
    steps: int = 150,
    seed: int = 0,
    seconds: float = math.inf,
    progress: bool = True,
) -> Yardstick:
    """Run the slow method from white noise on each photograph and keep its curve.

    Args:
        objective: of the style, with the weights that the net is trained with.
        photographs: each `(1, 3, H, W)`, none that the net is trained on.
        steps: evaluations of L-BFGS on each.
        seed: of the noise.
        seconds: to spend on all photographs together; the curve may end earlier then.
        progress: show a bar.
    """
    curves, paintings = [], []
    for photograph in photographs:
        targets = objective.targets(photograph)
        result = optimize_image(
            lambda image, targets=targets: objective.loss(image, targets),
            make_start("noise", content=photograph, seed=seed).to(photograph.device),
            num_steps=steps,
            max_seconds=seconds / len(photographs),
            progress=progress,
        )
        totals = [entry["total"] for entry in result.history]
        curves.append(list(accumulate(totals, min)))
        paintings.append(result.image)
    length = min(len(curve) for curve in curves)
    shared = [curve[:length] for curve in curves]
    mean = torch.tensor(shared, dtype=torch.float64).mean(0).tolist()
    return Yardstick([round(value, 5) for value in mean], list(photographs), paintings)


def steps_of_gatys(objective: float, curve: Sequence[float]) -> int:
    """Return the first step at which a falling curve is as low as an objective.

    Args:
        objective: of a net, on the curve's photographs.
        curve: objective after step 1, 2, ...; never rises.

    Returns:
        1 ... len(curve), or len(curve) + 1 where the whole curve is higher.
    """
    # bisect wants rising values: the negated curve rises
    return bisect.bisect_left([-value for value in curve], -objective) + 1

"""The doctor's look at a loop that optimizes pixels, and at the curve of a loss.

The loop gets a small task whose answer is known: a picture seen through a blur, which
would like to be brighter than white in places and may not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from .symptoms import INFINITE, Chart, Reading, Symptom, stopped

Objective = Callable[[Tensor], Tensor]
SIDE = 32
SCALE = 1e4  # losses of style transfer are large, and L-BFGS stops where they are tiny

SYMPTOMS = {
    "no fence": Symptom(
        look="the saved picture is harsher than the one the loss knew",
        measure="share of values beyond [0, 1] in the last picture that was judged",
        healthy=((0, 0.01),),
        cause="pixels were clamped once, at the end, or not at all",
        advice="y.clamp_(0, 1) under no_grad after every step of the optimizer",
    ),
    "steps too long": Symptom(
        look="the loss falls, then jumps; coloured noise",
        measure="loss of the picture that came back, in parts of the lowest met",
        healthy=((0, 1.2),),
        cause="a clamp inside L-BFGS's closure moves pixels behind its back, or the "
        "learning rate is too high",
        advice="clamp outside the closure, with max_iter=1; or Adam at 0.03; keep the "
        "best picture met",
    ),
    "hardly moves": Symptom(
        look="the photograph again after all those steps",
        measure="share of the possible descent that was made",
        healthy=((0.8, INFINITE),),
        cause="the learning rate is too low, the steps are too few, or gradients are "
        "lost",
        advice="multiply the learning rate by 10 until the loss jumps, go back once",
    ),
    "loss became NaN": Symptom(
        look="a black picture from one step on",
        measure="entries of the history that are NaN or infinite",
        healthy=((0, 0),),
        cause="a learning rate too high, or an overflow in half precision",
        advice="a tenth of the learning rate; clip_grad_norm_; Gram matrices in "
        "float32",
    ),
    "loss explodes": Symptom(
        look="good at first, then noise",
        measure="loss at the end, in parts of the lowest",
        healthy=((0, 5.0),),
        cause="a learning rate too high, or a clamp inside L-BFGS's closure",
        advice="a tenth of the learning rate, and a schedule that lets it fall",
    ),
    "loss never falls": Symptom(
        look="the first preview and the last look alike",
        measure="loss at the end, in parts of the start",
        healthy=((0, 0.95),),
        cause="the optimizer does not hold these weights, zero_grad comes after "
        "backward, or the learning rate is far too low",
        advice="compare a weight before and after a step; check.train_step finds which",
    ),
}


def examine_optimizer(
    optimize: Callable[[Objective, Tensor], Tensor],
) -> Iterator[Reading]:
    """Yield the readings of a loop over pixels.

    Args:
        optimize: (objective, start) -> picture, where objective is a function of a
            picture `(1, 3, H, W)` that returns a scalar, and start a grey picture.
    """
    chart, task = Chart(SYMPTOMS), PixelTask()
    try:
        result = optimize(task, torch.full_like(task.wish, 0.5)).detach()
        task.judge(result)  # shape and type
        lowest, returned = min(task.values), task.judge(result.clamp(0, 1))
        beyond = chart.read("no fence", task.beyond)
        yield beyond
        if not beyond.ill:
            yield chart.read("steps too long", returned / lowest)
        possible = task.values[0] - task.lowest()
        yield chart.read("hardly moves", (task.values[0] - lowest) / possible)
    except Exception as error:  # whatever a reader's loop stumbles over
        yield stopped("optimizer", error)


class PixelTask:
    """An objective with a known answer, which remembers what it was asked.

    Attributes:
        wish: `(1, 3, 32, 32)`, the picture that would cost nothing, partly beyond
            [0, 1].
        values: the costs of the pictures it was asked about.
        beyond: share of values beyond [0, 1] in the last of them.
    """

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        noise = torch.rand(1, 3, SIDE, SIDE, generator=generator)
        self.wish = 8 * (_blur(_blur(noise)) - 0.5) + 0.5  # a tenth is out of range
        self.values: list[float] = []
        self.beyond = 0.0

    def __call__(self, picture: Tensor) -> Tensor:
        """Return the cost of a picture, a scalar, and remember it."""
        value = self._cost(picture)
        self.values.append(float(value.detach()))
        outside = (picture < -1e-3) | (picture > 1 + 1e-3)
        self.beyond = float(outside.float().mean())
        return value

    def judge(self, picture: Tensor) -> float:
        """Return the cost of a picture, and forget that it was asked."""
        return float(self._cost(picture))

    def _cost(self, picture: Tensor) -> Tensor:
        seen = (_blur(picture) - _blur(self.wish)).square().mean()
        return SCALE * (seen + 0.05 * (picture - self.wish).square().mean())

    def lowest(self) -> float:
        """Return the least cost within [0, 1], by accelerated projected descent."""
        picture = ahead = self.wish.clamp(0, 1)
        rate, inertia = picture.numel() / (2.2 * SCALE), 1.0
        for _ in range(60):
            leaf = ahead.detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(self._cost(leaf), leaf)
            new = (leaf - rate * gradient).clamp(0, 1).detach()
            grown = (1 + math.sqrt(1 + 4 * inertia**2)) / 2
            ahead = new + (inertia - 1) / grown * (new - picture)
            picture, inertia = new, grown
        return self.judge(picture)


def _blur(x: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), 5, 1)


def examine_history(
    history: Sequence[float | Mapping[str, float]],
) -> Iterator[Reading]:
    """Yield the readings of a loss over the steps.

    Args:
        history: losses, or mappings with a "total", in the order of the steps.

    Raises:
        ValueError: when the first reading is asked for, if the history is empty.
    """
    chart = Chart(SYMPTOMS)
    values = [float(e["total"] if isinstance(e, Mapping) else e) for e in history]
    if not values:
        raise ValueError("the history is empty; give the loss of every step")
    broken = sum(not math.isfinite(value) for value in values)
    step = next((i for i, v in enumerate(values) if not math.isfinite(v)), None)
    where = "" if step is None else f"first at entry {step}"
    yield (first := chart.read("loss became NaN", broken, where))
    if first.ill or len(values) < 10:
        return
    part = max(2, len(values) // 10)  # batches differ: the median of a tenth
    start, end = median(values[:part]), median(values[-part:])
    lowest = min(values)
    # the scale: a loss that may become negative is measured by how far it fell
    fell = start - lowest if lowest <= 0 else 0.0
    explodes = chart.read("loss explodes", 1 + _part(end - lowest, lowest, fell))
    yield explodes
    if not explodes.ill:
        yield chart.read("loss never falls", 1 + _part(end - start, start, fell))


def _part(rise: float, loss: float, fell: float) -> float:
    """Return a rise in parts of a loss, or of what was gained where that is more."""
    scale = max(abs(loss), fell)
    return rise / scale if scale else 0.0

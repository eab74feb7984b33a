"""The objective of eq. (5) for one style and any number of photographs.

While a net is trained the style stays and the photographs change: the style's Gram
matrices are measured once, the photographs' features anew for every batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .losses import PerceptualLoss, Targets


class StyleObjective:
    """How far painted photographs are from what eq. (5) asks for.

    Args:
        loss: the terms and their weights.
        style: `(1, 3, H, W)` RGB in [0, 1], the picture whose manner is wanted.
        average: how several processes agree on a number, see `parallel.average`.

    Example:
        objective = StyleObjective(PerceptualLoss(network, style_weight=8), style)
        total, terms = objective(net(photographs), photographs)
    """

    def __init__(
        self,
        loss: PerceptualLoss,
        style: Tensor,
        *,
        average: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.loss, self.average = loss, average
        self.style = loss.targets(style=style)

    def targets(self, photographs: Tensor) -> Targets:
        """Return what a painting of these photographs should come close to.

        Args:
            photographs: `(N, 3, H, W)` RGB in [0, 1].
        """
        content = self.loss.targets(content=photographs)
        scales = content.scales
        if self.average is not None:  # the whole batch has one scale, on every process
            scales = {name: self.average(size) for name, size in scales.items()}
        return Targets(content.content, self.style.style, scales | self.style.scales)

    def __call__(
        self, painted: Tensor, photographs: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted total and the unweighted terms; see `PerceptualLoss`."""
        return self.loss(painted, self.targets(photographs))

    @torch.no_grad()
    def measure(
        self, paint: Callable[[Tensor], Tensor], photographs: list[Tensor]
    ) -> dict[str, float]:
        """Return the mean of "total" and of each unweighted term over photographs.

        Args:
            paint: photograph -> painting, such as a `TransformNet`.
            photographs: each `(1, 3, H, W)`, of any size.
        """
        sums: dict[str, float] = {}
        for photograph in photographs:
            total, terms = self(paint(photograph), photograph)
            for name, value in {"total": total, **terms}.items():
                sums[name] = sums.get(name, 0.0) + float(value) / len(photographs)
        return sums

"""What a super-resolution net is trained for: a weighted sum of terms.

    pixel    |y_hat - y|, or its square: right on average, therefore blurred
    feature  ||phi(y_hat) - phi(y)||^2 / ||phi(y)||^2      eq. (2), relative
    shrunk   |shrink(y_hat) - x|: made small again, it must be the small picture
    grid     |mean over cells of y_hat - y|: what is wrong in every cell alike
    tv       total variation

Here x is the small picture, y the large one and y_hat what the net makes of x.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .colors import luma
from .degradation import BLUR, shrink
from .images import soften
from .loss_network import LossNetwork
from .losses import feature_reconstruction_loss, total_variation
from .pairs import Pairs
from .super_resolution_recipe import SuperResolutionRecipe

CELLS = 6  # a side, over which a grid is looked for
Offset = tuple[int, int]


class SuperResolutionObjective:
    """How far enlarged pictures are from the large ones.

    Args:
        recipe: weights of the terms, and how each is measured.
        network: the loss network.
        average: how several processes agree on a number, see `parallel.Group.average`.

    Example:
        objective = SuperResolutionObjective(recipe, load_loss_network())
        total, terms = objective(net(pairs.low), pairs)
    """

    def __init__(
        self,
        recipe: SuperResolutionRecipe,
        network: LossNetwork,
        *,
        average: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.recipe, self.network, self.average = recipe, network, average
        self.stride = max(network.stride(layer) for layer in recipe.feature_layers)

    def __call__(
        self, large: Tensor, pairs: Pairs, *, offset: Offset = (0, 0)
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted total and the unweighted terms.

        Args:
            large: `(N, 3, H, W)`, what the net made of `pairs.low`.
            pairs: what it should be.
            offset: see `feature_distance`.
        """
        measures = {
            "pixel": lambda: self.pixel_distance(large, pairs.high),
            "feature": lambda: self.feature_distance(large, pairs.high, offset=offset),
            "shrunk": lambda: self.shrunk_distance(large, pairs.low),
            "grid": lambda: self.grid_distance(large, pairs.high),
            "tv": lambda: total_variation(large),
        }
        terms = {name: measures[name]() for name in self.recipe.terms}
        total = sum(self.recipe.weight(name) * value for name, value in terms.items())
        return total, terms

    def pixel_distance(self, large: Tensor, high: Tensor) -> Tensor:
        """Return the mean absolute or squared difference of `large` from `high`."""
        if self.recipe.luma:
            large, high = luma(large), luma(high)
        difference = large - high
        if self.recipe.pixel_norm == "l1":
            return difference.abs().mean()
        return difference.square().mean()

    def feature_distance(
        self, large: Tensor, high: Tensor, *, offset: Offset = (0, 0)
    ) -> Tensor:
        """Return the squared difference of features, relative to the wanted ones' size.

        A pooling layer looks at every second pixel anew, and a net that enlarges has a
        grid of its own. If both grids always lie on each other the same way, a pattern
        in the net's grid goes unpunished; an offset drawn anew for each step moves one
        against the other.

        Args:
            large: `(N, 3, H, W)`.
            high: the same shape.
            offset: rows and columns left out above and to the left, each below
                `stride`.
        """
        if offset != (0, 0):
            rows, columns = (slice(by, by - self.stride or None) for by in offset)
            large, high = large[..., rows, columns], high[..., rows, columns]
        layers = self.recipe.feature_layers
        with torch.no_grad():
            wanted = self.network(high, layers)
        found = self.network(large, layers)
        distances = []
        for name, target in wanted.items():
            size = target.float().square().mean()
            size = size if self.average is None else self.average(size)
            distance = feature_reconstruction_loss(found[name], target)
            distances.append(distance / size.clamp_min(1e-12))
        return torch.stack(distances).mean()

    def shrunk_distance(self, large: Tensor, low: Tensor) -> Tensor:
        """Return the mean absolute difference of `large`, made small, from `low`."""
        if self.recipe.blur:
            large = soften(large, BLUR)
        return (shrink(large, self.recipe.factor) - low).abs().mean()

    def grid_distance(self, large: Tensor, high: Tensor) -> Tensor:
        """Return how far `large` less `high` repeats itself from cell to cell.

        A small pixel becomes a cell of `factor` x `factor` large ones. Detail that is
        invented differs from cell to cell; what is wrong in the same way in all of
        them is a grid. So the error is averaged over 6 x 6 neighbouring cells, place
        by place in the cell, before its absolute value is taken.
        """
        cells = F.pixel_unshuffle(large - high, self.recipe.factor)
        return F.avg_pool2d(cells, min(CELLS, *cells.shape[-2:])).abs().mean()

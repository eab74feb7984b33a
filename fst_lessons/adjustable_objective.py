"""How far each painting of a batch is from what it was asked to be.

    L(lambda) = content + lambda style + tv(lambda) variation           eq. (5)
    tv(lambda) = lambda_TV sqrt(lambda / 64)

Every picture of the batch has a style and a lambda of its own, so every term is kept
for each picture. Units are the "relative" ones of `losses.PerceptualLoss`; where lambda
is 64, L is the objective of the nets that are trained for one style and one lambda.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .adjustable_recipe import AdjustableRecipe
from .gram import gram_matrix
from .images import check_image
from .loss_network import LossNetwork

TINY = 1e-12  # a black picture has no size to compare with


class AdjustableObjective(nn.Module):
    """The objective of an adjustable net.

    Args:
        network: the loss network.
        recipe: its layers and weights count.
        styles: `(1, 3, H, W)` RGB in [0, 1] each, any size, in the net's order.
    """

    def __init__(
        self,
        network: LossNetwork,
        recipe: AdjustableRecipe,
        styles: Sequence[Tensor],
    ) -> None:
        super().__init__()
        self.network, self.recipe = network, recipe
        found: dict[str, list[Tensor]] = {name: [] for name in recipe.style_layers}
        with torch.no_grad():
            for style in styles:
                check_image(style, "style")
                features = network(style, recipe.style_layers)
                for name, feature in features.items():
                    found[name].append(gram_matrix(feature))
        self.grams = {name: torch.cat(grams) for name, grams in found.items()}

    def forward(
        self, painted: Tensor, photographs: Tensor, styles: Tensor
    ) -> dict[str, Tensor]:
        """Return {"content", "style", "tv"}, each `(N,)`, before their weights.

        Args:
            painted: `(N, 3, H, W)` RGB in [0, 1].
            photographs: of which they were painted, the same shape, or one for all.
            styles: `(N,)` integers, which style each was painted in.
        """
        recipe = self.recipe
        with torch.no_grad():
            wanted = self.network(photographs, recipe.content_layers)
        layers = dict.fromkeys((*recipe.content_layers, *recipe.style_layers))
        features = self.network(painted, list(layers))
        content = sum(
            content_losses(features[name], target) for name, target in wanted.items()
        )
        style = sum(
            style_losses(features[name], grams[styles])
            for name, grams in self.grams.items()
        )
        return {
            "content": content / len(wanted),
            "style": style / len(self.grams),
            "tv": variations(painted),
        }

    def weigh(self, terms: Mapping[str, Tensor], strengths: Tensor) -> Tensor:
        """Return L(lambda) of each picture, `(N,)`.

        Args:
            terms: from a call.
            strengths: `(N,)`, each picture's lambda.
        """
        recipe = self.recipe
        tv = recipe.tv_weight * (strengths / recipe.reference).sqrt()
        return terms["content"] + strengths * terms["style"] + tv * terms["tv"]


def content_losses(features: Tensor, target: Tensor) -> Tensor:
    """Return the feature reconstruction loss of each picture, `(N,)`, eq. (2).

    Args:
        features: `(N, C, H, W)` of the paintings.
        target: the same shape, of the photographs; or of one, `(1, C, H, W)`.

    Normalization:
        divided by the mean square of that picture's own target.
    """
    target = target.float()
    wrong = (features.float() - target).square().mean((1, 2, 3))
    return wrong / target.square().mean((1, 2, 3)).clamp_min(TINY)


def style_losses(features: Tensor, grams: Tensor) -> Tensor:
    """Return the style reconstruction loss of each picture, `(N,)`, eq. (4).

    Args:
        features: `(N, C, H, W)` of the paintings.
        grams: `(N, C, C)`, each picture's own target.

    Normalization:
        divided by the squared norm of that picture's own target.
    """
    wrong = (gram_matrix(features) - grams).square().sum((1, 2))
    return wrong / grams.square().sum((1, 2)).clamp_min(TINY)


def variations(images: Tensor) -> Tensor:
    """Return the total variation of each picture, `(N,)`; see `losses`.

    Args:
        images: `(N, C, H, W)`, at least 2 x 2 pixels.
    """
    x = images.float()
    down = (x[..., 1:, :] - x[..., :-1, :]).square().mean((1, 2, 3))
    across = (x[..., :, 1:] - x[..., :, :-1]).square().mean((1, 2, 3))
    return down + across

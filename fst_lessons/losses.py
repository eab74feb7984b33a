"""Perceptual losses: pure functions after the paper, then `PerceptualLoss`.

    content  l_feat  = ||phi(y_hat) - phi(y)||^2 / (C H W)             eq. (2)
    style    G       = psi psi^T / (C H W),  psi = phi as C x HW        eq. (3)
             l_style = ||G(y_hat) - G(y)||_F^2, summed over layers      eq. (4)
    total    lambda_c l_feat + lambda_s l_style + lambda_TV l_TV        eq. (5)

Every function is averaged over the pictures of a batch, so that a batch of copies costs
what one picture costs. Source: Johnson et al. 2016, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from .gram import gram_matrix
from .images import check_image
from .loss_network import LossNetwork
from .recipes import CONTENT_LAYERS, STYLE_LAYERS

__all__ = [
    "PerceptualLoss",
    "Targets",
    "feature_reconstruction_loss",
    "gram_matrix",
    "pixel_loss",
    "style_reconstruction_loss",
    "suggest_weights",
    "total_variation",
]

Units = Literal["relative", "paper"]


def feature_reconstruction_loss(features: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two feature maps, eq. (2).

    ||F - P||^2 / (C H W), averaged over the batch.

    Args:
        features: `(N, C, H, W)`, activations of the picture being judged.
        target: `(N, C, H, W)` or `(1, C, H, W)`, activations to come close to.

    Returns:
        A float32 scalar, zero only where the features agree.

    Raises:
        ValueError: the two are not pictures' features of one size.

    Source: Johnson et al. 2016, eq. (2); the authors' code averages likewise.
    """
    _check_features(features)
    if features.shape[1:] != target.shape[1:]:
        raise ValueError(
            f"features {tuple(features.shape)} and target {tuple(target.shape)} "
            "differ in channels or size; resize the content picture to the result"
        )
    return (features.float() - target.float()).square().mean()


def style_reconstruction_loss(features: Tensor, target_gram: Tensor) -> Tensor:
    """Return the squared Frobenius distance of Gram matrices, eq. (4), for one layer.

    ||G(features) - A||_F^2, averaged over the batch.

    Args:
        features: `(N, C, H, W)`, activations of the picture being judged.
        target_gram: `(N, C, C)` or `(1, C, C)`, `gram_matrix` of the style's
            activations; the style picture may have any size.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: features are not four-dimensional, or the channels differ.

    Source: Johnson et al. 2016, eq. (4). The authors' code divides by C^2 as well:
    its style weight w equals w / C^2 here.
    """
    gram = gram_matrix(features)
    if gram.shape[1:] != target_gram.shape[1:]:
        raise ValueError(
            f"features have {gram.shape[1]} channels, the target Gram matrix is "
            f"{tuple(target_gram.shape)}; take both from the same layer"
        )
    return (gram - target_gram.float()).square().sum(dim=(1, 2)).mean()


def pixel_loss(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return the mean squared difference of two pictures, ||y_hat - y||^2 / (C H W).

    Args:
        y_hat: `(N, 3, H, W)`, RGB in [0, 1].
        y: the same shape.

    Raises:
        ValueError: shapes differ.

    Source: Johnson et al. 2016, section 3.2, pixel loss.
    """
    if y_hat.shape != y.shape:
        raise ValueError(
            f"pictures differ in shape: {tuple(y_hat.shape)} and {tuple(y.shape)}"
        )
    return (y_hat.float() - y.float()).square().mean()


def total_variation(images: Tensor) -> Tensor:
    """Return the mean squared difference of neighbouring pixels, down plus across.

    Args:
        images: `(N, C, H, W)`, at least 2 x 2 pixels.

    Returns:
        A float32 scalar, zero for a flat picture.

    Normalization:
        means, so that neither size nor batch matters. The paper prints no formula; the
        authors' code has half the *sum* over pixels in 0..255 units.

    Raises:
        ValueError: not four-dimensional or thinner than two pixels.
    """
    _check_features(images)
    if min(images.shape[-2:]) < 2:
        raise ValueError(f"total variation needs 2x2 pixels, got {tuple(images.shape)}")
    x = images.float()
    down = (x[..., 1:, :] - x[..., :-1, :]).square().mean()
    across = (x[..., :, 1:] - x[..., :, :-1]).square().mean()
    return down + across


def _check_features(features: Tensor) -> None:
    if features.ndim != 4:
        raise ValueError(f"expected shape (N, C, H, W), got {tuple(features.shape)}")


@dataclass(frozen=True)
class Targets:
    """What a picture shall come close to: features of the content, Grams of the style.

    Attributes:
        content: layer name -> `(N, C, H, W)`.
        style: layer name -> `(1, C, C)`.
        scales: "content/relu3_3" and the like -> what the layer's loss is divided by.
    """

    content: dict[str, Tensor] = field(default_factory=dict)
    style: dict[str, Tensor] = field(default_factory=dict)
    scales: dict[str, Tensor] = field(default_factory=dict)


class PerceptualLoss:
    """The paper's objective, eq. (5), with a term for each of content, style and TV.

    Args:
        loss_network: a `LossNetwork`.
        content_layers: layers of the feature reconstruction loss. relu3_3 is what the
            conference paper, its Fig. 2 and the authors' code use; the first preprint's
            text says relu2_2.
        style_layers: layers of the style reconstruction loss.
        content_weight: lambda_c.
        style_weight: lambda_s.
        tv_weight: lambda_TV, in units of `total_variation`.
        units: "relative" divides each layer's loss by the size of its own target (the
            content feature's mean square, the style Gram's squared norm) and averages
            over layers: 1 means "as wrong as a black picture", whatever the network and
            the pictures. "paper" leaves eqs. (2) to (4) as printed, summed over layers.

    Raises:
        ValueError: a weight is negative or not finite, or units are unknown.
    """

    def __init__(
        self,
        loss_network: LossNetwork,
        *,
        content_layers: Sequence[str] = CONTENT_LAYERS,
        style_layers: Sequence[str] = STYLE_LAYERS,
        content_weight: float = 1.0,
        style_weight: float = 100.0,
        tv_weight: float = 1.0,
        units: Units = "relative",
    ) -> None:
        if units not in ("relative", "paper"):
            raise ValueError(f"units must be 'relative' or 'paper', got {units!r}")
        self.loss_network = loss_network
        self.content_layers = tuple(content_layers)
        self.style_layers = tuple(style_layers)
        self.weights = {
            "content": content_weight,
            "style": style_weight,
            "tv": tv_weight,
        }
        self.units = units
        for term, weight in self.weights.items():
            if not 0 <= weight < float("inf"):
                raise ValueError(f"the {term} weight must be 0 or more, got {weight}")

    def targets(
        self, *, content: Tensor | None = None, style: Tensor | None = None
    ) -> Targets:
        """Return what to come close to, measured once, without gradients.

        Args:
            content: `(N, 3, H, W)` RGB in [0, 1], or None for no content term.
            style: `(1, 3, H', W')` RGB in [0, 1], any size, or None for no style term.

        Raises:
            ValueError: a picture of the wrong shape, with NaN, or outside [0, 1].
        """
        found = Targets()
        with torch.no_grad():
            if content is not None and self.content_layers:
                check_image(content, "content")
                found.content.update(self.loss_network(content, self.content_layers))
            if style is not None and self.style_layers:
                check_image(style, "style")
                features = self.loss_network(style, self.style_layers)
                found.style.update({k: gram_matrix(f) for k, f in features.items()})
        found.scales.update(self._scales(found))
        return found

    def _scales(self, targets: Targets) -> dict[str, Tensor]:
        """Return the divisor of each layer's loss."""
        scales = {}
        for name, feature in targets.content.items():
            size = feature.square().mean() * len(targets.content)
            scales[f"content/{name}"] = size
        for name, gram in targets.style.items():
            size = gram.square().sum(dim=(1, 2)).mean() * len(targets.style)
            scales[f"style/{name}"] = size
        if self.units == "paper":
            return {name: torch.ones_like(size) for name, size in scales.items()}
        # a black picture has no size to compare with
        return {name: size.clamp_min(1e-12) for name, size in scales.items()}

    def per_layer(self, y_hat: Tensor, targets: Targets) -> dict[str, Tensor]:
        """Return the unweighted loss of each layer: "content/relu3_3", ..., "tv".

        `y_hat` is `(N, 3, H, W)` in [0, 1], `targets` come from `targets(...)`.
        """
        terms: dict[str, Tensor] = {}
        layers = [
            *targets.content,
            *(k for k in targets.style if k not in targets.content),
        ]
        features = self.loss_network(y_hat, layers) if layers else {}
        for name, target in targets.content.items():
            terms[f"content/{name}"] = feature_reconstruction_loss(
                features[name], target
            )
        for name, gram in targets.style.items():
            terms[f"style/{name}"] = style_reconstruction_loss(features[name], gram)
        terms = {name: value / targets.scales[name] for name, value in terms.items()}
        if self.weights["tv"] > 0:
            terms["tv"] = total_variation(y_hat)
        return terms

    def __call__(
        self, y_hat: Tensor, targets: Targets
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted total and the unweighted terms.

        Args:
            y_hat: `(N, 3, H, W)`, RGB in [0, 1].
            targets: from `targets(...)`.

        Returns:
            The scalar to minimize, and {"content": ..., "style": ..., "tv": ...} with
            the terms that are in use, before their weights.
        """
        terms: dict[str, Tensor] = {}
        for name, value in self.per_layer(y_hat, targets).items():
            term = name.split("/")[0]
            terms[term] = terms[term] + value if term in terms else value
        total = sum(self.weights[term] * value for term, value in terms.items())
        if not isinstance(total, Tensor):
            raise ValueError("nothing to minimize: no content, no style, no TV weight")
        return total, terms


def suggest_weights(
    perceptual_loss: PerceptualLoss, targets: Targets, *, start: Tensor
) -> dict[str, float]:
    """Return weights under which content and style pull equally hard on `start`.

    A weight scales a gradient, so gradients are what to balance: lambda_s is chosen
    such that the two terms' gradients with respect to the picture have equal norm. At
    the content picture itself the content gradient is zero; start a little away.

    Args:
        perceptual_loss: whose layers and units are used; its weights are ignored.
        targets: with both content and style.
        start: `(1, 3, H, W)`, the picture at which to balance, for instance the
            content picture with some noise.

    Returns:
        {"content": 1.0, "style": lambda_s}.

    Raises:
        ValueError: a term is missing or has no gradient at `start`.
    """
    norms: dict[str, float] = {}
    for term in ("content", "style"):
        y_hat = start.detach().clone().requires_grad_(True)
        layers = perceptual_loss.per_layer(y_hat, targets)
        values = [value for name, value in layers.items() if name.startswith(term)]
        if not values:
            raise ValueError(f"no {term} target; balance needs both content and style")
        (gradient,) = torch.autograd.grad(torch.stack(values).sum(), y_hat)
        norms[term] = float(gradient.norm())
        if norms[term] == 0:
            raise ValueError(
                f"the {term} term has no gradient at this start; add some noise to it"
            )
    return {"content": 1.0, "style": norms["content"] / norms["style"]}

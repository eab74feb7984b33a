"""Planted mistakes in a loss network and in a loss, each behind a name.

Both are written the way people write them, without this package's `LossNetwork` and
`PerceptualLoss`; only the pocket network's weights are borrowed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .loss_network import IMAGENET, load_loss_network
from .recipes import CONTENT_LAYERS, STYLE_LAYERS

MEAN = torch.tensor(IMAGENET.mean).view(1, 3, 1, 1)
STD = torch.tensor(IMAGENET.std).view(1, 3, 1, 1)


def normalize(x: Tensor) -> Tensor:
    """Return `x`, `(N, 3, H, W)` RGB in [0, 1], as ImageNet's weights want it."""
    return (x - MEAN.to(x)) / STD.to(x)


def _normalize_in_place(x: Tensor) -> Tensor:
    return x.sub_(MEAN.to(x)).div_(STD.to(x))


# what stands before the first convolution
PREPARE: dict[str, Callable[[Tensor], Tensor]] = {
    "normalization missing": lambda x: x,
    "normalized twice": lambda x: normalize(normalize(x)),
    "network fed 0 to 255": lambda x: normalize(255 * x),
    "network fed 0 to 1/255": lambda x: normalize(x / 255),
    "another normalization": lambda x: 2 * x - 1,
    "channels swapped": lambda x: normalize(x.flip(1)),
    "picture overwritten": _normalize_in_place,
}
NETWORK = (
    *PREPARE,
    "overwritten in place",
    "no gradient to the picture",
    "not frozen",
    "restless",
    "features not finite",
)


class Vgg(nn.Module):
    """A loss network as many write it: a list of layers, features by name.

    Args:
        mistake: one of `NETWORK`, or None for none.
    """

    def __init__(self, mistake: str | None = None) -> None:
        super().__init__()
        self.prepare = PREPARE.get(mistake, normalize)
        self.cut = mistake == "no gradient to the picture"
        self.keep = ("conv1_1", *STYLE_LAYERS)
        in_place = mistake == "overwritten in place"
        pocket = load_loss_network("pocket")
        self.layers = nn.ModuleDict()
        for name in pocket.plan[: pocket.plan.index("relu4_3") + 1]:
            if name.startswith("conv"):
                self.layers[name] = pocket.convolutions[name[4:]]
            elif name.startswith("relu"):
                self.layers[name] = nn.ReLU(inplace=in_place)
            else:
                self.layers[name] = nn.MaxPool2d(2)
        if mistake == "restless":
            norm = nn.BatchNorm2d(pocket.convolutions["1_2"].out_channels)
            self.layers["pool1"] = nn.Sequential(nn.MaxPool2d(2), norm)
        if mistake == "features not finite":
            self.layers["conv2_1"].weight.data[0] = float("nan")
        self.requires_grad_(mistake == "not frozen").train(mistake == "restless")

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return {layer: features `(N, C, H', W')`} of images `(N, 3, H, W)`."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.cut):
            x, found = self.prepare(images), {}
            for name, layer in self.layers.items():
                x = layer(x)
                if name in self.keep:
                    found[name] = x
            return found


def gram(features: Tensor) -> Tensor:
    """Return psi psi^T / (C H W) of each picture, `(N, C, C)` float32.

    Args:
        features: `(N, C, H, W)`.
    """
    with torch.autocast(features.device.type, enabled=False):
        psi = features.float().flatten(2) / features[0].numel() ** 0.5
        return psi @ psi.mT


def _products(features: Tensor) -> Tensor:
    psi = features.flatten(2)
    return psi @ psi.mT


def _of_the_batch(features: Tensor) -> Tensor:
    psi = features.transpose(0, 1).flatten(1)  # (C, N*H*W)
    return (psi @ psi.T / psi.numel())[None]


def _of_places(features: Tensor) -> Tensor:
    psi = features.flatten(2)
    return psi.mT @ psi / psi[0].numel()


def _in_float32(matrix: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return a Gram matrix with no second mistake: autocast cannot make it half."""

    def compute(features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return matrix(features.float())

    return compute


WEIGHT = 0.003  # of the style, found by looking, with pocket and eqs. (2) to (4)
# {mistake: (the Gram matrix, a style weight that its author would have found)}
GRAMS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "Gram not divided": (_in_float32(_products), 3e-12),
    "Gram divided twice": (lambda f: gram(f) / f[0, 0].numel(), 3e4),
    "Gram mixes the batch": (_in_float32(_of_the_batch), WEIGHT),
    "Gram of places": (_in_float32(_of_places), 0.1),
    "loss shrinks with the batch": (lambda f: gram(f) / len(f), WEIGHT),
    "overflow in half precision": (lambda f: _products(f) / f[0].numel(), WEIGHT),
    "loss not finite": (lambda f: _products(f.half()) / f[0].numel(), WEIGHT),
}
WEIGHTS = {
    "style drowns": {"style_weight": 1e-5},
    "content drowns": {"style_weight": 30.0},
    "total variation smears": {"tv_weight": 1e4},
}
LOSS = (
    *GRAMS,
    *WEIGHTS,
    "loss grows with the batch",
    "targets not detached",
    "clamp in the loss",
    "no gradient",
)


def make_loss(
    mistake: str | None = None,
    network: Callable[[Tensor], dict] | None = None,
    *,
    style_weight: float | None = None,
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a loss as many write it: (painted, photograph, style) -> scalar.

    Args:
        mistake: one of `LOSS`, or None for none.
        network: pictures -> {layer: features}.
        style_weight: default what its author would have found by looking.
    """
    network = network or Vgg()
    matrix, found = GRAMS.get(mistake, (gram, WEIGHT))
    style_weight = found if style_weight is None else style_weight
    weights = {
        "style_weight": style_weight,
        "tv_weight": 0.1,
        **WEIGHTS.get(mistake, {}),
    }

    def loss(painted: Tensor, photograph: Tensor, style: Tensor) -> Tensor:
        if mistake == "clamp in the loss":
            painted = painted.clamp(0, 1)
        features = network(painted)
        with torch.set_grad_enabled(mistake == "targets not detached"):
            content, wanted = network(photograph), network(style)
        errors = [F.mse_loss(features[n], content[n]) for n in CONTENT_LAYERS]
        for name in STYLE_LAYERS:
            difference = matrix(features[name]) - matrix(wanted[name])
            each = difference.square().sum(dim=(1, 2))
            errors.append(weights["style_weight"] * each.mean())
        for axis in (2, 3):
            step = painted.diff(dim=axis).square().mean()
            errors.append(weights["tv_weight"] * step)
        total = sum(errors)
        if mistake == "loss grows with the batch":
            total = total * len(painted)
        return total.detach() if mistake == "no gradient" else total

    return loss

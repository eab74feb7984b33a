"""The fixed loss network phi: VGG-16, VGG-19 and the small `pocket`, with weights.

A loss network is used as a measuring instrument. It is never trained here, it takes
pictures as everybody stores them (RGB in [0, 1]) and does its own normalization, and it
computes no layer deeper than the deepest one asked for.

Source: Johnson et al. 2016, section 3.2.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from . import assets
from .devices import best_dtype
from .vgg import (
    ARCHITECTURES,
    CAFFE,
    IMAGENET,
    NORMALIZATIONS,
    Architecture,
    LossNetwork,
    Normalization,
    Pooling,
    initialize,
)

__all__ = [
    "ARCHITECTURES",
    "CAFFE",
    "IMAGENET",
    "Architecture",
    "LossNetwork",
    "Normalization",
    "fast_loss_network",
    "load_loss_network",
]

# what torchvision publishes under these names, and what each was trained with
PUBLISHED = {
    ("vgg16", "imagenet1k_v1"): IMAGENET,
    ("vgg16", "imagenet1k_features"): CAFFE,
    ("vgg19", "imagenet1k_v1"): IMAGENET,
}


def load_loss_network(
    name: str = "pocket",
    *,
    weights: str | Path | None = "default",
    normalization: str | None = None,
    pooling: Pooling = "max",
    seed: int = 0,
) -> LossNetwork:
    """Return a frozen loss network, ready to measure pictures in RGB [0, 1].

    Args:
        name: "pocket" (comes with the package), "vgg16" (the paper's) or "vgg19".
        weights: "default"; for VGG-16 and VGG-19 also "imagenet1k_v1" (torchvision's
            training, the default) and for VGG-16 "imagenet1k_features" (the Caffe
            weights that the paper used); the path of a `.pth` or `.safetensors` file
            with torchvision's or this package's keys; or None for random weights.
        normalization: "imagenet" or "caffe"; only needed for a file of Caffe weights,
            since published weights know their own.
        pooling: "max" as in the paper, "avg" as in Gatys et al.
        seed: for random weights only.

    Raises:
        ValueError: unknown name, weights or normalization; a file that is missing,
            unreadable or of another network.
        ConnectionError: the published weights cannot be downloaded; says what to do.

    Source: torchvision's weights and their means and deviations, PAPER 2016 sec. 3.2.
    """
    if name not in ARCHITECTURES:
        raise ValueError(
            f"unknown loss network {name!r}; choose from {', '.join(ARCHITECTURES)}"
        )
    norm, state = _find_weights(name, weights)
    if normalization is not None:
        if normalization not in NORMALIZATIONS:
            known = ", ".join(NORMALIZATIONS)
            raise ValueError(
                f"unknown normalization {normalization!r}; choose from {known}"
            )
        norm = NORMALIZATIONS[normalization]
    network = LossNetwork(ARCHITECTURES[name], normalization=norm, pooling=pooling)
    if state is None:
        initialize(network, seed)
    else:
        _copy_weights(network, state, f"{name} from {weights}")
    return network


def fast_loss_network(network: LossNetwork) -> LossNetwork:
    """Return a loss network that measures as fast as its device allows.

    Where bfloat16 is no gain that is `network` itself. Otherwise it is a copy, in half
    the time or less; to train nets or pictures it is as good (what a descent reaches
    with either, `benchmarks/optimization_speed.py` shows). Compare losses by `network`.

    Args:
        network: a `LossNetwork`, on any device.
    """
    half = best_dtype(network.mean.device) == torch.bfloat16
    return network.in_bfloat16() if half else network


def _find_weights(
    name: str, weights: str | Path | None
) -> tuple[Normalization, dict[str, Tensor] | None]:
    if weights is None:
        return IMAGENET, None
    if name == "pocket" and weights == "default":
        path = assets.data_path("weights", "pocket.safetensors")
        assets.verify(path)
        return IMAGENET, _read_weights(path)
    if weights == "default":
        weights = "imagenet1k_v1"
    if (name, weights) in PUBLISHED:
        return PUBLISHED[name, weights], _download_weights(name, str(weights))
    path = Path(weights)
    if path.suffix not in (".pth", ".pt", ".safetensors"):
        known = [w for n, w in PUBLISHED if n == name] or ["default"]
        raise ValueError(
            f"unknown weights {str(weights)!r} for {name}; choose from "
            f"{', '.join(known)}, None for random, or a .pth or .safetensors file"
        )
    return IMAGENET, _read_weights(path)


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ValueError(f"no weight file at {path}; check the path")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{path} is not a readable weight file ({error}); expected tensors saved "
            "by safetensors or torch.save, perhaps the download was cut short"
        ) from error


def published_url(name: str, weights: str) -> str:
    """Return the address from which torchvision fetches `weights` of network `name`."""
    import torchvision.models as models  # slow to import, needed only here

    enum = {"vgg16": models.VGG16_Weights, "vgg19": models.VGG19_Weights}[name]
    return enum[weights.upper()].url


def _download_weights(name: str, weights: str) -> dict[str, Tensor]:
    url = published_url(name, weights)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    try:
        return torch.hub.load_state_dict_from_url(
            url, map_location="cpu", check_hash=True, weights_only=True
        )
    except OSError as error:
        raise ConnectionError(
            f"could not download {name}'s weights from {url} ({error}). With a "
            "network connection try again; or fetch that file elsewhere and put it at "
            f"{cached} or pass weights='path/to/{cached.name}'; or use "
            "load_loss_network('pocket'), which needs no download."
        ) from error
    except RuntimeError as error:  # the hub's word for a wrong hash
        raise ValueError(
            f"the file from {url} is not what torchvision published ({error}); delete "
            f"{cached} if it exists and try again"
        ) from error


def _copy_weights(network: LossNetwork, state: dict[str, Tensor], what: str) -> None:
    """Copy convolutions by order from torchvision's keys, or by name from our own."""
    own = {key for key in network.state_dict()}
    if not own <= set(state):
        features = sorted(
            {int(k.split(".")[1]) for k in state if k.startswith("features.")}
        )
        renamed = {}
        for name, index in zip(network.convolutions, features, strict=False):
            for part in ("weight", "bias"):
                renamed[f"convolutions.{name}.{part}"] = state[
                    f"features.{index}.{part}"
                ]
        state = renamed
    try:
        network.load_state_dict({key: state[key].float() for key in own})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"these weights do not fit: {what} ({error})") from error

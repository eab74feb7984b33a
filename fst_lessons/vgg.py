"""VGG, as a measuring instrument: frozen, and asked for its layers by name.

Source: Simonyan and Zisserman 2015, configurations D (VGG-16) and E (VGG-19).
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Pooling = Literal["max", "avg"]


@dataclass(frozen=True)
class Architecture:
    """What decides a network's layers.

    Attributes:
        stages: channels of every convolution, stage by stage.
        padding_mode: how borders are padded, "zeros" or "reflect".
    """

    stages: tuple[tuple[int, ...], ...]
    padding_mode: str = "zeros"


ARCHITECTURES = {
    "vgg16": Architecture(((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)),
    "vgg19": Architecture(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)),
    # A quarter of VGG-16's width. relu3_2 is wider: chapter 2 tells why.
    "pocket": Architecture(
        ((16,) * 2, (32,) * 2, (64, 160, 64), (128,) * 3, (128,)), "reflect"
    ),
}


@dataclass(frozen=True)
class Normalization:
    """What weights want subtracted from, `mean`, and divided out of, `std`, RGB."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# torchvision's own training, and the pocket network distilled here
IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# the authors' Caffe weights: 0..255 minus the mean colour, RGB after conversion
CAFFE = Normalization((0.48235, 0.45882, 0.40784), (1 / 255, 1 / 255, 1 / 255))
NORMALIZATIONS = {"imagenet": IMAGENET, "caffe": CAFFE}


class LossNetwork(nn.Module):
    """A frozen VGG that returns the activations of named layers.

    Layers are called `conv3_2` (response before the ReLU), `relu3_2` and `pool3`.
    No operation works in place, so a stored activation is never overwritten.

    Args:
        architecture: widths of the stages.
        normalization: what the weights expect; applied to the pictures inside.
        pooling: "max" as VGG was trained and the paper used it, "avg" as Gatys did.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        normalization: Normalization = IMAGENET,
        pooling: Pooling = "max",
    ) -> None:
        super().__init__()
        if pooling not in ("max", "avg"):
            raise ValueError(f"pooling must be 'max' or 'avg', got {pooling!r}")
        self.pooling = pooling
        self.padding_mode = architecture.padding_mode
        self.convolutions = nn.ModuleDict()
        self.plan: list[str] = []
        channels = 3
        for stage, widths in enumerate(architecture.stages, start=1):
            for index, width in enumerate(widths, start=1):
                name = f"{stage}_{index}"
                self.convolutions[name] = nn.Conv2d(
                    channels,
                    width,
                    3,
                    padding=1,
                    padding_mode=architecture.padding_mode,
                )
                self.plan += [f"conv{name}", f"relu{name}"]
                channels = width
            self.plan.append(f"pool{stage}")
        mean, std = torch.tensor(normalization.mean), torch.tensor(normalization.std)
        self.register_buffer("mean", mean.view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", std.view(1, 3, 1, 1), persistent=False)
        self.eval().requires_grad_(False)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Every layer that can be asked for, from the picture inwards."""
        return tuple(self.plan)

    def forward(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return the activations of the named layers, computed no deeper than needed.

        Args:
            images: `(N, 3, H, W)`, RGB in [0, 1], floating point.
            layers: names such as "relu3_3", "conv4_2", "pool1", in any order.

        Returns:
            `{name: (N, C, H', W')}` in the order asked for. Gradients flow back to
            `images`, never into the network.

        Raises:
            ValueError: images of another shape or dtype, or too small for the deepest
                layer; no layer; a layer this network does not have.
        """
        deepest = self._deepest(layers)
        _check_images(images, self._smallest(deepest))
        x = self._enter((images - self.mean) / self.std)
        found: dict[str, Tensor] = {}
        for name in self.plan[: deepest + 1]:
            x = self._apply_layer(name, x)
            if name in layers:
                found[name] = x
        return {name: found[name] for name in layers}

    def _enter(self, x: Tensor) -> Tensor:
        """Give the normalized picture the filters' number format, channels last.

        Every layer keeps that layout, in which a processor pools ten times faster.
        """
        dtype = self.convolutions["1_1"].weight.dtype
        return x.to(dtype, memory_format=torch.channels_last)

    def in_bfloat16(self) -> LossNetwork:
        """Return a copy that computes in bfloat16, to train nets or pictures by.

        Pictures still come in float32 and are normalized in it. Convolutions, padding
        and pooling take a third of the time where the processor multiplies in bfloat16;
        where it does not, they take longer: see `loss_network.fast_loss_network`.
        """
        quick = copy.deepcopy(self)
        quick.convolutions.to(torch.bfloat16, memory_format=torch.channels_last)
        return quick

    def _apply_layer(self, name: str, x: Tensor) -> Tensor:
        kind, place = name[:4], name[4:]
        if kind == "conv":
            return self.convolutions[place](x)
        if kind == "relu":
            return F.relu(x)
        return F.max_pool2d(x, 2) if self.pooling == "max" else F.avg_pool2d(x, 2)

    def _deepest(self, layers: Sequence[str]) -> int:
        if isinstance(layers, str):
            raise ValueError(f"layers must be a list of names, such as [{layers!r}]")
        if not layers:
            raise ValueError("no layer asked for; name at least one, such as 'relu3_3'")
        return max(self._position(name) for name in layers)

    def _smallest(self, deepest: int) -> int:
        """Return the shorter side that still leaves a pixel at every layer."""
        side = needed = 1
        for name in self.plan[: deepest + 1]:
            if name.startswith("pool"):
                side *= 2
            elif name.startswith("conv") and self.padding_mode == "reflect":
                needed = 2 * side  # a border of one pixel has no second to reflect
        return max(side, needed)

    def _position(self, name: str) -> int:
        if name in self.plan:
            return self.plan.index(name)
        near = difflib.get_close_matches(str(name), self.plan, n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}; " if near else ""
        raise ValueError(
            f"unknown layer {name!r}; {hint}this network has {self.plan[0]} to "
            f"{self.plan[-1]} (convS_I, reluS_I and poolS)"
        )

    def channels(self, layer: str) -> int:
        """Return the number of channels C of a layer."""
        return [width for _, width in self._walk(layer)][-1]

    def _walk(self, layer: str) -> Iterable[tuple[str, int]]:
        """Yield (name, channels) of every layer up to and including `layer`."""
        width = 3
        for name in self.plan[: self._position(layer) + 1]:
            if name.startswith("conv"):
                width = self.convolutions[name[4:]].out_channels
            yield name, width

    def stride(self, layer: str) -> int:
        """Return how many pixels lie between two neighbours of a layer."""
        return 2 ** sum(name.startswith("pool") for name, _ in self._walk(layer))

    def receptive_field(self, layer: str) -> int:
        """Return the side, in pixels, of the square a value of a layer looks at."""
        side, stride = 1, 1
        for name, _ in self._walk(layer):
            if name.startswith("conv"):
                side += 2 * stride
            elif name.startswith("pool"):
                side, stride = side + stride, stride * 2
        return side

    def multiply_adds(self, layer: str, height: int, width: int) -> int:
        """Return the multiply-adds up to a layer for a picture `height` x `width`."""
        total, inputs = 0, 3
        for name, channels in self._walk(layer):
            if name.startswith("conv"):
                total += 9 * inputs * channels * height * width
                inputs = channels
            elif name.startswith("pool"):
                height, width = height // 2, width // 2
        return total


def _check_images(images: Tensor, smallest: int) -> None:
    if not isinstance(images, Tensor) or images.ndim != 4 or images.shape[1] != 3:
        is_tensor = isinstance(images, Tensor)
        came = tuple(images.shape) if is_tensor else type(images).__name__
        raise ValueError(f"expected pictures of shape (N, 3, H, W), got {came}")
    if not images.is_floating_point():
        raise ValueError(
            f"expected floating point pictures in [0, 1], got {images.dtype}; "
            "divide by 255"
        )
    if min(images.shape[-2:]) < smallest:
        height, width = images.shape[-2:]
        raise ValueError(
            f"a picture of {height}x{width} is too small for this layer; its shorter "
            f"side must be at least {smallest} pixels"
        )


def initialize(network: LossNetwork, seed: int) -> None:
    """Give a network random weights (He et al. 2015) that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    for convolution in network.convolutions.values():
        nn.init.kaiming_normal_(convolution.weight, generator=generator)
        nn.init.zeros_(convolution.bias)

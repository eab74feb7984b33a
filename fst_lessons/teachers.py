"""Teachers of the pocket loss network: large networks that answer layer by layer."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from .loss_network import Architecture, LossNetwork, load_loss_network

PLACES = ("1_1", "1_2", "2_1", "2_2", "3_1", "3_3", "4_1", "4_2", "4_3", "5_1")


class CompressedVGG19(nn.Module):
    """VGG-19 up to relu5_1 at a quarter of its width, as a teacher.

    Args:
        path: `vgg19_16x.safetensors`, the weights of Collaborative-Distillation.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        # VGG-19's stage 3 has four convolutions, VGG-16's three: the last one counts
        self.counterparts = {p: "3_4" if p == "3_3" else p for p in PLACES}
        weights = load_file(path)
        self.architecture = Architecture(
            ((16,) * 2, (32,) * 2, (64,) * 4, (128,) * 4, (128,)), "reflect"
        )
        self.network = LossNetwork(self.architecture)
        # its first, pointwise layer is its normalization
        self.colour = nn.Conv2d(3, 3, 1).requires_grad_(False)
        self.colour.weight.copy_(weights["conv0.weight"])
        self.colour.bias.copy_(weights["conv0.bias"])
        self.network.mean.zero_()
        self.network.std.fill_(1.0)
        for name, convolution in self.network.convolutions.items():
            key = f"conv{name.replace('_', '')}"
            convolution.weight.copy_(weights[f"{key}.weight"])
            convolution.bias.copy_(weights[f"{key}.bias"])

    @torch.no_grad()
    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the response to `images`, before the ReLU, for each student layer."""
        names = [f"conv{name}" for name in self.counterparts.values()]
        found = self.network(self.colour(images), names)
        return dict(zip(self.counterparts, found.values(), strict=True))


class WideTeacher(nn.Module):
    """A loss network of any width that teaches a student, layer by layer by name."""

    def __init__(self, network: LossNetwork, student: LossNetwork) -> None:
        super().__init__()
        self.network = network
        self.counterparts = {
            n: n for n in student.convolutions if n in network.convolutions
        }

    @torch.no_grad()
    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the response to `images`, before the ReLU, for each student layer."""
        found = self.network(images, [f"conv{name}" for name in self.counterparts])
        return dict(zip(self.counterparts, found.values(), strict=True))


def load_teacher(name: str, student: LossNetwork) -> nn.Module:
    """Return a student's teacher by name: "vgg16", "vgg19", or the file of one."""
    if name in ("vgg16", "vgg19"):
        return WideTeacher(load_loss_network(name), student)
    return CompressedVGG19(name)

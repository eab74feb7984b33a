"""The usual PyTorch example of fast style transfer, restated as a yardstick.

The architecture that the widespread example trains and runs: reflection padding as a
layer of its own, eager float32, channels first, pictures in 0..255, no activation at
the end. Its training step: a frozen VGG-16 judges the output and the photograph, Adam.
Written anew from its description and measured for its speed alone: no trained weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CONTENT_WEIGHT, STYLE_WEIGHT = 1e5, 1e10
# positions of relu1_2, relu2_2, relu3_3, relu4_3 among VGG-16's layers
JUDGED = (3, 8, 15, 22)
VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512)


class ReflectConv(nn.Module):
    """Reflection padding, then a convolution that needs none."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the padded tensor."""
        return self.conv(self.pad(x))


class ResizeConv(ReflectConv):
    """Nearest-neighbour doubling before it."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the doubled, padded tensor."""
        return super().forward(F.interpolate(x, scale_factor=2, mode="nearest"))


class Residual(nn.Module):
    """Two convolutions with instance norms, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ReflectConv(channels, channels, 3)
        self.norm1 = nn.InstanceNorm2d(channels, affine=True)
        self.conv2 = ReflectConv(channels, channels, 3)
        self.norm2 = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the input's shape."""
        y = torch.relu(self.norm1(self.conv1(x)))
        return self.norm2(self.conv2(y)) + x


def stock_net(width: int = 32) -> nn.Sequential:
    """Return the example's network: `(N, 3, H, W)` in 0..255 to the same."""
    layers: list[nn.Module] = []
    shapes = [(3, width, 9, 1), (width, 2 * width, 3, 2), (2 * width, 4 * width, 3, 2)]
    for shape in shapes:
        layers += [ReflectConv(*shape), _norm(shape[1]), nn.ReLU()]
    layers += [Residual(4 * width) for _ in range(5)]
    for c_in, c_out in ((4 * width, 2 * width), (2 * width, width)):
        layers += [ResizeConv(c_in, c_out, 3), _norm(c_out), nn.ReLU()]
    return nn.Sequential(*layers, ReflectConv(width, 3, 9))


def _norm(channels: int) -> nn.InstanceNorm2d:
    return nn.InstanceNorm2d(channels, affine=True)


class VGG16Features(nn.Module):
    """VGG-16 up to relu4_3, with random weights: time does not depend on them."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in VGG16:
            if width:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            else:
                layers.append(nn.MaxPool2d(2))
        self.layers = nn.ModuleList(layers).requires_grad_(False)
        mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
        self.register_buffer("mean", mean.view(3, 1, 1))
        self.register_buffer("std", std.view(3, 1, 1))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return relu1_2, relu2_2, relu3_3 and relu4_3 of pictures in 0..255."""
        x, found = (pictures / 255 - self.mean) / self.std, []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in JUDGED:
                found.append(x)
        return found


def gram(features: Tensor) -> Tensor:
    """Return the Gram matrices over C H W."""
    n, c, h, w = features.shape
    psi = features.view(n, c, h * w)
    return psi.bmm(psi.transpose(1, 2)) / (c * h * w)


class StockTrainer:
    """The example's training step.

    Args:
        style: `(1, 3, H, W)` in 0..255.
        batch: pictures a step.
    """

    def __init__(self, style: Tensor, batch: int = 4) -> None:
        self.net = stock_net()
        self.vgg = VGG16Features()
        self.optimizer = torch.optim.Adam(self.net.parameters(), 1e-3)
        self.grams = [gram(f) for f in self.vgg(style.repeat(batch, 1, 1, 1))]

    def step(self, photos: Tensor) -> None:
        """Take one step on `(N, 3, H, W)` photographs in 0..255."""
        self.optimizer.zero_grad()
        judged, target = self.vgg(self.net(photos)), self.vgg(photos)
        loss = CONTENT_WEIGHT * F.mse_loss(judged[1], target[1])
        for features, style in zip(judged, self.grams, strict=True):
            loss = loss + STYLE_WEIGHT * F.mse_loss(gram(features), style)
        loss.backward()
        self.optimizer.step()

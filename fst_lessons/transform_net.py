"""The image transformation network: one pass from a photograph to a painting.

    photograph -> 9x9 -> 3x3 /2 -> 3x3 /2 -> five residual blocks -> x2 -> x2 -> 9x9

Three presets share this skeleton and differ in the details that decide about borders,
grids and contrast. Source: Johnson et al. 2016, section 3.1 and supplementary table 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4  # two halvings: the size inside must be a multiple of this
# blue, green, red means of ImageNet in 0..255, which the authors' code subtracts
BGR_MEAN = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class NetConfig:
    """What decides a transform net's layers, and nothing else.

    Attributes:
        preset: the name under which these choices are known.
        width: channels of the first layer; the residual blocks have four times as many.
        blocks: residual blocks.
        norm: after every convolution but the last: "instance", "batch" or "none".
        upsampling: "resize" (nearest neighbour, then a convolution) or "transposed".
        padding: "reflect" (every convolution keeps its size), "zero" (likewise, with
            zeros) or "reflect_start" (40 reflected pixels once, residual blocks
            without padding, zeros elsewhere).
        residual: add each block's input to its output; False gives a plain network.
        output: "sigmoid", "tanh" (scaled to 0..1) or "tanh150" (150 tanh, in the
            authors' units: blue-green-red, 0..255, minus the ImageNet mean).
    """

    preset: str = "book"
    width: int = 32
    blocks: int = 5
    norm: Literal["instance", "batch", "none"] = "instance"
    upsampling: Literal["resize", "transposed"] = "resize"
    padding: Literal["reflect", "zero", "reflect_start"] = "reflect"
    residual: bool = True
    output: Literal["sigmoid", "tanh", "tanh150"] = "sigmoid"


PRESETS = {
    "paper": NetConfig(
        "paper", 32, 5, "batch", "transposed", "reflect_start", True, "tanh"
    ),
    "authors_code": NetConfig(
        "authors_code",
        upsampling="transposed",
        padding="reflect_start",
        output="tanh150",
    ),
    "book": NetConfig(),
}


class TransformNet(nn.Module):
    """Paint a photograph in one forward pass, in the style it was trained for.

    Args:
        preset: "book", "paper" or "authors_code", or a `NetConfig`.
        width: channels of the first layer; None keeps the preset's 32.
        **changes: other fields of `NetConfig` to change.

    Shape:
        `(N, 3, H, W)` -> `(N, 3, H, W)`, RGB in [0, 1], any height and width from 16
        pixels up: sizes that two halvings do not divide are padded by reflection and
        cropped again.

    Raises:
        ValueError: unknown preset or choice; pictures too small, not RGB, not floats.

    Source: Johnson et al. 2016, supplementary table 1 ("paper"); fast-neural-style,
    commit 813c834 ("authors_code"); the book's chapter 6 gives its reasons for "book".
    """

    def __init__(
        self,
        preset: str | NetConfig = "book",
        *,
        width: int | None = None,
        **changes,
    ) -> None:
        super().__init__()
        self.config = _make_config(preset, width=width, **changes)
        c, w = self.config, self.config.width
        self.down = nn.Sequential(
            _conv(c, 3, w, 9),
            _conv(c, w, 2 * w, 3, stride=2),
            _conv(c, 2 * w, 4 * w, 3, stride=2),
        )
        self.blocks = nn.Sequential(*(_Block(c, 4 * w) for _ in range(c.blocks)))
        self.up = nn.Sequential(_up(c, 4 * w, 2 * w), _up(c, 2 * w, w))
        self.last = _conv2d(c, w, 3, 9)

    def forward(self, images: Tensor) -> Tensor:
        """Return the painted pictures, `(N, 3, H, W)` RGB in [0, 1]."""
        x = self.prepare(images)
        x = self.last(self.up(self.blocks(self.down(x))))
        return self.finish(x, *images.shape[-2:])

    def prepare(self, images: Tensor) -> Tensor:
        """Return what the first layer gets of `images`: own units, reflected border."""
        height, width = self._check(images)
        start = _to_authors_units(images) if self._authors else images
        return F.pad(start, self.padding(height, width), mode="reflect")

    def finish(self, x: Tensor, height: int, width: int) -> Tensor:
        """Return `x`, the last layer's values, as RGB in [0, 1], `height` x `width`."""
        return self._to_picture(x[..., :height, :width])

    def padding(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return what to reflect around `height` x `width`: left, right, top, bottom.

        "reflect_start" loses 2 pixels per side and block at a quarter of the size,
        8 of the photograph's: 40 for five blocks.
        """
        start = 0
        if self.config.padding == "reflect_start":
            start = 2 * STRIDE * self.config.blocks
        return start, start + -width % STRIDE, start, start + -height % STRIDE

    @property
    def _authors(self) -> bool:
        return self.config.output == "tanh150"

    def _check(self, images: Tensor) -> tuple[int, int]:
        if images.ndim != 4 or images.shape[0] == 0 or images.shape[1] != 3:
            raise ValueError(f"expected (N, 3, H, W), got {tuple(images.shape)}")
        if not images.is_floating_point():
            raise ValueError(f"expected floats in [0, 1], got {images.dtype}")
        height, width = images.shape[-2:]
        needed = 16 + self.padding(height, width)[0]
        if min(height, width) < needed:
            raise ValueError(
                f"a picture of {width}x{height} is too small for this network, which "
                f"needs {needed} pixels a side; enlarge it"
            )
        return height, width

    def _to_picture(self, x: Tensor) -> Tensor:
        if self.config.output == "sigmoid":
            return torch.sigmoid(x)
        if self.config.output == "tanh":
            return 0.5 + 0.5 * torch.tanh(x)
        mean = x.new_tensor(BGR_MEAN).view(1, 3, 1, 1)
        return ((150 * torch.tanh(x) + mean).flip(1) / 255).clamp(0, 1)


def _make_config(
    preset: str | NetConfig, *, width: int | None = None, **changes
) -> NetConfig:
    """Return a checked configuration."""
    config = PRESETS.get(preset) if isinstance(preset, str) else preset
    if not isinstance(config, NetConfig):
        raise ValueError(f"unknown preset {preset!r}; choose {', '.join(PRESETS)}")
    if width is not None:
        changes["width"] = width
    try:
        config = replace(config, **changes)
    except TypeError:
        known, given = ", ".join(asdict(config)), ", ".join(changes)
        raise ValueError(f"cannot set {given}; there are {known}") from None
    allowed = {
        "norm": ("instance", "batch", "none"),
        "upsampling": ("resize", "transposed"),
        "padding": ("reflect", "zero", "reflect_start"),
        "output": ("sigmoid", "tanh", "tanh150"),
    }
    for name, choices in allowed.items():
        if getattr(config, name) not in choices:
            known, given = ", ".join(choices), getattr(config, name)
            raise ValueError(f"{name} must be one of {known}, got {given!r}")
    for name, least in {"width": 1, "blocks": 0}.items():
        value = getattr(config, name)
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be an integer from {least}, got {value!r}")
    if not isinstance(config.residual, bool):
        raise ValueError(f"residual must be True or False, got {config.residual!r}")
    return config


def _to_authors_units(images: Tensor) -> Tensor:
    """Turn RGB in [0, 1] into BGR in 0..255 minus the ImageNet mean."""
    return images.flip(1) * 255 - images.new_tensor(BGR_MEAN).view(1, 3, 1, 1)


def _conv2d(
    config: NetConfig, c_in: int, c_out: int, kernel: int, stride: int = 1
) -> nn.Conv2d:
    mode = "reflect" if config.padding == "reflect" else "zeros"
    return nn.Conv2d(
        c_in, c_out, kernel, stride, padding=kernel // 2, padding_mode=mode
    )


def _norm(config: NetConfig, channels: int) -> nn.Module:
    if config.norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.BatchNorm2d(channels) if config.norm == "batch" else nn.Identity()


def _conv(
    config: NetConfig, c_in: int, c_out: int, kernel: int, stride: int = 1
) -> nn.Sequential:
    """Convolution, norm, ReLU."""
    conv = _conv2d(config, c_in, c_out, kernel, stride)
    return nn.Sequential(conv, _norm(config, c_out), nn.ReLU())


def _up(config: NetConfig, c_in: int, c_out: int) -> nn.Sequential:
    """Double the size: by a resize and a convolution, or by a transposed one."""
    if config.upsampling == "resize":
        layers = [nn.Upsample(scale_factor=2), _conv2d(config, c_in, c_out, 3)]
    else:
        layers = [nn.ConvTranspose2d(c_in, c_out, 3, 2, padding=1, output_padding=1)]
    return nn.Sequential(*layers, _norm(config, c_out), nn.ReLU())


class _Block(nn.Module):
    """Residual block: conv, norm, ReLU, conv, norm, plus the input; no ReLU after."""

    def __init__(self, config: NetConfig, channels: int) -> None:
        super().__init__()
        self.unpadded = config.padding == "reflect_start"
        self.residual = config.residual
        first, second = (_conv2d(config, channels, channels, 3) for _ in range(2))
        if self.unpadded:
            first.padding = second.padding = (0, 0)
        self.body = nn.Sequential(
            first, _norm(config, channels), nn.ReLU(), second, _norm(config, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.crop(x) if self.residual else self.body(x)

    def crop(self, x: Tensor) -> Tensor:
        """Return what of the input is left to add to the body's output."""
        return x[..., 2:-2, 2:-2] if self.unpadded else x


def layer_table(
    net: TransformNet, *, height: int = 256, width: int = 256
) -> list[dict]:
    """Return what each stage makes of a picture, as in the supplementary table 1.

    Args:
        net: a transform net.
        height: of the picture.
        width: of the picture.

    Returns:
        Rows {"layer", "channels", "height", "width", "receptive_field",
        "multiply_adds"}; the receptive field is a side in pixels of the photograph,
        the largest of all places (after a doubling, neighbours differ in it).
    """
    left, right, top, bottom = net.padding(height, width)
    size = [height + top + bottom, width + left + right]
    rows = [_row("reflection padding", 3, size, 1, 0)]
    so_far = []
    for name, convs in _stages(net):
        cost = 0
        for conv, resize in convs:
            size = [2 * s for s in size] if resize else size
            size, macs = _through(conv, size)
            cost += macs
        so_far += convs
        channels = convs[-1][0].out_channels
        rows.append(_row(name, channels, size, _field(so_far), cost))
    return rows


def _row(name: str, channels: int, size: list[int], field: int, cost: int) -> dict:
    return {
        "layer": name,
        "channels": channels,
        "height": size[0],
        "width": size[1],
        "receptive_field": field,
        "multiply_adds": cost,
    }


def _stages(net: TransformNet) -> Iterator[tuple[str, list[tuple[nn.Module, bool]]]]:
    """Yield (name, [(convolution, doubled before it)]) of each stage, in order."""
    for i, layer in enumerate(net.down):
        name = "convolution 9x9" if i == 0 else "convolution 3x3, stride 2"
        yield name, [(layer[0], False)]
    for i, block in enumerate(net.blocks):
        kind = "residual" if net.config.residual else "plain"
        yield f"{kind} block {i + 1}", [(block.body[0], False), (block.body[3], False)]
    for layer in net.up:
        if net.config.upsampling == "resize":
            yield "resize x2, convolution 3x3", [(layer[1], True)]
        else:
            yield "convolution 3x3, stride 1/2", [(layer[0], False)]
    yield "convolution 9x9", [(net.last, False)]


def _through(conv: nn.Module, size: list[int]) -> tuple[list[int], int]:
    """Return the size after a convolution and its multiply-adds."""
    k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    if isinstance(conv, nn.ConvTranspose2d):
        after = [2 * x for x in size]
        positions = size[0] * size[1]  # each input pixel is spread once
    else:
        after = [(x + 2 * p - k) // s + 1 for x in size]
        positions = after[0] * after[1]
    return after, k * k * conv.in_channels * conv.out_channels * positions


def _field(convs: list[tuple[nn.Module, bool]]) -> int:
    """Return the side of the square that one value after these layers looks at."""
    sides = []
    for place in range(STRIDE):  # the doublings repeat after so many
        first = last = place
        for conv, resize in reversed(convs):
            k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
            if isinstance(conv, nn.ConvTranspose2d):
                first, last = -(-(first + p - k + 1) // s), (last + p) // s
            else:
                first, last = s * first - p, s * last - p + k - 1
            if resize:
                first, last = first // 2, last // 2
        sides.append(last - first + 1)
    return max(sides)


def multiply_adds(net: TransformNet, *, height: int = 256, width: int = 256) -> int:
    """Return a net's multiply-adds for `height` x `width`, norms and ReLUs left out."""
    rows = layer_table(net, height=height, width=width)
    return sum(row["multiply_adds"] for row in rows)


def receptive_field(net: TransformNet) -> int:
    """Return the side, in pixels, of what one pixel of a net's output has seen.

    Convolutions alone are counted: an instance norm averages over the whole picture.
    """
    return layer_table(net)[-1]["receptive_field"]

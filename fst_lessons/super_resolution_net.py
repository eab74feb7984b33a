"""Super-resolution nets: from a small picture to one of four or eight times its size.

    small -> 9x9 -> four residual blocks -> x2 -> x2 (-> x2) -> 9x9 -> large

Nearly all the work is done at the small size, where a pixel costs a sixteenth and a
3x3 kernel sees four times as far. `SRCNN`, the baseline, enlarges first.

Sources: Johnson et al. 2016, section 4.2 and supplementary table 2; Dong et al. 2014.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from .colors import luma
from .degradation import enlarge
from .images import check_image
from .transform_net import NetConfig, _Block, _conv, _up

FACTORS = (4, 8)
# what the book's net adds to the enlargement is its last layer's output times this. The
# layer sums 5,184 values: a small step of its weights would be a large one of the
# picture, and the first thing a net would learn is to silence all features
DETAIL = 0.1


@dataclass(frozen=True)
class SuperResolutionConfig:
    """What decides a super-resolution net's layers, and nothing else.

    Attributes:
        preset: the name under which these choices are known.
        factor: 4 or 8.
        width: channels of every layer but the last.
        blocks: residual blocks.
        norm: after every convolution but the last: "batch" or "none".
        upsampling: "resize" (nearest neighbour, then a convolution) or "transposed".
        shortcuts: the net adds to the bicubic enlargement, and its blocks as a whole to
            what comes before them; False: the net paints the picture by itself, its
            output a tanh scaled to 0..1.
    """

    preset: str = "book"
    factor: int = 4
    width: int = 64
    blocks: int = 4
    norm: str = "none"
    upsampling: str = "resize"
    shortcuts: bool = True


PAPER = SuperResolutionConfig("paper", 4, 64, 4, "batch", "transposed", False)
PRESETS = {
    "book": SuperResolutionConfig(),
    "paper": PAPER,
    # the paper's net without the grid that transposed convolutions stamp
    "paper_resize": replace(PAPER, preset="paper_resize", upsampling="resize"),
}


class SuperResolutionNet(nn.Module):
    """Enlarge a picture in one forward pass.

    Args:
        factor: 4 or 8.
        preset: "book", "paper" or "paper_resize", or a `SuperResolutionConfig`.
        **changes: other fields of the configuration to change.

    Shape:
        `(N, 3, H, W)` -> `(N, 3, factor H, factor W)`, RGB in [0, 1], any size.

    Raises:
        ValueError: another factor, an unknown preset or choice; not a picture.

    Source: Johnson et al. 2016, supplementary table 2 ("paper": 401,859 parameters for
    factor 4, 438,915 for 8). The book's net has no batch norm, whose statistics of a
    handful of crops blur the contrast of a single picture (Lim et al. 2017).
    """

    def __init__(
        self,
        factor: int | None = None,
        *,
        preset: str | SuperResolutionConfig = "book",
        **changes: Any,
    ) -> None:
        super().__init__()
        self.config = c = make_config(preset, factor=factor, **changes)
        layers = NetConfig(norm=c.norm, upsampling=c.upsampling, padding="zero")
        doublings = c.factor.bit_length() - 1
        self.first = _conv(layers, 3, c.width, 9)
        self.blocks = nn.Sequential(*(_Block(layers, c.width) for _ in range(c.blocks)))
        self.up = nn.Sequential(
            *(_up(layers, c.width, c.width) for _ in range(doublings))
        )
        self.last = nn.Conv2d(c.width, 3, 9, padding=4)
        if c.shortcuts:
            self._initialize()

    def forward(self, images: Tensor) -> Tensor:
        """Return the enlarged pictures, `(N, 3, factor H, factor W)` RGB in [0, 1]."""
        check_image(images, "picture")
        x = self.first(images)
        y = self.blocks(x)
        x = x + y if self.config.shortcuts else y
        return self.finish(self.last(self.up(x)), images)

    def finish(self, x: Tensor, images: Tensor) -> Tensor:
        """Return the pictures that `x`, the last layer's values for `images`, mean."""
        if not self.config.shortcuts:
            return 0.5 + 0.5 * torch.tanh(x)
        x = enlarge(images, self.config.factor) + DETAIL * x
        # clipped outside training alone: what is cut off would have no gradient
        return x if self.training else x.clamp(0, 1)

    @property
    def reach(self) -> int:
        """How many small pixels beyond itself a small pixel's square can depend on."""
        c = self.config
        at_the_end = 4 + (c.factor - 1)  # 9x9, and one pixel at each doubled size
        return 4 + 2 * c.blocks + -(-at_the_end // c.factor)

    def _initialize(self) -> None:
        """Start as the bicubic enlargement, nearly, with signals of one size inside.

        He et al. 2015 for all layers; a block begins as a small change of what it gets;
        and the last layer is small but not zero: with zeros, no gradient reaches the
        others in the first step, and with PyTorch's own start they stay at bicubic.
        """
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            for block in self.blocks:
                block.body[3].weight.mul_(0.1)
        nn.init.normal_(self.last.weight, std=1e-3)


def make_config(
    preset: str | SuperResolutionConfig, *, factor: int | None = None, **changes: Any
) -> SuperResolutionConfig:
    """Return a preset for a factor with some changes, checked.

    Raises:
        ValueError: unknown preset, field or choice.
    """
    config = PRESETS.get(preset) if isinstance(preset, str) else preset
    if not isinstance(config, SuperResolutionConfig):
        raise ValueError(f"unknown preset {preset!r}; choose {', '.join(PRESETS)}")
    changes = {"factor": config.factor if factor is None else factor, **changes}
    try:
        config = replace(config, **changes)
    except TypeError:
        known, given = ", ".join(asdict(config)), ", ".join(changes)
        raise ValueError(f"cannot set {given}; there are {known}") from None
    check_factor(config.factor)
    allowed = {
        "norm": ("none", "batch"),
        "upsampling": ("resize", "transposed"),
        "shortcuts": (True, False),
    }
    for name, choices in allowed.items():
        if getattr(config, name) not in choices:
            known = ", ".join(map(str, choices))
            raise ValueError(
                f"{name} must be one of {known}, got {getattr(config, name)!r}"
            )
    for name, least in {"width": 1, "blocks": 0}.items():
        value = getattr(config, name)
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be an integer from {least}, got {value!r}")
    return config


def check_factor(factor: int) -> None:
    """Raise ValueError unless a net can enlarge by this factor."""
    if factor not in FACTORS:
        raise ValueError(
            f"cannot enlarge by {factor!r}; the factors offered are 4 and 8"
        )


@dataclass(frozen=True)
class SRCNNConfig:
    """What decides an SRCNN's layers.

    Attributes:
        preset: "srcnn" (9-5-5, the best) or "srcnn_9_1_5" (the first).
        factor: 4 or 8.
        width: channels of the first layer; the second has half as many.
    """

    preset: str = "srcnn"
    factor: int = 4
    width: int = 64


SRCNN_KERNELS = {"srcnn": (9, 5, 5), "srcnn_9_1_5": (9, 1, 5)}


class SRCNN(nn.Module):
    """The first net for super-resolution: three convolutions after the enlargement.

    It works on brightness alone; the colours stay those of the bicubic enlargement.

    Args:
        factor: 4 or 8, of the bicubic interpolation.
        preset: "srcnn" with kernels 9-5-5 or "srcnn_9_1_5" with 9-1-5.
        width: channels of the first layer.

    Shape:
        `(N, 3, H, W)` -> `(N, 3, factor H, factor W)`, RGB in [0, 1], any size.

    Raises:
        ValueError: another factor or preset; not a picture.

    Source: Dong et al. 2014, "Learning a deep convolutional network for image
    super-resolution", and 2016 for 9-5-5; there without padding and factor for factor.
    """

    def __init__(
        self, factor: int = 4, *, preset: str = "srcnn", width: int = 64
    ) -> None:
        super().__init__()
        check_factor(factor)
        if preset not in SRCNN_KERNELS:
            known = ", ".join(SRCNN_KERNELS)
            raise ValueError(f"unknown preset {preset!r}; choose {known}")
        self.config = SRCNNConfig(preset, factor, width)
        channels = (1, width, width // 2, 1)
        layers: list[nn.Module] = []
        for i, kernel in enumerate(SRCNN_KERNELS[preset]):
            size = {"kernel_size": kernel, "padding": kernel // 2}
            conv = nn.Conv2d(*channels[i : i + 2], **size, padding_mode="replicate")
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)
            layers += [conv, nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, images: Tensor) -> Tensor:
        """Return the enlarged pictures, `(N, 3, factor H, factor W)` RGB in [0, 1]."""
        check_image(images, "picture")
        large = enlarge(images, self.config.factor)
        before = luma(large)
        # the same added to red, green and blue changes the luma and neither chroma
        x = large + (self.layers(before) - before)
        return x if self.training else x.clamp(0, 1)

    @property
    def reach(self) -> int:
        """How many small pixels beyond itself a small pixel's square can depend on."""
        radius = sum(k // 2 for k in SRCNN_KERNELS[self.config.preset])
        factor = self.config.factor
        # in large pixels; the interpolation takes two small ones more to each side
        return 2 + (2 * radius - 1 + factor) // (2 * factor)


NETS = (*PRESETS, *SRCNN_KERNELS)


def make_super_resolution_net(
    preset: str = "book", *, factor: int = 4, **changes: Any
) -> SuperResolutionNet | SRCNN:
    """Return a net of any preset of `NETS` for a factor, with changes, at random.

    Raises:
        ValueError: unknown preset, field or choice.
    """
    if preset in SRCNN_KERNELS:
        return SRCNN(factor, preset=preset, **changes)
    if preset not in PRESETS:
        raise ValueError(f"unknown net {preset!r}; choose {', '.join(NETS)}")
    return SuperResolutionNet(factor, preset=preset, **changes)

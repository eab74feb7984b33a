"""How programs count the style loss, and what their well-known weights mean.

A style weight means nothing without the formula it multiplies. `Convention` writes that
formula down, and `convert_style_weight` restates a weight from one convention in
another. `PUBLISHED` holds the weights of well-known programs; `restate` puts one of
them into the paper's formula, and `not_converted` says what no factor can restate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

VGG16_CHANNELS = MappingProxyType(
    {"relu1_2": 64, "relu2_2": 128, "relu3_3": 256, "relu4_3": 512}
)
# of VGG-16 and VGG-19 alike, {stage: channels}; stage k works at 1/2^(k-1) of the size
STAGE_CHANNELS = MappingProxyType({1: 64, 2: 128, 3: 256, 4: 512, 5: 512})
# what torchvision divides pixels of 0..255 by, on average over the three colours
PIXEL_SCALE = 255 * (0.229 + 0.224 + 0.225) / 3


@dataclass(frozen=True)
class Convention:
    """How a program turns features into a style loss and a content loss.

    Attributes:
        gram_divisor: what the product psi psi^T is divided by: "CHW", "HW", or
            "image", the pixels of the picture instead of the positions of the layer.
        reduction: "sum" or "mean" over the Gram matrix' C x C entries.
        layers: "sum" or "mean" over the style layers.
        factor: a constant in front of the style loss.
        content: "mean" or "sum" of the squared differences of the features.
        content_factor: a constant in front of the content loss.
    """

    gram_divisor: Literal["CHW", "HW", "image"] = "CHW"
    reduction: Literal["sum", "mean"] = "sum"
    layers: Literal["sum", "mean"] = "sum"
    factor: float = 1.0
    content: Literal["mean", "sum"] = "mean"
    content_factor: float = 1.0

    def __str__(self) -> str:
        """Return the formula in words."""
        divisor = {"image": "the image's H x W"}.get(
            self.gram_divisor, " x ".join(self.gram_divisor)
        )
        front = "" if self.factor == 1 else f"{self.factor:.3g} times "
        return (
            f"Gram / ({divisor}), {front}{self.reduction} of squares, "
            f"{self.layers} of layers"
        )


PAPER_CONVENTION = Convention("CHW", "sum", "sum")
# Gatys et al. 2016: 1/(4 C^2 H^2 W^2) before an undivided Gram matrix' error, which is
# a quarter of the paper's loss; five layers, each with weight 1/5; content: half a sum
GATYS_CONVENTION = Convention(
    "CHW", "sum", "mean", factor=0.25, content="sum", content_factor=0.5
)
# nn.MSECriterion on the Gram matrix: so do most programs that descend from this one
AUTHORS_CONVENTION = Convention("CHW", "mean", "sum")
GORDIC_CONVENTION = Convention("CHW", "mean", "mean")
MAGENTA_CONVENTION = Convention("HW", "mean", "sum")
TENSORFLOW_CONVENTION = Convention("HW", "mean", "mean")
# an undivided Gram matrix' error over 4 * 3^2 * (H W)^2 of the *picture*
KERAS_CONVENTION = Convention("image", "sum", "mean", factor=1 / 36, content="sum")


@dataclass(frozen=True)
class Published:
    """The weights a well-known program comes with.

    Attributes:
        name: what it is called in tables.
        source: repository, file and commit they were read in.
        network: "VGG-16" or "VGG-19".
        pixels: what that network is fed with: "0..255" minus a mean, or "deviations",
            0..1 minus a mean over a deviation, as torchvision does.
        content_layers: of the content loss.
        style_layers: of the style loss.
        content_weight: in the program's own convention.
        style_weight: likewise.
        tv_weight: likewise; 0 where there is no such term.
        convention: the formulas behind the first two.
    """

    name: str
    source: str
    network: Literal["VGG-16", "VGG-19"]
    pixels: Literal["0..255", "deviations"]
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    content_weight: float
    style_weight: float
    tv_weight: float
    convention: Convention


def convert_style_weight(
    weight: float,
    *,
    source: Convention,
    target: Convention = PAPER_CONVENTION,
    channels: Mapping[str, int] = VGG16_CHANNELS,
) -> dict[str, float]:
    """Return the weights that mean in `target` what one weight means in `source`.

    Programs that average the squared Gram error over its C x C entries weigh a layer of
    512 channels 64 times less than one of 64, so one number becomes one a layer.

    What cannot be converted: other layers, other loss network weights, and other pixel
    ranges. Scaling the pixels by s scales activations by about s, the content loss by
    s^2 and the style loss by s^4, but biases do not scale, so this is only a rule of
    thumb.

    Args:
        weight: the style weight in the source's convention.
        source: the convention it comes from.
        target: the convention wanted.
        channels: {layer: C}; its length counts the layers.

    Returns:
        {layer: weight}, in the order of `channels`.

    Raises:
        ValueError: no layers, a weight that is not a positive number, or a layer of
            unknown stride where a convention counts the picture's pixels.
    """
    if not channels:
        raise ValueError("name at least one layer with its channels")
    if not 0 < weight < float("inf"):
        raise ValueError(f"the style weight must be a positive number, got {weight}")
    layers = len(channels)
    return {
        name: weight
        * _style_factor(source, name, c, layers)
        / _style_factor(target, name, c, layers)
        for name, c in channels.items()
    }


def restate(
    known: Published,
    *,
    size: tuple[int, int] | None = None,
    pixels: Literal["0..255", "deviations"] | None = None,
) -> dict[str, float]:
    """Return lambda_s of the paper's eq. (4) for each style layer, lambda_c being 1.

    Args:
        known: one of `PUBLISHED`.
        size: (height, width) of the picture in pixels; needed where the program sums
            the content loss, whose weight then depends on the size.
        pixels: the range to restate for, by the rule of thumb that the style weight
            grows by s^2 where activations shrink by s; None keeps the program's own.

    Returns:
        {layer: lambda_s}, for the same loss network and layers.

    Raises:
        ValueError: `size` is missing where it is needed, or too small.
    """
    channels = {name: _channels(name) for name in known.style_layers}
    weights = convert_style_weight(
        known.style_weight, source=known.convention, channels=channels
    )
    content = known.content_weight * known.convention.content_factor
    if known.convention.content == "sum":
        content *= _values(known.content_layers, size)
    thumb = 1.0
    if pixels not in (None, known.pixels):
        thumb = PIXEL_SCALE**2 if pixels == "deviations" else PIXEL_SCALE**-2
    return {name: weight / content * thumb for name, weight in weights.items()}


def not_converted(
    known: Published,
    *,
    network: str = "VGG-16",
    content_layers: tuple[str, ...] = ("relu3_3",),
    style_layers: tuple[str, ...] = tuple(VGG16_CHANNELS),
    pixels: str = "0..255",
) -> list[str]:
    """Return what `restate` leaves as it is, each in one sentence.

    Args:
        known: one of `PUBLISHED`.
        network: the loss network to compare with; all defaults are the paper's.
        content_layers: likewise.
        style_layers: likewise.
        pixels: likewise.
    """
    found = []
    if known.network != network:
        found.append(f"It reads {known.network}.")
    if known.content_layers != content_layers:
        found.append(f"It reads content at {', '.join(known.content_layers)}.")
    if known.style_layers != style_layers:
        first, *_, last = known.style_layers
        found.append(f"It reads style at {first} to {last}.")
    if known.pixels != pixels:
        found.append(
            "Its pixels have another range; for that there is only a rule of thumb."
        )
    if known.convention.content == "sum":
        found.append("Its content loss is a sum: the weight fits one size of picture.")
    if known.tv_weight:
        found.append(
            f"Its total variation, {known.tv_weight:g}, has a formula of its own."
        )
    return found


def _style_factor(
    convention: Convention, name: str, channels: int, layers: int
) -> float:
    """Return the convention's style loss for a layer, as a multiple of the paper's."""
    factor = convention.factor
    if convention.gram_divisor == "HW":
        factor *= channels**2  # the Gram is C times larger, its square C^2
    if convention.gram_divisor == "image":
        factor *= channels**2 / _stride(name) ** 4  # H W of the picture is s^2 H_j W_j
    if convention.reduction == "mean":
        factor /= channels**2
    if convention.layers == "mean":
        factor /= layers
    return factor


def _stage(name: str) -> int:
    found = re.fullmatch(r"(?:conv|relu)([1-5])_[1-4]", name)
    if found is None:
        raise ValueError(f"no stride known for {name!r}; name it as VGG does: relu3_3")
    return int(found[1])


def _stride(name: str) -> int:
    return 2 ** (_stage(name) - 1)


def _channels(name: str) -> int:
    return STAGE_CHANNELS[_stage(name)]


def _values(layers: tuple[str, ...], size: tuple[int, int] | None) -> float:
    """Return C H W of the content layers, for a picture of some size."""
    if size is None:
        raise ValueError("this program sums its content loss: give size=(H, W)")
    counts = [
        _channels(name) * (size[0] // _stride(name)) * (size[1] // _stride(name))
        for name in layers
    ]
    if min(counts) < 1:
        raise ValueError(f"a picture of {size} leaves nothing at {', '.join(layers)}")
    return sum(counts)


_RELU_2 = tuple(VGG16_CHANNELS)
_RELU_1 = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
_TUTORIAL = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
# fmt: off
PUBLISHED: Mapping[str, Published] = MappingProxyType({
    "fast-neural-style": Published(
        "authors' code", "jcjohnson/fast-neural-style, train.lua, 813c834",
        "VGG-16", "0..255", ("relu3_3",), _RELU_2, 1, 5, 1e-6, AUTHORS_CONVENTION),
    "gatys": Published(
        "Gatys et al. 2016", "the paper, Fig. 3: ratios from 8e-4 to 5e-3, here 1e-3",
        "VGG-19", "0..255", ("conv4_2",),
        ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
        1, 1e3, 0, GATYS_CONVENTION),
    "neural-style": Published(
        "neural-style", "jcjohnson/neural-style, neural_style.lua, 07c4b82",
        "VGG-19", "0..255", ("relu4_2",), _RELU_1, 5, 100, 1e-3, AUTHORS_CONVENTION),
    "texture-nets": Published(
        "texture nets", "DmitryUlyanov/texture_nets, train.lua, aad2cc6",
        "VGG-19", "0..255", ("relu4_2",), _RELU_1[:4], 1, 1, 0, AUTHORS_CONVENTION),
    "chainer": Published(
        "chainer-fast-neuralstyle",
        "yusuketomoto/chainer-fast-neuralstyle, train.py, cf4a846",
        "VGG-16", "0..255", ("relu3_3",), _RELU_2, 1, 5, 1e-6, AUTHORS_CONVENTION),
    "lengstrom": Published(
        "fast-style-transfer", "lengstrom/fast-style-transfer, style.py, 0d3d981",
        "VGG-19", "0..255", ("relu4_2",), _RELU_1, 7.5, 100, 200, AUTHORS_CONVENTION),
    "pytorch-examples": Published(
        "PyTorch examples", "pytorch/examples, neural_style.py, 77f55b9",
        "VGG-16", "deviations", ("relu2_2",), _RELU_2, 1e5, 1e10, 0,
        AUTHORS_CONVENTION),
    "gordic": Published(
        "Gordić", "gordicaleksa/pytorch-neural-style-transfer-johnson, 00c96e8",
        "VGG-16", "deviations", ("relu2_2",), _RELU_2, 1, 4e5, 0, GORDIC_CONVENTION),
    "rrmina": Published(
        "rrmina", "rrmina/fast-neural-style-pytorch, train.py, f32f6ca",
        "VGG-16", "0..255", ("relu2_2",), _RELU_2, 17, 50, 0, AUTHORS_CONVENTION),
    "pystiche": Published(
        "pystiche, as it reads the paper", "pystiche/papers, _loss.py, a8a87f4",
        "VGG-16", "0..255", ("relu2_2",), _RELU_2, 1, 5, 1e-6, MAGENTA_CONVENTION),
    "magenta": Published(
        "Magenta", "magenta/magenta, image_stylization/learning.py, 01b59d3",
        "VGG-16", "0..255", ("relu3_3",), _RELU_2, 1, 1e-4, 0, MAGENTA_CONVENTION),
    "d2l": Published(
        "Dive into Deep Learning", "d2l-ai/d2l-en, neural-style.md, 23d7a5a",
        "VGG-19", "deviations", ("conv4_4",),
        ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
        1, 1e4, 10, AUTHORS_CONVENTION),
    "pytorch-tutorial": Published(
        "PyTorch tutorial", "pytorch/tutorials, neural_style_tutorial.py, 0a7e686",
        "VGG-19", "deviations", ("conv2_2",), _TUTORIAL, 1, 1e6, 0,
        AUTHORS_CONVENTION),
    "tensorflow-tutorial": Published(
        "TensorFlow tutorial", "tensorflow/docs, style_transfer.ipynb, 023b91c",
        "VGG-19", "0..255", ("relu5_2",), _RELU_1, 1e4, 1e-2, 30,
        TENSORFLOW_CONVENTION),
    "keras": Published(
        "Keras example", "keras-team/keras-io, neural_style_transfer.py, 0896b2e",
        "VGG-19", "0..255", ("relu5_2",), _RELU_1, 2.5e-8, 1e-6, 1e-6,
        KERAS_CONVENTION),
})
# fmt: on

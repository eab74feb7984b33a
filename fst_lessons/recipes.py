"""Settings of the paper, of its authors' code and of this book, each with its source.

`compare` tells where two recipes differ. What a style weight is worth in another
program's formula is a matter of `conventions`.

Sources: [paper] Johnson, Alahi and Fei-Fei 2016, the conference edition; [preprint] its
first version; [code] the authors' repository fast-neural-style, commit 813c834;
[example] the pytorch/examples repository, folder fast_neural_style, commit 77f55b9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .comparison import compare as compare
from .conventions import (
    AUTHORS_CONVENTION,
    PAPER_CONVENTION,
    VGG16_CHANNELS,
    Convention,
)
from .conventions import GATYS_CONVENTION as GATYS_CONVENTION
from .conventions import convert_style_weight as convert_style_weight

CONTENT_LAYERS = ("relu3_3",)
STYLE_LAYERS = tuple(VGG16_CHANNELS)
# of a TrainingRecipe, what the objective depends on: only nets that share these can be
# compared by it
OBJECTIVE_FIELDS = (
    "content_weight",
    "style_weight",
    "tv_weight",
    "content_layers",
    "style_layers",
    "units",
    "loss_network",
    "style_size",
    "style_blur",
)


@dataclass(frozen=True)
class Recipe:
    """One set of choices for style transfer, with the source of each.

    Attributes:
        name: what it is called in tables.
        loss_network: which network, with which weights.
        content_layers: of the feature reconstruction loss.
        style_layers: of the style reconstruction loss.
        content_weight: lambda_c, None where the source prints none.
        style_weight: lambda_s.
        tv_weight: lambda_TV.
        convention: the formula behind the style weight.
        units: "paper" or "relative", see `losses.PerceptualLoss`.
        optimizer: of the slow baseline.
        num_steps: of the slow baseline.
        start: of the slow baseline.
        sources: attribute -> where it is said.
    """

    name: str
    loss_network: str
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    content_weight: float | None
    style_weight: float | None
    tv_weight: float | None
    convention: Convention
    units: str
    optimizer: str
    num_steps: int
    start: str
    sources: Mapping[str, str] = field(default_factory=dict)


PAPER = Recipe(
    name="paper",
    loss_network="VGG-16, ImageNet, max pooling (Caffe weights)",
    content_layers=CONTENT_LAYERS,
    style_layers=STYLE_LAYERS,
    content_weight=None,
    style_weight=None,
    tv_weight=None,
    convention=PAPER_CONVENTION,
    units="paper",
    optimizer="lbfgs",
    num_steps=500,
    start="noise",
    sources={
        "content_layers": "[paper] sec. 4.1 and Fig. 2; [preprint]'s text has relu2_2",
        "style_layers": "[paper] section 4.1",
        "content_weight": "[paper] gives no value",
        "style_weight": "[paper] gives no value",
        "tv_weight": "[paper] 1e-6 to 1e-4, cross-validated per style, in 0..255 units",
        "convention": "[paper] eqs. (3) and (4)",
        "optimizer": "[paper] sec. 4.1: L-BFGS, projected to [0, 255] each step",
        "num_steps": "[paper] section 4.1: usually satisfactory within 500 iterations",
        "start": "[paper] section 4.1: white noise",
    },
)

AUTHORS_CODE = Recipe(
    name="authors' code",
    loss_network="VGG-16, ImageNet, max pooling (Caffe weights)",
    content_layers=CONTENT_LAYERS,
    style_layers=STYLE_LAYERS,
    content_weight=1.0,
    style_weight=5.0,
    tv_weight=1e-6,
    convention=AUTHORS_CONVENTION,
    units="paper",
    optimizer="lbfgs",
    num_steps=500,
    start="noise",
    sources={
        "content_layers": "[code] train.lua: index 16 of the Torch network is relu3_3",
        "style_layers": "[code] train.lua: indices 4, 9, 16, 23",
        "content_weight": "[code] train.lua",
        "style_weight": "[code] train.lua; published models used 3 to 20",
        "tv_weight": "[code] train.lua; gradient of half the sum of squares",
        "convention": "[code] nn.MSECriterion on the Gram matrix averages over C x C",
        "optimizer": "[code] slow_neural_style.lua, no projection of the pixels",
        "num_steps": "[code] slow_neural_style.lua",
        "start": "[code] slow_neural_style.lua: torch.randn, 0..255, nearly grey",
    },
)

BOOK = Recipe(
    name="this book",
    loss_network="pocket (or VGG-16)",
    content_layers=CONTENT_LAYERS,
    style_layers=STYLE_LAYERS,
    content_weight=1.0,
    style_weight=100.0,
    tv_weight=1.0,
    convention=Convention("CHW", "sum", "mean"),
    units="relative",
    optimizer="lbfgs",
    num_steps=150,
    start="content",
    sources={
        "content_layers": "as [paper]",
        "style_layers": "as [paper]",
        "content_weight": "1 by definition: only ratios of weights matter",
        "optimizer": "chapter 5 compares it with Adam",
        "num_steps": "chapter 5",
        "style_weight": "chapter 5, chosen by looking",
        "tv_weight": "mean squared neighbour difference, pixels in [0, 1]",
        "convention": "each layer relative to its target, mean over layers",
        "start": "from the content picture: a third of the steps",
    },
)


def check_training(recipe: Any, **choices: tuple[str, ...]) -> None:
    """Refuse what no training can use, whatever is trained.

    Args:
        recipe: of a training.
        **choices: further fields and their allowed values.

    Raises:
        ValueError: a value that cannot be used; the message names its field.
    """
    for name in ("batch", "steps"):
        if getattr(recipe, name) < 1:
            raise ValueError(f"{name} must be 1 or more, got {getattr(recipe, name)}")
    if not 0 < recipe.learning_rate < float("inf"):
        raise ValueError(f"learning_rate must be positive, got {recipe.learning_rate}")
    choices |= {
        "optimizer": ("muon", "adam"),
        "schedule": ("one_cycle", "constant"),
        "precision": ("bfloat16", "float32"),
    }
    zoom = getattr(recipe, "zoom", (1.0, 1.0))
    if len(zoom) != 2 or not 0 < zoom[0] <= zoom[1] < float("inf"):
        raise ValueError(f"zoom needs the least and the most, above 0, got {zoom}")
    for name, allowed in choices.items():
        value = getattr(recipe, name)
        if value not in allowed:
            known = " or ".join(allowed)
            raise ValueError(f"{name} must be {known}, got {value!r}")


@dataclass(frozen=True)
class TrainingRecipe:
    """Everything that decides what a transform net becomes, but the pictures.

    Attributes:
        preset: of the transform net, see `transform_net.PRESETS`.
        width: channels of its first layer.
        size: side of the training crops, pixels.
        batch: crops in a step, over all processes together; with a shift term, each is
            painted once more, moved.
        steps: planned updates of the weights.
        content_weight: lambda_c.
        style_weight: lambda_s.
        tv_weight: lambda_TV.
        shift_weight: lambda of the shift term, see `steadiness`; 0 leaves it out.
        content_layers: of the feature reconstruction loss.
        style_layers: of the style reconstruction loss.
        units: "relative" or "paper", see `losses.PerceptualLoss`.
        loss_network: "pocket", "vgg16" or "vgg19".
        style_size: shorter side of the style picture, pixels: the scale of strokes.
        style_blur: of the style picture at that size, standard deviation in pixels. The
            weave of the canvas goes; what is left to imitate are the strokes.
        zoom: a crop shows 1 to 2 times its size of the photograph.
        optimizer: "muon" or "adam".
        learning_rate: the highest.
        schedule: "one_cycle" (rises for a tenth of the way, then falls along a cosine)
            or "constant".
        precision: "bfloat16" (autocast) or "float32".
        start: the net whose weights it starts from, a name or a file; None is chance.
        seed: of the weights and of the crops.
    """

    preset: str = "book"
    width: int = 16
    size: int = 192
    batch: int = 1
    steps: int = 2000
    content_weight: float = 1.0
    style_weight: float = 64.0
    tv_weight: float = 25.0
    shift_weight: float = 10.0
    content_layers: tuple[str, ...] = CONTENT_LAYERS
    style_layers: tuple[str, ...] = STYLE_LAYERS
    units: str = "relative"
    loss_network: str = "pocket"
    style_size: int = 384
    style_blur: float = 0.8
    zoom: tuple[float, float] = (1.0, 2.0)
    optimizer: str = "muon"
    learning_rate: float = 0.02
    schedule: str = "one_cycle"
    precision: str = "bfloat16"
    start: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no training can use, each by its name."""
        for name in ("width", "size", "style_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("shift_weight", "style_blur"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        check_training(self)


# 80,000 photographs twice, four hours on the graphics card of 2016. [paper] prints no
# lambda, so the authors' code's numbers stand in; eq. (4) would need one per layer, see
# `conventions.restate`
PAPER_TRAINING = TrainingRecipe(
    preset="paper",
    width=32,
    size=256,
    batch=4,
    steps=40_000,
    style_weight=5.0,
    tv_weight=1e-6,
    shift_weight=0.0,
    units="paper",
    loss_network="vgg16",
    style_blur=0.0,
    optimizer="adam",
    learning_rate=1e-3,
    schedule="constant",
    precision="float32",
)
AUTHORS_TRAINING = replace(PAPER_TRAINING, preset="authors_code", style_size=256)

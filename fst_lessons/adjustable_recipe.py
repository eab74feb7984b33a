"""Everything that decides what an adjustable net becomes, but the pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .recipes import CONTENT_LAYERS, STYLE_LAYERS, check_training


@dataclass(frozen=True)
class AdjustableRecipe:
    """How a net with lambda and style as inputs is trained.

    Attributes:
        styles: names, in the order of the blend's weights.
        width: channels of the net's first layer.
        blocks: see `adjustable_net.AdjustableConfig`, as the next four.
        block: "residual" or "separable".
        end_kernel: side of the first and the last convolution.
        up: "resize" or "transposed4".
        hidden: units of the perceptron.
        lightest: the least lambda.
        heaviest: the greatest; each crop draws its own, its logarithm evenly.
        balance: a crop's objective is divided by 1 + lambda / balance, so that no end
            of the slider drowns the other.
        tv_weight: of the total variation where lambda is `reference`; in between, it
            follows the square root of lambda.
        reference: the lambda of the nets trained for one: there, and only there, the
            objective is the one of `recipes.TrainingRecipe`.
        shift_weight: of the shift term, see `steadiness`; 0 leaves it out.
        size: side of the training crops, pixels.
        batch: crops in a step, over all processes together; with a shift term, each is
            painted once more, moved.
        steps: planned updates of the weights.
        content_layers: of the feature reconstruction loss.
        style_layers: of the style reconstruction loss.
        loss_network: "pocket", "vgg16" or "vgg19".
        style_sizes: shorter side of each style picture, pixels; one number holds for
            all of them.
        style_blurs: of each style picture, likewise, standard deviation in pixels.
        zoom: a crop shows so many times its size of the photograph, least and most.
        optimizer: "muon" or "adam".
        learning_rate: the highest.
        schedule: "one_cycle" or "constant".
        precision: "bfloat16" or "float32".
        start: the net whose weights it starts from, a name or a file; None is chance.
        seed: of the weights and of the crops.
    """

    styles: tuple[str, ...] = ()
    width: int = 16
    blocks: int = 5
    block: str = "residual"
    end_kernel: int = 9
    up: str = "resize"
    hidden: int = 64
    lightest: float = 1.0
    heaviest: float = 100.0
    balance: float = 30.0
    tv_weight: float = 25.0
    reference: float = 64.0
    shift_weight: float = 10.0
    size: int = 192
    batch: int = 4
    steps: int = 4000
    content_layers: tuple[str, ...] = CONTENT_LAYERS
    style_layers: tuple[str, ...] = STYLE_LAYERS
    loss_network: str = "pocket"
    style_sizes: tuple[int, ...] = (384,)
    style_blurs: tuple[float, ...] = (0.8,)
    zoom: tuple[float, float] = (1.0, 2.0)
    optimizer: str = "muon"
    learning_rate: float = 0.02
    schedule: str = "one_cycle"
    precision: str = "bfloat16"
    start: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no training can use, each by its name."""
        if self.size < 16:
            raise ValueError(f"size must be 16 or more, got {self.size}")
        for name in ("tv_weight", "shift_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        for name in ("balance", "reference"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name, least in {"style_sizes": 1, "style_blurs": 0}.items():
            self._check_each(name, least)
        check_training(self)

    def _check_each(self, name: str, least: float) -> None:
        values = getattr(self, name)
        if len(values) not in {1, len(self.styles)} and self.styles:
            raise ValueError(
                f"{name} needs one value or one for each of {len(self.styles)} styles, "
                f"got {len(values)}"
            )
        if not all(least <= value < math.inf for value in values):
            raise ValueError(f"{name} must be {least} or more, got {values}")

    def style_size(self, number: int) -> int:
        """Return the shorter side, pixels, of the picture of style `number`, from 0."""
        return self.style_sizes[number if len(self.style_sizes) > 1 else 0]

    def style_blur(self, number: int) -> float:
        """Return the blur, pixels, of the picture of style `number`, from 0."""
        return self.style_blurs[number if len(self.style_blurs) > 1 else 0]

"""Everything that decides what a super-resolution net becomes, but the photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .recipes import check_training

TERMS = ("pixel", "feature", "shrunk", "grid", "tv")
# The paper's relu2_2 alone, seen through the pocket network, makes pictures that other
# networks find worse, and a grid. A layer below and one above are against the first,
# terms that mind no detail against the second. Features are also content with a weave
# of 2.5 pixels where there should be texture of another kind; pixels are not.
FEATURE = {
    "feature_weight": 1.0,
    "feature_layers": ("relu1_2", "relu2_2", "relu3_3"),
    "grid_weight": 10.0,
}
# what a net is asked for: {field of the recipe: value}
LOSSES = {
    "pixel": {"pixel_weight": 1.0},
    "feature": {"pixel_weight": 12.0, "shrunk_weight": 1.0, **FEATURE},
    "mixed": {"pixel_weight": 40.0, **FEATURE},
}


@dataclass(frozen=True)
class SuperResolutionRecipe:
    """How a net that enlarges is trained.

    Attributes:
        net: preset, see `super_resolution_net.NETS`.
        factor: 4 or 8.
        loss: the name of the loss, "pixel", "feature" or "mixed"; the weights decide.
        pixel_weight: of the difference pixel by pixel.
        feature_weight: of the feature reconstruction loss, relative to the features'
            own size.
        shrunk_weight: of the absolute difference between the result, made small again,
            and the small picture: it keeps the colours and leaves all detail free.
        grid_weight: of what is wrong in the same way in neighbouring cells of the net's
            grid: the loss network's pooling invites patterns there.
        tv_weight: of the total variation.
        pixel_norm: "l1" (mean absolute difference) or "mse" (mean square).
        luma: compare the pixels' brightness alone, all that SRCNN changes.
        feature_layers: of the feature reconstruction loss.
        loss_network: "pocket", "vgg16" or "vgg19".
        blur: the small pictures are blurred before they are shrunk, as in the paper.
        size: side of the large crops, pixels.
        batch: crops in a step, over all processes together.
        steps: planned updates of the weights.
        optimizer: "muon" or "adam".
        learning_rate: the highest.
        schedule: "one_cycle" or "constant", see `recipes.TrainingRecipe`.
        precision: "bfloat16" or "float32".
        start: the net whose weights it starts from, a name or a file; None is chance.
        seed: of the weights and of the crops.
    """

    net: str = "book"
    factor: int = 4
    loss: str = "pixel"
    pixel_weight: float = 1.0
    feature_weight: float = 0.0
    shrunk_weight: float = 0.0
    grid_weight: float = 0.0
    tv_weight: float = 0.0
    pixel_norm: str = "l1"
    luma: bool = False
    feature_layers: tuple[str, ...] = ("relu2_2",)
    loss_network: str = "pocket"
    blur: bool = False
    size: int = 96
    batch: int = 8
    steps: int = 3000
    optimizer: str = "muon"
    learning_rate: float = 0.01
    schedule: str = "one_cycle"
    precision: str = "bfloat16"
    start: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no training can use, each by its name."""
        if self.size < 16 or self.size % self.factor:
            raise ValueError(
                f"size must be a multiple of {self.factor} from 16 up, got {self.size}"
            )
        for term in TERMS:
            if not 0 <= self.weight(term) < float("inf"):
                value = self.weight(term)
                raise ValueError(f"the {term} weight must be 0 or more, got {value}")
        if not self.terms:
            raise ValueError("nothing to minimize: every weight is 0")
        check_training(self, loss=tuple(LOSSES), pixel_norm=("l1", "mse"))

    def weight(self, term: str) -> float:
        """Return lambda of a term, one of `TERMS`."""
        return getattr(self, f"{term}_weight")

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms in use, in the order of the loss curve."""
        return tuple(term for term in TERMS if self.weight(term))


# 10,000 photographs of COCO; [paper] section 4.2. There is no TV term, and no schedule.
PAPER = {
    "pixel_norm": "mse",
    "shrunk_weight": 0.0,
    "grid_weight": 0.0,
    "feature_layers": ("relu2_2",),
    "blur": True,
    "size": 288,
    "batch": 4,
    "steps": 200_000,
    "optimizer": "adam",
    "schedule": "constant",
    "precision": "float32",
}
PAPER_FEATURE = {**PAPER, "pixel_weight": 0.0}  # features, and nothing else
# Dong et al. 2014: the mean square of the brightness's error; their schedule of 8e8
# crops of 33 pixels by plain gradient descent is not repeated
SRCNN = {"pixel_norm": "mse", "luma": True}
RATES = {"muon": 0.01, "adam": 1e-3}  # the highest, as each optimizer bears it
OF_NET = {"paper": PAPER, "srcnn": SRCNN, "srcnn_9_1_5": SRCNN}
OF_NET_AND_LOSS = {("paper", "feature"): PAPER_FEATURE}


def make_recipe(
    net: str = "book", *, loss: str = "pixel", **changes: Any
) -> SuperResolutionRecipe:
    """Return the recipe of a net: the paper's for "paper", the book's for "book".

    Args:
        net: preset, see `super_resolution_net.NETS`.
        loss: "pixel", "feature" or "mixed".
        **changes: fields of the recipe that shall differ.

    Raises:
        ValueError: an unknown loss, or values that cannot be used.
    """
    if loss not in LOSSES:
        raise ValueError(f"unknown loss {loss!r}; choose {', '.join(LOSSES)}")
    of_net = OF_NET_AND_LOSS.get((net, loss), OF_NET.get(net, {}))
    settings = {**LOSSES[loss], **of_net, **changes}
    rate = RATES.get(settings.get("optimizer", "muon"), 1.0)
    settings.setdefault("learning_rate", rate)
    return SuperResolutionRecipe(net=net, loss=loss, **settings)

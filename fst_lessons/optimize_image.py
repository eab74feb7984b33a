"""Make a picture by gradient descent on its own pixels: slow, and the reference.

Feature inversion (Fig. 3), style reconstruction (Fig. 4) and the baseline of Gatys et
al. (eq. 5), all with one loop.

Source: Johnson et al. 2016, sections 3.2 and 4.1; Mahendran and Vedaldi 2015; Gatys,
Ecker and Bethge 2016.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .coordinates import COORDINATES, Pixels, Waves
from .descent import Descent, has_run_away
from .images import check_image, resize
from .loss_network import LossNetwork, fast_loss_network, load_loss_network
from .losses import CONTENT_LAYERS, STYLE_LAYERS, PerceptualLoss

Objective = Callable[[Tensor], tuple[Tensor, dict[str, Tensor]]]
Start = Literal["noise", "content", "style"]


@dataclass
class Result:
    """A picture that was optimized, and how it got there.

    Attributes:
        image: `(N, 3, H, W)` in [0, 1], the best one met.
        history: one entry per evaluation: "total" and each unweighted term.
        seconds: how long it took.
        interrupted: True if it was stopped by hand before the last step.
    """

    image: Tensor
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def losses(self) -> dict[str, float]:
        """The terms of the best evaluation, "total" among them."""
        return min(self.history, key=lambda entry: entry["total"])


def optimize_image(
    objective: Objective,
    start: Tensor,
    *,
    optimizer: Literal["lbfgs", "adam"] = "lbfgs",
    coordinates: Literal["pixels", "waves"] = "pixels",
    num_steps: int = 150,
    learning_rate: float | None = None,
    history_size: int = 20,
    max_seconds: float = math.inf,
    progress: bool = True,
    on_step: Callable[[int, Tensor, dict[str, float]], None] | None = None,
) -> Result:
    """Minimize an objective over the pixels of a picture.

    One step is one evaluation of the objective and its gradient. After each step the
    pixels are put back into [0, 1], outside the optimizer's closure, as the paper does.

    Args:
        objective: picture -> (total to minimize, {term: unweighted value}).
        start: `(N, 3, H, W)` in [0, 1]; left as it is.
        optimizer: "lbfgs" needs fewer steps, "adam" minds a rough objective less.
        coordinates: what is turned, see `coordinates`: "pixels" as the paper does, or
            "waves", in which deep layers find large areas of colour sooner.
        num_steps: evaluations to make.
        learning_rate: default 1 for L-BFGS, 0.03 for Adam.
        history_size: how many past steps L-BFGS remembers.
        max_seconds: end after the first step that goes beyond.
        progress: show a bar with the unweighted terms.
        on_step: called with (step, picture, terms) after each evaluation.

    Returns:
        The best picture met and the history. Ctrl-C, or "interrupt" in a notebook, ends
        the loop early and keeps what was reached.

    Raises:
        ValueError: a start that is not a picture, or unknown settings.
        FloatingPointError: a term became NaN or infinite; names it.
    """
    check_image(start, "start")
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}")
    if coordinates not in COORDINATES:
        known = ", ".join(COORDINATES)
        raise ValueError(f"unknown coordinates {coordinates!r}; choose from {known}")
    canvas = COORDINATES[coordinates](start)
    settings = {"learning_rate": learning_rate, "history_size": history_size}
    descent = Descent(canvas, optimizer=optimizer, **settings)
    result = Result(start.detach().clone())
    evaluate = _Evaluation(objective, canvas, result)
    began = time.perf_counter()
    bar = tqdm(range(num_steps), disable=None if progress else True, leave=False)
    try:
        for step in bar:
            descent.step(evaluate)
            latest = result.history[-1]
            first = result.history[0]["total"]
            astray = has_run_away(latest["total"], best=evaluate.best, first=first)
            if optimizer == "lbfgs" and astray:
                descent.restart(evaluate.best_values)
            bar.set_postfix({k: f"{v:.3g}" for k, v in latest.items()})
            if on_step is not None:
                on_step(step, result.image, latest)
            if time.perf_counter() - began > max_seconds:
                break
    except KeyboardInterrupt:
        result.interrupted = True
    result.seconds = time.perf_counter() - began
    return result


class _Evaluation:
    """The closure an optimizer calls: loss and gradient; remembers the best picture."""

    def __init__(
        self, objective: Objective, canvas: Pixels | Waves, result: Result
    ) -> None:
        self.objective, self.canvas, self.result = objective, canvas, result
        self.best, self.best_values = math.inf, canvas.values.detach().clone()

    def __call__(self) -> Tensor:
        y_hat, values = self.canvas.picture(), self.canvas.values
        total, terms = self.objective(y_hat)
        entry = _read_terms(total, terms, len(self.result.history))
        if entry["total"] < self.best:
            self.best = entry["total"]
            self.result.image.copy_(y_hat.detach())
            self.best_values.copy_(values.detach())
        self.result.history.append(entry)
        # torch's L-BFGS takes a curvature below 1e-10 for rounding and then crawls;
        # losses averaged over a picture are that flat
        total = total * values.numel()
        (gradient,) = torch.autograd.grad(total, values)
        values.grad = gradient.contiguous()  # torch's L-BFGS takes no other layout
        return total


def _read_terms(total: Tensor, terms: dict[str, Tensor], step: int) -> dict[str, float]:
    values = {**terms, "total": total}
    entry = {name: float(value.detach()) for name, value in values.items()}
    for name, value in entry.items():
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the {name} term became {value} at evaluation {step}; look for NaN in "
                "the pictures, or lower the learning rate or this term's weight"
            )
    return entry


def make_start(
    kind: Start | Tensor,
    *,
    content: Tensor | None = None,
    style: Tensor | None = None,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """Return a picture to start from.

    Args:
        kind: "noise" (white noise, each value uniform in [0, 1]), "content", "style"
            (resized to the content picture), or a picture.
        content: `(N, 3, H, W)`; also sets the size.
        style: `(1, 3, H', W')`.
        size: (height, width) where there is no content picture.
        seed: of the noise.

    Raises:
        ValueError: the picture asked for was not given, or the kind is unknown.
    """
    if isinstance(kind, Tensor):
        return kind
    height, width = content.shape[-2:] if content is not None else size or (256, 256)
    if kind == "noise":
        generator = torch.Generator().manual_seed(seed)
        return torch.rand(1, 3, height, width, generator=generator)
    if kind == "content" and content is not None:
        return content
    if kind == "style" and style is not None:
        return resize(style, (height, width))
    if kind in ("content", "style"):
        raise ValueError(f"start={kind!r} needs a {kind} picture")
    raise ValueError(f"unknown start {kind!r}; choose 'noise', 'content' or 'style'")


def invert_features(
    loss_network: LossNetwork,
    image: Tensor,
    layer: str,
    *,
    tv_weight: float = 0.0,
    start: Start | Tensor = "noise",
    num_steps: int = 200,
    seed: int = 0,
    **settings,
) -> Result:
    """Find a picture whose features at one layer are those of another (Fig. 3).

    Args:
        loss_network: a `LossNetwork`.
        image: `(1, 3, H, W)` RGB in [0, 1].
        layer: the layer to match, such as "relu3_3".
        tv_weight: lambda_TV, favours smooth pictures among those that match.
        start: "noise" or a picture.
        num_steps: evaluations.
        seed: of the noise.
        **settings: passed on to `optimize_image`.
    """
    loss = PerceptualLoss(
        loss_network, content_layers=(layer,), style_layers=(), tv_weight=tv_weight
    )
    targets = loss.targets(content=image)
    begin = make_start(start, content=image, seed=seed)
    return optimize_image(
        lambda y: loss(y, targets), begin, num_steps=num_steps, **settings
    )


def reconstruct_style(
    loss_network: LossNetwork,
    style: Tensor,
    layers: str | Sequence[str],
    *,
    size: tuple[int, int] = (256, 256),
    tv_weight: float = 0.0,
    start: Start | Tensor = "noise",
    num_steps: int = 200,
    seed: int = 0,
    **settings,
) -> Result:
    """Find a picture with the style of another and no content of its own (Fig. 4).

    Args:
        loss_network: a `LossNetwork`.
        style: `(1, 3, H, W)` RGB in [0, 1].
        layers: one layer or several.
        size: (height, width) of the picture to make.
        tv_weight: lambda_TV.
        start: "noise" or a picture.
        num_steps: evaluations.
        seed: of the noise.
        **settings: passed on to `optimize_image`.
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    loss = PerceptualLoss(
        loss_network,
        content_layers=(),
        style_layers=layers,
        style_weight=1.0,
        tv_weight=tv_weight,
    )
    targets = loss.targets(style=style)
    begin = make_start(start, style=style, size=size, seed=seed)
    return optimize_image(
        lambda y: loss(y, targets), begin, num_steps=num_steps, **settings
    )


def transfer_style(
    content: Tensor,
    style: Tensor,
    *,
    loss_network: LossNetwork | None = None,
    content_layers: Sequence[str] = CONTENT_LAYERS,
    style_layers: Sequence[str] = STYLE_LAYERS,
    content_weight: float = 1.0,
    style_weight: float = 100.0,
    tv_weight: float = 1.0,
    units: Literal["relative", "paper"] = "relative",
    start: Start | Tensor = "content",
    num_steps: int = 150,
    seed: int = 0,
    **settings,
) -> Result:
    """Paint the content picture in the style picture's manner (eq. 5, after Gatys).

    Args:
        content: `(1, 3, H, W)` RGB in [0, 1].
        style: `(1, 3, H', W')` RGB in [0, 1], of any size.
        loss_network: default "pocket" in the processor's best number format,
            see `loss_network.fast_loss_network`.
        content_layers: see `PerceptualLoss`.
        style_layers: see `PerceptualLoss`.
        content_weight: lambda_c.
        style_weight: lambda_s.
        tv_weight: lambda_TV.
        units: see `PerceptualLoss`.
        start: "noise", "content", "style" or a picture.
        num_steps: evaluations.
        seed: of the noise.
        **settings: passed on to `optimize_image`.
    """
    loss = PerceptualLoss(
        loss_network or fast_loss_network(load_loss_network()),
        content_layers=content_layers,
        style_layers=style_layers,
        content_weight=content_weight,
        style_weight=style_weight,
        tv_weight=tv_weight,
        units=units,
    )
    targets = loss.targets(content=content, style=style)
    begin = make_start(start, content=content, style=style, seed=seed)
    return optimize_image(
        lambda y: loss(y, targets), begin, num_steps=num_steps, **settings
    )

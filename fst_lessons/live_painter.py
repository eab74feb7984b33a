"""A painter that works in the background, for whoever moves its sliders meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from .loss_network import LossNetwork
from .losses import CONTENT_LAYERS
from .optimize_image import make_start, transfer_style

EVERY = 10  # evaluations between two pictures
FAILURES = (ValueError, FloatingPointError, RuntimeError, OSError)
Show = Callable[[int, Tensor, list[dict[str, float]]], None]


@dataclass(frozen=True)
class Plan:
    """What to paint.

    Attributes:
        content: `(1, 3, H, W)` in [0, 1].
        style: likewise, any size.
        content_weight: lambda_c.
        style_weight: lambda_s.
        tv_weight: lambda_TV.
        content_layer: of the content term.
        start: see `optimize_image.make_start`.
        num_steps: evaluations.
    """

    content: Tensor
    style: Tensor
    content_weight: float = 1.0
    style_weight: float = 100.0
    tv_weight: float = 5.0
    content_layer: str = CONTENT_LAYERS[0]
    start: str = "content"
    num_steps: int = 120


class _StopPainting(Exception):
    """Leaves the optimization's loop from inside."""


class Painter:
    """Runs one optimization at a time in a thread, and lets go of it at once.

    Args:
        loss_network: measures.
        show: called in that thread with (evaluations, picture, losses so far), every
            few evaluations and after the last.
        finish: called in that thread when all is done, with None, or with the error.
    """

    def __init__(
        self,
        loss_network: LossNetwork,
        show: Show,
        finish: Callable[[Exception | None], None] = lambda error: None,
    ) -> None:
        self.loss_network, self.show, self.finish = loss_network, show, finish
        self.image: Tensor | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def running(self) -> bool:
        """Whether a picture is being painted."""
        return self._thread is not None and self._thread.is_alive()

    def paint(self, plan: Plan, *, go_on: bool = False) -> None:
        """Begin, after stopping what was going on.

        Args:
            plan: what to paint.
            go_on: from the picture reached, instead of from the plan's start.

        Raises:
            ValueError: the plan's start does not exist.
        """
        self.stop()
        start = make_start(plan.start, content=plan.content, style=plan.style)
        if go_on and self.image is not None and self.image.shape == start.shape:
            start = self.image
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(plan, start, self._stop), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop after the evaluation under way, and wait for that; keep the picture."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self, plan: Plan, start: Tensor, stop: threading.Event) -> None:
        history: list[dict[str, float]] = []

        def on_step(step: int, image: Tensor, terms: dict[str, float]) -> None:
            if stop.is_set():
                raise _StopPainting
            history.append(terms)
            self.image = image.clone()
            if step % EVERY == 1 or step + 1 == plan.num_steps:
                self.show(step + 1, self.image, history)

        try:
            transfer_style(
                plan.content,
                plan.style,
                loss_network=self.loss_network,
                content_layers=(plan.content_layer,),
                content_weight=plan.content_weight,
                style_weight=plan.style_weight,
                tv_weight=plan.tv_weight,
                start=start,
                num_steps=plan.num_steps,
                progress=False,
                on_step=on_step,
            )
        except _StopPainting:
            return
        except FAILURES as error:
            self.finish(error)
        else:
            self.finish(None)

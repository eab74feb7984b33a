"""Pictures of a training's progress, written while it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from .datasets import held_out_photos
from .images import save_image
from .training_state import Training


class Previews:
    """Called after each measurement; see `training.fit`'s `on_measure`.

    Writes `slow_method.png` (photographs above, below them what the slow method makes
    of them with the same weights: a bad lambda shows before the training starts; not
    without a yardstick) and a `step_NNNNNN.png` at each measurement (below them the
    net's paintings).

    Args:
        folder: made where missing; None writes nothing.
        say: how to tell.
    """

    def __init__(self, folder: Path | None, say: Callable[[str], None]) -> None:
        self.folder, self.say, self.told = folder, say, False
        self.photographs: list[torch.Tensor] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, training: Training) -> None:
        """Tell about the slow method once, then write the net's pictures."""
        if training.yardstick is not None and not self.told:
            self.told = True
            self.say(self.slow_method(training))
        if self.folder is None:
            return
        if not self.photographs:
            self.photographs = _measured_on(training)
        with torch.no_grad():
            painted = [training.net(photo) for photo in self.photographs]
        path = self.folder / f"step_{training.step:06d}.png"
        save_image(_two_rows(self.photographs, painted), path)

    def slow_method(self, training: Training) -> str:
        """Return what a training's slow method reached, and write its pictures."""
        yardstick = training.yardstick
        where = ""
        if self.folder is not None:
            path = self.folder / "slow_method.png"
            save_image(_two_rows(yardstick.photographs, yardstick.paintings), path)
            where = f"; see {path}"
        return (
            f"the slow method, {len(yardstick.curve)} steps with these weights: "
            f"objective {yardstick.curve[-1]:.3g}{where}"
        )


def _measured_on(training: Training) -> list[torch.Tensor]:
    if training.yardstick is not None:
        return training.yardstick.photographs
    device = next(training.net.parameters()).device
    return [photo.to(device) for photo in held_out_photos()]


def _two_rows(above: list[torch.Tensor], below: list[torch.Tensor]) -> torch.Tensor:
    rows = [torch.cat([p.cpu() for p in row], dim=3) for row in (above, below)]
    return torch.cat(rows, dim=2)

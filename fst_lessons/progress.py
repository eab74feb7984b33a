"""What happens beside a training's steps: measuring, saving, telling."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from tqdm.auto import tqdm

from .parallel import Group
from .schedule import Plan
from .training_state import Training


class Measure:
    """Measures a net on held-out photographs, on the way and at the end.

    Args:
        training: what is measured; gets `evaluations`.
        find: training -> what to keep of it; the net is in evaluation mode.
        times: how often on the way.
        group: only the leading process measures.
        report: called with the training after each measurement.
    """

    def __init__(
        self,
        training: Training,
        find: Callable[[Training], Mapping[str, float]],
        *,
        times: int,
        group: Group,
        report: Callable[[Training], None] | None,
    ) -> None:
        self.training, self.find, self.report = training, find, report
        self.times, self.leads = times, group.leads
        began = time.perf_counter()
        if not training.evaluations:
            self.now()
        self.cost = time.perf_counter() - began

    def maybe(self) -> None:
        """Measure if the next point of the way is reached."""
        due = len(self.training.evaluations) / self.times
        if self.leads and due <= self.training.progress < 1:
            self.now()

    def now(self) -> None:
        """Measure and tell."""
        if not self.leads:
            return
        training, net = self.training, self.training.net
        was_training = net.training
        net.eval()
        found = self.find(training)
        entry = {"step": training.step}
        entry |= {name: short(value) for name, value in found.items()}
        training.evaluations.append(entry)
        if self.report is not None:
            self.report(training)
        net.train(was_training)  # a batch norm must not learn from what is measured


def short(value: float) -> float:
    """Return a value with six digits, as cards keep it; a count stays a count."""
    return value if isinstance(value, int) else float(f"{value:.6g}")


class Saver:
    """Keeps a training's state on disk, every few seconds.

    Args:
        save: writes the state; may raise OSError.
        seconds: between two saves.
        tell: how to say that a save failed.
    """

    def __init__(
        self, save: Callable[[], None], *, seconds: float, tell: Callable[[str], None]
    ) -> None:
        self.save, self.seconds, self.tell = save, seconds, tell
        self.last = time.perf_counter()

    def maybe(self) -> None:
        """Save if it is time. A full disk is told, but does not end the training."""
        if time.perf_counter() - self.last < self.seconds:
            return
        try:
            self.save()
        except OSError as error:
            self.tell(f"warning: {error}; training goes on")
        self.last = time.perf_counter()


class Bar:
    """A bar for a training, in steps, or seconds if its plan says so; or not shown."""

    def __init__(self, plan: Plan, training: Training, *, shown: bool) -> None:
        total = 100 if plan.steps is None else plan.steps
        unit = "%" if plan.steps is None else "step"
        layout = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}"
        self.by_time = plan.steps is None
        self.bar = tqdm(
            total=total,
            desc="training",
            unit=unit,
            initial=0 if self.by_time else training.step,
            bar_format=layout,
            disable=None if shown else True,
            leave=False,
            mininterval=0.5,
        )

    def show(self, training: Training, terms: Mapping[str, float]) -> None:
        """Move to the training's point of the way, with a step's `terms` beside it."""
        shown = {k: f"{v:.3g}" for k, v in terms.items() if k != "total"}
        latest = training.evaluations[-1] if training.evaluations else {}
        if "gatys_steps" in latest:
            end = len(training.yardstick.curve)
            steps = latest["gatys_steps"]
            shown["Gatys"] = f"{steps} steps" if steps <= end else f"over {end} steps"
        if "psnr" in latest:
            shown["PSNR"] = f"{latest['psnr']:.2f} dB"
        self.bar.set_postfix(shown, refresh=False)
        position = 100 * training.progress if self.by_time else training.step
        self.bar.update(position - self.bar.n)

    def write(self, text: str) -> None:
        """Print a text without tearing the bar."""
        self.bar.write(text)

    def __enter__(self) -> Bar:
        """Return the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self.bar.close()

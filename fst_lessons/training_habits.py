"""A training's course as its command's options give it: checkpoint, minutes, resume."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .loop import Habits


def find_checkpoint(options: argparse.Namespace) -> Path:
    """Return the file of an unfinished training, beside the net's.

    Args:
        options: from `train_command.add_common`.

    Raises:
        ValueError: it shall be resumed and is not there.
    """
    checkpoint = options.out.with_suffix(".training.safetensors")
    if options.resume and not checkpoint.is_file():
        raise ValueError(f"nothing to resume: there is no {checkpoint}")
    return checkpoint


def habits_of(options: argparse.Namespace, minutes: float | None) -> Habits:
    """Return what the options say of a training's course, its checkpoint included.

    Args:
        options: from `train_command.add_common`.
        minutes: of the whole command, or None.

    Raises:
        ValueError: minutes that are not positive, or nothing to resume.
    """
    from .loop import Habits  # brings torch, which a mere --help need not wait for

    return Habits(
        minutes=minutes,
        checkpoint=find_checkpoint(options),
        checkpoint_seconds=options.checkpoint_seconds,
        resume=options.resume,
        progress=not options.quiet,
    )


def from_now(habits: Habits, began: float) -> Habits:
    """Return habits whose minutes are those left; at least a second is.

    Args:
        habits: of the whole command.
        began: `time.perf_counter()` at its start.
    """
    if habits.minutes is None:
        return habits
    left = habits.minutes - (time.perf_counter() - began) / 60
    return replace(habits, minutes=max(left, 1 / 60))

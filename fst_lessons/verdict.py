"""How an answer is judged: right, a mistake met before, or a hint where to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check; true when the answer is right.

    Attributes:
        right: whether it is.
        message: one sentence: what is right, or the mistake with a hint.
    """

    right: bool
    message: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'Right' if self.right else 'Not yet'}: {self.message}"


def make_generator(seed: int = 0) -> torch.Generator:
    """Return a source of random numbers that repeats itself, from a seed."""
    return torch.Generator().manual_seed(seed)


def judge(
    ask: Callable[[], object],
    wanted: Tensor,
    *,
    right: str,
    shapes: Mapping[tuple[int, ...], str],
    mistakes: Mapping[str, Tensor],
    otherwise: str,
    unfit: str = "",
) -> Verdict:
    """Return the verdict on an answer: what is wanted, or the known mistakes.

    Args:
        ask: gives the reader's answer.
        wanted: the right one.
        right: said of it.
        shapes: {shape: hint} of answers with a wrong shape.
        mistakes: {hint: the values it explains}.
        otherwise: the hint for all others.
        unfit: the hint where PyTorch found sizes that do not fit.
    """
    try:
        given = ask()
    except Exception as error:  # whatever a reader's function may stumble over
        if unfit and type(error) is RuntimeError:  # its own words on sizes help nobody
            return Verdict(False, f"{unfit} Your function stopped with {error!r}.")
        return Verdict(False, f"your function stopped with {error!r}.")
    if isinstance(given, (int, float)):
        given = torch.tensor(float(given))
    if not isinstance(given, Tensor):
        return Verdict(False, f"expected a tensor, got {type(given).__name__}.")
    given, shape = given.detach().float(), tuple(given.shape)
    if shape != tuple(wanted.shape):
        expected = f"expected shape {tuple(wanted.shape)}, got {shape}."
        return Verdict(False, shapes.get(shape, expected))
    if torch.allclose(given, wanted, rtol=1e-4, atol=1e-6):
        return Verdict(True, right)
    for message, values in mistakes.items():
        if torch.allclose(given, values, rtol=1e-4, atol=1e-7):
            return Verdict(False, message)
    return Verdict(False, otherwise)

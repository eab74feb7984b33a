"""What a doctor says: a measured number, its healthy range, the cause and the cure.

A `Symptom` is one known mistake: which number gives it away, between which bounds that
number lies when all is well, what causes it and what to do. A `Reading` is the number
measured on somebody's set-up. A `Diagnosis` holds all readings of an examination.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INFINITE = math.inf
WIDTH = 78  # of a printed finding


@dataclass(frozen=True)
class Symptom:
    """A mistake that many have made, and how it gives itself away.

    Attributes:
        look: what one sees of it.
        measure: which number is taken.
        healthy: (lowest, highest) of that number, one pair or several.
        cause: what is wrong.
        advice: what to do about it.
        grave: False for what is worth knowing and does no harm by itself.
    """

    look: str
    measure: str
    healthy: tuple[tuple[float, float], ...]
    cause: str
    advice: str
    grave: bool = True

    @property
    def range(self) -> str:
        """Return the healthy range in words."""
        return " or ".join(_range(low, high) for low, high in self.healthy)


def _range(low: float, high: float) -> str:
    first, last = (
        f"{end:.0f}" if abs(end) >= 1000 else f"{end:.3g}" for end in (low, high)
    )
    if low == high:
        return first
    if low == -INFINITE:
        return f"at most {last}"
    return f"at least {first}" if high == INFINITE else f"{first} to {last}"


@dataclass(frozen=True)
class Reading:
    """A number measured on a set-up.

    Attributes:
        name: of the symptom it could show.
        value: the number.
        symptom: what it is held against.
        where: which layer, file or error, where that needs saying.
    """

    name: str
    value: float
    symptom: Symptom
    where: str = ""

    @property
    def ill(self) -> bool:
        """Return whether the number is out of its healthy range, or no number."""
        return not any(low <= self.value <= high for low, high in self.symptom.healthy)

    def __str__(self) -> str:
        s, kind = self.symptom, "" if self.symptom.grave else " (for your information)"
        where = f" [{self.where}]" if self.where else ""
        measured = f"{s.measure}: {self.value:.3g}; healthy: {s.range}{where}"
        lines = {"measured": measured, "cause": s.cause, "do": s.advice}
        return "\n".join([self.name + kind, *(_entry(*pair) for pair in lines.items())])


def _entry(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"  {label:9}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )


class Diagnosis:
    """The outcome of an examination; true when nothing grave was found.

    Attributes:
        readings: every number that was taken, in order.
        skipped: {what could not be examined: why}.
    """

    def __init__(
        self,
        readings: Sequence[Reading],
        skipped: Mapping[str, str] | None = None,
    ) -> None:
        self.readings = tuple(readings)
        self.skipped = dict(skipped or {})

    @property
    def findings(self) -> tuple[Reading, ...]:
        """Return the readings out of their healthy range."""
        return tuple(reading for reading in self.readings if reading.ill)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of what was found, each once."""
        return tuple(dict.fromkeys(reading.name for reading in self.findings))

    def __bool__(self) -> bool:
        return not any(reading.symptom.grave for reading in self.findings)

    def __repr__(self) -> str:
        taken = len(self.readings)
        numbers = "1 number" if taken == 1 else f"{taken} numbers"
        if not self.findings:
            parts = [f"Healthy: {numbers} taken, all within their range."]
        else:
            parts = [str(reading) for reading in self.findings]
            found = "1 finding" if len(parts) == 1 else f"{len(parts)} findings"
            parts.insert(0, f"{found} among {numbers}:")
        parts += [f"not examined: {what}, {why}" for what, why in self.skipped.items()]
        return "\n".join(parts)


class Chart:
    """Takes readings of one part of a set-up, by the part's table of symptoms.

    Args:
        symptoms: {name: symptom}.
        where: said of every reading.
    """

    def __init__(self, symptoms: Mapping[str, Symptom], where: str = "") -> None:
        self.symptoms, self.where = symptoms, where

    def read(self, name: str, value: float, where: str = "") -> Reading:
        """Return a reading of the symptom called `name`.

        Args:
            name: one of the chart's symptoms.
            value: the number that was measured.
            where: said of this reading, after what is said of all.
        """
        said = ", ".join(filter(None, (self.where, where)))
        return Reading(name, float(value), self.symptoms[name], said)


def stopped(part: str, error: Exception) -> Reading:
    """Return the reading of a part that raised an error on a plain picture."""
    symptom = Symptom(
        look="an error message",
        measure=f"errors of the {part} on plain pictures",
        healthy=((0, 0),),
        cause=f"it stopped with {type(error).__name__}: {_first_line(error)}",
        advice="the last line of its own traceback says where; repair that first, "
        "then ask again",
    )
    return Reading(f"{part} stops", 1.0, symptom)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return textwrap.shorten(lines[0], 160) if lines else "no message"

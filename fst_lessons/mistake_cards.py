"""Cards of the failure gallery: a mistake's picture, its number, what the doctor says.

Made of HTML alone, without a script, so that they show everywhere a notebook does.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from torch import Tensor

from .html_figures import img_tag, webp
from .symptoms import Diagnosis, Reading

STYLE = """<style>
.fst-cards { display: grid; gap: 1.4rem; margin: 0.4rem 0 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.fst-cards > div { border-top: 2px solid color-mix(in srgb, currentColor 30%,
  transparent); padding-top: 0.5rem; font-size: 0.9375rem; line-height: 1.4; }
.fst-cards p { margin: 0.35rem 0; }
.fst-cards .fst-pair { display: flex; gap: 0.5rem; margin: 0.5rem 0; }
.fst-cards .fst-pair > span { flex: 1 1 0; min-width: 0; font-size: 0.8125rem; }
.fst-cards img { display: block; width: 100%; height: auto; margin: 0 0 0.15rem;
  border-radius: 3px; padding: 0 !important; background: none !important;
  outline: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.fst-cards code { overflow-wrap: anywhere; }
</style>"""


class MistakeCards:
    """One card a mistake: right beside wrong, the tell-tale number, the finding.

    Args:
        healthy: the diagnosis of the part without a mistake.
        ill: {mistake: diagnosis of the part with it}.
        pictures: {mistake: (right, wrong)}, each `(1, 3, H, W)` in [0, 1]; a mistake
            that no picture shows is left out.
        notes: {mistake: what else there is to say}, such as the error one meets.

    Raises:
        ValueError: a picture or a note for a mistake that is not among `ill`.
    """

    def __init__(
        self,
        healthy: Diagnosis,
        ill: Mapping[str, Diagnosis],
        *,
        pictures: Mapping[str, tuple[Tensor, Tensor]] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.right = {reading.name: reading for reading in healthy.readings}
        self.ill, self.pictures, self.notes = dict(ill), pictures or {}, notes or {}
        strangers = ({*self.pictures} | {*self.notes}) - {*self.ill}
        if strangers:
            raise ValueError(f"no such mistake here: {', '.join(sorted(strangers))}")

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}: {_verdict(name, diagnosis)}"
            for name, diagnosis in self.ill.items()
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        cards = "".join(self._card(*pair) for pair in self.ill.items())
        return f'{STYLE}<div class="fst-cards">{cards}</div>'

    def _card(self, name: str, diagnosis: Diagnosis) -> str:
        parts = [f"<p><strong>{escape(name)}</strong></p>", self._pair(name, diagnosis)]
        if name in self.notes:
            parts.append(f"<p><code>{escape(self.notes[name])}</code></p>")
        reading = next((r for r in diagnosis.findings if r.name == name), None)
        if reading is not None:
            parts += [f"<p>{line}</p>" for line in self._lines(reading)]
        parts.append(f"<p>The doctor: {_verdict(name, diagnosis)}.</p>")
        return f"<div>{''.join(parts)}</div>"

    def _pair(self, name: str, diagnosis: Diagnosis) -> str:
        if name not in self.pictures:
            return ""
        look = diagnosis.findings[0].symptom.look if diagnosis.findings else name
        alts = (f"without the mistake: {name}", f"with the mistake: {look}")
        sides = (
            f"<span>{img_tag(webp(image, 85), alt)}{word}</span>"
            for image, alt, word in zip(
                self.pictures[name], alts, ("right", "wrong"), strict=True
            )
        )
        return f'<div class="fst-pair">{"".join(sides)}</div>'

    def _lines(self, reading: Reading) -> list[str]:
        """Return what one sees, the number, the cause and the cure."""
        symptom, right = reading.symptom, self.right.get(reading.name)
        beside = "" if right is None else f"; right: {_number(right.value)}"
        return [
            f"<em>You see</em> {escape(symptom.look)}.",
            f"<em>Number</em>: {escape(symptom.measure)}: "
            f"<strong>{_number(reading.value)}</strong>{beside}; "
            f"healthy: {symptom.range}.",
            f"<em>Cause</em>: {escape(symptom.cause)}.",
            f"<em>Do</em>: {escape(symptom.advice)}.",
        ]


def _verdict(name: str, diagnosis: Diagnosis) -> str:
    if diagnosis.names == (name,):
        return "found, and nothing else"
    return f"says {', '.join(diagnosis.names) or 'healthy'}"


def _number(value: float) -> str:
    """Return a number as short as it can be read; what is nearly nothing is 0."""
    if not abs(value) >= 1e-4:  # NaN is not larger than anything
        return "NaN" if value != value else "0"
    steady = float(f"{value:.4g}")  # 1/16 has one rounding, whatever computed it
    short = float(f"{steady:.3g}" if abs(steady) >= 100 else f"{steady:.2g}")
    return f"{short:,.0f}" if 100 <= abs(short) < 1e7 else f"{short:.2g}"

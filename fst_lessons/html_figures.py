"""Figures made of HTML: pictures inside the page, and a divider between two of them.

Each figure is one piece of HTML that holds all it needs: first a still picture, which
is all that paper, GitHub and an untrusted notebook show, then its data, and the script
that turns it into controls. Nothing is fetched, from anywhere.
"""

from __future__ import annotations

import base64
import io
import re
from functools import cache
from html import escape
from importlib.resources import files

from torch import Tensor

from .images import check_image, to_pil

# told apart by colour-blind readers, visible on light and on dark ground
COLORS = {"content": "#2f86c9", "style": "#d9661f", "tv": "#10997a"}


class Figure:
    """What a notebook shows as HTML."""

    kind = ""
    look = "explorer"  # the names of its style sheet and its script
    attributes = ""
    caption = ""

    def _body(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{self.caption}</figcaption>" if self.caption else ""
        name = f"fst-figure fst-{self.kind}"
        return (
            f'<figure class="{name}"{self.attributes}>{self._body()}{caption}</figure>'
            + self.dress()
        )

    @classmethod
    def dress(cls) -> str:
        """Return the style sheet and the script that follow a figure of this kind."""
        style, script = (_resource(f"{cls.look}.{kind}") for kind in ("css", "js"))
        return f"<style>{style}</style><script>{script}</script>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


class BeforeAfter(Figure):
    """Two pictures of one size with a divider to drag, or to move with the arrow keys.

    Args:
        before: `(1, 3, H, W)` RGB in [0, 1].
        after: the same shape.
        alt: what the second picture shows, in words.
        before_alt: what the first shows; default its label.
        labels: a word or two for each.
        at: where the divider starts, in percent from the left.
        caption: HTML below.
        quality: of the WebP pictures, 1 to 100.

    Raises:
        ValueError: pictures of different shapes, no alt text, or `at` beyond 0 to 100.
    """

    kind = "compare"

    def __init__(
        self,
        before: Tensor,
        after: Tensor,
        *,
        alt: str,
        before_alt: str = "",
        labels: tuple[str, str] = ("photograph", "result"),
        at: float = 50,
        caption: str = "",
        quality: int = 82,
    ) -> None:
        check_image(before, "picture before")
        check_image(after, "picture after")
        if before.shape != after.shape:
            raise ValueError(
                f"the pictures differ in shape: {tuple(before.shape)} and "
                f"{tuple(after.shape)}; resize one of them"
            )
        if not 0 <= at <= 100:
            raise ValueError(f"at must be 0 to 100 percent, got {at}")
        check_alt(alt)
        self.pictures = (webp(before, quality), webp(after, quality))
        self.alts, self.labels = (before_alt or labels[0], alt), labels
        self.attributes, self.caption = f' data-at="{at:g}"', caption

    def __repr__(self) -> str:
        return f"BeforeAfter({self.labels[0]!r}, {self.labels[1]!r})"

    def _body(self) -> str:
        sides = (
            f"<div>{img_tag(data, alt)}<span>{escape(label)}</span></div>"
            for data, alt, label in zip(
                self.pictures, self.alts, self.labels, strict=True
            )
        )
        return f'<div class="fst-two">{"".join(sides)}</div>'


def webp(image: Tensor, quality: int = 80, *, effort: int = 6) -> bytes:
    """Return a picture, `(1, 3, H, W)` in [0, 1], as a WebP file.

    Args:
        image: the picture.
        quality: 1 to 100.
        effort: 0 is fast, 6 makes small files.
    """
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "WEBP", quality=quality, method=effort)
    return buffer.getvalue()


def data_uri(picture: bytes) -> str:
    """Return a `picture`, a WebP file, as an address that holds it."""
    return "data:image/webp;base64," + base64.b64encode(picture).decode()


def img_tag(picture: bytes, alt: str) -> str:
    """Return an `<img>` that holds a `picture`, a WebP file, described by `alt`."""
    return f'<img src="{data_uri(picture)}" alt="{escape(alt, quote=True)}">'


def subscripts(text: str) -> str:
    """Return a text as HTML in which `λ_s` has a real subscript."""
    return re.sub(r"_(\w+)", r"<sub>\1</sub>", escape(text))


def check_alt(alt: str) -> None:
    """Raise ValueError if `alt`, a picture's description, is empty."""
    if not alt.strip():
        raise ValueError("a picture needs an alt text: say in words what it shows")


@cache
def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def stylesheet() -> str:
    """Return the `<style>` of all figures."""
    return f"<style>{_resource('explorer.css')}</style>"


def loss_table(history: list[dict[str, float]], peaks: dict[str, float]) -> str:
    """Return each term's number beside its course so far, as HTML.

    Args:
        history: one entry per evaluation.
        peaks: each term's largest value yet; updated, so that a scale once set stays.
    """
    rows = []
    for term in (*COLORS, "total"):
        values = [entry[term] for entry in history if term in entry]
        if not values:
            continue
        peaks[term] = max(peaks.get(term, 0.0), *values)
        color = COLORS.get(term, "currentColor")
        rows.append(
            f"<span>{term}</span>{_curve(values, peaks[term] or 1.0, color)}"
            f'<span class="fst-value">{values[-1]:.3g}</span>'
        )
    return (
        f'<div class="fst-figure"><div class="fst-losses">{"".join(rows)}</div></div>'
    )


def _curve(values: list[float], top: float, color: str) -> str:
    last = max(len(values) - 1, 1)
    points = " ".join(
        f"{100 * i / last:.1f},{28 - 26 * value / top:.1f}"
        for i, value in enumerate(values)
    )
    return (
        '<svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true" '
        'style="width:100%;height:1.9rem">'
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )

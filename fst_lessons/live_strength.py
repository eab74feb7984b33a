"""Sliders over an adjustable net: every move is one pass through it.

`live_strength()` shows a photograph and its painting. The passes are made in a thread
of their own, and only for where the sliders are *now*: dragging never queues. Where
nobody can move a slider, in a rendered page or when a tool runs the notebook
(FST_STATIC=1), it shows one painting instead.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

import torch
from torch import Tensor

from . import assets
from .adjustable_checkpoints import load_adjustable
from .adjustable_net import AdjustableTransformNet
from .fast_adjustable import FastAdjustable
from .html_figures import BeforeAfter, webp
from .images import check_image, load_image, resize
from .latest import Latest
from .live_figure import LiveFigure, upload_button

OWN = "given here"  # what a photograph that came as a tensor is called
ALONE = "nothing else"
QUALITY = 88  # of the WebP picture in the notebook


def live_strength(
    net: str | Path | AdjustableTransformNet = "page_16",
    photo: str | Tensor = "pagoda",
    *,
    style: str | None = None,
    strength: float | None = None,
    size: int = 256,
):
    """Return sliders for lambda and for a blend of two styles over a photograph.

    Args:
        net: an adjustable net, the name of one that comes with the package, or a file.
        photo: the name of a bundled photograph to begin with, or `(1, 3, H, W)` RGB in
            [0, 1].
        style: to begin with; default the net's first.
        strength: lambda to begin with; default the middle of the net's range.
        size: shorter side of what is painted, in pixels.

    Returns:
        Something to show as the last line of a cell. With FST_STATIC=1, or without
        ipywidgets, a `BeforeAfter` of one painting.

    Raises:
        ValueError: no such net, photograph or style, or a lambda beyond its range.
    """
    if not isinstance(net, AdjustableTransformNet):
        net, _ = load_adjustable(net)
    style = net.config.styles[0] if style is None else style
    strength = net.config.middle if strength is None else strength
    start = {"photo": photo, "style": style, "strength": strength, "size": size}
    net.position(strength), net.blend(style)  # complain now, not in a thread
    if isinstance(photo, Tensor):
        check_image(photo, "photograph")
    else:
        assets.photo_path(photo)
    if os.environ.get("FST_STATIC"):
        return still_strength(net, **start)
    try:
        import ipywidgets
    except ImportError:
        hint = "To move sliders here, install ipywidgets."
        return still_strength(net, **start, hint=hint)
    return LiveStrength(ipywidgets, net, **start)


def still_strength(
    net: AdjustableTransformNet,
    *,
    photo: str | Tensor,
    style: str,
    strength: float,
    size: int,
    hint: str = "In a running notebook this cell has sliders, and each move is a pass.",
) -> BeforeAfter:
    """Return one painting over its photograph.

    Args:
        net: the painter.
        photo: a name or `(1, 3, H, W)`, as the next three see `live_strength`.
        style: its name.
        strength: lambda.
        size: shorter side, pixels.
        hint: a sentence below the picture.
    """
    image = _load(photo, size)
    with torch.inference_mode():
        painting = net(image, strength, style)
    name = photo if isinstance(photo, str) else "a photograph"
    words = style.replace("_", " ")
    return BeforeAfter(
        image,
        painting,
        alt=f"{name}, painted in the style {words} with lambda {strength:.3g}.",
        before_alt=f"The photograph: {name}",
        caption=f"{escape(words)}, λ = {strength:.3g}, one pass. {escape(hint)}",
    )


@dataclass(frozen=True)
class Wish:
    """What the sliders ask for at one moment.

    Attributes:
        photo: `(1, 3, H, W)` RGB in [0, 1].
        strength: lambda.
        styles: {name: weight}, the weights sum to 1.
    """

    photo: Tensor
    strength: float
    styles: dict[str, float]

    def __str__(self) -> str:
        parts = (f"{weight:.0%} {name}" for name, weight in self.styles.items())
        blend = " and ".join(parts) if len(self.styles) > 1 else next(iter(self.styles))
        return f"{blend.replace('_', ' ')}, λ = {self.strength:.3g}"


class LiveStrength(LiveFigure):
    """Controls (`widgets`) and a picture; the others as in `live_strength`."""

    def __init__(
        self,
        widgets,
        net: AdjustableTransformNet,
        *,
        photo: str | Tensor,
        style: str,
        strength: float,
        size: int,
    ) -> None:
        super().__init__(widgets)
        self.net, self.paint = net, FastAdjustable(net)
        self.photos: dict[str, bytes | Tensor] = {}
        if isinstance(photo, Tensor):
            self.photos[OWN], photo = photo, OWN
        self._loaded: tuple[tuple[str, int], Tensor] | None = None
        choices = [*self.photos, *assets.photo_names()]
        self.controls = _make_controls(
            widgets,
            net,
            choices,
            photo=photo,
            style=style,
            strength=strength,
            size=size,
        )
        self.passes = 0
        self.latest: Latest[Wish] = Latest(self._work)
        self._connect()
        c = self.controls
        rows = [widgets.HBox([c["photo"], c["upload"]])]
        rows += [c[name] for name in ("strength", "style", "second", "share", "size")]
        left = [self.picture, self.status]
        self.box = self._arrange(widgets, left, rows, width="28rem")
        self._say("Painting …")
        self._ask()

    def __repr__(self) -> str:
        return "LiveStrength(sliders over an adjustable net)"

    @property
    def wish(self) -> Wish:
        """What the controls say now.

        Raises:
            ValueError: an uploaded file is no picture.
        """
        c = {name: getattr(each, "value", None) for name, each in self.controls.items()}
        styles = {c["style"]: 1.0}
        if c["second"] not in (ALONE, c["style"]):
            styles = {c["style"]: 1 - c["share"] / 100, c["second"]: c["share"] / 100}
        config = self.net.config
        strength = min(max(c["strength"], config.lightest), config.heaviest)
        return Wish(self._photo(c["photo"], c["size"]), strength, styles)

    def _photo(self, name: str, size: int) -> Tensor:
        if self._loaded is None or self._loaded[0] != (name, size):
            self._loaded = (name, size), _load(self.photos.get(name, name), size)
        return self._loaded[1]

    def _ask(self) -> None:
        self._try(lambda: self.latest.ask(self.wish))

    def _work(self, wish: Wish) -> None:
        """Paint, in the worker's thread."""
        self._try(lambda: self._show(wish))

    def _show(self, wish: Wish) -> None:
        net = self.net
        device = net.last.weight.device
        start = time.perf_counter()
        with torch.inference_mode():
            painted = self.paint(
                wish.photo.to(device),
                net.position(wish.strength).to(device),
                net.blend(wish.styles).to(device),
            ).cpu()
        milliseconds = 1000 * (time.perf_counter() - start)
        self.picture.value = webp(painted, QUALITY, effort=0)
        height, width = painted.shape[-2:]
        self.passes += 1
        self._say(f"{wish}: {milliseconds:.0f} ms for {width} × {height} pixels")

    def _connect(self) -> None:
        for name in ("photo", "size", "style", "second", "share", "strength"):
            self.controls[name].observe(lambda _: self._ask(), "value")
        self.controls["second"].observe(self._show_share, "value")
        self.controls["upload"].observe(
            lambda change: self._try(lambda: self._take(change["new"])), "value"
        )

    def _show_share(self, change) -> None:
        self.controls["share"].disabled = change["new"] == ALONE

    def _take(self, value) -> None:
        """Put an uploaded file among the photographs, and choose it."""
        choice = self.controls["photo"]
        name = self._receive(value, choice, self.photos)
        self._loaded = None
        if choice.value == name:
            self._ask()  # another file of the same name
        choice.value = name


def _load(photo: str | bytes | Tensor, size: int) -> Tensor:
    """Return a photograph, a bundled one by its name, with a shorter side of `size`."""
    if isinstance(photo, Tensor):
        return resize(photo[:1], size)
    return load_image(
        assets.photo_path(photo) if isinstance(photo, str) else photo, size=size
    )


def _make_controls(
    widgets,
    net: AdjustableTransformNet,
    photos: list[str],
    *,
    photo: str,
    style: str,
    strength: float,
    size: int,
) -> dict:
    """Return every control by name."""
    c, wide = net.config, {"width": "22rem"}
    named = [(name.replace("_", " "), name) for name in c.styles]

    def choose(options, value, text: str, width: str = "22rem"):
        return widgets.Dropdown(
            options=options, value=value, description=text, layout={"width": width}
        )

    return {
        "photo": choose(photos, photo, "photo", "13rem"),
        "upload": upload_button(widgets),
        "strength": widgets.FloatLogSlider(
            value=strength,
            min=math.log10(c.lightest),
            max=math.log10(c.heaviest),
            step=math.log10(c.heaviest / c.lightest) / 40,
            description="λ",
            readout_format=".3r",
            layout=wide,
        ),
        "style": choose(named, style, "style"),
        "second": choose([(ALONE, ALONE), *named], ALONE, "mixed with"),
        "share": widgets.IntSlider(
            50, 0, 100, 5, description="% of it", disabled=True, layout=wide
        ),
        "size": choose(sorted({128, 192, 256, 384, 512, size}), size, "pixels"),
    }

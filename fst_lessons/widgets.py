"""Sliders over a running optimization, and all other figures that one can touch.

`live_transfer()` paints in a thread of its own while its sliders stay at hand;
`live_strength()`, from the module of that name, asks an adjustable net instead. Where
nobody can move a slider, in a rendered page or when a tool runs the notebook
(FST_STATIC=1), it shows a finished result instead.
"""

from __future__ import annotations

import os
from html import escape

from torch import Tensor

from . import assets
from .explorer import Axis, LambdaExplorer
from .grids import load_grid, load_inputs
from .html_figures import BeforeAfter, loss_table, webp
from .images import load_image
from .live_figure import LiveFigure, upload_button
from .live_painter import Painter, Plan
from .live_strength import live_strength
from .loss_network import LossNetwork, fast_loss_network, load_loss_network
from .losses import CONTENT_LAYERS
from .optimize_image import make_start

__all__ = [
    "Axis",
    "BeforeAfter",
    "LambdaExplorer",
    "live_strength",
    "live_transfer",
]

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def live_transfer(
    *,
    content: str | None = None,
    style: str | None = None,
    size: int = 160,
    num_steps: int = 120,
    loss_network: LossNetwork | None = None,
):
    """Return sliders for lambda_c, lambda_s, lambda_TV over a running style transfer.

    Args:
        content: name of a bundled photograph to begin with; default the grid's.
        style: name of a bundled style picture; default the grid's.
        size: shorter side of the picture, in pixels.
        num_steps: evaluations of one run.
        loss_network: default the pocket network, see `loss_network.fast_loss_network`.

    Returns:
        Something to show as the last line of a cell. With FST_STATIC=1, or without
        ipywidgets, a `BeforeAfter` of a finished result.

    Raises:
        ValueError: no photograph or style of this name.
    """
    pair = load_grid().pairs[0]
    content, style = content or pair["photo"], style or pair["style"]
    for find, name in ((assets.photo_path, content), (assets.style_path, style)):
        find(name)
    if os.environ.get("FST_STATIC"):
        return still_transfer()
    try:
        import ipywidgets
    except ImportError:
        return still_transfer("To move sliders here, install ipywidgets.")
    network = loss_network or fast_loss_network(load_loss_network("pocket"))
    return LiveTransfer(
        ipywidgets,
        network,
        content=content,
        style=style,
        size=size,
        num_steps=num_steps,
    )


def still_transfer(
    hint: str = "In a running notebook this cell paints while you move its sliders.",
) -> BeforeAfter:
    """Return the default cell of the bundled grid over its photograph, with a hint."""
    grid = load_grid()
    recipe, pair = grid.recipe, grid.pairs[0]
    row, column = recipe.default
    photograph, _ = load_inputs(pair["photo"], pair["style"], recipe)
    return BeforeAfter(
        photograph,
        grid.picture(0, row, column),
        alt=f"{pair['alt']}.",
        before_alt=f"The photograph: {pair['photo']}",
        caption=(
            f"{escape(pair['label'])}: λ<sub>c</sub> = 1, λ<sub>s</sub> = "
            f"{recipe.style_weights[column]:g}, λ<sub>TV</sub> = "
            f"{recipe.tv_weights[row]:g}, {recipe.num_steps} evaluations. {hint}"
        ),
    )


class LiveTransfer(LiveFigure):
    """Controls (`widgets`), a picture and its losses; others as in `live_transfer`."""

    def __init__(
        self, widgets, loss_network: LossNetwork, *, content, style, size, num_steps
    ) -> None:
        super().__init__(widgets)
        self.uploads: dict[str, bytes] = {}
        self.painter = Painter(loss_network, self._show, self._finish)
        self.controls = _make_controls(widgets, content, style, size, num_steps)
        self.losses = widgets.HTML()
        self.peaks: dict[str, float] = {}
        self._connect()
        left = [self.picture, self.status, self.losses]
        self.box = self._arrange(widgets, left, self._rows(widgets), width="24rem")
        self._try(self._show_start)

    def __repr__(self) -> str:
        return "LiveTransfer(sliders over a running style transfer)"

    @property
    def plan(self) -> Plan:
        """What the controls say now.

        Raises:
            ValueError: an uploaded file is no picture.
        """
        values = {n: getattr(c, "value", None) for n, c in self.controls.items()}
        return Plan(
            content=self._load(values["content"], "photo", values["size"]),
            style=self._load(values["style"], "style", values["size"]),
            content_weight=values["content_weight"],
            style_weight=values["style_weight"],
            tv_weight=values["tv_weight"],
            content_layer=values["content_layer"],
            start=values["start"],
            num_steps=values["num_steps"],
        )

    def _load(self, name: str, kind: str, size: int) -> Tensor:
        if name in self.uploads:
            return load_image(self.uploads[name], size=size)
        find = assets.photo_path if kind == "photo" else assets.style_path
        return load_image(find(name), size=size)

    def run(self, *, go_on: bool = False) -> None:
        """Begin to paint, afresh or, to `go_on`, from the picture reached."""
        self._try(lambda: self._begin(go_on))

    def stop(self) -> None:
        """Stop painting; the picture stays."""
        self.painter.stop()
        self._say("Stopped. Any slider goes on from this picture.")

    def _begin(self, go_on: bool) -> None:
        plan = self.plan
        if not go_on:
            self.peaks.clear()
        self._say("Painting …")
        self.painter.paint(plan, go_on=go_on)

    def _connect(self) -> None:
        controls = self.controls
        controls["run"].on_click(lambda _: self.run())
        controls["stop"].on_click(lambda _: self.stop())
        for name in (
            "content_weight",
            "style_weight",
            "tv_weight",
            "content_layer",
            "style",
        ):
            controls[name].observe(lambda _: self._changed(go_on=True), "value")
        for name in ("content", "start", "size"):
            controls[name].observe(lambda _: self._changed(go_on=False), "value")
        for kind in ("content", "style"):
            controls[f"{kind}_upload"].observe(
                lambda change, kind=kind: self._try(
                    lambda: self._take(kind, change["new"])
                ),
                "value",
            )

    def _changed(self, *, go_on: bool) -> None:
        if self.painter.image is not None:
            self.run(go_on=go_on)
        else:
            self._try(self._show_start)

    def _take(self, kind: str, value) -> None:
        """Put an uploaded file among the pictures to choose from, and choose it."""
        choice = self.controls[kind]
        choice.value = self._receive(value, choice, self.uploads)

    def _show_start(self) -> None:
        plan = self.plan
        start = make_start(plan.start, content=plan.content, style=plan.style)
        self.picture.value = webp(start, 90)
        self._say("Press Paint.")

    def _show(self, step: int, image: Tensor, history: list[dict[str, float]]) -> None:
        self.picture.value = webp(image, 90, effort=0)
        self.losses.value = loss_table(history, self.peaks)
        self._say(f"Evaluation {step}")

    def _finish(self, error: Exception | None) -> None:
        self._say(
            "Done. Any slider goes on from this picture." if error is None else error
        )

    def _rows(self, widgets) -> list:
        c = self.controls
        return [
            widgets.HBox([c["content"], c["content_upload"]]),
            widgets.HBox([c["style"], c["style_upload"]]),
            *(c[n] for n in ("style_weight", "content_weight", "tv_weight")),
            *(c[n] for n in ("start", "content_layer", "size", "num_steps")),
            widgets.HBox([c["run"], c["stop"]]),
        ]


def _make_controls(
    widgets, content: str, style: str, size: int, num_steps: int
) -> dict:
    """Return every control by name."""

    def weight(value: float, low: int, high: int, text: str):
        return widgets.FloatLogSlider(
            value=value,
            base=10,
            min=low,
            max=high,
            step=0.25,
            description=text,
            continuous_update=False,
            layout={"width": "22rem"},
            readout_format=".3r",
        )

    def choose(options, value, text: str):
        layout = {"width": "13rem" if text in ("content", "style") else "22rem"}
        return widgets.Dropdown(
            options=options, value=value, description=text, layout=layout
        )

    sizes = sorted({96, 128, 160, 192, 256, 320, size})
    return {
        "content": choose(assets.photo_names(), content, "content"),
        "content_upload": upload_button(widgets),
        "style": choose(assets.style_names(), style, "style"),
        "style_upload": upload_button(widgets),
        "style_weight": weight(Plan.style_weight, -1, 4, "λ style"),
        "content_weight": weight(Plan.content_weight, -2, 2, "λ content"),
        "tv_weight": weight(Plan.tv_weight, -1, 3, "λ TV"),
        "start": choose(("content", "noise", "style"), "content", "start"),
        "content_layer": choose(LAYERS, CONTENT_LAYERS[0], "layer"),
        "size": choose(sizes, size, "pixels"),
        "num_steps": widgets.IntSlider(
            num_steps, 20, 400, 20, description="evaluations", layout={"width": "22rem"}
        ),
        "run": widgets.Button(description="Paint", button_style="primary", icon="play"),
        "stop": widgets.Button(description="Stop", icon="stop"),
    }

"""What all figures with controls share: their box, uploads, and words when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from .html_figures import stylesheet
from .images import load_image
from .live_painter import FAILURES


class LiveFigure:
    """A picture with a status line; a subclass adds `controls` and their `box`.

    Args:
        widgets: the module ipywidgets, which not every reader has.
    """

    controls: dict[str, Any]
    box: Any

    def __init__(self, widgets) -> None:
        # with a margin, all of the width would be more than there is
        layout = {"width": "100%", "margin": "0"}
        self.picture = widgets.Image(format="webp", layout=layout)
        self.status = widgets.HTML()
        self._trouble = ""

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        found = dict(self.box._repr_mimebundle_() or {})
        return {**found, "text/plain": repr(self)}

    def _receive(self, value, choice, files: dict[str, Any]) -> str:
        """Put an uploaded file into `files` and among a choice's options; name it."""
        name, content = newest_upload(value)
        load_image(content, size=64)  # says at once if it is no picture
        files[name] = content
        if name not in choice.options:
            choice.options = (*choice.options, name)
        return name

    def _try(self, action: Callable[[], None]) -> None:
        """Do what the reader asked; what failed stays to be read until the next try."""
        self._trouble = ""
        try:
            action()
        except FAILURES as error:
            self._say(error)

    def _say(self, what: str | Exception) -> None:
        if isinstance(what, Exception):
            self._trouble, words = escape(str(what)), ""
        else:
            words = f"<div>{escape(what)}</div>"
        if self._trouble:
            words += f"<div><b>That did not work:</b> {self._trouble}</div>"
        self.status.value = f'<div role="status">{words}</div>'

    def _arrange(self, widgets, left: Sequence, rows: Sequence, *, width: str):
        """Return all in one box: the picture and more left, what changes it right."""
        wide = {"flex": "1 1 20rem", "min_width": "0"}
        columns = [
            widgets.VBox(left, layout={**wide, "max_width": width}),
            widgets.VBox(rows, layout=wide),
        ]
        row = widgets.HBox(
            columns, layout={"flex_flow": "row wrap", "grid_gap": "1rem"}
        )
        return widgets.VBox([widgets.HTML(stylesheet()), row])


def upload_button(widgets):
    """Return a file chooser for one picture.

    Args:
        widgets: the module ipywidgets.
    """
    return widgets.FileUpload(
        accept="image/*",
        multiple=False,
        description="Your own",
        layout={"width": "8.5rem"},  # it adds how many files it holds
    )


def newest_upload(value: Mapping[str, Any] | Sequence[Any]) -> tuple[str, bytes]:
    """Return name and content of the last file chosen.

    Args:
        value: of an `ipywidgets.FileUpload`, as version 8 or 7 gives it.
    """
    if isinstance(value, Mapping):  # version 7: {name: {"content": ...}}
        return [(name, bytes(file["content"])) for name, file in value.items()][-1]
    return value[-1]["name"], bytes(value[-1]["content"])

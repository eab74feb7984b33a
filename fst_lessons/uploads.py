"""What a notebook's file chooser hands over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def newest_upload(value: Mapping[str, Any] | Sequence[Any]) -> tuple[str, bytes]:
    """Return name and content of the last file chosen.

    Args:
        value: of an `ipywidgets.FileUpload`, as version 8 or 7 gives it.
    """
    if isinstance(value, Mapping):  # version 7: {name: {"content": ...}}
        return [(name, bytes(file["content"])) for name, file in value.items()][-1]
    return value[-1]["name"], bytes(value[-1]["content"])

"""Whether a file can be written where it is wanted; worth knowing before work."""

from __future__ import annotations

import os
from pathlib import Path


def check_place(path: str | Path) -> Path:
    """Return the path if a file of this name can be written there.

    Raises:
        ValueError: the name of a folder, no such folder, or no right to write in it.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file")
    if not path.parent.is_dir():
        raise ValueError(f"no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"no right to write in {path.parent}; choose another folder")
    return path

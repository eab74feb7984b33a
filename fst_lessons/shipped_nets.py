"""Where a net that comes with the package lies: a file, or a name for one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import assets


def find_shipped(source: str | Path, folder: Sequence[str], *, what: str) -> Path:
    """Return a given file, or that of a net known by its file's name alone.

    Args:
        source: a file, or the name of a net in `folder`.
        folder: below the package's data, one part after the other.
        what: kind of net, for the message.

    Raises:
        ValueError: neither; for an unknown name, offers the nearest ones.
    """
    if (path := given_file(source)) is not None:
        return path
    names = shipped_names(folder)
    if str(source) not in names:
        raise ValueError(
            f"no {what} {str(source)!r} comes with the package; "
            + assets.nearest(str(source), names)
        )
    return assets.data_path(*folder, f"{source}.safetensors")


def shipped_names(folder: Sequence[str]) -> list[str]:
    """Return the names of the files of weights in `folder`, as in `find_shipped`."""
    paths = (assets.data_path() / Path(*folder)).glob("*.safetensors")
    return sorted(path.stem for path in paths)


def given_file(source: str | Path) -> Path | None:
    """Return the file that `source` means, None where it can only be a name.

    Raises:
        ValueError: no such file.
    """
    path = Path(source)
    if path.is_file():
        return path
    if path.suffix or path.name != str(source):
        raise ValueError(f"no file {source}; check the path")
    return None

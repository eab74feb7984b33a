"""Find the files that come with the book, check them, download others.

The book's photographs, style pictures and weights live in ``data/``: beside the
package in a checkout, inside it once installed. Every file has an entry in
``data/manifest.json`` that says who made it, under which licence, and its sha256.

``python -m fst_lessons.assets --check`` lists whatever disagrees with the manifest.
"""

import argparse
import difflib
import hashlib
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from functools import cache
from http.client import HTTPException
from pathlib import Path

_CHUNK = 1 << 20
# not described by the manifest: the manifest itself, and notes to readers
_UNLISTED = {"manifest.json", "README.md"}


@cache
def _data_folder() -> Path:
    """Return ``data/`` of an installed wheel, or of the checkout around it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / "manifest.json").is_file():
            return folder
    raise FileNotFoundError(
        f"no data folder with a manifest.json in {package} or beside it; reinstall "
        "fst_lessons, or work in a complete checkout of the book"
    )


def data_path(*parts: str) -> Path:
    """Return the path of a file or folder below ``data/``.

    Args:
        *parts: Names below ``data/``, e.g. ``"photos", "cat.jpg"``; none gives the
            folder itself.

    Raises:
        FileNotFoundError: If there is no such file, with the nearest names in its
            folder.
    """
    path = _data_folder().joinpath(*parts)
    if not path.exists():
        there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise FileNotFoundError(
            f"no {'/'.join(parts)!r} in {_data_folder()}; {nearest(path.name, there)}"
        )
    return path


def manifest() -> dict[str, dict]:
    """Return what ``data/manifest.json`` says, one entry for each path below data/."""
    entries = json.loads(data_path("manifest.json").read_text(encoding="utf-8"))
    return {entry["path"]: entry for entry in entries}


def photo_names() -> list[str]:
    """Return the names of the bundled photographs, sorted."""
    return _names("photo")


def style_names() -> list[str]:
    """Return the names of the bundled style pictures, sorted."""
    return _names("style")


def photo_path(name: str) -> Path:
    """Return the file of a bundled photograph, e.g. ``photo_path("cat")``.

    Raises:
        ValueError: If no photograph has this name; the message offers the nearest.
    """
    return _named_path(name, "photo")


def style_path(name: str) -> Path:
    """Return the file of a bundled style picture, e.g. ``style_path("nocturne")``.

    Raises:
        ValueError: If no style picture has this name; the message offers the nearest.
    """
    return _named_path(name, "style")


def sha256_of(path: str | os.PathLike) -> str:
    """Return the sha256 of the file at `path` as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verify(path: str | os.PathLike, sha256: str | None = None) -> Path:
    """Return the path after checking the file's hash.

    Args:
        path: The file.
        sha256: The hash expected; None takes it from the manifest, for files
            below ``data/``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the hash differs, or none is known for this file.
    """
    path = Path(path)
    if sha256 is None:
        sha256 = _listed_hash(path)
    found = sha256_of(path)
    if found != sha256.lower():
        raise ValueError(
            f"{path} is not the file it should be: expected sha256 {sha256}, got "
            f"{found}; it was changed or cut short, so fetch it again"
        )
    return path


def download(
    url: str,
    destination: str | os.PathLike,
    *,
    sha256: str,
    timeout: float = 30.0,
    progress: Callable[[int, int | None], None] | None = None,
) -> Path:
    """Return the destination after fetching it, unless the right file is there.

    The bytes go to a temporary file beside the destination, which takes the final
    name only when complete and correct: nothing half-written is left behind.

    Args:
        url: An http or https address.
        destination: Where the file goes; folders are made.
        sha256: The hash the file must have.
        timeout: Seconds without an answer before giving up.
        progress: Called with (bytes so far, bytes in all or None) after each piece.

    Raises:
        ConnectionError: If the server cannot be reached or stops early; the message
            says where to put the file by hand.
        ValueError: If the address is no http address or the hash differs.
    """
    destination = Path(destination)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"expected an http or https address, got {url!r}")
    if destination.is_file() and sha256_of(destination) == sha256.lower():
        return destination
    try:
        return _replace(url, destination, sha256, timeout, progress)
    except (OSError, HTTPException) as error:
        raise ConnectionError(
            f"could not download {url} ({error}); with no network, fetch it elsewhere "
            f"and put it at {destination} (sha256 {sha256})"
        ) from error
    except ValueError as error:
        raise ValueError(f"{url} did not deliver the expected file: {error}") from error


def problems() -> list[str]:
    """Return one line for each file below ``data/`` that the manifest contradicts."""
    root, listed, found = data_path(), manifest(), []
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if path.name in _UNLISTED or path.name.startswith("."):
            continue
        if name not in listed:
            found.append(f"no entry: {name}")
        elif sha256_of(path) != listed[name]["sha256"]:
            found.append(f"wrong hash: {name}")
    gone = [name for name in listed if not (root / name).is_file()]
    return found + [f"no file: {name}" for name in gone]


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command line, `arguments`; return 1 if ``--check`` found a problem."""
    parser = argparse.ArgumentParser(
        prog="python -m fst_lessons.assets", description="the files of the book"
    )
    parser.add_argument(
        "--check", action="store_true", help="compare data/ with its manifest"
    )
    options = parser.parse_args(None if arguments is None else list(arguments))
    lines = problems() if options.check else sorted(manifest())
    print("\n".join(lines or ["data/ agrees with its manifest"]))
    return int(options.check and bool(lines))


def _names(kind: str) -> list[str]:
    return sorted(
        Path(path).stem for path, e in manifest().items() if e["kind"] == kind
    )


def _named_path(name: str, kind: str) -> Path:
    for path, entry in manifest().items():
        if entry["kind"] == kind and Path(path).stem == name:
            return data_path(path)
    raise ValueError(f"unknown {kind} {name!r}; {nearest(name, _names(kind))}")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a hint: the names most like the one asked for, or all of them."""
    names = sorted(names)
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there are: {', '.join(names)}" if names else "its folder is not there"


def _listed_hash(path: Path) -> str:
    root = data_path()
    resolved = path.resolve()
    if resolved.is_relative_to(root):
        entry = manifest().get(resolved.relative_to(root).as_posix())
        if entry:
            return entry["sha256"]
    raise ValueError(f"{path} has no entry in the manifest; pass sha256=")


def _replace(url: str, destination: Path, sha256: str, timeout, progress) -> Path:
    """Fetch into a temporary file, which takes the final name once it is right."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=destination.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _fetch(url, file, timeout, progress)
        verify(part, sha256)
        part.chmod(0o644)  # mkstemp lets only the owner read
        os.replace(part, destination)
    finally:
        part.unlink(missing_ok=True)
    return destination


def _fetch(url: str, file, timeout: float, progress) -> None:
    """Copy the answer of a server into an open file, and count the bytes."""
    request = urllib.request.Request(url, headers={"User-Agent": "fst_lessons"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        length = answer.headers.get("Content-Length")
        total, done = int(length) if length else None, 0
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    # a server that hangs up early raises nothing by itself
    if total is not None and done != total:
        raise ConnectionError(f"only {done} of {total} bytes arrived")


if __name__ == "__main__":
    sys.exit(main())

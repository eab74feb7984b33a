"""Folders of photographs, and random crops of them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from . import assets
from .images import load_image, resize

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm"}

HELD_OUT = ("pagoda", "cat", "mountains", "stream")  # bundled, never trained on


def list_pictures(folder: str | Path) -> list[Path]:
    """Return the picture files below a folder, sorted by name.

    Raises:
        ValueError: no such folder, or no picture in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"no folder {folder}; give a folder of photographs")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not found:
        raise ValueError(
            f"no picture in {folder}; expected {', '.join(sorted(SUFFIXES))}"
        )
    return found


def load_folder(
    folder: str | Path, *, longest: int = 512, progress: bool = True
) -> tuple[list[Tensor], dict[Path, str]]:
    """Return every photograph of a folder in memory, and what could not be read.

    Args:
        folder: searched with its subfolders.
        longest: pictures with a longer shorter side are shrunk to this many pixels.
        progress: show a bar.

    Returns:
        The photographs as `(1, 3, H, W)` uint8, a quarter of float32's memory; and
        {path: reason} of the files that were skipped.

    Raises:
        ValueError: not one readable photograph.
    """
    photos, skipped = [], {}
    paths = list_pictures(folder)
    for path in tqdm(
        paths, "photographs", disable=None if progress else True, leave=False
    ):
        try:
            image = load_image(path)
        except ValueError as error:
            skipped[path] = str(error)
            continue
        if min(image.shape[-2:]) > longest:
            image = resize(image, longest)
        photos.append(image.mul(255).round().byte())
    if not photos:
        raise ValueError(f"none of the {len(paths)} pictures in {folder} can be read")
    return photos, skipped


def random_crops(
    photos: Sequence[Tensor],
    batch_size: int,
    *,
    size: int,
    generator: random.Random,
    zoom: tuple[float, float] = (1.0, 2.0),
    keep: Collection[int] | None = None,
) -> Tensor:
    """Return random square cuts of random photographs, half of them mirrored.

    Args:
        photos: `(1, 3, H, W)` uint8.
        batch_size: N.
        size: side of the result in pixels.
        generator: source of chance.
        zoom: a cut of `zoom * size` pixels is shrunk to `size`; the range to draw from.
        keep: numbers of the cuts to return, default all. The others are drawn as well,
            so that processes with one generator share out one batch.

    Returns:
        `(N, 3, size, size)` float32 in [0, 1].
    """
    crops = []
    for number in range(batch_size):
        photo = photos[generator.randrange(len(photos))]
        height, width = photo.shape[-2:]
        side = min(round(size * generator.uniform(*zoom)), height, width)
        top = generator.randrange(height - side + 1)
        left = generator.randrange(width - side + 1)
        mirrored = generator.random() < 0.5
        if keep is not None and number not in keep:
            continue
        crop = photo[..., top : top + side, left : left + side].float() / 255
        if side != size:
            crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True)
        crops.append(crop.flip(3) if mirrored else crop)
    return torch.cat(crops)


def bundled_photos(*, longest: int = 512) -> list[Tensor]:
    """Return bundled photographs to train on, `(1, 3, H, W)` uint8, `longest` pixels.

    The four of `HELD_OUT` are left for measuring. Nine photographs are few: the net
    learns to paint, but meets faces or cities for the first time in yours; chapter 7
    measures what a folder of your own gains.
    """
    names = [name for name in assets.photo_names() if name not in HELD_OUT]
    images = [load_image(assets.photo_path(name), size=longest) for name in names]
    return [image.mul(255).round().byte() for image in images]


def held_out_photos(*, size: int = 256) -> list[Tensor]:
    """Return the bundled photographs kept for measuring, `(1, 3, size, size)`."""
    return [
        load_image(assets.photo_path(name), size=size, square=True) for name in HELD_OUT
    ]

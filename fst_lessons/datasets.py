"""Folders of photographs, and random crops of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from .images import load_image, resize

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm"}


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
) -> Tensor:
    """Return random square cuts of random photographs, half of them mirrored.

    Args:
        photos: `(1, 3, H, W)` uint8.
        batch_size: N.
        size: side of the result in pixels.
        generator: source of chance.
        zoom: a cut of `zoom * size` pixels is shrunk to `size`; the range to draw from.

    Returns:
        `(N, 3, size, size)` float32 in [0, 1].
    """
    crops = []
    for _ in range(batch_size):
        photo = photos[generator.randrange(len(photos))]
        height, width = photo.shape[-2:]
        side = min(round(size * generator.uniform(*zoom)), height, width)
        top = generator.randrange(height - side + 1)
        left = generator.randrange(width - side + 1)
        crop = photo[..., top : top + side, left : left + side].float() / 255
        if side != size:
            crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True)
        crops.append(crop.flip(3) if generator.random() < 0.5 else crop)
    return torch.cat(crops)

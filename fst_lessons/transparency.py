"""Pictures with their transparency, read and written; greys stay one channel.

Everywhere else transparent parts are laid over white. An enlarged logo shall keep them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .images import check_destination, from_pil, load_image, open_picture, save_picture

_GREY = ("1", "L", "I", "F")  # Pillow's modes of one channel; I;16 begins with I
_OPAQUE = (".jpg", ".jpeg", ".bmp", ".ppm")


def load_layers(path: str | Path | bytes) -> Tensor:
    """Return a picture with as many channels as it has.

    Args:
        path: any file that Pillow can read, or such a file's bytes.

    Returns:
        `(1, C, H, W)` float32 in [0, 1]: C is 1 for grey, 3 for RGB, 4 for RGB and
        opacity.

    Raises:
        ValueError: see `images.load_image`.
    """
    picture = open_picture(path)
    if picture.has_transparency_data:
        values = torch.from_numpy(np.array(picture.convert("RGBA")))
        return values.permute(2, 0, 1)[None].float().div(255).contiguous()
    if picture.mode.startswith(_GREY):
        return load_image(path)[:, :1]
    return from_pil(picture)


def save_layers(image: Tensor, path: str | Path) -> Path:
    """Write an `image` of 1, 3 or 4 channels to `path` and return it; see `save_image`.

    Raises:
        ValueError: transparency, and a format that cannot keep it.
    """
    check_layers_destination(path, channels=image.shape[1])
    values = image[0].detach().cpu().clamp(0, 1).mul(255).round().byte()
    values = values.permute(1, 2, 0).numpy()
    return save_picture(
        Image.fromarray(values.squeeze(2) if len(image[0]) == 1 else values), path
    )


def check_layers_destination(path: str | Path, *, channels: int = 3) -> None:
    """Raise ValueError if a picture cannot be written there; worth knowing before work.

    Args:
        path: where to.
        channels: of the picture; 4 with opacity.
    """
    check_destination(path)
    if channels == 4 and Path(path).suffix.lower() in _OPAQUE:
        raise ValueError(
            f"{Path(path).name} cannot keep transparency; end the name in .png or .webp"
        )

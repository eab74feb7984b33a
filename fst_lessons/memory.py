"""How much memory a painting takes, how much there is, and which size would fit."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from .transform_net import TransformNet

_TILE = 300e6  # bytes: what torch needs for one tile of 256 pixels
_PICTURES = 6  # copies of a picture that exist at one time, four bytes a value


def needed_memory(
    net: TransformNet, height: int, width: int, *, dtype: torch.dtype = torch.float32
) -> int:
    """Return the bytes a net needs for `height` x `width` in tiles, in a dtype.

    `tiles` keeps two feature maps: 2 x width channels at half the size, 4 x width at a
    quarter; that is width / 2 + width / 4 values for each pixel of the photograph, to
    which the picture's copies are added.
    """
    features = 0.75 * net.config.width * dtype.itemsize
    return round(_TILE + (features + _PICTURES * 3 * 4) * height * width)


def free_memory(device: torch.device) -> int | None:
    """Return the free bytes of a device or of this machine; None where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux
        return None
    entries = {line.split(":")[0]: int(line.split()[1]) for line in lines}  # in kB
    return 1024 * (entries.get("MemAvailable", 0) + entries.get("SwapFree", 0)) or None


def check_room(
    net: TransformNet, photo: Tensor, *, dtype: torch.dtype = torch.float32
) -> None:
    """Raise ValueError when a net has no room to paint a `photo` in a dtype."""
    free = free_memory(photo.device)
    needed = len(photo) * needed_memory(net, *photo.shape[-2:], dtype=dtype)
    if free is not None and needed > free:
        raise no_room(net, photo, dtype=dtype)


def no_room(
    net: TransformNet, photo: Tensor, *, dtype: torch.dtype = torch.float32
) -> ValueError:
    """Return the error to raise for a picture that does not fit, with a size that does.

    Args:
        net: a `TransformNet`.
        photo: `(N, 3, H, W)`.
        dtype: in which the net computes.
    """
    height, width = photo.shape[-2:]
    needed = needed_memory(net, height, width, dtype=dtype)
    free = free_memory(photo.device)
    share = 0.5  # of the pixels, where the numbers do not tell why there is no room
    if free is not None and free < len(photo) * needed:
        share = max(0, (0.8 * free / len(photo) - _TILE) / (needed - _TILE))
    size = math.floor(min(height, width) * share**0.5)
    there = "" if free is None else f", {free / 1e9:.1f} GB are free"
    advice = f"a shorter side of {size} pixels fits" if size >= 64 else "free some"
    needed *= len(photo)
    return ValueError(
        f"a picture of {width}x{height} takes {needed / 1e9:.1f} GB of memory{there}; "
        f"{advice}"
    )


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error is for want of memory and nothing else."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, RuntimeError) and any(w in str(error) for w in words)

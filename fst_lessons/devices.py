"""Where a net computes, and in what: a device and its best number format."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def find_device(name: str | torch.device) -> torch.device:
    """Return the device of this name, if it works.

    Raises:
        ValueError: torch knows no such device, or this machine has none.
    """
    try:
        return torch.empty(0, device=name).device
    except (
        RuntimeError,
        AssertionError,
    ) as error:  # an assert where CUDA is missing
        raise ValueError(
            f"no device {str(name)!r} on this machine; choose cpu, or leave it away"
        ) from error


def device_or_best(name: str | torch.device | None) -> torch.device:
    """Return a device by its name; None takes a GPU where there is one."""
    best = "cuda" if torch.cuda.is_available() else "cpu"
    return find_device(name or best)


def placed(net: Net, device: str | torch.device | None) -> Net:
    """Return a net on a device and in evaluation mode; the net given stays as it is.

    Args:
        net: to be used.
        device: None leaves it where it is.
    """
    here = next(net.parameters()).device
    there = here if device is None else find_device(device)
    if net.training or there != here:
        net = copy.deepcopy(net).eval().to(there)
    return net


def best_dtype(device: torch.device | str = "cpu") -> torch.dtype:
    """Return bfloat16 where the device multiplies in it, else float32.

    A processor without such instructions would only pretend, slowly.
    """
    kind = torch.device(device).type
    if kind == "cpu":
        # older versions of torch do not tell
        able = getattr(torch.cpu, "get_capabilities", dict)()
        quick = able.get("amx_bf16") or able.get("avx512_bf16")
    else:
        quick = kind == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if quick else torch.float32


def best_precision(device: torch.device | str = "cpu") -> str:
    """Return the number format that a device trains in soonest, as recipes name it."""
    return str(best_dtype(device)).removeprefix("torch.")

"""A wider net that begins as a narrow one: it paints the same and has room to learn.

Every channel becomes several that compute the same, and whoever reads them gets shares
of the old weight that add up to it. Without a difference between the copies they would
also learn the same for ever, so each is disturbed a little. Source: Chen, Goodfellow
and Shlens 2016, "Net2Net: Accelerating learning via knowledge transfer".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .transform_net import TransformNet

COLORS = 3  # never copied: what goes in and what comes out
CONVOLUTIONS = nn.Conv2d, nn.ConvTranspose2d


def widen(
    net: TransformNet, times: int = 2, *, noise: float = 0.05, seed: int = 0
) -> TransformNet:
    """Return a net with more channels that paints nearly what a net paints.

    Args:
        net: with instance norm or none, whose statistics need no copies.
        times: as many channels; 1 copies the net.
        noise: of the copies' weights, as a fraction of each kernel's own spread; 0
            keeps the function to rounding.
        seed: of the noise.

    Raises:
        ValueError: fewer than one copy, or a net with batch norm.
    """
    if times < 1:
        raise ValueError(f"times must be 1 or more, got {times}")
    if net.config.norm == "batch":
        raise ValueError("a net with batch norm cannot be widened; train it anew")
    wide = TransformNet(net.config, width=times * net.config.width)
    wide.load_state_dict(widened_state(net, times, noise=noise, seed=seed))
    return wide


def widened_state(
    net: nn.Module, times: int, *, noise: float, seed: int, kept: tuple[str, ...] = ()
) -> dict[str, Tensor]:
    """Return the weights of a net whose every channel stands several times.

    Args:
        net: of convolutions, and of vectors and matrices with a row for each channel.
        times: how often.
        noise: see `widen`.
        seed: of the noise.
        kept: how the names of those begin that have no row for a channel.
    """
    generator = torch.Generator().manual_seed(seed)
    parts, state = dict(net.named_modules()), {}
    for name, value in net.state_dict().items():
        owner, _, kind = name.rpartition(".")
        part = parts[owner]
        if name.startswith(kept):
            state[name] = value
            continue
        if not isinstance(part, CONVOLUTIONS) or kind != "weight":
            state[name] = value if value.numel() == COLORS else _copies(value, times, 0)
            continue
        # (C_in, C_out, k, k) in a transposed convolution, (C_out, C_in, k, k) elsewhere
        turned = isinstance(part, nn.ConvTranspose2d)
        outputs, inputs = (1, 0) if turned else (0, 1)
        if value.shape[outputs] != COLORS:
            value = _copies(value, times, outputs)
        shared = part.groups == 1  # else each channel reads itself alone
        if shared and value.shape[inputs] != COLORS:
            value = _copies(value, times, inputs) / times
        chance = torch.randn(value.shape, generator=generator)
        state[name] = value + noise * value.std() * chance
    return state


def _copies(value: Tensor, times: int, axis: int) -> Tensor:
    """Return a tensor in which every slice along an axis stands several times."""
    return value.repeat_interleave(times, dim=axis)

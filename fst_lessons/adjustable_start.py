"""The net that an adjustable training starts from."""

from __future__ import annotations

from dataclasses import fields, replace

import torch
from torch import nn

from .adjustable_checkpoints import is_adjustable, load_adjustable
from .adjustable_layers import Transposed4
from .adjustable_net import AdjustableConfig, AdjustableTransformNet
from .adjustable_recipe import AdjustableRecipe
from .checkpoints import load_net
from .fast import resize_kernel
from .transform_net import NetConfig, TransformNet
from .widening import widened_state


def make_net(recipe: AdjustableRecipe) -> AdjustableTransformNet:
    """Return the net a training starts from: random weights, or another net's.

    A narrower adjustable net of the same layers is widened.

    Args:
        recipe: its layers, `start` and `seed` count.

    Raises:
        ValueError: no such net, or one of other layers.
    """
    torch.manual_seed(recipe.seed)
    known = (field.name for field in fields(AdjustableConfig))
    config = AdjustableConfig(**{name: getattr(recipe, name) for name in known})
    net = AdjustableTransformNet(config)
    if recipe.start is None:
        return net
    if not is_adjustable(recipe.start):
        plain, _ = load_net(recipe.start, width=recipe.width)
        return start_from_plain(net, plain)
    other, _ = load_adjustable(recipe.start)
    times = config.width // other.config.width
    if times > 1:
        other = widen_adjustable(other, times, seed=recipe.seed)
    same = replace(other.config, styles=config.styles) == config
    if not same or len(other.config.styles) != len(config.styles):
        raise ValueError(f"cannot start from {recipe.start!r}: {other.config}")
    net.load_state_dict(other.state_dict())
    return net


def widen_adjustable(
    net: AdjustableTransformNet, times: int, *, noise: float = 0.05, seed: int = 0
) -> AdjustableTransformNet:
    """Return a net with more channels that paints nearly what a net paints.

    Whatever lambda and the blend: a channel's copies get its scale and its shift.

    Args:
        net: stays as it is.
        times: as many channels.
        noise: tells the copies apart, see `widening.widen`.
        seed: of the noise.
    """
    wide = AdjustableTransformNet(replace(net.config, width=times * net.config.width))
    # the perceptron's hidden units read wishes and are no channels
    kept = ("perceptron.hidden",)
    state = widened_state(net, times, noise=noise, seed=seed, kept=kept)
    wide.load_state_dict(state)
    return wide


@torch.no_grad()
def start_from_plain(
    net: AdjustableTransformNet, plain: TransformNet
) -> AdjustableTransformNet:
    """Fill a net, in place, so that it nearly paints what a plain one does.

    Whatever lambda and the style: the perceptron begins with the plain net's scales and
    shifts, and only a little noise tells one wish from another.

    Args:
        net: with residual blocks and ends of 9x9.
        plain: of as many channels and blocks, of the preset "book".

    Returns:
        The net.

    Raises:
        ValueError: the layers of the two differ.
    """
    c = net.config
    wanted = NetConfig(width=c.width, blocks=c.blocks)
    if (c.block, c.end_kernel) != ("residual", 9) or plain.config != wanted:
        raise ValueError(f"cannot start {c} from a plain net: {plain.config}")
    for stage, (conv, _, _) in zip(net.down, plain.down, strict=True):
        stage.conv.weight.copy_(conv.weight)
    for block, other in zip(net.blocks, plain.blocks, strict=True):
        block.first.weight.copy_(other.body[0].weight)
        block.second.weight.copy_(other.body[3].weight)
    for stage, (_, conv, _, _) in zip(net.up, plain.up, strict=True):
        if isinstance(stage.conv, Transposed4):
            stage.conv.weight.copy_(resize_kernel(conv.weight))
        else:
            stage.conv[1].weight.copy_(conv.weight)
    net.last.load_state_dict(plain.last.state_dict())
    norms = [m for m in plain.modules() if isinstance(m, nn.InstanceNorm2d)]
    bias = [norm.weight for norm in norms] + [norm.bias for norm in norms]
    net.perceptron.table.bias.copy_(torch.cat(bias))
    return net

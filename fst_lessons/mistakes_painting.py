"""Planted mistakes in a transform net, in a loop over pixels, and in its history.

The net is a trained one that paints well; a mistake changes one thing about it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .checkpoints import load_net
from .datasets import bundled_photos
from .doctor_descent import PixelTask
from .transform_net import TransformNet

Objective = Callable[[Tensor], Tensor]


def trained() -> tuple[TransformNet, dict]:
    """Return the net that is spoilt, small and good, and its card."""
    return load_net("starry_night", width=16)


def make_net(mistake: str | None = None) -> Callable[[Tensor], Tensor]:
    """Return a net that paints: photographs `(N, 3, H, W)` -> paintings.

    Args:
        mistake: one of `NET`, or None for none.
    """
    net, _ = trained()
    return net if mistake is None else NET[mistake](net)


class _After(nn.Module):
    """A net, and something done to what it painted."""

    def __init__(self, net: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.change = net, change

    def forward(self, images: Tensor) -> Tensor:
        return self.change(self.net(images))


class _Uncropped(nn.Module):
    """A net that pads to a multiple of 4 and forgets to cut it off again."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        return self.net(F.pad(images, (0, -width % 4, 0, -height % 4), mode="reflect"))


def _damaged(net: TransformNet) -> TransformNet:
    net.last.weight.data[0, 0, 0, 0] = float("nan")
    return net


def _untrained(net: TransformNet) -> TransformNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TransformNet(net.config, norm="none").eval()


def _zero_padded(net: TransformNet) -> TransformNet:
    other = TransformNet(net.config, padding="zero").eval()
    other.load_state_dict(net.state_dict())
    return other


def _transposed(net: TransformNet) -> TransformNet:
    """Return the net with its doublings made by transposed convolutions.

    Their kernels are the old ones turned round and doubled, so that a value gets, on
    average over four neighbours, what it got before.
    """
    other = TransformNet(net.config, upsampling="transposed").eval()
    weights = dict(net.state_dict())
    for stage in ("up.0", "up.1"):
        moved = {k: weights.pop(k) for k in list(weights) if k.startswith(stage)}
        for name, value in moved.items():
            layer = int(name.split(".")[2]) - 1  # there is no resize before it
            if value.ndim == 4:
                value = 2 * value.transpose(0, 1).flip(2, 3)
            weights[f"{stage}.{layer}.{name.split('.')[3]}"] = value
    other.load_state_dict(weights)
    return other


def _overdriven(net: TransformNet) -> TransformNet:
    """Return the net after ten steps of Adam at a learning rate of 0.5."""
    photos = bundled_photos(longest=64)[:2]
    batch = torch.cat([photo[..., :64, :64].float() / 255 for photo in photos])
    net.requires_grad_(True)
    adam = torch.optim.Adam(net.parameters(), lr=0.5)
    for _ in range(10):
        loss = (net(batch) - batch).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return net.requires_grad_(False)


def _replace_norms(net: nn.Module, make: Callable[[nn.Module], nn.Module]) -> nn.Module:
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                norm = make(child)
                norm.weight, norm.bias = child.weight, child.bias
                setattr(parent, name, norm)
    return net


def _batch_norm(net: nn.Module) -> nn.Module:
    return _replace_norms(net, lambda norm: nn.BatchNorm2d(norm.num_features))


def averaging(net: nn.Module) -> nn.Module:
    """Return the net with instance norms that keep averages, as of old."""

    def make(norm: nn.Module) -> nn.Module:
        return nn.InstanceNorm2d(
            norm.num_features, affine=True, track_running_stats=True
        )

    return _replace_norms(net, make)


NET: dict[str, Callable[[TransformNet], nn.Module]] = {
    "weights not finite": _damaged,
    "painting not finite": lambda net: _After(net, lambda y: (y * 1e5).half() / 1e5),
    "out of range": lambda net: _After(net, lambda y: 255 * y),
    "saturated": _overdriven,
    "photograph ignored": _untrained,
    "checkerboard": _transposed,
    "frame": _zero_padded,
    "size changes": _Uncropped,
    "neighbours show through": lambda net: _batch_norm(net).train(),
    "stored averages do not fit": lambda net: _batch_norm(net).eval(),
    "instance norm keeps averages": lambda net: averaging(net).eval(),
}


def make_optimizer(
    mistake: str | None = None, *, steps: int = 60
) -> Callable[[Objective, Tensor], Tensor]:
    """Return a loop over pixels: (objective, start) -> picture.

    Args:
        mistake: one of `OPTIMIZER`, or None for none.
        steps: evaluations of the objective, about.
    """
    loop = _ADAM if mistake is None else OPTIMIZER[mistake]
    return lambda objective, start: loop(objective, start, steps)


def _adam(
    rate: float, *, fence: bool = True
) -> Callable[[Objective, Tensor, int], Tensor]:
    """Return a plain loop; without a fence, pixels are clamped once, at the end."""

    def loop(objective: Objective, start: Tensor, steps: int) -> Tensor:
        y = start.clone().requires_grad_(True)
        adam = torch.optim.Adam([y], lr=rate)
        for _ in range(steps):
            adam.zero_grad()
            objective(y).backward()
            adam.step()
            if fence:
                y.data.clamp_(0, 1)
        return y.detach().clamp(0, 1)

    return loop


def _lbfgs(objective: Objective, start: Tensor, steps: int) -> Tensor:
    """Return what the loop of a well-known tutorial makes of a picture."""
    y, count = start.clone().requires_grad_(True), [0]
    lbfgs = torch.optim.LBFGS([y])  # twenty evaluations a step

    def closure() -> Tensor:
        y.data.clamp_(0, 1)
        lbfgs.zero_grad()
        loss = objective(y)
        loss.backward()
        count[0] += 1
        return loss

    while count[0] < steps:
        lbfgs.step(closure)
    return y.detach().clamp(0, 1)


def _sgd(rate: float) -> Callable[[Objective, Tensor, int], Tensor]:
    """Return plain gradient descent with no fence at all."""

    def loop(objective: Objective, start: Tensor, steps: int) -> Tensor:
        y = start.clone()
        for _ in range(steps):
            y.requires_grad_(True)
            (gradient,) = torch.autograd.grad(objective(y), y)
            y = (y - rate * gradient).detach()
        return y

    return loop


_ADAM = _adam(0.03)
OPTIMIZER = {
    "no fence": _adam(0.03, fence=False),
    "steps too long": _lbfgs,
    "hardly moves": _adam(1e-5),
}
HISTORY = {
    "loss became NaN": _sgd(100.0),
    "loss explodes": _lbfgs,
    "loss never falls": _adam(1e-5),
}


def make_history(mistake: str | None = None, *, steps: int = 60) -> list[float]:
    """Return the losses of a small descent over pixels, recorded as they came.

    Args:
        mistake: one of `HISTORY`, or None for none.
        steps: entries, about.
    """
    task = PixelTask()
    loop = _ADAM if mistake is None else HISTORY[mistake]
    loop(task, torch.full_like(task.wish, 0.5), steps)
    return task.values

"""Muon: gradient descent for convolutions in which every direction counts alike.

A convolution's gradient, seen as a matrix, is dominated by a few directions; Adam,
which rescales single entries, hardly changes that. Muon replaces the matrix U S V^T by
nearly U V^T, so that all directions advance at one speed. A transform net reaches with
it in two minutes what takes Adam more than four (chapter 7). Source: Jordan et al.
2024, "Muon: An optimizer for hidden layers in neural networks".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# of a fifth-order odd polynomial whose iteration drives singular values towards 1
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrix: Tensor, *, iterations: int = 5) -> Tensor:
    """Return nearly the closest matrix whose singular values are all 1.

    Args:
        matrix: `(rows, columns)`.
        iterations: of the polynomial; five leave singular values in about 0.7 ... 1.2.

    Source: Jordan et al. 2024; the iteration after Bernstein and Newhouse 2024.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(iterations):
        square = x @ x.T
        factor = torch.addmm(square, square, square, beta=b, alpha=c)
        x = torch.addmm(x, factor, x, beta=a)  # a x + (b square + c square²) x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for weights of two and more dimensions, Adam for biases and norms.

    Args:
        parameters: of the net.
        lr: of the matrices; the step of a matrix has about this spectral norm.
        scalar_lr: Adam's learning rate as a fraction of `lr`.
        momentum: of the matrices' gradients.
        betas: of Adam.
        by_entry: those of the parameters that Adam shall change, whatever their shape.

    Source: Jordan et al. 2024; Kingma and Ba 2015 for Adam.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        lr: float = 0.02,
        scalar_lr: float = 0.2,
        momentum: float = 0.9,
        betas: tuple[float, float] = (0.9, 0.99),
        by_entry: Iterable[nn.Parameter] = (),
    ) -> None:
        self.by_entry = {id(weight) for weight in by_entry}
        settings = {"scalar_lr": scalar_lr, "momentum": momentum, "betas": betas}
        super().__init__(list(parameters), {"lr": lr, **settings})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Update every parameter that has a gradient; there is no `closure` to call."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                # a matrix with a handful of rows has no directions to balance
                matrix = weight.ndim >= 2 and min(weight.flatten(1).shape) > 3
                matrix = matrix and id(weight) not in self.by_entry
                (_turn_matrix if matrix else _turn_scalars)(
                    weight, self.state[weight], group
                )


def make_optimizer(
    net: nn.Module, recipe: Any, *, by_entry: Iterable[nn.Parameter] = ()
) -> torch.optim.Optimizer:
    """Return an optimizer of a net's weights.

    Args:
        net: to be trained.
        recipe: its `optimizer`, "muon" or "adam", and its `learning_rate` count.
        by_entry: matrices of the net that are none to Muon, see there.
    """
    if recipe.optimizer == "muon":
        return Muon(net.parameters(), lr=recipe.learning_rate, by_entry=by_entry)
    return torch.optim.Adam(net.parameters(), lr=recipe.learning_rate)


def _turn_matrix(weight: Tensor, state: dict, group: dict) -> None:
    momentum = state.setdefault("momentum", torch.zeros_like(weight))
    momentum.lerp_(weight.grad, 1 - group["momentum"])
    ahead = weight.grad.lerp(momentum, group["momentum"])  # Nesterov's look ahead
    step = orthogonalize(ahead.flatten(1))
    tallness = max(1.0, step.shape[0] / step.shape[1]) ** 0.5
    weight.add_(step.reshape(weight.shape), alpha=-group["lr"] * tallness)


def _turn_scalars(weight: Tensor, state: dict, group: dict) -> None:
    if not state:
        state["step"] = torch.zeros(())
        state["mean"] = torch.zeros_like(weight)
        state["square"] = torch.zeros_like(weight)
    beta1, beta2 = group["betas"]
    state["step"] += 1
    state["mean"].lerp_(weight.grad, 1 - beta1)
    state["square"].lerp_(weight.grad.square(), 1 - beta2)
    count = state["step"].item()
    mean = state["mean"] / (1 - beta1**count)
    size = (state["square"] / (1 - beta2**count)).sqrt() + 1e-8
    weight.addcdiv_(mean, size, value=-group["lr"] * group["scalar_lr"])

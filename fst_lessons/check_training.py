"""Verdicts on a reader's answers about training; `check` hands them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .verdict import Verdict, judge, make_generator

Step = Callable[..., object]


def train_step(answer: Step) -> Verdict:
    """Check a reader's step, a function of (net, photographs, objective, optimizer).

    It is to paint, to ask `objective(painted, photographs)` for (total, terms), and to
    change the net's weights once. Two steps are made, since one hides forgotten sums.
    """
    idle = (
        "backward() ran, but no optimizer.step() after it."
        if _leaves_gradients(answer)
        else "no gradient was there to step along; is zero_grad() between backward() "
        "and step()?"
    )
    mistakes = {
        f"the weights never changed: {idle}": _weights(lambda *_: None),
        "the first step's gradient was still there at the second: zero_grad().": (
            _weights(lambda *given: _step(*given, forget=False))
        ),
        "the optimizer stepped twice for one gradient.": _weights(
            lambda *given: _step(*given, times=2)
        ),
        "the painting comes first: objective(painted, photographs).": _weights(
            lambda *given: _step(*given, swap=True)
        ),
        "both arguments were painted: objective(painted, photographs).": _weights(
            lambda *given: _step(*given, twin=True)
        ),
    }
    return judge(
        lambda: _weights(answer),
        _weights(_step),
        right="painted, judged, and every weight moved once.",
        shapes={},
        mistakes=mistakes,
        otherwise="the weights moved elsewhere: judge, zero_grad, backward, step.",
    )


def gatys_steps(answer: Callable[[float, Sequence[float]], int]) -> Verdict:
    """Check a reader's yardstick, a function (objective, falling curve) -> steps."""
    curve = [8.0, 4.0, 2.5, 1.0]  # after the steps 1, 2, 3, 4
    cases = {9.0: 1, 4.0: 2, 3.9: 3, 1.0: 4, 0.5: 5}
    mistakes = {
        "the curve's first entry is step 1, not step 0.": [0, 1, 2, 3, 4],
        "equal is enough: the first step that is as low, not lower.": [1, 3, 3, 5, 5],
        "the nearest entry may still be higher; as low is wanted.": [1, 2, 2, 4, 4],
        "below the whole curve, a net is worth one more than its length.": (
            [1, 2, 3, 4, 4]
        ),
    }
    try:
        given = [int(answer(objective, list(curve))) for objective in cases]
    except Exception as error:  # whatever a reader's function may stumble over
        return Verdict(False, f"your function stopped with {error!r}.")
    if given == [*cases.values()]:
        return Verdict(True, "the first step at which the slow method is as low.")
    for message, values in mistakes.items():
        if given == values:
            return Verdict(False, message)
    wrong = next(
        case for case, steps in zip(cases, given, strict=True) if steps != cases[case]
    )
    return Verdict(
        False, f"on the curve {curve}, {wrong} is worth {cases[wrong]} steps."
    )


def _objective(painted: Tensor, photographs: Tensor) -> tuple[Tensor, dict]:
    """Return a loss that the order of its arguments matters to, and its terms."""
    content = (painted - photographs).square().mean()
    style = (painted - 0.8).square().mean()
    return content + 2 * style, {"content": content.detach(), "style": style.detach()}


def _step(net, photographs, objective, optimizer, **mistake) -> None:
    painted = net(photographs)
    pair = (painted, painted if mistake.get("twin") else photographs)
    total, _ = objective(*(reversed(pair) if mistake.get("swap") else pair))
    if mistake.get("forget", True):
        optimizer.zero_grad()
    total.backward()
    for _ in range(mistake.get("times", 1)):
        optimizer.step()


def _weights(step: Step) -> Tensor:
    """Return a small net's weights after two steps on two batches."""
    weights = [weight.detach().flatten() for weight in _trained(step).parameters()]
    return torch.cat(weights)


def _leaves_gradients(step: Step) -> bool:
    """Return whether the second step ends with gradients that are not 0."""
    try:
        gradients = [weight.grad for weight in _trained(step).parameters()]
    except Exception:  # whatever a reader's function may stumble over; `judge` says it
        return False
    return any(grad is not None and bool(grad.any()) for grad in gradients)


def _trained(step: Step) -> nn.Module:
    """Return a small net after two steps on two batches."""
    generator = make_generator()
    batches = torch.rand(2, 2, 3, 5, 5, generator=generator)
    net = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.rand(weight.shape, generator=generator))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    for photographs in batches:
        step(net, photographs, _objective, optimizer)
    return net

"""Verdicts about training: right answers pass, known mistakes are named."""

import bisect

import pytest

from fst_lessons import check
from fst_lessons.training import train_step
from fst_lessons.yardstick import steps_of_gatys


def step(net, photographs, objective, optimizer):
    total, terms = objective(net(photographs), photographs)
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    return terms


def no_zero_grad(net, photographs, objective, optimizer):
    objective(net(photographs), photographs)[0].backward()
    optimizer.step()


def too_early(net, photographs, objective, optimizer):
    total, _ = objective(net(photographs), photographs)
    optimizer.zero_grad()
    optimizer.step()
    total.backward()


def wiped(net, photographs, objective, optimizer):
    total, _ = objective(net(photographs), photographs)
    total.backward()
    optimizer.zero_grad()
    optimizer.step()


def no_backward(net, photographs, objective, optimizer):
    objective(net(photographs), photographs)
    optimizer.step()


def no_step(net, photographs, objective, optimizer):
    objective(net(photographs), photographs)[0].backward()


def painted_twice(net, photographs, objective, optimizer):
    step(net, photographs, lambda a, b: objective(net(b), net(b)), optimizer)


def twice(net, photographs, objective, optimizer):
    step(net, photographs, objective, optimizer)
    optimizer.step()


def swapped(net, photographs, objective, optimizer):
    step(net, photographs, lambda a, b: objective(b, a), optimizer)


def uphill(net, photographs, objective, optimizer):
    step(net, photographs, lambda a, b: (-objective(a, b)[0], {}), optimizer)


def test_the_right_steps_pass():
    assert check.train_step(step)
    assert check.train_step(train_step)


@pytest.mark.parametrize("answer", [too_early, no_step])
def test_a_gradient_left_lying_is_named(answer):
    verdict = check.train_step(answer)
    assert not verdict
    assert verdict.message.endswith("no optimizer.step() after it.")


STEP_MISTAKES = {
    "the first step's gradient was still there": no_zero_grad,
    "between backward() and step()": wiped,
    "no gradient was there": no_backward,
    "both arguments were painted": painted_twice,
    "the optimizer stepped twice": twice,
    "the painting comes first": swapped,
    "the weights moved elsewhere": uphill,
    "your function stopped with": lambda net: net,
}


@pytest.mark.parametrize("words", STEP_MISTAKES)
def test_a_wrong_step_is_named(words):
    verdict = check.train_step(STEP_MISTAKES[words])
    assert not verdict
    assert words in verdict.message


def test_the_right_yardsticks_pass():
    assert check.gatys_steps(steps_of_gatys)
    assert check.gatys_steps(lambda value, curve: 1 + sum(c > value for c in curve))


YARDSTICK_MISTAKES = {
    "the curve's first entry is step 1": lambda v, c: sum(x > v for x in c),
    "equal is enough": lambda v, c: 1 + sum(x >= v for x in c),
    "the nearest entry": lambda v, c: (
        1 + min(range(len(c)), key=lambda i: abs(c[i] - v))
    ),
    "one more than its length": lambda v, c: min(
        1 + bisect.bisect_left([-x for x in c], -v), len(c)
    ),
    "9.0 is worth 1 steps": lambda v, c: 7,
    "your function stopped with IndexError": lambda v, c: c[len(c)],
}


@pytest.mark.parametrize("words", YARDSTICK_MISTAKES)
def test_a_wrong_yardstick_is_named(words):
    verdict = check.gatys_steps(YARDSTICK_MISTAKES[words])
    assert not verdict
    assert words in verdict.message

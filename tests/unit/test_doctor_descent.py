"""The task whose answer is known, loops that miss it, and curves of losses."""

import math

import pytest
import torch

from fst_lessons.doctor_descent import PixelTask, examine_history, examine_optimizer
from fst_lessons.mistakes_painting import make_optimizer


def ills(readings):
    return [reading.name for reading in readings if reading.ill]


def test_the_task_wants_what_it_may_not_have():
    task = PixelTask()
    outside = ((task.wish < 0) | (task.wish > 1)).float().mean()
    assert 0.05 < outside < 0.2
    assert task.judge(task.wish) == 0


def test_the_lowest_cost_is_that_of_no_neighbour():
    """No picture in range that a long careful descent finds is cheaper by a percent."""
    task = PixelTask()
    lowest = task.lowest()
    result = make_optimizer(steps=400)(task, torch.full_like(task.wish, 0.5))
    assert lowest < task.judge(task.wish.clamp(0, 1))
    assert task.judge(result) > 0.99 * lowest


def test_the_task_remembers():
    task = PixelTask()
    white = torch.ones_like(task.wish)
    assert float(task(white)) == task.values[0] == task.judge(white)
    task(2 * white)
    assert task.beyond == 1
    assert len(task.values) == 2


def test_a_loop_that_returns_its_worst():
    def optimize(objective, start):
        objective(start)
        make_optimizer()(objective, start)
        return start

    assert ills(examine_optimizer(optimize)) == ["steps too long"]


def test_a_loop_that_never_asks():
    (reading,) = [r for r in examine_optimizer(lambda f, start: start) if r.ill]
    assert reading.name == "optimizer stops"


def test_a_loop_that_gives_back_nothing():
    assert ills(examine_optimizer(lambda f, start: None)) == ["optimizer stops"]


FALLING = [10 * 0.9**n + 1 for n in range(60)]


@pytest.mark.parametrize(
    ("history", "names"),
    [
        (FALLING, []),
        ([{"total": v, "style": 0.0} for v in FALLING], []),
        ([*FALLING[:30], math.nan, *FALLING], ["loss became NaN"]),
        ([*FALLING, math.inf], ["loss became NaN"]),
        ([*FALLING, *[100.0] * 20], ["loss explodes"]),
        ([5.0] * 40, ["loss never falls"]),
        ([v * (1 + 0.5 * (-1) ** n) for n, v in enumerate(FALLING)], []),
        ([3.0], []),
        ([v - 8 for v in FALLING], []),  # a difference of losses, below 0 at the end
        ([v - 80 for v in FALLING], []),
        ([v - 1 for v in FALLING[:-9]] + [0.0] * 9, []),
        ([*[v - 8 for v in FALLING], *[100.0] * 20], ["loss explodes"]),
        ([-5.0] * 40, ["loss never falls"]),
        ([0.0] * 40, ["loss never falls"]),
    ],
)
def test_histories(history, names):
    assert ills(examine_history(history)) == names


def test_the_first_nan_has_a_place():
    (reading,) = examine_history([2.0, 1.0, math.nan, math.nan])
    assert (reading.value, reading.where) == (2, "first at entry 2")


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="empty"):
        list(examine_history([]))

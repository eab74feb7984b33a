"""The plan of a training and its learning rate."""

import pytest

from fst_lessons.parallel import Group
from fst_lessons.schedule import Plan, one_cycle


def test_one_cycle_by_hand():
    assert one_cycle(0) == 0
    assert one_cycle(0.05) == pytest.approx(0.5)
    assert one_cycle(0.1) == 1
    assert one_cycle(0.55) == pytest.approx(0.5)
    assert one_cycle(1) == pytest.approx(0)


def test_steps_share_the_way_evenly():
    plan, progress = Plan(steps=4), 0.0
    seen = []
    for step in range(4):
        progress = plan.advance(progress, step=step, spent=99, last=9)
        seen.append(progress)
    assert seen == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("slowdown", [1, 3])
def test_minutes_end_on_time_at_any_speed(slowdown):
    plan, progress, spent, step = Plan(seconds=10), 0.0, 0.0, 0
    while progress < 1:
        last = 0.1 * (slowdown if spent > 4 else 1)
        spent += last
        after = plan.advance(progress, step=step, spent=spent, last=last)
        assert after > progress
        progress, step = after, step + 1
    assert 9.3 < spent <= 10.31


def test_a_plan_has_one_end():
    for settings in ({}, {"steps": 3, "seconds": 3.0}):
        with pytest.raises(ValueError, match="either steps or minutes"):
            Plan(**settings)
    with pytest.raises(ValueError, match="steps must be 1 or more"):
        Plan(steps=0)
    with pytest.raises(ValueError, match="minutes must be positive"):
        Plan(seconds=0.0)


def test_processes_share_a_batch_without_gap_or_overlap():
    shares = [Group(rank, 3).share(6) for rank in range(3)]
    assert [list(s) for s in shares] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(ValueError, match="a batch of 4 cannot be shared by 3"):
        Group(0, 3).share(4)


def test_one_process_leads_itself():
    group = Group()
    assert group.leads
    assert group.agree(0.25) == 0.25
    assert list(group.share(5)) == [0, 1, 2, 3, 4]

"""The course plans add up, and lead to sections that exist."""

import paper_map
import pytest
from chapters import BOOK
from course_plans import load_plans, places, total

PLANS = load_plans()
each_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["id"])


@each_plan
def test_the_minutes_fill_the_time_there_is(plan):
    assert total(plan) == plan["budget"]
    assert all(session["minutes"] >= 5 for session in plan["sessions"])


@each_plan
def test_every_section_exists(plan):
    for session in plan["sessions"]:
        for section in session.get("sections", []):
            assert section in paper_map.headings(session["chapter"])


@each_plan
def test_a_plan_says_all_a_teacher_asks(plan):
    assert plan["aim"] and plan["needs"] and plan["skip"]
    for session in plan["sessions"]:
        assert session["do"].endswith((".", "?")), session
        assert list(places(session)), session


def test_the_page_has_every_plan():
    page = (BOOK / "teaching.md").read_text(encoding="utf-8")
    for plan in PLANS:
        assert f"```{{course-plan}} {plan['id']}\n```" in page

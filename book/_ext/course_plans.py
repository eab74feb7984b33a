"""The teacher's page: course plans from ``book/course_plans.yml``, minutes added up."""

from functools import cache

import yaml
from api_pages import FromLines
from paper_map import BOOK, anchor, link

PLANS = BOOK / "course_plans.yml"


@cache
def load_plans():
    """Return the course plans."""
    return yaml.safe_load(PLANS.read_text(encoding="utf-8"))


def total(plan):
    """Return the minutes of all of a plan's sessions."""
    return sum(session["minutes"] for session in plan["sessions"])


class CoursePlan(FromLines):
    """One plan, named by the argument: a section with a table of its sessions."""

    def lines(self):
        """Yield the section."""
        self.depend(PLANS)
        plan = next(p for p in load_plans() if p["id"] == self.arguments[0])
        yield from (f"## {plan['title']}", "", f"**At the end.** {plan['aim']}", "")
        yield from (f"**You need.** {plan['needs']}", "")
        yield from (
            "| minutes | of the book | what the class does |",
            "| ---: | --- | --- |",
        )
        for session in plan["sessions"]:
            place = "<br>".join(places(session))
            yield f"| {session['minutes']} | {place} | {session['do']} |"
        yield from (f"| **{total(plan)}** | | |", "")
        yield from (f"**Skip.** {' '.join(plan['skip'])}", "")


def places(session):
    """Yield a session's title, and links to its chapter's sections."""
    chapter = session.get("chapter")
    if "title" in session:
        yield f"**{session['title']}**"
    elif chapter:
        yield f"**{link(chapter)}**"
    for section in session.get("sections", []):
        yield f"[{section}]({chapter}.ipynb#{anchor(section)})"


def setup(app):
    """Register the directive."""
    app.add_directive("course-plan", CoursePlan)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

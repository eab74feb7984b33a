"""A few questions at the end of a chapter, with an answer to every answer.

The questions of a chapter are a file, `data/quizzes/CHAPTER.json`. Each answer has a
feedback of its own: why it is right, or which mistake leads to it and where to look.
Shown as HTML, on a page with or without a kernel; without a script, the questions stay
and their answers are folded away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from . import assets
from .html_figures import Figure

FOLDER = "quizzes"
QUESTIONS = (3, 5)  # least and most in a quiz
ANSWERS = (3, 4)  # to choose from


@dataclass(frozen=True)
class Answer:
    """One of the answers that a reader may choose.

    Texts may hold `code` in backticks, *emphasis*, λ_s and 10^4.

    Attributes:
        text: what it says.
        feedback: why it is right, or which mistake it is.
        right: whether it is.
        see: the section to read again, by its title; default the question's.
    """

    text: str
    feedback: str
    right: bool = False
    see: str = ""

    def __post_init__(self) -> None:
        """Refuse what would leave a reader alone."""
        _check_text(self.text, "an answer")
        _check_text(self.feedback, f"the feedback of the answer {self.text!r}")
        if not isinstance(self.right, bool):
            raise ValueError(
                f"'right' of the answer {self.text!r} must be true or false, got "
                f"{self.right!r}"
            )


@dataclass(frozen=True)
class Question:
    """A question with three or four answers, one of them right.

    Attributes:
        text: what is asked, written as an answer's text.
        answers: in the order in which they are shown.
        see: the section of the chapter to read again, by its title.
    """

    text: str
    answers: Sequence[Answer]
    see: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be answered."""
        _check_text(self.text, "a question")
        _check_count(self.answers, ANSWERS, f"answers to {self.text!r}")
        texts = [answer.text for answer in self.answers]
        if len(set(texts)) < len(texts):
            raise ValueError(f"two answers to {self.text!r} are the same")
        right = [answer.text for answer in self.answers if answer.right]
        if len(right) != 1:
            raise ValueError(
                f"{self.text!r} has {len(right)} right answers; mark one by "
                '"right": true'
            )

    @property
    def right(self) -> Answer:
        """The right answer."""
        return next(answer for answer in self.answers if answer.right)


class Quiz(Figure):
    """Three to five questions that say at once what an answer means.

    Args:
        questions: in their order.
        name: the chapter's, or any other.

    Raises:
        ValueError: too few or too many questions, or one that is asked twice.
    """

    kind = "quiz"
    look = "quiz"

    def __init__(self, questions: Sequence[Question], *, name: str = "quiz") -> None:
        _check_count(questions, QUESTIONS, "questions")
        texts = [question.text for question in questions]
        for text in texts:
            if texts.count(text) > 1:
                raise ValueError(f"{text!r} is asked twice")
        self.questions, self.name = tuple(questions), name

    def __repr__(self) -> str:
        return f"Quiz({self.name!r}, {len(self.questions)} questions)"

    def _body(self) -> str:
        items = "".join(f"<li>{_item(question)}</li>" for question in self.questions)
        return f'<ol class="fst-still">{items}</ol>'


def quiz_names() -> list[str]:
    """Return the names of the bundled quizzes, which are those of their chapters."""
    return sorted(path.stem for path in assets.data_path(FOLDER).glob("*.json"))


def load_quiz(name: str | Path) -> Quiz:
    """Return a quiz, ready to be shown.

    Args:
        name: of a chapter, such as "01_pixels_and_perception", or a JSON file of
            your own, `{"questions": [{"text": ..., "see": ..., "answers": [{"text":
            ..., "feedback": ..., "right": true}, ...]}, ...]}`.

    Raises:
        ValueError: there is no such quiz, or its file is not as it must be; the message
            says what to do.
    """
    path = Path(name)
    if path.suffix != ".json":
        names = quiz_names()
        if str(name) not in names:
            raise ValueError(f"no quiz {str(name)!r}; {assets.nearest(name, names)}")
        path = assets.data_path(FOLDER, f"{name}.json")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        _check_keys(facts, {"questions"}, "a quiz")
        several = facts["questions"]
        _check_count(several, QUESTIONS, "questions")
        return Quiz([_question(one) for one in several], name=path.stem)
    except (OSError, ValueError) as error:  # a JSON error is a ValueError
        raise ValueError(f"{path.name} is no quiz: {error}") from error


def _question(facts: Mapping[str, Any]) -> Question:
    _check_keys(facts, {"text", "answers"}, "a question", {"see"})
    answers = []
    _check_count(facts["answers"], ANSWERS, f"answers to {facts['text']!r}")
    for one in facts["answers"]:
        _check_keys(one, {"text"}, "an answer", {"feedback", "right", "see"})
        answers.append(Answer(**{"feedback": "", **one}))
    return Question(facts["text"], tuple(answers), facts.get("see", ""))


def _check_keys(
    facts: Any, needed: set[str], what: str, allowed: frozenset | set = frozenset()
) -> None:
    if not isinstance(facts, Mapping):
        raise ValueError(f"{what} must be an object in braces, got {facts!r}")
    if missing := needed - {*facts}:
        raise ValueError(f"{what} lacks {', '.join(sorted(missing))}")
    if strange := {*facts} - needed - allowed:
        raise ValueError(f"{what} has no {', '.join(sorted(strange))}")


def _check_text(text: Any, what: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{what} must be a text of a few words, got {text!r}")
    rich(text)


def _check_count(several: Sequence, limits: tuple[int, int], what: str) -> None:
    least, most = limits
    if not isinstance(several, Sequence) or isinstance(several, str):
        raise ValueError(f"expected a list of {what}, got {several!r}")
    if not least <= len(several) <= most:
        raise ValueError(f"expected {least} to {most} {what}, got {len(several)}")


def _item(question: Question) -> str:
    """Return a question, its answers, and what to say to each, folded away."""
    answers = "".join(f"<li>{rich(answer.text)}</li>" for answer in question.answers)
    feedback = "".join(_feedback(question, answer) for answer in question.answers)
    return (
        f'<p>{rich(question.text)}</p><ol type="A">{answers}</ol>'
        f'<details><summary>Answer</summary><ol type="A">{feedback}</ol></details>'
    )


def _feedback(question: Question, answer: Answer) -> str:
    verdict = "Right." if answer.right else "Not this one."
    see = "" if answer.right else answer.see or question.see
    look = f" <span>Look again: <q>{escape(see)}</q></span>" if see else ""
    mark = ' class="fst-right"' if answer.right else ""
    return f"<li{mark}><b>{verdict}</b> {rich(answer.feedback)}{look}</li>"


def rich(text: str) -> str:
    """Return a `text` as HTML: `code`, *emphasis*, λ_s and 10^4 become what they mean.

    Everything else is escaped.

    Raises:
        ValueError: a backtick without its partner.
    """
    parts = escape(text, quote=False).split("`")
    if len(parts) % 2 == 0:
        raise ValueError(f"a backtick is left open in {text!r}")
    parts[1::2] = [f"<code>{part}</code>" for part in parts[1::2]]
    for pattern, tag in ((r"\*(.+?)\*", "em"), (r"_(\w+)", "sub"), (r"\^(\w+)", "sup")):
        parts[::2] = [re.sub(pattern, rf"<{tag}>\1</{tag}>", p) for p in parts[::2]]
    return "".join(parts)

"""Quizzes on a page of their own, opened from disk, by mouse, keys, without script."""

import re

import pytest

from fst_lessons.quiz import load_quiz

NAMES = ("04_style_reconstruction", "06_transform_net")
QUIZZES = [load_quiz(name) for name in NAMES]
FIRST = QUIZZES[0].questions[0]
RIGHT = FIRST.answers.index(FIRST.right)


def wrong_answer(question):
    """Return the place of the first wrong answer."""
    return next(i for i, answer in enumerate(question.answers) if not answer.right)


WRONG = wrong_answer(FIRST)
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>quizzes</title>
<style>
html {{ font: 16px sans-serif; background: #fff; color: #1d2433 }}
[data-theme=dark] {{ background: #12161d; color: #dfe3ea; color-scheme: dark }}</style>
<body><section id="by-hand"><h2><span class="section-number">4.1. </span>{title}<a
class="headerlink" href="#by-hand">#</a></h2></section>{body}</body></html>"""
LUMINANCE = """color => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = color;  // whatever its notation, in bytes
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""


@pytest.fixture
def look(open_figures):
    """Return a function that opens a page with two quizzes."""
    body = "".join(quiz._repr_html_() for quiz in QUIZZES)

    def open_page(*, theme="light", **settings):
        text = PAGE.format(theme=theme, body=body, title=FIRST.see)
        return open_figures(text, theme=theme, **settings)

    return open_page


def option(page, question, answer, quiz=0):
    form = page.locator(".fst-quiz").nth(quiz)
    return form.locator("fieldset").nth(question).locator(".fst-option").nth(answer)


def said(page, question, answer, quiz=0):
    return option(page, question, answer, quiz).locator(".fst-said").inner_text()


def choose(page, question, answer, quiz=0):
    option(page, question, answer, quiz).locator("label").click()


def plain(text):
    """Return a text of a quiz file as a reader sees it."""
    return re.sub(r"[`*]|_(?=\w)|\^(?=\w)", "", text)


def solve(page, quiz=0):
    for number, question in enumerate(QUIZZES[quiz].questions):
        choose(page, number, question.answers.index(question.right), quiz)


def foot(page, quiz=0):
    return page.locator(".fst-foot").nth(quiz)


def test_a_quiz_begins_with_questions_alone(look):
    page = look()
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith("file:")] == []
    assert page.locator(".fst-ready").count() == len(QUIZZES)
    assert page.locator("fieldset").count() == sum(len(q.questions) for q in QUIZZES)
    assert page.get_by_role("group", name=plain(FIRST.text)).count() == 1
    assert page.locator(".fst-still").first.is_hidden()
    assert page.locator("input:checked").count() == 0
    assert (
        page.locator(".fst-said").all_inner_texts()
        == [""] * page.locator("input").count()
    )
    assert foot(page).inner_text() == f"0 of {len(QUIZZES[0].questions)} solved"


def test_a_wrong_answer_says_which_mistake_it_is(look):
    page = look()
    choose(page, 0, WRONG)
    text = said(page, 0, WRONG)
    assert text.startswith("Not this one.")
    assert plain(FIRST.answers[WRONG].feedback) in text
    assert text.endswith(f"Look again: {FIRST.see}")
    assert option(page, 0, WRONG).get_attribute("class") == "fst-option fst-wrong"
    live = option(page, 0, WRONG).locator(".fst-said")
    assert live.get_attribute("aria-live") == "polite"
    link = option(page, 0, WRONG).get_by_role("link", name=FIRST.see)
    assert link.get_attribute("href") == "#by-hand"


def test_a_second_try_finds_the_right_one(look):
    page = look()
    choose(page, 0, WRONG)
    choose(page, 0, RIGHT)
    text = said(page, 0, RIGHT)
    assert text == "Right. " + plain(FIRST.right.feedback)
    assert option(page, 0, RIGHT).get_attribute("class") == "fst-option fst-right"
    assert said(page, 0, WRONG)  # stays to be read
    assert foot(page).inner_text().startswith(f"1 of {len(QUIZZES[0].questions)}")


def test_the_end_counts_first_tries(look):
    page = look()
    choose(page, 0, WRONG)
    solve(page)
    choose(page, 1, 0)  # reading other answers afterwards costs nothing
    count = len(QUIZZES[0].questions)
    status = foot(page).get_by_role("status")
    assert status.inner_text() == f"{count - 1} of {count} at the first try"
    foot(page).get_by_role("button", name="Start over").click()
    assert status.inner_text() == ""
    assert page.locator("input:checked").count() == 0
    assert page.locator(".fst-right.fst-option, .fst-wrong").count() == 0
    solve(page)
    assert status.inner_text() == f"{count} of {count} at the first try"


def test_quizzes_do_not_meddle_with_each_other(look):
    page = look()
    solve(page)
    choose(page, 0, wrong_answer(QUIZZES[1].questions[0]), quiz=1)
    assert page.locator("input:checked").count() == len(QUIZZES[0].questions) + 1
    assert "at the first try" in foot(page).inner_text()
    assert foot(page, 1).inner_text().startswith(f"0 of {len(QUIZZES[1].questions)}")


def test_keys_alone_are_enough(look):
    page = look()
    inputs = page.locator("fieldset").first.locator("input")
    page.keyboard.press("Tab")  # the link of the heading
    page.keyboard.press("Tab")
    focused = "e => e === document.activeElement"
    assert inputs.nth(0).evaluate(focused)
    assert page.locator(".fst-keys").first.is_visible()
    ring = option(page, 0, 0).evaluate("e => getComputedStyle(e).outlineStyle")
    assert ring == "solid"
    for _ in range(RIGHT):
        page.keyboard.press("ArrowDown")
    assert inputs.nth(RIGHT).evaluate(focused)
    # what was passed on the way is no answer
    assert page.locator("input:checked").count() == 0
    page.keyboard.press("Space")
    assert said(page, 0, RIGHT).startswith("Right.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert said(page, 0, RIGHT - 1).startswith("Not this one.")
    page.keyboard.press("Tab")  # where to look again
    page.keyboard.press("Tab")
    second = page.locator("fieldset").nth(1).locator("input").first
    assert second.evaluate(focused)
    page.keyboard.press("ArrowUp")  # around
    assert page.locator("fieldset").nth(1).locator("input").last.evaluate(focused)


def test_jupyter_leaves_the_keys_to_the_quiz(look, jupyter):
    page = look()
    page.evaluate(jupyter)
    inputs = page.locator("fieldset").first.locator("input")
    inputs.first.press("b")  # where Jupyter would put in a cell
    inputs.nth(WRONG).press("Space")
    assert said(page, 0, WRONG).startswith("Not this one.")
    option(page, 0, WRONG).get_by_role("link").press("a")
    foot(page).get_by_role("button", name="Start over").press("Enter")
    assert said(page, 0, WRONG) == ""
    assert page.evaluate("window.taken") is None


def test_every_button_has_a_name_and_every_feedback_its_place(look):
    page = look()
    for number, question in enumerate(QUIZZES[1].questions):
        for place, answer in enumerate(question.answers):
            name = plain(answer.text)
            radio = option(page, number, place, quiz=1).get_by_role("radio", name=name)
            assert radio.count() == 1, name
            choose(page, number, place, quiz=1)
            assert plain(answer.feedback) in said(page, number, place, quiz=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(look, theme):
    page = look(theme=theme)
    choose(page, 0, WRONG)
    choose(page, 0, RIGHT)
    paper = page.evaluate(LUMINANCE, {"light": "#fff", "dark": "#12161d"}[theme])
    shown = [
        option(page, 0, WRONG).locator("b"),
        option(page, 0, WRONG).locator(".fst-said > span"),
        option(page, 0, RIGHT).locator("b"),
        option(page, 0, RIGHT).locator(".fst-said"),
        page.locator("legend").first,
        foot(page).locator("span").first,
        foot(page).get_by_role("button"),
    ]
    for locator in shown:
        color = locator.evaluate("e => getComputedStyle(e).color")
        ink = page.evaluate(LUMINANCE, color)
        light, dark = max(ink, paper), min(ink, paper)
        assert (light + 0.05) / (dark + 0.05) > 4.5, color


@pytest.mark.parametrize("width", [320, 390, 1000])
def test_fits_a_phone(look, width):
    page = look(width=width)
    for question in range(3):
        choose(page, question, 0)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    boxes = [box.bounding_box() for box in page.locator(".fst-option label").all()]
    assert min(box["height"] for box in boxes) >= 36  # wide enough for a finger
    assert min(box["width"] for box in boxes) > 0.7 * min(width, 700)


def test_without_scripts_the_answers_are_folded(look):
    page = look(java_script_enabled=False)
    quiz = page.locator(".fst-quiz").first
    assert quiz.locator("input").count() == 0
    assert plain(FIRST.text) in quiz.inner_text()
    assert plain(FIRST.answers[WRONG].text) in quiz.inner_text()
    answer = quiz.locator("details").first
    feedback = answer.get_by_text(plain(FIRST.right.feedback))
    assert not feedback.is_visible()
    answer.locator("summary").click()
    assert feedback.is_visible()


def test_paper_shows_the_questions(look):
    page = look()
    choose(page, 0, WRONG)
    page.emulate_media(media="print")
    assert page.locator(".fst-ask").first.is_hidden()
    assert page.locator(".fst-still").first.is_visible()
    assert plain(FIRST.text) in page.locator(".fst-still").first.inner_text()


def test_a_chapter_links_to_what_should_be_read_again(visit):
    page = visit(NAMES[0]).page
    assert page.locator(".fst-quiz.fst-ready").count() == 1
    for number, question in enumerate(QUIZZES[0].questions):
        wrong = wrong_answer(question)
        choose(page, number, wrong)
        link = option(page, number, wrong).get_by_role("link")
        target = page.locator(f"section{link.get_attribute('href')} > :is(h2, h3)")
        assert question.see.split()[0] in target.first.inner_text()

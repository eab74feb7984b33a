"""Cards of the gallery: what stands on them, and what they refuse."""

import re

import pytest
import torch

from fst_lessons.mistake_cards import MistakeCards
from fst_lessons.symptoms import Diagnosis, Reading, Symptom

GREY, WHITE = torch.full((1, 3, 8, 8), 0.5), torch.ones(1, 3, 8, 8)
SYMPTOM = Symptom("a <bad> grid", "a number", ((0, 1),), "a slip", "mend it")


def diagnosis(value, name="slip"):
    return Diagnosis([Reading(name, value, SYMPTOM)])


def cards(value=3.0, name="slip", **settings):
    return MistakeCards(diagnosis(0.25), {"slip": diagnosis(value, name)}, **settings)


def html(*arguments, **settings):
    return cards(*arguments, **settings)._repr_html_()


def test_a_card_has_look_number_cause_and_cure():
    text = re.sub(r"<[^>]+>", "", html())
    assert "You see a &lt;bad&gt; grid." in text
    assert "a number: 3; right: 0.25; healthy: 0 to 1." in text
    assert "Cause: a slip." in text and "Do: mend it." in text


@pytest.mark.parametrize(
    ("value", "name", "verdict"),
    [
        (3.0, "slip", "found, and nothing else"),
        (0.5, "slip", "says healthy"),
        (3.0, "other", "says other"),
    ],
)
def test_the_verdict_is_what_the_doctor_really_says(value, name, verdict):
    assert repr(cards(value, name)) == f"slip: {verdict}"
    assert f"The doctor: {verdict}." in html(value, name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (255.0, "255"),
        (1128.4, "1,130"),
        (588672.0, "589,000"),
        (12.47, "12"),
        (-0.0039216, "-0.0039"),
        (3e9, "3e+09"),
        (-2.117, "-2.1"),
        (2.25, "2.2"),
        (2.2500001, "2.2"),  # one number, whatever computed it
        (float("nan"), "NaN"),
    ],
)
def test_numbers_are_short(value, text):
    assert f"<strong>{text}</strong>; right" in html(value)


def test_what_is_nearly_nothing_is_zero():
    """Rounding differs between processors; the cards are compared."""
    assert (
        "right: 0;"
        in MistakeCards(diagnosis(3e-8), {"slip": diagnosis(2.0)})._repr_html_()
    )


def test_right_stands_before_wrong_with_words_for_both():
    text = html(pictures={"slip": (GREY, WHITE)})
    assert re.findall(r'alt="([^"]*)"', text) == [
        "without the mistake: slip",
        "with the mistake: a &lt;bad&gt; grid",
    ]
    assert text.index(">right</span>") < text.index(">wrong</span>")


def test_a_note_is_escaped():
    assert "<code>a &lt; b</code>" in html(notes={"slip": "a < b"})


def test_without_a_picture_there_is_none():
    assert "<img" not in html()


@pytest.mark.parametrize("what", ["pictures", "notes"])
def test_a_picture_for_nobody_is_refused(what):
    value = (GREY, WHITE) if what == "pictures" else "x"
    with pytest.raises(ValueError, match="no such mistake here: slap"):
        cards(**{what: {"slap": value}})


def test_a_notebook_gets_html_and_text():
    bundle = cards()._repr_mimebundle_()
    assert {*bundle} == {"text/plain", "text/html"}

"""Readings against their healthy range, and how a diagnosis is told."""

import math

import pytest

from fst_lessons import (
    doctor_checkpoints,
    doctor_descent,
    doctor_files,
    doctor_loss,
    doctor_net,
    doctor_network,
    doctor_pictures,
)
from fst_lessons.symptoms import INFINITE, Chart, Diagnosis, Reading, Symptom, stopped

TABLES = [
    doctor_checkpoints.SYMPTOMS,
    doctor_descent.SYMPTOMS,
    doctor_files.SYMPTOMS,
    doctor_loss.SYMPTOMS,
    doctor_net.SYMPTOMS,
    doctor_network.SYMPTOMS,
    doctor_pictures.SYMPTOMS,
    doctor_pictures.READER_SYMPTOMS,
]


def make_symptom(*healthy, grave=True):
    return Symptom("looks bad", "a number", healthy, "a slip", "mend it", grave)


def make_reading(value, *healthy, name="slip", where="", grave=True):
    return Reading(name, value, make_symptom(*healthy, grave=grave), where)


@pytest.mark.parametrize(
    ("value", "ill"),
    [(0.9, True), (1.0, False), (1.5, False), (2.0, False), (2.1, True),
     (math.nan, True), (math.inf, True)],
)  # fmt: skip
def test_a_reading_is_ill_outside_its_range(value, ill):
    assert make_reading(value, (1, 2)).ill is ill


def test_a_range_may_have_two_parts():
    values = (0, 1, 2, 5, 6, 7)
    assert [make_reading(v, (1, 2), (5, 6)).ill for v in values] == [
        True, False, False, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("healthy", "words"),
    [
        (((0, 0),), "0"),
        (((0, 2.5),), "0 to 2.5"),
        (((-INFINITE, 1),), "at most 1"),
        (((0.5, INFINITE),), "at least 0.5"),
        (((4.2, 4.7), (250, 260)), "4.2 to 4.7 or 250 to 260"),
    ],
)
def test_a_range_in_words(healthy, words):
    assert make_symptom(*healthy).range == words


def test_a_finding_says_number_range_cause_and_cure():
    text = str(make_reading(3.14159, (0, 1), where="relu1_2"))
    assert text.splitlines() == [
        "slip",
        "  measured a number: 3.14; healthy: 0 to 1 [relu1_2]",
        "  cause    a slip",
        "  do       mend it",
    ]


def test_a_diagnosis_keeps_the_order_and_names_each_finding_once():
    readings = [
        make_reading(2, (0, 1), name="b"),
        make_reading(0, (0, 1), name="c"),
        make_reading(3, (0, 1), name="a"),
        make_reading(4, (0, 1), name="b"),
    ]
    diagnosis = Diagnosis(readings)
    assert diagnosis.names == ("b", "a")
    assert len(diagnosis.findings) == 3
    assert not diagnosis
    assert repr(diagnosis).startswith("3 findings among 4 numbers:\nb\n  measured")


def test_a_clean_bill():
    diagnosis = Diagnosis([make_reading(1, (0, 1))])
    assert diagnosis
    assert repr(diagnosis) == "Healthy: 1 number taken, all within their range."


def test_what_is_no_harm_leaves_the_diagnosis_good():
    diagnosis = Diagnosis([make_reading(2, (0, 1), grave=False)])
    assert diagnosis and diagnosis.names == ("slip",)
    assert "slip (for your information)" in repr(diagnosis)


def test_what_was_skipped_is_said():
    told = repr(Diagnosis([], {"the loss": "its network comes first"}))
    assert told.endswith("not examined: the loss, its network comes first")


def test_an_error_is_a_finding_with_its_first_line():
    reading = stopped("net", RuntimeError("sizes differ\nat line 3"))
    assert (reading.name, reading.ill) == ("net stops", True)
    assert "RuntimeError: sizes differ" in reading.symptom.cause
    assert "line 3" not in reading.symptom.cause
    assert "no message" in stopped("net", ValueError()).symptom.cause


def test_a_chart_reads_by_name_and_says_where():
    chart = Chart({"slip": make_symptom((0, 1))}, "cat.jpg")
    reading = chart.read("slip", 2, "row 3")
    assert (reading.value, reading.where, reading.ill) == (2.0, "cat.jpg, row 3", True)
    with pytest.raises(KeyError):
        chart.read("unknown", 1)


@pytest.mark.parametrize("table", TABLES)
def test_every_symptom_is_complete(table):
    for name, symptom in table.items():
        said = (symptom.look, symptom.measure, symptom.cause, symptom.advice)
        assert all(len(text) > 8 for text in said), name
        assert not any(text.endswith(".") for text in said), name
        assert all(low <= high for low, high in symptom.healthy), name


def test_a_name_means_one_thing():
    names = [name for table in TABLES for name in table]
    assert len(names) == len({*names})

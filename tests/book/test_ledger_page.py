"""The ledger's page says what the recipes say, and its closing sentences are true."""

import math

import ledger_tables
import pytest
from chapters import BOOK
from ledger_tables import cells, link_chapters, short, written

from fst_lessons.conventions import PUBLISHED, restate
from fst_lessons.ledger import NOT_SAID, TOPICS, Line, lines

PAGE = (BOOK / "ledger.md").read_text(encoding="utf-8")


def test_every_topic_has_its_table_and_heading():
    for topic, title in TOPICS.items():
        assert f"```{{ledger}} {topic}\n```" in PAGE
        assert title.partition(":")[0] in PAGE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        ("lbfgs", "L-BFGS"),
        (40_000, "40,000"),
        (1e-6, "1e-6"),
        (0.0012207, "1.2e-3"),
        (0.02, "0.02"),
        (1e10, "1e10"),
        (0.0, "0"),
        (100.0, "100"),
        (("relu1_2", "relu2_2"), "relu1_2, relu2_2"),
        ((1.0, 2.0), "1 to 2"),
    ],
)
def test_values_are_written_for_readers(value, text):
    assert written(value) == text


def test_ours_is_bold_where_it_differs():
    line = Line("net", "norm", ("batch", "instance", "instance"), ("a", "b", "c"))
    assert [c.startswith("**") for c in cells(line)] == [False, False, True]
    for values in ((5, 5, 5), (NOT_SAID, 5, 1)):
        line = Line("net", "blocks", values, ("a", "b", "c"))
        assert not any(c.startswith("**") for c in cells(line))


def test_chapters_become_links_and_tags_plain_words():
    assert link_chapters("[paper] section 4.1") == "paper: section 4.1"
    linked = "[ch. 6](06_transform_net.ipynb): less to unlearn"
    assert link_chapters("ch. 6: less to unlearn") == linked
    assert (
        link_chapters("chapter 5") == "[chapter 5](05_transfer_by_optimization.ipynb)"
    )
    assert link_chapters("ch. 99: none") == "ch. 99: none"
    assert link_chapters("as [paper], in 0..255") == "as the paper, in 0 to 255"


def test_every_line_can_be_shown():
    assert all(len(list(cells(line))) == 3 for line in lines())
    shown = [ledger_tables.restated(known) for known in PUBLISHED.values()]
    assert all(shown) and "0 to 255" in " ".join(shown)


def test_the_closing_sentences_are_true():
    ratios = [known.style_weight / known.content_weight for known in PUBLISHED.values()]
    assert round(math.log10(max(ratios) / min(ratios))) == 12
    assert "span twelve powers of ten" in PAGE
    first = sorted(
        next(iter(restate(known, size=(512, 512), pixels="0..255").values()))
        for known in PUBLISHED.values()
    )
    assert first[-2] / first[1] < 2000 < min(first[-1] / first[1], first[-2] / first[0])
    assert "all but two programs lie within a factor of 2000" in PAGE


def test_numbers_keep_two_digits():
    assert [short(x) for x in (7.4e-4, 57.63, 2e-7)] == ["7.4e-4", "58", "2e-7"]

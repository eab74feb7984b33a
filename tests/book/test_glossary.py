"""The glossary is in order, short, used by the chapters, and linked from them once."""

import re
from collections import Counter

import pytest
from chapters import BOOK, PATHS, each_chapter, prose

PAGE = (BOOK / "glossary.md").read_text(encoding="utf-8")
BODY = PAGE.partition("```{glossary}\n")[2].partition("\n```")[0]
ENTRIES = dict(re.findall(r"(?m)^(\S.*)\n((?:  .+\n?)+)", BODY))
ROLE = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+?)>?`")


def test_every_line_belongs_to_an_entry():
    lines = [line for line in BODY.splitlines() if line]
    told = sum(1 + len(text.splitlines()) for text in ENTRIES.values())
    assert len(lines) == told


def test_terms_are_in_alphabetical_order():
    assert list(ENTRIES) == sorted(ENTRIES, key=str.casefold)


@pytest.mark.parametrize(("term", "text"), ENTRIES.items(), ids=list(ENTRIES))
def test_an_entry_is_one_to_three_sentences(term, text):
    assert text.rstrip().endswith(".")
    plain = ROLE.sub(r"\1", text).replace("eq. ", "eq ").replace("Eq. ", "Eq ")
    assert 1 <= len(re.findall(r"[.;](?= |$)", plain.strip())) <= 3
    assert len(plain.split()) <= 60


def test_every_link_leads_to_a_term():
    texts = [PAGE, *map(prose, PATHS)]
    linked = {term for text in texts for term in ROLE.findall(text)}
    assert linked - set(ENTRIES) == set()


@each_chapter
def test_a_chapter_links_a_term_where_it_first_needs_it(path):
    counts = Counter(ROLE.findall(prose(path)))
    assert [term for term, count in counts.items() if count > 1] == []
    assert len(counts) >= 3


@pytest.mark.parametrize("term", ENTRIES)
def test_the_chapters_use_every_term(term):
    text = " ".join(prose(path) for path in PATHS).casefold()
    assert re.search(rf"\b{re.escape(term.casefold())}", text)

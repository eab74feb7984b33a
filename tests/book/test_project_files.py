"""The files for those who carry on: short, consistent, and naming what exists."""

import re

import pytest
import yaml
from chapters import BOOK, ROOT, config, pages

import fst_lessons

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_contributing_fits_a_page():
    assert len(CONTRIBUTING.split()) < 700
    assert len(CONTRIBUTING.splitlines()) <= 60


@pytest.mark.parametrize("text", [CONTRIBUTING, CHANGELOG], ids=["contributing", "log"])
def test_files_that_are_named_exist(text):
    named = re.findall(r"`((?:book|tests|tools|data|templates)/[\w./]+)`", text)
    named = [name for name in named if not re.search("NAME|NN_", name)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_commands_that_are_named_exist():
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    named = set(re.findall(r"`?make ([a-z]+)", CONTRIBUTING + CHANGELOG))
    assert named and named <= targets


def test_versions_agree():
    version = fst_lessons.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = re.search(
        r'(?m)^version = "(.+)"$', (ROOT / "pyproject.toml").read_text()
    )
    assert citation["version"] == project[1] == version
    assert re.search(r"(?m)^## (\S+?),? ", CHANGELOG)[1].rstrip(",") == version


def test_the_citation_has_what_readers_of_it_need():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "license", "references"} <= set(citation)
    assert config("_config.yml")["title"] in citation["title"]
    names = [one["family-names"] for one in citation["references"][0]["authors"]]
    assert names == ["Johnson", "Alahi", "Fei-Fei"]


def test_the_changelog_names_what_the_book_has():
    latest = CHANGELOG.partition("\n## ")[2].partition("\n## ")[0]
    appendix = [page for page in pages() if "/" not in page.removeprefix("book/")]
    titles = [
        (ROOT / f"{page}.md").read_text(encoding="utf-8").splitlines()[0].lower()
        for page in appendix
        if (BOOK / f"{page.removeprefix('book/')}.md").is_file()
    ]
    for word in ("glossary", "ledger", "architecture", "troubleshooting"):
        assert word in latest and any(word in title for title in titles)

"""The paper map is complete, and all that it names exists."""

import json

import paper_map
import pytest
from chapters import PATHS, config
from paper_map import Missing, load_map, look_up, number_rows, resolve

ENTRIES = {entry["id"]: entry for entry in load_map()}
# what the paper and its supplement number, and the formulas that have no number
NUMBERED = {
    *(f"eq-{n}" for n in range(1, 6)),
    *(f"figure-{n}" for n in range(1, 10)),
    "table-1",
    "formula-pixel",
    "formula-tv",
    "section-4-1",
    "section-4-2",
    "section-4-2-histogram",
    "section-4-2-people",
    "supplement-table-1",
    "supplement-table-2",
    "supplement-residual",
    "supplement-fsim-vif",
}
CHAPTERS = {path.stem for path in PATHS}
each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


def test_everything_with_a_number_is_there():
    assert set(ENTRIES) == NUMBERED
    assert len(ENTRIES) == len(load_map())


def test_listed_chapters_are_those_of_the_table_of_contents():
    files = [
        c["file"] for part in config("_toc.yml")["parts"] for c in part["chapters"]
    ]
    assert {f"book/{name}" for name in paper_map.listed_chapters()} == set(files)
    assert CHAPTERS <= paper_map.listed_chapters()


@each_entry
def test_an_entry_says_what_where_and_how(entry):
    assert entry["title"] and entry["here"].endswith(".")
    assert bool(entry["where"]) == bool(entry["code"])
    assert entry["where"] or entry["here"].startswith("Not rebuilt.")
    if "numbers" in entry or "benchmark" in entry:
        assert entry["measured"], "say how our numbers were measured"


@each_entry
def test_every_place_exists(entry):
    for chapter, *section in entry["where"]:
        if chapter not in paper_map.listed_chapters():
            assert chapter not in CHAPTERS, f"add {chapter} to _toc.yml"
            continue  # a chapter being written is named, and not linked
        for title in section:
            assert title in paper_map.headings(chapter), chapter


@each_entry
def test_every_function_is_public(entry):
    assert [name for name in entry["code"] if not paper_map.known_name(name)] == []


@each_entry
def test_our_numbers_are_read_from_files(entry):
    chapters = {place[0] for place in entry["where"]}
    for row in entry.get("numbers", []):
        assert set(row) <= {"what", "paper", "ours", "format"}
        assert not isinstance(row["ours"], (int, float))
        try:
            resolve(row["ours"])
        except Missing:
            assert chapters - paper_map.listed_chapters(), f"no file for {row['what']}"
    for what, paper, ours in number_rows(entry):
        assert what and paper
        assert ours is None or any(letter.isdigit() for letter in ours)


def test_a_pointer_is_followed(tmp_path, monkeypatch):
    stored = {"sizes": {"256": {"curve": [9.0, 4.0, 2.0], "net": 3.0, "slow": 12.0}}}
    (tmp_path / "some.json").write_text(json.dumps(stored))
    monkeypatch.setattr(paper_map, "DATA", tmp_path)
    net, slow = (f"some.json#sizes.256.{name}" for name in ("net", "slow"))
    assert look_up(net) == 3.0
    assert resolve({"quotient": [slow, net], "times": 500}) == 2000
    assert resolve({"crossing": ["some.json#sizes.256.curve", net]}) == 3
    with pytest.raises(KeyError):
        look_up("some.json#sizes.512.net")
    with pytest.raises(Missing):
        look_up("none.json#a")
    with pytest.raises(ValueError, match="expected FILE#KEY"):
        resolve({"sum": [net, slow]})


def test_the_known_numbers_of_today():
    steps = [
        ours for what, _, ours in number_rows(ENTRIES["figure-5"]) if "0." not in ours
    ]
    stored = json.loads((paper_map.DATA / "experiments/figure5.json").read_text())
    curves = [size["curve"] for size in stored["sizes"].values()]
    levels = [size["objective"]["width 32"] for size in stored["sizes"].values()]
    by_hand = [
        1 + next((i for i, v in enumerate(c) if v <= level), len(c))
        for c, level in zip(curves, levels, strict=True)
    ]
    assert list(map(int, steps)) == by_hand


def test_a_heading_becomes_its_anchor():
    assert paper_map.anchor("Fig. 3: deeper and deeper") == "fig-3-deeper-and-deeper"
    assert paper_map.anchor("λ, too small and too large") == "λ-too-small-and-too-large"

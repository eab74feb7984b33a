"""The experiment on few photographs: what it keeps, and what it says when lost."""

import json
import sys
from pathlib import Path

import pytest
import torch

from fst_lessons.datasets import held_out_photos
from fst_lessons.images import save_image

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import few_photographs

    monkeypatch.setattr(few_photographs, "SIZE", 48)
    monkeypatch.setattr(few_photographs, "COUNTS", (1, 3, 10))
    monkeypatch.setattr(few_photographs.assets, "photo_names", lambda: ["cat"])
    return few_photographs


@pytest.fixture
def run(script, monkeypatch, tmp_path):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["few_photographs.py", *map(str, words)])
        return script.main()

    return call


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    for number, photo in enumerate(held_out_photos(size=64)[:3]):
        save_image(photo, path / f"{number}.png")
    return path


def test_without_a_folder_it_says_how_to_run_it(run, capsys):
    assert run() == 0
    assert "--photos DIR --out" in capsys.readouterr().out


def test_a_missing_folder_is_one_line(run, capsys, tmp_path):
    assert run("--photos", tmp_path / "no", "--out", tmp_path / "x.json") == 2
    assert "no folder" in capsys.readouterr().err


def test_it_keeps_a_run_of_each_kind(run, folder, tmp_path):
    out = tmp_path / "x.json"
    sizes = ("--width", 2, "--size", 48, "--steps", 2, "--seeds", 2)
    assert run("--photos", folder, "--out", out, *sizes) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    kinds = [(r["seed"], r["photographs"], r["optimizer"]) for r in found["runs"]]
    one_seed = [(1, "muon"), (3, "muon"), (3, "adam")]
    assert kinds == [(seed, *kind) for seed in (0, 1) for kind in one_seed]
    assert found["folder"] == 3
    assert found["recipe"]["steps"] == 2
    for entry in found["runs"]:
        assert 0 < entry["first"]["total"] < 1e3
        assert entry["unseen"]["step"] == 2
    assert not list(tmp_path.glob("*.part"))


def test_the_middle_of_a_photograph_is_square(script):
    photo = torch.randint(0, 256, (1, 3, 60, 90), dtype=torch.uint8)
    square = script.middle(photo)
    assert square.shape == (1, 3, 48, 48)
    assert 0 <= square.min() <= square.max() <= 1

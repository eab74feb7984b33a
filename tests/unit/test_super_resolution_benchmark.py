"""The table: bicubic's published values, and the table's form."""

import os
from pathlib import Path

import pytest
import torch

from fst_lessons import super_resolution_benchmark as benchmark
from fst_lessons.checkpoints import save_net
from fst_lessons.degradation import crop_to_multiple, degrade, enlarge
from fst_lessons.images import load_image, save_image
from fst_lessons.metrics import psnr, ssim
from fst_lessons.super_resolution_benchmark import (
    PUBLISHED,
    Row,
    find_enlargers,
    format_head,
    format_row,
    published,
    score_folder,
)
from fst_lessons.super_resolution_net import SRCNN

SETS = os.environ.get("FST_SR_BENCHMARKS")


@pytest.mark.skipif(SETS is None, reason="FST_SR_BENCHMARKS names no folder")
@pytest.mark.parametrize(
    ("name", "expected"), [("Set5", (28.43, 0.8111)), ("Set14", (26.09, 0.7048))]
)
def test_bicubic_has_its_published_values(name, expected):
    folder = Path(SETS) / name
    *_, mean = score_folder(folder, 4, find_enlargers(4, names=["bicubic"]))
    found = mean.scores["bicubic"]
    assert found[0] == pytest.approx(expected[0], abs=0.02)
    assert found[1] == pytest.approx(expected[1], abs=0.001)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "Set5"
    folder.mkdir()
    generator = torch.Generator().manual_seed(0)
    for name, size in [("a", (33, 41)), ("b", (40, 36))]:
        save_image(torch.rand(1, 3, *size, generator=generator), folder / f"{name}.png")
    return folder


@pytest.mark.parametrize("blur", [False, True])
def test_rows_by_hand(folder, blur):
    rows = list(
        score_folder(folder, 4, find_enlargers(4, names=["bicubic"]), blur=blur)
    )
    assert [row.name for row in rows] == ["a", "b", "mean"]
    high = crop_to_multiple(load_image(folder / "a.png"), 4)
    large = enlarge(degrade(high, 4, blur=blur), 4).clamp(0, 1)
    large = large.mul(255).round() / 255
    expected = [measure(large, high, luma=True, border=4) for measure in (psnr, ssim)]
    assert rows[0].scores["bicubic"] == pytest.approx(expected)
    for i in (0, 1):
        pair = [row.scores["bicubic"][i] for row in rows[:2]]
        assert rows[2].scores["bicubic"][i] == pytest.approx(sum(pair) / 2)


def test_a_net_of_ones_own_gets_a_column(folder, tmp_path):
    torch.manual_seed(0)
    file = save_net(SRCNN(width=4), tmp_path / "mine.safetensors", {})
    enlargers = find_enlargers(4, names=["bicubic"], nets={"mine": file})
    assert list(enlargers) == ["bicubic", "mine"]
    *_, mean = score_folder(folder, 4, enlargers)
    assert mean.scores["mine"][0] < mean.scores["bicubic"][0]


def test_columns_are_those_with_weights(monkeypatch):
    monkeypatch.setattr(benchmark, "super_resolution_names", lambda: ["pixel_x4"])
    asked = []

    def enlarger(factor, name, **settings):
        asked.append((factor, name, settings["histogram"]))

    monkeypatch.setattr(benchmark, "Enlarger", enlarger)
    assert list(find_enlargers(4, histogram=True)) == ["bicubic", "pixel"]
    assert asked == [(4, "bicubic", False), (4, "pixel", True)]
    assert list(find_enlargers(8)) == ["bicubic"]


def test_the_papers_numbers_are_told_by_the_folders_name(tmp_path):
    assert published("somewhere/Set5", 4).scores["srcnn"] == (30.48, 0.8628)
    assert published("SET14", 8).scores["feature"] == (21.64, 0.5837)
    assert published("holiday", 4) is None
    for (_, factor), scores in PUBLISHED.items():
        assert ("srcnn" in scores) == (factor == 4)
        # the paper's own point: the better picture has the worse PSNR
        assert scores["feature"][0] < scores["pixel"][0]


def test_a_line_of_the_table():
    row = Row("a_very_long_name_of_a_picture", {"bicubic": (28.4316, 0.81126)})
    line = format_row(row, ["bicubic", "pixel"])
    assert line == "a_very_long_name" + "28.43 / 0.8113".rjust(18) + "-".rjust(18)
    assert len(format_head(["bicubic", "pixel"])) == len(line)


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(ValueError, match="no picture in"):
        next(score_folder(tmp_path, 4, {}))
    with pytest.raises(ValueError, match="no folder"):
        next(score_folder(tmp_path / "x", 4, {}))

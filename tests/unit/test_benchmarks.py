"""The benchmark compares equal things, and takes in other implementations."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fst_lessons.checkpoints import super_resolution_names
from fst_lessons.degradation import enlarge
from fst_lessons.images import save_image
from fst_lessons.transform_net import TransformNet

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

OTHER = """
def stylizer():
    return lambda photo: 1 - photo
"""


@pytest.fixture
def contestants(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import contestants

    return contestants


def test_the_stock_network_is_the_books_but_for_its_end(contestants):
    stock, net = contestants.stock_net(8).eval(), TransformNet(width=8).eval()
    contestants.copy_weights(stock, net)
    x = torch.rand(1, 3, 48, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            torch.sigmoid(stock(x)), net(x), atol=1e-4, rtol=1e-4
        )


def test_ours_is_within_two_levels_of_the_stock_network(contestants):
    work = contestants.Work("stylize", 64, 32, None, 2.0)
    assert contestants.difference(work) < 2


def test_counts_operations_by_layer(contestants):
    large, small, training = (contestants.WORKS[i] for i in (1, 0, 6))
    count = contestants.operations
    assert count(large, stock=True) == 4 * count(small, stock=True)
    assert count(small, stock=True) == count(small, stock=False)
    assert count(training, stock=True) > 12 * count(small, stock=True)


def test_other_implementations_take_part(contestants, tmp_path):
    path = tmp_path / "other.py"
    path.write_text(OTHER, encoding="utf-8")
    other = contestants.outsider(path)
    work = contestants.Work("stylize", 32, 32, None, 2.0)
    painted = contestants.outsider_job(other, work)()
    torch.testing.assert_close(painted, 1 - contestants.pictures(work))
    assert contestants.outsider_job(other, contestants.WORKS[-1]) is None


@pytest.mark.parametrize("text", [None, "x = 1"])
def test_refuses_what_is_no_implementation(contestants, tmp_path, text):
    path = tmp_path / "other.py"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"no file|defines neither"):
        contestants.outsider(path)


def test_says_what_it_can_do():
    command = [sys.executable, str(BENCHMARKS / "speed.py"), "--help"]
    root = {"PYTHONPATH": str(BENCHMARKS.parent), "PATH": ""}
    text = subprocess.run(command, env=root, check=True, capture_output=True).stdout
    assert b"--against" in text and b"--quick" in text


def test_the_table_of_super_resolution_names_its_nets(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import super_resolution as table

    for number, name in enumerate(table.SETS):
        (tmp_path / name).mkdir()
        generator = torch.Generator().manual_seed(number)
        picture = torch.rand(1, 3, 96, 100, generator=generator)
        save_image(picture, tmp_path / name / "one.png")
    found = table.collect(tmp_path, {4: {"again": "srcnn_x4"}}, "")
    assert found["given"]["again"]["net"] == "srcnn"
    assert found["given"]["again"]["minutes"] > 0
    one = found["sets"]["Set5_x4"]
    assert one["again"] == one["srcnn"]
    assert set(found["nets"]) == set(super_resolution_names())
    assert set(found["sets"]) == {"Set5_x4", "Set14_x4", "Set5_x8", "Set14_x8"}
    for scores in found["sets"].values():
        decibels, similarity = scores["bicubic"]
        assert 5 < decibels < 20  # noise comes back as grey
        assert similarity < 0.5


def test_detail_is_measured_against_the_photographs(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import weave

    pairs = weave.album()[:2]
    known = {id(pair.low): pair.high for pair in pairs}
    assert weave.power_kept(lambda low: known[id(low)], pairs) == [1.0] * 33
    row = weave.describe("pixel_x4", pairs)
    assert row["pixel_weight"] == 1.0 and row["feature_weight"] == 0.0
    assert row["power"][2] > 0.9 > 0.5 > row["power"][20]  # coarse is kept, fine lost


@pytest.fixture
def upscaling(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import upscaling_speed

    return upscaling_speed


@pytest.mark.parametrize("name", ["bicubic", "srcnn", "net", "upscale"])
def test_everyone_enlarges_by_four(upscaling, name):
    large = upscaling.job(name, 6)()
    assert large.shape == (1, 3, 24, 24)
    assert not large.requires_grad


def test_the_picture_is_the_same_each_time(upscaling):
    low = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    torch.rand(7)  # chance makes the nets' weights, not the picture
    large = upscaling.job("bicubic", 6)()
    torch.testing.assert_close(large, enlarge(low, 4).clamp(0, 1))


def test_a_row_tells_time_and_memory_of_each(upscaling, monkeypatch):
    monkeypatch.setattr(upscaling, "memory_alone", lambda *_: 321)
    row = upscaling.measure(6, budget=0.0, threads=1)
    assert row["side"] == 6
    assert list(row)[1:] == list(upscaling.CONTESTANTS)
    assert all(cell["ms"] > 0 and cell["mb"] == 321 for cell in list(row.values())[1:])
    text = upscaling.line(row)
    assert text.startswith("6 -> 24 ") and text.count("321 MB") == 4


def test_memory_is_that_of_a_process_of_its_own(upscaling):
    assert 50 < upscaling.memory_alone("bicubic", 6, 1) < 5000


def test_the_live_pages_table_has_a_line_for_each_net_and_size(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS.parent / "tools"))
    import live_page

    row = {"net": "page", "size": 256, "mb": 0.6, "styles": 5, "browser_ms": 81.5}
    lines = live_page.table([row, {**row, "size": 512, "browser_ms": 330.2}])
    assert [line.split() for line in lines.splitlines()] == [
        ["net", "size", "MB", "browser"],
        ["page", "256", "0.60", "82"],
        ["page", "512", "0.60", "330"],
    ]


def test_the_same_painting_in_three_ways(monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS.parent / "tools"))
    import live_page

    from fst_lessons.export import to_onnx

    net = TransformNet(width=4, blocks=0).eval().requires_grad_(False)
    jobs = live_page.python_jobs(net, to_onnx(net), 32)
    with torch.no_grad():
        paintings = {name: job() for name, job in jobs.items()}
    torch.testing.assert_close(
        paintings["onnxruntime"], paintings["torch_float32"], atol=2e-3, rtol=0
    )

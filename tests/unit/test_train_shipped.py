"""Every net that is shipped has a command line that can be run."""

import sys
from pathlib import Path

import pytest

from fst_lessons.__main__ import make_parser
from fst_lessons.checkpoints import find_net, net_names, super_resolution_names
from fst_lessons.train_command import _chosen_for_one

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import train_shipped

    return train_shipped


def options(tool, tmp_path, *more):
    given = ["--photos", "photos", "--paintings", "paintings", "--out", str(tmp_path)]
    return tool.make_parser().parse_args([*given, *more])


def test_every_command_line_can_be_read(tool, tmp_path):
    for job in tool.all_jobs(Path("paintings")):
        line = tool.command(job, options(tool, tmp_path))
        assert line[:3] == [sys.executable, "-m", "fst_lessons"]
        read = make_parser().parse_args(line[3:])
        assert read.out == tmp_path / job.folder / f"{job.name}.safetensors"
        if job.folder == "adjustable":
            assert len(read.style) == len(read.style_size) == len(read.style_blur) > 3
        elif read.command == "train":
            assert _chosen_for_one(read)["width"] in (16, 32)


def test_minutes_take_the_place_of_steps(tool, tmp_path):
    for job in tool.all_jobs(Path("paintings")):
        line = tool.command(job, options(tool, tmp_path, "--minutes", "8"))
        assert "--steps" not in line
        assert line[line.index("--minutes") + 1] == "8.0"


def test_every_shipped_net_is_a_job(tool):
    jobs = {job.name: job.folder for job in tool.all_jobs(Path("paintings"))}
    shipped = {f"{n}_{w}": "styles" for w in (16, 32) for n in net_names(width=w)}
    shipped |= dict.fromkeys(super_resolution_names(), "super_resolution")
    assert shipped.items() <= jobs.items()


def test_a_net_waits_for_the_one_it_starts_from(tool, tmp_path):
    jobs = tool.all_jobs(Path("paintings"))
    order = [job.name for batch in tool.in_turns(jobs) for job in batch]
    assert sorted(order) == sorted(job.name for job in jobs)
    for job in jobs:
        if job.after is not None:
            assert order.index(job.after) < order.index(job.name)
    later = [j for j in jobs if j.folder == "styles" and j.name.endswith("_32")]
    assert [len(batch) for batch in tool.in_turns(later)] == [8]


def test_it_trains_and_tells_what_failed(tool, tmp_path):
    chosen = options(tool, tmp_path, "--side-by-side", "2")
    job = tool.Job("broken", "styles", ("train", "--style", "nowhere.jpg"))
    said = tool.run(job, chosen)
    assert said.startswith("broken: FAILED")
    assert "nowhere.jpg" in said
    assert find_net("starry_night_16").is_file()

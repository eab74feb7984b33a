"""``python -m fst_lessons doctor``: files good and bad, folders, the installation."""

import subprocess
import sys

import pytest

from fst_lessons import __main__ as cli
from fst_lessons import assets
from fst_lessons.mistakes import write_file


def run(capsys, *words):
    """Return (exit code, what was printed, what went to stderr)."""
    code = cli.main(["doctor", *map(str, words)])
    return code, *capsys.readouterr()


def test_a_healthy_net_and_a_healthy_photograph(tmp_path, capsys):
    net = write_file(None, tmp_path)
    code, out, err = run(capsys, net, "cat")
    assert (code, err) == (0, "")
    assert out.count("Healthy:") == 2
    assert str(net) in out


@pytest.mark.parametrize(
    "mistake", ["pickle", "file cut short", "another architecture", "one colour"]
)
def test_grave_findings_end_in_code_one(mistake, tmp_path, capsys):
    path = write_file(mistake, tmp_path)
    code, out, err = run(capsys, path)
    assert (code, err) == (1, "")
    assert out.startswith(f"{path}\n  1 finding among")
    for word in (mistake, "measured", "cause", "do"):
        assert word in out


@pytest.mark.parametrize("mistake", ["transparent parts", "old running averages"])
def test_what_does_no_harm_ends_in_code_zero(mistake, tmp_path, capsys):
    code, out, _ = run(capsys, write_file(mistake, tmp_path))
    assert code == 0
    assert f"{mistake} (for your information)" in out


def test_one_bad_file_among_good_ones(tmp_path, capsys):
    bad = write_file("pickle", tmp_path)
    assert run(capsys, "cat", bad, "mosaic")[0] == 1


def test_every_number_on_request(tmp_path, capsys):
    plain = run(capsys, "cat")[1]
    told = run(capsys, "cat", "--numbers")[1]
    assert told.startswith(plain.rstrip())
    assert "shorter side in pixels; at least 64" in told


def test_a_folder_names_the_bad_and_counts_the_rest(tmp_path, capsys):
    for mistake in (None, "picture cannot be read", "grey file"):
        write_file(mistake, tmp_path)
    (tmp_path / "cat.jpg").write_bytes(assets.photo_path("cat").read_bytes())
    code, out, _ = run(capsys, tmp_path)
    assert code == 1
    assert "torn.jpg" in out and "grey.png" in out
    assert "cat.jpg" not in out and "healthy.safetensors" not in out
    assert "few photographs (for your information)" in out
    assert "readable photographs in the folder: 2; healthy: at least 10" in out


def test_a_folder_of_nets_is_not_asked_for_photographs(tmp_path, capsys):
    write_file(None, tmp_path)
    code, out, _ = run(capsys, tmp_path)
    assert code == 0
    assert "photographs" not in out


@pytest.mark.parametrize("name", ["gone.jpg", "no/such/folder", "nobody"])
def test_nothing_there_is_one_line_and_code_two(name, capsys):
    code, out, err = run(capsys, "cat", name)
    assert (code, out) == (2, "")
    assert err.startswith("error: no file, folder") and err.count("\n") == 1


def test_an_empty_folder(tmp_path, capsys):
    code, _, err = run(capsys, tmp_path)
    assert code == 2
    assert "neither a picture nor a net" in err


def test_the_installation(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert out.count("Healthy:") >= 3
    assert "finding" not in out
    assert "net starry_night_16" in out


def test_help_needs_no_torch():
    look = (
        "import sys; sys.modules['torch'] = None; from fst_lessons.__main__ import main"
    )
    code = f"{look}; main(['doctor', '--help'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "CHECKPOINT|IMAGE|FOLDER" in done.stdout

"""The command line: one good run, every mistake in one line, nothing half-written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fst_lessons import __main__ as cli
from fst_lessons import assets, optimize_image
from fst_lessons.images import load_image, save_image
from fst_lessons.loss_network import load_loss_network


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny pictures are quicker on one thread, however busy the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with two small pictures and a file of random weights."""
    folder = tmp_path_factory.mktemp("cli")
    generator = torch.Generator().manual_seed(0)
    for name, shape in (("a.png", (40, 56)), ("b.png", (64, 48))):
        save_image(torch.rand(1, 3, *shape, generator=generator), folder / name)
    network = load_loss_network("pocket", weights=None)
    save_file(network.state_dict(), folder / "random.safetensors")
    (folder / "text.jpg").write_text("not a picture")
    return folder


@pytest.fixture
def arguments(folder, tmp_path):
    """Return a small run's arguments, as a dictionary to alter."""
    return {
        "--content": str(folder / "a.png"),
        "--style": str(folder / "b.png"),
        "--out": str(tmp_path / "out.png"),
        "--steps": "4",
        "--size": "32",
        "--weights": str(folder / "random.safetensors"),
    }


def run(arguments, *flags):
    """Call `main` with a dictionary of options."""
    words = [word for pair in arguments.items() for word in pair]
    return cli.main(["optimize", *words, *flags])


def test_optimize_writes_a_picture_and_reports(arguments, tmp_path, capsys):
    """The picture has the size asked for; losses, seconds and file are printed."""
    assert run(arguments) == 0
    assert load_image(tmp_path / "out.png").shape == (1, 3, 32, 45)
    out = capsys.readouterr().out
    for word in ("content", "style", "tv", "4 evaluations in", " s", "wrote", "45x32"):
        assert word in out
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_quiet_prints_nothing(arguments, capsys):
    """With --quiet a good run says nothing at all."""
    assert run(arguments, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_every_option_is_passed_on(arguments, tmp_path, monkeypatch):
    """What the shell says arrives at `transfer_style`."""
    seen = {}

    def fake(content, style, **settings):
        seen.update(settings, content=content, style=style)
        entry = {"total": 1.0}
        return optimize_image.Result(content, [entry])

    monkeypatch.setattr(optimize_image, "transfer_style", fake)
    arguments |= {
        "--content-weight": "2", "--style-weight": "3e4", "--tv-weight": "0",
        "--start": "noise", "--optimizer": "adam", "--seed": "7", "--style-size": "24",
    }  # fmt: skip
    layers = ("--content-layer", "relu2_2", "--style-layers", "relu1_1", "relu2_1")
    assert run(arguments, "--quiet", *layers) == 0
    wanted = {
        "content_weight": 2.0, "style_weight": 3e4, "tv_weight": 0.0, "start": "noise",
        "optimizer": "adam", "seed": 7, "num_steps": 4, "progress": False,
        "content_layers": ["relu2_2"], "style_layers": ["relu1_1", "relu2_1"],
    }  # fmt: skip
    assert {name: seen[name] for name in wanted} == wanted
    assert min(seen["content"].shape[-2:]) == 32
    assert min(seen["style"].shape[-2:]) == 24


def test_same_seed_same_file(arguments, tmp_path):
    """Two runs from noise with one seed write the same bytes."""
    files = []
    for name in ("one.png", "two.png"):
        arguments |= {"--out": str(tmp_path / name), "--start": "noise", "--seed": "3"}
        assert run(arguments, "--quiet") == 0
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


MISTAKES = {
    "content missing": ({"--content": "gone.jpg"}, "no picture at gone.jpg"),
    "unknown name": ({"--content": "pagodda"}, "pagoda"),
    "style missing": ({"--style": "no/such/file"}, "no picture at"),
    "text named jpg": ({"--style": "FOLDER/text.jpg"}, "not a picture"),
    "no such folder": ({"--out": "no/such/folder/out.png"}, "no folder"),
    "ending unknown": ({"--out": "TMP/out.txt"}, "out.txt"),
    "no ending": ({"--out": "TMP/out"}, "cannot write"),
    "out is a folder": ({"--out": "TMP"}, "cannot write"),
    "weights missing": ({"--weights": "gone.pth"}, "no weight file"),
    "weights unknown": ({"--weights": "best"}, "unknown weights"),
    "weights are text": ({"--weights": "FOLDER/text.pth"}, "weight file"),
    "layer unknown": ({"--content-layer": "relu9_9"}, "unknown layer"),
    "too small": ({"--size": "8"}, "too small"),
    "all weights zero": (
        {"--content-weight": "0", "--style-weight": "0", "--tv-weight": "0"},
        "nothing",
    ),
}


@pytest.mark.parametrize("change, hint", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_end_in_one_line(change, hint, arguments, folder, tmp_path, capsys):
    """Exit code 2, one line that names the trouble, no file left behind."""
    (folder / "text.pth").write_text("not weights")
    for option, value in change.items():
        value = value.replace("FOLDER", str(folder)).replace("TMP", str(tmp_path))
        arguments[option] = value
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ") and err.count("\n") == 1
    assert hint in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option, value",
    [
        ("--steps", "0"), ("--steps", "many"), ("--size", "-3"), ("--start", "middle"),
        ("--style-weight", "-1"), ("--tv-weight", "nan"), ("--content-weight", "inf"),
        ("--optimizer", "sgd"), ("--loss-network", "vgg11"), ("--nonsense", "1"),
    ],
)  # fmt: skip
def test_unreadable_options(option, value, arguments, capsys):
    """Argparse refuses them with code 2 and names the option."""
    with pytest.raises(SystemExit) as stop:
        run(arguments | {option: value})
    assert stop.value.code == 2
    assert option in capsys.readouterr().err


def test_output_is_checked_before_anything_is_read(arguments, monkeypatch):
    """An impossible output stops the command before pictures and weights are loaded."""
    monkeypatch.setattr("fst_lessons.images.load_image", lambda *a, **k: pytest.fail())
    assert run(arguments | {"--out": "no/such/folder/out.png"}) == 2


@pytest.mark.parametrize(
    "error", [ConnectionError("no network"), FloatingPointError("style is nan")]
)
def test_errors_of_the_work_itself(error, arguments, monkeypatch, tmp_path, capsys):
    """A lost connection and a NaN are reported in a line too."""

    def fail(*args, **settings):
        raise error

    monkeypatch.setattr(optimize_image, "transfer_style", fail)
    assert run(arguments) == 2
    assert capsys.readouterr().err == f"error: {error}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C through, which a shell's background processes ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_at(evaluation, monkeypatch):
    """Press Ctrl-C when an evaluation begins to be recorded."""
    read_terms = optimize_image._read_terms

    def interrupted(total, terms, step):
        if step == evaluation:
            signal.raise_signal(signal.SIGINT)
        return read_terms(total, terms, step)

    monkeypatch.setattr(optimize_image, "_read_terms", interrupted)


@pytest.mark.usefixtures("ctrl_c")
def test_interruption_keeps_the_best_picture(arguments, monkeypatch, tmp_path, capsys):
    """Ctrl-C writes what was reached, and says that it is not the end."""
    interrupt_at(3, monkeypatch)
    assert run(arguments | {"--steps": "50"}) == 130
    assert load_image(tmp_path / "out.png").shape == (1, 3, 32, 45)
    out = capsys.readouterr().out
    assert "3 evaluations" in out and "stopped early" in out


@pytest.mark.usefixtures("ctrl_c")
def test_interruption_at_once_writes_nothing(arguments, monkeypatch, tmp_path, capsys):
    """With no evaluation finished there is nothing to keep."""
    interrupt_at(0, monkeypatch)
    assert run(arguments) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_old_file(arguments, monkeypatch, tmp_path):
    """A picture that stood under the name is untouched when a run fails."""
    (tmp_path / "out.png").write_bytes(b"old")
    assert run(arguments | {"--content-layer": "relu9_9"}) == 2
    assert (tmp_path / "out.png").read_bytes() == b"old"


def test_bundled_names_are_found():
    """A photograph, by its name alone."""
    assert cli.find_picture("pagoda") == assets.photo_path("pagoda")
    for name in assets.style_names()[:1]:
        assert cli.find_picture(name) == assets.style_path(name)


def test_as_a_program(arguments, folder):
    """Real processes: a listing, and a mistake with code 2, one line, no traceback."""
    words = [word for pair in arguments.items() for word in pair]
    words[words.index("--style") + 1] = str(folder / "text.jpg")
    program = [sys.executable, "-m", "fst_lessons"]
    settings = {"capture_output": True, "text": True, "timeout": 120}
    good = subprocess.run([*program, "photos"], **settings)
    assert good.returncode == 0 and "pagoda" in good.stdout
    bad = subprocess.run([*program, "optimize", *words], **settings)
    assert bad.returncode == 2 and bad.stdout == ""
    assert bad.stderr.count("\n") == 1 and "not a picture" in bad.stderr


def test_a_closed_pipe_is_no_mistake():
    command = f"{sys.executable} -m fst_lessons photos | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        cwd=Path(cli.__file__).parents[1],
        timeout=60,
    )
    assert done.stdout.startswith("astronaut")
    assert done.stderr == ""

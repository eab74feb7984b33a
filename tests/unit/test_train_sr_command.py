"""The commands `train-sr` and `reproduce`, as a person at the keyboard meets them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from fst_lessons import assets, datasets, super_resolution_training
from fst_lessons.__main__ import main
from fst_lessons.checkpoints import load_super_resolution
from fst_lessons.super_resolution_net import SuperResolutionNet

ROOT = Path(__file__).resolve().parents[2]
# the quickest net
TINY = ["--net", "srcnn_9_1_5", "--size", "16", "--batch", "2"]


@pytest.fixture(autouse=True)
def small_held_out(monkeypatch):
    """Measure on small pictures: what is measured has tests of its own."""
    small = datasets.held_out_photos(size=32)
    monkeypatch.setattr(super_resolution_training, "held_out_photos", lambda: small)


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("cat", "coffee"):
        picture = Image.open(assets.photo_path(name)).resize((90, 70))
        picture.save(photos / f"{name}.png")
    (photos / "broken.jpg").write_text("no picture")
    return photos


def arguments(tmp_path, folder, *more, out="net.safetensors"):
    places = ["--photos", str(folder), "--out", str(tmp_path / out)]
    return ["train-sr", *TINY, *places, *more]


def test_it_trains_and_writes_a_card(tmp_path, folder, capsys):
    assert main(arguments(tmp_path, folder, "--steps", "3", "--factor", "8")) == 0
    said = capsys.readouterr().out
    assert "skipped broken.jpg" in said
    assert "dB, bicubic" in said
    net, card = load_super_resolution(tmp_path / "net.safetensors")
    assert net(torch.rand(1, 3, 5, 6)).shape == (1, 3, 40, 48)
    assert card["recipe"]["steps"] == 3
    assert (card["recipe"]["factor"], card["recipe"]["loss"]) == (8, "pixel")
    assert card["photographs"] == {"what": "a folder of photographs", "count": 2}
    assert card["evaluation"]["step"] == 3
    assert not (tmp_path / "net.training.safetensors").exists()


def test_options_reach_the_recipe(tmp_path, folder):
    options = ["--loss", "mixed", "--feature-weight", "0.5", "--blur", "--steps", "1"]
    options += ["--feature-layers", "relu1_2", "relu2_2", "--learning-rate", "2e-4"]
    assert main(arguments(tmp_path, folder, *options)) == 0
    recipe = load_super_resolution(tmp_path / "net.safetensors")[1]["recipe"]
    assert recipe["feature_weight"] == 0.5
    assert recipe["feature_layers"] == ["relu1_2", "relu2_2"]
    assert recipe["learning_rate"] == 2e-4
    assert recipe["blur"] is True
    assert recipe["pixel_norm"] == "mse"  # the baseline's


def test_a_card_is_enough_to_train_again(tmp_path, folder, capsys):
    assert main(arguments(tmp_path, folder, "--steps", "3")) == 0
    again = ["--out", str(tmp_path / "again.safetensors"), "--photos", str(folder)]
    assert main(["reproduce", str(tmp_path / "net.safetensors"), *again]) == 0
    assert "the card says" in capsys.readouterr().out
    (one, first), (two, second) = (
        load_super_resolution(tmp_path / f"{name}.safetensors")
        for name in ("net", "again")
    )
    assert first["recipe"] == second["recipe"]
    assert first["history"] == second["history"]
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--factor", "3"], "cannot enlarge by 3; the factors offered are 4 and 8"),
        (["--factor", "16"], "the factors offered are 4 and 8"),
        (["--net", "edsr"], "unknown net 'edsr'; choose book, paper"),
        (["--loss", "style"], "unknown loss 'style'; choose pixel, feature, mixed"),
        (["--photos", "nowhere"], "no folder nowhere"),
        (["--resume"], "nothing to resume"),
        (["--steps", "0"], "steps must be 1 or more"),
        (["--minutes", "-1"], "minutes must be positive"),
        (["--size", "80"], "smaller than 104 pixels"),
        (["--out", "net.pth"], "saved as .safetensors"),
        (["--start", "nowhere.safetensors"], "no file nowhere"),
        (["--feature-layers", "relu9_9", "--loss", "mixed"], "unknown layer 'relu9_9'"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path, folder, capsys, options, words):
    assert main(arguments(tmp_path, folder, *options)) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.glob("*.safetensors"))


def test_the_state_of_a_style_is_refused(tmp_path, folder, capsys):
    from fst_lessons import training_state
    from fst_lessons.recipes import TrainingRecipe
    from fst_lessons.training_state import Training

    net = SuperResolutionNet(width=2, blocks=0)
    training = Training(net, TrainingRecipe())
    optimizer = torch.optim.Adam(net.parameters())
    path = tmp_path / "net.training.safetensors"
    generator = super_resolution_training.random.Random(0)
    training_state.write(path, training, optimizer, generator, {})
    assert main(arguments(tmp_path, folder, "--resume")) == 2
    assert "by a TrainingRecipe, expected a Super" in capsys.readouterr().err


def test_two_processes_train_as_one(tmp_path, folder):
    options = ["--steps", "2", "--precision", "float32", "--loss", "mixed"]
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    words = arguments(tmp_path, folder, *options, out="two.safetensors")
    both = subprocess.Popen(
        [sys.executable, *launcher, "-m", "fst_lessons", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert main(arguments(tmp_path, folder, *options, out="one.safetensors")) == 0
    _, errors = both.communicate(timeout=240)
    assert both.returncode == 0, errors
    (one, card), (two, other) = (
        load_super_resolution(tmp_path / f"{name}.safetensors")
        for name in ("one", "two")
    )
    for a, b in zip(card["history"], other["history"], strict=True):
        assert a == pytest.approx(b, rel=2e-3)
    photo = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(one(photo), two(photo), atol=0.01, rtol=0)

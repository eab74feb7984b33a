"""The commands `train` and `reproduce`, as a person at the keyboard meets them."""

import argparse

import pytest
import torch
from PIL import Image

from fst_lessons import assets, datasets, train_command, training
from fst_lessons.__main__ import main
from fst_lessons.checkpoints import load_net, read_card
from fst_lessons.recipes import TrainingRecipe

TINY = ["--width", "4", "--size", "32", "--batch", "2", "--style-size", "64"]
TINY += ["--yardstick", "3"]


@pytest.fixture(autouse=True)
def small_held_out(monkeypatch):
    """Measure on small pictures: what is measured has tests of its own."""
    small = datasets.held_out_photos(size=48)
    monkeypatch.setattr(training, "held_out_photos", lambda: small)


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("cat", "coffee"):
        picture = Image.open(assets.photo_path(name)).resize((80, 64))
        picture.save(photos / f"{name}.png")
    (photos / "broken.jpg").write_text("no picture")
    return photos


def train(tmp_path, *more, style="nocturne", out="net.safetensors"):
    return main(["train", "--style", style, "--out", str(tmp_path / out), *TINY, *more])


def test_trains_previews_and_writes_a_card(tmp_path, folder, capsys):
    preview = tmp_path / "preview"
    code = train(
        tmp_path, "--photos", str(folder), "--steps", "4", "--preview", str(preview)
    )
    assert code == 0
    said = capsys.readouterr().out
    assert "skipped broken.jpg" in said
    assert "the slow method, 3 steps with these weights: objective" in said
    assert "one pass equals" in said
    assert (preview / "slow_method.png").is_file()
    pictures = sorted(path.name for path in preview.glob("step_*.png"))
    assert pictures[0] == "step_000000.png"
    assert pictures[-1] == "step_000004.png"
    net, card = load_net(tmp_path / "net.safetensors")
    assert net(torch.rand(1, 3, 21, 34)).shape == (1, 3, 21, 34)
    assert card["style"]["name"] == "nocturne"
    assert card["style"]["sha256"] == assets.sha256_of(assets.style_path("nocturne"))
    assert card["recipe"]["steps"] == 4
    assert card["photographs"] == {"what": "a folder of photographs", "count": 2}
    assert len(card["evaluation"]["gatys_curve"]) == 3
    assert card["history"][-1][0] == 4
    assert not (tmp_path / "net.training.safetensors").exists()


def test_without_a_yardstick_the_net_is_still_shown(tmp_path, folder):
    preview = tmp_path / "preview"
    options = ["--photos", str(folder), "--preview", str(preview)]
    assert train(tmp_path, "--steps", "1", "--yardstick", "0", *options) == 0
    pictures = sorted(path.name for path in preview.iterdir())
    assert pictures == ["step_000000.png", "step_000001.png"]


def test_without_photographs_says_what_that_costs(tmp_path, capsys):
    assert train(tmp_path, "--steps", "1") == 0
    assert "no --photos" in capsys.readouterr().out


def test_a_card_is_enough_to_train_again(tmp_path, folder, capsys):
    photos = ["--photos", str(folder)]
    assert train(tmp_path, "--steps", "3", "--precision", "float32", *photos) == 0
    again = str(tmp_path / "again.safetensors")
    card = str(tmp_path / "net.safetensors")
    options = ["--out", again, "--yardstick", "0", *photos]
    assert main(["reproduce", card, *options]) == 0
    assert "the card says" in capsys.readouterr().out
    first, second = read_card(card), read_card(again)
    assert first["recipe"] == second["recipe"]
    assert first["history"] == second["history"]
    assert first["evaluation"]["total"] == second["evaluation"]["total"]


def test_a_card_can_be_trained_by_from_another_start(tmp_path, folder):
    photos = ["--photos", str(folder)]
    assert train(tmp_path, "--steps", "1", "--start", "none", *photos) == 0
    again, card = tmp_path / "again.safetensors", str(tmp_path / "net.safetensors")
    options = ["--out", str(again), "--yardstick", "0", *photos]
    assert main(["reproduce", card, *options, "--start", card]) == 0
    first, second = read_card(card), read_card(again)
    assert first["recipe"]["start"] is None
    assert second["recipe"] == {**first["recipe"], "start": card}
    assert main(["reproduce", str(again), *options, "--start", "none"]) == 0
    assert read_card(again)["history"] == first["history"]


def test_title_and_painter_are_kept(tmp_path):
    told = ["--title", "Night", "--painter", "A. Painter", "--year", "1900"]
    assert train(tmp_path, "--steps", "1", *told) == 0
    style = read_card(tmp_path / "net.safetensors")["style"]
    assert (style["title"], style["painter"], style["year"]) == (
        "Night",
        "A. Painter",
        "1900",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--photos", "nowhere"], "no folder nowhere"),
        (["--resume"], "nothing to resume"),
        (["--start", "page_16"], "tools/settle_net.py"),
        (["--steps", "0"], "steps must be 1 or more"),
        (["--minutes", "-1"], "minutes must be positive"),
        (["--preset", "papre"], "unknown preset 'papre'"),
        (["--size", "80"], "smaller than the training crops of 80"),
        (["--start", "nocturn"], "no net 'nocturn'"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path, capsys, options, words):
    assert train(tmp_path, *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_style_smaller_than_the_crops_is_not_blown_up(tmp_path, capsys):
    Image.new("RGB", (40, 30)).save(tmp_path / "stamp.png")
    assert train(tmp_path, style=str(tmp_path / "stamp.png")) == 2
    assert "stamp.png is 40x30, smaller than" in capsys.readouterr().err


def test_an_empty_folder_is_named(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert train(tmp_path, "--photos", str(tmp_path / "empty")) == 2
    assert "no picture in" in capsys.readouterr().err


def test_unknown_styles_and_endings_are_named(tmp_path, capsys):
    assert train(tmp_path, style="noctrune") == 2
    assert "nocturne" in capsys.readouterr().err
    assert train(tmp_path, out="net.pth") == 2
    assert "saved as .safetensors" in capsys.readouterr().err


def test_a_checkpoint_of_another_kind_is_refused(tmp_path, capsys):
    assert train(tmp_path, "--steps", "1") == 0
    net = tmp_path / "net.safetensors"
    net.rename(tmp_path / "net.training.safetensors")
    assert train(tmp_path, "--resume") == 2
    assert "expected 'fst_lessons unfinished training" in capsys.readouterr().err


def test_out_of_memory_names_a_size_that_fits(tmp_path, capsys, monkeypatch):
    def fit(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 99 bytes")

    monkeypatch.setattr(training, "fit", fit)
    assert train(tmp_path, "--size", "64") == 2
    assert "--size 32 takes half of it, --batch 1" in capsys.readouterr().err


def test_each_style_has_its_own_title():
    parser = argparse.ArgumentParser()
    train_command.add_train(parser.add_subparsers())
    line = ["train", "--style", "a", "--style", "b", "--out", "c.safetensors"]
    read = parser.parse_args(
        [*line, "--title", "A", "--title", "", "--year", "1", "--year", "2"]
    )
    told = train_command.told_of(read, 2)
    assert told == [{"title": "A", "year": "1"}, {"year": "2"}]
    assert train_command.told_of(parser.parse_args(line), 2) == [{}, {}]
    with pytest.raises(ValueError, match="--title was given 2 times for 1 styles"):
        train_command.told_of(read, 1)


def test_it_starts_from_a_shipped_net_of_the_same_layers():
    find = train_command._find_start
    assert find(TrainingRecipe(width=16)) == "starry_night"
    assert find(TrainingRecipe(width=4)) is None
    assert find(TrainingRecipe(width=16, preset="paper")) is None
    assert find(TrainingRecipe(width=16, start="none")) is None
    assert find(TrainingRecipe(width=16, start="mosaic")) == "mosaic"


def test_a_named_start_is_where_a_training_begins():
    shipped, _ = load_net("starry_night", width=16)
    net = training.make_net(TrainingRecipe(width=16, start="starry_night"))
    for ours, theirs in zip(net.parameters(), shipped.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_wider_net_begins_as_the_narrow_one():
    assert train_command._find_start(TrainingRecipe(width=48)) == "starry_night"
    wide = training.make_net(TrainingRecipe(width=32, start="nocturne_16"))
    narrow, _ = load_net("nocturne", width=16)
    assert wide.config.width == 32
    photo = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert (wide(photo) - narrow(photo)).abs().mean() < 0.05
    with pytest.raises(ValueError, match="cannot start from 'nocturne_16'"):
        training.make_net(TrainingRecipe(width=24, start="nocturne_16"))

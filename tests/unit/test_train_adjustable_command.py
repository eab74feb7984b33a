"""`train --adjustable` and what else takes its nets, as a person at the keyboard."""

import pytest
import torch
from PIL import Image

from fst_lessons import adjustable_training, assets, datasets, training
from fst_lessons.__main__ import main
from fst_lessons.adjustable_checkpoints import load_adjustable, read_adjustable_card
from fst_lessons.adjustable_training import LADDER
from fst_lessons.checkpoints import read_card
from fst_lessons.images import load_image

SMALL = ["--width", "4", "--size", "32", "--batch", "2", "--steps", "2", "--quiet"]
TINY = [*SMALL, "--blocks", "1", "--hidden", "8", "--style-size", "64"]
PAIR = ["--style", "nocturne", "--style", "mosaic"]


@pytest.fixture(autouse=True)
def small_held_out(monkeypatch):
    """Measure on small pictures: what is measured has tests of its own."""
    small = datasets.held_out_photos(size=32)[:1]
    for module in (training, adjustable_training):
        monkeypatch.setattr(module, "held_out_photos", lambda: small)


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.open(assets.photo_path("cat")).resize((80, 64)).save(photos / "cat.png")
    return photos


def train(tmp_path, folder, *more, options=(*PAIR, "--adjustable", *TINY)):
    out = tmp_path / "net.safetensors"
    where = ["--out", str(out), "--photos", str(folder)]
    return main(["train", *options, *where, *map(str, more)])


def test_trains_writes_a_card_paints_and_trains_again(tmp_path, folder, capsys):
    assert train(tmp_path, folder, "--block", "separable", "--zoom", "1", "1.5") == 0
    net, card = load_adjustable(tmp_path / "net.safetensors")
    assert net.config.styles == ("nocturne", "mosaic")
    assert net.config.block == "separable"
    assert card["recipe"]["zoom"] == [1.0, 1.5] and card["recipe"]["steps"] == 2
    assert card["recipe"]["style_sizes"] == [64]
    told = card["styles"][1]
    assert told["name"] == "mosaic" and told["title"] and told["painter"]
    assert told["sha256"] == assets.sha256_of(assets.style_path("mosaic"))
    assert len(card["evaluation"]["ladder"]) == 2 * len(LADDER)
    assert card["photographs"] == {"what": "a folder of photographs", "count": 1}
    assert len(card["history"][0]) == len(card["history_columns"]) == 6
    assert not (tmp_path / "net.training.safetensors").exists()

    file, mine = tmp_path / "cat.png", str(tmp_path / "net.safetensors")
    words = ["stylize", str(folder / "cat.png"), "--style", mine, "--out", str(file)]
    mix = ["--mix", "nocturne:0.25,mosaic:0.75", "--strength", "50", "--quiet"]
    assert main([*words, *mix]) == 0
    blend = {"nocturne": 0.25, "mosaic": 0.75}
    expected = net(load_image(folder / "cat.png"), 50.0, blend)
    assert (load_image(file) - expected).abs().mean() < 2 / 255

    again = tmp_path / "again.safetensors"
    where = ["--photos", str(folder), "--out", str(again)]
    assert main(["reproduce", mine, *where]) == 0
    assert f"the card says {card['evaluation']['total']}" in capsys.readouterr().out
    same = read_adjustable_card(again)
    for name in ("recipe", "styles", "evaluation", "history"):
        assert same[name] == card[name], name


def test_what_it_says_at_the_end(tmp_path, folder, capsys):
    options = [*PAIR, "--adjustable", *TINY]
    options.remove("--quiet")
    assert train(tmp_path, folder, options=options) == 0
    lines = capsys.readouterr().out.splitlines()
    ladder = [line.split()[:2] for line in lines if line.startswith("  ")]
    assert ladder[:2] == [["nocturne", "1"], ["nocturne", "3.16"]]
    assert len(ladder) == 2 * len(LADDER)
    assert "2 steps in" in lines[-1]


def test_each_style_can_have_a_scale_and_a_softness_of_its_own(tmp_path, folder):
    sizes = ["--style-size", 48, "--style-blur", 0, "--style-blur", 1.5]
    assert train(tmp_path, folder, *sizes) == 0
    recipe = read_adjustable_card(tmp_path / "net.safetensors")["recipe"]
    assert recipe["style_sizes"] == [64, 48]
    assert recipe["style_blurs"] == [0.0, 1.5]


def test_an_unfinished_training_goes_on(tmp_path, folder, monkeypatch, capsys):
    step, calls = adjustable_training.adjustable_step, []

    def stop(*arguments, **settings):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return step(*arguments, **settings)

    monkeypatch.setattr(adjustable_training, "adjustable_step", stop)
    assert train(tmp_path, folder) == 130
    assert read_adjustable_card(tmp_path / "net.safetensors")["interrupted"]
    assert (tmp_path / "net.training.safetensors").exists()
    assert train(tmp_path, folder, "--resume") == 0
    card = read_adjustable_card(tmp_path / "net.safetensors")
    assert card["recipe"]["steps"] == 2 and not card["interrupted"]


def test_it_can_start_from_a_shipped_net(tmp_path, folder):
    options = ["--style", "woodblock", "--adjustable", "--start", "starry_night"]
    options += ["--size", "32", "--batch", "1", "--steps", "1", "--quiet"]
    options += ["--learning-rate", "1e-6", "--title", "A print", "--year", "2026"]
    assert train(tmp_path, folder, options=options) == 0
    net, card = load_adjustable(tmp_path / "net.safetensors")
    assert card["styles"][0]["title"] == "A print"
    from fst_lessons.checkpoints import load_net

    plain, _ = load_net("starry_night", width=16)
    weight = plain.blocks[0].body[0].weight
    assert torch.allclose(net.blocks[0].first.weight, weight, atol=1e-3)


def test_a_plain_net_takes_zoom_too(tmp_path, folder):
    options = ["--style", "nocturne", *SMALL, "--style-size", "64"]
    options += ["--zoom", "1", "3", "--yardstick", "0"]
    assert train(tmp_path, folder, options=options) == 0
    card = read_card(tmp_path / "net.safetensors")
    assert card["recipe"]["zoom"] == [1.0, 3.0]
    assert card["recipe"]["style_size"] == 64


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([*PAIR, *SMALL], "--style was given more than once; a net for several"),
        (
            ["--style", "mosaic", "--style-size", "64", "--style-size", "70"],
            "more than",
        ),
        (["--style", "mosaic", "--blocks", "3"], "--blocks is for adjustable nets"),
        (["--style", "mosaic", "--end-kernel", "5"], "--end-kernel is for adjustable"),
        (["--style", "mosaic", "--zoom", "2", "1"], "zoom needs the least and the"),
        (["--adjustable", *PAIR, "--preset", "paper"], "--preset is of no use with"),
        (["--adjustable", *PAIR, "--style-weight", "3"], "--style-weight is of no use"),
        (["--adjustable", *PAIR, "--title", "Two"], "--title was given 1 times for 2"),
        (["--adjustable", *PAIR, "--style", "mosaic"], "two styles have one name"),
        (["--adjustable", *PAIR, *["--style-blur", "0"] * 3], "style_blurs needs one"),
        (["--adjustable", *PAIR, "--block", "dense"], "block must be residual or"),
        (["--adjustable", *PAIR, "--end-kernel", "4"], "end_kernel must be 3, 5, 7"),
        (["--adjustable", *PAIR, "--lightest", "0"], "0 < lightest < heaviest"),
        (["--adjustable", *PAIR, "--start", "nix"], "no net 'nix'"),
        (["--adjustable", "--style", "noctrune"], "nocturne"),
        (["--adjustable", *PAIR, "--size", "4000"], "smaller than the training crops"),
        (["--adjustable", *PAIR, "--resume"], "nothing to resume"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path, folder, capsys, options, words):
    assert train(tmp_path, folder, options=[*options, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_style_smaller_than_the_crops_is_not_blown_up(tmp_path, folder, capsys):
    Image.new("RGB", (40, 30)).save(tmp_path / "stamp.png")
    options = ["--adjustable", "--style", str(tmp_path / "stamp.png"), *TINY]
    assert train(tmp_path, folder, options=options) == 2
    assert "stamp.png is 40x30, smaller than" in capsys.readouterr().err


@pytest.mark.parametrize("mix", ["a:", ":0.5", "a:half", "a:0.5,b", "a:0.5,,b:0.5"])
def test_a_mix_that_cannot_be_read_is_explained(mix, capsys):
    with pytest.raises(SystemExit):
        main(["stylize", "cat", "--style", "x", "--out", "y.png", "--mix", mix])
    assert "expected styles with weights, as in a:0.5,b:0.5" in capsys.readouterr().err


def test_out_of_memory_names_a_size_that_fits(tmp_path, folder, capsys, monkeypatch):
    def fit(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 99 bytes")

    monkeypatch.setattr(adjustable_training, "fit_adjustable", fit)
    assert train(tmp_path, folder, "--size", "64") == 2
    assert "--size 32 takes half of it, --batch 1" in capsys.readouterr().err


def test_a_card_of_several_styles_wants_all_its_pictures(tmp_path, folder, capsys):
    assert train(tmp_path, folder) == 0
    words = ["reproduce", str(tmp_path / "net.safetensors"), "--steps", "1"]
    words += ["--photos", str(folder), "--quiet"]
    words += ["--out", str(tmp_path / "again.safetensors"), "--style", "nocturne"]
    assert main(words) == 2
    assert (
        "2 styles, nocturne, mosaic; give --style for each" in capsys.readouterr().err
    )
    assert main([*words, "--style", "woodblock"]) == 0
    assert "woodblock.jpg is not the card's file" in capsys.readouterr().err
    card = read_adjustable_card(tmp_path / "again.safetensors")
    assert card["styles"][0]["title"] == "Nocturne over a lake"
    assert card["recipe"]["styles"] == ["nocturne", "mosaic"]

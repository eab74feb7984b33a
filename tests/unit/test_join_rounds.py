"""Rounds of a training become one card; a curve is lent only to the same objective."""

import sys
from pathlib import Path

import pytest
import torch

from fst_lessons.assets import style_path
from fst_lessons.checkpoints import load_net, net_path, save_net

TOOLS = Path(__file__).resolve().parents[2] / "tools"
KNOWN = str(net_path("nocturne", width=16))


@pytest.fixture
def join(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(TOOLS))
    import join_rounds

    def run(*arguments):
        out = tmp_path / "joined.safetensors"
        words = ["join_rounds.py", *map(str, arguments), "--out", str(out)]
        monkeypatch.setattr(sys, "argv", words)
        join_rounds.main()
        return load_net(out)

    return run


@pytest.fixture
def other(tmp_path):
    """Return a net near the known one, trained without a yardstick."""
    net, card = load_net(KNOWN)
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(1e-3 * torch.randn_like(weight))
    del card["evaluation"]["gatys_curve"], card["evaluation"]["gatys_steps"]
    for found in card["evaluations"]:
        del found["gatys_steps"]
    return save_net(net, tmp_path / "other.safetensors", card)


def test_a_curve_gives_the_steps_that_the_training_did_not_measure(join, other):
    _, told = load_net(KNOWN)
    net, card = join("--round", other, "chance", "--curve", "nocturne_16")
    # hardly another net: hardly another number
    assert abs(card["evaluation"]["gatys_steps"] - 65) <= 2
    assert card["evaluation"]["total"] == pytest.approx(0.68026, rel=0.02)
    assert card["evaluations"] == told["evaluations"]
    assert card["recipe"]["start"] is None and "rounds" not in card
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, load_net(other)[0].state_dict()[name])


def test_the_mean_of_two_rounds(join, other):
    rounds = ("--round", KNOWN, "starry_night_16", "--round", other, "round 1")
    curve = ("--curve", "nocturne_16", "--start", "starry_night_16")
    net, card = join(*rounds, *curve, "--mean", 1, 2)
    states = [load_net(path)[0].state_dict() for path in (KNOWN, other)]
    for name, value in net.state_dict().items():
        # float16 in the file
        wanted = (states[0][name] + states[1][name]) / 2
        torch.testing.assert_close(value, wanted, rtol=1e-3, atol=1e-4)
    assert [r["recipe"]["start"] for r in card["rounds"]] == [
        "starry_night_16",
        "round 1",
    ]
    assert card["mean_of_rounds"] == [1, 2]
    assert card["recipe"]["start"] == "starry_night_16"


def test_a_net_of_several_rounds_is_trained_further(join, other, tmp_path):
    both = ("--round", KNOWN, "chance", "--round", other, "round 1")
    curve = ("--curve", "nocturne_16")
    net, card = join(*both, *curve)
    earlier = save_net(net, tmp_path / "earlier.safetensors", card)
    _, further = join("--round", earlier, "", "--round", other, "round 2", *curve)
    starts = [told["recipe"]["start"] for told in further["rounds"]]
    assert starts == ["chance", "round 1", "round 2"]
    assert further["rounds"][:2] == card["rounds"]
    with pytest.raises(SystemExit):
        join("--round", earlier, "", "--round", other, "x", *curve, "--mean", 1, 2)


@pytest.mark.parametrize(
    ("lender", "words"),
    [
        ("great_wave_16", "another picture"),
        ("mosaic_16", "another style_size"),
        ("the_scream_16", "another style_weight"),
    ],
)
def test_a_curve_of_another_objective_is_refused(join, other, lender, words):
    with pytest.raises(ValueError, match=words):
        join("--round", other, "chance", "--curve", lender)


def test_a_net_without_a_curve_has_none_to_lend(join, other):
    with pytest.raises(ValueError, match="without a yardstick"):
        join("--round", other, "chance", "--curve", other)


def test_another_picture_is_refused(join, other):
    picture = ("--picture", style_path("mosaic"))
    with pytest.raises(ValueError, match="not the picture that nocturne is"):
        join("--round", other, "chance", "--curve", "nocturne_16", *picture)

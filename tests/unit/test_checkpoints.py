"""Nets on disk: what is kept, what is refused, and that nothing is lost."""

import errno
import json
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from fst_lessons import checkpoints
from fst_lessons.checkpoints import (
    TRAINING,
    load_net,
    load_weights,
    net_names,
    net_path,
    read_card,
    save_net,
    write_tensors,
)
from fst_lessons.transform_net import TransformNet


@pytest.fixture
def net():
    torch.manual_seed(0)
    return TransformNet(width=4, blocks=2)


@pytest.fixture
def file(net, tmp_path):
    return save_net(net, tmp_path / "net.safetensors", {"style": {"name": "x"}})


def test_a_net_comes_back_with_its_card(net, file):
    again, card = load_net(file)
    assert again.config == net.config
    assert card["style"] == {"name": "x"}
    assert read_card(file) == card
    photo = torch.rand(1, 3, 33, 41)
    with torch.no_grad():
        torch.testing.assert_close(again(photo), net(photo), atol=2e-3, rtol=0)


def test_a_loaded_net_is_frozen_float32_and_ready(file):
    net, _ = load_net(file)
    assert not net.training
    assert all(p.dtype == torch.float32 for p in net.parameters())
    assert not any(p.requires_grad for p in net.parameters())


def test_weights_are_half_precision_on_disk(net, file):
    assert {v.dtype for v in load_file(file).values()} == {torch.float16}
    count = sum(p.numel() for p in net.parameters())
    assert file.stat().st_size < 2 * count + 8000


@pytest.mark.parametrize("preset", ["book", "paper", "authors_code"])
def test_every_preset_survives(preset, tmp_path):
    net = TransformNet(preset, width=4)
    again, _ = load_net(save_net(net, tmp_path / "n.safetensors", {}))
    assert again.config == net.config


def test_shipped_nets_load_and_fit_their_names():
    for width in (32, 16):
        for name in net_names(width=width):
            net, card = load_net(name, width=width)
            assert net.config.width == width
            assert card["style"]["name"]
            assert card["recipe"]["width"] == width
            assert net_path(name, width=width).name == f"{name}_{width}.safetensors"


def test_unknown_names_are_answered_with_the_nearest(monkeypatch):
    monkeypatch.setattr(checkpoints, "net_names", lambda width=32: ["mosaic", "gold"])
    with pytest.raises(ValueError, match="did you mean mosaic"):
        load_net("mosiac")


def test_missing_files_are_said_to_be_missing():
    with pytest.raises(ValueError, match=r"no file nowhere/x\.safetensors"):
        load_net("nowhere/x.safetensors")


@pytest.mark.parametrize("name", ["old.pth", "hidden.safetensors"])
def test_pickles_are_refused_whatever_their_name(net, tmp_path, name):
    path = tmp_path / name
    torch.save(net.state_dict(), path)
    with pytest.raises(ValueError, match="is a pickle"):
        load_net(path)


def test_plain_pickles_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(pickle.dumps({"a": 1}, protocol=2))
    with pytest.raises(ValueError, match="is a pickle"):
        load_net(path)


@pytest.mark.parametrize("left", [0, 5, 100, -10])
def test_truncated_files_are_refused(file, left):
    content = file.read_bytes()
    file.write_bytes(content[:left])
    with pytest.raises(ValueError, match="damaged"):
        load_net(file)


def test_an_unfinished_training_is_not_a_net(tmp_path):
    path = write_tensors(
        {"a": torch.ones(1)}, tmp_path / "t.safetensors", {"format": TRAINING}
    )
    with pytest.raises(ValueError, match="unfinished training"):
        load_net(path)


def test_other_peoples_files_are_refused(tmp_path):
    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="no recipe card"):
        load_net(tmp_path / "a.safetensors")
    save_file({"a": torch.ones(1)}, tmp_path / "b.safetensors", {"card": "[1, 2"})
    with pytest.raises(ValueError, match="damaged"):
        load_net(tmp_path / "b.safetensors")
    card = json.dumps({"format": "cookbook"})
    save_file({"a": torch.ones(1)}, tmp_path / "c.safetensors", {"card": card})
    with pytest.raises(ValueError, match="'cookbook'"):
        load_net(tmp_path / "c.safetensors")


def test_another_preset_is_named(file):
    with pytest.raises(ValueError, match="does not fit preset 'book' with width 8"):
        load_weights(TransformNet(width=8, blocks=2), file)
    with pytest.raises(ValueError, match="does not fit preset 'paper'"):
        load_weights(TransformNet("paper", width=4, blocks=2), file)


def test_running_statistics_of_old_files_are_dropped(net, tmp_path):
    old = dict(net.state_dict())
    old["down.0.1.running_mean"] = torch.zeros(4)
    old["down.0.1.running_var"] = torch.ones(4)
    save_file(old, tmp_path / "old.safetensors")
    fresh = TransformNet(width=4, blocks=2)
    with pytest.warns(UserWarning, match="dropped 2 running statistics"):
        load_weights(fresh, tmp_path / "old.safetensors")
    for a, b in zip(fresh.parameters(), net.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_full_disk_leaves_the_old_file(net, file, monkeypatch):
    before = file.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"cannot write .*No space left.*unharmed"):
        save_net(net, file, {})
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.parametrize(
    ("name", "words"),
    [("x.pth", "saved as .safetensors"), ("no/x.safetensors", "no folder")],
)
def test_destinations_are_checked(net, tmp_path, name, words):
    with pytest.raises(ValueError, match=words):
        save_net(net, tmp_path / name, {})


def test_a_name_may_tell_the_width():
    assert checkpoints.find_net("nocturne_16") == net_path("nocturne", width=16)
    with pytest.raises(ValueError, match="no net 'nocturne_17'"):
        checkpoints.find_net("nocturne_17")

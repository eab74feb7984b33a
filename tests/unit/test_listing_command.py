"""The listings name every picture with its licence, and every trained net."""

import subprocess
import sys

import pytest
import torch

from fst_lessons import __main__ as cli
from fst_lessons import assets, checkpoints
from fst_lessons.adjustable_checkpoints import adjustable_names, load_adjustable
from fst_lessons.checkpoints import net_names, read_card, save_net
from fst_lessons.listing_command import trained_widths
from fst_lessons.transform_net import NetConfig, TransformNet


def listing(command, capsys):
    """Return the lines of a command in blocks, split at the empty lines."""
    assert cli.main([command]) == 0
    blocks = capsys.readouterr().out.rstrip("\n").split("\n\n")
    return [block.splitlines() for block in blocks]


@pytest.mark.parametrize("command", ["photos", "styles"])
def test_pictures_have_a_name_a_title_and_a_licence(command, capsys):
    names = assets.photo_names() if command == "photos" else assets.style_names()
    folder = {"photos": "photos", "styles": "styles"}[command]
    lines = listing(command, capsys)[0]
    assert [line.split()[0] for line in lines] == names
    for name, line in zip(names, lines, strict=True):
        entry = assets.manifest()[f"{folder}/{name}.jpg"]
        assert entry["title"][:30] in line
        assert entry["licence"] in line


def test_a_style_with_a_net_says_so(capsys):
    lines = listing("styles", capsys)[0]
    marked = {line.split()[0] for line in lines if "net: width" in line}
    trained = {*net_names(width=16), *net_names(width=32)}
    assert marked == trained & {*assets.style_names()}
    assert "nocturne" in marked


def test_nets_of_paintings_are_listed_with_painter_and_year(capsys):
    _, (heading, *lines), _ = listing("styles", capsys)
    assert heading.endswith(":")
    names = [line.split()[0] for line in lines]
    assert "starry_night" in names
    assert not {*names} & {*assets.style_names()}
    for name, line in zip(names, lines, strict=True):
        style = read_card(name)["style"]
        for word in (style["title"], style["painter"], str(style["year"])):
            assert word in line


def test_adjustable_nets_are_listed_with_their_styles_and_range(capsys):
    *_, (heading, *lines) = listing("styles", capsys)
    assert heading.startswith("adjustable nets")
    assert [line.split()[0] for line in lines] == adjustable_names()
    for name, line in zip(adjustable_names(), lines, strict=True):
        net, _ = load_adjustable(name)
        assert ", ".join(net.config.styles) in line
        assert f"lambda {net.config.lightest:g} to {net.config.heaviest:g}" in line
        assert line.endswith(f"width {net.config.width}")


@pytest.fixture
def two_nets(tmp_path, monkeypatch):
    """A data folder with the pictures and manifest, but with nets of our own."""
    folder = tmp_path.joinpath("weights", "styles")
    folder.mkdir(parents=True)
    for part in ("styles", "photos", "manifest.json"):
        (tmp_path / part).symlink_to(assets.data_path() / part)
    monkeypatch.setattr(
        assets, "data_path", lambda *parts: tmp_path.joinpath(*map(str, parts))
    )
    assert checkpoints.net_names(width=16) == []
    return folder


def test_every_width_is_named(two_nets, capsys):
    for name, width in (("gold", 16), ("gold", 32), ("dusk", 16)):
        torch.manual_seed(0)
        net = TransformNet(NetConfig(width=width))
        save_net(
            net, two_nets / f"{name}_{width}.safetensors", {"style": {"name": name}}
        )
    assert trained_widths() == {"dusk": [16], "gold": [32, 16]}
    pictures, (_, dusk) = listing("styles", capsys)
    (gold,) = [line for line in pictures if line.startswith("gold")]
    assert gold.endswith("net: width 32, 16")
    assert dusk.split() == ["dusk", "dusk", "net:", "width", "16"]


def test_without_nets_there_is_no_second_list(two_nets, capsys):
    (pictures,) = listing("styles", capsys)
    assert len(pictures) == len(assets.style_names())


def test_listing_photographs_needs_no_torch():
    """Names come at once: torch is imported by commands that compute, not before."""
    code = (
        "import sys; from fst_lessons.__main__ import main; "
        "main(['photos']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

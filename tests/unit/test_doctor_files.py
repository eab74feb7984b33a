"""Files of nets and pictures: each planted fault is named, healthy files are not."""

import shutil

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from fst_lessons import assets
from fst_lessons.adjustable_checkpoints import adjustable_names, save_adjustable
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.checkpoints import net_names, net_path, save_net
from fst_lessons.doctor import probe_photos
from fst_lessons.doctor_files import (
    count_photographs,
    examine_file,
    files_of,
    find_file,
)
from fst_lessons.loss_network import load_loss_network
from fst_lessons.mistakes import FILES, write_file
from fst_lessons.super_resolution_net import SuperResolutionNet
from fst_lessons.transform_net import TransformNet

PHOTOS = probe_photos()


def ills(path):
    return [reading.name for reading in examine_file(path, PHOTOS) if reading.ill]


@pytest.mark.parametrize("mistake", FILES)
def test_a_planted_fault_is_found_and_nothing_else(mistake, tmp_path):
    assert ills(write_file(mistake, tmp_path)) == [mistake]


def test_a_healthy_net(tmp_path):
    readings = list(examine_file(write_file(None, tmp_path), PHOTOS))
    assert [reading.name for reading in readings if reading.ill] == []
    assert {"checkerboard", "another architecture", "loss explodes"} <= {
        reading.name for reading in readings
    }


@pytest.mark.parametrize("name", net_names(width=16))
def test_the_nets_that_come_along_are_healthy(name):
    assert ills(net_path(name, width=16)) == []


@pytest.mark.parametrize("name", adjustable_names())
def test_the_adjustable_nets_that_come_along_are_healthy(name):
    assert ills(find_file(name)) == []


@pytest.mark.parametrize("name", assets.photo_names()[:3] + assets.style_names()[:3])
def test_the_pictures_that_come_along_are_healthy(name):
    assert ills(find_file(name)) == []


def test_a_net_that_enlarges(tmp_path):
    torch.manual_seed(0)
    net = SuperResolutionNet(4, width=4)
    path = save_net(net, tmp_path / "large.safetensors", {})
    assert ills(path) == []
    net.state_dict()["last.weight"].view(-1)[0] = float("inf")
    assert ills(save_net(net, path, {})) == ["weights not finite"]


def test_a_net_with_knobs_is_looked_at_in_every_style(tmp_path):
    torch.manual_seed(0)
    net = AdjustableTransformNet(AdjustableConfig(("mosaic", "gold"), width=4))
    path = save_adjustable(net.eval(), tmp_path / "knobs.safetensors", {})
    where = {r.where for r in examine_file(path, PHOTOS) if r.name == "frame"}
    assert where == {"mosaic", "gold"}
    net.last.bias.data[0] = float("nan")
    assert ills(save_adjustable(net, path, {})) == ["weights not finite"]


def test_the_weights_of_a_loss_network(tmp_path):
    assert ills(assets.data_path("weights", "pocket.safetensors")) == []
    weights = load_loss_network("pocket").state_dict()
    weights["convolutions.2_1.weight"][0] = float("nan")
    save_file(weights, tmp_path / "mine.safetensors")
    assert ills(tmp_path / "mine.safetensors") == ["features not finite"]
    save_file({"convolutions.1_1.weight": torch.ones(1)}, tmp_path / "odd.safetensors")
    assert ills(tmp_path / "odd.safetensors") == ["no recipe card"]


def test_what_is_in_a_pickle_is_said_without_running_it(tmp_path):
    state = {"a.running_mean": torch.zeros(1), "a.weight": torch.ones(1)}
    torch.save(state, tmp_path / "old.pth")
    (reading,) = examine_file(tmp_path / "old.pth", PHOTOS)
    assert reading.where == "2 entries, 1 of them running averages"
    (tmp_path / "bad.pth").write_bytes(b"\x80\x02cos\nsystem\n.")
    (reading,) = examine_file(tmp_path / "bad.pth", PHOTOS)
    assert reading.where == "even the safe reader refuses it"


def test_a_pickle_under_another_name(tmp_path):
    torch.save({}, tmp_path / "net.safetensors")
    assert ills(tmp_path / "net.safetensors") == ["pickle"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 40, b"\x05" + b"\0" * 30])
def test_what_is_no_safetensors_file(content, tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    assert ills(path) == ["file cut short"]


def test_how_much_is_there(tmp_path):
    path = write_file(None, tmp_path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2])
    shares = {r.name: r.value for r in examine_file(path, PHOTOS)}
    assert shares["file cut short"] == pytest.approx(0.5, abs=1e-3)


def test_a_card_of_another_version(tmp_path):
    card = '{"net": {"preset": "book", "wings": 2}}'
    save_file(TransformNet(width=4).state_dict(), tmp_path / "x.safetensors",
              metadata={"card": card})  # fmt: skip
    assert ills(tmp_path / "x.safetensors") == ["another architecture"]


def test_batch_norm_needs_its_averages(tmp_path):
    """Its running averages are weights like others, not leftovers."""
    net = TransformNet("paper", width=4)
    path = save_net(net, tmp_path / "paper.safetensors", {})
    names = {reading.name: reading.ill for reading in examine_file(path, PHOTOS)}
    assert names["old running averages"] is False
    assert names["another architecture"] is False


def test_a_text_named_jpg(tmp_path):
    (tmp_path / "text.jpg").write_text("not a picture")
    assert ills(tmp_path / "text.jpg") == ["picture cannot be read"]


def test_a_palette_with_a_transparent_colour(tmp_path):
    picture = Image.new("P", (80, 80), 0)
    picture.putpalette([255, 255, 255, 10, 10, 10])
    picture.paste(1, (0, 0, 40, 80))
    picture.save(tmp_path / "p.png", transparency=0)
    found = {r.name: r.value for r in examine_file(tmp_path / "p.png", PHOTOS)}
    assert found["transparent parts"] == 0.5


def test_names_of_what_comes_along():
    assert find_file("cat") == assets.photo_path("cat")
    assert find_file("harvest") == assets.style_path("harvest")
    name = net_names(width=16)[0]
    assert find_file(name).stem.startswith(name)
    assert find_file(f"{name}_16") == net_path(name, width=16)


@pytest.mark.parametrize("name", ["gone.jpg", "no/such/file", "nobody"])
def test_what_is_not_there(name):
    with pytest.raises(ValueError, match="no file, folder"):
        find_file(name)


def test_the_files_of_a_folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.jpg", "deep/a.SAFETENSORS", "notes.txt", "old.pth"):
        (tmp_path / name).write_bytes(b"")
    names = [path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path)]
    assert names == ["b.jpg", "deep/a.SAFETENSORS", "old.pth"]
    shutil.rmtree(tmp_path / "deep")
    (tmp_path / "b.jpg").unlink()
    (tmp_path / "old.pth").unlink()
    with pytest.raises(ValueError, match="neither a picture nor a net"):
        files_of(tmp_path)


@pytest.mark.parametrize(("count", "ill"), [(1, True), (9, True), (10, False)])
def test_few_photographs(count, ill):
    assert count_photographs(count).ill is ill

"""The commands `upscale` and `benchmark-sr`, as a person at the keyboard meets them."""

import pytest
import torch
from PIL import Image

from fst_lessons.__main__ import main
from fst_lessons.checkpoints import save_net
from fst_lessons.images import load_image
from fst_lessons.super_resolution import upscale
from fst_lessons.super_resolution_net import SRCNN, SuperResolutionNet
from fst_lessons.transparency import load_layers


@pytest.fixture
def net(tmp_path):
    torch.manual_seed(0)
    net = SuperResolutionNet(4, width=4, blocks=1)
    return str(save_net(net, tmp_path / "net.safetensors", {}))


@pytest.fixture
def photo(tmp_path):
    generator = torch.Generator().manual_seed(0)
    values = (torch.rand(14, 18, 3, generator=generator) * 255).byte().numpy()
    path = tmp_path / "photo.png"
    Image.fromarray(values).save(path)
    return path


def test_a_photo_is_enlarged(tmp_path, photo, net, capsys):
    out = tmp_path / "large.png"
    assert main(["upscale", str(photo), "--net", net, "--out", str(out)]) == 0
    assert f"wrote {out} (72x56) in" in capsys.readouterr().out
    expected = upscale(photo, net=net)
    torch.testing.assert_close(load_image(out), expected, atol=0.51 / 255, rtol=0)


def test_tiles_and_histograms(tmp_path, photo, net, capsys):
    out = tmp_path / "large.webp"
    options = ["--tile", "5", "--histogram", "--quiet", "--out", str(out)]
    assert main(["upscale", str(photo), "--net", net, *options]) == 0
    assert capsys.readouterr().out == ""
    assert load_image(out).shape == (1, 3, 56, 72)


@pytest.mark.parametrize(
    ("mode", "color", "channels"), [("L", 90, 1), ("RGBA", (9, 80, 200, 70), 4)]
)
def test_grey_and_transparency_are_kept(tmp_path, net, mode, color, channels):
    path, out = tmp_path / "x.png", tmp_path / "large.png"
    Image.new(mode, (9, 8), color).save(path)
    assert main(["upscale", str(path), "--net", net, "--out", str(out)]) == 0
    large = load_layers(out)
    assert large.shape == (1, channels, 32, 36)
    if channels == 4:
        assert large[0, 3].unique().tolist() == pytest.approx([70 / 255])


def test_without_a_net(tmp_path, photo):
    out = tmp_path / "large.png"
    options = ["--loss", "bicubic", "--factor", "8", "--out", str(out)]
    assert main(["upscale", str(photo), *options]) == 0
    assert load_image(out).shape == (1, 3, 112, 144)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--factor", "3"], "cannot enlarge by 3; the factors offered are 4 and 8"),
        (["--factor", "8"], "the net enlarges by 4, not by 8"),
        (["--out", "large.xyz"], "end the name in .png"),
        (["--out", "photo.png"], "--out would replace"),
        (["--net", "gone.safetensors"], "no file gone"),
        (["--tile", "0"], "a tile must have 1 pixel"),
    ],
)
def test_mistakes_end_in_one_line(
    tmp_path, photo, net, capsys, monkeypatch, options, words
):
    monkeypatch.chdir(tmp_path)
    before = photo.read_bytes()
    arguments = ["upscale", str(photo), "--net", net, "--out", "large.png", *options]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert photo.read_bytes() == before
    assert not (tmp_path / "large.png").exists()


def test_a_jpeg_cannot_keep_transparency(tmp_path, net, capsys):
    path = tmp_path / "x.png"
    Image.new("RGBA", (9, 8), (0, 0, 0, 0)).save(path)
    out = ["--out", str(tmp_path / "x.jpg")]
    assert main(["upscale", str(path), "--net", net, *out]) == 2
    assert "cannot keep transparency" in capsys.readouterr().err


def test_the_table_is_printed(tmp_path, net, capsys):
    folder = tmp_path / "Set5"
    folder.mkdir()
    for name in ("bird", "butterfly"):
        Image.effect_noise((40, 36), 60).convert("RGB").save(folder / f"{name}.png")
    mine = save_net(SRCNN(width=2), tmp_path / "srcnn.safetensors", {})
    nets = ["--net", net, "--net", f"ours={mine}"]
    assert main(["benchmark-sr", str(folder), *nets]) == 0
    head, bird, butterfly, mean, paper = capsys.readouterr().out.splitlines()
    assert head.split()[4:5] == ["bicubic"]
    assert "net" in head.split()
    assert "ours" in head.split()
    assert bird.startswith("bird ")
    assert butterfly.startswith("butterfly ")
    assert mean.startswith("mean ")
    assert paper.startswith("paper ")
    assert "28.43 / 0.8114" in paper
    assert "30.48 / 0.8628" in paper
    assert len({len(line) for line in (head, bird, mean, paper)}) == 1


def test_a_table_of_nothing(tmp_path, capsys):
    assert main(["benchmark-sr", str(tmp_path)]) == 2
    assert "no picture in" in capsys.readouterr().err
    assert main(["benchmark-sr", str(tmp_path), "--factor", "2"]) == 2
    assert "the factors offered are 4 and 8" in capsys.readouterr().err


def test_without_scikit_image_it_says_what_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["benchmark-sr", str(tmp_path)]) == 2
    assert "SSIM needs scikit-image" in capsys.readouterr().err

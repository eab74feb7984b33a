"""A photograph, a folder, the command line: what comes out, and every mistake."""

import argparse

import pytest
import torch
from PIL import Image

from fst_lessons import __main__ as cli
from fst_lessons import fast, memory, stylize_command
from fst_lessons import stylize as module
from fst_lessons.checkpoints import save_net
from fst_lessons.colors import luma
from fst_lessons.devices import find_device
from fst_lessons.images import load_image, resize, save_image
from fst_lessons.stylize import Painter, stylize, stylize_folder
from fst_lessons.transform_net import TransformNet


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny pictures are quicker on one thread, however busy the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return TransformNet(width=4).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def net_file(net, tmp_path_factory):
    return save_net(net, tmp_path_factory.mktemp("net") / "tiny.safetensors", {})


@pytest.fixture
def photo():
    return torch.rand(1, 3, 40, 50, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two photographs, one of them deep, and a broken one."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    Image.new("RGB", (40, 30), (200, 40, 40)).save(folder / "a.png")
    Image.new("L", (32, 36), 90).save(folder / "deep" / "b.jpg")
    (folder / "broken.jpg").write_text("no picture")
    return folder


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def single_precision(monkeypatch):
    """Compute in float32 whatever the processor, so that results can be compared."""
    monkeypatch.setattr(fast, "best_dtype", lambda device: torch.float32)


def close(a, b):
    """Tell whether pictures agree but for rounding."""
    return (a - b).abs().max() < 2e-5


def test_paints_what_the_net_paints(net, photo, tmp_path):
    painted = stylize(photo, net)
    assert close(painted, net(photo))
    file = save_image(photo, tmp_path / "photo.png")
    from_file = stylize(file, net)
    assert torch.allclose(from_file, painted, atol=0.02)  # 8 bits in the file
    assert torch.equal(from_file, stylize(file.read_bytes(), net))


def test_a_file_of_weights(net, net_file, photo):
    painted = stylize(photo, net_file)
    assert (painted - net(photo)).abs().max() < 1 / 255  # float16 in the file


def test_half_precision_where_it_is_quick(net, photo, monkeypatch):
    monkeypatch.setattr(fast, "best_dtype", lambda device: torch.bfloat16)
    expected = net(photo)
    for tile in (None, 32):
        difference = (stylize(photo, net, tile=tile) - expected).abs()
        assert 0 < difference.mean() < 2 / 255


def test_size_is_the_shorter_side(net, photo):
    painted = stylize(photo, net, size=24)
    assert painted.shape == (1, 3, 24, 30)
    assert close(painted, net(resize(photo, 24)))


def test_blend_goes_from_photo_to_painting(net, photo):
    painted = stylize(photo, net)
    assert torch.equal(stylize(photo, net, blend=0), photo)
    half = stylize(photo, net, blend=0.5)
    assert torch.allclose(half, (photo + painted) / 2, atol=1e-6)


def test_colors_are_kept_before_blending(net, photo):
    kept = stylize(photo, net, keep_colors="luma")
    assert close(luma(kept), luma(net(photo)))
    half = stylize(photo, net, keep_colors="luma", blend=0.5)
    assert torch.allclose(half, (photo + kept) / 2, atol=1e-6)


def test_tiles_on_demand_and_by_themselves(net, photo, monkeypatch):
    tiles = []
    real = module.stylize_tiled

    def spy(net, photo, *, tile, dtype):
        tiles.append(tile)
        return real(net, photo, tile=tile, dtype=dtype)

    monkeypatch.setattr(module, "stylize_tiled", spy)
    whole = stylize(photo, net)
    assert tiles == []
    assert close(stylize(photo, net, tile=32), whole)
    monkeypatch.setattr(module, "WHOLE", 40 * 50 - 1)
    assert close(stylize(photo, net), whole)
    assert tiles == [32, module.TILE]


def test_a_net_in_training_paints_in_evaluation_and_stays(photo):
    net = TransformNet("paper", width=4)  # batch norm: the mode makes a difference
    before = {k: v.clone() for k, v in net.state_dict().items()}
    photo = resize(photo, 60)
    painted = stylize(photo, net)
    assert net.training
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert close(painted, net.eval()(photo))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"blend": 1.5}, "blend is 1.5"),
        ({"blend": float("nan")}, "blend is nan"),
        ({"keep_colors": "hue"}, "luma or histogram"),
        ({"size": 0}, "from 1 up"),
        ({"size": 8}, "too small"),
        ({"tile": 3}, "tile of 3"),
        ({"device": "toaster"}, "no device 'toaster'"),
    ],
)
def test_bad_settings(net, photo, settings, message):
    with pytest.raises(ValueError, match=message):
        stylize(photo, net, **settings)


def test_bad_photos_and_styles(net, photo, tmp_path):
    with pytest.raises(ValueError, match="no picture at"):
        stylize(tmp_path / "none.jpg", net)
    with pytest.raises(ValueError, match="divide by 255"):
        stylize(photo * 255, net)
    with pytest.raises(ValueError, match="stary_nigth"):
        stylize(photo, "stary_nigth")


def test_devices():
    assert find_device("cpu") == torch.device("cpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no device 'cuda'"):
            find_device("cuda")


def fails(message):
    def paint(*_, **__):
        raise RuntimeError(message)

    return paint


def test_what_does_not_fit_whole_is_painted_in_tiles(net, photo):
    painter = Painter(net)
    painted = painter(photo)
    painter.fast.forward = fails("DefaultCPUAllocator: can't allocate memory: 9 bytes")
    assert close(painter(photo), painted)
    painter.fast.forward = fails("a real mistake")
    with pytest.raises(RuntimeError, match="a real mistake"):
        painter(photo)


def test_out_of_memory_offers_a_size(net, photo, monkeypatch):
    monkeypatch.setattr(module, "stylize_tiled", fails("CUDA out of memory"))
    photo = resize(photo, 200)
    with pytest.raises(ValueError, match="a shorter side of 141 pixels fits"):
        stylize(photo, net, tile=16)


@pytest.mark.parametrize("free", [500_000_000, 1_000_000_000, 4_000_000_000])
def test_the_size_offered_fits(net, free, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: free)
    photo = torch.empty(1).expand(1, 3, 9000, 16000)
    with pytest.raises(ValueError, match="GB are free") as caught:
        memory.check_room(net, photo)
    size = int(str(caught.value).split("shorter side of ")[1].split()[0])
    assert 300 < size < 9000
    assert memory.needed_memory(net, size, size * 16 // 9) < free
    half = memory.needed_memory(net, size, size * 16 // 9, dtype=torch.bfloat16)
    assert half < memory.needed_memory(net, size, size * 16 // 9)
    memory.check_room(net, photo[..., :64, :64])


def test_free_memory_is_positive_or_unknown():
    free = memory.free_memory(torch.device("cpu"))
    assert free is None or free > 1e6


def test_folder_paints_what_it_can_and_reports_the_rest(net, folder, out):
    report = stylize_folder(folder, out, Painter(net), progress=False)
    assert report.painted == [out / "a.png", out / "deep" / "b.jpg"]
    assert load_image(out / "a.png").shape == (1, 3, 30, 40)
    assert list(report.failed) == [folder / "broken.jpg"]
    assert "not a picture" in report.failed[folder / "broken.jpg"]
    assert not report.interrupted
    assert sorted(p.name for p in out.rglob("*")) == ["a.png", "b.jpg", "deep"]


def test_paintings_among_the_photographs_are_not_painted_again(net, folder):
    out = folder / "painted"
    out.mkdir()
    for _ in range(2):
        report = stylize_folder(folder, out, Painter(net), progress=False)
        assert len(report.painted) == 2


def test_ctrl_c_keeps_finished_paintings(net, folder, out):
    def paint(path, painter=Painter(net)):  # noqa: B008
        if path.name == "b.jpg":
            raise KeyboardInterrupt
        return painter(path)

    report = stylize_folder(folder, out, paint, progress=False)
    assert report.interrupted
    assert [p.name for p in out.iterdir()] == ["a.png"]


def test_bad_folders(net, folder, out, tmp_path):
    with pytest.raises(ValueError, match="no picture in"):
        stylize_folder(out, tmp_path, Painter(net))
    with pytest.raises(ValueError, match="make it first"):
        stylize_folder(folder, tmp_path / "none", Painter(net))
    with pytest.raises(ValueError, match="replace the photographs"):
        stylize_folder(folder, folder / "deep" / "..", Painter(net))
    with pytest.raises(ValueError, match="every picture"):
        stylize_folder(folder, tmp_path, Painter(net))


def run(*words):
    return cli.main(["stylize", *map(str, words)])


def test_command_paints_a_photo(net, net_file, folder, out, capsys):
    file = out / "painted.png"
    assert run(folder / "a.png", "--style", net_file, "--out", file) == 0
    assert "40x30" in capsys.readouterr().out
    expected = stylize(folder / "a.png", net)
    assert torch.allclose(load_image(file), expected, atol=2 / 255)
    assert [p.name for p in out.iterdir()] == ["painted.png"]


def test_command_passes_every_option_on(monkeypatch, tmp_path):
    seen = {}

    class Fake:
        def __init__(self, style, **settings):
            seen.update(settings, style=style)

        def __call__(self, photo):
            seen["photo"] = photo
            return torch.zeros(1, 3, 16, 16)

    monkeypatch.setattr(module, "Painter", Fake)
    words = "--size 128 --width 16 --keep-colors luma --blend 0.5 --tile 64 --quiet "
    words += "--strength 20 --mix a:0.5,b:0.5"
    out = tmp_path / "a.png"
    words = [*words.split(), "--device", "cpu", "--out", out]
    assert run("pagoda", "--style", "mosaic", *words) == 0
    assert seen.pop("photo").name == "pagoda.jpg"
    assert seen == {
        "style": "mosaic",
        "size": 128,
        "width": 16,
        "strength": 20.0,
        "mix": {"a": 0.5, "b": 0.5},
        "keep_colors": "luma",
        "blend": 0.5,
        "tile": 64,
        "device": "cpu",
    }


def test_command_paints_a_folder_and_tells_what_failed(net_file, folder, out, capsys):
    words = ["--style", net_file, "--out", out]
    assert run(folder, *words) == stylize_command.FAILED
    heard = capsys.readouterr()
    assert "painted 2 pictures" in heard.out
    assert "broken.jpg" in heard.err
    (folder / "broken.jpg").unlink()
    assert run(folder, *words, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_command_reports_a_stopped_folder(net_file, folder, out, monkeypatch, capsys):
    report = module.FolderReport(painted=[out / "a.png"], interrupted=True)
    monkeypatch.setattr(module, "stylize_folder", lambda *_, **__: report)
    code = run(folder, "--style", net_file, "--out", out)
    assert code == stylize_command.INTERRUPTED
    assert "stopped; painted 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        ("a.png", {"--style": "stary_nigth"}, "stary_nigth"),
        ("a.png", {"--blend": "2"}, "blend is 2.0"),
        ("a.png", {"--out": "none/b.png"}, "make it first"),
        ("a.png", {"--out": "out/b.txt"}, "end the name in"),
        ("a.png", {"--out": "photos/a.png"}, "would replace"),
        ("broken.jpg", {}, "not a picture"),
        ("none.jpg", {}, "check the path"),
        ("pagodda", {}, "pagoda"),
        ("", {"--out": "none"}, "make it first"),
        ("", {"--out": "photos"}, "would replace"),
        ("deep/empty", {"--out": "out"}, "no picture in"),
    ],
)
def test_command_says_every_mistake_in_one_line(
    source, changes, message, net_file, folder, out, monkeypatch, capsys
):
    """One line, code 2, nothing written, nothing changed."""
    (folder / "deep" / "empty").mkdir()
    monkeypatch.chdir(folder.parent)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    options = {"--style": net_file, "--out": "out/b.png", **changes}
    path = source if source == "pagodda" else f"photos/{source}"
    code = run(path, *(word for pair in options.items() for word in pair))
    heard = capsys.readouterr()
    assert code == cli.MISTAKE
    assert message in heard.err
    assert heard.err.count("\n") == 1
    assert list(out.iterdir()) == []
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_pixels_are_whole_numbers():
    assert stylize_command._pixels("512") == 512
    for text in ("0", "-3", "2.5", "many", "²"):
        with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
            stylize_command._pixels(text)

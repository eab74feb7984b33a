"""Videos: frames, times, size, sound and turn stay; nothing is left half-written."""

import sys

import numpy as np
import pytest
import torch

from fst_lessons import __main__ as cli
from fst_lessons.checkpoints import save_net
from fst_lessons.transform_net import TransformNet
from fst_lessons.video import (
    check_video_destination,
    import_av,
    stylize_video,
    to_picture,
)

av = pytest.importorskip("av", reason="videos need PyAV")

RATE = 24
FRAMES = 8


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny pictures are quicker on one thread, however busy the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_video(path, *, count=FRAMES, turn=0, sound="aac", times=None, picture=True):
    """Write a video, 64 x 48: red, brightening, white in the upper left corner."""
    with av.open(str(path), "w") as container:
        film = track = None
        if picture:
            film = container.add_stream("libx264", rate=RATE)
            film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
            if turn:
                film.set_display_rotation(turn)
        if sound:
            track = container.add_stream(sound, rate=44100)
        for i in range(count if picture else 0):
            values = np.zeros((48, 64, 3), np.uint8)
            values[..., 0] = 100 + 10 * (i % 8)
            values[:16, :16] = 255
            frame = av.VideoFrame.from_ndarray(values, format="rgb24")
            frame.pts = times[i] if times else i
            container.mux(film.encode(frame))
        if picture:
            container.mux(film.encode())
        if sound:
            tone = np.sin(np.arange(14700) / 16).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, 0
            container.mux(track.encode(frame))
            container.mux(track.encode())
    return path


@pytest.fixture
def video(tmp_path):
    return make_video(tmp_path / "film.mp4")


def read_frames(path):
    """Return [(second, picture)] of a video."""
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [(float(f.pts * f.time_base), to_picture(f)) for f in frames]


def read_sound(path):
    """Return the compressed sound, as it is in the file."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def darken(picture):
    return picture / 2


def test_frames_times_size_and_sound_stay(video, tmp_path):
    out = tmp_path / "out.mp4"
    report = stylize_video(video, out, darken, progress=False)
    assert (report.frames, report.expected) == (FRAMES, FRAMES)
    assert (report.damaged, report.sounds) == (0, 1)
    before, after = read_frames(video), read_frames(out)
    assert [t for t, _ in after] == pytest.approx([i / RATE for i in range(FRAMES)])
    for (_, a), (_, b) in zip(before, after, strict=True):
        assert a.shape == b.shape == (1, 3, 48, 64)
        assert (b.mean((2, 3)) - a.mean((2, 3)) / 2).abs().max() < 0.02
    assert read_sound(out) == read_sound(video)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


def test_uneven_times_stay(tmp_path):
    """Telephones film at no fixed rate."""
    times = [0, 1, 4, 5, 9, 10, 11, 20]
    video = make_video(tmp_path / "film.mp4", times=times)
    stylize_video(video, tmp_path / "out.mp4", darken, progress=False)
    found = [t for t, _ in read_frames(tmp_path / "out.mp4")]
    assert found == pytest.approx([t / RATE for t in times])


def test_a_turned_video_is_painted_upright(tmp_path):
    """A quarter turn against the clock: the white corner goes to the lower left."""
    video = make_video(tmp_path / "film.mp4", turn=90)
    seen = []

    def paint(picture):
        seen.append(picture)
        return picture

    stylize_video(video, tmp_path / "out.mp4", paint, progress=False)
    assert seen[0].shape == (1, 3, 64, 48)
    assert seen[0][0, 1, -8, 8] > 0.9 > 0.1 > seen[0][0, 1, 8, 8]
    _, painted = read_frames(tmp_path / "out.mp4")[0]
    assert painted.shape == (1, 3, 64, 48)
    assert painted[0, 1, -8, 8] > 0.9


@pytest.mark.parametrize("name", ["out.mkv", "out.mov", "out.webm"])
def test_other_formats(tmp_path, name):
    video = make_video(tmp_path / "film.mp4", sound=None)
    report = stylize_video(video, tmp_path / name, darken, progress=False)
    assert report.sounds == 0
    assert len(read_frames(tmp_path / name)) == FRAMES


def test_odd_sizes_stay(video, tmp_path):
    out = tmp_path / "out.mp4"
    stylize_video(video, out, lambda x: x[..., :47, :63], progress=False)
    assert read_frames(out)[0][1].shape == (1, 3, 47, 63)


def test_colours_survive_the_way_through(video, tmp_path):
    stylize_video(video, tmp_path / "out.mp4", lambda x: x, progress=False)
    _, before = read_frames(video)[3]
    _, after = read_frames(tmp_path / "out.mp4")[3]
    flat = (slice(None), slice(None), slice(24, 44), slice(24, 60))
    assert (after[flat] - before[flat]).abs().mean() < 3 / 255


def cut(video):
    content = video.read_bytes()
    video.write_bytes(content[: len(content) // 2])
    return video


def test_a_damaged_video_tells_what_is_missing(tmp_path):
    video = cut(make_video(tmp_path / "film.mkv", count=60))
    report = stylize_video(video, tmp_path / "out.mkv", darken, progress=False)
    assert 0 < report.frames < 55
    assert report.expected == pytest.approx(60, abs=2)


def test_mistakes_leave_nothing_behind(video, tmp_path):
    text, silent = tmp_path / "text.mp4", tmp_path / "sound.mp4"
    text.write_text("not a video " * 100)
    make_video(silent, picture=False)
    copy = tmp_path / "cut.mp4"
    copy.write_bytes(video.read_bytes())
    old = tmp_path / "old.mp4"
    old.write_bytes(b"something dear")
    before = sorted(tmp_path.iterdir())
    for source, out, message in (
        (text, old, "not a video"),
        (cut(copy), old, "cut short"),
        (silent, old, "no moving pictures"),
        (tmp_path / "none.mp4", old, "no video at"),
        (video, tmp_path / "out.webm", r"cannot hold this video's sound \(aac\)"),
        (video, tmp_path / "out.txt", "end a video's name in .mp4"),
        (video, tmp_path / "none" / "out.mp4", "make it first"),
        (video, tmp_path, "end a video's name in"),
    ):
        with pytest.raises(ValueError, match=message):
            stylize_video(source, out, darken, progress=False)
        assert sorted(tmp_path.iterdir()) == before
    assert old.read_bytes() == b"something dear"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_stop_in_the_middle_leaves_nothing_behind(video, tmp_path, error):
    frames = []

    def paint(picture):
        frames.append(picture)
        if len(frames) > 3:
            raise error
        return picture

    with pytest.raises(error):
        stylize_video(video, tmp_path / "out.mp4", paint, progress=False)
    assert list(tmp_path.iterdir()) == [video]


def test_a_full_disk_keeps_the_old_file(video, tmp_path):
    resource = pytest.importorskip("resource", reason="limits of files are Unix's")
    out = tmp_path / "out.mp4"
    out.write_bytes(b"something dear")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(ValueError, match=r"cannot write out\.mp4"):
            stylize_video(video, out, torch.rand_like, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert out.read_bytes() == b"something dear"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


def test_without_pyav_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ValueError, match="pip install av"):
        import_av()


def test_destinations(tmp_path):
    assert check_video_destination(tmp_path / "a.MP4") == tmp_path / "a.MP4"
    with pytest.raises(ValueError, match="is a folder"):
        (tmp_path / "b.mp4").mkdir()
        check_video_destination(tmp_path / "b.mp4")


def test_the_command_paints_a_video(video, tmp_path, capsys):
    torch.manual_seed(0)
    net = save_net(TransformNet(width=4), tmp_path / "net.safetensors", {})
    out = tmp_path / "out.mp4"
    words = ["stylize", str(video), "--style", str(net), "--out", str(out)]
    assert cli.main([*words, "--size", "32"]) == 0
    assert f"{FRAMES} frames, with its sound" in capsys.readouterr().out
    assert read_frames(out)[0][1].shape == (1, 3, 32, 43)
    video = cut(make_video(tmp_path / "film.mkv", count=60))
    words[1] = str(video)
    assert cli.main([*words, "--size", "16", "--quiet"]) == 1
    assert "damaged: of about" in capsys.readouterr().err

"""Paint a video frame by frame; the sound, the size and every frame's time stay.

    stylize_video("garden.mp4", "painted.mp4", Painter("starry_night"))

Each frame is painted for itself: the nets know nothing of time. What keeps strokes in
their place while the camera moves is how the nets were trained, see `steadiness`.
Reading and writing are PyAV's, which brings its own FFmpeg; it is imported when it is
needed, since only videos need it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .destinations import check_place

SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv"}
_H264 = ("libx264", {"crf": "18"})  # crf: quality; 18 is hardly told from the original
_VP9 = ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4"})
ENCODERS = {".mp4": _H264, ".m4v": _H264, ".mov": _H264, ".mkv": _H264, ".webm": _VP9}
_BT709 = 1  # in FFmpeg's lists of colour spaces, primaries and transfer curves
_HD = 720  # rows from which a video that does not tell its colour space uses BT.709


@dataclass(frozen=True)
class VideoReport:
    """What became of a video.

    Attributes:
        frames: how many were painted.
        expected: about how many the file promised; 0 if it did not tell.
        damaged: how many pieces of the film could not be read and are left out.
        sounds: how many sound tracks were copied.
    """

    frames: int
    expected: int
    damaged: int
    sounds: int


def stylize_video(
    video: str | Path,
    out: str | Path,
    paint: Callable[[Tensor], Tensor],
    *,
    progress: bool = True,
) -> VideoReport:
    """Paint every frame of a video and copy its sound, whole or not at all.

    Args:
        video: a file FFmpeg can read.
        out: ends in .mp4, .m4v, .mov, .mkv (all H.264) or .webm (VP9).
        paint: a `Painter`, or any function from `(1, 3, H, W)` RGB in [0, 1] to a
            picture that has the same size for every frame.
        progress: show a bar with the time left.

    Raises:
        ValueError: PyAV is missing; not a video, or one without a readable frame; a
            file that cannot be written, or whose format cannot hold the sound.
    """
    av = import_av()
    video, out = Path(video), check_video_destination(out)
    handle, temporary = tempfile.mkstemp(
        dir=out.parent, prefix=".part-", suffix=out.suffix
    )
    os.close(handle)
    try:
        with _open(av, video) as source:
            report = _copy(av, source, temporary, paint, progress)
        if not report.frames:
            raise ValueError(f"{video} has no frame that can be read; copy it again")
        Path(temporary).chmod(0o644)  # mkstemp makes files private
        os.replace(temporary, out)
    except av.FFmpegError as error:
        raise ValueError(
            f"cannot write {out.name} ({error.strerror}); is there room on the disk? "
            "An .mkv file takes more kinds of sound"
        ) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return report


def import_av() -> ModuleType:
    """Return PyAV.

    Raises:
        ValueError: it is not installed; says how to.
    """
    try:
        import av
    except ImportError as error:
        raise ValueError(
            "videos need PyAV, which is not installed: python -m pip install av"
        ) from error
    return av


def check_video_destination(out: str | Path) -> Path:
    """Return the path `out` if a video can be written there; worth knowing before work.

    Raises:
        ValueError: another ending, no such folder, or no right to write.
    """
    out = Path(out)
    if out.suffix.lower() not in ENCODERS:
        raise ValueError(
            f"cannot write {out.name!r}; end a video's name in {', '.join(ENCODERS)}"
        )
    return check_place(out)


def _open(av: ModuleType, video: Path) -> Any:
    if not video.is_file():
        raise ValueError(f"no video at {video}; check the path")
    try:
        source = av.open(str(video))
    except av.FFmpegError as error:
        raise ValueError(
            f"{video} is not a video FFmpeg can read, or is cut short"
        ) from error
    if not source.streams.video:
        source.close()
        raise ValueError(f"{video} holds no moving pictures")
    return source


def _copy(
    av: ModuleType,
    source: Any,
    target: str,
    paint: Callable[[Tensor], Tensor],
    progress: bool,
) -> VideoReport:
    """Go through a file once: paint the frames, pass the sound on."""
    film = source.streams.video[0]
    film.thread_type = "AUTO"
    damaged, expected = 0, _count_frames(source, film)
    bar = tqdm(
        total=expected or None,
        desc="frames",
        disable=None if progress else True,
        leave=False,
    )
    with bar, av.open(target, "w") as container:
        writer = _Writer(av, container, film, source.streams.audio)
        for packet in source.demux(film, *source.streams.audio):
            if packet.stream.type == "audio":
                writer.pass_sound(packet)
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError:  # the decoder takes up again at a later packet
                damaged += 1
                continue
            for frame in frames:
                writer.add(paint(to_picture(frame)), frame)
                bar.update()
        writer.finish()
    return VideoReport(writer.frames, expected, damaged, len(writer.sounds))


def _count_frames(source: Any, film: Any) -> int:
    """Return how many frames there are, as far as the file tells; 0 if it does not."""
    if film.frames or not (source.duration and film.average_rate):
        return film.frames
    return round(source.duration / 1_000_000 * film.average_rate)  # microseconds


def to_picture(frame: Any) -> Tensor:
    """Return a PyAV frame, upright, as `(1, 3, H, W)` float32 RGB in [0, 1]."""
    untold = frame.colorspace == 2  # FFmpeg's "unspecified"
    space = "ITU709" if untold and frame.height >= _HD else None
    values = frame.reformat(format="rgb24", src_colorspace=space).to_ndarray()
    picture = torch.from_numpy(values).permute(2, 0, 1)[None].float() / 255
    # a telephone stores how it was held; degrees count against the clock
    return picture.rot90(round(frame.rotation / 90), (2, 3)).contiguous()


class _Writer:
    """The file being written: one film, and the sound tracks as they were."""

    def __init__(self, av: ModuleType, container: Any, film: Any, sounds: Any) -> None:
        self.av, self.container, self.source = av, container, film
        codec, options = ENCODERS[Path(container.name).suffix.lower()]
        self.film = container.add_stream(
            codec, rate=film.average_rate or film.guessed_rate or 25, options=options
        )
        self.sounds = {sound.index: self._like(sound) for sound in sounds}
        self.early: list[Any] = []  # sound that came before the first frame
        self.frames, self.last_time = 0, None

    def _like(self, sound: Any) -> Any:
        """Return a track of the new file for pieces of a track of the old one."""
        try:
            return self.container.add_stream_from_template(sound)
        except ValueError as error:
            raise self._no_room_for(sound) from error

    def _no_room_for(self, *sounds: Any) -> ValueError:
        suffix = Path(self.container.name).suffix
        names = ", ".join(sound.codec_context.name for sound in sounds) or "none"
        return ValueError(
            f"a {suffix} file cannot hold this video's sound ({names}); write an .mkv"
        )

    def add(self, picture: Tensor, original: Any) -> None:
        """Write one painted frame at the original's time."""
        if not self.frames:
            self._start(picture, original)
        values = picture[0].permute(1, 2, 0).mul(255).round().byte().numpy()
        frame = self.av.VideoFrame.from_ndarray(values, format="rgb24")
        frame = frame.reformat(format=self.film.pix_fmt, dst_colorspace="ITU709")
        time = self._time(original)
        frame.pts, frame.time_base = time, self.film.codec_context.time_base
        self.frames, self.last_time = self.frames + 1, time
        self._write(self.film.encode(frame))
        for packet in self.early:
            self.container.mux(packet)
        self.early = []

    def _start(self, picture: Tensor, original: Any) -> None:
        """Fix what the first frame tells: size, units of time, colours."""
        height, width = picture.shape[-2:]
        context = self.film.codec_context
        self.film.width, self.film.height = width, height
        # halved colour needs even sides
        self.film.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
        if original.pts is not None and original.time_base:
            context.time_base = original.time_base
        else:
            context.time_base = 1 / context.framerate
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        shape = self.source.sample_aspect_ratio  # of a pixel, where it is not square
        if shape and (height, width) == (original.height, original.width):
            context.sample_aspect_ratio = shape
        try:
            self.container.start_encoding()
        except self.av.FFmpegError as error:
            raise self._no_room_for(*self.source.container.streams.audio) from error

    def _time(self, original: Any) -> int:
        """Return the frame's time; always later than the last one's."""
        after = 0 if self.last_time is None else self.last_time + 1
        if original.pts is None:
            return after
        return original.pts if self.last_time is None else max(original.pts, after)

    def pass_sound(self, packet: Any) -> None:
        """Copy a piece of sound; it waits for the first frame to fix the header."""
        if packet.dts is None:  # the empty packet at the end
            return
        packet.stream = self.sounds[packet.stream.index]
        if self.frames:
            self.container.mux(packet)
        else:
            self.early.append(packet)

    def finish(self) -> None:
        """Write what the encoder holds back."""
        if self.frames:
            self._write(self.film.encode())

    def _write(self, packets: Iterator[Any]) -> None:
        for packet in packets:
            self.container.mux(packet)

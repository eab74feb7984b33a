"""Pictures in and out: every kind of bad input, one by one."""

import math
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from fst_lessons import images
from fst_lessons.images import (
    center_crop,
    check_destination,
    check_image,
    from_pil,
    load_image,
    resize,
    save_image,
    to_pil,
)

RED, GREEN, WHITE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 1.0)


@pytest.fixture
def image():
    """Return a smooth picture `(1, 3, 30, 40)` in [0, 1]."""
    y, x = torch.meshgrid(
        torch.linspace(0, 1, 30), torch.linspace(0, 1, 40), indexing="ij"
    )
    return torch.stack([x, y, (x + y) / 2])[None]


@pytest.fixture
def colors():
    """Return four distinct pixels in a row, as uint8 `(1, 4, 3)`."""
    return np.array(
        [[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8
    )


def pixel(tensor, row, column):
    """Return one pixel as a tuple of three floats."""
    return tuple(round(float(v), 3) for v in tensor[0, :, row, column])


def png_chunk(kind, content):
    """Return one chunk of a PNG file."""
    checked = kind + content
    return (
        struct.pack(">I", len(content))
        + checked
        + struct.pack(">I", zlib.crc32(checked))
    )


def make_png(width, height, rows, *, bits=1, color=0):
    """Return a PNG file with the given size in its header and rows of pixels in it."""
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


class TestLoad:
    """Files of every kind."""

    def test_rgb(self, tmp_path, colors):
        """An ordinary picture: shape, dtype, range and order of the channels."""
        Image.fromarray(colors).save(tmp_path / "a.png")
        loaded = load_image(tmp_path / "a.png")
        assert loaded.shape == (1, 3, 1, 4) and loaded.dtype == torch.float32
        assert pixel(loaded, 0, 0) == RED and pixel(loaded, 0, 1) == GREEN
        assert loaded.is_contiguous()

    def test_text_path_is_as_good(self, tmp_path, colors):
        """A path may be a string."""
        Image.fromarray(colors).save(tmp_path / "a.png")
        assert torch.equal(
            load_image(str(tmp_path / "a.png")), load_image(tmp_path / "a.png")
        )

    @pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "ppm", "webp", "gif"])
    def test_formats(self, tmp_path, colors, kind):
        """Lossless formats give the same numbers."""
        Image.fromarray(colors).save(tmp_path / f"a.{kind}", lossless=True)
        loaded = load_image(tmp_path / f"a.{kind}")
        assert torch.allclose(loaded, from_pil(Image.fromarray(colors)), atol=0.01)

    def test_wrong_ending_is_read_all_the_same(self, tmp_path, colors):
        """A PNG that is called .jpg is a picture."""
        Image.fromarray(colors).save(tmp_path / "a.png")
        (tmp_path / "a.png").rename(tmp_path / "a.jpg")
        assert load_image(tmp_path / "a.jpg").shape == (1, 3, 1, 4)

    def test_grey(self, tmp_path):
        """Grey becomes three equal channels."""
        Image.new("L", (3, 2), 51).save(tmp_path / "a.png")
        assert pixel(load_image(tmp_path / "a.png"), 1, 2) == (0.2, 0.2, 0.2)

    def test_one_bit(self, tmp_path):
        """Black and white."""
        Image.new("1", (3, 2), 1).save(tmp_path / "a.png")
        assert pixel(load_image(tmp_path / "a.png"), 0, 0) == WHITE

    def test_grey_with_alpha(self, tmp_path):
        """Half transparent black over white is middle grey."""
        Image.new("LA", (3, 2), (0, 128)).save(tmp_path / "a.png")
        assert pixel(load_image(tmp_path / "a.png"), 0, 0) == (0.498, 0.498, 0.498)

    @pytest.mark.parametrize("kind", ["png", "tiff"])
    def test_sixteen_bit(self, tmp_path, kind):
        """The full range of 16 bits becomes [0, 1], not a white picture."""
        ramp = np.array([[0, 13107, 32768, 65535]], dtype=np.uint16)
        Image.fromarray(ramp).save(tmp_path / f"a.{kind}")
        loaded = load_image(tmp_path / f"a.{kind}")
        assert torch.allclose(
            loaded[0, 0, 0], torch.tensor([0, 0.2, 0.5, 1]), atol=0.003
        )

    def test_dark_sixteen_bit_stays_dark(self, tmp_path):
        """A night picture of 16 bits is not taken for one of 8 bits."""
        Image.fromarray(np.full((4, 4), 200, dtype=np.uint16)).save(tmp_path / "a.png")
        assert float(load_image(tmp_path / "a.png").max()) < 0.01

    def test_sixteen_bit_color(self, tmp_path):
        """16 bits a channel: Pillow keeps the upper eight."""
        row = b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 32768, 65535)
        (tmp_path / "a.png").write_bytes(make_png(2, 1, row, bits=16, color=2))
        loaded = load_image(tmp_path / "a.png")
        assert pixel(loaded, 0, 0) == RED
        assert pixel(loaded, 0, 1) == pytest.approx((0, 0.5, 1), abs=0.005)

    def test_float_tiff(self, tmp_path):
        """Floating point in [0, 1] keeps its values."""
        ramp = np.linspace(0, 1, 5, dtype=np.float32)[None]
        Image.fromarray(ramp).save(tmp_path / "a.tiff")
        loaded = load_image(tmp_path / "a.tiff")
        assert torch.allclose(loaded[0, 1, 0], torch.from_numpy(ramp[0]), atol=0.003)

    def test_float_tiff_with_nan(self, tmp_path):
        """NaN in a file is refused, not painted black."""
        ramp = np.array([[0.5, math.nan]], dtype=np.float32)
        Image.fromarray(ramp).save(tmp_path / "a.tiff")
        with pytest.raises(ValueError, match=r"a\.tiff.*NaN"):
            load_image(tmp_path / "a.tiff")

    def test_palette(self, tmp_path, colors):
        """Palette colours, not palette indices."""
        Image.fromarray(colors).quantize(8).save(tmp_path / "a.png")
        loaded = load_image(tmp_path / "a.png")
        assert torch.allclose(loaded, from_pil(Image.fromarray(colors)), atol=0.02)

    def test_palette_with_transparency(self, tmp_path):
        """A transparent palette entry is laid over white."""
        picture = Image.new("P", (2, 1))
        picture.putpalette([255, 0, 0, 0, 255, 0])
        picture.putdata([0, 1])
        picture.save(tmp_path / "a.png", transparency=1)
        loaded = load_image(tmp_path / "a.png")
        assert pixel(loaded, 0, 0) == RED and pixel(loaded, 0, 1) == WHITE

    def test_rgb_with_transparent_color(self, tmp_path):
        """An RGB picture may name one colour as transparent."""
        picture = Image.new("RGB", (2, 1), "red")
        picture.putpixel((1, 0), (0, 255, 0))
        picture.save(tmp_path / "a.png", transparency=(0, 255, 0))
        loaded = load_image(tmp_path / "a.png")
        assert pixel(loaded, 0, 0) == RED and pixel(loaded, 0, 1) == WHITE

    def test_rgba(self, tmp_path):
        """Transparent parts are white, half transparent ones are mixed."""
        picture = Image.new("RGBA", (3, 1), (255, 0, 0, 255))
        picture.putpixel((1, 0), (0, 0, 0, 0))
        picture.putpixel((2, 0), (0, 0, 0, 51))
        picture.save(tmp_path / "a.png")
        loaded = load_image(tmp_path / "a.png")
        assert pixel(loaded, 0, 0) == RED and pixel(loaded, 0, 1) == WHITE
        assert pixel(loaded, 0, 2) == (0.8, 0.8, 0.8)

    def test_cmyk(self, tmp_path):
        """Print colours become red, green and blue."""
        Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
        assert pixel(load_image(tmp_path / "a.jpg"), 4, 4) == pytest.approx(
            RED, abs=0.03
        )

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_rotation(self, tmp_path, orientation):
        """A picture is turned upright, whichever way the camera was held."""
        upright = Image.new("RGB", (20, 12), "white")
        upright.paste("red", (0, 0, 8, 6))  # top left, in the upright picture
        stored = upright
        undo = {
            2: [Image.Transpose.FLIP_LEFT_RIGHT],
            3: [Image.Transpose.ROTATE_180],
            4: [Image.Transpose.FLIP_TOP_BOTTOM],
            5: [Image.Transpose.TRANSPOSE],
            6: [Image.Transpose.ROTATE_90],
            7: [Image.Transpose.TRANSVERSE],
            8: [Image.Transpose.ROTATE_270],
        }
        for turn in undo.get(orientation, []):
            stored = stored.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(tmp_path / "a.png", exif=exif)
        loaded = load_image(tmp_path / "a.png")
        assert loaded.shape == (1, 3, 12, 20)
        assert pixel(loaded, 1, 1) == RED
        assert pixel(loaded, 10, 18) == WHITE

    def test_exif_rotation_and_size(self, tmp_path):
        """The shorter side is the upright picture's, also when a JPEG is drafted."""
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (400, 200), "red").save(tmp_path / "a.jpg", exif=exif)
        assert load_image(tmp_path / "a.jpg", size=20).shape == (1, 3, 40, 20)

    @pytest.mark.parametrize("kind", ["gif", "webp", "png"])
    def test_animation(self, tmp_path, kind):
        """Of an animation the first frame is taken."""
        frames = [Image.new("RGB", (4, 3), c) for c in ("red", "lime", "blue")]
        frames[0].save(
            tmp_path / f"a.{kind}",
            save_all=True,
            append_images=frames[1:],
            lossless=True,
        )
        loaded = load_image(tmp_path / f"a.{kind}")
        assert loaded.shape == (1, 3, 3, 4)
        assert pixel(loaded, 1, 1) == pytest.approx(RED, abs=0.02)

    def test_one_pixel(self, tmp_path):
        """1 x 1 is a picture, also when it is enlarged."""
        Image.new("RGB", (1, 1), "red").save(tmp_path / "a.png")
        assert load_image(tmp_path / "a.png").shape == (1, 3, 1, 1)
        large = load_image(tmp_path / "a.png", size=8)
        assert large.shape == (1, 3, 8, 8) and pixel(large, 3, 3) == RED

    def test_extreme_proportions(self, tmp_path):
        """A ribbon keeps its proportions."""
        Image.new("RGB", (300, 1), "red").save(tmp_path / "a.png")
        assert load_image(tmp_path / "a.png", size=2).shape == (1, 3, 2, 600)

    def test_missing(self, tmp_path):
        """No such file: the path is named."""
        with pytest.raises(ValueError, match=r"no picture at .*gone\.jpg"):
            load_image(tmp_path / "gone.jpg")

    def test_folder(self, tmp_path):
        """A folder is no picture."""
        with pytest.raises(ValueError, match="no picture at"):
            load_image(tmp_path)

    def test_text_named_jpg(self, tmp_path):
        """A text file called .jpg."""
        (tmp_path / "a.jpg").write_text("<html>404 Not Found</html>")
        with pytest.raises(ValueError, match=r"a\.jpg is not a picture"):
            load_image(tmp_path / "a.jpg")

    def test_empty_file(self, tmp_path):
        """A file of no bytes."""
        (tmp_path / "a.png").touch()
        with pytest.raises(ValueError, match="not a picture"):
            load_image(tmp_path / "a.png")

    @pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff", "gif", "bmp"])
    @pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
    def test_truncated(self, tmp_path, kind, part):
        """A download that was cut short, anywhere."""
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        path = tmp_path / f"a.{kind}"
        Image.fromarray(noise).save(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(ValueError, match=r"a\.\w+ is (damaged|not a picture)"):
            load_image(path)

    def test_damaged_header(self, tmp_path, colors):
        """Bytes overwritten in the middle of a PNG."""
        path = tmp_path / "a.png"
        Image.fromarray(colors).save(path)
        content = bytearray(path.read_bytes())
        content[20:40] = b"x" * 20
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.png"):
            load_image(path)

    @pytest.mark.parametrize("side", [20_000, 100_000])
    def test_enormous(self, tmp_path, side):
        """A one-bit picture of 50 kB and 400 million pixels is refused undecoded."""
        path = tmp_path / "a.png"
        path.write_bytes(make_png(side, side, bytes(2501 * 20_000)))
        tracemalloc.start()
        began = time.perf_counter()
        with pytest.raises(ValueError, match="at most 100 million pixels"):
            load_image(path, size=256)
        seconds = time.perf_counter() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seconds < 1 and peak < 5e6

    def test_over_the_limit(self, tmp_path):
        """Just over our own limit, below Pillow's: sizes are told."""
        path = tmp_path / "a.png"
        path.write_bytes(make_png(12_000, 10_000, bytes(10)))
        with pytest.raises(ValueError, match=r"12000x10000 pixels, 120 million"):
            load_image(path)

    def test_large_is_fine(self, tmp_path):
        """Under the limit nothing warns, and the whole is never held as floats."""
        Image.new("1", (9_600, 9_600), 1).save(tmp_path / "a.png")
        assert load_image(tmp_path / "a.png", size=16).shape == (1, 3, 16, 16)

    @pytest.mark.parametrize("size", [0, -4])
    def test_impossible_size(self, tmp_path, colors, size):
        """A size below one pixel."""
        Image.fromarray(colors).save(tmp_path / "a.png")
        with pytest.raises(ValueError, match="size"):
            load_image(tmp_path / "a.png", size=size)

    def test_size_is_the_shorter_side(self, tmp_path):
        """Proportions are kept, `square` cuts the middle out."""
        picture = Image.new("RGB", (90, 60), "white")
        picture.paste("red", (15, 0, 75, 60))  # the middle square
        picture.save(tmp_path / "a.png")
        assert load_image(tmp_path / "a.png", size=30).shape == (1, 3, 30, 45)
        square = load_image(tmp_path / "a.png", size=30, square=True)
        assert square.shape == (1, 3, 30, 30)
        assert torch.allclose(square[0, 1], torch.zeros(30, 30), atol=0.02)
        assert load_image(tmp_path / "a.png", square=True).shape == (1, 3, 60, 60)

    def test_draft_changes_little(self, tmp_path):
        """The cheap decoding of a large JPEG gives nearly the same small picture."""
        generator = np.random.default_rng(0)
        small = generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        large = Image.fromarray(small).resize((1200, 800), Image.Resampling.BICUBIC)
        large.save(tmp_path / "a.jpg", quality=95)
        large.save(tmp_path / "a.png")
        drafted, whole = (
            load_image(tmp_path / f"a.{k}", size=64) for k in ("jpg", "png")
        )
        assert drafted.shape == whole.shape
        assert float((drafted - whole).abs().mean()) < 0.03


class TestSave:
    """Whole or not at all."""

    @pytest.mark.parametrize(
        "kind", ["png", "jpg", "jpeg", "webp", "bmp", "tiff", "PNG"]
    )
    def test_round_trip(self, image, tmp_path, kind):
        """What was saved comes back, within eight bits or JPEG's loss."""
        path = save_image(image, tmp_path / f"a.{kind}")
        loaded = load_image(path)
        exact = kind.lower() in ("png", "bmp", "tiff")
        error = float((loaded - image).abs().mean())
        assert error < (1 / 255 if exact else 0.02)
        assert [p.name for p in tmp_path.iterdir()] == [f"a.{kind}"]

    def test_file_is_readable_by_others(self, image, tmp_path):
        """A saved picture is not private to its writer."""
        path = save_image(image, tmp_path / "a.png")
        assert path.stat().st_mode & 0o444 == 0o444

    def test_overwrites(self, image, tmp_path):
        """An existing file is replaced."""
        (tmp_path / "a.png").write_text("old")
        save_image(image, tmp_path / "a.png")
        assert load_image(tmp_path / "a.png").shape == image.shape

    @pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
    def test_failure_leaves_nothing(self, image, tmp_path, monkeypatch, error):
        """A full disk or Ctrl-C: no half file, and the old one untouched."""

        def fail(self, stream, **settings):
            stream.write(b"half a pic")
            raise error

        (tmp_path / "a.png").write_text("old")
        monkeypatch.setattr(Image.Image, "save", fail)
        with pytest.raises(type(error)):
            save_image(image, tmp_path / "a.png")
        assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
        assert (tmp_path / "a.png").read_text() == "old"

    @pytest.mark.parametrize("name", ["a.txt", "a", "a.xyz", ".png/a"])
    def test_unknown_ending(self, image, tmp_path, name):
        """The ending chooses the format, so it must be one."""
        with pytest.raises(ValueError, match="cannot write"):
            save_image(image, tmp_path / name)
        assert list(tmp_path.iterdir()) == []

    def test_no_folder(self, image, tmp_path):
        """Folders are not made silently."""
        with pytest.raises(ValueError, match="no folder"):
            save_image(image, tmp_path / "gone" / "a.png")

    def test_name_of_a_folder(self, image, tmp_path):
        """A folder in the way is not replaced."""
        (tmp_path / "a.png").mkdir()
        with pytest.raises(ValueError, match="is a folder"):
            save_image(image, tmp_path / "a.png")

    def test_no_right_to_write(self, tmp_path, monkeypatch):
        """Known before any work is done."""
        monkeypatch.setattr(images.os, "access", lambda *a: False)
        with pytest.raises(ValueError, match="no right to write"):
            check_destination(tmp_path / "a.png")

    def test_destination_gives_the_format(self, tmp_path):
        """`check_destination` makes no file."""
        assert check_destination(tmp_path / "a.jpg") == "JPEG"
        assert list(tmp_path.iterdir()) == []

    def test_nan_writes_nothing(self, image, tmp_path):
        """A broken picture is refused before a file is opened."""
        with pytest.raises(ValueError, match="NaN"):
            save_image(image * math.nan, tmp_path / "a.png")
        assert list(tmp_path.iterdir()) == []


class TestConvert:
    """Between Pillow and tensors."""

    def test_round_trip(self, image):
        """Eight bits survive both ways exactly."""
        coarse = (image * 255).round() / 255
        assert torch.allclose(from_pil(to_pil(coarse)), coarse, atol=1e-6)

    def test_rounding_is_to_the_nearest(self):
        """0.999 is white, not 254."""
        assert to_pil(torch.full((1, 3, 1, 1), 0.999)).getpixel((0, 0)) == (255,) * 3

    def test_without_batch_axis(self, image):
        """(3, H, W) is accepted, since figures often have one."""
        assert to_pil(image[0]).size == (40, 30)

    def test_first_of_a_batch(self, image):
        """Of a batch the first picture is taken."""
        pair = torch.cat([image, 1 - image])
        assert to_pil(pair).tobytes() == to_pil(image).tobytes()

    def test_gradient_is_no_obstacle(self, image):
        """A picture being optimized can be shown."""
        assert to_pil(image.requires_grad_(True)).size == (40, 30)

    def test_half_precision(self, image):
        """Half precision's rounding just over 1 is forgiven."""
        assert to_pil(image.bfloat16()).size == (40, 30)
        assert to_pil(torch.full((1, 3, 2, 2), 1.0005)).getpixel((0, 0)) == (255,) * 3


class TestResize:
    """Sizes and values."""

    @pytest.mark.parametrize(
        "size, shape",
        [(15, (15, 20)), (60, (60, 80)), ((7, 9), (7, 9)), (1, (1, 1)), (30, (30, 40))],
    )
    def test_shapes(self, image, size, shape):
        """The shorter side, or both."""
        assert resize(image, size).shape[-2:] == shape

    def test_stays_in_range(self):
        """Bicubic overshoot at an edge is cut off."""
        step = torch.zeros(1, 3, 8, 8)
        step[..., 4:] = 1
        large = resize(step, 64)
        assert float(large.min()) >= 0 and float(large.max()) <= 1

    def test_antialiased(self):
        """A fine checkerboard becomes grey, not a coarse checkerboard."""
        board = (torch.arange(64)[:, None] + torch.arange(64)) % 2
        small = resize(board.float().expand(1, 3, 64, 64), 16)
        assert float((small - 0.5).abs().max()) < 0.05

    def test_flat_stays_flat(self):
        """A flat colour keeps its value exactly to rounding."""
        flat = torch.full((1, 3, 10, 14), 0.3)
        assert torch.allclose(resize(flat, 33), torch.tensor(0.3), atol=1e-5)

    @pytest.mark.parametrize("size", [0, -1, (0, 5), (5, -1), (20_000, 20_000), 30_000])
    def test_impossible(self, image, size):
        """Nothing, less than nothing, and more than memory."""
        with pytest.raises(ValueError, match="size"):
            resize(image, size)

    @pytest.mark.parametrize("size", [1.5, "large", (3,), (1, 2, 3), None])
    def test_nonsense(self, image, size):
        """What is no size at all."""
        with pytest.raises(ValueError, match="size"):
            resize(image, size)


class TestCrop:
    """The middle."""

    def test_middle(self, image):
        """Equal margins, to the pixel."""
        assert torch.equal(center_crop(image, 10), image[..., 10:20, 15:25])
        assert torch.equal(center_crop(image, (30, 38)), image[..., :, 1:39])

    @pytest.mark.parametrize("size", [31, (30, 41), 0, -2, (5, 0)])
    def test_impossible(self, image, size):
        """Larger than the picture, or empty."""
        with pytest.raises(ValueError, match="cut"):
            center_crop(image, size)


class TestCheck:
    """The door every picture goes through."""

    @pytest.mark.parametrize("shape", [(1, 3, 4, 4), (5, 3, 1, 7)])
    def test_good(self, shape):
        """Good pictures pass silently."""
        assert check_image(torch.rand(shape)) is None

    BAD = (
        (torch.rand(3, 4, 4), r"shape \(3, 4, 4\)"),
        (torch.rand(1, 4, 4, 4), r"shape \(1, 4, 4, 4\)"),
        (torch.rand(1, 4, 4, 3), r"shape \(1, 4, 4, 3\)"),
        (torch.rand(1, 1, 4, 4), "shape"),
        (torch.rand(0, 3, 4, 4), "shape"),
        (torch.rand(1, 3, 0, 4), "shape"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "divide by 255"),
        (torch.full((1, 3, 4, 4), math.nan), "NaN"),
        (torch.full((1, 3, 4, 4), math.inf), "infinite"),
        (torch.full((1, 3, 4, 4), 255.0), "divide by 255"),
        (torch.full((1, 3, 4, 4), -1.0), "from -1 to -1"),
        (np.zeros((1, 3, 4, 4)), "ndarray"),
        (None, "NoneType"),
        ("photo.jpg", "load_image"),
    )

    @pytest.mark.parametrize("bad, hint", BAD)
    def test_bad(self, bad, hint):
        """The message names what came and whose it was."""
        with pytest.raises(ValueError, match=hint) as error:
            check_image(bad, "style")
        assert "style" in str(error.value)

    @pytest.mark.parametrize("bad", [torch.rand(4, 4), torch.rand(2, 2, 3, 4, 4), None])
    def test_to_pil_refuses(self, bad):
        """`to_pil` has the same door, whatever came."""
        with pytest.raises(ValueError):
            to_pil(bad)


def test_inputs_are_left_unchanged(image, tmp_path):
    """No function writes into its argument."""
    before = image.clone()
    resize(image, 12), resize(image, 30), center_crop(image, 8), to_pil(image)
    save_image(image, tmp_path / "a.jpg")
    check_image(image)
    assert torch.equal(image, before)

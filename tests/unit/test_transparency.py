"""Pictures with their transparency: what is read and written, what is refused."""

import pytest
import torch
from PIL import Image

from fst_lessons.transparency import load_layers, save_layers


def picture(mode, color):
    return Image.new(mode, (6, 4), color)


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("L", 51, [0.2]),
        ("1", 1, [1.0]),
        ("I;16", 13107, [0.2]),
        ("F", 0.2, [0.2]),
        ("RGB", (51, 102, 153), [0.2, 0.4, 0.6]),
        ("RGBA", (51, 102, 153, 204), [0.2, 0.4, 0.6, 0.8]),
        ("LA", (51, 204), [0.2, 0.2, 0.2, 0.8]),
        ("CMYK", (0, 0, 0, 0), [1.0, 1.0, 1.0]),
    ],
)
def test_channels_as_they_are(mode, color, expected, tmp_path):
    path = tmp_path / ("x.tif" if mode in ("F", "CMYK") else "x.png")
    picture(mode, color).save(path)
    layers = load_layers(path)
    assert layers.shape == (1, len(expected), 4, 6)
    assert layers[0, :, 0, 0].tolist() == pytest.approx(expected, abs=1e-3)
    assert torch.equal(load_layers(path.read_bytes()), layers)


def test_a_palette_may_be_transparent(tmp_path):
    paletted = picture("P", 1)
    paletted.putpalette([0, 0, 0, 255, 0, 0])
    paletted.save(tmp_path / "solid.png")
    paletted.save(tmp_path / "hole.png", transparency=1)
    assert load_layers(tmp_path / "solid.png")[0, :, 0, 0].tolist() == [1, 0, 0]
    assert load_layers(tmp_path / "hole.png")[0, :, 0, 0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("ending", ["png", "webp", "jpg"])
def test_what_is_written_is_read_again(channels, ending, tmp_path):
    path = tmp_path / f"x.{ending}"
    image = torch.full((1, channels, 5, 7), 0.6)
    if channels == 4 and ending == "jpg":
        with pytest.raises(ValueError, match="cannot keep transparency"):
            save_layers(image, path)
        assert not path.exists()
        return
    save_layers(image, path)
    wanted = 3 if (channels, ending) == (1, "webp") else channels  # it has no grey
    again = load_layers(path)
    assert again.shape == (1, wanted, 5, 7)
    torch.testing.assert_close(again, image.expand_as(again), atol=0.02, rtol=0)


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_what_is_no_picture_is_refused(content, tmp_path):
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"no picture at|not a picture|damaged"):
        load_layers(path)

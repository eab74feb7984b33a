"""Load, save and resize pictures. Everywhere a picture is RGB in [0, 1].

A picture is a float32 tensor `(N, 3, H, W)`. Normalization is the loss network's
affair, not the picture's.
"""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .destinations import check_place

MAX_MEGAPIXELS = 100  # beyond this a picture needs more memory than a laptop has


def load_image(
    path: str | Path | bytes, *, size: int | None = None, square: bool = False
) -> Tensor:
    """Return a picture from a file as RGB in [0, 1].

    Turned as its EXIF tag says; grey, palette, CMYK and 16-bit pictures become RGB;
    transparent parts are laid over white; of an animation the first frame is taken.

    Args:
        path: any file that Pillow can read, or such a file's bytes.
        size: length of the shorter side in pixels; None keeps the picture's own.
        square: cut the middle square out (before resizing to `size` x `size`).

    Returns:
        `(1, 3, H, W)`, float32, in [0, 1].

    Raises:
        ValueError: no such file, not a picture, truncated, or over 100 megapixels; a
            size below one pixel.
    """
    if size is not None:
        _check_size(size)
    picture = open_picture(path, size=size)
    image = from_pil(_shrink(_to_rgb(picture, _name(path)), size))
    if square:
        image = center_crop(image, min(image.shape[-2:]))
    return image if size is None else resize(image, size)


def open_picture(path: str | Path | bytes, *, size: int | None = None) -> Image.Image:
    """Return the picture in a file as it is stored, turned as its EXIF tag says.

    Args:
        path: any file that Pillow can read, or such a file's bytes.
        size: the shorter side that is wanted; a JPEG may then be decoded smaller.

    Raises:
        ValueError: no such file, not a picture, truncated, or over 100 megapixels.
    """
    source, name = _open_source(path), _name(path)
    try:
        with warnings.catch_warnings():
            # this module's own limit, below, says what to do
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                _check_megapixels(opened, name)
                opened.draft(None, _draft_size(opened, size))
                return ImageOps.exif_transpose(opened)
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{name} is too large; at most {MAX_MEGAPIXELS} million pixels fit, "
            "shrink it first"
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{name} is not a picture Pillow can read; expected JPEG, PNG, WebP, ..."
        ) from error
    except (OSError, SyntaxError) as error:
        raise ValueError(
            f"{name} is damaged or cut short ({error}); fetch it again"
        ) from error


def _open_source(path: str | Path | bytes) -> Path | io.BytesIO:
    """Return what Pillow shall open."""
    if isinstance(path, bytes):
        return io.BytesIO(path)
    if not Path(path).is_file():
        raise ValueError(f"no picture at {path}; check the path")
    return Path(path)


def _name(path: str | Path | bytes) -> str:
    return "the uploaded file" if isinstance(path, bytes) else str(path)


def _check_megapixels(picture: Image.Image, path: str) -> None:
    megapixels = picture.width * picture.height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise ValueError(
            f"{path} has {picture.width}x{picture.height} pixels, {megapixels:.0f} "
            f"million; at most {MAX_MEGAPIXELS} million pixels fit, shrink it first"
        )


def _draft_size(picture: Image.Image, size: int | None) -> tuple[int, int]:
    """Return the size a JPEG may be decoded at: cheap, not below what is wanted."""
    if size is None:
        return picture.size
    scale = min(1.0, 2 * size / min(picture.size))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _shrink(picture: Image.Image, size: int | None) -> Image.Image:
    """Return a picture at most some four times `size`: a quick way through memory."""
    factor = 1 if size is None else min(picture.size) // (2 * size)
    return picture.reduce(factor) if factor > 1 else picture


def _to_rgb(picture: Image.Image, path: str) -> Image.Image:
    if picture.mode.startswith(("I", "F")):  # 16 or 32 bits a pixel, grey
        picture = Image.fromarray(_to_eight_bits(picture, path))
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return picture.convert("RGB")


def _to_eight_bits(picture: Image.Image, path: str) -> np.ndarray:
    """Return deep grey values, integers or floats, as `(H, W)` uint8."""
    values = np.asarray(picture, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{path} holds NaN or infinite values")
    tops = (1.0, 255.0, 65535.0) if picture.mode == "F" else (65535.0,)
    top = next((top for top in tops if values.max() <= top), values.max())
    return (values / top * 255).round().clip(0, 255).astype(np.uint8)


def from_pil(picture: Image.Image) -> Tensor:
    """Return a Pillow picture as `(1, 3, H, W)` float32 in [0, 1]."""
    values = np.array(picture.convert("RGB"))
    return torch.from_numpy(values).permute(2, 0, 1)[None].float().div(255).contiguous()


def to_pil(image: Tensor) -> Image.Image:
    """Return an `image`, `(3, H, W)`, or the first of `(N, 3, H, W)`, for Pillow.

    Raises:
        ValueError: another shape, NaN, or values far outside [0, 1].
    """
    if isinstance(image, Tensor) and image.ndim == 3:
        image = image[None]
    check_image(image, "picture")
    values = image[0].detach().cpu().clamp(0, 1).mul(255).round().byte()
    return Image.fromarray(values.permute(1, 2, 0).numpy())


def save_image(image: Tensor, path: str | Path, *, quality: int = 92) -> Path:
    """Write the first picture of a batch to a file, whole or not at all.

    Args:
        image: `(N, 3, H, W)` in [0, 1].
        path: the name's ending chooses the format (.png, .jpg, .webp, ...).
        quality: of JPEG and WebP, 1 to 100.

    Returns:
        The path.

    Raises:
        ValueError: not a picture; an ending Pillow cannot write; no such folder.
    """
    return save_picture(to_pil(image), path, quality=quality)


def save_picture(picture: Image.Image, path: str | Path, *, quality: int = 92) -> Path:
    """Write a Pillow picture and return its path; arguments as in `save_image`."""
    path = Path(path)
    kind = check_destination(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            picture.save(stream, format=kind, quality=quality)
        Path(temporary).chmod(0o644)  # mkstemp makes files private
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def check_destination(path: str | Path) -> str:
    """Return the format a picture at `path` is saved in; worth knowing before work.

    Raises:
        ValueError: an ending Pillow cannot write, no such folder, or no right to write.
    """
    path = Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise ValueError(
            f"cannot write {path.name!r}; end the name in .png, .jpg or .webp"
        )
    check_place(path)
    return kind


def resize(image: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Return a picture resized with antialiasing.

    Args:
        image: `(N, 3, H, W)` in [0, 1].
        size: the shorter side's length, the other in proportion; or (height, width).

    Raises:
        ValueError: not a picture, or a size below one pixel.
    """
    check_image(image, "picture")
    _check_size(size)
    height, width = image.shape[-2:]
    if isinstance(size, int):
        scale = size / min(height, width)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
    if size[0] * size[1] > MAX_MEGAPIXELS * 1e6:
        raise ValueError(
            f"a size of {size[0]}x{size[1]} is over {MAX_MEGAPIXELS} million pixels; "
            "choose a smaller one"
        )
    if tuple(size) == (height, width):
        return image
    # bicubic overshoots at edges, hence the clamp
    return F.interpolate(image, size, mode="bicubic", antialias=True).clamp(0, 1)


def soften(image: Tensor, sigma: float) -> Tensor:
    """Return a picture blurred by a Gaussian, reflected at the border.

    Args:
        image: `(N, C, H, W)`.
        sigma: standard deviation in pixels, 0 for none.

    Raises:
        ValueError: a negative sigma, or a picture too small for it.
    """
    if not 0 <= sigma < float("inf"):
        raise ValueError(f"sigma must be 0 or more, got {sigma}")
    reach = int(np.ceil(4 * sigma))
    if min(image.shape[-2:]) <= reach:
        height, width = image.shape[-2:]
        raise ValueError(
            f"a picture of {width}x{height} is too small for sigma {sigma}"
        )
    if not sigma:
        return image
    # imported here: torchvision takes as long to load as torch
    from torchvision.transforms.functional import gaussian_blur

    return gaussian_blur(image, [2 * reach + 1] * 2, [sigma] * 2)


def _check_size(size: int | tuple[int, int]) -> None:
    numbers = [size] if isinstance(size, int) else size
    if (
        not isinstance(numbers, (list, tuple))
        or len(numbers) != (1 if isinstance(size, int) else 2)
        or not all(isinstance(n, int) and n >= 1 for n in numbers)
    ):
        raise ValueError(
            f"the size is {size!r}; expected pixels, a whole number from 1 up, or "
            "(height, width)"
        )


def center_crop(image: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Return the middle of a picture.

    Args:
        image: `(N, 3, H, W)`.
        size: side of a square, or (height, width).

    Raises:
        ValueError: the picture is smaller than that, or nothing would be left.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if not (0 < height <= image.shape[-2] and 0 < width <= image.shape[-1]):
        came = f"{image.shape[-2]}x{image.shape[-1]}"
        raise ValueError(f"cannot cut {height}x{width} out of a picture of {came}")
    top, left = (image.shape[-2] - height) // 2, (image.shape[-1] - width) // 2
    return image[..., top : top + height, left : left + width]


def check_image(image: Tensor, name: str = "picture") -> None:
    """Raise ValueError unless `image` is `(N, 3, H, W)`, floating, in [0, 1].

    Args:
        image: what came.
        name: what to call it in the message.
    """
    if not isinstance(image, Tensor):
        raise ValueError(
            f"the {name} is a {type(image).__name__}; expected a tensor, see load_image"
        )
    if image.ndim != 4 or image.shape[1] != 3 or 0 in image.shape:
        raise ValueError(
            f"the {name} has shape {tuple(image.shape)}; expected (N, 3, height, width)"
        )
    if not image.is_floating_point():
        raise ValueError(
            f"the {name} is {image.dtype}; expected floating point in [0, 1]: "
            "divide by 255"
        )
    image = image.detach()
    if not torch.isfinite(image).all():
        raise ValueError(f"the {name} holds NaN or infinite values")
    low, high = float(image.min()), float(image.max())
    if low < -1e-3 or high > 1 + 1e-3:  # rounding of half precision is forgiven
        raise ValueError(
            f"the {name} has values from {low:.3g} to {high:.3g}; expected RGB in "
            "[0, 1]: divide by 255, and leave normalization to the loss network"
        )

"""Tensors of photographs, and readers that are given every kind of file."""

import numpy as np
import pytest
import torch
from PIL import Image

from fst_lessons.doctor_pictures import SIDE, examine_photo, examine_reader
from fst_lessons.images import load_image

PHOTO = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def ills(readings):
    return [reading.name for reading in readings if reading.ill]


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        (PHOTO[0], "number of axes"),
        (PHOTO[None], "number of axes"),
        (PHOTO.permute(0, 2, 3, 1), "channels last"),
        (PHOTO[:, [0, 1, 2, 2]].permute(0, 2, 3, 1), "channels last"),
        (PHOTO[:, [0, 1, 2, 2]], "alpha channel"),
        (PHOTO[:, :1], "grey picture"),
        (PHOTO / 0, "not finite"),
        (255 * PHOTO, "values 0 to 255"),
        ((255 * PHOTO).byte(), "values 0 to 255"),
        (PHOTO / 255, "divided twice"),
        (torch.zeros_like(PHOTO), "divided twice"),
        (2 * PHOTO - 1, "normalized already"),
        (255 * PHOTO - 120, "normalized already"),
        (PHOTO[..., :-1], "too small"),
    ],
)
def test_one_fault_one_finding(photo, name):
    assert ills(examine_photo(photo)) == [name]


@pytest.mark.parametrize(
    "photo",
    [PHOTO, PHOTO.half(), PHOTO.double(), PHOTO.repeat(3, 1, 1, 2), PHOTO.numpy(),
     0.1 * PHOTO, PHOTO.requires_grad_(True)],
)  # fmt: skip
def test_healthy_photographs(photo):
    if isinstance(photo, torch.Tensor):
        assert ills(examine_photo(photo)) == []
    else:
        assert ills(examine_photo(np.asarray(photo))) == []


def test_a_reading_says_what_came():
    (reading,) = [r for r in examine_photo(PHOTO[0], where="cat.jpg") if r.ill]
    assert (reading.value, reading.where) == (3, "cat.jpg, shape (3, 64, 64)")


def test_the_packages_reader_is_healthy():
    assert ills(examine_reader(load_image)) == []


def test_a_reader_may_resize():
    assert ills(examine_reader(lambda path: load_image(path, size=70))) == []


def test_a_naive_reader_fails_where_it_should():
    def naive(path):
        values = np.array(Image.open(path).convert("RGB"))
        return torch.from_numpy(values).permute(2, 0, 1)[None] / 255

    assert ills(examine_reader(naive)) == [
        "EXIF turn ignored",
        "transparency turned black",
    ]


def test_a_fault_of_every_file_is_told_once():
    def bytes_of(path):
        return 255 * load_image(path)

    assert ills(examine_reader(bytes_of)) == ["values 0 to 255"]


def test_a_reader_that_stops_at_one_kind():
    def picky(path):
        if path.endswith("cmyk.jpg"):
            raise OSError("cannot write mode CMYK")
        return load_image(path)

    (reading,) = [r for r in examine_reader(picky) if r.ill]
    assert reading.name == "reader of pictures stops"
    assert "cmyk.jpg: cannot write mode CMYK" in reading.symptom.cause

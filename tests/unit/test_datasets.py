"""Folders of photographs: what is read, what is skipped, what is cut."""

import random

import pytest
import torch
from PIL import Image

from fst_lessons.datasets import list_pictures, load_folder, random_crops


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (80, 60), (255, 0, 0)).save(tmp_path / "red.png")
    Image.new("L", (900, 700), 128).save(tmp_path / "deep" / "grey.JPG")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.jpg").write_text("no picture either")
    return tmp_path


def test_lists_pictures_only(folder):
    assert [p.name for p in list_pictures(folder)] == [
        "broken.jpg",
        "grey.JPG",
        "red.png",
    ]


def test_reads_what_it_can_and_reports_the_rest(folder):
    photos, skipped = load_folder(folder, longest=100, progress=False)
    assert [tuple(p.shape) for p in photos] == [(1, 3, 100, 129), (1, 3, 60, 80)]
    assert all(p.dtype == torch.uint8 for p in photos)
    assert [p.name for p in skipped] == ["broken.jpg"]
    assert "not a picture" in next(iter(skipped.values()))


def test_crops_have_the_size_asked_even_from_small_photographs(folder):
    photos, _ = load_folder(folder, longest=100, progress=False)
    crops = random_crops(photos, 6, size=64, generator=random.Random(0))
    assert crops.shape == (6, 3, 64, 64)
    assert 0 <= crops.min() and crops.max() <= 1


def test_crops_follow_the_generator(folder):
    photos = [torch.randint(0, 256, (1, 3, 90, 90), dtype=torch.uint8)]
    a, b, c = (
        random_crops(photos, 2, size=32, generator=random.Random(s)) for s in (0, 0, 1)
    )
    assert torch.equal(a, b) and not torch.equal(a, c)


@pytest.mark.parametrize("make", [False, True])
def test_missing_or_empty_folder(tmp_path, make):
    folder = tmp_path / "photos"
    if make:
        folder.mkdir()
    with pytest.raises(ValueError, match="no picture in" if make else "no folder"):
        load_folder(folder)


def test_nothing_readable(tmp_path):
    (tmp_path / "a.jpg").write_text("x")
    with pytest.raises(ValueError, match="none of the 1 pictures"):
        load_folder(tmp_path, progress=False)

"""The style pictures: the same every time, fully painted, unlike each other."""

import ast
import inspect
from functools import cache

import numpy as np
import pytest
import torch

from fst_lessons import assets
from fst_lessons.painting import STYLES, canvas, paint_style, tiles
from fst_lessons.painting.__main__ import main

SIZE = 128


@cache
def picture(name):
    return paint_style(name, size=SIZE)


@pytest.mark.parametrize("name", STYLES)
def test_a_picture_is_full_of_paint(name):
    image = picture(name)
    assert image.shape == (1, 3, SIZE, SIZE)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert image.max() <= 1
    patches = torch.nn.functional.unfold(image, 16, stride=16)[0]
    spread = patches.reshape(3, 256, -1).std(1).amax(0)
    # at most a few squares of the canvas are calm, and none is bare
    assert spread.min() > 0.004
    assert (spread < 0.03).float().mean() < 0.15
    assert image.std() > 0.12


@pytest.mark.parametrize("name", STYLES)
def test_the_same_seed_paints_the_same_picture(name):
    assert torch.equal(paint_style(name, size=SIZE), picture(name))


@pytest.mark.parametrize("name", ["woodblock", "marbling", "gold"])
def test_another_seed_paints_another_picture(name):
    other = paint_style(name, size=SIZE, seed=1)
    assert (other - picture(name)).abs().mean() > 0.01


def test_palettes_are_distinct():
    histograms = []
    for name in STYLES:
        bins = (picture(name)[0] * 3.999).long().reshape(3, -1)
        code = bins[0] * 16 + bins[1] * 4 + bins[2]
        histograms.append(torch.bincount(code, minlength=64) / code.numel())
    table = torch.stack(histograms)
    apart = torch.cdist(table, table, p=1) / 2
    assert (apart + torch.eye(len(table))).min() > 0.25


def test_colors_are_strong():
    for name in STYLES:
        image = picture(name)[0]
        assert (image.amax(0) - image.amin(0)).mean() > 0.2, name


def test_unknown_names_and_sizes_are_refused():
    with pytest.raises(ValueError, match="did you mean marbling"):
        paint_style("marblin")
    with pytest.raises(ValueError, match="there are: nocturne"):
        paint_style("qqqqqq")
    with pytest.raises(ValueError, match="64 to 2048"):
        paint_style("gold", size=32)


def test_every_painting_is_bundled():
    assert assets.style_names() == sorted(STYLES)
    for name in STYLES:
        entry = assets.manifest()[f"styles/{name}.jpg"]
        assert (entry["width"], entry["height"]) == (768, 768)


def test_the_command_paints_into_a_folder(tmp_path):
    assert main([str(tmp_path / "out"), "--size", "96", "--only", "gold"]) == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["gold.jpg"]


def test_chance_comes_from_the_generator_alone():
    for painter in STYLES.values():
        tree = ast.parse(inspect.getsource(inspect.getmodule(painter)))
        used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert "default_rng" not in used
        assert "seed" not in used


def test_noise_is_smooth_and_in_range():
    plane = canvas.noise(200, 6, np.random.default_rng(0), 3)
    assert abs(plane).max() < 1.3
    assert abs(np.diff(plane, axis=0)).max() < 0.2


def test_blur_keeps_the_mean_and_a_flat_plane():
    flat = np.full((40, 40), 0.3, np.float32)
    assert canvas.blur(flat, 4) == pytest.approx(flat, abs=1e-5)


def test_relief_leaves_flat_paint_alone():
    image = np.full((20, 20, 3), 0.5, np.float32)
    lit = canvas.relief(image, np.full((20, 20), 3.0), depth=2.0)
    assert lit == pytest.approx(image)


def test_a_spline_meets_its_points():
    points = [(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]
    curve = canvas.spline(points, each=10)
    assert curve[[0, 10, 20]] == pytest.approx(np.array(points))


@pytest.mark.parametrize("square", [True, False])
def test_a_tile_holds_what_is_nearest_to_its_seed(square):
    rng = np.random.default_rng(3)
    seeds, angle = tiles.scatter(120, rng), np.full((8, 8), 0.4)
    owner, gap = tiles.tessellate(60, seeds, angle, square=square)
    axis = (np.arange(60) + 0.5) / 60
    away = np.stack(np.meshgrid(axis, axis), -1)[:, :, None] - seeds
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    far = np.linalg.norm(away @ turn, np.inf if square else 2, axis=-1)
    assert (owner == far.argmin(-1)).mean() > 0.98
    assert gap.min() >= 0


def test_settling_makes_tiles_more_equal():
    seeds, angle = tiles.scatter(200, np.random.default_rng(0)), np.zeros((96, 96))
    settled = tiles.settle(seeds, angle, rounds=6)

    def spread(places):
        owner, _ = tiles.tessellate(96, places, angle)
        return np.bincount(owner.ravel(), minlength=len(places)).std()

    assert spread(settled) < 0.7 * spread(seeds)

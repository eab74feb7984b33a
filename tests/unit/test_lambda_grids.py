"""Grids of pictures: a tiny one made here, and the one that comes with the book."""

import json
import shutil

import pytest
import torch

from fst_lessons import assets, grids, lambda_grids
from fst_lessons.images import resize, save_image
from fst_lessons.loss_network import load_loss_network

PAIR = grids.Pair("hill", "dots", "Hill × Dots", "a hill in dots")
RECIPE = grids.GridRecipe(
    style_weights=(1.0, 100.0),
    tv_weights=(0.0, 2.0),
    default=(1, 1),
    size=32,
    style_size=40,
    num_steps=2,
    sheet_bytes=20_000,
)


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket", weights=None, seed=1)


@pytest.fixture(scope="module")
def first(tmp_path_factory, network):
    """Return a data folder with one photograph, one style picture and their grid."""
    data = tmp_path_factory.mktemp("data")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # quicker for tiny pictures
    generator = torch.Generator().manual_seed(0)
    entries = []
    for kind, name, shape in (("photo", "hill", (40, 50)), ("style", "dots", (64, 48))):
        path = data / f"{kind}s" / f"{name}.png"
        path.parent.mkdir()
        save_image(resize(torch.rand(1, 3, 4, 4, generator=generator), shape), path)
        entry = {
            "path": f"{kind}s/{name}.png",
            "kind": kind,
            "licence": "CC0-1.0",
            "author": "A",
        }
        entries.append({**entry, "sha256": assets.sha256_of(path)})
    (data / "manifest.json").write_text(json.dumps(entries))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "_data_folder", lambda: data)
        make(data, network)
    yield data
    torch.set_num_threads(threads)


@pytest.fixture
def data(first, tmp_path, monkeypatch):
    """Return a copy of that folder, in the place of the bundled one."""
    copy = shutil.copytree(first, tmp_path / "data")
    monkeypatch.setattr(assets, "_data_folder", lambda: copy)
    return copy


def make(data, network):
    """Return what the grid's JSON says; paint what is not on the shelf."""
    return lambda_grids.make_grid(
        data / grids.FOLDER,
        pairs=[PAIR],
        recipe=RECIPE,
        loss_network=network,
        cache=data / "shelf",
    )


def test_what_is_written_can_be_read(data):
    grid = grids.load_grid()
    assert grid.recipe == RECIPE
    assert len(grid.sheets[0]) <= RECIPE.sheet_bytes
    assert grid.picture(0, 1, 1).shape == (1, 3, 32, 32)
    assert set(grid.losses(0, 0, 0)) == set(grids.TERMS)
    assert grid.pairs[0]["photo_sha256"] == assets.sha256_of(assets.photo_path("hill"))


def test_a_cell_is_a_plain_result_of_the_recipe(data, network):
    grid = grids.load_grid()
    content, style = grids.load_inputs("hill", "dots", RECIPE)
    image, losses = lambda_grids.paint_cell(
        content,
        style,
        style_weight=RECIPE.style_weights[1],
        tv_weight=RECIPE.tv_weights[1],
        loss_network=network,
        recipe=RECIPE,
    )
    stored = grid.losses(0, 1, 1)
    assert list(stored.values()) == pytest.approx(losses, rel=1e-2)
    assert (grid.picture(0, 1, 1) - image).abs().mean() < 0.1  # WebP takes its share


def test_the_total_is_the_weighted_sum(data):
    grid = grids.load_grid()
    for row, tv_weight in enumerate(RECIPE.tv_weights):
        for column, style_weight in enumerate(RECIPE.style_weights):
            cell = grid.losses(0, row, column)
            total = (
                cell["content"] + style_weight * cell["style"] + tv_weight * cell["tv"]
            )
            assert cell["total"] == pytest.approx(total, rel=5e-3)


def test_goes_on_where_it_was(data, network, monkeypatch):
    whole = grids.load_grid().pairs
    next((data / "shelf").glob("*.json")).unlink()
    painted = []
    plain = lambda_grids.paint_cell
    monkeypatch.setattr(
        lambda_grids, "paint_cell", lambda *a, **k: painted.append(k) or plain(*a, **k)
    )
    again = make(data, network)["pairs"]
    assert again[0]["losses"] == whole[0]["losses"]
    assert len(painted) == 1


def test_its_files_enter_the_manifest_once(data):
    facts = grids.load_grid().facts
    for _ in range(2):
        lambda_grids.list_in_manifest(data / grids.FOLDER, facts)
    listed = [p for p in assets.manifest() if p.startswith(grids.FOLDER)]
    assert sorted(listed) == [
        "lambda_grids/hill_dots.webp",
        "lambda_grids/transfer.json",
    ]
    assert (
        "by A (CC0-1.0)" in assets.manifest()["lambda_grids/hill_dots.webp"]["origin"]
    )
    assert [p for p in assets.problems() if grids.FOLDER in p] == []


def test_another_network_has_another_cache(data, network):
    caches = {
        lambda_grids._default_cache(PAIR, RECIPE, lambda_grids._hash_weights(n))
        for n in (network, load_loss_network("pocket", weights=None, seed=2))
    }
    assert len(caches) == 2


class TestMistakes:
    def test_no_such_grid(self):
        with pytest.raises(ValueError, match=r"python -m fst_lessons\.lambda_grids"):
            grids.load_grid("nowhere")

    def test_a_changed_sheet(self, data):
        (data / grids.FOLDER / "hill_dots.webp").write_bytes(b"other")
        with pytest.raises(ValueError, match="not the file it should be"):
            grids.load_grid()

    @pytest.mark.parametrize("cell", [(1, 0, 0), (0, 2, 0), (0, 0, -1)])
    def test_no_such_cell(self, data, cell):
        with pytest.raises(ValueError, match="no cell"):
            grids.load_grid().picture(*cell)


class TestBundled:
    """The grid of the book agrees with its own JSON and with the pictures it names."""

    def test_recipe_and_inputs(self):
        grid = grids.load_grid()
        assert grid.recipe == lambda_grids.RECIPE
        assert len(grid.pairs) >= 2
        for pair in grid.pairs:
            photo, style = (
                assets.photo_path(pair["photo"]),
                assets.style_path(pair["style"]),
            )
            assert pair["photo_sha256"] == assets.sha256_of(photo)
            assert pair["style_sha256"] == assets.sha256_of(style)

    def test_made_with_the_bundled_network(self):
        weights = lambda_grids._hash_weights(load_loss_network("pocket"))
        assert grids.load_grid().facts["weights_sha256"] == weights

    def test_axes_are_long_enough_and_every_cell_has_losses(self):
        grid = grids.load_grid()
        assert len(grid.recipe.style_weights) >= 9
        assert len(grid.recipe.tv_weights) >= 3
        for pair in grid.pairs:
            numbers = torch.tensor(pair["losses"])
            assert numbers.shape == (
                len(grid.recipe.tv_weights),
                len(grid.recipe.style_weights),
                len(grids.TERMS),
            )
            assert torch.isfinite(numbers).all() and (numbers > 0).all()

    def test_weights_do_what_they_say(self):
        grid = grids.load_grid()
        for number in range(len(grid.pairs)):
            last = len(grid.recipe.style_weights) - 1
            photo, painting = grid.losses(number, 0, 0), grid.losses(number, 0, last)
            assert photo["content"] < painting["content"]
            assert photo["style"] > painting["style"]
            rough, smooth = grid.losses(number, 0, 3), grid.losses(number, -1, 3)
            assert smooth["tv"] < rough["tv"]

"""Training nets that enlarge: the step, resuming bit for bit, starts, bad input."""

from dataclasses import asdict
from json import dumps, loads

import pytest
import torch

from fst_lessons import assets
from fst_lessons.cards import history_columns, make_card
from fst_lessons.checkpoints import (
    is_super_resolution,
    load_net,
    load_super_resolution,
    save_net,
)
from fst_lessons.degradation import enlarge
from fst_lessons.devices import best_precision
from fst_lessons.images import load_image
from fst_lessons.loop import Habits
from fst_lessons.loss_network import load_loss_network
from fst_lessons.metrics import psnr
from fst_lessons.optimizers import make_optimizer
from fst_lessons.pairs import make_pair
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.super_resolution_net import SuperResolutionNet
from fst_lessons.super_resolution_objective import SuperResolutionObjective
from fst_lessons.super_resolution_recipe import SuperResolutionRecipe, make_recipe
from fst_lessons.super_resolution_training import (
    fit_super_resolution,
    make_start,
    super_resolution_step,
)
from fst_lessons.training_state import read, recipe_from
from fst_lessons.transform_net import TransformNet

TINY = {"size": 16, "batch": 2, "steps": 4}
BASELINE = "srcnn_9_1_5"  # the quickest of all nets


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(1)
    return [
        (torch.rand(1, 3, 70 + i, 80, generator=generator) * 255).byte()
        for i in range(3)
    ]


@pytest.fixture(scope="module")
def held_out():
    generator = torch.Generator().manual_seed(2)
    return [torch.rand(1, 3, 25, 33, generator=generator)]


@pytest.fixture
def fit(photos, held_out):
    def run(net=BASELINE, *, loss="pixel", photos=photos, habits=None, **changes):
        settings = {"precision": best_precision(), **TINY, **changes}
        recipe = make_recipe(net, loss=loss, **settings)
        habits = {"progress": False, "measurements": 2, **(habits or {})}
        return fit_super_resolution(
            photos, recipe=recipe, habits=Habits(**habits), held_out=held_out
        )

    return run


def weights(net):
    return torch.cat([value.flatten().float() for value in net.state_dict().values()])


@pytest.mark.parametrize("loss", ["pixel", "feature", "mixed"])
def test_a_step_lowers_the_objective(photos, loss):
    torch.manual_seed(0)
    recipe = make_recipe(loss=loss, **TINY, learning_rate=2e-3)
    net = SuperResolutionNet(width=8, blocks=1).train()
    objective = SuperResolutionObjective(recipe, load_loss_network())
    optimizer = make_optimizer(net, recipe)
    pair = make_pair(load_image(assets.photo_path("cat"), size=32), 4)
    totals = [
        float(super_resolution_step(net, pair, objective, optimizer)["total"])
        for _ in range(30)
    ]
    assert totals[-1] < 0.98 * totals[0]


def test_the_step_is_plain_gradient_descent(photos):
    net = SuperResolutionNet(width=4, blocks=1).train()
    objective = SuperResolutionObjective(make_recipe(), load_loss_network())
    pair = make_pair(photos[0][..., :32, :32].float() / 255, 4)
    before = [p.detach().clone() for p in net.parameters()]
    total = (net(pair.low) - pair.high).abs().mean()
    gradients = torch.autograd.grad(total, list(net.parameters()))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    super_resolution_step(net, pair, objective, optimizer)
    for old, gradient, new in zip(before, gradients, net.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old - 1e-3 * gradient)


@pytest.mark.parametrize("factor", [4, 8])
def test_what_is_measured(fit, held_out, factor):
    result = fit(factor=factor, steps=2)
    first, last = result.evaluations[0], result.evaluations[-1]
    assert (first["step"], last["step"]) == (0, 2)
    pair = make_pair(held_out[0], factor)
    bicubic = enlarge(pair.low, factor).clamp(0, 1)
    measured = {"luma": True, "border": factor}
    assert last["bicubic"] == pytest.approx(
        psnr(bicubic, pair.high, **measured), rel=1e-4
    )
    with torch.no_grad():
        ours = psnr(result.net(pair.low), pair.high, **measured)
    assert last["psnr"] == pytest.approx(ours, rel=1e-4)
    assert last["total"] == last["pixel"]  # of weight 1
    assert last["feature"] > 0


def test_every_net_and_loss_can_be_trained(fit):
    narrow = {"size": 16, "batch": 1, "steps": 1}
    for net, loss in [("book", "feature"), ("paper", "mixed"), ("srcnn", "pixel")]:
        result = fit(net, loss=loss, habits={"measurements": 1}, **narrow)
        assert result.step == 1
        assert history_columns(result.recipe)[2:] == list(result.recipe.terms)
        assert len(result.history[0]) == len(history_columns(result.recipe))


@pytest.mark.parametrize("best", ["float32", "bfloat16"])
def test_without_a_recipe_the_number_format_is_the_processors(
    photos, held_out, monkeypatch, best
):
    module = "fst_lessons.super_resolution_training.best_precision"
    monkeypatch.setattr(module, lambda device: best)
    quiet = Habits(progress=False, measurements=1)
    changes = {**TINY, "steps": 1, "net": BASELINE}
    result = fit_super_resolution(photos, habits=quiet, held_out=held_out, **changes)
    assert result.recipe.precision == best


def test_two_trainings_of_a_seed_are_equal_and_of_two_seeds_are_not(fit):
    assert torch.equal(weights(fit().net), weights(fit().net))
    assert not torch.equal(weights(fit().net), weights(fit(seed=1).net))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_interrupted_training_continues_bit_for_bit(fit, tmp_path, precision):
    straight = fit(steps=8, precision=precision)
    file, stops = tmp_path / "half.safetensors", [4]

    def stop(state):
        if stops and state.step >= stops[0]:
            stops.pop()
            raise KeyboardInterrupt

    habits = {"checkpoint": file, "on_measure": stop, "measurements": 4}
    half = fit(steps=8, precision=precision, habits=habits)
    assert half.interrupted
    assert 0 < half.step < 8
    whole = fit(habits={"checkpoint": file, "resume": True})
    assert whole.step == 8
    assert torch.equal(weights(whole.net), weights(straight.net))
    assert whole.history == straight.history


def test_a_checkpoint_knows_what_was_trained(fit, tmp_path):
    file = tmp_path / "state.safetensors"
    fit(habits={"checkpoint": file})
    assert read(file, SuperResolutionRecipe).recipe.net == BASELINE
    with pytest.raises(ValueError, match="by a SuperResolutionRecipe, expected a Tra"):
        read(file, TrainingRecipe)


def test_minutes_end_the_training(fit):
    result = fit(steps=10**6, habits={"minutes": 0.02})
    assert result.progress == 1
    assert 1 <= result.recipe.steps == result.step < 10**6


def test_no_number_is_a_named_stop(fit):
    with pytest.raises(FloatingPointError, match=r"the pixel term became (nan|inf)"):
        fit(learning_rate=1e30, precision="float32", steps=30)


def test_a_card_tells_how_it_was_made(fit, tmp_path):
    result = fit()
    card = make_card(result, photographs={"what": "noise", "count": 3})
    file = save_net(result.net, tmp_path / "net.safetensors", card)
    again, card = load_super_resolution(file)
    assert again.config == result.net.config
    assert not any(p.requires_grad for p in again.parameters())
    assert recipe_from(card["recipe"], SuperResolutionRecipe) == result.recipe
    assert card["evaluation"]["psnr"] == result.evaluations[-1]["psnr"]
    assert card["history_columns"] == ["step", "total", "pixel"]
    assert "style" not in card
    assert is_super_resolution(file)
    with pytest.raises(ValueError, match="super-resolution net, version 1', expected"):
        load_net(file)


def test_a_style_net_does_not_enlarge(tmp_path):
    file = save_net(TransformNet(width=4), tmp_path / "net.safetensors", {})
    assert not is_super_resolution(file)
    with pytest.raises(ValueError, match="transform net, version 1', expected"):
        load_super_resolution(file)


def test_a_training_starts_from_another_net(tmp_path):
    torch.manual_seed(3)
    small = SuperResolutionNet(4)
    file = save_net(small, tmp_path / "x4.safetensors", {})
    same = make_start(SuperResolutionRecipe(start=str(file)))
    for a, b in zip(same.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)  # half precision
    larger = make_start(SuperResolutionRecipe(start=str(file), factor=8))
    assert larger.config.factor == 8
    assert torch.equal(larger.last.weight, same.last.weight)
    assert torch.equal(larger.up[1][1].weight, same.up[1][1].weight)
    with pytest.raises(ValueError, match="cannot start from"):
        make_start(SuperResolutionRecipe(start=str(file), net="paper"))
    file = save_net(larger, tmp_path / "x8.safetensors", {})
    with pytest.raises(ValueError, match="cannot start from"):
        make_start(SuperResolutionRecipe(start=str(file)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"photos": []}, "no photographs to train on"),
        ({"size": 64}, "all 3 photographs are smaller than 88 pixels"),
        ({"start": "nowhere.safetensors"}, "no file nowhere"),
        ({"start": "pixel_x3"}, "no net 'pixel_x3'"),
        ({"loss_network": "vgg11"}, "vgg11"),
        ({"habits": {"minutes": 0}}, "minutes must be positive"),
    ],
)
def test_what_cannot_be_trained_is_refused(fit, changes, words):
    with pytest.raises(ValueError, match=words):
        fit(**changes)


def test_small_photographs_are_left_out(fit, photos):
    tiny = torch.zeros(1, 3, 30, 30, dtype=torch.uint8)
    with_tiny = fit(photos=[*photos, tiny])
    assert torch.equal(weights(with_tiny.net), weights(fit().net))


def test_a_recipe_survives_its_card():
    recipe = make_recipe("paper", feature_layers=("relu1_2", "relu2_2"))
    again = recipe_from(loads(dumps(asdict(recipe))), SuperResolutionRecipe)
    assert again == recipe

"""Training: the step, the plan, resuming bit for bit, several processes, bad input."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from json import dumps, loads
from pathlib import Path

import pytest
import torch

from fst_lessons import datasets, training
from fst_lessons.__main__ import main
from fst_lessons.checkpoints import load_net
from fst_lessons.devices import best_precision
from fst_lessons.loss_network import load_loss_network
from fst_lessons.objective import StyleObjective
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.steadiness import shift_loss
from fst_lessons.training_state import read, recipe_from

ROOT = Path(__file__).resolve().parents[2]
TINY = {"size": 32, "batch": 2, "width": 4, "style_size": 48}


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(1)
    return [
        (torch.rand(1, 3, 60 + i, 70, generator=generator) * 255).byte()
        for i in range(3)
    ]


@pytest.fixture(scope="module")
def style():
    return torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def held_out():
    return [torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(3))]


@pytest.fixture
def fit(style, photos, held_out):
    def run(**changes):
        settings = {"held_out": held_out, "yardstick": 0, "progress": False}
        quick = TrainingRecipe(**TINY, precision=best_precision())
        settings |= {"recipe": quick, "steps": 6}
        pictures = {"style": style, "photos": photos}
        settings |= {**pictures, **changes}
        return training.fit(settings.pop("style"), settings.pop("photos"), **settings)

    return run


def weights(net):
    return torch.cat([value.flatten() for value in net.state_dict().values()])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", ["muon", "adam"])
def test_a_step_lowers_the_objective(style, photos, precision, optimizer):
    recipe = TrainingRecipe(
        **TINY, optimizer=optimizer, precision=precision, learning_rate=2e-3
    )
    net = training.make_net(recipe)
    loss = training.make_loss(load_loss_network(), recipe)
    objective = StyleObjective(loss, style)
    step = training.make_optimizer(net, recipe)
    crops = photos[0][..., :32, :32].float() / 255
    totals = [
        float(training.train_step(net, crops, objective, step)["total"])
        for _ in range(8)
    ]
    assert totals[-1] < 0.9 * totals[0]


def test_the_step_is_plain_gradient_descent(style, photos):
    recipe = TrainingRecipe(**TINY)
    net = training.make_net(recipe)
    objective = StyleObjective(training.make_loss(load_loss_network(), recipe), style)
    crops = photos[0][..., :32, :32].float() / 255
    before = [p.detach().clone() for p in net.parameters()]
    total, _ = objective(net(crops), crops)
    gradients = torch.autograd.grad(total, list(net.parameters()))
    training.train_step(
        net, crops, objective, torch.optim.SGD(net.parameters(), lr=1e-3)
    )
    for old, gradient, new in zip(before, gradients, net.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old - 1e-3 * gradient)


def test_of_twins_the_unmoved_one_is_judged_and_learnt_from(style, photos):
    recipe = TrainingRecipe(**TINY)
    net = training.make_net(recipe)
    objective = StyleObjective(training.make_loss(load_loss_network(), recipe), style)
    first, moved = (photos[0][..., k : k + 32, k : k + 32] / 255 for k in (0, 2))
    before = [p.detach().clone() for p in net.parameters()]
    painted, anchor = net(first), net(moved).detach()
    total, _ = objective(painted, first)
    differ = (painted[..., 2:, 2:] - anchor[..., :30, :30]).square().mean()
    # the other one would pull as much, on average: therefore twice
    gradients = torch.autograd.grad(total + 2 * 7 * differ, list(net.parameters()))
    descent = torch.optim.SGD(net.parameters(), lr=1e-3)
    twins = torch.cat([first, moved])
    told = training.train_step(
        net, twins, objective, descent, shift=(2, 2), shift_weight=7.0
    )
    torch.testing.assert_close(told["total"], total.detach())
    torch.testing.assert_close(told["shift"], differ.detach())
    for old, gradient, new in zip(before, gradients, net.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old - 1e-3 * gradient)


def test_crops_are_twins_where_a_shift_term_asks_for_them(fit, monkeypatch):
    calls = []
    step = training.train_step

    def watched(net, photographs, *rest, shift, **more):
        calls.append((photographs, shift))
        return step(net, photographs, *rest, shift=shift, **more)

    monkeypatch.setattr(training, "train_step", watched)
    fit(steps=6)
    for photographs, shift in calls:
        assert photographs.shape == (2 * TINY["batch"], 3, TINY["size"], TINY["size"])
        assert float(shift_loss(photographs, shift)) == 0
    assert len({shift for _, shift in calls}) > 1
    calls.clear()
    fit(shift_weight=0.0, steps=1)
    (photographs, shift) = calls[0]
    assert photographs.shape == (TINY["batch"], 3, TINY["size"], TINY["size"])
    assert shift is None


def test_the_shift_term_steadies(fit):
    settings = {"steps": 40, "measurements": 1, "style_weight": 8.0, "tv_weight": 1.0}
    loose, steady = (fit(shift_weight=x, **settings).history for x in (1e-9, 100.0))
    assert steady[-1][-1] < 0.5 * loose[-1][-1]


def test_the_loss_network_learns_nothing(fit, monkeypatch):
    networks = []

    def load(name):
        networks.append(load_loss_network(name))
        return networks[-1]

    monkeypatch.setattr(training, "load_loss_network", load)
    fit()
    fresh = load_loss_network()
    for kept, new in zip(networks[0].parameters(), fresh.parameters(), strict=True):
        assert torch.equal(kept, new)
        assert kept.grad is None


@pytest.mark.parametrize("best", ["float32", "bfloat16"])
def test_without_a_recipe_the_number_format_is_the_processors(fit, monkeypatch, best):
    monkeypatch.setattr(training, "best_precision", lambda device: best)
    assert fit(recipe=None, steps=1, **TINY).recipe.precision == best
    kept = TrainingRecipe(**TINY, precision="float32")
    assert fit(recipe=kept, steps=1).recipe == replace(kept, steps=1)


def test_two_trainings_of_a_seed_are_equal_and_of_two_seeds_are_not(fit):
    assert torch.equal(weights(fit().net), weights(fit().net))
    assert not torch.equal(weights(fit().net), weights(fit(seed=1).net))


def test_held_out_photographs_are_measured_on_the_way(fit):
    result = fit(steps=8, measurements=4, yardstick=5)
    steps = [entry["step"] for entry in result.evaluations]
    assert steps[0] == 0
    assert steps[-1] == 8
    assert len(steps) == 5
    total = result.evaluations[-1]["total"]
    assert result.evaluations[-1]["gatys_steps"] == result.yardstick.steps(total)
    assert len(result.yardstick.curve) == 5
    weighed = sum(
        getattr(result.recipe, f"{term}_weight") * result.evaluations[-1][term]
        for term in ("content", "style", "tv")
    )
    assert total == pytest.approx(weighed, rel=1e-3)


def test_reporting_changes_nothing(fit):
    def look(state):
        state.net(torch.rand(1, 3, 64, 64))

    # batch norm learns from every picture it sees in training mode
    settings = {"preset": "paper", "size": 64, "style": torch.rand(1, 3, 64, 64)}
    settings |= {"held_out": [torch.rand(1, 3, 64, 64)], "steps": 3}
    alone, watched = fit(**settings), fit(**settings, on_measure=look)
    assert torch.equal(weights(alone.net), weights(watched.net))


def test_measuring_changes_nothing(fit):
    often, seldom = fit(measurements=6), fit(measurements=1)
    assert torch.equal(weights(often.net), weights(seldom.net))


def test_the_loss_curve_has_a_row_a_stretch(fit):
    history = fit(steps=6).history
    assert [row[0] for row in history] == [1, 2, 3, 4, 5, 6]
    cheap = {"measurements": 1, "size": 16, "batch": 1, "shift_weight": 0.0}
    cheap["optimizer"] = "adam"
    long = fit(steps=130, **cheap).history
    assert len(long) == 100
    assert long[-1][0] == 130


@pytest.mark.parametrize("optimizer", ["muon", "adam"])
def test_an_interrupted_training_continues_bit_for_bit(fit, tmp_path, optimizer):
    straight = fit(steps=10, optimizer=optimizer)
    file = tmp_path / "half.safetensors"
    stops = [5]

    def stop(state):
        if stops and state.step >= stops[0]:
            stops.pop()
            raise KeyboardInterrupt

    half = fit(steps=10, optimizer=optimizer, checkpoint=file, on_measure=stop)
    assert half.interrupted
    assert 0 < half.step < 10
    whole = fit(checkpoint=file, resume=True)
    assert not whole.interrupted
    assert whole.step == 10
    assert torch.equal(weights(whole.net), weights(straight.net))
    assert whole.history == straight.history


@pytest.fixture
def order(tmp_path, monkeypatch):
    """Return a function that writes the order of a training on two photographs."""
    small = datasets.held_out_photos(size=48)  # measuring changes nothing, see above
    monkeypatch.setattr(training, "held_out_photos", lambda: small)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("cat", "coffee"):
        shutil.copy(datasets.assets.photo_path(name), photos)

    def write(out, *more):
        settings = {"--out": tmp_path / out, "--photos": photos, "--width": 4}
        settings |= {"--style": "nocturne", "--style-size": 64, "--yardstick": 0}
        settings |= {"--size": 32, "--batch": 2}
        words = [str(word) for pair in settings.items() for word in pair]
        return ["train", *words, *more]

    return write


def begin(words, *launcher):
    """Start a training in a process of its own, one thread each."""
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "fst_lessons", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_training_continues_bit_for_bit(order, tmp_path):
    assert main(order("straight.safetensors", "--steps", "40")) == 0
    saving = ["--steps", "40", "--checkpoint-seconds", "0"]
    process = begin(order("killed.safetensors", *saving))
    checkpoint = tmp_path / "killed.training.safetensors"
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if checkpoint.is_file() and read(checkpoint).card["step"] >= 5:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 5 <= read(checkpoint).card["step"] < 40
    assert main(order("killed.safetensors", "--resume")) == 0
    nets = [load_net(tmp_path / f"{n}.safetensors")[0] for n in ("straight", "killed")]
    assert torch.equal(weights(nets[0]), weights(nets[1]))
    assert not checkpoint.exists()


def test_two_processes_train_as_one(order, tmp_path):
    # Adam's first steps turn rounding into signs: a fourth step may differ by 1 in 200
    more = ["--steps", "3", "--precision", "float32", "--optimizer", "adam"]
    more += ["--warm-start", "none"]
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    both = begin(order("two.safetensors", *more), *launcher)
    assert main(order("one.safetensors", *more)) == 0
    _, errors = both.communicate(timeout=240)
    assert both.returncode == 0, errors
    (one, card), (two, other) = (
        load_net(tmp_path / f"{n}.safetensors") for n in ("one", "two")
    )
    for a, b in zip(card["history"], other["history"], strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    photo = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(one(photo), two(photo), atol=0.01, rtol=0)


def test_minutes_end_on_time(fit):
    began = time.perf_counter()
    result = fit(minutes=0.06, steps=1_000_000)
    took = time.perf_counter() - began
    assert 2.4 < took < 9  # 3.6 s, and a slow step on a busy machine
    assert result.progress == 1
    assert result.recipe.steps == result.step >= 1


def test_no_number_is_a_named_stop(fit, photos, tmp_path):
    file = tmp_path / "state.safetensors"
    with pytest.raises(
        FloatingPointError,
        match=r"the (content|style|tv|shift) term became (nan|inf) at step",
    ):
        fit(learning_rate=1e30, precision="float32", checkpoint=file)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"photos": []}, "no photographs"),
        ({"size": 64}, "smaller than the training crops of 64"),
        ({"minutes": -1.0}, "minutes must be positive"),
        ({"steps": 0}, "steps must be 1 or more"),
        ({"shift_weight": float("nan")}, "shift_weight must be 0 or more"),
        ({"style_blur": -0.1}, "style_blur must be 0 or more"),
        ({"optimizer": "sgd"}, "optimizer must be muon or adam"),
        ({"learning_rate": -1.0}, "learning_rate must be positive"),
        ({"loss_network": "vgg11"}, "vgg11"),
        ({"style_weight": float("nan")}, "style weight must be 0 or more"),
        ({"start": "starry_nigth"}, "no net 'starry_nigth'"),
        ({"preset": "papre"}, "unknown preset 'papre'"),
    ],
)
def test_what_cannot_be_trained_is_refused(fit, changes, words):
    with pytest.raises(ValueError, match=words):
        fit(**changes)


def test_a_recipe_survives_its_card():
    recipe = TrainingRecipe(start="mosaic", zoom=(1.0, 1.5))
    assert recipe_from(loads(dumps(asdict(recipe)))) == recipe
    with pytest.raises(ValueError, match="has strength, which this version"):
        recipe_from({**asdict(recipe), "strength": 1})


def test_bundled_photographs_exclude_the_held_out():
    photos = datasets.bundled_photos(longest=32)
    held_out = datasets.held_out_photos(size=32)
    assert len(photos) + len(held_out) == len(datasets.assets.photo_names())
    assert all(p.shape == (1, 3, 32, 32) for p in held_out)


def test_comparing_takes_a_fifth_of_the_minutes_at_most(fit):
    result = fit(minutes=0.05, yardstick=100_000)
    assert 1 <= len(result.yardstick.curve) < 1000
    assert result.step > 1

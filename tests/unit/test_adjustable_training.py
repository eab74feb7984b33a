"""Training a net for many lambda and styles: objective, wishes, step, resume."""

import random
from collections import Counter
from dataclasses import asdict
from json import dumps, loads

import pytest
import torch

from fst_lessons import adjustable_checkpoints, assets
from fst_lessons.adjustable_checkpoints import (
    ADJUSTABLE,
    is_adjustable,
    load_adjustable,
    read_adjustable_card,
    save_adjustable,
)
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.adjustable_objective import AdjustableObjective
from fst_lessons.adjustable_recipe import AdjustableRecipe
from fst_lessons.adjustable_start import make_net
from fst_lessons.adjustable_training import (
    LADDER,
    Wishes,
    adjustable_step,
    draw_wishes,
    fit_adjustable,
    measure,
    measure_ladder,
)
from fst_lessons.cards import history_columns, make_card
from fst_lessons.checkpoints import load_net, read_tensors, write_tensors
from fst_lessons.loop import Habits
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.objective import StyleObjective
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.steadiness import shift_loss, shift_losses
from fst_lessons.stylize import stylize
from fst_lessons.training_state import read, recipe_from

TINY = {"size": 16, "batch": 2, "steps": 4, "width": 4, "blocks": 1, "hidden": 8}


def noise(seed, count, height, width):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, height, width, generator=generator)


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket")


@pytest.fixture(scope="module")
def styles():
    return {"a": noise(1, 1, 24, 24), "b": 0.5 * noise(2, 1, 20, 30)}


@pytest.fixture(scope="module")
def photos():
    return [(noise(3 + i, 1, 30 + i, 40) * 255).byte() for i in range(3)]


@pytest.fixture(scope="module")
def held_out():
    return [noise(7, 1, 21, 25), noise(8, 1, 16, 16)]


@pytest.fixture
def fit(styles, photos, held_out):
    def run(*, styles=styles, photos=photos, habits=None, **changes):
        return fit_adjustable(
            styles,
            photos,
            habits=Habits(**{"progress": False, "measurements": 2, **(habits or {})}),
            held_out=held_out,
            **{**TINY, **changes},
        )

    return run


@pytest.fixture
def objective(network, styles):
    recipe = AdjustableRecipe(styles=("a", "b"), **TINY)
    return AdjustableObjective(network, recipe, list(styles.values()))


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_each_picture_is_judged_as_if_alone(network, styles, objective):
    painted, photographs = noise(11, 3, 24, 20), noise(12, 3, 24, 20)
    chosen, strengths = [1, 0, 1], torch.tensor([2.0, 64.0, 90.0])
    terms = objective(painted, photographs, torch.tensor(chosen))
    totals = objective.weigh(terms, strengths)
    for i, number in enumerate(chosen):
        strength = float(strengths[i])
        tv = 25 * (strength / 64) ** 0.5
        plain = PerceptualLoss(network, style_weight=strength, tv_weight=tv)
        judge = StyleObjective(plain, list(styles.values())[number])
        total, expected = judge(painted[i : i + 1], photographs[i : i + 1])
        for name, value in expected.items():
            torch.testing.assert_close(terms[name][i], value, rtol=1e-5, atol=1e-7)
        torch.testing.assert_close(totals[i], total, rtol=1e-5, atol=0)


def test_at_64_the_objective_is_that_of_a_net_for_one_style(network, styles):
    recipe, plain = AdjustableRecipe(styles=("a", "b")), TrainingRecipe()
    assert recipe.reference == plain.style_weight == 64
    assert recipe.tv_weight == plain.tv_weight
    assert recipe.shift_weight == plain.shift_weight
    assert recipe.content_layers == plain.content_layers
    assert recipe.style_layers == plain.style_layers


def test_one_photograph_may_stand_for_all(objective):
    painted, photo = noise(11, 2, 24, 20), noise(12, 1, 24, 20)
    chosen = torch.tensor([0, 1])
    short = objective(painted, photo, chosen)
    for name, value in objective(painted, photo.repeat(2, 1, 1, 1), chosen).items():
        torch.testing.assert_close(short[name], value, rtol=1e-5, atol=0)


def test_a_black_photograph_is_judged_too(objective):
    black = torch.zeros(1, 3, 16, 16)
    terms = objective(noise(1, 1, 16, 16), black, torch.tensor([0]))
    assert all(bool(value.isfinite().all()) for value in terms.values())


def test_shift_losses_are_those_of_the_pairs():
    painted = noise(5, 6, 12, 12)
    each = shift_losses(painted, (1, 2))
    for i in range(3):
        pair = painted[[i, i + 3]]
        torch.testing.assert_close(each[i], shift_loss(pair, (1, 2)))


def test_wishes_cover_styles_and_slider_evenly():
    generator = random.Random(0)
    styles, places = Counter(), []
    for _ in range(200):
        wishes = draw_wishes(6, 4, generator=generator)
        assert max(Counter(wishes.styles.tolist()).values()) <= 2
        # each sixth of the slider once
        assert sorted(((wishes.u + 1) * 3).int().tolist()) == list(range(6))
        styles.update(wishes.styles.tolist())
        places += wishes.u[wishes.styles == 0].tolist()
    assert set(styles) == {0, 1, 2, 3} and min(styles.values()) > 250
    # every style meets the whole slider
    assert abs(sum(places) / len(places)) < 0.1
    assert min(places) < -0.95 and max(places) > 0.95


def test_one_crop_a_step_still_meets_everything():
    generator = random.Random(0)
    drawn = [draw_wishes(1, 3, generator=generator) for _ in range(300)]
    assert {int(w.styles) for w in drawn} == {0, 1, 2}
    u = torch.cat([w.u for w in drawn])
    assert -1 <= u.min() < -0.95 and 0.95 < u.max() <= 1 and abs(u.mean()) < 0.1


def test_the_step_is_plain_gradient_descent_on_the_divided_objective(objective):
    recipe = objective.recipe
    net = make_net(recipe)
    twin = make_net(recipe)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    photographs = noise(9, 4, 16, 16)
    wishes = Wishes(torch.tensor([-1.0, 0.4]), torch.tensor([0, 1]))
    strengths = net.strength(wishes.u)
    told = adjustable_step(
        net.paint, photographs, wishes, strengths, objective, optimizer, shift=(2, 1)
    )
    # twins share their wishes, and what the moved ones become is a constant
    blends = torch.eye(2)[wishes.styles]
    painted = twin.paint(photographs[:2], wishes.u, blends)
    moved = twin.paint(photographs[2:], wishes.u, blends).detach()
    terms = objective(painted, photographs[:2], wishes.styles)
    total = steady = 0
    for i in range(2):
        one = {name: value[i] for name, value in terms.items()}
        divisor = 1 + strengths[i] / recipe.balance
        total = total + objective.weigh(one, strengths[i]) / divisor / 2
        pair = torch.stack([painted[i], moved[i]])
        steady = steady + shift_loss(pair, (2, 1)) / divisor / 2
    (total + 2 * recipe.shift_weight * steady).backward()
    torch.testing.assert_close(told["total"], total.detach())
    assert list(told) == ["total", "content", "style", "tv", "shift"]
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs - 0.1 * theirs.grad, atol=1e-6, rtol=0)


def test_steps_lower_the_objective(fit, network, styles, held_out):
    result = fit(steps=25, learning_rate=0.02, precision="float32", balance=10.0)
    recipe = result.recipe
    start = measure_ladder(
        make_net(recipe).eval(), styles, recipe=recipe, held_out=held_out
    )
    end = measure_ladder(result.net, styles, recipe=recipe, held_out=held_out)

    def trained(rows):
        return sum(
            row["total"] / (1 + row["strength"] / recipe.balance) for row in rows
        )

    assert trained(end) < 0.8 * trained(start)


def test_what_is_measured_is_what_the_plain_objective_says(
    fit, network, styles, held_out
):
    net = fit(steps=1).net
    recipe = AdjustableRecipe(styles=("a", "b"), **TINY)
    rows = measure_ladder(net, styles, recipe=recipe, held_out=held_out)
    assert [(r["name"], r["strength"]) for r in rows] == [
        (name, strength) for name in "ab" for strength in LADDER
    ]
    row = rows[len(LADDER) + LADDER.index(64.0)]
    plain = PerceptualLoss(network, style_weight=64, tv_weight=25)
    found = StyleObjective(plain, styles["b"]).measure(
        lambda photo: net(photo, 64.0, "b"), held_out
    )
    for name, value in found.items():
        assert row[name] == pytest.approx(value, rel=1e-5)


def test_a_ladder_stays_within_the_range(styles, held_out):
    recipe = AdjustableRecipe(styles=("a", "b"), lightest=5, heaviest=50, **TINY)
    net = make_net(recipe).eval()
    rows = measure_ladder(net, styles, recipe=recipe, held_out=held_out)
    assert {row["strength"] for row in rows} == {10.0, 31.6}


def test_measuring_on_the_way_pairs_every_style_with_a_photograph(
    fit, network, styles, held_out
):
    result = fit(steps=1)
    found = result.evaluations[-1]
    recipe = result.recipe
    judge = AdjustableObjective(network, recipe, list(styles.values()))
    rows = [
        measure(result.net, judge, [photo], [10.0], styles=[name])[0]
        for photo, name in zip(held_out, "ab", strict=True)
    ]
    for term in ("total", "content", "style", "tv"):
        mean = (rows[0][term] + rows[1][term]) / 2
        assert found[term] == pytest.approx(mean, rel=1e-4)
    assert len(result.history[0]) == len(history_columns(recipe))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_interrupted_training_continues_bit_for_bit(fit, tmp_path, precision):
    straight = fit(steps=6, precision=precision)
    file, stops = tmp_path / "half.safetensors", [3]

    def stop(state):
        if stops and state.step >= stops[0]:
            stops.pop()
            raise KeyboardInterrupt

    habits = {"checkpoint": file, "on_measure": stop, "measurements": 3}
    half = fit(steps=6, precision=precision, habits=habits)
    assert half.interrupted and 0 < half.step < 6
    whole = fit(habits={"checkpoint": file, "resume": True})
    assert whole.step == 6
    assert torch.equal(weights(whole.net), weights(straight.net))
    assert whole.history == straight.history


def test_other_styles_cannot_go_on(fit, styles, tmp_path):
    file = tmp_path / "state.safetensors"
    fit(habits={"checkpoint": file})
    assert read(file, AdjustableRecipe).recipe.styles == ("a", "b")
    other = {"b": styles["b"], "a": styles["a"]}
    with pytest.raises(ValueError, match="began with the styles a, b, given are b, a"):
        fit(styles=other, habits={"checkpoint": file, "resume": True})


@pytest.mark.parametrize("best", ["float32", "bfloat16"])
def test_without_a_recipe_the_number_format_is_the_processors(fit, monkeypatch, best):
    module = "fst_lessons.adjustable_training.best_precision"
    monkeypatch.setattr(module, lambda device: best)
    assert fit(steps=1).recipe.precision == best


def test_two_seeds_differ(fit):
    assert torch.equal(weights(fit().net), weights(fit().net))
    assert not torch.equal(weights(fit().net), weights(fit(seed=1).net))


@pytest.mark.parametrize("kind", [{"block": "separable"}, {"up": "transposed4"}])
def test_every_kind_of_net_learns(fit, kind):
    result = fit(**kind, end_kernel=3, steps=1)
    assert not torch.equal(weights(result.net), weights(make_net(result.recipe)))


def test_without_a_shift_term_there_are_no_twins(fit):
    result = fit(shift_weight=0.0)
    assert history_columns(result.recipe) == ["step", "total", "content", "style", "tv"]
    assert len(result.history[0]) == 5


def test_no_number_is_a_named_stop(fit):
    with pytest.raises(FloatingPointError, match=r"term became (nan|inf)"):
        fit(learning_rate=1e30, precision="float32", steps=30)


def test_a_card_tells_how_it_was_made(fit, styles, held_out, tmp_path):
    result = fit()
    ladder = measure_ladder(result.net, styles, recipe=result.recipe, held_out=held_out)
    card = make_card(
        result,
        styles=[{"name": "a"}, {"name": "b"}],
        ladder=ladder,
        photographs={"what": "noise", "count": 3},
    )
    file = save_adjustable(result.net, tmp_path / "net.safetensors", card)
    net, card = load_adjustable(file)
    assert card == read_adjustable_card(file)
    assert net.config == result.net.config and not net.training
    assert not any(p.requires_grad for p in net.parameters())
    torch.testing.assert_close(weights(net), weights(result.net), atol=2e-3, rtol=2e-3)
    assert recipe_from(card["recipe"], AdjustableRecipe) == result.recipe
    assert card["evaluation"]["total"] == result.evaluations[-1]["total"]
    first = card["evaluation"]["ladder"][0]
    assert first["name"] == "a" and first["strength"] == 1
    assert first["style"] == pytest.approx(ladder[0]["style"], rel=1e-5)
    assert "style" not in card and [s["name"] for s in card["styles"]] == ["a", "b"]
    assert is_adjustable(file) and not is_adjustable("starry_night")
    with pytest.raises(ValueError, match="adjustable net, version 1', expected"):
        load_net(file)
    photo = held_out[0]
    painted = stylize(photo, file, strength=20, mix={"a": 0.5, "b": 0.5})
    expected = net(photo, 20.0, {"a": 0.5, "b": 0.5})
    assert (painted - expected).abs().mean() < 2 / 255
    assert torch.equal(
        stylize(photo, file, mix="a"), stylize(photo, net, strength=10, mix={"a": 1})
    )


def test_large_pictures_are_painted_in_tiles(held_out):
    net = AdjustableTransformNet(AdjustableConfig(("a",), width=4, blocks=1)).eval()
    whole = stylize(held_out[0], net, strength=30)
    tiles = stylize(held_out[0], net, strength=30, tile=16)
    assert (whole - tiles).abs().mean() < 2 / 255


@pytest.mark.parametrize(
    ("style", "settings", "words"),
    [
        ("net", {}, "several styles, a, b; choose one"),
        ("net", {"mix": "c"}, "no style 'c'"),
        ("net", {"mix": "a", "strength": 1000}, "between 1 and 100"),
        ("starry_night", {"strength": 10}, "takes an adjustable net"),
        ("starry_night", {"mix": "a"}, "takes an adjustable net"),
    ],
)
def test_wishes_a_net_cannot_fulfil(held_out, style, settings, words):
    if style == "net":
        style = AdjustableTransformNet(AdjustableConfig(("a", "b"), width=4, blocks=0))
    with pytest.raises(ValueError, match=words):
        stylize(held_out[0], style, **settings)


def test_files_that_are_no_adjustable_nets(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no adjustable net 'nix'"):
        load_adjustable("nix")
    with pytest.raises(ValueError, match="check the path"):
        load_adjustable(tmp_path / "nix.safetensors")
    net = AdjustableTransformNet(AdjustableConfig(("a",), width=4, blocks=0))
    file = save_adjustable(net, tmp_path / "net.safetensors", {})
    tensors, card = read_tensors(file, ADJUSTABLE)
    for damage in ({"net": {**card["net"], "depth": 3}}, {"net": {"styles": ["a"]}}):
        write_tensors(tensors, file, {**card, **damage})
        with pytest.raises(ValueError, match="another version of the package"):
            load_adjustable(file)
    # a shipped net is found by its name
    save_adjustable(net, file, {})
    monkeypatch.setattr(adjustable_checkpoints, "FOLDER", ())
    monkeypatch.setattr(assets, "data_path", lambda *parts: tmp_path.joinpath(*parts))
    assert adjustable_checkpoints.adjustable_names() == ["net"]
    assert load_adjustable("net")[0].config == net.config


def test_a_training_starts_from_another_net(tmp_path):
    recipe = AdjustableRecipe(styles=("a", "b"), **TINY)
    file = save_adjustable(make_net(recipe), tmp_path / "net.safetensors", {})
    renamed = AdjustableRecipe(styles=("c", "d"), start=str(file), seed=5, **TINY)
    close = (weights(make_net(renamed)) - weights(make_net(recipe))).abs().max()
    assert close < 1e-3  # half precision
    wide = {"styles": ("a", "b"), **TINY, "width": 8, "start": str(file)}
    assert make_net(AdjustableRecipe(**wide)).config.width == 8
    for wrong in ({"styles": ("a",)}, {"width": 6}, {"width": 8, "blocks": 2}):
        other = {"styles": ("a", "b"), **TINY, **wrong}
        with pytest.raises(ValueError, match="cannot start from"):
            make_net(AdjustableRecipe(start=str(file), **other))


def test_a_training_starts_from_a_shipped_plain_net():
    net = make_net(AdjustableRecipe(styles=("a",), start="starry_night"))
    plain, _ = load_net("starry_night", width=16)
    assert torch.equal(net.down[0].conv.weight, plain.down[0][0].weight)
    narrow = AdjustableRecipe(styles=("a",), start="starry_night", blocks=3)
    with pytest.raises(ValueError, match="cannot start"):
        make_net(narrow)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "steps must be 1 or more"),
        ({"batch": 0}, "batch must be 1 or more"),
        ({"size": 8}, "size must be 16 or more"),
        ({"tv_weight": -1.0}, "tv_weight must be 0 or more"),
        ({"shift_weight": float("nan")}, "shift_weight must be 0 or more"),
        ({"balance": 0.0}, "balance must be positive"),
        ({"reference": -64.0}, "reference must be positive"),
        ({"style_sizes": (64, 64, 64)}, "one for each of 2 styles, got 3"),
        ({"style_sizes": ()}, "one for each of 2 styles, got 0"),
        ({"style_blurs": (-1.0,)}, "style_blurs must be 0 or more"),
        ({"zoom": (2.0, 1.0)}, "zoom needs the least and the most"),
        ({"zoom": (0.0, 1.0)}, "zoom needs the least and the most"),
        ({"zoom": (1.0,)}, "zoom needs the least and the most"),
        ({"optimizer": "sgd"}, "optimizer must be muon or adam"),
        ({"block": "dense"}, "block must be residual or separable"),
        ({"lightest": 200.0}, "0 < lightest < heaviest"),
        ({"photos": []}, "no photographs to train on"),
        ({"size": 24}, "style picture b is 30x20, smaller than the training crops"),
        ({"loss_network": "vgg11"}, "unknown loss network"),
        ({"styles": {}}, "styles of different names"),
        ({"styles": {"a": torch.full((1, 3, 20, 20), 2.0)}}, "style"),
    ],
)
def test_what_cannot_be_trained_is_refused(fit, changes, words):
    with pytest.raises(ValueError, match=words):
        fit(**changes)


def test_a_recipe_survives_its_card():
    recipe = AdjustableRecipe(
        styles=("a", "b"), style_sizes=(300, 400), style_blurs=(0.8, 0.0)
    )
    assert recipe_from(loads(dumps(asdict(recipe))), AdjustableRecipe) == recipe
    assert [recipe.style_size(i) for i in (0, 1)] == [300, 400]
    assert [recipe.style_blur(i) for i in (0, 1)] == [0.8, 0.0]
    assert AdjustableRecipe(styles=("a", "b")).style_size(1) == 384

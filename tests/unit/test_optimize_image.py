"""The optimization loop: it descends, projects, remembers, stops well."""

import math

import pytest
import torch

from fst_lessons.descent import has_run_away
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss, total_variation
from fst_lessons.metrics import psnr
from fst_lessons.optimize_image import (
    invert_features,
    make_start,
    optimize_image,
    reconstruct_style,
    transfer_style,
)


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def smooth(seed=0, size=48):
    """Return a soft random picture, easier to reconstruct than noise."""
    coarse = random(1, 3, 6, 6, seed=seed)
    return torch.nn.functional.interpolate(coarse, (size, size), mode="bicubic").clamp(
        0, 1
    )


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket")


def distance_to(target):
    def objective(y):
        value = (y - target).square().mean()
        return value, {"distance": value}

    return objective


@pytest.mark.parametrize(("optimizer", "steps"), [("lbfgs", 15), ("adam", 120)])
def test_reaches_a_known_minimum(optimizer, steps):
    target = smooth()
    result = optimize_image(
        distance_to(target), random(*target.shape), optimizer=optimizer, num_steps=steps
    )
    assert psnr(result.image, target) > 35
    assert len(result.history) == steps


def test_pixels_stay_in_range_even_if_the_minimum_is_outside():
    outside = torch.full((1, 3, 8, 8), 1.7)
    result = optimize_image(distance_to(outside), random(1, 3, 8, 8), num_steps=10)
    assert torch.equal(result.image, torch.ones(1, 3, 8, 8))


def test_keeps_the_best_and_not_the_last():
    target = smooth()
    result = optimize_image(
        distance_to(target),
        target.clone(),
        optimizer="adam",
        learning_rate=0.5,
        num_steps=8,
    )
    assert torch.equal(result.image, target)
    assert result.losses["total"] == 0


def test_start_is_left_alone(network):
    start = random(1, 3, 32, 32)
    before = start.clone()
    optimize_image(distance_to(smooth(size=32)), start, num_steps=3)
    assert torch.equal(start, before)


def test_history_holds_unweighted_terms(network):
    result = transfer_style(
        smooth(),
        smooth(1),
        loss_network=network,
        style_weight=7.0,
        tv_weight=2.0,
        num_steps=4,
        progress=False,
    )
    entry = result.history[-1]
    weighted = entry["content"] + 7 * entry["style"] + 2 * entry["tv"]
    assert weighted == pytest.approx(entry["total"], rel=1e-4)


def test_same_seed_same_picture(network):
    runs = [
        invert_features(
            network, smooth(), "relu2_2", num_steps=5, seed=s, progress=False
        )
        for s in (1, 1, 2)
    ]
    assert torch.equal(runs[0].image, runs[1].image)
    assert not torch.equal(runs[0].image, runs[2].image)


def test_shallow_inversion_is_closer_than_deep(network):
    picture = smooth(size=64)
    scores = [
        psnr(
            invert_features(
                network, picture, layer, num_steps=60, progress=False
            ).image,
            picture,
        )
        for layer in ("relu1_2", "relu4_3")
    ]
    assert scores[0] > 20 and scores[0] > scores[1] + 5


def test_style_reconstruction_forgets_the_start(network):
    style = smooth(3, 64)
    result = reconstruct_style(
        network, style, "relu1_2", size=(40, 56), num_steps=40, progress=False
    )
    assert result.image.shape == (1, 3, 40, 56)
    assert result.losses["style"] < 0.02 * result.history[0]["style"]


def test_transfer_lowers_style_and_keeps_some_content(network):
    content, style = smooth(0, 64), random(1, 3, 64, 64, seed=5)
    result = transfer_style(
        content, style, loss_network=network, num_steps=30, progress=False
    )
    assert result.losses["style"] < 0.3 * result.history[0]["style"]
    assert result.losses["content"] < 2


def test_total_variation_weight_smooths(network):
    content, style = smooth(0, 48), random(1, 3, 48, 48, seed=5)
    rough, calm = (
        transfer_style(
            content,
            style,
            loss_network=network,
            tv_weight=w,
            num_steps=25,
            progress=False,
        ).image
        for w in (0.0, 100.0)
    )
    assert total_variation(calm) < 0.7 * total_variation(rough)


def test_interruption_keeps_the_best(network):
    target = smooth()

    def stop(step, image, terms):
        if step == 3:
            raise KeyboardInterrupt

    result = optimize_image(
        distance_to(target), random(*target.shape), num_steps=50, on_step=stop
    )
    assert result.interrupted
    assert len(result.history) == 4
    assert result.losses["total"] == min(h["total"] for h in result.history)


def test_non_finite_loss_names_the_term():
    def objective(y):
        bad = (y - y).sum() / (y - y).sum().detach()
        return y.sum() + bad, {"content": y.sum(), "style": bad}

    with pytest.raises(
        FloatingPointError, match="style term became nan at evaluation 0"
    ):
        optimize_image(objective, random(1, 3, 8, 8), num_steps=3)


def test_autocast_does_not_hurt_the_gram(network):
    with torch.autocast("cpu", torch.bfloat16):
        result = transfer_style(
            smooth(), smooth(1), loss_network=network, num_steps=5, progress=False
        )
    assert result.image.dtype == torch.float32
    assert math.isfinite(result.losses["total"])


class TestStart:
    content, style = smooth(0, 40), smooth(1, 64)

    def test_kinds(self):
        noise = make_start("noise", content=self.content)
        assert noise.shape == self.content.shape
        assert noise.std() == pytest.approx(12**-0.5, abs=0.01)
        assert make_start("content", content=self.content) is self.content
        resized = make_start("style", content=self.content, style=self.style)
        assert resized.shape == self.content.shape
        assert make_start(self.style, content=self.content) is self.style

    @pytest.mark.parametrize("kind", ["content", "style"])
    def test_missing_picture(self, kind):
        with pytest.raises(ValueError, match=f"needs a {kind} picture"):
            make_start(kind)

    def test_unknown(self):
        with pytest.raises(ValueError, match="choose 'noise', 'content' or 'style'"):
            make_start("nonsense")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "sgd"}, "unknown optimizer 'sgd'"),
        ({"num_steps": 0}, "at least 1"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        optimize_image(distance_to(smooth()), smooth(), **settings)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (torch.rand(3, 8, 8), "start has shape"),
        (torch.full((1, 3, 8, 8), float("nan")), "NaN"),
        (torch.rand(1, 3, 8, 8) * 255, "divide by 255"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "uint8"),
    ],
)
def test_bad_start(start, message):
    with pytest.raises(ValueError, match=message):
        optimize_image(distance_to(0.5), start)


def test_content_and_start_of_different_size(network):
    loss = PerceptualLoss(network)
    targets = loss.targets(content=smooth(0, 48))
    with pytest.raises(ValueError, match="resize the content"):
        optimize_image(lambda y: loss(y, targets), smooth(0, 64), num_steps=1)


@pytest.mark.parametrize("offset", [-1.0, -0.05, 0.0])
def test_a_loss_below_zero_is_no_runaway(offset):
    target = smooth()

    def objective(y):
        value, terms = distance_to(target)(y)
        return value + offset, terms

    result = optimize_image(objective, random(*target.shape), num_steps=20)
    assert psnr(result.image, target) > 35
    assert result.losses["total"] == pytest.approx(offset, abs=1e-3)


def test_a_difference_of_losses_falls_on_below_zero():
    """Far from one picture and near another: its minimum is negative."""
    near, far = smooth(0), 0.5 * smooth(1)
    near_to, far_from = distance_to(near), distance_to(far)

    def objective(y):
        total = near_to(y)[0] - 0.5 * far_from(y)[0]
        return total, {"near": near_to(y)[0]}

    result = optimize_image(objective, near, num_steps=40)
    best = (2 * near - far).clamp(0, 1)  # where the gradient is 0, in range
    assert float(objective(best)[0]) < 0
    assert psnr(result.image, best) > 35


@pytest.mark.parametrize(
    ("first", "best", "latest", "ran_away"),
    [
        (1.0, 0.1, 0.29, False),
        (1.0, 0.1, 0.31, True),
        (1.0, -0.1, -0.1, False),
        (1.0, -0.1, 1.0, False),
        (1.0, -0.1, 2.2, True),
        (-1.0, -3.0, 2.9, False),
        (-1.0, -3.0, 3.1, True),
        (1.0, 0.0, 1e-6, False),
        (1.0, 0.0, 1e-3, True),
        (0.0, 0.0, 0.0, False),
    ],
)
def test_what_counts_as_run_away(first, best, latest, ran_away):
    assert has_run_away(latest, best=best, first=first) == ran_away


@pytest.mark.parametrize("start", ["grey", "noise"])
def test_a_flat_start_does_not_throw_lbfgs_off(network, start):
    noise = random(1, 3, 48, 48)
    begin = 0.5 + 0.02 * (noise - 0.5) if start == "grey" else noise
    result = reconstruct_style(
        network, smooth(3, 64), "relu1_2", start=begin, num_steps=40, progress=False
    )
    assert result.losses["style"] < 0.05 * result.history[0]["style"]


def test_waves_find_colours_that_pixels_do_not(network):
    picture, start = smooth(size=48), torch.full((1, 3, 48, 48), 0.5)
    scores = {
        coordinates: psnr(
            invert_features(
                network,
                picture,
                "relu3_3",
                start=start + 0.05 * random(1, 3, 48, 48),
                coordinates=coordinates,
                num_steps=40,
                progress=False,
            ).image,
            picture,
        )
        for coordinates in ("pixels", "waves")
    }
    assert scores["waves"] > scores["pixels"] + 2


def test_unknown_coordinates_are_named():
    with pytest.raises(ValueError, match="unknown coordinates 'polar'; choose from"):
        optimize_image(
            distance_to(smooth()), smooth(), coordinates="polar", num_steps=1
        )


def test_pocket_is_at_least_three_times_faster_than_vgg16():
    """The same loop in turns, so that a busy machine slows both."""
    picture = random(1, 3, 112, 112)
    networks = [load_loss_network("pocket"), load_loss_network("vgg16", weights=None)]
    seconds = [[], []]
    for _ in range(3):
        for network, times in zip(networks, seconds, strict=True):
            run = transfer_style(
                picture, picture, loss_network=network, num_steps=3, progress=False
            )
            times.append(run.seconds)
    pocket, vgg16 = (min(times) for times in seconds)
    assert vgg16 > 3 * pocket

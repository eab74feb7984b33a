"""Losses: values by hand, invariants, gradients, units, bad input."""

import math

import pytest
import torch

from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import (
    PerceptualLoss,
    feature_reconstruction_loss,
    gram_matrix,
    pixel_loss,
    style_reconstruction_loss,
    suggest_weights,
    total_variation,
)


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket", weights=None)


@pytest.fixture(scope="module")
def loss(network):
    return PerceptualLoss(network)


class TestGram:
    def test_by_hand(self):
        # two channels of 1x3: (1, 2, 3) and (0, 1, 0); C H W = 6
        features = torch.tensor([[[[1.0, 2, 3]], [[0, 1, 0]]]])
        expected = torch.tensor([[[14.0, 2], [2, 1]]]) / 6
        torch.testing.assert_close(gram_matrix(features), expected)

    def test_symmetric_and_positive_semidefinite(self):
        gram = gram_matrix(torch.randn(2, 6, 4, 5))
        torch.testing.assert_close(gram, gram.transpose(1, 2))
        assert torch.linalg.eigvalsh(gram).min() > -1e-6

    def test_unmoved_by_shuffling_positions(self):
        features = random(1, 4, 6, 7)
        order = torch.randperm(42, generator=torch.Generator().manual_seed(0))
        shuffled = features.flatten(2)[:, :, order].view_as(features)
        torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(features))

    def test_batch_is_a_stack(self):
        features = random(3, 4, 5, 6)
        stack = torch.cat([gram_matrix(f[None]) for f in features])
        torch.testing.assert_close(gram_matrix(features), stack)

    def test_size_does_not_matter(self):
        features = random(1, 4, 5, 6)
        tiled = features.repeat(1, 1, 2, 3)
        torch.testing.assert_close(gram_matrix(tiled), gram_matrix(features))

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision_does_not_overflow(self, dtype):
        features = torch.full((1, 8, 64, 64), 2000.0, dtype=dtype)
        with torch.autocast("cpu", torch.bfloat16):
            gram = gram_matrix(features)
        assert gram.dtype == torch.float32
        expected = float(features[0, 0, 0, 0]) ** 2 / 8
        torch.testing.assert_close(
            gram, torch.full((1, 8, 8), expected), rtol=1e-3, atol=0
        )


class TestGradients:
    def test_style_gradient_is_the_derived_one(self):
        features = torch.randn(1, 3, 4, 5, dtype=torch.float32, requires_grad=True)
        target = gram_matrix(torch.randn(1, 3, 6, 6))
        style_reconstruction_loss(features, target).backward()
        c, h, w = features.shape[1:]
        flat = features.detach().flatten(2)
        derived = 4 / (c * h * w) * (gram_matrix(features.detach()) - target) @ flat
        torch.testing.assert_close(features.grad.flatten(2), derived)

    def test_content_gradient_is_the_derived_one(self):
        features = torch.randn(1, 3, 4, 5, requires_grad=True)
        target = torch.randn(1, 3, 4, 5)
        feature_reconstruction_loss(features, target).backward()
        derived = 2 / 60 * (features.detach() - target)
        torch.testing.assert_close(features.grad, derived)

    def test_total_against_finite_differences(self, network):
        double = load_loss_network("pocket", weights=None).double()
        objective = PerceptualLoss(double, tv_weight=0.5)
        content, style = (
            random(1, 3, 32, 32).double(),
            random(1, 3, 32, 32, seed=1).double(),
        )
        targets = objective.targets(content=content, style=style)
        y = random(1, 3, 32, 32, seed=2).double().requires_grad_(True)
        (gradient,) = torch.autograd.grad(objective(y, targets)[0], y)
        direction = gradient / gradient.norm()
        step = 1e-2  # the losses compute in float32, so a small step would drown
        with torch.no_grad():
            ahead = objective(y + step * direction, targets)[0]
            behind = objective(y - step * direction, targets)[0]
        slope = float((ahead - behind) / (2 * step))
        assert slope == pytest.approx(float(gradient.norm()), rel=0.05)

    def test_no_gradient_where_the_relu_is_closed(self, network):
        x = random(1, 3, 16, 16).requires_grad_(True)
        found = network(x, ["conv1_1", "relu1_1"])
        found["conv1_1"].retain_grad()
        target = gram_matrix(random(1, 16, 16, 16))
        style_reconstruction_loss(found["relu1_1"], target).backward()
        closed = found["conv1_1"] < 0
        assert closed.any() and (found["conv1_1"].grad[closed] == 0).all()


class TestValues:
    def test_feature_loss_by_hand(self):
        a, b = torch.zeros(1, 2, 1, 2), torch.tensor([[[[1.0, 2]], [[3, 4]]]])
        assert feature_reconstruction_loss(a, b) == pytest.approx(30 / 4)

    def test_style_loss_by_hand(self):
        features = torch.tensor([[[[1.0, 2, 3]], [[0, 1, 0]]]])
        value = style_reconstruction_loss(features, torch.zeros(1, 2, 2))
        assert float(value) == pytest.approx((14**2 + 2 * 2**2 + 1) / 36)

    def test_pixel_loss_by_hand(self):
        assert (
            pixel_loss(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5)) == 0.25
        )

    def test_total_variation_of_a_checkerboard(self):
        board = (torch.arange(4)[:, None] + torch.arange(4)) % 2
        board = board.float().expand(1, 3, 4, 4)
        assert float(total_variation(board)) == 2.0

    def test_total_variation_of_a_flat_picture(self):
        assert float(total_variation(torch.full((2, 3, 5, 4), 0.3))) == 0.0

    def test_total_variation_of_a_ramp(self):
        ramp = (torch.arange(5.0) / 10).expand(1, 1, 3, 5)
        assert float(total_variation(ramp)) == pytest.approx(0.01)

    def test_copies_in_a_batch_cost_what_one_costs(self, loss):
        content, style, y = (
            random(1, 3, 32, 40),
            random(1, 3, 48, 32, seed=1),
            random(1, 3, 32, 40, seed=2),
        )
        one, _ = loss(y, loss.targets(content=content, style=style))
        four, _ = loss(
            y.repeat(4, 1, 1, 1),
            loss.targets(content=content.repeat(4, 1, 1, 1), style=style),
        )
        torch.testing.assert_close(one, four)


class TestPerceptualLoss:
    def test_zero_at_the_target(self, loss):
        x = random(1, 3, 32, 32)
        _, terms = loss(x, loss.targets(content=x, style=x))
        assert float(terms["content"]) == 0
        assert float(terms["style"]) == pytest.approx(0, abs=1e-10)

    def test_total_is_the_weighted_sum_of_the_terms(self, network):
        objective = PerceptualLoss(
            network, content_weight=2.0, style_weight=30.0, tv_weight=0.4
        )
        x, y = random(1, 3, 32, 32), random(1, 3, 32, 32, seed=1)
        total, terms = objective(
            y, objective.targets(content=x, style=random(1, 3, 40, 40))
        )
        expected = 2 * terms["content"] + 30 * terms["style"] + 0.4 * terms["tv"]
        torch.testing.assert_close(total, expected)

    def test_paper_units_are_the_printed_equations(self, network):
        objective = PerceptualLoss(network, units="paper", tv_weight=0)
        x, s, y = (random(1, 3, 32, 32, seed=i) for i in range(3))
        _, terms = objective(y, objective.targets(content=x, style=s))
        layers = ["relu1_2", "relu2_2", "relu3_3", "relu4_3"]
        fx, fs, fy = (network(p, layers) for p in (x, s, y))
        content = feature_reconstruction_loss(fy["relu3_3"], fx["relu3_3"])
        style = sum(
            style_reconstruction_loss(fy[n], gram_matrix(fs[n])) for n in layers
        )
        torch.testing.assert_close(terms["content"], content)
        torch.testing.assert_close(terms["style"], style)

    def test_relative_units_do_not_care_for_the_networks_scale(self):
        """Features ten times larger leave the relative loss as it is."""
        plain = load_loss_network("pocket", weights=None)
        scaled = load_loss_network("pocket", weights=None)
        scaled.convolutions["1_1"].weight.mul_(10)  # biases are zero: all layers scale
        x, s, y = (random(1, 3, 32, 32, seed=i) for i in range(3))
        totals = []
        for network in (plain, scaled):
            objective = PerceptualLoss(network)
            totals.append(objective(y, objective.targets(content=x, style=s))[0])
        torch.testing.assert_close(*totals, rtol=1e-4, atol=0)

    def test_a_black_picture_scores_one_when_its_features_vanish(self, network):
        objective = PerceptualLoss(network, content_layers=("relu2_2",))
        x = random(1, 3, 32, 32)
        targets = objective.targets(content=x, style=x)
        mean_colour = network.mean.expand(
            1, 3, 32, 32
        )  # random weights: no bias, no feature
        _, terms = objective(mean_colour.clone(), targets)
        assert float(terms["content"]) == pytest.approx(1)
        assert float(terms["style"]) == pytest.approx(1)

    def test_style_picture_of_any_size(self, loss):
        x = random(1, 3, 32, 40)
        total, _ = loss(x, loss.targets(content=x, style=random(1, 3, 77, 51)))
        assert math.isfinite(float(total))

    def test_terms_not_in_use_are_absent(self, network):
        objective = PerceptualLoss(network, tv_weight=0)
        x = random(1, 3, 32, 32)
        assert set(objective(x, objective.targets(style=x))[1]) == {"style"}
        assert set(objective(x, objective.targets(content=x))[1]) == {"content"}

    def test_per_layer_adds_up(self, loss):
        x, y = random(1, 3, 32, 32), random(1, 3, 32, 32, seed=1)
        targets = loss.targets(content=x, style=x)
        layers, terms = loss.per_layer(y, targets), loss(y, targets)[1]
        style = sum(v for k, v in layers.items() if k.startswith("style/"))
        torch.testing.assert_close(style, terms["style"])

    def test_inputs_are_left_alone(self, loss):
        x, s, y = (random(1, 3, 32, 32, seed=i) for i in range(3))
        copies = [p.clone() for p in (x, s, y)]
        loss(y, loss.targets(content=x, style=s))
        assert all(torch.equal(a, b) for a, b in zip((x, s, y), copies, strict=True))


class TestSuggestWeights:
    def test_gradients_balance(self, network, loss):
        x, s, y = (random(1, 3, 32, 32, seed=i) for i in range(3))
        targets = loss.targets(content=x, style=s)
        weights = suggest_weights(loss, targets, start=y)
        norms = []
        for term in ("content", "style"):
            z = y.clone().requires_grad_(True)
            value = loss(z, targets)[1][term] * weights[term]
            norms.append(float(torch.autograd.grad(value, z)[0].norm()))
        assert norms[0] == pytest.approx(norms[1], rel=1e-4)

    def test_at_the_content_itself(self, loss):
        x = random(1, 3, 32, 32)
        targets = loss.targets(content=x, style=random(1, 3, 32, 32, seed=1))
        with pytest.raises(ValueError, match="content term has no gradient"):
            suggest_weights(loss, targets, start=x)

    def test_without_style(self, loss):
        x = random(1, 3, 32, 32)
        with pytest.raises(ValueError, match="no style target"):
            suggest_weights(
                loss, loss.targets(content=x), start=random(1, 3, 32, 32, seed=1)
            )


def nan_picture():
    x = random(1, 3, 32, 32)
    x[0, 0, 0, 0] = float("nan")
    return x


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda loss: gram_matrix(torch.rand(3, 4, 5)),
            r"expected shape \(N, C, H, W\)",
        ),
        (
            lambda loss: feature_reconstruction_loss(
                random(1, 2, 3, 3), random(1, 2, 3, 4)
            ),
            "differ in channels or size",
        ),
        (
            lambda loss: style_reconstruction_loss(
                random(1, 2, 3, 3), torch.eye(3)[None]
            ),
            "features have 2 channels",
        ),
        (
            lambda loss: pixel_loss(random(1, 3, 2, 2), random(1, 3, 2, 3)),
            "differ in shape",
        ),
        (lambda loss: total_variation(random(1, 3, 1, 5)), "2x2"),
        (lambda loss: loss.targets(content=nan_picture()), "content holds NaN"),
        (lambda loss: loss.targets(style=random(1, 3, 32, 32) * 255), "divide by 255"),
        (
            lambda loss: loss.targets(style=random(1, 3, 32, 32) - 0.5),
            "leave normalization",
        ),
        (
            lambda loss: PerceptualLoss(loss.loss_network, tv_weight=0)(
                random(1, 3, 32, 32), loss.targets()
            ),
            "nothing to minimize",
        ),
        (
            lambda loss: PerceptualLoss(loss.loss_network, units="metres"),
            "units must be",
        ),
        (
            lambda loss: PerceptualLoss(loss.loss_network, style_weight=-1),
            "style weight",
        ),
        (
            lambda loss: PerceptualLoss(loss.loss_network, tv_weight=float("nan")),
            "tv weight",
        ),
    ],
)
def test_bad_input(loss, call, message):
    with pytest.raises(ValueError, match=message):
        call(loss)

"""Losses as other programs write them, taken apart by what they answer."""

import pytest
import torch

from fst_lessons import assets
from fst_lessons.doctor_loss import as_loss, examine_loss
from fst_lessons.images import load_image
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss, gram_matrix
from fst_lessons.mistakes_perception import Vgg, make_loss

PHOTO = load_image(assets.photo_path("dogs"), size=64, square=True)
STYLE = load_image(assets.style_path("harvest"), size=64, square=True)


@pytest.fixture(scope="module")
def network():
    return Vgg()


def readings(loss):
    return list(examine_loss(loss, PHOTO, STYLE))


def values(loss):
    return {reading.name: reading.value for reading in readings(loss)}


def ills(loss):
    return [reading.name for reading in readings(loss) if reading.ill]


def pixels(content=1.0, style=0.0, tv=0.0, reduce=torch.mean):
    """Return a loss simple enough to compute by hand."""

    def loss(painted, photograph, picture):
        c = (painted - photograph.detach()).square().mean(dim=(1, 2, 3))
        g = gram_matrix(painted) - gram_matrix(picture.detach())
        s = g.square().sum(dim=(1, 2))
        step = painted[..., 1:] - painted[..., :-1]
        return reduce(content * c + style * s) + tv * step.square().mean()

    return loss


@pytest.mark.parametrize("units", ["relative", "paper"])
def test_the_packages_loss_is_healthy(network, units):
    weight = 100.0 if units == "relative" else 0.1
    settings = {"style_weight": weight, "tv_weight": 0.1, "units": units}
    assert ills(PerceptualLoss(load_loss_network(), **settings)) == []


def test_the_balance_is_the_ratio_of_the_weights(network):
    once, thrice = (values(pixels(style=weight)) for weight in (1.0, 3.0))
    assert thrice["style drowns"] == pytest.approx(3 * once["style drowns"], rel=1e-3)
    assert once["style drowns"] == once["content drowns"]


def test_total_variation_is_weighed_alone():
    assert values(pixels(style=1.0))["total variation smears"] == pytest.approx(0)
    one, ten = (values(pixels(style=1.0, tv=w)) for w in (0.1, 1.0))
    name = "total variation smears"
    assert ten[name] == pytest.approx(10 * one[name], rel=1e-3)


def test_a_sum_over_the_batch_grows_with_it():
    found = values(pixels(style=1.0, reduce=torch.sum))
    assert found["loss grows with the batch"] == pytest.approx(4, rel=1e-3)
    assert found["Gram mixes the batch"] == pytest.approx(1, rel=1e-3)


def test_a_square_of_a_share_shrinks_with_the_batch(network):
    found = values(make_loss("loss shrinks with the batch", network))
    assert found["loss shrinks with the batch"] == pytest.approx(1 / 16, rel=1e-3)


def test_an_undivided_gram_matrix_grows_by_sixteen(network):
    undivided = values(make_loss("Gram not divided", network))
    divided = values(make_loss(None, network))
    ratio = undivided["Gram not divided"] / divided["Gram not divided"]
    assert ratio == pytest.approx(16, rel=0.02)


def test_the_first_bad_term_is_named():
    def loss(painted, photograph, style):
        terms = {
            "content": (painted - photograph).square().mean(),
            "style": (painted - style).mean() * float("nan"),
            "tv": painted.sum() * float("inf"),
        }
        return sum(terms.values()), terms

    (reading,) = readings(loss)
    assert (reading.name, reading.where) == ("loss not finite", "first the style term")


def test_without_named_terms_only_the_total_is_known():
    (reading,) = readings(lambda painted, *rest: painted.sum() * float("nan"))
    assert (reading.name, reading.where) == ("loss not finite", "the total")


def test_targets_that_are_not_detached_are_counted():
    def loss(painted, photograph, style):
        return (painted - photograph).square().mean() + painted.mean() * 0

    assert values(loss)["targets not detached"] == 0.5


def test_a_loss_may_return_its_terms_too():
    plain = pixels(style=1.0)
    assert ills(lambda *pictures: (plain(*pictures), {})) == ills(plain)


@pytest.mark.parametrize("answer", [3.0, "much", torch.ones(2), None])
def test_what_is_no_loss_is_refused(answer):
    with pytest.raises(TypeError, match="one number"):
        as_loss(lambda *pictures: answer)(PHOTO, PHOTO, STYLE)
    assert ills(lambda *pictures: answer) == ["loss stops"]


def test_a_loss_without_style_is_left_unweighed():
    found = values(pixels(style=0.0))
    assert "style drowns" not in found

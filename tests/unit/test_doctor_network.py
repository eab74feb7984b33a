"""Loss networks as other programs write them: none of this package's classes."""

from collections import namedtuple

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fst_lessons.doctor_network import as_function, examine_loss_network
from fst_lessons.loss_network import IMAGENET, load_loss_network
from fst_lessons.mistakes_perception import normalize

PHOTO = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
WEIGHT = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(1)) / 5
Features = namedtuple("Features", ["relu1_1", "relu1_2"])
BGR_MEAN = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


def ills(network, **settings):
    return [r.name for r in examine_loss_network(network, PHOTO, **settings) if r.ill]


def values(network, **settings):
    readings = examine_loss_network(network, PHOTO, **settings)
    return {reading.name: reading.value for reading in readings}


def two_layers(x, in_place=False):
    first = F.relu(F.conv2d(x, WEIGHT, padding=1), inplace=in_place)
    return first, F.relu(F.conv2d(first, WEIGHT.repeat(1, 3, 1, 1)[:, :8], padding=1))


def test_a_named_tuple_of_responses_after_in_place_relus():
    """As in PyTorch's examples: what is kept is meant to be after the ReLU."""
    assert ills(lambda x: Features(*two_layers(normalize(x), in_place=True))) == []


def test_functions_without_modules_are_seen_through():
    found = values(lambda x: two_layers(x))
    assert found["normalization missing"] == 0
    assert ills(lambda x: two_layers(x)) == ["normalization missing"]


def test_one_tensor_is_enough():
    assert ills(lambda x: two_layers(normalize(x))[1]) == []


def test_caffes_colours_are_healthy_too():
    assert ills(lambda x: two_layers(255 * x.flip(1) - BGR_MEAN)) == []
    assert ills(lambda x: two_layers(255 * x - BGR_MEAN.flip(1))) == []


def test_caffes_means_in_the_wrong_order():
    assert ills(lambda x: two_layers(255 * x - BGR_MEAN)) == ["channels swapped"]


def test_colours_swapped_after_the_normalization():
    assert ills(lambda x: two_layers(normalize(x).flip(1))) == ["channels swapped"]


@pytest.mark.parametrize(
    ("prepare", "name"),
    [
        (lambda x: 255 * x, "normalization missing"),
        (lambda x: normalize(normalize(x)), "normalized twice"),
        (lambda x: x / 255, "network fed 0 to 1/255"),
        (lambda x: normalize(x / 255), "network fed 0 to 1/255"),
        (lambda x: (x - 0.5) / 0.5, "another normalization"),
        (lambda x: normalize(255 * x), "network fed 0 to 255"),
    ],
)
def test_what_reaches_the_first_convolution_is_named(prepare, name):
    assert ills(lambda x: two_layers(prepare(x))) == [name]


def test_the_span_and_the_zero_are_those_of_the_formula():
    found = values(lambda x: two_layers(normalize(x)))
    std, mean = IMAGENET.std, IMAGENET.mean
    assert found["normalized twice"] == pytest.approx(sum(1 / s for s in std) / 3)
    assert found["normalization missing"] == pytest.approx(sum(mean) / 3, abs=1e-5)


def test_a_pointwise_first_layer_is_the_normalization():
    colour = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        colour.weight.copy_(torch.diag(1 / torch.tensor(IMAGENET.std))[..., None, None])
        colour.bias.copy_(-torch.tensor(IMAGENET.mean) / torch.tensor(IMAGENET.std))
    assert ills(lambda x: two_layers(colour(x))) == []


@pytest.mark.parametrize("name", ["vgg16", "vgg19", "pocket"])
@pytest.mark.parametrize("normalization", ["imagenet", "caffe"])
def test_the_packages_networks_are_healthy(name, normalization):
    network = load_loss_network(name, weights=None, normalization=normalization)
    assert ills(network, layers=("relu1_2", "conv2_1")) == []


class Listed(nn.Module):
    """The textbook loop: features by index, here with a choice of ReLU."""

    def __init__(self, in_place):
        super().__init__()
        pocket = load_loss_network()
        places = pocket.convolutions
        self.layers = nn.Sequential(
            places["1_1"], nn.ReLU(inplace=in_place), places["1_2"], nn.ReLU()
        )

    def forward(self, images):
        x, kept = normalize(images), []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in (0, 1, 2):
                kept.append(x)
        return kept


def test_a_response_overwritten_by_the_next_layer():
    names = ("conv1_1", "relu1_1", "conv1_2")
    assert ills(Listed(in_place=False), layers=names) == []
    found = list(examine_loss_network(Listed(in_place=True), PHOTO, layers=names))
    ill = [reading for reading in found if reading.ill]
    assert [r.name for r in ill] == ["overwritten in place"]
    assert ill[0].where == "conv1_1, relu1_1"


def test_two_features_in_one_memory_need_no_names():
    assert ills(Listed(in_place=True)) == ["overwritten in place"]


def test_the_first_layer_that_is_not_finite_is_named():
    def network(x):
        return {"relu1_1": two_layers(normalize(x))[0], "relu2_1": x / 0 * 0}

    found = [r for r in examine_loss_network(network, PHOTO) if r.ill]
    assert ("features not finite", "first relu2_1") in [
        (r.name, r.where) for r in found
    ]


def test_batch_norm_in_training_mode_is_restless():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).requires_grad_(False)
    prepared = nn.Sequential(_Normalize(), network)
    assert ills(prepared) == ["restless"]
    assert ills(prepared.eval()) == []


class _Normalize(nn.Module):
    def forward(self, x):
        return normalize(x)


def test_only_some_features_without_a_gradient():
    def network(x):
        first, second = two_layers(normalize(x))
        return {"a": first, "b": second.detach()}

    (reading,) = [r for r in examine_loss_network(network, PHOTO) if r.ill]
    assert (reading.value, reading.where) == (0.5, "b")


def test_without_a_convolution_the_colours_stay_unknown():
    assert "normalization missing" not in values(lambda x: {"a": normalize(x)})


@pytest.mark.parametrize("answer", ["text", 3, [1, 2]])
def test_what_is_no_feature_map_is_refused(answer):
    with pytest.raises(TypeError):
        as_function(lambda x: answer)(PHOTO)


def test_names_must_fit_the_features():
    assert ills(lambda x: two_layers(normalize(x)), layers=("a",)) == [
        "loss network stops"
    ]

"""Loss networks: parity with torchvision, names, depth, weights, bad input."""

import hashlib
import http.server
import threading
import urllib.error

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from fst_lessons import loss_network
from fst_lessons.loss_network import (
    ARCHITECTURES,
    CAFFE,
    IMAGENET,
    LossNetwork,
    load_loss_network,
)

IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module", params=["vgg16", "vgg19"])
def torchvision_pair(request, tmp_path_factory):
    """torchvision's features with random weights, and ours from the same file."""
    torch.manual_seed(0)
    features = getattr(torchvision.models, request.param)(weights=None).features.eval()
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save({f"features.{k}": v for k, v in features.state_dict().items()}, path)
    return features, load_loss_network(request.param, weights=path)


def torchvision_activations(features, x):
    """Return every activation of torchvision's network under this package's names."""
    found, stage, index = {}, 1, 0
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            index += 1
            kind = "conv"
        elif isinstance(layer, nn.ReLU):
            layer, kind = nn.ReLU(inplace=False), "relu"
        else:
            kind = "pool"
        x = layer(x)
        found["pool" + str(stage) if kind == "pool" else f"{kind}{stage}_{index}"] = x
        if kind == "pool":
            stage, index = stage + 1, 0
    return found


def test_every_layer_equals_torchvisions(torchvision_pair, picture):
    features, network = torchvision_pair
    with torch.no_grad():
        expected = torchvision_activations(
            features, (picture - IMAGENET_MEAN) / IMAGENET_STD
        )
        found = network(picture, network.layer_names)
    assert list(found) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)


def test_indices_are_those_of_the_literature():
    layers = torchvision.models.vgg16(weights=None).features
    names = LossNetwork(ARCHITECTURES["vgg16"]).layer_names
    for name, index in {
        "relu1_2": 3,
        "relu2_2": 8,
        "relu3_3": 15,
        "relu4_3": 22,
    }.items():
        assert isinstance(layers[index], nn.ReLU)
        assert names.index(name) == index


def test_caffe_weights_see_pixels_minus_the_mean_colour():
    network = LossNetwork(ARCHITECTURES["pocket"], normalization=CAFFE)
    grey = torch.full((1, 3, 8, 8), 0.5)
    seen = (grey - network.mean) / network.std
    expected = 127.5 - torch.tensor([123.0, 117.0, 104.0])
    torch.testing.assert_close(seen[0, :, 0, 0], expected, atol=0.02, rtol=0)


def test_no_deeper_than_asked(picture):
    network = load_loss_network("vgg16", weights=None)
    calls = []
    for name, convolution in network.convolutions.items():
        convolution.register_forward_hook(lambda *_, name=name: calls.append(name))
    network(picture, ["relu2_1", "relu1_1"])
    assert calls == ["1_1", "1_2", "2_1"]


def test_order_of_the_answer_is_the_order_asked(picture):
    network = load_loss_network("pocket", weights=None)
    assert list(network(picture, ["relu3_3", "relu1_1"])) == ["relu3_3", "relu1_1"]


def test_nothing_is_overwritten_in_place(picture):
    network = load_loss_network("pocket", weights=None)
    before = picture.clone()
    found = network(picture, ["conv2_1", "relu2_1"])
    assert found["conv2_1"].min() < 0
    assert torch.equal(found["relu2_1"], found["conv2_1"].relu())
    assert torch.equal(picture, before)


def test_gradients_reach_the_picture_and_not_the_network(picture):
    network = load_loss_network("pocket", weights=None)
    x = picture.clone().requires_grad_(True)
    network(x, ["relu4_3"])["relu4_3"].sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


def test_average_pooling_averages(picture):
    network = load_loss_network("pocket", weights=None, pooling="avg")
    found = network(picture, ["relu1_2", "pool1"])
    expected = nn.functional.avg_pool2d(found["relu1_2"], 2)
    torch.testing.assert_close(found["pool1"], expected)


@pytest.mark.parametrize(
    ("layer", "field", "stride"),
    [
        ("relu1_1", 3, 1),
        ("relu1_2", 5, 1),
        ("pool1", 6, 2),
        ("relu2_2", 14, 2),
        ("relu3_3", 40, 4),
        ("relu4_3", 92, 8),
        ("relu5_3", 196, 16),
    ],
)
def test_receptive_fields_of_vgg16(layer, field, stride):
    network = LossNetwork(ARCHITECTURES["vgg16"])
    assert network.receptive_field(layer) == field
    assert network.stride(layer) == stride


def test_receptive_field_is_what_a_gradient_reaches():
    network = load_loss_network("pocket", weights=None, pooling="avg")
    x = torch.rand(1, 3, 96, 96, requires_grad=True)
    feature = network(x, ["conv3_3"])["conv3_3"]
    feature[0, :, 12, 12].sum().backward()
    reached = (x.grad.abs().sum(dim=(0, 1)) > 0).any(dim=0).nonzero()
    assert reached.max() - reached.min() + 1 == network.receptive_field("conv3_3")


def test_multiply_adds_by_hand():
    network = LossNetwork(ARCHITECTURES["vgg16"])
    by_hand = 9 * (3 * 64 + 64 * 64) * 32 * 32 + 9 * 64 * 128 * 16 * 16
    assert network.multiply_adds("relu2_1", 32, 32) == by_hand


def test_channels():
    network = LossNetwork(ARCHITECTURES["vgg19"])
    assert [network.channels(f"relu{s}_1") for s in range(1, 6)] == [
        64,
        128,
        256,
        512,
        512,
    ]


def test_pocket_is_small_frozen_and_near_the_promised_size():
    network = load_loss_network("pocket")
    vgg16 = LossNetwork(ARCHITECTURES["vgg16"])
    assert not any(p.requires_grad for p in network.parameters())
    cost = network.multiply_adds("relu4_3", 256, 256)
    assert vgg16.multiply_adds("relu4_3", 256, 256) / cost > 9


def test_pocket_tells_pictures_apart_better_than_random_weights():
    """A trained network puts a blurred cat nearer to the cat than a shuffled one."""
    from fst_lessons import assets
    from fst_lessons.images import load_image
    from fst_lessons.losses import gram_matrix

    network = load_loss_network("pocket")
    x = load_image(assets.photo_path("cat"), size=96, square=True)
    y = load_image(assets.photo_path("stream"), size=96, square=True)
    shifted = x.roll(3, dims=3)
    grams = [gram_matrix(network(p, ["relu3_3"])["relu3_3"]) for p in (x, shifted, y)]
    near, far = ((grams[0] - g).square().sum() for g in grams[1:])
    assert near < 0.1 * far


def test_half_precision_pictures_work_under_autocast(picture):
    network = load_loss_network("pocket")
    with torch.autocast("cpu", torch.bfloat16):
        assert network(picture, ["relu3_3"])["relu3_3"].isfinite().all()


def test_random_weights_follow_the_seed(picture):
    outputs = [
        load_loss_network("pocket", weights=None, seed=s)(picture, ["relu2_2"])[
            "relu2_2"
        ]
        for s in (0, 0, 1)
    ]
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_own_safetensors_round_trip(tmp_path, picture):
    network = load_loss_network("pocket", weights=None, seed=3)
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    again = load_loss_network("pocket", weights=tmp_path / "w.safetensors")
    assert torch.equal(
        network(picture, ["relu5_1"])["relu5_1"], again(picture, ["relu5_1"])["relu5_1"]
    )


class TestPublishedWeights:
    """The hub's way of loading, from a server on this machine."""

    @pytest.fixture
    def served(self, tmp_path, monkeypatch):
        torch.manual_seed(0)
        features = torchvision.models.vgg16(weights=None).features
        state = {f"features.{k}": v for k, v in features.state_dict().items()}
        file = tmp_path / "site" / "weights.pth"
        file.parent.mkdir()
        torch.save(state | {"classifier.0.bias": torch.zeros(3)}, file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
        file = file.rename(file.with_name(f"vgg16-{digest}.pth"))
        handler = lambda *a: http.server.SimpleHTTPRequestHandler(  # noqa: E731
            *a, directory=str(file.parent)
        )
        monkeypatch.setattr(
            http.server.SimpleHTTPRequestHandler, "log_message", lambda *a: None
        )
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
        url = f"http://127.0.0.1:{server.server_port}/{file.name}"
        monkeypatch.setattr(loss_network, "published_url", lambda *_: url)
        yield features, file
        server.shutdown()
        server.server_close()

    @pytest.mark.parametrize(
        ("weights", "normalization"),
        [
            ("default", IMAGENET),
            ("imagenet1k_v1", IMAGENET),
            ("imagenet1k_features", CAFFE),
        ],
    )
    def test_loads_and_normalizes(self, served, picture, weights, normalization):
        features, _ = served
        network = load_loss_network("vgg16", weights=weights)
        mean = torch.tensor(normalization.mean).view(1, 3, 1, 1)
        std = torch.tensor(normalization.std).view(1, 3, 1, 1)
        normalized = (picture - mean) / std  # in the package's layout, to round alike
        normalized = normalized.contiguous(memory_format=torch.channels_last)
        expected = torchvision_activations(features, normalized)
        found = network(picture, ["relu3_3"])["relu3_3"]
        torch.testing.assert_close(found, expected["relu3_3"].detach())

    def test_a_changed_file_is_refused(self, served):
        _, file = served
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        with pytest.raises(ValueError, match="not what torchvision published"):
            load_loss_network("vgg16")

    def test_offline_says_what_to_do(self, served, monkeypatch):
        def refuse(*args, **kwargs):
            raise urllib.error.URLError("no route to host")

        monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
        with pytest.raises(ConnectionError, match=r"(?s)put it at .*pocket"):
            load_loss_network("vgg16")

    def test_the_real_address_is_torchvisions(self):
        assert "vgg16-397923af" in loss_network.published_url("vgg16", "imagenet1k_v1")
        assert "amdegroot" in loss_network.published_url("vgg16", "imagenet1k_features")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_loss_network("vgg17"), "unknown loss network 'vgg17'; choose"),
        (lambda: load_loss_network("vgg16", weights="nonsense"), "imagenet1k_features"),
        (lambda: load_loss_network("vgg16", weights="gone.pth"), "no weight file"),
        (
            lambda: load_loss_network("pocket", normalization="x"),
            "unknown normalization",
        ),
        (lambda: load_loss_network("pocket", weights=None, pooling="sum"), "pooling"),
    ],
)
def test_bad_settings(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "layer", "smallest"),
    [("vgg16", "pool5", 32), ("vgg16", "relu4_1", 8), ("pocket", "relu5_1", 32)],
)
def test_smallest_pictures(name, layer, smallest):
    network = load_loss_network(name, weights=None)
    network(torch.rand(1, 3, smallest, smallest), [layer])
    with pytest.raises(ValueError, match=f"at least {smallest} pixels"):
        network(torch.rand(1, 3, smallest - 1, smallest), [layer])


def test_weights_of_another_network(tmp_path):
    small = load_loss_network("pocket", weights=None)
    save_file(small.state_dict(), tmp_path / "pocket.safetensors")
    with pytest.raises(ValueError, match="do not fit"):
        load_loss_network("vgg16", weights=tmp_path / "pocket.safetensors")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_damaged_weight_file(tmp_path, suffix):
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(b"PK\x03\x04 not weights")
    with pytest.raises(ValueError, match="not a readable weight file"):
        load_loss_network("pocket", weights=path)


@pytest.mark.parametrize(
    ("images", "layers", "message"),
    [
        (torch.rand(3, 64, 64), ["relu1_1"], r"\(N, 3, H, W\), got \(3, 64, 64\)"),
        (torch.rand(1, 4, 64, 64), ["relu1_1"], "expected pictures of shape"),
        ("cat.jpg", ["relu1_1"], "got str"),
        (torch.ones(1, 3, 64, 64, dtype=torch.uint8), ["relu1_1"], "divide by 255"),
        (torch.rand(1, 3, 64, 64), ["relu9_9"], "unknown layer 'relu9_9'"),
        (torch.rand(1, 3, 64, 64), ["relu3_4"], "nearest: relu3"),
        (torch.rand(1, 3, 64, 64), ["relu5_3"], "unknown layer 'relu5_3'"),
        (torch.rand(1, 3, 64, 64), "relu3_3", r"such as \['relu3_3'\]"),
        (torch.rand(1, 3, 64, 64), [], "no layer asked for"),
        (torch.rand(1, 3, 8, 64), ["relu4_1"], "8x64 is too small"),
    ],
)
def test_bad_calls(images, layers, message):
    with pytest.raises(ValueError, match=message):
        load_loss_network("pocket", weights=None)(images, layers)

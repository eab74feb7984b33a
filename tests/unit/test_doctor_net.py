"""Nets as other programs write them; grids and frames of known size."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fst_lessons.doctor_net import examine_net

PHOTOS = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
PHOTOS[1] *= 0.3


def readings(net):
    return {reading.name: reading for reading in examine_net(net, PHOTOS)}


def ills(net):
    return [name for name, reading in readings(net).items() if reading.ill]


def value(net, name):
    return readings(net)[name].value


def test_a_plain_function_will_do():
    assert ills(lambda photos: 1 - photos) == []


def test_a_grid_is_measured_in_shades():
    """Every second column brighter by 0.1: half above, half below the mean by 0.05."""

    def net(photos):
        columns = torch.arange(photos.shape[3]) % 2
        return 0.8 * photos + 0.1 * columns

    assert value(net, "checkerboard") == pytest.approx(0.05)
    assert ills(net) == ["checkerboard"]


def test_a_grid_of_three_pixels_is_no_grid_of_a_net_with_two_halvings():
    def net(photos):
        return 0.8 * photos + 0.1 * (torch.arange(photos.shape[3]) % 3 == 0)

    assert value(net, "checkerboard") < 1 / 255


def test_a_frame_is_measured_in_shades():
    def net(photos):
        inner = F.pad(torch.ones_like(photos)[..., 4:-4, 4:-4], (4, 4, 4, 4))
        return (0.9 * photos + 0.1 * (1 - inner)).clamp(0, 1)

    assert value(net, "frame") == pytest.approx(0.1)
    assert ills(net) == ["frame"]


def test_a_blur_with_zero_padding_makes_a_frame():
    assert ills(lambda photos: F.avg_pool2d(photos, 5, 1, padding=2)) == ["frame"]


@pytest.mark.parametrize("scale", [255.0, -1.0])
def test_other_units(scale):
    assert ills(lambda photos: scale * photos) == ["out of range"]


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_or_white_throughout(level):
    net = lambda photos: torch.full_like(photos, level)  # noqa: E731
    assert value(net, "saturated") == 1
    assert ills(net) == ["saturated"]


def test_one_grey_for_all():
    assert ills(lambda photos: torch.full_like(photos, 0.5)) == ["photograph ignored"]


def test_not_a_number():
    assert ills(lambda photos: (photos - 0.5).sqrt()) == ["painting not finite"]


def test_weights_are_counted():
    net = nn.Conv2d(3, 3, 1)
    net.weight.data[0, :2] = float("inf")
    assert value(net, "weights not finite") == 2


def test_a_size_that_grows():
    net = lambda photos: F.pad(photos, (0, 2, 0, 1), mode="reflect")  # noqa: E731
    assert value(net, "size changes") == 2


class Normed(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, photos):
        return torch.sigmoid(self.norm(photos))


def test_batch_norm_in_training_mode_lets_neighbours_through():
    net = Normed(nn.BatchNorm2d(3))
    assert ills(net) == ["neighbours show through"]


def test_batch_norm_whose_averages_fit_is_healthy():
    norm = nn.BatchNorm2d(3, momentum=1.0)
    norm(PHOTOS)  # collects the averages of just these
    assert ills(Normed(norm).eval()) == []


@pytest.mark.parametrize(
    ("norm", "name"),
    [
        (nn.BatchNorm2d(3), "stored averages do not fit"),
        (
            nn.InstanceNorm2d(3, track_running_stats=True),
            "instance norm keeps averages",
        ),
    ],
)
def test_averages_that_were_never_collected(norm, name):
    norm.running_mean.fill_(5.0)
    net = Normed(norm).eval()
    assert ills(net) == [name]
    assert not norm.training  # put back


def test_instance_norm_without_averages_needs_no_look():
    found = readings(Normed(nn.InstanceNorm2d(3)))
    assert "instance norm keeps averages" not in found

"""Every planted mistake is found and named, nothing else is; the healthy go free."""

import pytest
import torch
from torch import nn

from fst_lessons.doctor import doctor
from fst_lessons.gram import gram_matrix
from fst_lessons.images import load_image
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.mistakes import PARTS, make_setup, mistakes_of, plant
from fst_lessons.optimize_image import optimize_image

EACH = [(part, mistake) for part in PARTS for mistake in mistakes_of(part)]


@pytest.mark.parametrize(("part", "mistake"), EACH)
def test_a_planted_mistake_is_found_and_nothing_else(part, mistake):
    assert doctor(**plant(part, mistake)).names == (mistake,)


@pytest.mark.parametrize("part", PARTS)
def test_a_healthy_part_gets_a_clean_bill(part):
    diagnosis = doctor(**plant(part))
    assert diagnosis and diagnosis.names == ()
    assert diagnosis.readings


@pytest.mark.parametrize("part", PARTS)
def test_one_mistake_in_a_whole_set_up(part):
    mistake = mistakes_of(part)[0]
    assert doctor(**make_setup(part, mistake)).names == (mistake,)


def test_a_healthy_set_up():
    diagnosis = doctor(**make_setup())
    assert diagnosis.names == ()
    assert diagnosis.skipped == {}
    assert len(diagnosis.readings) > 90


def test_the_packages_own_parts_are_healthy():
    network = load_loss_network()

    def optimize(objective, start):
        terms = (lambda y: (objective(y), {}), start)
        return optimize_image(*terms, num_steps=60, progress=False).image

    diagnosis = doctor(
        network,
        PerceptualLoss(network),
        gram=gram_matrix,
        read=load_image,
        optimize=optimize,
    )
    assert diagnosis.names == ()


def test_two_mistakes_are_two_findings():
    photo = plant("photo", "values 0 to 255") | plant("net", "frame")
    assert doctor(**photo).names == ("values 0 to 255", "frame")


def test_a_loss_waits_for_its_network():
    ill = make_setup("loss_network", "no gradient to the picture")
    diagnosis = doctor(ill["loss_network"], ill["loss"])
    assert diagnosis.names == ("no gradient to the picture",)
    assert "the loss" in diagnosis.skipped


def test_what_is_no_harm_in_the_network_does_not_keep_the_loss_waiting():
    slow = make_setup("loss_network", "not frozen")
    diagnosis = doctor(slow["loss_network"], slow["loss"])
    assert diagnosis.names == ("not frozen",)
    assert diagnosis.skipped == {}
    assert "no gradient" in {reading.name for reading in diagnosis.readings}


def test_nothing_to_examine():
    with pytest.raises(ValueError, match="name a part"):
        doctor()


def test_an_empty_history():
    with pytest.raises(ValueError, match="history is empty"):
        doctor(history=[])


@pytest.mark.parametrize("photo", ["cat.jpg", object(), torch.tensor(3), [[1, 2]]])
def test_what_is_no_photograph(photo):
    diagnosis = doctor(photo=photo)
    assert not diagnosis
    assert len(diagnosis.findings) == 1


def broken(*pictures):
    raise ZeroDivisionError("by my own hand")


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("loss_network", "loss network stops"),
        ("loss", "loss stops"),
        ("net", "net stops"),
        ("optimize", "optimizer stops"),
        ("gram", "Gram matrix"),
    ],
)
def test_a_part_that_raises_is_a_finding(part, name):
    diagnosis = doctor(**{part: broken})
    assert diagnosis.names == (name,)
    assert "by my own hand" in repr(diagnosis)


def test_a_reader_that_raises_is_a_finding_with_the_file():
    diagnosis = doctor(read=broken)
    assert {*diagnosis.names} == {"reader of pictures stops"}
    assert "plain.png: by my own hand" in repr(diagnosis)


def test_the_patient_leaves_as_it_came():
    """Weights, modes, running averages and the source of chance are as before."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
    net = plant("net", "neighbours show through")["net"]
    for module in (network, net):
        state = {k: v.clone() for k, v in module.state_dict().items()}
        modes = [part.training for part in module.modules()]
        chance = torch.random.get_rng_state()
        part = "loss_network" if module is network else "net"
        assert not doctor(**{part: module})
        assert [part.training for part in module.modules()] == modes
        assert torch.equal(torch.random.get_rng_state(), chance)
        for name, value in module.state_dict().items():
            assert torch.equal(value, state[name]), name


def test_pictures_are_not_changed():
    photo = torch.rand(1, 3, 70, 90, generator=torch.Generator().manual_seed(0))
    before = photo.clone()
    doctor(loss_network=plant("loss_network", "picture overwritten")["loss_network"],
           photo=photo, style=photo)  # fmt: skip
    assert torch.equal(photo, before)


def test_the_readers_own_pictures_are_used_where_they_are_healthy():
    """A photograph of noise changes the numbers; an ill one is replaced."""
    net = plant("net")["net"]
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    def ignored(photo):
        readings = doctor(net=net, photo=photo).readings
        return {r.name: r.value for r in readings}["photograph ignored"]

    assert ignored(noise) != ignored(None)
    assert ignored(255 * noise) == ignored(None)

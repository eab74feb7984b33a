"""The planted mistakes: one for every symptom, and each of them really planted."""

import pytest
import torch

from fst_lessons import (
    doctor_checkpoints,
    doctor_descent,
    doctor_files,
    doctor_loss,
    doctor_net,
    doctor_network,
    doctor_pictures,
    mistakes,
)
from fst_lessons.losses import gram_matrix

SYMPTOMS = {
    "photo": [*doctor_pictures.SYMPTOMS],
    "loss_network": [*doctor_network.SYMPTOMS],
    "loss": [*doctor_loss.SYMPTOMS],
    "net": [*doctor_net.SYMPTOMS],
}
PHOTO = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("part", SYMPTOMS)
def test_every_symptom_can_be_planted(part):
    assert sorted(mistakes.mistakes_of(part)) == sorted(SYMPTOMS[part])


def test_every_symptom_of_the_other_parts_can_be_planted():
    loops = [*mistakes.mistakes_of("optimize"), *mistakes.mistakes_of("history")]
    assert sorted(loops) == sorted(doctor_descent.SYMPTOMS)
    assert {*doctor_pictures.READER_SYMPTOMS} <= {*mistakes.mistakes_of("read")}
    # a folder has too few photographs, no single file has
    files = {*doctor_files.SYMPTOMS, *doctor_checkpoints.SYMPTOMS}
    assert files - {*mistakes.FILES} == {"few photographs"}


def test_a_set_up_has_every_part():
    assert {*mistakes.make_setup()} == {*mistakes.PARTS}
    assert {*mistakes.make_setup("net", "frame")} == {*mistakes.PARTS}


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: mistakes.plant("wheel"), "unknown part 'wheel'; choose from photo"),
        (lambda: mistakes.mistakes_of("wheel"), "unknown part"),
        (lambda: mistakes.plant("net", "rust"), "no mistake 'rust' in net; there are"),
        (lambda: mistakes.make_setup("net", "rust"), "no mistake 'rust'"),
    ],
)
def test_unknown_names_are_refused(call, hint):
    with pytest.raises(ValueError, match=hint):
        call()


def test_the_healthy_parts_agree_with_the_package():
    features = torch.rand(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    (gram,) = mistakes.plant("gram").values()
    torch.testing.assert_close(gram(features), gram_matrix(features))
    (photo,) = mistakes.plant("photo").values()
    assert photo.shape == (1, 3, 96, 144)
    assert 0 <= photo.min() and photo.max() <= 1


def test_a_borrowed_network_gives_the_packages_features():
    from fst_lessons.loss_network import load_loss_network

    (network,) = mistakes.plant("loss_network").values()
    # in the package's layout, to round alike
    found = network(PHOTO.contiguous(memory_format=torch.channels_last))
    for name, feature in load_loss_network()(PHOTO, list(found)).items():
        torch.testing.assert_close(found[name], feature)


@pytest.mark.parametrize("mistake", mistakes.mistakes_of("net"))
def test_a_spoilt_net_leaves_the_next_one_good(mistake):
    (good,) = mistakes.plant("net").values()
    before = good(PHOTO)
    mistakes.plant("net", mistake)
    (again,) = mistakes.plant("net").values()
    torch.testing.assert_close(again(PHOTO), before)


def test_a_transposed_net_paints_on_average_what_it_painted():
    (good,) = mistakes.plant("net").values()
    (spoilt,) = mistakes.plant("net", "checkerboard").values()
    assert spoilt.config.upsampling == "transposed"
    with torch.no_grad():
        difference = (good(PHOTO) - spoilt(PHOTO)).mean()
    assert abs(float(difference)) < 0.05


def test_histories_are_those_of_real_descents():
    (good,) = mistakes.plant("history").values()
    assert good[-1] < good[0] / 10
    (still,) = mistakes.plant("history", "loss never falls").values()
    assert good[0] == still[0]

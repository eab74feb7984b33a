"""Distillation: the student learns, from narrow and from wide teachers."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from fst_lessons import assets
from fst_lessons.distill import Distiller, Stage, distill
from fst_lessons.lesson_pictures import bend
from fst_lessons.loss_network import ARCHITECTURES, LossNetwork, load_loss_network
from fst_lessons.teachers import CompressedVGG19, WideTeacher
from fst_lessons.vgg import initialize


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(8, 3, 12, 12, generator=generator)
    images = torch.nn.functional.interpolate(coarse, (96, 96), mode="bicubic").clamp(
        0, 1
    )
    return list((images * 255).byte().split(1))


def make_student(seed=0):
    student = LossNetwork(ARCHITECTURES["pocket"])
    initialize(student, seed)
    return student


@pytest.fixture
def distiller(photos):
    """A student of the bundled network, which is of its own kind."""
    student = make_student()
    teacher = WideTeacher(load_loss_network("pocket"), student)
    return Distiller(teacher, student, photos, size=48)


@pytest.mark.parametrize("name", ["forced", "own", "end to end"])
def test_every_stage_learns(distiller, name):
    stage = Stage(name, 25, 5e-3, batch_size=6, off_photograph=0.3, on_policy=0.3)
    pictures = distiller._crops(6)

    def error():
        with torch.no_grad():
            found = distiller.responses(pictures)
            return float(distiller.loss(found, distiller.teacher(pictures)))

    before = error()
    _ = list(distiller.train(stage, progress=False))
    assert error() < 0.8 * before


def test_a_perfect_student_has_nothing_unexplained(photos):
    student = make_student()
    student.load_state_dict(load_loss_network("pocket").state_dict())
    teacher = WideTeacher(load_loss_network("pocket"), student)
    distiller = Distiller(teacher, student, photos, size=48)
    missed = distiller.unexplained(distiller._crops(4))
    assert max(missed.values()) < 1e-6


def test_forcing_frees_a_layer_from_the_ones_before_it(distiller):
    pictures = distiller._crops(2)
    wanted = distiller.teacher(pictures)
    with torch.no_grad():
        distiller.student.convolutions["1_1"].weight.add_(1.0)
        forced = distiller.responses(pictures, given=wanted)
        distiller.student.convolutions["1_1"].weight.sub_(1.0)
        again = distiller.responses(pictures, given=wanted)
    assert torch.equal(forced["4_1"], again["4_1"])
    assert not torch.equal(forced["1_1"], again["1_1"])


def test_cut_stops_gradients_between_compared_layers(distiller):
    found = distiller.responses(distiller._crops(1), cut=True)
    found["2_1"].sum().backward()
    convolutions = distiller.student.convolutions
    assert convolutions["1_2"].weight.grad is None
    assert convolutions["2_1"].weight.grad.abs().sum() > 0


def test_a_wider_teacher_gets_heads(photos):
    student = make_student()
    wide = LossNetwork(ARCHITECTURES["vgg16"])
    initialize(wide, 1)
    distiller = Distiller(WideTeacher(wide, student), student, photos[:4], size=32)
    assert set(distiller.heads) == set(student.convolutions)
    stage = Stage("forced", 3, 1e-3, batch_size=2)
    (_, missed), *_ = distiller.train(stage, every=3, progress=False)
    assert all(torch.isfinite(torch.tensor(list(missed.values()))))


def test_painted_pictures_move_towards_their_style(distiller):
    painted = distiller.painted
    first = painted.step(3)
    with torch.no_grad():
        before = painted.loss(first, painted.targets)[0]
    painted.lifetime = 100
    for _ in range(15):
        last = painted.step(3)
    assert painted.loss(last, painted.targets)[0] < before
    assert 0 <= last.min() and last.max() <= 1


def test_bent_pictures_differ_and_stay_in_range(photos):
    import random

    images = torch.cat(photos).float() / 255
    before = images.clone()
    bent = bend(images, random.Random(0), torch.Generator().manual_seed(0))
    assert torch.equal(images, before)
    assert 0 <= bent.min() and bent.max() <= 1
    assert ((bent - images).abs().mean(dim=(1, 2, 3)) > 1e-3).all()


def test_the_command_writes_weights_and_card(tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        Image.effect_noise((120, 120), 60 + i).convert("RGB").save(folder / f"{i}.png")
    out = tmp_path / "small.safetensors"
    monkeypatch.setattr(
        "fst_lessons.distill.load_teacher",
        lambda name, student: WideTeacher(load_loss_network("pocket"), student),
    )
    stages = [Stage("forced", 2, 1e-3, batch_size=2)]
    distill("anything", folder, out, stages=stages)
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["sha256"] == assets.sha256_of(out)
    assert card["photos"] == 3 and len(card["curves"]) == 1
    assert all(v.dtype == torch.float16 for v in load_file(out).values())
    load_loss_network("pocket", weights=out)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "photos",
        "small.json",
        "small.safetensors",
    ]


def test_compressed_teacher_is_a_quarter_of_vgg19(tmp_path):
    """Its layers come under the names of the student's layers they stand for."""
    from safetensors.torch import save_file

    weights, inputs = (
        {"conv0.weight": torch.eye(3)[..., None, None], "conv0.bias": torch.zeros(3)},
        3,
    )
    plan = {
        "11": 16,
        "12": 16,
        "21": 32,
        "22": 32,
        "31": 64,
        "32": 64,
        "33": 64,
        "34": 64,
        "41": 128,
        "42": 128,
        "43": 128,
        "44": 128,
        "51": 128,
    }
    generator = torch.Generator().manual_seed(0)
    for name, width in plan.items():
        weights[f"conv{name}.weight"] = (
            torch.randn(width, inputs, 3, 3, generator=generator) / 9
        )
        weights[f"conv{name}.bias"] = torch.zeros(width)
        inputs = width
    save_file(weights, tmp_path / "teacher.safetensors")
    found = CompressedVGG19(tmp_path / "teacher.safetensors")(torch.rand(1, 3, 64, 64))
    shapes = {name: tuple(value.shape[1:]) for name, value in found.items()}
    assert shapes["3_3"] == (64, 16, 16) and shapes["5_1"] == (128, 4, 4)
    assert set(shapes) == {
        "1_1",
        "1_2",
        "2_1",
        "2_2",
        "3_1",
        "3_3",
        "4_1",
        "4_2",
        "4_3",
        "5_1",
    }

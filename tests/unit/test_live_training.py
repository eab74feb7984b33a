"""The view of a training: what it keeps, what it draws, and when it shows itself."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
import torch

from fst_lessons import live_training
from fst_lessons.live_training import TrainingView
from fst_lessons.recipes import TrainingRecipe
from fst_lessons.training_state import Training
from fst_lessons.transform_net import TransformNet

PHOTOGRAPH = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def tidy():
    torch.manual_seed(0)
    yield
    plt.close("all")


def training(**net):
    found = Training(TransformNet(width=2, **net), TrainingRecipe(width=2))
    found.evaluations = [{"step": 0, "total": 9.0}]
    return found


def advance(found):
    found.step += 10
    found.history.append([found.step, 5.0, 0.5, 0.1, 0.01])
    found.evaluations.append({"step": found.step, "total": 6.0})


def watch(view, found, times):
    view(found)
    for _ in range(times):
        advance(found)
        view(found)


def test_it_keeps_a_painting_of_each_measurement():
    view, found = TrainingView(PHOTOGRAPH), training()
    watch(view, found, 2)
    assert list(view.paintings) == [0, 10, 20]
    assert all(p.shape == PHOTOGRAPH.shape for p in view.paintings.values())


def test_it_draws_paintings_and_losses():
    view, found = TrainingView(PHOTOGRAPH, pictures=3), training()
    watch(view, found, 6)
    *pictures, curve = view.draw().axes
    assert [ax.get_title() for ax in pictures] == ["step 0", "step 30", "step 60"]
    labels = [text.get_text() for text in curve.get_legend().get_texts()]
    assert labels == ["total", "content", "style", "held out"]


def test_before_the_first_step_there_are_only_dots():
    view = TrainingView(PHOTOGRAPH)
    view(training())
    assert len(view.draw().axes) == 2


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="give the view to fit"):
        TrainingView(PHOTOGRAPH).draw()


def test_painting_leaves_no_trace_in_batch_norms():
    view, found = TrainingView(PHOTOGRAPH), training(norm="batch")
    before = {k: v.clone() for k, v in found.net.state_dict().items()}
    found.net.train()
    view(found)
    assert found.net.training
    for name, value in found.net.state_dict().items():
        assert torch.equal(value, before[name]), name


class Screen:
    """Stands in for the notebook's display."""

    def __init__(self):
        self.shown = []

    def __call__(self, figure, *, display_id):
        self.shown.append(figure)
        return self

    def update(self, figure):
        self.shown.append(figure)


def test_in_a_notebook_it_is_drawn_in_one_place(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(live_training, "_watched", lambda: True)
    monkeypatch.setattr("IPython.display.display", screen)
    view = TrainingView(PHOTOGRAPH)
    watch(view, training(), 2)
    assert len(screen.shown) == 3
    assert len({tuple(figure.get_size_inches()) for figure in screen.shown}) == 1
    assert view.draw() is screen.shown[3]  # there, and not below once more
    assert not plt.get_fignums()


@pytest.mark.parametrize("static", ["", "1"])
def test_a_script_is_not_watched(monkeypatch, static):
    monkeypatch.setenv("FST_STATIC", static)
    assert not live_training._watched()


def test_the_first_held_out_photograph_is_the_default():
    assert TrainingView().photograph.shape == (1, 3, 256, 256)

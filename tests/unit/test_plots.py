"""Figures: what comes back, what is drawn, nothing shown, bad input."""

import math

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fst_lessons import diagrams, plots


def picture(height=8, width=8, *, value=0.5):
    return torch.full((1, 3, height, width), float(value))


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Fail when anything is shown; close every figure afterwards."""

    def show(*_, **__):
        raise AssertionError("a plotting function called show")

    monkeypatch.setattr(plt, "show", show)
    with matplotlib.rc_context():
        yield
    plt.close("all")


HISTORY = [
    {"content": 1.0, "style": 4.0, "total": 5.0},
    {"content": 0.5, "style": 1.0, "total": 1.5},
]


def test_the_book_style_is_set():
    plots.use_book_style()
    assert plt.rcParams["lines.linewidth"] == 2
    assert not plt.rcParams["axes.spines.top"]


def test_show_images_gives_one_axes_a_picture():
    figure = plots.show_images([picture(), picture()], titles=["one", "two"])
    assert isinstance(figure, Figure)
    assert [ax.get_title() for ax in figure.axes] == ["one", "two"]


def test_show_images_takes_titles_from_a_mapping():
    figure = plots.show_images({"left": picture(), "right": picture()})
    assert [ax.get_title() for ax in figure.axes] == ["left", "right"]


def test_show_images_leaves_spare_axes_empty():
    figure = plots.show_images([picture()] * 3, columns=2)
    assert len(figure.axes) == 4
    assert [bool(ax.images) for ax in figure.axes] == [True, True, True, False]
    assert not figure.axes[3].axison


def test_show_images_has_the_width_asked_for():
    assert plots.show_images([picture()]).get_size_inches()[0] == plots.WIDTH
    assert plots.show_images([picture()], width=4).get_size_inches()[0] == 4


def test_a_tall_picture_makes_a_tall_figure():
    wide, tall = (
        plots.show_images([picture(*size)]).get_size_inches()[1]
        for size in ((8, 16), (16, 8))
    )
    assert tall > 3 * wide


@pytest.mark.parametrize(
    ("images", "titles"), [([], None), ({}, None), ([picture()], ["one", "two"])]
)
def test_show_images_refuses_a_wrong_count(images, titles):
    with pytest.raises(ValueError, match="pictures and"):
        plots.show_images(images, titles=titles)


def test_show_grid_names_rows_and_columns():
    rows = {"a": [picture(), picture()], "b": [picture(), picture()]}
    figure = plots.show_grid(rows, columns=["x", "y"])
    assert isinstance(figure, Figure)
    assert [ax.get_title() for ax in figure.axes] == ["x", "y", "", ""]
    assert [ax.get_ylabel() for ax in figure.axes] == ["a", "", "b", ""]


def test_draw_image_draws_the_values_unscaled():
    _, ax = plt.subplots()
    given = plots.draw_image(picture(value=0.25), ax=ax, title="dark")
    assert given is ax
    assert isinstance(ax, Axes)
    drawn = np.asarray(ax.images[0].get_array())
    assert set(drawn.flatten().tolist()) == {64}  # 0.25 of 255, rounded
    assert ax.get_title() == "dark"


def test_draw_image_leaves_the_picture_alone():
    image = picture(value=0.3)
    copy = image.clone()
    plots.draw_image(image)
    assert torch.equal(image, copy)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (picture(value=3), r"RGB in \[0, 1\]"),
        (picture(value=-1), r"RGB in \[0, 1\]"),
        (picture(value=math.nan), "NaN"),
        (torch.zeros(1, 1, 8, 8), "expected"),
        (torch.zeros(8, 8), "expected"),
    ],
)
def test_bad_pictures_are_refused(image, message):
    with pytest.raises(ValueError, match=message):
        plots.draw_image(image)
    with pytest.raises(ValueError, match=message):
        plots.show_images([image])


def test_plot_history_draws_each_term():
    ax = plots.plot_history(HISTORY)
    assert isinstance(ax, Axes)
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines) == ["content", "style", "total"]
    assert lines["style"].get_ydata().tolist() == [4, 1]
    assert lines["style"].get_xdata().tolist() == [1, 2]
    assert lines["style"].get_color() == plots.COLORS["style"]
    assert ax.get_yscale() == "log"


def test_plot_history_draws_what_is_asked_where_it_is_asked():
    _, ax = plt.subplots()
    given = plots.plot_history(HISTORY, terms=["total"], ax=ax, label="adam")
    assert given is ax
    assert [line.get_label() for line in ax.lines] == ["adam total"]


def test_plot_history_refuses_an_unknown_term():
    with pytest.raises(KeyError, match="depth"):
        plots.plot_history(HISTORY, terms=["depth"])


def test_plot_features_draws_the_strongest_channels():
    features = torch.zeros(1, 5, 4, 4)
    features[0, 3, 0] = 9
    features[0, 1, 0] = 2
    figure = plots.plot_features(features, channels=2, columns=2)
    assert [ax.get_title() for ax in figure.axes] == ["channel 3", "channel 1"]
    assert figure.axes[0].images[0].get_array().max() == 9


def test_plot_features_stops_at_the_channels_there_are():
    figure = plots.plot_features(torch.rand(1, 3, 4, 4), channels=8, columns=4)
    assert sum(bool(ax.images) for ax in figure.axes) == 3


def test_the_colours_differ():
    assert len({*plots.COLORS.values()}) == len(plots.COLORS)


def test_the_system_is_drawn_with_the_pictures_given():
    figure = diagrams.draw_system(
        picture(8, 12, value=0.1), picture(8, 8, value=0.4), picture(9, 7, value=0.8)
    )
    assert isinstance(figure, Figure)
    (ax,) = figure.axes
    values = [int(np.asarray(image.get_array())[0, 0, 0]) for image in ax.images]
    assert sorted(values) == [26, 26, 102, 204]  # the photograph is the content too
    words = " ".join(text.get_text() for text in ax.texts)
    for part in ("style", "feat", "relu3_3", "never changes", "learns"):
        assert part in words


def test_the_system_refuses_bad_pictures():
    with pytest.raises(ValueError, match=r"RGB in \[0, 1\]"):
        diagrams.draw_system(picture(value=9), picture(), picture())


def test_fields_are_squares_around_one_place():
    figure, ax = plt.subplots()
    diagrams.draw_fields(picture(), [1, 3], centre=(2, 2), color="red", ax=ax)
    corners = {(p.get_x(), p.get_width(), p.get_height()) for p in ax.patches}
    assert corners == {(1.5, 1, 1), (0.5, 3, 3)}
    assert [text.get_text() for text in ax.texts] == ["3 px"]
    plt.close(figure)

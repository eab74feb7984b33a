"""Figures made of HTML, and the painter behind the live sliders."""

import json
import re
import threading

import pytest
import torch

from fst_lessons import html_figures, widgets
from fst_lessons.explorer import Axis, LambdaExplorer
from fst_lessons.html_figures import BeforeAfter
from fst_lessons.images import resize
from fst_lessons.live_painter import Painter, Plan
from fst_lessons.loss_network import load_loss_network

PATIENCE = 120  # seconds; a busy machine is slow, not wrong


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def picture(seed=0, size=(32, 32)):
    generator = torch.Generator().manual_seed(seed)
    return resize(torch.rand(1, 3, 4, 4, generator=generator), size)


def explorer(**changes):
    """Return an explorer of 2 x 3 flat pictures, each as bright as its number."""
    axes = [Axis("kind", ["a", "b"], "choice"), Axis("λ_s", ["1", "10", "100"])]
    settings = {
        "alts": [f"picture {i}" for i in range(6)],
        "losses": {"content": [0.1 * i for i in range(6)], "style": [1.0] * 6},
        **changes,
    }
    pictures = [torch.full((1, 3, 16, 24), i / 8) for i in range(6)]
    return LambdaExplorer.from_pictures(axes, pictures, **settings)


def data_of(html):
    found = re.search(r'class="fst-data">(.*?)</script>', html, re.S)
    return json.loads(found[1])


class TestExplorer:
    def test_a_described_picture_comes_first(self):
        html = explorer()._repr_html_()
        alt = re.search(r'<img src="data:image/webp;base64,[^"]+" alt="([^"]+)">', html)
        assert "λ_s 1, 10, 100" in alt[1] and "picture 0" in alt[1]
        assert html.index("<img") < html.index("<script")

    def test_nothing_is_loaded_from_elsewhere(self):
        html = explorer()._repr_html_()
        assert not re.search(
            r"https?:|//[a-z]|@import|url\(|\bfetch\(|src=.(?!data:)", html
        )

    def test_cells_are_where_the_script_looks_for_them(self):
        found = explorer()
        for i, place in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]):
            assert found.picture(*place).mean() == pytest.approx(i / 8, abs=0.02)
        data = data_of(found._repr_html_())
        assert (data["columns"], data["rows"], data["width"], data["height"]) == (
            3,
            2,
            24,
            16,
        )
        assert data["losses"][4] == [0.4, 1.0]
        assert data["along"] == 1

    def test_totals_are_sums_of_the_parts(self):
        parts = {"content": [1.0] * 6, "style": [0.5] * 6}
        assert data_of(explorer(parts=parts)._repr_html_())["totals"] == [1.5] * 6

    def test_figures_of_another_subject_have_words_and_colors_of_their_own(self):
        found = explorer(
            losses={"pixel": [0.5] * 6, "style": [1.0] * 6},
            before=[picture(size=(16, 24))],
            before_label="original",
            colors={"pixel": "#123456"},
        )
        data = data_of(found._repr_html_())
        assert data["beforeLabel"] == "original"
        assert [term["color"] for term in data["terms"]] == [
            "#123456",
            html_figures.COLORS["style"],
        ]
        assert html_figures.COLORS.keys() == {"content", "style", "tv"}

    def test_small_pictures_on_chips_are_described(self):
        thumbs = [[html_figures.webp(picture(i))] for i in range(2)]
        axis = Axis("scene", ["a", "b"], "choice", thumbs=thumbs, thumb_alts=("a cup",))
        assert axis.as_json()["thumbAlts"] == ("a cup",)

    def test_text_cannot_end_the_data(self):
        html = explorer(alts=["</script><b>"] * 6)._repr_html_()
        assert data_of(html)["alts"][0] == "</script><b>"
        assert html.count("</script>") == 2

    def test_a_notebook_gets_html_and_words(self):
        bundle = explorer()._repr_mimebundle_()
        assert bundle["text/plain"] == "LambdaExplorer(2 x 3 pictures)"
        assert bundle["text/html"].startswith("<figure")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"alts": ["one"]}, "1 values of alt texts for 6 cells"),
            ({"alts": [" "] * 6}, "needs an alt text"),
            ({"losses": {"style": [1.0]}}, "1 values of style"),
            ({"initial": (0, 3)}, "no position"),
            ({"initial": (0,)}, "no position"),
            ({"before": [picture(), picture()]}, "2 pictures to lay over 1 sheets"),
        ],
    )
    def test_mistakes(self, changes, words):
        with pytest.raises(ValueError, match=words):
            explorer(**changes)

    def test_more_mistakes(self):
        with pytest.raises(ValueError, match="two values or more"):
            Axis("λ", ["1"])
        with pytest.raises(ValueError, match="'range' or 'choice'"):
            Axis("λ", ["1", "2"], "knob")
        with pytest.raises(ValueError, match="do not fill rows of 2"):
            LambdaExplorer.from_pictures(
                [Axis("λ", ["1", "2"])], [picture()], alts=["a"]
            )
        axes, sheet = [Axis("λ", ["1", "2", "3"])], html_figures.webp(picture())
        with pytest.raises(ValueError, match="does not divide into 3 columns"):
            LambdaExplorer(axes, [sheet], alts=["a", "b", "c"])

    def test_the_bundled_grid_is_light(self):
        html = LambdaExplorer.from_grid()._repr_html_()
        assert len(html) < 700_000
        assert len(data_of(html)["sheets"]) >= 2


class TestBeforeAfter:
    def test_both_pictures_are_described(self):
        html = BeforeAfter(picture(0), picture(1), alt='a "b"', at=30)._repr_html_()
        alts = re.findall(r'<img [^>]*alt="([^"]+)"', html)
        assert alts == ["photograph", "a &quot;b&quot;"]
        assert 'data-at="30"' in html

    @pytest.mark.parametrize(
        ("after", "settings", "words"),
        [
            (picture(size=(32, 16)), {"alt": "a"}, "differ in shape"),
            (picture(), {"alt": ""}, "alt text"),
            (picture(), {"alt": "a", "at": 101}, "0 to 100"),
            (picture() * 255, {"alt": "a"}, "divide by 255"),
        ],
    )
    def test_mistakes(self, after, settings, words):
        with pytest.raises(ValueError, match=words):
            BeforeAfter(picture(), after, **settings)


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket", weights=None)


@pytest.fixture
def painter(network):
    """Return a painter, what it showed, and an event for its end."""
    shown, errors, ended = [], [], threading.Event()

    def finish(error):
        errors.append(error)
        ended.set()

    found = Painter(network, lambda *news: shown.append(news), finish)
    yield found, shown, errors, ended
    found.stop()


def painting_threads():
    return [t for t in threading.enumerate() if "_work" in t.name]


class TestPainter:
    def test_shows_the_picture_as_it_grows(self, painter):
        found, shown, errors, ended = painter
        found.paint(Plan(picture(0), picture(1), num_steps=13))
        assert ended.wait(PATIENCE)
        assert errors == [None]
        assert [step for step, _, _ in shown] == [2, 12, 13]
        step, image, history = shown[-1]
        assert image.shape == (1, 3, 32, 32) and len(history) == step
        assert set(history[0]) == {"content", "style", "tv", "total"}

    def test_stop_leaves_no_thread_and_keeps_the_picture(self, painter):
        found, _, _, ended = painter
        begun = threading.Event()
        found.show = lambda *news: begun.set()
        found.paint(Plan(picture(0), picture(1), num_steps=100_000))
        assert begun.wait(PATIENCE) and found.running
        found.stop()
        assert not found.running and painting_threads() == []
        assert found.image is not None and not ended.is_set()

    def test_goes_on_from_the_picture_reached(self, painter, monkeypatch):
        found, _, _, ended = painter
        found.image = picture(5)
        found.paint(Plan(picture(0), picture(1), num_steps=1), go_on=True)
        assert ended.wait(PATIENCE)
        found.stop()
        assert torch.allclose(found.image, picture(5), atol=1e-6)

    def test_another_size_starts_afresh(self, painter):
        found, _, _, ended = painter
        found.image = picture(5, size=(40, 40))
        found.paint(Plan(picture(0), picture(1), num_steps=1), go_on=True)
        assert ended.wait(PATIENCE)
        found.stop()
        assert found.image.shape == (1, 3, 32, 32)

    def test_an_error_is_handed_over(self, painter):
        found, _, errors, ended = painter
        found.paint(Plan(picture(0), picture(1), content_layer="relu9_9"))
        assert ended.wait(PATIENCE)
        assert "unknown layer 'relu9_9'" in str(errors[0])


class TestLive:
    """The sliders themselves, in a process without a notebook."""

    @pytest.fixture
    def live(self, network, monkeypatch):
        pytest.importorskip("ipywidgets")
        monkeypatch.delenv("FST_STATIC", raising=False)
        found = widgets.live_transfer(size=96, num_steps=20, loss_network=network)
        yield found
        found.painter.stop()

    def wait(self, live, word):
        for _ in range(PATIENCE * 20):
            if word in live.status.value:
                return
            threading.Event().wait(0.05)
        raise AssertionError(live.status.value)

    def test_paint_slide_and_stop(self, live):
        first = live.picture.value
        live.controls["run"].click()
        self.wait(live, "Done")
        assert live.picture.value != first
        assert "<polyline" in live.losses.value
        live.controls["num_steps"].value = 400
        live.controls["style_weight"].value = 1.0  # goes on
        assert live.painter.running
        live.controls["stop"].click()
        assert not live.painter.running and painting_threads() == []

    def test_an_upload_is_chosen(self, live):
        content = html_figures.webp(picture(3, size=(120, 130)))
        live._try(
            lambda: live._take("content", [{"name": "me.webp", "content": content}])
        )
        assert live.controls["content"].value == "me.webp"
        assert live.plan.content.shape == (1, 3, 96, 104)
        seven = {"you.webp": {"content": content}}  # how ipywidgets 7 says it
        live._try(lambda: live._take("style", seven))
        assert live.controls["style"].value == "you.webp"

    def test_a_wrong_upload_is_explained(self, live):
        live._try(lambda: live._take("style", [{"name": "a.txt", "content": b"no"}]))
        assert "not a picture" in live.status.value
        assert live.controls["style"].value != "a.txt"

    def test_a_page_without_a_kernel_gets_a_still(self, monkeypatch):
        monkeypatch.setenv("FST_STATIC", "1")
        still = widgets.live_transfer()
        assert isinstance(still, BeforeAfter)
        assert "running notebook" in still._repr_html_()

    def test_an_unknown_photograph(self):
        with pytest.raises(ValueError, match="unknown photo"):
            widgets.live_transfer(content="nobody")

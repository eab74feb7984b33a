"""Figures made of HTML, and the painter behind the live sliders."""

import datetime
import io
import json
import re
import threading

import pytest
import torch
from PIL import Image

from fst_lessons import html_figures, widgets
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.assets import photo_path
from fst_lessons.explorer import Axis, LambdaExplorer
from fst_lessons.html_figures import BeforeAfter
from fst_lessons.images import from_pil, load_image, resize
from fst_lessons.latest import Latest
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

    def test_an_error_stays_while_it_paints_until_the_next_try(self, live):
        live.controls["run"].click()
        live._try(lambda: live._take("style", [{"name": "a.txt", "content": b"no"}]))
        self.wait(live, "Done")
        assert "not a picture" in live.status.value
        live.controls["run"].click()
        assert "not a picture" not in live.status.value

    def test_the_picture_is_not_wider_than_its_place(self, live):
        layout = live.picture.layout
        assert (layout.width, layout.margin) == ("100%", "0")

    def test_numbers_are_written_out(self, live):
        sliders = [live.controls[n] for n in ("style_weight", "tv_weight")]
        assert {slider.readout_format for slider in sliders} == {".3r"}  # 1e3 is 1000

    def test_a_page_without_a_kernel_gets_a_still(self, monkeypatch):
        monkeypatch.setenv("FST_STATIC", "1")
        still = widgets.live_transfer()
        assert isinstance(still, BeforeAfter)
        assert "running notebook" in still._repr_html_()

    def test_an_unknown_photograph(self):
        with pytest.raises(ValueError, match="unknown photo"):
            widgets.live_transfer(content="nobody")


class TestLatest:
    """A worker that does the last thing it was asked for."""

    def test_what_was_asked_in_between_is_dropped(self):
        begun, go_on, done = threading.Event(), threading.Event(), []

        def work(job):
            begun.set()
            assert go_on.wait(PATIENCE)
            done.append(job)

        worker = Latest(work)
        worker.ask(0)
        assert begun.wait(PATIENCE)  # the first is under way, and stays so
        for job in range(1, 50):
            worker.ask(job)
        assert not worker.wait(0.01)
        go_on.set()
        assert worker.wait(PATIENCE)
        assert done == [0, 49]

    def test_it_rests_and_begins_again(self):
        done = []
        worker = Latest(done.append)
        assert worker.wait(0)
        for job in "ab":
            worker.ask(job)
            assert worker.wait(PATIENCE)
        assert done == ["a", "b"]

    def test_no_two_jobs_at_once(self):
        inside, most = [], []

        def work(job):
            inside.append(job)
            most.append(len(inside))
            threading.Event().wait(0.002)
            inside.remove(job)

        worker = Latest(work)
        askers = [
            threading.Thread(target=lambda: [worker.ask(i) for i in range(20)])
            for _ in range(4)
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert worker.wait(PATIENCE)
        assert set(most) == {1}


@pytest.fixture(scope="module")
def adjustable():
    torch.manual_seed(0)
    config = AdjustableConfig(("a", "b_c"), width=4, blocks=1, hidden=4)
    net = AdjustableTransformNet(config).eval().requires_grad_(False)
    for weight in net.perceptron.parameters():
        weight += 0.1 * torch.randn(weight.shape)  # so that every wish paints another
    return net


def decoded(data):
    """Return the picture of a WebP file."""
    with Image.open(io.BytesIO(data)) as file:
        return from_pil(file)


def as_webp(image, quality=88):
    """Return what a WebP file leaves of a picture."""
    return decoded(html_figures.webp(image, quality, effort=0))


class TestLiveStrength:
    """The sliders over an adjustable net, in a process without a notebook."""

    @pytest.fixture
    def live(self, adjustable, monkeypatch):
        pytest.importorskip("ipywidgets")
        monkeypatch.delenv("FST_STATIC", raising=False)
        found = widgets.live_strength(adjustable, "cat", size=64)
        assert found.latest.wait(PATIENCE)
        yield found
        assert found.latest.wait(PATIENCE)

    def shown(self, live):
        assert live.latest.wait(PATIENCE)
        return decoded(live.picture.value)

    def test_it_begins_in_the_middle(self, live, adjustable):
        expected = as_webp(adjustable(live.wish.photo, 10.0, "a"))
        assert (self.shown(live) - expected).abs().mean() < 0.01  # perhaps bfloat16
        assert "a, λ = 10:" in live.status.value
        assert re.search(r"\d ms for \d+ × 64 pixels", live.status.value)

    def test_every_control_paints_what_it_says(self, live, adjustable):
        c, found = live.controls, [live.picture.value]
        for name, value in {
            "strength": 100.0,
            "style": "b_c",
            "second": "a",
            "share": 20,
            "photo": "coffee",
            "size": 128,
        }.items():
            c[name].value = value
            wish = live.wish
            expected = as_webp(adjustable(wish.photo, wish.strength, wish.styles))
            assert (self.shown(live) - expected).abs().mean() < 0.01, name
            found.append(live.picture.value)
        assert len(set(found)) == len(found)
        assert live.wish.styles == pytest.approx({"b_c": 0.8, "a": 0.2})
        assert "80% b c and 20% a, λ = 100" in live.status.value
        assert min(self.shown(live).shape[2:]) == 128

    def test_the_ends_of_the_slider_are_the_ends_of_the_net(self, live):
        slider = live.controls["strength"]
        for power, wanted in ((slider.min, 1.0), (slider.max, 100.0)):
            slider.value = 10**power
            assert live.wish.strength == pytest.approx(wanted)
            assert live.latest.wait(PATIENCE)
            assert "did not work" not in live.status.value

    def test_dragging_does_not_queue(self, live, adjustable, monkeypatch):
        begun, go_on, paint = threading.Event(), threading.Event(), live.paint

        def slow(*wish):
            begun.set()
            assert go_on.wait(PATIENCE)
            return paint(*wish)

        monkeypatch.setattr(live, "paint", slow)
        before = live.passes
        live.controls["strength"].value = 2.0
        assert begun.wait(PATIENCE)
        for strength in torch.linspace(3, 90, 40).tolist():
            live.controls["strength"].value = strength
        go_on.set()
        assert live.latest.wait(PATIENCE)
        assert live.passes == before + 2
        assert "λ = 90" in live.status.value

    def test_nothing_to_mix_with_is_no_mixture(self, live):
        assert live.controls["share"].disabled
        live.controls["second"].value = "a"  # with itself
        assert live.wish.styles == {"a": 1.0}
        assert not live.controls["share"].disabled

    def test_an_upload_is_chosen(self, live):
        for seed in (3, 4):  # the second under the same name
            content = html_figures.webp(picture(seed, size=(120, 130)))
            live.controls["upload"].value = (
                {
                    "name": "me.webp",
                    "type": "image/webp",
                    "size": len(content),
                    "content": memoryview(content),
                    "last_modified": datetime.datetime.now(datetime.timezone.utc),
                },
            )
            assert live.controls["photo"].value == "me.webp"
            expected = resize(picture(seed, size=(120, 130)), 64)
            assert (live.wish.photo - expected).abs().mean() < 0.03
        assert [*live.controls["photo"].options].count("me.webp") == 1

    def test_a_wrong_upload_is_explained(self, live):
        live._try(lambda: live._take([{"name": "a.txt", "content": b"no"}]))
        assert "not a picture" in live.status.value
        assert live.controls["photo"].value == "cat"

    def test_an_error_in_the_pass_is_explained(self, live, monkeypatch):
        def broken(*wish):
            raise RuntimeError("no memory <left>")

        monkeypatch.setattr(live, "paint", broken)
        live.controls["strength"].value = 3.0
        assert live.latest.wait(PATIENCE)
        assert "That did not work:</b> no memory &lt;left&gt;" in live.status.value

    def test_a_photograph_of_ones_own(self, adjustable, monkeypatch):
        pytest.importorskip("ipywidgets")
        monkeypatch.delenv("FST_STATIC", raising=False)
        given = picture(5, size=(96, 80))
        live = widgets.live_strength(adjustable, given, style="b_c", size=48)
        assert live.latest.wait(PATIENCE)
        assert live.wish.photo.shape == (1, 3, 58, 48)
        assert live.wish.styles == {"b_c": 1.0}
        bundle = live._repr_mimebundle_()
        assert bundle["text/plain"].startswith("LiveStrength")

    def test_a_page_without_a_kernel_gets_a_still(self, adjustable, monkeypatch):
        monkeypatch.setenv("FST_STATIC", "1")
        still = widgets.live_strength(adjustable, "cat", strength=3, size=48)
        assert isinstance(still, BeforeAfter)
        html = still._repr_html_()
        assert "λ = 3, one pass" in html and "running notebook" in html
        photo = load_image(photo_path("cat"), size=48)
        expected = as_webp(adjustable(photo, 3.0, "a"), 82)
        assert (decoded(still.pictures[1]) - expected).abs().mean() < 0.02

    def test_the_shipped_net_is_the_default(self, monkeypatch):
        monkeypatch.setenv("FST_STATIC", "1")
        assert "λ = 10" in widgets.live_strength(size=32)._repr_html_()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"photo": "nobody"}, "unknown photo"),
            ({"style": "none"}, "no style 'none'"),
            ({"strength": 101.0}, "lambda must lie between 1 and 100"),
            ({"photo": torch.ones(1, 1, 8, 8)}, "photograph"),
        ],
    )
    def test_mistakes(self, adjustable, arguments, words):
        with pytest.raises(ValueError, match=words):
            widgets.live_strength(adjustable, **arguments)

    def test_an_unknown_net(self):
        with pytest.raises(ValueError, match="no adjustable net 'nobody'"):
            widgets.live_strength("nobody")

"""The live page, opened from disk and from a server, used as a reader would."""

import base64
import io
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
import torch
from PIL import Image
from screenshot import HTML, settle

from fst_lessons import assets
from fst_lessons.images import load_image, resize
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import PerceptualLoss

PATIENCE = 240_000  # milliseconds; a busy machine is slow, not wrong
ROOT = "document.getElementById('fst-paint')"
SETTLED = f"() => {ROOT}.dataset.settled === 'true'"


class Live:
    """The live page with what it asked for and what went wrong."""

    def __init__(self, browser, address, *, script="", **settings):
        self.page = browser.new_page(**settings)
        self.page.set_default_timeout(PATIENCE)
        self.asked, self.wrong = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.wrong.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self.listen)
        if script:
            self.page.add_init_script(script)
        self.page.goto(address, timeout=PATIENCE)

    def listen(self, message):
        """Keep a console message that is an error."""
        if message.type == "error":
            self.wrong.append(message.text)

    def part(self, name):
        """Return a part of the page by its name."""
        return self.page.locator(f"[data-part={name}]")

    def painted(self):
        """Wait until the painting is that of the controls; return how many came."""
        self.page.wait_for_function(SETTLED)
        return int(self.page.evaluate(f"{ROOT}.dataset.painted"))

    def after(self, count):
        """Wait until there are more paintings than `count`, and the last one."""
        self.page.wait_for_function(f"() => {ROOT}.dataset.painted > {count}")
        return self.painted()

    def pixels(self):
        """Return the painting, `(1, 3, H, W)` in [0, 1]."""
        self.painted()
        width, height, values = self.page.evaluate(
            """() => {
                const canvas = document.querySelector('[data-part=canvas]');
                const { width, height } = canvas;
                const pen = canvas.getContext('2d');
                const { data } = pen.getImageData(0, 0, width, height);
                let text = '';
                for (const value of data) text += String.fromCharCode(value);
                return [width, height, btoa(text)];
            }"""
        )
        flat = torch.frombuffer(bytearray(base64.b64decode(values)), dtype=torch.uint8)
        return flat.view(1, height, width, 4)[..., :3].permute(0, 3, 1, 2) / 255

    def slide(self, value, name="strength"):
        """Move a slider as dragging does."""
        self.part(name).evaluate(
            "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }",
            value,
        )

    def message(self):
        """Return what the page says, when it says something."""
        self.page.wait_for_function(
            "() => document.querySelector('[data-part=message]').textContent"
        )
        return self.part("message").inner_text()

    def drop(self, name, content, kind="image/png"):
        """Drop a file on the page."""
        self.page.evaluate(
            "document.querySelector('[data-part=message]').textContent=''"
        )
        self.page.evaluate(
            """([name, bytes, type]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
                for (const kind of ['dragenter', 'dragover', 'drop'])
                    document.body.dispatchEvent(new DragEvent(kind,
                        { bubbles: true, cancelable: true, dataTransfer: transfer }));
            }""",
            [name, list(content), kind],
        )


def png(width, height, color=(200, 120, 40)):
    """Return a picture as a file's content."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), color).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def address(browser):
    return (HTML / "book" / "live.html").as_uri()


@pytest.fixture(scope="module")
def opened(browser, address):
    """Give one page to the tests that leave it as they found it, or nearly."""
    live = Live(browser, address)
    live.page.wait_for_function(f"() => {ROOT}.dataset.painted", timeout=PATIENCE)
    live.part("size").select_option("256")
    live.painted()
    yield live
    live.page.close()


@pytest.fixture
def live(opened):
    """Return the page as it begins, with pictures of 256 pixels."""
    opened.part("second").select_option("-1")
    opened.part("styles").locator("input").first.check(force=True)
    opened.part("photos").locator("input").first.check(force=True)
    opened.slide(0)
    opened.page.wait_for_function(
        "() => document.querySelector('[data-part=canvas]').width === 256"
    )
    opened.painted()
    return opened


def test_paints_from_disk_and_asks_nobody(live):
    assert live.pixels().std() > 0.05
    assert live.wrong == []
    assert live.asked
    assert [
        r for r in live.asked if not r.startswith(("file:", "data:", "blob:"))
    ] == []


def test_says_how_long_it_took_and_how_large_it_is(live):
    text = live.part("speed").inner_text()
    height, width = live.pixels().shape[-2:]
    assert text.startswith(f"{width} × {height} pixels in ")
    assert text.endswith(" ms (WebAssembly)")
    assert float(live.page.evaluate(f"{ROOT}.dataset.ms")) > 1


def test_paints_in_a_worker(live):
    assert len(live.page.workers) == 1


def test_more_strength_is_more_style_and_less_photograph(live):
    names = [name for name in bundled(live) if name in assets.style_names()]
    assert names, "no style of the net has its picture in data/styles"
    choose_style(live, names[0])
    paintings = []
    for at in (-20, -10, 0, 10, 20):
        live.slide(at)
        paintings.append(live.pixels())
    photo = load_image(assets.photo_path("cat"))
    photo = resize(photo, tuple(paintings[0].shape[-2:]))
    style = load_image(assets.style_path(names[0]), size=384)
    loss = PerceptualLoss(load_loss_network("pocket"))
    targets = loss.targets(content=photo, style=style)
    with torch.no_grad():
        terms = [loss(painting, targets)[1] for painting in paintings]
    content = [float(each["content"]) for each in terms]
    style = [float(each["style"]) for each in terms]
    assert content == sorted(content)
    # near the end the style is as near as it gets, on this one photograph
    assert all(later < 1.05 * sooner for sooner, later in pairwise(style))
    assert content[-1] > 1.3 * content[0]
    assert style[-1] < 0.5 * style[0]


def bundled(live):
    """Return the net's styles by name."""
    return live.page.evaluate("fstLive.net.styles.map(style => style.name)")


def choose_style(live, name):
    """Press a style's chip."""
    index = bundled(live).index(name)
    live.part("styles").locator("input").nth(index).check(force=True)
    live.painted()


def test_the_latest_wish_wins(live):
    before = live.painted()
    live.page.evaluate(
        """() => {
            const slider = document.querySelector('[data-part=strength]');
            for (let value = -20; value <= 20; value++) {
                slider.value = value;
                slider.dispatchEvent(new Event('input'));
            }
        }"""
    )
    count = live.after(before)
    assert count - before <= 3  # 41 wishes came while one picture was painted
    last = live.pixels()
    live.slide(19)
    live.painted()
    live.slide(20)
    assert live.pixels().equal(last)


def test_blends_two_styles(live):
    first = live.pixels()
    live.part("second").select_option("1")
    live.painted()
    half = live.pixels()
    live.slide(0, "share")
    assert live.pixels().equal(first)
    live.slide(100, "share")
    second = live.pixels()
    assert (second - first).abs().mean() > 0.02
    # between the two, and neither
    assert (half - first).abs().mean() < (second - first).abs().mean()
    assert (half - second).abs().mean() < (second - first).abs().mean()
    spoken = live.part("share").get_attribute("aria-valuetext")
    assert spoken.startswith("0 percent ") and "100 percent" in spoken


def test_other_photographs_come_with_the_book(live):
    before = live.pixels()
    live.part("photos").locator("input").nth(1).check(force=True)
    live.page.wait_for_function(
        "() => document.querySelector('[data-part=canvas]')"
        ".getAttribute('aria-label').startsWith('Pagoda')"
    )
    after = live.pixels()
    assert after.shape != before.shape or not after.equal(before)
    assert live.wrong == []


def test_a_photograph_dropped_on_the_page_is_painted(live):
    count = live.painted()
    live.drop("mine.png", png(120, 90))
    live.after(count)
    assert live.pixels().shape[-2:] == (90, 120)  # smaller ones are not enlarged
    assert live.message() == "mine.png: 120 × 90 pixels."
    label = live.part("canvas").get_attribute("aria-label")
    assert label.startswith("Your photograph, painted: ")
    assert live.part("photos").locator("input:checked").count() == 0


def test_a_chosen_file_is_painted(live):
    count = live.painted()
    live.part("file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": png(64, 100)}
    )
    live.after(count)
    assert live.pixels().shape[-2:] == (100, 64)


def test_a_large_photograph_is_shrunk_and_that_is_told(live):
    count = live.painted()
    live.drop("huge.png", png(6000, 3000))
    live.after(count)
    assert live.pixels().shape[-2:] == (128, 256)
    wanted = "huge.png: 6000 × 3000 pixels, painted at 256 × 128."
    assert live.message() == wanted


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("notes.txt", b"no picture", "notes.txt is not a picture"),
        ("broken.png", png(64, 64)[:60], "broken.png is not a picture"),
        ("photo.heic", b"\0\0\0\x18ftypheic", "save it as JPEG or PNG"),
        ("strip.png", png(2000, 20), "the net needs 16 a side"),
    ],
)
def test_what_cannot_be_painted_is_told_and_leaves_the_picture(
    live, name, content, told
):
    count, before = live.painted(), live.pixels()
    live.drop(name, content)
    assert told in live.message()
    assert live.part("message").evaluate("e => e.classList.contains('fst-error')")
    assert live.pixels().equal(before)
    assert live.painted() == count
    assert live.wrong == []
    live.slide(5)
    live.after(count)  # and goes on


def test_saves_what_it_shows(live, tmp_path):
    with live.page.expect_download() as waiting:
        live.part("save").click()
    name = waiting.value.suggested_filename
    style = bundled(live)[0]
    assert name == f"cat_{style}_10.png"
    waiting.value.save_as(tmp_path / name)
    assert (load_image(tmp_path / name) - live.pixels()).abs().max() < 1e-6


def test_keys_do_everything(live):
    page = live.page
    live.part("strength").focus()
    count = live.painted()
    page.keyboard.press("ArrowRight")
    count = live.after(count)
    assert live.part("strength").get_attribute("aria-valuetext") == "lambda 11"
    reached = []
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.get_by_role("heading", level=1).evaluate(
        "e => { e.tabIndex = -1; e.focus(); }"
    )
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement;
                    const seen = e.matches(':focus-visible');
                    return [e.dataset.part || e.name || e.className, seen];
                }"""
            )
        )
    names = [name for name, _ in reached]
    for name in (
        *("compare", "strength", "size", "save"),
        *("fst-photo", "own", "camera", "fst-style", "second"),
    ):
        assert name in names, f"{name} is not among {names}"
    assert all(seen for name, seen in reached)
    live.part("styles").locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    live.after(count)
    assert live.part("styles").locator("input").nth(1).is_checked()


def test_the_divider_uncovers_the_photograph(live):
    page = live.page
    live.part("compare").check()
    divider = live.part("at")
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "51 percent photograph"
    assert live.part("over").is_visible()
    box = live.part("stage").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, middle, steps=3)
    page.mouse.up()
    assert abs(int(divider.input_value()) - 25) <= 1
    live.part("compare").uncheck()
    assert not live.part("over").is_visible()
    assert divider.is_disabled()


def test_controls_have_names(live):
    unnamed = live.page.evaluate(
        """() => [...document.querySelectorAll('#fst-paint input, select, button')]
            .filter(e => e.closest('#fst-paint'))
            .filter(e => e.type !== 'file')
            .filter(e => !(e.ariaLabel || e.labels?.[0]?.innerText || e.innerText))
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []
    roles = live.page.get_by_role("slider", name="strength of the style, λ")
    assert roles.count() == 1


CAMERA = """
Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: async () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 96, height: 64 });
    const pen = canvas.getContext('2d');
    let red = 0;
    setInterval(() => {
        red = (red + 40) % 256;
        pen.fillStyle = `rgb(${red}, 90, 120)`;
        pen.fillRect(0, 0, 96, 64);
    }, 50);
    return canvas.captureStream();
} } });
"""
NO_CAMERA = """
Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: async () => {
    throw new DOMException('no', 'NotAllowedError');
} } });
"""


def test_paints_what_a_camera_sees_until_it_is_held(browser, address):
    live = Live(browser, address, script=CAMERA)
    count = live.painted()
    live.part("camera").click()
    live.page.wait_for_function(f"() => {ROOT}.dataset.painted > {count + 2}")
    live.part("camera").click()
    assert live.message() == "The camera is off."
    count = live.painted()
    assert live.pixels().shape[-2:] == (64, 96)
    live.page.wait_for_timeout(500)
    assert live.painted() == count
    live.slide(8)
    live.after(count)  # the held picture can be painted otherwise
    assert live.wrong == []
    live.page.close()


def test_a_camera_that_may_not_be_used(browser, address):
    live = Live(browser, address, script=NO_CAMERA)
    live.painted()
    live.part("camera").click()
    assert live.message() == "No camera: the browser was not allowed to use it."
    live.page.close()


def test_a_browser_that_cannot_run_the_net_is_told(browser, address):
    live = Live(browser, address, script="delete window.WebAssembly;")
    assert "lacks WebAssembly" in live.message()
    assert live.wrong == []
    live.page.close()


def damaged(route):
    """Answer with a net that is none."""
    text = (HTML / "_static" / "vendor" / "live" / "net.js").read_text("utf-8")
    route.fulfill(body=re.sub(r'"file":"[^"]*"', '"file":"AAAA"', text))


@pytest.mark.parametrize(
    ("file", "answer", "told"),
    [
        ("net.js", damaged, "The net could not be loaded"),
        ("wasm.js", lambda route: route.abort(), "wasm.js is missing"),
    ],
)
def test_what_does_not_load_is_told(browser, address, file, answer, told):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.route(f"**/{file}", answer)
    page.goto(address)
    page.wait_for_selector(".fst-failed .fst-message.fst-error")
    assert told in page.locator("[data-part=message]").inner_text()
    page.close()


def test_without_scripts_a_line_says_so(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert "scripts are switched off" in page.locator("#fst-paint").inner_text()
    context.close()


@pytest.fixture(scope="module")
def server(browser):
    """Serve the book with the headers that allow several threads."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self):
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            super().end_headers()

        def log_message(self, *_):
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=HTML))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()


def test_paints_the_same_from_a_server_and_with_threads(browser, live, server):
    other = Live(browser, f"{server}/book/live.html")
    other.painted()
    assert other.page.evaluate("self.crossOriginIsolated")
    other.part("size").select_option("256")
    other.page.wait_for_function(
        "() => document.querySelector('[data-part=canvas]').width === 256"
    )
    assert (other.pixels() - live.pixels()).abs().max() < 3 / 255
    assert other.wrong == []
    other.page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_fits_the_page(browser, address, width):
    live = Live(browser, address, viewport={"width": width, "height": 800})
    settle(live.page)
    live.painted()
    assert live.page.evaluate("document.documentElement.scrollWidth") <= width
    stage = live.part("stage").bounding_box()
    panel = live.page.locator(".fst-panel").bounding_box()
    slider = live.part("strength").bounding_box()
    assert (panel["x"] >= stage["x"] + stage["width"]) == (width == 1280)
    assert slider["y"] + slider["height"] < 800  # picture and slider on one screen
    live.page.close()

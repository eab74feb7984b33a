"""The explorer and the divider on a page of their own, opened from disk."""

import json
import re

import pytest
import torch

from fst_lessons.explorer import Axis, LambdaExplorer
from fst_lessons.html_figures import BeforeAfter

SHADES = 20  # of red; a cell's number times this
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>figures</title>
<style>
html {{ font: 16px sans-serif }}
[data-theme=dark] {{ background: #121212; color: #ced6dd; color-scheme: dark }}</style>
<body>{body}</body></html>"""


def make_explorer():
    """Return 2 sheets of 2 x 3 cells; a cell's red is its number times `SHADES`."""
    pictures = [torch.zeros(1, 3, 64, 64) for _ in range(12)]
    for i, cell in enumerate(pictures):
        cell[:, 0] = i * SHADES / 255
    axes = [
        Axis("pictures", ["one", "two"], "choice"),
        Axis("λ_TV", ["0", "5"], spoken="smoothing weight"),
        Axis(
            "λ_s / λ_c",
            ["0.1", "1", "10"],
            spoken="style weight",
            ends=("less", "more"),
        ),
    ]
    return LambdaExplorer.from_pictures(
        axes,
        pictures,
        quality=95,
        alts=[f"cell number {i}" for i in range(12)],
        losses={"content": [0.05 * i for i in range(12)], "style": [1.0] * 12},
        parts={"content": [0.05 * i for i in range(12)], "style": [2.0] * 12},
        initial=(0, 1, 1),
        before=[torch.ones(1, 3, 64, 64)],
        before_label="original",
        caption="Twelve cells.",
    )


@pytest.fixture(scope="module")
def figures():
    left, right = torch.zeros(1, 3, 80, 120), torch.ones(1, 3, 80, 120)
    return make_explorer(), BeforeAfter(left, right, alt="all white", at=40)


@pytest.fixture
def look(open_figures, figures):
    """Return a function that opens a page with both figures."""
    body = "".join(figure._repr_html_() for figure in figures)

    def open_page(*, theme="light", **settings):
        text = PAGE.format(theme=theme, body=body)
        return open_figures(text, theme=theme, **settings)

    return open_page


def shown_cell(page):
    """Return the number of the cell whose color the canvas shows."""
    page.wait_for_function(
        "() => { const d = document.querySelector('.fst-explorer').dataset;"
        " return d.drawn === d.cell; }"
    )
    red = page.evaluate(
        "() => document.querySelector('.fst-explorer canvas').getContext('2d')"
        ".getImageData(32, 32, 1, 1).data[0]"
    )
    return round(red / SHADES)


def facts(figures):
    html = figures[0]._repr_html_()
    return json.loads(re.search(r'class="fst-data">(.*?)</script>', html, re.S)[1])


def test_begins_at_its_default_and_asks_for_nothing(look):
    page = look()
    assert shown_cell(page) == 4
    assert page.locator(".fst-again").is_disabled()
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []


def test_arrow_keys_move_to_the_neighbouring_cell(look, figures):
    page = look()
    slider = page.get_by_role("slider", name="style weight")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert shown_cell(page) == 5
    assert slider.get_attribute("aria-valuetext") == "style weight 10"
    assert (
        page.locator(".fst-explorer canvas").get_attribute("aria-label")
        == "cell number 5"
    )
    content, style, total = page.locator(".fst-explorer .fst-value").all_inner_texts()
    data = facts(figures)
    assert [float(content), float(style)] == data["losses"][5]
    assert float(total) == data["totals"][5]
    page.keyboard.press("Home")
    assert shown_cell(page) == 3
    page.get_by_role("slider", name="smoothing weight").press("ArrowLeft")
    assert shown_cell(page) == 0
    page.get_by_role("radio", name="one").focus()
    page.keyboard.press("ArrowDown")
    assert shown_cell(page) == 6
    page.get_by_role("button", name="back to").click()
    assert shown_cell(page) == 4


def test_jupyter_leaves_the_keys_to_the_figures(look, jupyter):
    page = look()
    page.evaluate(jupyter)
    page.get_by_role("slider", name="style weight").press("ArrowRight")
    assert shown_cell(page) == 5
    page.get_by_role("radio", name="one").press("ArrowDown")
    assert shown_cell(page) == 11
    page.get_by_role("button", name="back to").press("Enter")
    assert shown_cell(page) == 4
    page.get_by_role("checkbox", name="lay the original over it").press("Space")
    page.locator(".fst-explorer .fst-at").press("ArrowUp")
    page.locator(".fst-compare input").press("ArrowUp")
    assert page.locator(".fst-compare input").input_value() == "41"
    assert page.evaluate("window.taken") is None


def test_bars_follow_the_slider(look):
    page = look()
    rows = page.locator(".fst-bars").first
    assert [i for i, c in enumerate(bar_classes(rows)) if c == "fst-on"] == [1]
    page.get_by_role("slider", name="style weight").press("End")
    assert [i for i, c in enumerate(bar_classes(rows)) if c == "fst-on"] == [2]


def bar_classes(row):
    return row.evaluate("e => [...e.children].map(bar => bar.className)")


def test_what_lies_below_can_be_laid_over(look):
    page = look()
    box = page.get_by_role("checkbox", name="lay the original over it")
    box.check()
    over = page.locator(".fst-explorer .fst-over")
    assert over.is_visible()
    assert over.get_attribute("alt") == "the original"
    divider = page.get_by_role("slider", name="Divider between original and result")
    assert divider.get_attribute("aria-valuetext") == "50 % original"
    box.uncheck()
    assert not over.is_visible()


def test_focus_can_be_seen(look):
    page = look()
    for name in ("style weight", "smoothing weight"):
        page.get_by_role("slider", name=name).focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.matches(':focus-visible')")


def test_without_scripts_the_still_stays(look):
    page = look(java_script_enabled=False)
    still = page.locator(".fst-still img")
    assert still.is_visible()
    assert "cell number 4" in still.get_attribute("alt")
    assert page.locator(".fst-labels").inner_text().split() == ["0.1", "1", "10"]
    assert page.locator(".fst-compare img").count() == 2
    assert all(image.is_visible() for image in page.locator(".fst-compare img").all())


def test_paper_shows_the_still(look):
    page = look()
    assert not page.locator(".fst-still").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".fst-still").is_visible()
    assert not page.locator(".fst-live").is_visible()


def test_the_divider_obeys_keys_and_pointer(look):
    page = look()
    divider = page.locator(".fst-compare input")
    assert divider.input_value() == "40"
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "41 % photograph"
    box = page.locator(".fst-compare .fst-two").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=3)
    page.mouse.up()
    assert abs(int(divider.input_value()) - 80) <= 1
    clip = page.locator(".fst-compare .fst-two > div").first.evaluate(
        "e => getComputedStyle(e).clipPath"
    )
    assert "inset" in clip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_fits_every_page(look, theme, width):
    page = look(theme=theme, width=width)
    shown_cell(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    canvas = page.locator(".fst-explorer canvas").bounding_box()
    panel = page.locator(".fst-panel").bounding_box()
    beside = panel["x"] >= canvas["x"] + canvas["width"]
    assert beside == (width == 1000)
    ink, paper = page.evaluate(
        """() => [document.querySelector('.fst-panel'), document.documentElement].map(
            (e, i) => getComputedStyle(e)[i ? 'backgroundColor' : 'color'])"""
    )
    assert (ink, paper) == {
        "light": ("rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"),
        "dark": ("rgb(206, 214, 221)", "rgb(18, 18, 18)"),
    }[theme]


def test_many_figures_share_one_script(look, figures):
    page = look()
    assert page.locator(".fst-ready").count() == len(figures)
    assert page.locator(".fst-live").count() == 1
    assert page.locator(".fst-failed").count() == 0

"""The page in a browser, as its readers have it: headless Chromium, from disk."""

import os
import re
import shutil

import pytest

from arzoo.benchmark.page import read_zoo, write_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
WIDE, PHONE = {"width": 1300, "height": 900}, {"width": 360, "height": 740}
BOARD = ".board:has(h3:text-is('digits'))"


@pytest.fixture(scope="module")
def address(built, kit, tmp_path_factory):
    """Of the page on disk."""
    return write_page(read_zoo(built, kit.samples), tmp_path_factory.mktemp("page")).as_uri()


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] * (os.geteuid() == 0))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """Function that opens the page; no page may ask for anything, or complain."""
    asked, said, contexts = [], [], []

    def visit(fragment="", viewport=WIDE, scheme="light"):
        contexts.append(chromium.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + fragment)
        page.wait_for_selector("#chart svg")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert said == []


def names(page, table=f"{BOARD} tbody"):
    return page.locator(f"{table} tr:visible th a").all_inner_texts()


def test_it_opens_without_a_request_or_a_complaint(visit, kit):
    page = visit()
    assert page.title() == "arzoo benchmark"
    assert page.locator("#count").inner_text() == f"{len(kit.names)} models"
    assert page.url.endswith("index.html")


def test_a_head_sorts_up_then_down_and_the_address_says_so(visit):
    page = visit()
    head = page.locator(f"{BOARD} th[data-key=value]")
    value = re.compile(r"[\d.]+")
    for direction, reverse in (("ascending", False), ("descending", True)):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == direction
        shown = [float(value.match(text)[0]) for text in page.locator(f"{BOARD} td[data-k=value]").all_inner_texts()]
        assert shown == sorted(shown, reverse=reverse) and len(set(shown)) == 4
    assert page.url.endswith("#sort=value&dir=desc")


def test_all_models_sort_by_data_set_task_architecture_and_size(visit):
    page = visit()
    for key in ("dataset", "task", "architecture", "parameters", "bytes"):
        page.locator(f"#all th[data-key={key}]").get_by_role("button").click()
        values = page.eval_on_selector_all(f"#all td[data-k={key}]", "cells => cells.map(cell => cell.dataset.v)")
        numbers = key in ("parameters", "bytes")
        found = [float(value) for value in values if value] if numbers else [value for value in values if value]
        assert found == sorted(found) and values[: len(found)].count("") == 0


def test_filters_leave_what_they_say_in_every_part(visit, kit):
    page = visit()
    page.select_option("#f-architecture", "made")
    shown = [name for name in kit.names if name.startswith("made-")]
    assert names(page, "#all tbody") == shown
    assert names(page) == ["made-digits", "made-digits-orderings"]
    assert page.locator("details.model:visible").count() == len(shown)
    assert page.locator("#count").inner_text() == f"{len(shown)} of {len(kit.names)} models"
    page.select_option("#f-task", "image, told the label")
    assert page.locator(".board:visible").count() == 0 and page.locator("#count").inner_text().startswith("0 of")
    page.get_by_role("button", name="Show all").click()
    assert page.locator("#count").inner_text() == f"{len(kit.names)} models"
    page.fill("#f-q", " PixelCNN-digits-C")
    assert names(page, "#all tbody") == ["pixelcnn-digits-class"] and page.locator("#nothing").is_hidden()
    page.fill("#f-q", "nobody")
    assert page.locator("#nothing").is_visible()


def test_a_link_shows_the_same_view(visit):
    first = visit()
    first.select_option("#f-dataset", "digits")
    first.select_option("#f-size", "100000")
    first.select_option("#p-x", "parameters")
    first.locator(f"{BOARD} th[data-key=bytes]").get_by_role("button").click()
    fragment = "#" + first.url.partition("#")[2]
    assert fragment == "#dataset=digits&size=100000&x=parameters&sort=bytes"
    second = visit(fragment)
    assert names(second) == names(first) and names(second, "#all tbody") == names(first, "#all tbody")
    assert second.input_value("#p-x") == "parameters" and second.url == first.url
    link = second.locator(f"{BOARD} tbody tr th a").first
    third = visit("#" + link.get_attribute("href").partition("#")[2])
    assert third.locator("details.model[open]").get_attribute("data-id") == link.inner_text()
    assert names(third, "#all tbody") == names(first, "#all tbody")


def test_an_address_of_nonsense_is_no_view(visit, kit):
    words = "dataset=%3Cscript%3E&sort=nothing&machine=99&model=nobody&mine=%E0%A4%A&constructor=1&x=y&board=none"
    page = visit(f"#{words}")
    assert page.locator("#count").inner_text() == f"{len(kit.names)} models"
    assert "constructor" not in page.url


def test_hovering_over_a_point_tells_the_model(visit):
    page = visit()
    point = page.locator("#chart path[role=link]").first
    point.scroll_into_view_if_needed()
    point.hover()
    tip = page.locator("#tip")
    tip.wait_for(state="visible")
    assert re.match(r"[a-z0-9-]+\n.+\n\d\.\d{4} bits/dim\n[\d.]+ k? ?images a second, batch 16", tip.inner_text())
    assert page.locator("#chart-says").inner_text().startswith("4 models; on the front: pixelcnn-digits")


def test_the_front_promises_no_more_than_was_measured(visit):
    page = visit("#x=parameters")
    for axis in ("parameters", "sampling1"):
        page.select_option("#p-x", axis)
        page.wait_for_function("axis => document.querySelector('#chart svg')", arg=axis)
        line = page.locator("#chart .front-line path").get_attribute("d")
        begin, then = re.findall(r"[ML]([\d.]+),([\d.]+)", line)[:2] if line.count("L") else [(0, 0)] * 2
        assert begin[1] == then[1]  # level up to the next model, and only there better


def test_speeds_are_of_one_machine(visit, kit):
    page = visit()
    cells = page.locator(f"{BOARD} td[data-k=sampling1]")
    assert sorted(cells.all_inner_texts()) == ["1 k", "10", "10 k", "100"]
    page.select_option("#f-machine", label=f"{kit.there}, torch 2.13, default allocator")
    assert sorted(cells.all_inner_texts()) == ["7", "–", "–", "–"]
    assert page.locator("#chart-says").inner_text().startswith("1 model; ")
    assert kit.there in page.locator("#chart-says").inner_text()


def test_a_chart_is_of_one_board(visit):
    page = visit("#x=parameters")
    for option in page.locator("#p-board option").all():
        page.select_option("#p-board", option.get_attribute("value"))
        title = option.inner_text()
        page.wait_for_function(
            "title => !document.querySelector('#chart path[role=link]') || "
            "document.querySelector('#chart svg').parentElement",
            arg=title,
        )
        ids = page.eval_on_selector_all("#chart path[role=link]", "marks => marks.map(mark => mark.__data__.datum.id)")
        board = page.locator(f".board[data-board='{option.get_attribute('value')}']")
        assert set(ids) <= set(board.locator("tbody th a").all_inner_texts())


def test_a_model_opens_with_its_curve_field_samples_paper_and_card(visit):
    page = visit()
    page.locator(f"{BOARD} a", has_text="made-digits").first.click()
    section = page.locator("details.model[open]")
    name = section.get_attribute("data-id")
    assert page.url.endswith(f"#model={name}")
    section.locator("[data-curve] svg").wait_for()
    assert section.locator("img.pixels").is_visible() and section.locator(".sheet img").is_visible()
    assert section.get_by_text("of its own networks; not measured here").is_visible()
    section.locator("details.card summary").click()
    assert section.get_by_role("heading", name="How to use it").is_visible()
    assert "arzoo eval" in section.locator(".repeat code").first.inner_text()


def test_everything_is_within_reach_of_the_keyboard(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the tables"
    page.locator(f"{BOARD} th[data-key=model] button").focus()
    page.keyboard.press("Enter")
    assert page.locator(f"{BOARD} th[data-key=model]").get_attribute("aria-sort") == "ascending"
    page.locator("#chart path[role=link]").first.focus()
    page.locator("#tip").wait_for(state="visible")
    name = page.locator("#tip").inner_text().splitlines()[0]
    page.keyboard.press("Enter")
    assert page.locator("details.model[open]").get_attribute("data-id") == name
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator("details.model[open]").count() == 0


def test_a_narrow_window_scrolls_its_tables_and_not_the_page(visit):
    page = visit("#model=pixelcnn-digits", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("#chart svg").bounding_box()["width"] <= PHONE["width"]
    box = page.locator(f"{BOARD} .scroll")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "narrow"])
def test_axe_finds_no_serious_violation(visit, scheme, viewport):
    from axe_playwright_python.sync_playwright import Axe

    page = visit("#model=pixelcnn-digits", viewport=viewport, scheme=scheme)
    page.locator("details.model[open] [data-curve] svg").wait_for()
    page.locator("details.model[open] details.card summary").click()
    found = Axe().run(page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in serious] == []

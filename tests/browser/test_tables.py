"""Tables on a phone: columns wide enough to read, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import SIZES, fits, opened_page
from tests.browser.test_access import looking
from tests.conftest import Folder
from tests.serving import served

NARROW = """[...document.querySelectorAll('main :is(td, th)')].filter(cell => {
    const style = getComputedStyle(cell);
    const letters = (cell.clientWidth - parseFloat(style.paddingLeft) * 2) / parseFloat(style.fontSize);
    return cell.scrollWidth > cell.clientWidth || letters < Math.min(3, cell.innerText.length);
}).map(cell => cell.innerText)"""
"""Cells that are cut off, or in which three characters do not stand side by side."""


@pytest.fixture
def aligned(browser: Browser, folder: Folder, tmp_path: Path) -> Iterator[Page]:
    """A page that fails the test on a console message, as one on a style that the policy refuses."""
    folder.change(
        folder.faq, "原件。", "原件。\n\n| 费用 | 元 | 人 | 天 |\n|---|--:|:-:|:--|\n| 工本费 | 20 | 一 | 5 |"
    )
    with served(folder.root, tmp_path / "index") as at:
        yield from opened_page(browser, at, *SIZES["desktop"])


def test_columns_are_aligned_as_they_were_written(aligned: Page) -> None:
    aligned.goto("/q/jifen/cailiao")
    sides = "row => [...row.cells].map(cell => getComputedStyle(cell).textAlign)"
    rows = [row.evaluate(sides) for row in aligned.locator(".prose tr").all()]
    assert rows == [["left", "right", "center", "left"]] * 2


def test_whether_the_aims_are_reached_is_seen_on_a_phone_without_moving_the_table(
    browser: Browser, address: str
) -> None:
    with looking(browser, address, {}, (390, 844)) as context:
        page = context.new_page()
        page.goto("/quality")
        assert page.locator(".aims .scroll").evaluate("table => [table.scrollWidth - table.clientWidth]") == [0]
        assert page.locator(".aims").locator("td, th").count() > 20
        assert [text for text in page.evaluate(NARROW) if "题目" in text] == []


@pytest.mark.parametrize("cookies", [{}, {"view": "elder", "size": "22"}, {"view": "elder", "size": "30"}], ids=str)
def test_every_table_of_our_content_can_be_read_on_a_phone(
    browser: Browser, address: str, cookies: dict[str, str]
) -> None:
    with looking(browser, address, cookies) as context:
        page = context.new_page()
        wrong: dict[str, list[str]] = {}
        tables = 0
        for topic in context.request.get("/api/v1/topics").json()["topics"]:
            html = context.request.get(topic["url"]).text()
            paths = {part.split('"')[0] for part in html.split('href="')[1:]}
            for path in sorted(path for path in paths if path.startswith(("/a/", "/q/"))):
                if "<table" in context.request.get(path).text():
                    page.goto(path)
                    tables += page.locator("table").count()
                    wrong[path] = page.evaluate(NARROW) + ([] if fits(page) else ["wider than the window"])
        assert tables > 20
        assert {path: cells for path, cells in wrong.items() if cells} == {}

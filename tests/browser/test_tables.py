"""Tables on a phone: columns wide enough to read, nothing cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import fits
from tests.browser.test_access import looking

NARROW = """[...document.querySelectorAll('main :is(td, th)')].filter(cell => {
    const style = getComputedStyle(cell);
    const letters = (cell.clientWidth - parseFloat(style.paddingLeft) * 2) / parseFloat(style.fontSize);
    return cell.scrollWidth > cell.clientWidth || letters < Math.min(3, cell.innerText.length);
}).map(cell => cell.innerText)"""
"""Cells that are cut off, or in which three characters do not stand side by side."""


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

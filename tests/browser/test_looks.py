"""What was ugly once: the top of elder pages, numbers beside titles, long lists on a desk, paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SIZES
from tests.browser.test_access import PAGES, looking

COLUMNS = "all => new Set(all.map(one => Math.round(one.getBoundingClientRect().left))).size"


@pytest.mark.parametrize("size", ["18", "22", "30"])
def test_the_top_of_an_elder_page_leaves_the_screen_to_the_answer(browser: Browser, address: str, size: str) -> None:
    with looking(browser, address, {"view": "elder", "size": size}, SIZES["phone"]) as context:
        page = context.new_page()
        page.goto(PAGES["fact"])
        assert page.locator(".top").evaluate("top => top.offsetHeight") <= 740 * 0.28
        tops = [page.locator(part).bounding_box() for part in (".top .brand", ".top .script")]
        assert tops[0]
        assert tops[1]
        assert abs(tops[0]["y"] - tops[1]["y"]) < 10
        letters = page.locator(".ask input").evaluate(
            "box => (box.clientWidth - parseFloat(getComputedStyle(box).paddingLeft) * 2) / parseFloat(getComputedStyle(box).fontSize)"
        )
        assert letters >= 7


def test_contents_and_questions_stand_in_two_columns_on_a_desk_and_in_one_on_a_phone(
    browser: Browser, address: str
) -> None:
    for screen, columns in (("desktop", 2), ("phone", 1)):
        with looking(browser, address, {}, SIZES[screen]) as context:
            page = context.new_page()
            page.goto("/a/juzhuanhu/zhinan")
            assert page.locator(".toc li").evaluate_all(COLUMNS) == columns
            page.goto("/az/J")
            assert page.locator("section:has(#ji) li").evaluate_all(COLUMNS) == columns


def test_paper_has_no_folds_that_nobody_can_open_and_no_heading_of_nothing(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto("/a/jifen-fenzhi/zhinan")
        assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) <= 5
        page.emulate_media(media="print")
        for gone in ("details:not([open])", ".steps-nav", ".toc"):
            assert page.locator(f"{gone}:visible").count() == 0
        page.goto(PAGES["no answer"])
        expect(page.get_by_role("heading", name="可以这样问")).to_be_hidden()
        page.goto(PAGES["conflict"])
        assert page.locator(".conflict .columns > div").evaluate_all(COLUMNS) == 1

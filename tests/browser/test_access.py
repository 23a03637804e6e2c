"""Every page kind, in light, dark and elder mode, on a phone and a desktop: axe-core finds nothing, nothing overflows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import SIZES, fits, listening

PAGES = {
    "home": "/",
    "fact": "/search?q=积分审核要多久",
    "checklist": "/search?q=上海积分需要什么资料",
    "steps": "/search?q=居住证签注怎么办理",
    "table": "/search?q=硕士研究生学历学位对应的分值",
    "notice": "/search?q=疫情期间积分确认全部网上审核",
    "two facets": "/search?q=签注要带什么材料，多久办好",
    "conflict": "/search?q=居住证过期了怎么续签",
    "corrected": "/search?q=鸡分审核多久",
    "no answer": "/search?q=今天天气怎么样",
    "not answered here": "/search?q=积分系统打不开",
    "nothing asked": "/search",
    "topic": "/t/jifen",
    "article": "/a/jifen/zhinan",
    "question": "/q/qianzhu/duojiu",
    "index": "/az",
    "letter": "/az/J",
    "traditional": "/zh-Hant/a/jifen/zhinan",
    "kept copies": "/offline",
    "quality": "/quality",
    "updates": "/updates",
    "settings": "/settings",
    "style guide": "/styleguide",
    "not found": "/nope",
}
KINDS = {
    "fact": ".card-fact",
    "checklist": ".card-checklist",
    "steps": ".card-steps",
    "table": ".card-table",
    "notice": ".card-notice",
    "two facets": ".also",
    "conflict": ".conflict",
    "no answer": ".card-none",
}
MODES = {"light": {}, "dark": {"theme": "dark"}, "elder": {"view": "elder", "size": "22"}}


@contextmanager
def looking(
    browser: Browser,
    address: str,
    cookies: dict[str, str],
    size: tuple[int, int] = SIZES["phone"],
    system: Literal["light", "dark"] = "light",
) -> Iterator[BrowserContext]:
    """A visitor with these choices, on a screen of `size` CSS px and a device that is `system`."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=address, color_scheme=system, reduced_motion="reduce"
    )
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    yield context
    context.close()


def _complaints(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("screen", list(SIZES))
@pytest.mark.parametrize("mode", list(MODES))
def test_axe_finds_nothing_and_nothing_overflows(browser: Browser, address: str, mode: str, screen: str) -> None:
    found: dict[str, list[str]] = {}
    with looking(browser, address, MODES[mode], SIZES[screen]) as context:
        page = context.new_page()
        said = listening(page, address)
        for name, path in PAGES.items():
            page.goto(path)
            if name in KINDS:
                expect(page.locator(KINDS[name]).first).to_be_visible()
            found[name] = _complaints(page)
            if not fits(page):
                found[name].append("wider than the window")
        assert said == []
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


@pytest.mark.parametrize("name", ["fact", "checklist", "article", "style guide"])
@pytest.mark.parametrize("cookies", [{}, {"view": "elder", "size": "30"}], ids=["standard", "elder at 30"])
def test_nothing_overflows_at_400_percent(browser: Browser, address: str, name: str, cookies: dict[str, str]) -> None:
    """WCAG 1.4.10: a window of 1280 px at 400% is 320 CSS px wide."""
    with looking(browser, address, cookies, (320, 256)) as context:
        page = context.new_page()
        page.goto(PAGES[name])
        assert fits(page)


def test_the_keyboard_goes_from_the_skip_link_to_the_answer(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto(PAGES["fact"])
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator(".card .next a").first).to_be_focused()
        assert page.locator(".card .next a").first.evaluate("link => getComputedStyle(link).outlineWidth") == "3px"


def test_a_title_is_heard_once_and_no_stop_of_the_keyboard_is_out_of_sight(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto("/q/jifen/zhuangtai")
        title = page.get_by_role("heading", level=1).inner_text()
        expect(page.get_by_role("heading", name=title)).to_have_count(1)
        for path in PAGES.values():
            page.goto(path)
            assert page.locator(".hidden :is(a, button, input)").count() == 0


def test_a_page_reads_in_order_without_styles(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.route("**/*.css*", lambda route: route.abort())
        page.goto(PAGES["fact"])
        text = page.inner_text("body")
        order = (
            "跳到正文",
            "您的问题",
            "查询",
            "20\u00a0个工作日",
            "怎么办理",
            "现行有效",
            "查看完整内容",
            "其他相关内容",
        )
        assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)


def test_a_visitor_who_wants_less_motion_gets_none(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto(PAGES["article"])
        moving = """[...document.querySelectorAll('*')].filter(one => {
            const style = getComputedStyle(one);
            return style.scrollBehavior !== 'auto' || style.animationName !== 'none' || style.transitionDuration !== '0s';
        }).length"""
        assert page.evaluate(moving) == 0

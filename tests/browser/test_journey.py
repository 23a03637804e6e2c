"""The main journey in a real browser, against the real server: home, question, card, article, back."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import fits


def test_from_home_to_the_answer_to_the_article_and_back(page: Page) -> None:
    page.goto("/")
    assert fits(page)
    page.get_by_role("combobox", name="您的问题").fill("积分审核要多久")
    page.get_by_role("button", name="查询").click()
    card = page.locator(".card")
    expect(card.locator(".answer")).to_contain_text(re.compile(r"20\s*个工作日"))
    expect(card).to_contain_text("沪府规〔2022〕21号")
    expect(card).to_contain_text("现行有效")
    assert fits(page)
    card.get_by_role("link", name="查看完整内容").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("积分")
    assert fits(page)
    page.go_back()
    expect(page.locator(".answer").first).to_contain_text(re.compile(r"20\s*个工作日"))


def test_suggestions_by_keyboard(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="您的问题")
    box.press_sequentially("jifen")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q="))


def test_ticks_of_a_checklist_are_remembered(page: Page) -> None:
    page.goto("/search?q=上海积分需要什么资料")
    page.locator(".checklist input").first.check()
    page.reload()
    expect(page.locator(".checklist input").first).to_be_checked()


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto("/")
    page.get_by_label("您的问题").fill("居住证过期了怎么续签")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".card")).to_contain_text("使用功能中止")
    expect(page.locator(".conflict")).to_contain_text("更稳妥的做法")
    context.close()

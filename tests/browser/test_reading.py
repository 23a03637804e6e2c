"""Finding one's way: filters, pages, corrections, topics, the index, steps, lost addresses, the other script.

Each journey is walked with JavaScript and without, on a phone and at a desk.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def _fits(page: Page) -> None:
    """No page is wider than its window. Asked from outside, since some of these pages run no script."""
    size = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    assert size["cssContentSize"]["width"] <= size["cssLayoutViewport"]["clientWidth"]


def _ask(page: Page, question: str) -> None:
    page.get_by_label("您的问题").fill(question)
    page.get_by_role("button", name="查询").click()


def test_from_home_to_the_card_to_its_source(visitor: Page) -> None:
    visitor.goto("/")
    _ask(visitor, "积分审核要多久")
    expect(visitor.locator(".card .answer")).to_contain_text("20 个工作日")
    expect(visitor.locator(".card .sources")).to_contain_text("沪府规〔2022〕21号")
    visitor.get_by_role("link", name="查看完整内容").click()
    visitor.get_by_role("navigation", name="目录").get_by_role("link", name="来源").click()
    expect(visitor).to_have_url(re.compile("#sources$"))
    expect(visitor.locator("#sources").get_by_role("link").first).to_have_attribute("href", re.compile("^https?://"))
    _fits(visitor)


def test_filters_and_pages(visitor: Page) -> None:
    visitor.goto("/search?q=积分")
    visitor.get_by_text("筛选", exact=True).first.click()
    visitor.get_by_label("主题").select_option(label="积分申请")
    visitor.get_by_label("类型").select_option(label="问答")
    visitor.get_by_role("button", name="筛选").click()
    expect(visitor).to_have_url(re.compile("topic=jifen&kind=faq"))
    expect(visitor.locator(".found")).to_contain_text("只看主题“积分申请”")
    expect(visitor.locator(".results .note").first).to_have_text("问答 · 积分申请")
    _fits(visitor)
    visitor.get_by_role("link", name="下一页").click()
    expect(visitor.locator(".paging [aria-current]")).to_have_text("2")
    expect(visitor.locator(".results .note").first).to_have_text("问答 · 积分申请")
    expect(visitor.get_by_label("主题")).to_have_value("jifen")
    visitor.get_by_role("link", name="第 1 页", exact=True).click()
    visitor.get_by_role("link", name="不限主题").click()
    expect(visitor).not_to_have_url(re.compile("topic="))
    expect(visitor.get_by_label("类型")).to_have_value("faq")


def test_rules_that_are_over_can_be_looked_for(visitor: Page) -> None:
    visitor.goto("/search?q=疫情期间积分确认&force=past")
    expect(visitor.locator(".found")).to_contain_text("找到 1 条")
    visitor.locator(".results a").click()
    expect(visitor.locator(".notice")).to_contain_text("不要照它办")
    visitor.get_by_role("link", name="看现行规定").first.click()
    expect(visitor).to_have_url(re.compile("/a/jifen-xuban/zhinan$"))
    expect(visitor.locator("#versions")).to_contain_text("被这一条取代的")


def test_a_correction_and_the_way_back(visitor: Page) -> None:
    visitor.goto("/")
    _ask(visitor, "鸡分审核多久")
    expect(visitor.locator(".corrected")).to_contain_text("已按“积分”为您查找")
    visitor.get_by_role("link", name="仍按原文查找").click()
    expect(visitor.locator(".corrected")).to_contain_text("正按原文查找")
    visitor.get_by_role("link", name="让网站更正").click()
    expect(visitor.locator(".corrected")).to_contain_text("已按“积分”为您查找")


def test_no_answer_leads_on(visitor: Page) -> None:
    visitor.goto("/")
    _ask(visitor, "今天天气怎么样")
    expect(visitor.locator(".card")).to_contain_text("没有找到有把握的答案")
    expect(visitor.locator(".card")).to_contain_text("12345")
    _fits(visitor)
    visitor.locator(".rephrasings a").first.click()
    expect(visitor.locator(".card .answer")).to_be_visible()


def test_through_a_topic_step_by_step(visitor: Page) -> None:
    visitor.goto("/")
    visitor.locator(".topics").get_by_role("link", name="积分申请").click()
    _fits(visitor)
    visitor.locator(".guides a").first.click()
    title = visitor.get_by_role("heading", level=1)
    first = title.inner_text()
    visitor.get_by_role("link", name="下一步").click()
    expect(title).not_to_have_text(first)
    _fits(visitor)
    visitor.get_by_role("link", name="上一步").click()
    expect(title).to_have_text(first)


def test_through_the_index(visitor: Page) -> None:
    visitor.goto("/")
    visitor.get_by_role("link", name="全部问题").click()
    _fits(visitor)
    visitor.get_by_role("link", name=re.compile("^ju（居）")).click()
    expect(visitor).to_have_url(re.compile("/az/J#sound-ju$"))
    expect(visitor.locator("h2#sound-ju")).to_be_in_viewport()
    _fits(visitor)
    visitor.get_by_role("link", name="居住证签注办理指南").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("居住证签注办理指南")


def test_a_lost_address_finds_the_way(visitor: Page) -> None:
    visitor.goto("/a/jifen/cailiao-qindan")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("没有这个页面")
    _fits(visitor)
    visitor.get_by_role("link", name="积分材料清单").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("积分材料清单")


def test_in_traditional_characters_and_back(visitor: Page) -> None:
    visitor.goto("/a/jifen/zhinan")
    visitor.get_by_role("link", name="繁體").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("上海市居住證積分申請指南")
    visitor.get_by_label("您的問題").fill("積分審核要多久")
    visitor.get_by_role("button", name="查詢").click()
    expect(visitor.locator(".card .answer")).to_contain_text("20 個工作日")
    expect(visitor).to_have_url(re.compile("/zh-Hant/search"))
    _fits(visitor)
    visitor.locator(".results a").first.click()
    expect(visitor).to_have_url(re.compile("/zh-Hant/[aq]/"))
    visitor.get_by_role("link", name="简体").click()
    expect(visitor.locator("html")).to_have_attribute("lang", "zh-CN")


def test_by_keyboard_alone_to_the_next_step(page: Page) -> None:
    page.goto("/a/jifen/zhinan")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    step = page.get_by_role("link", name="下一步")
    for _ in range(200):
        page.keyboard.press("Tab")
        if step.evaluate("link => link === document.activeElement"):
            break
    expect(step).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("积分申请条件逐条看")


def test_filters_by_keyboard_alone(page: Page) -> None:
    page.goto("/search?q=积分")
    page.locator(".filters summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("主题")).to_be_focused()
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="筛选")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("topic=dengji"))
    expect(page.locator(".found")).to_contain_text("居住登记")

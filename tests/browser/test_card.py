"""The answer card: what is large, what comes next, what a visitor takes along."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES
from tests.browser.test_access import PAGES, looking

CHECKLISTS = {"asked for": "/search?q=上海积分需要什么资料", "of two facets": "/search?q=签注要带什么材料，多久办好"}


def test_a_fact_fits_one_screen_of_a_phone_and_its_answer_is_the_largest(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        page.goto(PAGES["fact"])
        for part in (".answer", ".next", ".about", ".actions"):
            expect(page.locator(f".card {part}")).to_be_in_viewport(ratio=1)
        sizes = page.locator(".card *").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
        )
        answer = page.locator(".card .answer strong").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert answer == max(sizes)
        assert sorted(sizes)[-2] < answer


def test_what_to_do_next_leads_to_its_card(page: Page) -> None:
    page.goto(PAGES["fact"])
    page.locator(".card").get_by_role("link", name="要带什么").click()
    expect(page.locator(".card-checklist .checklist")).to_be_visible()
    expect(page.locator(".card").get_by_role("link", name="要带什么")).to_have_count(0)
    page.locator(".card").get_by_role("link", name="怎么办理").click()
    expect(page.locator(".card-steps .steps")).to_be_visible()


def test_a_copied_link_answers_again(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.clock.install()
        page.goto(PAGES["fact"])
        page.get_by_role("button", name="复制链接").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="已复制")).to_have_count(1)
        page.clock.run_for(5000)
        expect(page.get_by_role("button", name="复制链接")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="已复制")).to_have_count(0)
        copied = page.evaluate("navigator.clipboard.readText()")
        assert unquote(copied) == address + PAGES["fact"]
        page.goto("/")
        page.goto(copied)
        expect(page.locator(".card .answer")).to_contain_text("20 个工作日")


def test_ticks_stay_with_their_material(browser: Browser, address: str) -> None:
    """Two lists of one entry must not share ticks, nor may a tick move when an editor adds a material."""
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto(CHECKLISTS["asked for"])
        page.get_by_role("checkbox", name="劳动（聘用）合同").check()
        kept = page.evaluate("Object.entries(localStorage)")
        assert kept == [["ticks:articles/jifen/zhinan 上海积分需要什么资料？", '["劳动（聘用）合同"]']]
        page.goto("/a/jifen/zhinan")
        expect(page.get_by_role("checkbox", name="劳动（聘用）合同")).to_be_checked()
        assert page.locator(".checklist input:checked").count() == 1


def test_tools_that_need_a_script_or_a_chinese_voice_are_not_shown_without(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto(PAGES["fact"])
        expect(page.get_by_role("button", name="打印")).to_be_visible()
        voices = page.evaluate("speechSynthesis.getVoices().filter(voice => /^(zh|cmn)/i.test(voice.lang)).length")
        expect(page.get_by_role("button", name="朗读")).to_have_count(1 if voices else 0)
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto(PAGES["fact"])
    expect(page.locator(".card").get_by_role("button")).to_have_count(0)
    expect(page.locator(".card").get_by_role("link", name="查看完整内容")).to_be_visible()
    context.close()


def test_two_facets_are_both_answered_in_full(page: Page) -> None:
    page.goto(PAGES["two facets"])
    expect(page.locator(".card-checklist > div > .checklist").first).to_be_visible()
    expect(page.locator(".also .answer")).to_contain_text("签注办理时限")
    expect(page.locator(".card .about").first).to_contain_text("依据")


@pytest.mark.parametrize("name", list(CHECKLISTS))
@pytest.mark.parametrize("cookies", [{}, {"view": "elder", "size": "30", "theme": "dark"}], ids=["standard", "elder"])
def test_a_checklist_prints_on_one_sheet_of_a4_with_boxes(
    browser: Browser, address: str, name: str, cookies: dict[str, str]
) -> None:
    with looking(browser, address, cookies) as context:
        page = context.new_page()
        page.goto(CHECKLISTS[name])
        sheet = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type /Page\b", sheet)) == 1
        width, height = (float(side) for side in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheet)[0])
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
        page.emulate_media(media="print")
        boxes = page.locator(".checklist input")
        assert boxes.count() >= 3
        for box in boxes.all():
            expect(box).to_be_visible()
            expect(box).to_have_css("border-top-color", "rgb(0, 0, 0)")
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator(".card .answer").first).to_have_css("color", "rgb(0, 0, 0)")
        for gone in (".top", ".bottom", ".results", ".actions", ".next"):
            expect(page.locator(gone).first).to_be_hidden()


def test_every_checklist_of_our_content_prints_on_one_sheet(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        sheets = {}
        topics = context.request.get("/api/v1/topics").json()["topics"]
        for topic in topics:
            page.goto(topic["url"])
            for path in page.locator("main :is(.guides, .plain) a").evaluate_all(
                "all => all.map(one => one.getAttribute('href'))"
            ):
                for card in context.request.get(f"{path}.json").json()["cards"]:
                    if card["items"]:
                        page.goto(f"/search?q={card['question']}")
                        expect(page.locator(".checklist").first).to_be_visible()
                        sheets[card["question"]] = len(re.findall(rb"/Type /Page\b", page.pdf()))
                        page.goto(topic["url"])
        assert len(sheets) > 3
        assert {question: count for question, count in sheets.items() if count != 1} == {}


def test_from_an_article_only_the_chosen_card_is_printed(browser: Browser, address: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto("/a/jifen/zhinan")
        page.get_by_role("button", name="打印清单").first.click()
        page.emulate_media(media="print")
        assert page.locator(".card:visible").count() == 1
        expect(page.locator(".card:visible .checklist")).to_be_visible()
        expect(page.locator(".prose")).to_be_hidden()


@pytest.mark.parametrize("path", ["/a/jifen/zhinan", "/q/jifen/zhuangtai"])
def test_every_entry_can_be_copied_and_printed_whole(browser: Browser, address: str, path: str) -> None:
    with looking(browser, address, {}) as context:
        page = context.new_page()
        page.goto(path)
        expect(page.get_by_role("button", name="复制链接")).to_have_count(1)
        page.evaluate("window.print = () => document.body.dataset.sheets = document.body.className + '.'")
        page.get_by_role("button", name="打印", exact=True).click()
        expect(page.locator("body")).to_have_attribute("data-sheets", ".")


def test_what_holds_now_is_larger_than_the_rule_that_no_longer_does(page: Page) -> None:
    page.goto(PAGES["notice"])
    text = page.locator(".card").inner_text()
    assert text.index("不要照它办") < text.index("现在：") < text.index("疫情防控期间")
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    assert page.locator(".now").evaluate(size) > page.locator(".answer strong").evaluate(size)


def test_what_is_safer_to_do_fits_one_screen_of_a_phone_and_many_statements_are_folded(
    browser: Browser, address: str
) -> None:
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        page.goto(PAGES["conflict"])
        expect(page.get_by_text("更稳妥的做法：")).to_be_in_viewport(ratio=1)
        statements = page.locator(".conflict .columns > div")
        assert statements.count() > 2
        expect(statements.first).to_be_hidden()
        page.locator(".conflict summary").click()
        expect(statements.first).to_be_visible()
        page.goto("/styleguide")
        expect(page.locator(".conflict .columns > div")).to_have_count(2)
        expect(page.locator(".conflict .columns > div").first).to_be_visible()


def test_who_does_a_step_is_never_broken_within(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        page.goto("/search?q=积分续办流程")
        pieces = page.locator(".who").evaluate_all("all => all.map(one => one.getClientRects().length)")
        assert len(pieces) > 3
        assert set(pieces) == {1}

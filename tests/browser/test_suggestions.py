"""Suggestions while typing: with the mouse, with the keyboard alone, and while composing Chinese in an input method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, Route, expect

from tests.browser.conftest import opened_page
from tests.conftest import Folder
from tests.serving import served


def _box(page: Page) -> Locator:
    page.goto("/")
    return page.get_by_role("combobox", name="您的问题")


def _typed(page: Page, letters: str) -> Locator:
    box = _box(page)
    box.press_sequentially(letters)
    expect(page.get_by_role("option").first).to_be_visible()
    return box


def _is_active(box: Locator, option: Locator) -> None:
    expect(option).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    expect(box).to_be_focused()


def test_by_mouse(page: Page) -> None:
    _typed(page, "jifenshenhe")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("审核")  # the answer to all that was typed, not to its beginning
    question = option.inner_text()
    option.click()
    expect(page).to_have_url(re.compile(r"/search\?q="))
    expect(page.get_by_role("combobox")).to_have_value(question)
    expect(page.locator(".card")).to_be_visible()


def test_a_browser_before_request_submit_asks_what_was_chosen_too(page: Page) -> None:
    page.add_init_script("delete HTMLFormElement.prototype.requestSubmit")
    _typed(page, "jifenshenhe")
    page.get_by_role("option").first.click()
    expect(page.locator(".card")).to_be_visible()


def test_what_is_chosen_is_plain_to_see(page: Page) -> None:
    box = _typed(page, "jifen")
    box.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_css("outline-style", "solid")
    assert chosen.evaluate("one => getComputedStyle(one).outlineColor") == box.evaluate(
        "one => getComputedStyle(one).borderTopColor"
    )


def test_who_has_begun_to_choose_is_not_given_another_list(page: Page) -> None:
    box = _typed(page, "jife")

    def late(route: Route) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page.route(re.compile("q=jifen$"), late)
    box.press("n")
    box.press("ArrowDown")
    page.wait_for_timeout(1500)
    _is_active(box, page.get_by_role("option").first)


def test_by_keyboard_through_the_list_and_back_to_the_field(page: Page) -> None:
    box = _typed(page, "jifen")
    options = page.get_by_role("option")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text=f"有 {options.count()} 条提示")).to_be_attached()
    box.press("ArrowDown")
    _is_active(box, options.first)
    box.press("ArrowUp")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    box.press("ArrowUp")
    _is_active(box, options.last)
    box.press("ArrowDown")
    box.press("ArrowDown")
    _is_active(box, options.first)
    expect(box).to_have_value("jifen")
    question = options.first.inner_text()
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q="))
    expect(page.get_by_role("combobox")).to_have_value(question)


@pytest.mark.parametrize("key", ["s", "Backspace", "Home", "End", "ControlOrMeta+v"])
def test_who_goes_back_to_the_text_sends_it_and_no_longer_what_was_chosen(page: Page, key: str) -> None:
    page.route(
        re.compile(r"/suggest\?"), lambda route: route.fulfill(json={"suggestions": [{"title": "居住证怎么办？"}]})
    )
    box = _typed(page, "jifen")
    box.press("ControlOrMeta+a")
    box.press("ControlOrMeta+c")
    box.press("End")
    box.press("ArrowDown")
    _is_active(box, page.get_by_role("option").first)
    box.press(key)
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."), timeout=100)
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=jife"))


def test_escape_closes_and_keeps_the_text_and_an_arrow_opens_again(page: Page) -> None:
    box = _typed(page, "jifen")
    box.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("jifen")
    box.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/$"))


def test_enter_without_a_choice_asks_what_was_typed(page: Page) -> None:
    box = _typed(page, "jifen")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=jifen$"))


def _composing(page: Page, box: Locator, *steps: str) -> CDPSession:
    """An input method at work: each step is what stands in the field, not yet chosen."""
    box.focus()
    session = page.context.new_cdp_session(page)
    for text in steps:
        session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    return session


def _press(session: CDPSession, key: str, code: int) -> None:
    """A key as an input method lets it through: `code` 229 says that it has taken it."""
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": "\r" * (key == "Enter")},
    )


def test_nothing_is_asked_sent_or_chosen_while_composing(page: Page) -> None:
    box = _box(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/suggest" in request.url else None)
    session = _composing(page, box, "j", "ji", "ji'f", "ji'fen")
    for key, code in (("ArrowDown", 229), ("ArrowDown", 40), ("Enter", 229), ("Enter", 13)):
        _press(session, key, code)
    expect(box).to_have_value("ji'fen")
    expect(page.get_by_role("option")).to_have_count(0)
    session.send("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    session.send("Input.insertText", {"text": "积分"})
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    assert [url.partition("?q=")[2] for url in asked] == ["%E7%A7%AF%E5%88%86"]


def test_the_enter_that_ends_a_composition_sends_nothing_and_the_next_one_does(page: Page) -> None:
    for code in (229, 13):  # Safari and others send it after the composition has ended
        box = _box(page)
        session = _composing(page, box, "jifen")
        session.send("Input.insertText", {"text": "积分审核要多久"})
        _press(session, "Enter", code)
        expect(page.get_by_role("option").first).to_be_visible()
        expect(page).to_have_url(re.compile(r"/$"))
        expect(box).to_have_value("积分审核要多久")
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Enter", "windowsVirtualKeyCode": 13})
        box.press("Enter")
        expect(page).to_have_url(re.compile(r"/search\?q="))
        expect(page.locator(".card .answer")).to_contain_text("20 个工作日")


def test_composing_again_closes_the_list_that_is_open(page: Page) -> None:
    box = _typed(page, "jifen")
    session = _composing(page, box, "s", "sh")
    expect(page.get_by_role("option")).to_have_count(0)
    session.send("Input.insertText", {"text": "审核"})
    expect(box).to_have_value("jifen审核")
    expect(page.get_by_role("option").first).to_be_visible()


def test_the_traditional_pages_suggest_in_traditional_characters(page: Page) -> None:
    page.goto("/zh-Hant/")
    box = page.get_by_role("combobox")
    session = _composing(page, box, "jifen")
    session.send("Input.insertText", {"text": "積分審核要"})
    option = page.get_by_role("option").first
    expect(option).to_contain_text("積分")
    option.click()
    expect(page).to_have_url(re.compile(r"/zh-Hant/search\?q="))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")


def test_what_an_editor_wrote_is_text_among_the_suggestions(browser: Browser, folder: Folder, tmp_path: Path) -> None:
    hostile = "积分<img src=x onerror=alert(1)>材料？"
    folder.change(folder.faq, "question: 积分要交什么材料？", f"question: '{hostile}'")
    with served(folder.root, tmp_path / "index") as address:
        for page in opened_page(browser, address, 1280, 900):
            _typed(page, "积分材料")
            options = page.get_by_role("option")
            assert hostile in options.all_inner_texts()
            assert options.locator("*").count() == 0

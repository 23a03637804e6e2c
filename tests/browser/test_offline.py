"""Reading without a network, in a real browser whose server has really gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import Folder
from tests.serving import served

ARTICLE, FAQ, TOPIC = "/a/jifen/zhinan", "/q/jifen/cailiao", "/t/jifen"
KEPT = "caches.open('wence-pages').then(cache => cache.keys()).then(keys => keys.map(key => new URL(key.url).pathname))"
BOTTOM = "(part => document.querySelector(part).getBoundingClientRect().bottom)"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 360, "height": 740})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def _kept(page: Page, *paths: str) -> None:
    """Wait until exactly these pages are kept, in the order of the last visits."""
    kept: list[str] = []
    for _ in range(100):
        kept = page.evaluate(KEPT)
        if kept == list(paths):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"kept are {kept}, not {paths}")


def _visit(page: Page, address: str, *paths: str) -> None:
    for number, path in enumerate(paths, start=1):
        page.goto(address + path)
        _kept(page, *paths[:number])


def test_a_visited_entry_is_read_without_a_network_and_says_that_it_is_a_copy(
    page: Page, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE, TOPIC)
        expect(page.locator("#kept-copy")).to_have_count(0)
    page.goto(address + ARTICLE)
    expect(page.locator("#kept-copy")).to_contain_text("现在没有联网。这是")
    expect(page.locator("#no-network")).to_be_hidden()
    assert page.evaluate(f"{BOTTOM}('.top') + 12 <= document.getElementById('kept-copy').getBoundingClientRect().top")
    expect(page.locator("#kept-copy")).to_contain_text("年")
    expect(page.locator("#kept-copy")).to_contain_text("规定可能已经改变")
    expect(page.get_by_role("heading", level=1)).to_have_text("积分办理指南")
    assert page.locator("body").evaluate("body => getComputedStyle(body).margin") == "0px"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_label("您的问题")).to_be_disabled()
    expect(page.get_by_placeholder("没有联网，不能查询")).to_be_visible()
    page.reload()
    expect(page.locator("#kept-copy")).to_be_visible()
    page.goto(address + TOPIC + "?from=feed")
    expect(page.locator("#kept-copy")).to_be_visible()


def test_what_was_not_visited_and_every_search_is_the_offline_page(page: Page, folder: Folder, tmp_path: Path) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE)
        page.goto(f"{address}/search?q=积分审核要多久")
        page.goto(address + "/")
        page.goto(address + ARTICLE + ".json")
        _kept(page, ARTICLE)
    for path in (FAQ, "/search?q=积分审核要多久", "/", ARTICLE + ".json"):
        page.goto(address + path)
        expect(page.locator("#not-kept")).to_contain_text("没有留存在这台设备上")
        expect(page.locator(".answer")).to_have_count(0)
        expect(page.get_by_label("您的问题")).to_be_disabled()
        expect(page.get_by_role("button", name="查询")).to_be_disabled()
    kept = page.locator("#kept")
    expect(kept.get_by_role("listitem")).to_have_count(1)
    expect(kept).to_contain_text("留存于")
    kept.get_by_role("link", name="积分办理指南").click()
    expect(page.locator("#kept-copy")).to_be_visible()


def test_without_a_network_a_reader_of_traditional_characters_stays_with_them(
    page: Page, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, "/zh-Hant" + ARTICLE)
    page.goto(address + "/zh-Hant" + ARTICLE)
    expect(page.locator("#kept-copy")).to_contain_text("現在沒有聯網。這是")
    expect(page.locator("#kept-copy")).to_contain_text("年")
    expect(page.get_by_placeholder("沒有聯網，不能查詢")).to_be_visible()
    for path in ("/zh-Hant" + FAQ, "/zh-Hant", "/zh-Hant/search?q=積分審核要多久"):
        page.goto(address + path)
        expect(page.locator("#not-kept")).to_contain_text("沒有留存在這台設備上")
        expect(page.locator("#kept")).to_contain_text("留存於 2")
        expect(page.get_by_role("link", name="全部問題")).to_have_attribute("href", "/zh-Hant/az")
    page.goto(address + FAQ)
    expect(page.locator("#not-kept")).to_contain_text("没有留存在这台设备上")


def test_with_the_network_switched_off_in_the_browser(
    page: Page, context: BrowserContext, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE)
        context.set_offline(True)
        page.reload()
        expect(page.locator("#kept-copy")).to_be_visible()
        page.goto(address + FAQ)
        expect(page.locator("#not-kept")).to_be_visible()
        expect(page.get_by_role("button", name="查询")).to_be_disabled()
        context.set_offline(False)
        expect(page.locator("#not-kept")).to_have_count(0, timeout=15_000)
        expect(page.get_by_role("button", name="查询")).to_be_enabled()
        page.goto(address + ARTICLE)
        expect(page.locator("#kept-copy")).to_have_count(0)


def test_nothing_is_sent_without_a_network_and_what_was_written_stays(
    page: Page, context: BrowserContext, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE)
        page.get_by_text("这条信息有误").first.click()
        words = page.get_by_label("哪里不对").first
        words.fill("现在是 15 天")
        context.set_offline(True)
        for name in ("发送", "长者模式", "查询"):
            expect(page.get_by_role("button", name=name).first).to_be_disabled()
        no_network = page.get_by_role("status").filter(has_text="现在没有联网，不能查询，也不能发送")
        expect(no_network).to_be_in_viewport(ratio=1)
        context.set_offline(False)
        expect(no_network).to_have_count(0)
        for name in ("发送", "长者模式", "查询"):
            expect(page.get_by_role("button", name=name).first).to_be_enabled()
        expect(words).to_have_value("现在是 15 天")


def test_a_question_asked_without_a_network_waits_for_it(
    page: Page, context: BrowserContext, folder: Folder, tmp_path: Path
) -> None:
    folder.change("site.yml", "text: 请拨打 12345", 'text: 请拨打 12345, phone: "12345"')
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE)
        context.set_offline(True)
        page.goto(f"{address}/search?q=积分审核要多久")
        expect(page.get_by_label("您的问题")).to_have_value("积分审核要多久")
        expect(page.get_by_role("link", name="再试一次")).to_be_visible()
        expect(page.locator("a[href='tel:12345']")).to_be_visible()
        context.set_offline(False)
        expect(page.locator(".card .answer")).to_contain_text("20 个工作日", timeout=15_000)
        expect(page.locator("#not-kept")).to_have_count(0)


def test_what_the_site_has_withdrawn_is_kept_no_longer(page: Page, folder: Folder, tmp_path: Path) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, FAQ, ARTICLE)
        folder.change(folder.faq, "status: in_force", "status: draft")
        # The site follows its content within seconds.
        for _ in range(100):
            if page.request.get(address + FAQ).status == 404:
                break
            page.wait_for_timeout(100)
        page.goto(address + FAQ + "?again")
        _kept(page, ARTICLE)
    page.goto(address + FAQ)
    expect(page.locator("#not-kept")).to_be_visible()


def test_only_the_last_visited_are_kept(page: Page, folder: Folder, tmp_path: Path) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE)
        page.evaluate(
            """async () => {
                const cache = await caches.open("wence-pages");
                for (let number = 0; number < 70; number++) await cache.put("/q/old/" + number, new Response("x"));
            }"""
        )
        page.goto(address + FAQ)
        _kept(page, *(f"/q/old/{number}" for number in range(11, 70)), FAQ)


@pytest.mark.parametrize("path", ["/offline", "/zh-Hant/offline"])
def test_the_list_that_was_asked_for_does_not_say_that_there_is_no_network(
    page: Page, folder: Folder, tmp_path: Path, path: str
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        page.goto(address + path)
        expect(page.locator("#none-kept")).to_be_visible()
        expect(page.locator("#not-kept")).to_be_hidden()
        expect(page.locator("#q")).to_be_enabled()


def test_what_is_kept_can_be_deleted_which_is_said_aloud_and_leaves_the_keyboard_a_place(
    page: Page, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        _visit(page, address, ARTICLE, FAQ)
        page.get_by_role("link", name="离线留存").click()
        expect(page.locator("#not-kept")).to_be_hidden()
        expect(page.locator("#kept").get_by_role("listitem")).to_have_count(2)
        expect(page.get_by_role("status").filter(has_text="没有留存的内容")).to_have_count(0)
        page.get_by_role("button", name="全部删除").press("Enter")
        expect(page.get_by_role("status").filter(has_text="没有留存的内容")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.goto(address + ARTICLE)
    expect(page.locator("#not-kept")).to_be_visible()


def test_the_browser_finds_no_fault_with_the_manifest(
    page: Page, context: BrowserContext, folder: Folder, tmp_path: Path
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        _visit(page, address, ARTICLE)
        session = context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert json.loads(manifest["data"])["name"] == "测试站"
        faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A test's browser has no profile to install into.
        assert {fault["errorId"] for fault in faults} <= {"in-incognito"}
        assert said == []

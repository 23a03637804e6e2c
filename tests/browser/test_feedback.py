"""Voting, reporting and leaving a message in a real browser, without JavaScript and with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES, fits
from tests.conftest import Folder
from tests.serving import served
from web.usage.store import Kind, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "usage.sqlite3")


@pytest.fixture(params=[(size, script) for size in SIZES for script in (False, True)], ids=str)
def visitor(request: pytest.FixtureRequest, browser: Browser, folder: Folder, tmp_path: Path) -> Iterator[Page]:
    size, script = request.param
    width, height = SIZES[size]
    with served(folder.root, tmp_path / "index") as address:
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=address, java_script_enabled=script
        )
        yield context.new_page()
        context.close()


def test_a_visitor_votes_reports_and_leaves_a_message(visitor: Page, store: Store) -> None:
    visitor.goto("/search?q=积分审核要多久")
    visitor.get_by_text("想补充一句").click()
    visitor.get_by_label("您的意见").fill("没说从哪天算起")
    assert fits(visitor)
    visitor.get_by_role("button", name="没用").click()
    expect(visitor.get_by_role("status").filter(has_text="谢谢，您的评价已经记下")).to_be_in_viewport()
    expect(visitor.get_by_role("button", name="没用")).to_have_count(0)
    expect(visitor.locator(".answer").first).to_contain_text("20 个工作日")

    visitor.goto("/a/jifen/zhinan")
    visitor.get_by_text("这条信息有误").click()
    visitor.get_by_label("哪里不对").fill("现在是 15 天")
    assert fits(visitor)
    visitor.locator(".card").get_by_role("button", name="发送").click()
    expect(visitor.locator(".card").get_by_text("谢谢，编辑会核对这条信息")).to_be_in_viewport()

    visitor.get_by_text("想补充一句").click()
    visitor.get_by_label("您的意见").fill("还想知道加急")
    visitor.get_by_role("button", name="发送").last.click()
    expect(visitor.get_by_text("谢谢，编辑会看到您的留言")).to_be_in_viewport()

    visitor.goto("/search?q=今天天气怎么样")
    visitor.get_by_text("给编辑留言").click()
    visitor.get_by_label("您想知道什么").fill("明天要去办证，下雨吗")
    assert fits(visitor)
    visitor.get_by_role("button", name="发送").click()
    expect(visitor.get_by_text("谢谢，编辑会看到您的留言")).to_be_in_viewport()

    kept = [(note.kind, note.entry, note.about, note.comment) for note in store.notes()]
    assert kept == [
        (Kind.message, "", "今天天气怎么样", "明天要去办证,下雨吗"),
        (Kind.message, "articles/jifen/zhinan", "积分办理指南", "还想知道加急"),
        (Kind.report, "articles/jifen/zhinan", "积分审核要多久?", "现在是 15 天"),
        (Kind.vote, "articles/jifen/zhinan", "", "没说从哪天算起"),
    ]
    assert visitor.context.cookies() == []


def test_who_comes_back_later_can_change_the_vote_and_report_something_else(
    browser: Browser, folder: Folder, tmp_path: Path, store: Store
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        page = browser.new_page(base_url=address)
        for vote, words in (("有用", "现在是 15 天"), ("没用", "来源打不开"), ("没用", "来源打不开")):
            page.goto("/")
            page.goto("/search?q=积分审核要多久")
            page.get_by_role("button", name=vote).click()
            expect(page.get_by_role("status").filter(has_text="谢谢，您的评价已经记下")).to_be_visible()
            page.goto("/search?q=积分审核要多久")
            page.get_by_text("这条信息有误").click()
            page.get_by_label("哪里不对").fill(words)
            page.get_by_role("button", name="发送").last.click()
            expect(page.get_by_role("status").filter(has_text="谢谢，编辑会核对这条信息")).to_be_visible()
        page.close()
    [votes] = store.votes(date.min)
    assert (votes.helpful, votes.unhelpful) == (0, 1)
    assert [note.comment for note in store.notes()] == ["现在是 15 天\n来源打不开"]


def test_what_is_being_written_goes_along_to_another_view(browser: Browser, folder: Folder, tmp_path: Path) -> None:
    with served(folder.root, tmp_path / "index") as address:
        page = browser.new_page(base_url=address)
        page.goto("/search?q=苏州居住证怎么办")
        page.get_by_text("给编辑留言").click()
        page.get_by_label("您想知道什么").fill("想问苏州的")
        page.get_by_role("button", name="长者模式").click()
        expect(page.get_by_role("button", name="普通版")).to_be_visible()
        expect(page.get_by_label("您想知道什么")).to_have_value("想问苏州的")
        page.goto("/search?q=苏州居住证怎么办")
        expect(page.get_by_label("您想知道什么")).to_have_value("")
        page.close()

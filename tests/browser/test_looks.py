"""What was ugly once: the top of elder pages, numbers beside titles, long lists on a desk, paper."""

from __future__ import annotations

import re
from datetime import date

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
            assert page.locator("section:has(#sound-ji) li").evaluate_all(COLUMNS) == columns


def test_paper_has_no_folds_that_nobody_can_open_and_no_heading_of_nothing(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto("/a/jifen-fenzhi/zhinan")
        assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) <= 5
        page.emulate_media(media="print")
        for gone in ("details:not([open], .printed)", "summary", ".steps-nav", ".toc"):
            assert page.locator(f"{gone}:visible").count() == 0
        expect(page.locator(".card .about").first).to_be_visible()
        page.goto(PAGES["no answer"])
        expect(page.get_by_role("heading", name="可以这样问")).to_be_hidden()
        page.goto(PAGES["conflict"])
        statements = page.locator(".conflict .columns > div")
        assert statements.evaluate_all(COLUMNS) == 1
        for statement in statements.all():
            expect(statement).to_be_visible()


def test_paper_has_what_a_list_says_and_of_a_search_the_card_alone(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.emulate_media(media="print")
        for path in ("/", "/t/jifen", "/az/J", "/quality"):
            page.goto(path)
            for section in page.locator("main section").all():
                expect(section).to_be_visible()
        page.goto(PAGES["fact"])
        assert page.locator("main section:visible").count() == 1
        page.goto(PAGES["question"])
        expect(page.locator("#sources")).to_be_visible()
        expect(page.get_by_role("heading", name="相关内容")).to_be_hidden()


def test_paper_says_whose_it_is_from_where_and_of_which_day(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        for path in ("/a/jifen/zhinan", PAGES["fact"], "/t/jifen"):
            page.emulate_media(media="screen")
            page.goto(path)
            expect(page.locator("p.paper:visible")).to_have_count(0)
            page.emulate_media(media="print")
            printed = " ".join(page.locator("p.paper:visible").all_inner_texts())
            assert date.today().isoformat() in printed
            assert printed.count("http://") == 1
            assert "不是政府网站" in printed


def test_paper_says_of_which_day_the_rules_are_where_that_is_not_today(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.emulate_media(media="print")
        page.goto(f"{PAGES['fact']}&as_of=2026-11-01")
        expect(page.get_by_text("按 2026-11-01 这一天的规定回答。")).to_be_visible()
        expect(page.get_by_text("看今天的")).to_be_hidden()
        page.goto(PAGES["corrected"])
        expect(page.locator(".corrected")).to_be_hidden()


def test_statements_are_folded_only_where_there_is_no_room(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto(PAGES["conflict"])
        expect(page.locator(".conflict .columns > div").first).to_be_visible()
        expect(page.locator(".conflict summary")).to_be_hidden()


def test_lines_end_neither_within_a_date_nor_within_a_word_of_the_first_page(browser: Browser, address: str) -> None:
    lines = """one => {
        const range = document.createRange(), ends = [];
        const text = one.firstChild;
        for (let at = 0, last; at < text.length; at++) {
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            const { top } = range.getBoundingClientRect();
            if (at && top > last) ends.push(text.data[at - 1]);
            last = top;
        }
        return ends;
    }"""
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        page.goto("/")
        ends = page.locator("h1").evaluate(lines)
        assert ends
        assert set(ends) <= set("、，")
        page.goto("/q/jifen/zhuangtai")
        assert page.locator(".meta time").count() == 3
        pieces = page.locator(".meta time").evaluate_all("all => all.map(one => one.getClientRects().length)")
        assert set(pieces) == {1}


def test_small_links_are_wide_and_high_enough_for_a_finger_and_leave_no_gaps(browser: Browser, address: str) -> None:
    size = "all => all.map(one => { const box = one.getBoundingClientRect(); return [box.width, box.height]; })"
    gaps = """all => all.slice(1).map((one, at) => {
        const [left, right] = [all[at], one].map(each => {
            const range = document.createRange();
            range.selectNodeContents(each);
            return range.getBoundingClientRect();
        });
        return left.top === right.top ? Math.round(right.left - left.right) : null;
    }).filter(gap => gap !== null)"""
    links = {
        PAGES["fact"]: ".card .sources a",
        PAGES["topic"]: "main > p > a, .crumbs a, .bottom nav a",
        PAGES["not found"]: "main > p > a:not(.button)",
        "/a/jifen-xuban/yiqing-wangshen": ".notice a, .sources a",
    }
    with looking(browser, address, {}, SIZES["phone"]) as context:
        page = context.new_page()
        for path, which in links.items():
            page.goto(path)
            found = page.locator(which).evaluate_all(size)
            assert found
            assert [box for box in found if box[1] < 44 or box[0] < 44] == []
        page.goto(PAGES["topic"])
        assert len(set(page.locator(".bottom nav a").evaluate_all(gaps))) == 1


def test_on_paper_no_line_is_printed_over_another(browser: Browser, address: str) -> None:
    with looking(browser, address, {}, SIZES["desktop"]) as context:
        page = context.new_page()
        page.emulate_media(media="print")
        bottoms = "all => Math.max(...all.map(one => one.getBoundingClientRect().bottom))"
        for path in ("/a/jifen/zhinan", PAGES["question"], PAGES["fact"], PAGES["no answer"]):
            page.goto(path)
            for one_card in (False, True):
                if one_card:
                    page.evaluate("document.body.className = 'printing'")
                    page.evaluate("document.querySelector('.card').classList.add('chosen')")
                above = page.locator("main :is(p, li, td):visible").evaluate_all(bottoms)
                assert page.locator("p.paper.wide").evaluate("one => one.getBoundingClientRect().top") >= above


@pytest.mark.parametrize("cookies", [{}, {"view": "elder"}], ids=["standard", "elder"])
def test_the_keyboard_goes_through_the_top_as_it_is_read(
    browser: Browser, address: str, cookies: dict[str, str]
) -> None:
    for size in (*SIZES.values(), (390, 844)):
        with looking(browser, address, cookies, size) as context:
            page = context.new_page()
            page.goto(PAGES["fact"])
            boxes = [
                part.bounding_box() for part in page.locator(".top :is(a, button, input:not([type=hidden]))").all()
            ]
            middles = [(round((box["y"] + box["height"] / 2) / 20), box["x"]) for box in boxes if box]
            assert len(middles) > 4
            assert middles == sorted(middles)


def test_on_a_phone_what_comes_next_is_as_wide_in_the_second_row_and_titles_keep_off_their_text(
    browser: Browser, address: str
) -> None:
    with looking(browser, address, {"view": "elder"}, (390, 844)) as context:
        page = context.new_page()
        page.goto(PAGES["fact"])
        right = "all => new Set(all.map(one => Math.round(one.getBoundingClientRect().right))).size"
        rows = "all => new Set(all.map(one => Math.round(one.getBoundingClientRect().top))).size"
        buttons = page.locator(".next .button")
        assert buttons.evaluate_all(rows) == buttons.evaluate_all(right) == 2
        paddings = page.locator(".results li > a").evaluate_all(
            "all => all.map(one => getComputedStyle(one).paddingBottom)"
        )
        assert "0px" not in paddings

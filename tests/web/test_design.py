"""The style guide shows everything; pages are light to fetch."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote_plus

import pytest
from flask.testing import FlaskClient

from kb.model import Value
from search.model import CardKind
from web.wording import first_sentence, repeats, unbroken

QUESTION = "/search?q=积分审核要多久"
MOST_BYTES = 40_000
"""The whole search page, compressed: markup, style, scripts, icon."""


def _fetched(client: FlaskClient, path: str, encoding: str) -> bytes:
    with client.get(path, headers={"Accept-Encoding": encoding}) as reply:
        assert reply.status_code == 200
        return bytes(reply.data)


@pytest.mark.parametrize("encoding", ["gzip, deflate", "gzip, deflate, br"])
def test_the_whole_search_page_is_small(client: FlaskClient, encoding: str) -> None:
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get(QUESTION).text)
    assert len(files) >= 4
    assert sum(len(_fetched(client, path, encoding)) for path in (QUESTION, *files)) < MOST_BYTES / 2


def test_what_a_page_is_made_of_may_be_kept_and_pages_may_not(client: FlaskClient) -> None:
    [style] = re.findall(r'href="(/static/site\.[0-9a-f]{12}\.css)"', client.get("/").text)
    with client.get(style) as reply:
        assert "immutable" in reply.headers["Cache-Control"]
    for path in ("/static/site.css", "/static/site.0123456789ab.css", "/", QUESTION):
        with client.get(path) as reply:
            assert "immutable" not in reply.headers.get("Cache-Control", "")


def test_the_style_guide_shows_every_kind_of_card_and_is_for_no_search_engine(client: FlaskClient) -> None:
    page = client.get("/styleguide").text
    for kind in CardKind:
        assert f'class="card card-{kind}"' in page
    for part in ("conflict", "also", "checklist", "steps", "card-none", "badge-superseded", "chips", "paging", "toc"):
        assert f'class="{part}' in page or f" {part}" in page
    for words in (
        "这个答案有用吗？",
        "想补充一句（可不写）",
        "这条信息有误",
        "谢谢，您的评价已经记下",
        "跟随手机或电脑",
    ):
        assert words in page
    assert "全部组件" not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "styleguide" not in client.get("/sitemap.xml").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("20 个工作日内办好；补材料不算。", ("20 个工作日内办好", "补材料不算。")),
        ("不一定。基本材料里没有；申报的要交。", ("不一定。", "基本材料里没有；申报的要交。")),
        ("带原件（复印件不行；照片也不行）。再带一份。", ("带原件（复印件不行；照片也不行）。", "再带一份。")),
        ("不收费", ("不收费", "")),
        ("选“可以。”的算", ("选“可以。”的算", "")),
        ("）多一个括号。还有", ("）多一个括号。", "还有")),
        ("", ("", "")),
    ],
)
def test_the_first_sentence_is_set_large(text: str, parts: tuple[str, str]) -> None:
    assert first_sentence(text) == parts


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("大专 50 分。", "大专 50\u00a0分。"),
        ("2023-01-01 至 2027-12-31", "<time>2023-01-01</time>\u00a0至 <time>2027-12-31</time>"),
        ("A < B 1 号", "A &lt; B 1\u00a0号"),
        ("30 + 90 = 120", "30 + 90 = 120"),
    ],
)
def test_no_line_ends_within_a_date_or_between_a_number_and_what_it_counts(text: str, html: str) -> None:
    assert unbroken(text) == html


@pytest.mark.parametrize(
    ("text", "says_no_more"),
    [
        ("大专 50 分，本科加学位 90 分。", True),
        ("大专（高职）50 分；本科 60 分。", False),
        ("在上海获得的大专 50 分。", False),
        ("大专 50 分，与职称二选一。", False),
    ],
)
def test_a_remark_that_repeats_the_table_is_told_from_one_that_says_more(text: str, says_no_more: bool) -> None:
    rows = (Value(of="大专（高职）学历", value="50 分"), Value(of="本科和学位", value="90 分", aliases=("本科加学位",)))
    assert repeats(text, rows) is says_no_more
    assert not repeats(text, ())


def test_the_row_asked_for_is_marked_and_what_the_table_says_is_not_said_again(client: FlaskClient) -> None:
    page = client.get("/search?q=大专学历积分多少").text
    [row] = re.findall(r'<tr aria-current="true">.*?</tr>', page)
    assert "大专（高职）学历" in row
    assert "50\u00a0分" in row
    remarks = re.findall(r'<p class="remark">(.*?)</p>', page)
    assert remarks
    assert not any("100" in remark for remark in remarks)
    assert "aria-current" not in client.get("/a/jifen-fenzhi/zhinan").text


@pytest.mark.parametrize(
    ("choices", "question", "said"),
    [
        ({}, "积分审核要多久", False),
        ({}, "上海居住证积分的审核到底要多久", True),
        ({"view": "elder", "size": "30"}, "积分审核要多久呢", True),
        ({"view": "elder", "size": "18"}, "积分审核要多久呢", False),
    ],
)
def test_a_question_longer_than_the_field_of_a_phone_can_be_read_back_once(
    client: FlaskClient, choices: dict[str, str], question: str, said: bool
) -> None:
    visitor = client.application.test_client()
    for name, value in choices.items():
        visitor.set_cookie(name, value)
    page = visitor.get("/search", query_string={"q": question}).text
    assert (f'<h1 class="asked">您问的是：{question}</h1>' in page) is said
    assert page.count("<h1") == 1


def test_next_steps_are_about_the_same_matter_and_not_about_what_was_said(client: FlaskClient) -> None:
    page = client.get(QUESTION).text
    [steps] = re.findall(r'<ul class="next">.*?</ul>', page)
    assert re.findall(r">([^<]+)</a>", steps) == ["怎么办理", "要带什么", "去哪里办"]
    for path in re.findall(r'href="([^"]+)"', steps):
        assert 'class="card card-none"' not in client.get(path).text
    outside = client.get("/search?q=今天天气怎么样").text
    assert 'class="next"' not in outside


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ("快证要多少钱", ["居住证快证怎么办？", "办快证要带什么材料？", "快证去哪里办？"]),
        ("搬家了居住证地址要改吗", ["补领居住证去哪里办？"]),
        ("居住证过期了怎么续签？", ["签注要带什么材料？", "居住证签注在哪里办？"]),
    ],
)
def test_what_comes_next_is_of_the_same_narrower_matter_and_not_how_it_is_done_in_time(
    client: FlaskClient, asked: str, steps: list[str]
) -> None:
    [found] = re.findall(r'<ul class="next">.*?</ul>', client.get("/search", query_string={"q": asked}).text)
    assert [unquote_plus(query) for query in re.findall(r'\?q=([^"]+)"', found)] == steps


def test_what_comes_next_is_answered_for_the_day_that_was_asked_for(client: FlaskClient) -> None:
    page = client.get(f"{QUESTION}&as_of=2026-11-01").text
    [steps] = re.findall(r'<ul class="next">.*?</ul>', page)
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', steps)]
    assert len(links) == 3
    for link in links:
        assert "按 2026-11-01 这一天的规定回答" in client.get(link).text


def test_search_engines_are_led_from_a_plain_answer_to_its_entry_and_keep_nothing_else(client: FlaskClient) -> None:
    page = client.get(QUESTION).text
    assert re.search(r'<link rel="canonical" href="http://[^/"]+/[aq]/jifen/[a-z-]+">', page)
    assert "noindex" not in page
    for path in ("/search", "/search?q=今天天气怎么样", f"{QUESTION}&page=2", f"{QUESTION}&as_of=2026-01-01"):
        page = client.get(path).text
        assert '<meta name="robots" content="noindex">' in page
        assert "canonical" not in page
    assert "Disallow: /search?*&" in client.get("/robots.txt").text

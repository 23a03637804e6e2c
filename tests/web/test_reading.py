"""Pages for reading: entries with their history and steps, topics, the index, lost addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient

from search.service import Service
from tests.conftest import ARTICLE, Folder
from tests.web.conftest import client_of

Opened = Callable[..., Service]


def _client(folder: Folder, open_folder: Opened) -> FlaskClient:
    return client_of(open_folder(folder))


def _guide(folder: Folder, slug: str, title: str, change: tuple[str, str] = ("", "")) -> None:
    """One more article, with nothing that the first one says."""
    head = ARTICLE.split("aliases:")[0].replace("积分办理指南", title).replace(*change)
    folder.write(f"articles/jifen/{slug}.md", f"{head}sources: [banfa]\n---\n{title}的正文。\n")


def test_an_entry_shows_facts_contents_status_and_sources_in_this_order(client: FlaskClient) -> None:
    page = client.get("/a/jifen-xuban/zhinan").text
    marks = ["<h1>", "现行有效", "最近核对", "目录", 'id="answer-1"', 'class="prose"', 'id="versions"', 'id="sources"']
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)


def test_every_card_has_a_heading_so_that_what_differs_stands_under_one(client: FlaskClient, site: Service) -> None:
    untitled = 0
    for entry in site.library.entries.values():
        page = client.get(entry.url).text
        assert page.count("<div data-read><h2") == page.count("<div data-read>"), entry.url
        untitled += page.count('<h2 class="hidden">答案</h2>')
    assert untitled > 10


def test_every_line_of_the_table_of_contents_leads_to_the_one_place_of_its_name(
    client: FlaskClient, site: Service
) -> None:
    for entry in site.library.entries.values():
        page = client.get(entry.url).text
        contents = re.search(r'<nav class="toc".*?</nav>', page, re.S)
        for anchor in re.findall(r'href="#([^"]+)"', contents[0]) if contents else []:
            assert page.count(f'id="{anchor}"') == 1, (entry.url, anchor)
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), entry.url


def test_steps_follow_the_order_that_the_topic_declares(folder: Folder, open_folder: Opened) -> None:
    _guide(folder, "a-zuihou", "没有排到的指南")
    _guide(folder, "b-disan", "第三篇")
    _guide(folder, "c-guoqu", "过去的指南", ("2099-12-31", "2024-12-31"))
    folder.change("topics.yml", "aliases: [积分]", "aliases: [积分], articles: [zhinan, c-guoqu, b-disan]")
    client = _client(folder, open_folder)
    page = client.get("/t/jifen").text
    order = [
        page.index(title) for title in ("积分办理指南", "第三篇", "没有排到的指南", "不再有效的规定", "过去的指南")
    ]
    assert order == sorted(order)
    first, middle = client.get("/a/jifen/zhinan").text, client.get("/a/jifen/b-disan").text
    assert "上一步" not in first
    assert '<a rel="next" href="/a/jifen/b-disan"><span class="note">下一步</span>第三篇</a>' in first
    assert 'rel="prev" href="/a/jifen/zhinan"' in middle
    assert 'rel="next" href="/a/jifen/a-zuihou"' in middle
    for path in ("/a/jifen/c-guoqu", "/q/jifen/cailiao"):
        assert "下一步" not in client.get(path).text


def test_earlier_and_coming_versions_of_a_fact_are_shown_apart(folder: Folder, open_folder: Opened) -> None:
    folder.change(
        folder.article,
        "    source: {id: banfa, clause: 第十七条}\n",
        "    source: {id: banfa, clause: 第十七条}\n    effective: {from: 2024-01-01, to: 2098-12-31}\n"
        "  - {facet: review_time, answer: 从前要 60 天。, source: banfa, effective: {from: 2023-01-01, to: 2023-12-31}}\n"
        "  - {facet: review_time, answer: 往后只要 5 天。, source: banfa, effective: {from: 2099-01-01, to: null}}\n",
    )
    folder.change(folder.article, "to: 2099-12-31", "to: null")
    page = _client(folder, open_folder).get("/a/jifen/zhinan").text
    order = [
        page.index(words)
        for words in (
            "20\u00a0个工作日内核定",
            'id="versions"',
            "往后只要 5\u00a0天",
            "以前的规定（1 条）",
            "从前要 60\u00a0天",
        )
    ]
    assert order == sorted(order)
    assert "<time>2023-01-01</time>\u00a0至 <time>2023-12-31</time>" in page
    assert "<time>2099-01-01</time>\u00a0起" in page


def test_what_replaced_an_entry_and_what_it_replaced_name_each_other(client: FlaskClient) -> None:
    old, new = client.get("/a/jifen-xuban/yiqing-wangshen").text, client.get("/a/jifen-xuban/zhinan").text
    assert "不要照它办" in old
    assert '<a href="/a/jifen-xuban/zhinan">看现行规定</a>' in old
    assert "被这一条取代的" in new
    assert 'href="/a/jifen-xuban/yiqing-wangshen"' in new


def test_an_entry_that_holds_until_another_takes_its_place_is_not_yet_called_replaced(
    folder: Folder, open_folder: Opened
) -> None:
    _guide(folder, "xin", "新的指南", ("{from: 2023-01-01, to: 2099-12-31}", "{from: 2099-01-01, to: null}"))
    _guide(
        folder,
        "jiu",
        "旧的指南",
        ("to: 2099-12-31}", "to: 2098-12-31}\nnow: {text: 看新的指南, entry: articles/jifen/xin}"),
    )
    client = _client(folder, open_folder)
    assert "被这一条取代的" not in client.get("/a/jifen/xin").text
    folder.change("articles/jifen/jiu.md", "to: 2098-12-31", "to: 2024-12-31")
    assert "被这一条取代的" in _client(folder, open_folder).get("/a/jifen/xin").text


@pytest.mark.parametrize(("is_renewed", "shown"), [(True, "20 个工作日"), (False, "积分由单位申请")])
def test_what_a_result_says_of_an_entry_holds_today(
    folder: Folder, open_folder: Opened, is_renewed: bool, shown: str
) -> None:
    period = "effective: {from: 2023-01-01, to: 2023-12-31}"
    if is_renewed:
        now = "effective: {from: 2024-01-01, to: null}"
        folder.change(folder.article, "    source: {id: banfa, clause", f"    {now}\n    source: {{id: banfa, clause")
        other = f"  - {{facet: review_time, question: 从前审核核定要多久呢, answer: 从前要 60 天内核定。, source: banfa, {period}}}\n"
        folder.change(folder.article, "---\n积分由", f"{other}---\n积分由")
    else:
        folder.change(
            folder.article, "    source: {id: banfa, clause", f"    {period}\n    source: {{id: banfa, clause"
        )
        folder.change(folder.article, "20 个工作日内核定", "从前要 60 天内核定")
    found = _client(folder, open_folder).get("/api/v1/search", query_string={"q": "从前审核核定要多久呢"}).get_json()
    (result,) = [each for each in found["results"] if each["id"] == "articles/jifen/zhinan"]
    text = re.sub("</?mark>", "", result["snippet"])
    assert shown in text
    assert "60" not in text


def test_an_entry_over_by_its_date_alone_and_one_to_come_say_so(folder: Folder, open_folder: Opened) -> None:
    _guide(folder, "guoqu", "过去的指南", ("2099-12-31", "2024-12-31"))
    _guide(folder, "jianglai", "将来的指南", ("{from: 2023-01-01, to: 2099-12-31}", "{from: 2099-01-01, to: null}"))
    client = _client(folder, open_folder)
    assert "不再有效（有效期到 <time>2024-12-31</time>）" in client.get("/a/jifen/guoqu").text
    assert "还没有施行，从 <time>2099-01-01</time> 起" in client.get("/a/jifen/jianglai").text


def test_a_page_asked_for_at_midnight_is_of_one_day(
    folder: Folder, open_folder: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.change(
        folder.faq, "  - facet: materials", "  - facet: materials\n    effective: {from: null, to: 2099-12-31}"
    )
    client, days = _client(folder, open_folder), iter(["2099-12-31"])

    class Midnight(date):
        """It strikes once somebody has asked what day it is."""

        @classmethod
        def today(cls) -> Midnight:
            return cls.fromisoformat(next(days, "2100-01-01"))

    monkeypatch.setattr("web.pages.date", Midnight)
    monkeypatch.setattr("web.api.date", Midnight)
    assert client.get("/q/jifen/cailiao").status_code == 200


def test_an_entry_past_its_review_says_so(folder: Folder, open_folder: Opened) -> None:
    folder.change(
        folder.article, "reviewed: 2026-11-01\nreview_by: 2027-05-01", "reviewed: 2024-01-01\nreview_by: 2024-06-01"
    )
    page = _client(folder, open_folder).get("/a/jifen/zhinan").text
    assert "本站原定在 <time>2024-06-01</time> 以前再核对一次" in page


def test_a_faq_section_leads_to_the_article_it_stands_in(folder: Folder, open_folder: Opened) -> None:
    page = _client(folder, open_folder).get("/q/jifen/zhinan-jiaji").text
    assert page.count('<a href="/a/jifen/zhinan">积分办理指南</a>') == 2


def test_a_short_answer_is_not_said_twice(folder: Folder, open_folder: Opened) -> None:
    client = _client(folder, open_folder)
    for path, answer in (("/q/jifen/zhinan-jiaji", "不能加急。"), ("/q/jifen/cailiao", "带居住证原件。")):
        assert client.get(path).text.split("<main")[1].split("</main>")[0].count(answer) == 1


def test_an_empty_topic_and_the_longest_title(folder: Folder, open_folder: Opened) -> None:
    folder.write(
        "topics.yml", "- {id: jifen, name: 积分, summary: 关于积分}\n- {id: kong, name: 空的, summary: 没有内容}\n"
    )
    folder.change(folder.faq, "积分要交什么材料？", "长" * 299 + "？")
    client = _client(folder, open_folder)
    page = client.get("/t/kong").text
    assert "这个主题还没有内容" in page
    assert 'href="/t/jifen"' in page.split("还没有内容")[1]
    assert "长" * 299 in client.get("/q/jifen/cailiao").text


def test_the_index_has_every_question_once_under_its_letter(client: FlaskClient, site: Service) -> None:
    overview = client.get("/az").text
    letters = re.findall(r'<li><a href="/az/([^"]+)"', overview)
    assert letters == sorted(letters, key=lambda letter: (letter == "0-9", letter))
    texts: list[str] = []
    for letter in letters:
        page = client.get(f"/az/{letter}").text.split("<main")[1]
        texts += re.findall(r'<li><a href="/[aq]/[^"]+">([^<]+)</a>', page)
        sounds = re.findall(r'<h2 id="sound-([^"]+)">', page)
        assert sounds == sorted(sounds)
        assert f'href="/az/{letter}#sound-{sounds[0]}"' in overview
    assert len(texts) == len(set(texts))
    assert {entry.title for entry in site.library.entries.values()} <= set(texts)
    assert "积分审核要多久？" in texts  # the question of a fact


def test_a_letter_that_is_a_sound_of_its_own_is_not_taken_for_the_field(folder: Folder, open_folder: Opened) -> None:
    folder.change(folder.article, "title: 积分办理指南", "title: Q群怎么加")
    page = _client(folder, open_folder).get("/az/Q").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'id="sound-q"' in page


@pytest.mark.parametrize(("asked", "status"), [("j", 308), ("j?x=1", 308), ("jj", 404), ("%2e%2e", 404), ("0-9", 200)])
def test_letters_as_people_write_them(client: FlaskClient, asked: str, status: int) -> None:
    reply = client.get(f"/az/{asked}")
    assert reply.status_code == status
    assert reply.headers.get("Location") == (f"/az/{asked.replace('j', 'J')}" if status == 308 else None)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/a/jifen/cailiao-qindan", "积分材料清单"),
        ("/q/jifen/cailiao-qingdan", "积分材料清单"),
        ("/juzhuzheng-qianzhu", "居住证签注办理指南"),
        ("/居住证签注", "居住证签注办理指南"),
        ("/a/jifen-xuban/zhinan.html", "上海市居住证积分续办（确认）指南"),
        ("/zh-Hant/居住證簽注", "居住證簽注辦理指南"),
    ],
)
def test_a_lost_address_finds_what_was_wanted(client: FlaskClient, path: str, title: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert title in reply.text.split("<main")[1]


@pytest.mark.parametrize("path", ["/a/jifen/nothing-here", "/a/jifen/cailiao-qindan", "/juzhuzheng-qianzhu"])
def test_a_lost_address_is_searched_for_in_the_words_that_stand_in_it(client: FlaskClient, path: str) -> None:
    [said] = re.findall("替您找了“([^”]*)”", client.get(path).text)
    assert said == path.replace("/a/jifen", "积分申请").strip("/").replace("/", " ").replace("-", " ")


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/q/jifen/zhuangtai/", "/q/jifen/zhuangtai"),
        ("/Q/jifen/Zhuangtai", "/q/jifen/zhuangtai"),
        ("/A/jifen/zhinan//", "/a/jifen/zhinan"),
        ("/search/?q=%E7%A7%AF%E5%88%86ABC&page=1", "/search?q=%E7%A7%AF%E5%88%86ABC&page=1"),
        ("/T/jifen", "/t/jifen"),
        ("/az/J/", "/az/J"),
        ("/az/j/", "/az/J"),
        ("/AZ/j", "/az/J"),
        ("/Quality/", "/quality"),
        ("/zh-Hant/t/jifen/", "/zh-Hant/t/jifen"),
        ("/feed.xml/", "/feed.xml"),
        ("/zh-hant", "/zh-Hant"),
        ("/ZH-HANT/t/jifen?x=1", "/zh-Hant/t/jifen?x=1"),
    ],
)
def test_a_slash_too_many_and_capitals_lead_to_the_address_that_is_there(
    client: FlaskClient, path: str, plain: str
) -> None:
    for ask in (client.get, client.head):
        reply = ask(path)
        assert (reply.status_code, reply.headers["Location"]) == (308, plain)
    assert client.get(plain).status_code == 200
    assert client.post(path).status_code in (404, 405)


@pytest.mark.parametrize(
    "path",
    ["/q/jifen/nope/", "/T/nope", "/Wp-Admin/", "/evil.example//", "/api/v1/topics/", "/zh-hantx", "/zh-Hant/zh-hant"],
)
def test_an_address_that_is_not_there_in_any_spelling_leads_nowhere(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, "Location" in reply.headers) == (404, False)


@pytest.mark.parametrize(
    "path",
    [
        "/wp-login.php",
        "/.env",
        "/%00",
        "/" + "a" * 4000,
        "/../../etc/passwd",
        "/<script>alert(1)</script>",
        "/a/%ff/%fe",
        "/{{7*7}}",
    ],
)
def test_hostile_addresses_are_a_plain_404(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert "<script>alert" not in reply.text
    assert len(reply.text) < 12_000

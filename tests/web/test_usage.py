"""What visitors ask and say: counted, kept, listed, never about anyone, and never in the way of an answer."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from search.service import Service
from search.text import normalise
from tests.conftest import FAQ, Folder
from web.app import create_app
from web.usage import recorder as recording
from web.usage import store as storing
from web.usage.clusters import Cluster
from web.usage.counting import SESSION_SECONDS, Count, Search, counted
from web.usage.personal import MAX_READ, NUMBER, impersonal, is_personal
from web.usage.recorder import Recorder
from web.usage.store import AskedWording, Kind, Note, Store, Votes
from web.usage.tokens import BadToken, Tokens, kept_secret

NOON = datetime(2026, 11, 24, 12).timestamp()
ARTICLE, ENTRY = "articles/jifen/zhinan", "/a/jifen/zhinan"


class Site:
    """A small site with its own file, on a clock that a test moves."""

    def __init__(self, service: Service, path: Path, clock: list[float]) -> None:
        self.service = service
        self.store = Store(path)
        self.app = create_app(service, self.store, b"a secret of the test")
        self.recorder = Recorder(self.store, service, lambda: clock[0])
        self.app.extensions["wence-usage"] = self.recorder
        self.client: FlaskClient = self.app.test_client()
        self._clock = clock

    def ask(self, *questions: str, wait: float = 0) -> None:
        """Ask over HTTP, letting time pass before each question."""
        for question in questions:
            self._clock[0] += wait
            assert self.client.get("/search", query_string={"q": question}).status_code == 200

    def take_up(self) -> None:
        """What the background thread does."""
        self.recorder.flush()
        self.recorder.refresh()

    def counts(self) -> dict[str, tuple[int, int]]:
        """How often, and in how many sessions, each question was asked."""
        self.recorder.flush()
        return {each.text: (each.asked, each.sessions) for each in self.store.asked(date.min)}

    def popular(self) -> list[str]:
        """The popular questions of the home page."""
        self.take_up()
        page = self.client.get("/").text
        part = page[page.index("热门问题") : page.index("按主题查找")] if "热门问题" in page else ""
        return re.findall(r"<li><a [^>]*>(.*?)</a>", part)

    def send(self, kind: str, page: str, **fields: str) -> TestResponse:
        """Fill in the form of a page and send it."""
        return self.client.post(f"/feedback/{kind}", data={"session": self.token(page)} | fields)

    def token(self, page: str) -> str:
        """The token in the forms of a page."""
        return str(re.findall(r'name="session" value="([^"]+)"', self.client.get(page).text)[0])


@pytest.fixture
def site_path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "usage.sqlite3"


@pytest.fixture
def clock() -> list[float]:
    return [datetime.now().timestamp() - 3600]


@pytest.fixture
def small(folder: Folder, open_folder: Callable[..., Service], site_path: Path, clock: list[float]) -> Site:
    folder.change("site.yml", "contact:", "home: {popular: [积分怎么办理, 积分是什么]}\ncontact:")
    return Site(open_folder(folder), site_path, clock)


# Counting


def test_typing_is_collapsed_and_a_reload_is_no_other_session(small: Site) -> None:
    small.ask("积分审", "积分审核", "积分审核要多久", wait=3)
    small.ask("积分审核要多久？", wait=60)
    assert small.counts() == {"积分审核要多久": (2, 1)}


def test_typing_is_collapsed_across_worker_processes(small: Site, site_path: Path, clock: list[float]) -> None:
    small.ask("积分审")
    small.recorder.flush()
    other = Site(small.service, site_path, clock)
    other.ask("积分审核", wait=5)
    assert other.counts() == {"积分审核": (1, 1)}


def test_what_was_asked_long_before_was_not_the_beginning_of_it(small: Site) -> None:
    small.ask("积分审", "积分审核", wait=120)
    assert small.counts() == {"积分审": (1, 1), "积分审核": (1, 1)}


def test_a_beginning_asked_by_many_loses_one_asking_only(small: Site) -> None:
    small.ask("积分", "积分", "积分", wait=SESSION_SECONDS)
    small.ask("积分审", "积分审核", wait=2)
    assert small.counts() == {"积分": (2, 2), "积分审核": (1, 1)}


def test_half_an_hour_later_is_another_session_over_midnight_too(small: Site, clock: list[float]) -> None:
    clock[0] = datetime(2026, 11, 23, 23, 50).timestamp()
    for wait in (0, 15 * 60, 20 * 60, 25 * 60):
        small.ask("积分", wait=wait)
        small.recorder.flush()
    assert small.counts() == {"积分": (4, 2)}
    assert [each.asked for each in small.store.asked(date(2026, 11, 24))] == [2]


def test_the_wordings_of_one_answer_share_a_session_however_they_are_batched(small: Site) -> None:
    wordings = ("积分材料清单", "积分要交什么材料", "积分材料", "积分材料清单")
    small.ask(*wordings, wait=90)
    small.recorder.flush()
    small.ask(*wordings, wait=90)
    assert [sessions for _, sessions in small.counts().values()] == [1, 0, 0]
    small.ask("积分材料", "积分审核要多久", wait=SESSION_SECONDS)
    assert {text: sessions for text, (_, sessions) in small.counts().items() if sessions} == {
        "积分材料清单": 1,
        "积分材料": 1,
        "积分审核要多久": 1,
    }


def test_a_question_that_goes_on_takes_over_the_session_of_its_beginning(small: Site) -> None:
    small.ask("积分材料", wait=SESSION_SECONDS)
    small.ask("积分材料", wait=SESSION_SECONDS)
    small.ask("积分材料清单", wait=3)
    assert small.counts() == {"积分材料": (1, 1), "积分材料清单": (1, 1)}


_TEXTS = st.sampled_from(["积", "积分", "积分审", "签注"])


@given(st.lists(st.tuples(_TEXTS, st.floats(0, 4000), st.sampled_from(["", "一", "二"])), max_size=12))
def test_counts_are_the_same_however_the_searches_are_batched(asked: list[tuple[str, float, str]]) -> None:
    searches = [Search(NOON + at, text, bool(card), card, card) for text, at, card in asked]
    searches.sort(key=lambda each: each.at)
    together = {count.search.text: count for count in counted(searches, {})}
    apart: dict[str, Count] = {}
    for search in searches:
        apart |= {count.search.text: count for count in counted([search], apart)}
    assert together == apart
    assert all(count.asked >= 0 and 0 <= count.sessions <= max(count.asked, 1) for count in apart.values())


def test_pages_of_results_and_other_days_are_not_questions(small: Site) -> None:
    for more in ("&page=2", "&kind=faq", "&force=past", "&topic=jifen", "&as_of=2025-01-01", "&exact=true"):
        assert small.client.get(f"/search?q=材料{more}").status_code == 200
    assert small.client.get("/api/v1/answer?q=积分材料清单").status_code == 200
    assert small.counts() == {"积分材料清单": (1, 1)}


# Lists


def test_a_home_page_without_use_shows_what_editors_picked(small: Site) -> None:
    assert small.popular() == ["积分怎么办理", "积分是什么"]


def test_an_entrys_own_wording_is_popular_from_three_sessions_on_in_the_editors_words(small: Site) -> None:
    small.ask("积分材料清单", "积分材料清单", wait=SESSION_SECONDS)
    assert small.popular() == ["积分怎么办理", "积分是什么"]
    small.ask("积分材料清单", wait=SESSION_SECONDS)
    assert small.popular() == ["积分要交什么材料？", "积分怎么办理", "积分是什么"]


def test_what_someone_typed_is_popular_from_three_sessions_on_and_never_shown(small: Site) -> None:
    typed = "我叫王小明积分审核多久啊"
    assert small.client.get(f"/api/v1/answer?q={typed}").json["card"]["question"] == "积分审核要多久？"  # type: ignore[index]
    small.ask(typed, wait=SESSION_SECONDS)
    assert "积分审核要多久？" not in small.popular()
    small.ask(typed, wait=SESSION_SECONDS)
    assert small.popular()[0] == "积分审核要多久？"
    assert "王小明" not in small.client.get("/").text


def test_no_number_of_wordings_makes_a_question_popular_within_half_an_hour(small: Site, folder: Folder) -> None:
    folder.change(folder.faq, "[积分材料清单]", "[积分材料清单, 积分要带什么, 积分带哪些东西]")
    assert small.service.refresh()
    small.ask("积分材料清单", "积分要交什么材料", "积分要带什么", "积分带哪些东西", wait=5)
    assert small.popular() == ["积分怎么办理", "积分是什么"]
    small.ask("积分要交什么材料", "积分带哪些东西", wait=SESSION_SECONDS)
    assert small.popular()[0] == "积分要交什么材料？"


def test_a_question_without_answer_is_never_popular(small: Site) -> None:
    small.ask(*["今天天气怎么样"] * 5, wait=SESSION_SECONDS)
    assert small.popular() == ["积分怎么办理", "积分是什么"]


def test_an_entry_that_expired_or_became_a_draft_leaves_the_lists(small: Site, folder: Folder) -> None:
    small.ask(*["积分材料清单"] * 3, wait=SESSION_SECONDS)
    small.store.add(Note(Kind.vote, "faqs/jifen/cailiao", helpful=True), "a", date.today())
    assert small.popular()[0] == "积分要交什么材料？"
    for change in ("expired\neffective: {from: 2020-01-01, to: 2021-12-31}", "draft"):
        folder.write(folder.faq, FAQ.replace("in_force", change))
        assert small.service.refresh()
        assert "积分要交什么材料？" not in small.client.get("/").text
        assert small.popular() == ["积分怎么办理", "积分是什么"]


def test_entries_found_helpful_are_recommended_before_the_editors_picks(small: Site) -> None:
    for _ in range(4):
        assert "推荐文章" not in small.client.get("/").text
        assert small.send("vote", ENTRY, entry=ARTICLE, helpful="yes").status_code == 200
        small.take_up()
    page = small.client.get("/").text
    assert page.index("推荐文章") < page.index(f'<a href="{ENTRY}">') < page.index("最新文档")
    for _ in range(5):
        small.send("vote", ENTRY, entry=ARTICLE, helpful="no")
    small.take_up()
    assert "推荐文章" not in small.client.get("/").text


def test_suggestions_follow_use_and_keep_it_when_the_content_changes(small: Site, folder: Folder) -> None:
    def first() -> str:
        return str(small.client.get("/api/v1/suggest?q=积分").json["suggestions"][0]["title"])  # type: ignore[index]

    before = first()
    rarer = "积分要交什么材料？" if before != "积分要交什么材料？" else "积分审核要多久？"
    small.ask(rarer, rarer, wait=SESSION_SECONDS)
    small.take_up()
    assert first() == before, "one visitor's interest has moved what others see"
    small.ask(rarer, wait=SESSION_SECONDS)
    small.take_up()
    assert first() == rarer
    folder.change(folder.article, "积分由单位申请。", "积分由单位提出申请。")
    assert small.service.refresh()
    assert first() == rarer


# Forms


def test_a_vote_with_a_comment_is_kept_once_for_each_page(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "helpful": "no", "comment": "看不懂"}
    first, again = (small.client.post("/feedback/vote", data=form) for _ in range(2))
    assert "您的评价已经记下" in first.text
    assert "您的评价已经记下" in again.text
    other = small.client.post("/feedback/vote", data=form | {"entry": "faqs/jifen/cailiao"})
    assert "您的评价已经记下" in other.text
    assert [(note.entry, note.helpful, note.comment) for note in small.store.notes()] == [
        ("faqs/jifen/cailiao", False, "看不懂"),
        (ARTICLE, False, "看不懂"),
    ]


def test_a_report_and_a_message_land_in_the_inbox_without_numbers(small: Site) -> None:
    page = small.client.get("/search?q=今天天气怎么样").text
    assert "给编辑留言" in page
    assert (
        small.send(
            "message", "/search?q=今天天气怎么样", about="今天天气怎么样", comment="打我电话13800138000"
        ).status_code
        == 200
    )
    assert small.send("report", ENTRY, entry=ARTICLE, about="积分审核要多久？", comment="").status_code == 200
    assert [(note.kind, note.entry, note.about, note.comment) for note in small.store.notes()] == [
        (Kind.report, ARTICLE, "积分审核要多久?", ""),
        (Kind.message, "", "今天天气怎么样", "打我电话〔号码〕"),
    ]


def test_the_card_and_every_fact_of_an_entry_can_be_reported(small: Site) -> None:
    assert small.client.get("/search?q=积分审核要多久").text.count("这条信息有误") == 1
    assert small.client.get("/q/jifen/cailiao").text.count("这条信息有误") == 1


def test_nothing_is_set_on_the_visitor(small: Site) -> None:
    for reply in (small.client.get(ENTRY), small.send("vote", ENTRY, entry=ARTICLE, helpful="yes")):
        assert "Set-Cookie" not in reply.headers
        assert reply.headers["Cache-Control"] == ("private" if reply.request.method == "GET" else "no-store")


@pytest.mark.parametrize(
    ("kind", "fields", "status", "said"),
    [
        ("vote", {"entry": ARTICLE}, 400, "没有填"),
        ("vote", {"entry": ARTICLE, "helpful": "maybe"}, 400, "不对"),
        ("vote", {"entry": "articles/jifen/nope", "helpful": "yes"}, 404, "这条内容已经不在本站"),
        ("vote", {"entry": "../../etc", "helpful": "yes"}, 400, "不对"),
        ("vote", {"entry": ARTICLE, "helpful": "yes", "comment": "长" * 501}, 400, "太长"),
        ("report", {"entry": ARTICLE}, 400, "没有填"),
        ("message", {"about": "天气", "comment": " "}, 400, "您写的话是空的"),
        ("message", {"about": "天气", "comment": "请写", "ip": "1.2.3.4"}, 400, "不对"),
        ("message", {"about": "天气", "comment": "x", "session": "x" * 301}, 400, "太长"),
        ("nope", {}, 404, "没有这个页面"),
    ],
)
def test_what_cannot_be_taken_is_explained(
    small: Site, kind: str, fields: dict[str, str], status: int, said: str
) -> None:
    reply = small.client.post(f"/feedback/{kind}", data={"session": small.token(ENTRY)} | fields)
    assert (reply.status_code, said in reply.text) == (status, True)
    assert "参数" not in reply.text
    assert small.store.notes() == []


def test_words_alone_are_not_sent_empty_and_a_vote_needs_none(small: Site) -> None:
    for page in (ENTRY, "/search?q=积分审核要多久"):
        form = small.client.get(page).text.split('action="/feedback/vote')[1].split("</form>")[0]
        assert '<textarea name="comment" rows="3" maxlength="500" required>' in form
        assert re.findall(r"<button [^>]*(formnovalidate|formaction)", form) == ["formnovalidate"] * 2 + ["formaction"]


def test_a_form_that_is_refused_leads_back_at_once_and_when_it_is_sent_again(small: Site) -> None:
    sent = {"entry": ARTICLE, "about": "积分审核要多久？", "comment": " "}
    page = {"Referer": f"http://localhost/zh-Hant{ENTRY}?x=1"}
    refused = small.client.post(
        "/feedback/message?at=said-1", data=sent | {"session": small.token(ENTRY)}, headers=page
    )
    assert f'href="{ENTRY}?x=1">回到刚才的页面</a>' in refused.text
    [action] = re.findall(r'<form class="feedback" method="post" action="([^"]+)"', refused.text)
    sent |= {"comment": "写了", "session": re.findall(r'name="session" value="([^"]+)"', refused.text)[0]}
    again = {"Referer": "http://localhost/feedback/message?at=said-1"}
    reply = small.client.post(unescape(action), data=sent, headers=again)
    assert reply.headers["Location"] == f"{ENTRY}?x=1&said=message&at=said-1#said-1"
    for elsewhere in ("//evil.example", "https://evil.example", "/feedback/vote", "/\\evil.example"):
        sent["session"] = small.token(ENTRY)
        reply = small.client.post("/feedback/message", query_string={"back": elsewhere}, data=sent, headers=again)
        assert (reply.status_code, "回到刚才的页面" in reply.text) == (200, False)


def test_a_form_that_is_refused_comes_back_with_the_words_and_can_be_sent(small: Site) -> None:
    written = {"entry": ARTICLE, "about": "积分审核要多久？", "comment": "<b>已经改成 15 天</b>"}
    reply = small.client.post("/feedback/report", data={"session": "forged"} | written)
    assert reply.status_code == 400
    assert "&lt;b&gt;已经改成 15 天" in reply.text
    assert "<b>" not in reply.text
    fresh = re.findall(r'name="session" value="([^"]+)"', reply.text)[0]
    assert small.client.post("/feedback/report", data={"session": fresh} | written).status_code == 200


def test_what_was_written_of_an_entry_that_is_gone_meanwhile_can_be_sent_as_a_message(small: Site) -> None:
    written = {"entry": "faqs/jifen/gone", "about": "积分审核要多久？", "comment": "已经改成 15 天"}
    for kind in ("report", "message"):
        reply = small.client.post(f"/feedback/{kind}", data={"session": small.token(ENTRY)} | written)
        assert (reply.status_code, "这条内容已经不在本站" in reply.text) == (404, True)
        [action] = re.findall(r'<form class="feedback" method="post" action="([^"]+)"', reply.text)
        shown = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', reply.text.partition(action)[2]))
        shown["comment"] = re.findall(r"<textarea[^>]*>([^<]*)<", reply.text)[0]
        assert small.client.post(unescape(action), data=shown).status_code == 200
    kept = [(note.kind, note.entry, note.about, note.comment) for note in small.store.notes()]
    assert kept == [(Kind.message, "", "积分审核要多久?", "已经改成 15 天")] * 2


def test_a_page_that_a_form_is_answered_with_leads_to_no_address_that_only_takes_forms(small: Site) -> None:
    sent = {"entry": ARTICLE, "about": "积分审核要多久？", "comment": "写了", "session": "forged"}
    page = small.client.post("/feedback/report", data=sent).text
    assert "写了" in page
    assert not re.search('/zh-Hant/feedback|hreflang|action="/settings"', page)
    assert re.search('hreflang.*action="/settings"', small.client.get(ENTRY).text, re.DOTALL)


def test_a_form_that_the_browser_says_is_of_this_site_is_taken_whatever_origin_it_names(small: Site) -> None:
    form = {"entry": ARTICLE, "helpful": "yes"}
    for headers, status in (
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 200),
    ):
        sent = form | {"session": small.token(ENTRY)}
        assert small.client.post("/feedback/vote", data=sent, headers=headers).status_code == status


def test_who_is_brought_back_by_a_form_has_not_asked_again(small: Site) -> None:
    small.client.get("/search?q=积分审核要多久")
    small.client.get("/search?q=积分审核要多久&said=vote&at=said")
    assert small.counts() == {"积分审核要多久": (1, 1)}


def test_a_comment_is_kept_to_its_end(small: Site) -> None:
    comment = "办不了…" * 124 + "结尾"
    small.send("report", ENTRY, entry=ARTICLE, about="积分审核要多久？", comment=comment)
    [note] = small.store.notes()
    assert note.comment == "办不了..." * 124 + "结尾"


def test_the_wordings_of_a_question_are_offered_with_the_most_asked_spelling() -> None:
    texts = ("积分要多久?", "审核要多久", "积分，要多久", NUMBER)
    asked = tuple(AskedWording(text, 1, 1, False, "", "", "", date.min) for text in texts)
    assert Cluster(asked).aliases == ("积分要多久?", "审核要多久")


def test_a_form_from_another_site_is_refused(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "helpful": "yes"}
    for origin in ("cross-site", "same-site"):
        assert small.client.post("/feedback/vote", data=form, headers={"Sec-Fetch-Site": origin}).status_code == 403
    assert small.client.post("/feedback/vote", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert small.client.get("/feedback/vote").status_code == 405


def test_the_way_back_never_leaves_the_site(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "helpful": "yes"}
    for page, back in (
        ("http://localhost/a/jifen/zhinan?x=1", "/a/jifen/zhinan?x=1&said=vote&at=said#said"),
        ("http://localhost/zh-Hant/a/jifen/zhinan?said=vote", "/a/jifen/zhinan?said=vote&at=said#said"),
        ("http://evil.example/a", None),
        ("http://localhost//evil.example/a", None),
        ("http://localhost////evil.example/a", None),
        ("http://localhost/feedback/vote", None),
    ):
        form["session"] = small.token(ENTRY)
        reply = small.client.post("/feedback/vote?at=said", data=form, headers={"Referer": page})
        assert (reply.status_code, reply.headers.get("Location")) == (303 if back else 200, back)
        assert "evil" not in reply.text


def test_a_page_says_only_what_is_on_the_list(small: Site) -> None:
    assert "谢谢，您的评价已经记下" in small.client.get(f"{ENTRY}?said=vote&at=said").text
    for query in ("said=<b>&at=said", "said=vote&at=<b>", "said=message&at=said-1"):
        page = small.client.get(f"{ENTRY}?{query}").text
        assert "谢谢" not in page
        assert "<b>" not in page
    assert "said=" not in small.client.get(f"{ENTRY}?said=vote&at=said").text


def test_the_way_back_from_a_card_of_an_article_ends_at_the_thanks(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "about": "积分审核要多久？"}
    [action] = re.findall(r'action="(/feedback/report[^"]+)"', small.client.get(ENTRY).text)
    back = small.client.post(action, data=form, headers={"Referer": f"http://localhost{ENTRY}"}).headers["Location"]
    address, _, place = back.partition("#")
    assert f'id="{place}">谢谢，编辑会核对这条信息</p>' in small.client.get(address).text


def test_a_comment_can_be_sent_without_a_vote(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "about": "积分审核要多久？", "comment": "没说从哪天算起"}
    assert small.client.post("/feedback/message", data=form).status_code == 200
    [note] = small.store.notes()
    assert (note.kind, note.entry, note.helpful, note.comment) == (Kind.message, ARTICLE, None, "没说从哪天算起")


def test_tokens_expire_and_cannot_be_forged() -> None:
    tokens = Tokens(b"one")
    assert tokens.read(tokens.new()) != tokens.read(tokens.new())
    with pytest.raises(BadToken) as forged:
        Tokens(b"two").read(tokens.new())
    assert not forged.value.expired
    with pytest.raises(BadToken) as old:
        Tokens(b"one", max_age=-1).read(tokens.new())
    assert old.value.expired


def test_the_secret_is_made_once_for_all_processes_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(kept_secret(tmp_path / "var"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    [kept] = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (tmp_path / "file").write_text("")
    assert len(kept_secret(tmp_path / "file" / "var")) == 32


def test_an_empty_file_is_no_secret_and_one_is_kept_in_it(tmp_path: Path) -> None:
    """As a full disk leaves it."""
    (tmp_path / "secret").touch()
    assert len({kept_secret(tmp_path) for _ in range(2)}) == 1
    assert len(kept_secret(tmp_path)) == 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


# The file


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    Store(path).add(Note(Kind.vote, ARTICLE, helpful=True), None, date.today())
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    yield
    holder.close()


@contextmanager
def _in_the_way(path: Path) -> Iterator[None]:
    path.mkdir(parents=True)
    yield


@contextmanager
def _no_folder(path: Path) -> Iterator[None]:
    path.parent.write_text("not a folder")
    yield


@contextmanager
def _corrupt(path: Path) -> Iterator[None]:
    path.parent.mkdir()
    path.write_bytes(b"\xff" * 8192)
    yield


@contextmanager
def _newer(path: Path) -> Iterator[None]:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    yield


@pytest.mark.parametrize("trouble", [_locked, _in_the_way, _no_folder, _corrupt, _newer])
def test_a_file_that_cannot_be_used_breaks_no_page_and_loses_nothing_silently(
    folder: Folder,
    open_folder: Callable[..., Service],
    site_path: Path,
    clock: list[float],
    trouble: Callable[[Path], AbstractContextManager[None]],
) -> None:
    service = open_folder(folder)
    with trouble(site_path):
        site = Site(service, site_path, clock)
        site.ask("积分审核要多久", "今天天气怎么样")
        site.take_up()
        assert site.client.get("/").status_code == 200
        reply = site.send("vote", ENTRY, entry=ARTICLE, helpful="no", comment="看不懂")
        assert reply.status_code == 503
        assert "没有存下来" in reply.text
        assert "看不懂" in reply.text
        problem = site.client.post("/api/v1/feedback", json={"entry": ARTICLE, "helpful": True})
        assert (problem.status_code, problem.content_type) == (503, "application/problem+json")
        assert "没有存下来" in problem.json["detail"]  # type: ignore[index]
        assert site.recorder.waiting == 2


def test_in_a_place_that_nobody_can_write_to_every_page_works_and_a_vote_says_so(
    folder: Folder, open_folder: Callable[..., Service], clock: list[float]
) -> None:
    site = Site(open_folder(folder), Path("/proc/wence/usage.sqlite3"), clock)
    site.ask("积分审核要多久")
    assert site.popular() == []
    assert site.send("vote", ENTRY, entry=ARTICLE, helpful="no").status_code == 503


def test_while_the_file_cannot_be_written_it_is_tried_in_its_time_and_not_with_every_search(
    folder: Folder,
    open_folder: Callable[..., Service],
    site_path: Path,
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "FLUSH_AT", 1)
    with _corrupt(site_path):
        site = Site(open_folder(folder), site_path, clock)
        site.ask("积分")
        assert site.recorder._wake.is_set()
        site.recorder._wake.clear()
        site.recorder.flush()
        site.ask("签注")
        assert not site.recorder._wake.is_set()
    site_path.unlink()
    site.recorder.flush()
    site.ask("续办")
    assert site.recorder._wake.is_set()


def test_what_is_not_written_for_any_reason_waits_on(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: Store, _searches: object) -> None:
        raise OverflowError

    small.ask("积分审核要多久")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "add_searches", failing)
        with pytest.raises(OverflowError):
            small.recorder.flush()
    assert small.recorder.waiting == 1
    small.recorder.flush()
    assert small.counts() == {"积分审核要多久": (1, 1)}


def test_what_was_asked_under_a_clock_that_ran_ahead_holds_up_no_session(small: Site, clock: list[float]) -> None:
    day = 24 * 3600.0
    clock[0] += 30 * day
    small.ask("积分审核要多久")
    small.take_up()
    clock[0] -= 30 * day
    small.ask("积分审核要多久")
    assert small.counts() == {"积分审核要多久": (2, 2)}


def test_a_clock_that_leaps_years_ahead_has_nothing_forgotten_that_day(site_path: Path) -> None:
    store, day = Store(site_path), 24 * 3600.0
    real = datetime(2026, 11, 20, 12).timestamp()
    store.add_searches([Search(real, "积分审核要多久", True)])
    store.add(Note(Kind.message, about="天气", comment="写了"), None, date.fromtimestamp(real))
    for at in (real + 1000 * day, real + 1000 * day + 60, real + day):
        store.add_searches([Search(at, "居住证", True)])
        store.add(Note(Kind.message, about="天气", comment="又写"), None, date.fromtimestamp(at))
    assert "积分审核要多久" in {asked.text for asked in store.asked(date.min)}
    assert "写了" in {note.comment for note in store.notes()}


def test_what_is_older_than_is_kept_goes_with_what_comes_in(site_path: Path) -> None:
    store, day = Store(site_path), 24 * 3600.0
    real = datetime(2026, 11, 20, 12).timestamp()
    for ago, text in ((401, "太旧"), (400, "留着"), (1, "昨天"), (0, "今天")):
        store.add_searches([Search(real - ago * day, text, True)])
        store.add(Note(Kind.message, comment=text), None, date.fromtimestamp(real - ago * day))
    assert {asked.text for asked in store.asked(date.min)} == {"留着", "昨天", "今天"}
    assert {note.comment for note in store.notes()} == {"留着", "昨天", "今天"}


def test_what_waited_is_written_once_the_file_is_free(
    folder: Folder, open_folder: Callable[..., Service], site_path: Path, clock: list[float]
) -> None:
    with _locked(site_path):
        site = Site(open_folder(folder), site_path, clock)
        site.ask("积分审核要多久")
        site.recorder.flush()
        assert site.recorder.waiting == 1
    assert site.counts() == {"积分审核要多久": (1, 1)}


def test_a_file_taken_away_while_the_site_runs_is_made_anew(small: Site, site_path: Path) -> None:
    small.ask("积分审核要多久")
    small.take_up()
    for path in site_path.parent.iterdir():
        path.unlink()
    assert small.send("vote", ENTRY, entry=ARTICLE, helpful="yes", comment="好").status_code == 200
    small.ask("积分材料清单")
    assert small.counts() == {"积分材料清单": (1, 1)}
    assert len(small.store.notes()) == 1


def test_nothing_is_written_for_those_who_only_read(small: Site, site_path: Path) -> None:
    assert small.client.get("/").status_code == 200
    small.take_up()
    assert not site_path.exists()


def test_several_processes_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "usage.sqlite3"
    code = (
        "import sys; from datetime import date; from pathlib import Path; from web.usage.counting import Search;"
        "from web.usage.store import *; store = Store(Path(sys.argv[1]))\n"
        "for n in range(10):\n"
        "    store.add_searches([Search(1.7e9 + n, '积分', True)])\n"
        "    store.add(Note(Kind.message, comment='x'), f'{sys.argv[2]}-{n}', date(2026, 11, 24))\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(path), str(number)]) for number in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert [each.asked for each in Store(path).asked(date.min)] == [30]
    assert len(Store(path).notes()) == 30


def test_questions_are_bounded_and_a_flood_pushes_out_its_like(
    site_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "MAX_QUESTIONS", 20)
    store = Store(site_path)
    store.add_searches([Search(NOON + n * SESSION_SECONDS, "积分", True) for n in range(3)])
    store.add_searches([Search(NOON + 9000 + n, f"第{n}号问题", False) for n in range(100)])
    kept = {each.text for each in store.asked(date.min)}
    assert len(kept) == 20
    assert {"积分", "第99号问题"} <= kept


def test_feedback_is_bounded(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MAX_FEEDBACK", dict.fromkeys(Kind, 2))
    for n in range(3):
        assert small.send("vote", ENTRY, entry=ARTICLE, helpful="no", comment=f"第 {n} 条").status_code == 200
    assert [note.comment for note in small.store.notes()] == ["第 2 条", "第 1 条"]
    replies = [small.send("message", "/search?q=天气", about="天气", comment="晴吗") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 503]


def test_searches_that_cannot_be_written_are_bounded_and_said(
    folder: Folder,
    open_folder: Callable[..., Service],
    site_path: Path,
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "MAX_WAITING", 2)
    with _corrupt(site_path):
        site = Site(open_folder(folder), site_path, clock)
        site.ask("积分", "签注", "续办")
        site.recorder.flush()
        assert (site.recorder.waiting, site.recorder.dropped) == (2, 1)
        assert "wence_searches_not_counted 1" in site.client.get("/metrics").text


def test_the_token_is_forgotten_when_it_has_expired(site_path: Path) -> None:
    store = Store(site_path)
    store.add(Note(Kind.vote, ARTICLE, helpful=True), "alpha", date(2026, 11, 1))
    store.add(Note(Kind.vote, ARTICLE, helpful=True), "beta", date(2026, 11, 24))
    with sqlite3.connect(site_path) as file:
        sessions = [session for (session,) in file.execute("SELECT session FROM feedback ORDER BY id")]
    assert sessions[0] is None
    assert len(sessions[1]) == 32
    assert b"beta" not in site_path.read_bytes()


# Nothing about anyone


@pytest.mark.parametrize(
    "text",
    [
        "我的手机13800138000打不通",
        "１３８ ００１３ ８０００",
        "138-0013-8000",
        "138\u200b0013\u200b8000",
        "一三八零零一三八零零零",
        "021-62345678",
        "(021) 6234 5678",
        "身份证310101199001011234能办吗",
        "31010119900101123X",
        "护照E12345678",
        "H1234567(01)",
        "居住证号 AB12-345C6",
        "卡号6222 0212 3456 7890 123",
        "车牌沪A12345",
        "沪AD12345",
        "写信到 li.lei@example.com",
        "138_0013_8000",
        "138__0013__8000",
        "138-----0013-----8000",
        "١٣٨٠٠١٣٨٠٠٠",
        "幺三八洞洞幺三八洞洞洞",
        "张三@example.com",
        "2018、2019、2020、13800138000",
        "user@例子.中国",
    ],
)
def test_personal_numbers_are_taken_out(text: str) -> None:
    kept = impersonal(text, 500)
    assert "〔" in kept
    assert not re.search(r"\d{4}|[零一二三四五六七八九]{4}|@", kept)


@pytest.mark.parametrize(
    "text",
    [
        "积分审核要多久",
        "满7年120分",
        "2018年到2023年",
        "2018、2019、2020年社保断了",
        "2018,2019年的个税",
        "2025-2026学年入学政策",
        "2018-01-01以后办的居住证",
        "打12345还是962222",
        "沪府规〔2022〕21号",
        "基数7310元,工资12000元",
    ],
)
def test_what_is_asked_about_stays(text: str) -> None:
    assert impersonal(text, 500) == text


_WORDS = st.text("积分审核我的电话号是办证吗 ,。", max_size=8)
_GAPS = st.sampled_from(["", " ", "-", " - ", "·", "\u200b", ".", "_", "-----"])


@given(_WORDS, st.lists(st.sampled_from("0123456789０５９"), min_size=7, max_size=20), _GAPS, _WORDS)
def test_no_seven_digits_survive_however_they_are_spaced(before: str, digits: list[str], gap: str, after: str) -> None:
    kept = impersonal(before + gap.join(digits) + after, 500)
    assert not re.search(r"\d", kept)


@given(st.from_regex(r"[A-Za-z]{1,2}[0-9]{7,9}[A-Za-z]?", fullmatch=True), _WORDS)
def test_no_permit_number_survives(number: str, words: str) -> None:
    assert not re.search(r"\d", impersonal(f"{words}{number}{words}", 500))


@given(st.text(max_size=200), st.integers(1, 200))
def test_any_text_can_be_cleaned_and_once_is_enough(text: str, limit: int) -> None:
    kept = impersonal(text, limit)
    assert len(kept) <= limit
    assert impersonal(kept, limit) == kept
    assert is_personal(text) == (impersonal(text, MAX_READ) != normalise(text))


def test_nothing_personal_reaches_the_file(small: Site, site_path: Path) -> None:
    small.ask("我的身份证310101199001011234可以办吗")
    small.send("message", "/search?q=天气", about="电话13800138000", comment="护照E12345678")
    small.recorder.flush()
    kept = b"".join(path.read_bytes() for path in site_path.parent.glob("usage.sqlite3*"))
    for number in (b"310101", b"13800138000", b"12345678"):
        assert number not in kept
    assert "〔号码〕".encode() in kept


def test_a_visitor_is_told_that_numbers_were_taken_out(small: Site) -> None:
    page, words = "/search?q=weather", "您写的号码或邮箱没有存下"
    for comment, told in (("身份证310101199001011234", True), ("给我 a@b.cn 回信", True), ("打12345没人接", False)):
        assert (words in small.send("message", page, about="天气", comment=comment).text) == told
        sent = {"session": small.token(page), "about": "天气", "comment": comment}
        reply = small.client.post(
            "/feedback/message?at=said", data=sent, headers={"Referer": f"http://localhost{page}"}
        )
        thanks = small.client.get(reply.headers["Location"]).text
        assert "谢谢，编辑会看到您的留言" in thanks
        assert (words in thanks) == told
    assert words not in small.client.get(f"{page}&without=numbers").text


@pytest.mark.parametrize("kind", ["report", "message"])
def test_other_words_from_a_page_that_a_browser_kept_are_not_lost(small: Site, kind: str) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "about": "积分审核要多久？"}
    for words in ("已经改成 15 天", "来源也打不开", "已经改成 15 天", "来源也打不开"):
        assert "谢谢" in small.client.post(f"/feedback/{kind}", data=form | {"comment": words}).text
    assert [note.comment for note in small.store.notes()] == ["已经改成 15 天\n来源也打不开"]


def test_the_vote_of_a_page_that_a_browser_kept_is_the_last_one(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE}
    for helpful, comment in (("yes", ""), ("no", ""), ("no", "看不懂"), ("no", ""), ("yes", "懂了"), ("yes", "懂了")):
        sent = form | {"helpful": helpful, "comment": comment}
        reply = small.client.post("/feedback/vote", data=sent, headers={"Referer": f"http://localhost{ENTRY}"})
        assert (reply.status_code, "said=vote" in reply.headers["Location"]) == (303, True)
    assert small.store.votes(date.min) == [Votes(ARTICLE, helpful=1, unhelpful=0)]
    assert [note.comment for note in small.store.notes()] == ["看不懂\n懂了"]


def test_one_page_brings_only_so_many_words_on_one_thing(small: Site) -> None:
    form = {"session": small.token(ENTRY), "entry": ARTICLE, "about": "积分审核要多久？"}
    replies = [small.client.post("/feedback/report", data=form | {"comment": f"第 {n} 处"}) for n in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [409]
    assert "这一次的还没有存下——请再按一次“发送”" in replies[5].text
    assert ">第 5 处</textarea>" in replies[5].text
    form["session"] = re.findall(r'name="session" value="([^"]+)"', replies[5].text)[0]
    assert small.client.post("/feedback/report", data=form | {"comment": "第 5 处"}).status_code == 200
    assert [note.comment for note in small.store.notes()] == ["第 5 处", "\n".join(f"第 {n} 处" for n in range(5))]


def test_one_page_brings_only_so_many_messages_and_calls_none_kept_that_is_not(small: Site) -> None:
    form = {"session": small.token("/search?q=今天天气怎么样"), "comment": "在吗"}
    replies = [small.client.post("/feedback/message", data=form | {"about": f"问题{number}"}) for number in range(8)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [409] * 3
    assert not any("已经存下" in reply.text for reply in replies[5:])
    assert len([note for note in small.store.notes() if note.kind == "message"]) == 5

"""What was worked out once is sent again: to whom it is the same, and for as long as it is true."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

import web.caching
from search.service import Service
from tests.conftest import Folder
from web.app import create_app
from web.replies import KeptReply, Replies
from web.usage.recorder import Recorder
from web.usage.store import Store

QUESTION = "/search?q=积分审核要多久"
ANSWER = "/api/v1/answer?q=积分审核要多久"
TOKEN = re.compile(r'name="session" value="([^"]+)"')


class Site:
    """The site over a small folder, and what it keeps."""

    def __init__(self, folder: Folder, service: Service, store: Store) -> None:
        self.folder, self.service = folder, service
        self.app = create_app(service, store)
        self.client = self.app.test_client(use_cookies=False)
        self.replies: Replies = self.app.extensions["wence-replies"]
        self.recorder: Recorder = self.app.extensions["wence-usage"]

    def looks(self, result: str) -> float:
        """How often a reply was in memory (`hit`) or was not (`miss`), as /metrics says."""
        found = re.search(rf'wence_cache_lookups_total{{result="{result}"}} (\S+)', self.client.get("/metrics").text)
        return float(found[1]) if found else 0.0

    def is_kept(self, path: str, **headers: str) -> bool:
        """Whether the reply to a request now comes out of memory."""
        before = self.looks("hit")
        self.client.get(path, headers=headers)
        return self.looks("hit") > before


@pytest.fixture
def small(folder: Folder, open_folder: Callable[..., Service]) -> Site:
    service = open_folder(folder)
    return Site(folder, service, Store(service.settings.index.parent / "usage.sqlite3"))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        QUESTION,
        f"{QUESTION}&as_of=2025-01-01",
        "/t/jifen",
        "/a/jifen/zhinan",
        "/a/jifen/zhinan.json",
        "/a/jifen/zhinan.md",
        "/zh-Hant/a/jifen/zhinan",
        "/api/v1/topics",
        "/api/v1/suggest?q=积分",
        "/feed.xml",
        "/sitemap.xml",
    ],
)
def test_a_reply_out_of_memory_is_the_reply_that_was_worked_out(small: Site, path: str) -> None:
    first, again = small.client.get(path), small.client.get(path)
    packed = small.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert small.looks("hit") == 2
    pages = [
        first.text,
        again.text,
        packed.text if not packed.content_encoding else gzip.decompress(packed.data).decode(),
    ]
    assert len({TOKEN.sub("", page) for page in pages}) == 1
    for name in ("Content-Type", "Vary", "Cache-Control", "Link", "X-Robots-Tag", "Content-Language", "ETag"):
        assert len({reply.headers.get(name) for reply in (first, again, packed)}) == 1
    assert set(first.headers.keys()) == set(again.headers.keys())


def test_every_visitor_gets_a_token_of_their_own_and_all_forms_of_a_page_the_same(small: Site) -> None:
    tokens = []
    for coding in ("identity", "identity", "gzip", "gzip"):
        reply = small.client.get(QUESTION, headers={"Accept-Encoding": coding})
        page = gzip.decompress(reply.data).decode() if reply.content_encoding == "gzip" else reply.text
        [token] = set(TOKEN.findall(page))
        tokens.append(token)
    assert len(set(tokens)) == 4
    for token in tokens:
        form = {"session": token, "entry": "articles/jifen/zhinan", "helpful": "yes"}
        assert "您的评价已经记下" in small.client.post("/feedback/vote", data=form).text


def test_a_page_shown_again_after_a_refusal_has_a_token_too(small: Site) -> None:
    reply = small.client.post("/feedback/message", data={"session": "x", "about": "积分", "comment": "请写"})
    [token] = TOKEN.findall(reply.text)
    assert small.app.extensions["wence-tokens"].read(token)


def test_an_answer_says_how_long_it_took_this_time(small: Site) -> None:
    times = {small.client.get(ANSWER).get_json()["took_ms"] for _ in range(4)}
    assert len(times) > 1
    assert all(isinstance(each, float) for each in times)


def test_a_question_that_looks_like_the_time_it_took_stays_what_was_asked(small: Site) -> None:
    text = '"took_ms":7 积分审核要多久'
    for _ in range(2):
        assert small.client.get("/api/v1/answer", query_string={"q": text}).get_json()["query"] == text


@pytest.mark.parametrize("path", [QUESTION, ANSWER])
def test_an_answer_out_of_memory_counts_as_a_question_asked(small: Site, path: str) -> None:
    for _ in range(3):
        small.client.get(path)
    small.client.get(path, headers={"If-None-Match": small.client.get(path).headers["ETag"]})
    assert small.looks("hit") == 4
    assert small.recorder.waiting == 5
    small.client.get(f"{path}&as_of=2026-01-01")
    small.client.get(f"{path}&as_of=2026-01-01")
    assert small.recorder.waiting == 5, "another look at an answer is no question asked"


def test_an_index_switch_drops_what_is_kept(small: Site) -> None:
    assert "20\u00a0个工作日" in small.client.get(QUESTION).text
    assert small.is_kept(QUESTION)
    tag = small.client.get(QUESTION).headers["ETag"]
    small.folder.change(small.folder.article, "answer: 20 个", "answer: 25 个")
    small.folder.change(small.folder.article, "promised: 20", "promised: 25")
    small.service.refresh()
    reply = small.client.get(QUESTION, headers={"If-None-Match": tag})
    assert (reply.status_code, "25 个工作日" in reply.text) == (200, True)
    assert len(small.replies) == 1


def test_what_was_worked_out_during_a_switch_is_not_kept(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = small.service.ask_and_search

    def switch_meanwhile(*asked: Any) -> object:
        found = ask(*asked)
        small.folder.change(small.folder.faq, "带居住证", "请带居住证")
        small.service.refresh()
        return found

    monkeypatch.setattr(small.service, "ask_and_search", switch_meanwhile)
    small.client.get(QUESTION)
    monkeypatch.undo()
    assert not small.is_kept(QUESTION)


def test_a_new_day_drops_what_is_kept(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> date:  # type: ignore[override]
            return date.today() + timedelta(days=1)

    tag = small.client.get(QUESTION).headers["ETag"]
    monkeypatch.setattr(web.caching, "date", Later)
    reply = small.client.get(QUESTION, headers={"If-None-Match": tag})
    assert reply.status_code == 200, "the token in a page of yesterday is too old"
    assert len(small.replies) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/zh-Hant{QUESTION}", {}),
        (f"{QUESTION}&as_of=2025-01-01", {}),
        (f"{QUESTION}&said=vote&at=said", {}),
        (f"{QUESTION}&page=2", {}),
        (f"{QUESTION}&from=elsewhere", {}),
        (QUESTION, {"Cookie": "view=elder"}),
        (QUESTION, {"Cookie": "theme=dark"}),
        (QUESTION, {"Cookie": "view=elder; size=30"}),
        (QUESTION, {"Host": "other.example"}),
        (QUESTION, {"X-Forwarded-Host": "other.example", "Host": "third.example:81"}),
    ],
)
def test_whoever_would_see_something_else_is_sent_something_else(
    small: Site, path: str, headers: dict[str, str]
) -> None:
    plain = small.client.get(QUESTION).text
    assert not small.is_kept(path, **headers)
    assert TOKEN.sub("", small.client.get(path, headers=headers).text) != TOKEN.sub("", plain)
    assert TOKEN.sub("", small.client.get(QUESTION).text) == TOKEN.sub("", plain)


def test_cookies_that_choose_nothing_and_api_calls_with_cookies_share_one_reply(small: Site) -> None:
    small.client.get(QUESTION, headers={"Cookie": "view=elder; other=1"})
    assert small.is_kept(QUESTION, Cookie="view=elder; other=2; theme=no")
    small.client.get(ANSWER)
    assert small.is_kept(ANSWER, Cookie="view=elder")


def test_what_visitors_found_helpful_shows_on_the_home_page_at_once(small: Site) -> None:
    small.client.get("/")
    assert small.is_kept("/")
    for _ in range(4):
        vote = {"entry": "faqs/jifen/cailiao", "helpful": True}
        assert small.client.post("/api/v1/feedback", json=vote).status_code == 201
    small.client.get(QUESTION)
    small.recorder.refresh()
    assert "推荐文章" in small.client.get("/").text
    assert small.is_kept(QUESTION), "an answer does not depend on the lists"


@pytest.mark.parametrize(
    "path", ["/search?q=积分&page=0", "/t/nope", "/api/v1/answer", "/settings", "/quality", "/metrics"]
)
def test_errors_and_pages_of_one_visitor_are_not_kept(small: Site, path: str) -> None:
    small.client.get(path)
    assert not small.is_kept(path)


def test_what_is_kept_is_bounded_by_number_and_bytes() -> None:
    replies, edition = Replies(entries=3, size=9_100), ("gen-1", date(2026, 1, 1))
    replies.get(edition, 0)
    for key in range(5):
        replies.put(edition, key, KeptReply((b"x",), (), (), "", "text/plain", None, False))
    assert (len(replies), replies.get(edition, 1), replies.get(edition, 2) is None) == (3, None, False)
    replies.put(edition, 9, KeptReply((b"x" * 5_000,), (), (), "", "text/plain", None, False))
    assert [replies.get(edition, key) is not None for key in (2, 3, 4, 9)] == [True, False, False, True]
    assert replies.size <= 9_100
    replies.put(("gen-0", date(2026, 1, 1)), 10, KeptReply((b"x",), (), (), "", "text/plain", None, False))
    assert replies.get(edition, 10) is None, "of an edition served no more"


def test_a_flood_of_long_addresses_fills_no_memory(small: Site) -> None:
    small.client.get(QUESTION)
    before = small.replies.size
    for number in range(3):
        assert small.client.get(f"{QUESTION}&x={'y' * 4000}{number}").status_code == 200
        assert small.client.get(QUESTION, headers={"Host": f"{'h' * 3000}{number}.example"}).status_code < 500
    assert small.replies.size == before


def test_many_threads_get_whole_replies_while_the_index_switches(small: Site) -> None:
    wrong: list[str] = []

    def ask() -> None:
        client = small.app.test_client()
        for number in range(25):
            reply = client.get(f"{QUESTION}&n={number % 5}", headers={"Accept-Encoding": "gzip"})
            page = gzip.decompress(reply.data).decode()
            if not page.rstrip().endswith("</html>") or len(set(TOKEN.findall(page))) != 1:
                wrong.append(page)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for number in range(2):
        small.folder.change(small.folder.faq, "带居住证", f"{'也' * (number + 1)}带居住证")
        small.service.refresh()
    for asker in askers:
        asker.join()
    assert wrong == []

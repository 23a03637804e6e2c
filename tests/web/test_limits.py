"""One address cannot take the site from the others, nor outvote them; and who is refused loses nothing."""

from __future__ import annotations

import json
import logging
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from search.service import Service
from tests.conftest import Folder
from tests.serving import served
from web import counters
from web.app import create_app
from web.counters import Counters
from web.limits import NONE, Limits, limits_from, network_of, plainly
from web.security import Guard, guard_from
from web.usage.store import Store

ENTRY = "articles/jifen/zhinan"
FEW = Limits(read="3/minute", search="3/minute", suggest="3/minute", feedback="6/minute", votes="2/day")


class Site:
    """A small site that is asked from several addresses."""

    def __init__(self, service: Service, path: Path, guard: Guard) -> None:
        self.store = Store(path)
        self.client: FlaskClient = create_app(service, self.store, b"a secret", guard=guard).test_client()

    def get(self, path: str, address: str = "192.0.2.1", **headers: str) -> TestResponse:
        return self.client.get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)

    def vote(self, entry: str = ENTRY, address: str = "192.0.2.1") -> TestResponse:
        """Vote by the API, as a script would."""
        sent = {"entry": entry, "helpful": False}
        return self.client.post("/api/v1/feedback", json=sent, environ_base={"REMOTE_ADDR": address})

    def send(self, kind: str, address: str = "192.0.2.1", **fields: str) -> TestResponse:
        """Send a form, as a person would, from a page just opened."""
        token = re.findall(r'name="session" value="([^"]+)"', self.get("/a/jifen/zhinan").text)[0]
        data = {"session": token} | fields
        return self.client.post(f"/feedback/{kind}", data=data, environ_base={"REMOTE_ADDR": address})


Open = Callable[[Guard], Site]


@pytest.fixture
def opened(folder: Folder, open_folder: Callable[..., Service], tmp_path: Path) -> Open:
    service = open_folder(folder)
    return lambda guard: Site(service, tmp_path / "var" / "usage.sqlite3", guard)


@pytest.fixture
def small(opened: Open) -> Site:
    return opened(Guard(limits=FEW))


def _codes(small: Site, path: str, times: int, address: str = "192.0.2.1") -> list[int]:
    return [small.get(path, address).status_code for _ in range(times)]


@pytest.mark.parametrize(
    "path", ["/api/v1/answer?q=积分", "/api/v1/suggest?q=积分", "/search?q=积分", "/api/v1/topics"]
)
def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_served(small: Site, path: str) -> None:
    assert _codes(small, path, 4) == [200, 200, 200, 429]
    reply = small.get(path)
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    assert re.search(r"请过 \d+ 秒再试", reply.get_data(as_text=True))
    assert reply.headers["Cache-Control"] == "no-store"
    assert _codes(small, path, 1, "192.0.2.2") == [200]


def test_nobody_is_told_to_wait_longer_than_the_window(opened: Open) -> None:
    small = opened(Guard(limits=replace(FEW, votes="1/day")))
    small.send("vote", entry=ENTRY, helpful="no")
    reply = small.send("vote", entry=ENTRY, helpful="no")
    assert 86_000 < int(reply.headers["Retry-After"]) <= 86_400
    assert "请过 24 小时再评" in reply.text


def test_the_api_refuses_with_problem_details(small: Site) -> None:
    _codes(small, "/api/v1/answer?q=积分", 3)
    reply = small.get("/api/v1/search?q=积分")
    assert (reply.status_code, reply.content_type) == (429, "application/problem+json")
    assert reply.json is not None
    assert (reply.json["status"], reply.json["title"]) == (429, "请求太多")


def test_the_question_stays_in_its_field(small: Site) -> None:
    _codes(small, "/search?q=积分", 3)
    for prefix in ("", "/zh-Hant"):
        page = small.get(f'{prefix}/search?q="<b>积分审核要多久').text
        assert "<b>" not in page
        [typed] = re.findall(r'<input id="q"[^>]* value="([^"]*)"', page)
        assert unescape(typed) == '"<b>积分审核要多久'


def test_pages_files_and_health_are_never_refused(small: Site) -> None:
    for path in (
        "/",
        "/a/jifen/zhinan",
        "/t/jifen",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/site.css",
        "/settings",
    ):
        for _ in range(8):
            with small.get(path) as reply:
                assert reply.status_code == 200


def test_lost_addresses_cost_no_search_once_there_were_too_many(small: Site) -> None:
    pages = [small.get("/q/jifen/cailiaa") for _ in range(5)]
    assert [page.status_code for page in pages] == [404] * 5
    assert ["您要找的可能是" in page.text for page in pages] == [True] * 3 + [False] * 2


def test_a_script_cannot_outvote_visitors_by_the_api_nor_by_forms(small: Site) -> None:
    codes = [small.vote().status_code for _ in range(2)]
    codes += [small.send("vote", entry=ENTRY, helpful="no").status_code for _ in range(2)]
    assert codes == [201, 201, 429, 429]
    assert small.vote("faqs/jifen/cailiao").status_code == 201
    assert small.vote(address="192.0.2.2").status_code == 201
    votes = {each.entry: each.unhelpful for each in small.store.votes(date.min)}
    assert votes == {ENTRY: 3, "faqs/jifen/cailiao": 1}


def test_who_may_vote_no_more_is_told_so_and_when_the_last_limit_ends(small: Site) -> None:
    pages = [small.send("vote", entry=ENTRY, helpful="no") for _ in range(8)]
    assert [page.status_code for page in pages] == [200] * 2 + [429] * 6
    for page in pages[2:]:
        assert "这次的评价没有记下" in page.text
        assert "<textarea" not in page.text
        assert "小时再评" in page.text
    refused = small.send("vote", entry=ENTRY, helpful="no", comment="太旧了")
    assert ("您写的话还在下面" in refused.text, ">太旧了</textarea>" in refused.text) == (True, True)


def test_reports_and_messages_cannot_fill_the_inbox(small: Site) -> None:
    codes = [small.send("message", about="天气", comment=f"第 {n} 条").status_code for n in range(8)]
    assert codes == [200] * 6 + [429] * 2
    assert len(small.store.notes()) == 6


def test_what_was_written_is_still_in_the_form_and_can_be_sent_later(small: Site) -> None:
    for _ in range(2):
        small.send("vote", entry=ENTRY, helpful="no")
    written = {"entry": ENTRY, "helpful": "no", "comment": "<b>第一行</b>\n第二行"}
    reply = small.send("vote", **written)
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 60
    assert "再按一次“发送”" in reply.text
    assert "&lt;b&gt;第一行&lt;/b&gt;\n第二行</textarea>" in reply.text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', reply.text.split('class="feedback"')[1]))
    again = fields | {"comment": written["comment"]}
    sent = small.client.post("/feedback/vote", data=again, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert "已经记下" in sent.text, sent.text
    assert small.store.notes()[0].comment == "<b>第一行</b> 第二行"


def test_a_made_up_forwarding_header_makes_nobody_else(small: Site) -> None:
    codes = [small.get("/api/v1/topics", **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(4)]
    assert codes == [200, 200, 200, 429]


def test_behind_a_proxy_that_is_named_visitors_are_told_apart_and_cannot_lie(opened: Open) -> None:
    small = opened(Guard(proxies=1, limits=FEW))

    def ask(forwarded: str) -> int:
        return small.get("/api/v1/topics", "127.0.0.1", **{"X-Forwarded-For": forwarded}).status_code

    assert [ask("198.51.100.1") for _ in range(4)] == [200, 200, 200, 429]
    assert ask("198.51.100.2") == 200
    # What stands before the proxy's own word was said by the visitor.
    assert ask("203.0.113.7, 198.51.100.1") == 429


def test_addresses_of_one_household_count_as_one(small: Site) -> None:
    codes = [small.get("/api/v1/topics", f"2001:db8:1:2::{n}").status_code for n in range(1, 5)]
    assert codes == [200, 200, 200, 429]
    assert small.get("/api/v1/topics", "2001:db8:1:3::1").status_code == 200
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("unix:") == network_of("") == ""


def test_no_address_is_kept_or_logged(small: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            small.get("/api/v1/topics", "203.0.113.77")
        small.vote(address="203.0.113.77")
    kept = small.client.application.extensions["wence-limits"].limiter.storage
    assert kept._kept
    assert "203.0.113.77" not in caplog.text + str(kept._kept)
    files = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"203.0.113.77" in path.read_bytes()]


def test_counters_end_with_their_window_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "MOST", 100)
    kept = Counters()
    assert [kept.incr("a", 60), kept.incr("a", 60), kept.get("a"), kept.get("b")] == [1, 2, 2, 0]
    kept.incr("over", -1)
    assert (kept.get("over"), kept.incr("over", 60)) == (0, 1)
    for number in range(1000):
        kept.incr(f"n{number}", 60)
    assert len(kept._kept) <= 100
    assert kept.get("n999") == 1
    kept.clear("n999")
    assert kept.get("n999") == 0
    assert kept.reset() > 0
    assert kept.check()


def test_a_clock_that_is_set_back_refuses_nobody_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Counters()
    kept.incr("a", 60)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    assert now - 86_400 < kept.get_expiry("a") <= now - 86_400 + 60
    kept.incr("over", -1)
    assert kept.get("over") == 0


def test_limits_are_settings_and_a_bad_one_is_explained() -> None:
    assert limits_from({}) == Limits()
    assert limits_from({"KB_LIMITS": "off"}) == NONE
    changed = limits_from({"KB_LIMIT_SEARCH": "5/second; 100/hour", "KB_LIMIT_VOTES": "off"})
    assert (changed.search, changed.votes, changed.read) == ("5/second;100/hour", "off", Limits().read)
    for settings in (
        {"KB_LIMIT_READ": "many"},
        {"KB_LIMITS": "on"},
        {"KB_TRUSTED_PROXIES": "yes"},
        {"KB_HOSTS": "a b"},
    ):
        with pytest.raises(ValueError, match=next(iter(settings))):
            guard_from(settings, "127.0.0.1", None)
    assert [plainly(seconds) for seconds in (5, 100, 7000)] == ["5 秒", "2 分钟", "2 小时"]


def test_the_real_server_limits_and_says_when_to_come_back(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_LIMITS", "")
    monkeypatch.setenv("KB_LIMIT_FEEDBACK", "2/hour")
    with served(folder.root, tmp_path / "index") as address:
        codes = [_post(f"{address}/api/v1/feedback", {"entry": ENTRY, "helpful": True}) for _ in range(3)]
    assert [code for code, _ in codes] == [201, 201, 429]
    assert 0 < int(codes[2][1]) <= 3601


def _post(url: str, body: dict[str, object]) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310  our own server
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return int(reply.status), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]

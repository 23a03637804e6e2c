"""What the log says, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from search.service import Service
from tests.conftest import ROOT, Folder
from tests.web.conftest import client_of
from web.limits import Limits
from web.logs import set_up
from web.security import Guard

GIVEN = "7f3c-visitor.Request_1"


@pytest.fixture
def root() -> Iterator[None]:
    """Leaves Python's logging as it was."""
    log = logging.getLogger()
    before, level = log.handlers[:], log.level
    options = {
        name: getattr(logging, name) for name in ("logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
    }
    yield
    log.handlers[:] = before
    log.setLevel(level)
    for name, value in options.items():
        setattr(logging, name, value)


@pytest.fixture
def app(folder: Folder, open_folder: Callable[..., Service]) -> Flask:
    app = client_of(open_folder(folder), guard=Guard(proxies=1)).application

    @app.get("/broken")
    @app.get("/api/broken")
    def broken() -> str:
        raise ValueError("居住证 13800138000\nforged line")

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def written(root: None) -> io.StringIO:  # noqa: ARG001
    stream = io.StringIO()
    set_up(stream, readable=False)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The events written; each line must be one."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_request_is_one_line_with_what_is_needed_and_no_more(client: FlaskClient, written: io.StringIO) -> None:
    reply = client.get(
        "/search?q=积分审核要多久",
        headers={
            "User-Agent": "Mozilla/secret",
            "Referer": "http://elsewhere.example/",
            "X-Forwarded-For": "203.0.113.9",
        },
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    [line] = lines(written)
    assert set(line) == {"time", "level", "event", "request_id", "endpoint", "status", "milliseconds"}
    assert (line["event"], line["endpoint"], line["status"], line["level"]) == ("request", "pages.search", 200, "info")
    assert line["request_id"] == reply.headers["X-Request-ID"]
    for word in ("积分", "%E7", "Mozilla", "elsewhere", "203.0.113"):
        assert word not in written.getvalue()


def test_what_a_visitor_sends_as_a_request_id_is_not_taken_over(
    folder: Folder, open_folder: Callable[..., Service], written: io.StringIO
) -> None:
    reply = client_of(open_folder(folder)).get("/healthz", headers={"X-Request-ID": "13812345678"})
    assert reply.headers["X-Request-ID"] != "13812345678"
    assert "13812345678" not in written.getvalue()


def test_a_well_formed_request_id_of_a_trusted_proxy_is_taken_over(client: FlaskClient, written: io.StringIO) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": GIVEN}).headers["X-Request-ID"] == GIVEN
    assert lines(written)[0]["request_id"] == GIVEN


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f g", "<script>alert(1)", "居住证居住证居住证", "line\tbreak"]
)
def test_any_other_is_made_anew(client: FlaskClient, written: io.StringIO, given: str) -> None:
    ids = {
        client.get("/healthz", headers={"X-Request-ID": given.encode().decode("latin-1")}).headers["X-Request-ID"]
        for _ in range(2)
    }
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
    assert given == "" or given not in written.getvalue()


def test_a_kept_reply_has_an_id_of_its_own(client: FlaskClient) -> None:
    ids = {client.get("/search?q=积分审核要多久").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


def test_who_is_refused_too_many_requests_is_not_told_apart_in_the_log(
    folder: Folder, open_folder: Callable[..., Service], written: io.StringIO
) -> None:
    client = client_of(open_folder(folder), guard=Guard(limits=Limits(read="1/minute")))
    replies = [client.get(f"/api/v1/search?q=积分{number}").status_code for number in range(2)]
    assert replies == [200, 429]
    assert [line["event"] for line in lines(written)] == ["request", "request"]


@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
def test_an_unexpected_error_is_logged_and_shown_by_its_number_and_says_nothing_of_what_was_asked(
    client: FlaskClient, written: io.StringIO, path: str
) -> None:
    reply = client.get(f"{path}?q=13800138000", headers={"X-Request-ID": GIVEN})
    assert reply.status_code == 500
    assert f"编号 {GIVEN}" in reply.text
    assert path.startswith("/api/") or 'value="13800138000" required' in reply.text, "the question is not lost"
    assert "Traceback" not in reply.text
    error, request = lines(written)
    assert (error["level"], error["error"], error["request_id"]) == ("error", "ValueError", GIVEN)
    assert any("test_http_logs.py" in place and place.endswith(" broken") for place in error["where"])
    assert (request["status"], request["request_id"]) == (500, GIVEN)
    assert "13800138000" not in written.getvalue()
    assert "居住证" not in written.getvalue()


def test_no_address_that_is_not_ours_gets_into_the_log(client: FlaskClient, written: io.StringIO) -> None:
    client.get("/nope/%0a%0dforged%1b[31m?q=secret")
    client.get("/teapot")
    assert [(line["endpoint"], line["status"]) for line in lines(written)] == [("none", 404), ("teapot", 418)]
    assert "forged" not in written.getvalue()


@pytest.mark.parametrize("readable", [True, False])
def test_nothing_breaks_a_line_or_commands_a_terminal(root: None, readable: bool) -> None:  # noqa: ARG001
    stream = io.StringIO()
    set_up(stream, readable)
    bad = '内容有错\r\n{"level":"info"}\x1b[2J\x9b1m\u2028\u202e终'
    logging.getLogger("wence").error("%s", bad)
    assert len(stream.getvalue().splitlines()) == 1
    assert not re.search("[\r\x1b\x9b\u2028\u202e]", stream.getvalue())
    assert "内容有错" in stream.getvalue()


def test_on_a_terminal_it_is_for_reading(root: None, client: FlaskClient) -> None:  # noqa: ARG001
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    set_up(stream)
    client.get("/healthz")
    assert "health.live" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
    assert "\x1b[" in stream.getvalue()
    client.get("/broken?q=13800138000", headers={"User-Agent": "Mozilla/secret"})
    assert "ValueError" in stream.getvalue()
    assert "13800138000" not in stream.getvalue()  # neither the message nor a local variable
    assert "Mozilla" not in stream.getvalue()


def test_processes_that_are_forked_give_out_ids_of_their_own() -> None:
    code = (
        "import os, random; from web.ids import new_id; new_id()\n"
        "def tell(): os.write(1, f'{new_id()}\\n'.encode())\n"
        "for _ in range(2):\n"
        "    if os.fork() == 0:\n"
        "        random.seed(1); tell(); os._exit(0)\n"
        "for _ in range(2): os.wait()\n"
        "tell()\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert len({*said.split()}) == 3

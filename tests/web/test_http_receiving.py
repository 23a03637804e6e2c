"""The real server, and clients that lie to it, send slowly or stop halfway."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.conftest import Folder
from tests.serving import served
from web.receiving import refusal
from web.security import policy

POST = b"POST /api/v1/feedback HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with eight threads."""
    root = tmp_path_factory.mktemp("served")
    with served(Folder(root / "content").root, root / "index") as url:
        yield url


def ask(site: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    line = HTTPConnection(urlsplit(site).netloc, timeout=10)
    try:
        line.request("GET", path, headers=headers)
        reply = line.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read().decode()
    finally:
        line.close()


def test_a_neighbour_on_this_machine_is_believed_no_more_than_others(site: str) -> None:
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
    status, headers, page = ask(site, "/", claims)
    assert status == 200
    assert "Strict-Transport-Security" not in headers
    assert "https://127.0.0.1" not in page
    for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO"):
        _, _, page = ask(site, "/", {name: "/evil"})
        assert "evil" not in page


def begin(site: str, request: bytes) -> socket.socket:
    """A connection with this sent."""
    host = urlsplit(site)
    line = socket.create_connection((str(host.hostname), host.port or 80), timeout=10)
    line.sendall(request)
    return line


def received(line: socket.socket) -> tuple[bytes, bytes]:
    """The head and the rest of what comes before the server closes the connection."""
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    head, _, rest = b"".join(parts).partition(b"\r\n\r\n")
    return head, rest


def reply(line: socket.socket) -> tuple[int, bytes]:
    """The status and the rest."""
    head, rest = received(line)
    return int(head.split()[1]), rest


HALVES = {
    "nothing": b"",
    "half a line": b"GET /rea",
    "half a head": b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n",
    "half a body": b"POST /api/v1/feedback HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{",
    "half a chunk": b"POST /api/v1/feedback HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n\r\n\r\n{",
    "a request and half of another": b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /rea",
    "one that never closes its end": b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("half", HALVES)
def test_who_stops_halfway_keeps_nobody_waiting(site: str, half: str) -> None:
    with ExitStack() as stack:
        for _ in range(24):
            line = stack.enter_context(begin(site, HALVES[half]))
            if HALVES[half].endswith(b"close\r\n\r\n"):
                line.recv(1)
        status, _, body = ask(site, "/readyz", {})  # within ten seconds, or it raises
    assert (status, '"ready"' in body) == (200, True)


def test_what_comes_in_pieces_is_answered_as_if_it_came_at_once(site: str) -> None:
    body = b'{"entry":"faqs/jifen/cailiao","helpful":true}'
    chunks = b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:]
    for request in (
        POST + b"content-length: %d\r\n\r\n" % len(body) + body,
        POST + chunks + b"\r\n0\r\n\r\n",
        POST + chunks + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
    ):
        with begin(site, b"") as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(request), 7):
                line.sendall(request[at : at + 7])
            status, _ = reply(line)
        assert status == 201


def test_who_asks_before_sending_a_body_is_told_to_go_on(site: str) -> None:
    with begin(site, POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n") as line:
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"{}")
        _, rest = reply(line)
        assert rest.startswith(b"HTTP/1.1 400 ")


def test_requests_sent_together_are_answered_in_turn_on_one_connection(site: str) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with begin(site, one * 2 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as line:
        _, rest = reply(line)
    assert rest.count(b"HTTP/1.1 200 OK") == 2
    assert rest.count(b'"broken_files"') == 3


@pytest.mark.parametrize("before", ["", "/zh-Hant"])
def test_a_question_typed_into_an_address_as_it_is_is_answered(site: str, before: str) -> None:
    asked = f"GET {before}/api/v1/answer?q=积分审核要多久 HTTP/1.1\r\nHost: localhost\r\n".encode()
    with begin(site, asked + b"\r\n" + asked + b"Connection: close\r\n\r\n") as line:
        status, rest = reply(line)
    assert status == 200
    assert rest.decode().count('"query":"积分审核要多久"') == 2


def test_an_address_in_another_encoding_is_told_the_right_one(site: str) -> None:
    asked = "GET /api/v1/answer?q=积分 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("gbk")
    with begin(site, asked) as line:
        head, body = received(line)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert "用 UTF-8 编码再发" in json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20_000, 431),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (
            POST + b"Content-Length: 99999\r\n\r\n" + b"x" * 70_000,
            413,
        ),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"NO HTTP\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Expect: a-wonder\r\nContent-Length: 0\r\n\r\n", 417),
    ],
)
def test_what_is_too_long_or_wrong_is_refused_without_waiting_for_its_end(
    site: str, request_: bytes, status: int
) -> None:
    with begin(site, request_) as line:
        head, body = received(line)
    assert int(head.split()[1]) == status
    assert all(f"{name}: {value}".encode() in head for name, value in policy(secure=False).items()), "as on every page"
    assert b"X-Request-ID: " in head
    assert re.search("[一-龥]", body.decode()), "and in Chinese"


def test_a_site_behind_https_says_so_when_it_refuses_too() -> None:
    for secure in (True, False):
        head, _, _ = refusal(HTTPStatus.BAD_REQUEST, "an-id", secure).partition(b"\r\n\r\n")
        assert (b"Strict-Transport-Security" in head) is secure


@pytest.mark.parametrize("asked", [b"POST /api/v1/feedback", b"GET /healthz", b"DELETE /nowhere"])
def test_a_request_whose_body_goes_wrong_gets_one_reply(site: str, asked: bytes) -> None:
    head = (
        asked + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with begin(site, head + b"5\r\n{}   \r\nzz\r\n") as line:
        status, rest = reply(line)
    assert status
    assert b"HTTP/1.1 " not in rest, "a second reply"

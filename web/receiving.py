"""Requests are given a thread when they are here in whole: who sends slowly, or stops halfway, keeps nobody waiting.

gunicorn's threads wait for the rest of a request for as long as its connection stays open, and its loop waits two seconds
for a client to close its end: eight half-sent requests, or one client that keeps its end open, stopped a site. Here the
loop, which waits for many connections at once, does both.
"""

from __future__ import annotations

import re
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from io import SEEK_END
from selectors import EVENT_READ
from typing import Any

from gunicorn.http import get_parser
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker
from structlog.contextvars import bound_contextvars

from web.ids import new_id
from web.logs import ID_HEADER
from web.security import has_https_address, policy

RECEIVE_SECONDS = 10.0
"""From its first byte (of a new connection: from when it was opened) until a request must be here in whole."""
SEND_SECONDS = 10.0
"""The longest that a client may take for a piece of a reply."""
LINGER_SECONDS = 2.0
"""How long a client may take to close its end after a last reply (RFC 9112, 9.6)."""
MAX_HEAD = 65_536
"""Bytes before the body."""
MAX_WAITED_FOR = 65_536
"""The longest body that is waited for, in bytes; the site refuses more than 64,000 without reading them."""
MAX_CHUNKS = 200
"""Chunks that are waited for."""
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_ASKS_FIRST = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-f]{1,8})(;[^\r\n]*)?\r\n", re.IGNORECASE)
_TARGET = re.compile(rb"\A([^ \r\n]+ )([^ \r\n]+)")
_BEYOND = re.compile(rb"[\x80-\xff]")
_LINE_END = b"\r\n"
_END = 2 * _LINE_END
_REFUSED = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}
"""What gunicorn finds wrong with a request, where it is more than a bad one. A transfer coding that is not known is none:
501, as RFC 9112 (6.1) would have it, looks like a fault of the site, and anybody can ask for it.
"""
_SAID = {
    HTTPStatus.BAD_REQUEST: "请求写得不对，没有处理——请从本站的网页重新打开",
    HTTPStatus.REQUEST_TIMEOUT: "请求没有按时传完，没有处理——请再试一次",
    HTTPStatus.REQUEST_URI_TOO_LONG: "网址太长，没有处理——把问题写短些再试",
    HTTPStatus.EXPECTATION_FAILED: "请求头 Expect 写的要求做不到，没有处理——去掉它再试",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "请求头太长，没有处理——在浏览器里清除本站的 Cookie 再试",
    HTTPStatus.INTERNAL_SERVER_ERROR: "网站出错了，没有处理完——请过一会儿再试",
}


class Got(Enum):
    """What has come of a request."""

    nothing = auto()
    head = auto()
    whole = auto()
    too_much = auto()


def got(data: bytes) -> Got:
    """How much of a request (RFC 9112) this is. What is wrong in itself is whole: it is refused as it is."""
    end = data.find(_END)
    if end < 0:
        return Got.too_much if len(data) > MAX_HEAD else Got.nothing
    head, body = data[: end + 2], end + len(_END)
    if _CHUNKED.search(head):
        whole = len(data) - body >= MAX_WAITED_FOR or _ends(data, body)
    else:
        # A body that is too long for the site is not waited for: it is refused at once.
        length = _LENGTH.search(head)
        whole = not length or int(length[1]) > MAX_WAITED_FOR or len(data) - body >= int(length[1])
    return Got.whole if whole else Got.head


def _ends(data: bytes, at: int) -> bool:
    """Whether the chunks that begin here end, or go wrong."""
    for _ in range(MAX_CHUNKS):
        size = _SIZE.match(data, at)
        if not size:
            return data.find(_LINE_END, at) >= 0
        if not int(size[1], 16):
            return data.find(_END, size.end() - 2) >= 0
        end = size.end() + int(size[1], 16)
        at = end + len(_LINE_END)
        if not _LINE_END.startswith(data[end:at]):
            return True
        if at > len(data):
            return False
    return True


class _Received(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """What the loop has received; no thread waits for more."""

    def add(self, data: bytes) -> bytes:
        """Add to it; gives all there is."""
        self.buf.seek(0, SEEK_END)
        self.buf.write(data)
        return bytes(self.buf.getvalue())

    def spell_out(self) -> None:
        """Write in the ASCII of an address (RFC 3986, 2.1) what the first line has beside it.

        `curl …?q=积分` sends such bytes, which gunicorn refuses. RFC 9112 (3.2) would have it told, not mended, lest what is
        crafted slip past a filter: here no byte is touched that parts requests, or that the path of any page is written in.
        """
        spelt = _TARGET.sub(
            lambda line: line[1] + _BEYOND.sub(lambda byte: b"%%%02X" % byte[0][0], line[2]), self.take_buffered()
        )
        self.buf.write(spelt)

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002
        raise NoMoreData


def refusal(status: HTTPStatus, ident: str, secure: bool) -> bytes:
    """A whole reply (RFC 9112) to what the application is not given, with the headers that all of the site's have.

    `ident` is the request's id, `secure` whether the site is reached by HTTPS.
    """
    body = f"{_SAID[status]}。\n".encode()
    headers = policy(secure) | {
        ID_HEADER: ident,
        "Connection": "close",
        "Cache-Control": "no-store",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
    }
    head = (f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items()))
    return "\r\n".join((*head, "", "")).encode("ascii") + body


class ReceivingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads for answers, none for waiting. Speaks HTTP/1.1 without TLS, as `web.server` sets it up."""

    def enqueue_req(self, conn: Any) -> None:
        """Called by the loop for a connection that is new, can be read, or holds the beginning of a next request."""
        if conn.parser is None:
            conn.parser = get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = _Received(conn.sock)
            conn.initialized = True
            _expect(conn)
        new = _read(conn)
        if conn.lingers:
            conn.drained += len(new or b"")
            self._wait(conn, not_for=new == b"" or conn.drained > MAX_WAITED_FOR)
            return
        data = conn.parser.unreader.add(new or b"")
        found = got(data)
        if found is Got.whole:
            conn.parser.unreader.spell_out()
            _expect(conn)
            super().enqueue_req(conn)
            return
        if found is Got.too_much:
            with suppress(OSError):
                conn.sock.send(self._refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
            self._linger(conn)
            return
        if found is Got.head and not conn.asked and _ASKS_FIRST.search(data, 0, data.find(_END) + 2):
            conn.asked = True
            with suppress(OSError):  # found closed when it is read next
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._wait(conn, not_for=new == b"")

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Called by the loop when a next request begins on a connection that was kept."""
        _expect(conn)
        super().on_client_socket_readable(conn, client)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Called in a thread."""
        conn.sock.settimeout(SEND_SECONDS)
        try:
            kept = bool(super().handle_request(req, conn))
        except TimeoutError as error:
            raise BrokenPipeError(32, "the client takes no reply") from error
        return kept and _ended(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        """Called in a thread when a request is none, or could not be answered; gunicorn's own reply repeats what was sent."""
        ours = isinstance(exc, (InvalidResponseHeader, InvalidResponseHeaderName)) or not isinstance(
            exc, ParseException
        )
        fallback = HTTPStatus.INTERNAL_SERVER_ERROR if ours else HTTPStatus.BAD_REQUEST
        with suppress(OSError):
            client.send(self._refusal(_REFUSED.get(type(exc), fallback), exc if ours else None))

    def _refusal(self, status: HTTPStatus, error: Exception | None = None) -> bytes:
        """The refusal of a request that the application did not see; its line in the log has the same id, and nothing of what was sent."""
        ident = new_id()
        with bound_contextvars(request_id=ident):
            if error:
                self.log.error("Error handling request", exc_info=error)
            else:
                self.log.warning("Invalid request: %d", status)
        return refusal(status, ident, has_https_address(self.wsgi))

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Called by the loop when a thread is done with a connection."""
        if not fs.cancelled() and not fs.exception() and fs.result():
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def murder_pending(self) -> None:
        """Called by the loop: connections that were waited for long enough are closed."""
        now = time.monotonic()
        for conn in [each for each in self.pending_conns if each.timeout <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            if conn.parser and not conn.lingers and conn.parser.unreader.add(b""):
                with suppress(OSError):
                    conn.sock.send(self._refusal(HTTPStatus.REQUEST_TIMEOUT))
            self._drop(conn)

    def _linger(self, conn: Any) -> None:
        """Say that nothing more is sent, and let the client close first: else it may lose the end of what was sent."""
        conn.lingers, conn.timeout = True, time.monotonic() + LINGER_SECONDS
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self._wait(conn)

    def _wait(self, conn: Any, not_for: bool = False) -> None:
        if not_for or conn.timeout <= time.monotonic():
            self._drop(conn)
            return
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _drop(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def _ended(conn: Any) -> bool:
    """Whether the rest of an answered request's body can be passed over; if not, no other request is looked for behind it."""
    try:
        return bool(conn.parser.finish_body())
    except (NoMoreData, ParseException):
        return False


def _expect(conn: Any) -> None:
    """A new request is to come on a connection."""
    conn.asked = conn.lingers = False
    conn.drained = 0
    conn.timeout = time.monotonic() + RECEIVE_SECONDS


def _read(conn: Any) -> bytes | None:
    """What has come; nothing when a connection is closed or broken, None when there is only nothing new."""
    conn.sock.setblocking(False)
    try:
        return bytes(conn.sock.recv(MAX_WAITED_FOR))
    except BlockingIOError:
        return None
    except OSError:
        return b""

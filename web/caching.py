"""Replies kept in memory, and conditional requests: what costs is done once for a question, a day and a script.

A reply is kept as the pieces between its gaps: a form token, or the milliseconds an answer took, go in anew each time,
so that no two visitors share a token. The key has all that a page shows of a request; an index switch drops everything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable
from datetime import date
from functools import wraps
from time import perf_counter
from typing import Any, cast

from flask import Flask, Request, Response, current_app, g, request
from flask.ctx import _AppCtxGlobals
from flask.typing import ResponseReturnValue

from web.context import metrics, service, tokens, usage
from web.logs import logged
from web.packing import gzipped, packed, quality
from web.preferences import chosen
from web.replies import Edition, KeptReply, Replies
from web.traditional import is_traditional

MAX_REPLY = 1_000_000
"""Bytes of a reply that is kept; a longer one is made each time."""
MAX_ADDRESS = 3_000
"""Characters of an address, host and question together, whose reply is kept; a question of 200 characters takes 1,800."""
MIN_PACKED = 500
"""Bytes from which a reply is compressed."""
_KEPT = frozenset(
    {
        "pages.home",
        "pages.search",
        "pages.topic",
        "pages.letters",
        "pages.questions",
        "pages.entry",
        "pages.updates",
        "api.answer",
        "api.search",
        "api.suggest",
        "api.topics",
        "api.entry",
        "api.openapi",
        "feeds.sitemap",
        "feeds.sitemap_part",
        "feeds.feed",
        "feeds.opensearch",
        "feeds.robots",
        "feeds.llms",
        "installing.manifest",
    }
)
"""Endpoints whose replies depend on nothing but what `_key` has; where there is no card, the order of the questions that
are offered instead may be that of lists of a while ago."""
_FOLLOWS_USE = frozenset({"pages.home", "api.suggest"})
"""Endpoints that show what the lists of use say."""
_HOST = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
"""What absolute addresses start with where no address of the site is set."""
_UNCONDITIONAL = frozenset({"health.live", "health.ready", "health.measured", "static"})
_OF_ONE_REQUEST = frozenset(
    {"content-type", "content-length", "content-encoding", "date", "etag", "set-cookie", "retry-after", "x-request-id"}
)
"""Headers, beside those of rate limits, that are not kept with a reply."""
_TOOK = re.compile(rb'(?<="took_ms":)[0-9.e+-]+')
"""The gap of an answer; inside a string of JSON the quotes would be escaped."""


class Site(Flask):
    """An application whose replies out of memory go out as they are: they went through everything when they were made."""

    def process_response(self, response: Response) -> Response:
        if isinstance(response, _Ready):
            _count()
            return logged(response)
        return super().process_response(response)


def keeping(app: Site) -> None:
    """Keep the replies of an application, and answer conditional requests.

    Register it before whatever else changes replies: it must see them last.
    """
    app.extensions["wence-replies"] = Replies()
    app.after_request(_finished)


def remembering(app: Flask) -> None:
    """Give what is kept instead of working it out anew. Register it after the views and before the limits.

    Who asks too often is refused a kept reply, too.
    """
    for endpoint in _KEPT:
        app.view_functions[endpoint] = _remembered(app.view_functions[endpoint])


def _remembered(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def reply(**values: str) -> ResponseReturnValue:
        return _kept_reply() or view(**values)

    return reply


def replies() -> Replies:
    """The replies that this application keeps."""
    return cast(Replies, current_app.extensions["wence-replies"])


def _edition() -> Edition:
    return service().generation, date.today()


def _key(asked: Request) -> Hashable:
    """All that a reply shows of its request: the address as it was spelt, script, choices, host; and the lists of use."""
    environ, endpoint, site = asked.environ, asked.endpoint or "", current_app.config["SITE_URL"]
    look = chosen() if "HTTP_COOKIE" in environ and endpoint.startswith("pages.") else None
    return (
        asked.path,
        asked.query_string,
        is_traditional(),
        (look.view, look.size, look.theme) if look else None,
        (site, asked.is_secure) if site else tuple(map(environ.get, _HOST)),
        usage().edition if endpoint in _FOLLOWS_USE else 0,
    )


def _kept_reply() -> Response | None:
    # The objects themselves: each use of their proxies looks them up anew.
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    own: _AppCtxGlobals = g._get_current_object()
    if asked.method not in ("GET", "HEAD"):
        return None
    edition, key = _edition(), _key(asked)
    found = replies().get(edition, key)
    metrics().looked_up(found is not None)
    if found is None:
        own.edition, own.key = edition, key
        return None
    if found.answer:
        own.answered = found.answer, found.counts
    if _known(found.etag):
        return Response(status=304, headers=[*found.headers, ("ETag", found.etag)], content_type=found.content_type)
    body, coding = _body(found.pieces, found.small, found.is_page)
    return _Ready(body, found, coding)


class _Ready(Response):
    """A reply out of memory: it was finished once, headers and all, and need not be looked through again."""

    def __init__(self, body: bytes, made: KeptReply, coding: str) -> None:
        super().__init__(body, content_type=made.content_type)
        self._made = made
        self.headers["ETag"] = made.etag
        if coding:
            self.headers["Content-Encoding"] = coding

    def get_wsgi_response(self, environ: Any) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        self.headers["Content-Length"] = str(self.calculate_content_length())
        return self.get_app_iter(environ), self.status, [*self.headers, *self._made.headers]


def _finished(response: Response) -> Response:
    """The last hand on every reply: gaps filled, marked, kept, not sent again to who has it; and the answer counted."""
    _count()
    if response.status_code == 304 or response.direct_passthrough or response.is_streamed:
        return response
    if not _is_text(response.mimetype or "") or request.endpoint == "static":
        return response
    pieces = _pieces(response)
    small = packed(pieces) if _is_long(pieces) and (_takes_gzip() or "key" in g) else ()
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.method in ("GET", "HEAD"):
        if request.endpoint not in _UNCONDITIONAL and "ETag" not in response.headers:
            response.headers["ETag"] = _etag(pieces)
        _keep(response, pieces, small)
        if _known(response.headers.get("ETag", "")):
            response.make_conditional(request)
            response.headers.pop("Date", None)  # the server sets it
    if response.status_code != 304 and (small or len(pieces) > 1):
        body, coding = _body(pieces, small, response.mimetype == "text/html")
        response.set_data(body)
        if coding:
            response.headers["Content-Encoding"] = coding
    return response


def _is_text(mimetype: str) -> bool:
    return mimetype.startswith("text/") or mimetype.endswith(("json", "xml"))


def _count() -> None:
    answer, counts = g.get("answered", (None, False))
    if answer:
        metrics().answered(answer)
        if counts:
            usage().searched(answer)


def _keep(response: Response, pieces: tuple[bytes, ...], small: tuple[bytes, ...]) -> None:
    """Keep a reply where its endpoint allows, unless what it was made from is served no more."""
    if "key" not in g or "Set-Cookie" in response.headers or g.edition != _edition():
        return
    if sum(map(len, pieces)) > MAX_REPLY or len(request.url) > MAX_ADDRESS:
        return
    headers = tuple((name, text) for name, text in response.headers if _is_kept(name.lower()))
    answer, counts = g.get("answered", (None, False))
    etag, content_type = response.headers["ETag"], response.headers["Content-Type"]
    reply = KeptReply(pieces, small, headers, etag, content_type, answer, counts)
    replies().put(g.edition, g.key, reply)


def _is_kept(header: str) -> bool:
    return header not in _OF_ONE_REQUEST and not header.startswith("x-ratelimit")


def _pieces(response: Response) -> tuple[bytes, ...]:
    body = response.get_data()
    if response.mimetype == "text/html":
        return tuple(body.split(tokens().place.encode()))
    return tuple(_TOOK.split(body)) if request.endpoint in ("api.answer", "api.search") else (body,)


def _gap(is_page: bool) -> bytes:
    """What goes into the gaps of this one reply."""
    if is_page:
        return tokens().new().encode()
    return f"{(perf_counter() - g.started) * 1000:.3f}".encode()


def _body(pieces: tuple[bytes, ...], small: tuple[bytes, ...], is_page: bool) -> tuple[bytes, str]:
    """The pieces with their gaps filled, and the content coding: none, or gzip made of the `small` ones."""
    gap = _gap(is_page) if len(pieces) > 1 else b""
    body = gap.join(pieces)
    return (gzipped(body, gap, small), "gzip") if small and _takes_gzip() else (body, "")


def _etag(pieces: Iterable[bytes]) -> str:
    """Weak (RFC 9110), for the gaps differ. It ends with the day: no page outlives the tokens in its forms for long."""
    digest = hashlib.sha256(b"\0".join(pieces)).hexdigest()[:20]
    return f'W/"{digest}-{date.today():%Y%m%d}"'


def _known(etag: str) -> bool:
    given = request.headers.get("If-None-Match")
    return bool(given) and request.if_none_match.contains_weak(etag.removeprefix("W/").strip('"'))


def _is_long(pieces: Iterable[bytes]) -> bool:
    return sum(map(len, pieces)) >= MIN_PACKED


def _takes_gzip() -> bool:
    return quality(request.headers.get("Accept-Encoding", ""), "gzip") > 0

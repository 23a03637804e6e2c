"""What stands between the outside and the views: hosts, proxies, limits, bounds of a request, headers of a response."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, current_app, request
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from web.api import problem
from web.limits import Limits, limited, limits_from
from web.logs import PROXIES
from web.parameters import BadParameter

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are always ours: whoever says them is on this machine, and health checks do."""
MAX_BODY_BYTES = 64_000
MAX_FORM_PARTS = 20
"""Parts of a multipart form; ours have eight fields at most."""
MAX_PROXIES = 5
_ANY = ("0.0.0.0", "::", "")  # noqa: S104  compared with, not bound to
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HTTPS_ONLY = "max-age=31536000; includeSubDomains"
"""As ASVS 5.0 asks for at level 2 (3.4.1)."""
_NOT_OURS = "这个请求写的网站名不是本站的，没有处理——请从本站公布的网址打开"
_NOT_OURS_FOR_EDITORS = "如果您管理这个网站：对外的网址写进 KB_SITE_URL，其他名字写进 KB_HOSTS，然后重新启动"


@dataclass(frozen=True)
class Guard:
    """How an application is guarded.

    `hosts` are accepted beside loopback and the site's own; `proxies` is how many stand in front and say the truth about
    who asks (X-Forwarded-For, X-Forwarded-Proto); without `limits` nothing is limited.
    """

    hosts: frozenset[str] = frozenset()
    proxies: int = 0
    limits: Limits | None = None


def guard_from(settings: Mapping[str, str], bound: str, site_url: str | None) -> Guard:
    """What the environment sets. `bound` is where the server listens. Raises ValueError, in Chinese."""
    proxies = settings.get("KB_TRUSTED_PROXIES", "") or "0"
    if not re.fullmatch(r"\d", proxies, re.ASCII) or int(proxies) > MAX_PROXIES:
        raise ValueError(f"KB_TRUSTED_PROXIES={proxies[:80]} 不能用——写网站前面有几层自己的代理：0 到 {MAX_PROXIES}")
    named = frozenset(_host(name) for name in settings.get("KB_HOSTS", "").split(",") if name.strip())
    own = frozenset() if site_url or named else own_names(bound)
    return Guard(named | own, int(proxies), limits_from(settings))


def own_names(bound: str) -> frozenset[str]:
    """The hosts by which a server that listens at `bound` can be reached, as far as this machine knows."""
    if bound not in _ANY:
        return frozenset({bound.lower()})
    name = socket.gethostname()
    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    except OSError:
        addresses = set()
    return frozenset({name.lower(), *addresses})


def _host(name: str) -> str:
    with suppress(ValueError):
        return str(ip_address(name.strip().strip("[]")))
    try:
        host = name.strip().lower().encode("idna").decode()
    except UnicodeError:
        host = ""
    if not re.fullmatch(r"[a-z0-9.-]+", host):
        raise ValueError(f"KB_HOSTS 里的 {name.strip()[:80]} 不能用——只写主机名，用逗号分开，如 例子.cn,www.例子.cn")
    return host


def guarded(app: Flask, guard: Guard) -> None:
    """Guard an application whose views are all registered and whose SITE_URL is set."""
    site = urlsplit(app.config["SITE_URL"]).hostname
    ours = frozenset({*LOOPBACK, *guard.hosts}) | ({site} if site else set())

    @app.before_request
    def _only_ours() -> None:
        # Flask's TRUSTED_HOSTS knows no addresses of version six (werkzeug.sansio.utils.host_is_trusted).
        if _named_host() not in ours:
            raise SecurityError

    @app.before_request
    def _only_readable() -> None:
        try:
            unquote_to_bytes(request.query_string).decode()
        except UnicodeDecodeError as error:
            raise BadParameter("address", "not_utf8", {}) from error

    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS
    app.config[PROXIES] = guard.proxies
    app.register_error_handler(SecurityError, _not_ours)
    for broken in (ParseException, NoMoreData):  # by the server, while a view reads a body that is not what it says
        app.register_error_handler(broken, lambda _: app.handle_http_exception(BadRequest()))
    app.after_request(add_headers)
    if guard.limits:
        limited(app, guard.limits)
    if guard.proxies:
        # The host is never taken from a proxy's header: a proxy passes Host itself.
        trusting = ProxyFix(app.wsgi_app, x_for=guard.proxies, x_proto=guard.proxies, x_host=0, x_port=0, x_prefix=0)
        app.wsgi_app = trusting  # type: ignore[method-assign]


def _named_host() -> str | None:
    """The host that a request names, without its port; None for what is no host ([::::], which werkzeug takes for one)."""
    with suppress(ValueError):
        return urlsplit(f"//{request.host}").hostname
    return None


def over_https() -> bool:
    """Whether visitors reach the site by HTTPS: this request came so, or the site's address says so."""
    return request.is_secure or has_https_address(current_app)


def has_https_address(app: Flask) -> bool:
    """Whether the site's address says that it is reached by HTTPS."""
    return str(app.config["SITE_URL"]).startswith("https:")


def policy(secure: bool) -> dict[str, str]:
    """The policy headers of every reply; of a site that is reached by HTTPS also that it is by nothing else."""
    return {**_HEADERS, "Strict-Transport-Security": _HTTPS_ONLY} if secure else _HEADERS


def add_headers(response: Response) -> Response:
    """Set the policy headers."""
    for name, value in policy(over_https()).items():
        response.headers.setdefault(name, value)
    if request.method == "POST" or response.status_code >= 400:
        # What was written stays out of every cache, and an error that someone provoked is not given to others.
        response.headers["Cache-Control"] = "no-store"
    elif response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private")  # a page has a token of its own in its forms
    return response


def _not_ours(_error: SecurityError) -> Response:
    """No page: whatever links to itself could name the host that was made up."""
    if request.path.startswith("/api/"):
        return problem(400, "网站名不对", f"{_NOT_OURS}；{_NOT_OURS_FOR_EDITORS}")
    text = f"{_NOT_OURS}。\n{_NOT_OURS_FOR_EDITORS}。\n"
    return Response(text, 400, content_type="text/plain; charset=utf-8")

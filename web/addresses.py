"""Addresses: that of the site, those of its pages, and whether a request came from one of them."""

from __future__ import annotations

import re
from string import punctuation
from urllib.parse import quote, urlencode, urlsplit

from flask import current_app, request
from werkzeug.datastructures import MultiDict

PASSING = ("said", "at", "without")
"""The parameters of what a page says just now (`web.said`): no link takes them along."""


def site_address(text: str) -> str:
    """The address that all absolute links start with, without a slash at its end.

    Raises ValueError, in Chinese, for anything but http:// or https:// with a host and perhaps a port.
    """
    remedy = "写成 https://例子.cn 这样，只有协议和主机，可带端口；不带路径、参数、用户名"
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise ValueError(f"网站地址 {text[:80]} 不是网址——{remedy}") from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.:-]+", host) or extra:
        raise ValueError(f"网站地址 {text[:80]} 不能用——{remedy}")
    return f"{parts.scheme}://{host_and_port(host, port or None)}"


def host_and_port(host: str, port: int | None) -> str:
    """Both as addresses have them: an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return named if port is None else f"{named}:{port}"


def site_base() -> str:
    """The site's address: the setting (KB_SITE_URL), or where this request was sent to."""
    return str(current_app.config["SITE_URL"] or request.url_root.rstrip("/"))


def absolute(path: str) -> str:
    """The absolute address of a path of this site, for canonical links and feeds."""
    return site_base() + path


def query() -> str:
    """The query of this request as it was spelt, in the ASCII of an address (RFC 3986, 2.1), whatever bytes were sent."""
    return quote(request.query_string, safe=punctuation)


def address(**changes: object) -> str:
    """This page's address with some parameters changed; None takes one out. What the page says just now goes with it."""
    values: MultiDict[str, str] = MultiDict(request.args)
    for name, value in (dict.fromkeys(PASSING) | changes).items():
        values.poplist(name)
        if value is not None:
            values[name] = str(value)
    return f"{request.path}?{urlencode(values)}"


def sent_from_here() -> bool:
    """Whether a request was sent from a page of this site, or by no page at all, as far as the browser says.

    Browsers say it by Sec-Fetch-Site (Fetch Metadata); those before 2023 by Origin (RFC 6454), which programs leave out.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    scheme, _, host = request.headers.get("Origin", f"http://{request.host}").partition("://")
    return scheme in ("http", "https") and host in own_hosts()


def own_hosts() -> frozenset[str]:
    """The hosts, with their ports, of which this site's pages are: the one that was asked, and that of the site's address."""
    return frozenset(filter(None, (request.host, urlsplit(str(current_app.config["SITE_URL"])).netloc)))

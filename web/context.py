"""What views reach through the application: the service, what records its use, the tokens of its forms."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit

from flask import current_app, g, request

from search.model import Answer
from search.service import Service
from web.metrics import Metrics
from web.preview import Previews
from web.usage.recorder import Recorder
from web.usage.tokens import Tokens


def service() -> Service:
    """The service of this application."""
    return cast(Service, current_app.extensions["wence"])


def usage() -> Recorder:
    """What records the use of this application."""
    return cast(Recorder, current_app.extensions["wence-usage"])


def tokens() -> Tokens:
    """What makes and reads the tokens of this application's forms."""
    return cast(Tokens, current_app.extensions["wence-tokens"])


def form_token() -> str:
    """The place of the token in the forms of the page being rendered; `web.caching` puts the token there."""
    return tokens().place


def metrics() -> Metrics:
    """What measures this application."""
    return cast(Metrics, current_app.extensions["wence-metrics"])


def answered(answer: Answer, counts: bool) -> Answer:
    """Note what the request under way was answered; `counts` as a question asked. Each reply is counted, a kept one too."""
    g.answered = answer.model_copy(update={"results": (), "related": ()}), counts
    return answer


def previews() -> Previews:
    """Where this application draws and keeps preview images."""
    return cast(Previews, current_app.extensions["wence-previews"])


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

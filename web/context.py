"""What views reach through the application: the service and the place where feedback goes."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from flask import current_app, request

from search.service import Service
from web.preview import Previews
from web.schemas import Feedback

MAX_FEEDBACK_BYTES = 20_000_000
"""When the feedback file has grown to this, further votes are refused rather than filling the disk."""


class FeedbackSink(Protocol):
    """Takes votes."""

    def take(self, feedback: Feedback) -> None:
        """Keep one vote. Raises OSError when it cannot be kept."""
        ...


class FeedbackFile:
    """Votes as JSON lines in one file; no address, no cookie, nothing that names a person."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def take(self, feedback: Feedback) -> None:
        line = json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%d}", **feedback.model_dump()}, ensure_ascii=False)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > MAX_FEEDBACK_BYTES:
                raise OSError("意见文件已满")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def service() -> Service:
    """The service of this application."""
    return cast(Service, current_app.extensions["wence"])


def feedback_sink() -> FeedbackSink:
    """Where this application keeps feedback."""
    return cast(FeedbackSink, current_app.extensions["wence-feedback"])


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
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def site_base() -> str:
    """The site's address: the setting (KB_SITE_URL), or where this request was sent to."""
    return str(current_app.config["SITE_URL"] or request.url_root.rstrip("/"))


def absolute(path: str) -> str:
    """The absolute address of a path of this site, for canonical links and feeds."""
    return site_base() + path

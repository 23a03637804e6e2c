"""The composition root of the site."""

from __future__ import annotations

import hashlib
from datetime import date
from importlib.metadata import version
from pathlib import Path

from flask import Flask, Response, current_app, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from kb.model import Entry
from search.service import Service
from web.api import api, problem
from web.context import form_token
from web.feedback import forms
from web.feeds import feeds
from web.health import health
from web.pages import address, pages
from web.security import add_headers
from web.usage.recorder import Recorder
from web.usage.store import Store
from web.usage.tokens import Tokens, kept_secret

MAX_BODY_BYTES = 64_000
_WORDS = {
    400: "这个请求看不懂",
    403: "这个请求不是从本站的网页发来的",
    404: "没有这个页面",
    405: "这个地址不能这样用",
    413: "发送的内容太大",
    415: "格式不对",
    500: "网站出了点问题，请稍后再试",
}


def create_app(service: Service, store: Store | None = None, secret: bytes | None = None) -> Flask:
    """Wire the site: the service answers, views render.

    `store` keeps the use of the site, by default beside the index; `secret` signs forms, by default kept beside the store.
    """
    app = Flask(__name__)
    app.config["VERSION"] = version("wence")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["wence"] = service
    store = store or Store(service.settings.index.parent / "usage.sqlite3")
    app.extensions["wence-usage"] = Recorder(store, service)
    app.extensions["wence-tokens"] = Tokens(secret or kept_secret(store.path.parent))
    for blueprint in (pages, forms, api, feeds, health):
        app.register_blueprint(blueprint)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    hashes: dict[str, str] = {}

    def asset(name: str) -> str:
        if name not in hashes:
            content = (Path(app.static_folder or "") / name).read_bytes()
            hashes[name] = hashlib.sha256(content).hexdigest()[:12]
        return url_for("static", filename=name, v=hashes[name])

    def status_today(entry: Entry) -> object:
        return entry.status_on(date.today())

    @app.context_processor
    def _shared() -> dict[str, object]:
        library = service.library
        return {
            "site": library.site,
            "topics": library.topics,
            "topic_of": library.topic_of,
            "by_topic": library.by_topic,
            "entries": library.entries,
            "asset": asset,
            "address": address,
            "status_today": status_today,
            "form_token": form_token,
        }

    return app


def _http_error(error: HTTPException) -> Response | tuple[str, int]:
    code = error.code or 500
    words = _WORDS.get(code, "请求没有成功")
    if request.path.startswith("/api/"):
        return problem(code, words, f"{words}——核对地址、方法和参数，说明见 /api/openapi.json")
    return render_template("error.html", title=words, message=""), code


def _unexpected(error: Exception) -> Response | tuple[str, int]:
    current_app.logger.error("unexpected error on %s", request.endpoint, exc_info=error)
    if request.path.startswith("/api/"):
        return problem(500, _WORDS[500], "请稍后再试；一直这样，请告诉我们您问的是什么")
    return render_template("error.html", title=_WORDS[500], message=""), 500

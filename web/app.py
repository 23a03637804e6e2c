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
from web.context import FeedbackFile, FeedbackSink, absolute, site_address
from web.feeds import feeds
from web.health import health
from web.installing import installing
from web.pages import address, pages
from web.preview import Previews
from web.security import add_headers

MAX_BODY_BYTES = 64_000
_WORDS = {
    400: "这个请求看不懂",
    404: "没有这个页面",
    405: "这个地址不能这样用",
    413: "发送的内容太大",
    415: "格式不对",
    500: "网站出了点问题，请稍后再试",
}


def create_app(service: Service, feedback: FeedbackSink | None = None, site_url: str | None = None) -> Flask:
    """Wire the site: the service answers, views render. `feedback` defaults to a file beside the index.

    `site_url` is what absolute addresses start with; without it, they start with what a request names as its host.
    Raises ValueError, in Chinese, for a `site_url` that cannot be used.
    """
    app = Flask(__name__)
    app.config["VERSION"] = version("wence")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["SITE_URL"] = site_address(site_url) if site_url else ""
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["wence"] = service
    app.extensions["wence-feedback"] = feedback or FeedbackFile(service.settings.index.parent / "feedback.jsonl")
    app.extensions["wence-previews"] = Previews(service.settings.index.parent / "previews")
    for blueprint in (pages, api, feeds, installing, health):
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
            "absolute": absolute,
            "asset": asset,
            "address": address,
            "status_today": status_today,
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

"""The composition root of the site."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from kb.model import Entry
from search.engines import EngineUnavailable
from search.service import Service
from web.anchors import fact_address
from web.api import api, problem
from web.assets import named_by_content
from web.caching import Site, keeping, remembering
from web.context import absolute, form_token, site_address
from web.context import service as current_service
from web.feedback import forms
from web.feeds import feeds
from web.health import health
from web.history import span
from web.installing import installing
from web.limits import may_search
from web.logs import request_id, watching
from web.lost import plain_address, wanted
from web.metrics import Metrics
from web.next_steps import next_steps
from web.pages import address, pages
from web.parameters import BadParameter
from web.preferences import preferences
from web.preview import Previews
from web.said import PARAMETERS, said
from web.security import Guard, guarded
from web.styleguide import styleguide
from web.traditional import TakesPrefixOff, convert_response, is_traditional, scripts
from web.usage.recorder import Recorder
from web.usage.store import Store
from web.usage.tokens import Tokens, kept_secret
from web.wording import example_question, first_sentence, repeats, unbroken

_WORDS = {
    400: "这个请求看不懂",
    403: "这个请求不是从本站的网页发来的",
    404: "没有这个页面",
    405: "这个地址不能这样用",
    413: "发送的内容太大",
    415: "格式不对",
    500: "网站出了点问题，请稍后再试",
    503: "搜索正在恢复",
}
RETRY_SECONDS = 10
"""When someone whose question cannot be searched for just now may ask again."""


def create_app(
    service: Service,
    store: Store,
    secret: bytes | None = None,
    site_url: str | None = None,
    guard: Guard = Guard(),  # noqa: B008  frozen
) -> Flask:
    """Wire the site: the service answers, views render.

    `store` keeps the use of the site; `secret` signs forms, by default kept beside the store.
    `site_url` is what absolute addresses start with; without it, they start with what a request names as its host, which
    is this machine or one of the `guard`'s. A guard without limits, as the default one, limits nobody.
    Raises ValueError, in Chinese, for a `site_url` that cannot be used.
    """
    app = Site(__name__)
    app.url_map.merge_slashes = (
        False  # its redirects are absolute: to http behind a proxy, and out of traditional characters
    )
    app.extensions["wence-metrics"] = Metrics()
    watching(app)  # first, so that it sees each response last
    keeping(app)
    app.config["VERSION"] = version("wence")
    app.config["SITE_URL"] = site_address(site_url) if site_url else ""
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["wence"] = service
    app.extensions["wence-usage"] = Recorder(store, service)
    app.extensions["wence-tokens"] = Tokens(secret or kept_secret(store.path.parent))
    app.extensions["wence-previews"] = Previews(service.settings.index.parent / "previews")
    for blueprint in (pages, forms, preferences, styleguide, api, feeds, installing, health):
        app.register_blueprint(blueprint)
    remembering(app)
    guarded(app, guard)
    app.after_request(convert_response)
    app.wsgi_app = TakesPrefixOff(app.wsgi_app)  # type: ignore[method-assign]
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(BadParameter, _bad_parameter)
    app.register_error_handler(EngineUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)
    for each in (first_sentence, repeats, unbroken):
        app.jinja_env.filters[each.__name__] = each
    named_by_content(app)

    def status_today(entry: Entry) -> object:
        return entry.status_on(date.today())

    @app.context_processor
    def _shared() -> dict[str, object]:
        library = service.library
        return {
            "site": library.site,
            "example": example_question(library.site),
            "topics": library.topics,
            "topic_of": library.topic_of,
            "by_topic": library.by_topic,
            "entries": library.entries,
            "absolute": absolute,
            "address": address,
            "span": span,
            "today": date.today(),
            "status_today": status_today,
            "fact_address": lambda card: fact_address(card, service, date.today()),
            "next_steps": lambda card, as_of: next_steps(card, library, as_of),
            "is_traditional": is_traditional,
            "scripts": lambda: scripts(PARAMETERS),
            "said": said,
            "form_token": form_token,
        }

    return app


def _http_error(
    error: HTTPException,
) -> WerkzeugResponse | tuple[Response | str, int, list[tuple[str, str]]]:
    code = error.code or 500
    words = _WORDS.get(code, "请求没有成功")
    headers = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    if request.path.startswith("/api/"):
        return problem(code, words, f"{words}——核对地址、方法和参数，说明见 /api/openapi.json"), code, headers
    lost = code == 404 and request.method in ("GET", "HEAD") and request.endpoint != "static"
    plain = plain_address(request.path, _fixed(), current_service().library) if lost else None
    if plain:
        query = request.query_string.decode("ascii", "replace")
        return redirect(f"{plain}?{query}" if query else plain, 308)
    found = wanted(request.path, current_service(), may_search) if lost else None
    return render_template("error.html", title=words, message="", wanted=found), code, headers


def _fixed() -> set[str]:
    """The addresses of pages and files that are there whatever the content is."""
    rules = current_app.url_map.iter_rules()
    return {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments}


def _bad_parameter(error: BadParameter) -> tuple[str, int]:
    """For pages; the API says it in its own form."""
    return render_template("error.html", title=_WORDS[400], message=error.plain), 400


def _unavailable(_error: EngineUnavailable) -> Response:
    """The content is here, only searching is not; whoever runs the site sees why at /readyz and in the log."""
    if request.path.startswith("/api/"):
        reply = problem(
            503, _WORDS[503], "现在不能搜索，很快会恢复——过一会儿再试；/api/v1/entries 和 /api/v1/topics 照常"
        )
    else:
        message = "现在不能搜索，很快会恢复，请过一会儿再试。下面各个主题里的内容照常可以看，急事请找下面的联系方式。"
        asked = {"q": request.args.get("q", "")[:500]}
        reply = make_response(render_template("error.html", title=_WORDS[503], message=message, asked=asked), 503)
    reply.headers["Retry-After"] = str(RETRY_SECONDS)
    return reply


def _unexpected(error: Exception) -> Response | tuple[str, int]:
    current_app.logger.error("unexpected error on %s", request.endpoint, exc_info=error)
    if request.path.startswith("/api/"):
        return problem(500, _WORDS[500], f"请稍后再试；一直这样，请告诉我们编号 {request_id()}")
    message = f"编号 {request_id()}：请稍后再试；一直这样，请把编号告诉我们。"
    return render_template("error.html", title=_WORDS[500], message=message), 500

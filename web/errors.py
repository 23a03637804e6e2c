"""Pages and problem details for what goes wrong. The question that was asked stays in its field."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, current_app, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from search.engines import EngineUnavailable
from search.text import MAX_QUERY
from web.addresses import query
from web.api import problem
from web.context import service
from web.limits import may_search, plainly, wait
from web.logs import request_id
from web.lost import plain_address, wanted
from web.parameters import BadParameter
from web.traditional import PREFIX, is_traditional

RETRY_SECONDS = 10
"""When someone whose question cannot be searched for just now may ask again."""
_WORDS = {
    400: "这个请求看不懂",
    403: "这个请求不是从本站的网页发来的",
    404: "没有这个页面",
    405: "这个地址不能这样用",
    413: "发送的内容太大",
    415: "格式不对",
    429: "请求太多",
    500: "网站出了点问题，请稍后再试",
    503: "搜索正在恢复",
}
Said = tuple[str, int, list[tuple[str, str]]]
"""A page, its status, and headers."""


def handling(app: Flask) -> None:
    """Let an application say in plain Chinese what goes wrong; the API says it as problem details."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(BadParameter, _bad_parameter)
    app.register_error_handler(RateLimitExceeded, _too_often)
    app.register_error_handler(EngineUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _title(status: int) -> str:
    return _WORDS.get(status, "请求没有成功")


def _page(status: int, message: str = "", **more: object) -> str:
    asked = {"q": request.args.get("q", "")[:MAX_QUERY]}
    return render_template("error.html", title=_title(status), message=message, asked=asked, **more)


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _http_error(error: HTTPException) -> WerkzeugResponse | Said | tuple[Response, int, list[tuple[str, str]]]:
    code = error.code or 500
    words = _title(code)
    headers = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    if _is_api():
        return problem(code, words, f"{words}——核对地址、方法和参数，说明见 /api/openapi.json"), code, headers
    lost = code == 404 and request.method in ("GET", "HEAD") and request.endpoint != "static"
    plain = _of_prefix(request.path) or plain_address(request.path, _fixed(), service().library) if lost else None
    if plain:
        return redirect(f"{plain}?{query()}" if request.query_string else plain, 308)
    found = wanted(request.path, service(), may_search) if lost else None
    return _page(code, wanted=found), code, headers


def _of_prefix(path: str) -> str | None:
    """The address that `path` misses by the capitals of the prefix of traditional characters; None without one."""
    begins, rest = path[: len(PREFIX)], path[len(PREFIX) :]
    missed = begins != PREFIX and begins.lower() == PREFIX.lower() and rest[:1] in ("", "/")
    return PREFIX + quote(rest) if missed and not is_traditional() else None


def _fixed() -> set[str]:
    """The addresses of pages and files that are there whatever the content is."""
    rules = current_app.url_map.iter_rules()
    return {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments}


def _bad_parameter(error: BadParameter) -> tuple[str, int]:
    """For pages; the API says it in its own form."""
    return _page(400, error.plain), 400


def _too_often(_error: RateLimitExceeded) -> Response | Said:
    seconds = wait()
    words = f"从您这个网络来的请求太多——请过 {plainly(seconds)}再试"
    if _is_api():
        return _again(problem(429, _title(429), words), seconds)
    return _page(429, f"{words}。"), 429, [("Retry-After", str(seconds))]


def _unavailable(_error: EngineUnavailable) -> Response | Said:
    """The content is here, only searching is not; whoever runs the site sees why at /readyz and in the log."""
    if _is_api():
        words = "现在不能搜索，很快会恢复——过一会儿再试；/api/v1/entries 和 /api/v1/topics 照常"
        return _again(problem(503, _title(503), words), RETRY_SECONDS)
    message = "现在不能搜索，很快会恢复，请过一会儿再试。下面各个主题里的内容照常可以看，急事请找下面的联系方式。"
    return _page(503, message), 503, [("Retry-After", str(RETRY_SECONDS))]


def _again(reply: Response, seconds: int) -> Response:
    reply.headers["Retry-After"] = str(seconds)
    return reply


def _unexpected(error: Exception) -> Response | tuple[str, int]:
    current_app.logger.error("unexpected error on %s", request.endpoint, exc_info=error)
    if _is_api():
        return problem(500, _title(500), f"请稍后再试；一直这样，请告诉我们编号 {request_id()}")
    return _page(500, f"编号 {request_id()}：请稍后再试；一直这样，请把编号告诉我们。"), 500

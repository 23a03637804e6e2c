"""The JSON API under /api/v1 and its OpenAPI document."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel

from kb.model import Entry
from search.cards import make_card
from search.model import CardSource, EffectiveSpan, Link, SearchPage
from web.addresses import sent_from_here
from web.context import answered, metrics, service, usage
from web.openapi import document
from web.parameters import BadParameter, parse
from web.schemas import (
    AnswerQuery,
    EntryBody,
    Feedback,
    FeedbackTaken,
    ProblemDetails,
    SearchQuery,
    Suggestions,
    SuggestQuery,
    TopicItem,
    Topics,
    json_ready,
)
from web.traditional import is_traditional, to_traditional
from web.usage.store import AGAIN_SECONDS, Kind, Note
from web.usage.tables import UsageError

api = Blueprint("api", __name__)
Q = TypeVar("Q", bound=AnswerQuery)


def problem(status: int, title: str, detail: str) -> Response:
    """An RFC 9457 error."""
    body = ProblemDetails(title=title, status=status, detail=detail)
    response = jsonify(body.model_dump())
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def reply(model: BaseModel, status: int = 200) -> Response:
    """A model as JSON."""
    response = jsonify(json_ready(model))
    response.status_code = status
    return response


def json_body() -> dict[str, Any] | None:
    """The JSON object that this request brings, None for anything else."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets in brackets, a thousand deep
        return None
    return body if isinstance(body, dict) else None


@api.errorhandler(BadParameter)
def _bad(error: BadParameter) -> Response:
    return problem(400, "参数不对", str(error))


def _asked(model: type[Q]) -> Q:
    """What is asked; a topic that there is none of is refused, or a misspelt one would look like no answer."""
    asked = parse(model, request.args.to_dict())
    if asked.topic is not None and asked.topic not in service().library.topic_of:
        raise BadParameter("topic", "unknown_topic", {"topic": asked.topic})
    return asked


@api.get("/api/v1/answer")
def answer() -> Response:
    """The answer to a question."""
    asked = _asked(AnswerQuery)
    return reply(answered(service().ask(asked.q, asked.topic, asked.as_of, asked.exact), asked.counts))


@api.get("/api/v1/search")
def search() -> Response:
    """One page of results."""
    asked = _asked(SearchQuery)
    found: SearchPage = service().search(asked.q, asked.wanted, asked.page, asked.per_page)
    return reply(found)


@api.get("/api/v1/suggest")
def suggest() -> Response:
    """Questions that a visitor may be typing."""
    asked = parse(SuggestQuery, request.args.to_dict())
    with metrics().suggesting():
        found = service().suggest(asked.q)
    if is_traditional():
        found = tuple(each.model_copy(update={"title": to_traditional(each.title)}) for each in found)
    return reply(Suggestions(query=asked.q, suggestions=found))


@api.get("/api/v1/topics")
def topics() -> Response:
    """All topics."""
    library = service().library
    return reply(
        Topics(
            topics=tuple(
                TopicItem(
                    id=topic.id,
                    name=topic.name,
                    summary=topic.summary,
                    url=f"/t/{topic.id}",
                    entries=len(library.by_topic[topic.id]),
                )
                for topic in library.topics
            )
        )
    )


@api.get("/api/v1/entries/<path:ident>")
def entry(ident: str) -> Response:
    """One entry in full."""
    found = service().library.entries.get(ident)
    if found is None:
        return problem(404, "没有这个条目", f"没有编号为 {ident[:80]} 的条目——用 /api/v1/search 查找")
    return reply(entry_body(found, date.today()))


def entry_body(found: Entry, today: date) -> EntryBody:
    """An entry with the cards of the facts that hold today, in their order."""
    links = map(service().library.entries.get, found.related)
    return EntryBody(
        id=found.id,
        kind=found.kind,
        title=found.title,
        url=found.url,
        topic=found.topic,
        summary=found.summary,
        status=found.status_on(today),
        verification=found.verification,
        effective=EffectiveSpan.of(found.effective),
        reviewed=found.reviewed,
        sources=tuple(map(CardSource.of, found.sources)),
        cards=tuple(make_card(found, fact, today) for fact in found.facts_on(today)),
        related=tuple(Link(title=link.title, url=link.url) for link in links if link),
        html=found.html,
    )


@api.post("/api/v1/feedback")
def feedback() -> Response:
    """Take a vote on an entry; JSON only, so that no other site's form can send one."""
    if not request.is_json:
        return problem(415, "格式不对", "请用 Content-Type: application/json 发送")
    if not sent_from_here():
        return problem(403, "不是从本站发来的", "别的网站的网页不能替访客评价——请从程序或本站的网页发送")
    body = json_body()
    if body is None:
        return problem(400, "内容不对", "请求内容应是一个 JSON 对象")
    given = parse(Feedback, body)
    if given.entry not in service().library.entries:
        return problem(404, "没有这个条目", "参数 entry 写的条目不存在——核对编号")
    try:
        usage().keep(Note(Kind.vote, given.entry, helpful=given.helpful, comment=given.comment))
        metrics().feedback(Kind.vote, kept=True)
    except UsageError as error:
        metrics().feedback(Kind.vote, kept=False)
        current_app.logger.error("评价没有存下来：%s", error)
        failed = problem(503, "现在存不下来", "这条评价没有存下来——请过一会儿再发")
        failed.headers["Retry-After"] = str(AGAIN_SECONDS)
        return failed
    return reply(FeedbackTaken(), 201)


@api.get("/api/openapi.json")
def openapi() -> Response:
    """The description of this API, OpenAPI 3.1."""
    return jsonify(document(current_app.config["VERSION"], service().library.topic_of))

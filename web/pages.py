"""The HTML pages. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from kb.model import Entry, EntryKind, Facet, Status
from search.evaluation.curve import reliability_svg
from search.evaluation.quality import GAP_AIM, REPORT_FILE, QualityReport, read_report, style_label
from web.api import BadParameter, entry_body, parse
from web.context import absolute, previews, service, site_base
from web.feeds import current_entries
from web.preview import Words
from web.schemas import SearchQuery, json_ready
from web.sharing import SITE_IMAGE, entry_words, share_entry, share_page, site_words
from web.structured import Place, answer_page, entry_page, home_page, topic_page

pages = Blueprint("pages", __name__)
LATEST = 6
KINDS = {"a": EntryKind.article, "q": EntryKind.faq}


@pages.errorhandler(BadParameter)
def _bad(error: BadParameter) -> tuple[str, int]:
    return render_template("error.html", title="这个请求看不懂", message=str(error)), 400


@pages.get("/")
def home() -> str:
    """Search box, topics, popular questions, latest and recommended entries."""
    library = service().library
    today = date.today()
    recommended = [library.entries[ident] for ident in library.site.home.recommended if ident in library.entries]
    return render_template(
        "home.html",
        recommended=[entry for entry in recommended if entry.status_on(today) is Status.in_force],
        latest=[entry for entry in current_entries() if not entry.parent][:LATEST],
        share=share_page("/", library.site.name, library.site.tagline, home_page(_place())),
    )


@pages.get("/search")
def search() -> str:
    """The card and the results of a question."""
    values = {name: value for name, value in request.args.to_dict().items() if name in SearchQuery.model_fields}
    if not values.get("q", "").strip():
        return render_template("search.html", asked=None)
    asked = parse(SearchQuery, values)
    answer, found = service().ask_and_search(
        asked.q, asked.topic, asked.kind, asked.page, asked.per_page, asked.as_of, asked.exact
    )
    facet = answer.understood.facet
    return render_template(
        "search.html",
        asked=asked,
        answer=answer,
        found=found,
        facet=Facet(facet).label if facet else None,
        structured=answer_page(_place(), answer.card, asked.as_of, date.today()),
    )


@pages.get("/t/<topic>")
def topic(topic: str) -> str:
    """All entries of a topic, with their status."""
    library = service().library
    if topic not in library.topic_of:
        abort(404)
    entries = library.by_topic[topic]
    found, today = library.topic_of[topic], date.today()
    in_force = [entry for entry in entries if entry.status_on(today) is Status.in_force]
    return render_template(
        "topic.html",
        topic=found,
        articles=[entry for entry in entries if entry.kind is EntryKind.article],
        faqs=[entry for entry in entries if entry.kind is EntryKind.faq],
        share=share_page(f"/t/{topic}", found.name, found.summary, topic_page(_place(), found, in_force)),
    )


@pages.get("/<any(a, q):kind>/<topic>/<slug>")
def entry(kind: str, topic: str, slug: str) -> Response:
    """An entry; with `.json` or `.md` its machine twins, with `.png` its preview image."""
    name, _, twin = slug.partition(".")
    found = service().library.by_url(KINDS[kind], topic, name)
    if found is None or twin not in _TWINS:
        abort(404)
    reply = _TWINS[twin](found)
    if twin:
        reply.headers["Link"] = f'<{absolute(found.url)}>; rel="canonical"'
    if found.status_on(date.today()) is not Status.in_force:
        reply.headers["X-Robots-Tag"] = "noindex"
    return reply


def _page(found: Entry) -> Response:
    library, body, today = service().library, entry_body(found), date.today()
    cards = list(zip(found.facts_on(today), body.cards, strict=True))
    now = library.entries.get(found.now.entry) if found.now and found.now.entry else None
    structured = entry_page(_place(), found, library.topic_of.get(found.topic), cards, now, today)
    html = Markup(found.html)  # noqa: S704  sanitised in kb/rendering.py
    share = share_entry(found, structured)
    return make_response(render_template("entry.html", entry=found, body=body, html=html, share=share))


def _json(found: Entry) -> Response:
    return make_response(json_ready(entry_body(found)))


def _markdown(found: Entry) -> Response:
    text = render_template("entry.md", entry=found, body=entry_body(found))
    return Response(text, content_type="text/markdown; charset=utf-8")


def _preview(found: Entry) -> Response:
    return _image(entry_words(found))


_TWINS: dict[str, Callable[[Entry], Response]] = {"": _page, "json": _json, "md": _markdown, "png": _preview}


@pages.get(SITE_IMAGE)
def site_preview() -> Response:
    """The preview image of the pages that are not entries."""
    return _image(site_words())


def _image(words: Words) -> Response:
    """Not drawn where the one asking has it already."""
    key = previews().key(words)
    reply = Response(content_type="image/png")
    reply.set_etag(key)
    reply.headers["Cache-Control"] = "public, max-age=3600"
    # The one thing that other sites may show: that is what it is for.
    reply.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if key not in request.if_none_match:
        reply.set_data(previews().png(words))
    reply.make_conditional(request)
    return reply


def _place() -> Place:
    return Place(site_base(), service().library.site)


@pages.get("/quality")
def quality() -> str:
    """How well questions are answered, as measured last, and whether the content has changed since."""
    report = _report()
    changed = report is not None and report.content != service().library.fingerprint
    share = share_page("/quality", "质量", "这个网站的回答有多准")
    return render_template(
        "quality.html", report=report, changed=changed, aim=GAP_AIM, style_label=style_label, share=share
    )


@pages.get("/quality.svg")
def quality_drawing() -> Response:
    """The reliability curve."""
    report = _report() or abort(404)
    return Response(reliability_svg(report.reliability), content_type="image/svg+xml; charset=utf-8")


def _report() -> QualityReport | None:
    return read_report(service().settings.content / REPORT_FILE)


def address(**changes: object) -> str:
    """This page's address with some parameters changed; None takes one out."""
    values: MultiDict[str, str] = MultiDict(request.args)
    for name, value in changes.items():
        values.poplist(name)
        if value is not None:
            values[name] = str(value)
    return f"{request.path}?{urlencode(values)}"

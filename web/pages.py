"""The HTML pages. They work without JavaScript."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from kb.model import Entry, EntryKind, Facet
from search.evaluation.curve import reliability_svg
from search.evaluation.quality import GAP_AIM, REPORT_FILE, QualityReport, read_report, style_label
from web.api import BadParameter, entry_body, parse
from web.context import service, usage
from web.feeds import current_entries
from web.schemas import SearchQuery, json_ready
from web.usage.lists import popular_questions, recommended_entries

pages = Blueprint("pages", __name__)
LATEST = 6
KINDS = {"a": EntryKind.article, "q": EntryKind.faq}


@pages.errorhandler(BadParameter)
def _bad(error: BadParameter) -> tuple[str, int]:
    return render_template("error.html", title="这个请求看不懂", message=str(error)), 400


@pages.get("/")
def home() -> str:
    """Search box, topics, popular questions, latest and recommended entries."""
    library, lists, today = service().library, usage().lists, date.today()
    return render_template(
        "home.html",
        popular=popular_questions(lists, library, today),
        recommended=recommended_entries(lists, library, today),
        latest=[entry for entry in current_entries() if not entry.parent][:LATEST],
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
    if asked.counts:
        usage().searched(answer)
    facet = answer.understood.facet
    return render_template(
        "search.html", asked=asked, answer=answer, found=found, facet=Facet(facet).label if facet else None
    )


@pages.get("/t/<topic>")
def topic(topic: str) -> str:
    """All entries of a topic, with their status."""
    library = service().library
    if topic not in library.topic_of:
        abort(404)
    entries = library.by_topic[topic]
    return render_template(
        "topic.html",
        topic=library.topic_of[topic],
        articles=[entry for entry in entries if entry.kind is EntryKind.article],
        faqs=[entry for entry in entries if entry.kind is EntryKind.faq],
    )


@pages.get("/<any(a, q):kind>/<topic>/<slug>")
def entry(kind: str, topic: str, slug: str) -> Response:
    """An entry; with `.json` or `.md` its machine twins."""
    name, _, twin = slug.partition(".")
    found = service().library.by_url(KINDS[kind], topic, name)
    if found is None or twin not in ("", "json", "md"):
        abort(404)
    body = entry_body(found)
    if twin == "json":
        return make_response(json_ready(body))
    if twin == "md":
        text = render_template("entry.md", entry=found, body=body)
        return Response(text, content_type="text/markdown; charset=utf-8")
    html = Markup(found.html)  # noqa: S704  sanitised in kb/rendering.py
    return make_response(
        render_template("entry.html", entry=found, body=body, html=html, structured=_structured(found))
    )


@pages.get("/quality")
def quality() -> str:
    """How well questions are answered, as measured last, and whether the content has changed since."""
    report = _report()
    changed = report is not None and report.content != service().library.fingerprint
    return render_template("quality.html", report=report, changed=changed, aim=GAP_AIM, style_label=style_label)


@pages.get("/quality.svg")
def quality_drawing() -> Response:
    """The reliability curve."""
    report = _report() or abort(404)
    return Response(reliability_svg(report.reliability), content_type="image/svg+xml; charset=utf-8")


def _report() -> QualityReport | None:
    return read_report(service().settings.content / REPORT_FILE)


def _structured(found: Entry) -> Markup:
    """JSON-LD; `<` is escaped so that no text can end the script element."""
    text = found.facts[0].answer if found.facts and found.facts[0].answer else found.summary
    data = {
        "@context": "https://schema.org",
        "@type": "FAQPage" if found.kind is EntryKind.faq else "Article",
        "inLanguage": "zh-CN",
        "dateModified": found.reviewed.isoformat(),
    }
    if found.kind is EntryKind.faq:
        answer = {"@type": "Answer", "text": text}
        data |= {"mainEntity": [{"@type": "Question", "name": found.title, "acceptedAnswer": answer}]}  # type: ignore[dict-item]
    else:
        data["headline"] = found.title
    return Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704


def address(**changes: object) -> str:
    """This page's address with some parameters changed; None takes one out."""
    values: MultiDict[str, str] = MultiDict(request.args)
    for name, value in changes.items():
        values.poplist(name)
        if value is not None:
            values[name] = str(value)
    return f"{request.path}?{urlencode(values)}"

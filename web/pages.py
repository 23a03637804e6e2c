"""The HTML pages. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request
from markupsafe import Markup

from kb.alphabet import Question
from kb.model import Entry, EntryKind, Facet, Status
from search.evaluation.aims import aims
from search.evaluation.curve import reliability_svg
from search.evaluation.quality import REPORT_FILE, QualityReport, by_kind, read_report, style_label, total_of
from search.evaluation.uses import Use
from search.model import Card
from search.text import MAX_QUERY, question_key
from web.addresses import absolute, site_base
from web.api import entry_body
from web.asking import beside, filter_choices, is_foreign, rephrasings
from web.context import answered, previews, service, usage
from web.feeds import FEED_LENGTH, current_entries
from web.history import history_of
from web.parameters import parse
from web.preview import Words
from web.schemas import EntryBody, SearchQuery, json_ready
from web.sharing import SITE_IMAGE, entry_words, share_entry, share_page, site_words
from web.structured import Place, answer_page, entry_page, home_page, topic_page
from web.usage.lists import popular_questions, recommended_entries
from web.wording import scrolling, text_without_lead, without_lead

pages = Blueprint("pages", __name__)
LATEST = 6
OTHER_QUESTIONS = "其他问题"


@pages.get("/")
def home() -> str:
    """Search box, topics, popular questions, latest and recommended entries."""
    library, lists, today = service().library, usage().lists, date.today()
    return render_template(
        "home.html",
        popular=popular_questions(lists, library, today),
        recommended=recommended_entries(lists, library, today),
        latest=[entry for entry in current_entries() if not entry.parent][:LATEST],
        share=share_page("/", library.site.name, library.site.tagline, home_page(_place())),
    )


@pages.get("/search")
def search() -> str:
    """The card and the results of a question."""
    # A form sends an empty value for what was not chosen.
    values = {name: value for name, value in request.args.items() if name in SearchQuery.model_fields and value.strip()}
    if not question_key(values.get("q", "")):
        return render_template("search.html", asked=None, typed=values.get("q", "").strip()[:MAX_QUERY])
    asked = parse(SearchQuery, values)
    answer, found = service().ask_and_search(asked.q, asked.wanted, asked.page, asked.per_page)
    # Whom a form brought back has asked before.
    answered(answer, asked.counts and "said" not in request.args)
    facet = answer.card.facet if answer.card else None
    not_then = asked.as_of and not answer.card and asked.page == 1
    of_today = service().ask(asked.q, asked.topic, None, asked.exact).card if not_then else None
    # Who limits the results looks through them all, the card's entry too.
    limited = asked.topic or asked.kind or asked.force or asked.page > 1
    others, related = beside(answer, found, with_card=not limited)
    return render_template(
        "search.html",
        asked=asked,
        answer=answer,
        found=found,
        others=others,
        related=related,
        facet=Facet(facet).label if facet else None,
        foreign=not asked.exact and is_foreign(answer.understood.text),
        choices=filter_choices(),
        of_today=of_today,
        rephrasings=() if answer.card or of_today else rephrasings(answer, asked.topic),
        structured=answer_page(_place(), answer.card, asked.as_of, date.today()),
        twins=_twins(asked, answer.card) if answer.card and asked.page == 1 else {},
    )


def _twins(asked: SearchQuery, card: Card) -> dict[str, str]:
    """The addresses of an answer's machine twins, by media type; what is to choose from is of no one entry."""
    # Of another topic than was asked in, it is the answer to the question as such.
    within = asked.topic and service().ask(asked.q, asked.topic, asked.as_of, asked.exact).card
    said = {"topic": asked.topic if within else None, "as_of": asked.as_of, "exact": "true" if asked.exact else None}
    query = urlencode({"q": asked.q} | {name: value for name, value in said.items() if value})
    twins = {"application/json": f"/api/v1/answer?{query}"}
    return twins if card.choices else twins | {"text/markdown": f"{card.entry.url}.md"}


@pages.get("/t/<topic>")
def topic(topic: str) -> str:
    """All entries of a topic: its articles in reading order, its questions by what they ask, what is over apart."""
    library = service().library
    if topic not in library.topic_of:
        abort(404)
    found, today = library.topic_of[topic], date.today()
    entries = library.by_topic[topic]
    status = {entry.id: entry.status_on(today) for entry in entries}
    faqs: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind is EntryKind.faq and not status[entry.id].is_over:
            faqs.setdefault(entry.facts[0].facet.label if entry.facts else OTHER_QUESTIONS, []).append(entry)
    in_force = [entry for entry in entries if status[entry.id] is Status.in_force]
    return render_template(
        "topic.html",
        topic=found,
        articles=[entry for entry in library.reading_order[topic] if not status[entry.id].is_over],
        faqs=dict(sorted(faqs.items(), key=lambda group: (group[0] == OTHER_QUESTIONS, -len(group[1]), group[0]))),
        past=[entry for entry in entries if status[entry.id].is_over],
        inner=[other for other in library.topics if other.parent == topic],
        share=share_page(f"/t/{topic}", found.name, found.summary, topic_page(_place(), found, in_force)),
    )


@pages.get("/az")
def letters() -> str:
    """The letters of the index of all questions, with the sounds under each."""
    return render_template("index.html", letters=_letters(), letter=None)


@pages.get("/az/<letter>")
def questions(letter: str) -> str:
    """The questions of one letter, by sound."""
    known = _letters()
    if letter not in known:
        abort(404)
    return render_template("index.html", letters=known, letter=letter)


def _letters() -> dict[str, dict[str, list[Question]]]:
    """Questions by letter, then by the sound of their first character."""
    return {
        letter: {sound: list(group) for sound, group in groupby(questions, key=lambda each: each.syllable)}
        for letter, questions in service().library.alphabet.items()
    }


@pages.get(f"/<any({', '.join(kind.letter for kind in EntryKind)}):kind>/<topic>/<slug>")
def entry(kind: str, topic: str, slug: str) -> Response:
    """An entry; with `.json` or `.md` its machine twins, with `.png` its preview image."""
    name, dot, twin = slug.partition(".")
    found = service().library.by_url(EntryKind.of_letter(kind), topic, name)
    if found is None or twin not in _TWINS or (dot and not twin):
        abort(404)
    today = date.today()
    reply = _TWINS[twin](found, today)
    if twin:
        reply.headers["Link"] = f'<{absolute(found.url)}>; rel="canonical"'
    if not found.is_in_force(today):
        reply.headers["X-Robots-Tag"] = "noindex"
    return reply


def _page(found: Entry, today: date) -> Response:
    library, body = service().library, entry_body(found, today)
    cards = list(zip(found.facts_on(today), body.cards, strict=True))
    now = library.entries.get(found.now.entry) if found.now and found.now.entry else None
    structured = entry_page(_place(), found, library.topic_of.get(found.topic), cards, now, today)
    before, after = _neighbours(found, today)
    page = render_template(
        "entry.html",
        entry=found,
        body=body,
        html=Markup(scrolling(without_lead(found.html, _lead(body)))),  # noqa: S704  sanitised in kb/rendering.py
        history=history_of(found, library, today),
        before=before,
        after=after,
        share=share_entry(found, structured),
    )
    return make_response(page)


def _lead(body: EntryBody) -> str:
    """What the first card says, which the text below need not say again."""
    return body.cards[0].answer if body.cards else ""


def _neighbours(article: Entry, today: date) -> tuple[Entry | None, Entry | None]:
    """The articles to read before and after this one: in its topic's order, of those in force."""
    in_topic = service().library.reading_order.get(article.topic, ())
    order = [None, *(each for each in in_topic if each.is_in_force(today)), None]
    if article not in order:
        return None, None
    place = order.index(article)
    return order[place - 1], order[place + 1]


def _json(found: Entry, today: date) -> Response:
    return make_response(json_ready(entry_body(found, today)))


def _markdown(found: Entry, today: date) -> Response:
    body = entry_body(found, today)
    text = render_template("entry.md", entry=found, body=body, text=text_without_lead(found.text, _lead(body)))
    return Response(text, content_type="text/markdown; charset=utf-8")


def _preview(found: Entry, _today: date) -> Response:
    return _image(entry_words(found))


_TWINS: dict[str, Callable[[Entry, date], Response]] = {"": _page, "json": _json, "md": _markdown, "png": _preview}


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


@pages.get("/updates")
def updates() -> str:
    """What the feed has, for people: the entries reviewed last, by day."""
    latest = groupby(current_entries()[:FEED_LENGTH], key=lambda entry: entry.reviewed)
    return render_template(
        "updates.html",
        days=[(day, list(entries)) for day, entries in latest],
        share=share_page("/updates", "最近更新", "最近写的、最近核对过的内容"),
    )


@pages.get("/quality")
def quality() -> str:
    """How well questions are answered, as measured last, and whether the content has changed since."""
    report = _report()
    changed = report is not None and report.content != service().library.fingerprint
    share = share_page("/quality", "质量", "这个网站的回答有多准")
    return render_template(
        "quality.html",
        report=report,
        changed=changed,
        total=report and total_of(report.held_out),
        aims=[(what, list(same)) for what, same in groupby(aims(report) if report else (), lambda aim: aim.what)],
        kinds=report and by_kind(report.files),
        uses=(*Use, None),
        style_label=style_label,
        share=share,
    )


@pages.get("/quality.svg")
def quality_drawing() -> Response:
    """The reliability curve."""
    report = _report() or abort(404)
    return Response(reliability_svg(report.reliability), content_type="image/svg+xml; charset=utf-8")


def _report() -> QualityReport | None:
    return read_report(service().settings.content / REPORT_FILE)

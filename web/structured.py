"""schema.org JSON-LD of a page, from the same facts as its cards.

Only what holds today and is certain is an accepted answer, a step list or part of a service. What sources differ on or
nobody has verified is a suggested answer that says so. An entry out of force keeps its dates, status and sources, and
answers nothing. See docs/decisions/0010-for-machines.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kb.model import Entry, EntryKind, Facet, Fact, Item, Limit, Period, Site, Source, Status, Topic, Verification
from search.model import Card, CardKind, CardSource, EffectiveSpan
from web.preview import HEIGHT, WIDTH

Node = dict[str, Any]
CONTEXT = "https://schema.org"
LANGUAGE = "zh-CN"


@dataclass(frozen=True)
class Place:
    """Where a page stands: `base` is the site's address without a slash at its end."""

    base: str
    site: Site

    @property
    def home(self) -> str:
        """The address of the home page."""
        return f"{self.base}/"

    def website(self) -> Node:
        """The site as the whole of which a page is a part."""
        return {"@type": "WebSite", "@id": f"{self.home}#website", "url": self.home, "name": self.site.name}

    def publisher(self) -> Node:
        """Who keeps the site; not the office that made the rules."""
        return {"@type": "Organization", "name": self.site.name, "url": self.home}

    def page(self, kind: str, path: str, name: str) -> Node:
        """What every page says of itself."""
        address = self.base + path
        return {
            "@context": CONTEXT,
            "@type": kind,
            "@id": address,
            "url": address,
            "name": name,
            "inLanguage": LANGUAGE,
            "isPartOf": self.website(),
        }

    def breadcrumb(self, *trail: tuple[str, str]) -> Node:
        """The way from the home page: names and paths."""
        steps = [(self.site.name, "/"), *trail]
        items = [
            {"@type": "ListItem", "position": position, "name": name, "item": {"@id": self.base + path}}
            for position, (name, path) in enumerate(steps, start=1)
        ]
        return {"@type": "BreadcrumbList", "itemListElement": items}


def home_page(place: Place) -> Node:
    """The site, what it answers, where it is asked."""
    target = {"@type": "EntryPoint", "urlTemplate": f"{place.base}/search?q={{query}}"}
    return {
        "@context": CONTEXT,
        **place.website(),
        "description": place.site.tagline,
        "inLanguage": LANGUAGE,
        "publisher": place.publisher(),
        "potentialAction": {"@type": "SearchAction", "target": target},
    }


def topic_page(place: Place, topic: Topic, in_force: Sequence[Entry]) -> Node:
    """A topic and its entries in force."""
    listed = [
        {"@type": "ListItem", "position": position, "name": entry.title, "url": place.base + entry.url}
        for position, entry in enumerate(in_force, start=1)
    ]
    return {
        **place.page("CollectionPage", f"/t/{topic.id}", topic.name),
        "description": topic.summary,
        "breadcrumb": place.breadcrumb((topic.name, f"/t/{topic.id}")),
        "mainEntity": {"@type": "ItemList", "numberOfItems": len(listed), "itemListElement": listed},
    }


def answer_page(place: Place, card: Card | None, as_of: date | None, today: date) -> Node | None:
    """The card of a search page; None without one, and for another day than today."""
    question = None if card is None or as_of not in (None, today) else _question(card)
    if card is None or question is None:
        return None
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "SearchResultsPage",
            "inLanguage": LANGUAGE,
            "isPartOf": place.website(),
            "significantLink": place.base + card.entry.url,
            "mainEntity": question,
            "hasPart": _how_to(card, ()),
        }
    )


def entry_page(
    place: Place, entry: Entry, topic: Topic | None, cards: Sequence[tuple[Fact, Card]], now: Entry | None, today: date
) -> Node:
    """An entry. `cards` are its facts of today with their cards; `now` is the entry that holds instead of it, if any."""
    status = entry.status_on(today)
    questions = [question for _, card in cards if (question := _question(card))]
    certain = [(fact, card) for fact, card in cards if _is_certain(card)]
    held = {ref.id for fact, _ in certain for ref in fact.source}
    address = place.base + entry.url
    basis = [_document(source, address, source.id in held, today) for source in entry.sources]
    trail = [(topic.name, f"/t/{topic.id}")] if topic else []
    return _filled(
        {
            **place.page("FAQPage" if questions else "WebPage", entry.url, entry.title),
            "description": entry.summary,
            "dateModified": entry.reviewed.isoformat(),
            "lastReviewed": entry.reviewed.isoformat(),
            "creativeWorkStatus": status.label,
            **_span(entry.effective),
            "publisher": place.publisher(),
            "primaryImageOfPage": _image(address),
            "encoding": _twins(address),
            "breadcrumb": place.breadcrumb(*trail, (entry.title, entry.url)),
            "significantLink": place.base + now.url if now else None,
            "isBasedOn": basis,
            "mainEntity": questions,
            "about": _service(place, topic, certain, [{"@id": node["@id"]} for node in basis]),
            "hasPart": [*_article(place, entry, topic, status), *_procedures(certain)],
        }
    )


def _filled(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [], {}, ())}


def _is_certain(card: Card) -> bool:
    known = card.verification is not Verification.unverified and not card.needs_review
    return known and card.status is Status.in_force and card.conflict is None


def _question(card: Card) -> Node | None:
    """A question of a card with its answer; None where the rule is not in force or its document was superseded."""
    if card.kind is CardKind.fork or card.status is not Status.in_force or card.needs_review:
        return None
    question: Node = {"@type": "Question", "name": card.question}
    if card.conflict:
        said = [_answer(statement.text, card, statement.sources) for statement in card.conflict.statements]
        return {**question, "suggestedAnswer": said}
    if card.verification is Verification.unverified:
        return {
            **question,
            "suggestedAnswer": _answer(f"{_text(card)}\n（{card.verification.label}）", card, card.sources),
        }
    return {**question, "acceptedAnswer": _answer(_text(card), card, card.sources)}


def _answer(text: str, card: Card, sources: Iterable[CardSource]) -> Node:
    return _filled(
        {
            "@type": "Answer",
            "text": text,
            "creativeWorkStatus": card.verification.label,
            **_span(card.effective),
            "citation": [_citation(source) for source in sources],
        }
    )


def _text(card: Card) -> str:
    lines = [card.answer]
    lines += [f"{number}. {step.do}" for number, step in enumerate(card.steps, start=1)]
    lines += [f"{item.name}：{said}" if (said := _particulars(item)) else item.name for item in card.items]
    lines += [f"{row.of}：{row.value}" for row in card.values]
    return "\n".join([*lines, *card.notes])


def _particulars(item: Item) -> str:
    return "；".join(part for part in (item.copies, item.when, item.note) if part)


def _citation(source: CardSource) -> str:
    return f"{source.title}{f'（{source.number}）' if source.number else ''}{source.clause or ''}"


def _span(period: Period | EffectiveSpan) -> Node:
    """The days on which a rule holds: ISO 8601, `..` for an open end, as schema.org writes them."""
    if period.from_ is None and period.to is None:
        return {}
    span: Node = {"temporalCoverage": f"{period.from_ or '..'}/{period.to or '..'}"}
    return {**span, "expires": period.to.isoformat()} if period.to else span


def _document(source: Source, address: str, held: bool, today: date) -> Node:
    """A source. One with a number is legislation; `held` says that a certain fact of today rests on it."""
    issuer = {"@type": "Organization", "name": source.issuer} if source.issuer else None
    node: Node = {
        "@id": f"{address}#{source.id}",
        "name": source.title,
        "url": source.url,
        "description": source.note,
        "datePublished": source.published.isoformat() if source.published else None,
    }
    if source.number is None:
        return _filled({"@type": "CreativeWork", **node, "publisher": issuer})
    over = source.superseded is not None and source.superseded <= today
    force = "NotInForce" if over else "InForce" if held else None
    return _filled(
        {
            "@type": "Legislation",
            **node,
            "legislationIdentifier": source.number,
            "legislationPassedBy": issuer,
            "legislationLegalForce": f"{CONTEXT}/{force}" if force else None,
            "expires": source.superseded.isoformat() if source.superseded else None,
        }
    )


def _service(
    place: Place, topic: Topic | None, certain: Sequence[tuple[Fact, Card]], basis: Sequence[Node]
) -> Node | None:
    """The service of a topic; facts about a narrower matter, or for some people only, tell nothing of the whole."""
    whole: dict[Facet, tuple[Fact, Card]] = {}
    for fact, card in certain:
        if fact.about is None and fact.audience is None:
            whole.setdefault(fact.facet, (fact, card))
    channels = _channels(whole)
    if topic is None or not channels:
        return None

    def said(facet: Facet) -> str | None:
        return whole[facet][1].answer if facet in whole else None

    audience, authority, result = said(Facet.eligibility), said(Facet.authority), said(Facet.result)
    region = {"@type": "AdministrativeArea", "name": place.site.region}
    return _filled(
        {
            "@type": "GovernmentService",
            "@id": f"{place.base}/t/{topic.id}#service",
            "name": topic.name,
            "description": topic.summary,
            "areaServed": region,
            "jurisdiction": region,
            "audience": {"@type": "Audience", "audienceType": audience} if audience else None,
            "provider": {"@type": "GovernmentOrganization", "description": authority} if authority else None,
            "serviceOutput": {"@type": "Thing", "description": result} if result else None,
            "availableChannel": channels,
            "subjectOf": list(basis),
        }
    )


def _channels(whole: dict[Facet, tuple[Fact, Card]]) -> list[Node]:
    """The ways to the service; its time limit holds for each of them."""
    channels: list[Node] = []
    if Facet.channel in whole:
        channels.append({"name": Facet.channel.label, "description": whole[Facet.channel][1].answer})
    if Facet.place in whole:
        spot = {"@type": "Place", "description": whole[Facet.place][1].answer}
        channels.append({"name": Facet.place.label, "serviceLocation": spot})
    if Facet.contact in whole:
        phone = {"@type": "ContactPoint", "description": whole[Facet.contact][1].answer}
        channels.append({"name": Facet.contact.label, "servicePhone": phone})
    limit = whole[Facet.review_time][0].limit if Facet.review_time in whole else None
    time = {"processingTime": _duration(limit)} if limit else {}
    if time and not channels:
        channels.append({})
    return [{"@type": "ServiceChannel", **channel, **time} for channel in channels]


def _duration(limit: Limit) -> str:
    """ISO 8601 has no working days: P20D would promise less time than 20 个工作日 takes, so those are said in words."""
    if limit.unit == "自然日" and not limit.excludes:
        return f"P{limit.promised}D"
    return str(limit)


def _article(place: Place, entry: Entry, topic: Topic | None, status: Status) -> list[Node]:
    if entry.kind is not EntryKind.article or status is not Status.in_force:
        return []
    article = {
        "@type": "Article",
        "headline": entry.title,
        "description": entry.summary,
        "articleSection": topic.name if topic else None,
        "inLanguage": LANGUAGE,
        "dateModified": entry.reviewed.isoformat(),
        "author": place.publisher(),
        "isAccessibleForFree": True,
    }
    return [_filled(article)]


def _procedures(certain: Sequence[tuple[Fact, Card]]) -> list[Node]:
    """Each list of steps, with the materials of the same matter."""
    found = []
    for fact, card in certain:
        supplies = [
            item
            for other, materials in certain
            if other.about == fact.about and other.audience == fact.audience
            for item in materials.items
        ]
        how_to = _how_to(card, supplies)
        if how_to:
            found.append(how_to)
    return found


def _how_to(card: Card, supplies: Sequence[Item]) -> Node | None:
    if not card.steps or not _is_certain(card):
        return None
    steps = [
        _filled(
            {
                "@type": "HowToStep",
                "position": position,
                "text": f"{step.do}（{step.who}）" if step.who else step.do,
                "description": step.note,
            }
        )
        for position, step in enumerate(card.steps, start=1)
    ]
    return _filled(
        {
            "@type": "HowTo",
            "name": card.question,
            "description": card.answer,
            "inLanguage": LANGUAGE,
            **_span(card.effective),
            "supply": [
                _filled({"@type": "HowToSupply", "name": item.name, "description": _particulars(item)})
                for item in supplies
            ],
            "step": steps,
        }
    )


def _image(address: str) -> Node:
    return {
        "@type": "ImageObject",
        "contentUrl": f"{address}.png",
        "encodingFormat": "image/png",
        "width": f"{WIDTH} px",
        "height": f"{HEIGHT} px",
    }


def _twins(address: str) -> list[Node]:
    kinds = (("json", "application/json"), ("md", "text/markdown"))
    return [
        {"@type": "MediaObject", "contentUrl": f"{address}.{suffix}", "encodingFormat": kind} for suffix, kind in kinds
    ]

"""What a visitor does after reading a card: how to go about it, what to bring, where to go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import urlencode

from kb.library import Library
from kb.model import Entry, Facet, Fact, Status
from search.model import Card, CardKind, Link

_LABELS = {Facet.process: "怎么办理", Facet.materials: "要带什么", Facet.place: "去哪里办"}


def next_steps(card: Card, library: Library, day: date) -> tuple[Link, ...]:
    """Up to three links to the cards of the topic as a whole, without what the card itself says.

    A fork has none: what comes next depends on which of its matters is meant.
    """
    entry = library.entries.get(card.entry.id)
    if entry is None or card.kind is CardKind.fork:
        return ()
    said = {card.facet, card.also.facet if card.also else None}
    questions: dict[Facet, str] = {}
    for fact in _whole_matter(library.by_topic[entry.topic], day):
        if fact.facet in _LABELS and fact.facet not in said and fact.question and fact.question != card.question:
            questions.setdefault(fact.facet, fact.question)
    return tuple(
        Link(title=label, url=f"/search?{urlencode({'q': questions[facet]})}")
        for facet, label in _LABELS.items()
        if facet in questions
    )


def _whole_matter(entries: Iterable[Entry], day: date) -> Iterator[Fact]:
    """Facts about the topic itself, in force on that day, not about a narrower matter or for some people only."""
    for entry in entries:
        if entry.status_on(day) is Status.in_force:
            yield from (fact for fact in entry.facts_on(day) if not fact.about and not fact.audience)

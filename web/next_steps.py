"""What a visitor does after reading a card: how to go about it, what to bring, where to go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from kb.library import Library
from kb.model import Facet
from search.cards import fact_on
from search.model import Card, CardKind, Link

_LABELS = {Facet.process: "怎么办理", Facet.materials: "要带什么", Facet.place: "去哪里办"}


def next_steps(card: Card, library: Library, as_of: date | None) -> tuple[Link, ...]:
    """Up to three links to cards of the same matter, or else of the topic as a whole, without what the card itself says.

    They are for the day that the card was asked for, or today. A fork has none: what comes next depends on which of its
    matters is meant. Nor is who is late sent to how it is done in time.
    """
    entry = library.entries.get(card.entry.id)
    if entry is None or card.kind is CardKind.fork:
        return ()
    said = {card.facet, card.also.facet if card.also else None}
    said |= {Facet.process} if Facet.late in said else set()
    fact = fact_on(card, library)
    about = fact.about if fact else None
    day = as_of or date.today()
    questions: dict[Facet, str] = {}
    matters = dict.fromkeys((about, None))
    for facet, question in (each for matter in matters for each in _asked(library, entry.topic, matter, day)):
        if facet in _LABELS and facet not in said and question != card.question:
            questions.setdefault(facet, question)
    same_day = {"as_of": as_of} if as_of else {}
    return tuple(
        Link(title=label, url=f"/search?{urlencode({'q': questions[facet], **same_day})}")
        for facet, label in _LABELS.items()
        if facet in questions
    )


def _asked(library: Library, topic: str, about: str | None, day: date) -> Iterator[tuple[Facet, str]]:
    """Facets and questions of what a topic says on that day about one matter, or about itself, to everybody."""
    for entry in library.by_topic[topic]:
        if entry.is_in_force(day):
            facts = (fact for fact in entry.facts_on(day) if fact.about == about and not fact.audience)
            yield from ((fact.facet, entry.question_of(fact)) for fact in facts)

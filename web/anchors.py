"""Where on the page of its entry a card stands."""

from __future__ import annotations

from datetime import date

from search.answer import make_card
from search.model import Card
from search.service import Service


def fact_address(card: Card, service: Service, day: date) -> str:
    """The path of the card's entry as it is on `day`, to the fact itself where it is there and not at the very top.

    A total is of several facts, so it leads to the top.
    """
    entry = service.library.entries.get(card.entry.id)
    facts = entry.facts_on(day) if entry else ()
    for number, fact in enumerate(facts, 1):
        if entry and _same(card, make_card(entry, fact, day)):
            at_top = number == 1 and card.question == entry.title
            return entry.url if at_top else f"{entry.url}#answer-{number}"
    return card.entry.url


def _same(asked: Card, written: Card) -> bool:
    """Whether both are of one fact: what a question changes in a card is its answer, not these."""
    return all(
        getattr(asked, part) == getattr(written, part)
        for part in ("question", "facet", "items", "steps", "values", "sources", "effective")
    )

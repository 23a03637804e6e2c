"""Where on the page of its entry a card stands."""

from __future__ import annotations

from datetime import date

from kb.library import Library
from search.cards import fact_on
from search.model import Card


def fact_address(card: Card, library: Library, day: date) -> str:
    """The path of the card's entry as it is on `day`, to the fact itself where it is there and not at the very top."""
    fact = fact_on(card, library)
    facts = library.entries[card.entry.id].facts_on(day) if fact else ()
    if fact not in facts or (fact == facts[0] and card.question == card.entry.title):
        return card.entry.url
    return f"{card.entry.url}#answer-{facts.index(fact) + 1}"

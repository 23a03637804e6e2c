"""What was and what will be: other periods of an entry's facts, and entries that this one has replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kb.library import Library
from kb.model import Entry
from search.cards import make_card
from search.model import Card, EffectiveSpan


@dataclass(frozen=True)
class History:
    """`coming` and `past` are cards of facts that do not hold today, the nearest to today first.

    `earlier` are the entries that this one has replaced: they name it as what holds now, and are over; the latest first.
    """

    coming: tuple[Card, ...]
    past: tuple[Card, ...]
    earlier: tuple[Entry, ...]


def history_of(entry: Entry, library: Library, today: date) -> History:
    """The history of an entry as far as the content tells it."""
    coming = [fact for fact in entry.facts if fact.effective.from_ and today < fact.effective.from_]
    past = [fact for fact in entry.facts if fact.effective.to and fact.effective.to < today]
    coming.sort(key=lambda fact: fact.effective.from_ or date.max)
    past.sort(key=lambda fact: fact.effective.to or date.min, reverse=True)
    return History(
        coming=tuple(make_card(entry, fact, fact.effective.from_ or today) for fact in coming),
        past=tuple(make_card(entry, fact, fact.effective.to or today) for fact in past),
        earlier=tuple(old for old in library.earlier.get(entry.id, ()) if old.status_on(today).is_over),
    )


def span(period: EffectiveSpan) -> str:
    """A period in plain Chinese; empty when both ends are open."""
    if period.from_ and period.to:
        return f"{period.from_} 至 {period.to}"
    if period.from_:
        return f"{period.from_} 起"
    return f"到 {period.to} 为止" if period.to else ""

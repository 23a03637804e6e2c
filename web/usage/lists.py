"""The living lists, from what was counted: popular questions, recommended entries, how often each question is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from kb.library import Library
from kb.model import Entry
from search.interval import likely_range
from search.text import question_key
from web.usage.store import AskedWording, Votes

DAYS = timedelta(days=30)
"""How far back the public lists look."""
MIN_SESSIONS = 3
"""Sessions in which a question was asked, in any words, before it is popular and moves suggestions: fewer may well be one
visitor's."""
MIN_HELPFUL = 3
SURE = 0.5
"""The share of helpful votes to be sure of before an entry is recommended, see `surely_helpful`: four of four are enough."""
POPULAR = 8
RECOMMENDED = 5


@dataclass(frozen=True)
class Lists:
    """The best first. `popular` are (question, entry id), always in an editor's words; `recommended` are entry ids.

    `use` has the sessions of each question, by the question of the card that it got.
    """

    popular: tuple[tuple[str, str], ...] = ()
    recommended: tuple[str, ...] = ()
    use: Mapping[str, int] = field(default_factory=dict)


def make_lists(asked: Iterable[AskedWording], votes: Iterable[Votes], library: Library, today: date) -> Lists:
    """The lists of a day; `asked` and `votes` are those of the last DAYS."""
    use: Counter[tuple[str, str]] = Counter()
    for each in asked:
        entry = library.entries.get(each.entry)
        if not each.answered or entry is None or not entry.is_in_force(today):
            continue
        shown = each.title if each.title in _questions(entry) else entry.title
        use[shown, entry.id] += each.sessions
    by_title: Counter[str] = Counter()
    for (title, _), times in use.items():
        by_title[title] += times
    good = [each for each in votes if each.helpful >= MIN_HELPFUL and each.entry in library.entries]
    good.sort(key=lambda each: (-surely_helpful(each), each.entry))
    return Lists(
        popular=tuple(question for question, times in use.most_common() if times >= MIN_SESSIONS),
        recommended=tuple(each.entry for each in good if surely_helpful(each) >= SURE),
        use={title: times for title, times in by_title.items() if times >= MIN_SESSIONS},
    )


def popular_questions(lists: Lists, library: Library, today: date) -> tuple[str, ...]:
    """The popular questions of the home page: those in use, then the editors' until there are POPULAR."""
    used = [question for question, ident in lists.popular if _holds(library, ident, today)]
    return _filled(used, library.site.home.popular, POPULAR)


def recommended_entries(lists: Lists, library: Library, today: date) -> tuple[Entry, ...]:
    """The recommended entries of the home page: those found helpful, then the editors' until there are RECOMMENDED."""
    idents = dict.fromkeys((*lists.recommended, *library.site.home.recommended))
    return tuple(library.entries[ident] for ident in idents if _holds(library, ident, today))[:RECOMMENDED]


def surely_helpful(votes: Votes) -> float:
    """The share of helpful votes that we may be sure of: the lower bound of the likely range, 0 without votes."""
    of = votes.helpful + votes.unhelpful
    return likely_range(votes.helpful, of)[0] if of else 0.0


def own_wordings(library: Library, today: date) -> frozenset[str]:
    """Every title, question and alias of the entries in force, by `question_key`."""
    return frozenset(question_key(asking.text) for entry in library.in_force(today) for asking in entry.askings())


def _questions(entry: Entry) -> set[str | None]:
    return {entry.title, *(fact.question for fact in entry.facts)}


def _holds(library: Library, ident: str, today: date) -> bool:
    return ident in library.entries and library.entries[ident].is_in_force(today)


def _filled(first: Sequence[str], then: Iterable[str], limit: int) -> tuple[str, ...]:
    known = {question_key(each): each for each in reversed([*first, *then])}
    return tuple(dict.fromkeys(known[question_key(each)] for each in [*first, *then]))[:limit]

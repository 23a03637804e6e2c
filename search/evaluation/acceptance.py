"""Acceptance: the content asked in its own words must find itself, and show its cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from kb.library import Library
from kb.model import Entry, EntryKind, Facet, Status
from search.progress import Progress, counted
from search.service import Service
from search.text import is_han, normalise, runs

TOP = 10
"""Results that a wording must be among, for the invariants."""
NOTHING = "没有结果"
"""What was got where nothing was found; no entry is called so."""


@dataclass(frozen=True)
class Wording:
    """One way in which the content itself asks for an entry. `kind` is title, question or alias.

    `card` says whether a card of the entry is promised, `facet` is that of the fact that must stand on it. An article's
    title promises none: what of it was meant is for the question to say.
    """

    text: str
    kind: str
    entry: Entry
    card: bool
    facet: Facet | None

    @property
    def own(self) -> set[str]:
        """The entries that count as found."""
        return _own(self.entry)

    @property
    def expected(self) -> str:
        """The entry, and the facet that is promised."""
        return f"{self.entry.id}#{self.facet}" if self.facet else self.entry.id


@dataclass(frozen=True)
class Miss:
    """A wording that did not find what it must: `expected` and `got` name entries, with `#facet` for a card."""

    wording: str
    expected: str
    got: str


@dataclass(frozen=True)
class Acceptance:
    """How the content answers to its own words; `asked` and `right` count wordings by kind."""

    asked: Mapping[str, int]
    right: Mapping[str, int]
    misses: tuple[Miss, ...]


@dataclass(frozen=True)
class LostPair:
    """Two characters that did not find all they must: `missing` are the entries, of `titles` that have both."""

    pair: str
    missing: tuple[str, ...]
    titles: int

    @property
    def wholly(self) -> bool:
        """Whether none of the titles was found."""
        return len(self.missing) == self.titles


@dataclass(frozen=True)
class Invariants:
    """What can be found among the first results.

    `pairs` counts the two-character substrings of titles. Each must find all titles that have it; where these are more
    than there are places (`crowded`), one of them. `lost` lists those that do not.
    """

    wordings: int
    misses: tuple[Miss, ...]
    pairs: int
    crowded: int
    lost: tuple[LostPair, ...]

    @property
    def asked(self) -> int:
        """Wordings and pairs."""
        return self.wordings + self.pairs

    @property
    def kept(self) -> int:
        """The wordings and pairs that found what they must."""
        return self.asked - len(self.misses) - len(self.lost)


def wordings(entries: Iterable[Entry], day: date) -> Iterator[Wording]:
    """Every title, question and alias, with the card that it must get on that day."""
    for entry in entries:
        current = entry.facts_on(day)
        first = entry.facts[0] if entry.kind is EntryKind.faq and entry.facts else None
        facet = first.facet if first in current else None
        card = first in current
        yield Wording(entry.title, "title", entry, card, facet)
        for alias in entry.aliases:
            yield Wording(alias, "alias", entry, card, facet)
        for fact in entry.facts:
            promised = fact in current
            if fact.question and fact.question != entry.title:
                yield Wording(fact.question, "question", entry, promised, fact.facet)
            for alias in fact.aliases:
                yield Wording(alias, "alias", entry, promised, fact.facet)


def in_force(library: Library, day: date) -> Iterator[Entry]:
    """The entries that hold on a day."""
    return (entry for entry in library.entries.values() if entry.status_on(day) is Status.in_force)


def acceptance(service: Service, report: Progress, day: date) -> Acceptance:
    """Ask every wording of every entry in force: it comes first, and its card is shown."""
    known = list(wordings(in_force(service.library, day), day))
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    misses = []
    for wording in counted("问自己的问法", known, report):
        miss = _asked(service, wording, day)
        asked[wording.kind] += 1
        right[wording.kind] += miss is None
        misses += [miss] if miss else []
    return Acceptance(dict(asked), dict(right), tuple(misses))


def _asked(service: Service, wording: Wording, day: date) -> Miss | None:
    answer = service.ask(wording.text, as_of=day)
    first = answer.results[0].id if answer.results else NOTHING
    if first not in wording.own:
        return Miss(wording.text, wording.expected, first)
    if not wording.card:
        return None
    card = answer.card
    if card is None:
        return Miss(wording.text, wording.expected, "没有卡片")
    if (card.entry.id, card.facet) != (wording.entry.id, wording.facet):
        return Miss(wording.text, wording.expected, f"{card.entry.id}#{card.facet}")
    return None


def invariants(service: Service, report: Progress, day: date) -> Invariants:
    """Search for every wording of every entry, and for every two characters that titles have together."""
    entries = service.library.entries
    known = list(wordings(entries.values(), day))
    misses = []
    for wording in counted("搜索自己的问法", known, report):
        found = _found(service, wording.text, day)
        if wording.own.isdisjoint(found):
            misses.append(Miss(wording.text, wording.entry.id, next(iter(found), NOTHING)))
    owners = _pairs(entries.values())
    lost = []
    for pair, having in counted("搜索标题里的两个字", owners.items(), report):
        found = _found(service, pair, day)
        missing = tuple(ident for ident in having if _own(entries[ident]).isdisjoint(found))
        if len(missing) == len(having) or (missing and len(having) <= TOP):
            lost.append(LostPair(pair, missing, len(having)))
    crowded = sum(len(having) > TOP for having in owners.values())
    return Invariants(len(known), tuple(misses), len(owners), crowded, tuple(lost))


def _own(entry: Entry) -> set[str]:
    """The entries that count as this one found: a FAQ section's article says the same."""
    return {entry.id, entry.parent or entry.id}


def _found(service: Service, text: str, day: date) -> list[str]:
    return [result.id for result in service.search(text, per_page=TOP, as_of=day).results]


def _pairs(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Two neighbouring Han characters, and the entries whose titles have them."""
    owners: dict[str, dict[str, None]] = {}
    for entry in entries:
        for run in filter(is_han, runs(normalise(entry.title))):
            for first, second in pairwise(run):
                owners.setdefault(first + second, {})[entry.id] = None
    return {pair: list(having) for pair, having in owners.items()}

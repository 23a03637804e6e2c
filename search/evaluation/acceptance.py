"""Acceptance: the content asked in its own words must find itself, and show its cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from kb.model import Entry, Facet
from search.progress import Progress, counted
from search.service import Service, Wanted
from search.text import is_han, normalise, runs

TOP = 10
"""Results that a wording must be among, for the invariants."""
NOTHING = "没有结果"
"""What was got where nothing was found; no entry is called so."""


@dataclass(frozen=True)
class Promise:
    """What one way of asking for an entry must find. `kind` is title, question or alias.

    `facet` is that of the fact that must stand on a card, None where no card is promised. An article's title promises
    none: what of it was meant is for the question to say.
    """

    text: str
    kind: str
    entry: Entry
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


def promises(entries: Iterable[Entry], day: date) -> Iterator[Promise]:
    """Every title, question and alias, with the card that it must get on that day."""
    for entry in entries:
        current = entry.facts_on(day)
        lead = next(filter(entry.leads, current), None)
        for text, index, alias in entry.askings():
            kind = "alias" if alias is not None else "title" if index is None else "question"
            if kind != "question" or text != entry.title:
                fact = lead if index is None else entry.facts[index]
                yield Promise(text, kind, entry, fact.facet if fact and fact in current else None)


def acceptance(service: Service, report: Progress, day: date) -> Acceptance:
    """Ask every wording of every entry in force: it comes first, and its card is shown."""
    known = list(promises(service.library.in_force(day), day))
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    misses = []
    for promise in counted("问自己的问法", known, report):
        miss = _asked(service, promise, day)
        asked[promise.kind] += 1
        right[promise.kind] += miss is None
        misses += [miss] if miss else []
    return Acceptance(dict(asked), dict(right), tuple(misses))


def _asked(service: Service, promise: Promise, day: date) -> Miss | None:
    answer = service.ask(promise.text, as_of=day)
    first = answer.results[0].id if answer.results else NOTHING
    if first not in promise.own:
        return Miss(promise.text, promise.expected, first)
    if promise.facet is None:
        return None
    card = answer.card
    if card is None:
        return Miss(promise.text, promise.expected, "没有卡片")
    if (card.entry.id, card.facet) != (promise.entry.id, promise.facet):
        return Miss(promise.text, promise.expected, f"{card.entry.id}#{card.facet}")
    return None


def invariants(service: Service, report: Progress, day: date) -> Invariants:
    """Search for every wording of every entry, and for every two characters that titles have together."""
    entries = service.library.entries
    known = list(promises(entries.values(), day))
    misses = []
    for promise in counted("搜索自己的问法", known, report):
        found = _found(service, promise.text, day)
        if promise.own.isdisjoint(found):
            misses.append(Miss(promise.text, promise.entry.id, next(iter(found), NOTHING)))
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
    return [result.id for result in service.search(text, Wanted(as_of=day), per_page=TOP).results]


def _pairs(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Two neighbouring Han characters, and the entries whose titles have them."""
    owners: dict[str, dict[str, None]] = {}
    for entry in entries:
        for run in filter(is_han, runs(normalise(entry.title))):
            for first, second in pairwise(run):
                owners.setdefault(first + second, {})[entry.id] = None
    return {pair: list(having) for pair, having in owners.items()}

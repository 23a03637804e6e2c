"""Adding up: what a person tells of himself (46 岁，大专，社保 12 年) from the tables that the content declares to add up.

A total is told only where every word and number of the question is understood: a row of a table, something that the
content declares to be said in passing, or a word that tells nothing. A total with one thing left out (补缴, 拘留过)
would be a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kb.claims import matter_of_table
from kb.library import Library
from kb.model import Entry, Facet, Fact, Part, Total, Value
from search.answer import holds, make_card
from search.lexicon import alternation, circumstances, people, stopwords
from search.model import Card, CardKind
from search.quantities import times
from search.query import CLAUSE, Query, facet_spans
from search.text import MEASURES, normalise, placed

LEAST = 2
"""Parts that somebody must tell of himself: who names one asks for that one."""
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_COUNTED = re.compile(rf"\s*(?:{'|'.join(MEASURES)}|[万千百半%月周号人])")
"""What follows a number that counts something: 46 个月 is no 46."""
_NEGATION = re.compile("[不没未无非]")
_ABOUT = re.compile("快|马上|即将|将近|接近|差不多|差点|大概|大约|左右|上下|以[上下内]|或者|还是|每年|逐年")
"""What makes a number or a case none that could be added."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a table that somebody names, which part of the total it is, and what it counts."""

    part: int
    entry: Entry
    fact: Fact
    value: Value
    points: int


@dataclass(frozen=True)
class Sheet:
    """A fact with a total, and the tables that it is added up from, those of each part together."""

    entry: Entry
    fact: Fact
    total: Total
    tables: tuple[tuple[tuple[Entry, Fact], ...], ...]

    @cached_property
    def _rows(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows that a name stands for; those without a plain number count for nothing that can be added."""
        plain = re.compile(rf"([−-]?)(\d{{1,5}}) *{re.escape(self.total.unit)}")
        rows: dict[str, tuple[Row, ...]] = {}
        for part, tables in enumerate(self.tables):
            for entry, fact in tables:
                for value in fact.values:
                    if found := plain.fullmatch(value.value):
                        points = -int(found[2]) if found[1] else int(found[2])
                        for name in dict.fromkeys(map(normalise, (value.of, *value.aliases))):
                            rows[name] = (*rows.get(name, ()), Row(part, entry, fact, value, points))
        return rows

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return alternation(self._rows)

    @cached_property
    def _asked(self) -> re.Pattern[str]:
        return alternation((*map(normalise, self.total.asked), str(self.total.goal)))

    @cached_property
    def _beside(self) -> re.Pattern[str]:
        """What may be said beside rows: what asks for the total, what ties a number to a table, what is said in passing."""
        goal = f"{self.total.goal}{self.total.unit}"
        near = (word for part in self.total.parts for word in part.near)
        return alternation(map(normalise, (*self.total.asked, *near, *self.total.passing, goal, str(self.total.goal))))

    def card(self, query: Query, day: date) -> Card | None:
        """What the question's own case adds up to, or None when not all of it is understood."""
        if not self._asked.search(query.text) or _ABOUT.search(query.text) or not self._holds(day):
            return None
        named = list(self._named(query.text, day))
        rows = {row: query.text[slice(*span)] for span, row in named}
        if len({row.part for row in rows}) < LEAST or len({id(row.fact) for row in rows}) < len(rows):
            return None
        lasting = list(times(query.text))
        least = max((row.value.months or 0 for row in rows), default=0)
        if least and any(months < least for _, months in lasting):
            return None
        said = [span for span, _ in named] + [span for span, _ in lasting if least]
        return self._card(rows, query, day) if self._is_all(query, said) else None

    def _holds(self, day: date) -> bool:
        """Whether the total holds on a day, and a table of each part."""
        every = all(any(holds(*table, day) for table in tables) for tables in self.tables)
        return every and holds(self.entry, self.fact, day)

    def _named(self, text: str, day: date) -> Iterator[tuple[tuple[int, int], Row]]:
        """The rows that a text names of what holds on a day, each with its place."""
        for match in self._pattern.finditer(text):
            if match[0].isdigit() and _COUNTED.match(text, match.end()):
                continue
            rows = [
                row
                for row in self._rows[match[0]]
                if holds(row.entry, row.fact, day) and _is_near(self.total.parts[row.part], text, *match.span())
            ]
            if len(rows) == 1:
                yield match.span(), rows[0]

    def _is_all(self, query: Query, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether a question says nothing but rows, at some places, and what does not change the total."""
        text = query.text
        places = {place for span in spans for place in range(*span)}
        for match in self._beside.finditer(text):
            places.update(range(*match.span()))
        if any(not places.issuperset(range(*match.span())) for match in _NUMBER.finditer(text)):
            return False
        whether = (self.fact.facet, Facet.eligibility)  # 能到 120 吗 asks for the total as well
        other = ((start, end) for start, end, facet in facet_spans(text) if facet not in whether)
        if any(not places.issuperset(range(*span)) for span in other):
            return False
        rest = [(end, cut) for start, end, cut in placed(query.cuts, text) if not places.issuperset(range(start, end))]
        plain = stopwords() | circumstances() | people()
        return all(cut in plain and (end == len(text) or not _NEGATION.search(cut)) for end, cut in rest)

    def _card(self, rows: Mapping[Row, str], query: Query, day: date) -> Card | None:
        """The card of rows, each with how it was named: the highest of each part counts.

        None where the total falls short, and a part that everybody has was not told.
        """
        highest: dict[int, Row] = {}
        ordered = sorted(rows, key=lambda row: (row.part, -row.points))
        left = [row for row in ordered if highest.setdefault(row.part, row) is not row]
        counted = highest.values()
        total, goal, unit = sum(row.points for row in counted), self.total.goal, self.total.unit
        if total < goal and any(part.needed and number not in highest for number, part in enumerate(self.total.parts)):
            return None
        cards = [make_card(row.entry, row.fact, day) for row in counted]
        own = make_card(self.entry, self.fact, day, 1.0, query)
        short = goal - total
        reached = f"不到 {goal} {unit}，还差 {short} {unit}" if short > 0 else f"够 {goal} {unit}；每一项的条件见下面"
        sources = dict.fromkeys(source for card in (own, *cards) for source in card.sources)
        notes = (
            self.total.note,
            *(f"{row.value.of}的 {row.value.value}没有另加：只取较高的一项。" for row in left if row.points),
            *(f"{row.fact.about}：{note}" for row, card in zip(counted, cards, strict=True) for note in card.remarks),
        )
        return own.model_copy(
            update={
                "kind": CardKind.table,
                "question": f"{'、'.join(_of(row, rows[row]) for row in counted)}，合计多少{unit}？",
                "answer": f"按您说的这几项，合计 {total} {unit}，{reached}。",
                "values": (
                    *(Value(of=f"{row.fact.about}：{row.value.of}", value=row.value.value) for row in counted),
                    Value(of="合计", value=f"{total} {unit}"),
                ),
                "notes": notes,
                "remarks": notes,
                "verification": max((own, *cards), key=_doubtfulness).verification,
                "sources": tuple(sources),
            }
        )


def _doubtfulness(card: Card) -> int:
    return [*type(card.verification)].index(card.verification)


def _of(row: Row, named: str) -> str:
    """A row as it was named; of a number also what it is of."""
    return f"{row.fact.about} {named}" if named[0].isdigit() else named


def _is_near(part: Part, text: str, start: int, end: int) -> bool:
    """Whether one of the words stands in the same clause as a time, without another time between them."""
    if not part.near:
        return True
    apart = re.compile(rf"{CLAUSE.pattern}|[0-9]+ *年")
    before, after = apart.split(text[:start])[-1], apart.split(text[end:])[0]
    return any(word in before or word in after for word in map(normalise, part.near))


def sheets_of(library: Library) -> tuple[Sheet, ...]:
    """The totals that a library declares, but for those of which a table is not there."""
    found = (_sheet(library, *place) for path in library.ledger.totals for place in library.ledger.totals[path])
    return tuple(sheet for sheet in found if sheet)


def _sheet(library: Library, ident: str, index: int) -> Sheet | None:
    entry = library.entries[ident]
    fact = entry.facts[index]
    assert fact.total  # noqa: S101  the ledger says so
    tables = tuple(
        tuple(_table(library, place) for about in part.tables for place in _places(library, entry, fact, about))
        for part in fact.total.parts
    )
    return Sheet(entry, fact, fact.total, tables) if all(tables) else None


def _places(library: Library, entry: Entry, fact: Fact, about: str) -> tuple[tuple[str, int], ...]:
    return library.ledger.tables[matter_of_table(entry, fact, about)]


def _table(library: Library, place: tuple[str, int]) -> tuple[Entry, Fact]:
    entry = library.entries[place[0]]
    return entry, entry.facts[place[1]]

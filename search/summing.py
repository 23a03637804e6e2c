"""Adding up: what a person tells of himself (46 岁，大专，社保 12 年) from the tables that the content declares to add up.

A total is told only where every character of the question is understood: a row of a table, what the content declares
to be said in passing, or a word of `PLAIN`. A total with one thing left out (补缴, 在外地, 老公的中级职称) would be a
wrong answer; so even words that tell no topic (以前, 想, 可以) are none that may be passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kb.claims import matter_of_table
from kb.library import Library
from kb.model import Entry, Fact, Part, Total, Value
from search.answer import holds, make_card
from search.lexicon import alternation, people
from search.model import Card, CardKind
from search.quantities import times
from search.query import CLAUSE, Query
from search.text import MEASURES, normalise

LEAST = 2
"""Parts that somebody must tell of himself: who names one asks for that one."""
MYSELF = ("我", "本人")
PLAIN = (
    *"的了吗么呢啊呀吧嘛伐哦是有和跟加",
    "您好",
    "你好",
    "请",
    "请问",
    "问一下",
    "问",
    "谢谢",
    "麻烦",
    "还有",
    "加上",
)
"""Words that change nobody's case, wherever they stand."""
_NOW = r"(?:今年|现在|目前)(?=[0-9]{2}(?:周?岁|[,、 ]|$))"
"""What tells that an age is of today; 今年毕业 and 现在 3 倍 change the case."""
_MORE = r"(?<=[0-9]年)(?:多(?!少)|半|零?[0-9]{1,2}个?月)|(?<=岁)半"
"""What is over a full year, and does not count."""
_MONTHS = r"[0-9]{1,3}个?月"
_OR_NOT = r"(?<=[0-9分够标了])[不没]有?(?=\W*$)"
"""A negation at the end that only asks (够 120 分不)."""
_THEN = re.compile(r"[0-9][^,。;!? ]*毕业|毕业[^,。;!? ]*[0-9]")
"""A number in one clause with what happened then (20 岁毕业)."""
_COUNTED = re.compile(rf"{'|'.join(MEASURES)}|[万千百半%月周号人]")
"""What follows a number that counts something: 46 个月 is no 46."""
_OF_SOMETHING = re.compile("[够到满差要得第]$")
"""What stands before a number that is no age (够 60 吗)."""
_SPACED = re.compile(r"(?<=[0-9]) (?=[^\W0-9a-z])|(?<=[^\W0-9a-z]) (?=[0-9])")


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a table, which part of the total it belongs to, and what it counts."""

    part: int
    entry: Entry
    fact: Fact
    value: Value
    points: int


Said = re.Match[str]


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
        plain = re.compile(rf"(\d{{1,5}}) *{re.escape(self.total.unit)}")
        rows: dict[str, tuple[Row, ...]] = {}
        for part, tables in enumerate(self.tables):
            for entry, fact in tables:
                for value in fact.values:
                    if found := plain.fullmatch(value.value):
                        for name in dict.fromkeys(map(normalise, (value.of, *value.aliases))):
                            rows[name] = (*rows.get(name, ()), Row(part, entry, fact, value, int(found[1])))
        return rows

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Matches whatever may be said, the longest first."""
        total = self.total
        near = (word for part in total.parts for word in part.near)
        words = map(normalise, (*PLAIN, *MYSELF, *people(), *self._asks, *total.passing, *near))
        known = alternation({*self._rows, *words}).pattern
        return re.compile("|".join((_NOW, _MORE, _MONTHS, _OR_NOT, known)))

    @property
    def _asks(self) -> tuple[str, ...]:
        return (*self.total.asked, str(self.total.goal), f"{self.total.goal}{self.total.unit}")

    @cached_property
    def _asked(self) -> re.Pattern[str]:
        return alternation(map(normalise, self._asks))

    @cached_property
    def _never(self) -> re.Pattern[str]:
        return re.compile(f"{alternation(map(normalise, self.total.never)).pattern}|{_THEN.pattern}")

    def card(self, query: Query, day: date) -> Card | None:
        """What the question's own case adds up to, or None when not all of it is understood."""
        text = _SPACED.sub("", query.text)
        if not self._asked.search(text) or self._never.search(text) or not self._holds(day):
            return None
        said = list(self._pattern.finditer(text))
        named = [match for match in said if match[0] in self._rows]
        if not _is_all(text, said) or not _is_of_one(said, named):
            return None
        every = {row: match for match in named if (row := self._row(match, day))}
        if len(every) < len(named) or not _lasts(text, every):
            return None
        rows = _without_times_of_rows(every)
        if len({row.fact.about for row in rows}) < len(rows) or len({row.part for row in rows}) < LEAST:
            return None
        return self._card({row: match[0] for row, match in rows.items()}, query, day)

    def _holds(self, day: date) -> bool:
        """Whether the total holds on a day, and a table of each part."""
        every = all(any(holds(*table, day) for table in tables) for tables in self.tables)
        return every and holds(self.entry, self.fact, day)

    def _row(self, match: Said, day: date) -> Row | None:
        """The row that is named at a place, of what holds on a day; None where the name stands for something else."""
        text, (start, end) = match.string, match.span()
        if match[0].isdigit() and (_COUNTED.match(text, end) or _OF_SOMETHING.search(text, 0, start)):
            return None
        rows = [row for row in self._rows[match[0]] if holds(row.entry, row.fact, day)]
        rows = [row for row in rows if _is_near(self.total.parts[row.part], text, start, end)]
        return rows[0] if len(rows) == 1 else None

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


def _is_all(text: str, said: Sequence[Said]) -> bool:
    """Whether nothing but punctuation is left of a text between what was understood."""
    ends = [0, *(match.end() for match in said)]
    starts = [*(match.start() for match in said), len(text)]
    return not any(re.search(r"\w", text[end:start]) for end, start in zip(ends, starts, strict=True))


def _is_of_one(said: Sequence[Said], named: Sequence[Said]) -> bool:
    """Whether a case is told of one person: the visitor, or somebody who is named once, before anything is told of him."""
    others = [match for match in said if match[0] in people()]
    if not others or not named:
        return not others
    return (
        len(others) == 1
        and others[0].start() < named[0].start()
        and not any(match[0] in MYSELF for match in said if match.start() > others[0].start())
    )


def _is_near(part: Part, text: str, start: int, end: int) -> bool:
    """Whether one of the words stands in the same clause as a time, without another time between them."""
    if not part.near:
        return True
    apart = re.compile(rf"{CLAUSE.pattern}|[0-9]+年")
    before, after = apart.split(text[:start])[-1], apart.split(text[end:])[0]
    return any(word in before or word in after for word in map(normalise, part.near))


def _without_times_of_rows(rows: Mapping[Row, Said]) -> Mapping[Row, Said]:
    """Rows without those that only tell how long another one lasted, where a table is named elsewhere, too.

    社保 12 年，其中 2 倍基数 3 年: the 3 years are among the 12.
    """

    def lasting(row: Row) -> bool:
        clause = _clause(rows[row].string, rows[row].start())
        return not row.value.months and any(
            other.value.months and _clause(match.string, match.start()) == clause for other, match in rows.items()
        )

    tables = Counter(row.fact.about for row in rows)
    return {row: match for row, match in rows.items() if tables[row.fact.about] == 1 or not lasting(row)}


def _lasts(text: str, rows: Mapping[Row, Said]) -> bool:
    """Whether each time in the clause of a row that needs one is long enough, and no months stand anywhere else."""
    least = {_clause(text, match.start()): row.value.months for row, match in rows.items() if row.value.months}
    full = ((span, months) for span, months in times(text) if not re.search("[0-9]年零?$", text[: span[0]]))
    told = ((least.get(_clause(text, start)), months, text[end - 1]) for (start, end), months in full)
    return all(months >= needed if needed else unit != "月" for needed, months, unit in told)


def _clause(text: str, place: int) -> int:
    """Which clause of a text a place is in, counted from 0."""
    return len(CLAUSE.findall(text[:place]))


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

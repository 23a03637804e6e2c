"""Cases: what a person tells of himself (46 岁，大专，社保 12 年), as rows of the tables that a total is added up from.

A question is read from its first character to its last, as phrases: who it is of, rows of tables with the words that
may stand right before and after each, what asks for the total. What is no such phrase ends it: a total with one thing
left out (补缴, 在外地, 老公的中级职称) would be a wrong answer, and words that tell no topic (以前, 才, 可以) change a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kb.claims import matter_of_table
from kb.library import Library
from kb.model import Entry, Fact, Total, Value, points_of
from search.cards import holds
from search.chinese import closing, one_person, opening
from search.lexicon import alternation
from search.quantities import by_age, months_of
from search.query import Query
from search.text import MAX_QUERY, MEASURES, normalise

NOT_ADDED = "您说的情况没能全部读懂，所以没有合计。这里会加的是：{}。可以只写这几样再问一次，或者照分值表自己加。"
"""What is said to who tells a case that is not added up."""
LEAST = 2
"""Parts that somebody must tell of himself: who names one asks for that one."""
LASTING = 120
"""Months up to which a time beside a row may tell how long that lasted; longer ones are years of the calendar (25年交的)."""
GROWN = 23
"""An age below which somebody who is named may be a child, with the visitor's own case told behind."""
_BREAK = r"[\s,.、。;!?~…]"
_TIME = r"(?:[0-9]{1,3}个?月|[0-9]{1,3}年)"
_MORE = r"(?:(?<=[0-9]年)(?:多(?!少)|半|零?(?:[1-9]|1[01])个月))?"
"""What is over a full year, and does not count."""
_COUNTED = re.compile(rf" *(?:{'|'.join(MEASURES)}|[万千百半%月周号人])|\.[0-9]")
"""What follows a number that counts something: 46 个月 is no 46."""
_OF_ALL = re.compile("[够到达过差算总]|及格|一共|合计|加起来|办|申请")
"""What asks for a total even where only one row stands beside it (社保 12 年，还差几分)."""
_SPACED = re.compile(r"(?<=[0-9]) (?=[^\W0-9a-z])|(?<=[^\W0-9a-z]) (?=[0-9])")
"""A space between a number and a Han character, where one may stand or not."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a table, which part of the total it belongs to, and what it counts."""

    part: int
    entry: Entry
    fact: Fact
    value: Value
    points: int


@dataclass(frozen=True)
class Named:
    """A row as it is named: its name there, the whole phrase, and where in the text that begins."""

    row: Row
    name: str
    phrase: str
    start: int

    @property
    def number(self) -> int:
        """The number in the name: years, or an age."""
        found = re.search("[0-9]+", self.name)
        return int(found[0]) if found else 0

    @property
    def lasted(self) -> list[int]:
        """The months of every time that is told beside the name."""
        beside = re.findall("(?<![0-9])([0-9]+)(年|个?月)", self.phrase.replace(self.name, "", 1))
        return [months_of(number, unit) for number, unit in beside]


@dataclass(frozen=True)
class Sheet:
    """A fact with a total, and the tables that it is added up from, those of each part together; it reads cases."""

    entry: Entry
    fact: Fact
    total: Total
    tables: tuple[tuple[tuple[Entry, Fact], ...], ...]

    @property
    def not_added(self) -> str:
        """What can be told of a case, said to who told one that is not added up."""
        return NOT_ADDED.format("、".join(table for part in self.total.parts for table in part.tables))

    @cached_property
    def _rows(self) -> Sequence[Mapping[str, tuple[Row, ...]]]:
        """For each part the rows that a name stands for; those without a plain number count for nothing to be added."""
        parts: list[dict[str, tuple[Row, ...]]] = []
        for part, tables in enumerate(self.tables):
            rows: dict[str, tuple[Row, ...]] = {}
            for entry, fact in tables:
                for value in fact.values:
                    if (points := points_of(value, self.total.unit)) is not None:
                        row = Row(part, entry, fact, value, points)
                        for name in dict.fromkeys(map(_plain, (value.of, *value.aliases))):
                            rows[name] = (*rows.get(name, ()), row)
            parts.append(rows)
        return parts

    @cached_property
    def _phrase(self) -> re.Pattern[str]:
        """Any one phrase: of part 0, 1, … a row with what stands around it (groups `r0`, `r1`, …), or another kind.

        Runs of words are possessive, so that no text takes longer than its length.
        """
        total = self.total
        kinds = [
            f"{_run(part.before)}(?P<r{number}>{alternation(rows).pattern}){_MORE}"
            + (f"(?:{_any(part.after)}|{_TIME}{_MORE})*+" if _has_times(rows) else _run(part.after))
            for number, (part, rows) in enumerate(zip(total.parts, self._rows, strict=True))
        ]
        goal = (str(total.goal), f"{total.goal}{total.unit}")
        kinds += [
            f"(?P<who>(?:我(?:的)?)?{_any(one_person())})",
            "(?P<me>我|本人)",
            f"(?P<ask>{_any((*total.asked, *goal))}++{_run(closing())})(?={_BREAK}|$)",
            f"(?P<passing>(?<![^我{_BREAK[1:-1]}]){_any(total.passing)})(?={_BREAK}|$)",
            f"(?P<opening>(?<![^{_BREAK[1:-1]}]){_any(opening())})",
            f"(?P<break>{_BREAK}++)",
        ]
        return re.compile("|".join(kinds))

    @cached_property
    def _never(self) -> re.Pattern[str]:
        return alternation(map(_plain, self.total.never))

    def case(self, query: Query, day: date) -> dict[Row, str] | None:
        """The rows that the question's own case consists of, each with how it is named; None unless all is understood.

        Who tells a year of birth has either of two ages: what they are rows of must be the same.
        """
        sounded = any(correction.typed.isascii() for correction in query.corrections)
        if sounded or len(query.typed) > MAX_QUERY:
            return None
        texts = dict.fromkeys(by_age(_SPACED.sub("", query.text), day))
        cases = [case for text in texts if (case := self._case(text, day))]
        if len(cases) < len(texts) or any(case.keys() != cases[0].keys() for case in cases):
            return None
        return {row: "或".join(dict.fromkeys(case[row] for case in cases)) for row in cases[0]}

    def _case(self, text: str, day: date) -> dict[Row, str] | None:
        """See `case`."""
        if self._never.search(text):
            return None
        phrases = self._read(text)
        if not phrases or not self._holds(day):
            return None
        named = [self._named(phrases, place, day) for place, match in enumerate(phrases) if _is_row(match)]
        rows = [each for each in named if each]
        if len(rows) < len(named) or not self._is_one_case(rows) or not self._is_asked(text, phrases, rows):
            return None
        young = any(_is_age(each.name) and each.number < GROWN for each in rows)
        if young and any(_kind(match) == "who" for match in phrases):
            return None
        return {each.row: each.name for each in rows}

    def left_over(self, query: Query, day: date) -> str:
        """What a told case says beside rows and what is around them (拘留过, 其中三年补缴的); "" for what tells no case.

        A case names rows of two parts at least, and asks for the total or nothing.
        """
        text = _SPACED.sub("", query.text)
        phrases, left, place = [], [], 0
        while place < len(text):
            match = self._phrase.match(text, place)
            left.append(" " if match else text[place])
            phrases += [match] if match else []
            place = match.end() if match else place + 1
        rows = (self._named(phrases, number, day) for number, match in enumerate(phrases) if _is_row(match))
        parts = {each.row.part for each in rows if each}
        asked = not query.kinds or any(_kind(match) == "ask" for match in phrases)
        return "".join(left) if asked and len(parts) >= LEAST else ""

    def _read(self, text: str) -> list[re.Match[str]] | None:
        """The phrases of a text, in order; None unless they are all of it, and of one person.

        A person who is named is the one it is about: first of all, and then told an age. 我 after that is somebody else.
        """
        phrases: list[re.Match[str]] = []
        before: list[str] = []
        place = 0
        while place < len(text):
            match = self._phrase.match(text, place)
            if not match or not _may_follow(before, match):
                return None
            phrases.append(match)
            place = match.end()
            if _kind(match) != "break":
                before.append(_kind(match))
        return phrases

    def _holds(self, day: date) -> bool:
        """Whether the total holds on a day, and a table of each part."""
        every = all(any(holds(*table, day) for table in tables) for tables in self.tables)
        return every and holds(self.entry, self.fact, day)

    def _named(self, phrases: Sequence[re.Match[str]], place: int, day: date) -> Named | None:
        """The row that a phrase names, of what holds on a day; None where its name stands for something else.

        A bare number is a row only before all others, or beside what the table is of (年龄 46). What is tied to a word
        must not begin right behind an age with another one: 40岁才交社保 tells an age of then.
        """
        match, before = phrases[place], phrases[:place]
        kind, text = _kind(match), match.string
        name, part = match[kind], self.total.parts[int(kind[1:])]
        if name.isdigit():
            first = not any(_is_row(each) or _kind(each) == "ask" for each in before)
            if _COUNTED.match(text, match.end(kind)) or not (first or any(about in match[0] for about in part.tables)):
                return None
        if part.near:
            begun = any(match[0].startswith(_plain(word)) for word in part.near) or match.start() == match.start(kind)
            after_age = bool(before) and _is_row(before[-1]) and _is_age(before[-1][_kind(before[-1])])
            if not any(_plain(word) in match[0] for word in part.near) or (after_age and not begun):
                return None
        if re.search("有没", match[0]):
            return None
        rows = [row for row in self._rows[int(kind[1:])][name] if holds(row.entry, row.fact, day)]
        return Named(rows[0], name, match[0], match.start()) if len(rows) == 1 else None

    def _is_one_case(self, named: Sequence[Named]) -> bool:
        """Whether rows are of tables that are named once each, and their times are possible together."""
        parts = {each.row.part for each in named}
        if len(parts) < LEAST or len({each.row.fact.about for each in named}) < len(named):
            return False
        ages = [each.number for each in named if _is_age(each.name)]
        since = max((part.since or 0 for part in self.total.parts), default=0)
        years = [each for each in named if self.total.parts[each.row.part].since is not None]
        for each in named:
            told = [*each.lasted, *(12 * other.number for other in years if other is not each)]
            if any(months < (each.row.value.months or 0) for months in told):
                return False
            if any(months > min([LASTING, *(12 * other.number for other in years)]) for months in each.lasted):
                return False
        lasted = [each.number for each in years] + [months / 12 for each in named for months in each.lasted]
        return not any(age - number < since for age in ages for number in lasted)

    def _is_asked(self, text: str, phrases: Sequence[re.Match[str]], rows: Sequence[Named]) -> bool:
        """Whether the total of all rows is asked for; who tells every part that is needed, and only rows, asks for it.

        Not the points of the only row beside what asks (社保几分), nor whether one more would do (3 倍能到吗, 够吗？3 倍).
        """
        asks = [match for match in phrases if _kind(match) == "ask"]
        parts = [each.row.part for each in rows]
        for match in asks:
            if any(each.start < match.start() for each in rows) and any(each.start > match.start() for each in rows):
                return False
            begin = max((found.end() for found in re.finditer(_BREAK, text[: match.start()])), default=0)
            beside = [each.row.part for each in rows if begin <= each.start < match.start()]
            if len(beside) == 1 < len(rows):
                one_more = not self.total.parts[beside[0]].needed or parts.count(beside[0]) > 1
                if one_more or not (_OF_ALL.search(match[0]) or str(self.total.goal) in match[0]):
                    return False
        needed = {number for number, part in enumerate(self.total.parts) if part.needed}
        return bool(asks) or (bool(needed) and needed.issubset(parts))


def _plain(text: str) -> str:
    """A text normalised, and numbers with what they count written together."""
    return _SPACED.sub("", normalise(text))


def _any(words: Iterable[str]) -> str:
    """Any of some words, the longest first."""
    return f"(?:{alternation(set(map(_plain, words))).pattern})"


def _run(words: Iterable[str]) -> str:
    return f"{_any(words)}*+"


def _has_times(rows: Mapping[str, tuple[Row, ...]]) -> bool:
    return any(row.value.months for named in rows.values() for row in named)


def _kind(match: re.Match[str]) -> str:
    """The name of the group that a phrase is."""
    assert match.lastgroup  # noqa: S101  each alternative is one
    return match.lastgroup


def _is_row(match: re.Match[str]) -> bool:
    return _kind(match)[0] == "r"


def _may_follow(before: Sequence[str], match: re.Match[str]) -> bool:
    """Whether a phrase may follow those of some kinds, breaks left out."""
    kind = _kind(match)
    if kind == "who":
        return all(each == "opening" for each in before)
    if before[-1:] == ["who"]:
        return _is_age(match[kind])
    return kind != "me" or "who" not in before


def _is_age(name: str) -> bool:
    """Whether the name of a row is an age, bare or with its unit."""
    return name.isdigit() or "岁" in name


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

"""Suggestions while typing: by text, full pinyin, initials or a mixture, over the questions that can be answered.

Every wording (title, question of a fact, alias) is a row of signs, and all rows stand in one array, the best first.
What was typed is read in pieces, a sign each; a reading keeps the places where it may have begun, fewer with every
piece.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cached_property, lru_cache
from heapq import merge
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from kb.comparing import comparable_question
from kb.library import Library
from kb.model import Entry
from kb.tables import unshared
from search.model import Suggestion
from search.segmenter import Segmenter, make_segmenter
from search.spans import spans
from search.text import MAX_QUERY, is_han, normalise

SPELT = 131_072
"""Words whose spelling is remembered: it is slow, and what changes is mostly said in known words."""
_LONGEST_SOUND = len("zhuang")
_LONG_INITIALS = frozenset({"zh", "ch", "sh"})
"""Any one letter can stand for a sound that begins with it, and so can these."""

Sign = tuple[str, str]
"""A character and its sound: without tone for Han characters, the character itself for others."""
_END: Sign = ("", "")
_RUN = re.compile(r"[\u3400-\u9fff]+|.")
Numbers = NDArray[np.int32]
"""Places in the array of all rows, or numbers of rows or of signs."""


class _Level(IntEnum):
    """How much was spelled out; a reading has the level of its least spelled piece."""

    text = 0
    sounds = 1
    initials = 2


_Kind = tuple[bool, _Level]
"""A kind of match, the smallest is the best: whether it begins inside the wording, and its level."""


@dataclass(frozen=True)
class _Title:
    """A question as it is shown, for any of the wordings that ask it."""

    text: str
    entry: Entry


class Suggester:
    """Every title, question and alias of a library, ready to be found by what has been typed so far.

    `use` tells how often a title was asked; among matches of one kind the titles asked most come first, and before
    anybody asked those that the site's editors call popular. What `before` has of entries that did not change is used
    again: the rest stands in a small part of its own.
    """

    def __init__(self, library: Library, use: Mapping[str, int] | None = None, before: Suggester | None = None) -> None:
        entries = library.entries
        base: _Part | None = before.base if before else None
        new = unshared(entries, base.entries if base else {})
        # Without the terms of a lexicon, which take words apart (重新办 into 重 and 新办) that tell how characters sound.
        self._segmenter: Segmenter = before._segmenter if before else make_segmenter(())
        if base is None or len(new) > max(len(base.entries) // 10, 100):
            base, new = _Part.of(entries.values(), self._segmenter), []
        self.base: _Part = base
        self._parts = (base, _Part.of(new, self._segmenter))
        self._there = [
            np.array([entries.get(ident) is entry for ident, entry in part.entries.items()], np.bool_)
            for part in self._parts
        ]
        self._current = self._in_force(date.today())
        named = (library.ledger.wordings[comparable_question(text)] for text in library.site.home.popular)
        self._popular = tuple(wording.text for wordings in named for wording in wordings)
        self.follow_use(use or {})

    def follow_use(self, use: Mapping[str, int]) -> None:
        """Rank by this use from now on; the index stays, so it costs a look-up for each title that is used."""
        times = Counter(self._popular) + Counter(use)
        self._use = [part.use_of(times) for part in self._parts]

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """At most `limit` titles of entries in force today, each once.

        First those with a wording that begins with what was typed, then those with it inside; of each, first by text,
        then by full pinyin (which may break off in its last syllable), then by initials; text may be mixed with both.
        Within a kind: the most used, the shortest wording, the first id. Spaces and punctuation do not count.
        """
        text = "".join(filter(str.isalnum, normalise(typed, MAX_QUERY)))
        if not text or limit <= 0:
            return ()
        if self._current[0] != date.today():
            self._current = self._in_force(date.today())
        parts = zip(self._parts, self._current[1], self._use, strict=True)
        titles: dict[str, Entry] = {}
        for _, title in merge(*(part.best_first(text, wanted, use) for part, wanted, use in parts), key=itemgetter(0)):
            titles.setdefault(title.text, title.entry)
            if len(titles) == limit:
                break
        return tuple(Suggestion(title=title, url=entry.url, kind=entry.kind.value) for title, entry in titles.items())

    def _in_force(self, day: date) -> tuple[date, list[NDArray[np.bool_]]]:
        """The day, and for each wording of each part whether its entry is there and in force on it."""
        return day, [
            (there & part.in_force(day))[part.entry_of] for part, there in zip(self._parts, self._there, strict=True)
        ]


_Order = tuple[_Kind, int, int, str]
"""Kind of match, use (negative), signs of the wording, id of its entry: the smallest is shown first."""


@dataclass(frozen=True)
class _Part:
    """Some entries with their wordings, the shortest first.

    For each wording: `title_of` has the place of the title shown for it, `entry_of` that of its entry.
    """

    entries: Mapping[str, Entry]
    titles: Sequence[_Title]
    title_of: Numbers
    entry_of: Numbers
    rows: _Rows

    @classmethod
    def of(cls, entries: Iterable[Entry], segmenter: Segmenter) -> _Part:
        own = {entry.id: entry for entry in entries}
        titles: list[_Title] = []
        title_of: list[int] = []
        spelling = _Spelling(segmenter)
        for entry in own.values():
            for title, aliases in _asked(entry):
                titles.append(_Title(title, entry))
                for wording in (title, *aliases):
                    title_of.append(len(titles) - 1)
                    spelling.add(wording)
        places = {ident: place for place, ident in enumerate(own)}
        ranks = {ident: rank for rank, ident in enumerate(sorted(own))}
        shown_for = np.array(title_of, np.int32)
        entry_of = np.array([places[title.entry.id] for title in titles], np.int32)[shown_for]
        rank_of = np.array([ranks[title.entry.id] for title in titles], np.int32)[shown_for]
        order = np.lexsort((rank_of, spelling.lengths))
        return cls(own, titles, shown_for[order], entry_of[order], _Rows.of(spelling, order))

    @cached_property
    def _titles_of(self) -> Mapping[str, list[int]]:
        """The places of each text among the titles: entries may ask the same."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, title in enumerate(self.titles):
            places[title.text].append(place)
        return dict(places)

    def use_of(self, use: Mapping[str, int]) -> Numbers:
        """For each wording how often its title was asked."""
        found = np.zeros(len(self.titles), np.int32)
        for title, times in use.items():
            found[self._titles_of.get(title, [])] = times
        return found[self.title_of]

    @cached_property
    def in_force(self) -> Callable[[date], NDArray[np.bool_]]:
        """For each entry whether it is in force on a day."""
        entries = self.entries.values()

        @lru_cache(maxsize=2)
        def in_force(day: date) -> NDArray[np.bool_]:
            return np.array([entry.is_in_force(day) for entry in entries], np.bool_)

        return in_force

    def best_first(self, text: str, wanted: NDArray[np.bool_], use: Numbers) -> Iterator[tuple[_Order, _Title]]:
        """The titles of the wanted wordings that can be read as `text`, in their order."""
        for kind, row in self.rows.best_first(text, wanted, use):
            title = self.titles[self.title_of[row]]
            yield (kind, -int(use[row]), self.rows.length(row), title.entry.id), title


class _Spelling:
    """Wordings in signs, one after the other, with the number of each sign; number 0 is that of _END."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._words: dict[str, tuple[int, ...]] = {}
        self.numbers: dict[Sign, int] = {_END: 0}
        self._signs, self._lengths = array("i"), array("i")

    def add(self, wording: str) -> None:
        before = len(self._signs)
        for run in _RUN.findall(normalise(wording)):
            for word in self._segmenter.cut(run) if is_han(run) else (run,):
                known = self._words.get(word)
                self._signs.extend(self._numbered(word) if known is None else known)
        self._lengths.append(len(self._signs) - before)

    def _numbered(self, word: str) -> tuple[int, ...]:
        numbers = tuple(self.numbers.setdefault(sign, len(self.numbers)) for sign in _spelt(word))
        return self._words.setdefault(word, numbers)

    @property
    def signs(self) -> Numbers:
        return np.array(self._signs, np.int32)

    @property
    def lengths(self) -> Numbers:
        """How many signs each wording has."""
        return np.array(self._lengths, np.int32)


@dataclass(frozen=True)
class _Places:
    """Where each sign stands, of some places: sign `i` at `places[bounds[i] : bounds[i + 1]]`."""

    places: Numbers
    bounds: Numbers

    @classmethod
    def of(cls, signs: Numbers, places: Numbers, count: int) -> _Places:
        """These places in an array of signs, of which there are `count`."""
        there = signs[places]
        bounds = np.cumsum([0, *np.bincount(there, minlength=count)], dtype=np.int32)
        return cls(places[np.argsort(there, kind="stable")], bounds)

    def of_sign(self, sign: int) -> Numbers:
        """The places of one sign, in order."""
        return self.places[self.bounds[sign] : self.bounds[sign + 1]]


@dataclass(frozen=True)
class _Rows:
    """The signs of all rows in one array, as numbers; after each row _END, number 0, for which nothing can be typed.

    `row` has the row of each place, `first` the first place of each row. `begun` finds a sign where rows begin,
    `inside` anywhere else. The mappings give the signs with a character, with a sound (of Han characters), and with a
    sound that begins so and goes on.
    """

    signs: Numbers
    row: Numbers
    first: Numbers
    begun: _Places
    inside: _Places
    by_char: Mapping[str, list[int]]
    by_sound: Mapping[str, list[int]]
    by_beginning: Mapping[str, list[int]]

    @classmethod
    def of(cls, spelling: _Spelling, order: NDArray[np.intp]) -> _Rows:
        """The rows of wordings in this order."""
        lengths = spelling.lengths.astype(np.int64)
        starts, lengths = (np.cumsum(lengths) - lengths)[order], lengths[order]
        signs = np.insert(spelling.signs[spans(starts, lengths)], np.cumsum(lengths), 0)
        by_char, by_sound, by_beginning = (defaultdict[str, list[int]](list) for _ in range(3))
        for (char, sound), number in spelling.numbers.items():
            by_char[char].append(number)
            if sound != char:
                by_sound[sound].append(number)
                for end in range(1, len(sound)):
                    by_beginning[sound[:end]].append(number)
        row = np.repeat(np.arange(len(order), dtype=np.int32), lengths + 1)
        first = (np.cumsum(lengths + 1) - lengths - 1).astype(np.int32)
        others = np.delete(np.arange(len(signs), dtype=np.int32), first)
        begun, inside = (_Places.of(signs, places, len(spelling.numbers)) for places in (first, others))
        return cls(signs, row, first, begun, inside, dict(by_char), dict(by_sound), dict(by_beginning))

    def length(self, row: int) -> int:
        """How many signs a row has, with its _END."""
        end = self.first[row + 1] if row + 1 < len(self.first) else len(self.row)
        return int(end - self.first[row])

    def best_first(self, text: str, wanted: NDArray[np.bool_], use: Numbers) -> Iterator[tuple[_Kind, int]]:
        """The wanted rows that can be read as `text`, best kind of match first, then the most used, then as they stand.

        A row may come once for each kind.
        """
        for inside in (False, True):  # the second is most of the work, and not needed when the first has enough
            for level, rows in sorted(self._read(text, self.inside if inside else self.begun).items()):
                if inside and level is not _Level.text and len(text) == 1:
                    continue  # one letter sounds like too much
                matched = np.zeros(len(wanted), np.bool_)
                matched[rows] = True
                found = np.flatnonzero(matched & wanted)
                used = found[use[found] > 0]
                for row in (used[np.argsort(-use[used], kind="stable")], found[use[found] == 0]):
                    yield from (((inside, level), number) for number in row.tolist())

    def _read(self, text: str, at: _Places) -> dict[_Level, Numbers]:
        """The rows that can be read as `text`, which is not empty, from one of these places on, by level.

        A row may come twice.
        """
        # For each place in the text that readings have come to: where they began, by signs used and level.
        readings: list[dict[tuple[int, _Level], list[Numbers]]] = [defaultdict(list) for _ in range(len(text) + 1)]
        for end, level, signs in self._pieces(text, 0):
            readings[end][1, level] += [at.of_sign(sign) for sign in signs]
        for start in range(1, len(text)):
            pieces = list(self._pieces(text, start)) if readings[start] else []
            for (used, level), begun in readings[start].items():
                places = np.concatenate(begun)
                following = self.signs[places + used]
                for end, piece_level, signs in pieces:
                    wanted = np.zeros(len(at.bounds), np.bool_)
                    wanted[signs] = True
                    left = places[wanted[following]]
                    if len(left):
                        readings[end][used + 1, max(level, piece_level)].append(left)
        found: dict[_Level, list[Numbers]] = defaultdict(list)
        for (_, level), begun in readings[-1].items():
            found[level] += begun
        return {level: self.row[np.concatenate(parts)] for level, parts in found.items()}

    def _pieces(self, text: str, start: int) -> Iterator[tuple[int, _Level, list[int]]]:
        """What may be read from `start` as one sign: the end of the piece, its level, the signs it may stand for."""
        if text[start] in self.by_char:
            yield start + 1, _Level.text, self.by_char[text[start]]
        for end in range(start + 1, min(start + _LONGEST_SOUND, len(text)) + 1):
            piece = text[start:end]
            if piece in self.by_sound:
                yield end, _Level.sounds, self.by_sound[piece]
            if piece in self.by_beginning and (end == len(text) or len(piece) == 1 or piece in _LONG_INITIALS):
                yield end, _Level.sounds if end == len(text) else _Level.initials, self.by_beginning[piece]


def _asked(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The title with its aliases, and the question of each fact with its own."""
    yield entry.title, entry.aliases
    yield from ((fact.question, fact.aliases) for fact in entry.facts if fact.question)


@lru_cache(maxsize=SPELT)
def _spelt(word: str) -> tuple[Sign, ...]:
    """The letters, digits and Han characters of a word."""
    sounds = lazy_pinyin(word, errors=list)  # type: ignore[arg-type]  # a list is allowed: a sound a character
    return tuple(sign for sign in zip(word, sounds, strict=True) if sign[0].isalnum())

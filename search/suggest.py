"""Suggestions while typing: by text, full pinyin, initials or a mixture, over the questions that can be answered.

Every wording (title, question of a fact, alias) is a row of units: a character with its sound where it stands. All rows
stand in one array, best first. What was typed is read from left to right as pieces, one piece a unit; a reading keeps
the places in the array where it may have begun, and each piece thins them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from pypinyin.seg.mmseg import seg

from kb.library import Library
from kb.model import Entry, Status
from search.model import Suggestion
from search.text import MAX_QUERY, normalise

Places = NDArray[np.intp]
"""Numbers of units, of wordings or of kinds of unit."""

_LONGEST_SOUND = 6
"""Letters of the longest syllable, zhuang."""
_INITIALS = frozenset({"zh", "ch", "sh"})
"""Initials of two letters; any one letter can also stand for the sound it begins."""
_NO_USE: Mapping[str, int] = MappingProxyType({})


class _Level(IntEnum):
    """How much of a wording was spelled out by who typed; of a whole reading, the least of its pieces."""

    text = 0
    sounds = 1
    initials = 2


_BEST_FIRST = (
    (_Level.text, True),
    (_Level.text, False),
    (_Level.sounds, True),
    (_Level.initials, True),
    (_Level.sounds, False),
    (_Level.initials, False),
)
"""The kinds of match: the level, and whether the wording begins with what was typed."""


@dataclass(frozen=True)
class _Wording:
    """One way to ask; `title` is the question shown for it. `units` are its letters, digits and Han characters."""

    units: tuple[tuple[str, str], ...]
    title: str
    entry: Entry


class Suggester:
    """Every title, question and alias of a library, ready to be looked up by what has been typed so far.

    `use` tells how often a title was asked; among matches of one kind the titles asked most come first.
    """

    def __init__(self, library: Library, use: Mapping[str, int] = _NO_USE) -> None:
        wordings = list(_wordings(library))
        wordings.sort(key=lambda each: (-use.get(each.title, 0), len(each.units), each.entry.id))
        self._wordings = wordings
        self._rows = _Rows.of(wordings)
        self._current = self._in_force(date.today())

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """At most `limit` titles of entries in force today, each once.

        Titles one of whose wordings begins with the text come first, then those that hold it, then the same by sound:
        full pinyin, which may break off in its last syllable, before initials, alone or mixed with text and pinyin.
        Within a kind: the most used, the shortest wording, the first id. Spaces and punctuation do not count.
        """
        text = "".join(filter(str.isalnum, normalise(typed, MAX_QUERY)))
        if not text or limit <= 0:
            return ()
        day, current = self._current
        if day != date.today():
            _, current = self._current = self._in_force(date.today())
        matches = self._rows.read(text)
        shown: dict[str, Entry] = {}
        for kind in _BEST_FIRST:
            hit = np.zeros(len(self._wordings), np.bool_)
            for begun in matches.get(kind, ()):
                hit[begun] = True
            for number in np.flatnonzero(hit & current).tolist():
                wording = self._wordings[number]
                shown.setdefault(wording.title, wording.entry)
                if len(shown) == limit:
                    return _suggestions(shown)
        return _suggestions(shown)

    def _in_force(self, day: date) -> tuple[date, NDArray[np.bool_]]:
        """A day, and for each wording whether its entry is in force on it."""
        entries = {wording.entry.id: wording.entry for wording in self._wordings}
        good = {entry.id for entry in entries.values() if entry.status_on(day) is Status.in_force}
        return day, np.array([wording.entry.id in good for wording in self._wordings], np.bool_)


@dataclass(frozen=True)
class _Rows:
    """The units of all wordings in one array, as numbers of their kind; kind 0 stands between wordings.

    `owner` has the wording of each unit, `first` the first unit of each wording. The units of kind `i` are
    `places[bounds[i] : bounds[i + 1]]`. The mappings give the kinds of unit that have a character, have a sound, have
    a longer sound that begins so.
    """

    units: Places
    owner: Places
    first: Places
    places: Places
    bounds: Places
    by_char: Mapping[str, Places]
    by_sound: Mapping[str, Places]
    by_beginning: Mapping[str, Places]

    @classmethod
    def of(cls, wordings: list[_Wording]) -> _Rows:
        kinds: dict[tuple[str, str], int] = {}
        numbers: list[int] = []
        for wording in wordings:
            numbers += [kinds.setdefault(unit, len(kinds) + 1) for unit in wording.units]
            numbers.append(0)
        units = np.array(numbers, np.intp)
        lengths = np.array([len(wording.units) + 1 for wording in wordings], np.intp)
        owner = np.repeat(np.arange(len(wordings)), lengths)
        bounds = np.concatenate(([0], np.cumsum(np.bincount(units, minlength=len(kinds) + 1))))
        by_char, by_sound, by_beginning = (defaultdict[str, list[int]](list) for _ in range(3))
        for (char, sound), kind in kinds.items():
            by_char[char].append(kind)
            if sound != char:
                by_sound[sound].append(kind)
                for end in range(1, len(sound)):
                    by_beginning[sound[:end]].append(kind)
        tables = (
            {key: np.array(found, np.intp) for key, found in each.items()} for each in (by_char, by_sound, by_beginning)
        )
        return cls(units, owner, np.cumsum(lengths) - lengths, np.argsort(units, kind="stable"), bounds, *tables)

    def read(self, text: str) -> dict[tuple[_Level, bool], list[Places]]:
        """The numbers of the wordings that can be read as `text`, by kind of match; a number may come twice.

        A reading that has come to `end` has used so many units at a level; `begun` are the units it may begin with.
        """
        open_: list[dict[tuple[int, _Level], list[Places]]] = [defaultdict(list) for _ in range(len(text) + 1)]
        for end, level, kinds in self._pieces(text, 0):
            open_[end][1, level] += [self.places[self.bounds[kind] : self.bounds[kind + 1]] for kind in kinds]
        for start in range(1, len(text)):
            pieces = list(self._pieces(text, start)) if open_[start] else []
            for (used, level), begun in open_[start].items():
                places = np.concatenate(begun)
                following = self.units[places + used]
                for end, piece_level, kinds in pieces:
                    wanted = np.zeros(len(self.bounds), np.bool_)
                    wanted[kinds] = True
                    left = places[wanted[following]]
                    if len(left):
                        open_[end][used + 1, max(level, piece_level)].append(left)
        matches: dict[tuple[_Level, bool], list[Places]] = defaultdict(list)
        for (_, level), begun in open_[len(text)].items():
            places = np.concatenate(begun)
            owner = self.owner[places]
            at_start = self.first[owner] == places
            matches[level, True].append(owner[at_start])
            if level is _Level.text or len(text) > 1:  # one letter is the sound of too much to be looked for inside
                matches[level, False].append(owner[~at_start])
        return matches

    def _pieces(self, text: str, start: int) -> Iterator[tuple[int, _Level, Places]]:
        """What can be read from `start` as one unit: where the piece ends, its level, the kinds of unit it can be."""
        if text[start] in self.by_char:
            yield start + 1, _Level.text, self.by_char[text[start]]
        for end in range(start + 1, min(start + _LONGEST_SOUND, len(text)) + 1):
            piece = text[start:end]
            if piece in self.by_sound:
                yield end, _Level.sounds, self.by_sound[piece]
            if piece in self.by_beginning and end == len(text):
                yield end, _Level.sounds, self.by_beginning[piece]
            elif piece in self.by_beginning and (len(piece) == 1 or piece in _INITIALS):
                yield end, _Level.initials, self.by_beginning[piece]


def _wordings(library: Library) -> Iterator[_Wording]:
    """Each title with its aliases, the question of each fact with its own."""
    sounds: dict[str, list[str]] = {}
    for entry in library.entries.values():
        asked = [(entry.title, entry.aliases)]
        asked += [(fact.question, fact.aliases) for fact in entry.facts if fact.question]
        for title, aliases in asked:
            for wording in (title, *aliases):
                yield _Wording(_units(normalise(wording), sounds), title, entry)


def _units(text: str, sounds: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """The letters, digits and Han characters of a text with their sounds; what has none sounds as it is written.

    `sounds` keeps what is known of words from one text to the next: spelling is what takes time.
    """
    spelled: list[str] = []
    for word in seg.cut(text):
        if word not in sounds:
            sounds[word] = lazy_pinyin(word, errors=list)
        spelled += sounds[word]
    return tuple(unit for unit in zip(text, spelled, strict=True) if unit[0].isalnum())


def _suggestions(shown: Mapping[str, Entry]) -> tuple[Suggestion, ...]:
    return tuple(Suggestion(title=title, url=entry.url, kind=entry.kind.value) for title, entry in shown.items())

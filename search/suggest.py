"""Suggestions while typing: prefix, infix and pinyin over the questions that can be answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pypinyin import Style, lazy_pinyin

from kb.library import Library
from kb.model import Entry, Status
from search.model import Suggestion
from search.text import MAX_QUERY, normalise


@dataclass(frozen=True)
class _Wording:
    """One way to ask; `title` is the question shown for it."""

    text: str
    title: str
    sound: str
    initials: str
    entry: Entry


class Suggester:
    """Holds every title, question and alias of a library with its pinyin."""

    def __init__(self, library: Library) -> None:
        self._wordings = [
            _Wording(
                text,
                title,
                "".join(lazy_pinyin(text)),
                "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)),
                entry,
            )
            for entry in library.entries.values()
            for title, wordings in _questions(entry)
            for text in map(normalise, (title, *wordings))
        ]

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """The best suggestions: those that begin with what was typed, then those that hold it, then by sound."""
        text = normalise(typed, MAX_QUERY)
        letters = text.replace(" ", "")
        if not letters:
            return ()
        today = date.today()
        found: dict[str, tuple[int, int, str]] = {}
        entries: dict[str, Entry] = {}
        for wording in self._wordings:
            place = _match(wording, text, letters)
            if place is not None and wording.entry.status_on(today) is Status.in_force:
                key = (place, len(wording.text), wording.entry.id)
                found[wording.title] = min(found.get(wording.title, key), key)
                entries[wording.title] = wording.entry
        best = sorted(found, key=lambda title: found[title])[:limit]
        return tuple(Suggestion(title=title, url=entries[title].url, kind=entries[title].kind.value) for title in best)


def _questions(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What an entry can be asked: its title with its aliases, and the question of each fact with its own."""
    yield entry.title, entry.aliases
    for fact in entry.facts:
        if fact.question:
            yield fact.question, fact.aliases


def _match(wording: _Wording, text: str, letters: str) -> int | None:
    if wording.text.startswith(text):
        return 0
    if text in wording.text:
        return 1
    if letters.isascii() and letters.isalnum() and len(letters) > 1:
        if wording.sound.startswith(letters) or wording.initials.startswith(letters):
            return 2
        if letters in wording.sound:
            return 3
    return None

"""Suggestions while typing: prefix, infix and pinyin over the questions that can be answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pypinyin import Style, lazy_pinyin

from kb.library import Library
from kb.model import Entry, Status
from search.model import Suggestion
from search.text import MAX_QUERY, normalise


@dataclass(frozen=True)
class _Wording:
    text: str
    sound: str
    initials: str
    entry: Entry


class Suggester:
    """Holds every title and alias of a library with its pinyin."""

    def __init__(self, library: Library) -> None:
        self._wordings = [
            _Wording(
                text,
                "".join(lazy_pinyin(text)),
                "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)),
                entry,
            )
            for entry in library.entries.values()
            for text in map(normalise, (entry.title, *entry.aliases))
        ]

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """The best suggestions: those that begin with what was typed, then those that hold it, then by sound."""
        text = normalise(typed, MAX_QUERY)
        letters = text.replace(" ", "")
        if not letters:
            return ()
        today = date.today()
        found: dict[str, tuple[int, int, str]] = {}
        for wording in self._wordings:
            place = _match(wording, text, letters)
            if place is not None and wording.entry.status_on(today) is Status.in_force:
                key = (place, len(wording.text), wording.entry.id)
                found[wording.entry.id] = min(found.get(wording.entry.id, key), key)
        entries = {wording.entry.id: wording.entry for wording in self._wordings}
        best = sorted(found, key=lambda ident: found[ident])[:limit]
        return tuple(
            Suggestion(title=entries[ident].title, url=entries[ident].url, kind=entries[ident].kind.value)
            for ident in best
        )


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

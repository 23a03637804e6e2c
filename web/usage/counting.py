"""What a batch of searches adds to the counts: typing is collapsed, repeats within half an hour are one session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

SESSION_SECONDS = 1800.0
"""Nothing tells visitors apart, so a question counts for another session when it is asked half an hour later, not before:
neither a reload nor one eager person makes a question popular."""
TYPING_SECONDS = 60.0
"""积分审, then 积分审核 within this time, is one question on its way."""


@dataclass(frozen=True)
class Search:
    """A question asked at `at` (seconds since 1970); `entry` and `title` of its card or empty, `topic` understood or empty."""

    at: float
    text: str
    answered: bool
    entry: str = ""
    title: str = ""
    topic: str = ""


@dataclass(frozen=True)
class Count:
    """How often a question was asked on a day, and its last asking; a row of the table of questions."""

    day: date
    search: Search
    asked: int
    sessions: int
    session_at: float


def counted(searches: Iterable[Search], known: Mapping[str, Count]) -> tuple[Count, ...]:
    """The counts that changed by these searches. `known` has the latest count of a text, by text.

    A count that comes out with `asked` 0 was only the beginning of another question.
    """
    latest = dict(known)
    changed: dict[tuple[date, str], Count] = {}
    for search in sorted(searches, key=lambda each: each.at):
        found = [_asked(latest.get(search.text), search)]
        for end in range(1, len(search.text)):
            begun = latest.get(search.text[:end])
            if begun and begun.asked and 0 <= search.at - begun.search.at <= TYPING_SECONDS:
                found.append(_taken_back(begun))
        for count in found:
            latest[count.search.text] = changed[count.day, count.search.text] = count
    return tuple(changed.values())


def _asked(before: Count | None, search: Search) -> Count:
    today = date.fromtimestamp(search.at)
    if before and before.sessions and search.at - before.session_at < SESSION_SECONDS:
        return replace(before, search=search, asked=before.asked + 1)
    if before and before.day == today:
        return Count(today, search, before.asked + 1, before.sessions + 1, search.at)
    return Count(today, search, 1, 1, search.at)


def _taken_back(begun: Count) -> Count:
    """Without its last asking, and without its session when it began with that."""
    alone = begun.session_at == begun.search.at
    search = replace(begun.search, at=begun.search.at - TYPING_SECONDS - 1)  # not to be taken back twice
    return Count(begun.day, search, begun.asked - 1, begun.sessions - alone, begun.session_at)

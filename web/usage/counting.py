"""What a batch of searches adds to the counts: typing is collapsed, what has one answer is one session within half an hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

SESSION_SECONDS = 1800.0
"""Nothing tells visitors apart, so a question, in whatever words it got its card, counts for another session when it is asked
half an hour later, not before: neither a reload nor one eager person makes a question popular."""
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
    """How often a question was asked on a day, and its last asking; a row of the table of questions.

    `sessions` are those that began with this wording, the last at `session_at`; another wording of the same card may
    have begun the one that is running.
    """

    day: date
    search: Search
    asked: int
    sessions: int
    session_at: float

    def runs(self, at: float) -> bool:
        """Whether the session that began with this is running at a time; not one that began in a future, by a wrong clock."""
        return self.sessions > 0 and abs(at - self.session_at) < SESSION_SECONDS


def counted(searches: Iterable[Search], known: Mapping[str, Count]) -> tuple[Count, ...]:
    """The counts that changed by these searches. `known` has the latest count of a text, by text.

    A count that comes out with `asked` 0 was only the beginning of another question.
    """
    latest: dict[str, Count] = {}
    beginners: dict[tuple[str, str], set[str]] = {}
    changed: dict[tuple[date, str], Count] = {}

    def note(count: Count) -> None:
        latest[count.search.text] = count
        if count.sessions:
            beginners.setdefault(_subject(count.search), set()).add(count.search.text)

    for count in known.values():
        note(count)
    for search in sorted(searches, key=lambda each: each.at):
        subject, counts = _subject(search), []
        for end in range(1, len(search.text)):
            begun = latest.get(search.text[:end])
            if begun and begun.asked and 0 <= search.at - begun.search.at <= TYPING_SECONDS:
                counts.append(_taken_back(begun))
                note(counts[-1])
        others = (latest[text] for text in beginners.get(subject, ()))
        running = any(each.runs(search.at) for each in others if _subject(each.search) == subject)
        counts.append(_asked(latest.get(search.text), search, running))
        note(counts[-1])
        changed |= {(count.day, count.search.text): count for count in counts}
    return tuple(changed.values())


def _subject(search: Search) -> tuple[str, str]:
    """What wordings share that got the same card; what got none, or several, is its own."""
    return (search.entry, search.title) if search.entry else ("", search.text)


def _asked(before: Count | None, search: Search, running: bool) -> Count:
    """On the row of the day on which this wording's running session began, else on today's."""
    own = before is not None and before.runs(search.at)
    today = date.fromtimestamp(search.at)
    if before is None or not (own or before.day == today):
        before = Count(today, search, 0, 0, 0.0)
    count = replace(before, search=search, asked=before.asked + 1)
    return count if own or running else replace(count, sessions=count.sessions + 1, session_at=search.at)


def _taken_back(begun: Count) -> Count:
    """Without its last asking, and without its session when it began with that: then the one before is over."""
    alone = begun.sessions > 0 and begun.session_at == begun.search.at
    search = replace(begun.search, at=begun.search.at - TYPING_SECONDS - 1)  # not to be taken back twice
    ended = begun.session_at - SESSION_SECONDS if alone else begun.session_at
    return Count(begun.day, search, begun.asked - 1, begun.sessions - alone, ended)

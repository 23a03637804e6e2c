"""What is kept and given back: counts of questions, votes, reports and messages, in one bounded file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from web.usage.counting import SESSION_SECONDS, Count, Search, counted
from web.usage.personal import MAX_READ, impersonal
from web.usage.tables import UsageError, feedback, questions, reading, writing

MAX_QUESTION = 100
MAX_COMMENT = 500
"""Characters of a question that are kept, and of a comment that is taken; normalised it may have more."""
MAX_QUESTIONS = 30_000
"""Rows of questions; beyond it, those of the fewest sessions go, the oldest first."""
KEPT_DAYS = 400
TOKEN_DAYS = 2
"""Longer than a form's token can be used; then its digest is forgotten."""
AGAIN_SECONDS = 60
"""After which what could not be kept may be sent again."""


class Kind(StrEnum):
    """What a visitor sends by a form."""

    vote = "vote"
    report = "report"
    message = "message"

    @property
    def label(self) -> str:
        """What editors call it."""
        return {"vote": "评价", "report": "报错", "message": "留言"}[self]


MAX_FEEDBACK = {Kind.vote: 20_000, Kind.report: 5_000, Kind.message: 5_000}
"""Rows of feedback. The oldest votes make room for new ones; reports and messages are refused until editors have been there."""


class Duplicate(Exception):
    """All that this form brings is kept already."""


class Spent(Exception):
    """The form's token has brought enough: what came with it now is not kept."""


@dataclass(frozen=True)
class Note:
    """A vote (`helpful`), a report or a message. `about` is the fact's question, or the question without an answer."""

    kind: Kind
    entry: str = ""
    about: str = ""
    helpful: bool | None = None
    comment: str = ""
    day: date = date.min
    id: int = 0


@dataclass(frozen=True)
class AskedWording:
    """A question over some days: how often, in how many sessions, and its latest answer (see the table)."""

    text: str
    asked: int
    sessions: int
    answered: bool
    entry: str
    title: str
    topic: str
    last: date


@dataclass(frozen=True)
class Votes:
    """The votes on an entry."""

    entry: str
    helpful: int
    unhelpful: int
    reports: int = 0


MAX_FROM_ONE = 5
"""Votes, reports or messages that are taken from one page as it was sent out: more than an article has to be told."""


class Store:
    """The file at `path`; it is made with the first thing kept, and a missing one reads as empty.

    Every method raises UsageError when the file cannot be used now; then nothing of the call is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add_searches(self, searches: Sequence[Search]) -> None:
        """Count searches; their texts must be `impersonal` already."""
        if not searches:
            return
        with writing(self.path) as connection:
            _put(connection, counted(searches, _known(connection, searches)))
            _prune_questions(connection, date.fromtimestamp(searches[-1].at))

    def add(self, note: Note, session: str | None, today: date) -> None:
        """Keep what a visitor sent, its texts made impersonal. `session` is the form's token, if it came by a form.

        A browser shows a page it has kept with the token it came with: a changed vote, and other words on the same thing,
        go into what that token brought. Raises Duplicate when nothing is new, Spent after MAX_FROM_ONE things of a kind or
        pieces of words.
        """
        digest = hashlib.sha256(session.encode()).hexdigest()[:32] if session else None
        values = {
            "day": today,
            "kind": note.kind,
            "entry": note.entry,
            "about": impersonal(note.about, MAX_QUESTION),
            "helpful": note.helpful,
            "comment": impersonal(note.comment, MAX_READ),
            "session": digest,
        }
        with writing(self.path) as connection:
            if not digest or not _added(connection, values):
                _make_room(connection, note.kind, today)
                connection.execute(insert(feedback).values(values))

    def asked(self, since: date) -> list[AskedWording]:
        """Every question asked since a day, those of the most sessions first."""
        columns = questions.c
        # With max(), SQLite takes the bare columns from the row that has the maximum (sqlite.org/lang_select.html, 2.5).
        wanted = (
            select(
                columns.text,
                func.sum(columns.asked),
                func.sum(columns.sessions).label("sessions"),
                columns.answered,
                columns.entry,
                columns.title,
                columns.topic,
                func.max(columns.day),
            )
            .where(columns.day >= since)
            .group_by(columns.text)
        )
        found = [AskedWording(*tuple(row)) for row in self._read(wanted)]
        return sorted(found, key=lambda each: (-each.sessions, -each.asked, each.text))

    def votes(self, since: date) -> list[Votes]:
        """The votes and reports on each entry since a day, in order of entry."""
        columns = feedback.c
        wanted = (
            select(
                columns.entry,
                func.sum(case((columns.helpful.is_(True), 1), else_=0)),
                func.sum(case((columns.helpful.is_(False), 1), else_=0)),
                func.sum(case((columns.kind == Kind.report, 1), else_=0)),
            )
            .where(columns.day >= since, columns.entry != "")
            .group_by(columns.entry)
        )
        return [Votes(*tuple(row)) for row in self._read(wanted)]

    def notes(self) -> list[Note]:
        """Reports, messages and votes with a comment, the latest first."""
        columns = feedback.c
        wanted = select(
            columns.kind, columns.entry, columns.about, columns.helpful, columns.comment, columns.day, columns.id
        ).where(or_(columns.kind != Kind.vote, columns.comment != ""))
        return [Note(Kind(row[0]), *row[1:]) for row in self._read(wanted.order_by(columns.id.desc()))]

    def forget(self, texts: Collection[str], notes: Collection[int]) -> None:
        """Take out questions by text, and notes by id; a vote loses its comment only."""
        columns = feedback.c
        with writing(self.path) as connection:
            connection.execute(delete(questions).where(questions.c.text.in_(texts)))
            silenced = columns.id.in_(notes), columns.kind == Kind.vote
            connection.execute(update(feedback).where(*silenced).values(comment=""))
            taken = columns.id.in_(notes), columns.kind != Kind.vote
            connection.execute(delete(feedback).where(*taken))

    def _read(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        try:
            with reading(self.path) as connection:
                return connection.execute(statement).all()
        except FileNotFoundError:
            return []


def _added(connection: Connection, values: dict[str, Any]) -> bool:
    """Whether this token has brought something on the same thing: the words go with those, and the vote is the last one.

    Raises Duplicate when that changes nothing, Spent when the token has brought enough.
    """
    columns = feedback.c
    of_token = columns.session == values["session"], columns.kind == values["kind"]
    sent = connection.execute(select(feedback).where(*of_token)).all()
    before = next((row for row in sent if (row.entry, row.about) == (values["entry"], values["about"])), None)
    written = before.comment.split("\n") if before else []
    comment = "\n".join(filter(None, dict.fromkeys([*written, values["comment"]])))
    if before and (before.helpful, before.comment) == (values["helpful"], comment):
        raise Duplicate
    if max(len(sent) - bool(before), len(written)) >= MAX_FROM_ONE:
        raise Spent
    if before:
        changed = {"day": values["day"], "helpful": values["helpful"], "comment": comment}
        connection.execute(update(feedback).where(columns.id == before.id).values(changed))
    return before is not None


def _known(connection: Connection, searches: Sequence[Search]) -> dict[str, Count]:
    """The counts that these searches may go on from: what was asked of late, and the same questions today."""
    columns = questions.c
    first = min(search.at for search in searches)
    texts = {search.text for search in searches}
    recent = columns.last_at >= first - SESSION_SECONDS
    today = (columns.day >= date.fromtimestamp(first)) & columns.text.in_(texts)
    rows = connection.execute(select(questions).where(or_(recent, today)).order_by(columns.day))
    return {row.text: _count(row) for row in rows}


def _count(row: Row[Any]) -> Count:
    search = Search(row.last_at, row.text, row.answered, row.entry, row.title, row.topic)
    return Count(row.day, search, row.asked, row.sessions, row.session_at)


def _put(connection: Connection, counts: Sequence[Count]) -> None:
    """Write counts, each kind of row by one statement: building a statement costs more than running it."""
    columns = questions.c
    begun = [{"on": count.day, "of": count.search.text} for count in counts if not count.asked]
    if begun:
        this = columns.day == bindparam("on"), columns.text == bindparam("of")
        connection.execute(delete(questions).where(*this), begun)
    rows = [
        {
            "day": count.day,
            "text": count.search.text,
            "answered": count.search.answered,
            "entry": count.search.entry,
            "title": count.search.title,
            "topic": count.search.topic,
            "asked": count.asked,
            "sessions": count.sessions,
            "session_at": count.session_at,
            "last_at": count.search.at,
        }
        for count in counts
        if count.asked
    ]
    if rows:
        row = insert(questions)
        changed = {name: row.excluded[name] for name in rows[0] if name not in ("day", "text")}
        connection.execute(row.on_conflict_do_update(index_elements=[columns.day, columns.text], set_=changed), rows)


def _prune_questions(connection: Connection, today: date) -> None:
    columns = questions.c
    connection.execute(delete(questions).where(columns.day < _first_kept(connection, questions, today)))
    too_many = (connection.scalar(select(func.count()).select_from(questions)) or 0) - MAX_QUESTIONS
    if too_many > 0:
        # One that floods us with questions pushes out their like, not what many ask.
        least = select(columns.day, columns.text).order_by(columns.sessions, columns.last_at).limit(too_many)
        connection.execute(delete(questions).where(tuple_(columns.day, columns.text).in_(least)))


def _first_kept(connection: Connection, table: Table, today: date) -> date:
    """The first of the KEPT_DAYS, counted from the last day before this one that has anything.

    A clock that leaps years ahead has nothing forgotten until its next day, by when it may have been set right.
    """
    last = connection.scalar(select(func.max(table.c.day)).where(table.c.day < today)) or today
    return last - timedelta(days=KEPT_DAYS - 1)


def _make_room(connection: Connection, kind: Kind, today: date) -> None:
    columns = feedback.c
    spent = columns.session.is_not(None), columns.day < today - timedelta(days=TOKEN_DAYS)
    connection.execute(update(feedback).where(*spent).values(session=None))
    connection.execute(delete(feedback).where(columns.day < _first_kept(connection, feedback, today)))
    count = connection.scalar(select(func.count()).select_from(feedback).where(columns.kind == kind)) or 0
    if count < MAX_FEEDBACK[kind]:
        return
    if kind is not Kind.vote:
        raise UsageError(f"{kind.label}已经存满 {MAX_FEEDBACK[kind]} 条——用 kb done 划掉处理过的")
    oldest = select(columns.id).where(columns.kind == kind).order_by(columns.id).limit(count + 1 - MAX_FEEDBACK[kind])
    connection.execute(delete(feedback).where(columns.id.in_(oldest)))

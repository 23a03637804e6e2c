"""The values that search gives out: what was understood, the card, the results. They are the JSON of the API.

Field for field these are the contract of `GET /api/v1/answer` and its siblings; new fields may be added, none removed.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kb.model import Entry, EntryKind, Item, Now, Period, Source, Status, Step, Value, Verification


class Shown(BaseModel):
    """Frozen, and dumped by alias (`from`)."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Correction(Shown):
    """What was typed and what it was taken for (homophone, pinyin, typo)."""

    typed: str
    used: str


class Understood(Shown):
    """How the question was understood; `text` is what was searched for after corrections."""

    text: str
    facet: str | None = None
    topic: str | None = None
    corrections: tuple[Correction, ...] = ()
    hints: tuple[str, ...] = Field((), description="用词提示，如“您说的‘续签’，在居住证上叫‘签注’”")
    outside: bool = Field(default=False, exclude=True)  # known to have no answer here, and a hint says so


class Force(StrEnum):
    """States of force that results may be limited to; coarser than Status, as visitors think of them."""

    current = "current"
    upcoming = "upcoming"
    past = "past"

    @property
    def label(self) -> str:
        """The Chinese words that visitors see."""
        return {"current": "现行有效", "upcoming": "尚未施行", "past": "已失效或被取代"}[self.value]

    def has(self, status: Status) -> bool:
        """Whether an entry of this status belongs here."""
        if self is Force.past:
            return status.is_over
        return status is (Status.upcoming if self is Force.upcoming else Status.in_force)


class CardKind(StrEnum):
    """What a card looks like."""

    fact = "fact"
    steps = "steps"
    checklist = "checklist"
    table = "table"
    notice = "notice"
    fork = "fork"


class EffectiveSpan(Shown):
    """The days on which the rule holds, both included."""

    from_: date | None = Field(None, alias="from")
    to: date | None = None

    @classmethod
    def of(cls, period: Period) -> EffectiveSpan:
        """The span of what editors wrote."""
        return cls(from_=period.from_, to=period.to)


class CardSource(Shown):
    """A document that the card's answer rests on."""

    title: str
    issuer: str | None = None
    number: str | None = None
    url: str | None = None
    clause: str | None = None
    note: str | None = None
    superseded: date | None = None

    @classmethod
    def of(cls, source: Source, clause: str | None = None) -> CardSource:
        """A source that editors wrote, or one clause of it."""
        return cls(
            title=source.title,
            issuer=source.issuer,
            number=source.number,
            url=source.url,
            clause=clause,
            note=source.note,
            superseded=source.superseded,
        )


class EntryLink(Shown):
    """The entry that a card comes from."""

    id: str
    title: str
    url: str


class ConflictStatement(Shown):
    """One of several statements that differ."""

    text: str
    dated: date | None = None
    sources: tuple[CardSource, ...] = ()


class CardConflict(Shown):
    """Statements that differ, and which is safer to act on."""

    statements: tuple[ConflictStatement, ...]
    safer: str


class Choice(Shown):
    """One way to read an ambiguous question."""

    question: str
    answer: str
    topic: str
    url: str
    status: Status
    verification: Verification
    needs_review: bool


class Card(Shown):
    """The answer: one fact that an editor wrote, with its source, its dates and its status.

    `notes` say all in plain lines; `remarks` are those of them that no other field says.
    """

    kind: CardKind
    question: str
    answer: str
    items: tuple[Item, ...] = ()
    steps: tuple[Step, ...] = ()
    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = Field(default=(), exclude=True)
    fact: int | None = Field(default=None, exclude=True)  # of its entry's; None where it is of none, or of several
    row: Value | None = Field(default=None, exclude=True)  # of `values`, the one that was asked for
    facet: str | None = None
    status: Status
    verification: Verification
    needs_review: bool = Field(False, description="依据的文件已被取代，待编辑复核")
    effective: EffectiveSpan
    reviewed: date
    sources: tuple[CardSource, ...] = ()
    entry: EntryLink
    confidence: float
    conflict: CardConflict | None = None
    now: Now | None = Field(None, description="规则已失效时：现在怎么办")
    choices: tuple[Choice, ...] = ()
    also: Card | None = Field(None, description="一句话问了两件事时，另一件的卡片；notes 里有它的一句话")


class Result(Shown):
    """One entry in the list of results. `snippet` is HTML with nothing but `<mark>` in it, the rest escaped."""

    id: str
    kind: EntryKind
    title: str
    url: str
    topic: str
    snippet: str
    status: Status
    score: float


class Link(Shown):
    """A title and where it leads."""

    title: str
    url: str


class Answer(Shown):
    """The whole answer to a question. `card` is None when there is no certain answer."""

    query: str
    understood: Understood
    card: Card | None = None
    candidates: tuple[Link, ...] = Field((), description="没有把握时，您是不是想问：至多三个问题")
    results: tuple[Result, ...] = ()
    related: tuple[Link, ...] = ()
    took_ms: float = 0.0


class SearchPage(Shown):
    """One page of results. `page` counts from 1; `cut` says that there may be more than the `total` that was looked at."""

    query: str
    understood: Understood
    results: tuple[Result, ...]
    total: int
    page: int
    per_page: int
    took_ms: float = 0.0
    cut: bool = Field(default=False, exclude=True)


class Suggestion(Shown):
    """A question that a visitor may be typing."""

    title: str
    url: str
    kind: Literal["article", "faq"]


def entry_link(entry: Entry) -> EntryLink:
    """The link of an entry, for cards."""
    return EntryLink(id=entry.id, title=entry.title, url=entry.url)

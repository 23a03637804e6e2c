"""What a document claims for itself, which no other may claim as well: wordings, and what holds of a matter in a period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.comparing import comparable_question, comparable_statement
from kb.model import Asking, Entry, Facet, Fact, Period, Status
from kb.remarks import FREE, NO_FEE, fact_line
from kb.templates import PLACEHOLDERS

if TYPE_CHECKING:
    from kb.documents import Document


@dataclass(frozen=True)
class Wording:
    """A question that an entry answers, and where it is written; two with the same `key` are the same question.

    One `is_alias` that is neither a title nor the question of a fact.
    """

    entry: str
    path: str
    key: str
    text: str
    line: int
    is_alias: bool


@dataclass(frozen=True)
class Matter:
    """What a fact says holds of a matter (topic, facet, subject and audience) in a period; where, in what words.

    Its `own` period is what is written on the fact itself.
    """

    path: str
    key: str
    label: str
    period: Period
    own: Period
    says: tuple[object, ...]
    line: int

    def contradicts(self, other: Matter) -> bool:
        """Whether the two say different things of days that they share."""
        return self.says != other.says and self.period.overlaps(other.period)


@dataclass(frozen=True)
class Claims:
    """All that a document claims. Drafts claim nothing."""

    wordings: tuple[Wording, ...]
    matters: tuple[Matter, ...]


def claims_of(document: Document) -> Claims:
    """Read the claims off a document."""
    published = published_in(document)
    return Claims(
        tuple(wording for entry in published for wording in _wordings(document, entry)),
        tuple(matter for entry in published for matter in _matters(document, entry)),
    )


def published_in(document: Document) -> list[Entry]:
    """The entries of a document that are no drafts."""
    return [entry for entry in document.entries if entry.status is not Status.draft]


def _wordings(document: Document, entry: Entry) -> Iterator[Wording]:
    """The wordings of an entry, each once."""
    seen: set[str] = set()
    for asking in entry.askings():
        key = comparable_question(asking.text)
        if key and key not in seen and asking.text not in PLACEHOLDERS:
            seen.add(key)
            line = _line(document, entry, asking)
            yield Wording(entry.id, document.path, key, asking.text, line, asking.alias is not None)


def _line(document: Document, entry: Entry, asking: Asking) -> int:
    within = () if asking.fact is None else ("facts", asking.fact)
    if asking.alias is not None:
        return document.line(*within, "aliases", asking.alias)
    if within:
        return document.line(*within, "question")
    return entry.line if entry.parent else document.line("question" if "question" in document.lines else "title")


def _matters(document: Document, entry: Entry) -> Iterator[Matter]:
    for index, fact in enumerate(entry.facts):
        period = fact.effective if fact.effective != Period() else entry.effective
        if entry.status is Status.in_force or period.to:
            line = fact_line(document, entry, index)
            yield Matter(
                document.path, matter_of(entry, fact), fact.facet.label, period, fact.effective, _says(fact), line
            )


def matter_of(entry: Entry, fact: Fact) -> str:
    """The key of what a fact is about, of which only one thing may hold in one period: topic, facet, subject, audience."""
    return "\n".join((entry.topic, *fact.matter))


def matter_of_table(entry: Entry, fact: Fact, about: str) -> str:
    """The key of what a table is about that counts towards the total of a fact."""
    return matter_of(entry, fact.model_copy(update={"about": about, "audience": None}))


def _says(fact: Fact) -> tuple[object, ...]:
    answer = comparable_statement(fact.answer or "")
    if fact.facet is Facet.fee and answer in FREE:
        answer = NO_FEE
    return answer, fact.limit, fact.items, fact.steps, fact.values

"""The theft test: which known questions get another card since the content changed, and who took them."""

from __future__ import annotations

from collections.abc import ItemsView, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from search.evaluation.acceptance import promises
from search.evaluation.errors import EvaluationError
from search.evaluation.files import read_text, write_text
from search.evaluation.questions import Question, judge
from search.model import Card
from search.progress import Progress, counted
from search.service import Service


@dataclass(frozen=True)
class Remembered:
    """The card that a question got: entry and questions on it, both None for no card.

    `right` is what a question file says of it, None for a wording of the content.
    """

    entry: str | None = None
    shown: str | None = None
    right: bool | None = None


class Answers(BaseModel):
    """The cards of all known questions, by question, as they are kept in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    answers: Mapping[str, Remembered]


class Kind(StrEnum):
    """What became of a question's card. `stolen` is from another entry, which is still there."""

    stolen = "stolen"
    inherited = "inherited"
    gained = "gained"
    other = "other"
    lost = "lost"


@dataclass(frozen=True)
class Change:
    """A question whose card is not what it was. `before` is None for a wording that is new.

    `wrong` says in Chinese why that may not be, or is None where an editor may have meant it.
    """

    question: str
    kind: Kind
    before: Remembered | None
    after: Remembered
    wrong: str | None


def ask_all(service: Service, questions: Sequence[Question], report: Progress, day: date) -> Answers:
    """Ask every known question: those of question files and all that the content in force asks itself."""
    expected: dict[str, Question | None] = {
        asking.text: None for entry in service.library.in_force(day) for asking in entry.askings()
    }
    expected |= {question.q: question for question in questions}
    found = {}
    for text, question in counted("问已知的问题", expected.items(), report):
        card = service.ask(text, as_of=day).card
        found[text] = Remembered(
            entry=card.entry.id if card else None,
            shown=_titles(card) if card else None,
            right=judge(question, card).right if question else None,
        )
    return Answers(answers=found)


def _titles(card: Card) -> str:
    """The questions on a card, of which one that answers two things has two."""
    told = card.choices or (card, card.also)
    return "｜".join(each.question for each in told if each)


def compare(service: Service, before: Answers, after: Answers, day: date) -> tuple[Change, ...]:
    """The changes, by the entry that shows the card now; `service` is the one that gave the answers `after`."""
    entries = service.library.entries
    owners: dict[str, set[str]] = {}
    for promise in promises(service.library.in_force(day), day):
        owners.setdefault(promise.text, set()).update(promise.own)
    changes = []
    for text, now in after.answers.items():
        old = before.answers.get(text)
        wrong = _wrong(old, now, owners.get(text))
        if wrong or (old and (old.entry, old.shown) != (now.entry, now.shown)):
            changes.append(Change(text, _kind(old, now, entries), old, now, wrong))
    return tuple(sorted(changes, key=lambda change: (change.after.entry or "", change.kind, change.question)))


def _wrong(old: Remembered | None, now: Remembered, owners: set[str] | None) -> str | None:
    if old and old.right and now.right is False:
        return "题目文件里的这一题原来答对，现在不对"
    same = old is not None and old.entry == now.entry
    if owners and now.entry is not None and now.entry not in owners and not same:
        return f"这是 {min(owners)} 自己的问法"
    return None


def _kind(old: Remembered | None, now: Remembered, entries: Mapping[str, object]) -> Kind:
    if now.entry is None:
        return Kind.lost
    if old is None:
        return Kind.stolen
    if old.entry is None:
        return Kind.gained
    if old.entry == now.entry:
        return Kind.other
    return Kind.stolen if old.entry in entries else Kind.inherited


def by_gainer(changes: Sequence[Change]) -> ItemsView[str | None, list[Change]]:
    """The changes grouped by the entry whose card is shown now; None for no card."""
    groups: dict[str | None, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.after.entry, []).append(change)
    return groups.items()


def read_answers(path: Path) -> Answers | None:
    """The answers kept in a file, or None when there is none yet. Raises EvaluationError for another file."""
    if not path.exists():
        return None
    try:
        return Answers.model_validate_json(read_text(path))
    except ValidationError as error:
        raise EvaluationError(f"{path}：不是 kb check 写的答案文件——换一个路径，或删掉它再运行一次") from error


def write_answers(path: Path, answers: Answers) -> None:
    """Keep answers in a file. Raises OSError."""
    write_text(path, answers.model_dump_json(indent=1) + "\n")

"""Known questions with the card that each must get, and how an answer is judged by them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

from kb.model import Facet
from search.evaluation.files import read_model
from search.model import Card

MAX_BYTES = 4_000_000


class Question(BaseModel):
    """One line of a question file.

    `card` is a regular expression that the card's text must match, `facet` the acceptable facets (any of);
    `none` says that no card may be shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field(max_length=10_000)
    facet: tuple[Facet, ...] = ()
    card: str | None = None
    none: bool = False
    style: str = "plain"
    seed: bool = False

    @field_validator("card")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(
                f"card 不是正则表达式（第 {(error.pos or 0) + 1} 个字起）——反斜杠写两个，括号要成对"
            ) from error
        return value

    @model_validator(mode="after")
    def _expects_something(self) -> Question:
        if self.none == (self.card is not None):
            raise ValueError("card 和 none 要写一个，且只写一个——该有卡片的写 card，不该有的写 none: true")
        return self


class _Questions(RootModel[tuple[Question, ...]]):
    """A question file."""


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a question file. Raises EvaluationError that names the file, each line and the remedy."""
    return read_model(path, _Questions, MAX_BYTES).root


def card_text(card: Card) -> str:
    """What a question file's `card` is matched against: question, answer, items, steps and notes, joined."""
    parts = [card.question, card.answer]
    parts += [" ".join(filter(None, (item.name, item.copies, item.when, item.note))) for item in card.items]
    parts += [" ".join(filter(None, (step.do, step.who, step.note))) for step in card.steps]
    parts += [f"{choice.question} {choice.answer}" for choice in card.choices]
    return "\n".join((*parts, *card.notes))


@dataclass(frozen=True)
class Verdict:
    """How one question went. `shown`, `facet` and `entry` are those of the card, None for no card."""

    question: Question
    shown: str | None
    card_right: bool
    facet_right: bool
    confidence: float
    facet: str | None = None
    entry: str | None = None

    @property
    def right(self) -> bool:
        """Card and facet as expected; for a question that must get none, that it got none."""
        return self.shown is None if self.question.none else self.card_right and self.facet_right

    @property
    def false(self) -> bool:
        """A card where none may be shown, or the wrong one."""
        return self.shown is not None and not self.right


def judge(question: Question, card: Card | None) -> Verdict:
    """Hold a card against what is expected."""
    if card is None:
        return Verdict(question, None, False, False, 0.0)
    card_right = question.card is not None and re.search(question.card, card_text(card), re.S) is not None
    facet_right = not question.none and (not question.facet or card.facet in question.facet)
    return Verdict(question, card.question, card_right, facet_right, card.confidence, card.facet, card.entry.id)


@dataclass(frozen=True)
class StyleScore:
    """The score of one style of asking. `false_cards` counts cards shown where none may be; `wrong` wrong ones."""

    style: str
    questions: int
    right: int
    card_right: int
    facet_right: int
    false_cards: int
    wrong: int


def scores_of(verdicts: Iterable[Verdict]) -> tuple[StyleScore, ...]:
    """Scores by style, in order of first appearance; those of questions that must get no card come last."""
    groups: dict[tuple[bool, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.question.none, verdict.question.style), []).append(verdict)
    return tuple(
        StyleScore(
            style,
            len(group),
            sum(verdict.right for verdict in group),
            sum(verdict.card_right for verdict in group),
            sum(verdict.facet_right for verdict in group),
            sum(verdict.false for verdict in group) if none else 0,
            0 if none else sum(verdict.false for verdict in group),
        )
        for (none, style), group in sorted(groups.items(), key=lambda pair: pair[0][0])
    )


def summed(scores: Iterable[StyleScore]) -> StyleScore:
    """The sum of scores."""
    names = ("questions", "right", "card_right", "facet_right", "false_cards", "wrong")
    scores = tuple(scores)
    return StyleScore("合计", **{name: sum(getattr(score, name) for score in scores) for name in names})

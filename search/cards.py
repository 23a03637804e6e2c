"""Cards: a fact, or a question that has none, as a visitor gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from kb.library import Library
from kb.model import Conflict, Entry, Facet, Fact, Limit, SourceRef, Status, Value
from kb.numerals import AT_ONCE, days_in
from kb.rendering import first_paragraph
from search.model import Card, CardConflict, CardKind, CardSource, ConflictStatement, EffectiveSpan, entry_link
from search.quantities import times_told
from search.query import Query
from search.text import normalise


def holds(entry: Entry, fact: Fact, day: date) -> bool:
    """Whether a fact and its entry hold on a day."""
    return entry.is_in_force(day) and fact.effective.covers(day)


def make_card(entry: Entry, fact: Fact | None, day: date, confidence: float = 1.0, query: Query | None = None) -> Card:
    """The card of a fact, or of a FAQ that has none (its first paragraph is the answer)."""
    status = entry.status_on(day)
    period = fact.effective if fact and (fact.effective.from_ or fact.effective.to) else entry.effective
    answer = (fact.answer if fact else None) or _lead(entry, fact)
    refs = fact.source if fact else entry.basis
    row = _asked_row(fact, query) if fact and query else None
    question = entry.question_of(fact)
    remarks = (*([answer] if row else ()), *(_remarks(fact, answer, question) if fact else ()))
    now = entry.now if status.is_over else None
    notes = (
        *([f"现在：{now.text}"] if now else ()),
        *remarks,
        *(_disputed(fact.conflict) if fact and fact.conflict else ()),
    )
    return Card(
        kind=_kind(fact, status),
        question=question,
        answer=f"{row.of}：{row.value}。" if row else answer,
        items=fact.items if fact else (),
        steps=fact.steps if fact else (),
        values=fact.values if fact else (),
        notes=notes,
        remarks=remarks,
        fact=entry.facts.index(fact) if fact else None,
        row=row,
        facet=fact.facet if fact else (query.facet if query else None),
        status=status,
        verification=(fact.verification if fact else None) or entry.verification,
        needs_review=entry.needs_review(refs, day),
        effective=EffectiveSpan.of(period),
        reviewed=entry.reviewed,
        sources=tuple(_source(entry, ref) for ref in refs),
        entry=entry_link(entry),
        confidence=round(confidence, 3),
        conflict=_conflict(entry, fact) if fact and fact.conflict else None,
        now=now,
    )


def fact_on(card: Card, library: Library) -> Fact | None:
    """The fact that a card was made of; None where it is of none, or of several (a total)."""
    entry = library.entries.get(card.entry.id)
    # Published anew since, an entry may have fewer.
    return entry.facts[card.fact] if entry and card.fact is not None and card.fact < len(entry.facts) else None


def _remarks(fact: Fact, answer: str, question: str) -> Iterator[str]:
    """What is said beside an answer: for whom alone it holds and the limit, where neither it nor the question says so; the notes."""
    if fact.audience and not any(fact.audience in said for said in (answer, question)):
        yield f"只适用于：{fact.audience}"
    if fact.limit and not _tells(answer, fact.limit):
        yield f"时限：{fact.limit}"
    yield from fact.notes


def _tells(answer: str, limit: Limit) -> bool:
    """Whether an answer says a time limit itself, in days or that there is nothing to wait for."""
    return limit.promised in days_in(answer) or (not limit.promised and bool(AT_ONCE.search(answer)))


def _disputed(conflict: Conflict) -> Iterator[str]:
    """The statements that differ, as plain lines."""
    for statement in conflict.statements:
        yield f"另有说法：{statement.text}"
    yield f"更稳妥的做法：{conflict.safer}"


def _kind(fact: Fact | None, status: Status) -> CardKind:
    if status.is_over:
        return CardKind.notice
    if fact is None:
        return CardKind.fact
    if fact.steps:
        return CardKind.steps
    if fact.items:
        return CardKind.checklist
    return CardKind.table if fact.values else CardKind.fact


def _lead(entry: Entry, fact: Fact | None) -> str:
    if fact is None:
        return first_paragraph(entry.text)
    if fact.steps:
        return f"分 {len(fact.steps)} 步办理："
    return f"需要 {len(fact.items)} 样材料：" if fact.items else "见下表："


_COMPARES = re.compile(r"比(?![例如较]).{1,12}?[多少高低]|差(?:多少|几|了?\d)|哪个.{0,4}?[多高划合值]")
"""What asks how far two things are apart (硕士比本科多几分, 差多少), or which is worth more."""
_RANGE = re.compile(
    "[0-9] ?(?:周?岁|年|倍)?(?:及?以[上下内后]|往[上下]|出头|左右)|(?:超过|大于|小于|至少|不低于|最少) ?[0-9]|[专科称师](?:及?以[上下])"
)
"""What says more or less than a row (45 岁以下, 至少 10 年, 大专以上), which is no one row."""


def _asked_row(fact: Fact, query: Query) -> Value | None:
    """The one row of a table that the question names: 大专多少分 wants 50 分, not the whole table.

    None for a question that says what is not so (没有学士学位, 不到 44 岁), for a row says what is; for one that compares
    (硕士比本科多几分), which wants two; for one of more or less than a number; and where what is told falls short of what
    the row takes (2 倍基数交了 24 个月).
    """
    if query.negated or _COMPARES.search(query.text) or _RANGE.search(query.text):
        return None
    found = []
    for value in fact.values:
        lengths = [len(name) for name in map(normalise, (value.of, *value.aliases)) if query.names(name)]
        if lengths:
            found.append((max(lengths), value))
    if not found:
        return None
    longest = max(length for length, _ in found)
    best = [value for length, value in found if length == longest]
    if len(best) != 1:
        return None
    told = times_told(query.text).get("月", [])
    return None if told and max(told) < (best[0].months or 0) else best[0]


def _source(entry: Entry, ref: SourceRef) -> CardSource:
    return CardSource.of(entry.source(ref), ref.clause)


def _conflict(entry: Entry, fact: Fact) -> CardConflict:
    assert fact.conflict  # noqa: S101
    return CardConflict(
        statements=tuple(
            ConflictStatement(
                text=statement.text,
                dated=statement.dated,
                sources=tuple(_source(entry, ref) for ref in statement.source),
            )
            for statement in fact.conflict.statements
        ),
        safer=fact.conflict.safer,
    )


def both(lead: Card, also: Card) -> Card:
    """The card of a sentence that asks two things; what the second is told stands in a note as well."""
    told = f"{Facet(str(also.facet)).label}：{also.answer}"
    return lead.model_copy(update={"notes": (told, *lead.notes), "also": also})


def with_rest(card: Card, rest: Sequence[Facet]) -> Card:
    """A card that says what else was asked in the same sentence and is not answered on it."""
    if not rest:
        return card
    line = f"您还问了{'、'.join(facet.label for facet in rest)}：这里没有一起回答，请单独再问一次。"
    return card.model_copy(update={"notes": (*card.notes, line), "remarks": (*card.remarks, line)})

"""Adding up: the card of a total, from the rows that a person's own case consists of (cases.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kb.model import Value
from search.cards import make_card
from search.cases import Row, Sheet
from search.model import Card, CardKind, EffectiveSpan
from search.query import Query


def added_up(sheet: Sheet, query: Query, day: date) -> Card | None:
    """The card of what a question's own case adds up to; of each part the highest row counts.

    None where not all of it is understood; where it falls short, and a part that everybody has was not told; and where
    anything is disputed.
    """
    names = sheet.case(query, day)
    if names is None:
        return None
    highest: dict[int, Row] = {}
    ordered = sorted(names, key=lambda row: (row.part, -row.points))
    left = [row for row in ordered if highest.setdefault(row.part, row) is not row]
    counted = list(highest.values())
    total, goal, unit = sum(row.points for row in counted), sheet.total.goal, sheet.total.unit
    left_out = any(part.needed and number not in highest for number, part in enumerate(sheet.total.parts))
    if (left_out and total < goal) or any(row.fact.conflict for row in counted):
        return None
    short = goal - total
    reached = f"不到 {goal} {unit}，还差 {short} {unit}" if short > 0 else f"够 {goal} {unit}；每一项的条件见下面"
    cards = [make_card(row.entry, row.fact, day) for row in counted]
    conditions = (
        sheet.total.note,
        *(f"{row.value.of}的 {row.value.value}没有另加：几项只算一项。" for row in left if row.points),
        *(f"{row.fact.about}：{note}" for row, card in zip(counted, cards, strict=True) for note in card.remarks),
    )
    return _resting_on(make_card(sheet.entry, sheet.fact, day), cards).model_copy(
        update={
            "kind": CardKind.table,
            "question": f"{'、'.join(_of(row, names[row]) for row in counted)}，合计多少{unit}？",
            "answer": f"按您说的这几项，合计{'至少' if left_out else ''} {total} {unit}，{reached}。",
            "items": (),
            "steps": (),
            "values": (
                *(row.value.model_copy(update={"of": f"{row.fact.about}：{row.value.of}"}) for row in counted),
                Value(of="合计", value=f"{total} {unit}"),
            ),
            "notes": conditions,
            "remarks": conditions,
            "fact": None,
        }
    )


def _resting_on(own: Card, cards: Sequence[Card]) -> Card:
    """A card that is no surer, no newer and holds no longer than others that it is made of, with the sources of all."""
    every = (own, *cards)
    levels = list(type(own.verification))
    return own.model_copy(
        update={
            "verification": max((card.verification for card in every), key=levels.index),
            "needs_review": any(card.needs_review for card in every),
            "reviewed": min(card.reviewed for card in every),
            "effective": EffectiveSpan(
                from_=max((card.effective.from_ for card in every if card.effective.from_), default=None),
                to=min((card.effective.to for card in every if card.effective.to), default=None),
            ),
            "sources": tuple(dict.fromkeys(source for card in every for source in card.sources)),
        }
    )


def _of(row: Row, named: str) -> str:
    """A row as it was named; of a number also what it is of."""
    return f"{row.fact.about} {named}" if named[0].isdigit() else named

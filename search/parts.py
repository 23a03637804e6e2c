"""Several questions in one sentence (要什么材料，多久办好): each is asked for itself, with what all are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from kb.model import Facet
from search.query import ASKING, CLAUSE, facet_spans, facets_of

_BREAK = re.compile(f"(?:{CLAUSE.pattern}|[ ]|还有|另外|以及|并且|(?<=[吗呢]))+")
_ASKS = re.compile(f"[要去在到得]{{0,2}}(?:{ASKING.pattern})")
"""A word that asks, with what leads to it."""
_JOINED = re.compile("[和跟与及]")
"""What puts two things asked for side by side (材料和费用)."""
ASKED_FOR = 2.0
"""What a facet must weigh in a part for the part to ask for it (search/data/facets.yml)."""
LONGEST = 150
"""Characters of a text in which several questions are looked for: each costs as much as the whole, and what is longer
is a story (the longest sentence of our questions that asks two things has 61)."""


class SubQuestion(NamedTuple):
    """A question of its own, and the facet that it asks for."""

    question: str
    facet: Facet


class _Asked(NamedTuple):
    """A piece of a text that asks for a facet: where it begins, where in it the asking does, and where it ends."""

    begin: int
    asking: int
    end: int
    facet: Facet


def parts_of(text: str) -> tuple[SubQuestion, ...]:
    """The questions of a normalised text, in their order, each for another facet; () where it asks one thing only.

    Each is the text without the pieces of the others; of the first piece, what all are about stays. () as well for more
    than LONGEST characters.
    """
    if len(text) > LONGEST:
        return ()
    asked: dict[Facet, _Asked] = {}
    for each in _asked(text):
        asked.setdefault(each.facet, each)
    if len(asked) < 2:
        return ()
    return tuple(SubQuestion(_alone(text, own, asked.values()), own.facet) for own in asked.values())


def _alone(text: str, own: _Asked, asked: Iterable[_Asked]) -> str:
    kept, position = "", 0
    for place, each in enumerate(asked):
        if each is own:
            continue
        kept += text[position : each.begin if place else each.asking]
        position = each.end
    rest = text[position:]
    return (kept + (rest[1:] if _JOINED.match(rest) and position == own.begin else rest)).strip(" ,，、;；?？!！。")


def _asked(text: str) -> Iterator[_Asked]:
    """The pieces of a text that ask for something."""
    cuts = sorted(_cuts(text))
    if not cuts:
        return
    for start, end in pairwise([0, *cuts, len(text)]):
        piece = text[start:end]
        facet, weight = next(iter(facets_of(piece).items()), (None, 0.0))
        if facet is None or weight < ASKED_FOR:
            continue
        named = min(begin for begin, _, found in facet_spans(piece) if found == facet)
        if asking := _ASKS.search(piece):
            # A price is never what the questions are about (签注要钱吗要多久), as 代办 may be.
            asks = min(named, asking.start()) if facet is Facet.fee else asking.start()
            yield _Asked(start, start + asks, end, facet)
        elif _JOINED.match(text, start) or _JOINED.match(text, end):
            yield _Asked(start, start + named, end, facet)


def _cuts(text: str) -> set[int]:
    """Where one thing asked may end and another begin: at a break, at a further word that asks, between two facets."""
    cuts = {match.end() for match in _BREAK.finditer(text)}
    asking = [match.start() for match in _ASKS.finditer(text)]
    cuts.update(later for earlier, later in pairwise(asking) if not _BREAK.search(text, earlier, later))
    joints = list(_JOINED.finditer(text))
    spans = facet_spans(text) if joints else []
    for match in joints:
        before = {facet for _, end, facet in spans if end == match.start()}
        after = {facet for start, _, facet in spans if start == match.end()}
        if before and after and before.isdisjoint(after):
            cuts.add(match.start())
    return cuts - {0, len(text)}

"""Two questions in one sentence (要什么材料，多久办好): each is asked for itself, with what both are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from kb.model import Facet
from search.query import facet_spans, facets_of

_BREAK = re.compile(r"[,，、;；?？!！。 ]+|还有|另外|以及|并且")
_JOINED = re.compile("[和跟与及]")
"""What puts two things asked for side by side (材料和费用)."""
_ASKING = re.compile(
    "[要去在到得]{0,2}(?:怎么|怎样|如何|多久|多长|多少|几|什么|哪|谁|啥|能不能|可不可以|要不要|是不是|有没有|吗)"
)
TELLING = 2.0
"""What a facet must weigh in a part for the part to ask for it."""


class Part(NamedTuple):
    """A question of its own, and the facet that it asks for."""

    question: str
    facet: Facet


class _Asked(NamedTuple):
    """A piece of a text that asks for a facet: where it begins, where in it the asking does, and where it ends."""

    begin: int
    asking: int
    end: int
    facet: Facet


def parts_of(text: str) -> tuple[Part, ...]:
    """The two questions of a normalised text, in their order; () where it asks one thing only.

    The first is the text without the piece that asks the second; the second is the text without what the first one asks.
    Where more is asked, the first two are taken.
    """
    asked: dict[Facet, _Asked] = {}
    for each in _asked(text):
        asked.setdefault(each.facet, each)
    first, second = (*asked.values(), None, None)[:2]
    if not (first and second):
        return ()
    return (
        Part(_without(text, second.begin, second.end), first.facet),
        Part(_without(text, first.asking, first.end), second.facet),
    )


def _without(text: str, start: int, end: int) -> str:
    return (text[:start] + text[end:]).strip(" ,，、;；?？!！。和跟与及")


def _asked(text: str) -> Iterator[_Asked]:
    """The pieces of a text that ask for something."""
    cuts = sorted(_cuts(text))
    if not cuts:
        return
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        piece = text[start:end]
        facet, weight = next(iter(facets_of(piece).items()), (None, 0.0))
        spans = [begin for begin, _, found in facet_spans(piece) if found == facet]
        asking = _ASKING.search(piece)
        joined = _JOINED.match(text, start) or _JOINED.match(text, end)
        if facet and weight >= TELLING and (asking or joined):
            yield _Asked(start, start + (asking.start() if asking else min(spans)), end, facet)


def _cuts(text: str) -> set[int]:
    """Where one thing asked may end and another begin: at a break, at a further word that asks, between two facets."""
    cuts = {match.end() for match in _BREAK.finditer(text)}
    asking = [match.start() for match in _ASKING.finditer(text)]
    cuts.update(later for earlier, later in pairwise(asking) if not _BREAK.search(text, earlier, later))
    joined = list(_JOINED.finditer(text))
    spans = facet_spans(text) if joined else []
    for match in joined:
        before = {facet for _, end, facet in spans if end == match.start()}
        after = {facet for start, _, facet in spans if start == match.end()}
        if before and after and before.isdisjoint(after):
            cuts.add(match.start())
    return cuts - {0, len(text)}

"""Scope: the plain rules by which a question is none of ours, whatever the ranking thinks of the best passage.

What the content covers, its regions, its subjects and what is confused with them, is declared in `lexicon/scope.yml`.
"""

from __future__ import annotations

from search.query import Query
from search.ranking import Ranked


def too_vague(query: Query) -> str | None:
    """Why a question says too little to be sure of any answer, or None."""
    if not any(concept.known for concept in query.concepts):
        return "问题里没有本站内容涉及的事项"
    # 材料 or 多久 alone names nothing that it could be asked of.
    if not query.on_subject and sum(not concept.facets for concept in query.concepts) == 0:
        return "问题太短，不知道问的是哪件事"
    return None


STRANGE = 2.5
"""Nats from which a thing that the passage is not about makes a question that names no subject of ours another's."""


def not_ours(query: Query, item: Ranked) -> str | None:
    """Why a passage cannot be what the question is about, or None.

    An unknown name right before a subject owns it (国航里程积分); without a subject, whatever telling thing is named must
    be what the passage is about (出生证明丢了 is not 居住证丢了).
    """
    if item.features["exact"]:
        return None
    if query.owner:
        return f"问的像是“{query.owner}”的事，本站没有"
    if not query.on_subject and item.features["stranger"] > STRANGE:
        return "没有提到本站回答的事项，说到的东西也不在最接近的条目里"
    return None

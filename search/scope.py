"""Scope: the plain rules by which a question is none of ours, whatever the ranking thinks of the best passage.

What the content covers, its regions, its subjects and what is confused with them, is declared in `lexicon/scope.yml`.
"""

from __future__ import annotations

from search.query import Query
from search.ranking import Ranked

FULLY = 0.99


def too_vague(query: Query) -> str | None:
    """Why a question says too little to be sure of any answer, or None."""
    if not any(concept.known for concept in query.concepts):
        return "问题里没有本站内容涉及的事项"
    # 材料 or 多久 alone names nothing that it could be asked of.
    if not query.subject and sum(not concept.facets for concept in query.concepts) == 0:
        return "问题太短，不知道问的是哪件事"
    return None


def not_ours(query: Query, item: Ranked) -> str | None:
    """Why a passage cannot be what the question is about, or None.

    A question that names none of the content's subjects is another's (房产证丢了怎么补), unless the passage accounts for
    all that it says and answers what it asks (本科没有学位多少分); one that puts an unknown name right before a subject
    (国航里程积分) asks about that name's.
    """
    if item.features["exact"]:
        return None
    if query.owner:
        return f"问的像是“{query.owner}”的事，本站没有"
    if query.subject:
        return None
    whole = item.features["coverage"] >= FULLY and item.features["general"] >= FULLY
    if not whole or item.features["facet"] < 1 or len(query.concepts) < 2:
        return "没有提到本站回答的事项，最接近的条目也不能全部对上"
    return None

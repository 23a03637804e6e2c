"""Scope: the plain rules by which a question is none of ours, or must be answered with more confidence than others.

What the content covers, its regions, its subjects and what is confused with them, is declared in `lexicon/scope.yml`.
"""

from __future__ import annotations

import re

from kb.model import Facet
from search.chinese import people
from search.lexicon import alternation
from search.opposite import is_opposite
from search.passages import Passage
from search.quantities import documents, quantities, with_ages
from search.query import Query
from search.ranking import Ranked


def too_vague(query: Query) -> str | None:
    """Why a question says too little to be sure of any answer, or None."""
    if len(query.text) > 1 and len(set(query.text)) == 1:
        return "问题里只有一个字"
    if not any(concept.known for concept in query.concepts):
        return "问题里没有本站内容涉及的事项"
    # 材料 or 多久 alone names nothing that it could be asked of.
    if not query.on_subject and all(concept.facets for concept in query.concepts):
        return "问题太短，不知道问的是哪件事"
    return None


def not_ours(query: Query, item: Ranked) -> str | None:
    """Why a passage cannot be what the question is about, or None."""
    if item.features["exact"]:
        return None
    if _another_case(query, item):
        return "最接近的条目说的是另一种年龄或年限"
    if _another_document(query, item):
        return "最接近的条目说的是另一个文号的文件"
    if _asks_what_kind(query, item):
        return "问的是算不算这一种，最接近的条目没有说"
    if item.features["other_kind"]:
        return "最接近的条目没有说到问的这一种"
    if is_opposite(query, item):
        return "最接近的条目说的是相反的情形"
    if item.features["person"] and _concerns_two(query):
        return "问的是两个人之间的事，最接近的条目没有说到那一位"
    return None


_FALLS_TO_ME = r"[^,。]{0,12}?(?:影响|给|扣|加到|算到?)我|[^,。]{0,8}?(?:断|补缴|停)[^,。]{0,6}?我的?积?分"
_BESIDE = r"(?:的时候|时|的)?[\s,]*我?的?"


def _concerns_two(query: Query) -> bool:
    """Whether a question is of what a relative is or does for one's own matter, or must be or have beside one.

    老公是博士能给我加分吗; 居转户配偶要满 7 年吗, 老公办居转户我要满 7 年吗. A story names many who are only there.
    """
    if not query.people or query.story:
        return False
    relative = f"(?:{alternation(word for words in query.people for word in words).pattern})"
    matter = f"(?:{alternation(query.subjects).pattern})"
    between = (
        f"{relative}{_FALLS_TO_ME}",
        f"{matter}{_BESIDE}{relative}",
        rf"{relative}[^,。]{{0,6}}?{matter}[\s,]*我(?:也|要|得|需|能|有)",
    )
    return any(re.search(pattern, query.text) for pattern in between)


def _another_document(query: Query, item: Ranked) -> bool:
    """Whether the question is about a document that it names by its number, and the passage says nothing of that one.

    Who asks for something else only says where he has it from (沪府规〔2022〕21号里大专多少分).
    """
    asked = documents(query.text)
    if not asked or query.facet not in (None, Facet.basis, Facet.validity, Facet.definition):
        return False
    passage = item.passage
    return asked.isdisjoint(documents("\n".join((*passage.wordings, passage.context, passage.answer, passage.body))))


def leaves_out(told: str, query: Query, item: Ranked) -> bool:
    """Whether a passage says nothing of a thing that a case tells beside what is added up (三年前拘留过): its verdict is another's."""
    if not told or item.features["exact"]:
        return False
    passage = item.passage
    text = "\n".join((*passage.wordings, passage.context, passage.answer, passage.body))
    left = (concept for concept in query.concepts if concept.thing and concept.wording in told)
    return any(not any(word in text for word, _ in concept.alternatives) for concept in left)


def doubt(query: Query, item: Ranked) -> str | None:
    """Why a passage must be surer than others to be what the question is about, or None.

    What is told of one relative (配偶是上海户口) seldom holds for another. An unknown name right before a subject may own it
    (国航里程积分).
    """
    if item.features["exact"]:
        return None
    if item.features.get("person") == 1 and any(name in item.wording for name in people()):
        return "最接近的条目说的是别的亲属"
    return f"问的像是“{query.owner}”的事，本站没有" if query.owner else None


NEAR = 8
"""Characters behind 算 within which a kind is what something counts as."""
_KIND_OF = re.compile(
    r"(?<![打计预就总核清怎么起])算(?:不算|是|作)?(?![进在上到得分])([^\W\d]{2,8}?)[吗么嘛啊]?[?\s]*$"
)
"""What a question ends with that asks whether something is of a kind; 打算 and 怎么算 do not."""


def _asks_what_kind(query: Query, item: Ranked) -> bool:
    """Whether the question asks if one thing is of a kind (晚交算补缴吗), and the passage only speaks of that kind (补缴算积分吗).

    A passage whose own question names the thing and that speaks of the kind as well does answer.
    """
    asked = _KIND_OF.search(query.text)
    if not asked or asked[1].endswith("分"):
        return False
    kind = asked[1]
    things = [concept.wording for concept in query.concepts if concept.thing and len(concept.wording) > 1]
    if not any(kind.endswith(thing) and len(kind) <= len(thing) + 2 for thing in things):
        return False
    own, *others = (*item.passage.wordings, item.passage.answer)
    if any(thing in own for thing in things if thing not in kind) and any(kind in text for text in (own, *others)):
        return False
    told = (part[:NEAR] for text in (own, *others) for part in text.split("算")[1:])
    return not any(kind[-2:] in part for part in told)


STRANGE = 2.5
"""Nats from which a thing that the passage is not about is strange."""


def is_strange(query: Query, item: Ranked) -> bool:
    """Whether a question that names no subject names a telling thing that the passage is not about."""
    return not (query.on_subject or item.features["exact"]) and item.features["stranger"] > STRANGE


_BELOW = re.compile(r"[未不]满\s*(\d+)\s*周?岁")
_FROM = re.compile(r"(?<![未不])满\s*(\d+)\s*周?岁|(?<!\d)(\d+)\s*周?岁(?:及?以上|起)")
_UP_TO = re.compile(r"(?<!\d)(\d+)\s*周?岁及?以下")


def _another_case(query: Query, item: Ranked) -> bool:
    """Whether a passage works out a case (45 岁，大专，社保 15 年) that differs from the one asked in age, years or a thing.

    What its nearest wording tells in passing, and neither its question nor its answer comes back to, is no such case.
    Nor is a passage that answers for the very age (a row of a table, or a wording of that age), up to an age that is
    not reached or from one that is; what gives no points says for itself whom it is for.
    """
    asked, own = quantities(with_ages(query.text)), quantities(item.wording)
    said = quantities(item.passage.answer)
    ages = asked.get("岁", set())
    told = quantities(_rule(item.passage))
    worked_out = {unit for unit in own.keys() & told.keys() if own[unit] & told[unit]}
    worked_out |= quantities(item.passage.question).keys() & {"岁", "生"}
    others = {unit for unit in asked.keys() & worked_out if asked[unit].isdisjoint(own.get(unit, set()) | told[unit])}
    if others - {"岁"}:
        return True
    if ages & said.get("岁", set()) or (ages and _holds_for(ages, item.passage)):
        return False
    if others:
        return True
    if "岁" in worked_out and item.features["stranger"]:
        return True
    if ages & own.get("岁", set()):
        return False
    return "岁" in asked and "岁" in said and item.passage.facet == Facet.score


def _rule(passage: Passage) -> str:
    """What a passage says, with its own question."""
    return "\n".join((passage.answer, *passage.wordings[:1]))


def _holds_for(ages: set[int], passage: Passage) -> bool:
    """Whether a rule says that it holds for all these ages: 未满 16 周岁 for those below, 满 60 岁 for 60 and above."""
    rule = _rule(passage)
    below = [int(age) - 1 for age in _BELOW.findall(rule)] + [int(age) for age in _UP_TO.findall(rule)]
    above = [int(one or other) for one, other in _FROM.findall(rule)]
    return max(ages) <= max(below, default=-1) or min(ages) >= min(above, default=1000)

"""Answering: from ranked passages to the card, the fork, or an honest nothing; and the lists below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import dropwhile
from urllib.parse import urlencode

from kb.claims import matter_of
from kb.library import Library
from kb.model import Entry, Facet, Fact, Status
from search.cards import holds, make_card
from search.chinese import interrogatives
from search.model import Card, CardKind, Choice, Link, Result, Understood
from search.passages import Passage
from search.query import Query
from search.ranking import CLOSER, FARTHEST, Ranked, is_article
from search.scope import doubt, is_strange, leaves_out, not_ours, too_vague
from search.snippet import snippet
from search.text import normalise
from search.weights import weights

RELATED = 6
NEAR_BEST = 0.9
"""The share of the best confidence from which another fact of the same entry is preferred for its facet."""
CHOICES = 3
"""Questions offered when there is no card."""


def understood(
    query: Query,
    answered: str | None = None,
    likely: bool = True,
    has_card: bool = False,
    beside: tuple[str, ...] = (),
) -> Understood:
    """What a visitor is told about how the question was read.

    `answered` is the topic of the card, which settles it when the question names several topics equally (积分). Unless the
    question is `likely` ours, a wrong name in it is no wrong name of ours (车辆年审). That it is no matter of ours is not
    said where it `has_card`, which an entry's own wording gets. `beside` is what else there is to tell.
    """
    outside = (query.outside,) if query.outside and not has_card else ()
    hints = (query.hints if likely or query.on_subject else ()) + outside + beside
    topic = query.topic or (answered if answered in query.topics else None)
    return Understood(
        text=query.text,
        facet=query.facet,
        topic=topic,
        corrections=query.corrections,
        hints=hints,
        outside=bool(outside),
    )


def decide(
    query: Query, ranked: list[Ranked], library: Library, day: date, left_over: str = ""
) -> tuple[Card | None, str]:
    """The card for a question, or None when there is no certain answer; and why, in Chinese.

    `left_over` is what a visitor's own case says that could not be added up: only what speaks of it may answer.
    """
    answerable = [
        item for item in ranked[:CLOSER] if can_answer(item, library, day) and not leaves_out(left_over, query, item)
    ]
    if article := _article_said(ranked):
        # What is only near it must be surer to answer who says its name.
        sure = weights().thresholds.unnamed
        near = [item for item in answerable if item.passage.entry == article.passage.entry or item.confidence >= sure]
        answerable = _facts_of(article, query, ranked, library, day) or near
    # What a plain rule excludes stands in nobody's way; where it is all there is, it says why there is no card.
    answerable = list(dropwhile(partial(not_ours, query), answerable)) or answerable[:1]
    answerable = _asked_first(query, answerable)
    rival = _rival(query, answerable, library, day)
    why = _why_no_card(query, answerable, rival)
    if why:
        return None, why
    best = answerable[0]
    if rival:
        return _fork(query, best, rival, library, day), "两个事项都可能"
    return card_of(best, library, day, query), "把握足够"


def _asked_first(query: Query, answerable: list[Ranked]) -> list[Ranked]:
    """The same, the best first; where it is of no facet that is asked for, its entry's fact of that one, if it is as near.

    Of who names a matter and the facet, and asks nothing else (办居住证), that fact is meant however near it is.
    """
    best = answerable[0] if answerable else None
    if best is None or best.features["exact"] or query.facet is None or best.passage.facet in query.facets:
        return answerable
    least = 0.0 if len(query.concepts) == 1 and not query.kinds else best.confidence * NEAR_BEST
    own = (item for item in answerable[1:] if item.passage.entry == best.passage.entry and item.confidence >= least)
    asked = next((item for item in own if item.passage.facet == query.facet and not not_ours(query, item)), None)
    if asked is None:
        return answerable
    surest = replace(asked, confidence=max(asked.confidence, best.confidence))
    return [surest, *(item for item in answerable if item is not asked)]


def _facts_of(article: Ranked, query: Query, ranked: list[Ranked], library: Library, day: date) -> list[Ranked]:
    """For a question in this article's own words: those of its facts that answer it, as sure as the article itself is.

    That is what has the facet that the words ask for; for a bare name, the process of the whole matter.
    """
    wanted = query.facet or Facet.process
    return [
        replace(item, features={**item.features, "exact": 1.0}, confidence=article.confidence)
        for item in ranked
        if item.passage.entry == article.passage.entry
        and item.passage.facet == wanted
        and (query.facet or not item.passage.narrow)
        and can_answer(item, library, day)
    ]


def _article_said(ranked: list[Ranked]) -> Ranked | None:
    """The article in whose own words a question is, or None."""
    best = ranked[0] if ranked else None
    return best if best and best.features["exact"] and is_article(best.passage) else None


def did_you_mean(
    query: Query, ranked: list[Ranked], library: Library, day: date, begun: Callable[[str], Iterable[str]]
) -> tuple[Link, ...]:
    """When there is no card: the questions that the visitor may have meant, at most three.

    Who only names a matter (积分, 居住证过) is first offered what such a question goes on to, as `begun` knows; who only
    asks (材料), a question of each matter that it may be asked of; who says the name of an article, that one; and who is
    unlikely to mean any of ours, none.
    """
    if query.outside or (too_vague(query) and not query.only_asks):
        return ()
    named = _article_said(ranked)
    likely = [
        item
        for item in ranked[:CLOSER]
        if _may_be_meant(query, item)
        and can_answer(item, library, day)
        and not (not_ours(query, item) or doubt(query, item) or is_strange(query, item))
    ]
    if query.only_asks:
        valid = [item for item in likely if is_in_force(item.passage, library, day)]
        whole = [item for item in valid if not item.passage.narrow]
        likely = [*(whole or valid), *_one_a_topic(query, ranked, library, day)]
    questions = [entry.question_of(fact) for entry, fact in (_entry_and_fact(item, library) for item in likely)]
    if query.bare and query.on_subject and not query.owner:
        questions = [*(text for text in begun(query.text) if interrogatives(normalise(text))), *questions]
    asked = (Link(title=text, url=f"/search?{urlencode({'q': text})}") for text in dict.fromkeys(questions))
    article = library.entries[named.passage.entry] if named else None
    return (*([Link(title=article.title, url=article.url)] if article else []), *asked)[:CHOICES]


def _may_be_meant(query: Query, item: Ranked) -> bool:
    """Whether a passage is near enough to be offered: it is as sure as needed, or all that keywords (落户材料) name is its own."""
    asked = query.facet is not None and item.passage.facet == query.facet and not query.kinds
    named = item.passage.topic in query.topics and item.features["coverage"] == 1
    return (asked and named) or item.confidence >= weights().thresholds.ask_back


def _one_a_topic(query: Query, ranked: Iterable[Ranked], library: Library, day: date) -> list[Ranked]:
    """The best passage of each topic that may be meant: a fact of the whole matter, in force, of the facet that is asked for."""
    best: dict[str, Ranked] = {}
    for item in ranked:
        passage = item.passage
        asked_for = passage.facet == query.facet and (not query.topics or passage.topic in query.topics)
        if asked_for and not passage.narrow and is_in_force(passage, library, day):
            best.setdefault(passage.topic, item)
    return list(best.values())


def _either(best: Ranked, rival: Ranked | None) -> float:
    """How sure it is that one of two answers is right that exclude each other."""
    return min(1.0, best.confidence + (rival.confidence if rival else 0.0))


def _why_no_card(query: Query, answerable: list[Ranked], rival: Ranked | None) -> str | None:
    own_words = bool(answerable) and bool(answerable[0].features["exact"])
    if own_words and (len(query.concepts) > 1 or any(not concept.facets for concept in query.concepts)):
        return None
    vague = query.outside or too_vague(query)
    if vague:
        return vague
    if not answerable:
        return "没有找到相关内容"
    best = answerable[0]
    if query.bare and _is_overview(query, best):
        return None
    asks_what = query.kinds == {"thing"}
    if query.bare and not (asks_what or (not query.kinds and _stands_alone(*answerable))):
        return "只说了是哪件事，没有说要问它的什么"
    needed = _needed(query, best)
    sure = _either(best, rival)
    if sure < needed:
        return f"最接近的条目把握只有 {sure:.2f}，低于 {needed:.2f}"
    doubted = doubt(query, best)
    if doubted and sure < weights().thresholds.doubted:
        return doubted
    return not_ours(query, best)


def _is_overview(query: Query, item: Ranked) -> bool:
    """Whether a passage is the process of the one topic that a question names."""
    return item.features["overview"] == 1 and item.passage.topic == query.topic


def _stands_alone(best: Ranked, *others: Ranked) -> bool:
    """Whether a name that is all of a question (留学生落户) is surely the best one's, and no other card comes near.

    Where nothing else was found, nothing tells how near others come.
    """
    sure = best.confidence >= weights().thresholds.doubted
    return sure and bool(others) and best.features["lead"] == FARTHEST


def _needed(query: Query, item: Ranked) -> float:
    """The confidence from which a passage may stand on a card."""
    limits = weights().thresholds
    needed = limits.card if query.on_subject else limits.unnamed
    return needed + limits.unstructured * (1 - needed) if item.passage.fact is None else needed


def _entry_and_fact(item: Ranked, library: Library) -> tuple[Entry, Fact | None]:
    entry = library.entries[item.passage.entry]
    return entry, entry.facts[item.passage.fact] if item.passage.fact is not None else None


def can_answer(item: Ranked, library: Library, day: date) -> bool:
    """Whether the passage could stand on a card on that day."""
    entry, fact = _entry_and_fact(item, library)
    if entry.status_on(day) is Status.upcoming:
        return False
    return fact.effective.covers(day) if fact else entry.kind == "faq"


def is_in_force(passage: Passage, library: Library, day: date) -> bool:
    """Whether a passage is a fact, and both it and its entry hold on that day."""
    if passage.fact is None:
        return False
    entry = library.entries[passage.entry]
    return holds(entry, entry.facts[passage.fact], day)


def _rival(query: Query, answerable: list[Ranked], library: Library, day: date) -> Ranked | None:
    """The passage of another topic that a question may mean as well, when it names no one topic; else None.

    What is out of force or disputed stands on a card of its own only, which has room to say so.
    """
    if query.topic is not None or not query.on_subject or not answerable or answerable[0].features["exact"]:
        return None
    limits, best = weights().thresholds, answerable[0]
    rival = next((item for item in answerable[1:] if item.passage.topic != best.passage.topic), None)
    if rival is None or rival.passage.facet != best.passage.facet or rival.confidence < limits.ask_back:
        return None
    if not_ours(query, rival) or not all(_holds_undisputed(item, library, day) for item in (best, rival)):
        return None
    return rival if rival.score >= best.score * (1 - limits.fork) else None


def _holds_undisputed(item: Ranked, library: Library, day: date) -> bool:
    entry, fact = _of_today(*_entry_and_fact(item, library), library, day)
    if fact is None:
        return entry.is_in_force(day)
    return holds(entry, fact, day) and fact.conflict is None


def _fork(query: Query, best: Ranked, rival: Ranked, library: Library, day: date) -> Card:
    """Both answers side by side, for the visitor to choose."""
    cards = [card_of(item, library, day, query) for item in (best, rival)]
    return cards[0].model_copy(
        update={
            "kind": CardKind.fork,
            "confidence": round(_either(best, rival), 3),
            "choices": tuple(
                Choice(
                    question=card.question,
                    answer=card.answer,
                    topic=item.passage.topic,
                    url=card.entry.url,
                    status=card.status,
                    verification=card.verification,
                    needs_review=card.needs_review,
                )
                for card, item in zip(cards, (best, rival), strict=True)
            ),
        }
    )


def card_of(item: Ranked, library: Library, day: date, query: Query) -> Card:
    """The card of a ranked passage, fitted to the question."""
    entry, fact = _of_today(*_entry_and_fact(item, library), library, day)
    # One row of a table is no answer to who names something else as well (硕士加10年社保多少分).
    fits = fact is None or not item.features.get("stranger") or _rows_have(_strangers(query, item.passage), fact)
    return make_card(entry, fact, day, item.confidence, query if fits else None)


def _strangers(query: Query, passage: Passage) -> list[str]:
    """The things that a question names and a passage is not about."""
    about = "\n".join((*passage.wordings, passage.context))
    things = (concept for concept in query.concepts if concept.thing)
    return [thing.wording for thing in things if not any(word in about for word, _ in thing.alternatives)]


def _rows_have(words: Iterable[str], fact: Fact) -> bool:
    """Whether every word is part of a name of a row, and no part of a number there (35 of 35岁)."""
    names = "\n".join(normalise(name) for value in fact.values for name in (value.of, *value.aliases))
    return all(re.search(rf"(?<![\d.]){re.escape(word)}(?![\d.])", names) for word in words)


def _of_today(entry: Entry, fact: Fact | None, library: Library, day: date) -> tuple[Entry, Fact | None]:
    """A fact; or, for one out of force of which no editor says what holds now, the one in force on the same matter.

    The same matter is what may not be told in two ways at once (kb/claims.py).
    """
    if fact is None or entry.now or holds(entry, fact, day):
        return entry, fact
    wanted = matter_of(entry, fact)
    others = ((other, each) for other in library.by_topic[entry.topic] for each in other.facts)
    found = (pair for pair in others if holds(*pair, day) and matter_of(*pair) == wanted)
    return next(found, (entry, fact))


def folded(ranked: Iterable[Ranked]) -> list[Ranked]:
    """One passage an entry, the best of each standing for it, in order."""
    best: dict[str, Ranked] = {}
    for item in ranked:
        best.setdefault(item.passage.entry, item)
    return list(best.values())


def result(query: Query, item: Ranked, library: Library, day: date) -> Result:
    """The entry of a passage as a line in the list of results; what is shown of it holds on the day, as far as the entry does."""
    entry, fact = _entry_and_fact(item, library)
    if fact and not fact.effective.covers(day):
        fact = next((each for each in entry.facts_on(day) if matter_of(entry, each) == matter_of(entry, fact)), None)
    text = (fact.answer if fact else None) or entry.text.replace("\n\n", " ")
    return Result(
        id=entry.id,
        kind=entry.kind,
        title=entry.title,
        url=entry.url,
        topic=entry.topic,
        snippet=snippet(text, query.telling),
        status=entry.status_on(day),
        score=round(item.score, 3),
    )


def related(card: Card | None, ranked: Iterable[Ranked], library: Library, day: date) -> tuple[Link, ...]:
    """What to read next: what the editor named for the card's entry, then other in-force answers near the question."""
    shown = {card.entry.id} if card else set()
    links: dict[str, Link] = {}
    named = library.entries[card.entry.id].related if card else ()
    near = (item.passage.entry for item in ranked)
    for ident in (*named, *near):
        entry = library.entries.get(ident)
        if entry and ident not in shown and entry.is_in_force(day):
            links.setdefault(ident, Link(title=entry.title, url=entry.url))
        if len(links) == RELATED:
            break
    return tuple(links.values())

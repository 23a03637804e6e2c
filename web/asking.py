"""What the page of a question offers beside its card and its results."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest

from kb.model import EntryKind
from search.model import Answer, Card, Force, Link, Result, SearchPage
from search.text import is_han, question_key
from web.context import service

REPHRASINGS = 8
"""Questions offered at most to someone whose question has no answer."""
LIKELY = 5
"""Results whose topics such a question may be about."""


def beside(answer: Answer, found: SearchPage, with_card: bool) -> tuple[list[Result], list[Link]]:
    """The results, but for those that the card leads to itself where it stands above them, and what to read next besides."""
    on_card = _led_to(answer.card) if answer.card and with_card else set()
    others = [result for result in found.results if result.url not in on_card]
    listed = on_card | {result.url for result in others}
    return others, [link for link in answer.related if link.url not in listed]


def _led_to(card: Card) -> set[str]:
    """The paths of the entries that the card itself leads to."""
    also = _led_to(card.also) if card.also else set()
    return {card.entry.url, *(choice.url for choice in card.choices), *also}


def is_foreign(text: str) -> bool:
    """Whether a question, its pinyin already read, is in the letters of another script and has no Han character."""
    return any(map(str.isalpha, text)) and not any(map(is_han, text))


def filter_choices() -> dict[str, list[tuple[str, str]]]:
    """What results may be limited to: by parameter, each value with the words for it."""
    return {
        "topic": [(topic.id, topic.name) for topic in service().library.topics],
        "kind": [(kind.value, kind.label) for kind in EntryKind],
        "force": [(force.value, force.label) for force in Force],
    }


def rephrasings(answer: Answer, limit: str | None) -> list[str]:
    """Questions to ask instead: of the topic that was named, or of those of what was found where that may be meant.

    Else, what editors picked for the home page. Neither the question itself nor one that may be meant by it.
    """
    known = {question_key(each) for each in (answer.query, *(link.title for link in answer.candidates))}
    topic = answer.understood.topic or limit
    likely = answer.results[:LIKELY] if answer.candidates else ()
    topics = [topic] if topic else dict.fromkeys(result.topic for result in likely)
    in_turn = zip_longest(*(_questions_of(each) for each in topics))
    offered = dict.fromkeys(question for turn in in_turn for question in turn if question)
    new = [question for question in offered if question_key(question) not in known]
    return new[:REPHRASINGS] or list(service().library.site.home.popular)


def _questions_of(topic: str) -> list[str]:
    """The questions of a topic that have an answer, one a facet."""
    library, today = service().library, date.today()
    questions: dict[str, str] = {}
    for entry in (*library.reading_order.get(topic, ()), *library.by_topic.get(topic, ())):
        if not entry.is_in_force(today):
            continue
        for fact in entry.facts_on(today):
            if fact.question:
                questions.setdefault(fact.facet, fact.question)
    return list(questions.values())

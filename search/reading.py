"""One question, understood and ranked: which card it gets, or none, and what comes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from time import perf_counter

from kb.library import Library
from search import answer, cards
from search.cases import Sheet
from search.finder import CANDIDATES, Finder
from search.model import Answer, Card, Link, Result, SearchPage
from search.parts import SubQuestion, parts_of
from search.query import Query
from search.ranking import Ranked
from search.suggest import Suggester
from search.summing import added_up
from search.text import MAX_QUERY, normalise, question_key

PARTS = 4
"""Questions in one sentence that are looked at."""
SHOWN = 10
"""Results that come with an answer."""
ADDED_UP = "按问题里说的情况加出来的"
"""Why there is a card that estimates no confidence."""


@dataclass(frozen=True)
class Reading:
    """A question understood and ranked against one library, in a topic that was chosen, on a day.

    `start` is when reading it began; `finder` and `suggester` know how questions may go on.
    """

    query: Query
    ranked: list[Ranked]
    library: Library
    finder: Finder
    suggester: Suggester
    sheets: tuple[Sheet, ...]
    topic: str | None
    day: date
    start: float
    reread: Callable[[str], Reading]

    def decided(self) -> tuple[Card | None, str]:
        """The card or none, and why; of a sentence that asks several things, the cards of two of them in one."""
        ruled_out = self._is_known or self._is_of_another_topic or self.query.outside
        added_up = None if ruled_out else self._added_up
        if added_up:
            return added_up, ADDED_UP
        card, why = self._one
        parts = () if ruled_out else parts_of(self.query.text)[:PARTS]
        if not parts or (card and card.choices):
            return card, why
        own = [self._own_card(part, card) for part in parts]
        shown = self._together(
            card, [each for each, part in zip(own, parts, strict=True) if each and _tells(each, part)]
        )
        if not shown:
            return None, why
        names = {_name(each) for each in shown}
        rest = [part.facet for each, part in zip(own, parts, strict=True) if not each or _name(each) not in names]
        return cards.with_rest(cards.both(*shown) if len(shown) == 2 else shown[0], rest), "一句话问了几件事"

    @property
    def _added_up(self) -> Card | None:
        """What a visitor's own case adds up to, where the content says how, and in one way only."""
        sheets = (sheet for sheet in self.sheets if self.topic in (None, sheet.entry.topic))
        totals = [total for sheet in sheets if (total := added_up(sheet, self.query, self.day))]
        return totals[0] if len(totals) == 1 else None

    @cached_property
    def _told(self) -> tuple[tuple[Sheet, str], ...]:
        """The totals that a visitor's own case could be one of, each with what it says beside; none of a story.

        A story tells much that changes nothing.
        """
        sheets = () if self.query.story else self.sheets
        return tuple((sheet, left) for sheet in sheets if (left := sheet.left_over(self.query, self.day)))

    def _together(self, whole: Card | None, told: list[Card]) -> list[Card]:
        """Of the cards that the parts of a sentence got, in their order, two of one topic that are shown together; or one.

        What the `whole` sentence is answered with, if it is, must be among them.
        """
        first = told.index(whole) if whole in told else 0
        chosen = [told[0], told[first or 1]] if len(told) > 1 else told
        topics = {self.library.entries[each.entry.id].topic for each in chosen}
        if len(topics) == 1 and (whole is None or whole in chosen):
            return chosen
        return [whole] if whole else told[:1]

    def _own_card(self, part: SubQuestion, whole: Card | None) -> Card | None:
        """The card of one of several questions; where the whole sentence is answered with such a one, that is it."""
        return whole if whole and whole.facet == part.facet else self.reread(part.question)._one[0]

    @property
    def _one(self) -> tuple[Card | None, str]:
        """The card or none, and why, of one question."""
        if self._is_of_another_topic:
            return None, "问题说的是别的主题"
        left_over = " ".join(left for _, left in self._told)
        return answer.decide(self.query, self.ranked, self.library, self.day, left_over)

    @property
    def _is_of_another_topic(self) -> bool:
        """Whether a question names other topics than the one that was chosen.

        That one has no answer to it: what is left of the best without those would look surer than it is.
        """
        return bool(self.topic and self.query.topics) and self.topic not in self.query.topics

    @property
    def _is_known(self) -> bool:
        """Whether an editor wrote the question."""
        return bool(self.ranked and self.ranked[0].features["exact"])

    def answer(self) -> Answer:
        """The card or none, the first results, what to read next."""
        card, _ = self.decided()
        offered = () if card else answer.did_you_mean(self.query, self.ranked, self.library, self.day, self._begun)
        not_added = () if card or self.query.outside else tuple(sheet for sheet, _ in self._told)
        offered = (*(Link(title=sheet.entry.title, url=sheet.entry.url) for sheet in not_added), *offered)[
            : answer.CHOICES
        ]
        told = tuple(sheet.not_added for sheet in not_added)
        likely = bool(card or offered)
        return Answer(
            query=self.query.typed[:MAX_QUERY],
            understood=answer.understood(self.query, self._settled(card), likely, card is not None, told),
            card=card,
            candidates=offered,
            results=self._results(self._found[:SHOWN]),
            related=answer.related(card, self.ranked, self.library, self.day),
            took_ms=self._took_ms(),
        )

    def _begun(self, text: str) -> Iterator[str]:
        """The questions suggested for what was typed, of the topic that was chosen, with a fact that holds on the day."""
        for suggestion in self.suggester.suggest(text, SHOWN):
            named = map(self.finder.passages.__getitem__, self.finder.by_wording[question_key(suggestion.title)])
            wanted = (passage for passage in named if self.topic in (None, passage.topic))
            if any(answer.is_in_force(passage, self.library, self.day) for passage in wanted):
                yield suggestion.title

    def _settled(self, card: Card | None) -> str | None:
        """The topic that a card settles; a fork leaves it open."""
        return self.library.entries[card.entry.id].topic if card and not card.choices else None

    def page(self, page: int, per_page: int) -> SearchPage:
        """One page of results; `page` counts from 1."""
        first = (page - 1) * per_page
        return SearchPage(
            query=self.query.typed[:MAX_QUERY],
            understood=answer.understood(self.query),
            results=self._results(self._found[first : first + per_page]),
            total=len(self._found),
            page=page,
            per_page=per_page,
            took_ms=self._took_ms(),
            cut=len(self.ranked) >= CANDIDATES,
        )

    @cached_property
    def _found(self) -> list[Ranked]:
        """One passage an entry, best first; before all others those whose title has a text that is too short to be a word."""
        found, short = answer.folded(self.ranked), self.query.short
        if not short:
            return found

        def comes_later(item: Ranked) -> bool:
            return not item.features["exact"] and short not in normalise(self.library.entries[item.passage.entry].title)

        return sorted(found, key=comes_later)

    @cached_property
    def _made(self) -> dict[str, Result]:
        """Results by passage: a page that shows an answer and results shows most of them in both."""
        return {}

    def _results(self, shown: list[Ranked]) -> tuple[Result, ...]:
        for item in shown:
            if item.passage.id not in self._made:
                self._made[item.passage.id] = answer.result(self.query, item, self.library, self.day)
        return tuple(self._made[item.passage.id] for item in shown)

    def _took_ms(self) -> float:
        return round((perf_counter() - self.start) * 1000, 3)


def _tells(card: Card, part: SubQuestion) -> bool:
    """Whether a card is the one answer to what a part of a sentence asks for."""
    return card.facet == part.facet and not card.choices


def _name(card: Card) -> tuple[str, str | None]:
    return card.entry.id, card.facet

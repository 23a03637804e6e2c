"""Passages: the units the engine scores. A fact is one, with all its wordings; so is an entry without facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kb.library import Library
from kb.model import Entry, EntryKind, Fact, Topic
from search.engines import Posting
from search.segmenter import Segmenter
from search.text import bigrams, normalise

WEIGHTS = {"wording": 3, "context": 2, "answer": 2, "body": 1}
"""How often a word is repeated, by the field it stands in (see engines/protocol.py)."""
MAX_BODY = 4000
"""Characters of a body that are indexed with its passage."""
PIECES, PIECE = 3, 120
"""Pieces of a text without wordings that are compared with a question by meaning, and the characters of one: as many as
the encoder reads (`search.meaning.LONGEST`)."""


@dataclass(frozen=True)
class Passage:
    """One unit, its texts normalised. `wordings` are the ways people ask for it, the main one first.

    `fact` is the index of the fact in the entry, or None for the entry as a whole; a `narrow` one is about a part of
    its topic's matter only, a `tabled` one has a row for each of several cases.
    """

    id: str
    entry: str
    fact: int | None
    kind: EntryKind
    topic: str
    facet: str | None
    wordings: tuple[str, ...]
    context: str
    answer: str
    body: str
    narrow: bool = False
    tabled: bool = False

    @property
    def question(self) -> str:
        """The main wording; "" without any."""
        return self.wordings[0] if self.wordings else ""

    @property
    def meanings(self) -> tuple[str, ...]:
        """What a question is compared with by meaning: the wordings; without any, what the passage says, in pieces."""
        if self.wordings:
            return self.wordings
        said = self.answer or self.body
        return tuple(said[start : start + PIECE] for start in range(0, min(len(said), PIECES * PIECE), PIECE))


def passages_of(entry: Entry, topics: Mapping[str, Topic]) -> Iterator[Passage]:
    """The passages of one entry: one for each fact, and one for an article or a FAQ without facts."""
    topic = topics[entry.topic].name if entry.topic in topics else ""
    for index, fact in enumerate(entry.facts):
        yield _fact_passage(entry, index, fact, topic)
    if entry.kind is EntryKind.article or not entry.facts:
        headings = " ".join(heading.text for heading in entry.headings)
        yield Passage(
            id=entry.id,
            entry=entry.id,
            fact=None,
            kind=entry.kind,
            topic=entry.topic,
            facet=None,
            wordings=tuple(map(normalise, (entry.title, *entry.aliases))),
            context=normalise(f"{topic} {headings}"),
            answer=normalise(entry.summary),
            body=normalise(entry.text[:MAX_BODY]),
        )


def passages_by_id(library: Library) -> dict[str, Passage]:
    """All passages of a library."""
    return {passage.id: passage for passage in passages_in(library, library.entries.values())}


def passages_in(library: Library, entries: Iterable[Entry]) -> Iterator[Passage]:
    """The passages of some of a library's entries, in order."""
    for entry in entries:
        yield from passages_of(entry, library.topic_of)


def _fact_passage(entry: Entry, index: int, fact: Fact, topic: str) -> Passage:
    own = (fact.question,) if fact.question else ()
    synthetic = f"{topic} {fact.about or ''} {fact.facet.label}"
    if entry.leads(fact):
        wordings = (entry.title, *own, *entry.aliases, *fact.aliases)
        body = entry.text
    else:
        wordings = (*(own or (synthetic,)), *fact.aliases)
        body = ""
    values = " ".join(f"{value.of} {' '.join(value.aliases)} {value.value}" for value in fact.values)
    items = " ".join(f"{item.name} {item.when or ''}" for item in fact.items)
    steps = " ".join(step.do for step in fact.steps)
    return Passage(
        id=f"{entry.id}#{index}",
        entry=entry.id,
        fact=index,
        kind=entry.kind,
        topic=entry.topic,
        facet=fact.facet,
        wordings=tuple(map(normalise, wordings)),
        context=normalise(f"{synthetic} {fact.audience or ''} {entry.title}"),
        answer=normalise(f"{fact.answer or ''} {values} {items} {steps} {' '.join(fact.notes)}"[:MAX_BODY]),
        body=normalise(body[:MAX_BODY]),
        narrow=fact.about is not None,
        tabled=bool(fact.values),
    )


def posting_of(passage: Passage, segmenter: Segmenter) -> Posting:
    """The passage as an engine keeps it: the words of all it says, and pairs of characters of what it is about.

    Pairs find what is cut into other words than the question is; in long answers they find little (docs/decisions/0021).
    """
    wordings, context = " ".join(passage.wordings), passage.context
    words = (
        *segmenter.words(wordings) * WEIGHTS["wording"],
        *segmenter.words(context) * WEIGHTS["context"],
        *segmenter.words(passage.answer) * WEIGHTS["answer"],
        *segmenter.words(passage.body) * WEIGHTS["body"],
    )
    pairs = (*bigrams(wordings), *bigrams(context))
    return Posting(passage.id, passage.entry, passage.topic, passage.kind, words, pairs)

"""Templates: the entries of real content with their matters taken out, so that others can be put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from kb.library import Library
from kb.model import Entry, EntryKind, Fact, Status
from search.chinese import things
from search.evaluation.benchmark.words import Zipf
from search.lexicon import Lexicon, alternation
from search.segmenter import Segmenter
from search.text import normalise

REPLACED = 0.6
"""The share of the nouns of answers and bodies that another noun takes the place of."""
WORDINGS = 12
"""Wordings that an entry, and each of its facts, has at most: whoever has a hundred thousand entries writes no 25 for
each, as our content has on average."""
_MATTER, _REGION, _NOUN = "\ue000", "\ue001", "\ue002"
"""Where a text has a matter of the content, its region, a noun: characters that no text has."""


@dataclass(frozen=True)
class Pattern:
    """A text with places to fill; `nouns` are those that stand at its noun places, in order."""

    text: str
    nouns: tuple[str, ...]

    def wording(self, name: str, matter: str, place: str) -> str:
        """A wording that names the matter in full, once: where the text names one, or else in front."""
        text = self.text if _MATTER in self.text else _MATTER + self.text
        filled = text.replace(_MATTER, name, 1).replace(_MATTER, matter).replace(_REGION, place)
        return self._with(filled, iter(self.nouns))

    def prose(self, matter: str, place: str, chance: Random, nouns: Zipf) -> str:
        """Running text, its nouns drawn anew as often as REPLACED says."""
        drawn = (nouns.draw(chance) if chance.random() < REPLACED else noun for noun in self.nouns)
        return self._with(self.text.replace(_MATTER, matter).replace(_REGION, place), drawn)

    @staticmethod
    def _with(text: str, nouns: Iterator[str]) -> str:
        first, *rest = text.split(_NOUN)
        return "".join((first, *(noun + piece for noun, piece in zip(nouns, rest, strict=False))))


Filled = Callable[[Pattern], str]


@dataclass(frozen=True)
class FactTemplate:
    """A real fact; `texts` has the pattern of every text in it."""

    fact: Fact
    texts: Mapping[str, Pattern]


@dataclass(frozen=True)
class Template:
    """A real entry: its wordings, its summary, its body by lines, its facts."""

    kind: EntryKind
    title: Pattern
    aliases: tuple[Pattern, ...]
    summary: Pattern
    body: tuple[Pattern, ...]
    facts: tuple[FactTemplate, ...]


class Templates:
    """Every published entry in force of a library as a template; `said` are the nouns of all of them, with repetition."""

    def __init__(self, library: Library, lexicon: Lexicon, segmenter: Segmenter) -> None:
        entries = [entry for entry in library.entries.values() if entry.status is Status.in_force]
        matters = {word for group in lexicon.groups if group.topic for word in (group.term, *group.exact)}
        region = set(lexicon.scope.region)
        known = things() - matters - region
        texts = normalise("\n".join(text for entry in entries for text in _texts(entry)))
        words = [word for word in segmenter.cut(texts) if word in known]
        self._pattern = re.compile(
            "|".join(f"({alternation(group).pattern})" for group in (matters, region, set(words)))
        )
        self.said = words
        self.all = tuple(map(self._template, entries))

    def _template(self, entry: Entry) -> Template:
        return Template(
            entry.kind,
            self._read(entry.title),
            tuple(map(self._read, entry.aliases[: WORDINGS - 1])),
            self._read(entry.summary),
            tuple(self._read(line) for line in entry.text.split("\n") if line.strip()),
            tuple(map(self._fact, entry.facts)),
        )

    def _fact(self, fact: Fact) -> FactTemplate:
        kept = fact.model_copy(update={"aliases": fact.aliases[: WORDINGS - 1]})
        return FactTemplate(kept, {text: self._read(text) for text in _texts_of(kept)})

    def _read(self, text: str) -> Pattern:
        nouns: list[str] = []

        def place(match: re.Match[str]) -> str:
            if match.lastindex == 3:
                nouns.append(match[0])
            return (_MATTER, _REGION, _NOUN)[(match.lastindex or 1) - 1]

        return Pattern(self._pattern.sub(place, text), tuple(nouns))


def _texts(entry: Entry) -> Iterable[str]:
    yield from (entry.title, *entry.aliases, entry.text)
    for fact in entry.facts:
        yield from _texts_of(fact)


def _texts_of(fact: Fact) -> Iterator[str]:
    """Every text of a fact that made entries keep."""
    yield from filter(None, (fact.question, *fact.aliases, fact.answer, *fact.notes))
    for item in fact.items:
        yield from filter(None, (item.name, item.when))
    yield from (step.do for step in fact.steps)
    for value in fact.values:
        yield from (value.of, value.value)

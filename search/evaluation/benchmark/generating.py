"""Made collections: as many entries as wanted, each a function of the seed and its number only.

How entry i is made:
1. its pair of place and audience is the i-th of a fixed shuffling of all pairs, so that no two entries share one;
2. a real entry is drawn as its template, a kind of matter and a thing by Zipf's law: its matter is thing and kind
   (竹编补贴), its name place, audience and matter (周庄农户竹编补贴);
3. in its wordings the first matter of the content becomes the name, further ones the matter, the region the place;
   a wording without a matter gets the name in front;
4. in its answers and body, the matters and region likewise; of the other nouns, a share is drawn by Zipf's law
   (`templates.REPLACED`, `words.EXPONENT`) from the content's own nouns, the most said first, and jieba's dictionary.
Thus the numbers of facts, materials and steps, of wordings up to `templates.WORDINGS`, and the lengths of answers and
bodies are those of the content, and all else that it says is said as often as it says it. Wordings are longer by what
the name is longer than the content's own matters (17 characters on average, where ours have 10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from math import gcd
from pathlib import Path
from random import Random

from kb import library as libraries
from kb.comparing import comparable
from kb.documents import Document
from kb.library import Library, Shared
from kb.model import ALWAYS, Entry, Fact, Site, Source, SourceRef, Status, Topic, Verification
from search.evaluation.benchmark.templates import FactTemplate, Filled, Pattern, Template, Templates
from search.evaluation.benchmark.words import KINDS, Kind, Words, Zipf, words_of
from search.evaluation.errors import EvaluationError
from search.lexicon import Lexicon, Scope, SynonymGroup, load_lexicon
from search.passages import Passage, passages_of
from search.segmenter import make_segmenter

SEED = 20_261_125
REVIEWED = date(2026, 11, 24)
TOPICS = tuple(
    Topic(id=kind.id, name=kind.name, summary=f"{kind.name}怎么办", order=order, aliases=(kind.name,))
    for order, kind in enumerate(KINDS)
)


@dataclass(frozen=True)
class Identity:
    """What tells an entry from all others."""

    place: str
    audience: str
    thing: str
    kind: Kind

    @property
    def matter(self) -> str:
        """What the entry is about."""
        return f"{self.thing}{self.kind.name}"

    @property
    def name(self) -> str:
        """The matter in full: where and for whom."""
        return f"{self.place}{self.audience}{self.matter}"


@dataclass(frozen=True)
class Generator:
    """Makes entries from the templates of one content folder."""

    seed: int
    site: Site
    sources: tuple[Source, ...]
    groups: tuple[SynonymGroup, ...]
    home: tuple[str, ...]
    terms: tuple[str, ...]
    templates: tuple[Template, ...]
    words: Words

    def identity(self, number: int) -> Identity:
        """What entry `number` is about, without making it. Raises EvaluationError beyond the pairs there are."""
        return self._identity(number, self._chance(number))

    def entry(self, number: int) -> Entry:
        """Entry `number`, counted from 0; the same whatever the size of the collection."""
        chance = self._chance(number)
        identity = self._identity(number, chance)
        template = chance.choice(self.templates)
        source = self.sources[number % len(self.sources)]
        place, matter, name, nouns = identity.place, identity.matter, identity.name, self.words.nouns

        def prose(pattern: Pattern) -> str:
            return pattern.prose(matter, place, chance, nouns)

        def wording(pattern: Pattern) -> str:
            return pattern.wording(name, matter, place)

        title = wording(template.title)
        aliases = _others((title,), map(wording, template.aliases))
        seen = [title, *aliases]
        facts = []
        for index, fact in enumerate(template.facts):
            made = _fact(fact, wording, prose, seen, source, f"{name}{index or ''}")
            seen += filter(None, (made.question, *made.aliases))
            facts.append(made)
        lines = [prose(line) for line in template.body]
        ident = f"{template.kind.folder}/{identity.kind.id}/e{number}"
        return Entry(
            id=ident,
            kind=template.kind,
            path=f"{ident}.md",
            line=1,
            title=title,
            topic=identity.kind.id,
            status=Status.in_force,
            verification=Verification.secondary,
            effective=ALWAYS,
            reviewed=REVIEWED,
            review_by=None,
            aliases=aliases,
            summary=prose(template.summary),
            sources=(source,),
            facts=tuple(facts),
            related=(),
            now=None,
            html="".join(f"<p>{escape(line)}</p>\n" for line in lines),
            text="\n\n".join(lines),
            headings=(),
        )

    def entries(self, count: int) -> Iterator[Entry]:
        """The first entries, one at a time."""
        return map(self.entry, range(count))

    def passages(self, count: int) -> Iterator[Passage]:
        """The passages of the first entries, one at a time."""
        topics = {topic.id: topic for topic in TOPICS}
        return (passage for entry in self.entries(count) for passage in passages_of(entry, topics))

    def library(self, count: int) -> Library:
        """The first entries as a library, in memory."""
        document = Document(path="made", digest=f"{self.seed} {count}", entries=tuple(self.entries(count)))
        shared = Shared(site=self.site, topics=TOPICS, sources=self.sources)
        return Library(shared, documents={}, good={"made": document}, problems=())

    @cached_property
    def scope(self) -> Scope:
        """The scope of made collections: every kind is a subject; nothing is confusable."""
        return Scope(home=self.home, subjects=tuple(kind.name for kind in KINDS))

    @cached_property
    def synonyms(self) -> tuple[SynonymGroup, ...]:
        """The content's groups that stand for no topic, and one for each kind."""
        kinds = [SynonymGroup(term=kind.name, exact=kind.exact, topic=(kind.id,)) for kind in KINDS]
        taken = {word for kind in KINDS for word in (kind.name, *kind.exact)}
        own = [
            group
            for group in self.groups
            if not group.topic and taken.isdisjoint((group.term, *group.exact, *group.loose))
        ]
        return (*own, *kinds)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of made collections."""
        return Lexicon(self.terms, self.synonyms, self.scope, f"made {self.seed}")

    def _chance(self, number: int) -> Random:
        return Random((self.seed << 64) + number)  # noqa: S311  not a secret

    def _identity(self, number: int, chance: Random) -> Identity:
        pairs = self.words.pairs
        if not 0 <= number < pairs:
            raise EvaluationError(f"最多能造 {pairs} 个条目——把 --sizes 改小")
        place, audience = divmod((self._step * number + self.seed) % pairs, len(self.words.audiences))
        kind = _KIND_OF[_KIND_NAMES.draw(chance)]
        thing = self.words.things.draw(chance)
        return Identity(self.words.places[place], self.words.audiences[audience], thing, kind)

    @cached_property
    def _step(self) -> int:
        """A stride that visits every pair once: one without a common divisor, near the golden section."""
        step = int(self.words.pairs * 0.618)
        while gcd(step, self.words.pairs) > 1:
            step += 1
        return step


_KIND_NAMES = Zipf([kind.name for kind in KINDS])
_KIND_OF = {kind.name: kind for kind in KINDS}


def make_generator(content: Path, seed: int = SEED) -> Generator:
    """A generator over the entries and words of a content folder.

    Raises ContentError, and EvaluationError for content of which nothing can be made.
    """
    library = libraries.load(content)
    lexicon = load_lexicon(content)
    templates = Templates(library, lexicon, make_segmenter(lexicon.all_terms))
    sources = tuple(source for source in library.shared.sources if source.superseded is None)
    if not templates.all or not sources:
        raise EvaluationError(
            f"{content}：没有现行条目，或 sources.yml 里没有现行的来源，造不出测试用的条目——换一个内容文件夹"
        )
    return Generator(
        seed,
        library.site.model_copy(update={"home": type(library.site.home)()}),
        sources,
        lexicon.groups,
        lexicon.scope.home,
        lexicon.terms,
        templates.all,
        words_of(templates.said),
    )


def _others(known: tuple[str, ...] | list[str], wordings: Iterator[str]) -> tuple[str, ...]:
    """Wordings that are not known yet, each once."""
    seen = set(map(comparable, known))
    found = []
    for wording in wordings:
        key = comparable(wording)
        if key not in seen:
            seen.add(key)
            found.append(wording)
    return tuple(found)


def _fact(template: FactTemplate, wording: Filled, prose: Filled, seen: list[str], source: Source, about: str) -> Fact:
    fact, texts = template.fact, template.texts

    def said(text: str | None) -> str | None:
        return prose(texts[text]) if text else None

    own = [wording(texts[text]) for text in filter(None, (fact.question, *fact.aliases))]
    fresh = _others(seen, iter(own))
    question = own[0] if fact.question and own[0] in fresh else None
    return fact.model_copy(
        update={
            "question": question,
            "aliases": tuple(text for text in fresh if text != question),
            "answer": said(fact.answer),
            "about": about,
            "audience": None,
            "limit": None,
            "items": tuple(
                item.model_copy(update={"name": said(item.name), "when": said(item.when), "note": None})
                for item in fact.items
            ),
            "steps": tuple(step.model_copy(update={"do": said(step.do), "note": None}) for step in fact.steps),
            "values": tuple(
                value.model_copy(update={"of": said(value.of), "value": said(value.value), "aliases": (), "note": None})
                for value in fact.values
            ),
            "notes": tuple(prose(texts[note]) for note in fact.notes),
            "source": (SourceRef(id=source.id, clause="第一条"),),
            "verification": None,
            "effective": ALWAYS,
            "conflict": None,
            "total": None,
        }
    )

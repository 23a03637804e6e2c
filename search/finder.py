"""Finding: from a question to ranked passages, over any set of passages, with or without a content folder's lexicon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice

from kb.comparing import comparable
from kb.model import Facet, Topic
from search.engines import Engine, EngineFilter, EngineQuery
from search.forms import BIGRAMS, KeptForms
from search.forward import Changes, Forward, changes, make_forward
from search.lexicon import Lexicon
from search.meaning import REMEMBERED, Vectors, encoder
from search.passages import Passage
from search.progress import Progress
from search.query import Query, Understanding, make_understanding
from search.ranking import KEPT, UNKEPT, Depth, Known, PassageText, Prepared, Ranked, WordingText, rank
from search.segmenter import Segmenter
from search.weights import Weights, weights
from search.wordings import Wordings

CANDIDATES = 40
"""Passages that are ranked for one question."""
SIFTED = 1_000
"""Passages among which those of allowed entries are looked for."""
LOOKED_AT = 20_000
"""Passages that are gone through for a question of one or two characters: two milliseconds."""
PREPARED = 20_000
"""Passages, wordings and other texts of which is remembered what a closer look tells of them."""
READ_AT_ONCE = 1_000
"""Texts that are read between two reports of progress."""
WORTH_KEEPING = 40_000
"""Texts that a start which is broken off before it has read all does not read again: half a minute of two processors."""
BIGRAM_WEIGHT = 0.6
SYNONYM_WEIGHT = 0.7
LOOKED_FOR = 0.3
"""The share of what the most telling word of a question tells that another of its words needs to be looked for, and of the
rarest pair's information that a pair needs: common ones have the longest lists of postings and find little that the others
do not (measured in docs/decisions/0007); ranking reads every word."""


@dataclass(frozen=True)
class Finder:
    """All that turns a question into ranked passages, for one generation; replaced as a whole.

    `understanding` reads a question, `engine` finds candidates among the `passages` (by id), and `forward` and `prepared`
    tell what ranking by the `weights` needs to know of them. Whatever the engine's best are, `by_wording` finds the
    passages that have the question among their wordings, and `whole_matters` those on the whole of a topic, by topic and
    facet. `depth`, how much is compared by meaning, depends on how many `wordings` there are to compare; `outsiders`
    (n, 512) are the vectors of questions that are not answered here.
    """

    engine: Engine
    understanding: Understanding
    passages: Mapping[str, Passage]
    prepared: Prepared
    forward: Forward
    by_wording: Wordings
    whole_matters: Mapping[tuple[str, str], tuple[str, ...]]
    wordings: int
    depth: Depth
    outsiders: Vectors
    weights: Weights

    def find(
        self,
        query: Query,
        only: EngineFilter = EngineFilter(),  # noqa: B008  frozen
        is_stale: Callable[[str], bool] = lambda _entry: False,
        thorough: bool | None = None,
        allowed: Callable[[str], bool] | None = None,
    ) -> list[Ranked]:
        """Retrieve and rank, best first.

        `is_stale` tells of an entry id whether it is out of force on the day, `allowed` whether it may be found at all.
        """

        def fits(ident: str) -> bool:
            return ident in self.passages and (allowed is None or allowed(self.passages[ident].entry))

        retrieved = self.engine.search(self._asked(query), SIFTED if allowed else CANDIDATES, only)
        found = dict.fromkeys(islice(filter(fits, (candidate.passage for candidate in retrieved)), CANDIDATES))
        exact = self.by_wording[comparable(query.text)] or self.by_wording[comparable(query.anywhere)]
        named = chain(exact, self._of_whole_matter(query), self._titled(query.short, only) if query.short else ())
        fitting = (ident for ident in named if fits(ident) and _is_wanted(self.passages[ident], only))
        found |= dict.fromkeys(islice(fitting, len(exact) + CANDIDATES))
        candidates = [self.passages[ident] for ident in found]
        stale = frozenset(filter(is_stale, {passage.entry for passage in candidates}))
        known = Known(frozenset(exact), stale, self.outsiders, self.depth)
        return rank(query, candidates, self.prepared, self.forward, known, self.weights, thorough)

    def _of_whole_matter(self, query: Query) -> tuple[str, ...]:
        """The passages that answer what is asked for of the whole of the topic that the question names first of all.

        What they say is long, and short ones about a part of it may come before them.
        """
        return self.whole_matters.get((next(iter(query.topics), ""), query.facet or Facet.process), ())

    def _titled(self, short: str, only: EngineFilter) -> Iterator[str]:
        """The passages whose main wording has a character, or a pair of them, inside.

        Of more than LOOKED_AT passages not all are looked at: for a pair those that the engine knows to have it, for a
        character the first.
        """
        among: Iterable[str] = islice(self.passages, LOOKED_AT)
        if len(short) == 2 and len(self.passages) > LOOKED_AT:
            having = self.engine.search(EngineQuery((), ((short, 1.0),)), SIFTED, only)
            among = (candidate.passage for candidate in having if candidate.passage in self.passages)
        return (ident for ident in among if short in self.passages[ident].question)

    def read_ahead(
        self, report: Progress, threads: int, keep: Callable[[Mapping[str, bytes]], object] = lambda _vectors: None
    ) -> None:
        """Have ready what questions are compared with: in words all of it, by meaning REMEMBERED texts.

        `keep` gets the vectors of all texts that are ready, `packed`: whenever WORTH_KEEPING more are, and in the end.
        """
        self.forward.read_ahead()
        texts = self._first_meanings(REMEMBERED)
        encoder().make_room(texts)
        made = 0
        for start in range(0, len(texts), READ_AT_ONCE):
            made += encoder().remember(texts[start : start + READ_AT_ONCE], threads)
            report("读取问法", min(start + READ_AT_ONCE, len(texts)), len(texts))
            if made >= WORTH_KEEPING:
                made = 0
                keep(encoder().known(texts))
        keep(encoder().known(texts))

    def _first_meanings(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        for text in self._meanings():
            if len(found) == count:
                break
            found[text] = None
        return list(found)

    def _meanings(self) -> Iterator[str]:
        """All that questions are compared with, but for a nearest wording that is not among a passage's first."""
        yield from self.understanding.lexicon.outsiders
        for passage in self.passages.values():
            yield from passage.meanings[: self.depth.wordings]

    def _asked(self, query: Query) -> EngineQuery:
        """The question's most telling words and pairs of characters, and what its words may be called instead.

        The engine counts a rare word for more: each word of a synonym is weighted so that it counts for no more than the
        word it stands for.
        """
        cut, information = self.understanding.segmenter.cut, self.understanding.information
        told = {word: information(word) for word in query.words}
        words = dict.fromkeys(_most_telling(told), 1.0)
        for concept in query.concepts:
            own = max(map(information, cut(concept.wording)), default=0.0)
            for wording, worth in concept.alternatives:
                for word in cut(wording):
                    if word not in told and (rarity := information(word)):
                        words[word] = max(words.get(word, 0.0), SYNONYM_WEIGHT * worth * min(1.0, own / rarity))
        pairs = _most_telling({pair: self.forward.information(BIGRAMS, pair) for pair in query.bigrams})
        return EngineQuery(tuple(words.items()), tuple((pair, BIGRAM_WEIGHT) for pair in pairs))


def _most_telling(weights: Mapping[str, float]) -> list[str]:
    """What weighs at least LOOKED_FOR of what weighs most."""
    least = LOOKED_FOR * max(weights.values(), default=0.0)
    return [term for term, weight in weights.items() if weight >= least]


def _is_wanted(passage: Passage, only: EngineFilter) -> bool:
    return only.topic in (None, passage.topic) and only.kind in (None, passage.kind)


def make_finder(
    engine: Engine,
    segmenter: Segmenter,
    lexicon: Lexicon,
    topics: tuple[Topic, ...],
    passages: Mapping[str, Passage],
    before: Finder | None = None,
    kept: KeptForms | None = None,
) -> Finder:
    """Wire a finder over the passages of an engine; what `before` has, or is `kept`, of the same passages is used again."""
    if before and not before.understanding.fits(segmenter, lexicon):
        before = None
    own = before.understanding if before else None
    changed = changes(before.passages if before else {}, passages)
    gone, new = changed
    vocabulary = _counted(own.vocabulary if own else {}, changed, segmenter)
    by_wording = before.by_wording.after(passages, new) if before else Wordings.of(passages)
    forward = make_forward(segmenter, passages, (before.forward, changed) if before else None, kept)
    understanding = make_understanding(segmenter, lexicon, topics, vocabulary, forward, len(passages), own)
    wordings = (before.wordings if before else 0) + _compared_wordings(new) - _compared_wordings(gone)
    return Finder(
        engine,
        understanding,
        passages,
        before.prepared if before else _remembering(lexicon),
        forward,
        by_wording,
        _whole_matters(passages),
        wordings,
        KEPT if wordings + len(lexicon.outsiders) <= REMEMBERED else UNKEPT,
        before.outsiders if before else _outsiders(understanding),
        weights(),
    )


def _whole_matters(passages: Mapping[str, Passage]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """By topic and facet the facts that are of the whole of the topic: for several audiences, or periods."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for passage in passages.values():
        if passage.facet and not passage.narrow:
            key = passage.topic, passage.facet
            found[key] = (*found.get(key, ()), passage.id)
    return found


def _compared_wordings(passages: Iterable[Passage]) -> int:
    return sum(min(len(passage.meanings), KEPT.wordings) for passage in passages)


def _outsiders(understanding: Understanding) -> Vectors:
    """What a question is compared with that may be none of ours.

    Not what is ruled out by what it names (苏州居住证多久能办): but for that it asks what ours do.
    """
    texts = understanding.lexicon.outsiders
    cut = understanding.segmenter.cut
    return encoder().wordings([text for text in texts if understanding.ruled_out(text, cut(text)) is None])


def _counted(counts: Mapping[str, int], changed: Changes, segmenter: Segmenter) -> Mapping[str, int]:
    """In how many passages each word tells what they are about; the same object when nothing changed."""
    gone, new = changed
    change = Counter(chain.from_iterable(_telling_words(passage, segmenter) for passage in new))
    change.subtract(chain.from_iterable(_telling_words(passage, segmenter) for passage in gone))
    turned = {word: counts.get(word, 0) + more for word, more in change.items() if more}
    return {word: count for word, count in {**counts, **turned}.items() if count} if turned else counts


def _telling_words(passage: Passage, segmenter: Segmenter) -> set[str]:
    """The words of a passage's wordings and context: what it is about."""
    return set(segmenter.words(" ".join((*passage.wordings, passage.context))))


def _remembering(lexicon: Lexicon) -> Prepared:
    return Prepared(
        lru_cache(PREPARED)(partial(PassageText.of, lexicon=lexicon)),
        lru_cache(PREPARED)(partial(WordingText.of, lexicon=lexicon)),
        lru_cache(PREPARED)(lexicon.kinds),
        lru_cache(PREPARED)(lexicon.states),
    )

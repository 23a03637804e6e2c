"""Finding: from a question to ranked passages, over any set of passages, with or without a content folder's lexicon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.model import Topic, comparable
from search.engines import Candidate, Engine, EngineFilter, EngineQuery
from search.forward import Forward, make_forward
from search.lexicon import Lexicon
from search.passages import Passage
from search.query import Query, Understanding, make_understanding
from search.ranking import PassageText, Ranked, prepare, rank
from search.segmenter import Segmenter
from search.weights import Weights, weights

CANDIDATES = 60
"""Passages that are ranked for one question."""
BIGRAM_WEIGHT = 0.3
SYNONYM_WEIGHT = 0.7


@dataclass(frozen=True)
class Finder:
    """All that turns a question into ranked passages, for one generation; replaced as a whole.

    `by_wording` finds the passages that have a question among their wordings, whatever the engine's top candidates are.
    """

    engine: Engine
    understanding: Understanding
    passages: Mapping[str, Passage]
    texts: Mapping[str, PassageText]
    forward: Forward
    by_wording: Mapping[str, tuple[str, ...]]
    weights: Weights

    def find(
        self,
        query: Query,
        only: EngineFilter = EngineFilter(),  # noqa: B008  frozen
        is_stale: Callable[[str], bool] = lambda _entry: False,
        thorough: bool | None = None,
    ) -> list[Ranked]:
        """Retrieve and rank, best first. `is_stale` tells of an entry id whether it is out of force on the day."""
        candidates = self.engine.search(self._asked(query), CANDIDATES, only)
        found = {candidate.passage for candidate in candidates}
        for ident in self.by_wording.get(comparable(query.text), ()):
            passage = self.passages[ident]
            if ident not in found and only.topic in (None, passage.topic) and only.kind in (None, passage.kind):
                candidates.append(Candidate(ident, 0.0))
        entries = {self.passages[candidate.passage].entry for candidate in candidates}
        stale = {entry: is_stale(entry) for entry in entries}
        return rank(query, candidates, self.texts, self.forward, stale, self.weights, thorough)

    def _asked(self, query: Query) -> EngineQuery:
        """The question's words, weighted by what they tell, with their synonyms; and its pairs of characters."""
        segmenter = self.understanding.segmenter
        words: dict[str, float] = dict.fromkeys(query.words, 1.0)
        for concept in query.concepts:
            for wording, worth in concept.alternatives:
                for word in segmenter.words(wording):
                    words[word] = max(words.get(word, 0), SYNONYM_WEIGHT * worth)
        return EngineQuery(
            tuple((word, weight * max(0.1, self.understanding.information(word))) for word, weight in words.items()),
            tuple((pair, BIGRAM_WEIGHT) for pair in query.bigrams),
        )


def make_finder(
    engine: Engine,
    segmenter: Segmenter,
    lexicon: Lexicon,
    topics: tuple[Topic, ...],
    passages: Mapping[str, Passage],
    before: Finder | None = None,
) -> Finder:
    """Wire a finder over the passages of an engine; what `before` has of the same passages is used again."""
    counts: Counter[str] = Counter()
    for passage in passages.values():
        counts.update(set(segmenter.words(" ".join((*passage.wordings, passage.context)))))
    texts = {ident: prepare(passage, lexicon) for ident, passage in passages.items()}
    by_wording: dict[str, tuple[str, ...]] = {}
    for ident, text in texts.items():
        for wording in text.exact:
            by_wording[wording] = (*by_wording.get(wording, ()), ident)
    forward = make_forward(segmenter, passages, (before.forward, before.passages) if before else None)
    return Finder(
        engine,
        make_understanding(segmenter, lexicon, topics, counts, forward.vocabulary.words, len(passages)),
        passages,
        texts,
        forward,
        by_wording,
        weights(),
    )

"""The forward index: how like many passages a question is at once, from the forms of what they say (forms.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kb.tables import unshared
from search.forms import UNIT, UNITS, WORDS, Block, Floats, Ids, KeptForms, Layers, Vocabulary, mark
from search.passages import Passage
from search.segmenter import Segmenter
from search.spans import spans
from search.text import bigrams, characters

END = (1 << 12) - 1
"""The bits of a term's number by which most terms are told apart."""
AT_ONCE = 1_000
"""Passages that are read ahead together."""
NONE = np.iinfo(np.int32).max
"""Greater than any term."""
K1, B = 0.6, 0.75
"""BM25's saturation and length normalisation (Robertson & Zaragoza 2009, section 3.3); K1 as measured in
docs/decisions/0007: 0.6 ranks long passages better than the usual 1.2 and short questions as well."""


@dataclass(frozen=True)
class QueryTerms:
    """A question as numbers.

    `terms` (n,) are its terms in order and after them NONE, `weights` (n,) their information, `totals` (3,) the sum of
    that by unit, with the terms that no passage has. `ends` (END + 1,) tells of the last bits of a number whether a
    term has them: most of what is looked up is not asked for, and this is soon told.
    """

    terms: Ids
    weights: Floats
    totals: Floats
    ends: NDArray[np.bool_]

    def weigh(self, ids: Ids) -> tuple[NDArray[np.intp], Floats]:
        """The places in `ids` of terms that the question has, and what they weigh."""
        likely = np.flatnonzero(self.ends[ids & END])
        nearest = np.searchsorted(self.terms, ids[likely])
        same = self.terms[nearest] == ids[likely]
        return likely[same], self.weights[nearest[same]]


@dataclass(frozen=True)
class Likeness:
    """How like a question each of n passages is, one row a passage, one column a unit (n, 3).

    `bm25` as a share of the best passage's; `dice` of the nearest wording, weighted by information; `nearest` its
    place among the passage's wordings, -1 where it has none.
    """

    bm25: Floats
    dice: Floats
    nearest: NDArray[np.intp]


class _Told:
    """What the wordings of a block tell, worked out when a passage is first compared: each publication changes every idf.

    A start works it out of all, `read_ahead`: an eighth of the time of a first answer.
    """

    def __init__(self, block: Block, idf: Floats) -> None:
        self.block, self._idf = block, idf
        self._sums = np.zeros((block.ends[-1, 2], len(UNITS)), np.float32)
        self._known = np.zeros(len(block.rows), np.bool_)

    def of(self, rows: NDArray[np.intp]) -> Floats:
        """The information (n, 3) of the wordings of these passages, one passage after the other."""
        places = self._places(rows)
        new = rows[~self._known[rows]]
        if len(new):
            # Written before it is known: what another thread works out at the same time is the same.
            self._sums[self._places(new)] = self.block.information(new, self._idf)
            self._known[new] = True
        return self._sums[places]

    def read_ahead(self) -> None:
        """Work it out of all passages: a second for 100,000."""
        rows = np.arange(len(self._known))
        for start in range(0, len(rows), AT_ONCE):
            self.of(rows[start : start + AT_ONCE])

    def _places(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        (*_, starts), (*_, sizes) = self.block.parts(rows)
        return spans(starts, sizes)


@dataclass(frozen=True)
class Forward:
    """The forward index of one generation.

    Over its passages: `frequency` (vocabulary,) tells how many have a term, `lengths` (3,) is the sum of theirs; `idf`
    (vocabulary,), `unseen`, `mean_lengths` (3,) and what the wordings have `told` follow from these.
    """

    vocabulary: Vocabulary
    forms: Layers
    frequency: Floats
    lengths: NDArray[np.float64]
    idf: Floats
    unseen: float
    mean_lengths: Floats
    told: _Told

    def read_ahead(self) -> None:
        """Work out what all wordings have told, which else is done when they are first compared."""
        self.told.read_ahead()

    def __contains__(self, word: object) -> bool:
        """Whether a passage of this generation has a word. Its vocabulary also has those of earlier and later ones."""
        return isinstance(word, str) and self.information(WORDS, word) > 0

    def passages_with(self, unit: int, term: str) -> int:
        """How many passages of this generation have a term of a unit."""
        number = self.vocabulary.known(unit, term)
        return int(self.frequency[number]) if number is not None and number < len(self.frequency) else 0

    def information(self, unit: int, term: str) -> float:
        """The idf of a term of a unit; 0 where no passage has it."""
        number = self.vocabulary.known(unit, term)
        return float(self.idf[number]) if number is not None and self.passages_with(unit, term) else 0.0

    def ask(self, words: Iterable[str], text: str) -> QueryTerms:
        """Read a question; `words` are its words with what was put in for synonyms."""
        found: list[int] = []
        missing = np.zeros(len(UNITS), np.float32)
        for unit, terms in enumerate((words, bigrams(text), characters(text))):
            numbers = [self.vocabulary.known(unit, term) for term in dict.fromkeys(terms)]
            # A number from a later generation of the same vocabulary is no term of this one.
            own = [number for number in numbers if number is not None and number < len(self.idf)]
            missing[unit] = len(numbers) - len(own)
            found += own
        ids = np.array(sorted(found), np.int32)
        weights = self.idf[ids]
        totals = (np.bincount(ids & UNIT, weights, len(UNITS)) + self.unseen * missing).astype(np.float32)
        ends = np.zeros(END + 1, np.bool_)
        ends[ids & END] = True
        return QueryTerms(np.append(ids, np.int32(NONE)), weights, totals, ends)

    def compare(self, asked: QueryTerms, passages: Sequence[str]) -> Likeness:
        """Compare a question with passages, given by id, each once and at least one."""
        told = self.told
        if not self.forms.extra.keys().isdisjoint(passages):
            told = _Told(Block.of((name, self.forms[name]) for name in passages), self.idf)
        rows = np.array([told.block.rows[name] for name in passages], np.intp)
        hits = _hits(asked, told.block, rows)
        return Likeness(self._bm25(hits, told.block, rows), *_nearest(asked, hits, told, rows))

    def _bm25(self, hits: _Hits, block: Block, rows: NDArray[np.intp]) -> Floats:
        cells = hits.owners * len(UNITS) + hits.units
        norm = K1 * (1 - B + B * block.lengths[rows] / self.mean_lengths)
        counts = block.counts[hits.terms]
        impact = hits.weights * counts * (K1 + 1) / (counts + norm.ravel()[cells])
        scores = np.bincount(cells, impact, norm.size).reshape(norm.shape)
        shares: Floats = (scores / np.maximum(scores.max(axis=0), 1e-9)).astype(np.float32)
        return shares


@dataclass(frozen=True)
class _Hits:
    """The terms that a question has in common with passages, one after the other.

    `owners` are the places of the passages, `terms` the places of the terms in their block; `postings` tells where the
    postings of each begin and `spread` how many there are; `units` and `weights` are those of the term.
    """

    owners: NDArray[np.intp]
    terms: NDArray[np.int64]
    postings: NDArray[np.int64]
    spread: NDArray[np.int64]
    units: Ids
    weights: Floats


def _hits(asked: QueryTerms, block: Block, rows: NDArray[np.intp]) -> _Hits:
    (starts, *_), (sizes, *_) = block.parts(rows)
    ends, taken = starts + sizes, np.cumsum(sizes)
    ids = np.concatenate([block.ids[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
    hit, weights = asked.weigh(ids)
    owners = np.searchsorted(taken, hit, side="right")
    terms = hit + (ends - taken)[owners]
    first = block.posted[terms].astype(np.int64)
    return _Hits(owners, terms, first, block.posted[terms + 1] - first, ids[hit] & UNIT, weights)


def _nearest(asked: QueryTerms, hits: _Hits, told: _Told, rows: NDArray[np.intp]) -> tuple[Floats, NDArray[np.intp]]:
    """`dice` and `nearest` of Likeness."""
    _, (*_, sizes) = told.block.parts(rows)
    first = np.cumsum(sizes) - sizes
    nearest = np.full(len(rows), -1, np.intp)
    dice = np.zeros((len(rows), len(UNITS)), np.float32)
    asks = np.flatnonzero(sizes)
    if not len(asks):
        return dice, nearest
    own = told.of(rows)
    wordings = told.block.postings[spans(hits.postings, hits.spread)]
    cells = (wordings + np.repeat(first[hits.owners], hits.spread)) * len(UNITS) + np.repeat(hits.units, hits.spread)
    shared = np.bincount(cells, np.repeat(hits.weights, hits.spread), own.size).reshape(own.shape)
    every = 2 * shared / np.maximum(own + asked.totals, 1e-9)
    like, owners = every.sum(axis=1), np.repeat(np.arange(len(rows)), sizes)
    most = np.zeros(len(rows))
    most[asks] = np.maximum.reduceat(like, first[asks])
    best = np.flatnonzero(like == most[owners])  # of equals of one owner the last is kept
    dice[owners[best]] = every[best]
    nearest[owners[best]] = best - first[owners[best]]
    return dice, nearest


Changes = tuple[list[Passage], list[Passage]]
"""Passages that are gone, and passages that are new."""


def changes(old: Mapping[str, Passage], new: Mapping[str, Passage]) -> Changes:
    """The passages that are gone and those that are new; one that changed is both."""
    return _differing(old, new), _differing(new, old)


def _differing(passages: Mapping[str, Passage], others: Mapping[str, Passage]) -> list[Passage]:
    """Those that the others do not have, or not in this version."""
    return [passage for passage in unshared(passages, others) if others.get(passage.id) != passage]


def make_forward(
    segmenter: Segmenter,
    passages: Mapping[str, Passage],
    before: tuple[Forward, Changes] | None = None,
    kept: KeptForms | None = None,
) -> Forward:
    """Read all passages; or those that are new since a forward index `before`, or that are not among the forms `kept`.

    Both are of the same segmenter. Of forms of which most are of no use any more nothing is taken: their terms would
    stay.
    """
    if before:
        old, (gone, new) = before
        return _after(old, passages, [passage.id for passage in gone], new)
    marks = kept.marks if kept else {}
    same = {ident for ident, passage in passages.items() if marks.get(ident) == mark(passage)} if marks else set()
    if kept is None or len(same) < len(marks) // 2:
        return _after(_of_block(Vocabulary(segmenter), Block.of(())), passages, [], list(passages.values()))
    unlike = [passage for ident, passage in passages.items() if ident not in same]
    return _after(_of_block(kept.vocabulary, kept.block), passages, kept.marks.keys() - same, unlike)


def forms_to_keep(forward: Forward, passages: Mapping[str, Passage], kept: KeptForms | None = None) -> KeptForms:
    """The forms of a forward index, for the next start; those that are `kept` already when nothing is new or gone.

    `passages` are those of the forward index.
    """
    forms = forward.forms
    whole = not forms.extra and forms.block.rows.keys() == passages.keys()
    if kept and whole and forms.block is kept.block:
        return kept
    block = forms.block if whole else Block.of((ident, forms[ident]) for ident in passages)
    return KeptForms(forward.vocabulary, block, {ident: mark(passages[ident]) for ident in block.rows})


def _of_block(vocabulary: Vocabulary, block: Block) -> Forward:
    """The forward index of all passages of a block."""
    frequency = np.bincount(block.ids, minlength=vocabulary.size).astype(np.float32)
    lengths = block.lengths.sum(axis=0, dtype=np.float64)
    return _forward(vocabulary, Layers(block, {}), len(block.rows), frequency, lengths)


def _after(old: Forward, passages: Mapping[str, Passage], gone: Iterable[str], new: Sequence[Passage]) -> Forward:
    """The forward index of these passages, when of those that `old` has some are gone and some are new."""
    read = ((passage.id, old.vocabulary.forms(passage)) for passage in new)
    unread = {passage.id for passage in new}
    extra = {ident: form for ident, form in old.forms.extra.items() if ident in passages}
    few = len(extra.keys() | unread) <= len(passages) // 10
    if not few or len(old.forms.block.rows) > 2 * len(passages):
        unchanged = ((ident, old.forms[ident]) for ident in passages if ident not in unread)
        block, extra = Block.of(chain(unchanged, read)), {}
    else:
        block = old.forms.block
        extra |= dict(read)
    forms = Layers(block, extra)
    frequency = np.zeros(old.vocabulary.size, np.float32)
    frequency[: len(old.frequency)] = old.frequency
    lengths = old.lengths.copy()
    for sign, layer, changed in ((-1, old.forms, gone), (1, forms, unread)):
        for ident in changed:
            form = layer[ident]
            frequency[form.ids] += sign
            lengths += sign * form.lengths
    return _forward(old.vocabulary, forms, len(passages), frequency, lengths)


def _forward(
    vocabulary: Vocabulary, forms: Layers, count: int, frequency: Floats, lengths: NDArray[np.float64]
) -> Forward:
    idf = np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    mean = np.maximum(lengths / max(1, count), 1).astype(np.float32)
    unseen = float(np.log(1 + (count + 0.5) / 0.5))
    return Forward(vocabulary, forms, frequency, lengths, idf, unseen, mean, _Told(forms.block, idf))

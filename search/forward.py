"""The forward index: what each passage says, as numbers, so that a question is compared with many passages at once.

A term is a word, a pair of characters or a single character; the three kinds are the `UNITS`, and the number of a term
tells its unit (`id & UNIT`). One array operation then gives a sum for every passage and unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from search.passages import Passage
from search.segmenter import Segmenter
from search.text import bigrams, characters

UNITS = ("words", "bigrams", "characters")
UNIT_BITS = 2
UNIT = (1 << UNIT_BITS) - 1
"""The bits of a term's number that tell its unit."""
END = (1 << 12) - 1
"""The bits of a term's number by which most terms are told apart."""
NONE = np.iinfo(np.int32).max
"""Greater than any term."""
K1, B = 0.6, 0.75
"""BM25's saturation and length normalisation (Robertson & Zaragoza 2009, section 3.3); K1 as measured in
docs/decisions/0007: 0.6 ranks long passages better than the usual 1.2 and short questions as well."""

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Forms:
    """One passage as numbers.

    `ids` are its distinct terms and `counts` how often each occurs (at most MOST), `lengths` (3,) the number of terms of
    each unit. `spread` tells how many of its `wordings` have each term, and `postings` which ones, one term after the other;
    content has no more than some 400 wordings a passage (`kb.model.MAX_LIST`).
    """

    ids: Ids
    counts: NDArray[np.uint8]
    lengths: Floats
    spread: NDArray[np.uint16]
    postings: NDArray[np.uint16]
    wordings: int


MOST = 255
"""Occurrences of a term that are counted in one passage: BM25 is saturated long before."""


@dataclass(frozen=True)
class Block:
    """The forms of many passages in few arrays, one passage after the other; `rows` has the place of each.

    `ends` (n + 1, 3) tells where each passage's part of `ids` and `counts`, of `postings`, and of all wordings begins and
    the one before ends; `posted` (terms + 1,) where the postings of each term do.
    """

    rows: Mapping[str, int]
    ids: Ids
    counts: NDArray[np.uint8]
    lengths: Floats
    posted: NDArray[np.uint32]
    postings: NDArray[np.uint16]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, forms: Iterable[tuple[str, Forms]]) -> Block:
        """Put forms together, some thousands at a time so that never all of them are there twice."""
        pending: list[Forms] = []
        names: list[str] = []
        done: list[tuple[NDArray[np.generic], ...]] = []
        for name, form in forms:
            names.append(name)
            pending.append(form)
            if len(pending) == CHUNK:
                done.append(_joined(pending))
                pending = []
        done.append(_joined(pending))
        ids, counts, lengths, spread, postings, sizes = (np.concatenate(each) for each in zip(*done, strict=True))
        posted = np.zeros(len(ids) + 1, np.uint32)
        np.cumsum(spread, out=posted[1:])
        rows = {name: row for row, name in enumerate(names)}
        return cls(rows, ids, counts, lengths, posted, postings, _ends(sizes))

    def __getitem__(self, name: str) -> Forms:
        row = self.rows[name]
        (terms, postings, wordings), (terms_end, postings_end, wordings_end) = self.ends[row : row + 2].tolist()
        return Forms(
            self.ids[terms:terms_end],
            self.counts[terms:terms_end],
            self.lengths[row],
            np.diff(self.posted[terms : terms_end + 1]).astype(np.uint16),
            self.postings[postings:postings_end],
            wordings_end - wordings,
        )

    def parts(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the parts of these passages begin and their sizes: (3, n) each, of terms, postings and wordings."""
        starts = self.ends[rows]
        return starts.T, (self.ends[rows + 1] - starts).T

    def information(self, rows: NDArray[np.intp], idf: Floats) -> Floats:
        """What each wording of these passages tells (n, 3): the sum of the idf of its terms, by unit."""
        (terms, postings, _), (terms_size, postings_size, wordings_size) = self.parts(rows)
        places = _spans(terms, terms_size)
        ids = np.repeat(self.ids[places], self.posted[places + 1] - self.posted[places])
        first = np.repeat(np.cumsum(wordings_size) - wordings_size, postings_size)
        cells = (first + self.postings[_spans(postings, postings_size)]) * len(UNITS) + (ids & UNIT)
        total = int(wordings_size.sum())
        return np.bincount(cells, idf[ids], total * len(UNITS)).reshape(total, len(UNITS)).astype(np.float32)


@dataclass(frozen=True)
class Layers:
    """The forms of a generation: those of a block, and those of passages that changed since it was made."""

    block: Block
    extra: Mapping[str, Forms]

    def __getitem__(self, name: str) -> Forms:
        return self.extra[name] if name in self.extra else self.block[name]


CHUNK = 10_000
"""Passages that are put together at once."""


def _ends(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where parts of these sizes (n, 3) begin and end (n + 1, 3), when they stand one after the other."""
    return np.vstack([np.zeros((1, 3), np.int64), np.cumsum(sizes, axis=0, dtype=np.int64)])


def _spans(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of parts that begin here and there, one part after the other."""
    return np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def _joined(forms: list[Forms]) -> tuple[NDArray[np.generic], ...]:
    sizes = [(len(form.ids), len(form.postings), form.wordings) for form in forms]
    return (
        np.concatenate([np.zeros(0, np.int32), *(form.ids for form in forms)]),
        np.concatenate([np.zeros(0, np.uint8), *(form.counts for form in forms)]),
        np.array([form.lengths for form in forms], np.float32).reshape(-1, len(UNITS)),
        np.concatenate([np.zeros(0, np.uint16), *(form.spread for form in forms)]),
        np.concatenate([np.zeros(0, np.uint16), *(form.postings for form in forms)]),
        np.array(sizes, np.int64).reshape(-1, 3),
    )


class _Numbers(dict[str, int]):
    """The numbers of one unit's terms; `[]` gives a new term the next one."""

    def __init__(self, unit: int) -> None:
        super().__init__()
        self._unit = unit

    def __missing__(self, term: str) -> int:
        return self.setdefault(term, len(self) << UNIT_BITS | self._unit)


@dataclass
class Vocabulary:
    """Gives every term a number; only grows, so that numbers given stay valid from one generation to the next."""

    segmenter: Segmenter
    numbers: tuple[_Numbers, ...] = field(default_factory=lambda: tuple(map(_Numbers, range(len(UNITS)))))

    def _numbered(self, text: str) -> list[list[int]]:
        """The terms of a normalised text, one list a unit."""
        units = self.segmenter.words(text), bigrams(text), characters(text)
        return [[*map(own.__getitem__, terms)] for own, terms in zip(self.numbers, units, strict=True)]

    def known(self, unit: int, term: str) -> int | None:
        """The number of a term, if it has one."""
        return self.numbers[unit].get(term)

    @property
    def size(self) -> int:
        """Greater than any number given."""
        return max(map(len, self.numbers)) + 1 << UNIT_BITS

    def forms(self, passage: Passage) -> Forms:
        """Read a passage."""
        wordings = [[*chain.from_iterable(self._numbered(wording))] for wording in passage.wordings]
        others = map(self._numbered, (passage.context, passage.answer, passage.body))
        asks = np.fromiter(chain.from_iterable(wordings), np.int64)
        every = np.concatenate([asks, np.fromiter(chain.from_iterable(chain.from_iterable(others)), np.int64)])
        ids, counts = np.unique(every, return_counts=True)
        # A term and a wording that has it, as one number: sorted by term, and each pair once.
        count = max(1, len(wordings))
        pairs = np.unique(asks * count + np.repeat(np.arange(len(wordings)), [*map(len, wordings)]))
        return Forms(
            ids.astype(np.int32),
            np.minimum(counts, MOST).astype(np.uint8),
            np.bincount(every & UNIT, minlength=len(UNITS)).astype(np.float32),
            np.bincount(np.searchsorted(ids, pairs // count), minlength=len(ids)).astype(np.uint16),
            (pairs % count).astype(np.uint16),
            len(wordings),
        )


@dataclass(frozen=True)
class Asked:
    """A question as numbers.

    `terms` (n,) are its terms in order and after them NONE, `weights` (n,) their information, `totals` (3,) the sum of
    that by unit, with the terms that no passage has. `ends` (END + 1,) tells of the last bits of a number whether a term has
    them: most of what is looked up is not asked for, and this is soon told.
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
    """What the wordings of a block tell, worked out when a passage is first compared: each publication changes every idf."""

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

    def _places(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        (*_, starts), (*_, sizes) = self.block.parts(rows)
        return _spans(starts, sizes)


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

    def __contains__(self, word: object) -> bool:
        """Whether a passage of this generation has a word. Its vocabulary also has those of earlier and later ones."""
        return isinstance(word, str) and self.information(0, word) > 0

    def information(self, unit: int, term: str) -> float:
        """The idf of a term of a unit; 0 where no passage has it."""
        number = self.vocabulary.known(unit, term)
        there = number is not None and number < len(self.frequency) and self.frequency[number] > 0
        return float(self.idf[number]) if there else 0.0

    def ask(self, words: Iterable[str], text: str) -> Asked:
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
        return Asked(np.append(ids, np.int32(NONE)), weights, totals, ends)

    def compare(self, asked: Asked, passages: Sequence[str]) -> Likeness:
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


def _hits(asked: Asked, block: Block, rows: NDArray[np.intp]) -> _Hits:
    (starts, *_), (sizes, *_) = block.parts(rows)
    ends, taken = starts + sizes, np.cumsum(sizes)
    ids = np.concatenate([block.ids[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
    hit, weights = asked.weigh(ids)
    owners = np.searchsorted(taken, hit, side="right")
    terms = hit + (ends - taken)[owners]
    first = block.posted[terms].astype(np.int64)
    return _Hits(owners, terms, first, block.posted[terms + 1] - first, ids[hit] & UNIT, weights)


def _nearest(asked: Asked, hits: _Hits, told: _Told, rows: NDArray[np.intp]) -> tuple[Floats, NDArray[np.intp]]:
    """`dice` and `nearest` of Likeness."""
    _, (*_, sizes) = told.block.parts(rows)
    first = np.cumsum(sizes) - sizes
    nearest = np.full(len(rows), -1, np.intp)
    dice = np.zeros((len(rows), len(UNITS)), np.float32)
    asks = np.flatnonzero(sizes)
    if not len(asks):
        return dice, nearest
    own = told.of(rows)
    wordings = told.block.postings[_spans(hits.postings, hits.spread)]
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
    gone = [passage for ident, passage in old.items() if _differ(passage, new.get(ident))]
    return gone, [passage for ident, passage in new.items() if _differ(passage, old.get(ident))]


def _differ(one: Passage, two: Passage | None) -> bool:
    return one is not two and one != two


def make_forward(
    segmenter: Segmenter, passages: Mapping[str, Passage], before: tuple[Forward, Changes] | None = None
) -> Forward:
    """Read all passages; or those that are new since a forward index `before` of the same segmenter."""
    if before:
        old, (gone, new) = before
    else:
        nothing = Layers(Block.of(()), {})
        empty = np.zeros(0, np.float32)
        old = _forward(Vocabulary(segmenter), nothing, 0, empty, np.zeros(len(UNITS)))
        gone, new = [], list(passages.values())
    read = ((passage.id, old.vocabulary.forms(passage)) for passage in new)
    unread = {passage.id for passage in new}
    extra = {ident: form for ident, form in old.forms.extra.items() if ident in passages}
    if len(extra.keys() | unread) > len(passages) // 10:
        kept = ((ident, old.forms[ident]) for ident in passages if ident not in unread)
        block, extra = Block.of(chain(kept, read)), {}
    else:
        block = old.forms.block
        extra |= dict(read)
    forms = Layers(block, extra)
    frequency = np.zeros(old.vocabulary.size, np.float32)
    frequency[: len(old.frequency)] = old.frequency
    lengths = old.lengths.copy()
    for sign, layer, changed in ((-1, old.forms, gone), (1, forms, new)):
        for passage in changed:
            form = layer[passage.id]
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

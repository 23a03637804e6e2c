"""The forward index: what each passage says, as numbers, so that a question is compared with many passages at once.

A term is a word, a pair of characters or a single character; the three kinds are the `UNITS`, and the number of a term
tells its unit (`id & UNIT`). One array operation then gives a sum for every passage and unit.
"""

from __future__ import annotations

from collections import Counter
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
    each unit. `wording_ids` are the distinct terms of its wordings, one after the other; `wording_sizes` how many each has.
    """

    ids: Ids
    counts: NDArray[np.uint8]
    lengths: Floats
    wording_ids: Ids
    wording_sizes: NDArray[np.int32]


MOST = 255
"""Occurrences of a term that are counted in one passage: BM25 is saturated long before."""


@dataclass(frozen=True)
class Block:
    """The forms of many passages in few arrays, one passage after the other; `rows` has the place of each.

    `ends` (n + 1, 3) tells where each passage's part of `ids` and `counts`, of `wording_ids`, and of `wording_sizes`
    begins and the one before ends.
    """

    rows: Mapping[str, int]
    ids: Ids
    counts: NDArray[np.uint8]
    lengths: Floats
    wording_ids: Ids
    wording_sizes: NDArray[np.int32]
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
        ids, counts, lengths, wording_ids, wording_sizes, sizes = (
            np.concatenate(each) for each in zip(*done, strict=True)
        )
        rows = {name: row for row, name in enumerate(names)}
        return cls(rows, ids, counts, lengths, wording_ids, wording_sizes, _ends(sizes))

    def take(self, names: Sequence[str]) -> Block:
        """The forms of these passages only, in this order."""
        rows = np.array([self.rows[name] for name in names], np.intp)
        starts = self.ends[rows]
        sizes = self.ends[rows + 1] - starts
        terms, words, wordings = map(_spans, starts.T, sizes.T)
        return Block(
            {name: row for row, name in enumerate(names)},
            self.ids[terms],
            self.counts[terms],
            self.lengths[rows],
            self.wording_ids[words],
            self.wording_sizes[wordings],
            _ends(sizes),
        )

    def __getitem__(self, name: str) -> Forms:
        row = self.rows[name]
        (terms, words, wordings), (terms_end, words_end, wordings_end) = self.ends[row : row + 2].tolist()
        return Forms(
            self.ids[terms:terms_end],
            self.counts[terms:terms_end],
            self.lengths[row],
            self.wording_ids[words:words_end],
            self.wording_sizes[wordings:wordings_end],
        )


@dataclass(frozen=True)
class Layers:
    """The forms of a generation: those of a block, and those of passages that changed since it was made."""

    block: Block
    extra: Mapping[str, Forms]

    def __getitem__(self, name: str) -> Forms:
        return self.extra[name] if name in self.extra else self.block[name]

    def take(self, names: Sequence[str]) -> Block:
        """The forms of these passages only, in this order."""
        if self.extra.keys().isdisjoint(names):
            return self.block.take(names)
        return Block.of((name, self[name]) for name in names)


CHUNK = 10_000
"""Passages that are put together at once."""


def _ends(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where parts of these sizes (n, 3) begin and end (n + 1, 3), when they stand one after the other."""
    return np.vstack([np.zeros((1, 3), np.int64), np.cumsum(sizes, axis=0, dtype=np.int64)])


def _spans(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of parts that begin here and there, one part after the other."""
    return np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def _joined(forms: list[Forms]) -> tuple[NDArray[np.generic], ...]:
    sizes = [(len(form.ids), len(form.wording_ids), len(form.wording_sizes)) for form in forms]
    return (
        np.concatenate([np.zeros(0, np.int32), *(form.ids for form in forms)]),
        np.concatenate([np.zeros(0, np.uint8), *(form.counts for form in forms)]),
        np.array([form.lengths for form in forms], np.float32).reshape(-1, len(UNITS)),
        np.concatenate([np.zeros(0, np.int32), *(form.wording_ids for form in forms)]),
        np.concatenate([np.zeros(0, np.int32), *(form.wording_sizes for form in forms)]),
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
        wordings = [self._numbered(wording) for wording in passage.wordings]
        texts = [*wordings, *map(self._numbered, (passage.context, passage.answer, passage.body))]
        units = [[*chain.from_iterable(unit)] for unit in zip(*texts, strict=True)]
        counts = Counter(chain.from_iterable(units))
        own = [dict.fromkeys(chain.from_iterable(wording)) for wording in wordings]
        return Forms(
            np.fromiter(counts, np.int32, len(counts)),
            np.minimum(np.fromiter(counts.values(), np.int32, len(counts)), MOST).astype(np.uint8),
            np.array([*map(len, units)], np.float32),
            np.fromiter(chain.from_iterable(own), np.int32),
            np.array([*map(len, own)], np.int32),
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


@dataclass(frozen=True)
class Forward:
    """The forward index of one generation.

    Over its passages: `frequency` (vocabulary,) tells how many have a term, `lengths` (3,) is the sum of theirs; `idf`
    (vocabulary,), `unseen` and `mean_lengths` (3,) follow from these.
    """

    vocabulary: Vocabulary
    forms: Layers
    frequency: Floats
    lengths: NDArray[np.float64]
    idf: Floats
    unseen: float
    mean_lengths: Floats

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
        totals = np.zeros(len(UNITS), np.float32)
        for unit, terms in enumerate((words, bigrams(text), characters(text))):
            numbers = [self.vocabulary.known(unit, term) for term in dict.fromkeys(terms)]
            # A number from a later generation of the same vocabulary is no term of this one.
            own = [number for number in numbers if number is not None and number < len(self.idf)]
            totals[unit] = self.idf[own].sum() + self.unseen * (len(numbers) - len(own))
            found += own
        ids = np.array(sorted(found), np.int32)
        ends = np.zeros(END + 1, np.bool_)
        ends[ids & END] = True
        return Asked(np.append(ids, np.int32(NONE)), self.idf[ids], totals, ends)

    def compare(self, asked: Asked, passages: Sequence[str]) -> Likeness:
        """Compare a question with passages, given by id."""
        forms = self.forms.take(passages)
        return Likeness(self._bm25(asked, forms), *self._nearest(asked, forms))

    def _bm25(self, asked: Asked, forms: Block) -> Floats:
        hit, weights = asked.weigh(forms.ids)
        counts = forms.counts[hit].astype(np.float32)
        rows = np.searchsorted(forms.ends[1:, 0], hit, side="right")
        cells = rows * len(UNITS) + (forms.ids[hit] & UNIT)
        norm = K1 * (1 - B + B * forms.lengths / self.mean_lengths)
        impact = weights * counts * (K1 + 1) / (counts + norm.ravel()[cells])
        scores = np.bincount(cells, impact, norm.size).reshape(norm.shape)
        shares: Floats = (scores / np.maximum(scores.max(axis=0), 1e-9)).astype(np.float32)
        return shares

    def _nearest(self, asked: Asked, forms: Block) -> tuple[Floats, NDArray[np.intp]]:
        ids, sizes, starts = forms.wording_ids, forms.wording_sizes, forms.ends[:, 2]
        owners = np.repeat(np.arange(len(forms.rows)), np.diff(starts))
        nearest = np.full(len(forms.rows), -1, np.intp)
        dice = np.zeros((len(forms.rows), len(UNITS)), np.float32)
        if not len(sizes):
            return dice, nearest
        cells = np.repeat(np.arange(len(sizes)), sizes) * len(UNITS) + (ids & UNIT)
        shape = (len(sizes), len(UNITS))
        hit, weights = asked.weigh(ids)
        shared = np.bincount(cells[hit], weights, len(sizes) * len(UNITS)).reshape(shape)
        own = np.bincount(cells, self.idf[ids], len(sizes) * len(UNITS)).reshape(shape)
        every = 2 * shared / np.maximum(own + asked.totals, 1e-9)
        like, asks = every.sum(axis=1), np.flatnonzero(np.diff(starts))
        most = np.zeros(len(forms.rows))
        most[asks] = np.maximum.reduceat(like, starts[asks])
        best = np.flatnonzero(like == most[owners])  # of equals of one owner the last is kept
        dice[owners[best]] = every[best]
        nearest[owners[best]] = best - starts[owners[best]]
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
    return Forward(vocabulary, forms, frequency, lengths, idf, float(np.log(1 + (count + 0.5) / 0.5)), mean)

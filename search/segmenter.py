"""Chinese word segmentation. One segmenter serves index and query; the manifest of a generation names it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from itertools import groupby
from typing import Protocol

from search.text import is_han, runs


class Segmenter(Protocol):
    """Cuts normalised text into words of the dictionary, long ones also into those inside (search mode).

    jieba's hidden Markov model for new words is off: what it puts together (补卡得, 证在) no index has.
    """

    identity: str

    def words(self, text: str) -> list[str]:
        """Words of a normalised text, in order; punctuation is left out."""
        ...

    def cut(self, text: str) -> list[str]:
        """Words in the exact mode: they do not overlap."""
        ...

    def knows(self, word: str) -> bool:
        """Whether the dictionary has the word."""
        ...


class JiebaSegmenter:
    """jieba, the reference: pure Python, anywhere."""

    def __init__(self, terms: Iterable[str]) -> None:
        import jieba

        jieba.setLogLevel(60)
        self._jieba = jieba.Tokenizer()
        self._jieba.initialize()
        terms = sorted(terms)
        for term in terms:
            self._jieba.add_word(term, freq=TERM_FREQUENCY)
        self.identity = _identity("jieba", terms)

    def words(self, text: str) -> list[str]:
        return [word for run in runs(text) for word in self._in_run(run)]

    def _in_run(self, run: str) -> list[str]:
        return self._jieba.lcut_for_search(run, HMM=False) if is_han(run) else [run]

    def cut(self, text: str) -> list[str]:
        return [word for run in runs(text) for word in (self._jieba.lcut(run, HMM=False) if is_han(run) else [run])]

    def knows(self, word: str) -> bool:
        return bool(self._jieba.FREQ.get(word))


class RjiebaSegmenter:
    """rjieba, the same algorithm and dictionary in Rust: ten times faster."""

    def __init__(self, terms: Iterable[str]) -> None:
        import rjieba

        self._jieba = rjieba.Jieba()
        terms = sorted(terms)
        for term in terms:
            self._jieba.add_word(term, TERM_FREQUENCY, "nz")
        self.identity = _identity("rjieba", terms)

    def words(self, text: str) -> list[str]:
        found: list[str] = []
        for han, group in groupby(runs(text), is_han):
            if han:  # one call for many runs, which a space keeps apart
                found += filter(str.strip, self._jieba.cut_for_search(" ".join(group), False))
            else:
                found += group
        return found

    def cut(self, text: str) -> list[str]:
        return [word for run in runs(text) for word in (self._jieba.cut(run, False) if is_han(run) else [run])]

    def knows(self, word: str) -> bool:
        return bool(self._jieba.has_word(word))


TERM_FREQUENCY = 200_000
"""A dictionary frequency high enough that a domain term is kept whole against its parts."""


def _identity(package: str, terms: list[str]) -> str:
    digest = hashlib.sha256("\n".join(terms).encode()).hexdigest()[:16]
    return f"{package} {version(package)} dictionary terms:{digest}"


def make_segmenter(terms: Iterable[str]) -> Segmenter:
    """Rjieba where it is installed, else jieba. See docs/decisions/0002-segmenter.md."""
    try:
        return RjiebaSegmenter(terms)
    except ImportError:
        return JiebaSegmenter(terms)

"""Wordings: which passages have a question among theirs, at a few bytes a wording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.comparing import comparable
from search.passages import Passage


@dataclass(frozen=True)
class Wordings:
    """The passages that have a wording, by the wording as `kb.comparing.comparable` reduces it.

    `hashes` (n,) of all wordings are sorted, and `rows` (n,) has the place of each one's passage in `names`; those that
    came since are in `added`. Both only say where to look: whether a passage has a wording, the passage itself tells.
    """

    passages: Mapping[str, Passage]
    names: tuple[str, ...]
    hashes: NDArray[np.int64]
    rows: NDArray[np.int32]
    added: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, passages: Mapping[str, Passage]) -> Wordings:
        """Those of all passages."""
        hashes = np.fromiter((hash(key) for passage in passages.values() for key in _keys(passage)), np.int64)
        counts = [len(passage.wordings) for passage in passages.values()]
        order = np.argsort(hashes, kind="stable")
        rows = np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order]
        return cls(passages, tuple(passages), hashes[order], rows, {})

    def after(self, passages: Mapping[str, Passage], new: Iterable[Passage]) -> Wordings:
        """Those of passages of which some are new."""
        added = dict(self.added)
        for passage in new:
            for key in _keys(passage):
                if passage.id not in added.get(key, ()):
                    added[key] = (*added.get(key, ()), passage.id)
        if len(added) > len(self.hashes) // 10:
            return Wordings.of(passages)
        return Wordings(passages, self.names, self.hashes, self.rows, added)

    def __getitem__(self, key: str) -> tuple[str, ...]:
        """The ids of the passages that have a wording."""
        start, end = (int(np.searchsorted(self.hashes, hash(key), side)) for side in ("left", "right"))
        likely = (*map(self.names.__getitem__, self.rows[start:end]), *self.added.get(key, ()))
        return tuple(ident for ident in dict.fromkeys(likely) if self._has(ident, key))

    def __contains__(self, key: str) -> bool:
        return bool(self[key])

    def _has(self, ident: str, key: str) -> bool:
        passage = self.passages.get(ident)
        return passage is not None and key in _keys(passage)


def _keys(passage: Passage) -> Iterator[str]:
    return map(comparable, passage.wordings)

"""The memory of replies: bounded, dropped as a whole when another edition is served."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from search.model import Answer

MAX_ENTRIES = 10_000
MAX_BYTES = 64_000_000

Edition = tuple[str, date]
"""Generation and day; another one drops what is kept."""


@dataclass(frozen=True)
class KeptReply:
    """A reply to a question. `pieces` stand around the gaps, `small` are the same compressed (empty: too short for it)."""

    pieces: tuple[bytes, ...]
    small: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...]
    etag: str
    content_type: str
    answer: Answer | None
    counts: bool

    @property
    def is_page(self) -> bool:
        """Whether its gaps are for form tokens."""
        return self.content_type.startswith("text/html")

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(map(len, self.pieces)) + sum(map(len, self.small)) + 2_000


class Replies:
    """The replies kept, the ones unused longest go first; bounded by number and bytes, safe for many threads."""

    def __init__(self, entries: int = MAX_ENTRIES, size: int = MAX_BYTES) -> None:
        self._entries, self._most = entries, size
        self._kept: OrderedDict[Hashable, KeptReply] = OrderedDict()
        self._edition: Edition | None = None
        self._lock = threading.Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, edition: Edition, key: Hashable) -> KeptReply | None:
        """The reply kept for a key in this edition; asking for another edition than the last drops all there is."""
        with self._lock:
            if edition != self._edition:
                self._kept.clear()
                self.size, self._edition = 0, edition
            found = self._kept.get(key)
            if found:
                self._kept.move_to_end(key)
            return found

    def put(self, edition: Edition, key: Hashable, reply: KeptReply) -> None:
        """Keep a reply, unless a newer edition is served by now."""
        with self._lock:
            if edition != self._edition:
                return
            before = self._kept.pop(key, None)
            self.size += reply.size - (before.size if before else 0)
            self._kept[key] = reply
            while len(self._kept) > self._entries or self.size > self._most:
                self.size -= self._kept.popitem(last=False)[1].size

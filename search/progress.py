"""How long work is reported while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are."""


def counted(what: str, items: Collection[T], progress: Progress) -> Iterator[T]:
    """Items, with a report of each one taken."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(what, done, len(items))

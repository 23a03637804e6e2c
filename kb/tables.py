"""What changed from one version to the next, and a table that follows it at the cost of just that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Table(Generic[T]):
    """Rows by key, any number to a key; where they are claims, a key with more than one is `contested`.

    What most keys have is in `base`, which one table takes over from the other; what keys have that changed since, in
    `changed` (nothing: they are gone), until those are a tenth of all.
    """

    base: Mapping[str, tuple[T, ...]] = field(default_factory=dict)
    changed: Mapping[str, tuple[T, ...]] = field(default_factory=dict)
    contested: frozenset[str] = frozenset()

    def __getitem__(self, key: str) -> tuple[T, ...]:
        """The rows of a key; of one that is not there, none."""
        return self.changed[key] if key in self.changed else self.base.get(key, ())

    def __contains__(self, key: str) -> bool:
        return bool(self[key])

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self.base if key not in self.changed)
        yield from (key for key, rows in self.changed.items() if rows)

    def after(self, gone: Iterable[tuple[str, T]], added: Iterable[tuple[str, T]]) -> Table[T]:
        """The table without the rows that are gone, and with those that were added, each with its key."""
        lost, new = _by_key(gone), _by_key(added)
        touched = {key: (*_without(self[key], lost.get(key, ())), *new.get(key, ())) for key in {**lost, **new}}
        contested = (self.contested - touched.keys()) | {key for key, rows in touched.items() if len(rows) > 1}
        changed = {**self.changed, **touched}
        if len(changed) <= len(self.base) // 10:
            return Table(self.base, changed, contested)
        return Table({key: rows for key, rows in {**self.base, **changed}.items() if rows}, {}, contested)


def _by_key(rows: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    grouped: dict[str, list[T]] = defaultdict(list)
    for key, row in rows:
        grouped[key].append(row)
    return grouped


def _without(rows: tuple[T, ...], lost: Iterable[T]) -> Iterator[T]:
    gone = set(lost)
    return (row for row in rows if row not in gone)


def unshared(items: Mapping[str, V], others: Mapping[str, V]) -> list[V]:
    """Those that the others do not have, or not in this version: the same version is the same object."""
    return [item for key, item in items.items() if others.get(key) is not item]

"""What is known of a set of documents without going through all of them.

It follows the documents that changed: going through ten thousand at each change took longer than all else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from kb.claims import Matter, Wording
from kb.documents import Document
from kb.model import Entry

Documents = Mapping[str, Document]
"""By path."""
T = TypeVar("T")
Table = Mapping[str, tuple[T, ...]]
"""By key, all that have it."""


@dataclass(frozen=True)
class Overview:
    """The digests of documents by path, and those documents with which something is wrong."""

    digests: Mapping[str, str] = field(default_factory=dict)
    faulty: Documents = field(default_factory=dict)

    def follow(self, old: Documents, new: Documents) -> Overview:
        """The overview of the new documents, where this is that of the old ones."""
        added = _changed(new, old)
        digests = {path: digest for path, digest in self.digests.items() if path in new}
        faulty = {path: document for path, document in self.faulty.items() if new.get(path) is document}
        return Overview(
            digests | {document.path: document.digest for document in added},
            faulty | {document.path: document for document in added if document.is_faulty},
        )


@dataclass(frozen=True)
class Ledger:
    """What documents claim and name.

    By id: entries (drafts too), and those published. By key: wordings and matters. Documents: by their topic and by the ids
    they refer to; by path, those that have links and those without entries.
    """

    entries: Table[Entry] = field(default_factory=dict)
    published: Table[Entry] = field(default_factory=dict)
    wordings: Table[Wording] = field(default_factory=dict)
    matters: Table[Matter] = field(default_factory=dict)
    topics: Table[Document] = field(default_factory=dict)
    referred: Table[Document] = field(default_factory=dict)
    linking: Table[Document] = field(default_factory=dict)
    broken: Table[Document] = field(default_factory=dict)

    def follow(self, old: Documents, new: Documents) -> Ledger:
        """The ledger of the new documents, where this is that of the old ones."""
        gone, added = _changed(old, new), _changed(new, old)

        def turn(table: Table[T], rows: Callable[[Document], Iterable[tuple[str, T]]]) -> Table[T]:
            return _turn(
                table, [row for each in gone for row in rows(each)], [row for each in added for row in rows(each)]
            )

        return Ledger(
            turn(self.entries, lambda document: [(entry.id, entry) for entry in document.entries]),
            turn(self.published, lambda document: [(entry.id, entry) for entry in document.published]),
            turn(self.wordings, lambda document: [(wording.key, wording) for wording in document.claims.wordings]),
            turn(self.matters, lambda document: [(matter.key, matter) for matter in document.claims.matters]),
            turn(self.topics, lambda document: [(entry.topic, document) for entry in document.entries[:1]]),
            turn(self.referred, lambda document: [(ident, document) for ident in dict(references(document))]),
            turn(self.linking, lambda document: [(document.path, document)] if document.links else []),
            turn(self.broken, lambda document: [] if document.entries else [(document.path, document)]),
        )


def contested(table: Table[T]) -> list[tuple[T, ...]]:
    """Where more than one has a key: all of them."""
    return [claimants for claimants in table.values() if len(claimants) > 1]


def references(document: Document) -> Iterator[tuple[str, int]]:
    """The ids of the entries that a document refers to, and the lines where it does."""
    for entry in document.entries[:1]:
        yield from ((ident, document.line("related", index)) for index, ident in enumerate(entry.related))
        if entry.now and entry.now.entry:
            yield entry.now.entry, document.line("now", "entry")


def _changed(documents: Documents, others: Documents) -> list[Document]:
    """Those that the others do not have, or not in this version."""
    return [document for path, document in documents.items() if others.get(path) is not document]


def _turn(table: Table[T], gone: list[tuple[str, T]], added: list[tuple[str, T]]) -> Table[T]:
    turned = dict(table)
    for key, value in gone:
        left = tuple(other for other in turned.pop(key, ()) if other is not value)
        turned |= {key: left} if left else {}
    by_key: dict[str, list[T]] = defaultdict(list)
    for key, value in added:
        by_key[key].append(value)
    for key, values in by_key.items():
        turned[key] = (*turned.get(key, ()), *values)
    return turned

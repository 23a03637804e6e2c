"""What is known of a set of documents without going through all of them.

It follows the documents that changed: going through ten thousand at each change took longer than all else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

from kb.claims import Matter, Wording, matter_of, published_in
from kb.documents import Document
from kb.model import Entry, facts_in
from kb.tables import Table, unshared

Documents = Mapping[str, Document]
"""By path."""
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Overview:
    """The digests of documents by path, and those documents with which something is wrong."""

    digests: Mapping[str, str] = field(default_factory=dict)
    faulty: Documents = field(default_factory=dict)

    def after(self, old: Documents, new: Documents) -> Overview:
        """The overview of the new documents, where this is that of the old ones."""
        added = unshared(new, old)
        digests = {path: digest for path, digest in self.digests.items() if path in new}
        faulty = {path: document for path, document in self.faulty.items() if new.get(path) is document}
        return Overview(
            digests | {document.path: document.digest for document in added},
            faulty | {document.path: document for document in added if document.is_faulty},
        )


@dataclass(frozen=True)
class Ledger:
    """What documents claim and name.

    Entries by id (drafts too), wordings and matters by key; paths of documents by topic, and by each id that they refer
    to; links, with their lines, by the path of the document that has them. Facts, each as the id of its entry and its
    index: those with a table by the key of their matter, those with a total by path.
    """

    entries: Table[Entry] = field(default_factory=Table)
    wordings: Table[Wording] = field(default_factory=Table)
    matters: Table[Matter] = field(default_factory=Table)
    topics: Table[str] = field(default_factory=Table)
    referred: Table[str] = field(default_factory=Table)
    links: Table[tuple[str, int]] = field(default_factory=Table)
    tables: Table[tuple[str, int]] = field(default_factory=Table)
    totals: Table[tuple[str, int]] = field(default_factory=Table)

    def after(self, old: Documents, new: Documents) -> Ledger:
        """The ledger of the new documents, where this is that of the old ones."""
        if old is new:
            return self
        gone, added = unshared(old, new), unshared(new, old)

        def turned(table: Table[T], rows: Callable[[Document], Iterable[tuple[str, T]]]) -> Table[T]:
            return table.after(chain.from_iterable(map(rows, gone)), chain.from_iterable(map(rows, added)))

        return Ledger(
            turned(self.entries, lambda document: [(entry.id, entry) for entry in document.entries]),
            turned(self.wordings, lambda document: [(wording.key, wording) for wording in document.claims.wordings]),
            turned(self.matters, lambda document: [(matter.key, matter) for matter in document.claims.matters]),
            turned(self.topics, lambda document: [(entry.topic, document.path) for entry in document.entries[:1]]),
            turned(self.referred, lambda document: [(ident, document.path) for ident in dict(references(document))]),
            turned(self.links, lambda document: [(document.path, link) for link in document.links]),
            turned(self.tables, _tables),
            turned(self.totals, _totals),
        )


def _tables(document: Document) -> Iterator[tuple[str, tuple[str, int]]]:
    found = facts_in(published_in(document))
    return ((matter_of(entry, fact), (entry.id, index)) for entry, index, fact in found if fact.values)


def _totals(document: Document) -> Iterator[tuple[str, tuple[str, int]]]:
    found = facts_in(published_in(document))
    return ((document.path, (entry.id, index)) for entry, index, fact in found if fact.total)


def references(document: Document) -> Iterator[tuple[str, int]]:
    """The ids of the entries that a document refers to, and the lines where it does."""
    for entry in document.entries[:1]:
        yield from ((ident, document.line("related", index)) for index, ident in enumerate(entry.related))
        if entry.now and entry.now.entry:
            yield entry.now.entry, document.line("now", "entry")


class Derived(NamedTuple):
    """What is known of a library's documents as last read, and of its good ones: their ledger, their published entries."""

    overview: Overview
    ledger: Ledger
    entries: Mapping[str, Entry]


def published_after(entries: Mapping[str, Entry], old: Documents, new: Documents) -> Mapping[str, Entry]:
    """The published entries of the new documents by id, in order of path, where `entries` are those of the old ones.

    Where those that changed publish as many as before, under the same ids, each takes the place of its older version.
    """
    gone, added = ({entry.id: entry for entry in _published(each)} for each in (unshared(old, new), unshared(new, old)))
    if old.keys() == new.keys() and list(gone) == list(added):
        return {**entries, **added}
    return {entry.id: entry for entry in _published(new.values())}


def _published(documents: Iterable[Document]) -> Iterator[Entry]:
    return chain.from_iterable(map(published_in, documents))

"""The systems beside Wence: each the plain index that one would write by hand, over the same words, already cut.

All keep one field of words, find passages that have any word of the question, and give the ten best by BM25.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, Self

import tantivy

from search.engines import EngineQuery, Posting
from search.engines.tantivy import HEAP_BYTES, WRITERS
from search.engines.whoosh import WhooshEngine

TOP = 10

Row = tuple[str, str]
"""A passage's id and its words, separated by spaces."""


class System(Protocol):
    """A plain index in one folder."""

    title: str

    @classmethod
    def build(cls, folder: Path, rows: Iterable[Row]) -> None:
        """Write the index into an existing, empty folder."""
        ...

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open it for reading."""
        ...

    def search(self, words: Sequence[str]) -> list[str]:
        """The ids of the TOP best passages with any of the words."""
        ...


class RawTantivy:
    """Tantivy without Wence; its writer gets as many threads and as much memory as ours."""

    title = "raw tantivy"

    def __init__(self, index: tantivy.Index) -> None:
        self._schema, self._searcher = index.schema, index.searcher()

    @classmethod
    def build(cls, folder: Path, rows: Iterable[Row]) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("passage", stored=True, tokenizer_name="raw", index_option="basic")
        schema.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        writer = tantivy.Index(schema.build(), path=str(folder)).writer(HEAP_BYTES, WRITERS)
        for passage, words in rows:
            writer.add_document(tantivy.Document(passage=passage, words=words))
        writer.commit()
        writer.wait_merging_threads()

    @classmethod
    def open(cls, folder: Path) -> Self:
        return cls(tantivy.Index.open(str(folder)))

    def search(self, words: Sequence[str]) -> list[str]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "words", word, index_option="freq"))
            for word in words
        ]
        hits = self._searcher.search(tantivy.Query.boolean_query(terms), TOP, count=False).hits
        return [self._searcher.doc(address)["passage"][0] for _, address in hits]


class Whoosh:
    """Whoosh, through our engine of that name, its field of bigrams left empty."""

    title = "Whoosh"

    def __init__(self, engine: WhooshEngine) -> None:
        self._engine = engine

    @classmethod
    def build(cls, folder: Path, rows: Iterable[Row]) -> None:
        WhooshEngine.build(folder, (Posting(passage, "", "", "", tuple(words.split()), ()) for passage, words in rows))

    @classmethod
    def open(cls, folder: Path) -> Self:
        return cls(WhooshEngine.open(folder))

    def search(self, words: Sequence[str]) -> list[str]:
        query = EngineQuery.of(words)
        return [found.passage for found in self._engine.search(query, TOP)]


class Fts5:
    """SQLite's full-text index, without a copy of the text; `rank` is its bm25()."""

    title = "SQLite FTS5"
    _FILE = "fts5.sqlite3"
    _QUERY = (
        "SELECT (SELECT passage FROM ids WHERE number = passages.rowid) FROM passages "
        "WHERE passages MATCH ? ORDER BY rank LIMIT ?"
    )

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def build(cls, folder: Path, rows: Iterable[Row]) -> None:
        connection = sqlite3.connect(folder / cls._FILE)
        connection.execute("CREATE VIRTUAL TABLE passages USING fts5(words, content='', tokenize='unicode61')")
        connection.execute("CREATE TABLE ids (number INTEGER PRIMARY KEY, passage TEXT)")
        for number, (passage, words) in enumerate(rows):
            connection.execute("INSERT INTO passages (rowid, words) VALUES (?, ?)", (number, words))
            connection.execute("INSERT INTO ids VALUES (?, ?)", (number, passage))
        connection.commit()
        connection.close()

    @classmethod
    def open(cls, folder: Path) -> Self:
        return cls(sqlite3.connect(folder / cls._FILE))

    def search(self, words: Sequence[str]) -> list[str]:
        asked = " OR ".join(f'"{word}"' for word in words)
        return [row[0] for row in self._connection.execute(self._QUERY, (asked, TOP))]


SYSTEMS: dict[str, type[System]] = {"tantivy-raw": RawTantivy, "whoosh-raw": Whoosh, "fts5": Fts5}
"""By the names that figures have."""

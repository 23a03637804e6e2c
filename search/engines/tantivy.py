"""The default engine: tantivy, embedded, in Rust."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Self

import tantivy

from kb.errors import is_for_want_of_room
from search.engines.protocol import Candidate, Embedded, EngineError, EngineFilter, EngineQuery, Posting

WRITERS, HEAP_BYTES = 1, 64_000_000
"""Threads of the writer, and its memory."""
ROOM_BYTES = 1 << 20
"""A disk with less room than this is full."""
_RAW = ("passage", "entry", "topic", "kind")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in _RAW:
        builder.add_text_field(name, stored=name == "passage", tokenizer_name="raw", index_option="basic")
    for name in ("words", "bigrams"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class TantivyEngine(Embedded):
    """See `protocol.Engine`."""

    name = "tantivy"

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def build(cls, folder: Path, postings: Iterable[Posting], _identity: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        cls._write(folder, lambda: tantivy.Index(_schema(), path=str(folder)), (), postings)

    @classmethod
    def update(cls, folder: Path, removed: Iterable[str], added: Iterable[Posting], _identity: str = "") -> None:
        cls._write(folder, lambda: tantivy.Index.open(str(folder)), removed, added)

    @staticmethod
    def _write(
        folder: Path, opened: Callable[[], tantivy.Index], removed: Iterable[str], added: Iterable[Posting]
    ) -> None:
        try:
            writer = opened().writer(HEAP_BYTES, WRITERS)
            for entry in removed:
                writer.delete_documents_by_term("entry", entry)
            for posting in added:
                writer.add_document(tantivy.Document(**posting.fields()))
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            cause = _want_of_room(folder) or error
            raise EngineError.writing(cause) from cause

    @classmethod
    def open(cls, folder: Path) -> Self:
        try:
            if os.access(folder, os.W_OK):
                return cls(tantivy.Index.open(str(folder)))
            return cls._open_elsewhere(folder)
        except (ValueError, OSError) as error:
            raise EngineError.opening(error) from error

    @classmethod
    def _open_elsewhere(cls, folder: Path) -> Self:
        """Tantivy locks a file to open an index: where nothing may be written, it is given links to the files."""
        if not (folder / "meta.json").is_file():
            raise FileNotFoundError(folder / "meta.json")
        with TemporaryDirectory(prefix="wence-") as place:
            for path in folder.iterdir():
                if not path.name.endswith("lock"):
                    (Path(place) / path.name).symlink_to(path)
            return cls(tantivy.Index.open(place))

    def search(self, query: EngineQuery, limit: int, only: EngineFilter = EngineFilter()) -> list[Candidate]:  # noqa: B008
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, token), weight))
            for field, token, weight in query.terms()
        ]
        if not clauses or limit < 1:
            return []
        wanted = [
            (tantivy.Occur.Must, tantivy.Query.const_score_query(self._term(field, value), 0.0))
            for field, value in only.terms()
        ]
        asked = tantivy.Query.boolean_query(clauses)
        if wanted:
            asked = tantivy.Query.boolean_query([(tantivy.Occur.Must, asked), *wanted])
        hits = self._searcher.search(asked, limit, count=False).hits
        found = [Candidate(self._searcher.doc(address)["passage"][0], score) for score, address in hits]
        return sorted(found, key=lambda candidate: (-candidate.score, candidate.passage))

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option="basic" if field in _RAW else "freq")

    def __len__(self) -> int:
        return self._searcher.num_docs


def _want_of_room(folder: Path) -> OSError | None:
    """What writing there is refused with: a thread of tantivy's that ends on a full disk does not say what ended it."""
    try:
        with TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM_BYTES)
    except OSError as error:
        return error if is_for_want_of_room(error) else None
    return None

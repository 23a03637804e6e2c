"""The engine in pure Python: Whoosh."""

from __future__ import annotations

from collections.abc import Iterable
from math import log
from pathlib import Path
from threading import Lock
from typing import Any, Self

from whoosh import fields, index, query, scoring
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import FileStorage
from whoosh.formats import Frequency

from search.engines.protocol import Candidate, Embedded, EngineError, EngineFilter, EngineQuery, Posting

_K1, _B = 1.2, 0.75


class _Tokens(fields.FieldType):  # type: ignore[misc]  # whoosh has no types
    """Whitespace-separated tokens, with frequencies and lengths for BM25."""

    def __init__(self) -> None:
        self.analyzer = SpaceSeparatedTokenizer()
        self.format = Frequency(field_boost=1.0)
        self.scorable = True
        self.stored = False


class _BM25(scoring.BM25F):  # type: ignore[misc]
    """Whoosh's BM25F with Lucene's and tantivy's idf, so that the engines agree on scores."""

    def idf(self, searcher: Any, fieldname: str, text: Any) -> float:
        count = searcher.doc_count_all()
        frequency = searcher.doc_frequency(fieldname, text)
        return log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def _schema() -> fields.Schema:
    return fields.Schema(
        passage=fields.ID(stored=True),
        entry=fields.ID(),
        topic=fields.ID(),
        kind=fields.ID(),
        words=_Tokens(),
        bigrams=_Tokens(),
    )


class WhooshEngine(Embedded):
    """See `protocol.Engine`."""

    name = "whoosh"

    def __init__(self, opened: index.FileIndex) -> None:
        self._searcher = opened.searcher(weighting=_BM25(B=_B, K1=_K1))
        self._alone = (
            Lock()
        )  # readers share the position in their file: two searches at once read each other's postings

    @classmethod
    def build(cls, folder: Path, postings: Iterable[Posting], _identity: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        cls._write(FileStorage(str(folder)).create_index(_schema()), (), postings)

    @classmethod
    def update(cls, folder: Path, removed: Iterable[str], added: Iterable[Posting], _identity: str = "") -> None:
        cls._write(index.open_dir(str(folder)), removed, added)

    @staticmethod
    def _write(opened: index.FileIndex, removed: Iterable[str], added: Iterable[Posting]) -> None:
        try:
            writer = opened.writer()
            for entry in removed:
                writer.delete_by_term("entry", entry)
            for posting in added:
                writer.add_document(**posting.fields())
            writer.commit()
        except OSError as error:
            raise EngineError.writing(error) from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        try:
            return cls(index.open_dir(str(folder)))
        except (index.IndexError, OSError, ValueError) as error:
            raise EngineError.opening(error) from error

    def search(self, query_: EngineQuery, limit: int, only: EngineFilter = EngineFilter()) -> list[Candidate]:  # noqa: B008
        terms = [query.Term(field, token, boost=weight) for field, token, weight in query_.terms()]
        if not terms or limit < 1:
            return []
        wanted = [query.Term(field, value) for field, value in only.terms()]
        with self._alone:
            hits = self._searcher.search(query.Or(terms), limit=limit, filter=query.And(wanted) if wanted else None)
            found = [Candidate(hit["passage"], hit.score) for hit in hits]
        return sorted(found, key=lambda candidate: (-candidate.score, candidate.passage))

    def __len__(self) -> int:
        return int(self._searcher.doc_count())

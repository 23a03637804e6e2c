"""Outside collections: questions with graded documents, run through the same pipeline as our own content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import ir_measures
from ir_measures import RR, R, Success, nDCG

from kb.model import EntryKind, Topic
from search.engines import Candidate, Engine, EngineQuery, Posting, engine_named
from search.evaluation.errors import EvaluationError
from search.evaluation.files import read_text
from search.finder import Finder, make_finder
from search.lexicon import EMPTY, Lexicon
from search.passages import MAX_BODY, Passage, posting_of
from search.progress import Progress
from search.segmenter import Segmenter, make_segmenter
from search.text import MAX_QUERY, normalise

MEASURES = {"Hit@1": Success @ 1, "Hit@3": Success @ 3, "MRR@10": RR @ 10, "Recall@10": R @ 10, "nDCG@10": nDCG @ 10}
TOP = 10
WORKERS = 2
"""Processes that ask, and threads that read what is compared by meaning."""
_GRADE = re.compile(r"-?[0-9]{1,3}")


@dataclass(frozen=True)
class Document:
    """A line of the corpus."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True)
class Collection:
    """A corpus, its queries (id to text) and their graded documents (query to document to grade)."""

    documents: tuple[Document, ...]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]


def read_collection(corpus: Path, queries: Path, qrels: Path) -> Collection:
    """Read the three files. Raises EvaluationError that names file, line and remedy."""
    documents = {
        ident: Document(ident, _text(corpus, line, row, "question", ""), _text(corpus, line, row, "answer", ""))
        for line, ident, row in _rows(corpus)
    }
    if not documents:
        raise EvaluationError(f"{corpus}：是空的——每行写一个 {{“id”, “question”, “answer”}}")
    asked = {ident: _text(queries, line, row, "text") for line, ident, row in _rows(queries)}
    grades = _grades(qrels, asked, documents)
    return Collection(
        tuple(documents.values()), {ident: text for ident, text in asked.items() if ident in grades}, grades
    )


def _grades(path: Path, queries: Mapping[str, str], documents: Mapping[str, Document]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for line, text in _lines(path):
        parts = [part.strip() for part in text.split("\t")]
        if len(parts) != 3 or not _GRADE.fullmatch(parts[2]):
            raise EvaluationError(f"{path}:{line}：应是三列，用制表符隔开——问题编号、文档编号、整数等级")
        query, document, grade = parts
        if query not in queries or document not in documents:
            raise EvaluationError(f"{path}:{line}：问题或文档编号不在另两个文件里——核对编号")
        grades.setdefault(query, {})[document] = int(grade)
    if not grades:
        raise EvaluationError(f"{path}：没有一行判定——每行写问题编号、文档编号、整数等级")
    return grades


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, counted from 1."""
    for line, text in enumerate(read_text(path).split("\n"), start=1):
        if text.strip():
            yield line, text


def _rows(path: Path) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Line number, id and object of each line of a JSONL file."""
    seen: dict[str, int] = {}
    for line, text in _lines(path):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise EvaluationError(f"{path}:{line}：不是合格的 JSON——一行一个对象") from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}:{line}：应是一个 JSON 对象——写成 {{“id”: …}}")
        ident = _text(path, line, row, "id").strip()
        if not ident or not ident.isprintable():
            raise EvaluationError(f"{path}:{line}：id 是空的或含有控制字符——换一个编号")
        if ident in seen:
            raise EvaluationError(f"{path}:{line}：编号 {ident} 在第 {seen[ident]} 行写过——编号不能重复")
        seen[ident] = line
        yield line, ident, row


def _text(path: Path, line: int, row: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise EvaluationError(f"{path}:{line}：缺 {name}，或它不是文字——补上")
    # Half a surrogate pair ("\\ud800") is no character, and no engine can store it.
    return value.encode("utf-8", "replace").decode("utf-8")


def passages(collection: Collection) -> dict[str, Passage]:
    """The corpus as FAQ entries without a topic; a document without a question has no wording."""
    return {
        document.id: Passage(
            id=document.id,
            entry=document.id,
            fact=None,
            kind=EntryKind.faq,
            topic="",
            facet=None,
            wordings=(normalise(document.question),) if document.question.strip() else (),
            context="",
            answer=normalise(document.answer[:MAX_BODY]),
            body="",
        )
        for document in collection.documents
    }


def open_finder(
    found: Mapping[str, Passage], folder: Path, engine: str, lexicon: Lexicon = EMPTY, topics: tuple[Topic, ...] = ()
) -> Finder:
    """Index passages in an empty folder and open a finder over them."""
    segmenter = make_segmenter(lexicon.all_terms)
    kind = engine_named(engine)
    kind.build(folder, (posting_of(passage, segmenter) for passage in found.values()))
    return make_finder(kind.open(folder), segmenter, lexicon, topics, found)


@dataclass(frozen=True)
class Plain:
    """The baseline: words by jieba, BM25 of the same engine over question and answer, nothing else."""

    segmenter: Segmenter
    engine: Engine

    def search(self, text: str) -> list[Candidate]:
        """The best documents."""
        return self.engine.search(EngineQuery.of(self.segmenter.words(normalise(text, MAX_QUERY))), TOP)


def open_plain(found: Mapping[str, Passage], folder: Path, engine: str, segmenter: Segmenter) -> Plain:
    """Index passages as plain words in an empty folder, every field alike."""
    kind = engine_named(engine)
    kind.build(
        folder,
        (
            Posting(
                passage.id, passage.entry, passage.topic, passage.kind,
                tuple(segmenter.words(" ".join((*passage.wordings, passage.context, passage.answer, passage.body)))),
                (),
            )
            for passage in found.values()
        ),
    )  # fmt: skip
    return Plain(segmenter, kind.open(folder))


@dataclass(frozen=True)
class Run:
    """What one system returned: for each query its documents with scores; `seconds` a query."""

    results: Mapping[str, Mapping[str, float]]
    seconds: tuple[float, ...]

    def measures(self, qrels: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
        """The measures of `MEASURES`, means over the queries (ir-measures)."""
        values = ir_measures.calc_aggregate(MEASURES.values(), qrels, self.results)
        return {name: float(values[measure]) for name, measure in MEASURES.items()}

    def latency(self) -> dict[str, float]:
        """Milliseconds a query: p50, p95, p99."""
        return latency(self.seconds)


def latency(seconds: Iterable[float]) -> dict[str, float]:
    """Milliseconds: p50, p95, p99."""
    ordered = sorted(seconds) or [0.0]
    return {
        f"p{part}": round(1000 * ordered[min(len(ordered) - 1, len(ordered) * part // 100)], 3) for part in (50, 95, 99)
    }


_finder: Finder | None = None
"""In a worker, the one that it asks."""


def run_finder(finder: Finder, queries: Mapping[str, str], report: Progress) -> Run:
    """Ask every query through understanding, retrieval and ranking, in WORKERS processes that share the index."""
    idents = list(queries)
    chunks = [idents[start : start + 100] for start in range(0, len(idents), 100)]
    results: dict[str, Mapping[str, float]] = {}
    seconds: list[float] = []
    # What cannot be pickled is there after a fork.
    with ProcessPoolExecutor(WORKERS, get_context("fork"), initializer=_take, initargs=(finder,)) as pool:
        for chunk, answers in zip(
            chunks, pool.map(_ask, [[queries[i] for i in chunk] for chunk in chunks]), strict=True
        ):
            for ident, (found, took) in zip(chunk, answers, strict=True):
                results[ident] = found
                seconds.append(took)
            report("提问", len(seconds), len(idents))
    return Run(results, tuple(seconds))


def _take(finder: Finder) -> None:
    global _finder
    _finder = finder


def _ask(texts: Sequence[str]) -> list[tuple[dict[str, float], float]]:
    assert _finder is not None  # noqa: S101
    answers = []
    for text in texts:
        start = perf_counter()
        ranked = _finder.find(_finder.understanding.understand(text))
        took = perf_counter() - start
        answers.append((_by_rank([item.passage.id for item in ranked[:TOP]]), took))
    return answers


def _by_rank(documents: Sequence[str]) -> dict[str, float]:
    """Falling scores, so that the measures see the order given and do not break ties in their own way."""
    return {ident: float(len(documents) - place) for place, ident in enumerate(documents)}


def run_plain(plain: Plain, queries: Mapping[str, str]) -> Run:
    """Ask every query of the baseline."""
    results: dict[str, Mapping[str, float]] = {}
    seconds = []
    for ident, text in queries.items():
        start = perf_counter()
        found = plain.search(text)
        seconds.append(perf_counter() - start)
        results[ident] = _by_rank([candidate.passage for candidate in found])
    return Run(results, tuple(seconds))

"""Measuring: known questions and outside collections, asked of Wence and of a plain baseline on the same engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

from kb.library import Library
from search.answer import can_answer
from search.cards import make_card
from search.evaluation.collections import (
    WORKERS,
    Collection,
    Plain,
    latency,
    open_finder,
    open_plain,
    passages,
    run_finder,
    run_plain,
)
from search.evaluation.questions import Question, StyleScore, Verdict, judge, scores_of, summed
from search.model import Card
from search.passages import passages_by_id
from search.progress import Progress, counted
from search.ranking import Ranked
from search.segmenter import make_segmenter
from search.service import Service


@dataclass(frozen=True)
class Twice:
    """How a question went that was asked twice; `first` and `again` are seconds of the whole answer."""

    verdict: Verdict
    first: float
    again: float


def ask_twice(service: Service, questions: Sequence[Question], day: date, report: Progress) -> Iterator[Twice]:
    """Ask every question, and once more at once."""
    for question in counted("提问", questions, report):
        start = perf_counter()
        card = service.ask(question.q, as_of=day).card
        middle = perf_counter()
        service.ask(question.q, as_of=day)
        yield Twice(judge(question, card), middle - start, perf_counter() - middle)


@dataclass(frozen=True)
class Outcome:
    """How known questions went, here and with the baseline; `latency_ms` is of each question's second asking."""

    verdicts: tuple[Verdict, ...]
    baseline: tuple[Verdict, ...]
    latency_ms: dict[str, float]

    @property
    def scores(self) -> tuple[StyleScore, ...]:
        """Scores by style."""
        return scores_of(self.verdicts)

    @property
    def baseline_scores(self) -> tuple[StyleScore, ...]:
        """Scores of the baseline by style, in the same order."""
        return scores_of(self.baseline)

    @property
    def total(self) -> StyleScore:
        """The scores of all styles together."""
        return summed(self.scores)

    @property
    def misses(self) -> tuple[Verdict, ...]:
        """What went wrong."""
        return tuple(verdict for verdict in self.verdicts if not verdict.right)


def ask(service: Service, questions: Sequence[Question], folder: Path, report: Progress, day: date) -> Outcome:
    """Ask every question twice, and a baseline that is built in an empty folder."""
    baseline = _Baseline(service.library, folder, service.settings.engine, day)
    verdicts, plain, seconds = [], [], []
    for one in ask_twice(service, questions, day, report):
        verdicts.append(one.verdict)
        seconds.append(one.again)
        plain.append(judge(one.verdict.question, baseline.card(one.verdict.question.q)))
    return Outcome(tuple(verdicts), tuple(plain), latency(seconds))


class _Baseline:
    """What plain jieba and BM25 would show: the first passage that can stand on a card, however far-fetched."""

    def __init__(self, library: Library, folder: Path, engine: str, day: date) -> None:
        self._library = library
        self._day = day
        self._passages = passages_by_id(library)
        self._plain: Plain = open_plain(self._passages, folder, engine, make_segmenter(()))

    def card(self, text: str) -> Card | None:
        for candidate in self._plain.search(text):
            passage = self._passages[candidate.passage]
            if can_answer(Ranked(passage, {}, candidate.score, 0.0, ""), self._library, self._day):
                entry = self._library.entries[passage.entry]
                return make_card(entry, entry.facts[passage.fact] if passage.fact is not None else None, self._day)
        return None


@dataclass(frozen=True)
class Comparison:
    """An outside collection through the pipeline and through the baseline. The fields are the JSON of `kb eval`."""

    entries: int
    queries: int
    engine: str
    build_seconds: float
    seconds: float
    measures: dict[str, float]
    baseline: dict[str, float]
    latency_ms: dict[str, float]
    baseline_latency_ms: dict[str, float]


def compare(collection: Collection, folder: Path, engine: str, report: Progress) -> Comparison:
    """Index a collection in an empty folder, twice, and ask its queries of both."""
    begin = perf_counter()
    found = passages(collection)
    finder = open_finder(found, folder / "wence", engine)
    built = perf_counter()
    # What is there before the workers are forked is shared by them: dictionaries, the encoder and its vectors.
    finder.find(finder.understanding.understand(next(iter(collection.queries.values()))), thorough=True)
    finder.read_ahead(report, WORKERS)
    ours = run_finder(finder, collection.queries, report)
    plain = run_plain(open_plain(found, folder / "plain", engine, make_segmenter(())), collection.queries)
    return Comparison(
        entries=len(found),
        queries=len(collection.queries),
        engine=engine,
        build_seconds=round(built - begin, 2),
        seconds=round(perf_counter() - begin, 2),
        measures=ours.measures(collection.qrels),
        baseline=plain.measures(collection.qrels),
        latency_ms=ours.latency(),
        baseline_latency_ms=plain.latency(),
    )

"""What every measurement shares: its job, the clock, the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import TypeVar

from search.evaluation.benchmark.asking import Asked, questions
from search.evaluation.benchmark.figures import Found, Latency, Throughput
from search.evaluation.benchmark.generating import Generator
from search.evaluation.collections import latency
from search.progress import Progress
from search.segmenter import Segmenter
from search.text import MAX_QUERY, normalise

WARMING = 300
"""Questions, none of those measured, that are asked before."""
PATIENCE = 60.0
"""Seconds for which a slow system is asked, or files are changed; there are fewer questions or changes then."""

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """What is measured, with `count` questions: a collection of `entries`, in an empty folder of its own.

    More than one of `clients`: also with as many that ask at once.
    """

    content: Path
    seed: int
    count: int
    engine: str
    clients: int = 1
    entries: int = 0
    folder: Path = Path()


def asked_of(generator: Generator, segmenter: Segmenter, job: Job) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
    """Questions to warm up with, and those to measure."""
    warming = questions(generator, segmenter, job.entries, min(WARMING, job.count), "warm")
    return warming, questions(generator, segmenter, job.entries, job.count, "measured")


def words_asked(segmenter: Segmenter, text: str) -> str:
    """The words that every engine is asked for, each once, separated by spaces."""
    return " ".join(dict.fromkeys(segmenter.words(normalise(text, MAX_QUERY))))


@dataclass(frozen=True)
class Timed:
    """Seconds and results of questions, in order."""

    seconds: list[float]
    results: list[list[str]]

    @property
    def latency(self) -> Latency:
        return Latency(**_latency(self.seconds), n=len(self.seconds))

    def found(self, asked: Sequence[Asked], styles: Sequence[str]) -> Found:
        """Of the questions of some styles: how many have their entry first."""
        rows = [(one, result) for one, result in zip(asked, self.results, strict=False) if one.style in styles]
        return Found(first=sum(result[:1] == [one.entry] for one, result in rows), of=len(rows))


def timed(
    asked: Sequence[T], ask: Callable[[T], object], progress: Progress, what: str, patience: float = float("inf")
) -> Timed:
    """Ask one after the other, at most `patience` seconds; results that are no lists are not kept."""
    kept = Timed([], [])
    end = perf_counter() + patience
    for done, one in enumerate(asked, start=1):
        start = perf_counter()
        found = ask(one)
        now = perf_counter()
        kept.seconds.append(now - start)
        kept.results.append(found if isinstance(found, list) else [])
        progress(what, done, len(asked))
        if now > end:
            break
    return kept


def asked_together(asked: Sequence[T], ask: Callable[[T], object], clients: int) -> Throughput:
    """Have as many clients ask at once, threads of this process, each its next question as soon as it has an answer."""
    with ThreadPoolExecutor(clients) as pool:
        done, whole = seconds_of(lambda: [*pool.map(lambda one: seconds_of(lambda: ask(one))[1], asked)])
    return Throughput(**_latency(done), n=len(done), clients=clients, rate=len(done) / whole)


def _latency(seconds: Sequence[float]) -> dict[str, float]:
    return {**latency(seconds), "mean": 1000 * fmean(seconds)}


def seconds_of(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gave, and how many seconds it took."""
    start = perf_counter()
    made = work()
    return made, perf_counter() - start


def resident(field: str = "VmRSS") -> float:
    """Memory of this process in MB, now or (VmHWM) at most, as the kernel counts it (proc(5))."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))

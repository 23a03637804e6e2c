"""One run of the benchmark: every measurement in a fresh process, so that none sees the memory of another."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TypeVar

from search.engines import engine_named
from search.evaluation.benchmark.figures import Benchmark, Machine, Size
from search.evaluation.benchmark.measuring import measure_wence
from search.evaluation.benchmark.plain import cut, measure_plain
from search.evaluation.benchmark.publishing import measure_publishing
from search.evaluation.benchmark.systems import SYSTEMS
from search.evaluation.benchmark.timing import Job
from search.evaluation.errors import EvaluationError
from search.progress import Progress

FILES = 10_000
"""Entries up to which they are also written as files, for publishing."""
LIMIT = 600.0
"""Seconds after which the build of a plain system is given up."""
_PACKAGES = ("tantivy", "whoosh-reloaded", "rjieba", "numpy")

T = TypeVar("T")


def run(job: Job, sizes: Sequence[int], command: str, progress: Progress) -> Iterator[Benchmark]:
    """Measure a job at one size after the other; after each, the figures so far.

    Raises EvaluationError for what cannot be measured.
    """
    if not engine_named(job.engine).stands_alone():
        raise EvaluationError(
            f"这样测不了 {job.engine}：它不应答时由本机的备用索引代答，会算成是它的——先关掉备用索引，见 docs/scale.md"
        )
    made = Benchmark(day=date.today(), command=command, seed=job.seed, questions=job.count, machine=machine(), sizes=())
    for entries in sizes:
        made = made.model_copy(update={"sizes": (*made.sizes, _size(replace(job, entries=entries), progress))})
        yield made


def _size(wanted: Job, progress: Progress) -> Size:
    def report(what: str, done: int, total: int) -> None:
        progress(f"{wanted.entries:,} {what}", done, total)

    def measured(work: Callable[..., T], *args: object) -> T:
        """In a child; its folder goes away with it, since the index of a million entries takes gigabytes."""
        with TemporaryDirectory(prefix="index-", dir=place) as own:
            return in_child(work, replace(job, folder=Path(own)), *args, progress=report)

    with TemporaryDirectory(prefix="wence-bench-") as place:
        job = replace(wanted, folder=Path(place))
        passages, words = in_child(cut, job, progress=report)
        return Size(
            entries=job.entries,
            passages=passages,
            words_a_passage=round(words, 1),
            wence=measured(measure_wence),
            plain={name: measured(measure_plain, Path(place), name, LIMIT) for name in SYSTEMS},
            publishing=measured(measure_publishing) if job.entries <= FILES else None,
        )


def in_child(work: Callable[..., T], *args: object, progress: Progress) -> T:
    """Run a function of a module in a new process, not a copy of this one. Raises EvaluationError with its error."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, work, args))
    child.start()
    theirs.close()
    try:
        while True:
            kind, value = ours.recv()
            if kind == "result":
                return value  # type: ignore[no-any-return]  # what `work` returned, through a pipe
            if kind == "error":
                raise EvaluationError(value)
            progress(*value)
    except EOFError as error:
        raise EvaluationError("测量的进程中途没了，可能内存不够——把 --sizes 改小") from error
    finally:
        if child.is_alive():
            child.join(5)
        child.kill()
        child.join()


def _work(pipe: Connection, work: Callable[..., object], args: Sequence[object]) -> None:
    sent = 0.0
    latest: dict[str, tuple[str, int, int]] = {}

    def progress(what: str, done: int, total: int) -> None:
        nonlocal sent
        latest[what] = (what, done, total)
        if monotonic() - sent > 0.2:
            sent = monotonic()
            pipe.send(("progress", latest[what]))

    try:
        result = work(*args, progress)
        for state in latest.values():
            pipe.send(("progress", state))
        pipe.send(("result", result))
    except Exception as error:  # it is raised again in the parent
        pipe.send(("error", str(error) or type(error).__name__))


def machine() -> Machine:
    """This machine, as Linux tells it."""
    cpu = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    return Machine(
        cpu=cpu[0].partition(":")[2].strip() if cpu else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        system=platform.system(),
        python=platform.python_version(),
        versions={name: version(name) for name in _PACKAGES} | {"sqlite": sqlite3.sqlite_version},
    )

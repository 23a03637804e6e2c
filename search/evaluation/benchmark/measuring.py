"""Measuring Wence itself. Runs in a child process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

from pypinyin import lazy_pinyin

from search.engines import EngineQuery, engine_named
from search.evaluation.benchmark.asking import OWN, Asked
from search.evaluation.benchmark.figures import Memory, WenceFigures
from search.evaluation.benchmark.generating import Generator, make_generator
from search.evaluation.benchmark.opening import build, open_finder_on, open_service_on
from search.evaluation.benchmark.systems import TOP
from search.evaluation.benchmark.timing import (
    PATIENCE,
    Job,
    Timed,
    asked_of,
    asked_together,
    resident,
    seconds_of,
    timed,
    words_asked,
)
from search.finder import Finder
from search.passages import Passage, passages_in
from search.progress import Progress, counted
from search.segmenter import make_segmenter
from search.service import Service

HELD = 100_000
"""Entries up to which they are held in memory whole, so that `Service.ask` can be measured."""
TYPED = 400
"""Prefixes for which suggestions are asked."""
_REWORDED = ("dropped", "synonym", "reordered")


def measure_wence(job: Job, progress: Progress) -> WenceFigures:
    """Build, open and ask."""
    generator = make_generator(job.content, job.seed)
    segmenter = make_segmenter(generator.lexicon.all_terms)
    library = generator.library(job.entries) if job.entries <= HELD else None
    made = passages_in(library, library.entries.values()) if library else generator.passages(job.entries)
    passages = {passage.id: passage for passage in made}
    before = resident()
    place = job.folder / "wence"
    building = seconds_of(
        lambda: build(counted("建立索引", passages.values(), progress), generator.lexicon, place, job.engine)
    )[1]
    index_bytes = engine_named(job.engine).stored(place)  # before vectors and forms are kept beside it
    warming, asked = asked_of(generator, segmenter, job)
    ask: Callable[[str], list[str]]
    suggest: Callable[[str], object] | None = None
    if library:
        service, opening = seconds_of(lambda: open_service_on(library, passages, generator.lexicon, place, job.engine))
        suggest = service.suggest

        def ask(text: str) -> list[str]:
            return [result.id for result in service.ask(text).results]

    else:
        finder, opening = seconds_of(lambda: open_finder_on(passages, generator, place, job.engine))
        ask = partial(_find, finder)

    warm = seconds_of(lambda: _warm_up(service if library else None, ask, warming))[1]
    memory = Memory(before=before, opened=resident(), peak=resident("VmHWM"))
    first = timed(asked, lambda one: ask(one.text), progress, "提问")
    again = timed(asked, lambda one: ask(one.text), progress, "再问")
    found = _time_find(passages, generator, place, job, asked, progress) if library else again
    queries = [EngineQuery.of(words_asked(segmenter, one.text).split()) for one in asked]
    engine = engine_named(job.engine).open(place)
    search = partial(engine.search, limit=TOP)
    typed = _typed(asked) if suggest else []
    crowd = job.clients > 1
    queried = timed(queries, search, progress, "引擎", PATIENCE)
    return WenceFigures(
        whole="Service.ask" if library else "Finder.find",
        engine=job.engine,
        passages=len(passages),
        build_seconds=building,
        index_bytes=index_bytes,
        open_seconds=opening,
        warm_up_seconds=warm,
        memory=memory,
        answer=first.latency,
        again=again.latency,
        find=found.latency,
        engine_query=queried.latency,
        together=asked_together(asked, lambda one: ask(one.text), job.clients) if crowd else None,
        engine_together=asked_together(queries[: len(queried.seconds)], search, job.clients) if crowd else None,
        suggest=timed(typed, suggest, progress, "联想").latency if suggest else None,
        own=first.found(asked, (OWN,)),
        reworded=first.found(asked, _REWORDED),
    )


def _find(finder: Finder, text: str) -> list[str]:
    """The entries of the best passages."""
    return [item.passage.entry for item in finder.find(finder.understanding.understand(text))[:TOP]]


def _time_find(
    passages: Mapping[str, Passage],
    generator: Generator,
    place: Path,
    job: Job,
    asked: Sequence[Asked],
    progress: Progress,
) -> Timed:
    """`Finder.find` where the whole answer was measured, to compare with where it was not."""
    finder = open_finder_on(passages, generator, place, job.engine)
    gc.freeze()  # as `kb serve` does: else a collection walks through all of it while questions are timed
    return timed(asked, lambda one: _find(finder, one.text), progress, "只找", PATIENCE)


def _warm_up(service: Service | None, ask: Callable[[str], object], warming: Sequence[Asked]) -> None:
    """Questions; and, where the whole answer is measured, what `kb serve` does before it serves.

    A larger collection is not read ahead: 400,000 vectors take four minutes.
    """
    gc.freeze()
    if service:
        service.warm_up()
    for one in warming:
        ask(one.text)


def _typed(asked: Sequence[Asked]) -> list[str]:
    """What is typed on the way to questions, by text and by pinyin."""
    chance = Random(2)  # noqa: S311  not a secret
    own = [one.text for one in asked if one.style == OWN][:TYPED]
    begun = [text[: chance.randint(1, len(text))] for text in own]
    return [text if place % 2 else "".join(lazy_pinyin(text)) for place, text in enumerate(begun)]

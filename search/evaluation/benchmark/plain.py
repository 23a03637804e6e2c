"""Measuring the plain systems, over words that are cut once for all of them. Both functions run in a child process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from kb.storing import size_of
from search.evaluation.benchmark.asking import OWN, Asked
from search.evaluation.benchmark.figures import Memory, PlainFigures
from search.evaluation.benchmark.generating import make_generator
from search.evaluation.benchmark.systems import SYSTEMS, Row
from search.evaluation.benchmark.timing import (
    PATIENCE,
    Job,
    asked_of,
    resident,
    seconds_of,
    timed,
    words_asked,
)
from search.passages import posting_of
from search.progress import Progress
from search.segmenter import make_segmenter

_ROWS, _ASKED = "rows.tsv", "asked.json"


class _TooSlow(Exception):
    """A build has taken as long as it may."""


def cut(job: Job, progress: Progress) -> tuple[int, float]:
    """Write the words of every passage and question for the plain systems; passages, and words in each."""
    generator = make_generator(job.content, job.seed)
    segmenter = make_segmenter(generator.lexicon.all_terms)
    passages = words = 0
    with (job.folder / _ROWS).open("w", encoding="utf-8") as file:
        for passage in generator.passages(job.entries):
            posting = posting_of(passage, segmenter)
            file.write(f"{posting.passage}\t{' '.join(posting.words)}\n")
            passages, words = passages + 1, words + len(posting.words)
            progress("切词", passages, passages)
    asked = [
        [(words_asked(segmenter, one.text), one.style, one.entry) for one in group]
        for group in asked_of(generator, segmenter, job)
    ]
    (job.folder / _ASKED).write_text(json.dumps(asked), "utf-8")
    return passages, words / max(1, passages)


def measure_plain(job: Job, words: Path, name: str, limit: float, progress: Progress) -> PlainFigures:
    """Build, open and ask a plain system, over what `cut` wrote into `words`; its build is given up after `limit` seconds."""
    kind = SYSTEMS[name]
    place = job.folder / name
    place.mkdir()
    before = resident()
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        end = perf_counter() + limit
        with (words / _ROWS).open(encoding="utf-8") as file:
            for line in file:
                if perf_counter() > end:
                    raise _TooSlow
                passage, _, cut_words = line.rstrip("\n").partition("\t")
                yield passage, cut_words
                done += 1
                progress(kind.title, done, done)

    try:
        building = seconds_of(lambda: kind.build(place, rows()))[1]
    except _TooSlow:
        return PlainFigures(title=kind.title, passages=done, stopped=f"build stopped after {limit:.0f} s")
    system = kind.open(place)
    groups = json.loads((words / _ASKED).read_text("utf-8"))
    warming, asked = ([Asked(said, style, entry) for said, style, entry in group] for group in groups)

    def ask(one: Asked) -> list[str]:
        return [passage.partition("#")[0] for passage in system.search(one.text.split())]

    timed(warming, ask, progress, kind.title, PATIENCE / 4)
    opened = resident()
    times = timed(asked, ask, progress, kind.title, PATIENCE)
    return PlainFigures(
        title=kind.title,
        passages=done,
        build_seconds=building,
        index_bytes=size_of(place),
        memory=Memory(before=before, opened=opened, peak=resident("VmHWM")),
        query=times.latency,
        own=times.found(asked, (OWN,)),
    )

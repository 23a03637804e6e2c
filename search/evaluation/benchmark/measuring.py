"""Measuring one thing in one process: each public function here is run in a fresh child by `running.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import TypeVar

from pypinyin import lazy_pinyin

from search.engines import EngineQuery, engine_named
from search.evaluation.benchmark.asking import OWN, Asked, questions
from search.evaluation.benchmark.figures import Found, Latency, Memory, PlainFigures, Publishing, WenceFigures
from search.evaluation.benchmark.folder import markdown, write_folder
from search.evaluation.benchmark.generating import Generator, make_generator
from search.evaluation.benchmark.opening import build, open_finder_on, open_service_on
from search.evaluation.benchmark.systems import SYSTEMS, TOP, Row
from search.evaluation.collections import latency
from search.evaluation.errors import EvaluationError
from search.index import Progress
from search.passages import posting_of
from search.segmenter import make_segmenter
from search.service import Service, Settings, open_service
from search.text import MAX_QUERY, normalise

HELD = 100_000
"""Entries up to which they are held in memory whole, so that `Service.ask` can be measured."""
WARMING = 300
"""Questions, none of those measured, that are asked before."""
TYPED = 400
"""Prefixes for which suggestions are asked."""
CHANGES = 20
PATIENCE = 60.0
"""Seconds for which a slow system is asked; it has answered fewer questions then."""
_REWORDED = ("dropped", "synonym", "reordered")

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """What is measured: a collection of `entries`, with `count` questions, in an empty folder of its own."""

    content: Path
    seed: int
    entries: int
    count: int
    folder: Path
    engine: str


def cut(job: Job, progress: Progress) -> tuple[int, float]:
    """Write the words of every passage and question for the plain systems; passages, and words in each."""
    generator = make_generator(job.content, job.seed)
    segmenter = make_segmenter(generator.lexicon.all_terms)
    passages = words = 0
    with (job.folder / "rows.tsv").open("w", encoding="utf-8") as file:
        for passage in generator.passages(job.entries):
            posting = posting_of(passage, segmenter)
            file.write(f"{posting.passage}\t{' '.join(posting.words)}\n")
            passages, words = passages + 1, words + len(posting.words)
            progress("切词", passages, passages)
    asked = [
        [(_words(segmenter.words, one.text), one.style, one.entry) for one in group] for group in _asked(generator, job)
    ]
    (job.folder / "asked.json").write_text(json.dumps(asked), "utf-8")
    return passages, words / max(1, passages)


def measure_wence(job: Job, progress: Progress) -> WenceFigures:
    """Build, open and ask."""
    generator = make_generator(job.content, job.seed)
    library = generator.library(job.entries) if job.entries <= HELD else None
    passages = {passage.id: passage for passage in generator.passages(job.entries)}
    before = resident()
    place = job.folder / "wence"
    building = _seconds(lambda: build(_counted(passages.values(), progress), generator.lexicon, place, job.engine))[1]
    warming, asked = _asked(generator, job)
    ask: Callable[[str], list[str]]
    suggest: Callable[[str], object] | None = None
    if library:
        service, opening = _seconds(lambda: open_service_on(library, passages, generator.lexicon, place, job.engine))
        suggest = service.suggest

        def ask(text: str) -> list[str]:
            return [result.id for result in service.ask(text).results]

    else:
        finder, opening = _seconds(lambda: open_finder_on(passages, generator, place, job.engine))

        def ask(text: str) -> list[str]:
            ranked = finder.find(finder.understanding.understand(text))
            return [item.passage.entry for item in ranked[:TOP]]

    warm = _seconds(lambda: _warm_up(service if library else None, ask, warming))[1]
    opened = resident()
    first = _time(asked, lambda one: ask(one.text), progress, "提问")
    again = _time(asked, lambda one: ask(one.text), progress, "再问")
    engine_query = _time_engine(generator, place, job.engine, asked)
    typed = _typed(asked) if suggest else []
    return WenceFigures(
        whole="Service.ask" if library else "Finder.find",
        engine=job.engine,
        passages=len(passages),
        build_seconds=building,
        index_bytes=size_of(place),
        open_seconds=opening,
        warm_up_seconds=warm,
        memory=Memory(before=before, opened=opened, peak=resident("VmHWM")),
        answer=first.latency,
        again=again.latency,
        engine_query=engine_query,
        suggest=_time(typed, suggest, progress, "联想").latency if suggest else None,
        own=first.found(asked, (OWN,)),
        reworded=first.found(asked, _REWORDED),
    )


def measure_plain(job: Job, name: str, limit: float, progress: Progress) -> PlainFigures:
    """The same of a plain system, over the words that `cut` wrote; its build is given up after `limit` seconds."""
    kind = SYSTEMS[name]
    place = job.folder / name
    place.mkdir()
    before = resident()
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        end = perf_counter() + limit
        with (job.folder / "rows.tsv").open(encoding="utf-8") as file:
            for line in file:
                if perf_counter() > end:
                    raise TimeoutError
                passage, _, words = line.rstrip("\n").partition("\t")
                yield passage, words
                done += 1
                progress(kind.title, done, done)

    try:
        building = _seconds(lambda: kind.build(place, rows()))[1]
    except TimeoutError:
        return PlainFigures(title=kind.title, passages=done, stopped=f"build stopped after {limit:.0f} s")
    system = kind.open(place)
    groups = json.loads((job.folder / "asked.json").read_text("utf-8"))
    warming, asked = ([Asked(words, style, entry) for words, style, entry in group] for group in groups)

    def ask(one: Asked) -> list[str]:
        return [passage.partition("#")[0] for passage in system.search(one.text.split())]

    _time(warming, ask, progress, kind.title, PATIENCE / 4)
    opened = resident()
    timed = _time(asked, ask, progress, kind.title, PATIENCE)
    return PlainFigures(
        title=kind.title,
        passages=done,
        build_seconds=building,
        index_bytes=size_of(place),
        memory=Memory(before=before, opened=opened, peak=resident("VmHWM")),
        query=timed.latency,
        own=timed.found(asked, (OWN,)),
    )


def measure_publishing(job: Job, progress: Progress) -> Publishing:
    """Build from Markdown files; change one, take it up, ask for its new words: several times.

    Raises EvaluationError when new words are not found: what is not searchable was not published.
    """
    generator = make_generator(job.content, job.seed)
    root = job.folder / "content"
    write_folder(generator, job.entries, root, progress)
    settings = Settings(root, job.folder / "index", job.engine)
    service, building = _seconds(lambda: open_service(settings, progress))
    opening = _seconds(lambda: open_service(settings))[1]
    seconds = []
    for number in Random(job.seed).sample(range(job.entries), min(CHANGES, job.entries)):  # noqa: S311  not a secret
        entry = generator.entry(number)
        asked = f"{generator.identity(number).name}新办法第 {number} 号怎么说"
        changed = entry.model_copy(update={"aliases": (*entry.aliases, asked)})
        (root / entry.path).write_text(markdown(changed), "utf-8")
        start = perf_counter()
        service.refresh()
        results = service.ask(asked).results
        seconds.append(perf_counter() - start)
        if not results or results[0].id != entry.id:
            raise EvaluationError(f"改过的 {entry.path} 搜不到新问法“{asked}”——这是程序的错误")
        progress("改一个文件", len(seconds), CHANGES)
    return Publishing(
        files=job.entries,
        build_seconds=building,
        open_seconds=opening,
        median=1000 * median(seconds),
        longest=1000 * max(seconds),
        changes=len(seconds),
    )


def resident(field: str = "VmRSS") -> float:
    """Memory of this process in MB, now or (VmHWM) at most, as the kernel counts it (proc(5))."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class _Timed:
    """Seconds and results of questions, in order."""

    seconds: list[float]
    results: list[list[str]]

    @property
    def latency(self) -> Latency:
        return Latency(**latency(self.seconds), n=len(self.seconds))

    def found(self, asked: Sequence[Asked], styles: Sequence[str]) -> Found:
        """Of the questions of some styles: how many have their entry first."""
        rows = [(one, result) for one, result in zip(asked, self.results, strict=False) if one.style in styles]
        return Found(first=sum(result[:1] == [one.entry] for one, result in rows), of=len(rows))


def _time(
    asked: Sequence[T], ask: Callable[[T], object], progress: Progress, what: str, patience: float = float("inf")
) -> _Timed:
    timed = _Timed([], [])
    end = perf_counter() + patience
    for done, one in enumerate(asked, start=1):
        start = perf_counter()
        found = ask(one)
        now = perf_counter()
        timed.seconds.append(now - start)
        timed.results.append(found if isinstance(found, list) else [])
        progress(what, done, len(asked))
        if now > end:
            break
    return timed


def _warm_up(service: Service | None, ask: Callable[[str], object], warming: Sequence[Asked]) -> None:
    """What `kb serve` does before it serves; and questions."""
    if service:
        service.warm_up()
    for one in warming:
        ask(one.text)


def _time_engine(generator: Generator, place: Path, engine: str, asked: Sequence[Asked]) -> Latency:
    """Our engine's own search, for the words that the plain systems are asked for."""
    opened = engine_named(engine).open(place)
    segmenter = make_segmenter(generator.lexicon.all_terms)
    queries = [EngineQuery(tuple((word, 1.0) for word in _words(segmenter.words, one.text).split())) for one in asked]
    return _time(queries, lambda query: opened.search(query, TOP), lambda *_: None, "", PATIENCE).latency


def _asked(generator: Generator, job: Job) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
    """Questions to warm up with, and those to measure."""
    segmenter = make_segmenter(generator.lexicon.all_terms)
    warming = questions(generator, segmenter, job.entries, min(WARMING, job.count), "warm")
    return warming, questions(generator, segmenter, job.entries, job.count, "measured")


def _words(cut_text: Callable[[str], list[str]], text: str) -> str:
    return " ".join(dict.fromkeys(cut_text(normalise(text, MAX_QUERY))))


def _typed(asked: Sequence[Asked]) -> list[str]:
    """What is typed on the way to questions, by text and by pinyin."""
    chance = Random(2)  # noqa: S311  not a secret
    own = [one.text for one in asked if one.style == OWN][:TYPED]
    begun = [text[: chance.randint(1, len(text))] for text in own]
    return [text if place % 2 else "".join(lazy_pinyin(text)) for place, text in enumerate(begun)]


def _seconds(work: Callable[[], T]) -> tuple[T, float]:
    start = perf_counter()
    made = work()
    return made, perf_counter() - start


def _counted(items: Collection[T], progress: Progress) -> Iterator[T]:
    for done, item in enumerate(items, start=1):
        yield item
        progress("建立索引", done, len(items))

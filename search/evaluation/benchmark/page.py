"""docs/performance.md: everything that one run measured, how, and which aims it reached."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from search.evaluation.benchmark.aims import Aim, aims
from search.evaluation.benchmark.chart import chart
from search.evaluation.benchmark.figures import Benchmark, Found, Latency, Memory, PlainFigures, Size
from search.evaluation.benchmark.measuring import HELD
from search.evaluation.benchmark.templates import REPLACED, WORDINGS
from search.evaluation.benchmark.timing import PATIENCE, WARMING
from search.evaluation.benchmark.words import EXPONENT
from search.evaluation.files import write_text
from search.evaluation.pages import table

_NONE = "—"


def write(run: Benchmark, page: Path) -> None:
    """Write the page, and its chart beside it as SVG."""
    drawn = page.with_suffix(".svg")
    write_text(drawn, chart(run))
    write_text(page, markdown(run, drawn.name))


def markdown(run: Benchmark, drawn: str) -> str:
    """The run as a page that shows the chart of that name."""
    parts = (_head(run), _aims(run), _questions(run, drawn), _building(run), _publishing(run), _how(run))
    return "\n".join(line for part in parts for line in (*part, ""))


def _head(run: Benchmark) -> list[str]:
    machine = run.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return [
        "# Performance",
        "",
        f"Measured {run.day} by `{run.command}`; written by the command, not by hand. Seed {run.seed}.",
        f"Machine: {machine.cpu}, {machine.cores} cores, {machine.memory_gb:.0f} GB, {machine.system}, "
        f"Python {machine.python}; {versions}. Engine of Wence: {run.sizes[0].wence.engine}.",
    ]


def _aims(run: Benchmark) -> list[str]:
    rows = [(aim.english, _bound(aim), aim.measured or _NONE, _MET[aim.met]) for aim in aims(run)]
    return ["## Aims", "", *table(("aim", "bound", "measured", "reached"), rows), "", *_beside(run)]


_MET = {True: "yes", False: "**no**", None: "not measured"}


def _bound(aim: Aim) -> str:
    return f"{'≥' if aim.least else '≤'} {aim.bound:g}{aim.unit}"


def _beside(run: Benchmark) -> list[str]:
    """Other readings of the aim against Whoosh: query against query, and all questions together."""
    size = run.size(70_000)
    query = size.plain["whoosh-raw"].query if size else None
    if not size or not query:
        return []
    ratio = query.p50 / size.wence.engine_query.p50
    every = query.mean / size.wence.answer.mean
    return [
        f"Whoosh's query against our engine's query of the same words, 70,000 entries: {ratio:.1f}x; by the mean of the "
        f"{query.n} questions that Whoosh was asked, in random order, against that of our {size.wence.answer.n} whole "
        f"answers: {every:.1f}x. The aim above is held against the median of the whole answer."
    ]


def _questions(run: Benchmark, drawn: str) -> list[str]:
    return [
        "## Questions",
        "",
        f"![Milliseconds a question by number of entries; figures below]({drawn})",
        "",
        "Milliseconds a question.",
        "",
        *table(
            ("entries", "what", "p50", "p95", "p99", "mean", "questions", "own words: entry first"),
            [row for size in run.sizes for row in _question_rows(size)],
        ),
    ]


def _question_rows(size: Size) -> Iterable[tuple[object, ...]]:
    wence = size.wence
    answer = f"Wence, whole answer (`{wence.whole}`)"
    yield (f"{size.entries:,}", answer, *_times(wence.answer), _share(wence.own))
    yield ("", "the same, asked once more", *_times(wence.again), "")
    if wence.find != wence.answer:
        yield ("", "the same without card and lists (`Finder.find`)", *_times(wence.find), "")
    yield ("", "Wence, its engine's query", *_times(wence.engine_query), "")
    for what, together in (("whole answer", wence.together), ("its engine's query", wence.engine_together)):
        if together:
            said = f"Wence, {what}, {together.clients} clients at once: {together.rate:,.0f} a second"
            yield ("", said, *_times(together), "")
    if wence.suggest:
        yield ("", "Wence, suggestions", *_times(wence.suggest), "")
    for plain in size.plain.values():
        if plain.query and plain.own:
            yield ("", plain.title, *_times(plain.query), _share(plain.own))
        else:
            yield ("", f"{plain.title}: {_stopped(plain)}", *(_NONE,) * 6)


def _times(latency: Latency) -> tuple[str, str, str, str, int]:
    return f"{latency.p50:.2f}", f"{latency.p95:.2f}", f"{latency.p99:.2f}", f"{latency.mean:.2f}", latency.n


def _share(found: Found) -> str:
    return f"{found.first} of {found.of}"


def _stopped(plain: PlainFigures) -> str:
    return f"{plain.stopped}, at {plain.passages:,} passages"


def _building(run: Benchmark) -> list[str]:
    return [
        "## Building, opening, memory",
        "",
        "Of passages in memory, or, for the plain systems, of words already cut. Memory is resident, MB.",
        "",
        *table(
            ("entries", "what", "passages", "build s", "passages/s", "index MB", "open s", "before", "opened", "peak"),
            [row for size in run.sizes for row in _building_rows(size)],
        ),
    ]


def _building_rows(size: Size) -> Iterable[tuple[object, ...]]:
    wence = size.wence
    built = (f"{wence.passages:,}", *_built(wence.passages, wence.build_seconds, wence.index_bytes))
    yield (f"{size.entries:,}", "Wence", *built, f"{wence.open_seconds:.2f}", *_memory(wence.memory))
    for plain in size.plain.values():
        if plain.build_seconds and plain.index_bytes and plain.memory:
            built = (f"{plain.passages:,}", *_built(plain.passages, plain.build_seconds, plain.index_bytes))
            yield ("", plain.title, *built, "", *_memory(plain.memory))
        else:
            yield ("", f"{plain.title}: {_stopped(plain)}", *(_NONE,) * 8)


def _built(passages: int, seconds: float, size: int) -> tuple[str, str, str]:
    return f"{seconds:.2f}", f"{passages / seconds:,.0f}", f"{size / 1e6:.1f}"


def _memory(memory: Memory) -> tuple[str, str, str]:
    return f"{memory.before:.0f}", f"{memory.opened:.0f}", f"{memory.peak:.0f}"


def _publishing(run: Benchmark) -> list[str]:
    rows = [
        (
            f"{of.files:,}",
            f"{of.build_seconds:.2f}",
            f"{of.open_seconds:.2f}",
            f"{of.median:.0f}",
            f"{of.longest:.0f}",
            of.changes,
        )
        for size in run.sizes
        if (of := size.publishing)
    ]
    if not rows:
        return ["## Publishing", "", "No size of this run was small enough to be written as files."]
    return [
        "## Publishing",
        "",
        "From Markdown files. A change: one file is written, `Service.refresh` takes it up, a question in its new words "
        "is answered with it first; ms. Open: an unchanged folder, with its index there.",
        "",
        *table(("files", "build s", "open s", "change, median ms", "longest ms", "changes"), rows),
    ]


def _how(run: Benchmark) -> list[str]:
    shape = ", ".join(f"{size.words_a_passage:.0f} at {size.entries:,}" for size in run.sizes)
    return [
        "## How it is measured",
        "",
        "- **Collections** are made from the real content (`search/evaluation/benchmark/generating.py`): "
        "entry i is a function of the seed and i alone. Its pair of place and audience is its own; its matter, "
        f"the template it follows and {REPLACED:.0%} of the nouns of its answers are drawn, words by Zipf's law with "
        f"exponent {EXPONENT:g}, from the content's nouns and jieba's dictionary. Numbers of facts, of wordings up to "
        f"{WORDINGS}, and lengths of answers and bodies are those of the content; wordings are longer, by the place "
        f"and the audience they name. Words of a passage, each as often as its field weighs: {shape}.",
        f"- **Questions**: {run.questions} a size in random order, after {WARMING} others to warm up: "
        "30% in an entry's own words, 30% with a word dropped, a synonym or reordered, 20% of two keywords, "
        "10% long stories, 10% about nothing there is. Every system gets the same ones; one that is slow is asked for "
        f"{PATIENCE:.0f} s.",
        f"- **Wence**, up to {HELD:,} entries: `Service.ask`, from the text to card, results and links. "
        "Beyond: `Finder.find` (understanding, retrieval, ranking). "
        "The last aim compares `Finder.find` with `Finder.find`.",
        "- **Plain systems** get the words of passages and questions already cut, in one field: documents with any of "
        "the words, the ten best by BM25, their ids read. "
        "Raw tantivy writes with as many threads and as much memory as Wence's engine.",
        "- **Memory**: each measurement runs in a process of its own; "
        "`before` has the collection in memory and no index.",
        "",
        "Again: `make bench`; a few sizes: `kb bench --sizes 1000,10000`.",
    ]

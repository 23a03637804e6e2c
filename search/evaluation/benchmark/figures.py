"""What one run of the benchmark measured. The fields are the JSON of `kb bench`; times of questions are in ms."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class Figures(BaseModel):
    """Frozen, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Latency(Figures):
    """Milliseconds of `n` questions."""

    p50: float
    p95: float
    p99: float
    mean: float
    n: int


class Throughput(Latency):
    """Milliseconds of `n` questions when `clients` ask at once, and how many were answered in a second, `rate`."""

    clients: int
    rate: float


class Found(Figures):
    """How many questions found their entry first."""

    first: int
    of: int


class Memory(Figures):
    """Resident memory in MB: before the index was there, with it open, and the most of the whole process."""

    before: float
    opened: float
    peak: float


class WenceFigures(Figures):
    """Wence at one size.

    `whole` says what an answer was: `Service.ask` (understanding, retrieval, ranking, card, lists) or `Finder.find`
    (all but the card and lists). Warming up is some questions, for `Service.ask` after what `kb serve` does before it
    serves; for `Finder.find` nothing is read ahead, so that questions make vectors that a site would have. `answer` is
    of questions asked for the first time by a warm process, `again` of the same once more, `find` of `Finder.find` for
    them. `engine_query` is the engine's own search of the same words as raw tantivy, `suggest` of what is typed on the
    way to a question. `together` and `engine_together` are `again` and `engine_query` of several clients at once.
    """

    whole: str
    engine: str
    passages: int
    build_seconds: float
    index_bytes: int
    open_seconds: float
    warm_up_seconds: float
    memory: Memory
    answer: Latency
    again: Latency
    find: Latency
    engine_query: Latency
    together: Throughput | None = None
    engine_together: Throughput | None = None
    suggest: Latency | None
    own: Found
    reworded: Found


class PlainFigures(Figures):
    """A plain system at one size; `stopped` says in words why figures are missing."""

    title: str
    passages: int = 0
    build_seconds: float | None = None
    index_bytes: int | None = None
    memory: Memory | None = None
    query: Latency | None = None
    own: Found | None = None
    stopped: str | None = None


class Publishing(Figures):
    """From a changed file to its new words being found, with as many files: seconds to build from files, ms a change."""

    files: int
    build_seconds: float
    open_seconds: float
    median: float
    longest: float
    changes: int


class Size(Figures):
    """Everything at one number of entries. `words_a_passage` is of the field of words, repetition for weight included."""

    entries: int
    passages: int
    words_a_passage: float
    wence: WenceFigures
    plain: dict[str, PlainFigures]
    publishing: Publishing | None

    def p50(self, name: str) -> float | None:
        """The median question of a plain system, by its name; None where it was stopped before."""
        query = self.plain[name].query
        return query.p50 if query else None


class Machine(Figures):
    """Where it was measured."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    versions: dict[str, str]


class Benchmark(Figures):
    """One run."""

    day: date
    command: str
    seed: int
    questions: int
    machine: Machine
    sizes: tuple[Size, ...]

    def size(self, entries: int) -> Size | None:
        """The figures at a number of entries."""
        return next((size for size in self.sizes if size.entries == entries), None)

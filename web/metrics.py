"""What an application measures of itself, for Prometheus. Labels come from closed lists, never from what was sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from search.model import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of prometheus-client that names the folder in which worker processes share what they count."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_QUICK = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1)


def share_between_processes(folder: Path) -> None:
    """From now on, new metrics of this process and of those it forks are counted together, in files of this folder."""
    os.environ[SHARED] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


class Metrics:
    """The counts of one application; with several processes those of all, as `share_between_processes` sets up."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "wence_request_seconds",
            "Time of a request, by endpoint and status class",
            ("endpoint", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "wence_answers",
            "Answers given, by the kind of their card; none: no certain answer",
            ("kind",),
            registry=registry,
        )
        self._suggestions = Histogram(
            "wence_suggestion_seconds", "Time to find suggestions", buckets=_QUICK, registry=registry
        )
        lookups = Counter("wence_cache_lookups", "Replies looked for in memory", ("result",), registry=registry)
        self._looked_up = {True: lookups.labels("hit"), False: lookups.labels("miss")}
        self._feedback = Counter(
            "wence_feedback",
            "Votes, reports and messages sent by forms or the API",
            ("kind", "outcome"),
            registry=registry,
        )
        self._waiting = _sum("wence_searches_waiting", "Searches not yet written", registry)
        self._dropped = _sum("wence_searches_not_counted", "Searches lost because too many waited", registry)

    def requested(self, endpoint: str | None, status: int, seconds: float) -> None:
        """Count a request; `endpoint` is None where no address of ours was meant."""
        self._requests.labels(endpoint or "none", f"{status // 100}xx").observe(seconds)

    def answered(self, answer: Answer) -> None:
        """Count an answer by what it shows."""
        self._answers.labels(answer.card.kind.value if answer.card else "none").inc()

    def suggesting(self) -> AbstractContextManager[object]:
        """Measures finding suggestions."""
        return self._suggestions.time()

    def looked_up(self, found: bool) -> None:
        """Count a look for a reply in memory."""
        self._looked_up[found].inc()

    def feedback(self, kind: str, kept: bool) -> None:
        """Count what a visitor sent; `kind` is one of a closed list."""
        self._feedback.labels(kind, "kept" if kept else "refused").inc()

    def counting(self, waiting: int, dropped: int) -> None:
        """Note how the counting of searches stands in this process."""
        self._waiting.set(waiting)
        self._dropped.set(dropped)

    def text(self, now: Mapping[str, float], generation: str) -> bytes:
        """Everything in the Prometheus text format; `now` are gauges of this moment, in this process, by name."""
        registry = self._registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(_Together((registry, _Now(now, generation))))  # type: ignore[arg-type]  # collect() is all it needs


def _sum(name: str, words: str, registry: CollectorRegistry) -> Gauge:
    """A gauge that is the sum of what all living processes say."""
    return Gauge(name, words, registry=registry, multiprocess_mode="livesum")


class _Together:
    """Several collectors as one."""

    def __init__(self, parts: Iterable[Collector]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[object]:
        for part in self._parts:
            yield from part.collect()


class _Now(Collector):
    """Gauges of this moment and the generation served."""

    def __init__(self, gauges: Mapping[str, float], generation: str) -> None:
        self._gauges, self._generation = gauges, generation

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        for name, value in self._gauges.items():
            yield GaugeMetricFamily(name, "As it is now, in the process that answers", value)
        yield InfoMetricFamily("wence_generation", "The index served", {"generation": self._generation})

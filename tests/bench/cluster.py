"""tantivy beside OpenSearch on one and on three nodes of this machine: `python -m tests.bench.cluster [ENTRIES ...]`.

What `kb bench --engine opensearch --clients 16` measures of Wence, on nodes that are started for it; nothing stands in
for the cluster. Prints rows of docs/scale.md: what a build takes, then milliseconds a question by one client and by
many at once, of the engine's query alone and of the whole answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from search.evaluation.benchmark.figures import Latency, Throughput, WenceFigures
from search.evaluation.benchmark.generating import SEED
from search.evaluation.benchmark.measuring import measure_wence
from search.evaluation.benchmark.running import in_child
from search.evaluation.benchmark.timing import Job
from tests.cluster.nodes import cluster
from tests.conftest import CONTENT

CLIENTS = 16
JAVA = "-Xms1g -Xmx1g"
"""As OpenSearch comes, but for the heap; tests have less of it and a compiler that starts faster."""
QUESTIONS = 1000


def main(sizes: Sequence[int]) -> None:
    """Print a table."""
    parts = " | ".join(f"{what}, {clients}" for what in ("engine", "whole") for clients in (1, CLIENTS))
    click.echo(f"| entries | engine | build s | passages/s | index MB | {parts} |\n|{' ---: |' * 9}")
    for entries in sizes:
        for name, nodes in (("tantivy", 0), ("opensearch", 1), ("opensearch", 3)):
            with _running(nodes), TemporaryDirectory() as place:
                job = Job(CONTENT, SEED, QUESTIONS, name, CLIENTS, entries, Path(place))
                measured = in_child(measure_wence, job, progress=lambda _what, _done, _all: None)
            click.echo(f"| {entries:,} | {name}{f', {nodes} nodes' if nodes else ''} | {' | '.join(_row(measured))} |")


@contextmanager
def _running(nodes: int) -> Iterator[None]:
    if not nodes:
        yield
        return
    with cluster(nodes, JAVA) as started:
        own = {"KB_OPENSEARCH_URL": started.url, "KB_OPENSEARCH_TWIN": "0", "KB_OPENSEARCH_WAIT": "20000"}
        os.environ |= own
        yield


def _row(measured: WenceFigures) -> Iterator[str]:
    yield f"{measured.build_seconds:.1f}"
    yield f"{measured.passages / measured.build_seconds:,.0f}"
    yield f"{measured.index_bytes / 1e6:.1f}"
    yield _times(measured.engine_query)
    yield _times(measured.engine_together)
    yield _times(measured.answer)
    yield _times(measured.together)


def _times(latency: Latency | Throughput | None) -> str:
    """p50 / p95 / p99 in milliseconds, and of several clients questions a second."""
    assert latency
    rate = f" ({latency.rate:,.0f}/s)" if isinstance(latency, Throughput) else ""
    return f"{latency.p50:.1f} / {latency.p95:.1f} / {latency.p99:.1f}{rate}"


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000])

"""tantivy beside OpenSearch on one and on three nodes of this machine: `python -m tests.bench.cluster [ENTRIES ...]`.

The entries and questions of `kb bench`; nothing stands in for the cluster. Prints rows of docs/scale.md: what a build
takes, then milliseconds a question by 1 and by 16 clients, of the engine alone and of understanding, retrieving and ranking.
Of more entries than fit in memory whole, the engine alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar

import click

from search.engines import EngineQuery, engine_named
from search.evaluation.benchmark.asking import questions
from search.evaluation.benchmark.generating import SEED, Generator, make_generator
from search.evaluation.benchmark.opening import build, open_finder_on
from search.evaluation.benchmark.timing import size_of
from search.evaluation.collections import latency
from search.finder import CANDIDATES
from search.segmenter import make_segmenter
from search.text import normalise
from tests.cluster.nodes import Cluster, cluster
from tests.conftest import CONTENT

CLIENTS = (1, 16)
JAVA = "-Xms1g -Xmx1g"
"""As OpenSearch comes, but for the heap; tests have less of it and a compiler that starts faster."""
ASKED = 1000
HELD = 100_000
"""Entries up to which all passages are held in memory, so that ranking can be measured."""
WARMING = 200

T = TypeVar("T")


def main(sizes: Sequence[int]) -> None:
    """Print a table."""
    parts = " | ".join(f"{what}, {clients}" for what in ("engine", "whole") for clients in CLIENTS)
    click.echo(f"| entries | engine | build s | passages/s | index MB | {parts} |\n|{' ---: |' * 9}")
    for entries in sizes:
        for name, nodes in (("tantivy", 0), ("opensearch", 1), ("opensearch", 3)):
            with _running(nodes) as running, TemporaryDirectory() as place:
                _measure(make_generator(CONTENT, SEED), entries, name, running, Path(place) / "index")


@contextmanager
def _running(nodes: int) -> Iterator[Cluster | None]:
    if not nodes:
        yield None
        return
    with cluster(nodes, JAVA) as started:
        own = {"KB_OPENSEARCH_URL": started.url, "KB_OPENSEARCH_TWIN": "0", "KB_OPENSEARCH_WAIT": "20000"}
        os.environ |= own
        yield started


def _measure(generator: Generator, entries: int, name: str, running: Cluster | None, place: Path) -> None:
    passages = {each.id: each for each in generator.passages(entries)} if entries <= HELD else {}
    start = perf_counter()
    build(passages.values() or generator.passages(entries), generator.lexicon, place, name)
    seconds = perf_counter() - start
    if running:
        stored = running.ask("GET", "/wence-*/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    else:
        stored = size_of(place)
    segmenter = make_segmenter(generator.lexicon.all_terms)
    texts = [each.text for each in questions(generator, segmenter, entries, ASKED + WARMING, "cluster")]
    engine = engine_named(name).open(place)
    queries = [EngineQuery.of(segmenter.words(normalise(text))) for text in texts]
    figures = [_asked(lambda query: engine.search(query, CANDIDATES), queries, clients) for clients in CLIENTS]
    if passages:
        finder = open_finder_on(passages, generator, place, name)
        for text in texts:  # what ranking reads of passages is kept from then on, whichever engine comes first
            finder.find(finder.understanding.understand(text))
        figures += [
            _asked(lambda text: finder.find(finder.understanding.understand(text)), texts, clients)
            for clients in CLIENTS
        ]
    kind = f"{name}, {len(running.nodes)} nodes" if running else name
    costs = (f"{seconds:.1f}", f"{len(engine) / seconds:,.0f}", f"{stored / 1e6:.1f}")
    click.echo(f"| {entries:,} | {kind} | {' | '.join((*costs, *figures))} |")


def _asked(ask: Callable[[T], object], asked: Sequence[T], clients: int) -> str:
    """p50 / p95 / p99 in milliseconds, and questions a second."""

    def timed(one: T) -> float:
        start = perf_counter()
        ask(one)
        return perf_counter() - start

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(timed, asked[:WARMING]))
        start = perf_counter()
        seconds = list(pool.map(timed, asked[WARMING:]))
        rate = len(seconds) / (perf_counter() - start)
    times = latency(seconds)
    return f"{times['p50']:.1f} / {times['p95']:.1f} / {times['p99']:.1f} ({rate:,.0f}/s)"


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000])

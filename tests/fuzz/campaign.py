"""Asks a great many questions in process: `python -m tests.fuzz.campaign --queries 1000000`, from the root of the repo.

Each is asked (`Service.ask`), typed (`Service.suggest`) and normalised. Prints exceptions, p50, p99 and the longest by
kind; the longest of all are timed again alone, three times, the least counts. Exit code 1 when anything was raised.
"""

from __future__ import annotations

import heapq
import random
import subprocess
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

import click
import numpy as np

from search.lexicon import load_lexicon
from search.service import Service, Settings, open_service
from search.text import MAX_QUERY, normalise
from tests.fuzz.questions import kinds, material

CONTENT = Path(__file__).parents[2] / "content"
KEPT = 20
"""The longest calls that are timed again."""


@click.command()
@click.option("--queries", default=20_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--engine", default="tantivy", show_default=True)
@click.option("--every", default=50_000, show_default=True, help="print how far it is after so many")
def main(queries: int, seed: int, engine: str, every: int) -> None:
    """Ask, and print what came of it."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    click.echo(f"{queries} questions, seed {seed}, {engine}, commit {commit.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(Settings(CONTENT, Path(folder), engine))
        raised = run(service, queries, seed, every)
    sys.exit(1 if raised else 0)


def calls(service: Service) -> Mapping[str, Callable[[str], object]]:
    """What every question goes through, by name."""
    return {
        "ask": service.ask,
        "suggest": service.suggest,
        "normalise": lambda text: normalise(text, MAX_QUERY),
    }


def run(service: Service, queries: int, seed: int, every: int) -> int:
    """Ask `queries` questions; returns how many calls raised."""
    dice = random.Random(seed)  # noqa: S311
    makers = list(kinds(material(service.library, load_lexicon(CONTENT))).items())
    todo = calls(service)
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    longest: list[tuple[float, str, str, str]] = []
    raised = 0
    for number in range(1, queries + 1):
        kind, make = makers[dice.randrange(len(makers))]
        text = make(dice)
        for name, call in todo.items():
            start = perf_counter()
            try:
                call(text)
            except Exception:
                raised += 1
                if raised <= 20:
                    click.echo(f"RAISED {name}({text!r:.600})\n{traceback.format_exc(limit=-3)}")
            took = perf_counter() - start
            times[name, kind].append(took)
            heapq.heappush(longest, (took, name, kind, text))
            if len(longest) > KEPT:
                heapq.heappop(longest)
        if number % every == 0:
            click.echo(f"{number} asked, {raised} raised, longest {max(longest)[0] * 1000:.1f} ms")
            sys.stdout.flush()
    report(times, raised)
    again(longest, todo)
    return raised


def report(times: Mapping[tuple[str, str], list[float]], raised: int) -> None:
    """Milliseconds by call and kind."""
    click.echo(f"{raised} calls raised\n{'call':10}{'kind':34}{'asked':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    totals: dict[str, list[float]] = defaultdict(list)
    for (name, _), took in times.items():
        totals[name] += took
    rows = [*sorted(times.items()), *(((name, "all"), took) for name, took in sorted(totals.items()))]
    for (name, kind), took in rows:
        p50, p99, most = np.percentile(np.array(took) * 1000, [50, 99, 100])
        click.echo(f"{name:10}{kind:34}{len(took):9}{p50:9.2f}{p99:9.2f}{most:9.2f}")


def again(longest: list[tuple[float, str, str, str]], todo: Mapping[str, Callable[[str], object]]) -> None:
    """The longest calls once more, alone: the least of three is what the question costs, the rest was the machine."""
    click.echo("the longest, timed again (least of three):")
    for took, name, kind, text in sorted(longest, reverse=True):
        least = min(_seconds(todo[name], text) for _ in range(3))
        click.echo(f"{name:10}{kind:34}{took * 1000:9.1f} ms, again {least * 1000:7.1f} ms  {len(text)} {text!r:.100}")


def _seconds(call: Callable[[str], object], text: str) -> float:
    start = perf_counter()
    call(text)
    return perf_counter() - start


if __name__ == "__main__":
    main()

"""Asks a great many questions in process, from the root of the repository.

`python -m tests.fuzz.campaign --cheap --queries 1000000`: each is normalised, understood and typed (`Service.suggest`).
`python -m tests.fuzz.campaign --queries 50000`: each is asked (`Service.ask`), with retrieval and the encoder.
Prints exceptions, p50, p99 and the longest by kind; the longest of all are timed again in fresh processes whose caches
only other questions have warmed, the least of three counts. Exit code 1 when anything was raised, or when one of these
took longer than `--bound` milliseconds.
"""

from __future__ import annotations

import heapq
import json
import random
import subprocess
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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
WARMING = 300
"""Other questions that a fresh process is asked before."""

Long = tuple[float, str, str, str]
"""A long call: seconds, name of the call, kind of question, question."""


@click.command()
@click.option("--queries", default=20_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--engine", default="tantivy", show_default=True)
@click.option("--cheap", is_flag=True, help="without retrieval and ranking")
@click.option("--seconds", default=86_400, show_default=True, help="stop then, wherever it is")
@click.option(
    "--bound", default=1000.0, show_default=True, help="milliseconds that the longest may take when timed again"
)
@click.option("--every", default=50_000, show_default=True, help="print how far it is after so many")
@click.option(
    "--index", type=click.Path(path_type=Path), hidden=True, help="the index of the campaign, when timing again"
)
def main(
    queries: int, seed: int, engine: str, cheap: bool, seconds: int, bound: float, every: int, index: Path | None
) -> None:
    """Ask, and print what came of it."""
    if index:
        service = open_service(Settings(CONTENT, index, engine))
        click.echo(json.dumps(cold(service, json.load(sys.stdin), seed, cheap)))
        return
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    click.echo(f"{queries} questions, seed {seed}, {engine}{', cheap' if cheap else ''}, commit {commit.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(Settings(CONTENT, Path(folder), engine))
        longest, raised = run(service, queries, seed, seconds, every, cheap)
        most = again(longest, ["--index", folder, "--engine", engine, *(["--cheap"] if cheap else [])])
    click.echo(f"the longest: {most:.1f} ms, bound {bound:g} ms")
    sys.exit(1 if raised or most > bound else 0)


def calls(service: Service, cheap: bool) -> Mapping[str, Callable[[str], object]]:
    """What every question goes through, by name."""
    if not cheap:
        return {"ask": service.ask}
    return {
        "normalise": lambda text: normalise(text, MAX_QUERY),
        "understand": service._state.finder.understanding.understand,
        "suggest": service.suggest,
    }


def run(service: Service, queries: int, seed: int, seconds: int, every: int, cheap: bool) -> tuple[list[Long], int]:
    """Ask `queries` questions, for `seconds` at most; returns the longest calls, and how many raised."""
    dice = random.Random(seed)  # noqa: S311
    makers = list(kinds(material(service.library, load_lexicon(CONTENT))).items())
    todo = calls(service, cheap)
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    longest: list[Long] = []
    raised = 0
    end = perf_counter() + seconds
    number = 0
    while number < queries and perf_counter() < end:
        number += 1
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
    click.echo(f"{number} asked")
    report(times, raised)
    return sorted(longest, reverse=True), raised


def report(times: Mapping[tuple[str, str], list[float]], raised: int) -> None:
    """Milliseconds by call and kind."""
    click.echo(f"{raised} calls raised\n{'call':12}{'kind':34}{'asked':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    totals: dict[str, list[float]] = defaultdict(list)
    for (name, _), took in times.items():
        totals[name] += took
    rows = [*sorted(times.items()), *(((name, "all"), took) for name, took in sorted(totals.items()))]
    for (name, kind), took in rows:
        p50, p99, most = np.percentile(np.array(took) * 1000, [50, 99, 100])
        click.echo(f"{name:12}{kind:34}{len(took):9}{p50:9.2f}{p99:9.2f}{most:9.2f}")


def again(longest: Sequence[Long], options: Sequence[str]) -> float:
    """The longest calls once more, in three fresh processes: the least is what a question costs, the rest was the machine.

    Returns the longest of these, in milliseconds.
    """
    click.echo("the longest, timed again in fresh processes (least of three):")
    todo = json.dumps([(name, text) for _, name, _, text in longest])
    rounds = []
    for seed in (101, 102, 103):
        command = [sys.executable, "-m", "tests.fuzz.campaign", *options, "--seed", str(seed)]
        done = subprocess.run(command, input=todo, capture_output=True, text=True, check=True)
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    least = [min(seconds) * 1000 for seconds in zip(*rounds, strict=True)]
    for (took, name, kind, text), alone in zip(longest, least, strict=True):
        click.echo(f"{name:12}{kind:34}{took * 1000:9.1f} ms, again {alone:7.1f} ms  {len(text)} {text!r:.100}")
    return max(least, default=0.0)


def cold(service: Service, todo: Sequence[tuple[str, str]], seed: int, cheap: bool) -> list[float]:
    """Seconds of each call, each done once, in an order of its own, after WARMING other questions."""
    dice = random.Random(seed)  # noqa: S311
    makers = list(kinds(material(service.library, load_lexicon(CONTENT))).values())
    named = calls(service, cheap)
    for _ in range(WARMING):
        text = dice.choice(makers)(dice)
        for call in named.values():
            call(text)
    seconds = [0.0] * len(todo)
    for place in dice.sample(range(len(todo)), len(todo)):
        name, text = todo[place]
        start = perf_counter()
        named[name](text)
        seconds[place] = perf_counter() - start
    return seconds


if __name__ == "__main__":
    main()

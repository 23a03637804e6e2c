"""How long a suggestion takes in a large library: `python -m tests.bench.suggest [ENTRIES]`, from the root of the repo.

Makes entries as `kb bench` does, types prefixes of what can be asked in every
way a visitor may, and the worst that can be typed, and prints milliseconds a call,
the median of three for each input.
"""

from __future__ import annotations

import random
import resource
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import click
from pypinyin import Style, lazy_pinyin

from kb.library import Library, load
from search.evaluation.benchmark.generating import make_generator
from search.suggest import Suggester
from search.text import normalise

CONTENT = Path(__file__).parents[2] / "content"
LIMIT = 8
SAMPLES = 300


def main(entries: int) -> None:
    """Print what building costs and, for each kind of input, p50, p95 and the worst call."""
    real = load(CONTENT)
    click.echo(f"{len(real.entries)} real entries: built in {_seconds_to_build(real):.3f} s")
    library = make_generator(CONTENT).library(entries)
    before = _peak_memory()
    click.echo(f"{entries} entries: built in {_seconds_to_build(library):.2f} s", nl=False)
    click.echo(f", peak memory {_peak_memory() - before:+.0f} MB")
    suggester = Suggester(library)
    click.echo(f"{'typed':24}{'inputs':>8}{'found':>8}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}  slowest")
    for name, typed in inputs(library).items():
        calls = []
        for text in typed:
            found = suggester.suggest(text, LIMIT)
            calls.append((median(_milliseconds(suggester, text) for _ in range(3)), text, bool(found)))
        calls.sort()
        p50, p95, worst = (calls[int(share * (len(calls) - 1))][0] for share in (0.5, 0.95, 1))
        hits = sum(found for _, _, found in calls)
        click.echo(f"{name:24}{len(calls):8}{hits:8}{p50:9.2f}{p95:9.2f}{worst:9.2f}  {calls[-1][1][:40]}")


def inputs(library: Library) -> Mapping[str, list[str]]:
    """Things to type, by what they are."""
    chance = random.Random(2)  # noqa: S311 (not a secret)
    questions = [normalise(text) for text in chance.sample(sorted(set(_wordings(library))), SAMPLES)]
    cuts = [(text, chance.randint(1, len(text))) for text in questions]
    begun = [text[:size] for text, size in cuts]
    inner = [text[size // 2 : size + 1] for text, size in cuts]
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in begun]
    return {
        "prefix": begun,
        "infix": inner,
        "pinyin prefix": [_pinyin(text) for text in begun],
        "pinyin broken off": [_pinyin(text)[: chance.randint(1, 12)] for text in begun],
        "pinyin infix": [_pinyin(text) for text in inner],
        "initials": [_initials(text) for text in begun],
        "initials infix": [_initials(text) for text in inner],
        "text, then pinyin": [head + _pinyin(tail) for head, tail in halves],
        "initials, then text": [_initials(head) + tail for head, tail in halves],
        "one character": sorted({char for text in questions for char in text if char.isalnum()}),
        "one letter": list("abcdefghijklmnopqrstuvwxyz"),
        "two letters": [first + second for first in "jzhsybcdq" for second in "jzhsybcdqaeiu"],
        "no match, short": [text[:3] + "鑫" for text in questions],
        "no match, long": [(text * 40)[:500] for text in questions],
        "no match, long pinyin": [(_pinyin(text) * 20)[:500] for text in questions],
        "no match, long initials": [(_initials(text) * 90)[:500] for text in questions],
        "one thing repeated": [
            (text * 300)[:size]
            for text in (
                "积",
                "积分",
                "j",
                "z",
                "s",
                "zh",
                "sh",
                "zhi",
                "shi",
                "zhz",
                "ji",
                "jz",
                "xian",
                "ng",
                "e",
                "1",
            )
            for size in (2, 3, 4, 5, 6, 8, 12, 500)
        ],
    }


def _wordings(library: Library) -> Iterator[str]:
    return (asking.text for entry in library.in_force(date.today()) for asking in entry.askings())


def _pinyin(text: str) -> str:
    return "".join(lazy_pinyin(text))


def _initials(text: str) -> str:
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))


def _milliseconds(suggester: Suggester, text: str) -> float:
    start = perf_counter()
    suggester.suggest(text, LIMIT)
    return 1000 * (perf_counter() - start)


def _seconds_to_build(library: Library) -> float:
    assert library.entries  # they are made when first asked for; that is not part of building
    start = perf_counter()
    Suggester(library)
    return perf_counter() - start


def _peak_memory() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

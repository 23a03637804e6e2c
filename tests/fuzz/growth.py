"""How the time of every regular expression grows: `python -m tests.fuzz.growth`, from the root of the repository.

Every expression of kb/, search/, web/ and cli/ (module values, and first arguments of `re` calls) and of the content's lexicon
searches (or matches, where that is all it is used for) 1,000 and 10,000 characters of each piece: those of `killers`, and what its own characters make, one and two at
a time. Prints the worst ratio of the two times for each expression: 10 is linear, 100 quadratic. Exit code 1 when one is over.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import click

from search.chinese import facet_patterns
from search.lexicon import load_lexicon
from tests.fuzz.killers import KILLERS

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 1000, 10_000
OWN = 6
"""Characters of an expression's own that pieces are made of."""
ANCHORED = {"match", "fullmatch"}
FAST = 0.0005
"""Seconds for LARGE, up to which a ratio says nothing."""


@click.command()
@click.option("--over", default=20.0, show_default=True, help="print expressions whose ratio is over this")
@click.option("--where", "begins", default="", help="only expressions whose place begins so, such as web/")
def main(over: float, begins: str) -> None:
    """Measure, and print a line for each expression that is not linear."""
    found: dict[re.Pattern[Any], str] = {}
    for pattern, where in expressions():
        if where.startswith(begins):
            found.setdefault(pattern, where)  # how a module's value is used tells more than where it is compiled
    shown = 0
    for pattern, where in sorted(found.items(), key=lambda item: item[1]):
        ratio, seconds, piece = worst(pattern, where.endswith("start"))
        if ratio > over:
            shown += 1
            click.echo(f"{ratio:6.0f}  {seconds * 1000:8.1f} ms  {piece!r:12} {where:46} {pattern.pattern[:90]!r}")
    click.echo(f"{len(found)} expressions, {shown} with a ratio over {over:g}")
    sys.exit(1 if shown else 0)


def expressions() -> Iterator[tuple[re.Pattern[Any], str]]:
    """Every expression with the file it stands in; those made of what is known only at run time are said."""
    for path in sorted(path for room in ("kb", "search", "web", "cli") for path in (ROOT / room).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        try:
            module = importlib.import_module(where.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        except ImportError as error:  # a tool of its own, with packages of its own (search/encoder/shorten.py)
            click.echo(f"not measured: {where} ({error})")
            continue
        text = path.read_text("utf-8")
        for name, value in vars(module).items():
            used = set(re.findall(rf"\b{name}\.(\w+)\(", text))
            how = "at the start" if used and used <= ANCHORED else ""
            yield from ((pattern, f"{where} {how}") for pattern in _patterns(value))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and node.args and re.fullmatch(r"re\.(?!escape)\w+", ast.unparse(node.func)):
                yield from _inline(node, vars(module), where)
    lexicon = load_lexicon(ROOT / "content")
    yield from ((pattern, "facets.yml") for _, pattern, _ in facet_patterns())
    yield from ((pattern, "lexicon") for pattern in _patterns(list(vars(lexicon).values())))


def _patterns(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _patterns(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _patterns(each)


def _inline(node: ast.Call, names: Mapping[str, Any], where: str) -> Iterator[tuple[re.Pattern[Any], str]]:
    try:
        made = eval(compile(ast.Expression(node.args[0]), where, "eval"), dict(names))  # noqa: S307  our own source
        how = "at the start" if ast.unparse(node.func).removeprefix("re.") in ANCHORED else ""
        given = node.args[1:] if ast.unparse(node.func) == "re.compile" else []
        flags = (eval(compile(ast.Expression(each), where, "eval"), dict(names)) for each in given)  # noqa: S307
        yield re.compile(made, *flags), f"{where}:{node.lineno} {how}"
    except NameError:
        click.echo(f"made at run time, not measured: {where}:{node.lineno} {ast.unparse(node.args[0])[:60]}")


def worst(pattern: re.Pattern[Any], anchored: bool) -> tuple[float, float, str]:
    """The greatest ratio, the seconds for LARGE, and the piece; a ratio of 0 when all is fast."""
    own = _own(str(pattern.pattern))
    pieces = {*KILLERS, *own, *map("".join, product(own, own)), *(f"{char} " for char in own)}
    return max((*_grown(pattern, piece, anchored), piece) for piece in pieces)


def _grown(pattern: re.Pattern[Any], piece: str, anchored: bool) -> tuple[float, float]:
    large = _seconds(pattern, piece, LARGE, anchored)
    if large < FAST:
        return 0.0, large
    small = min(_seconds(pattern, piece, SMALL, anchored) for _ in range(5))
    return large / max(small, 1e-6), large


def _seconds(pattern: re.Pattern[Any], piece: str, size: int, anchored: bool) -> float:
    text: str | bytes = (piece * size)[:size] + "\n!"
    if isinstance(pattern.pattern, bytes):
        text = str(text).encode()
    start = process_time()
    if anchored:
        pattern.match(text)
    else:
        for _ in pattern.finditer(text):
            pass
    return process_time() - start


def _own(written: str) -> list[str]:
    """Characters that stand in an expression, escapes and classes by an example, few of them."""
    written = written.replace("\\d", "1").replace("\\s", " ").replace("\\w", "a").replace("\\S", "x")
    chars = dict.fromkeys(char for char in written if char not in "\\?*+(){}|^$")
    return list(chars)[:OWN]


if __name__ == "__main__":
    main()

"""`kb bench`: what made collections cost on Wence and on the systems beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli import options
from search.evaluation.benchmark import running
from search.evaluation.benchmark.generating import SEED


@click.command()
@options.content
@options.engine
@click.option(
    "--sizes", default="1000,10000", show_default=True, callback=lambda *a: _sizes(*a), help="条目数，用逗号隔开"
)
@click.option(
    "--questions", "count", type=click.IntRange(10, 100_000), default=2000, show_default=True, help="问多少题"
)
@click.option("--seed", type=click.IntRange(0, 2**32), default=SEED, show_default=True, help="随机数的种子")
@options.json_output
def bench(content: Path, engine: str, sizes: tuple[int, ...], count: int, seed: int, as_json: bool) -> None:
    """测速度和内存。"""
    command = "kb " + " ".join(sys.argv[1:])
    with options.errors_in_words(), options.progress() as report:
        made = running.run(content, sizes, engine, count, seed, command, report)
    options.print_json(made.model_dump(mode="json"))


def _sizes(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and 10 <= int(part) <= 1_000_000 for part in parts):
        raise click.BadParameter("写 10 到 1000000 的整数，用逗号隔开，如 1000,10000")
    return tuple(dict.fromkeys(map(int, parts)))

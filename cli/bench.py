"""`kb bench`: what made collections cost on Wence and on the systems beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cli import options
from search.evaluation.benchmark import page, running
from search.evaluation.benchmark.aims import aims
from search.evaluation.benchmark.figures import Benchmark, Latency, Size
from search.evaluation.benchmark.generating import SEED
from search.evaluation.benchmark.timing import Job

LARGEST = 1_000_000


def _sizes(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and 10 <= int(part[:9]) <= LARGEST for part in parts):
        raise click.BadParameter(f"写 10 到 {LARGEST} 的整数，用英文逗号隔开，如 1000,10000")
    return tuple(sorted({int(part) for part in parts}))


@click.command()
@options.content
@options.engine
@click.option(
    "--sizes",
    default="1000,10000",
    show_default=True,
    callback=_sizes,
    help="造多少个条目，用英文逗号隔开；make bench 一直测到 1000000",
)
@click.option(
    "--questions", "count", type=click.IntRange(10, 100_000), default=2000, show_default=True, help="每种大小问多少题"
)
@click.option("--seed", type=click.IntRange(0, 2**32), default=SEED, show_default=True, help="同一个数造出同样的条目")
@click.option("--report", type=options.FILE, help="写成网页用的 Markdown，旁边放图，如 docs/performance.md")
@click.option(
    "--clients", type=click.IntRange(1, 32), default=1, show_default=True, help="再由几个人同时问一遍，1 是不问"
)
@options.json_output
def bench(
    content: Path,
    engine: str,
    sizes: tuple[int, ...],
    count: int,
    seed: int,
    report: Path | None,
    clients: int,
    as_json: bool,
) -> None:
    """测速度和内存：照真实内容造出条目，与裸 tantivy、Whoosh、SQLite FTS5 在同一次里比较。"""
    command = " ".join(("kb", *sys.argv[1:]))
    job = Job(content, seed, count, engine, clients)
    with options.errors_in_words(), options.progress() as progress:
        for made in running.run(job, sizes, command, progress):
            if report:  # after each size: the large ones take hours, and may not fit the memory
                page.write(made, report)
    if as_json:
        options.print_json(made.model_dump(mode="json"))
    else:
        _show(made)
    if report:
        click.echo(f"已写入 {report} 和 {report.with_suffix('.svg')}。", err=as_json)


def _show(made: Benchmark) -> None:
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(("条目", "测的是什么", "p50", "p95", "p99", "建索引", "索引", "内存")):
        table.add_column(column, justify="left" if place == 1 else "right", no_wrap=True)
    for size in made.sizes:
        for row in _rows(size):
            table.add_row(*row)
    Console(highlight=False, width=110).print(table, markup=False)
    click.echo("p50、p95、p99 是每题的毫秒数；建索引是秒数；索引和内存是 MB。")
    for size in made.sizes:
        own = size.wence.own
        click.echo(f"{size.entries:,} 个条目：用自己的问法提问，{own.of} 题里 {own.first} 题第一条就是。", nl=False)
        if of := size.publishing:
            click.echo(f"改一个文件到搜得到：中位数 {of.median:.0f} 毫秒，最长 {of.longest:.0f} 毫秒。", nl=False)
        click.echo()
    for aim in aims(made):
        if aim.value is not None:
            sign = "≥" if aim.least else "≤"
            reached = "达到" if aim.met else "没有达到"
            click.echo(f"{reached}：{aim.chinese} {aim.measured}，目标 {sign} {aim.bound:g}{aim.unit}")


def _rows(size: Size) -> list[tuple[str, ...]]:
    wence = size.wence
    rows = [
        (
            f"{size.entries:,}",
            f"问策 {wence.whole}",
            *_times(wence.answer),
            f"{wence.build_seconds:.2f}",
            f"{wence.index_bytes / 1e6:.1f}",
            f"{wence.memory.opened:.0f}",
        ),
        ("", "问策 只用引擎", *_times(wence.engine_query)),
    ]
    for what, together in (("", wence.together), ("只用引擎，", wence.engine_together)):
        if together:
            said = f"问策 {what}{together.clients} 人同时，每秒 {together.rate:.0f} 题"
            rows.append(("", said, *_times(together)))
    if wence.suggest:
        rows.append(("", "问策 联想", *_times(wence.suggest)))
    for plain in size.plain.values():
        if plain.query and plain.build_seconds and plain.index_bytes and plain.memory:
            costs = (f"{plain.build_seconds:.2f}", f"{plain.index_bytes / 1e6:.1f}", f"{plain.memory.opened:.0f}")
            rows.append(("", plain.title, *_times(plain.query), *costs))
        else:
            rows.append(("", f"{plain.title} 太慢，建到 {plain.passages:,} 时停下"))
    return rows


def _times(latency: Latency) -> tuple[str, str, str]:
    return f"{latency.p50:.2f}", f"{latency.p95:.2f}", f"{latency.p99:.2f}"

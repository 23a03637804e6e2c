"""`kb eval` and `kb fit`: figures on standard output, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

import search
from cli import options
from search.evaluation import measuring, report
from search.evaluation.acceptance import Acceptance, Invariants, Miss, acceptance, invariants
from search.evaluation.collections import read_collection
from search.evaluation.questions import Question, StyleScore, Verdict, read_questions, summed
from search.progress import Progress
from search.service import Service

Found = TypeVar("Found", Acceptance, Invariants)
DOCS = Path("docs")
WEIGHTS = Path(search.__file__).parent / "weights.yml"
_KINDS = {"title": "标题", "question": "问题", "alias": "其他问法"}
_MEASURED = ("问策", "基线", "相差")
_INVARIANTS = "每个标题和问法都要搜到自己的条目，标题里的每两个字都要搜到含它的标题；有搜不到的，退出码为 1"
_BASELINE = "基线：同一引擎，只用 jieba 分词和 BM25"


@click.command(name="eval")
@options.content
@options.index
@options.engine
@options.day
@click.option(
    "--questions", "files", type=options.FILE, multiple=True, help="题目文件，可写多次；格式见 docs/quality.md"
)
@click.option("--fail-under", type=click.FloatRange(0, 100), help="全对的百分比低于它时退出码为 1")
@click.option("--max-false", type=click.IntRange(0), help="误给的卡片多于它时退出码为 1")
@click.option("--corpus", type=options.FILE, help="外部题库的文档，每行 {id, question, answer}")
@click.option("--queries", type=options.FILE, help="外部题库的问题，每行 {id, text}")
@click.option("--qrels", type=options.FILE, help="外部题库的判定，每行：问题编号、文档编号、等级，用制表符隔开")
@click.option("--invariants", "invariant", is_flag=True, help=_INVARIANTS)
@click.option(
    "--report",
    "reported",
    is_flag=True,
    help="用 --questions 的题目写质量报告：docs/quality.md 和内容里的 quality.json",
)
@options.json_output
def evaluate(
    content: Path,
    folder: Path,
    engine: str,
    as_of: datetime | None,
    files: tuple[Path, ...],
    fail_under: float | None,
    max_false: int | None,
    corpus: Path | None,
    queries: Path | None,
    qrels: Path | None,
    invariant: bool,
    reported: bool,
    as_json: bool,
) -> None:
    """检验：不带选项时，用内容自己的问法逐个提问。"""
    collection = _collection(corpus, queries, qrels)
    _one_at_a_time(bool(files), collection is not None, invariant)
    bounded = fail_under is not None or max_false is not None
    if not files and bounded:
        raise click.UsageError("--fail-under 和 --max-false 要和 --questions 一起用")
    if reported and (not files or as_json or bounded):
        raise click.UsageError("--report 要和 --questions 一起用，不和 --json、--fail-under、--max-false 一起用")
    day = options.day_of(as_of)
    with options.errors_in_words():
        if reported:
            fine = _report(content, folder, engine, day, files)
        elif collection:
            fine = _eval_collection(*collection, engine, as_json)
        elif files:
            fine = _eval_questions(content, folder, engine, day, files, fail_under, max_false, as_json)
        elif invariant:
            kept = _asked_of_content(invariants, _show_invariants, content, folder, engine, day, as_json)
            fine = kept.kept == kept.asked
        else:
            fine = not _asked_of_content(acceptance, _show_acceptance, content, folder, engine, day, as_json).misses
    sys.exit(0 if fine else 1)


@click.command()
@options.content
@options.day
@click.option("--questions", "files", type=options.FILE, multiple=True, required=True, help="题目文件，可写多次")
@click.option(
    "--collection",
    "folders",
    type=options.FILE,
    multiple=True,
    help="外部题库的文件夹，内有 corpus.jsonl、queries.jsonl、qrels.tsv，可写多次",
)
@click.option("--out", type=options.FILE, default=WEIGHTS, help="写到哪里，默认程序自己的 search/weights.yml")
def fit(content: Path, as_of: datetime | None, files: tuple[Path, ...], folders: tuple[Path, ...], out: Path) -> None:
    """按题目重新拟合排序的权重和把握的尺度，写进 weights.yml。"""
    # Only this command needs scipy.
    from search.evaluation.refitting import Sources, refit, write_weights

    with options.errors_in_words():
        with options.progress() as progress:
            table = refit(Sources(content, files, folders), options.day_of(as_of), progress)
        write_weights(out, table)
    for name, value in table.fitted.items():
        click.echo(f"{name}：{value}")
    click.echo(f"已写入 {out}。以上比例都是没有用来拟合的那一折上的（五折交叉验证）。")


def _collection(corpus: Path | None, queries: Path | None, qrels: Path | None) -> tuple[Path, Path, Path] | None:
    if corpus and queries and qrels:
        return corpus, queries, qrels
    if corpus or queries or qrels:
        raise click.UsageError("--corpus、--queries、--qrels 要三个一起写")
    return None


def _one_at_a_time(*wanted: bool) -> None:
    if sum(wanted) > 1:
        raise click.UsageError("--questions、--corpus、--invariants 一次只用一种")


def _asked_of_content(
    ask: Callable[[Service, Progress, date], Found],
    show: Callable[[Found], None],
    content: Path,
    folder: Path,
    engine: str,
    day: date,
    as_json: bool,
) -> Found:
    with options.progress() as progress:
        found = ask(options.opened(content, folder, engine, progress), progress, day)
    if as_json:
        options.print_json(asdict(found))
    else:
        show(found)
    return found


def _show_acceptance(found: Acceptance) -> None:
    table = _table("自己的问法", "个数", "找对", "没找对")
    rows = [(_KINDS[kind], asked, found.right[kind]) for kind, asked in found.asked.items()]
    rows.append(("合计", sum(found.asked.values()), sum(found.right.values())))
    for name, asked, right in rows:
        table.add_row(name, str(asked), str(right), str(asked - right))
    _print(table)
    _show_misses(found.misses)


def _show_invariants(found: Invariants) -> None:
    click.echo(f"{found.wordings} 个标题和问法，{len(found.misses)} 个搜不到自己的条目（前 10 条里没有）。")
    _show_misses(found.misses)
    click.echo(
        f"标题里的 {found.pairs} 个二字组合，{found.pairs - len(found.lost)} 个搜得到含它的标题："
        f"要全都在前 10 条里；{found.crowded} 个在 10 个以上的标题里，放不下，搜到其中一个就行。"
    )
    nothing = [lost.pair for lost in found.lost if lost.wholly]
    if nothing:
        options.say(f"{len(nothing)} 个一个标题也搜不到：{'、'.join(nothing)}")
    some = [lost for lost in found.lost if not lost.wholly]
    if some:
        click.echo(f"{len(some)} 个只搜到一部分：")
    for lost in some:
        options.say(f"  {lost.pair}：{lost.titles} 个标题里缺 {'、'.join(lost.missing)}")


def _show_misses(misses: Sequence[Miss]) -> None:
    for miss in misses:
        options.say(f"  {miss.wording}\n      应是 {miss.expected}，得到 {miss.got}")


def _eval_questions(
    content: Path,
    folder: Path,
    engine: str,
    day: date,
    files: Sequence[Path],
    fail_under: float | None,
    max_false: int | None,
    as_json: bool,
) -> bool:
    questions = questions_of(files)
    with options.progress() as progress, TemporaryDirectory(prefix="wence-eval-") as place:
        service = options.opened(content, folder, engine, progress)
        asked = measuring.ask(service, questions, Path(place), progress, day)
    if as_json:
        options.print_json(_asked_json(asked, engine))
    else:
        _show_asked(asked)
    total = asked.total
    enough = fail_under is None or 100 * total.right >= fail_under * total.questions
    return enough and (max_false is None or total.false_cards <= max_false)


def _report(content: Path, folder: Path, engine: str, day: date, files: Sequence[Path]) -> bool:
    with options.progress() as progress:
        service = options.opened(content, folder, engine, progress)
        own = acceptance(service, progress, day)
        kept = invariants(service, progress, day)
        asked = sum(own.asked.values())
        made = report.make_report(
            service, files, (asked - len(own.misses), asked), (kept.kept, kept.asked), day, progress
        )
    report.write(made, content, DOCS)
    click.echo(f"已写入 {DOCS / 'quality.md'} 和 {content / 'quality.json'}。")
    return not own.misses and kept.kept == kept.asked


def questions_of(files: Sequence[Path]) -> list[Question]:
    """The questions of several files."""
    return [question for file in files for question in read_questions(file)]


def _asked_json(asked: measuring.Outcome, engine: str) -> dict[str, object]:
    return {
        "engine": engine,
        "total": asdict(asked.total),
        "styles": [asdict(score) for score in asked.scores],
        "baseline": asdict(summed(asked.baseline_scores)),
        "latency_ms": asked.latency_ms,
        "misses": [
            {"question": miss.question.q, "expected": _expected(miss.question), "got": _got(miss)}
            for miss in asked.misses
        ],
    }


def _show_asked(asked: measuring.Outcome) -> None:
    plain = asked.baseline_scores
    table = _table("问法", "题数", "卡片对", "类别对", "全对", "误给卡片", "给错卡片", "基线")
    for score, base in zip((*asked.scores, asked.total), (*plain, summed(plain)), strict=True):
        table.add_row(options.steady(score.style), *map(str, _cells(score)), str(base.right))
    _print(table)
    total = asked.total
    share = 100 * total.right / total.questions if total.questions else 0.0
    click.echo(f"全对 {share:.1f}%。{_BASELINE}，把第一条当卡片，全对几题。")
    click.echo(f"整个回答的用时（每题问第二遍，缓存已热）：{_times(asked.latency_ms)}")
    for miss in asked.misses:
        options.say(f"  {miss.question.q}\n      应是 {_expected(miss.question)}，得到 {_got(miss)}")


def _cells(score: StyleScore) -> tuple[int, ...]:
    return (
        score.questions,
        score.card_right,
        score.facet_right,
        score.right,
        score.false_cards,
        score.wrong,
    )


def _expected(question: Question) -> str:
    if question.none:
        return "没有卡片"
    return f"{'/'.join(question.facet) or '任何类别'}、有“{question.card}”的卡片"


def _got(verdict: Verdict) -> str:
    if verdict.shown is None:
        return "没有卡片"
    return f"{verdict.facet or '没有类别'}【{verdict.shown}】{verdict.entry}"


def _eval_collection(corpus: Path, queries: Path, qrels: Path, engine: str, as_json: bool) -> bool:
    collection = read_collection(corpus, queries, qrels)
    with options.progress() as progress, TemporaryDirectory(prefix="wence-eval-") as place:
        found = measuring.compare(collection, Path(place), engine, progress)
    if as_json:
        options.print_json(asdict(found))
    else:
        _show_comparison(found)
    return True


def _show_comparison(found: measuring.Comparison) -> None:
    table = _table("指标", *_MEASURED)
    for name, value in found.measures.items():
        base = found.baseline[name]
        table.add_row(name, f"{value:.4f}", f"{base:.4f}", f"{value - base:+.4f}")
    _print(table)
    click.echo(
        f"{found.entries} 个条目，{found.queries} 个问题（{found.engine}）："
        f"建索引 {found.build_seconds:.1f} 秒，共 {found.seconds:.1f} 秒。{_BASELINE}。"
    )
    click.echo(f"每题用时：问策 {_times(found.latency_ms)}；基线 {_times(found.baseline_latency_ms)}")


def _times(latency: dict[str, float]) -> str:
    return "，".join(f"{name} {value:.2f} 毫秒" for name, value in latency.items())


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    return table


def _print(table: Table) -> None:
    Console(highlight=False, width=100).print(table, markup=False)

"""`kb stats` and `kb done`: what visitors ask, what has no answer, what they say; and taking it off the list."""

from __future__ import annotations

import csv
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from cli import options
from kb import library
from web.usage.clusters import Cluster, cluster_of, unanswered
from web.usage.lists import own_wordings
from web.usage.store import AskedWording, Kind, Note, Store, Votes

_FORMULA = ("=", "+", "-", "@", "\t")
"""A cell that begins so is a formula to a spreadsheet."""


@dataclass(frozen=True)
class _Row:
    """One line of any of the lists, as it is put out as CSV or JSON."""

    list: str
    id: str = ""
    text: str = ""
    entry: str = ""
    asked: int | str = ""
    sessions: int | str = ""
    helpful: int | str = ""
    unhelpful: int | str = ""
    reports: int | str = ""
    day: str = ""
    comment: str = ""


_HEADINGS = ("表", "编号", "问题", "条目", "次数", "场次", "有用", "没用", "报错", "日期", "说的话")


@dataclass(frozen=True)
class _Found:
    top: Sequence[AskedWording]
    open: Sequence[Cluster]
    worst: Sequence[Votes]
    notes: Sequence[Note]


@click.command()
@options.content
@options.index
@options.usage
@click.option("--days", type=click.IntRange(1, 36_500), default=30, show_default=True, help="看最近几天")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="每个表最多几行")
@click.option("--csv", "as_csv", is_flag=True, help="输出 CSV（UTF-8），可用表格软件打开")
@options.json_output
def stats(content: Path, folder: Path, usage: Path | None, days: int, limit: int, as_csv: bool, as_json: bool) -> None:
    """看访客问什么、什么没有答案、哪些条目评价差、有什么报错和留言。"""
    if as_csv and as_json:
        raise click.UsageError("--csv 和 --json 只能用一个")
    with options.errors_in_words():
        store = Store(options.usage_file(usage, folder))
        found = _find(store, content, date.today() - timedelta(days=days), limit)
    if as_csv:
        # The mark by which spreadsheets know UTF-8; without it Chinese Windows reads GBK.
        sys.stdout.write("\ufeff")
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_HEADINGS)
        writer.writerows([_cell(value) for value in asdict(row).values()] for row in _rows(found))
    elif as_json:
        options.print_json([asdict(row) for row in _rows(found)])
    else:
        _show(found, days)


@click.command()
@click.argument("idents", metavar="编号...", nargs=-1, required=True)
@options.content
@options.index
@options.usage
def done(idents: tuple[str, ...], content: Path, folder: Path, usage: Path | None) -> None:
    """划掉处理过的：没有答案的问题（q…）、报错和留言（n…），编号见 kb stats。"""
    idents = tuple(ident.lower() for ident in idents)
    with options.errors_in_words():
        store = Store(options.usage_file(usage, folder))
        waiting = open_questions(store, content, idents)
        notes = {f"n{note.id}": note.id for note in store.notes()}
        clusters = {ident: cluster_of(ident, waiting) for ident in idents if ident not in notes}
        unknown = [ident for ident, cluster in clusters.items() if cluster is None]
        if unknown:
            raise click.UsageError(f"没有编号 {'、'.join(unknown)}——编号见 kb stats")
        texts = {one.text for cluster in clusters.values() if cluster for one in cluster.wordings}
        store.forget(texts, [notes[ident] for ident in idents if ident in notes])
    click.echo(f"划掉了 {len(idents)} 项。")


def open_questions(store: Store, content: Path, wanted: Collection[str]) -> list[Cluster]:
    """What was ever asked and still has no answer, with the questions of `wanted` ids. Raises ContentError, UsageError."""
    return unanswered(store.asked(date.min), own_wordings(library.load(content), date.today()), wanted)


def _find(store: Store, content: Path, since: date, limit: int) -> _Found:
    loaded = library.load(content)
    asked = store.asked(since)
    votes = [each for each in store.votes(since) if each.unhelpful or each.reports]
    votes.sort(key=lambda each: (-each.unhelpful - each.reports, each.helpful, each.entry))
    return _Found(
        top=[each for each in asked if each.answered][:limit],
        open=unanswered(asked, own_wordings(loaded, date.today()))[:limit],
        worst=votes[:limit],
        notes=store.notes()[:limit],
    )


def _rows(found: _Found) -> list[_Row]:
    rows = [
        _Row(
            "常问的问题", text=each.text, entry=each.entry, asked=each.asked, sessions=each.sessions, day=f"{each.last}"
        )
        for each in found.top
    ]
    rows += [
        _Row("没有答案的问题", each.id, text=one.text, asked=one.asked, sessions=one.sessions, day=f"{one.last}")
        for each in found.open
        for one in each.wordings
    ]
    rows += [
        _Row(
            "评价差的条目",
            entry=each.entry,
            helpful=each.helpful,
            unhelpful=each.unhelpful,
            reports=each.reports,
        )
        for each in found.worst
    ]
    rows += [
        _Row(_label(note), f"n{note.id}", note.about, note.entry, day=f"{note.day}", comment=note.comment)
        for note in found.notes
    ]
    return rows


def _label(note: Note) -> str:
    if note.kind is Kind.vote:
        return "说有用" if note.helpful else "说没用"
    return note.kind.label


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _show(found: _Found, days: int) -> None:
    click.echo(
        f"最近 {days} 天。场次：得到同一个答案的几种问法合在一起，隔半小时以上再有人问，才算另一场，记在这一场先用的问法上。"
    )
    _part("常问的问题", [f"{each.sessions} 场 {each.asked} 次  {each.text}  {each.entry}" for each in found.top])
    _part("没有答案的问题（kb new faq --from-question 编号）", [_cluster(each) for each in found.open])
    _part(
        "评价差的条目",
        [f"没用 {each.unhelpful}  报错 {each.reports}  有用 {each.helpful}  {each.entry}" for each in found.worst],
    )
    _part(
        "报错、留言、意见（处理完：kb done 编号）",
        [
            "  ".join(
                part
                for part in (f"n{note.id}", f"{note.day}", _label(note), note.entry, note.about, note.comment)
                if part
            )
            for note in found.notes
        ],
    )


def _cluster(each: Cluster) -> str:
    also = "；".join(one.text for one in each.wordings[1:4])
    return f"{each.id}  {each.sessions} 场 {each.asked} 次  {each.text}{f'  （也这样问：{also}）' if also else ''}"


def _part(heading: str, lines: Sequence[str]) -> None:
    click.echo(f"\n{heading}")
    for line in lines or ["没有"]:
        options.say(f"  {line}")

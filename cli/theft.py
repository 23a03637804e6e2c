"""The theft test of `kb check --questions`: which known questions changed their card, and who took them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from cli import options
from cli.evaluate import questions_of
from kb.model import EntryKind
from search.evaluation import theft
from search.service import Settings, open_service

_THIEF = {EntryKind.article: "这篇文章", EntryKind.faq: "这条问答"}
_WHAT = {
    theft.Kind.stolen: "抢走了 {} 个问题",
    theft.Kind.inherited: "接手了 {} 个问题",
    theft.Kind.gained: "新答了 {} 个问题",
    theft.Kind.other: "换了 {} 个问题的卡片",
    theft.Kind.lost: "没有卡片了：{} 个问题",
}


@dataclass(frozen=True)
class Compared:
    """What the theft test found; `first` says that no answers were kept before."""

    asked: int
    changes: tuple[theft.Change, ...]
    first: bool

    @property
    def wrong(self) -> bool:
        """Whether a card changed that may not."""
        return any(change.wrong for change in self.changes)


def compare(content: Path, engine: str, files: Sequence[Path], kept: Path, accept: bool, day: date) -> Compared:
    """Ask all known questions of the content as it is now, in an index of its own, and compare with those kept.

    Writes the answers when none were kept, or when they are accepted.
    """
    questions = questions_of(files)
    before = theft.read_answers(kept)
    with options.progress() as report, TemporaryDirectory(prefix="wence-check-") as place:
        service = open_service(Settings(content, Path(place), engine, draft=True), report)
        after = theft.ask_all(service, questions, report, day)
    changes = theft.compare(service, before, after, day) if before else ()
    if before is None or accept:
        theft.write_answers(kept, after)
        click.echo(f"已把 {len(after.answers)} 个问题现在的答案记到 {kept}。", err=True)
    return Compared(len(after.answers), changes, before is None)


def plain(found: Compared | None) -> list[dict[str, object]]:
    """The changes as JSON data."""
    return [asdict(change) for change in found.changes] if found else []


def show(found: Compared) -> None:
    """Print the changes, by the entry that gained."""
    for entry, group in theft.by_gainer(found.changes):
        options.say(_headline(entry, group))
        for change in group:
            mark = f"  ✗ {change.wrong}" if change.wrong else ""
            options.say(f"  {change.question}{mark}")
            before, after = _card(change.before), _card(change.after)
            same = before == after
            options.say(f"      答案变了：{after}" if same else f"      原来：{before}\n      现在：{after}")
    if not found.first:
        wrong = sum(change.wrong is not None for change in found.changes)
        click.echo(f"{found.asked} 个已知的问题，{len(found.changes)} 个换了卡片，其中 {wrong} 个不该换。")


def _headline(entry: str | None, group: Sequence[theft.Change]) -> str:
    kinds = [change.kind for change in group]
    what = "，".join(words.format(kinds.count(kind)) for kind, words in _WHAT.items() if kind in kinds)
    return f"{entry}：{_THIEF[EntryKind.of_folder(entry.partition('/')[0])]}{what}" if entry else what


def _card(answer: theft.Remembered | None) -> str:
    if answer is None:
        return "（新的问法）"
    return f"【{answer.shown}】{answer.entry}" if answer.entry else "没有卡片"

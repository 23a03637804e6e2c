"""What the commands share: options, errors in words, the progress bar, opening the service."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from kb.errors import ContentError, Problem
from kb.reading import CONTROL
from search.engines import ENGINES, EngineError
from search.evaluation.errors import EvaluationError
from search.progress import Progress
from search.service import Service, Settings, open_service
from web.addresses import site_address
from web.usage.tables import UsageError

content = click.option(
    "--content",
    type=click.Path(path_type=Path),
    envvar="KB_CONTENT",
    default=Path("content"),
    show_default=True,
    help="内容文件夹（环境变量 KB_CONTENT）",
)
index = click.option(
    "--index",
    "folder",
    type=click.Path(path_type=Path),
    envvar="KB_INDEX",
    default=Path("var/index"),
    show_default=True,
    help="索引文件夹（环境变量 KB_INDEX）",
)
engine = click.option(
    "--engine",
    envvar="KB_ENGINE",
    type=click.Choice(ENGINES),
    default="tantivy",
    show_default=True,
    help="检索引擎（环境变量 KB_ENGINE）",
)
usage = click.option(
    "--usage",
    type=click.Path(path_type=Path),
    envvar="KB_USAGE",
    default=None,
    help="使用记录文件（KB_USAGE），默认是索引文件夹旁边的 usage.sqlite3",
)
day = click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="按哪一天，默认今天")
json_output = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
FILE = click.Path(path_type=Path)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """What cannot be used is said on standard error, exit code 1; what the system refuses, `usage.Commands` tells."""
    try:
        yield
    except (ContentError, EngineError, EvaluationError, UsageError) as error:
        say(str(error), err=True)
        sys.exit(1)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error, one line for each kind of work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def opened(content: Path, folder: Path, engine: str, report: Progress | None = None) -> Service:
    """The service over an index that is up to date; with a progress bar of its own unless `report` is given."""
    settings = Settings(content, folder / engine, engine)
    with nullcontext(report) if report else progress() as shown:
        service = open_service(settings, shown)
    if service.held_back:
        say(f"现在的内容或索引不能用，先用上次的版本（{service.generation}）：\n{service.held_back}", err=True)
    say_errors(service.errors)
    return service


def say_errors(errors: Collection[Problem]) -> None:
    """Say on standard error that the content has errors: whoever asks it must know what is missing."""
    if errors:
        files = {problem.file for problem in errors if problem.blocks}
        kept = f"，{len(files)} 个文件没有发布或仍用旧版" if files else ""
        click.echo(f"内容有 {len(errors)} 个错误{kept}，运行 kb check 查看。", err=True)


def usage_file(usage: Path | None, folder: Path) -> Path:
    """Where the use of the site is kept: the file named, or the one beside the index folder."""
    return usage or folder.parent / "usage.sqlite3"


def day_of(as_of: datetime | None) -> date:
    """The day meant: the one named, or today."""
    return as_of.date() if as_of else date.today()


def site_url(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The address of the site as the outside sees it. Wrong usage when it cannot be used."""
    try:
        return site_address(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_STEERING = re.compile(rf"\r|{CONTROL.pattern}")
"""In a terminal a carriage return writes over what its line said."""


def steady(text: str) -> str:
    """Text from files in which what would steer a terminal (escapes, controls, directions) is a `?`."""
    return _STEERING.sub("?", text)


def say(text: str, err: bool = False) -> None:
    """Print text from files, without what would steer a terminal."""
    click.echo(steady(text), err=err)


def print_json(value: object) -> None:
    """One JSON value on standard output; what would steer a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))

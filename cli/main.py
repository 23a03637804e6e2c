"""The `kb` command: settings in, one function of a room called, its result printed."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path

import click

from kb import library
from kb.checking import dated_problems
from kb.errors import ContentError, Level


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """问策：公共政策知识库与问答搜索。"""


_content = click.option(
    "--content", type=click.Path(path_type=Path), envvar="KB_CONTENT", default=Path("content"), help="内容文件夹"
)


@main.command()
@_content
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="按哪一天来检查，默认今天")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def check(content: Path, as_of: datetime | None, as_json: bool) -> None:
    """检查全部内容，一次报出所有问题；有错误时退出码为 1。"""
    today = as_of.date() if as_of else date.today()
    try:
        loaded = library.load(content)
    except ContentError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    problems = sorted({*loaded.problems, *dated_problems(loaded.documents.values(), today)})
    errors = [problem for problem in problems if problem.level is Level.error]
    if as_json:
        click.echo(json.dumps([problem.__dict__ for problem in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(f"{content}/{problem}", err=True)
        click.echo(
            f"{len(loaded.documents)} 个文件，{len(loaded.entries)} 个条目："
            f"{len(errors)} 个错误，{len(problems) - len(errors)} 个提醒。"
        )
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()

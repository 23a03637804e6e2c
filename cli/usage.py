"""Wrong usage of the command, and what the system will not do, in plain Chinese: click and Python say it in English."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import IO, Any

import click

from kb.errors import in_words


class Commands(click.Group):
    """A group of commands that says wrong usage of any of them in Chinese."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the words before the command. Raises WrongUsage."""
        if isinstance(sys.stdout, TextIOWrapper):  # where there is no Chinese, question marks say more than a traceback
            sys.stdout.reconfigure(errors="replace")
        with _in_words():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the words after the command, and run it. Raises WrongUsage, Refused."""
        try:
            with _in_words():
                return super().invoke(ctx)
        except BrokenPipeError:  # who reads has enough: click ends quietly
            raise
        except OSError as error:
            raise Refused(in_words(error)) from error


class WrongUsage(click.UsageError):
    """Words that the command cannot take; exit code 2."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say what is wrong, and how the command is used."""
        click.echo(self.message, file=file, err=True)
        if self.ctx:
            pieces = " ".join(self.ctx.command.collect_usage_pieces(self.ctx))
            usage = pieces.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令")
            click.echo(
                f"用法：{self.ctx.command_path} {usage}\n说明：{self.ctx.command_path} --help", file=file, err=True
            )


class Refused(click.ClickException):
    """What the system would not do, such as writing to a full disk; exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say what it was; what could not be printed is let go, or Python would try again at its end."""
        click.echo(self.message, file=file, err=True)
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (WrongUsage, click.exceptions.NoArgsIsHelpError):
        raise
    except click.UsageError as error:
        raise WrongUsage(_said(error), error.ctx) from error


def _said(error: click.UsageError) -> str:
    """What is wrong and what to do; what was said in Chinese already stays."""
    near = "".join(f"是不是 {name}？" for name in (getattr(error, "possibilities", None) or ())[:1])
    if isinstance(error, click.exceptions.NoSuchCommand):
        return f"没有命令 {error.command_name}——{near}命令写在 kb --help 里"
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}——{near}选项写在 --help 里"
    if isinstance(error, click.BadOptionUsage):
        takes = "requires" in error.message
        return f"选项 {error.option_name} {'后面没有写值——空一格，写上值' if takes else '后面不写值——去掉等号和值'}"
    if isinstance(error, click.BadParameter) and error.param:
        name = error.param.get_error_hint(error.ctx).replace("'", "")
        if isinstance(error, click.MissingParameter):
            return f"没有写 {name}——照下面的用法补上"
        allowed = _allowed(error.param.type)
        return f"{name} 写得不对——{allowed}" if allowed else f"{name}：{error.message}"
    extra = re.search(r"extra arguments? \((.*)\)", error.message)
    return f"多写了 {extra[1]}——有空格的一句话要加引号" if extra else error.message


def _allowed(kind: click.ParamType[Any]) -> str:
    """What may be written, or an empty string where the type does not tell."""
    if isinstance(kind, click.Choice):
        return f"可以写：{'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.DateTime):
        return "写成 2026-01-31 这样的日期"
    if isinstance(kind, click.types.IntRange | click.types.FloatRange):
        return f"写数字，{kind.min} 以上" + (f"，{kind.max} 以下" if kind.max is not None else "")
    return "写整数" if isinstance(kind, click.types.IntParamType) else ""

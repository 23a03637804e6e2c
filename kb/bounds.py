"""What a Markdown body may hold: counted before rendering, since python-markdown takes quadratic time over some of it.

What each bound keeps away, with the times measured without it: docs/decisions/0013-hostile-input.md.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_BODY = 200_000
"""Characters of a body."""
MAX_LINES = 10_000
MAX_STARS = 20_000
"""`*` and `_`."""
MAX_WORK = 5_000_000
"""Brackets and backticks of each block times its characters, summed: each mark may be looked for to the block's end."""
MAX_HTML_WORK = 50_000_000
"""Opening angle brackets times the characters of the body: HTML is looked for in the whole of it."""
MAX_SECTIONS = 20
"""`<![`, which nobody needs."""
MAX_HEADINGS = 1000
"""Headings and rules."""
MAX_HEADING = 1000
"""Characters of a heading with its braces: quotation marks left open there are each looked for to its end."""
MAX_FENCE = 300
"""Columns of a line that begins a fence: its blanks are each looked for to its end."""
MAX_BARS = 100
"""Bars in a line, that is, columns of a table."""
MAX_NESTING = 50
"""Levels of quoting or lists; python-markdown recurses on each."""
MAX_LINKS = 1000
MAX_PROBLEMS = 50
"""Problems reported of one kind in one file."""

_HEADING = re.compile(r"[ >]{0,20}(?:#|[-=*_ ]+$)")
_MARK = re.compile(r"[\[`]")
_LONG_REFERENCE = re.compile("&#[0-9]{20}")
"""A character named by its number, of which html.parser refuses long ones; the last character of all has seven digits."""


class Excess(NamedTuple):
    """What a body has too much of: the line, from 0, what it is and the remedy."""

    line: int
    what: str
    remedy: str


TOO_DEEP = Excess(0, "正文嵌套太深", "减少引用和列表的层数")


def excess(body: str) -> Excess | None:
    """The first thing that a body has too much of; None for one that can be rendered in bounded time."""
    if len(body) > MAX_BODY:
        return Excess(0, f"正文太长（{len(body)} 字，上限 {MAX_BODY} 字）", "拆成几个条目")
    if body.count("<![") > MAX_SECTIONS or body.count("<") * len(body) > MAX_HTML_WORK:
        return Excess(_line(body, "<"), "正文里的小于号（<）太多", "不要写 HTML；小于号写成中文“小于”")
    lines = body.split("\n")
    if len(lines) > MAX_LINES:
        return Excess(0, f"正文的行太多（{len(lines)} 行，上限 {MAX_LINES} 行）", "拆成几个条目")
    if body.count("*") + body.count("_") > MAX_STARS:
        return Excess(0, f"星号和下划线太多（上限 {MAX_STARS} 个）", "去掉多余的，或拆成几个条目")
    headings = 0
    for number, line in enumerate(lines):
        if _nesting(line) > MAX_NESTING:
            return TOO_DEEP._replace(line=number)
        if _LONG_REFERENCE.search(line):
            return Excess(number, "字符编号（&#…;）太长", "删掉它，直接写那个字")
        if line.count("|") > MAX_BARS:
            return Excess(number, f"表格的列太多（上限 {MAX_BARS} 列）", "拆成几张表")
        if len(line) > MAX_HEADING and line.startswith("#"):
            return Excess(number, f"标题太长（上限 {MAX_HEADING} 字）", "标题写短，细节放到下面的正文里")
        if line.startswith(("```", "~~~")) and len(line.expandtabs(4)) > MAX_FENCE:
            return Excess(number, f"代码块的第一行太长（上限 {MAX_FENCE} 字）", "这一行只写反引号，内容从下一行写起")
        headings += bool(line.strip() and _HEADING.match(line))
        if headings > MAX_HEADINGS:
            return Excess(number, f"标题和分隔线太多（上限 {MAX_HEADINGS} 个）", "拆成几个条目")
    return _laborious(lines)


def _nesting(line: str) -> int:
    indent = len(line) - len(line.lstrip(" \t>"))
    return line[:indent].count(">") + indent // 4


def _laborious(lines: list[str]) -> Excess | None:
    """Where the blocks together cost too much."""
    work = start = marks = size = 0
    for number, line in enumerate([*lines, ""]):
        if line.strip():
            marks += len(_MARK.findall(line))
            size += len(line) + 1
            continue
        work += marks * size
        if work > MAX_WORK:
            return Excess(start, "这一段太长，方括号或反引号太多", "用空行分成几段，或拆成几个条目")
        start, marks, size = number + 1, 0, 0
    return None


def _line(body: str, sign: str) -> int:
    return body.count("\n", 0, body.index(sign))

"""The slips that Chinese editors make most often in YAML, recognised line by line.

A YAML parser notices most of them one line late and in words that help nobody; here each has its own name and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_KEY = r"^ *(?:- *)?[A-Za-z_]+"
_INNER_KEY = r"[{,] *[A-Za-z_]+"


class Mistake(NamedTuple):
    """A slip found in a line: the line's row, from 0, what is wrong and what to do."""

    row: int
    what: str
    remedy: str


_MISTAKES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), what, remedy)
    for pattern, what, remedy in (
        (r"^[ \u3000]*\t", "行首用了制表符（Tab）", "删掉制表符，缩进改用半角空格"),
        (r"^ *\u3000", "行首用了全角空格", "删掉全角空格，缩进改用半角空格"),
        (rf"{_KEY}\s*：", "字段名后面是全角冒号“：”", "换成英文冒号，后面空一格，如 title: 标题"),
        (rf"{_INNER_KEY}\s*：", "花括号里用了全角冒号“：”", "换成英文冒号，后面空一格，如 {id: s1}"),
        (rf"{_KEY}:(?=[^ /])", "冒号后面没有空格", "冒号后面空一格（半角），如 title: 标题"),
        (rf"{_INNER_KEY}:(?=[^ /])", "花括号里的冒号后面没有空格", "冒号后面空一格（半角），如 {id: s1}"),
        (r"^ *-[A-Za-z_]+:", "减号后面没有空格", "减号后面空一格，如 - facet: fee"),
        (r": +[［｛]", "用了全角括号", "换成英文的 [ ] 或 { }"),
        (r": +[“‘「].*:( |$)", "中文引号包不住里面的英文冒号", '整段外面换成英文引号 "…"，或把里面的冒号换成中文冒号'),
        (
            rf"{_KEY}: +[^\"'\[{{|>&*!%@`\s].*?: ",
            "一行里有两个英文冒号",
            '文字里的冒号换成中文冒号“：”，或给整段文字加英文引号 "…"',
        ),
        (r"，\s*[A-Za-z_]+: ", "花括号里用了全角逗号“，”", "换成英文逗号，后面空一格，如 {id: s1, clause: 第二条}"),
        (
            r"[{,] *[A-Za-z_]+: [^,{}\[\]\"']*: ",
            "花括号的一项里有两个英文冒号",
            '文字里的冒号换成中文冒号“：”，或给整段文字加英文引号 "…"',
        ),
        (r": +[@`%*&!]", "文字以特殊符号开头", '给整段文字加英文引号 "…"，或去掉开头的符号'),
        (r": +\"[^\"]*\" *[^\s,\]}#]", "英文引号后面还有文字", "里面的引号换成中文引号“”，英文引号只在最外面用一对"),
        (r": +'[^']*' *[^\s,\]}#]", "英文引号后面还有文字", "里面的引号换成中文引号“”，英文引号只在最外面用一对"),
    )
)


def find_mistake(lines: Sequence[str], row: int) -> Mistake | None:
    """The slip that best explains an error reported at `lines[row]`: on that line, or shortly before it.

    If there is none, the first line until there with a quotation mark that has no fellow: its text went on unnoticed.
    """
    looked = 0
    for number in range(min(row, len(lines) - 1), -1, -1):
        line = lines[number]
        if not line.strip(" \n") or line.lstrip().startswith("#"):
            continue
        for pattern, what, remedy in _MISTAKES:
            if pattern.search(line):
                return Mistake(number, what, remedy)
        looked += 1
        if looked == 3:
            break
    alone = next((number for number, line in enumerate(lines[: row + 1]) if line.count('"') % 2), None)
    return None if alone is None else Mistake(alone, "引号没有成对", "一段文字的前面和后面各写一个英文引号")

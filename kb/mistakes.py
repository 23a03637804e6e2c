"""The slips that Chinese editors make most often, recognised line by line.

A YAML parser notices most of them one line late and in words that help nobody, and Markdown shows visitors what it does
not understand; here each has its own name and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kb.fences import outside_code, without_inline_code

_KEY = r"^ *(?:- *)?[A-Za-z_]+"
_INNER_KEY = r"[{,] *[A-Za-z_]+"


class Mistake(NamedTuple):
    """A slip found in a line: the line's row, from 0, what is wrong and what to do.

    `mended` is the line as it was meant, empty where that cannot be told, and None where the line may be right.
    """

    row: int
    what: str
    remedy: str
    mended: str | None = None


MERGED = "两个人的改动没有合并好，留下了这一行记号", "两份写法留下对的一份，再删掉这一行"
"""What is said of a mark between two versions of a passage, left when only the marks around them were deleted; and the remedy."""


class _Slip(NamedTuple):
    """How a slip looks, what it is, the remedy; and what to replace by what in it, where mending it is as simple as that."""

    pattern: re.Pattern[str]
    what: str
    remedy: str
    old: str = ""
    new: str = ""

    def mended(self, line: str) -> str:
        """The line as it was meant; empty where that cannot be told."""
        return self.pattern.sub(lambda found: found[0].replace(self.old, self.new, 1), line) if self.old else ""


_MISTAKES = tuple(
    _Slip(re.compile(pattern), *said)
    for pattern, *said in (
        (r"^[ \u3000]*\t", "行首用了制表符（Tab）", "删掉制表符，缩进改用半角空格"),
        (r"^ *\u3000", "行首用了全角空格", "删掉全角空格，缩进改用半角空格"),
        (rf"{_KEY}\s*：", "字段名后面是全角冒号“：”", "换成英文冒号，后面空一格，如 title: 标题", "：", ": "),
        (rf"{_INNER_KEY}\s*：", "花括号里用了全角冒号“：”", "换成英文冒号，后面空一格，如 {id: s1}", "：", ": "),
        (rf"{_KEY}: *\t", "冒号后面是制表符（Tab）", "换成半角空格，如 title: 标题", "\t", " "),
        (rf"{_KEY}:\u3000", "冒号后面是全角空格", "换成半角空格，如 title: 标题", "\u3000", " "),
        (rf"{_INNER_KEY}:\u3000", "花括号里的冒号后面是全角空格", "换成半角空格，如 {id: s1}", "\u3000", " "),
        (rf"{_KEY}:(?=[^ /])", "冒号后面没有空格", "冒号后面空一格（半角），如 title: 标题", ":", ": "),
        (rf"{_INNER_KEY}:(?=[^ /])", "花括号里的冒号后面没有空格", "冒号后面空一格（半角），如 {id: s1}", ":", ": "),
        (r"^ *-[A-Za-z_]+:", "减号后面没有空格", "减号后面空一格，如 - facet: fee", "-", "- "),
        (r": +[［｛]", "用了全角括号", "换成英文的 [ ] 或 { }"),
        (
            r"^ *[A-Za-z_]+: +- +[A-Za-z_]+:",
            "列表的“- ”要另起一行",
            "冒号后面换行，下一行先空两格再写“- ”，如“  - facet: fee”",
        ),
        (rf"{_KEY}: +- ", "文字以减号开头", '给整段文字加英文引号 "…"，或去掉开头的减号；列表要另起一行'),
        (rf"{_KEY}: +\[[^\[\]]*\] *[^\s#]", "文字以方括号开头", '给整段文字加英文引号 "…"，或换成中文括号'),
        (r": +[“‘「].*:( |$)", "中文引号包不住里面的英文冒号", '整段外面换成英文引号 "…"，或把里面的冒号换成中文冒号'),
        (
            rf"{_KEY}: +[^\"'\[{{|>&*!%@`\s].*?: ",
            "一行里有两个英文冒号",
            '文字里的冒号换成中文冒号“：”，或给整段文字加英文引号 "…"',
        ),
        (
            r"[{,] *[A-Za-z_]+: [^,{}\[\]\"':]* [A-Za-z_]+: ",
            "花括号里两项之间少了英文逗号",
            "两项之间写英文逗号，后面空一格，如 {from: 2026-01-01, to: null}",
        ),
        (
            r"，\s*[A-Za-z_]+: ",
            "花括号里用了全角逗号“，”",
            "换成英文逗号，后面空一格，如 {id: s1, clause: 第二条}",
            "，",
            ", ",
        ),
        (
            r"[{,] *[A-Za-z_]+: [^,{}\[\]\"']*: ",
            "花括号的一项里有两个英文冒号",
            '文字里的冒号换成中文冒号“：”，或给整段文字加英文引号 "…"',
        ),
        (r": +(?:[@`%*&!]|[>|] *[^\s>|0-9+-])", "文字以特殊符号开头", '给整段文字加英文引号 "…"，或去掉开头的符号'),
        (r"^={7}$", *MERGED),
        (r": +\"[^\"]*\" *[^\s,\]}#]", "英文引号后面还有文字", "里面的引号换成中文引号“”，英文引号只在最外面用一对"),
        (r": +'[^']*' *[^\s,\]}#]", "英文引号后面还有文字", "里面的引号换成中文引号“”，英文引号只在最外面用一对"),
        (
            r"\[[^\[\]\"'#]* #[^\[\]]*\] *$",
            "空格加 # 后面的都被当作注释，方括号就没有合上",
            '给有 # 的那一项加英文引号 "…"，或删掉 # 前面的空格',
            " #",
            "#",
        ),
        (r"\S\t\s*(?:#.*)?$", "行末有制表符（Tab）", "删掉行末的制表符", "\t", " "),
        (
            r"\S\t",
            "文字里有制表符（Tab），多半是从表格里复制来的",
            "换成半角空格；表格的几行写成 - {of: 甲, value: 5 分}，一行一项",
            "\t",
            " ",
        ),
    )
)

_TARGET = r"(?:https?://|mailto:|tel:|/|\.{1,2}/|#[a-z])"
_BOX = '写成 !!! warning "注意"，感叹号和引号都用英文的，下一行缩进 4 格'
_NO_BOX = "没有这种提示框", '可以写：note、tip、warning、danger，如 !!! warning "注意"'
_IN_BODY = tuple(
    _Slip(re.compile(pattern), *said)
    for pattern, *said in (
        (
            rf"(?<!\])\[[^\[\]]*\][ \u3000]*(?:（\s*{_TARGET}|\(\s*{_TARGET}[^()（）\s]*）)",
            "链接的地址外面是全角括号，不会成为链接",
            "换成英文括号，如 [文字](地址)",
        ),
        (
            rf"［[^［］]*］\s*[（(]\s*{_TARGET}",
            "链接的文字外面是全角括号，不会成为链接",
            "换成英文括号，如 [文字](地址)",
        ),
        (r"^ {0,3}＃+", "标题开头是全角的 ＃，不会成为标题", "换成英文的 #，后面空一格"),
        (r"^(?! {4})[ \u3000]+##", "标题前面有空格，不会成为标题", "删掉行首的空格"),
        (r"^ {0,3}｜.*｜", "表格用了全角竖线，不会成为表格", "换成英文竖线 |"),
        (r"^ {0,3}(?=[!！]{0,2}！)[!！]{3}", "提示框开头有全角感叹号，不会成为提示框", _BOX),
        (r"^ {0,3}>? ?\[!(?i:note|tip|important|warning|caution)\]", "不会成为提示框，会原样显示", _BOX),
        (r"^ {0,3}\?\?\?\+? ?[A-Za-z]", "不会成为提示框，会原样显示", _BOX),
        (r"^(?!#).*\S \{:[^{}]*\} *$", "花括号里的记号会原样显示", "删掉花括号和里面的记号"),
        (
            r"^(?:##|#{4,6}) .*｛[#A-Za-z]",
            "标题里的花括号是全角的，会原样显示",
            "换成英文的 { }，前面空一格，如 {#weizhi}",
        ),
        (r"^ {1,3}!!!", "提示框前面有空格，不会成为提示框", "删掉行首的空格"),
        (r"^!!! ?[A-Za-z]+ *$", "提示框没有写标题，会显示一个英文单词", _BOX),
        (r"^!!! ?[\u3400-\u9fff]+ +[\"“]", *_NO_BOX),
        (r"^!!!(?! ?[A-Za-z]+ +\"[^\"]*\" *$)", "提示框的第一行没有写对，显示出来会不一样", _BOX),
        (r"^!!! ?(?!(?i:note|tip|warning|danger) )[A-Za-z]+ ", *_NO_BOX),
    )
)

_OF_LINKS = (
    _Slip(
        re.compile(r"(?<!!)\[\s*\]\((?!\s*\))"),
        "链接没有文字，看不见也点不到",
        "方括号里写上文字，如 [文字](地址)",
    ),
    _Slip(
        re.compile(rf"[(（][^()（）]+[)）]\[{_TARGET}[^\[\]]*\]"),
        "链接的圆括号和方括号写反了",
        "写成 [文字](地址)：文字在方括号里，地址在圆括号里",
    ),
)


_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})[^`~]*$")
"""How a block of code begins; outside of such blocks it is one that never ends."""


def mistakes_in_body(body: str) -> Iterator[Mistake]:
    """What Markdown would not show as it was meant: each line's first slip, fenced and inline code left out."""
    begun = False
    lines = dict(outside_code(body))
    for row, line in lines.items():
        said = without_inline_code(line)
        found = next((each for each in (*_IN_BODY, *_OF_LINKS) if each.pattern.search(said)), None)
        if found:
            yield Mistake(row, found.what, found.remedy)
        elif _FENCE.match(line):
            yield Mistake(row, "代码块没有结束，会原样显示", "在代码后面另起一行写 ```，或删掉这一行")
        elif begun and line.strip() and not line.expandtabs(4).startswith("    "):
            yield Mistake(row, "提示框里的文字没有缩进，会排到提示框外面", _BOX)
        elif re.fullmatch("-+ *", line) and _is_first(lines, row - 1):
            what = "减号紧挨着上一行的文字，会把它变成标题"
            yield Mistake(row, what, "要标题就写成 ## 标题；要分隔线就在前面空一行")
        if line.strip():
            begun = line.startswith("!!!") and not found
    yield from _flattened(lines)
    yield from _tabbed(lines)


_LISTED = re.compile(r"( *)(?:([-*+])|[0-9]+\.) +\S")


def _flattened(lines: Mapping[int, str]) -> Iterator[Mistake]:
    """Items of a list within a list of the same kind that are not indented enough: they become items of the outer one."""
    above, kind = 0, None  # of the item above: its indent, and whether it is numbered
    for row, line in lines.items():
        item = _LISTED.match(line.expandtabs(4))
        if not item:
            kind = kind if not line.strip() or line.startswith((" ", "\t")) else None
            continue
        indent, numbered = len(item[1]), item[2] is None
        if kind == numbered and above < indent and indent // 4 == above // 4:
            yield Mistake(row, "下一级的列表缩进不够，会和上一级排在一起", "下一级缩进 4 格，再下一级 8 格")
        above, kind = indent, numbered


def _tabbed(lines: Mapping[int, str]) -> Iterator[Mistake]:
    """Rows whose cells are parted by tabs, as they come from a spreadsheet: told of the first where there are two or more."""
    told = False
    for row in lines:
        is_row = [bool(re.search(r"\S\t+\S", lines.get(place, ""))) for place in (row, row + 1)]
        if all(is_row) and not told:
            remedy = "每行写成 | 甲 | 乙 |，表头下面加一行 |---|---|"
            yield Mistake(row, "用制表符（Tab）隔开的几行会连成一行，不会成为表格", remedy)
        told = is_row[0]


def _is_first(lines: Mapping[int, str], row: int) -> bool:
    """Whether a line is text with which a block begins: below a blank one, a heading or a rule."""
    line, before = lines.get(row, ""), lines.get(row - 1, "").strip(" \t-=*_")
    return bool(line.strip()) and not line.startswith(("#", "    ")) and before[:1] in ("", "#")


def find_mistake(lines: Sequence[str], row: int, quoted: bool = False) -> Mistake | None:
    """The slip that best explains an error reported at `lines[row]`: on that line, or shortly before it.

    If there is none, and the error may come of something `quoted`, the first line until there with a quotation mark
    that has no fellow: its text went on unnoticed.
    """
    looked = 0
    for number in range(min(row, len(lines) - 1), -1, -1):
        line = lines[number]
        if not line.strip(" \n") or line.lstrip().startswith("#"):
            continue
        for slip in _MISTAKES:
            if slip.pattern.search(line):
                return Mistake(number, slip.what, slip.remedy, slip.mended(line))
        looked += 1
        if looked == 3:
            break
    if found := _stray(lines, row) or _first_dashless(lines, row) or _dashless(lines, row) or _uneven(lines, row):
        return found
    if not quoted:
        return None
    alone = next((number for number, line in enumerate(lines[: row + 1]) if _is_unpaired(line)), None)
    return None if alone is None else Mistake(alone, "引号没有成对", "一段文字的前面和后面各写一个英文引号", "")


def _stray(lines: Sequence[str], row: int) -> Mistake | None:
    """The end of a text that went on in the line below without being indented: what begins with a Han character is no field."""
    above = re.match(r"( *(?:- +)?)[A-Za-z_]+: +[^\s\"'\[{|>]", lines[row - 1]) if 0 < row < len(lines) else None
    found = re.match(r" *(?=[\u3400-\u9fff“《（])[^:]*$", lines[row]) if above else None
    if not (above and found) or len(lines[row]) - len(lines[row].lstrip()) > len(above[1]):
        return None
    indent = len(above[1]) + 2
    remedy = f"一段文字写在一行里，或这一行缩进 {indent} 格（行首 {indent} 个空格）"
    return Mistake(row, "这一行像是上一行没写完的文字，却没有缩进", remedy, f"{' ' * indent}{lines[row].lstrip()}")


def _first_dashless(lines: Sequence[str], row: int) -> Mistake | None:
    """The only item of a list, whose first line has no dash, so that its others seem not to be in their places."""
    above, begun, here = lines[row - 2 : row + 1] if 1 < row < len(lines) else ("", "", "")
    found = re.match(r"( *)([A-Za-z_]+): +\S", begun)
    if not found or not re.match(" *(?:facts|sources|items|steps|values|statements|parts): *$", above):
        return None
    if not re.match(f"{found[1]}  [A-Za-z_]+:", here):
        return None
    mended = f"{found[1]}- {begun.lstrip()}"
    return Mistake(row - 1, f"{found[2]} 前面少了“- ”", f"写成 - {found[2]}: …", mended)


def _dashless(lines: Sequence[str], row: int) -> Mistake | None:
    """A field that begins where the dashes of the items above it stand."""
    found = re.match(r"( *)([A-Za-z_]+): ", lines[row]) if row < len(lines) else None
    if not found:
        return None
    outer = re.compile(f" {{0,{len(found[1])}}}[^ ]")
    above = next((line for line in reversed(lines[:row]) if outer.match(line)), "")
    if not above.startswith(f"{found[1]}- "):
        return None
    mark = "- " if above.startswith(f"{found[1]}- {found[2]}:") else "  "
    what = f"字段 {found[2]} 和上面一项的“-”对齐了"
    remedy = "还是那一项的，行首再加 2 个空格；是新的一项，前面加“- ”"
    return Mistake(row, what, remedy, f"{found[1]}{mark}{lines[row].lstrip()}")


_FIELD = re.compile(r"( *(?:- +)*)([A-Za-z_]+):(?: +(.*))?$")
"""A field: what stands before its name, its name, what it says."""


def _uneven(lines: Sequence[str], row: int) -> Mistake | None:
    """A field that begins where none of the groups around it does: it is meant for the nearest of them."""
    found = _FIELD.match(lines[row]) if row < len(lines) else None
    if not found or "-" in found[1]:
        return None
    columns: list[int] = []
    for line in reversed(lines[:row]):
        above = _FIELD.match(line)
        if above and (not columns or len(above[1]) < columns[-1]):
            columns.append(len(above[1]))
            if len(columns) == 1 and not above[3]:
                return None  # what is below may be within it
    column = len(found[1])
    if not columns or column in columns:
        return None
    right = min(columns, key=lambda each: abs(each - column))
    what = f"{found[2]} 前面有 {column} 个空格，和同一组的字段没有对齐"
    return Mistake(row, what, f"行首改成 {right} 个空格", f"{' ' * right}{lines[row].lstrip()}")


def _is_unpaired(line: str) -> bool:
    return line.count('"') % 2 == 1 and not line.lstrip().startswith("#")

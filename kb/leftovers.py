"""What Markdown left as it was typed, or took for something else: read off the tree that python-markdown makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.blockprocessors import ReferenceProcessor
from markdown.extensions import Extension
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.tables import TableProcessor
from markdown.treeprocessors import Treeprocessor

from kb.errors import Level
from kb.mistakes import MERGED


class Leftover(NamedTuple):
    """A piece of a body that is not shown as it was meant: its text, by which its row is found; what is wrong, the remedy."""

    source: str
    what: str
    remedy: str
    level: Level = Level.warning

    def row(self, lines: Mapping[int, str]) -> int:
        """The row of its last line, from 0, among the lines of the body that are no fenced code; 0 if it is not there."""
        parts = self.source.split("\n")
        for row in lines:
            if all(part.strip() in lines.get(row + place, "") for place, part in enumerate(parts)):
                return row + len(parts) - 1
        return 0


class Leftovers(Extension):
    """Collects what is left of one body while it is rendered; of headings that may be questions the `braces` apart, since those hold more."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Leftover] = []
        self.braces: list[Leftover] = []

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  python-markdown's name
        """Look at the tables, at the blocks before anything is done to their text, and at the text that remains."""
        md.parser.blockprocessors.register(_Tables(md, self.found), "table", 75)
        md.parser.blockprocessors.register(_Definitions(md.parser), "reference", 15)
        md.treeprocessors.register(_Blocks(md, self.found), "wence-blocks", 90)
        md.treeprocessors.register(_Texts(md, self.found), "wence-texts", 10)
        md.treeprocessors.register(_Attributes(md, self.found, self.braces), "attr_list", 8)


ROW = re.compile("\x1a([0-9]+)\x1a")
"""The row of a heading, set behind its `#` while it is rendered: a control character, which no content may hold."""
_HEADING = re.compile(r"(?m)^(?:##|#[^|\n]*$)")
"""A heading below rows of a table; a row may begin with a number (#2 | 甲)."""


class _Tables(TableProcessor):
    """Makes tables, which a heading ends, and notes the rows that have more cells than the table, which are lost, or fewer.

    Columns are aligned by an attribute: the site's policy lets no element have a style of its own.
    """

    def __init__(self, md: Markdown, found: list[Leftover]) -> None:
        super().__init__(md.parser, {"use_align_attribute": True})
        self.found = found
        self._above = ""

    def run(self, parent: Element, blocks: list[str]) -> None:
        heading = _HEADING.search(blocks[0], blocks[0].index("\n") + 1)
        if heading:
            blocks[:1] = [blocks[0][: heading.start() - 1], blocks[0][heading.start() :]]
        super().run(parent, blocks)

    def _build_row(self, row: str, parent: Element, align: Sequence[str | None]) -> None:
        row = ROW.sub("", row)
        super()._build_row(row, parent, align)  # type: ignore[misc]  # neither is in the stubs
        above, self._above = self._above, "-" if parent.tag == "thead" else row  # below the head stands its rule
        cells, columns = len(self._split_row(row)), len(align)  # type: ignore[attr-defined]
        if re.fullmatch(r"(?=.*-{3})[\s|:-]+", row) and parent.tag == "tbody":
            what = "表格中间的这一行只有减号，会当作内容显示"
            self.found.append(
                Leftover(f"{above}\n{row}", what, "|---|---| 只写在表头下面，删掉这一行；是另一张表，前面空一行")
            )
        if cells > columns:
            what = f"表格的这一行有 {cells} 格，表头只有 {columns} 格，多出来的不会显示"
            self.found.append(Leftover(row, what, r"删掉多余的竖线，或给表头加一列；文字里的竖线写成 \|", Level.error))
        elif cells < columns:
            what = f"表格的这一行只有 {cells} 格，表头有 {columns} 格"
            self.found.append(Leftover(row, what, "补上缺的格子；不是表格的文字，前面空一行"))


class _Definitions(ReferenceProcessor):
    """Takes for the address of a link only what can be one: any other note in square brackets would not be shown."""

    RE = re.compile(
        r"^[ ]{0,3}\[([^\[\]]*)\]:[ ]*(?:\n[ ]*)?(<?(?:https?://|mailto:|tel:|/|\.{1,2}/|#)[^\s]+)[ ]*(?:\n[ ]*)?"
        r"(([\"'])(.*)\4[ ]*|\((.*)\)[ ]*)?$",
        re.MULTILINE,
    )


_ATTRIBUTE = re.compile(r"(?<!\S)(?:[#.]\S+|[A-Za-z][\w-]*=(?:\"[^\"]*\"|'[^']*'|\S*))|\s+", re.ASCII)


class _Attributes(AttrListTreeprocessor):
    """Notes what stands in braces and is none of the attributes for which it is taken: it is not shown."""

    def __init__(self, md: Markdown, found: list[Leftover], of_questions: list[Leftover]) -> None:
        super().__init__(md)
        self.found = found
        self.of_questions = of_questions

    def assign_attrs(self, elem: Element, attrs_string: str, *, strict: bool = False) -> str:
        """Make the attributes; what is returned stays as text."""
        left = super().assign_attrs(elem, attrs_string, strict=strict)
        taken = "" if strict and left else attrs_string.partition("}")[0]
        if _ATTRIBUTE.sub("", taken):
            what = f"花括号里的“{taken[:20]}”会当作记号，不会显示"
            remedy = "花括号换成中文括号（…）；要给标题起位置的名字，写成 {#weizhi}"
            found = self.of_questions if elem.tag == "h3" else self.found
            found.append(Leftover(f"{taken}}}", what, remedy, Level.error))
        return left


_ITEM = re.compile(r"[-*+•·●]\s+\S|[-•·●](?=[^\W\d_])|[（(]?[0-9０-９]{1,2}[、.．)）](?![0-9０-９])")
_NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]|[①-⑳㈠-㈩]|[－—–] ?(?=[^\W\d_])|\*(?=[^\W_])[^*]*$"
)
"""How lines begin that are items where there are two of them: one alone may be a sentence."""
_DIVIDER = re.compile(r"(?=.*\|)(?=.*[-—–―－])[\s|:：—–―－-]+")


class _Blocks(Treeprocessor):
    """Notes lists and tables that became paragraphs, and paragraphs that became code."""

    def __init__(self, md: Markdown, found: list[Leftover]) -> None:
        super().__init__(md)
        self.found = found

    def run(self, root: Element) -> None:
        tables = {child: len(before.findall("thead/tr/th")) for each in root.iter() for before, child in pairwise(each)}
        for element in root.iter():
            text = element.text or ""
            if element.tag == "pre":
                code = unescape("".join(element.itertext())).strip("\n").split("\n")[0]
                what = "行首有四个空格，这一段会当作代码显示"
                self.found.append(Leftover(code, what, "删掉行首的空格；代码写在两行 ``` 之间"))
            elif element.tag != "code" and text.strip():
                self.found += _in_paragraph(text.split("\n"), tables.get(element, 0))


_MERGE = "======="


def _in_paragraph(lines: list[str], columns: int) -> Iterator[Leftover]:
    """What became of a paragraph; of one that follows a table, that has `columns`."""
    if _MERGE in map(str.strip, lines):
        yield Leftover(_MERGE, *MERGED, Level.error)
    items = [place for place, line in enumerate(lines) if _ITEM.match(line.strip())]
    bars = [place for place, line in enumerate(lines) if _is_row(line)]
    numbered = [place for place, line in enumerate(lines) if _NUMBERED.match(line.strip())]
    items = items if items and items[-1] else numbered[:-1]
    if items:
        remedy = "列表前面空一行，每项写成“- 内容”或“1. 内容”，减号和点后面空一格；下一级缩进 4 格"
        yield Leftover(_around(lines, items[0]), "列表的各项会连成一行，不会成为列表", remedy, Level.error)
    elif bars:
        yield Leftover(
            _around(lines, bars[0]), "不会成为表格，竖线会原样显示", _mend_table(lines, columns), Level.error
        )


def _is_row(line: str) -> bool:
    return (line.strip().startswith("|") and line.count("|") > 1) or bool(_DIVIDER.fullmatch(line))


def _around(lines: list[str], place: int) -> str:
    return "\n".join(lines[max(0, place - 1) : place + 1])


def _mend_table(lines: list[str], columns: int) -> str:
    divider = next((place for place, line in enumerate(lines) if _DIVIDER.fullmatch(line)), None)
    if divider is None and columns == len(lines[0].strip().strip("|").split("|")):
        return "接着上面的表格：删掉中间的空行；是另一张表，就在表头下面加一行 |---|---|"
    if divider is None:
        return "表头下面加一行 |---|---|，列数和表头一样"
    if re.search("[：—–―－]", lines[divider]):
        return "表头下面的一行只用英文减号，写成 |---|---|"
    if divider > 1:
        return "表格前面空一行"
    return "表头下面的 |---|---|，列数要和表头一样"


_TARGET = r"(?:https?://|/|\.{1,2}/)"
_RAW = (
    (
        re.compile(rf"\[[^\[\]]*\](?:[ \u3000]+\({_TARGET}|\({_TARGET}(?![^\n]*\)))[^\n]*"),
        "链接没有写对，会原样显示",
        "写成 [文字](地址)：两对英文括号之间没有空格，后一个括号不要漏",
    ),
    (
        re.compile(r"\[(?!\d+\])[^\[\]\n]{1,80}\]\[[A-Za-z0-9_-]{1,20}\]"),
        "链接没有写地址，会原样显示",
        "写成 [文字](地址)",
    ),
    (re.compile(r"\*\*[^\n]{0,20}"), "两个星号没有成对，会原样显示", "加粗写成 **文字**，前后各两个星号"),
    (re.compile(r"＊＊[^\n]{0,20}"), "全角的星号不会加粗，会原样显示", "换成英文的 *"),
    (re.compile(r"~~[^~\n]+~~"), "波浪号不会变成删除线，会原样显示", "作废的字删掉，只留现在的"),
    (re.compile(r"==[^=\n]+=="), "等号不会变成荧光笔，会原样显示", "加粗写成 **文字**"),
    (re.compile(r"(?m)^\[[ xX]\] [^\n]{0,20}"), "方括号不会变成勾选框，会原样显示", "写成“- 内容”，去掉方括号"),
    (re.compile(r"\[\^[^\]\n]{1,20}\]"), "脚注会原样显示", "注释写在括号里，或另写一段"),
    (re.compile(r"\$[^$\n]{0,30}[\^_\\][^$\n]{0,30}\$"), "公式会原样显示", "写成文字，如 基数 × 2"),
    (re.compile(r"(?<![（(])https?://[^\s，。；、）)》”]{3,200}"), "网址不会成为链接，点不了", "写成 [文字](网址)"),
)


class _Texts(Treeprocessor):
    """Notes marks that are still there when everything that has a meaning was taken for it."""

    def __init__(self, md: Markdown, found: list[Leftover]) -> None:
        super().__init__(md)
        self.found = found

    def run(self, root: Element) -> None:
        # An error before a warning of the same line, of which one is told.
        self.found += (Leftover(formula, *_TIMES, Level.error) for formula in _formulas(root))
        linked = {anchor.get("href") for anchor in root.iter("a")}
        unused = (target for target, _ in self.md.references.values() if target not in linked)
        self.found += (Leftover(target, *_UNUSED, Level.error) for target in unused)
        self.found += (Leftover(starred, *_STARS) for starred in _starred(root))
        for text in _shown(root):
            for pattern, what, remedy in _RAW:
                self.found += [Leftover(found[0], what, remedy) for found in pattern.finditer(text)]


_UNUSED = "这个链接地址没有用到，这一行不会显示", "写成 [文字](地址)，或删掉这一行"
_TIMES = "星号会被当作斜体，不会显示", "乘号写成 ×，如 基数 × 50% × 12"
_STARS = "两个星号之间的字会变成斜体，星号不会显示", r"要显示星号，写成 \*"
_DIGIT = re.compile("[0-9%％]")


def _formulas(root: Element) -> Iterator[str]:
    """Multiplications (5*3*2) whose stars were taken for emphasis: between two digits, or in what an equals sign begins."""
    for before, inside, after in _emphases(root):
        sides = (before[-1:] + inside[:1], inside[-1:] + after[:1])
        counted = any(len(side) == 2 and all(map(_DIGIT.match, side)) for side in sides)
        if counted or (re.search("[=＝]", before.rpartition("\n")[2]) and _is_joined(sides)):
            yield f"{before[-1:]}*{inside}*{after[:1]}"


def _starred(root: Element) -> Iterator[str]:
    """Stars that mark something (带*的必填，没有*的不填) and were taken for emphasis: within words, with a mark between them."""
    for before, inside, after in _emphases(root):
        if re.search("[，。；：、]", inside) and _is_joined((before[-1:] + inside[:1], inside[-1:] + after[:1])):
            yield f"{before[-1:]}*{inside}*{after[:1]}"


def _emphases(root: Element) -> Iterator[tuple[str, str, str]]:
    """The text before, in and after each emphasis."""
    for parent in root.iter():
        before = parent.text or ""
        for child in parent:
            inside, after = "".join(child.itertext()), child.tail or ""
            if child.tag == "em" and inside:
                yield before, inside, after
            before = after


def _is_joined(sides: tuple[str, str]) -> bool:
    """Whether stars stand between letters, digits or Han characters, without a blank or a mark."""
    return all(re.fullmatch(r"[\w%％)）]{2}", side) for side in sides)


def _shown(element: Element) -> Iterator[str]:
    """The texts below an element, in order, but for code."""
    if element.tag not in ("code", "pre"):
        yield element.text or ""
        for child in element:
            yield from _shown(child)
            yield child.tail or ""

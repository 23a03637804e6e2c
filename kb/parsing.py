"""From YAML to plain data with line numbers, and, where it cannot be read, every slip that keeps it from being."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser

from kb.errors import Problem
from kb.mistakes import Mistake, find_mistake

MAX_DEPTH = 12
MAX_NODES = 20_000
MAX_SLIPS, MAX_READ = 20, 200_000
"""Slips told at once; characters that are read to find them."""
_COMMENT = re.compile(" +#")
_BEYOND = re.compile(r"\\U(?!000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})[0-9a-fA-F]{8}")
"""An escape for no character: Unicode ends at 10FFFF."""
_HAN = re.compile("[\u3400-\u9fff]")

Where = tuple[str | int, ...]
"""A place in YAML data: ("facts", 0, "source", "id")."""


@dataclass(frozen=True)
class Located:
    """YAML data together with the line on which each key or list item stands.

    `cut` are the lines on which a text ends at a `#`: what follows counts as a comment, which may not be meant. `bare` are
    the places of keys in braces behind which there is no colon: most likely texts in which a comma stands.
    """

    data: Any
    lines: Mapping[Where, int] = field(default_factory=dict)
    cut: tuple[int, ...] = ()
    bare: frozenset[Where] = frozenset()

    def line(self, where: Where) -> int:
        """The line of a place, or of its nearest known parent."""
        for end in range(len(where), -1, -1):
            if where[:end] in self.lines:
                return self.lines[where[:end]]
        return 1

    def leaves(self) -> Iterator[tuple[object, int]]:
        """Every scalar with its line."""

        def walk(data: object, where: Where) -> Iterator[tuple[object, int]]:
            if isinstance(data, dict):
                for key, value in data.items():
                    yield from walk(value, (*where, key))
            elif isinstance(data, list):
                for index, value in enumerate(data):
                    yield from walk(value, (*where, index))
            else:
                yield data, self.line(where)

        return walk(self.data, ())


class Unreadable(Exception):
    """A file that cannot be used at all; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse_yaml(text: str, path: str, first_line: int = 1) -> Located:
    """Parse YAML 1.2 into plain data: maps, lists, strings, numbers, booleans, null; dates stay strings.

    Anchors, tags, duplicate keys and deep nesting are refused: editors do not need them and they can be abused.
    Raises Unreadable, with the line counted from `first_line`.
    """
    node = _compose(text, path, first_line)
    lines: dict[Where, int] = {(): first_line}
    if node is None:
        return Located({}, lines)
    cut = sorted({mark.line + first_line for mark in _ends(node) if _COMMENT.match(text, mark.index)})
    data = _construct(node, (), lines, path, first_line)
    return Located(data, lines, tuple(cut), frozenset(_bare(node, (), text)))


def _ends(node: Node) -> Iterator[StreamMark]:
    """Where texts that stand without quotation marks end: values with at least one Han character."""
    if isinstance(node, ScalarNode):
        if node.style is None and _HAN.search(str(node.value)):
            yield node.end_mark
        return
    for child in node.value:
        yield from _ends(child[1] if isinstance(node, MappingNode) else child)


def _bare(node: Node, where: Where, text: str) -> Iterator[Where]:
    """The places of keys without a colon, which YAML allows in braces."""
    if isinstance(node, SequenceNode):
        for index, child in enumerate(node.value):
            yield from _bare(child, (*where, index), text)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            place = (*where, str(key.value))
            if node.flow_style and ":" not in text[key.end_mark.index : value.start_mark.index]:
                yield place
            yield from _bare(value, place, text)


class _Refused(Exception):
    """YAML that is no mapping by a slip, or that editors do not need and that can be abused; carries the mistake."""

    def __init__(self, row: int, what: str, remedy: str, mended: str | None = "") -> None:
        super().__init__(what)
        self.mistake = Mistake(row, what, remedy, mended)


_QUOTE = '给整段文字加英文引号 "…"'


class _Watched(Parser):
    """Looks at each event that the composer takes: what is refused is so before anything deep or large is built."""

    def __init__(self, loader: YAML) -> None:
        super().__init__(loader)
        self._depth = self._nodes = 0

    def get_event(self) -> Event:
        """The next event. Raises _Refused."""
        event: Event = super().get_event()
        line = event.start_mark.line
        self._nodes += isinstance(event, NodeEvent)
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if self._depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise _Refused(line, "内容嵌套太深或太多", "拆成几个条目；括号检查是否成对", mended=None)
        if isinstance(event, AliasEvent):
            raise _Refused(line, "文字以星号 * 开头", f"去掉星号：文件头里不能加粗；星号要显示的，{_QUOTE}")
        if isinstance(event, NodeEvent) and event.anchor:
            raise _Refused(line, "文字以 & 开头", f"去掉 &；要显示的，{_QUOTE}")
        if getattr(event, "tag", None):
            raise _Refused(line, "文字以英文感叹号 ! 开头", f"去掉感叹号；要显示的，{_QUOTE}")
        return event


def _compose(text: str, path: str, first_line: int) -> Node | None:
    """The document as nodes that know their lines. Raises Unreadable."""
    try:
        return _nodes(text)
    except _ERRORS as error:
        raise Unreadable(_Fault.of(error, text).problem(path, first_line)) from error


def _nodes(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser = _Watched
    node: Node | None = yaml.compose(text)
    if isinstance(node, ScalarNode) and (mistake := find_mistake(text.split("\n"), node.start_mark.line)):
        raise _Refused(*mistake)
    if again := node and next(_repeated(node), None):
        raise _written_twice(*again, text.split("\n"))
    return node


def _repeated(node: Node) -> Iterator[tuple[ScalarNode, MappingNode]]:
    """The names of fields that their mapping has had already, each with the mapping."""
    if isinstance(node, ScalarNode):
        return
    names: set[str] = set()
    for child in node.value:
        if isinstance(node, MappingNode):
            key, child = child
            name = str(key.value)
            if isinstance(key, ScalarNode) and name.isprintable():
                if name in names:
                    yield key, node
                names.add(name)
        yield from _repeated(child)


def _written_twice(again: ScalarNode, node: MappingNode, lines: list[str]) -> _Refused:
    """What is wrong with a field that its mapping has twice.

    Where an item of a list begins with it, and it comes again below others, the dash of the next item is most likely lost.
    """
    row, column = again.start_mark.line, again.start_mark.column
    first, second = (key for key, _ in node.value[:2])
    begun = lines[first.start_mark.line][: first.start_mark.column]
    if begun.strip() == "-" and first.value == again.value and second is not again:
        what = f"字段 {again.value} 又写了一次：上面少了“- ”"
        return _Refused(row, what, f"新的一项以“- ”开头，如 - {again.value}: …", f"{begun}{lines[row][column:]}")
    renamed = f"{lines[row][:column]}_{lines[row][column:]}"
    return _Refused(row, f"字段 {again.value} 写了两次", "留下一个，删掉另一个", renamed)


_ERRORS = (_Refused, YAMLError, RecursionError, ValueError, OverflowError, AssertionError)
_BEGUN = ("while parsing a flow", "while scanning a quoted", "while scanning a simple key")
"""What the parser was in the middle of where the slip is at its beginning: a bracket or quote never closed, a field
without colon."""


@dataclass(frozen=True)
class _Fault:
    """What keeps YAML from being read, as an editor is told it.

    `plain` is that without a guess at the slip; `mark` tells where the parser stood (row, column), and what it met.
    """

    mistake: Mistake
    plain: Mistake
    mark: tuple[int, int, str] = (0, 0, "")

    @classmethod
    def of(cls, error: Exception, text: str) -> _Fault:
        if isinstance(error, _Refused):
            return cls(error.mistake, error.mistake, (error.mistake.row, 0, error.mistake.what))
        if not isinstance(error, MarkedYAMLError):
            beyond = _BEYOND.search(text)
            row = text.count("\n", 0, beyond.start()) if beyond else 0
            unknown = Mistake(row, "YAML 格式不对，有不能识别的字符", STRANGE[1] if beyond else _YAML_REMEDY)
            return cls(unknown, unknown)
        begun = error.context_mark and str(error.context).startswith(_BEGUN)
        mark = error.context_mark if begun else error.problem_mark or error.context_mark
        row, column = (mark.line, mark.column) if mark else (0, 0)
        hint, remedy = _yaml_hint(error)
        plain = Mistake(row, f"YAML 格式不对{hint}", remedy)
        quoted = "quoted" in str(error.context) or "<scalar>" in str(error.problem)
        return cls(find_mistake(text.split("\n"), row, quoted) or plain, plain, (row, column, str(error.problem)))

    @classmethod
    def in_text(cls, text: str) -> _Fault | None:
        try:
            _nodes(text)
        except _ERRORS as error:
            return cls.of(error, text)
        return None

    def is_made_by(self, mended: _Fault) -> bool:
        """Whether it was not there before a fault was mended: then what was taken for a slip was none."""
        if not mended.mistake.mended:
            return self.mark < mended.mark  # without the line the parser does not get as far as with it
        return self.mistake.mended is None and self.mark[0] <= mended.mistake.row

    def problem(self, path: str, first_line: int) -> Problem:
        return Problem(path, self.mistake.row + first_line, self.mistake.what, self.mistake.remedy)


def slips(text: str, path: str, first_line: int) -> tuple[Problem, ...]:
    """All that keeps YAML from being read, as far as it has a name: each found when those before it are mended.

    A line is told of only where it matters: with all others mended, what the parser meets is not the same without it.
    What has no name comes last, and where a line was left out it may come from that. At most MAX_SLIPS.
    """
    lines = text.split("\n")
    mended, found = list(lines), dict[int, _Fault]()
    fault = _Fault.in_text(text)
    for _ in range(min(MAX_SLIPS, MAX_READ // (2 * len(text) + 1))):
        if fault is None or fault.mistake.mended is None or fault.mistake.mended == mended[fault.mistake.row]:
            break
        row, before = fault.mistake.row, mended[fault.mistake.row]
        mended[row] = fault.mistake.mended
        behind = _Fault.in_text("\n".join(mended))
        if behind and behind.is_made_by(fault):
            mended[row] = before
            fault = replace(fault, mistake=fault.plain)
            break
        found.setdefault(row, fault)
        fault = behind
    told = [each for row, each in found.items() if _matters(row, lines[row], mended, fault)]
    certain = not (told and "" in (mended[row] for row in found))
    if fault and certain and fault.mistake.row not in {each.mistake.row for each in told}:
        told.append(fault)
    return tuple(sorted(each.problem(path, first_line) for each in told))[:MAX_SLIPS]


def _matters(row: int, line: str, mended: list[str], left: _Fault | None) -> bool:
    fault = _Fault.in_text("\n".join((*mended[:row], line, *mended[row + 1 :])))
    return (fault and fault.mark) != (left and left.mark)


_YAML_REMEDY = "检查这一行和上一行：冒号后要空一格，缩进只用空格，含冒号或 # 的文字加引号"

_YAML_HINTS = {
    "mapping values are not allowed": "（一行里有两个冒号，或缩进不齐）",
    "could not find expected ':'": "（缺少冒号）",
    "found character '\\t'": "（有制表符 Tab，多半是从表格里复制来的）",
    "cannot start any token": "（有不能放在开头的符号，如制表符、@ 或反引号）",
    "found unexpected end of stream": "（引号没有成对）",
    "but found ','": "（两个逗号之间没有内容，或开头多了一个逗号）",
    "expected ',' or ']'": "（方括号没有成对）",
    "expected ',' or '}'": "（花括号没有成对）",
    "expected <block end>": "（缩进不齐，或引号、括号后面还有文字）",
    "expected '<document start>'": "（有一行用 % 开头，或上面多了一行 ---）",
    "expected a single document": "（文件头中间多了一行 ---）",
}


_CLOSE = "每个左括号配一个英文的右括号，各项之间用英文逗号，最后的括号后面不写标点"
_YAML_REMEDIES = {
    "but found ','": "删掉多余的逗号",
    "expected ',' or ']'": _CLOSE,
    "expected ',' or '}'": _CLOSE,
}


def _yaml_hint(error: MarkedYAMLError) -> tuple[str, str]:
    """What the parser's words mean, and what to do."""
    said = f"{error.problem} {error.context}"
    hint = next((hint for start, hint in _YAML_HINTS.items() if start in said), "")
    return hint, next((remedy for start, remedy in _YAML_REMEDIES.items() if start in said), _YAML_REMEDY)


def _construct(node: Node, where: Where, lines: dict[Where, int], path: str, first_line: int) -> Any:
    line = node.start_mark.line + first_line
    if isinstance(node, ScalarNode):
        return _scalar(node, path, line)
    if isinstance(node, SequenceNode):
        items = []
        for index, child in enumerate(node.value):
            lines[(*where, index)] = child.start_mark.line + first_line
            items.append(_construct(child, (*where, index), lines, path, first_line))
        return items
    assert isinstance(node, MappingNode)  # noqa: S101  the composer makes no fourth kind
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + first_line
        if not isinstance(key_node, ScalarNode):
            raise Unreadable(Problem(path, key_line, "字段名不是文字", "字段名写成一个词，后面跟冒号"))
        key = str(key_node.value)
        if not key.isprintable():
            what = "字段名里或字段名前有全角空格之类看不见的字符"
            raise Unreadable(Problem(path, key_line, what, "把这个字段名重新打一遍，缩进用半角空格"))
        lines[(*where, key)] = key_line
        data[key] = _construct(value_node, (*where, key), lines, path, first_line)
    return data


STRANGE = "有不能识别的字符", "把反斜杠开头的写法换成文字本身"
"""What is said of characters that no content may hold, and the remedy."""


def _scalar(node: ScalarNode, path: str, line: int) -> Any:
    kind = str(node.tag).rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if re.search("[\ud800-\udfff]", text):
        raise Unreadable(Problem(path, line, *STRANGE))
    if kind == "int" and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
        return int(text)
    if kind in ("str", "timestamp", "float", "int"):
        return text
    raise Unreadable(Problem(path, line, "文字以英文感叹号 ! 开头", "去掉感叹号开头的那一段，只写文字"))

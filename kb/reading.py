"""From a file's bytes to plain data with line numbers. Every limit on size and nesting of content is here."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser

from kb.errors import ContentError, Problem
from kb.mistakes import Mistake, find_mistake

MAX_FILE_BYTES = 1_000_000
MAX_META = 100_000
"""Characters of front matter."""
ENTRY_FOLDERS = ("articles", "faqs")
MAX_FILES = 1_000_000
MAX_FOLDERS = 8
"""Folders within folders that are looked into; entries stand in the second."""
MAX_DEPTH = 12
MAX_NODES = 20_000
FENCE = "---"
FRONT_LINE = 2
"""The line on which front matter begins."""
MAX_SLIPS, SHORT_META = 20, 15_000
"""Slips told at once of front matter that cannot be read; characters of it up to which it is read twice for each."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_COMMENT = re.compile(" +#")
_NEARLY_FENCE = re.compile(r"\s*[-－–—─]{2,}\s*")
_HAN = re.compile("[\u3400-\u9fff]")
_INVISIBLE = str.maketrans({"\u00a0": " ", "\u200b": None, "\u2060": None, "\ufeff": None})
"""What comes along unseen when text is copied from a web page."""

Where = tuple[str | int, ...]
"""A place in YAML data: ("facts", 0, "source", "id")."""


@dataclass(frozen=True)
class Located:
    """YAML data together with the line on which each key or list item stands.

    `cut` are the lines on which a text ends at a `#`: what follows counts as a comment, which may not be meant.
    """

    data: Any
    lines: Mapping[Where, int] = field(default_factory=dict)
    cut: tuple[int, ...] = ()

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


@dataclass(frozen=True)
class RawFile:
    """A Markdown file, split: front matter with lines, body, and the line on which the body starts.

    Front matter that cannot be read is empty, and `problems` say why.
    """

    path: str
    meta: Located
    body: str
    body_line: int
    problems: tuple[Problem, ...] = ()


class Unreadable(Exception):
    """A file that cannot be used at all; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def content_files(root: Path) -> tuple[list[str], list[str]]:
    """The entry files of a content folder, relative, sorted, and what else stands there, so that an editor can be told.

    Hidden and backup files are passed over; the names of other files are made printable.
    """
    entries: list[str] = []
    others: list[str] = []
    for path in sorted(_files(root)):
        if path.endswith(".md") and path.isprintable():
            entries.append(path)
        else:
            others.append("".join(char if char.isprintable() else "?" for char in path))
    return entries, others


def without_controls(text: str) -> str:
    """A text without the control and direction characters that no content may hold; line feeds and tabs stay."""
    return _CONTROL.sub("", text)


def _files(root: Path) -> Iterator[str]:
    """Files and linked folders in the entry folders, and folders beside them, which editors may think are entry folders.

    Linked folders are not entered, nor those too deep, which count as files. Raises ContentError for a folder that cannot be
    read: its entries must not vanish unnoticed.
    """
    count = 0
    yield from (f"{place.name}/" for place in root.iterdir() if place.is_dir() and _is_strange(place.name))
    for folder in ENTRY_FOLDERS:
        for base, folders, names in os.walk(root / folder, onerror=_unreadable_folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            links = [name for name in folders if (Path(base) / name).is_symlink()]
            inside = Path(base).relative_to(root)
            place = inside.as_posix()
            if len(inside.parts) >= MAX_FOLDERS:
                links, folders[:] = list(folders), []
            count += len(names)
            if count > MAX_FILES:
                raise ContentError(f"{folder} 里的文件超过 {MAX_FILES} 个——移走不用的文件")
            for name in (*names, *links):
                if not _is_passed_over(name):
                    yield f"{place}/{name}"


def _is_strange(folder: str) -> bool:
    return folder not in (*ENTRY_FOLDERS, "lexicon") and not _is_passed_over(folder)


def _is_passed_over(name: str) -> bool:
    """Hidden files and those that editing programs leave behind."""
    return name.startswith((".", "~", "#"))


def _unreadable_folder(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise ContentError(f"文件夹 {error.filename} 读不出来（{error.strerror}）——检查权限和链接") from error


def read_text(root: Path, path: str) -> str:
    """The text of a content file. Raises Unreadable for links out of the folder, size, encoding, control characters.

    Line ends become one line feed; spaces and marks of no width that nobody can see are normalised.
    """
    full = root / path
    try:
        if not full.resolve(strict=True).is_relative_to(root.resolve()):
            raise Unreadable(
                Problem(path, 1, "这是一个指向内容文件夹之外的链接", "把文件本身放进内容文件夹，不要用链接")
            )
        raw = _bytes_of(full, path)
    except (OSError, RuntimeError) as error:
        what = "文件读不出来，可能已被移走、没有权限，或是一个失效的链接"
        raise Unreadable(Problem(path, 1, what, "检查文件是否存在、权限是否正确")) from error
    text = _decode(raw, path).translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        what = f"这一行有看不见的控制字符（U+{ord(found[0]):04X}）"
        raise Unreadable(Problem(path, line, what, "把这一行删掉重新打一遍，不要直接粘贴"))
    return text


def _bytes_of(full: Path, path: str) -> bytes:
    """The bytes of an ordinary file, looked at and read through one handle: it may change under our hands."""
    # Opening a pipe that nobody writes to would wait for ever without O_NONBLOCK.
    with open(os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
        known = os.fstat(file.fileno())
        if not stat.S_ISREG(known.st_mode):
            raise Unreadable(Problem(path, 1, "这不是普通文件", "换成普通的文本文件"))
        raw = file.read(MAX_FILE_BYTES + 1) if known.st_size <= MAX_FILE_BYTES else b""
    size = max(known.st_size, len(raw))
    if size > MAX_FILE_BYTES:
        what = f"文件太大（{size / 1_000_000:.1f} MB，上限 {MAX_FILE_BYTES / 1_000_000:.0f} MB）"
        raise Unreadable(Problem(path, 1, what, "拆成几个条目，图片等不要嵌在正文里"))
    return raw


def _decode(raw: bytes, path: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(Problem(path, 1, "文件是 UTF-16 编码（记事本里叫 Unicode），不是 UTF-8", _SAVE_AS))
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise Unreadable(Problem(path, line, "这不是文本文件（含有空字节）", "换成 UTF-8 编码的 Markdown 文本"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = "文件不是 UTF-8 编码"
        if _is_gbk(raw):
            what = "文件是 GBK 编码（记事本里叫 ANSI），不是 UTF-8 编码"
        raise Unreadable(Problem(path, line, what, _SAVE_AS)) from error


_SAVE_AS = "在编辑器里选“另存为”，编码选 UTF-8"


def _is_gbk(raw: bytes) -> bool:
    try:
        return bool(re.search(r"[\u4e00-\u9fff]", raw.decode("gbk")))
    except UnicodeDecodeError:
        return False


def read_markdown(root: Path, path: str) -> RawFile:
    """Read and split an entry file. Raises Unreadable where it cannot be split."""
    text = read_text(root, path)
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise Unreadable(Problem(path, 1, "文件开头没有 ---", "第一行写 ---，接着写标题、主题等，再用一行 --- 结束"))
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == FENCE:
            front = "\n".join(lines[1 : number - 1])
            if len(front) > MAX_META:
                raise Unreadable(
                    Problem(path, 1, f"文件头太长（上限 {MAX_META} 字）", "拆成几个条目，长的文字放到正文里")
                )
            body = "\n".join(lines[number:])
            try:
                meta = _without_controls(parse_yaml(front, path, FRONT_LINE), path)
            except Unreadable as error:
                slips = _slips(front, path) if len(front) <= SHORT_META else ()
                return RawFile(path, Located({}), body, number + 1, slips or (error.problem,))
            return RawFile(path, meta, body, number + 1)
    for number, line in enumerate(lines[1:], start=2):
        if _NEARLY_FENCE.fullmatch(line):
            raise Unreadable(Problem(path, number, f"文件头的结束写成了 {line.strip()[:20]}", "改成三个英文减号 ---"))
    raise Unreadable(Problem(path, 1, "文件头没有结束", "在文件头的最后另起一行写 ---"))


def read_yaml(root: Path, path: str) -> Located:
    """Read a YAML file. Raises Unreadable."""
    return _without_controls(parse_yaml(read_text(root, path), path), path)


def _without_controls(located: Located, path: str) -> Located:
    """Raises Unreadable for control characters, which can be written as escapes too."""
    for value, line in located.leaves():
        if isinstance(value, str) and _CONTROL.search(value):
            raise Unreadable(Problem(path, line, _STRANGE, _STRANGE_REMEDY))
    return located


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
    return Located(_construct(node, (), lines, path, first_line), lines, tuple(cut))


def _ends(node: Node) -> Iterator[StreamMark]:
    """Where texts that stand without quotation marks end: values with at least one Han character."""
    if isinstance(node, ScalarNode):
        if node.style is None and _HAN.search(str(node.value)):
            yield node.end_mark
        return
    for child in node.value:
        yield from _ends(child[1] if isinstance(node, MappingNode) else child)


class _Refused(Exception):
    """YAML that is no mapping by a slip, or that editors do not need and that can be abused; carries the mistake."""

    def __init__(self, row: int, what: str, remedy: str, mended: str | None = "") -> None:
        super().__init__(what)
        self.mistake = Mistake(row, what, remedy, mended)


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
            raise _Refused(line, "内容嵌套太深或太多", "拆成几个条目；括号检查是否成对")
        if isinstance(event, AliasEvent):
            raise _Refused(line, "用了 YAML 的引用（*名字）", "把内容直接写出来；星号开头的文字加英文引号")
        if isinstance(event, NodeEvent) and event.anchor:
            raise _Refused(line, "用了 YAML 的锚点（&名字）", "把 & 记号删掉；& 开头的文字加英文引号")
        if tag := getattr(event, "tag", None):
            what = f"用了 YAML 的标签（{str(tag)[:40]}）"
            raise _Refused(line, what, "删掉感叹号开头的标签；感叹号开头的文字加英文引号")
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
    return node


_ERRORS = (_Refused, YAMLError, RecursionError, ValueError, AssertionError)


_BEGUN = ("while parsing a flow", "while scanning a quoted", "while scanning a simple key")
"""What the parser was in the middle of where the slip is at its beginning: a bracket or quote never closed, a field without colon."""


@dataclass(frozen=True)
class _Fault:
    """What keeps YAML from being read, as an editor is told it; `mark` tells what the parser met, and where."""

    mistake: Mistake
    mark: tuple[int, int, str] = (0, 0, "")

    @classmethod
    def of(cls, error: Exception, text: str) -> _Fault:
        if isinstance(error, _Refused):
            return cls(error.mistake, (error.mistake.row, 0, error.mistake.what))
        if not isinstance(error, MarkedYAMLError):
            return cls(Mistake(0, "YAML 格式不对，有不能识别的字符", _YAML_REMEDY))
        mark = error.problem_mark or error.context_mark
        met = (mark.line, mark.column, str(error.problem)) if mark else (0, 0, str(error.problem))
        if error.context_mark and str(error.context).startswith(_BEGUN):
            mark = error.context_mark
        row = mark.line if mark else 0
        slip = find_mistake(text.split("\n"), row)
        # A quotation mark far above has nothing to do with a colon that is missing.
        if slip and (slip.mended is not None or "simple key" not in str(error.context)):
            return cls(slip, met)
        hint, remedy = _yaml_hint(error)
        return cls(Mistake(row, f"YAML 格式不对{hint}", remedy), met)

    @classmethod
    def in_text(cls, text: str) -> _Fault | None:
        try:
            _nodes(text)
        except _ERRORS as error:
            return cls.of(error, text)
        return None

    def problem(self, path: str, first_line: int) -> Problem:
        return Problem(path, self.mistake.row + first_line, self.mistake.what, self.mistake.remedy)


def _slips(front: str, path: str) -> tuple[Problem, ...]:
    """All that keeps front matter from being read, as far as it has a name: each found when those before it are mended.

    A line is told of only where it matters: with all others mended, what the parser meets is not the same without it.
    What has no name comes last, and where a line was left out it may come from that.
    """
    lines = front.split("\n")
    mended, found = list(lines), dict[int, _Fault]()
    fault = _Fault.in_text(front)
    for _ in range(MAX_SLIPS):
        if fault is None or fault.mistake.mended in (None, mended[fault.mistake.row]):
            break
        found.setdefault(fault.mistake.row, fault)
        mended[fault.mistake.row] = str(fault.mistake.mended)
        fault = _Fault.in_text("\n".join(mended))
    told = [each for row, each in found.items() if _matters(row, lines[row], mended, fault)]
    certain = not (told and "" in (mended[row] for row in found))
    if fault and certain and fault.mistake.row not in {each.mistake.row for each in told}:
        told.append(fault)
    return tuple(sorted(each.problem(path, FRONT_LINE) for each in told))


def _matters(row: int, line: str, mended: list[str], left: _Fault | None) -> bool:
    fault = _Fault.in_text("\n".join((*mended[:row], line, *mended[row + 1 :])))
    return (fault and fault.mark) != (left and left.mark)


_YAML_REMEDY = "检查这一行和上一行：冒号后要空一格，缩进只用空格，含冒号或 # 的文字加引号"

_YAML_HINTS = {
    "mapping values are not allowed": "（一行里有两个冒号，或缩进不齐）",
    "could not find expected ':'": "（缺少冒号）",
    "found character '\\t'": "（缩进用了制表符）",
    "cannot start any token": "（有不能放在开头的符号，如制表符、@ 或反引号）",
    "found unexpected end of stream": "（引号没有成对）",
    "expected ',' or ']'": "（方括号没有成对）",
    "expected ',' or '}'": "（花括号没有成对）",
    "expected <block end>": "（缩进不齐，或引号、括号后面还有文字）",
    "expected '<document start>'": "（有一行用 % 开头，或上面多了一行 ---）",
    "expected a single document": "（文件头中间多了一行 ---）",
}


_CLOSE = "每个左括号配一个英文的右括号，各项之间用英文逗号，最后的括号后面不写标点"
_YAML_REMEDIES = {"expected ',' or ']'": _CLOSE, "expected ',' or '}'": _CLOSE}


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
        if key in data:
            raise Unreadable(Problem(path, key_line, f"字段 {key} 写了两次", "留下一个，删掉另一个"))
        lines[(*where, key)] = key_line
        data[key] = _construct(value_node, (*where, key), lines, path, first_line)
    return data


_STRANGE, _STRANGE_REMEDY = "有不能识别的字符", "把反斜杠开头的写法换成文字本身"


def _scalar(node: ScalarNode, path: str, line: int) -> Any:
    kind = str(node.tag).rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if re.search("[\ud800-\udfff]", text):
        raise Unreadable(Problem(path, line, _STRANGE, _STRANGE_REMEDY))
    if kind == "int" and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
        return int(text)
    if kind in ("str", "timestamp", "float", "int"):
        return text
    raise Unreadable(Problem(path, line, f"用了 YAML 的标签（{str(node.tag)[:40]}）", "删掉感叹号开头的标签，只写文字"))

"""From a file's bytes to plain data with line numbers. Every limit on size and nesting of content is here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kb.errors import Problem

MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_NODES = 20_000
FENCE = "---"

Where = tuple[str | int, ...]
"""A place in YAML data: ("facts", 0, "source", "id")."""


@dataclass(frozen=True)
class Located:
    """YAML data together with the line on which each key or list item stands."""

    data: Any
    lines: Mapping[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int:
        """The line of a place, or of its nearest known parent."""
        for end in range(len(where), -1, -1):
            if where[:end] in self.lines:
                return self.lines[where[:end]]
        return 1


@dataclass(frozen=True)
class RawFile:
    """A Markdown file, split: front matter with lines, body, and the line on which the body starts."""

    path: str
    meta: Located
    body: str
    body_line: int


class Unreadable(Exception):
    """A file that cannot be used at all; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def markdown_files(root: Path) -> Iterator[str]:
    """The entry files of a content folder, relative, sorted; hidden and backup files are passed over."""
    for folder in ("articles", "faqs"):
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith((".", "~", "#")) and name.endswith(".md"):
                    yield (Path(base) / name).relative_to(root).as_posix()


def other_files(root: Path) -> Iterator[str]:
    """Files and linked folders in the entry folders that are not read, so that an editor can be told."""
    for folder in ("articles", "faqs"):
        for path in sorted((root / folder).rglob("*")):
            hidden = path.name.startswith((".", "~", "#"))
            if not hidden and ((path.is_symlink() and path.is_dir()) or (path.is_file() and path.suffix != ".md")):
                yield path.relative_to(root).as_posix()


def read_text(root: Path, path: str) -> str:
    """The text of a content file. Raises Unreadable for links out of the folder, size, encoding and NUL."""
    full = root / path
    try:
        if not full.resolve(strict=True).is_relative_to(root.resolve()):
            raise Unreadable(
                Problem(path, 1, "这是一个指向内容文件夹之外的链接", "把文件本身放进内容文件夹，不要用链接")
            )
        if not full.is_file():
            raise Unreadable(Problem(path, 1, "这不是普通文件", "换成普通的文本文件"))
        size = full.stat().st_size
        if size > MAX_FILE_BYTES:
            what = f"文件太大（{size / 1_000_000:.1f} MB，上限 {MAX_FILE_BYTES / 1_000_000:.0f} MB）"
            raise Unreadable(Problem(path, 1, what, "拆成几个条目，图片等不要嵌在正文里"))
        raw = full.read_bytes()
    except OSError as error:
        raise Unreadable(
            Problem(path, 1, f"文件读不出来（{error.strerror}）", "检查文件是否存在、权限是否正确")
        ) from error
    if b"\0" in raw:
        raise Unreadable(Problem(path, 1, "这不是文本文件（含有空字节）", "换成 UTF-8 编码的 Markdown 文本"))
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(Problem(path, line, "文件不是 UTF-8 编码", "在编辑器里选“另存为”，编码选 UTF-8")) from error


def read_markdown(root: Path, path: str) -> RawFile:
    """Read and split an entry file. Raises Unreadable."""
    text = read_text(root, path)
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise Unreadable(Problem(path, 1, "文件开头没有 ---", "第一行写 ---，接着写标题、主题等，再用一行 --- 结束"))
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == FENCE:
            meta = parse_yaml("\n".join(lines[1 : number - 1]), path, first_line=2)
            return RawFile(path, meta, "\n".join(lines[number:]), number + 1)
    raise Unreadable(Problem(path, 1, "文件头没有结束", "在文件头的最后另起一行写 ---"))


def read_yaml(root: Path, path: str) -> Located:
    """Read a YAML file. Raises Unreadable."""
    return parse_yaml(read_text(root, path), path)


def parse_yaml(text: str, path: str, first_line: int = 1) -> Located:
    """Parse YAML 1.2 into plain data: maps, lists, strings, numbers, booleans, null; dates stay strings.

    Anchors, tags, duplicate keys and deep nesting are refused: editors do not need them and they can be abused.
    Raises Unreadable, with the line counted from `first_line`.
    """
    yaml = YAML(typ="rt", pure=True)
    try:
        for event in yaml.parse(text):
            if isinstance(event, AliasEvent):
                line = event.start_mark.line + first_line
                raise Unreadable(
                    Problem(path, line, "用了 YAML 的引用（*名字）", "把内容直接写出来；星号开头的文字加引号")
                )
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + first_line
        raise Unreadable(Problem(path, line, f"YAML 格式不对{_yaml_hint(error)}", _YAML_REMEDY)) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(Problem(path, first_line, "YAML 格式不对，有不能识别的字符", _YAML_REMEDY)) from error
    if node is None:
        return Located({}, {(): first_line})
    lines: dict[Where, int] = {(): first_line}
    return Located(_construct(node, (), lines, path, first_line), lines)


_YAML_REMEDY = "检查这一行和上一行：冒号后要空一格，缩进只用空格，含冒号或 # 的文字加引号"

_YAML_HINTS = {
    "mapping values are not allowed": "（一行里有两个冒号，或缩进不齐）",
    "could not find expected ':'": "（缺少冒号）",
    "found character '\\t'": "（缩进用了制表符）",
    "cannot start any token": "（有不能放在开头的符号，如制表符、@ 或反引号）",
    "found unexpected end of stream": "（引号没有成对）",
    "expected ',' or ']'": "（方括号没有成对）",
    "expected ',' or '}'": "（花括号没有成对）",
    "expected <block end>": "（缩进不齐，或引号后面还有文字）",
    "found undefined alias": "（星号开头的文字要加引号）",
    "found duplicate anchor": "（不要用 & 记号）",
}


def _yaml_hint(error: MarkedYAMLError) -> str:
    said = f"{error.problem} {error.context}"
    return next((hint for start, hint in _YAML_HINTS.items() if start in said), "")


def _construct(node: Node, where: Where, lines: dict[Where, int], path: str, first_line: int) -> Any:
    line = node.start_mark.line + first_line
    if len(where) > MAX_DEPTH or len(lines) > MAX_NODES:
        raise Unreadable(Problem(path, line, "内容嵌套太深或太多", "拆成几个条目"))
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
        if key in data:
            raise Unreadable(Problem(path, key_line, f"字段 {key} 写了两次", "留下一个，删掉另一个"))
        lines[(*where, key)] = key_line
        data[key] = _construct(value_node, (*where, key), lines, path, first_line)
    return data


def _scalar(node: ScalarNode, path: str, line: int) -> Any:
    kind = str(node.tag).rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        try:
            return int(text.replace("_", ""), 0)
        except ValueError:
            return text
    if kind in ("str", "timestamp", "float"):
        return text
    raise Unreadable(Problem(path, line, f"用了 YAML 的标签（{str(node.tag)[:40]}）", "删掉感叹号开头的标签，只写文字"))

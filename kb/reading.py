"""From a file's bytes to plain data with line numbers. How large a file may be is told here; what is in it, in bounds.py."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kb.errors import ContentError, Problem
from kb.model import EntryKind, Status
from kb.parsing import STRANGE, Located, Unreadable, parse_yaml, slips

T = TypeVar("T")
V = TypeVar("V")
MAX_FILE_BYTES = 1_000_000
MAX_META = 100_000
"""Characters of front matter."""
ENTRY_FOLDERS = tuple(kind.folder for kind in EntryKind)
SHARED_FILES = SITE_FILE, TOPICS_FILE, SOURCES_FILE = "site.yml", "topics.yml", "sources.yml"
LEXICON_FILES = ("scope.yml", "synonyms.yml", "outside.txt", "terms.txt")
"""In the folder `lexicon`; all may be missing (see `search.lexicon`)."""
MAX_FILES = 1_000_000
MAX_MARKS = 12
"""Merge marks that are told of one file."""
MAX_FOLDERS = 8
"""Folders within folders that are looked into; entries stand in the second."""
ROUNDS = 5
"""How often files that change while they are read are read before that is given up."""
FENCE = "---"
FRONT_LINE = 2
"""The line on which front matter begins."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
"""Controls, directions and what is no character at all; line feeds, carriage returns and tabs are none of these."""
_GARBLED = re.compile("[\ufffd\ue000-\uf8ff]")
"""What is left of characters that were read in a wrong encoding."""
_WORD_BULLET = re.compile("^ *(?:- *)?[\uf020-\uf0ff]", re.MULTILINE)
"""A character of a font of symbols, where a line begins."""
_MERGE = re.compile(r"^(?:<{7} .*|\|{7}(?: .*)?|={7}|>{7} .*)$", re.MULTILINE)
"""What a version control system leaves around two versions of a passage."""
_NEARLY_FENCE = re.compile(r"\s*[-－–—─]{2,}\s*")
_OF_FRONT = re.compile(r"\s|$|[A-Za-z_#-]")
"""How lines of front matter begin."""
_INVISIBLE = str.maketrans({"\u00a0": " ", "\u200b": None, "\u2060": None, "\ufeff": None})
"""What comes along unseen when text is copied from a web page."""


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

    @property
    def is_draft(self) -> bool:
        """Whether it says of itself that it is a draft."""
        return isinstance(self.meta.data, dict) and self.meta.data.get("status") == Status.draft


def settled(names: str, seen: V, look: Callable[[], V], read: Callable[[V], T]) -> T:
    """What `read` makes of files that look as `seen`; if they change meanwhile, of what they look like then.

    Raises ContentError where they change each time.
    """
    for _ in range(ROUNDS):
        found, before, seen = read(seen), seen, look()
        if seen == before:
            return found
    raise ContentError(f"{names} 一直有改动，读了 {ROUNDS} 次，每次没读完就变了——等改动写完再试")


def content_files(root: Path) -> tuple[list[str], list[str]]:
    """The entry files of a content folder, relative, sorted, and what else stands there, so that an editor can be told.

    Hidden and backup files are passed over; the names of other files are made printable. Raises ContentError for a
    folder that cannot be read: its entries must not vanish unnoticed.
    """
    entries: list[str] = []
    others: list[str] = []
    try:
        found = sorted(_files(root))
    except OSError as error:
        raise _unreadable_folder(error) from error
    for path in found:
        if path.endswith(".md") and path.isprintable() and path.partition("/")[0] in ENTRY_FOLDERS:
            entries.append(path)
        else:
            others.append("".join(char if char.isprintable() else "?" for char in path))
    return entries, others


def without_controls(text: str) -> str:
    """A text without the control and direction characters that no content may hold; line feeds and tabs stay."""
    return CONTROL.sub("", text)


def _files(root: Path) -> Iterator[str]:
    """Files and linked folders in the entry folders, and what editors may think to be such a folder or a shared file.

    Linked folders are not entered, nor those too deep, which count as files. Raises OSError, and ContentError for too
    many files.
    """
    count = 0
    yield from (f"{place.name}/" for place in root.iterdir() if place.is_dir() and _is_strange(place.name))
    for shared in (*root.glob("*.*"), *root.glob("lexicon/*.*")):
        known = SHARED_FILES if shared.parent == root else LEXICON_FILES
        if _is_written(shared) and not _is_passed_over(shared.name) and shared.name not in known:
            yield shared.relative_to(root).as_posix()
    for folder in ENTRY_FOLDERS:
        for base, folders, names in os.walk(root / folder, onerror=_raise_but_for_missing):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            links = [name for name in folders if (Path(base) / name).is_symlink()]
            inside = Path(base).relative_to(root)
            place = inside.as_posix()
            if len(inside.parts) >= MAX_FOLDERS:
                links, folders[:] = list(folders), []
            count += len(names)
            if count > MAX_FILES:
                where = " 和 ".join(ENTRY_FOLDERS)
                raise ContentError(f"{where} 里的文件一共超过 {MAX_FILES} 个——移走不用的文件")
            for name in (*names, *links):
                if not _is_passed_over(name):
                    yield f"{place}/{name}"


def _is_written(file: Path) -> bool:
    """Whether an editor may have written a file to be read here; README.md and its like are for those who look inside."""
    kinds = (".yml", ".yaml", ".txt", ".md", ".doc", ".docx", ".wps")
    kind, stem = file.suffix.lower(), file.stem
    return kind in kinds and not (stem.lower() == "readme" or (kind == ".md" and stem.isupper()))


def _is_strange(folder: str) -> bool:
    return folder not in (*ENTRY_FOLDERS, "lexicon") and not _is_passed_over(folder)


def _is_passed_over(name: str) -> bool:
    """Hidden files and those that editing programs leave behind."""
    return name.startswith((".", "~", "#"))


def _raise_but_for_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _unreadable_folder(error: OSError) -> ContentError:
    return ContentError(f"文件夹 {error.filename} 读不出来（{error.strerror}）——检查权限和链接")


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
    if found := CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        what = f"这一行有看不见的控制字符（U+{ord(found[0]):04X}）"
        raise Unreadable(Problem(path, line, what, "把这一行删掉重新打一遍，不要直接粘贴"))
    if found := _WORD_BULLET.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Unreadable(
            Problem(path, line, "这一行开头是 Word 的项目符号", "换成“- ”：英文减号后面空一格；别的行也一样")
        )
    if found := _GARBLED.search(text):
        line = text.count("\n", 0, found.start()) + 1
        what = f"这一行有乱码（U+{ord(found[0]):04X}），原来的字已经丢了"
        raise Unreadable(Problem(path, line, what, "照来源把这一行重新打一遍，再看看别处有没有乱码"))
    marks = [(text.count("\n", 0, found.start()) + 1, found[0][:7]) for found in _MERGE.finditer(text)]
    if any(mark[0] in "<>" for _, mark in marks):
        lines = "、".join(f"{line}（{mark}）" for line, mark in marks[:MAX_MARKS])
        what = f"两个人的改动没有合并好，留下了记号，在第 {lines} 行"
        raise Unreadable(Problem(path, marks[0][0], what, "两份写法留下对的一份，再删掉这几行记号"))
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
    if not text.strip():
        raise Unreadable(Problem(path, 1, "文件是空的", "写上内容，或删掉这个文件；kb new 会写好模板"))
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        if text.lstrip().startswith(f"{FENCE}\n") and not lines[0].strip():
            raise Unreadable(Problem(path, 1, "--- 前面有空行", "删掉空行：文件的第一行就是 ---"))
        if _NEARLY_FENCE.fullmatch(lines[0]):
            raise Unreadable(Problem(path, 1, *_nearly("文件的第一行", lines[0])))
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
                found = slips(front, path, FRONT_LINE) or (error.problem,)
                return RawFile(path, Located({}), body, number + 1, found)
            return RawFile(path, meta, body, number + 1)
    for number, line in enumerate(lines[1:], start=2):
        if _NEARLY_FENCE.fullmatch(line):
            raise Unreadable(Problem(path, number, *_nearly("文件头的结束", line)))
        if not _OF_FRONT.match(line):
            break
    raise Unreadable(Problem(path, 1, "文件头没有结束", "在文件头的最后另起一行写 ---"))


def _nearly(place: str, line: str) -> tuple[str, str]:
    """What is wrong with a line that is nearly a fence, and the remedy."""
    if line.strip() == FENCE:
        return f"{place} --- 前面有空格", "删掉行首的空格"
    return f"{place}写成了 {line.strip()[:20]}", "改成三个英文减号 ---"


def read_yaml(root: Path, path: str) -> Located:
    """Read a YAML file. Raises Unreadable."""
    return _without_controls(parse_yaml(read_text(root, path), path), path)


def _without_controls(located: Located, path: str) -> Located:
    """Raises Unreadable for control characters, which can be written as escapes too."""
    for value, line in located.leaves():
        if isinstance(value, str) and CONTROL.search(value):
            raise Unreadable(Problem(path, line, *STRANGE))
    return located

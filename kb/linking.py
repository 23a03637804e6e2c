"""Links inside content: where they lead once published, on which line they stand, and which of them are dead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from kb.alphabet import LETTERS
from kb.comparing import comparable
from kb.fences import without_code
from kb.model import DIALLED, Entry, EntryKind, Heading
from kb.reading import ENTRY_FOLDERS

_PAGES = frozenset({"/", "/search", "/az", "/updates", "/quality", "/settings", "/offline"})
_FILES = {"/feed.xml", "/sitemap.xml", "/opensearch.xml", "/robots.txt", "/llms.txt", "/api/openapi.json"}
SITE_PAGES = _PAGES | _FILES | {f"/az/{letter}" for letter in LETTERS}
"""The addresses that people read whatever the content is; every letter, though one may have no question."""


def resolve_link(target: str, path: str) -> str:
    """The published form of a link as written in the file `path`: relative .md paths become page addresses."""
    page, hash_, anchor = target.partition("#")
    if not page.endswith(".md") or "://" in page:
        return target
    parts: list[str] = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(page).parts:
        if part == "..":
            parts[-1:] = []
        elif part != ".":
            parts.append(part)
    if len(parts) != 3 or parts[0] not in ENTRY_FOLDERS:
        return target
    return f"{page_of('/'.join(parts))}{hash_}{anchor}"


_OF_THE_WEB = re.compile(r"(?i)www\.|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:cn|com|net|org)(?:[/?#]|$)")
_REMEDY = "改成已有的地址，如 /a/主题/文件名，或删掉链接"
UNSAFE = re.compile(r"(?i)\s*(javascript|data|vbscript|file):")
_NEARLY_WEB = re.compile(r"(?i)(https?) *(?:[:：]+[/／\\]*|[/／\\]{2,})")
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*):")
_PUNCTUATION = re.compile("[，。；、！？]")
_FILE = re.compile(r"(?i)[^?#]+\.(pdf|docx?|xlsx?|pptx?|wps|zip|rar|jpe?g|png)$")
_ARTICLES = f"/{EntryKind.article.letter}/"
_FOLDERS = {f"/{kind.letter}/": f"{kind.folder}/" for kind in EntryKind}


def page_of(path: str) -> str:
    """The address at which the entry of a file is published."""
    folder, _, rest = path.partition("/")
    return f"/{EntryKind.of_folder(folder).letter}/{rest.removesuffix('.md')}"


def entry_at(page: str) -> str:
    """The id of the entry whose page this is; of any other page, no entry's id."""
    folder = _FOLDERS.get(page[:3])
    return f"{folder}{page[3:]}" if folder else ""


class Lines:
    """Tells on which line of a body (from 0) each link stands, and not its like in code; ask in the order of the links."""

    def __init__(self, body: str) -> None:
        self._body = without_code(body)
        self._next: dict[str, int] = {}

    def of_link(self, target: str) -> int:
        """The line of the next link to this target."""
        written = rf"(?<![^\s(<\"':]){re.escape(target)}(?![^\s)>\"'])"
        pattern = re.compile(written if target else r"(?<=\]\()(?=\s*\))")
        found = pattern.search(self._body, self._next.get(target, 0)) or pattern.search(self._body)
        if not found:
            return 0
        self._next[target] = found.end()
        return self._body.count("\n", 0, found.start())

    def of_pattern(self, pattern: str) -> Iterator[int]:
        """The lines on which a regular expression matches, each once; 0 where there is none."""
        row, end, told = 0, 0, -1
        for found in re.finditer(pattern, self._body, re.IGNORECASE | re.MULTILINE):
            row, end = row + self._body.count("\n", end, found.start()), found.start()
            if row != told:
                yield (told := row)
        if told < 0:
            yield 0


class Pages:
    """The addresses that links may name: of entries that are `published`, asked by id; of topics; the site's own pages.

    Whether an entry `is_written`, asked by id, tells those that are drafts from those that are not there. `broken` are
    the addresses of files with errors. They are reported for themselves, so that a link to one of them, or to a section
    of one, is not reported too.
    """

    def __init__(
        self,
        published: Callable[[str], Entry | None],
        is_written: Callable[[str], bool],
        topics: Iterable[str],
        broken: Iterable[str],
        meant: Callable[[str], str],
    ) -> None:
        self._published = published
        self._is_written = is_written
        self._others = SITE_PAGES | {f"/t/{topic}" for topic in topics}
        self._broken = frozenset(broken)
        self._meant = meant

    def problem(self, target: str, path: str, headings: Iterable[Heading]) -> tuple[str, str] | None:
        """What is wrong with a link, as written in the file `path`, on a page with these headings, and the remedy; or None."""
        link = f"链接 {target[:80]}"
        if found := _of_the_web(target, link):
            return found
        if _SCHEME.match(target) or target.startswith("//"):
            return None
        if _OF_THE_WEB.match(target):
            return f"{link} 指向的页面不存在：看上去是外部网址", "外部网址以 https:// 开头"
        page, _, anchor = resolve_link(target, path).partition("#")
        page = unquote(page.partition("?")[0])
        if page:
            entry = self._published(entry_at(page))
            if entry is None:
                if page in self._others or any(page.startswith(start) for start in self._broken_starts(page)):
                    return None
                if self._is_written(entry_at(page)):
                    return f"{link} 指向的页面还是草稿，没有发布", "先发布它，或删掉链接"
                if _FILE.match(page):
                    return f"{link} 指向的文件不存在", "本站不放文件：写官方网站上这个文件的完整网址"
                meant = self._meant(page)
                return f"{link} 指向的页面不存在", f"是不是 {meant}？{_REMEDY}" if meant else _REMEDY
            headings = entry.headings
        if anchor and unquote(anchor) not in {heading.anchor for heading in headings}:
            return f"{link} 指向的位置 #{anchor} 不存在", _place_remedy(unquote(anchor), headings)
        return None

    def _broken_starts(self, page: str) -> Iterator[str]:
        for address in self._broken:
            if page == address:
                yield address
            elif address.startswith(_ARTICLES):
                yield f"/{EntryKind.faq.letter}/{address.removeprefix(_ARTICLES)}-"


def _of_the_web(target: str, link: str) -> tuple[str, str] | None:
    """What is wrong with an address that leads out of the site, and the remedy; None for any other."""
    if not target.strip():
        return "链接没有写地址", "在括号里写上地址，如 [文字](/a/主题/文件名)"
    if _OF_THE_WEB.match(target) or UNSAFE.match(target):
        return None
    if (nearly := _NEARLY_WEB.match(target)) and not re.match("(?i)https?://", target):
        return f"{link} 不是网址", f"写成 {nearly[1].lower()}://{target[nearly.end() :][:80]}"
    found = _SCHEME.match(target)
    scheme = found[1].lower() if found else ""
    if scheme == "tel" and not DIALLED.fullmatch(unquote(target[4:])):
        return f"{link} 里有不能拨的字", "tel: 后面只写英文的数字和减号，如 tel:021-12345"
    if scheme in ("http", "https") and (mark := _PUNCTUATION.search(target)):
        return f"{link} 的网址里有中文标点“{mark[0]}”", "只留网址，标点写到括号外面"
    if scheme not in ("", "http", "https", "mailto", "tel"):
        return f"{link} 不会成为链接", "只能用 https:// 开头的网址、mailto:、tel: 和站内地址；别的写成文字"
    return None


def _place_remedy(anchor: str, headings: Iterable[Heading]) -> str:
    """What to write for a place of a page that is not there: headings have addresses in Latin letters."""
    same = (each.anchor for each in headings if comparable(each.text) == comparable(anchor))
    if found := next(same, ""):
        return f"这个标题的位置写成 #{found}"
    known = "、".join(f"#{each.anchor}" for each in headings if each.anchor.isascii())
    return f"改成那一页上有的位置，如 {known[:80]}" if known else _REMEDY

"""From Markdown to sanitised HTML, headings, plain text, links and the FAQ sections of an article."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import nh3
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE
from pypinyin import lazy_pinyin

from kb.bounds import TOO_DEEP, Excess, excess
from kb.fences import without_code
from kb.leftovers import ROW, Leftover, Leftovers
from kb.model import Heading
from kb.reading import without_controls

FAQ_HEADING = "常见问题"
_NEARLY = re.compile(
    r"(?:第?[一二三四五六七八九十0-9]{1,3}(?:部分|[章节、.．])|[（(][一二三四五六七八九十0-9]{1,3}[）)])?\s*"
    r"(?:FAQ|常[见问用]的?(?:问题|问答|疑问|提问)(?:解答|与?解?答|汇总|及答案)?[\s：:。]*[（(]?(?:FAQ)?[）)]?)",
    re.IGNORECASE,
)
MARKS = frozenset(("facet", "about", "source", "clause", "verification"))
"""What the braces of a question may hold beside its id."""

_TAGS = frozenset(
    "a abbr b blockquote br code dd del div dl dt em h2 h3 h4 h5 h6 hr i kbd li ol p pre s small span strong sub sup "  # noqa: SIM905
    "table tbody td th thead tr ul".split()
)
_WRITTEN = re.compile(
    r"<(blockquote|dd|del|div|dl|dt|h[2-6]|li|ol|p|pre|s|table|tbody|td|th|thead|tr|ul)(?=[\s/>])", re.IGNORECASE
)
"""Tags that only Markdown may make: a block takes what stands below it out of Markdown, and text has no line through it."""
_COMMENT = re.compile("<!--.*?-->", re.DOTALL)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "div": {"class"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "li": {"id"},
    "ol": {"start"},
    "p": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_CLASSES = {"admonition", "admonition-title", "note", "warning", "tip", "danger", "footnote"}


class TooMuch(ValueError):
    """A body that is not rendered, since it has too much of something."""

    def __init__(self, found: Excess) -> None:
        super().__init__(found.what)
        self.excess = found


@dataclass(frozen=True)
class Section:
    """A question and its answer under `## 常见问题`. `line` is that of the question in the body, from 0."""

    question: str
    attributes: Mapping[str, str]
    body: str
    line: int


@dataclass(frozen=True)
class Rendered:
    """A body made ready. `links` are the targets as written; `removed` the HTML tags that had to go, or should not be written.

    `astray` are the headings, by row, that are marked as questions, or head them, and are not taken for such; `left` is
    what is not shown as it was meant.
    """

    html: str = ""
    text: str = ""
    headings: tuple[Heading, ...] = ()
    links: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    astray: tuple[tuple[int, str], ...] = ()
    left: tuple[Leftover, ...] = ()


TAKEN = re.compile(r"(?:answer|said)-\d+|kept-copy|main|q|said|sources|suggestions(?:-said)?|toc-heading|versions")
"""The ids that an entry's page has itself: no place of its body may have one of them."""


def slugify(text: str, separator: str = "-") -> str:
    """A readable ASCII anchor for a Chinese heading: its pinyin, at most 60 characters."""
    words = re.findall(r"[a-z0-9]+", " ".join(lazy_pinyin(text)).lower())
    slug = separator.join(words)[:60].strip(separator) or "s"
    return f"{slug}{separator}1" if TAKEN.fullmatch(slug) else slug


def render(body: str, link: Callable[[str], str] = str) -> Rendered:
    """Render a Markdown body. `link` turns a link's target, as written, into the one to publish.

    Raises TooMuch for a body that is nested too deep, or has too much of something (`kb.bounds`).
    """
    if found := excess(body):
        raise TooMuch(found)
    links, rows, left = _Links(link), _Rows(), Leftovers()
    markdown = Markdown(
        extensions=[
            "tables",
            "admonition",
            "sane_lists",
            "fenced_code",
            "attr_list",
            TocExtension(slugify=slugify),
            links,
            rows,
            left,
        ],
        output_format="html",
    )
    try:
        raw = ROW.sub("", markdown.convert(_with_rows(body)))
    except RecursionError as error:
        raise TooMuch(TOO_DEEP) from error
    html = without_controls(_clean(raw))  # an entity (&#27;) can name what no file may hold
    seen = _Tags()
    try:
        seen.feed(raw)
    except AssertionError:  # html.parser gives up on <![x[
        seen.tags.add("![")
    text = _Text()
    text.feed(html)
    lines = body.split("\n")
    sections = tuple(_faq_sections(lines, rows.levels))
    return Rendered(
        html=html,
        text=without_controls(text.value()),
        headings=tuple(_headings(markdown.toc_tokens)),  # type: ignore[attr-defined]  # set by the toc extension
        links=(*links.found, *(href for href in seen.targets if href not in links.published)),
        removed=tuple(sorted((seen.tags - _TAGS) | _written_tags(body))),
        sections=sections,
        astray=tuple(_astray(lines, rows.levels, {section.line for section in sections})),
        left=(*left.found, *_but_of_questions(left.braces, {lines[section.line] for section in sections})),
    )


def _but_of_questions(braces: Iterable[Leftover], questions: Set[str]) -> Iterator[Leftover]:
    """The braces but for those of questions, which are looked at for themselves."""
    return (each for each in braces if not any(each.source in question for question in questions))


def _written_tags(body: str) -> set[str]:
    """The tags in a body that only Markdown may make."""
    return {tag.lower() for tag in _WRITTEN.findall(_COMMENT.sub("", without_code(body)))}


def first_paragraph(text: str) -> str:
    """The first paragraph of a plain text, which for a FAQ is its answer."""
    return text.split("\n\n", 1)[0].strip()


def _faq_sections(lines: list[str], levels: Mapping[int, int]) -> Iterator[Section]:
    """The questions under `## 常见问题`, in order; a heading may carry `{#anchor facet=… source=… clause=…}`.

    `levels` are those of the headings with #, by row, as they are rendered: what is shown as a question is one. A
    heading that is one for the dashes below it neither begins nor ends them; editors are told of it (`kb.mistakes`).
    """
    inside = False
    heads = sorted(row for row, level in levels.items() if level <= 3)
    for row, end in pairwise([*heads, len(lines)]):
        text, attributes = _heading(lines[row])
        if levels[row] < 3:
            inside = text == FAQ_HEADING
        elif inside:
            yield Section(text, attributes, "\n".join(lines[row + 1 : end]).strip(), row)


def _astray(lines: list[str], levels: Mapping[int, int], questions: Set[int]) -> Iterator[tuple[int, str]]:
    """What is marked as a question, or asks one below a question, and is none.

    Of a heading that is nearly `## 常见问题`, what stands below it is not told as well.
    """
    below, asked = 0, False
    for row in sorted(levels):
        text, attributes = _heading(lines[row])
        if levels[row] <= 3:
            asked = row in questions or (text == FAQ_HEADING and levels[row] == 2)
        if row in questions:
            continue
        if levels[row] <= below:
            below = 0
        if _NEARLY.fullmatch(text.strip("*_ ")) and (text == FAQ_HEADING) != (levels[row] == 2):
            below = levels[row]
            yield row, text
        elif not below and (attributes.keys() & MARKS or (asked and levels[row] > 3 and text.endswith(("？", "?")))):
            yield row, text


def _heading(line: str) -> tuple[str, dict[str, str]]:
    text = line.lstrip("#").strip().rstrip("#").strip()
    match = re.fullmatch(r"([^{]*)\s\{:?([^{}]*)\}", text)
    if not match:
        return text, {}
    attributes: dict[str, str] = {}
    for word in re.findall(r"[^\s=]+=(?:\"[^\"]*\"|“[^”]*”|'[^']*')|\S+", match[2]):
        if word.startswith("#"):
            attributes["id"] = word[1:]
        else:
            key, _, value = word.partition("=")
            attributes[key] = value.strip("\"'“”")
    return match[1].strip(), attributes


def _with_rows(body: str) -> str:
    lines = enumerate(body.split("\n"))
    return "\n".join(re.sub(r"^#{1,6}", f"\\g<0>\x1a{row}\x1a", line) for row, line in lines)


def _headings(tokens: list[dict[str, Any]]) -> list[Heading]:
    found: list[Heading] = []
    for token in tokens:
        found.append(Heading(level=token["level"], anchor=token["id"], text=_plain(token["name"])))
        found.extend(_headings(token["children"]))
    return found


def _plain(name: str) -> str:
    return without_controls(entities.unescape(name))


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: names - {"class"} for tag, names in _ATTRIBUTES.items()},
        allowed_classes={"div": _CLASSES, "p": _CLASSES},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


class _Links(Extension, Treeprocessor):
    """Rewrites the targets of links and keeps them as they were written."""

    def __init__(self, link: Callable[[str], str]) -> None:
        super().__init__()
        self.link = link
        self.found: list[str] = []
        self.published: set[str] = set()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  python-markdown's name
        md.treeprocessors.register(self, "wence-links", 5)

    def run(self, root: Element) -> None:
        for anchor in root.iter("a"):
            target = anchor.get("href", "")
            if AMP_SUBSTITUTE in target:  # <a@b.cn>, hidden from programs, which would be taken for a page of this site
                target = entities.unescape(target.replace(AMP_SUBSTITUTE, "&"))
            self.found.append(target)
            self.published.add(self.link(target))
            anchor.set("href", self.link(target))


class _Rows(Extension, Treeprocessor):
    """Notes the levels of headings by row, and takes the rows out again before anything else looks at the headings."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[int, int] = {}

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  python-markdown's name
        md.treeprocessors.register(self, "wence-rows", 100)

    def run(self, root: Element) -> None:
        for element in root.iter():
            if found := ROW.match(element.text or ""):
                self.levels[int(found[1])] = int(element.tag[1])
                element.text = (element.text or "")[found.end() :].lstrip()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value for name, value in attrs if name == "href" and value]
        if any(name.startswith("on") for name, _ in attrs):
            self.tags.add(f"{tag} on…")


class _Text(HTMLParser):
    """Text of HTML with a blank line between blocks, a space between table cells."""

    _BLOCKS = frozenset(
        ["p", "div", "li", "tr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dt", "dd"]
    )

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in self._BLOCKS:
            self.parts.append("\n\n")
        elif tag in ("td", "th", "br"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def value(self) -> str:
        blocks = (" ".join(block.split()) for block in re.split(r"\n\n+", "".join(self.parts)))
        return "\n\n".join(block for block in blocks if block)

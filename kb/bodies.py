"""The body of one Markdown file: rendered, its questions found, and what is wrong with it said with lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator
from itertools import islice
from typing import NamedTuple

from kb import rendering
from kb.bounds import MAX_LINKS, MAX_PROBLEMS
from kb.errors import Level, Problem
from kb.fences import outside_code
from kb.linking import UNSAFE, Lines, page_of, resolve_link
from kb.mistakes import mistakes_in_body
from kb.model import SLUG, EntryKind, Facet, Verification
from kb.reading import RawFile
from kb.templates import PLACEHOLDERS
from kb.validating import did_you_mean

MAX_ID = 200
"""Characters of an entry's id: what forms and the API take."""

_RADICALS = re.compile("[\u3400-\u9fff]{0,4}[\u2e80-\u2fdf][\u2e80-\u2fdf\u3400-\u9fff]{0,9}")
_SIMPLIFIED = str.maketrans("戶見車門馬長頁風魚鳥龍齊", "户见车门马长页风鱼鸟龙齐")
"""Radicals stand for the traditional characters."""
_BACKSLASH = re.compile(r"[\\\x02]")
"""A backslash in an address, or what python-markdown makes of one before a sign."""
_NOTE = re.compile(
    r"[（(【](?:此处|这里|此段|本段)[^（）()【】]{0,16}(?:补充|填写|补上|审定|确认|核实|修改|完善)[）)】]"
)
"""What one editor leaves to another in brackets (此处待张科长审定)."""


class Question(NamedTuple):
    """A question of an article: the line, the answer and the id that its entry gets; `has_fact` where its marks make one."""

    section: rendering.Section
    line: int
    answer: rendering.Rendered
    ident: str
    has_fact: bool


class Body:
    """Reads the body of one file, collecting problems as it goes."""

    def __init__(self, path: str, raw: RawFile) -> None:
        self.path = path
        self.raw = raw
        self.lines = Lines(raw.body)
        self.problems: list[Problem] = []
        self.slips: list[Problem] = []
        self.links: list[tuple[str, int]] = []

    def read(self, told: Container[int] = ()) -> rendering.Rendered:
        """The whole body; placeholders in the front matter are noted as well, but on lines of which something is `told`."""
        try:
            body = rendering.render(self.raw.body, self._link())
        except rendering.TooMuch as error:
            body = rendering.Rendered()
            self.problem(self.raw.body_line + error.excess.line, error.excess.what, error.excess.remedy)
        else:
            self.check_marks(body)
            self.check_tags(body)
            self.check_anchors(body)
            self.check_links(body)
        if not body.text and not self.problems:
            self.problem(self.raw.body_line, "正文是空的", "在文件头后面写上正文，至少一段话")
        self.check_placeholders(told)
        return body

    def answer(self, text: str) -> rendering.Rendered:
        """The answer of one of its questions; what is wrong with it has been said of the whole body."""
        try:
            return rendering.render(text, self._link(page_of(self.path)))
        except rendering.TooMuch:
            return rendering.Rendered()

    def check_marks(self, body: rendering.Rendered) -> None:
        """Marks that are not written right: what they were meant to make stands there as it was typed."""
        self.slips = [
            Problem(self.path, self.raw.body_line + slip.row, slip.what, slip.remedy, Level.warning)
            for slip in islice(mistakes_in_body(self.raw.body), MAX_PROBLEMS)
        ]
        self.check_radicals()
        self.check_leftovers(body)

    def check_tags(self, body: rendering.Rendered) -> None:
        """HTML that is not allowed, and was left out."""
        tags = body.removed[:MAX_PROBLEMS]
        for tag in tags:
            what, remedy, pattern = _FORBIDDEN.get(tag, _forbidden_html(tag))
            # The same for each, so that none hides another.
            for row in islice(self.lines.of_pattern(pattern), MAX_PROBLEMS // len(tags)):
                self.problem(self.raw.body_line + row, what, remedy)

    def check_anchors(self, body: rendering.Rendered) -> None:
        """Names of places on the page that the page itself has."""
        for heading in body.headings[:MAX_PROBLEMS]:
            if rendering.TAKEN.fullmatch(heading.anchor):
                row = next(self.lines.of_pattern(rf"\{{:? *#{heading.anchor}\b"))
                self.problem(self.raw.body_line + row, f"位置的名字 #{heading.anchor} 是网页自己用的", "换一个名字")

    def check_links(self, body: rendering.Rendered) -> None:
        """Too many of them, and unsafe ones; they are noted with their lines."""
        line = self.raw.body_line
        if len(body.links) > MAX_LINKS:
            self.problem(line, f"链接太多（{len(body.links)} 个，上限 {MAX_LINKS} 个）", "拆成几个条目")
        targets = [target for target in body.links if not _BACKSLASH.search(target)]
        if len(targets) < len(body.links):
            what, remedy = "链接的地址里用了反斜杠，打不开", "反斜杠都换成 /，如 ../jieshuzheng/diule.md"
            for row in islice(self.lines.of_pattern(r"\]\([^()\s\\]*\\[^()\s]*\)"), MAX_PROBLEMS):
                self.problems.append(Problem(self.path, line + row, what, remedy, blocks=False))
        self.links += [(target, line + self.lines.of_link(target)) for target in targets[:MAX_LINKS]]
        unsafe = (each for each in self.links if UNSAFE.match(each[0]))
        for target, where in islice(unsafe, MAX_PROBLEMS):
            self.problem(where, f"链接 {target[:40]} 不安全", "改成 https:// 开头的网址或站内地址")

    def check_leftovers(self, body: rendering.Rendered) -> None:
        """What Markdown left as it was typed, on lines of which nothing is said yet."""
        told = {problem.line for problem in self.slips}
        lines = dict(outside_code(self.raw.body))
        for each in islice(body.left, MAX_PROBLEMS):
            line = self.raw.body_line + each.row(lines)
            if line not in told:
                told.add(line)
                to = self.problems if each.level is Level.error else self.slips
                to.append(Problem(self.path, line, each.what, each.remedy, each.level))

    def _link(self, within: str = "") -> Callable[[str], str]:
        """Publishes links; those to a place on the same page lead to the page `within`, if given."""
        return lambda target: within + target if target.startswith("#") else resolve_link(target, self.path)

    def check_placeholders(self, told: Container[int]) -> None:
        """What `kb new` left to be replaced, and what editors left to one another."""
        texts = [*self.texts(told)]
        found = ((each, line) for text, line in texts for each in re.findall(r"(【[^【】]*】)([(（][/.h])?", text))
        for (text, address), line in islice(
            (each for each in found if each[0][1] or each[0][0] in PLACEHOLDERS), MAX_PROBLEMS
        ):
            if address:
                self.problem(line, f"链接的文字 {text[:40]} 外面是方头括号", "换成英文方括号，如 [文字](地址)")
            else:
                self.unwritten(line, f"模板里的 {text} 还没有替换")
        notes = ((note[0], line) for text, line in texts if (note := _NOTE.search(text)))
        for text, line in islice(notes, MAX_PROBLEMS):
            self.unwritten(line, f"{text} 是写给同事看的话，还没有写完")

    def unwritten(self, line: int, what: str) -> None:
        """What is still to be written: a draft may have it."""
        to, level = (self.slips, Level.warning) if self.raw.is_draft else (self.problems, Level.error)
        to.append(Problem(self.path, line, what, "换成真正的内容，不需要就删掉这一行", level))

    def questions(self, body: rendering.Rendered) -> list[Question]:
        """The questions of an article that can be published; what is wrong with any is noted."""
        found, rows = [], self.raw.body.split("\n")
        for row, text in body.astray:
            what = f"标题“{text[:40]}”写得像常见问题，却不在“## {rendering.FAQ_HEADING}”下面，不会成为问答"
            if rows[row].startswith("####"):
                what = f"标题“{text[:40]}”写得像常见问题，却不是三个 #，不会成为问答"
            remedy = f"那一节的标题写成 ## {rendering.FAQ_HEADING}，一字不差；每个问题的标题用三个 #"
            self.problem(self.raw.body_line + row, what, remedy)
        for section in body.sections:
            line = self.raw.body_line + section.line
            answer = self.answer(section.body)
            anchor = section.attributes.get("id") or rendering.slugify(section.question)
            ident = f"{EntryKind.faq.folder}/{self.path.removesuffix('.md').partition('/')[2]}-{anchor}"
            slips = [*_slips_of_marks(section)]
            unfit = _unfit(section, answer, anchor, ident)
            for what, remedy in (*slips, *unfit):
                self.problem(line, what, remedy)
            if not unfit:
                found.append(Question(section, line, answer, ident, "facet" in section.attributes and not slips))
        return found

    def check_radicals(self) -> None:
        """Radicals, as they come out of PDFs, look like characters and are none: nothing that is typed finds them."""
        found = ((match[0], line) for text, line in self.texts() for match in _RADICALS.finditer(text))
        for word, line in islice(found, MAX_PROBLEMS):
            right = unicodedata.normalize("NFKC", word).translate(_SIMPLIFIED)
            what = f"“{word[:20]}”里有看着一样、其实是别的字的偏旁，多半是从 PDF 复制来的，搜不到"
            self.slips.append(Problem(self.path, line, what, f"重新打一遍：{right[:20]}", Level.warning))

    def texts(self, told: Container[int] = ()) -> Iterator[tuple[str, int]]:
        """What the front matter says, but on lines of which something is `told`, and the lines of the body; each with its line."""
        yield from ((str(value), line) for value, line in self.raw.meta.leaves() if line not in told)
        yield from ((line, self.raw.body_line + row) for row, line in enumerate(self.raw.body.split("\n")))

    def no_questions(self, body: rendering.Rendered) -> None:
        """Of a question file: what is marked as questions of its own is one text with the rest."""
        rows = [section.line for section in body.sections] + [row for row, _ in body.astray]
        if rows:
            what = "问答文件里的常见问题不会成为单独的问答"
            remedy = f"每个问题另写一个问答文件，或写进指南的“## {rendering.FAQ_HEADING}”"
            self.slips.append(Problem(self.path, self.raw.body_line + min(rows), what, remedy, Level.warning))

    def problem(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.path, line, what, remedy))


_Slips = Iterator[tuple[str, str]]
"""What is wrong, and the remedy."""


def _slips_of_marks(section: rendering.Section) -> _Slips:
    """What is wrong in the braces of a question, whatever the front matter says."""
    marks = section.attributes
    if re.search("[｛｝]", section.question):
        yield "问题标题里的花括号是全角的", "换成英文的 { }，前面空一格，如：### 问题？ {#bianhao facet=late}"
    elif "{" in section.question:
        yield "问题标题里的花括号没有写对", "花括号前空一格，如：### 问题？ {#bianhao facet=late}"
    unknown = sorted(set(marks) - {"id", *rendering.MARKS})
    if (idle := sorted(set(marks) - {"id"})) and "facet" not in marks and not unknown:
        yield f"花括号里没有 facet，{'、'.join(idle)} 不起作用", "补上类别，如 facet=fee；不需要就只留 {#编号}"
    for name in unknown:
        half = unicodedata.normalize("NFKC", name)
        if re.match(rf"#|({'|'.join(sorted(rendering.MARKS))})=", half):
            yield f"标记 {name} 里用了全角的符号", f"换成半角，写成 {half}"
        else:
            yield f"不认识的标记 {name}", "可以写 #编号、facet、about、source、clause、verification"
    labels = {str(facet): facet.label for facet in Facet}
    if (facet := marks.get("facet")) is not None and facet not in labels:
        yield f"facet 写成了“{facet}”，没有这个类别", f"{did_you_mean(facet, labels)}可以写：{'、'.join(labels)}"
    if (verification := marks.get("verification")) and verification not in list(Verification):
        yield f"verification 写成了“{verification}”", f"可以写：{'、'.join(Verification)}"


_NO_ANSWER = {"h": "标题", "table": "表格", "ul": "列表", "ol": "列表", "pre": "代码", "div": "提示框"}


def no_answer(body: rendering.Rendered) -> _Slips:
    """Of a body that begins with anything but a paragraph, a card would show the heading, or the first of the items."""
    begun = re.match(r"<(table|ul|ol|pre|div|h(?=[2-6]))", body.html)
    if begun:
        yield f"第一段是{_NO_ANSWER[begun[1]]}，不能做卡片上的答案", "前面先写一两句话，直接回答问题"


def _unfit(section: rendering.Section, answer: rendering.Rendered, anchor: str, ident: str) -> list[tuple[str, str]]:
    """What keeps a question from having a page."""
    found = [*no_answer(answer)]
    if not section.question:
        found.append(("常见问题里有一个空的标题", "在 ### 后面写上问题，或删掉这一行"))
    if not answer.text:
        found.append((f"常见问题“{section.question}”没有答案", "在问题下面写上答案"))
    if not re.fullmatch(SLUG, anchor):
        found.append((f"锚点 #{anchor} 格式不对", "只用小写字母、数字和连字符"))
    elif len(ident) > MAX_ID:
        remedy = "把锚点改短，如 {#jiaji}；或把文件名改短"
        found.append((f"网址 {ident[:40]}… 太长（上限 {MAX_ID} 个字符）", remedy))
    return found


_FORBIDDEN = {
    "h1": (
        "正文里用了一级标题",
        "标题已写在文件头里；正文的标题从 ## 开始",
        r"^(?:> ?|[-*+] +)*#(?!#)|(?<=[^\n]\n)^=+ *$|<h1\b",
    ),
    **{
        tag: (f"正文里有不允许的 HTML <{tag}>", "作废的字删掉，只留现在的：卡片上看不出划掉了", rf"<{tag}\b(?!-)")
        for tag in ("s", "del")
    },
    "img": ("正文里不能放图片", "删掉图片，把图里的内容写成文字或表格", r"!\[|<img\b"),
}
"""Forbidden tags that Markdown itself makes, or that have a remedy of their own: what is wrong, the remedy, how to find the lines."""


def _forbidden_html(tag: str) -> tuple[str, str, str]:
    name, _, handler = tag.partition(" ")
    what = f"正文里有不允许的 HTML <{tag}>"
    return (
        what,
        "删掉它，用 Markdown 来写；要展示代码就放进反引号",
        rf"<{re.escape(name)}\b" + (r"[^>]*\son" if handler else "(?!-)"),
    )

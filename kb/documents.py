"""From one Markdown file to its entries: the article or FAQ itself, and the FAQ sections of an article."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.metadata import version
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from kb import rendering
from kb.bounds import MAX_LINKS, MAX_PROBLEMS
from kb.claims import Claims, claims_of
from kb.errors import Level, Problem
from kb.fences import outside_code
from kb.leftovers import Leftover
from kb.linking import UNSAFE, Lines, page_of, resolve_link
from kb.mistakes import mistakes_in_body
from kb.model import (
    MAX_PROSE,
    SLUG,
    ArticleMeta,
    Entry,
    EntryKind,
    Facet,
    Fact,
    FaqMeta,
    Source,
    SourceRef,
    Verification,
    refs_of,
)
from kb.parsing import Located, Unreadable
from kb.reading import FENCE, MAX_FILE_BYTES, RawFile, read_markdown
from kb.remarks import remarks_of
from kb.templates import PLACEHOLDERS
from kb.validating import EXAMPLES, did_you_mean, validate, where_to_define

MAX_SLUG = 80
"""Characters of a file's name without its ending."""
MAX_ID = 200
"""Characters of an entry's id: what forms and the API take."""
SUMMARY_LENGTH = 90
"""Characters of the body that serve as summary when an editor wrote none."""
READERS = ("markdown", "nh3", "pydantic", "pypinyin", "rapidfuzz", "ruamel.yaml")
"""The packages on which it depends what is read from a file: HTML, anchors, values, hints."""

_META: Mapping[EntryKind, type[ArticleMeta] | type[FaqMeta]] = {EntryKind.article: ArticleMeta, EntryKind.faq: FaqMeta}


class Document(BaseModel):
    """What one file gave: entries (none when it has errors) and the problems found in the file alone.

    `lines` maps places in the front matter, joined by dots, to lines of the file, for rules that look across files;
    `cut` are lines where a text ends at a `#`. One that is `withdrawn` says of itself that it is a draft, whatever else is
    wrong with it. `links` are those of the body, as written, each with its line.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    path: str
    digest: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: dict[str, int] = {}
    links: tuple[tuple[str, int], ...] = ()
    withdrawn: bool = False
    cut: tuple[int, ...] = ()

    @cached_property
    def remarks(self) -> tuple[Problem, ...]:
        """What is wrong with what the file says, though it can be read."""
        return remarks_of(self)

    @property
    def is_faulty(self) -> bool:
        """Whether an editor has to hear of it."""
        return bool(self.problems or self.remarks or not self.entries)

    @cached_property
    def claims(self) -> Claims:
        """What it claims for itself and no other file may claim as well."""
        return claims_of(self)

    def line(self, *where: str | int) -> int:
        """The line of a place in the front matter, or of its nearest parent."""
        for end in range(len(where), 0, -1):
            found = self.lines.get(".".join(map(str, where[:end])))
            if found:
                return found
        return 1


@cache
def reader() -> str:
    """SHA-256 of the program that reads documents: this package, and what parses, checks and renders for it."""
    own = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        own.update(file.read_bytes())
    own.update(" ".join(version(name) for name in READERS).encode())
    return own.hexdigest()


def digest_of(root: Path, path: str, shared: str) -> str:
    """SHA-256 of a file together with that of the shared files its entries depend on; empty when it cannot be read now."""
    full = root / path
    try:
        stat = full.stat()
        small = full.is_file() and stat.st_size <= MAX_FILE_BYTES
        body = full.read_bytes() if small else str(stat.st_mtime_ns).encode()
    except OSError:
        return ""
    return hashlib.sha256(shared.encode() + b"\0" + body).hexdigest()


def read_document(root: Path, path: str, digest: str, sources: Mapping[str, Source]) -> Document:
    """Read, validate and render one file; never raises for what an editor may have written.

    What the system could not read now has no digest: it is tried again.
    """
    try:
        raw = read_markdown(root, path)
    except Unreadable as error:
        not_now = isinstance(error.__cause__, OSError)
        return Document(path=path, digest="" if not_now else digest, problems=(error.problem,))
    withdrawn = raw.is_draft
    if early := _ended_early(raw):
        return Document(path=path, digest=digest, problems=(*raw.problems, early), withdrawn=withdrawn)
    model = _META[EntryKind.of_folder(path.partition("/")[0])]
    meta: ArticleMeta | FaqMeta | None
    meta, problems = (None, [*raw.problems]) if raw.problems else validate(model, raw.meta, path, sources)
    problems += _place_problems(path, meta, raw.meta)
    if meta is None:
        body = _Body(path, raw)
        rendered = body.read(told={problem.line for problem in problems})
        if model is ArticleMeta:
            body.questions(rendered)
        else:
            body.no_questions(rendered)
        found = (*problems, *body.problems, *body.slips)
        # Whether a place on its own page is there can be told of entries only.
        links = tuple(link for link in body.links if not link[0].startswith("#"))
        return Document(path=path, digest=digest, problems=found, links=links, withdrawn=withdrawn)
    builder = _Builder(path, raw, meta, sources)
    entries = builder.entries()
    return Document(
        path=path,
        digest=digest,
        entries=tuple(entries),
        problems=(*problems, *builder.problems, *builder.slips),
        lines={".".join(map(str, where)): line for where, line in raw.meta.lines.items() if where},
        links=tuple(builder.links),
        withdrawn=withdrawn,
        cut=raw.meta.cut[:MAX_PROBLEMS],
    )


_FIELD = re.compile(rf"({'|'.join(ArticleMeta.model_fields | FaqMeta.model_fields)})\s*:(?:\s|$)")
_NAMES = {field.alias or name for model in EXAMPLES for name, field in model.model_fields.items()}
_FIELD_WITHIN = re.compile(rf"(?:- )?(?:\{{ ?)?({'|'.join(sorted(_NAMES))}):(?:\s|$)")
"""A field of a fact, or of anything else that is indented or an item, without the blanks before it."""


def _ended_early(raw: RawFile) -> Problem | None:
    """A `---` too many: fields of the front matter that stand in the body would be shown to visitors as text.

    Those that are indented may be text, but not where the `---` that was meant follows.
    """
    lines = [line for _, line in outside_code(raw.body)]
    fence = next((row for row, line in enumerate(lines) if line.rstrip() == FENCE), 0)
    within = [line.lstrip(" ") for line in lines[:fence] if line.startswith((" ", "-"))]
    found = next(filter(None, (*map(_FIELD.match, lines), *map(_FIELD_WITHIN.match, within))), None)
    if found is None:
        return None
    line = raw.body_line - 1
    what = f"文件头在这一行的 --- 就结束了，后面却还有字段 {found[1]}"
    return Problem(raw.path, line, what, "字段都写在最后一行 --- 之前：删掉多余的 ---；另一篇的内容放进它自己的文件")


def _place_problems(path: str, meta: ArticleMeta | FaqMeta | None, located: Located) -> list[Problem]:
    parts = PurePosixPath(path).parts
    if len(parts) != 3:
        return [Problem(path, 1, "文件放的位置不对", f"放到 {parts[0]}/<主题编号>/ 文件夹里")]
    problems = []
    slug = parts[2].removesuffix(".md")
    if len(slug) > MAX_SLUG:
        problems.append(Problem(path, 1, f"文件名太长（上限 {MAX_SLUG} 个字符）", "改短一些，如 banli-liucheng.md"))
    elif not re.fullmatch(SLUG, slug):
        problems.append(
            Problem(path, 1, f"文件名 {parts[2]} 不能做网址", "只用小写字母、数字和连字符，如 banli-liucheng.md")
        )
    if meta and meta.topic != parts[1]:
        what = f"topic 是 {meta.topic}，文件却在 {parts[1]} 文件夹里"
        problems.append(Problem(path, located.line(("topic",)), what, "改 topic，或把文件移到同名文件夹"))
    return problems


_RADICALS = re.compile("[\u3400-\u9fff]{0,4}[\u2e80-\u2fdf][\u2e80-\u2fdf\u3400-\u9fff]{0,9}")
_SIMPLIFIED = str.maketrans("戶見車門馬長頁風魚鳥龍齊", "户见车门马长页风鱼鸟龙齐")
"""Radicals stand for the traditional characters."""


class _Question(NamedTuple):
    """A question of an article: the line, the answer and the id that its entry gets; `has_fact` where its marks make one."""

    section: rendering.Section
    line: int
    answer: rendering.Rendered
    ident: str
    has_fact: bool


class _Body:
    """Reads the body of one file, collecting problems as it goes."""

    def __init__(self, path: str, raw: RawFile) -> None:
        self.path = path
        self.raw = raw
        self.problems: list[Problem] = []
        self.slips: list[Problem] = []
        self.links: list[tuple[str, int]] = []

    def read(self, told: Container[int] = ()) -> rendering.Rendered:
        """The whole body; placeholders in the front matter are noted as well, but on lines of which something is `told`."""
        body = self.render(self.raw.body, self.raw.body_line, report=True)
        if not body.text and not self.problems:
            self.problem(self.raw.body_line, "正文是空的", "在文件头后面写上正文，至少一段话")
        self.check_placeholders(told)
        return body

    def render(self, body: str, line: int, report: bool) -> rendering.Rendered:
        """Render; with `report` (the whole body), the links and forbidden HTML are noted with their lines."""
        try:
            rendered = rendering.render(body, self._link("" if report else page_of(self.path)))
        except rendering.TooMuch as error:
            if report:
                found = error.excess
                self.problem(line + found.line, found.what, found.remedy)
            return rendering.Rendered()
        if report:
            self.slips = [
                Problem(self.path, line + slip.row, slip.what, slip.remedy, Level.warning)
                for slip in islice(mistakes_in_body(body), MAX_PROBLEMS)
            ]
            self.check_radicals()
            self.leftovers(rendered.left, dict(outside_code(body)), line)
            lines = Lines(body)
            tags = rendered.removed[:MAX_PROBLEMS]
            for tag in tags:
                what, remedy, pattern = _FORBIDDEN.get(tag, _forbidden_html(tag))
                # The same for each, so that none hides another.
                for row in islice(lines.of_pattern(pattern), MAX_PROBLEMS // len(tags)):
                    self.problem(line + row, what, remedy)
            for heading in rendered.headings[:MAX_PROBLEMS]:
                if rendering.TAKEN.fullmatch(heading.anchor):
                    row = next(lines.of_pattern(rf"\{{:? *#{heading.anchor}\b"))
                    self.problem(line + row, f"位置的名字 #{heading.anchor} 是网页自己用的", "换一个名字")
            if len(rendered.links) > MAX_LINKS:
                self.problem(line, f"链接太多（{len(rendered.links)} 个，上限 {MAX_LINKS} 个）", "拆成几个条目")
            links = [(target, line + lines.of_link(target)) for target in rendered.links[:MAX_LINKS]]
            self.links += links
            unsafe = (each for each in links if UNSAFE.match(each[0]))
            for target, where in islice(unsafe, MAX_PROBLEMS):
                self.problem(where, f"链接 {target[:40]} 不安全", "改成 https:// 开头的网址或站内地址")
        return rendered

    def leftovers(self, left: Iterable[Leftover], lines: Mapping[int, str], first: int) -> None:
        """Note what Markdown left as it was typed, on lines of which nothing is said yet."""
        told = {problem.line for problem in self.slips}
        for each in islice(left, MAX_PROBLEMS):
            line = first + each.row(lines)
            if line not in told:
                told.add(line)
                to = self.problems if each.level is Level.error else self.slips
                to.append(Problem(self.path, line, each.what, each.remedy, each.level))

    def _link(self, within: str = "") -> Callable[[str], str]:
        """Publishes links; those to a place on the same page lead to the page `within`, if given."""
        return lambda target: within + target if target.startswith("#") else resolve_link(target, self.path)

    def check_placeholders(self, told: Container[int]) -> None:
        """What `kb new` left to be replaced."""
        texts = self.texts(told)
        found = ((each, line) for text, line in texts for each in re.findall(r"(【[^【】]*】)([(（][/.h])?", text))
        for (text, address), line in islice(
            (each for each in found if each[0][1] or each[0][0] in PLACEHOLDERS), MAX_PROBLEMS
        ):
            if address:
                self.problem(line, f"链接的文字 {text[:40]} 外面是方头括号", "换成英文方括号，如 [文字](地址)")
            else:
                what, remedy = f"模板里的 {text} 还没有替换", "换成真正的内容，不需要就删掉这一行"
                to, level = (self.slips, Level.warning) if self.raw.is_draft else (self.problems, Level.error)
                to.append(Problem(self.path, line, what, remedy, level))

    def questions(self, body: rendering.Rendered) -> list[_Question]:
        """The questions of an article that can be published; what is wrong with any is noted."""
        found = []
        for row, text in body.astray:
            what = f"标题“{text[:40]}”写得像常见问题，却不在“## {rendering.FAQ_HEADING}”下面，不会成为问答"
            remedy = f"那一节的标题写成 ## {rendering.FAQ_HEADING}，一字不差；每个问题的标题用三个 #"
            self.problem(self.raw.body_line + row, what, remedy)
        for section in body.sections:
            line = self.raw.body_line + section.line
            answer = self.render(section.body, line + 1, report=False)
            anchor = section.attributes.get("id") or rendering.slugify(section.question)
            ident = f"{EntryKind.faq.folder}/{self.path.removesuffix('.md').partition('/')[2]}-{anchor}"
            slips = [*_slips_of_marks(section)]
            unfit = _unfit(section, answer, anchor, ident)
            for what, remedy in (*slips, *unfit):
                self.problem(line, what, remedy)
            if not unfit:
                found.append(_Question(section, line, answer, ident, "facet" in section.attributes and not slips))
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


class _Builder(_Body):
    """Makes the entries of one file, whose front matter is right."""

    def __init__(self, path: str, raw: RawFile, meta: ArticleMeta | FaqMeta, shared: Mapping[str, Source]) -> None:
        super().__init__(path, raw)
        self.meta = meta
        self.shared = shared
        self.sources = {source.id: source for source in meta.sources}

    def entries(self) -> list[Entry]:
        meta = self.meta
        body = self.read()
        self.check_refs()
        if isinstance(meta, FaqMeta):
            self.no_questions(body)
            if not any(fact.answer for fact in meta.facts[:1]):
                blank = len(self.raw.body) - len(self.raw.body.lstrip("\n"))
                for what, remedy in _no_answer(body):
                    self.problem(self.raw.body_line + blank, what, remedy)
            first = tuple(self.with_answer(fact, body.text) for fact in meta.facts[:1])
            facts = (*first, *meta.facts[1:])
            main = self.entry(EntryKind.faq, meta.question, self.path.removesuffix(".md"), body, 1, facts)
            return [main]
        main = self.entry(EntryKind.article, meta.title, self.path.removesuffix(".md"), body, 1, meta.facts)
        return [main, *(self.section(main, question) for question in self.questions(body))]

    def check_refs(self) -> None:
        known = {**self.shared, **self.sources}
        for index, fact in enumerate(self.meta.facts):
            for ref in refs_of([fact]):
                if ref.id in known:
                    self.sources.setdefault(ref.id, known[ref.id])
                else:
                    line = self.raw.meta.line(("facts", index, "source"))
                    self.problem(line, f"来源 {ref.id} 没有定义", where_to_define(ref.id, self.shared, known))
        for index, source in enumerate(self.meta.sources):
            if source.id in {other.id for other in self.meta.sources[:index]}:
                line = self.raw.meta.line(("sources", index))
                self.problem(line, f"来源 {source.id} 写了两次", "是同一份就删掉一处；是另一份，换一个编号")
            if self.shared.get(source.id, source) != source:
                line = self.raw.meta.line(("sources", index))
                what = f"来源 {source.id} 在 sources.yml 里已有，本文件里改用了这里写的"
                remedy = "说的是同一份，就只写编号；是另一份，换一个编号"
                self.slips.append(Problem(self.path, line, what, remedy, Level.warning))
        if not (self.sources or refs_of(self.meta.facts)) and self.meta.status != "draft":
            self.problem(1, "没有注明来源", "在 sources 里写上文件名称、发布机关和文号")

    def with_answer(self, fact: Fact, text: str) -> Fact:
        """The fact with its answer, taken from the text where an editor wrote none."""
        lead = rendering.first_paragraph(text)
        if fact.answer or not lead:
            return fact
        if len(lead) > MAX_PROSE:
            what = f"正文第一段太长（{len(lead)} 字，上限 {MAX_PROSE} 字），不能当作答案"
            remedy = "第一段写短一些，细节另起一段；或在第一条事实里写 answer"
            self.problem(self.raw.body_line, what, remedy)
        # Validated, since what is stored is validated when it is read: one such file made every generation unreadable.
        return Fact.model_validate({**dict(fact), "answer": lead[:MAX_PROSE]})

    def entry(
        self, kind: EntryKind, title: str, ident: str, body: rendering.Rendered, line: int, facts: tuple[Fact, ...]
    ) -> Entry:
        meta = self.meta
        return Entry(
            id=ident,
            kind=kind,
            path=self.path,
            line=line,
            title=title,
            topic=meta.topic,
            status=meta.status,
            verification=meta.verification,
            effective=meta.effective,
            reviewed=meta.reviewed,
            review_by=meta.review_by,
            aliases=meta.aliases,
            summary=meta.summary or _shorten(body.text),
            sources=tuple(self.sources.values()),
            facts=facts,
            related=meta.related,
            now=meta.now,
            html=body.html,
            text=body.text,
            headings=body.headings,
        )

    def section(self, article: Entry, question: _Question) -> Entry:
        section, line, answer, ident, _ = question
        facts = self.section_facts(question)
        entry = self.entry(EntryKind.faq, section.question, ident, answer, line, facts)
        return entry.model_copy(update={"parent": article.id, "aliases": (), "summary": _shorten(answer.text)})

    def section_facts(self, question: _Question) -> tuple[Fact, ...]:
        """The one fact of a FAQ section that names its facet; without a facet the answer is the text alone."""
        attributes, line = question.section.attributes, question.line
        source = attributes.get("source") or next(iter(self.sources), "")
        if not question.has_fact or not source:
            return ()  # that the file names no source is reported for the whole of it
        known = {**self.shared, **self.sources}
        if source not in known:
            self.problem(line, f"来源 {source} 没有定义", where_to_define(source, self.shared, known))
            return ()
        self.sources.setdefault(source, known[source])
        verification = attributes.get("verification")
        try:
            fact = Fact(
                facet=Facet(attributes["facet"]),
                about=attributes.get("about"),
                answer=rendering.first_paragraph(question.answer.text),
                source=(SourceRef(id=source, clause=attributes.get("clause")),),
                verification=Verification(verification) if verification else None,
            )
        except ValidationError:
            what = "花括号里的 about 或 clause 是空的，或者文字太长"
            self.problem(line, what, "等号后面写内容，不需要就删掉；答案的第一段写短一些")
            return ()
        return (fact,)


_Slips = Iterator[tuple[str, str]]
"""What is wrong, and the remedy."""


def _slips_of_marks(section: rendering.Section) -> _Slips:
    """What is wrong in the braces of a question, whatever the front matter says."""
    marks = section.attributes
    if re.search("[{｛]", section.question):
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


def _no_answer(body: rendering.Rendered) -> _Slips:
    """Of a body that begins with anything but a paragraph, a card would show the heading, or the first of the items."""
    begun = re.match(r"<(table|ul|ol|pre|div|h(?=[2-6]))", body.html)
    if begun:
        yield f"第一段是{_NO_ANSWER[begun[1]]}，不能做卡片上的答案", "前面先写一两句话，直接回答问题"


def _unfit(section: rendering.Section, answer: rendering.Rendered, anchor: str, ident: str) -> list[tuple[str, str]]:
    """What keeps a question from having a page."""
    found = [*_no_answer(answer)]
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


def _shorten(text: str) -> str:
    lead = rendering.first_paragraph(text)
    return lead if len(lead) <= SUMMARY_LENGTH else lead[: SUMMARY_LENGTH - 1] + "…"

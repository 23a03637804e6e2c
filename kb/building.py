"""From the front matter and body of one file to its entries: the article or FAQ itself, and the questions of an article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from kb import rendering
from kb.bodies import Body, Question, no_answer
from kb.errors import Level, Problem
from kb.model import (
    MAX_PROSE,
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
from kb.reading import RawFile
from kb.validating import where_to_define

SUMMARY_LENGTH = 90
"""Characters of the body that serve as summary when an editor wrote none."""


class EntryBuilder(Body):
    """Makes the entries of one file, whose front matter is right."""

    def __init__(self, path: str, raw: RawFile, meta: ArticleMeta | FaqMeta, shared: Mapping[str, Source]) -> None:
        super().__init__(path, raw)
        self.meta = meta
        self.shared = shared
        self.known = {**shared, **{source.id: source for source in meta.sources}}

    def entries(self) -> list[Entry]:
        meta = self.meta
        body = self.read()
        self.check_refs()
        if isinstance(meta, FaqMeta):
            self.no_questions(body)
            if not any(fact.answer for fact in meta.facts[:1]):
                blank = len(self.raw.body) - len(self.raw.body.lstrip("\n"))
                for what, remedy in no_answer(body):
                    self.problem(self.raw.body_line + blank, what, remedy)
            first = tuple(self.with_answer(fact, body.text) for fact in meta.facts[:1])
            facts = (*first, *meta.facts[1:])
            main = self.entry(EntryKind.faq, meta.question, self.path.removesuffix(".md"), body, 1, facts, meta.sources)
            return [main]
        main = self.entry(
            EntryKind.article, meta.title, self.path.removesuffix(".md"), body, 1, meta.facts, meta.sources
        )
        return [main, *(self.section(main, question) for question in self.questions(body))]

    def check_refs(self) -> None:
        for index, fact in enumerate(self.meta.facts):
            for ref in refs_of([fact]):
                self.is_defined(ref.id, self.raw.meta.line(("facts", index, "source")))
        for index, source in enumerate(self.meta.sources):
            if source.id in {other.id for other in self.meta.sources[:index]}:
                line = self.raw.meta.line(("sources", index))
                self.problem(line, f"来源 {source.id} 写了两次", "是同一份就删掉一处；是另一份，换一个编号")
            if self.shared.get(source.id, source) != source:
                line = self.raw.meta.line(("sources", index))
                what = f"来源 {source.id} 在 sources.yml 里已有，本文件里改用了这里写的"
                remedy = "说的是同一份，就只写编号；是另一份，换一个编号"
                self.slips.append(Problem(self.path, line, what, remedy, Level.warning))
        if not (self.meta.sources or refs_of(self.meta.facts)) and self.meta.status != "draft":
            self.problem(1, "没有注明来源", "在 sources 里写上文件名称、发布机关和文号")

    def is_defined(self, ident: str, line: int) -> bool:
        """Whether there is a source of this id, in the file or among the shared ones; noted where there is none."""
        if ident not in self.known:
            self.problem(line, f"来源 {ident} 没有定义", where_to_define(ident, self.shared, self.known))
        return ident in self.known

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
        self,
        kind: EntryKind,
        title: str,
        ident: str,
        body: rendering.Rendered,
        line: int,
        facts: tuple[Fact, ...],
        sources: Iterable[Source],
    ) -> Entry:
        """An entry on these sources, and on those that its facts cite."""
        meta = self.meta
        cited = (self.known[ref.id] for ref in refs_of(facts) if ref.id in self.known)
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
            sources=tuple({source.id: source for source in (*sources, *cited)}.values()),
            facts=facts,
            related=meta.related,
            now=meta.now,
            html=body.html,
            text=body.text,
            headings=body.headings,
        )

    def section(self, article: Entry, question: Question) -> Entry:
        section, line, answer, ident, _ = question
        facts = self.section_facts(article, question)
        entry = self.entry(EntryKind.faq, section.question, ident, answer, line, facts, article.sources)
        return entry.model_copy(update={"parent": article.id, "aliases": (), "summary": _shorten(answer.text)})

    def section_facts(self, article: Entry, question: Question) -> tuple[Fact, ...]:
        """The one fact of a FAQ section that names its facet; without a facet the answer is the text alone."""
        attributes, line = question.section.attributes, question.line
        source = attributes.get("source") or next((each.id for each in article.sources), "")
        if not question.has_fact or not source:
            return ()  # that the file names no source is reported for the whole of it
        if not self.is_defined(source, line):
            return ()
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


def _shorten(text: str) -> str:
    lead = rendering.first_paragraph(text)
    return lead if len(lead) <= SUMMARY_LENGTH else lead[: SUMMARY_LENGTH - 1] + "…"

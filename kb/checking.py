"""The rules that valid files must still keep: each rule one function, listed in one table.

A rule sees the whole set of documents and yields problems. Where two files disagree, the one that is not yet
published (or else the later one by path) is named, and the other is mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb.documents import Document
from kb.errors import Level, Problem
from kb.linking import Pages, page_of
from kb.model import Entry, Facet, Fact, Period, Site, Status, Topic, comparable
from kb.reading import read_yaml
from kb.validating import did_you_mean

CATCH_ALL = re.compile(
    r"其[他它](所?需要?|相关|有关|必要)?的?(材料|资料|证明|文件)|等(相关|有关)?(材料|资料|证明)$|视情况"
)
NO_FEE = "不收费"


@dataclass(frozen=True)
class Checked:
    """What the rules look at: documents in order of trust, all entries (drafts too), topics, site."""

    documents: tuple[Document, ...]
    entries: Mapping[str, Entry]
    topics: Mapping[str, Topic]
    site: Site
    root: Path

    def line(self, name: str, *where: str | int) -> int:
        """The line of a place in a shared file; read again, since it is seldom needed."""
        return read_yaml(self.root, name).line(where)

    def facts(self) -> Iterator[tuple[Document, Entry, int, Fact]]:
        """Every fact with its place: document, entry, index in the entry."""
        for document in self.documents:
            for entry in document.entries:
                for index, fact in enumerate(entry.facts):
                    yield document, entry, index, fact


Rule = Callable[[Checked], Iterable[Problem]]


def cross_check(
    documents: Mapping[str, Document], topics: Iterable[Topic], site: Site, root: Path, trusted: Set[str]
) -> list[Problem]:
    """Apply every rule. `trusted` are the paths published already in the same version.

    A file that is broken in itself comes last, so that it cannot take a wording away from a good one.
    """
    ordered = tuple(
        sorted(
            documents.values(),
            key=lambda document: (bool(document.problems), document.path not in trusted, document.path),
        )
    )
    entries = {entry.id: entry for document in ordered for entry in document.entries}
    checked = Checked(ordered, entries, {topic.id: topic for topic in topics}, site, root)
    return [problem for rule in RULES for problem in rule(checked)]


def dated_problems(documents: Iterable[Document], today: date) -> list[Problem]:
    """What is wrong as of a day: rules that ran out, reviews that are due."""
    problems: list[Problem] = []
    for document in documents:
        for entry in document.entries:
            if entry.status is Status.draft:
                continue
            if not entry.parent:
                problems += _dated(document, entry, today)
            if entry.status is Status.in_force:
                problems += _outdated_facts(document, entry, today)
    return problems


def _dated(document: Document, entry: Entry, today: date) -> Iterator[Problem]:
    path = document.path
    end = entry.effective.to
    if entry.status is Status.in_force and end and end < today:
        what = f"status 是 in_force，但 effective.to（{end}）已过"
        remedy = "核对新规定：还有效就改日期，失效就把 status 改成 expired 并写 now"
        yield Problem(path, document.line("status"), what, remedy, blocks=False)
    if entry.reviewed > today:
        what = f"reviewed（{entry.reviewed}）在今天之后"
        yield Problem(path, document.line("reviewed"), what, "写实际核对的日期", blocks=False)
    if entry.review_by and entry.review_by < today:
        what = f"复核期限 {entry.review_by} 已过"
        remedy = "核对内容后更新 reviewed 和 review_by"
        yield Problem(path, document.line("review_by"), what, remedy, Level.warning)


def _outdated_facts(document: Document, entry: Entry, today: date) -> Iterator[Problem]:
    """Facts on a source that was superseded, and facts whose last period is over."""
    sources = {source.id: source for source in entry.sources}
    for index, fact in enumerate(entry.facts):
        for ref in fact.source:
            source = sources.get(ref.id)
            if source and source.superseded and source.superseded <= today:
                line = entry.line if entry.parent else document.line("facts", index, "source")
                what = f"来源 {source.id}（{source.title}）自 {source.superseded} 起被取代，这条事实已标为待复核"
                yield Problem(document.path, line, what, "按新文件核对后改用新的来源", Level.warning)
        end = fact.effective.to
        if end and end < today and not any(_same_matter(fact, later, today) for later in entry.facts):
            what = f"{fact.facet.label}的说法到 {end} 为止，之后没有说法"
            line = document.line("facts", index, "effective")
            yield Problem(document.path, line, what, "核对后改日期，或加一条新期间的事实", Level.warning)


def _same_matter(fact: Fact, other: Fact, today: date) -> bool:
    """Whether `other` says on this day what `fact` is about."""
    same = (other.facet, other.about, other.audience) == (fact.facet, fact.about, fact.audience)
    return same and (other.effective.to is None or today <= other.effective.to)


def _unknown_topics(checked: Checked) -> Iterator[Problem]:
    names = {topic.id: topic.name for topic in checked.topics.values()}
    for document in checked.documents:
        for entry in document.entries[:1]:
            if entry.topic not in names:
                what = f"主题 {entry.topic} 在 topics.yml 里没有"
                remedy = f"{did_you_mean(entry.topic, names)}改成已有的主题：{'、'.join(names)}"
                yield Problem(document.path, document.line("topic"), what, remedy)


def _topic_parents(checked: Checked) -> Iterator[Problem]:
    for index, topic in enumerate(checked.topics.values()):
        if topic.parent and topic.parent not in checked.topics:
            line = checked.line("topics.yml", index, "parent")
            what = f"主题 {topic.id} 的上级 {topic.parent} 不存在"
            yield Problem("topics.yml", line, what, "改成已有的主题编号")


def _topic_articles(checked: Checked) -> Iterator[Problem]:
    """The reading order of a topic names its own articles, each once."""
    broken = {document.path for document in checked.documents if not document.entries}
    for index, topic in enumerate(checked.topics.values()):
        folder = f"articles/{topic.id}/"
        slugs = {
            ident.removeprefix(folder): entry.title
            for ident, entry in checked.entries.items()
            if ident.startswith(folder)
        }
        for number, slug in enumerate(topic.articles):
            known = slug in slugs or f"{folder}{slug}.md" in broken
            if known and slug not in topic.articles[:number]:
                continue
            line = checked.line("topics.yml", index, "articles", number)
            if known:
                yield Problem("topics.yml", line, f"{topic.name}的 articles 里 {slug} 写了两次", "删掉一处")
            else:
                what = f"{topic.name}的 articles 里写的 {slug}，文件夹 {folder} 里没有"
                remedy = f"{did_you_mean(slug, slugs)}改成已有的文件名，不带 .md"
                yield Problem("topics.yml", line, what, remedy)


def _duplicate_ids(checked: Checked) -> Iterator[Problem]:
    seen: dict[str, Entry] = {}
    for document in checked.documents:
        for entry in document.entries:
            other = seen.setdefault(entry.id, entry)
            if other is not entry:
                what = f"编号 {entry.id} 与 {other.path}:{other.line} 重复"
                yield Problem(document.path, entry.line, what, "换一个文件名，或给问题标题换一个 {#编号}")


def _duplicate_questions(checked: Checked) -> Iterator[Problem]:
    """Two entries may not claim the same wording: a visitor who types it could only get one of them."""
    seen: dict[str, tuple[str, int]] = {}
    for document in checked.documents:
        for entry in document.entries:
            if entry.status is Status.draft:
                continue
            own: set[str] = set()
            for wording, line in _wordings(document, entry):
                key = comparable(wording)
                if key in own or not key:
                    continue
                own.add(key)
                if key in seen:
                    path, number = seen[key]
                    what = f"问法“{wording}”与 {path}:{number} 重复"
                    yield Problem(document.path, line, what, "删掉一处，或改成不同的问题")
                else:
                    seen[key] = (document.path, line)


def _wordings(document: Document, entry: Entry) -> Iterator[tuple[str, int]]:
    yield (
        entry.title,
        entry.line if entry.parent else document.line("question" if "question" in document.lines else "title"),
    )
    if entry.parent:
        return
    for index, alias in enumerate(entry.aliases):
        yield alias, document.line("aliases", index)
    for index, fact in enumerate(entry.facts):
        if fact.question:
            yield fact.question, document.line("facts", index, "question")
        for number, alias in enumerate(fact.aliases):
            yield alias, document.line("facts", index, "aliases", number)


def _joined_aliases(checked: Checked) -> Iterator[Problem]:
    """A list of one with a Chinese comma in it: most likely several wordings that became one."""
    for document in checked.documents:
        for entry in (entry for entry in document.entries if not entry.parent):
            lists: list[tuple[tuple[str, ...], tuple[str | int, ...]]] = [(entry.aliases, ("aliases", 0))]
            lists += [(fact.aliases, ("facts", index, "aliases", 0)) for index, fact in enumerate(entry.facts)]
            for aliases, place in lists:
                if len(aliases) == 1 and re.search("[，、]", aliases[0]):
                    what = f"问法“{aliases[0]}”里有中文逗号或顿号，算作一个问法"
                    remedy = "如果是几个问法，之间换成英文逗号"
                    yield Problem(document.path, document.line(*place), what, remedy, Level.warning)


def _empty_facts(checked: Checked) -> Iterator[Problem]:
    for document, _, index, fact in checked.facts():
        if fact.is_empty:
            what = f"第 {index + 1} 条事实（{fact.facet.label}）没有内容"
            yield Problem(document.path, document.line("facts", index), what, "写 answer、items、steps 或 values")


def _fact_line(document: Document, entry: Entry, index: int) -> int:
    return entry.line if entry.parent else document.line("facts", index)


def _contradicting_facts(checked: Checked) -> Iterator[Problem]:
    """Facts of one matter: the same topic, facet, subject and audience. In one period only one may hold."""
    groups: dict[tuple[str, ...], list[tuple[Document, Entry, int, Fact, Period]]] = {}
    for document, entry, index, fact in checked.facts():
        if entry.status is Status.draft:
            continue
        key = (entry.topic, fact.facet, comparable(fact.about or ""), comparable(fact.audience or ""))
        period = fact.effective if fact.effective != Period() else entry.effective
        if entry.status is Status.in_force or period.to:
            groups.setdefault(key, []).append((document, entry, index, fact, period))
    for group in groups.values():
        for position, (document, entry, index, fact, period) in enumerate(group):
            for other_document, other, other_index, twin, other_period in group[:position]:
                if period.overlaps(other_period) and not _same_answer(fact, twin):
                    where = f"{other_document.path}:{_fact_line(other_document, other, other_index)}"
                    what = f"{fact.facet.label}与 {where} 说法不同（同一主题、类别、对象和期间）"
                    remedy = "核对后统一；若说的不是同一件事，用 about 或 audience 写明；若各有依据，写成 conflict"
                    yield Problem(document.path, _fact_line(document, entry, index), what, remedy)
                    break


def _same_answer(one: Fact, two: Fact) -> bool:
    def content(fact: Fact) -> tuple[object, ...]:
        return comparable(fact.answer or ""), fact.limit, fact.items, fact.steps, fact.values

    return content(one) == content(two)


def _gaps_between_periods(checked: Checked) -> Iterator[Problem]:
    """Several periods of one fact in one entry must leave no gap between them."""
    for document in checked.documents:
        for entry in document.entries:
            groups: dict[tuple[str, str | None, str | None], list[tuple[int, Fact]]] = {}
            for index, fact in enumerate(entry.facts):
                if fact.effective != Period():
                    groups.setdefault((fact.facet, fact.about, fact.audience), []).append((index, fact))
            for group in groups.values():
                group.sort(key=lambda pair: pair[1].effective.from_ or date.min)
                covered = group[0][1].effective
                for index, fact in group[1:]:
                    period = fact.effective
                    if not covered.overlaps(period) and not covered.precedes_directly(period):
                        what = f"{fact.facet.label}在 {covered.to} 与 {period.from_} 之间没有说法"
                        line = document.line("facts", index, "effective")
                        yield Problem(document.path, line, what, "让两段期间首尾相接")
                    if (period.to or date.max) > (covered.to or date.max):
                        covered = period


def _dates_in_order(checked: Checked) -> Iterator[Problem]:
    for document in checked.documents:
        for entry in document.entries[:1]:
            if entry.review_by and entry.review_by < entry.reviewed:
                what = f"review_by（{entry.review_by}）早于 reviewed（{entry.reviewed}）"
                yield Problem(document.path, document.line("review_by"), what, "两个日期核对后改正")
            for index, fact in enumerate(entry.facts):
                if fact.effective != Period() and not fact.effective.overlaps(entry.effective):
                    what = f"{fact.facet.label}的期间不在整个条目的 effective 之内"
                    yield Problem(document.path, document.line("facts", index, "effective"), what, "核对两处日期后改正")
            if entry.status in (Status.expired, Status.superseded):
                if entry.effective.to is None:
                    what = f"status 是 {entry.status}，却没有写失效日期"
                    yield Problem(document.path, document.line("status"), what, "在 effective.to 写最后有效的一天")
                if entry.now is None:
                    what = "已不再有效的条目没有写现在怎么办"
                    yield Problem(document.path, document.line("status"), what, "用 now.text 写现行做法", Level.warning)


def _dead_links(checked: Checked) -> Iterator[Problem]:
    published = (entry for entry in checked.entries.values() if entry.status is not Status.draft)
    broken = (page_of(document.path) for document in checked.documents if not document.entries)
    pages = Pages(published, checked.topics, broken)
    for document in checked.documents:
        headings = document.entries[0].headings if document.entries else ()
        for target, line in document.links:
            what = pages.problem(target, headings)
            if what:
                yield Problem(document.path, line, what, "改成已有的地址，如 /a/主题/文件名，或删掉链接", blocks=False)


def _dead_references(checked: Checked) -> Iterator[Problem]:
    titles = {ident: entry.title for ident, entry in checked.entries.items() if entry.status is not Status.draft}
    broken = {document.path.removesuffix(".md") for document in checked.documents if not document.entries}
    for document in checked.documents:
        for entry in document.entries[:1]:
            named = [(ident, document.line("related", index)) for index, ident in enumerate(entry.related)]
            if entry.now and entry.now.entry:
                named.append((entry.now.entry, document.line("now", "entry")))
            for ident, line in named:
                if ident not in titles and ident not in broken:
                    hint = did_you_mean(ident, titles)
                    what = f"引用的条目 {ident} 不存在"
                    yield Problem(document.path, line, what, f"{hint}改成已有条目的编号", blocks=False)
    for index, ident in enumerate(checked.site.home.recommended):
        if ident not in titles and ident not in broken:
            line = checked.line("site.yml", "home", "recommended", index)
            remedy = f"{did_you_mean(ident, titles)}改成已有条目的编号"
            yield Problem("site.yml", line, f"推荐的条目 {ident} 不存在", remedy, blocks=False)


def _loose_limits(checked: Checked) -> Iterator[Problem]:
    for document, _, index, fact in checked.facts():
        if not fact.limit:
            continue
        line = document.line("facts", index, "limit")
        if fact.limit.unit not in ("工作日", "自然日"):
            yield Problem(document.path, line, "时限没有写单位", "unit 写工作日或自然日", Level.warning)
        if not fact.limit.from_:
            yield Problem(document.path, line, "时限没有写从什么时候起算", "from 写起算的那件事", Level.warning)


def _vague_facts(checked: Checked) -> Iterator[Problem]:
    for document, entry, index, fact in checked.facts():
        line = _fact_line(document, entry, index)
        if fact.facet is Facet.fee and comparable(fact.answer or "") in ("", "无", "没有", "0", "暂无"):
            yield Problem(document.path, line, "费用没有写清楚", f"不收费就写“{NO_FEE}”", Level.warning)
        if fact.facet is Facet.basis and not any(ref.clause for ref in fact.source):
            yield Problem(document.path, line, "政策依据没有写条款", "在 source 的 clause 写第几条", Level.warning)
        for number, item in enumerate(fact.items):
            if CATCH_ALL.search(item.name):
                where = document.line("facts", index, "items", number)
                what = f"材料“{item.name}”是兜底的说法，来办事的人不知道要带什么"
                yield Problem(document.path, where, what, "逐项写明，写不明就删掉", Level.warning)


RULES: tuple[Rule, ...] = (
    _unknown_topics,
    _topic_parents,
    _topic_articles,
    _duplicate_ids,
    _duplicate_questions,
    _joined_aliases,
    _empty_facts,
    _contradicting_facts,
    _gaps_between_periods,
    _dates_in_order,
    _dead_links,
    _dead_references,
    _loose_limits,
    _vague_facts,
)

"""The rules that valid files must keep among each other: each rule one function, listed in one table.

A rule sees the whole set of documents and what they claim, and yields problems. Where two files disagree, the one that
is not yet published (or else the one reviewed later, or the later by path) is named, and the other is mentioned.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import filterfalse
from pathlib import Path
from typing import Protocol, TypeVar

from rapidfuzz.distance import Indel

from kb.claims import Matter, matter_of_table
from kb.comparing import comparable, comparable_question
from kb.documents import Document
from kb.errors import WIDELY, Level, Problem
from kb.ledger import Ledger, references
from kb.linking import Pages, entry_at, page_of
from kb.model import Entry, EntryKind, Fact, Period, Site, Source, SourceRef, Status, Topic, points_of
from kb.reading import SITE_FILE, SOURCES_FILE, TOPICS_FILE, read_yaml
from kb.remarks import MARKUP, SEVERAL, WHOLE_QUESTION, Place, fact_line, joined_in, marks_in, texts_in
from kb.validating import did_you_mean, joined, nearest

SAME_FOLDER, ALIKE = 0.9, 0.6
"""Likeness of folders and of names (normalised indel similarity) from which an entry is suggested for another."""
_like = Indel.normalized_similarity


class Claimant(Protocol):
    """Whatever a file claims."""

    @property
    def path(self) -> str:
        """The file."""


C = TypeVar("C", bound=Claimant)


@dataclass(frozen=True)
class Checked:
    """What the rules look at: documents by path and their ledger, topics, site.

    `broken` are the paths of files that gave no entries; they are reported for themselves, and nothing that names them
    is. Trusted paths come first in a dispute.
    """

    documents: Mapping[str, Document]
    ledger: Ledger
    broken: Set[str]
    topics: Mapping[str, Topic]
    sources: tuple[Source, ...]
    site: Site
    root: Path
    is_trusted: Callable[[str], bool]

    def line(self, name: str, *where: str | int) -> int:
        """The line of a place in a shared file; read again, since it is seldom needed."""
        return read_yaml(self.root, name).line(where)

    def entry(self, ident: str) -> Entry | None:
        """The published entry of an id; where several files claim it, that of the one to be trusted most."""
        return next(iter(self.by_trust(filter(_is_published, self.ledger.entries[ident]))), None)

    def is_there(self, ident: str) -> bool:
        """Whether an id may be named: of a published entry, or of a broken file."""
        return f"{ident}.md" in self.broken or any(map(_is_published, self.ledger.entries[ident]))

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The titles of published entries by id."""
        return {ident: entry.title for ident in sorted(self.ledger.entries) if (entry := self.entry(ident))}

    def hint(self, ident: str) -> str:
        """The entry that is meant by an id that is none, as a question to the editor; or an empty string."""
        found = self.meant(ident)
        return did_you_mean(found, {found: self.titles[found]}) if found else ""

    @cached_property
    def meant(self) -> Callable[[str], str]:
        """The id of the published entry whose title, address or file this is, or that has this name, or one like it; or empty.

        All titles are gone through for each id that is none, so what was found is remembered.
        """
        return cache(self._meant)

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """The ids of published entries by their last part."""
        found: dict[str, list[str]] = defaultdict(list)
        for ident in self.titles:
            found[ident.rpartition("/")[2]].append(ident)
        return found

    def _meant(self, ident: str) -> str:
        plain = f"/{ident.strip('/').removesuffix('.md')}"
        rest = (plain[1:], plain[1:].partition("/")[2])
        exact = (plain[1:], entry_at(plain), *(f"{kind.folder}/{each}" for each in rest for kind in EntryKind))
        if found := next((each for each in exact if each in self.titles), None):
            return found
        ident = entry_at(plain) or plain[1:]
        folder, _, name = ident.rpartition("/")
        elsewhere = self._by_name.get(name, ())
        if folder and len(elsewhere) == 1:
            return elsewhere[0]
        alike = {
            other: title
            for other, title in self.titles.items()
            if not folder
            or (
                _like(folder, other.rpartition("/")[0]) >= SAME_FOLDER
                and _like(name, other.rpartition("/")[2]) >= ALIKE
            )
        }
        return nearest(ident, alike)

    def page_meant(self, page: str) -> str:
        """The address that is meant by one that is none; or an empty string."""
        if found := self.meant(page):
            return page_of(found)
        name = page.strip("/").removeprefix("t/")
        names = {topic.id: topic.name for topic in self.topics.values()}
        topic = nearest(name, names) if page.startswith("/t/") else name
        return f"/t/{topic}" if topic in names else ""

    def is_copy(self, path: str, other: str) -> bool:
        """Whether two files have the same question or title and the same body."""
        one, two = self.documents[path].entries[0], self.documents[other].entries[0]
        return (comparable(one.title), one.text) == (comparable(two.title), two.text)

    def by_trust(self, claimants: Iterable[C]) -> list[C]:
        """Claimants of one thing, the one that keeps it first: trusted files, others, files with mistakes.

        Each by the day of its review, since a file's name does not tell what was there before; then by path without its
        ending, so that a copy (duojiu-2.md) comes after what it was made of.
        """

        def place(claim: C) -> tuple[bool, bool, date, str]:
            document = self.documents[claim.path]
            has_mistakes = any(problem.level is Level.error for problem in document.problems)
            reviewed = document.entries[0].reviewed
            return has_mistakes, not self.is_trusted(claim.path), reviewed, claim.path.removesuffix(".md")

        return sorted(claimants, key=place)


def _is_published(entry: Entry) -> bool:
    return entry.status is not Status.draft


Rule = Callable[[Checked], Iterable[Problem]]


def cross_check(
    documents: Mapping[str, Document],
    ledger: Ledger,
    broken: Set[str],
    topics: Iterable[Topic],
    sources: tuple[Source, ...],
    site: Site,
    root: Path,
    is_trusted: Callable[[str], bool],
) -> list[Problem]:
    """Apply every rule to documents, of which `ledger` tells what they claim, and `broken` which gave no entries.

    Trusted are paths published already in the same version. A file that is broken in itself comes last, so that it
    cannot take a wording away from a good one.
    """
    by_id = {topic.id: topic for topic in topics}
    checked = Checked(documents, ledger, broken, by_id, sources, site, root, is_trusted)
    return [problem for rule in RULES for problem in rule(checked)]


def dated_problems(documents: Iterable[Document], today: date) -> list[Problem]:
    """What is wrong as of a day: rules that ran out, reviews that are due."""
    problems: list[Problem] = []
    for document in documents:
        for entry in document.entries:
            if entry.status is Status.draft:
                continue
            if not entry.parent:
                problems += (*_dated(document, entry, today), *_far_days(document, entry, today))
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
    if entry.status.is_over and end and end >= today:
        what = f"status 是 {entry.status}，effective.to（{end}）却还没到：到那天为止仍按现行展示"
        remedy = "已经失效就把 to 改成最后有效的一天；还有效就写 in_force"
        # That another rule will take its place may be known long before.
        level = Level.error if entry.status is Status.expired else Level.warning
        yield Problem(path, document.line("status"), what, remedy, level, blocks=False)
    if entry.reviewed > today:
        what = f"reviewed（{entry.reviewed}）在今天之后"
        yield Problem(path, document.line("reviewed"), what, "写实际核对的日期", blocks=False)
    if entry.review_by and entry.review_by < today:
        what = f"复核期限 {entry.review_by} 已过"
        remedy = "核对内容后更新 reviewed 和 review_by"
        yield Problem(path, document.line("review_by"), what, remedy, Level.warning)


FAR = 10
"""Years ahead from which a day on which something begins, or is to be looked at again, is most likely misspelt."""


def _far_days(document: Document, entry: Entry, today: date) -> Iterator[Problem]:
    """Days whose year is most likely misspelt (2204 for 2024)."""
    days: list[tuple[date | None, Place]] = [
        (entry.effective.from_, ("effective", "from")),
        (entry.review_by, ("review_by",)),
        *((fact.effective.from_, ("facts", index, "effective", "from")) for index, fact in enumerate(entry.facts)),
    ]
    for day, place in days:
        if day and day.year - today.year > FAR:
            name = "review_by" if place == ("review_by",) else "effective.from"
            yield _misspelt_year(document.path, document.line(*place), name, day, today)
    for index, source in enumerate(entry.sources):
        line = document.lines.get(f"sources.{index}.published")
        if line and source.published and source.published > today:
            yield _misspelt_year(document.path, line, "published", source.published, today)


def dated_sources(root: Path, sources: Iterable[Source], today: date) -> Iterator[Problem]:
    """Shared sources that are said to be published after a day."""
    for index, source in enumerate(sources):
        if source.published and source.published > today:
            line = read_yaml(root, SOURCES_FILE).line((index, "published"))
            yield _misspelt_year(SOURCES_FILE, line, "published", source.published, today)


def _misspelt_year(path: str, line: int, name: str, day: date, today: date) -> Problem:
    """What is said of a day to come, with the year that is meant where two digits of it changed places."""
    digits = str(day.year)
    swapped = (int(f"{digits[:at]}{digits[at + 1]}{digits[at]}{digits[at + 2 :]}") for at in range(3))
    near = [year for year in swapped if year != day.year and abs(year - today.year) <= FAR]
    meant = f"是不是 {near[0]}？" if near else ""
    what = f"{name} 是 {day.year} 年" + ("，在今天之后" if name == "published" else "")
    return Problem(path, line, what, f"{meant}核对后写对的日期", Level.warning)


def _outdated_facts(document: Document, entry: Entry, today: date) -> Iterator[Problem]:
    """Answers on a source that was superseded, and facts whose last period is over."""
    if entry.kind is EntryKind.faq and not entry.facts:
        line = entry.line if entry.parent else document.line("sources")
        yield from _superseded(document, line, entry, entry.basis, "这个问答", today)
    for index, fact in enumerate(entry.facts):
        line = fact_line(document, entry, index, "source")
        yield from _superseded(document, line, entry, fact.source, "这条事实", today)
        end = fact.effective.to
        if end and end < today and not any(_same_matter(fact, later, today) for later in entry.facts):
            what = f"{fact.facet.label}的说法到 {end} 为止，之后没有说法"
            line = document.line("facts", index, "effective")
            yield Problem(document.path, line, what, "核对后改日期，或加一条新期间的事实", Level.warning)


def _superseded(
    document: Document, line: int, entry: Entry, refs: Iterable[SourceRef], marked: str, today: date
) -> Iterator[Problem]:
    """What is said of the sources, cited on this line, whose place another has taken."""
    cited = {ref.id for ref in refs}
    for source in entry.sources:
        if source.id in cited and source.is_superseded(today):
            what = f"来源 {source.id}（{source.title}）自 {source.superseded} 起被取代，{marked}已标为待复核"
            yield Problem(document.path, line, what, "按新文件核对后改用新的来源", Level.warning)


def _same_matter(fact: Fact, other: Fact, today: date) -> bool:
    """Whether `other` says on this day what `fact` is about."""
    return other.matter == fact.matter and (other.effective.to is None or today <= other.effective.to)


def _unknown_topics(checked: Checked) -> Iterator[Problem]:
    names = {topic.id: topic.name for topic in checked.topics.values()}
    for topic in set(checked.ledger.topics) - names.keys():
        what = f"主题 {topic} 在 topics.yml 里没有"
        remedy = f"{did_you_mean(topic, names)}改成已有的主题：{'、'.join(names)}；新主题先写进 topics.yml"
        paths = checked.ledger.topics[topic]
        if len(paths) > WIDELY:
            remedy = f"在 topics.yml 里补上主题 {topic}"
            lost = f"没有主题 {topic}，却有 {len(paths)} 个文件写着它"
            yield Problem(TOPICS_FILE, 1, lost, "删掉或改了编号的，改回来；新主题加一行", blocks=False)
        for path in paths:
            yield Problem(path, checked.documents[path].line("topic"), what, remedy)


def _topic_parents(checked: Checked) -> Iterator[Problem]:
    for index, topic in enumerate(checked.topics.values()):
        if topic.parent and topic.parent not in checked.topics:
            line = checked.line(TOPICS_FILE, index, "parent")
            what = f"主题 {topic.id} 的上级 {topic.parent} 不存在"
            yield Problem(TOPICS_FILE, line, what, "改成已有的主题编号", blocks=False)
        elif topic.id in _above(topic, checked.topics):
            line = checked.line(TOPICS_FILE, index, "parent")
            what = f"主题 {topic.id} 的上级往上找又回到它自己"
            yield Problem(TOPICS_FILE, line, what, "删掉 parent，或改成真正的上级", blocks=False)


def _topic_names(checked: Checked) -> Iterator[Problem]:
    """A name of two topics would lead to both whoever types it."""
    first: dict[str, Topic] = {}
    for index, topic in enumerate(checked.topics.values()):
        for number, alias in enumerate(topic.aliases):
            if SEVERAL.search(alias):
                yield from joined_in(alias, TOPICS_FILE, checked.line(TOPICS_FILE, index, "aliases", number))
        for name in (topic.name, *topic.aliases):
            other = first.setdefault(comparable(name), topic)
            if other is not topic:
                line = checked.line(TOPICS_FILE, index)
                what = f"主题 {topic.id} 和 {other.id} 都叫“{name}”"
                yield Problem(TOPICS_FILE, line, what, "名称和 aliases 里只留一处", Level.warning)


def _above(topic: Topic, topics: Mapping[str, Topic]) -> list[str]:
    """The ids of the topics above one, until one comes again."""
    found: list[str] = []
    while topic.parent and topic.parent in topics and topic.parent not in found:
        topic = topics[topic.parent]
        found.append(topic.id)
    return found


def _topic_articles(checked: Checked) -> Iterator[Problem]:
    """The reading order of a topic names its own articles, each once."""
    for index, topic in enumerate(checked.topics.values()):
        folder = f"{EntryKind.article.folder}/{topic.id}/"
        for number, slug in enumerate(topic.articles):
            known = f"{folder}{slug}" in checked.ledger.entries or f"{folder}{slug}.md" in checked.broken
            if known and slug not in topic.articles[:number]:
                continue
            line = checked.line(TOPICS_FILE, index, "articles", number)
            if known:
                what = f"{topic.name}的 articles 里 {slug} 写了两次"
                yield Problem(TOPICS_FILE, line, what, "删掉一处", blocks=False)
            else:
                there = (ident for ident in checked.ledger.entries if ident.startswith(folder))
                slugs = {entry.slug: entry.title for ident in there for entry in checked.ledger.entries[ident]}
                what = f"{topic.name}的 articles 里写的 {slug}，文件夹 {folder} 里没有"
                remedy = f"{did_you_mean(slug, slugs)}改成已有的文件名，不带 .md"
                yield Problem(TOPICS_FILE, line, what, remedy, blocks=False)


def _duplicate_ids(checked: Checked) -> Iterator[Problem]:
    for key in checked.ledger.entries.contested:
        first, *others = checked.by_trust(checked.ledger.entries[key])
        for entry in others:
            what = f"编号 {entry.id} 与 {first.path}:{first.line} 重复"
            yield Problem(entry.path, entry.line, what, "换一个文件名，或给问题标题换一个 {#编号}")


def _duplicate_questions(checked: Checked) -> Iterator[Problem]:
    """Two entries may not claim the same wording: a visitor who types it could only get one of them.

    Of a whole copy all wordings give the same problem, which is told once.
    """
    for key in checked.ledger.wordings.contested:
        first, *others = checked.by_trust(checked.ledger.wordings[key])
        for wording in others:
            if (first.entry, first.path) == (wording.entry, wording.path):
                continue
            if wording.path != first.path and checked.is_copy(wording.path, first.path):
                what = f"像是把 {first.path} 整份复制过来的：问题和正文都一样"
                remedy = "两个文件只留一个；要写的是另一件事，就把问题、问法和正文都换掉"
                yield Problem(wording.path, 1, what, remedy)
            else:
                what = f"问法“{wording.text}”与 {first.path}:{first.line} 重复"
                yield Problem(wording.path, wording.line, what, "只留一处，或改成不同的问题")


def _too_broad(checked: Checked) -> Iterator[Problem]:
    """The name of a topic is nobody's question, but for the articles of that topic: its entry would answer all about it."""
    for topic in checked.topics.values():
        for name in (topic.name, *topic.aliases):
            for wording in checked.ledger.wordings[comparable_question(name)]:
                if not wording.entry.startswith(f"{EntryKind.article.folder}/{topic.id}/"):
                    what = f"问法“{wording.text}”是主题 {topic.id} 的名称，太宽，会抢走所有问它的人"
                    yield Problem(wording.path, wording.line, what, WHOLE_QUESTION)


def _contradicting_facts(checked: Checked) -> Iterator[Problem]:
    """Of one matter only one thing may hold in one period."""
    for key in checked.ledger.matters.contested:
        # What is said again of the same period need not be compared again.
        firsts: dict[tuple[object, ...], Matter] = {}
        for matter in checked.by_trust(checked.ledger.matters[key]):
            if other := next(filter(matter.contradicts, firsts.values()), None):
                yield Problem(matter.path, matter.line, *_contradiction(matter, other))
            firsts.setdefault((matter.says, matter.period), matter)


def _contradiction(matter: Matter, other: Matter) -> tuple[str, str]:
    """What is wrong with two statements of one matter, and the remedy: in one file, one may be meant to follow the other."""
    followed = _followed(matter.own, other.own) if matter.path == other.path else ""
    if followed:
        return f"{matter.label}的期间与 {other.path}:{other.line} 的重叠，那些日子有两种说法", followed
    what = f"{matter.label}与 {other.path}:{other.line} 说法不同（同一主题、类别、对象和期间）"
    return what, "核对后统一；若说的不是同一件事，用 about 或 audience 写明；若各有依据，写成 conflict"


def _gaps_between_periods(checked: Checked) -> Iterator[Problem]:
    """Several periods of one matter must leave no gap; between files there may be one, of which the editor is asked."""
    for key in checked.ledger.matters.contested:
        ordered = sorted(checked.ledger.matters[key], key=lambda each: (each.period.from_ or date.min, each.path))
        last = ordered[0]
        for matter in ordered[1:]:
            if not last.period.overlaps(matter.period) and not last.period.precedes_directly(matter.period):
                yield _gap(last, matter)
            last = max(last, matter, key=lambda each: each.period.to or date.max)


def _gap(before: Matter, after: Matter) -> Problem:
    what = f"{after.label}在 {before.period.to} 与 {after.period.from_} 之间没有说法"
    if before.path == after.path:
        return Problem(after.path, after.line, what, "让两段期间首尾相接")
    what = f"{what}（前一段见 {before.path}:{before.line}）"
    remedy = "让两段期间首尾相接；中间真的没有规定，就不用改"
    return Problem(after.path, after.line, what, remedy, Level.warning)


def _followed(*periods: Period) -> str:
    """How the old period has to end, or the new one to begin, so that they meet; empty where neither follows the other."""
    old, new = sorted(periods, key=lambda each: (each.to or date.max, each.from_ or date.min))
    if new.from_ and new.from_ > (old.from_ or date.min):
        return f"旧的 effective.to 写新规前一天 {new.from_ - timedelta(days=1)}"
    if old.to and old.to < (new.to or date.max):
        return f"新的写上 effective.from，从旧规后一天 {old.to + timedelta(days=1)} 起"
    return ""


def _dead_links(checked: Checked) -> Iterator[Problem]:
    written = checked.ledger.entries
    broken = map(page_of, checked.broken)
    pages = Pages(checked.entry, written.__contains__, checked.topics, broken, checked.page_meant)
    for path in checked.ledger.links:
        entries = checked.documents[path].entries
        headings = entries[0].headings if entries else ()
        for target, line in checked.ledger.links[path]:
            if found := pages.problem(target, path, headings):
                yield Problem(path, line, *found, blocks=False)


def _missing_tables(checked: Checked) -> Iterator[Problem]:
    """A total whose tables are not there, or have nothing that could be added, is never told."""
    for path in checked.ledger.totals:
        document = checked.documents[path]
        for ident, index in checked.ledger.totals[path]:
            entry = next(entry for entry in document.entries if entry.id == ident)
            fact = entry.facts[index]
            for number, part in enumerate(fact.total.parts if fact.total else ()):
                line = document.line("facts", index, "total", "parts", number)
                for about in part.tables:
                    if found := _no_table(checked, entry, fact, about):
                        yield Problem(path, line, *found, blocks=False)


def _no_table(checked: Checked, entry: Entry, fact: Fact, about: str) -> tuple[str, str] | None:
    """What is wrong with a table that counts towards a total, and the remedy; or None."""
    assert fact.total  # noqa: S101  the ledger says so
    unit, places = fact.total.unit, checked.ledger.tables[matter_of_table(entry, fact, about)]
    if not places:
        what = f"total 里的对照表“{about}”，主题 {entry.topic} 里没有（类别 {fact.facet}，不写 audience）"
        return what, "改成已有的对照表的 about，或先写一条有 values、about 是它的事实"
    # Several files may claim the id, which is told for itself: the table is in one of them, at this place.
    claimed = (each.facts[at : at + 1] for ident, at in places for each in checked.ledger.entries[ident])
    rows = (value for facts in claimed for table in facts for value in table.values)
    if not any(points_of(value, unit) is not None for value in rows):
        return f"total 里的对照表“{about}”，没有一行能相加", f"value 写成“50 {unit}”的样子，或核对 unit"
    return None


def _dead_references(checked: Checked) -> Iterator[Problem]:
    for dead in filterfalse(checked.is_there, checked.ledger.referred):
        what, remedy = _dead(checked, dead)
        for path in checked.ledger.referred[dead]:
            for line in (line for ident, line in references(checked.documents[path]) if ident == dead):
                yield Problem(path, line, what, remedy, blocks=False)
    for index, ident in enumerate(checked.site.home.recommended):
        if not checked.is_there(ident):
            line = checked.line(SITE_FILE, "home", "recommended", index)
            what, remedy = _dead(checked, ident)
            yield Problem(SITE_FILE, line, what, remedy, blocks=False)


def _marks_in_shared_files(checked: Checked) -> Iterator[Problem]:
    """What the files say that all entries share is plain text."""
    files = {SITE_FILE: checked.site, TOPICS_FILE: tuple(checked.topics.values()), SOURCES_FILE: checked.sources}
    for name, said in files.items():
        for text, where in texts_in(said):
            if MARKUP.search(text):  # its line is seldom needed
                field = next(part for part in reversed(where) if isinstance(part, str))
                yield from marks_in(text, field, name, checked.line(name, *where))


def _unknown_popular(checked: Checked) -> Iterator[Problem]:
    """A popular question that no entry has, whole or in a longer one. Of files with mistakes it is not known what they have."""
    for index, text in enumerate(() if checked.broken else checked.site.home.popular):
        key, known = comparable_question(text), checked.ledger.wordings
        if key not in known and not any(key in longer for longer in known):
            line = checked.line(SITE_FILE, "home", "popular", index)
            comma = "；几个问题之间用英文逗号" if re.search("[，、；]", text) else ""
            what, remedy = f"popular 里的“{text}”不是任何条目的问法", f"写条目里有的问题，一字不差{comma}"
            yield Problem(SITE_FILE, line, what, remedy, Level.warning)


def _dead(checked: Checked, ident: str) -> tuple[str, str]:
    """What is wrong with a reference to an entry that is not published, and the remedy."""
    if ident in checked.ledger.entries:
        return f"引用的条目 {ident} 还是草稿，没有发布", "先发布它，或删掉这一处引用"
    return f"引用的条目 {ident} 不存在", joined(ident) or f"{checked.hint(ident)}改成已有条目的编号"


RULES: tuple[Rule, ...] = (
    _unknown_topics,
    _topic_parents,
    _topic_names,
    _topic_articles,
    _duplicate_ids,
    _duplicate_questions,
    _too_broad,
    _contradicting_facts,
    _gaps_between_periods,
    _dead_links,
    _missing_tables,
    _dead_references,
    _unknown_popular,
    _marks_in_shared_files,
)

"""The library: every published entry of one content folder, and everything wrong with it."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel

from kb.alphabet import Question, alphabet_of
from kb.checking import cross_check
from kb.documents import Document, digest_of, read_document
from kb.errors import WIDELY, ContentError, Level, Problem
from kb.ledger import Derived, Ledger, Overview, published_after
from kb.model import Entry, EntryKind, Site, Source, Topic
from kb.reading import (
    LEXICON_FILES,
    SHARED_FILES,
    SITE_FILE,
    SOURCES_FILE,
    TOPICS_FILE,
    content_files,
    read_yaml,
    settled,
)
from kb.validating import file_version, load_yaml, problems_of, unusable

UNREAD = (
    "条目写成 .md 文件，放进 articles/ 或 faqs/ 里的主题文件夹；"
    f"全站的文件只能叫 {'、'.join(SHARED_FILES)}，lexicon/ 里的只能叫 {'、'.join(LEXICON_FILES)}；其他文件不要放在这里"
)
JUST_NOW_NS = 2_000_000_000
"""More than any file system's step of time."""


class _Topics(RootModel[tuple[Topic, ...]]):
    """`topics.yml`."""


class _Sources(RootModel[tuple[Source, ...]]):
    """`sources.yml`."""


class Shared(BaseModel):
    """What the files that all entries share say; `versions` are the digests of those files, by name."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    site: Site
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    versions: dict[str, str] = {}

    @cached_property
    def sources_digest(self) -> str:
        """SHA-256 of the sources: every document depends on them."""
        return hashlib.sha256("".join(source.model_dump_json() for source in self.sources).encode()).hexdigest()


@dataclass(frozen=True)
class Library:
    """A content folder as it is served. `load` makes the next one from the last.

    `entries` are published: without errors of their own, and no drafts. `problems` are all that was found, sorted.
    `documents` are the files as last read, by path; for a file with errors, its last good version is in `good`.
    `derived` is what is known of both, where it follows from what was known of the library before.
    """

    shared: Shared
    documents: Mapping[str, Document]
    good: Mapping[str, Document]
    problems: tuple[Problem, ...]
    derived: Derived | None = field(default=None, repr=False, compare=False)

    @cached_property
    def overview(self) -> Overview:
        """The digests of the documents, and those with which something is wrong."""
        return self.derived.overview if self.derived else Overview().after({}, self.documents)

    @cached_property
    def ledger(self) -> Ledger:
        """What the documents that are served claim and name."""
        return self.derived.ledger if self.derived else Ledger().after({}, self.good)

    @property
    def site(self) -> Site:
        """What site.yml says."""
        return self.shared.site

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """The topics in their order."""
        return tuple(sorted(self.shared.topics, key=lambda topic: (topic.order, topic.id)))

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Published entries by id, in order of path."""
        return self.derived.entries if self.derived else published_after({}, {}, self.good)

    @cached_property
    def by_topic(self) -> Mapping[str, tuple[Entry, ...]]:
        """Published entries by topic id; every topic has a key."""
        groups: dict[str, list[Entry]] = {topic.id: [] for topic in self.topics}
        for entry in self.entries.values():
            groups.setdefault(entry.topic, []).append(entry)
        return {topic: tuple(entries) for topic, entries in groups.items()}

    @cached_property
    def reading_order(self) -> Mapping[str, tuple[Entry, ...]]:
        """Published articles by topic id, in the order that topics.yml gives; those it does not name follow, by path."""
        return {
            topic: tuple(sorted(filter(_is_article, entries), key=self._place_in_topic))
            for topic, entries in self.by_topic.items()
        }

    def _place_in_topic(self, article: Entry) -> int:
        declared = self.topic_of[article.topic].articles if article.topic in self.topic_of else ()
        return declared.index(article.slug) if article.slug in declared else len(declared)

    @cached_property
    def earlier(self) -> Mapping[str, tuple[Entry, ...]]:
        """By the id of an entry: the published entries that name it as what holds now, the latest first."""
        groups: dict[str, list[Entry]] = {}
        for entry in self.entries.values():
            if entry.now and entry.now.entry and not entry.parent:
                groups.setdefault(entry.now.entry, []).append(entry)
        ordered = {ident: sorted(group, key=_last_day, reverse=True) for ident, group in groups.items()}
        return {ident: tuple(group) for ident, group in ordered.items()}

    @cached_property
    def alphabet(self) -> Mapping[str, tuple[Question, ...]]:
        """Every question, by the first letter of its sound."""
        return alphabet_of(self.entries.values())

    @cached_property
    def topic_of(self) -> Mapping[str, Topic]:
        """Topics by id."""
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the files that what is served was read from: the same content gives the same value."""
        parts = [self.site.model_dump_json(), *(topic.model_dump_json() for topic in self.topics)]
        digests = self.overview.digests
        as_read = self.documents
        for path in sorted(self.good):
            good = self.good[path]
            parts.append(f"{path} {digests[path] if good is as_read.get(path) else good.digest}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def same_as(self, other: Library) -> bool:
        """Whether the same is served, the same is wrong, and both were read by this program."""
        as_read = self.documents.keys() == other.documents.keys()
        return as_read and (self.fingerprint, self.problems) == (other.fingerprint, other.problems)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep something from being published or are plainly wrong."""
        return tuple(problem for problem in self.problems if problem.level is Level.error)

    def in_force(self, day: date) -> Iterator[Entry]:
        """The published entries that hold on a day, in order of path."""
        return (entry for entry in self.entries.values() if entry.is_in_force(day))

    def by_url(self, kind: EntryKind, topic: str, slug: str) -> Entry | None:
        """The published entry that a page address names."""
        return self.entries.get(f"{kind.folder}/{topic}/{slug}")


@dataclass(frozen=True)
class Stamp:
    """How a file looked when it was read (inode, bytes, times of change in ns).

    `shared` is the digest of the shared files that it was read with, `digest` that of the file and these.
    """

    look: tuple[int, int, int, int]
    shared: str
    digest: str


Stamps = dict[str, Stamp]
"""By path; kept in memory from one `load` to the next, so that files that look the same are not read again."""


def load(
    root: Path,
    previous: Library | None = None,
    progress: Callable[[int, int], None] | None = None,
    stamps: Stamps | None = None,
    published: Library | None = None,
) -> Library:
    """Read a content folder; files that `previous` has in the same version are not parsed again.

    `progress` is called with files done and files in all. A file with errors keeps the version it has in `previous`. Of
    two that disagree, the one to blame is that which neither `previous` nor the library `published` last has.
    Raises ContentError when the folder, site.yml, topics.yml or sources.yml cannot be used.
    """
    if not os.path.isdir(root):  # noqa: PTH112  a Path raises where it may not look
        raise ContentError(f"找不到内容文件夹 {root}——检查路径，或用 KB_CONTENT 指定")
    paths, others = content_files(root)
    shared = _read_shared(root, previous.shared if previous else None)
    base = previous or Library(shared, documents={}, good={}, problems=())
    known, digests = base.documents, base.overview.digests
    by_id = {source.id: source for source in shared.sources}
    seen = stamps if stamps is not None else {}
    documents: dict[str, Document] = {}
    for done, path in enumerate(paths, start=1):
        digest = _digest(root, path, shared.sources_digest, seen)
        same = digest and digests.get(path) == digest  # a file that could not be read is tried again
        documents[path] = known[path] if same else _read(root, path, digest, shared.sources_digest, by_id)
        if progress:
            progress(done, len(paths))
    for path in seen.keys() - documents.keys():
        del seen[path]
    return _publish(root, shared, documents, base, published or base, [_unread(path) for path in others])


def _read(root: Path, path: str, digest: str, shared: str, sources: Mapping[str, Source]) -> Document:
    """Read a file, so that under a digest stands what has that digest."""
    return settled(
        path, digest, lambda: digest_of(root, path, shared), lambda now: read_document(root, path, now, sources)
    )


def _unread(path: str) -> Problem:
    """What to do with a file or folder that is not read; an error where it surely is an entry under a wrong ending."""
    what = f"这个文件{'夹' if path.endswith('/') else ''}不会被读取"
    lost = f"{what}，里面的条目不显示"
    if path.lower().endswith(".md.txt"):
        return Problem(path, 1, f"{lost}：文件名末尾的 .txt 是记事本自动加的", "去掉 .txt，以 .md 结尾")
    if path.lower().endswith(".md") and not path.endswith(".md"):
        return Problem(path, 1, f"{lost}：扩展名用了大写", "改成小写的 .md")
    return Problem(path, 1, what, UNREAD, Level.warning)


def _digest(root: Path, path: str, shared: str, stamps: Stamps) -> str:
    """The digest of a file, from its stamp where that is surely still true.

    A file that changed only just now may change again without looking different, so such a stamp is not kept (as git
    does: "racy git").
    """
    try:
        found = os.stat(f"{root}/{path}")  # noqa: PTH116  done for every file at each change: a Path takes longer
    except OSError:
        return digest_of(root, path, shared)
    look = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    known = stamps.get(path)
    if known and (known.look, known.shared) == (look, shared):
        return known.digest
    digest = digest_of(root, path, shared)
    if digest and time.time_ns() - found.st_ctime_ns > JUST_NOW_NS:
        stamps[path] = Stamp(look, shared, digest)
    return digest


def _read_shared(root: Path, previous: Shared | None) -> Shared:
    """Read the shared files if they changed. Raises ContentError."""
    versions = _versions(root)
    if previous and previous.versions == versions:
        return previous
    return settled("、".join(SHARED_FILES), versions, lambda: _versions(root), lambda now: _shared(root, now))


def _shared(root: Path, versions: dict[str, str]) -> Shared:
    try:
        site, topics, sources = _read_site(root), read_topics(root), _read_sources(root)
    except ContentError as first:
        raise unusable(problems_of(_read_site, read_topics, _read_sources, root=root) or first.problems) from first
    return Shared(site=site, topics=topics, sources=sources, versions=versions)


def _versions(root: Path) -> dict[str, str]:
    return {name: file_version(root, name) for name in SHARED_FILES}


def _read_site(root: Path) -> Site:
    return load_yaml(root, SITE_FILE, Site)


def read_topics(root: Path) -> tuple[Topic, ...]:
    """The topics of a content folder, as they stand in topics.yml. Raises ContentError."""
    topics = load_yaml(root, TOPICS_FILE, _Topics).root
    _unique(root, TOPICS_FILE, [topic.id for topic in topics], "主题")
    return topics


def _read_sources(root: Path) -> tuple[Source, ...]:
    sources = load_yaml(root, SOURCES_FILE, _Sources).root if os.path.lexists(root / SOURCES_FILE) else ()
    _unique(root, SOURCES_FILE, [source.id for source in sources], "来源")
    return sources


def problems_of_files(root: Path) -> tuple[Problem, ...]:
    """What is wrong with each entry file by itself, for when the shared files cannot be used (else `load` tells it).

    Nothing where the sources are among those: every file that names one would seem wrong. Raises ContentError for a
    folder that cannot be read.
    """
    try:
        sources = {source.id: source for source in _read_sources(root)}
    except ContentError:
        return ()
    documents = (read_document(root, path, "", sources) for path in content_files(root)[0])
    return tuple(problem for document in documents for problem in (*document.problems, *document.remarks))


def _publish(
    root: Path,
    shared: Shared,
    documents: dict[str, Document],
    previous: Library,
    published: Library,
    unread: list[Problem],
) -> Library:
    before = previous.good
    overview = previous.overview.after(previous.documents, documents)

    def has_last_good(path: str) -> bool:
        return path in before and not documents[path].withdrawn

    def is_trusted(path: str) -> bool:
        digest, known = overview.digests[path], published.good.get(path)
        return path in kept or bool(digest and known and known.digest == digest and not documents[path].withdrawn)

    kept = {path for path, document in overview.faulty.items() if not document.entries and has_last_good(path)}
    problems = {*unread, *(problem for document in overview.faulty.values() for problem in document.problems)}
    while True:
        served = documents | {path: before[path] for path in kept}
        ledger = previous.ledger.after(before, served)
        found = [problem for path in overview.faulty for problem in served[path].remarks]
        without = {path for path in overview.faulty if not served[path].entries}
        found += cross_check(served, ledger, without, shared.topics, shared.sources, shared.site, root, is_trusted)
        found = [problem for problem in found if problem.file not in kept]
        broken = {problem.file for problem in (*problems, *found) if problem.blocks}
        lost = {path for path in broken - kept if path in documents}
        back = set(filter(has_last_good, lost))
        if not back:
            break
        # What is served of these is their last good version: the others must agree with that, and with that alone.
        problems.update(problem for problem in found if problem.file in back)
        kept |= back
    problems.update(found)
    # A library of other sources is most likely of another content, whose files may have the same names.
    same_sources = published.shared.sources_digest == shared.sources_digest
    problems.update(_moved(lost, documents, published) if same_sources else ())
    problems.update(_lost_sources(problems) if shared.sources else ())
    good = {path: document for path, document in served.items() if path not in lost} if lost else served
    derived = Derived(overview, ledger.after(served, good), published_after(previous.entries, before, good))
    return Library(shared, documents, good, tuple(sorted(problems)), derived)


_NO_SOURCE = re.compile(r"来源 (\S+) (?:没有定义|在 sources\.yml 里没有)")


def _lost_sources(problems: Iterable[Problem]) -> list[Problem]:
    """Sources that many files name and that are not there: most likely they have another id now, or are deleted."""
    files: dict[str, set[str]] = {}
    for problem in problems:
        if found := _NO_SOURCE.search(problem.what):
            files.setdefault(found[1], set()).add(problem.file)
    remedy = "删掉或改了编号的，改回来；要用新的编号，就在这些文件里一起改"
    return [
        Problem(SOURCES_FILE, 1, f"没有来源 {ident}，却有 {len(found)} 个文件引用它", remedy, blocks=False)
        for ident, found in files.items()
        if len(found) > WIDELY
    ]


def _moved(lost: Set[str], documents: Mapping[str, Document], published: Library) -> Iterator[Problem]:
    """New files with errors that are most likely those which were published at another place, and are there no more."""
    gone = {path: published.good[path] for path in sorted(published.good.keys() - documents.keys())}
    for path in lost - published.good.keys() if gone else ():
        digest, name = documents[path].digest, path.rpartition("/")[2]
        same = (each for each, old in gone.items() if old.digest == digest or each.rpartition("/")[2] == name)
        if before := next(same, None):
            what = f"这个文件像是从 {before} 移过来的，改好之前，新旧两处都不显示"
            yield Problem(path, 1, what, "先改好它的错误，或者把它移回原处")


def _is_article(entry: Entry) -> bool:
    return entry.kind is EntryKind.article


def _last_day(entry: Entry) -> date:
    return entry.effective.to or date.max


def _unique(root: Path, name: str, ids: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for index, ident in enumerate(ids):
        if ident in seen:
            line = read_yaml(root, name).line((index,))
            raise unusable((Problem(name, line, f"{what}编号 {ident} 写了两次", "留下一个，删掉另一个"),))
        seen.add(ident)

"""The library: every published entry of one content folder, and everything wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel

from kb.alphabet import Question, alphabet_of
from kb.checking import cross_check
from kb.documents import Document, digest_of, read_document
from kb.errors import ContentError, Level, Problem
from kb.model import Entry, EntryKind, Site, Source, Status, Topic
from kb.reading import markdown_files, other_files
from kb.validating import load_yaml

SITE_FILE = "site.yml"
TOPICS_FILE = "topics.yml"
SOURCES_FILE = "sources.yml"


class _Topics(RootModel[tuple[Topic, ...]]):
    """`topics.yml`."""


class _Sources(RootModel[tuple[Source, ...]]):
    """`sources.yml`."""


class Library(BaseModel):
    """A content folder as it is served. Frozen; `load` makes the next one from the last.

    `entries` are published: without errors of their own, and no drafts. `problems` are all that was found, sorted.
    `documents` are the files as last read, by path; for a file with errors, its last good version is in `entries`.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    site: Site
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    documents: dict[str, Document]
    good: dict[str, Document]
    problems: tuple[Problem, ...]

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Published entries by id, in order of path."""
        found = (entry for document in self.good.values() for entry in document.entries)
        return {entry.id: entry for entry in found if entry.status is not Status.draft}

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
        """SHA-256 over all that is served: the same content gives the same value."""
        parts = [self.site.model_dump_json(), *(topic.model_dump_json() for topic in self.topics)]
        parts += [f"{path} {document.digest}" for path, document in sorted(self.good.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep something from being published or are plainly wrong."""
        return tuple(problem for problem in self.problems if problem.level is Level.error)

    def by_url(self, kind: EntryKind, topic: str, slug: str) -> Entry | None:
        """The published entry that a page address names."""
        folder = "articles" if kind is EntryKind.article else "faqs"
        return self.entries.get(f"{folder}/{topic}/{slug}")


def load(root: Path, previous: Library | None = None, progress: Callable[[int, int], None] | None = None) -> Library:
    """Read a content folder; files that `previous` has in the same version are not parsed again.

    `progress` is called with files done and files in all. A file with errors keeps the version it has in `previous`.
    Raises ContentError when the folder, site.yml, topics.yml or sources.yml cannot be used.
    """
    if not root.is_dir():
        raise ContentError(f"找不到内容文件夹 {root}——检查路径，或用 KB_CONTENT 指定")
    site = load_yaml(root, SITE_FILE, Site)
    topics = read_topics(root)
    sources = load_yaml(root, SOURCES_FILE, _Sources).root if (root / SOURCES_FILE).exists() else ()
    _unique(TOPICS_FILE, [topic.id for topic in topics], "主题")
    _unique(SOURCES_FILE, [source.id for source in sources], "来源")
    shared = hashlib.sha256("".join(source.model_dump_json() for source in sources).encode()).hexdigest()
    known = previous.documents if previous else {}
    documents: dict[str, Document] = {}
    paths = list(markdown_files(root))
    by_id = {source.id: source for source in sources}
    for done, path in enumerate(paths, start=1):
        digest = digest_of(root, path, shared)
        old = known.get(path)
        documents[path] = old if old and old.digest == digest else read_document(root, path, digest, by_id)
        if progress:
            progress(done, len(paths))
    return _publish(root, site, topics, sources, documents, previous)


def read_topics(root: Path) -> tuple[Topic, ...]:
    """The topics of a content folder, as they stand in topics.yml. Raises ContentError."""
    return load_yaml(root, TOPICS_FILE, _Topics).root


def _publish(
    root: Path,
    site: Site,
    topics: tuple[Topic, ...],
    sources: tuple[Source, ...],
    documents: dict[str, Document],
    previous: Library | None,
) -> Library:
    last_good = previous.good if previous else {}
    unchanged = {path for path, document in documents.items() if last_good.get(path) == document}
    problems = [problem for document in documents.values() for problem in document.problems]
    kept = {path for path, document in documents.items() if not document.entries and path in last_good}
    served = {path: last_good[path] if path in kept else document for path, document in documents.items()}
    found = cross_check(served, topics, site, root, unchanged | kept)
    problems += [problem for problem in found if problem.file not in kept]
    problems += [
        Problem(path, 1, "这个文件不会被读取", "条目写成 .md 文件；其他文件不要放在这里", Level.warning)
        for path in other_files(root)
    ]
    broken = {problem.file for problem in problems if problem.level is Level.error and problem.blocks}
    good: dict[str, Document] = {}
    for path, document in documents.items():
        if path not in broken:
            good[path] = document
        elif path in last_good:
            good[path] = last_good[path]
    return Library(
        site=site,
        topics=tuple(sorted(topics, key=lambda topic: (topic.order, topic.id))),
        sources=sources,
        documents=documents,
        good=good,
        problems=tuple(sorted(set(problems))),
    )


def _is_article(entry: Entry) -> bool:
    return entry.kind is EntryKind.article


def _last_day(entry: Entry) -> date:
    return entry.effective.to or date.max


def _unique(name: str, ids: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for ident in ids:
        if ident in seen:
            raise ContentError(f"{name} 里{what}编号 {ident} 写了两次——留下一个，删掉另一个")
        seen.add(ident)

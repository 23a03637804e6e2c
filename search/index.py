"""The index's life: a new generation is built beside the served one, checked, and switched to by one atomic rename.

What did not change is taken over from the generation before: publishing one changed file costs about the same however
many there are.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from kb import library as libraries
from kb.errors import is_for_want_of_room
from kb.library import Library, Stamps
from kb.storing import Kept, read_kept, share, write_library
from kb.tables import unshared
from search import generation as generations
from search.engines import EngineError, EngineQuery, NotPublished, engine_named
from search.generation import FORMAT, Generation, Manifest
from search.lexicon import Lexicon, load_lexicon, read_lexicon, write_lexicon
from search.passages import Passage, passages_by_id, passages_in, posting_of
from search.progress import Progress, counted
from search.segmenter import Segmenter, make_segmenter
from search.text import normalise

PROBES = 1_000
"""Wordings that a new generation is asked for before it is served, spread over all of them."""
PROBES_AGAIN = 20
"""As many when only some entries changed, besides PROBES of those."""
PROBED = (20, 200)
"""How many candidates a wording is looked for among: first as many as most need, then, for those not found, all that
are allowed."""

T = TypeVar("T")
Probe = tuple[str, Passage]
"""A wording and its passage."""


def build(content: Path, folder: Path, engine: str, full: bool = False, progress: Progress | None = None) -> Generation:
    """Bring an index up to date once; see `Builder`."""
    return Builder(content, folder, engine).build(full, progress)


@dataclass(frozen=True)
class _Taken:
    """What another machine published, by the name the engine gives it; read when `before` was what is served."""

    name: str
    before: Library | None
    kept: Kept
    lexicon: Lexicon

    def is_beside(self, served: Library | None) -> bool:
        """Whether its documents are the same objects as those of what is served, where they are the same."""
        return served is self.before or served is self.kept.library


@dataclass
class Builder:
    """Keeps one index folder up to date with one content folder. Other processes may do the same at the same time.

    `latest` is the generation that it built or opened last, `stamps` how the content's files looked then. A `draft` is
    looked at by nobody else: where an engine is shared by several machines, it is not what they serve.
    Where the engine follows another machine's, what that one published stands for the content; `taken` is what of it
    was read last.
    """

    content: Path
    folder: Path
    engine: str
    draft: bool = False
    latest: Generation | None = None
    stamps: Stamps = field(default_factory=dict)
    taken: _Taken | None = None

    @property
    def follows(self) -> bool:
        """Whether what is served comes from another machine. Raises EngineError."""
        return not self.draft and engine_named(self.engine).follows()

    def build(self, full: bool = False, progress: Progress | None = None) -> Generation:
        """Bring the index up to date with the content and return the generation to serve.

        Files that did not change are not read again, and only changed entries are written; `full` writes all of them.
        Raises ContentError, EngineError or OSError; the served generation stays as it was.
        """
        report = progress or (lambda _what, _done, _all: None)
        self.folder.mkdir(parents=True, exist_ok=True)
        with _lock(self.folder):
            generations.sweep(self.folder)
            self.latest = self._next(full, report)
        return self.latest

    def stored(self) -> Generation | None:
        """The last good generation as it is on the disk, whatever the content says now; None when there is none."""
        found = generations.last_good(self.folder, self.engine)
        self.latest = found if found and found.fits(found.lexicon) else None
        return self.latest

    def published(self) -> Generation | None:
        """The generation that another process has switched to since `latest`, whatever the content says now.

        None when there is no other, or it cannot be used.
        """
        name = generations.served(self.folder)
        if name is None or (self.latest and name == self.latest.name):
            return None
        try:
            found = generations.open_generation(self.folder, name, self.engine)
        except (OSError, ValueError, EngineError):
            return None
        if not found.fits(found.lexicon):
            return None
        self.latest = found
        return found

    def _next(self, full: bool, report: Progress) -> Generation:
        base = self.latest or generations.last_good(self.folder, self.engine)
        library, lexicon = self._read(base, report)
        served = generations.served(self.folder)
        if base and served and served != base.name:
            base = self._other(served, library, lexicon, base)
            library, lexicon = self._read(base, report)
        old = base if base and base.name == served and base.fits(lexicon) and not full else None
        if old and old.library.same_as(library) and len(old.engine) == old.manifest.passages:
            return old
        try:
            return self._switch(library, lexicon, old, report)
        except (OSError, EngineError) as error:
            if old is None or isinstance(error, NotPublished) or is_for_want_of_room(error):
                raise
            # The files of the generation before may be gone or damaged: nothing is taken over from them then.
            return self._switch(library, lexicon, None, report)

    def _read(self, base: Generation | None, report: Progress) -> tuple[Library, Lexicon]:
        """What the content says; as few of it as can be is read again, of what `base` has in the same version."""
        before = base.library if base else None
        if self.follows:
            return self._take(before)
        library = libraries.load(self.content, before, lambda done, total: report("读取内容", done, total), self.stamps)
        return library, load_lexicon(self.content, base.lexicon if base else None)

    def _take(self, before: Library | None) -> tuple[Library, Lexicon]:
        """What another machine published, in place of content."""
        place = self.folder / generations.FOLLOWED
        taken = self.taken
        name = engine_named(self.engine).fetch(place, taken.name if taken else "")
        beside = taken if taken and taken.is_beside(before) else None
        if taken is None or beside is None or taken.name != name:
            try:
                kept = read_kept(place, beside.kept if beside else None, before)
                taken = _Taken(name, before, kept, read_lexicon(place))
            except (OSError, ValueError) as error:
                shutil.rmtree(place, ignore_errors=True)
                raise EngineError(f"从集群取来的内容读不出来（{error}）——已经删掉，会自动再取") from error
            self.taken = taken
        return taken.kept.library, taken.lexicon

    def _other(self, name: str, library: Library, lexicon: Lexicon, own: Generation) -> Generation:
        """The generation that another process has switched to; of the same content, with what is in memory already."""
        place = self.folder / name
        try:
            manifest = generations.read_manifest(place)
            make = (manifest.format, manifest.engine, manifest.lexicon, manifest.content)
            if make != (FORMAT, self.engine, lexicon.fingerprint, library.fingerprint):
                return generations.open_generation(self.folder, name, self.engine)
            generations.verify(place, manifest)
            segmenter = _segmenter(lexicon, own)
            passages = _passages(library, own if own.library.topics == library.topics else None)
            engine = generations.open_engine(place, manifest)
            return Generation(name, manifest, library, lexicon, segmenter, passages, engine)
        except (OSError, ValueError, EngineError):
            return own

    def _switch(self, library: Library, lexicon: Lexicon, old: Generation | None, report: Progress) -> Generation:
        if old and old.library.topics != library.topics:
            old = None  # every passage names its topic
        segmenter = _segmenter(lexicon, old)
        built = datetime.now(UTC)
        stamp = hashlib.sha256(f"{library.fingerprint}{built}".encode()).hexdigest()[:8]
        name = f"gen-{built:%Y%m%dT%H%M%S%f}-{stamp}"
        place = self.folder / name
        before = self.folder / old.name if old else None
        kept = generations.served(self.folder)
        place.mkdir()
        try:
            passages = _passages(library, old)
            make = f"{FORMAT} {segmenter.identity} {lexicon.fingerprint} {library.fingerprint}"
            self._write_engine(place, passages, segmenter, old, make, report)
            write_library(library, place, (old.library, before) if old and before else None)
            write_lexicon(lexicon, place)
            manifest = Manifest(
                format=FORMAT,
                engine=self.engine,
                segmenter=segmenter.identity,
                lexicon=lexicon.fingerprint,
                content=library.fingerprint,
                passages=len(passages),
                built=built,
                files=generations.files_of(place, (before, old.manifest) if old and before else None),
                before=kept,
            )
            (place / generations.MANIFEST).write_text(manifest.model_dump_json(indent=2), "utf-8")
            engine = generations.open_engine(place, manifest)
            generation = Generation(name, manifest, library, lexicon, segmenter, passages, engine)
            _probe(generation, old)
            generations.sync(place)
            if not self.draft:
                beside = {place / path: digest for path, digest in manifest.files.items() if "/" not in path}
                engine_named(self.engine).serve(place / "engine", beside)
            generations.point(self.folder, name)
        except BaseException:
            if generations.served(self.folder) != name:
                shutil.rmtree(place, ignore_errors=True)
            raise
        generations.prune(self.folder, {name, kept})
        return generation

    def _write_engine(
        self,
        place: Path,
        passages: Mapping[str, Passage],
        segmenter: Segmenter,
        old: Generation | None,
        make: str,
        report: Progress,
    ) -> None:
        """Write every passage; or share the last generation's files and write only what changed."""
        engine = engine_named(self.engine)
        if old is None:
            every = counted("建立索引", passages.values(), report)
            engine.build(place / "engine", (posting_of(passage, segmenter) for passage in every), make)
            return
        shutil.copytree(
            self.folder / old.name / "engine", place / "engine", copy_function=share, ignore=generations.locks
        )
        # Of an entry that was read again all passages are new objects, and so are written again.
        gone = {passage.entry: None for passage in unshared(old.passages, passages)}
        added = (posting_of(passage, segmenter) for passage in unshared(passages, old.passages))
        engine.update(place / "engine", gone, added, make)


def _segmenter(lexicon: Lexicon, before: Generation | None) -> Segmenter:
    same = before and before.lexicon.fingerprint == lexicon.fingerprint
    return before.segmenter if before and same else make_segmenter(lexicon.all_terms)


def _passages(library: Library, old: Generation | None) -> Mapping[str, Passage]:
    """The passages of a library by id; those of entries that did not change are the old ones."""
    if old is None:
        return passages_by_id(library)
    was, now = old.library.entries, library.entries
    changed = unshared(now, was)
    gone = {entry.id for entry in changed} | (was.keys() - now.keys())
    found = {ident: passage for ident, passage in old.passages.items() if passage.entry not in gone}
    return found | {passage.id: passage for passage in passages_in(library, changed)}


def _probe(generation: Generation, old: Generation | None) -> None:
    """Ask a new generation for its own wordings, cut as a visitor's question is cut.

    Raises EngineError for one that does not find its passage: such an index must not be served.
    """
    passages = list(generation.passages.values())
    new = passages if old is None else unshared(generation.passages, old.passages)
    asked = _spread([(wording, passage) for passage in new for wording in passage.wordings], PROBES)
    if old is not None:
        asked += [(wording, passage) for passage in _spread(passages, PROBES_AGAIN) for wording in passage.wordings[:1]]
    for limit in PROBED:
        asked = list(_not_found(generation, asked, limit))
    if asked:
        wording, passage = asked[0]
        raise EngineError(f"新索引找不到自己的问法“{wording}”（{passage.id}）——没有启用，仍用原来的索引")


def _not_found(generation: Generation, asked: Sequence[Probe], limit: int) -> Iterator[Probe]:
    """The wordings that do not find their passage among the best `limit`; not those without words, which find nothing."""
    queries = [EngineQuery.of(generation.segmenter.words(normalise(wording))) for wording, _ in asked]
    answers = generation.engine.search_each(queries, limit)
    for (wording, passage), query, found in zip(asked, queries, answers, strict=True):
        if query.terms() and passage.id not in {candidate.passage for candidate in found}:
            yield wording, passage


def _spread(items: list[T], most: int) -> list[T]:
    return items[:: max(1, -(-len(items) // most))]


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One builder at a time; the operating system lets go of the lock when a builder dies."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""The index's life: generations are built beside the served one, checked, and switched to by one atomic rename.

Layout of the index folder: `current` (text: the name of the generation served), `lock`, and one folder a generation
with `manifest.json`, `library.json` (the entries as of the build) and `engine/`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from kb import library as libraries
from kb.library import Library
from search.engines import Engine, EngineError, EngineQuery, engine_named
from search.lexicon import Lexicon, load_lexicon
from search.passages import Passage, passages_in, posting_of
from search.segmenter import Segmenter, make_segmenter
from search.text import normalise

FORMAT = 3
"""Raised when what is stored changes, so that older generations are rebuilt."""
KEPT = 2
"""Generations kept: the served one and the one before, which readers may still hold."""
PROBES = 500
"""Titles and wordings that a new generation is asked for before it is served."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are."""


class Manifest(BaseModel):
    """What a generation was built from; another value anywhere means rebuild, never a silent mixture."""

    model_config = ConfigDict(frozen=True)

    format: int
    engine: str
    segmenter: str
    lexicon: str
    content: str
    passages: int
    built: datetime


@dataclass(frozen=True)
class Generation:
    """One built index, opened."""

    name: str
    manifest: Manifest
    library: Library
    lexicon: Lexicon
    segmenter: Segmenter
    passages: dict[str, Passage]
    engine: Engine


def current(folder: Path, engine: str, lexicon: Lexicon) -> Generation | None:
    """Open the served generation; None when there is none, or it is damaged or of other make."""
    try:
        name = (folder / "current").read_text("utf-8").strip()
        place = folder / name
        manifest = Manifest.model_validate_json((place / "manifest.json").read_bytes())
        segmenter = make_segmenter(lexicon.all_terms)
        if (manifest.format, manifest.engine, manifest.segmenter, manifest.lexicon) != (
            FORMAT,
            engine,
            segmenter.identity,
            lexicon.fingerprint,
        ):
            return None
        library = Library.model_validate_json((place / "library.json").read_bytes())
        return _opened(name, manifest, library, lexicon, segmenter, place)
    except (OSError, ValidationError, EngineError, ValueError):
        return None


def _opened(
    name: str, manifest: Manifest, library: Library, lexicon: Lexicon, segmenter: Segmenter, place: Path
) -> Generation:
    passages = {passage.id: passage for passage in passages_in(library, library.entries.values())}
    engine = engine_named(manifest.engine).open(place / "engine")
    if len(engine) != manifest.passages or len(passages) != manifest.passages:
        raise EngineError("索引与内容对不上——运行 kb index --full 重建")
    return Generation(name, manifest, library, lexicon, segmenter, passages, engine)


def build(content: Path, folder: Path, engine: str, full: bool = False, progress: Progress | None = None) -> Generation:
    """Bring the index up to date with the content and return the generation to serve.

    Files that did not change are not read again, and only changed entries are written; `full` starts from nothing.
    Raises ContentError or EngineError; the served generation stays as it was.
    """
    report = progress or (lambda _what, _done, _all: None)
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        lexicon = load_lexicon(content)
        old = None if full else current(folder, engine, lexicon)
        library = libraries.load(
            content, old.library if old else None, lambda done, total: report("读取内容", done, total)
        )
        if old and old.library == library:
            return old
        return _switch(folder, engine, library, lexicon, old, report)


def _switch(
    folder: Path, engine: str, library: Library, lexicon: Lexicon, old: Generation | None, report: Progress
) -> Generation:
    segmenter = old.segmenter if old else make_segmenter(lexicon.all_terms)
    built = datetime.now(UTC)
    stamp = hashlib.sha256(f"{library.fingerprint}{built}".encode()).hexdigest()[:8]
    name = f"gen-{built:%Y%m%dT%H%M%S%f}-{stamp}"
    place = folder / name
    place.mkdir()
    try:
        passages = list(passages_in(library, library.entries.values()))
        if old:
            _update(place, folder / old.name, engine, library, old, segmenter)
        else:
            postings = (
                posting_of(passage, segmenter)
                for passage in _counted(passages, lambda n: report("建立索引", n, len(passages)))
            )
            engine_named(engine).build(place / "engine", postings)
        manifest = Manifest(
            format=FORMAT,
            engine=engine,
            segmenter=segmenter.identity,
            lexicon=lexicon.fingerprint,
            content=library.fingerprint,
            passages=len(passages),
            built=built,
        )
        (place / "library.json").write_text(library.model_dump_json(by_alias=True), "utf-8")
        (place / "manifest.json").write_text(manifest.model_dump_json(indent=2), "utf-8")
        generation = _opened(name, manifest, library, lexicon, segmenter, place)
        _probe(generation)
        _sync(place)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _point(folder, name)
    _prune(folder, name)
    return generation


def _counted(passages: list[Passage], tick: Callable[[int], None]) -> Iterator[Passage]:
    for done, passage in enumerate(passages, start=1):
        yield passage
        tick(done)


def _update(place: Path, before: Path, engine: str, library: Library, old: Generation, segmenter: Segmenter) -> None:
    """Copy the last generation's engine and write only what changed."""
    shutil.copytree(before / "engine", place / "engine")
    was, now = old.library.entries, library.entries
    topics_changed = old.library.topics != library.topics
    changed = {ident: entry for ident, entry in now.items() if topics_changed or was.get(ident) != entry}
    removed = [ident for ident in was if ident not in now or ident in changed]
    added = (posting_of(passage, segmenter) for passage in passages_in(library, changed.values()))
    engine_named(engine).update(place / "engine", removed, added)


def _probe(generation: Generation) -> None:
    """Ask a new generation for its own wordings, cut as a visitor's question is cut.

    Raises EngineError for one that does not find its passage: such an index must not be served.
    """
    wordings = [(wording, passage) for passage in generation.passages.values() for wording in passage.wordings]
    for wording, passage in wordings[:: max(1, len(wordings) // PROBES)]:
        words = generation.segmenter.words(normalise(wording))
        query = EngineQuery(tuple((word, 1.0) for word in dict.fromkeys(words)))
        if words and passage.id not in {found.passage for found in generation.engine.search(query, 200)}:
            raise EngineError(f"新索引找不到自己的问法“{wording}”（{passage.id}）——没有启用，仍用原来的索引")


def _sync(place: Path) -> None:
    for path in [*place.rglob("*"), place]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _point(folder: Path, name: str) -> None:
    new = folder / "current.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / "current")


def _prune(folder: Path, served: str) -> None:
    others = sorted(place for place in folder.glob("gen-*") if place.name != served)
    for place in others[: 1 - KEPT]:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One builder at a time; the operating system lets go of the lock when a builder dies."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

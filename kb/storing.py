"""A library on disk: what the shared files say in one file, documents one a line in a log to which changes are added.

A version of the library adds one part to the log and shares the older parts with the version before (hard links), so
that keeping one changed document costs the same however many there are. A later line for a path replaces earlier ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kb.documents import Document
from kb.errors import Problem
from kb.library import Library, Shared

MOST_PARTS = 50
"""Parts of a log, after which it is written anew."""


class _Head(BaseModel):
    """`library.json`."""

    model_config = ConfigDict(frozen=True)

    shared: Shared
    problems: tuple[Problem, ...]


class _Line(BaseModel):
    """A document as last read, None for a file that is gone, and its good version: the same, another, or none."""

    model_config = ConfigDict(frozen=True)

    path: str
    document: Document | None = None
    same: bool = True
    good: Document | None = None


def write_library(library: Library, folder: Path, before: tuple[Library, Path] | None = None) -> None:
    """Write a library into an empty folder; of the version `before`, with its folder, what has not changed is shared.

    Raises OSError.
    """
    parts = sorted(before[1].glob("documents-*.jsonl")) if before else []
    if before and _worth_adding_to(parts):
        lines = _changes(before[0], library)
        for part in parts:
            share(part, folder / part.name)
    else:
        parts, lines = [], (_line(library, path) for path in library.documents)
    with (folder / f"documents-{len(parts):04}.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{line.model_dump_json(by_alias=True, exclude_defaults=True)}\n" for line in lines)
    head = _Head(shared=library.shared, problems=library.problems)
    (folder / "library.json").write_text(head.model_dump_json(by_alias=True), "utf-8")


def read_library(folder: Path, before: Library | None = None) -> Library:
    """Read a library, in order of path as `load` makes it. Raises OSError or ValueError when it is damaged.

    Documents that are as in the library `before` are the same objects.
    """
    head = _Head.model_validate_json((folder / "library.json").read_bytes())
    latest: dict[str, _Line] = {}
    for part in sorted(folder.glob("documents-*.jsonl")):
        with part.open("rb") as file:
            latest.update((line.path, line) for line in map(_Line.model_validate_json, file))
    read = {path: document for path in sorted(latest) if (document := latest[path].document)}
    there = _same_objects(read, before.documents if before else {})
    good = {path: there[path] if latest[path].same else latest[path].good for path in there}
    whole = {path: document for path, document in good.items() if document}
    return Library(head.shared, there, _same_objects(whole, before.good if before else {}), head.problems)


def _same_objects(documents: Mapping[str, Document], known: Mapping[str, Document]) -> Mapping[str, Document]:
    return {path: known[path] if known.get(path) == document else document for path, document in documents.items()}


def share(source: str | Path, target: str | Path) -> None:
    """Give a file that does not change a second place; where there are no hard links, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _worth_adding_to(parts: list[Path]) -> bool:
    sizes = [part.stat().st_size for part in parts]
    return 0 < len(sizes) < MOST_PARTS and sum(sizes[1:]) <= sizes[0]


def _changes(old: Library, new: Library) -> Iterator[_Line]:
    for path, document in new.documents.items():
        if old.documents.get(path) is not document or old.good.get(path) is not new.good.get(path):
            yield _line(new, path)
    yield from (_Line(path=path) for path in old.documents if path not in new.documents)


def _line(library: Library, path: str) -> _Line:
    document, good = library.documents[path], library.good.get(path)
    if good is document:
        return _Line(path=path, document=document)
    return _Line(path=path, document=document, same=False, good=good)

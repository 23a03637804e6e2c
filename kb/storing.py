"""A library on disk: what the shared files say in one file, documents one a line in a log to which changes are added.

A version of the library adds one part to the log and shares the older parts with the version before (hard links), so
that keeping one changed document costs the same however many there are. A later line for a path replaces earlier ones.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from kb.documents import Document, reader
from kb.errors import Problem
from kb.ledger import Derived, Documents, published_after
from kb.library import Library, Shared

MOST_PARTS = 50
"""Parts of a log, after which it is written anew."""


class _Head(BaseModel):
    """`library.json`."""

    model_config = ConfigDict(frozen=True)

    shared: Shared
    problems: tuple[Problem, ...]
    reader: str = ""


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
    head = _Head(shared=library.shared, problems=library.problems, reader=reader())
    (folder / "library.json").write_text(head.model_dump_json(by_alias=True), "utf-8")


class Kept(NamedTuple):
    """A library as it was read, and the SHA-256 of the parts of its log."""

    library: Library
    parts: tuple[str, ...]


def read_library(folder: Path) -> Library:
    """Read a library, in order of path as `load` makes it. Raises OSError or ValueError when it is damaged."""
    return read_kept(folder, None, None).library


def read_kept(folder: Path, before: Kept | None, known: Library | None) -> Kept:
    """Read a library as `read_library` does; of a log that goes on from the one read `before` only what is new.

    Otherwise documents that are as in a library that is `known` become the same objects. What another version of the
    program read counts as not read, for this one may read it otherwise (a field that was not known then); its good
    versions stay.
    """
    head = _Head.model_validate_json((folder / "library.json").read_bytes())
    files = sorted(folder.glob("documents-*.jsonl"))
    parts = tuple(map(sha256_of, files))
    base = before if before and parts[: len(before.parts)] == before.parts else None
    old = base.library if base else Library(head.shared, {}, {}, ())
    latest: dict[str, _Line] = {}
    for part in files[len(base.parts) if base else 0 :]:
        with part.open("rb") as file:
            latest.update((line.path, line) for line in map(_Line.model_validate_json, file))
    read = {path: line.document for path, line in latest.items()} if head.reader == reader() else {}
    documents = _after(old.documents, read)
    good = _after(old.good, {path: line.document if line.same else line.good for path, line in latest.items()})
    if known and not base:
        documents, good = _same_objects(documents, known.documents), _same_objects(good, known.good)
    # What follows from a whole log is worked out when somebody wants it.
    derived = _derived(old, documents, good) if base else None
    return Kept(Library(head.shared, documents, good, head.problems, derived), parts)


def _derived(old: Library, documents: Documents, good: Documents) -> Derived:
    return Derived(
        old.overview.after(old.documents, documents),
        old.ledger.after(old.good, good),
        published_after(old.entries, old.good, good),
    )


def _after(old: Mapping[str, Document], changed: Mapping[str, Document | None]) -> dict[str, Document]:
    return {path: document for path, document in sorted({**old, **changed}.items()) if document}


def _same_objects(documents: Mapping[str, Document], known: Mapping[str, Document]) -> dict[str, Document]:
    return {path: known[path] if known.get(path) == document else document for path, document in documents.items()}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


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

"""Generations: built indexes, each in a folder of its own, of which one is served.

Layout of the index folder: `current` (text: the name of the generation served), `lock`, and one folder a generation
with `manifest.json`, `library.json` and `documents-*.jsonl` (the entries as of the build), `lexicon.json` and
`engine/`. Beside them `vectors.bin` and `forms.bin` (see kept.py), which belong to no generation, and `followed/`: what
a machine without content of its own took from another one. Files do not change once a generation is served; the next
one shares those it has in common with it by hard links.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kb.library import Library
from kb.storing import read_library, sha256_of
from kb.writing import replace_file, sync_path
from search.engines import Engine, EngineError, engine_named
from search.engines.protocol import Embedded
from search.kept import FORMS, VECTORS, remove_unfinished
from search.lexicon import Lexicon, read_lexicon
from search.passages import Passage, passages_by_id
from search.segmenter import Segmenter, make_segmenter

FORMAT = 9
"""Raised when what is stored changes, or what is read from the same files, so that older generations are rebuilt."""
MANIFEST, CURRENT, FOLLOWED = "manifest.json", "current", "followed"


class Manifest(BaseModel):
    """What a generation was built from, and the SHA-256 of its files; another value anywhere means rebuild.

    `before` is the generation that was served until this one; None when there was none or it is not known.
    """

    model_config = ConfigDict(frozen=True)

    format: int
    engine: str
    segmenter: str
    lexicon: str
    content: str
    passages: int
    built: datetime
    files: dict[str, str]
    before: str | None = None


@dataclass(frozen=True)
class Generation:
    """One built index, opened."""

    name: str
    manifest: Manifest
    library: Library
    lexicon: Lexicon
    segmenter: Segmenter
    passages: Mapping[str, Passage]
    engine: Engine

    def fits(self, lexicon: Lexicon) -> bool:
        """Whether it was cut into words as today, with this lexicon."""
        return (self.manifest.segmenter, self.manifest.lexicon) == (self.segmenter.identity, lexicon.fingerprint)


def served(folder: Path) -> str | None:
    """The name of the generation served."""
    try:
        name = (folder / CURRENT).read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
    return name if name.startswith("gen-") and "/" not in name else None


def published_library(folder: Path) -> Library | None:
    """The content as it was published last; None where none was, or it cannot be read."""
    name = served(folder)
    try:
        return read_library(folder / name) if name else None
    except (OSError, ValueError):
        return None


def read_manifest(place: Path) -> Manifest:
    """Raises OSError or ValueError when there is none that can be used."""
    return Manifest.model_validate_json((place / MANIFEST).read_bytes())


def open_generation(folder: Path, name: str, engine: str) -> Generation:
    """Open a generation once every file of it is known to be whole.

    Raises OSError, ValueError or EngineError when it is damaged or of other make.
    """
    place = folder / name
    manifest = read_manifest(place)
    if (manifest.format, manifest.engine) != (FORMAT, engine):
        raise EngineError.opening(ValueError(f"{name} 是另一个版本或引擎的"))
    verify(place, manifest)
    library = read_library(place)
    lexicon = read_lexicon(place)
    passages = passages_by_id(library)
    opened = open_engine(place, manifest)
    return Generation(name, manifest, library, lexicon, make_segmenter(lexicon.all_terms), passages, opened)


def verify(place: Path, manifest: Manifest) -> None:
    """Raises EngineError or OSError unless every file is as it was written."""
    for path, digest in manifest.files.items():
        if sha256_of(place / path) != digest:
            raise EngineError.opening(ValueError(f"{place.name}/{path} 损坏了"))


def open_engine(place: Path, manifest: Manifest) -> Engine:
    """Open the engine of a generation. Raises EngineError when it is not what the manifest says.

    What is elsewhere is not asked: it may be gone just now, and the generation be whole all the same.
    """
    engine = engine_named(manifest.engine).open(place / "engine")
    if isinstance(engine, Embedded) and len(engine) != manifest.passages:
        raise EngineError("索引与内容对不上——运行 kb index --full 重建")
    return engine


def last_good(folder: Path, engine: str) -> Generation | None:
    """The generation served, or else another one that is whole; writes nothing, takes no lock."""
    while True:
        first = served(folder)
        others = sorted((place.name for place in folder.glob("gen-*")), reverse=True)
        for name in dict.fromkeys([first, *others] if first else others):
            try:
                return open_generation(folder, name, engine)
            except (OSError, ValueError, EngineError):
                continue
        if served(folder) == first:
            return None
        # Builders switched meanwhile and removed all that was seen: what is served now is there.


def files_of(place: Path, before: tuple[Path, Manifest] | None) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by path; of files shared with the generation `before`, as it knows them."""
    found = {}
    for path in _files(place):
        name = path.relative_to(place).as_posix()
        shared = before and name in before[1].files and (before[0] / name).samefile(path)
        found[name] = before[1].files[name] if before and shared else sha256_of(path)
    return found


def sync(place: Path) -> None:
    """Have everything of a new generation on the disk; what it shares is there already."""
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    for path in [*(path for path in place.rglob("*") if path.is_file() and path.stat().st_nlink == 1), *folders]:
        sync_path(path)


def point(folder: Path, name: str) -> None:
    """Serve a generation from now on, in one step."""
    with replace_file(folder / CURRENT, sync=True) as file:
        file.write(name.encode())


def prune(folder: Path, keep: set[str | None]) -> None:
    """Remove every generation but those to keep: the served one, and the one before, which readers may still hold."""
    for place in folder.glob("gen-*"):
        if place.name not in keep:
            shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what was left by who was killed, before the switch or after it; only for who holds the lock."""
    remove_unfinished(folder, (VECTORS, FORMS))
    remove_unfinished(folder, (CURRENT,), age=None)  # only who holds the lock writes it
    for place in folder.glob("gen-*"):
        if not (place / MANIFEST).exists():
            shutil.rmtree(place, ignore_errors=True)
    name = served(folder)
    try:
        before = read_manifest(folder / name).before if name else None
    except (OSError, ValueError):
        return  # damaged: any of the others may be needed
    if before:
        prune(folder, {name, before})


def _files(place: Path) -> Iterator[Path]:
    """The files of a generation that say something; locks do not."""
    for path in sorted(place.rglob("*")):
        if path.is_file() and not locks("", [path.name]):
            yield path


def locks(_folder: str, names: Iterable[str]) -> set[str]:
    """Of the names of an engine's files those of locks (as `shutil.copytree` asks what to leave out).

    Each generation has its own: a lock that is shared would be held by who writes the other.
    """
    return {name for name in names if name.lower().endswith("lock")}

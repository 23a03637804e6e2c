"""How the benchmark builds and opens what it measures: the only file of it that knows how the index is put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from kb.library import Library
from search.engines import engine_named
from search.evaluation.benchmark.generating import TOPICS, Generator
from search.finder import Finder, make_finder
from search.generation import FORMAT, Generation, Manifest
from search.index import Builder
from search.lexicon import Lexicon
from search.passages import Passage, posting_of
from search.segmenter import make_segmenter
from search.service import Service, Settings


def build(passages: Iterable[Passage], lexicon: Lexicon, folder: Path, engine: str) -> None:
    """Everything from passages in memory to a complete index in a new folder, segmentation included."""
    segmenter = make_segmenter(lexicon.all_terms)
    engine_named(engine).build(folder, (posting_of(passage, segmenter) for passage in passages))


def open_service_on(
    library: Library, passages: Mapping[str, Passage], lexicon: Lexicon, folder: Path, engine: str
) -> Service:
    """The service over an index that `build` made of the passages of this library."""
    segmenter = make_segmenter(lexicon.all_terms)
    manifest = Manifest(
        format=FORMAT,
        engine=engine,
        segmenter=segmenter.identity,
        lexicon=lexicon.fingerprint,
        content=library.fingerprint,
        passages=len(passages),
        built=datetime.now(UTC),
        files={},
    )
    opened = engine_named(engine).open(folder)
    generation = Generation("made", manifest, library, lexicon, segmenter, dict(passages), opened)
    return Service(Settings(folder, folder, engine), Builder(folder, folder, engine), generation)


def open_finder_on(passages: Mapping[str, Passage], generator: Generator, folder: Path, engine: str) -> Finder:
    """The finder over an index that `build` made of these passages."""
    segmenter = make_segmenter(generator.lexicon.all_terms)
    return make_finder(engine_named(engine).open(folder), segmenter, generator.lexicon, TOPICS, passages)

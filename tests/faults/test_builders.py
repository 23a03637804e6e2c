"""Several processes build, prune and read one index folder at the same time, and old generations that are still held."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kb.errors import ContentError
from search import generation as generations
from search import index
from search.engines import EngineQuery
from search.generation import Generation
from search.index import Builder
from search.service import Settings, open_service
from search.text import normalise
from tests.conftest import ROOT, Folder
from tests.faults.tools import QUESTION, kb, set_days

BUILD = """
import sys
from pathlib import Path
from typing import Any
from search.index import Builder, build
content, folder, engine = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
kept = Builder(content, folder, engine)
print("ready", flush=True)
for number, line in enumerate(sys.stdin):
    # As a site does, that keeps what it built, and as the command does, that knows nothing from before.
    kept.build() if sys.argv[4] == "site" else build(content, folder, engine, full=number % 2 == 0)
    print("built", flush=True)
"""
READ = """
import sys
from pathlib import Path
from typing import Any
from search.generation import last_good
from tests.faults.test_builders import days_found
print("ready", flush=True)
seen, times = set(), 0
for line in sys.stdin:
    while True:
        found = last_good(Path(sys.argv[1]), sys.argv[2])
        assert found, "nothing to serve"
        seen.add(days_found(found))
        times += 1
        if times % 5 == 0:
            break
    print(times, *sorted(seen), flush=True)
"""
DIE_AFTER_THE_SWITCH = """
import os, signal, sys
from pathlib import Path
from search import generation, index
real = generation.point
def point(*words):
    real(*words)
    os.kill(os.getpid(), signal.SIGKILL)
generation.point = point
index.build(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""
ENGINES = pytest.mark.parametrize("engine", ["tantivy", "whoosh"])


def days_found(generation: Generation) -> str:
    """The days in the answer that a generation's engine finds for the question."""
    words = generation.segmenter.words(normalise(QUESTION))
    found = generation.engine.search(EngineQuery.of(words), 10)
    entry = generation.passages[found[0].passage].entry
    return str(next(fact.answer for fact in generation.library.entries[entry].facts))[:2]


def _started(script: str, *words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert _line(process) == "ready"
    return process


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


@ENGINES
def test_two_builders_at_once_switch_in_turn_and_a_reader_in_between_always_has_one(
    folder: Folder, tmp_path: Path, engine: str
) -> None:
    place = tmp_path / engine
    index.build(folder.root, place, engine)
    builders = [_started(BUILD, folder.root, place, engine, how) for how in ("site", "command")]
    reader = _started(READ, place, engine)
    said = ""
    for days in range(30, 34):
        set_days(folder, days)
        for process in (*builders, reader):
            _go(process)
        assert [_line(builder) for builder in builders] == ["built", "built"]
        said = _line(reader)
        assert said, "the reader died"
        served = generations.last_good(place, engine)
        assert served
        assert days_found(served) == f"{days}"
        assert _left(place) <= 2
    for process in (*builders, reader):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert set(said.split()[1:]) <= {"20", *map(str, range(30, 34))}


def _left(place: Path) -> int:
    return len(list(place.glob("gen-*")))


@ENGINES
def test_a_generation_that_is_held_is_searched_to_the_end_though_others_replaced_and_removed_it(
    folder: Folder, tmp_path: Path, engine: str
) -> None:
    place = tmp_path / engine
    held = index.build(folder.root, place, engine)
    for days in (30, 31, 32):
        set_days(folder, days)
        index.build(folder.root, place, engine, full=days == 31)
    assert not (place / held.name).exists()
    assert days_found(held) == "20"


def test_a_builder_that_is_behind_takes_up_what_another_built_and_goes_on_from_there(
    folder: Folder, tmp_path: Path
) -> None:
    place = tmp_path / "tantivy"
    behind = Builder(folder.root, place, "tantivy")
    behind.build()
    for days in (30, 31, 32):
        set_days(folder, days)
        newest = index.build(folder.root, place, "tantivy")
    assert behind.build().name == newest.name
    set_days(folder, 33)
    assert days_found(behind.build()) == "33"


@ENGINES
def test_what_a_builder_left_that_died_after_the_switch_is_removed_by_the_next_though_nothing_changed(
    folder: Folder, tmp_path: Path, engine: str
) -> None:
    place = tmp_path / engine
    index.build(folder.root, place, engine)
    set_days(folder, 30)
    index.build(folder.root, place, engine)
    set_days(folder, 31)
    command = [sys.executable, "-c", DIE_AFTER_THE_SWITCH, str(folder.root), str(place), engine]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode < 0
    assert _left(place) == 3
    assert days_found(index.build(folder.root, place, engine)) == "31"
    assert _left(place) == 2


def _flipped(served: Path) -> None:
    path = next((served / "engine").glob("*.*"))
    path.write_bytes(bytes(255 - byte for byte in path.read_bytes()))


def _without_manifest(served: Path) -> None:
    (served / "manifest.json").unlink()


def _pointer_gone(served: Path) -> None:
    (served / "documents-0000.jsonl").unlink()
    (served.parent / "current").unlink()


@pytest.mark.parametrize("damage", [_flipped, _without_manifest, _pointer_gone])
@ENGINES
def test_with_broken_content_and_the_served_generation_damaged_the_one_before_is_served(
    folder: Folder, tmp_path: Path, engine: str, damage: Callable[[Path], None]
) -> None:
    place = tmp_path / "index" / engine
    index.build(folder.root, place, engine)
    set_days(folder, 30)
    served = index.build(folder.root, place, engine, full=True)  # shares no file with the one before
    damage(place / served.name)
    folder.write("site.yml", "name: [")
    with pytest.raises(ContentError):
        index.build(folder.root, place, engine)
    found = Builder(folder.root, place, engine).stored()
    assert found
    assert days_found(found) == "20"


def test_the_command_serves_the_generation_before_and_says_so(folder: Folder, tmp_path: Path) -> None:
    place = tmp_path / "index/tantivy"
    index.build(folder.root, place, "tantivy")
    set_days(folder, 30)
    _flipped(place / index.build(folder.root, place, "tantivy", full=True).name)
    folder.write("site.yml", "name: [")
    ended = kb("search", QUESTION, content=folder.root, index=tmp_path / "index")
    assert (ended.returncode, "20 个工作日" in ended.stdout) == (0, True)
    assert "先用上次的版本" in ended.stderr
    assert "site.yml" in ended.stderr


def test_a_reader_that_is_overtaken_by_two_switches_while_it_opens_looks_again(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tantivy"
    index.build(folder.root, place, "tantivy")
    slowly = generations.open_generation

    def overtaken(*words: Any) -> Generation:
        monkeypatch.setattr(generations, "open_generation", slowly)
        for days in (30, 31):
            set_days(folder, days)
            index.build(folder.root, place, "tantivy")
        return slowly(*words)

    monkeypatch.setattr(generations, "open_generation", overtaken)
    found = generations.last_good(place, "tantivy")
    assert found
    assert days_found(found) == "31"


def test_who_finds_the_content_broken_serves_what_another_process_published_before_that(
    folder: Folder, tmp_path: Path
) -> None:
    site = open_service(Settings(folder.root, tmp_path / "tantivy"))
    set_days(folder, 25)
    other = index.build(folder.root, tmp_path / "tantivy", "tantivy")
    folder.write("topics.yml", b"- [\n")
    with pytest.raises(ContentError):
        site.refresh()
    card = site.ask(QUESTION).card
    assert card
    assert (site.generation, card.answer[:2], site.held_back_by) == (other.name, "25", ("topics.yml",))

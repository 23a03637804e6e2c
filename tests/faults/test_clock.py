"""Neither a wrong clock nor the times of files decide what is served: a change is seen, whatever they say."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace

import pytest

from kb import library
from kb.library import Library, Stamps
from search import generation as generations
from search import index
from search.index import Builder
from tests.conftest import Folder
from tests.faults.test_builders import days_found
from tests.faults.tools import set_days

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE_NS = 4_000_000_000 * 10**9
PAST_NS = 1_000_000_000 * 10**9


class _SetBack(datetime):
    """The clock of a machine whose battery is empty."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _SetBack:
        return cls.fromtimestamp(LONG_AGO.timestamp(), tz)


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_with_the_clock_set_back_between_builds_the_last_one_is_served_and_the_one_before_kept(
    folder: Folder, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / engine
    site = Builder(folder.root, place, engine)
    names = [site.build().name]
    monkeypatch.setattr(index, "datetime", _SetBack)
    for days in (30, 31):
        set_days(folder, days)
        names.append(index.build(folder.root, place, engine).name)
        assert sorted(names)[-1] == names[0]
        served = generations.last_good(place, engine)
        assert served
        assert (served.name, days_found(served)) == (names[-1], f"{days}")
    assert {found.name for found in place.glob("gen-*")} == set(names[-2:])
    assert site.build().name == names[-1]
    monkeypatch.undo()
    set_days(folder, 32)
    assert days_found(site.build()) == "32"


@pytest.mark.parametrize("time_ns", [FUTURE_NS, PAST_NS])
def test_another_text_of_the_same_size_and_times_is_seen(
    folder: Folder, tmp_path: Path, time_ns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `cp -p`, rsync -t, a restored backup or a machine with a wrong clock leave."""
    site = Builder(folder.root, tmp_path / "tantivy", "tantivy")
    site.build()
    monkeypatch.setattr(library, "JUST_NOW_NS", 0)  # a file that was written is at once as good as an old one
    for days in (30, 31, 32):
        set_days(folder, days)
        os.utime(folder.root / folder.article, ns=(time_ns, time_ns))
        _wait_for_a_step_of_the_clock(tmp_path)
        assert days_found(site.build()) == f"{days}"
        assert folder.article in site.stamps, "the times were not looked at"


def test_another_file_in_the_place_of_one_with_its_size_and_times_is_seen(folder: Folder, tmp_path: Path) -> None:
    """What editors do: a new file is renamed over the old one."""
    site = Builder(folder.root, tmp_path / "tantivy", "tantivy")
    site.build()
    was = (folder.root / folder.article).stat()
    kept = (folder.root / folder.article).read_bytes()
    (tmp_path / "new").write_bytes(kept.replace("20 个".encode(), "31 个".encode()))
    os.utime(tmp_path / "new", ns=(was.st_atime_ns, was.st_mtime_ns))
    (tmp_path / "new").replace(folder.root / folder.article)
    assert days_found(site.build()) == "31"


def _wait_for_a_step_of_the_clock(place: Path) -> None:
    """Until a file written now has another time than one written before."""
    (place / "before").write_text("")
    while True:
        (place / "after").write_text("")
        if (place / "after").stat().st_ctime_ns != (place / "before").stat().st_ctime_ns:
            return


def test_a_file_written_twice_within_one_step_of_the_clock_is_read_twice(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that counts whole seconds, as some in networks do; here only its answers are rounded."""
    monkeypatch.setattr(library, "os", SimpleNamespace(stat=_rounded, path=os.path))
    stamps: Stamps = {}
    known, alike, before = library.load(folder.root, stamps=stamps), 0, None
    for days in range(30, 70):
        set_days(folder, days)
        known = library.load(folder.root, known, stamps=stamps)
        assert _days(known, folder) == days
        look = _rounded(folder.root / folder.article)
        alike += look == before
        before = look
    assert alike, "no two writes looked alike"


def _rounded(path: Path | str) -> SimpleNamespace:
    found, second = Path(path).stat(), 10**9
    modified, changed = (time // second * second for time in (found.st_mtime_ns, found.st_ctime_ns))
    return SimpleNamespace(st_ino=found.st_ino, st_size=found.st_size, st_mtime_ns=modified, st_ctime_ns=changed)


def _days(found: Library, folder: Folder) -> int:
    entry = found.documents[folder.article].entries[0]
    return int(str(entry.facts[0].answer)[:2])

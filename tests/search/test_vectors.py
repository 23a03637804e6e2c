"""Vectors kept on the disk: the next start has them at once, and never a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from search import vectors
from search.meaning import encoder
from search.service import Service
from search.vectors import FILE, read_vectors, write_vectors
from tests.conftest import Folder

TEXTS = ("积分审核要多久", "居住证丢了怎么补办")


def _kept(folder: Path) -> dict[str, np.ndarray]:
    made = dict(zip(TEXTS, encoder().encode(TEXTS), strict=True))
    write_vectors(folder, made)
    return made


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    made = _kept(tmp_path)
    found = read_vectors(tmp_path)
    assert list(found) == list(TEXTS)
    assert all(np.array_equal(found[text], made[text]) for text in TEXTS)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_service_keeps_what_it_read_for_the_next_start(folder: Folder, open_folder: Callable[..., Service]) -> None:
    service = open_folder(folder)
    place = service.settings.index
    service.warm_up()
    kept = read_vectors(place)
    assert "积分材料清单" in kept
    written = (place / FILE).stat().st_mtime_ns
    open_folder(folder).warm_up()
    assert (place / FILE).stat().st_mtime_ns == written
    folder.change(folder.faq, "积分材料清单", "积分要带的东西")
    open_folder(folder).warm_up()
    assert "积分要带的东西" in read_vectors(place)
    assert "积分材料清单" not in read_vectors(place)


def test_a_damaged_file_gives_no_vectors(tmp_path: Path) -> None:
    _kept(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    chance = Random(1)  # noqa: S311  not a secret
    ends = [*range(400), *range(len(whole) - 400, len(whole))]
    for place in [*ends, *(chance.randrange(len(whole)) for _ in range(200))]:
        for bit in range(8):
            (tmp_path / FILE).write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            assert read_vectors(tmp_path) == {}
        (tmp_path / FILE).write_bytes(whole[:place])
        assert read_vectors(tmp_path) == {}


def test_vectors_of_another_make_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _kept(tmp_path)
    monkeypatch.setattr(vectors, "MAKE", "another encoder")
    assert read_vectors(tmp_path) == {}


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    write_vectors(tmp_path / "not there", {TEXTS[0]: encoder().encode(TEXTS)[0]})
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_half_written_is_removed_by_the_next_build(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    place = open_folder(folder).settings.index
    (place / f"{FILE}.4711").write_bytes(b"PK")
    open_folder(folder)
    assert list(place.glob(f"{FILE}*")) == []

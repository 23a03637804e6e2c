"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.writing import replace_file


@pytest.mark.parametrize("sync", [False, True])
def test_what_was_written_takes_the_place_of_what_was_there(tmp_path: Path, sync: bool) -> None:
    path = tmp_path / "a.txt"
    for body in (b"one", b"another", b""):
        with replace_file(path, sync) as file:
            file.write(body)
        assert path.read_bytes() == body
        assert list(tmp_path.iterdir()) == [path]


def give_up(path: Path, error: type[BaseException]) -> None:
    with replace_file(path) as file:
        file.write(b"new")
        raise error


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_of_what_was_given_up_nothing_is_left(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(error):
        give_up(path, error)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_it_is_whole_the_old_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with replace_file(path) as first, replace_file(path) as second:
        first.write(b"first")
        second.write(b"second")
        assert path.read_bytes() == b"old"
        assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == ["a.txt"]
    assert path.read_bytes() == b"first"  # the block that ended last


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replace_file(tmp_path / "none" / "a.txt"):
        pass


def test_a_file_that_shares_its_bytes_with_another_leaves_that_as_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_bytes(b"old")
    other.hardlink_to(path)
    with replace_file(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")

"""What is kept on the disk: the next start has it at once, and never something wrong."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from kb.model import EntryKind
from search import kept
from search.forms import KeptForms, Vocabulary
from search.forward import forms_to_keep, make_forward
from search.kept import FORMS, VECTORS, read_forms, read_vectors, write_forms, write_vectors
from search.meaning import encoder
from search.passages import Passage
from search.segmenter import make_segmenter
from search.service import Service
from tests.conftest import Folder

TEXTS = ("积分审核要多久", "居住证丢了怎么补办")
SEGMENTER = make_segmenter(("居住证",))


def _vectors(folder: Path) -> dict[str, bytes]:
    encoder().remember(TEXTS)
    made = encoder().known(TEXTS)
    write_vectors(folder, made)
    return made


def _forms(folder: Path) -> KeptForms:
    passages = {
        text: Passage(text, text, None, EntryKind.faq, "", None, (text, "要带什么"), "积分", "20 个工作日", "")
        for text in TEXTS
    }
    made = forms_to_keep(make_forward(SEGMENTER, passages), passages)
    write_forms(folder, made)
    return made


GOLDEN = {
    "lengths": [10, 13, 17],
    "ids": [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 25, 26, 29, 30, 33],
    "counts": [2, 2, 2, 4, 1, 2, 1, 4, 4, 1, 1, 4, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1],
    "spread": [1, 1, 1, 2, 1, 1, 1, 2, 2, 0, 1, 2, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0],
    "postings": [0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1],
}
FILES: Mapping[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    VECTORS: (_vectors, read_vectors),
    FORMS: (_forms, lambda folder: read_forms(folder, SEGMENTER)),
}
"""How each file is written and read."""


def test_vectors_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = _vectors(tmp_path)
    found = read_vectors(tmp_path)
    assert list(found) == list(TEXTS)
    assert found == made
    assert [file.name for file in tmp_path.iterdir()] == [VECTORS]


def test_forms_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = _forms(tmp_path)
    found = read_forms(tmp_path, SEGMENTER)
    assert found
    assert found.marks == made.marks
    assert found.vocabulary.numbers == made.vocabulary.numbers
    for text in TEXTS:
        one, two = found.block[text], made.block[text]
        assert one.wordings == two.wordings
        for name in ("ids", "counts", "lengths", "spread", "postings"):
            assert np.array_equal(getattr(one, name), getattr(two, name))
    assert [file.name for file in tmp_path.iterdir()] == [FORMS]


def test_a_service_keeps_the_vectors_it_made_for_the_next_start(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    service = open_folder(folder)
    place = service.settings.index
    service.warm_up()
    assert "积分材料清单" in read_vectors(place)
    written = [(place / name).stat().st_mtime_ns for name in FILES]
    open_folder(folder).warm_up()
    assert [(place / name).stat().st_mtime_ns for name in FILES] == written
    folder.change(folder.faq, "积分材料清单", "积分要带的东西")
    open_folder(folder).warm_up()
    assert "积分要带的东西" in read_vectors(place)
    assert "积分材料清单" not in read_vectors(place)


def test_a_start_reads_only_the_passages_that_changed_since_the_one_before(
    folder: Folder, open_folder: Callable[..., Service], passages_read: list[Passage]
) -> None:
    open_folder(folder)
    passages_read.clear()
    open_folder(folder)
    assert passages_read == []
    folder.change(folder.faq, "积分材料清单", "积分要带的东西")
    service = open_folder(folder)
    assert {passage.entry for passage in passages_read} == {"faqs/jifen/cailiao"}
    card = service.ask("积分要带的东西").card
    assert card
    assert card.question == "积分要交什么材料？"


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, name: str) -> None:
    write, read = FILES[name]
    write(tmp_path)
    assert read(tmp_path)
    whole = (tmp_path / name).read_bytes()
    chance = Random(1)  # noqa: S311  not a secret
    ends = [*range(400), *range(len(whole) - 400, len(whole))]
    for place in [*ends, *(chance.randrange(len(whole)) for _ in range(200))]:
        for bit in range(8):
            (tmp_path / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            assert not read(tmp_path)
        (tmp_path / name).write_bytes(whole[:place])
        assert not read(tmp_path)


def test_vectors_of_another_encoder_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _vectors(tmp_path)
    monkeypatch.setattr(kept, "MAKE", "another encoder")
    assert read_vectors(tmp_path) == {}


def test_forms_of_words_cut_in_another_way_are_not_used(tmp_path: Path) -> None:
    _forms(tmp_path)
    assert read_forms(tmp_path, make_segmenter(("居住证", "审核"))) is None


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path, name: str) -> None:
    FILES[name][0](tmp_path / "not there")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("body", [b"", b"no arrays at all", b"PK\x05\x06" + bytes(18), b"\x93NUMPY\x01\x00"])
def test_a_whole_file_of_something_else_is_as_good_as_none(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(hashlib.sha256(body).digest() + body)
    assert not FILES[name][1](tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_one_of_its_arrays_is_as_good_as_none(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = np.savez

    def forgetful(file: Any, **given: Any) -> None:
        real(file, **{key: value for key, value in given.items() if key not in ("vectors", "ends")})

    monkeypatch.setattr(np, "savez", forgetful)
    write, read = FILES[name]
    write(tmp_path)
    assert (tmp_path / name).exists()
    assert not read(tmp_path)


def test_forms_are_made_anew_when_most_of_those_kept_are_of_no_use(tmp_path: Path) -> None:
    one = Passage("a", "a", None, EntryKind.faq, "", None, ("落户要几年",), "", "", "")
    forward = make_forward(SEGMENTER, {"a": one}, kept=_forms(tmp_path))
    assert forward.vocabulary.known(0, "补办") is None
    assert forward.vocabulary.known(0, "落户") is not None


def test_a_passage_has_the_forms_that_are_kept_under_this_make() -> None:
    """When this fails, terms are cut, counted or numbered in another way: raise MAKE_OF_FORMS, then change the figures."""
    passage = Passage(
        "a", "a", None, EntryKind.faq, "", None, ("积分审核", "审核几天"), "积分", "20 天 2.5", "审核审核"
    )
    forms = Vocabulary(make_segmenter(())).forms(passage)
    assert kept.MAKE_OF_FORMS == "1"
    assert {name: getattr(forms, name).tolist() for name in GOLDEN} == GOLDEN


@pytest.mark.parametrize("name", FILES)
def test_what_a_killed_process_left_half_written_is_removed_by_the_next_build(
    folder: Folder, open_folder: Callable[..., Service], name: str
) -> None:
    place = open_folder(folder).settings.index
    left, in_work = place / f".{name}.4711", place / f".{name}.4712"
    for path in (left, in_work):
        path.write_bytes(b"PK")
    os.utime(left, (0, 0))
    open_folder(folder)
    assert list(place.glob(f".{name}.*")) == [in_work]

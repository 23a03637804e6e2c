"""The sentence encoder: what it is, and that a vector depends on its text alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from search import finder, meaning
from search.kept import read_vectors
from search.meaning import MODEL, SIZE, Encoder, packed
from search.passages import PIECE, PIECES, passages_in
from search.service import Service
from tests.conftest import Folder

TEXTS = ("积分审核要多久", "积分多长时间能批下来", "居住证丢了怎么补办", "孩子能在上海参加中考吗", "居住证")


@pytest.fixture(scope="module")
def fresh() -> Encoder:
    return Encoder()


def test_the_model_is_the_one_that_is_documented() -> None:
    said = (MODEL / "README.md").read_text("utf-8")
    for name in ("model.onnx", "tokenizer.json"):
        assert f"| `{name}` | `{hashlib.sha256((MODEL / name).read_bytes()).hexdigest()}` |" in said


def test_what_runs_the_model_has_no_telemetry() -> None:
    (library,) = Path(onnxruntime.__file__).parent.glob("capi/onnxruntime_pybind11_state*.so")
    assert not re.search(rb"Microsoft12Applications6Events|OneDsTelemetry", library.read_bytes())


def test_a_vector_has_length_one_and_does_not_depend_on_what_is_encoded_with_it(fresh: Encoder) -> None:
    together = fresh.encode(TEXTS)
    assert together.shape == (len(TEXTS), SIZE)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(fresh.encode([text])[0], vector)
    assert fresh.encode([]).shape == (0, SIZE)


def test_several_threads_make_the_same_vectors(fresh: Encoder) -> None:
    fresh.remember(TEXTS, threads=3)
    assert fresh.known(TEXTS) == {text: packed(vector) for text, vector in zip(TEXTS, fresh.encode(TEXTS), strict=True)}


def test_vectors_of_eight_bits_point_where_those_of_32_did(fresh: Encoder) -> None:
    whole, short = fresh.encode(TEXTS), fresh.wordings(TEXTS)
    assert short.shape == whole.shape
    assert np.allclose(np.linalg.norm(short, axis=1), 1, atol=1e-5)
    assert np.abs(short @ whole.T - whole @ whole.T).max() < 0.002
    assert fresh.wordings([]).shape == (0, SIZE)


def test_a_vector_is_the_same_where_it_was_driven_out_and_is_made_again(fresh: Encoder) -> None:
    before = fresh.wordings(TEXTS)
    fresh._known.clear()
    assert np.array_equal(fresh.wordings(TEXTS), before)


def test_another_way_to_say_it_is_nearer_than_another_matter(fresh: Encoder) -> None:
    asked, same, lost, *_ = fresh.encode(TEXTS)
    assert asked @ same > asked @ lost


def test_what_has_no_wordings_is_compared_by_what_it_says_in_pieces(site: Service) -> None:
    passage = next(passages_in(site.library, site.library.entries.values()))
    assert passage.meanings == passage.wordings
    said = "字" * PIECE * PIECES
    silent = replace(passage, wordings=(), answer=f"{said}末", body="别的")
    assert silent.meanings == tuple([said[:PIECE]] * PIECES)
    assert replace(silent, answer="", body="说明").meanings == ("说明",)
    assert replace(silent, answer="", body="").meanings == ()


def test_what_has_been_known_longest_is_driven_out_a_fiftieth_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "REMEMBERED", 200)
    own, old = Encoder(), [f"问法 {number}" for number in range(200)]
    own.recall(dict.fromkeys(old, bytes([1]) * SIZE))
    own.remember(TEXTS[:1])
    assert [*own.known([*old, *TEXTS])] == [*old[4:], TEXTS[0]]
    own.remember(TEXTS)
    assert [*own.known([*old, *TEXTS])] == [*old[8:], *TEXTS]


def test_what_is_read_ahead_drives_out_only_what_is_none_of_it(
    folder: Folder, open_folder: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = open_folder(folder)._state.finder._first_meanings(10_000)
    for module in (meaning, finder):
        monkeypatch.setattr(module, "REMEMBERED", len(texts))
    monkeypatch.setattr(finder, "READ_AT_ONCE", 2)
    own = Encoder()
    other = bytes([1]) * SIZE
    own.recall(dict.fromkeys(("一个旧问法", *texts[:-2]), other))
    monkeypatch.setattr(finder, "encoder", lambda: own)
    kept: list[Mapping[str, bytes]] = []
    open_folder(folder)._state.finder.read_ahead(lambda *_: None, 1, kept.append)
    (read,) = kept
    assert [*read] == texts
    assert all(read[text] == other for text in texts[:-2]), "what was known was read again"
    assert not own.known(["一个旧问法"])


def test_a_first_start_that_is_broken_off_keeps_what_it_has_read(
    folder: Folder, open_folder: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_folder(folder)
    monkeypatch.setattr(finder, "READ_AT_ONCE", 2)
    monkeypatch.setattr(finder, "WORTH_KEEPING", 4)
    monkeypatch.setattr(finder, "encoder", cache(Encoder))

    def broken_off(_what: str, done: int, _all: int) -> None:
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.warm_up(broken_off)
    kept = read_vectors(service.settings.index)
    assert 8 <= len(kept) <= 10

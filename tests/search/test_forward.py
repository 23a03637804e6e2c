"""The forward index: likeness is a share, and a wording is most like itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import EntryKind
from search import forms as forms_module
from search import forward as forward_module
from search.forms import MOST
from search.forward import Forward, changes, make_forward
from search.passages import Passage
from search.segmenter import make_segmenter
from search.text import normalise

PASSAGE = Passage("a", "a", None, EntryKind.faq, "", None, ("积分审核要多久", "审核时限"), "积分", "20 个工作日", "")
OTHER = replace(PASSAGE, id="b", entry="b", wordings=(), answer="居住证每年签注")


@pytest.fixture(scope="module")
def forward() -> Forward:
    return make_forward(make_segmenter(()), {"a": PASSAGE, "b": OTHER})


@given(text=st.text(max_size=200))
def test_likeness_is_between_0_and_1_whatever_is_asked(forward: Forward, text: str) -> None:
    asked = normalise(text)
    like = forward.compare(forward.ask(forward.vocabulary.segmenter.words(asked), asked), ["a", "b"])
    for values in (like.bm25, like.dice):
        assert values.min() >= 0
        assert values.max() <= 1 + 1e-6


def test_a_wording_is_most_like_itself_and_named(forward: Forward) -> None:
    like = forward.compare(forward.ask(forward.vocabulary.segmenter.words("审核时限"), "审核时限"), ["b", "a"])
    assert like.nearest.tolist() == [-1, 1]
    assert like.dice[1].min() == pytest.approx(1)


def test_after_reading_ahead_a_question_works_nothing_out_of_a_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = {str(number): replace(PASSAGE, id=str(number)) for number in range(5)} | {"b": OTHER}
    ahead, when_asked = (make_forward(make_segmenter(()), passages) for _ in range(2))
    monkeypatch.setattr(forward_module, "AT_ONCE", 4)
    ahead.read_ahead()
    one, two = (each.compare(each.ask(["审核"], "审核时限"), [*passages]) for each in (ahead, when_asked))
    assert np.array_equal(one.dice, two.dice)
    monkeypatch.delattr(forms_module.Block, "information")
    assert np.array_equal(ahead.compare(ahead.ask(["审核"], "审核时限"), [*passages]).dice, two.dice)


def test_passages_that_did_not_change_are_not_read_again(passages_read: list[Passage]) -> None:
    before = {str(number): replace(PASSAGE, id=str(number), entry=str(number)) for number in range(40)}
    forward = make_forward(make_segmenter(()), before)
    passages_read.clear()
    few = {ident: passage for ident, passage in before.items() if ident != "1"}
    few["0"] = replace(before["0"], answer="居住证每年签注 1 次")
    after = make_forward(forward.vocabulary.segmenter, few, (forward, changes(before, few)))
    assert [passage.id for passage in passages_read] == ["0"]
    many = {**few, **{str(number): replace(before[str(number)], answer="另一个答案") for number in range(2, 12)}}
    again = make_forward(forward.vocabulary.segmenter, many, (after, changes(few, many)))
    assert len(passages_read) == 11
    alone = make_forward(make_segmenter(()), many)
    for text in ("积分审核要多久", "每年签注", "另一个"):
        words = forward.vocabulary.segmenter.words(text)
        one, two = (each.compare(each.ask(words, text), sorted(many)) for each in (again, alone))
        assert one.bm25 == pytest.approx(two.bm25, abs=1e-5)
        assert one.dice == pytest.approx(two.dice, abs=1e-5)


def test_a_term_that_stands_very_often_is_counted_up_to_a_bound() -> None:
    often = replace(PASSAGE, id="c", body="签注" * 1000)
    forward = make_forward(make_segmenter(()), {"a": PASSAGE, "c": often})
    assert forward.forms["c"].counts.max() == MOST
    assert np.isfinite(forward.compare(forward.ask(["签注"], "签注"), ["a", "c"]).bm25).all()


@pytest.mark.parametrize("chunk", [1, 2, 40])
def test_how_passages_are_put_together_makes_no_difference(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    passages = {
        str(number): replace(
            PASSAGE, id=str(number), wordings=("积分审核要多久", f"审核 {number} 天", "要多久")[: number % 4]
        )
        for number in range(7)
    }
    asked = ["审核", "多久"], "审核 5 天要多久"
    alone = make_forward(make_segmenter(()), passages)
    monkeypatch.setattr(forms_module, "CHUNK", chunk)
    joined = make_forward(make_segmenter(()), passages)
    one, two = (each.compare(each.ask(*asked), ["5", "0", "3", "6"]) for each in (alone, joined))
    assert (one.dice == two.dice).all()
    assert (one.bm25 == two.bm25).all()
    assert one.nearest.tolist() == two.nearest.tolist()
    assert one.nearest[1] == -1

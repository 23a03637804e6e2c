"""The forward index: likeness is a share, and a wording is most like itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import EntryKind
from search.forward import Forward, make_forward
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


def test_a_passage_that_did_not_change_is_not_read_again(forward: Forward) -> None:
    changed = replace(OTHER, answer="居住证每年签注 1 次")
    after = make_forward(
        forward.vocabulary.segmenter, {"a": PASSAGE, "b": changed}, (forward, {"a": PASSAGE, "b": OTHER})
    )
    assert after.forms["a"] is forward.forms["a"]
    assert after.forms["b"] is not forward.forms["b"]

"""Whose wording a question is: every passage that has it is found, and no other, however the collection has changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb.comparing import comparable
from kb.model import EntryKind
from search.forward import changes
from search.passages import Passage
from search.wordings import Wordings

BLANK = Passage("", "", None, EntryKind.faq, "", None, (), "", "", "")
wordings = st.lists(st.sampled_from(("积分 审核", "积分审核", "要多久?", "要多久", "?", *"一二三四五六")), max_size=4)
collections = st.dictionaries(st.sampled_from("abcdefgh"), wordings, max_size=8)


def _passages(collection: dict[str, list[str]]) -> dict[str, Passage]:
    return {name: replace(BLANK, id=name, wordings=tuple(own)) for name, own in collection.items()}


@given(versions=st.lists(collections, min_size=1, max_size=6))
def test_every_passage_that_has_a_wording_is_found_by_it(versions: list[dict[str, list[str]]]) -> None:
    before: dict[str, Passage] = {}
    table = Wordings.of(before)
    for version in versions:
        passages = _passages(version)
        table = table.after(passages, changes(before, passages)[1])
        for key in ("积分审核", "要多久", "一", "二", "", "没有人这样问"):
            having = {name for name, own in version.items() if key in map(comparable, own)}
            assert set(table[key]) == having
            assert len(table[key]) == len(having)
            assert (key in table) == bool(having)
        before = passages


def test_a_passage_edited_again_and_again_is_named_once() -> None:
    others = {str(number): [f"第{number}问"] for number in range(50)}
    table = Wordings.of(_passages(others))
    before: dict[str, Passage] = {}
    for number in range(9):
        passages = _passages(others | {"a": ["积分审核", "要多久"][: 1 + number % 2]})
        table = table.after(passages, changes(before, passages)[1][-1:])
        before = passages
    assert table["积分审核"] == ("a",)
    assert table.added["积分审核"] == ("a",)


def test_a_wording_of_the_same_hash_is_not_taken_for_another() -> None:
    table = Wordings.of(_passages({"a": ["积分审核"]}))
    colliding = replace(table, hashes=np.array([hash("要多久")], np.int64))
    assert colliding["要多久"] == ()

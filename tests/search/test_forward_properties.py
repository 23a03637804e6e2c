"""Properties of the forward index over any passages and questions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kb.model import EntryKind
from search.forward import Forward, Likeness, changes, forms_to_keep, make_forward
from search.passages import Passage
from search.segmenter import make_segmenter
from search.text import normalise, runs

Texts = tuple[list[str], str, str]

SEGMENTER = make_segmenter(["居住证", "积分续办", "签注"])
ALMOST = 1e-4
"""What single-precision sums may be off."""

chinese = st.text(alphabet="居住证积分续办签注审核要多久？， 材料在哪里120abTH01", max_size=30)
texts = chinese | st.text(max_size=40)
asking = chinese.filter(lambda text: bool(runs(normalise(text))))
collections = st.lists(st.tuples(st.lists(texts, max_size=3), texts, texts), min_size=1, max_size=6)
quick = settings(max_examples=100)


def _passages(collection: list[Texts]) -> dict[str, Passage]:
    return {
        str(place): Passage(
            str(place),
            str(place),
            0,
            EntryKind.faq,
            "t",
            None,
            tuple(map(normalise, wordings)),
            "",
            normalise(answer),
            normalise(body),
        )
        for place, (wordings, answer, body) in enumerate(collection)
    }


def _compared(forward: Forward, passages: Iterable[str], typed: str, *extra: str) -> Likeness:
    text = normalise(typed)
    return forward.compare(forward.ask([*SEGMENTER.words(text), *extra], text), list(passages))


def _asked_of(collection: list[Texts], typed: str, *extra: str) -> Likeness:
    passages = _passages(collection)
    return _compared(make_forward(SEGMENTER, passages), passages, typed, *extra)


@quick
@given(collections, texts, st.lists(texts, max_size=3))
def test_any_question_compared_with_any_passages_gives_shares(
    collection: list[Texts], typed: str, extra: list[str]
) -> None:
    like = _asked_of(collection, typed, *extra)
    for shares in (like.bm25, like.dice):
        assert shares.shape == (len(collection), 3)
        assert np.isfinite(shares).all()
        assert shares.min() >= 0
        assert shares.max() <= 1 + ALMOST
    assert all(place < max(len(wordings), 1) for place, (wordings, *_) in zip(like.nearest, collection, strict=True))
    assert [place == -1 for place in like.nearest] == [not wordings for wordings, *_ in collection]


@quick
@given(collections, asking)
def test_the_same_wording_is_wholly_alike_and_something_has_the_whole_share(
    collection: list[Texts], typed: str
) -> None:
    first, *others = collection
    like = _asked_of([([*first[0], typed], *first[1:]), *others], typed)
    assert like.dice[0] == pytest.approx(1, abs=ALMOST)
    assert like.bm25.max(axis=0) == pytest.approx(1, abs=ALMOST)


@quick
@given(st.lists(st.tuples(st.lists(chinese, max_size=3), chinese, chinese), min_size=1, max_size=6))
def test_a_question_of_unknown_terms_is_like_nothing(collection: list[Texts]) -> None:
    like = _asked_of(collection, "wifi密码")
    assert not like.bm25.any()
    assert not like.dice.any()


@quick
@given(collections, collections, texts)
@example([([], "", ""), ([], "", "")], [([], "", "")], "")
def test_one_built_on_another_or_on_what_was_kept_of_it_compares_as_one_built_alone(
    before: list[Texts], after: list[Texts], typed: str
) -> None:
    old, new = _passages(before), _passages(after)
    former = make_forward(SEGMENTER, old)
    grown = make_forward(SEGMENTER, new, (former, changes(old, new)))
    started_again = make_forward(SEGMENTER, new, kept=forms_to_keep(former, old))
    alone = _compared(make_forward(SEGMENTER, new), new, typed)
    for forward in (grown, started_again, make_forward(SEGMENTER, new, kept=forms_to_keep(grown, new))):
        compared = _compared(forward, new, typed)
        assert compared.bm25 == pytest.approx(alone.bm25, abs=ALMOST)
        assert compared.dice == pytest.approx(alone.dice, abs=ALMOST)


@quick
@given(
    st.text(alphabet="零一二两十百千万年分居住證積分續辦１２０ＴＨabC⼈⼥？，。 \u200b\u202e\u2066\t\n😀", max_size=60)
)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once

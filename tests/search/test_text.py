"""Normalisation and segmentation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.segmenter import JiebaSegmenter, RjiebaSegmenter
from search.text import MAX_QUERY, bigrams, normalise, runs


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("七年", "7年"),
        ("一百二十分", "120分"),
        ("两倍", "2倍"),
        ("１２０分", "120分"),
        ("居住證積分續辦", "居住证积分续办"),
        ("积\u200b分\u202e审核", "积分审核"),
        ("⼈才", "人才"),
        ("  多久？？ ", "多久??"),
        ("JZZ积分", "jzz积分"),
        ("万一过期", "万一过期"),
        ("万一个人信息变了", "万一个人信息变了"),
        ("统一年检", "统一年检"),
        ("十二万三千四百五十六元", "123456元"),
        ("一千零五十元", "1050元"),
        ("几百个", "几百个"),
        ("断了七八年", "断了七八年"),
        ("交了十二三年", "交了十二三年"),
        ("二〇二三年", "2023年"),
        ("一九七八年", "1978年"),
        ("几十年", "几十年"),
        ("八二年生", "82年生"),
        ("百分之二十", "百分之二十"),
        ("\0\r\n", ""),
    ],
)
def test_two_spellings_of_one_thing_meet(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


@given(st.text(max_size=200))
def test_normalising_is_bounded_and_leaves_nothing_invisible(text: str) -> None:
    once = normalise(text, MAX_QUERY)
    assert len(once) <= MAX_QUERY
    assert all(char.isprintable() for char in once)


@pytest.mark.parametrize(
    ("typed", "limit"), [("薴", 9), ("İ\u0327", 9), ("½\u3000零", 4), ("一百二十个", 9), ("Ǆ㏋㍘ẞﬃ", 9)]
)
def test_what_is_normalised_stays_as_it_is(typed: str, limit: int) -> None:
    once = normalise(typed, limit)
    assert normalise(once, limit) == once


@given(st.text(max_size=30), st.integers(1, 30))
def test_so_does_any_text_wherever_it_is_cut(text: str, limit: int) -> None:
    test_what_is_normalised_stays_as_it_is(text, limit)


@given(st.text(max_size=120))
def test_words_are_made_of_the_text(text: str) -> None:
    plain = normalise(text)
    assert set("".join(bigrams(plain))) <= set(plain)
    assert "".join(_SEGMENTER.cut(plain)) == "".join(runs(plain))


_SEGMENTER = RjiebaSegmenter(["居住证"])


def test_both_segmenters_keep_domain_terms_whole_and_agree() -> None:
    terms = ["居住证", "积分续办", "居转户", "签注"]
    text = "上海居住证积分续办要多久居转户社保签注怎么办"
    fast, reference = RjiebaSegmenter(terms).words(text), JiebaSegmenter(terms).words(text)
    assert fast == reference
    assert set(terms) <= set(fast)

"""Snippets: the words of the question are marked where they stand, and nothing else of the text changes."""

from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from search.snippet import LENGTH, snippet


def test_words_are_marked_whole_whichever_way_they_overlap_or_touch() -> None:
    assert snippet("办居住证积分，先办居住证。", ["居住证", "居住证积分", "先办"]) == (
        "办<mark>居住证积分</mark>，<mark>先办居住证</mark>。"
    )


def test_letters_that_grow_when_lowered_move_no_mark() -> None:
    assert snippet("İİ办VPN居住证", ["居住证", "vpn"]) == "İİ办<mark>VPN居住证</mark>"


def test_a_long_text_is_shown_from_before_the_first_word() -> None:
    shown = snippet("前" * 200 + "居住证" + "后" * 200, ["居住证"])
    assert shown.startswith("…前")
    assert shown.endswith("后…")
    assert "<mark>居住证</mark>" in shown


def test_a_single_character_is_marked_only_where_nothing_longer_is() -> None:
    assert snippet("补办签注要带居住证", ("办", "签注")) == "补办<mark>签注</mark>要带居住证"
    assert snippet("补办签注要带居住证", ("办",)) == "补<mark>办</mark>签注要带居住证"


def test_a_number_is_not_marked_within_another() -> None:
    assert snippet("20 个工作日，最多 2 次，2次以上 VPN2", ["2", "vpn"]) == (
        "20 个工作日，最多 <mark>2</mark> 次，<mark>2</mark>次以上 VPN2"
    )
    assert snippet("2.5 倍，12次，2次", ["2", "2次"]) == "2.5 倍，12次，<mark>2次</mark>"
    assert snippet("共 3\n2 次，1.APP 办理", ["2", "app"]) == "共 3\n<mark>2</mark> 次，1.<mark>APP</mark> 办理"
    assert "<mark>" not in snippet("居" + "前" * (LENGTH - 2) + "20 天", ["2"])
    assert snippet("前" * 40 + "20 天" + "后" * 200, ["2"]) == "前" * 40 + "20 天" + "后" * 46 + "…"


@given(
    text=st.text(st.characters(exclude_characters="…"), max_size=150), words=st.lists(st.text(min_size=1), max_size=4)
)
def test_without_its_marks_a_snippet_is_a_piece_of_the_text(text: str, words: list[str]) -> None:
    piece = unescape(snippet(text, words).replace("<mark>", "").replace("</mark>", "")).strip("…")
    assert piece in text
    assert len(piece) == min(LENGTH, len(text)) or text.endswith(piece)

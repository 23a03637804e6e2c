"""However long and strange a text is, taking personal numbers out of it ends at once, and once is enough."""

from __future__ import annotations

import pytest

from web.usage.personal import MAX_READ, impersonal

PIECES = ("a", "1 ", "-", "a1-", "@", "a.", "零-", "京a", "ab1-2", "a@")


@pytest.mark.parametrize("piece", PIECES)
def test_a_million_characters_are_no_trouble(piece: str) -> None:
    kept = impersonal(piece * (1_000_000 // len(piece)), 500)
    assert len(kept) <= 500
    assert impersonal(kept, 500) == kept


def test_a_number_that_is_cut_in_two_where_reading_ends_is_not_kept() -> None:
    assert impersonal("积" * (MAX_READ - 6) + "13800138000", 500) == "积" * 500


def test_a_mail_address_after_signs_that_look_like_one_is_taken_out() -> None:
    assert "bar" not in impersonal("a@b.c+foo@bar.com", 100)

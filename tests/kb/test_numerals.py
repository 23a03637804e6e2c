"""Numbers in Chinese text are read alike by whoever checks content and whoever reads questions."""

from __future__ import annotations

import pytest

from kb.numerals import arabic, days_in, number_of, steps_in
from search.text import normalise

NUMBERS = {
    "二": 2,
    "两": 2,
    "十": 10,
    "十二": 12,
    "二十": 20,
    "一百零五": 105,
    "一百二十": 120,
    "一百二": 120,
    "三千五": 3500,
    "一万二": 12_000,
    "一万零二": 10_002,
    "三百六十五": 365,
    "两千零八": 2008,
    "二〇二六": 2026,
    "一万": 10_000,
    "十二万三千": 123_000,
}


@pytest.mark.parametrize(("said", "number"), NUMBERS.items())
def test_a_number_in_words_is_the_one_in_digits(said: str, number: int) -> None:
    assert (number_of(said), arabic(said), number_of(str(number))) == (number, str(number), number)
    assert normalise(f"{said}年") == f"{number}年"


def test_lengths_and_steps_are_read_in_words_and_in_digits() -> None:
    assert days_in("二十个工作日，或 30 天内，一百二十日内，两周内；1 月 15 日起") == (20, 30, 120, 14)
    assert [steps_in(text) for text in ("共 3 步", "一共十二步", "分几步")] == [3, 12, None]

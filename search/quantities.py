"""Ages, lengths of time, years of birth, numbers of times and of documents: what a normalised text counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from kb.numerals import arabic

TIME = r"(\d{1,3})\s*(个月|周?岁|年|分)"
"""The pattern of an age, a length of time or a score: its number and its unit; 8 月 is a date."""
_COUNTED_AS = {"个月": "月", "年": "月", "分": "分"}
"""What the units of a time or score are counted in; all others are of an age."""
_BORN = 50
"""From this number on 年 tells when somebody was born (82 年, 1982 年)."""
_QUANTITY = re.compile(r"(?<!\d)(?:(19)(?=\d\d\s*年))?(\d{1,3})\s*周?([岁年次])")
"""An age, a number of years or of times; 2019 年 is a date."""


_DOCUMENT = re.compile(r"((?<!\d)(?:19|20)\d\d(?=\D)|(?<![责指命])令)[〕\])】]? ?年?第? ?(\d{1,4}) ?号(?![楼线院])")
"""The number of a document behind the year in which it was issued, or behind 令."""
_BARE_AGE = re.compile(
    "(?:我|本人|今年|虚岁|周岁|他|她|爸|妈|爷爷|奶奶|老公|老婆|外公|外婆|公公|婆婆|老伴|爱人|儿子|女儿|孩子|娃|我[弟妹哥姐])"
    "(?:今年|已经|都|刚满|虚岁)?(?:1[6-9]|[2-6][0-9])(?=了|[,;!?](?![0-9])|$)"
)
"""Somebody and a number, and nothing that it counts: an age (我57了, 我今年 45，大专)."""


def with_ages(text: str) -> str:
    """A normalised text with 岁 behind every age that is told without it."""
    return _BARE_AGE.sub(r"\g<0>岁", text)


_BORN_IN = re.compile(
    r"(?<!\d)((?:19|20)?\d\d)年(?:出生(?:的|人)?|生(?:人|的|(?!\w)))"
    r"|(?:^|(?<=[我男女公婆])|(?<=[男女],))((?:19)?[5-9]\d)年的(?=[\s,.;、。]|$)"
)
"""A year of birth: 1982年出生, 82年生人; 82年的 where whose it is stands before, and nothing behind that could be of that year (98年的大专)."""
_HAN_AGE = re.compile(
    r"(?:^|(?<=[\s,.;、。我男女])|(?<=今年|年龄|刚满))[二三四五]十[一二三四五六七八九]?(?=[\s,.;、。了]|$)"
)
"""An age in Han numerals without 岁."""


def by_age(text: str, day: date) -> Iterator[str]:
    """A normalised text with ages in digits for years of birth, as they are on a day: before that year's birthday, and after it."""
    told = _HAN_AGE.sub(lambda match: f"{arabic(match[0])}岁", text)
    for passed in (1, 0):
        yield _BORN_IN.sub(lambda match: f"{day.year - _born(match[1] or match[2]) - passed}岁", told)  # noqa: B023  used at once


def _born(year: str) -> int:
    """A year of two digits or four."""
    number = int(year)
    if number >= 100:
        return number
    return number + (1900 if number >= _BORN else 2000)


def quantities(text: str) -> dict[str, set[int]]:
    """The ages (under 岁), years of birth (under 生, without the century), and numbers of years and times (年, 次) in a text."""
    found: dict[str, set[int]] = {}
    for century, number, unit in _QUANTITY.findall(text):
        born = unit == "年" and (bool(century) or int(number) >= _BORN)
        found.setdefault("生" if born else unit, set()).add(int(number))
    for told in _BORN_IN.finditer(text):  # of this century, too
        found.setdefault("生", set()).add(int(told[1] or told[2]) % 100)
    return found


def with_half_years(text: str) -> str:
    """A text with 6 个月 for 半年; 下半年 is a date."""
    return re.sub("(?<![前后上下])半年", "6个月", text)


def documents(text: str) -> set[tuple[str, str]]:
    """The official documents in a normalised text (沪府规〔2025〕8号, 国务院令第663号): year or 令, and number, of each."""
    return set(_DOCUMENT.findall(text))


def lengths(pattern: re.Pattern[str], text: str) -> dict[str, list[int]]:
    """The times (under 月, in months), ages (under 岁, in years) and scores (under 分) that a pattern with `TIME` in it finds."""
    found: dict[str, list[int]] = {}
    for groups in pattern.findall(text):
        number, unit = (part for part in groups if part)
        if unit != "年" or int(number) < _BORN:
            found.setdefault(_COUNTED_AS.get(unit, "岁"), []).append(months_of(number, unit))
    return found


_LASTING = re.compile(rf"(?<![\d快差]){TIME}")


def times_told(text: str) -> dict[str, list[int]]:
    """The times and ages that a text says are reached, as `lengths` gives them; 快 1 年 is none."""
    return lengths(_LASTING, with_half_years(text))


def months_of(number: str, unit: str) -> int:
    """A number in months; of an age in years, as it is."""
    return int(number) * (12 if unit == "年" else 1)

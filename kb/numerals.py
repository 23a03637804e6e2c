"""Numbers in Chinese text, and what they count: 一百二十, 20 个工作日, 共 3 步."""

from __future__ import annotations

import re
from typing import NamedTuple

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10000}
NUMERALS = (*DIGITS, *SCALES)


def arabic(numeral: str) -> str:
    """A number in Han numerals in digits: 一百二十 → 120, and so 一百二; without any scale (二〇二六) each is read by itself."""
    if SCALES.keys().isdisjoint(numeral):
        return "".join(str(DIGITS[char]) for char in numeral)
    total = section = digit = 0
    below = 1  # what a last digit without a scale counts: tens behind 百 (一百二), ones behind 零 (一百零二)
    for char in numeral:
        if char in DIGITS:
            digit, below = DIGITS[char], below if DIGITS[char] else 1
        elif char == "万":
            total, section, digit, below = (total + section + digit or 1) * 10000, 0, 0, 1000
        else:
            section, digit, below = section + (digit or 1) * SCALES[char], 0, SCALES[char] // 10
    return str(total + section + digit * below)


AT_ONCE = re.compile("当场|即时|即办|立等|现场|马上")
"""What says that there is nothing to wait for."""


_HALF_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def half_width(text: str) -> str:
    """A text with its digits in half width; what else has a number in it (①) stays apart from them."""
    return text.translate(_HALF_WIDTH)


def number_of(text: str) -> int:
    """The number that digits, or Han numerals, stand for."""
    return int(text if text.isdigit() else arabic(text))


_HAN = "(?:[一二两三四五六七八九]?百零?)?(?:[一二两三四五六七八九]?十)?[一二两三四五六七八九]?"
_NUMBER = f"(?:[0-9]{{1,4}}|(?=[一二两三四五六七八九十百]){_HAN})"
_LENGTH = re.compile(
    rf"(?<![0-9.月第每头一二两三四五六七八九十百])(?<![月第] )({_NUMBER})"
    " *(?:个?(工作日|自然日|天)|(日)(?=之?内)|(?:周|个?星期|个?礼拜)(?=之?内))"
)
"""A length of time; no date (1 月 15 日), and no day of the month (10 日前)."""


class Length(NamedTuple):
    """A length of time that a text names: its days, whether they are working days, and the words."""

    days: int
    working: bool
    text: str


def lengths_in(text: str) -> tuple[Length, ...]:
    """The lengths of time that a text names, in digits of any width or Han numerals: each once, in order. A week is seven days."""
    found = (
        Length(number_of(match[1]) * (1 if match[2] or match[3] else 7), match[2] == "工作日", match[0])
        for match in _LENGTH.finditer(half_width(text))
    )
    return tuple(dict.fromkeys(found))


_STEPS = re.compile(rf"共 *({_NUMBER}) *步")


def steps_in(text: str) -> int | None:
    """How many steps a text says that there are in all (共 3 步)."""
    found = _STEPS.search(half_width(text))
    return number_of(found[1]) if found else None


def days_in(text: str) -> tuple[int, ...]:
    """The lengths of time in days, of whatever kind, that a text names: each once, in order."""
    return tuple(dict.fromkeys(length.days for length in lengths_in(text)))

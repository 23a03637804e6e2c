"""Numbers that may name a person are taken out of every text before it is kept."""

from __future__ import annotations

import re
from functools import partial

from search.text import normalise

NUMBER = "〔号码〕"
MAIL = "〔邮箱〕"
MAX_READ = 2000
"""Characters that are looked at, well over what a form takes: a number cut in two here is cut off afterwards."""

_DIGIT = r"[\d零〇一二三四五六七八九幺两洞壹贰叁肆伍陆柒捌玖]"
_GAP = r"(?:[^\w〔〕]|_){0,9}"
_DATE = re.compile(
    r"(?:19|20)\d\d(?: ?[-—~至到、,] ?(?:19|20)\d\d)+|20[1-9]\d ?[-/.] ?(?:1[0-2]|0?[1-9])(?: ?[-/.] ?[0-3]?\d)?"
)
"""Several years, or a date on which no grown person was born: nobody's number."""
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
# Each begins only where its run begins: tried again at every character of a long one, it would be quadratic.
_PATTERNS = (
    (re.compile(r"(?<![a-z0-9._%+-])[a-z0-9._%+-]+ ?@ ?[a-z0-9.-]+"), MAIL),
    (re.compile(r"(?<![\w.%+-])[\w.%+-]+ ?@ ?[\w-]+(?:\.[\w-]+)+"), MAIL),  # names and domains in any script
    # Phones, ID and bank cards, permits, cases: seven digits or more, however they are spaced or spelled.
    (re.compile(rf"(?<![a-z])[a-z]*(?:{_DIGIT}{_GAP}){{6,}}{_DIGIT}[a-z]*"), NUMBER),
    # Passports and permits that mix letters and digits.
    (re.compile(r"(?<![a-z0-9-])(?=(?:[a-z-]*[0-9]){5})(?=[0-9-]*[a-z])[a-z0-9-]{6,}"), NUMBER),
    (re.compile(rf"{_PROVINCE} ?[a-z] ?\W? ?(?=[a-z]*[0-9])[a-z0-9]{{5,6}}"), NUMBER),
)


def is_personal(text: str) -> bool:
    """Whether `impersonal` takes anything out of the text."""
    text = normalise(text, MAX_READ)
    return any(not _DATE.fullmatch(found[0]) for pattern, _ in _PATTERNS for found in pattern.finditer(text))


def impersonal(text: str, limit: int) -> str:
    """The text normalised (see `search.text`), without phone, identity, permit, plate and card numbers, and mail addresses.

    At most `limit` characters, of the first MAX_READ. Idempotent, never raises. Years, a date after 2009, and what has up to
    six digits stay.
    """
    before, text = "", normalise(text, max(limit, MAX_READ))
    while text != before:  # taking one number out may bring the digits around it together
        before = text
        for pattern, mark in _PATTERNS:
            text = pattern.sub(partial(_marked, mark), text)
        text = normalise(text)
    return text[:limit].strip()


def _marked(mark: str, found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else mark

"""Whether two texts say the same: what is left of them without signs, width and case."""

from __future__ import annotations

import re
import unicodedata


def comparable(text: str) -> str:
    """A question reduced to its letters, digits and Han characters, of whatever width, to tell whether two are the same."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


_POLITE = re.compile("^(?:[您你]好)?(?:请问|我?想问(?:一下|下)?|问一下)|[呢呀啊哦]+$")


def comparable_question(text: str) -> str:
    """A question reduced as by `comparable`, without what is said for politeness (请问, 呢): it asks the same without."""
    key = comparable(text)
    return _POLITE.sub("", key) or key


_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9])(?!,[0-9]{3}(?![0-9]))(?:[^\w<>≤≥%+.]|[至到])+(?=[0-9])")
"""What keeps two numbers apart (1-2, 3、5, 1 至 2), but no thousands (1,000)."""
_IN_NUMBERS = r"(?<=[0-9])[.-](?=[0-9])|[<>≤≥%]|(?<=[0-9])\+|\+(?![^\W\d])"
"""Signs without which a number is another one, or a case the opposite: 1.5, 1-2, ≤10, 5%, 60+; no + between words."""
_IDLE = re.compile(rf"[\W_](?<!{_IN_NUMBERS})")


def comparable_statement(text: str) -> str:
    """A statement reduced as `comparable` does a question, but for the signs that make its numbers what they are."""
    return _IDLE.sub("", _BETWEEN_NUMBERS.sub("-", unicodedata.normalize("NFKC", text))).lower()

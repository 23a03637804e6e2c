"""Normalisation: the same for what is indexed and what is asked, so that two spellings of one thing meet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from operator import add

from opencc import OpenCC

from kb.comparing import comparable
from kb.numerals import DIGITS, NUMERALS, SCALES, arabic

MAX_QUERY = 500
"""Characters of a question that are read; what follows is cut off."""

MEASURES = tuple("个年月日天周岁分倍元次级孩胎类")
"""What is counted: a Chinese numeral before one of these is written in digits."""
_NUMERAL = re.compile(
    rf"(?<![{''.join(NUMERALS)}几统唯])[{''.join(DIGITS)}十][{''.join(NUMERALS)}]{{0,19}}"
    rf"(?=(?!分之)(?:{'|'.join(MEASURES)}|小时|工作日))"
)
"""A number begins with a digit or with 十: 万一, 几百 and 统一 are none, nor is 几十, whatever follows."""
_ABOUT = re.compile("一二|[二两]三|三四|四五|五六|六七|七八|八九")
"""About so many (七八年), which is no one number."""
_WORD = re.compile(r"[0-9]+\.[0-9]+|[a-z0-9]+|[\u3400-\u9fff]+")


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def normalise(text: str, limit: int | None = None) -> str:
    """Bring text to its plain form: NFKC, no invisible characters, simplified, lower case, 七年 as 7年.

    `limit` bounds the characters read. Idempotent; never raises.
    """
    # Invisible characters go first: one between a letter and its accent would keep the two apart.
    text = _visible(text[:limit] if limit else text)
    text = _visible(unicodedata.normalize("NFKC", text))
    # Lower case parts some letters from their accents (İ), which then are out of order.
    text = _simplified(unicodedata.normalize("NFKC", text.lower()))
    text = _NUMERAL.sub(_in_digits, text)
    return " ".join(text.split())[:limit].rstrip()


def question_key(text: str) -> str:
    """What two ways of writing the same question have in common: its letters, digits and Han characters, normalised."""
    return comparable(normalise(text))


def _simplified(text: str) -> str:
    """In simplified characters; what some become is itself not simplified yet (薴, 苧, 苎)."""
    once: str = _to_simplified().convert(text)
    if once == text:
        return text
    twice: str = _to_simplified().convert(once)
    return twice


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _space(char) for char in text)


def _space(char: str) -> str:
    """White space stays as a space; zero-width, bidi and other invisible characters vanish."""
    return " " if char.isspace() else ""


def _in_digits(match: re.Match[str]) -> str:
    """A number in digits; about so many (七八, 七八十) stays."""
    numeral = match[0]
    is_about = _ABOUT.fullmatch(numeral) or (SCALES.keys() & set(numeral) and _ABOUT.search(numeral))
    return numeral if is_about else arabic(numeral)


def runs(text: str) -> list[str]:
    """The runs of Han characters and of Latin letters or digits in a normalised text; 1.2 is one run."""
    return _WORD.findall(text)


def placed(words: Iterable[str], text: str) -> Iterator[tuple[int, int, str]]:
    """Where each word begins and ends in the text that it was cut from, in order."""
    end = 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        yield start, end, word


def is_han(text: str) -> bool:
    """Whether the text starts with a Han character."""
    return "\u3400" <= text < "\ua000"


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring Han characters; Latin and digit runs stay whole."""
    found: list[str] = []
    for run in runs(text):
        if is_han(run) and len(run) > 1:
            found.extend(map(add, run, run[1:]))
        else:
            found.append(run)
    return found


def characters(text: str) -> list[str]:
    """Single Han characters; Latin and digit runs stay whole."""
    return [part for run in runs(text) for part in (run if is_han(run) else (run,))]

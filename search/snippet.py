"""Snippets: the part of an entry's text that bears on the question, the shared words marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from html import escape
from itertools import islice

LENGTH = 90
"""Characters of a snippet."""


def snippet(text: str, words: Collection[str]) -> str:
    """HTML with nothing but `<mark>` around words (normalised): marks are put between pieces of the text, each escaped last."""
    lower = _lower(text)
    there = [word for word in words if word and word in lower]
    first = min((begin for word in there for begin, _ in islice(_places(word, lower), 1)), default=0)
    start = max(0, first - LENGTH // 3)
    piece, lower = text[start : start + LENGTH], lower[start : start + LENGTH]
    parts = ["…" if start else ""]
    done = 0
    for begin, end in _joined(span for word in there for span in _places(word, lower)):
        parts.append(f"{escape(piece[done:begin])}<mark>{escape(piece[begin:end])}</mark>")
        done = end
    parts.append(escape(piece[done:]))
    parts.append("…" if start + LENGTH < len(text) else "")
    return "".join(parts)


def _lower(text: str) -> str:
    """In lower case, each character in its place (İ would become two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(char.lower()[0] for char in text)


def _places(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a word begins and ends in a text; a Latin word or a number only where it stands whole (2 is not in 20)."""
    position = text.find(word)
    while position >= 0:
        end = position + len(word)
        if not (word.isascii() and (_goes_on(text[position - 1 : position]) or _goes_on(text[end : end + 1]))):
            yield position, end
        position = text.find(word, end)


def _goes_on(char: str) -> bool:
    """Whether a character, or none, belongs to a Latin word or a number."""
    return char.isascii() and char.isalnum()


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap or touch as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined

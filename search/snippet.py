"""Snippets: the part of an entry's text that bears on the question, the shared words marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from html import escape
from itertools import islice

from search.text import is_han

LENGTH = 90
"""Characters of a snippet."""


def snippet(text: str, words: Collection[str]) -> str:
    """HTML with nothing but `<mark>` around words (normalised), put between pieces of the text, each escaped last."""
    lower = _lower(text)
    found = [word for word in words if word and word in lower]
    there = [
        word for word in found if len(word) > 1 or not is_han(word)
    ] or found  # 办 in 补办 is not what was asked for
    first = min((begin for word in there for begin, _ in islice(_places(word, lower, 0, len(lower)), 1)), default=0)
    start = max(0, first - LENGTH // 3)
    stop = min(start + LENGTH, len(text))
    parts = ["…" if start else ""]
    done = start
    for begin, end in _joined(span for word in there for span in _places(word, lower, start, stop)):
        parts.append(f"{escape(text[done:begin])}<mark>{escape(text[begin:end])}</mark>")
        done = end
    parts.append(escape(text[done:stop]))
    parts.append("…" if stop < len(text) else "")
    return "".join(parts)


def _lower(text: str) -> str:
    """In lower case, each character in its place (İ would become two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(char.lower()[0] for char in text)


def _places(word: str, text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where a word begins and ends in a part of a text; no Latin word or number is cut (2 is not in 20, nor in 2.5)."""
    position = text.find(word, start, stop)
    while position >= 0:
        end = position + len(word)
        before, after = text[max(0, position - 2) : position], text[end : end + 2]
        if not (_goes_on(before[::-1], word[0]) or _goes_on(after, word[-1])):
            yield position, end
        position = text.find(word, end, stop)


def _goes_on(beside: str, edge: str) -> bool:
    """Whether a Latin word or a number goes on, past its character at the edge, in what stands beside it."""
    if not _is_latin(edge):
        return False
    return _is_latin(beside[:1]) or (edge.isdigit() and beside[:1] in (".", ",") and beside[1:].isdigit())


def _is_latin(char: str) -> bool:
    """Whether it is a Latin letter or a digit."""
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

"""Snippets: the part of an entry's text that bears on the question, the shared words marked."""

from __future__ import annotations

from html import escape
from itertools import groupby
from operator import itemgetter

from search.query import Query

LENGTH = 90
"""Characters of a snippet."""


def snippet(text: str, query: Query) -> str:
    """HTML with nothing but `<mark>`: marks are put between pieces of the text, and each piece is escaped last."""
    words = [word for concept in query.concepts for word, _ in concept.alternatives if len(word) > 1 or word.isdigit()]
    lower = text.lower()
    first = min((position for word in words if (position := lower.find(word)) >= 0), default=0)
    start = max(0, first - LENGTH // 3)
    piece = text[start : start + LENGTH]
    marked = [False] * len(piece)
    for word in words:
        position = piece.lower().find(word)
        while position >= 0:
            marked[position : position + len(word)] = [True] * len(word)
            position = piece.lower().find(word, position + len(word))
    parts = ["…" if start else ""]
    for mark, run in groupby(zip(marked, piece, strict=True), key=itemgetter(0)):
        text_of_run = escape("".join(char for _, char in run))
        parts.append(f"<mark>{text_of_run}</mark>" if mark else text_of_run)
    parts.append("…" if start + LENGTH < len(text) else "")
    return "".join(parts)

"""Snippets: the part of an entry's text that bears on the question, the shared words marked."""

from __future__ import annotations

from html import escape

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
    inside = False
    for char, mark in zip(piece, marked, strict=True):
        if mark != inside:
            parts.append("<mark>" if mark else "</mark>")
            inside = mark
        parts.append(escape(char))
    parts.append("</mark>" if inside else "")
    parts.append("…" if start + LENGTH < len(text) else "")
    return "".join(parts)

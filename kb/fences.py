"""Fenced code in Markdown: what stands in it is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"(`{3,}|~{3,}) *(?:\{.*\}|(?:\.?[\w#.+-]+ *)?(?:hl_lines=(?:\".*\"|'.*') *)?)")
_FENCE = re.compile(r"(?:`{3,}|~{3,}) *")
_INLINE = re.compile(r"`[^`]*`")


def without_code(body: str) -> str:
    """A body whose fenced and inline code is blank, row for row."""
    rows = [""] * (body.count("\n") + 1)
    for row, line in outside_code(body):
        rows[row] = without_inline_code(line)
    return "\n".join(rows)


def without_inline_code(line: str) -> str:
    """A line of a body with what stands between backticks left out."""
    return _INLINE.sub("`", line)


def outside_code(body: str) -> Iterator[tuple[int, str]]:
    """The lines of a body that are no fenced code, each with its row, from 0.

    As python-markdown's `fenced_code` has it: a fence begins its line and may name a language or attributes, a line of
    nothing but the same fence closes it, and one that is never closed opens nothing.
    """
    lines = body.split("\n")
    plain = [line.expandtabs(4) for line in lines]
    last = {line.rstrip(" "): row for row, line in enumerate(plain) if _FENCE.fullmatch(line)}
    fence = ""
    for row, line in enumerate(plain):
        opening = _OPENING.fullmatch(line)
        if fence:
            fence = "" if line.rstrip(" ") == fence else fence
        elif opening and last.get(opening[1], -1) > row:
            fence = opening[1]
        else:
            yield row, lines[row]

"""Fenced code in Markdown: what stands in it is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"`{3,}|~{3,}")


def outside_code(body: str) -> Iterator[tuple[int, str]]:
    """The lines of a body that are no fenced code, each with its row, from 0.

    As python-markdown has it: a fence begins its line, a line of the same fence closes it, and one that is never closed
    opens nothing.
    """
    lines = body.split("\n")
    last = {line.rstrip(" "): row for row, line in enumerate(lines) if _FENCE.match(line)}
    open_fence = ""
    for row, line in enumerate(lines):
        fence = _FENCE.match(line)
        if open_fence:
            open_fence = "" if line.rstrip(" ") == open_fence else open_fence
        elif fence and last.get(fence[0], -1) > row:
            open_fence = fence[0]
        else:
            yield row, line

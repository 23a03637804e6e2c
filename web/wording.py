"""How an answer is set: its first sentence large, the rest beside it."""

from __future__ import annotations

_ENDS = "。；！？"
_OPENING = "（“《〔("
_CLOSING = "）”》〕)"


def first_sentence(text: str) -> tuple[str, str]:
    """Cut after the first sentence or clause; a stop within brackets or quotation marks does not count."""
    depth = 0
    for at, letter in enumerate(text):
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth = max(depth - 1, 0)
        elif letter in _ENDS and depth == 0:
            return text[: at + 1], text[at + 1 :]
    return text, ""

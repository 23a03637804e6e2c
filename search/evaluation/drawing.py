"""Pieces of the drawings in docs/: SVG without style, script or font.

It is on paper of its own, so that it reads on light and on dark pages alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

PAPER, INK, SOFT, LINE, BLUE = "#ffffff", "#1b1f24", "#555e68", "#d4dae0", "#1d4f91"


def drawing(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """A whole drawing; the title is for those who do not see it."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="title" font-family="sans-serif" font-size="12" fill="{INK}">',
            f'<title id="title">{escape(title)}</title>',
            f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
            *parts,
            "</svg>",
            "",
        )
    )


def text(x: float, y: float, words: str, fill: str = INK, size: int = 12, anchor: str = "middle") -> str:
    """Words at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'
    )


def line(points: Iterable[tuple[float, float]], colour: str, dashes: str | None = None) -> str:
    """A line through points."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'

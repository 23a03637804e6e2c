"""The reliability curve as a drawing: how sure Wence was, across, against how often it was right, upwards."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from search.evaluation.quality import Bin

_WIDTH, _HEIGHT = 360, 402
_LEFT, _TOP, _SIDE = 48, 40, 296
_PAPER, _INK, _SOFT, _LINE, _BLUE = "#ffffff", "#1b1f24", "#555e68", "#d4dae0", "#1d4f91"
_BOTTOM = _TOP + _SIDE


def reliability_svg(bins: Sequence[Bin]) -> str:
    """An SVG on paper of its own, so that it reads on light and on dark pages alike; no style, no script, no font."""
    found = [b for b in bins if b.share is not None and b.confidence is not None]
    total = sum(b.right.of for b in bins)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img" aria-labelledby="title" font-family="sans-serif" font-size="12" fill="{_INK}">',
        f'<title id="title">把握与实际答对的比例，共 {total} 次回答</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{_PAPER}"/>',
        _text(_LEFT - 36, 22, f"实际答对的比例（共 {total} 次回答）", size=13, anchor="start"),
        *_grid(),
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="{_SOFT}" stroke-dasharray="5 4"/>',
    ]
    parts += [_interval(b) for b in found]
    points = " ".join(f"{_x(b.confidence or 0):.1f},{_y(b.share or 0):.1f}" for b in found)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{_BLUE}" stroke-width="2"/>')
    parts += [
        f'<circle cx="{_x(b.confidence or 0):.1f}" cy="{_y(b.share or 0):.1f}" r="5" fill="{_BLUE}"/>' for b in found
    ]
    parts += [_text(_x((b.low + b.high) / 2), _BOTTOM + 36, str(b.right.of), _SOFT) for b in bins]
    parts.append(_text(_LEFT - 8, _BOTTOM + 36, "次数", _SOFT, anchor="end"))
    parts.append(_text(_x(1), _BOTTOM + 56, "问策的把握", size=13, anchor="end"))
    return "\n".join((*parts, "</svg>", ""))


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _BOTTOM - share * _SIDE


def _grid() -> list[str]:
    lines = []
    for percent in range(0, 101, 20):
        x, y = _x(percent / 100), _y(percent / 100)
        lines += [
            f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}M{_LEFT} {y:.1f}H{_LEFT + _SIDE}" stroke="{_LINE}" fill="none"/>',
            _text(_LEFT - 8, y + 4, f"{percent}%", anchor="end"),
            _text(x, _BOTTOM + 18, f"{percent}%", anchor="end" if percent == 100 else "middle"),
        ]
    return lines


def _text(x: float, y: float, words: str, fill: str = _INK, size: int = 12, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{words}</text>'


def _interval(b: Bin) -> str:
    low, high = likely_range(b.right.right, b.right.of)
    x = _x(b.confidence or 0)
    return f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{_BLUE}" stroke-opacity=".45" stroke-width="3"/>'


def likely_range(right: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, in 95 of 100 cases, when `right` of `of` were right.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference (score interval).
    """
    z = 1.96
    share = right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)

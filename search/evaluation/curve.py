"""The reliability curve as a drawing: how sure Wence was, across, against how often it was right, upwards."""

from __future__ import annotations

from collections.abc import Sequence

from search.evaluation.drawing import BLUE, LINE, SOFT, drawing, line, text
from search.evaluation.quality import Bin
from search.interval import likely_range

_WIDTH, _HEIGHT = 360, 402
_LEFT, _TOP, _SIDE = 48, 40, 296
_BOTTOM = _TOP + _SIDE


def reliability_svg(bins: Sequence[Bin]) -> str:
    """The curve, with how likely each share is."""
    found = [b for b in bins if b.share is not None and b.confidence is not None]
    total = sum(b.right.of for b in bins)
    parts = [
        text(_LEFT - 36, 22, f"实际答对的比例（共 {total} 次回答）", size=13, anchor="start"),
        *_grid(),
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="{SOFT}" stroke-dasharray="5 4"/>',
    ]
    parts += [_interval(b) for b in found]
    parts.append(line([(_x(b.confidence or 0), _y(b.share or 0)) for b in found], BLUE))
    parts += [
        f'<circle cx="{_x(b.confidence or 0):.1f}" cy="{_y(b.share or 0):.1f}" r="5" fill="{BLUE}"/>' for b in found
    ]
    parts += [text(_x((b.low + b.high) / 2), _BOTTOM + 36, str(b.right.of), SOFT) for b in bins]
    parts.append(text(_LEFT - 8, _BOTTOM + 36, "次数", SOFT, anchor="end"))
    parts.append(text(_x(1), _BOTTOM + 56, "问策的把握", size=13, anchor="end"))
    return drawing(_WIDTH, _HEIGHT, f"把握与实际答对的比例，共 {total} 次回答", parts)


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _BOTTOM - share * _SIDE


def _grid() -> list[str]:
    lines = []
    for percent in range(0, 101, 20):
        x, y = _x(percent / 100), _y(percent / 100)
        lines += [
            f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}M{_LEFT} {y:.1f}H{_LEFT + _SIDE}" stroke="{LINE}" fill="none"/>',
            text(_LEFT - 8, y + 4, f"{percent}%", anchor="end"),
            text(x, _BOTTOM + 18, f"{percent}%", anchor="end" if percent == 100 else "middle"),
        ]
    return lines


def _interval(b: Bin) -> str:
    low, high = likely_range(b.right.right, b.right.of)
    x = _x(b.confidence or 0)
    return f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{BLUE}" stroke-opacity=".45" stroke-width="3"/>'

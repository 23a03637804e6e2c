"""The chart of docs/performance.svg: milliseconds a question by number of entries, both on logarithmic scales."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10

from search.evaluation.benchmark.figures import Benchmark, Size
from search.evaluation.drawing import BLUE, INK, LINE, SOFT, drawing, line, text

_WIDTH, _HEIGHT = 640, 430
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 84, 610, 380
_LINES: tuple[tuple[str, str, str | None, Callable[[Size], float | None]], ...] = (
    ("Wence, whole answer", BLUE, None, lambda size: size.wence.answer.p50),
    ("Wence, engine's query", BLUE, "6 4", lambda size: size.wence.engine_query.p50),
    ("raw tantivy", INK, None, lambda size: size.p50("tantivy-raw")),
    ("SQLite FTS5", "#a4620a", None, lambda size: size.p50("fts5")),
    ("Whoosh", "#a02848", None, lambda size: size.p50("whoosh-raw")),
)
"""Name, colour, dashes and figure of each line."""


def chart(run: Benchmark) -> str:
    """The drawing; a system has no point where it was stopped."""
    lines = [
        (name, colour, dashes, [(size.entries, value) for size in run.sizes if (value := figure(size))])
        for name, colour, dashes, figure in _LINES
    ]
    values = [value for *_, points in lines for _, value in points]
    across, up = _Scale.over([size.entries for size in run.sizes], _LEFT, _RIGHT), _Scale.over(values, _BOTTOM, _TOP)
    parts = [text(_LEFT - 50, 24, "Milliseconds a question (p50), by entries", size=14, anchor="start")]
    parts += _grid(across, up)
    for place, (name, colour, dashes, points) in enumerate(lines):
        x, y = _LEFT - 50 + 190 * (place % 3), 46 + 20 * (place // 3)
        parts += [line([(x, y - 4), (x + 26, y - 4)], colour, dashes), text(x + 32, y, name, anchor="start")]
        drawn = [(across.place(entries), up.place(value)) for entries, value in points]
        parts.append(line(drawn, colour, dashes))
        parts += [f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="3.5" fill="{colour}"/>' for cx, cy in drawn]
    return drawing(_WIDTH, _HEIGHT, "Milliseconds a question by number of entries", parts)


class _Scale:
    """From whole powers of ten to a stretch of the drawing."""

    def __init__(self, low: int, high: int, start: float, end: float) -> None:
        self.powers = range(low, high + 1)
        self._low, self._start, self._step = low, start, (end - start) / (high - low)

    @classmethod
    def over(cls, values: list[float] | list[int], start: float, end: float) -> _Scale:
        logs = [log10(value) for value in values]
        low = floor(min(logs))
        return cls(low, max(ceil(max(logs)), low + 1), start, end)

    def place(self, value: float) -> float:
        return self._start + (log10(value) - self._low) * self._step


def _grid(across: _Scale, up: _Scale) -> list[str]:
    parts = []
    for power in across.powers:
        x = across.place(10**power)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}" stroke="{LINE}" fill="none"/>')
        parts.append(text(x, _BOTTOM + 18, f"{10**power:,}"))
    for power in up.powers:
        y = up.place(10**power)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="{LINE}" fill="none"/>')
        parts.append(text(_LEFT - 8, y + 4, f"{10**power:g}", anchor="end"))
    return [*parts, text(_RIGHT, _BOTTOM + 38, "entries", SOFT, anchor="end")]

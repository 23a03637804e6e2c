"""What Wence must reach, and whether one run did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from search.evaluation.benchmark.figures import Benchmark, Size


@dataclass(frozen=True)
class Aim:
    """One aim: in words, the figure, the bound; `least` when the figure must be at least the bound.

    `value` is None when the run had not what it takes; `beside` is a further figure, shown and not held against the
    bound.
    """

    english: str
    chinese: str
    unit: str
    bound: float
    value: float | None
    least: bool = False
    beside: str = ""

    @property
    def measured(self) -> str:
        """The figure with its unit, and what is shown beside it; empty when it was not measured."""
        if self.value is None:
            return ""
        return f"{self.value:.2f}{self.unit}" + (f" ({self.beside})" if self.beside else "")

    @property
    def met(self) -> bool | None:
        """Whether it was reached; None when it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.least else self.value <= self.bound


def aims(run: Benchmark) -> tuple[Aim, ...]:
    """The aims of speed (docs/performance.md); the answers are those of questions asked for the first time, p50; so are suggestions."""
    ratio = _at(run, 100_000, lambda size: _over(size.wence.answer.p50, size.p50("tantivy-raw")))
    p50 = _at(run, 100_000, lambda size: size.wence.answer.p50)
    whoosh = _at(run, 70_000, lambda size: _over(size.p50("whoosh-raw"), size.wence.answer.p50))
    build = _at(run, 100_000, lambda size: _over(size.plain["tantivy-raw"].build_seconds, size.wence.build_seconds))
    publish = _at(run, 10_000, lambda size: size.publishing.median if size.publishing else None)
    large = _at(run, 1_000_000, lambda size: size.wence.find.p50)
    small = _at(run, 10_000, lambda size: size.wence.find.p50)
    typed = size.wence.suggest if (size := run.size(10_000)) else None
    return (
        Aim("whole answer / raw tantivy's query, 100,000 entries", "整个回答是裸 tantivy 查询的几倍（100,000 条）", "x", 3, ratio),
        Aim("whole answer, 100,000 entries", "整个回答（100,000 条）", " ms", 2, p50),
        Aim("Whoosh's query / whole answer, 70,000 entries", "Whoosh 查询是整个回答的几倍（70,000 条）", "x", 50, whoosh, True),
        Aim("raw tantivy's build time / Wence's, segmentation included, 100,000 entries",
            "建索引的速度与裸 tantivy 之比，含分词（100,000 条）", "x", 0.5, build, True),
        Aim("one changed file published and found, median, 10,000 files", "改一个文件到搜得到，中位数（10,000 个文件）",
            " ms", 200, publish),
        Aim("suggestions while typing, 10,000 entries", "打字时的联想（10,000 条）", " ms", 5, typed.p50 if typed else None,
            beside=f"p95 {typed.p95:.2f} ms" if typed else ""),
        Aim("understanding, retrieving and ranking: 1,000,000 entries / 10,000",
            "理解、检索、排序：1,000,000 条是 10,000 条的几倍", "x", 5, _over(large, small)),
    )  # fmt: skip


def _at(run: Benchmark, entries: int, figure: Callable[[Size], float | None]) -> float | None:
    size = run.size(entries)
    return figure(size) if size else None


def _over(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None

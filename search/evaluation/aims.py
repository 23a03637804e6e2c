"""What answers must reach, and whether one report did: apart for the files that weights were not fitted on, and for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.evaluation.quality import (
    COLLOQUIAL,
    Count,
    FileFigures,
    QualityReport,
    Totals,
    behind,
    points,
    style_label,
    style_of,
    total_of,
)

CARDS, TYPED, FALSE, GAP = 95, 90, 2, 5
"""In percent: cards right at least, the same of what is mistyped or typed in other letters, false cards at most; and
how many percentage points colloquial questions may at most fall behind the entries' own words."""
_TYPED = ("homophone", "pinyin", "traditional")


@dataclass(frozen=True)
class Aim:
    """One aim, in Chinese: what is measured, on which questions, the bound, the figure.

    `met` is None where nothing was asked.
    """

    what: str
    asked: str
    bound: str
    value: str
    met: bool | None

    @property
    def reached(self) -> str:
        """Whether it was met, in a word."""
        return "没有测" if self.met is None else "是" if self.met else "否"


def aims(report: QualityReport) -> tuple[Aim, ...]:
    """Every aim, measured."""
    return (*_of_files(report), *_false(report.held_out), _all("标题和问法，搜得到自己", report.invariants))


def _of_files(report: QualityReport) -> Iterator[Aim]:
    groups = [(f"{report.held_out_name} {len(report.held_out)} 份题目", report.held_out)]
    if report.held_out != report.files:
        groups.append((f"全部 {len(report.files)} 份题目", report.files))
    for asked, files in groups:
        yield _least("该有答案的问题，答案对", asked, CARDS, total_of(files).cards)
    for style in _TYPED:
        for asked, files in groups:
            score = style_of(files, style)
            right = Count(right=score.card_right, of=score.questions)
            yield _least(f"{style_label(style)}：答案对", asked, TYPED, right)
    for asked, files in groups:
        gap = behind(report.acceptance, style_of(files, COLLOQUIAL))
        met = None if gap is None else gap <= GAP
        yield Aim("口语问题比自己的问法低", asked, f"≤ {GAP} 个百分点", points(gap), met)


def _false(files: Sequence[FileFigures]) -> Iterator[Aim]:
    """False cards: of all files together that ask both kinds, and of each that asks nothing but what must get none."""
    exams = [file for file in files if file.answerable and file.silent]
    yield _most(f"该答和不该答的都考的 {len(exams)} 份题目", total_of(exams))
    for file in files:
        if not file.answerable:
            yield _most(f"{file.about}（{file.name}）" if file.about else file.name, file.total)


def _least(what: str, asked: str, percent: int, count: Count) -> Aim:
    met = 100 * count.right >= percent * count.of if count.of else None
    return Aim(what, asked, f"≥ {percent}%", count.said, met)


def _most(asked: str, total: Totals) -> Aim:
    """The share is rounded up, so that 2.0% is no more than that."""
    false, of = total.false_cards, total.silent
    share = f"{-(-1000 * false // of) / 10:.1f}%" if of else "—"
    met = 100 * false <= FALSE * of if of else None
    return Aim("不该答的问题，却给了答案", asked, f"≤ {FALSE}%", f"{false} / {of}（{share}）", met)


def _all(what: str, count: Count) -> Aim:
    met = count.missed == 0 if count.of else None
    return Aim(what, "标题、问法和标题里的每两个字", "100%", count.said, met)

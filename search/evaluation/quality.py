"""The quality report as a value: what `kb eval --report` measures, what docs/quality.md and `/quality` show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, ValidationError, model_validator

from kb.model import Verification
from search.evaluation.errors import EvaluationError
from search.evaluation.files import read_text
from search.evaluation.questions import StyleScore, summed
from search.evaluation.uses import Use

REPORT_FILE = "quality.json"
"""Where the report lies in a content folder."""
MAX_REPORT_BYTES = 1_000_000
COLLOQUIAL = "colloquial"
"""The style that the entries' own words are compared with."""
AGES = {"0-3": "3 个月以内", "3-6": "3 到 6 个月", "6-12": "6 到 12 个月", ">12": "12 个月以上"}
"""Months since an entry was reviewed, and how that is said."""

_STYLES = {
    "plain": "平常的问法",
    "colloquial": "口语",
    "keywords": "只打几个词",
    "wrong-term": "用词不准",
    "long": "长句",
    "homophone": "同音错字",
    "pinyin": "拼音",
    "mixed": "夹着字母和拼音",
    "traditional": "繁体字",
    "near-miss": "相近但不归本站答",
    "foreign": "别的话题",
    "out": "不归本站答的",
    "out-of-scope": "别的办事问题",
    "other-city": "别的城市的",
    "same-words": "同样的字，别的事",
    "too-short": "太短、太笼统",
    "adversarial": "故意为难",
}


def style_label(style: str) -> str:
    """Plain words for a style of asking; a style of somebody's own is shown as it is written."""
    return _STYLES.get(style, style)


class Figures(BaseModel):
    """Frozen; what cannot be counted (NaN, infinity, unknown fields) is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Count(Figures):
    """So many of so many."""

    right: NonNegativeInt
    of: NonNegativeInt

    @model_validator(mode="after")
    def _part_of_whole(self) -> Count:
        if self.right > self.of:
            raise ValueError(f"{self.of} 个里不会有 {self.right} 个对——先写对的个数，再写总数")
        return self

    @property
    def missed(self) -> int:
        """How many are not right."""
        return self.of - self.right

    @property
    def percent(self) -> str:
        """The share, rounded down, so that 100% means all."""
        return f"{self.right * 1000 // self.of / 10:.1f}%" if self.of else "—"

    @property
    def said(self) -> str:
        """How many of how many, and the share."""
        return f"{self.right} / {self.of}（{self.percent}）"


class Totals(Figures):
    """All questions of a file or of all files.

    `cards`, `facets` and `answered` are of the questions that want a card: card right, facet right, both. `wrong`
    counts those that got another card. `false_cards` counts cards where none may be shown, of `silent` questions.
    """

    all: Count
    cards: Count
    facets: Count
    answered: Count
    wrong: NonNegativeInt
    silent: NonNegativeInt
    false_cards: NonNegativeInt

    @classmethod
    def of(cls, answerable: tuple[StyleScore, ...], silent: tuple[StyleScore, ...]) -> Totals:
        """The sums of the scores of questions that want a card, and of those that must get none."""
        wanted = sum(score.questions for score in answerable)
        quiet = sum(score.questions for score in silent)
        answered = sum(score.right for score in answerable)
        return cls(
            all=Count(right=answered + sum(score.right for score in silent), of=wanted + quiet),
            cards=Count(right=sum(score.card_right for score in answerable), of=wanted),
            facets=Count(right=sum(score.facet_right for score in answerable), of=wanted),
            answered=Count(right=answered, of=wanted),
            wrong=sum(score.wrong for score in answerable),
            silent=quiet,
            false_cards=sum(score.false_cards for score in silent),
        )


class FileFigures(Figures):
    """One question file. `answerable` are the scores by style of questions that want a card, `silent` of the others.

    `use` is None where nobody said; `about` says in words what the questions are about. `verbatim` counts those that
    want a card and stand word for word in the content as a title, question or alias; None in a report of before.
    """

    name: str
    use: Use | None = None
    about: str = ""
    verbatim: NonNegativeInt | None = None
    answerable: tuple[StyleScore, ...]
    silent: tuple[StyleScore, ...]
    total: Totals


def total_of(files: Iterable[FileFigures]) -> Totals:
    """All questions of some files."""
    files = tuple(files)
    return Totals.of(
        tuple(score for file in files for score in file.answerable),
        tuple(score for file in files for score in file.silent),
    )


def by_kind(files: Iterable[FileFigures]) -> tuple[FileFigures, ...]:
    """Files of the same use and about the same as one, named by that and how many they are; one without words stays alone."""
    kinds: dict[tuple[Use | None, str], list[FileFigures]] = {}
    for file in files:
        kinds.setdefault((file.use, file.about or file.name), []).append(file)
    return tuple(_together(name, kind) for (_, name), kind in kinds.items())


def _together(name: str, files: Sequence[FileFigures]) -> FileFigures:
    counted = [file.verbatim for file in files if file.verbatim is not None]
    return FileFigures(
        name=name if len(files) == 1 else f"{name}，{len(files)} 份",
        use=files[0].use,
        about=files[0].about,
        verbatim=sum(counted) if len(counted) == len(files) else None,
        answerable=_by_style(score for file in files for score in file.answerable),
        silent=_by_style(score for file in files for score in file.silent),
        total=total_of(files),
    )


def _by_style(scores: Iterable[StyleScore]) -> tuple[StyleScore, ...]:
    styles: dict[str, list[StyleScore]] = {}
    for score in scores:
        styles.setdefault(score.style, []).append(score)
    return tuple(replace(summed(same), style=style) for style, same in styles.items())


def style_of(files: Iterable[FileFigures], style: str) -> StyleScore:
    """The scores of one style of asking over some files, of the questions that want a card."""
    return summed(score for file in files for score in file.answerable if score.style == style)


def behind(own: Count, colloquial: StyleScore) -> float | None:
    """By how many percentage points colloquial questions fall behind the entries' own words; None without either."""
    if not own.of or not colloquial.questions:
        return None
    return 100 * (own.right / own.of - colloquial.right / colloquial.questions)


def points(apart: float | None) -> str:
    """By how many percentage points two shares are apart, in words."""
    return "—" if apart is None else f"{apart:.1f} 个百分点"


class Latency(Figures):
    """Milliseconds of a whole answer, over `n` answers."""

    n: NonNegativeInt
    p50: NonNegativeFloat
    p95: NonNegativeFloat
    p99: NonNegativeFloat


class Bin(Figures):
    """The best candidates of which Wence was about equally sure: between `low` and `high`.

    `confidence` is the mean, None without candidates; `right` counts them all, `shown` those that stood on a card.
    """

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    confidence: float | None = Field(ge=0, le=1)
    right: Count
    shown: Count

    @property
    def share(self) -> float | None:
        """The share of right ones, 0..1."""
        return self.right.right / self.right.of if self.right.of else None


class Ages(Figures):
    """How old the content is on the day of the report.

    `reviewed` counts entries by months since they were reviewed (a section of an article goes with its article),
    `overdue` those whose `review_by` is past; `verification` counts facts, `needs_review` those that rest on a
    superseded source.
    """

    entries: NonNegativeInt
    reviewed: Mapping[str, NonNegativeInt]
    overdue: NonNegativeInt
    facts: NonNegativeInt
    verification: Mapping[Verification, NonNegativeInt]
    needs_review: NonNegativeInt

    @property
    def by_age(self) -> list[tuple[str, int]]:
        """Entries by months since they were reviewed, in words."""
        return [(label, self.reviewed.get(age, 0)) for age, label in AGES.items()]


class QualityReport(Figures):
    """Everything measured in one run of `kb eval --report`.

    `content` is the fingerprint of the content asked. `gap` is in percentage points: how far colloquial questions fall
    behind the entries' own words; None without either. `reliability` covers every question that had a candidate, but
    for those whose card was added up. `first` and `again` time each question's first and second asking.
    """

    day: date
    content: str
    engine: str
    segmenter: str
    entries: NonNegativeInt
    facts: NonNegativeInt
    files: tuple[FileFigures, ...]
    total: Totals
    acceptance: Count
    invariants: Count
    colloquial: Count
    gap: float | None
    first: Latency | None
    again: Latency | None
    reliability: tuple[Bin, ...]
    ages: Ages

    @property
    def held_out(self) -> tuple[FileFigures, ...]:
        """The files that no weight was fitted on, as far as is known."""
        return tuple(file for file in self.files if file.use is not Use.fitted)

    @property
    def held_out_name(self) -> str:
        """What those files may be called: of some it may not be known."""
        return "没写明用来调过程序的" if any(file.use is None for file in self.files) else "没用来调过程序的"

    @property
    def candidates(self) -> Count:
        """The answers in the reliability curve, and the right ones of them."""
        return Count(right=sum(b.right.right for b in self.reliability), of=sum(b.right.of for b in self.reliability))

    @property
    def miscalibration(self) -> float | None:
        """By how many points confidence and share right differ on average; None without answers.

        Source: Naeini et al. (2015), Obtaining well calibrated probabilities using Bayesian binning (ECE).
        """
        total = self.candidates.of
        known = [(b.right, b.confidence) for b in self.reliability if b.confidence is not None]
        return 100 * sum(abs(right.of * sure - right.right) for right, sure in known) / total if total else None


def read_report(path: Path) -> QualityReport | None:
    """The report in a file; None when there is none or it cannot be used, since it can always be measured again."""
    try:
        return QualityReport.model_validate_json(read_text(path, MAX_REPORT_BYTES))
    except (EvaluationError, ValidationError):
        return None

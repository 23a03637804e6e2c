"""The quality report: every figure measured by `make_report`, and written where machines and people find it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from kb.model import Entry, Verification
from search.answer import can_answer, card_of
from search.evaluation.collections import latency
from search.evaluation.curve import reliability_svg
from search.evaluation.files import write_text
from search.evaluation.measuring import ask_twice
from search.evaluation.quality import (
    AGES,
    COLLOQUIAL,
    REPORT_FILE,
    Ages,
    Bin,
    Count,
    FileFigures,
    Latency,
    QualityReport,
    Totals,
    behind,
    style_of,
    total_of,
)
from search.evaluation.quality_page import DRAWING, PAGE, markdown
from search.evaluation.questions import Question, Verdict, judge, read_questions, scores_of
from search.evaluation.uses import FileUse, read_uses
from search.progress import Progress
from search.reading import ADDED_UP
from search.service import Service
from search.text import question_key

BINS = 10


def make_report(
    service: Service,
    files: Sequence[Path],
    acceptance: tuple[int, int],
    invariants: tuple[int, int],
    today: date,
    progress: Progress,
) -> QualityReport:
    """Ask every question of the files and count.

    acceptance, invariants: how many were right, of how many (ValueError the other way round).
    Raises EvaluationError for a question file that cannot be used.
    """
    known = list(map(read_questions, files))
    uses = read_uses(files)
    own = {question_key(asking.text) for entry in service.library.entries.values() for asking in entry.askings()}
    asked, candidates = [], []
    for one in ask_twice(service, [question for questions in known for question in questions], today, progress):
        asked.append(one)
        candidates.append(_candidate(service, one.verdict.question, today))
    verdicts = iter(one.verdict for one in asked)
    figures = tuple(
        _file(name, [*islice(verdicts, len(questions))], uses.get(path), own)
        for name, path, questions in zip(_names(files), files, known, strict=True)
    )
    accepted = Count(right=acceptance[0], of=acceptance[1])
    colloquial = style_of(figures, COLLOQUIAL)
    ages = _ages(service.library.entries.values(), today)
    return QualityReport(
        day=today,
        content=service.library.fingerprint,
        engine=service.settings.engine,
        segmenter=service.segmenter,
        entries=len(service.library.entries),
        facts=ages.facts,
        files=figures,
        total=total_of(figures),
        acceptance=accepted,
        invariants=Count(right=invariants[0], of=invariants[1]),
        colloquial=Count(right=colloquial.right, of=colloquial.questions),
        gap=behind(accepted, colloquial),
        first=_latency([one.first for one in asked]),
        again=_latency([one.again for one in asked]),
        reliability=_bins([one for one in candidates if one]),
        ages=ages,
    )


def _names(files: Sequence[Path]) -> list[str]:
    """The files' names; where two are the same, with their folders."""
    counts = Counter(path.name for path in files)
    return [path.name if counts[path.name] == 1 else "/".join(path.resolve().parts[-2:]) for path in files]


@dataclass(frozen=True)
class _Candidate:
    """The card, or the one of the best candidate: how sure Wence was of it, whether it is what was asked for, and shown."""

    confidence: float
    right: bool
    shown: bool


def _candidate(service: Service, question: Question, today: date) -> _Candidate | None:
    """None where nothing can answer, and for a card that was added up, which estimates no confidence."""
    how = service.explain(question.q, as_of=today)
    if how.why == ADDED_UP:
        return None
    best = next((item for item in how.ranked if can_answer(item, service.library, today)), None)
    card = how.card or (card_of(best, service.library, today, how.query) if best else None)
    return _Candidate(card.confidence, judge(question, card).right, how.card is not None) if card else None


def _file(name: str, verdicts: Sequence[Verdict], use: FileUse | None, own: Container[str]) -> FileFigures:
    answerable = scores_of(verdict for verdict in verdicts if not verdict.question.none)
    silent = scores_of(verdict for verdict in verdicts if verdict.question.none)
    return FileFigures(
        name=name,
        use=use.use if use else None,
        about=use.about if use else "",
        verbatim=sum(question_key(one.question.q) in own for one in verdicts if not one.question.none),
        answerable=answerable,
        silent=silent,
        total=Totals.of(answerable, silent),
    )


def _latency(seconds: Sequence[float]) -> Latency | None:
    return Latency(n=len(seconds), **latency(seconds)) if seconds else None


def _bins(candidates: Sequence[_Candidate]) -> tuple[Bin, ...]:
    groups: list[list[_Candidate]] = [[] for _ in range(BINS)]
    for one in candidates:
        groups[min(BINS - 1, int(one.confidence * BINS))].append(one)
    return tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            confidence=sum(one.confidence for one in group) / len(group) if group else None,
            right=Count(right=sum(one.right for one in group), of=len(group)),
            shown=Count(right=sum(one.right and one.shown for one in group), of=sum(one.shown for one in group)),
        )
        for place, group in enumerate(groups)
    )


def _ages(entries: Iterable[Entry], today: date) -> Ages:
    entries = list(entries)
    alone = [entry for entry in entries if not entry.parent]
    facts = [(entry, fact) for entry in entries for fact in entry.facts]
    reviewed = Counter(_age(entry.reviewed, today) for entry in alone)
    known = Counter(fact.verification or entry.verification for entry, fact in facts)
    return Ages(
        entries=len(alone),
        reviewed={age: reviewed[age] for age in AGES},
        overdue=sum(entry.review_by is not None and entry.review_by < today for entry in alone),
        facts=len(facts),
        verification={level: known[level] for level in Verification},
        needs_review=sum(entry.needs_review(fact.source, today) for entry, fact in facts),
    )


def _age(reviewed: date, today: date) -> str:
    """By whole months gone: the same day three months later belongs to 3-6."""
    months = 12 * (today.year - reviewed.year) + today.month - reviewed.month - (today.day < reviewed.day)
    young, middling, old, older = AGES
    return young if months < 3 else middling if months < 6 else old if months < 12 else older


def write(report: QualityReport, content: Path, docs: Path) -> None:
    """Write the report into the content, the page and its drawing into docs; each whole or not at all. Raises OSError."""
    write_text(docs / DRAWING, reliability_svg(report.reliability))
    write_text(docs / PAGE, markdown(report))
    write_text(content / REPORT_FILE, report.model_dump_json(indent=1) + "\n")

"""Fitting: the weights of ranking and the reading of confidence, from known questions; `kb fit` writes weights.yml.

Ranking is a linear model fitted listwise: the probability of the right passage in a softmax over the candidates
(ListNet's top-one loss, Cao et al. 2007), every data set counting alike. Confidence is a logistic regression on the
best candidate: was its card the right one. Both have a small L2 penalty, and signs that keep them explainable. Every
figure reported is of questions that the weights were not fitted on (cross-validation by entry or question).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kb.library import Library
from search.answer import can_answer, card_of
from search.evaluation.collections import Collection, open_finder, passages
from search.evaluation.errors import EvaluationError
from search.evaluation.questions import Question, judge
from search.finder import Finder
from search.lexicon import Lexicon
from search.passages import Passage, passages_in
from search.progress import Progress, counted
from search.query import Query
from search.ranking import CLOSER, Ranked
from search.scope import doubt, not_ours, too_vague
from search.weights import CONFIDENCE, MARGINS, MEANING, RANKING, Thresholds, Weights

FOLDS = 5
PENALTY = 0.002
"""Of the weights of ranking by words. A tenth of it with meaning, and of confidence a hundredth: differences of cosines are
small numbers, and need great weights."""
WRONG, WRONG_UNNAMED = 0.75, 1.5
"""How many missing cards a wrong one weighs; more where the question names no subject of ours and may be another's."""
LISTED = 300
"""What all questions together that the content says it does not answer count for, at most, in questions: each is one that
somebody thought of, not one that was asked, and a content that lists more should not give fewer cards."""
_FIXED = {"exact": 8.0, "overview": 3.0}
"""Rules, not tendencies: a question in the editors' own words is theirs, a bare name wants the overview."""
_NEGATIVE = {"stale", "whole", "stranger", "unknown", "other_topic", "other_subject", "negation", "person"}
_FREE = {"bias"}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A question asked of a finder that may not have its wording, and how to tell whether a passage answers it.

    `group` keeps together what must not be split between fitting and testing; `confident` says whether the case also
    teaches confidence, and with what `weight`; for a question that must get no card nothing is `right`.
    """

    text: str
    finder: Finder
    group: str
    right: Callable[[Query, Ranked], bool]
    confident: bool = True
    weight: float = 1.0
    answerable: Callable[[Ranked], bool] = lambda _: True


@dataclass(frozen=True)
class Fitted:
    """The weights, and by data set what they reach on questions they were not fitted on."""

    weights: Weights
    figures: Mapping[str, float]


def content_cases(library: Library, lexicon: Lexicon, folder: Path, report: Progress) -> Iterator[Case]:
    """Every wording of the content, asked of an index that was built without it and a fifth of the others."""
    every = _passages(library)
    for fold in range(FOLDS):
        kept, dropped = {}, []
        for ident, passage in every.items():
            out = [wording for wording in passage.wordings[1:] if _fold(wording) == fold]
            dropped += [(ident, wording) for wording in out]
            kept[ident] = replace(passage, wordings=tuple(word for word in passage.wordings if word not in out))
        finder = _finder(kept, library, lexicon, folder / str(fold))
        for ident, wording in dropped:
            # A neighbour often answers a wording that was taken out as well: fine for order, not for confidence.
            yield Case(wording, finder, every[ident].entry, _is_passage(ident, every), confident=False)
        report("去掉五分之一的问法建索引", fold + 1, FOLDS)


def _is_passage(ident: str, every: Mapping[str, Passage]) -> Callable[[Query, Ranked], bool]:
    own = every[ident]

    def right(_query: Query, item: Ranked) -> bool:
        return item.passage.id == ident or (item.passage.entry == own.entry and item.passage.facet == own.facet)

    return right


def question_cases(
    questions: Iterable[Question], library: Library, lexicon: Lexicon, folder: Path, day: date
) -> Iterator[Case]:
    """Known questions, asked of the whole content."""
    finder = _finder(_passages(library), library, lexicon, folder)
    answerable = partial(can_answer, library=library, day=day)
    for question in questions:

        def right(query: Query, item: Ranked, question: Question = question) -> bool:
            if question.none or not answerable(item):
                return False
            return judge(question, card_of(item, library, day, query)).right

        yield Case(question.q, finder, question.q, right, answerable=answerable)


def outside_cases(library: Library, lexicon: Lexicon, folder: Path, day: date, report: Progress) -> Iterator[Case]:
    """Every question that the content says it does not answer, as if this and a fifth of the others had not been said."""
    found = _passages(library)
    answerable = partial(can_answer, library=library, day=day)
    weight = min(1.0, LISTED / max(1, len(lexicon.outside)))
    for fold in range(FOLDS):
        known = replace(lexicon, outside=tuple(text for text in lexicon.outside if _fold(text) != fold))
        finder = _finder(found, library, known, folder / str(fold))
        for text in lexicon.outside:
            if _fold(text) == fold:
                yield Case(text, finder, text, lambda _query, _item: False, weight=weight, answerable=answerable)
        report("去掉五分之一不回答的问题建索引", fold + 1, FOLDS)


def collection_cases(collection: Collection, folder: Path, engine: str = "tantivy") -> Iterator[Case]:
    """The queries of an outside collection; those of one document stay together."""
    finder = open_finder(passages(collection), folder, engine)
    for ident, text in collection.queries.items():
        grades = {document for document, grade in collection.qrels[ident].items() if grade > 0}

        def right(_query: Query, item: Ranked, grades: set[str] = grades) -> bool:
            return item.passage.id in grades

        yield Case(text, finder, min(grades, default=ident), right, confident=False)


def _passages(library: Library) -> dict[str, Passage]:
    return {passage.id: passage for passage in passages_in(library, library.entries.values())}


def _finder(found: Mapping[str, Passage], library: Library, lexicon: Lexicon, folder: Path) -> Finder:
    return open_finder(found, folder, "tantivy", lexicon, library.topics)


def _fold(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % FOLDS


def fit(cases: Mapping[str, Sequence[Case]], start: Weights, report: Progress) -> Fitted:
    """Fit all weights on data sets of cases, by name; `start` orders the first candidates."""
    lists = _lists(cases, start, False, report)
    ranking, reached = _fit_ranking(lists, RANKING[: -len(MEANING)], PENALTY)
    figures = {f"{name} Hit@1 按词": value for name, value in reached.items()}
    table = start.model_copy(update={"ranking": ranking})
    lists = _lists(cases, table, True, report)
    with_meaning, reached = _fit_ranking(lists, RANKING, PENALTY / 10)
    figures |= {f"{name} Hit@1 加词义": value for name, value in reached.items()}
    table = table.model_copy(update={"ranking_with_meaning": with_meaning})
    return _fit_confidence(cases, table, figures, report)


@dataclass(frozen=True)
class _List:
    """One question: features of its candidates (n, features), which are right (n,), and its fold."""

    features: Floats
    right: Floats
    fold: int


def _lists(
    cases: Mapping[str, Sequence[Case]], table: Weights, meaning: bool, report: Progress
) -> dict[str, list[_List]]:
    """The candidates of each question that are looked at closely; with `meaning`, those of the third pass."""
    found: dict[str, list[_List]] = {}
    for name, group in cases.items():
        rows = found.setdefault(name, [])
        for case in counted(f"{name}：{'加词义' if meaning else '按词'}", group, report):
            query, ranked = _asked(case, table, meaning)
            ranked = ranked[: case.finder.depth.passages if meaning else CLOSER]
            right = np.array([case.right(query, item) for item in ranked], float)
            if right.any():
                rows.append(_List(_matrix(ranked, RANKING, CLOSER), _padded(right, CLOSER), _fold(case.group)))
    return found


def _asked(case: Case, table: Weights, meaning: bool) -> tuple[Query, list[Ranked]]:
    finder = replace(case.finder, weights=table)
    query = finder.understanding.understand(case.text)
    return query, finder.find(query, thorough=meaning)


def _matrix(ranked: Sequence[Ranked], names: Sequence[str], rows: int) -> Floats:
    matrix = np.zeros((rows, len(names)))
    matrix[len(ranked) :] = np.nan
    for place, item in enumerate(ranked):
        matrix[place] = [item.features.get(name, 0.0) for name in names]
    return matrix


def _padded(values: Floats, rows: int) -> Floats:
    return np.concatenate([values, np.zeros(rows - len(values))])


def _bounds(names: Sequence[str]) -> list[tuple[float | None, float | None]]:
    return [
        (_FIXED[name],) * 2
        if name in _FIXED
        else (None, None)
        if name in _FREE
        else (None, 0.0)
        if name in _NEGATIVE
        else (0.0, None)
        for name in names
    ]


def _fit_ranking(
    lists: Mapping[str, list[_List]], names: Sequence[str], penalty: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Weights fitted on all, and Hit@1 by data set of questions in folds that were left out."""
    arrays = {
        name: (
            np.array([row.features[:, : len(names)] for row in rows]),
            np.array([row.right for row in rows]),
            np.array([row.fold for row in rows]),
        )
        for name, rows in lists.items()
        if rows
    }
    hits: dict[str, list[float]] = {name: [] for name in arrays}
    for fold in range(FOLDS):
        found = _softmax_fit(
            {n: (x[f != fold], y[f != fold]) for n, (x, y, f) in arrays.items() if (f != fold).any()}, names, penalty
        )
        for name, (x, y, f) in arrays.items():
            scores = np.where(np.isnan(x[f == fold, :, 0]), -np.inf, np.nan_to_num(x[f == fold]) @ found)
            hits[name] += list(y[f == fold][np.arange(len(scores)), scores.argmax(axis=1)])
    found = _softmax_fit({n: (x, y) for n, (x, y, _) in arrays.items()}, names, penalty)
    rounded = {name: round(float(value), 3) for name, value in zip(names, found, strict=True) if abs(value) >= 0.0005}
    return rounded, {name: round(float(np.mean(values)), 4) for name, values in hits.items()}


def _softmax_fit(sets: Mapping[str, tuple[Floats, Floats]], names: Sequence[str], penalty: float) -> Floats:
    """Minimise the mean over data sets of -log P(right passage)."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = 0.0, np.zeros_like(weights)
        for x, y in sets.values():
            clean = np.nan_to_num(x)
            scores = np.where(np.isnan(x[:, :, 0]), -1e9, clean @ weights)
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            every, good = odds.sum(axis=1, keepdims=True), (odds * y).sum(axis=1, keepdims=True) + 1e-12
            total -= float(np.log(good / every).mean()) / len(sets)
            slope -= np.einsum("ij,ijk->k", odds * y / good - odds / every, clean) / len(x) / len(sets)
        return total + penalty * float(weights @ weights) / 2, slope + penalty * weights

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=_bounds(names))
    return np.asarray(found.x, float)


def _fit_confidence(
    cases: Mapping[str, Sequence[Case]], table: Weights, figures: dict[str, float], report: Progress
) -> Fitted:
    sets = {name: [case for case in group if case.confident] for name, group in cases.items()}
    sets = {name: group for name, group in sets.items() if group}
    fitted: dict[str, dict[str, float]] = {}
    probabilities: dict[bool, Floats] = {}
    for meaning in (False, True):
        names = CONFIDENCE if meaning else CONFIDENCE[: -len(MARGINS)]
        x, y, weight, fold = [], [], [], []
        for name, group in sets.items():
            for done, case in enumerate(group, start=1):
                query, ranked = _asked(case, table, meaning)
                best = next((item for item in ranked if case.answerable(item)), None)
                if best is not None and _open(query, best):
                    x.append([{"bias": 1.0, **best.features}.get(key, 0.0) for key in names])
                    y.append(float(case.right(query, best)))
                    weight.append(case.weight)
                    fold.append(_fold(case.group))
                report(f"{name}：把握", done, len(group))
        if len(set(fold)) < 2:
            raise EvaluationError("题目太少，没法留出一部分来检验——多加一些该有卡片的题目")
        matrix, right, weights, folds = np.array(x), np.array(y), np.array(weight), np.array(fold)
        out = np.zeros(len(right))
        for left in range(FOLDS):
            inside = folds != left
            found = _logistic_fit(matrix[inside], right[inside], weights[inside], names)
            out[~inside] = 1 / (1 + np.exp(-matrix[~inside] @ found))
        found = _logistic_fit(matrix, right, weights, names)
        key = "confidence_with_meaning" if meaning else "confidence"
        fitted[key] = {
            name: round(float(value), 3) for name, value in zip(names, found, strict=True) if abs(value) >= 0.0005
        }
        probabilities[meaning] = out
    subject = matrix[:, CONFIDENCE.index("on_subject")] > 0
    card, unnamed = _threshold(WRONG), _threshold(WRONG_UNNAMED)
    shown = probabilities[True] >= np.where(subject, card, unnamed)
    figures["卡片"] = float(shown.sum())
    figures["卡片里对的"] = _share(right[shown].sum(), shown.sum())
    figures["第一条对而给了卡片的"] = _share(right[shown].sum(), right.sum())
    thresholds = Thresholds(
        card=card,
        unnamed=unnamed,
        unstructured=table.thresholds.unstructured,
        ask_back=round(card / 4, 3),
        fork=table.thresholds.fork,
        sure=table.thresholds.sure,
        doubted=table.thresholds.doubted,
    )
    return Fitted(table.model_copy(update={**fitted, "thresholds": thresholds}), figures)


def _share(part: float, whole: float) -> float:
    return round(float(part / whole), 4) if whole else 0.0


def _open(query: Query, best: Ranked) -> bool:
    """Whether the plain rules leave it to confidence to decide; what is doubted has a threshold of its own, set by hand."""
    return "coverage" in best.features and not (
        query.outside or too_vague(query) or not_ours(query, best) or doubt(query, best)
    )


def _logistic_fit(x: Floats, y: Floats, weight: Floats, names: Sequence[str]) -> Floats:
    """Minimise the mean of -log P(as it was), each question counting by its weight."""
    penalty = PENALTY / 100

    def loss(found: Floats) -> tuple[float, Floats]:
        logits = x @ found
        total = float(np.average(np.logaddexp(0, logits) - y * logits, weights=weight))
        slope = x.T @ (weight * (1 / (1 + np.exp(-logits)) - y)) / weight.sum()
        return total + penalty * float(found @ found) / 2, slope + penalty * found

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=_bounds(names))
    return np.asarray(found.x, float)


def _threshold(wrong: float) -> float:
    """The confidence from which showing gains more than it costs, a wrong card weighing `wrong` missing ones."""
    return round(wrong / (1 + wrong), 3)

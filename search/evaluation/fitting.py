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
from search.passages import Passage, passages_by_id
from search.progress import Progress, counted
from search.query import Query
from search.ranking import CLOSER, Ranked
from search.scope import doubt, not_ours, too_vague
from search.weights import CONFIDENCE, MARGINS, MEANING, RANKING, Weights

FOLDS = 5
ENGINE = "tantivy"
PENALTY = 0.002
"""Of the weights of ranking by words. A tenth of it with meaning, and of confidence a hundredth: differences of cosines
are small numbers, and need great weights."""
WRONG, WRONG_UNNAMED = 0.75, 1.5
"""How many missing cards a wrong one weighs; more where the question names no subject of ours and may be another's."""
LISTED = 300
"""What all questions together that the content says it does not answer count for, at most, in questions: each is one
that somebody thought of, not one that was asked, and a content that lists more should not give fewer cards."""
Floats = NDArray[np.float64]
Bounds = tuple[float | None, float | None]
_MORE: Bounds = (0.0, None)
_LESS: Bounds = (None, 0.0)
_BOUNDS: dict[str, Bounds] = {
    "exact": (8.0, 8.0),
    "overview": (3.0, 3.0),
    "bias": (None, None),
    "stale": _LESS,
    "whole": _LESS,
    "stranger": _LESS,
    "unknown": _LESS,
    "other_topic": _LESS,
    "other_subject": _LESS,
    "negation": _LESS,
    "person": _LESS,
}
"""Between which values a weight is held; any that is not here speaks for a passage (`_MORE`). The two that are fixed
are rules, not tendencies: a question in the editors' own words is theirs, a bare name wants the overview."""


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
    every = passages_by_id(library)
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
    finder = _finder(passages_by_id(library), library, lexicon, folder)
    answerable = partial(can_answer, library=library, day=day)
    for question in questions:

        def right(query: Query, item: Ranked, question: Question = question) -> bool:
            if question.none or not answerable(item):
                return False
            return judge(question, card_of(item, library, day, query)).right

        yield Case(question.q, finder, question.q, right, answerable=answerable)


def outside_cases(library: Library, lexicon: Lexicon, folder: Path, day: date, report: Progress) -> Iterator[Case]:
    """Every question that the content says it does not answer, as if this and a fifth of the others had not been said."""
    found = passages_by_id(library)
    answerable = partial(can_answer, library=library, day=day)
    weight = min(1.0, LISTED / max(1, len(lexicon.outside)))
    for fold in range(FOLDS):
        known = replace(lexicon, outside=tuple(text for text in lexicon.outside if _fold(text) != fold))
        finder = _finder(found, library, known, folder / str(fold))
        for text in lexicon.outside:
            if _fold(text) == fold:
                yield Case(text, finder, text, lambda _query, _item: False, weight=weight, answerable=answerable)
        report("去掉五分之一不回答的问题建索引", fold + 1, FOLDS)


def collection_cases(collection: Collection, folder: Path) -> Iterator[Case]:
    """The queries of an outside collection; those of one document stay together."""
    finder = open_finder(passages(collection), folder, ENGINE)
    for ident, text in collection.queries.items():
        grades = {document for document, grade in collection.qrels[ident].items() if grade > 0}

        def right(_query: Query, item: Ranked, grades: set[str] = grades) -> bool:
            return item.passage.id in grades

        yield Case(text, finder, min(grades, default=ident), right, confident=False)


def _finder(found: Mapping[str, Passage], library: Library, lexicon: Lexicon, folder: Path) -> Finder:
    return open_finder(found, folder, ENGINE, lexicon, library.topics)


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
    table, reached = _fit_confidence(cases, table, report)
    return Fitted(table, figures | reached)


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
    return _rounded(names, found), {name: round(float(np.mean(values)), 4) for name, values in hits.items()}


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

    return _minimum(loss, names)


@dataclass(frozen=True)
class _Answers:
    """The best candidates of n questions.

    Features by `names` (n, features), which are right, their weights and folds (n,).
    """

    names: Sequence[str]
    features: Floats
    right: Floats
    weight: Floats
    fold: NDArray[np.int_]

    def fit(self, of: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """The weights of the features fitted on some of the questions."""
        return _logistic_fit(self.features[of], self.right[of], self.weight[of], self.names)

    def probabilities(self) -> Floats:
        """How likely each is right, by weights that were fitted without its fold."""
        found = np.zeros(len(self.right))
        for left in range(FOLDS):
            out = self.fold == left
            found[out] = 1 / (1 + np.exp(-self.features[out] @ self.fit(~out)))
        return found


def _fit_confidence(
    cases: Mapping[str, Sequence[Case]], table: Weights, report: Progress
) -> tuple[Weights, dict[str, float]]:
    """The weights of confidence and its thresholds, and what cards they give on questions in folds that were left out."""
    plain = _answers(cases, table, CONFIDENCE[: -len(MARGINS)], False, report)
    close = _answers(cases, table, CONFIDENCE, True, report)
    card, unnamed = _threshold(WRONG), _threshold(WRONG_UNNAMED)
    update = {
        "confidence": _rounded(plain.names, plain.fit()),
        "confidence_with_meaning": _rounded(close.names, close.fit()),
        "thresholds": table.thresholds.model_copy(
            update={"card": card, "unnamed": unnamed, "ask_back": round(card / 4, 3)}
        ),
    }
    return table.model_copy(update=update), _cards(close, card, unnamed)


def _answers(
    cases: Mapping[str, Sequence[Case]], table: Weights, names: Sequence[str], meaning: bool, report: Progress
) -> _Answers:
    """Of each question that teaches confidence the best candidate, unless a plain rule decides.

    Raises EvaluationError for too few.
    """
    rows, right, weight, fold = [], [], [], []
    for name, group in cases.items():
        for case in counted(f"{name}：把握", [case for case in group if case.confident], report):
            query, ranked = _asked(case, table, meaning)
            best = next((item for item in ranked if case.answerable(item)), None)
            if best is not None and _open(query, best):
                rows.append([{"bias": 1.0, **best.features}.get(key, 0.0) for key in names])
                right.append(float(case.right(query, best)))
                weight.append(case.weight)
                fold.append(_fold(case.group))
    if len(set(fold)) < 2:
        raise EvaluationError("题目太少，没法留出一部分来检验——多加一些该有卡片的题目")
    return _Answers(names, np.array(rows), np.array(right), np.array(weight), np.array(fold))


def _cards(answers: _Answers, card: float, unnamed: float) -> dict[str, float]:
    """How many cards two thresholds give, and how many of them are right."""
    subject = answers.features[:, answers.names.index("on_subject")] > 0
    shown = answers.probabilities() >= np.where(subject, card, unnamed)
    right = answers.right[shown].sum()
    return {
        "卡片": float(shown.sum()),
        "卡片里对的": _share(right, shown.sum()),
        "第一条对而给了卡片的": _share(right, answers.right.sum()),
    }


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

    return _minimum(loss, names)


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], names: Sequence[str]) -> Floats:
    """The weights, each within its bounds, at which a loss (with its slope) is least."""
    bounds = [_BOUNDS.get(name, _MORE) for name in names]
    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, float)


def _rounded(names: Sequence[str], values: Floats) -> dict[str, float]:
    """Weights as they are written down: those that are not nothing."""
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True) if abs(value) >= 0.0005}


def _threshold(wrong: float) -> float:
    """The confidence from which showing gains more than it costs, a wrong card weighing `wrong` missing ones."""
    return round(wrong / (1 + wrong), 3)

"""Ranking: a few explainable features over the engine's candidates, weighted by `weights.yml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, sqrt

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from kb.model import comparable
from search.engines import Candidate
from search.lexicon import things
from search.passages import Passage
from search.query import Concept, Query
from search.text import bigrams

_OVERVIEW = {"process": 1.0, "definition": 0.7, "eligibility": 0.3}
"""What someone wants who names a matter and asks nothing particular of it."""


class Weights(BaseModel):
    """`weights.yml`: feature weights, and the thresholds of the card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ranking: Mapping[str, float]
    confidence: Mapping[str, float]
    card: float
    unstructured: float
    named: float
    fork: float


@cache
def weights() -> Weights:
    """The weights that ship with this version."""
    return Weights.model_validate(YAML(typ="safe").load((files("search") / "weights.yml").read_text("utf-8")))


SAID = 0.5
"""How well a passage accounts for a word that stands in its answer or body only."""


@dataclass(frozen=True)
class Ranked:
    """A passage with its features, score (for ordering) and confidence (0..1, that it answers the question)."""

    passage: Passage
    features: Mapping[str, float]
    score: float
    confidence: float
    wording: str


@dataclass(frozen=True)
class PassageText:
    """A passage with what ranking needs precomputed: bigrams of each wording, what it is about, what it says."""

    passage: Passage
    wordings: tuple[tuple[str, frozenset[str]], ...]
    exact: frozenset[str]
    about: str
    says: str


def prepare(passage: Passage) -> PassageText:
    """Precompute what every question needs of a passage."""
    return PassageText(
        passage,
        tuple((wording, frozenset(bigrams(wording))) for wording in passage.wordings),
        frozenset(map(comparable, passage.wordings)),
        "\n".join((*passage.wordings, passage.context)),
        "\n".join((passage.answer, passage.body)),
    )


def rank(
    query: Query, candidates: Iterable[Candidate], passages: Mapping[str, PassageText], stale: Mapping[str, bool]
) -> list[Ranked]:
    """Order candidates, best first. `stale` tells for an entry id whether it is not in force on the day."""
    candidates = list(candidates)
    best = max((candidate.score for candidate in candidates), default=0.0) or 1.0
    asked = _Asked(
        query,
        (frozenset(query.bigrams), frozenset(query.focus_bigrams)),
        comparable(query.text),
        [str(facet) for facet in query.facets],
        list(query.topics),
    )
    ranked = [
        _rank_one(asked, candidate.score / best, passages[candidate.passage], stale)
        for candidate in candidates
        if candidate.passage in passages
    ]
    return sorted(ranked, key=lambda item: (-item.score, item.passage.id))


@dataclass(frozen=True)
class _Asked:
    """A question with what ranking needs of it for every candidate."""

    query: Query
    bigrams: tuple[frozenset[str], ...]
    comparable: str
    facets: list[str]
    topics: list[str]


def _rank_one(asked: _Asked, engine: float, text: PassageText, stale: Mapping[str, bool]) -> Ranked:
    query, passage = asked.query, text.passage
    wording, nearness = max(
        ((wording, _nearness(asked, wording, pairs, passage.facet)) for wording, pairs in text.wordings),
        key=lambda pair: pair[1],
    )
    features = {
        "engine": engine,
        "wording": nearness,
        "exact": float(asked.comparable in text.exact),
        "coverage": _coverage(query.concepts, text.about, passage.facet, text.says),
        "stranger": _stranger(query.concepts, text.about, passage.facet),
        "facet": _match(passage.facet, asked.facets, 0.5),
        "overview": _OVERVIEW.get(passage.facet or "", 0.0) if not query.facets else 0.0,
        "topic": _match(passage.topic, asked.topics, 0.3),
        "stale": float(stale.get(passage.entry, False)),
        "whole": float(passage.fact is None and passage.kind == "article"),
    }
    table = weights()
    score = sum(weight * features[name] for name, weight in table.ranking.items())
    logit = sum(weight * features.get(name, 1.0) for name, weight in table.confidence.items())
    return Ranked(passage, features, score, 1 / (1 + exp(-logit)), wording)


def _nearness(asked: _Asked, wording: str, pairs: frozenset[str], facet: str | None) -> float:
    """How near a wording is to the question: Dice over bigrams, blended with the concepts it accounts for."""
    if wording in (asked.query.focus, asked.query.text):
        return 1.0
    dice = max(_dice(question, pairs) for question in asked.bigrams)
    return 0.5 * dice + 0.5 * sqrt(dice) * _coverage(asked.query.concepts, wording, facet)


def _dice(one: frozenset[str], two: frozenset[str]) -> float:
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


def _coverage(concepts: tuple[Concept, ...], about: str, facet: str | None, says: str = "") -> float:
    """The share of the question's information that a passage accounts for; 0 for a question without information.

    What stands only in what the passage `says`, and not in what it is `about`, counts for less: the identity card that
    one must bring is not what the passage on a lost residence permit is about.
    """
    total = sum(concept.information for concept in concepts)
    if not total:
        return 0.0
    covered = 0.0
    for concept in concepts:
        if facet in concept.facets:
            covered += concept.information
        else:
            covered += concept.information * max(
                worth * (1.0 if word in about else SAID if word in says else 0.0)
                for word, worth in concept.alternatives
            )
    return covered / total


def _stranger(concepts: tuple[Concept, ...], about: str, facet: str | None) -> float:
    """How much the most telling thing tells, in nats, that the question names and the passage is not about.

    Coverage averages; but one thing that is not ours (身份证丢了 against 居住证丢了) makes the whole question another one.
    """
    named = (concept for concept in concepts if concept.wording in things())
    return max((concept.information * (1 - _coverage((concept,), about, facet)) for concept in named), default=0.0)


def _match(own: str | None, asked: list[str], penalty: float) -> float:
    """1 for the strongest asked, less for the further ones, minus the penalty for another, 0 where none is known."""
    if not asked or own is None:
        return 0.0
    return 1.0 / (1 + 0.5 * asked.index(own)) if own in asked else -penalty

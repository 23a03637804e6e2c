"""Ranking: a few explainable features over the engine's candidates, weighted by `weights.yml`.

Three passes, each with more of a look: all candidates by what can be told from the forward index; the best `CLOSER`
also by concepts, word order and kind of question; and these, when the second pass is not sure of itself and the
question has more than a word, also by meaning. Weights and the reading of confidence are fitted by `kb fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain, repeat
from math import exp
from operator import mul

import numpy as np
from rapidfuzz.distance import Levenshtein

from search.chinese import interrogatives
from search.forward import Forward
from search.lexicon import Distinct, Lexicon, State, contrary
from search.meaning import Vectors, encoder
from search.passages import Passage
from search.query import Concept, Query, negated
from search.weights import FIRST, Weights

CLOSER = 12
"""Passages that are looked at closely."""
STEP = 0.01
"""By how much scores fall among passages that were not looked at closely."""
FARTHEST = 2.0
"""How far one card may be ahead of the next, in score: beyond that it makes no difference."""
AGREEING = 5
"""Wordings nearest in meaning that are asked whose they are; for the topic twice as many."""
MOST_CONCEPTS = 8
"""Concepts from which a question does not tell more by naming yet another."""
ANOTHER = -0.5
"""What a passage of another facet than those asked for is worth."""
SAID = 0.5
"""How well a passage accounts for a word that stands in its answer or body only."""
_OVERVIEW = {"process": 1.0, "definition": 0.7, "eligibility": 0.3}
"""What someone wants who names a matter and asks nothing particular of it."""


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
    """A passage as the closer look needs it: what it is about, what it says, the subjects it names."""

    about: str
    says: str
    subjects: frozenset[str]

    @classmethod
    def of(cls, passage: Passage, lexicon: Lexicon) -> PassageText:
        about = "\n".join((*passage.wordings, passage.context))
        says = "\n".join((passage.answer, passage.body))
        return cls(about, says, lexicon.subjects(about))


@dataclass(frozen=True)
class WordingText:
    """A wording as the closer look needs it: the subjects it names, whether it is about what is not, how it asks."""

    subjects: frozenset[str]
    negated: bool
    kinds: frozenset[str]

    @classmethod
    def of(cls, wording: str, lexicon: Lexicon) -> WordingText:
        return cls(lexicon.subjects(wording), negated(wording), interrogatives(wording))


@dataclass(frozen=True)
class Prepared:
    """What questions need to know of passages looked at closely, and of the wordings nearest to them; remembered.

    Every question needs the first two; `distinct` of texts, one that names kinds with rules of their own, and `states`,
    one that says a state with an opposite.
    """

    passage: Callable[[Passage], PassageText]
    wording: Callable[[str], WordingText]
    distinct: Callable[[str], frozenset[Distinct]]
    states: Callable[[str], frozenset[State]]


def rank(
    query: Query,
    candidates: Sequence[Passage],
    prepared: Prepared,
    forward: Forward,
    known: Known,
    table: Weights,
    thorough: bool | None = None,
) -> list[Ranked]:
    """Order candidates, best first.

    `thorough` makes the third pass always or never; by default it is made when the second pass is not sure.
    """
    if not candidates:
        return []
    rows, order = _first_pass(query, candidates, forward, known, table)
    close = [_second_pass(query, rows[place], prepared) for place in order[:CLOSER]]
    scores = [_weighted(row.features, table.ranking) for row in close]
    ranked = _ranked(close, scores, table.confidence)
    rest: list[Ranked | _Row] = [rows[place] for place in order[CLOSER:]]
    looked_at = known.depth.passages
    if thorough if thorough is not None else not (query.outside or _sure(query, ranked, table)):
        rest = [*ranked[looked_at:], *rest]
        ranked = _third_pass(query, ranked[:looked_at], known, table)
    return _with_below(ranked, rest)


@dataclass(frozen=True)
class Depth:
    """How many passages are compared with a question by meaning, and how many wordings of each."""

    passages: int
    wordings: int


KEPT, UNKEPT = Depth(CLOSER, 32), Depth(4, 6)
"""Where the vectors of all wordings are kept in memory; and where most would have to be made while a visitor waits."""


@dataclass(frozen=True)
class Known:
    """What the finder knows beside the candidates.

    `exact` are the passages that have the question among their wordings, `stale` the entries not in force, `outsiders`
    the vectors (n, 512) of questions that are not answered here; `depth` is that of the third pass.
    """

    exact: Set[str]
    stale: Set[str]
    outsiders: Vectors
    depth: Depth


@dataclass(frozen=True)
class _Row:
    """A candidate on its way: what is known of it so far."""

    passage: Passage
    wording: str
    features: Mapping[str, float]


def _first_pass(
    query: Query, passages: Sequence[Passage], forward: Forward, known: Known, table: Weights
) -> tuple[list[_Row], list[int]]:
    """Likeness by the forward index, and what is known of the passage without reading it; and the order by these."""
    like = forward.compare(forward.ask(query.words, query.focus), [passage.id for passage in passages])
    facets = {str(facet): 1.0 / (1 + 0.5 * place) for place, facet in enumerate(query.facets)}
    strongest = max(query.topics.values(), default=1.0)
    other = [
        (
            float(passage.id in known.exact),
            _match(passage.facet, facets),
            query.topics.get(passage.topic, 0.0) / strongest,
            float(bool(query.topics) and passage.topic not in query.topics),
            _OVERVIEW.get(passage.facet or "", 0.0) if query.bare and not passage.narrow else 0.0,
            float(passage.entry in known.stale),
            float(is_article(passage)),
        )
        for passage in passages
    ]
    values = np.hstack([like.bm25, like.dice, np.array(other)])
    scores = (values @ [table.ranking.get(name, 0.0) for name in FIRST]).tolist()
    rows = [
        _Row(passage, passage.wordings[nearest] if nearest >= 0 else "", dict(zip(FIRST, own, strict=True)))
        for passage, own, nearest in zip(passages, values.tolist(), like.nearest.tolist(), strict=True)
    ]
    return rows, sorted(range(len(rows)), key=lambda place: (-scores[place], passages[place].id))


def _second_pass(query: Query, row: _Row, prepared: Prepared) -> _Row:
    """What the concepts of the question, the order of its characters and its kind tell."""
    text, wording, facet = prepared.passage(row.passage), prepared.wording(row.wording), row.passage.facet
    accounts = [_accounted(concept, text, facet) for concept in query.concepts]
    stranger = _stranger(query.concepts, accounts)
    return _Row(
        row.passage,
        row.wording,
        {
            **row.features,
            "coverage": _coverage(query.concepts, accounts),
            "general": _general(query, text),
            "order": Levenshtein.normalized_similarity(query.focus, row.wording) if row.wording else 0.0,
            "kind": _kind(query.kinds, wording.kinds),
            "negation": float(query.negated != wording.negated),
            "person": _other_people(query.people, text),
            "other_kind": _other_kind(query.distinct, row, text, prepared),
            "opposite": _opposite(query.states, row, prepared),
            "stranger": stranger,
            "unknown": query.unknown,
            "told": min(len(query.concepts), MOST_CONCEPTS) / MOST_CONCEPTS,
            "subject": _share(query.subjects & text.subjects, query.subjects),
            "other_subject": _share(wording.subjects - query.subjects, wording.subjects),
            "on_subject": float(query.on_subject),
            "implied": float(query.implied and not query.on_subject and not stranger),
        },
    )


def _third_pass(query: Query, best: list[Ranked], known: Known, table: Weights) -> list[Ranked]:
    """What the wordings nearest in meaning tell, for the best few."""
    asked = encoder().question(query.story or query.focus)  # what a story asks is said by all of it
    texts = [_compared(item)[: known.depth.wordings] for item in best]
    vectors = encoder().wordings(list(chain.from_iterable(texts)))
    owners = np.repeat(np.arange(len(best)), [len(own) for own in texts])
    like = vectors @ asked
    nearest = owners[np.argsort(-like, kind="stable")].tolist()
    heads, topics = nearest[:AGREEING], [best[place].passage.topic for place in nearest[: 2 * AGREEING]]
    own = [float(like[owners == place].max(initial=0.0)) for place in range(len(best))]
    centres = [_centre(vectors[owners == place], asked) for place in range(len(best))]
    outsider = float((known.outsiders @ asked).max(initial=0.0))
    close = []
    for place, item in enumerate(best):
        features = {
            **item.features,
            "meaning": own[place],
            "meaning_lead": _lead(own, place),
            "centre": centres[place],
            "centre_lead": _lead(centres, place),
            "agreement": heads.count(place) / max(1, len(heads)),
            "topic_agreement": topics.count(item.passage.topic) / max(1, len(topics)),
            "meaning_margin": own[place] - outsider,
            "centre_margin": centres[place] - outsider,
        }
        close.append(_Row(item.passage, item.wording, features))
    scores = [_weighted(row.features, table.ranking_with_meaning) for row in close]
    return _ranked(close, scores, table.confidence_with_meaning)


def _compared(item: Ranked) -> list[str]:
    """What a passage is compared by, its nearest wording in words first: where only some are, that one tells the most."""
    nearest = (item.wording,) if item.wording else ()
    return list(dict.fromkeys((*nearest, *item.passage.meanings)))


def _centre(wordings: Vectors, asked: Vectors) -> float:
    """The cosine of a question with the middle of a passage's wordings (a nearest-centroid classifier); 0 without any."""
    middle = wordings.sum(axis=0)
    return float(middle @ asked) / (float(np.linalg.norm(middle)) or 1.0)


def _lead(values: Sequence[float], place: int) -> float:
    """How far a passage is ahead of the best of the others."""
    return values[place] - max((*values[:place], *values[place + 1 :]), default=0.0)


def _with_below(best: list[Ranked], others: list[Ranked | _Row]) -> list[Ranked]:
    """What was looked at less closely stays below, in its order: features it lacks must not count against it."""
    floor = best[-1].score
    below = (
        Ranked(item.passage, item.features, floor - STEP * place, 0.0, item.wording)
        for place, item in enumerate(others, start=1)
    )
    return [*best, *below]


def _ranked(rows: list[_Row], scores: list[float], table: Mapping[str, float]) -> list[Ranked]:
    """Rows in order of score, with how sure each is.

    `lead` is the distance in score to the best that another card would be made of: of another entry or facet.
    """
    order = sorted(range(len(rows)), key=lambda place: (-scores[place], rows[place].passage.id))
    best: dict[tuple[str, str | None], float] = {}
    for place in order:
        if not is_article(rows[place].passage):
            best.setdefault(_card(rows[place].passage), scores[place])
    found = []
    for place in order:
        row, score = rows[place], scores[place]
        card = _card(row.passage)
        rival = next((other for name, other in best.items() if name != card), None)
        features = {**row.features, "lead": min(FARTHEST, score - rival) if rival is not None else FARTHEST}
        logit = _weighted(features, table) + table.get("bias", 0.0)
        found.append(Ranked(row.passage, features, score, 1 / (1 + exp(-logit)), row.wording))
    return found


def is_article(passage: Passage) -> bool:
    """Whether a passage is an article as a whole, of which no card is made."""
    return passage.fact is None and passage.kind == "article"


def _card(passage: Passage) -> tuple[str, str | None]:
    """What a card is made of: an entry and a facet."""
    return passage.entry, passage.facet


def _weighted(features: Mapping[str, float], table: Mapping[str, float]) -> float:
    # Some 30 times a question: a loop takes twice as long.
    return sum(map(mul, table.values(), map(features.get, table, repeat(0.0))), 0.0)


def _sure(query: Query, ranked: list[Ranked], table: Weights) -> bool:
    """Whether the second pass needs no third.

    Confidence is fitted on content that declares its subjects, and says nothing of questions that name none; the words
    of a story are many, and say little of what it asks. One word is no sentence, and has no meaning to compare.
    """
    best = ranked[0]
    named = bool(query.subjects) and not query.story
    return bool(best.features["exact"]) or len(query.cuts) < 2 or (named and best.confidence >= table.thresholds.sure)


Accounts = tuple[float, float]
"""How well a passage accounts for a concept, 0..1: with what it is about, and with what it says as well."""


def _accounted(concept: Concept, text: PassageText, facet: str | None) -> Accounts:
    if facet in concept.facets:
        return 1.0, 1.0
    about = said = 0.0
    for word, worth in concept.alternatives:
        if worth > about and word in text.about:
            about = worth
        elif worth * SAID > max(about, said) and word in text.says:
            said = worth * SAID
    return about, max(about, said)


def _coverage(concepts: tuple[Concept, ...], accounts: Sequence[Accounts]) -> float:
    """The share of the question's information that a passage accounts for; 0 for a question without information.

    What stands only in what the passage says, and not in what it is about, counts for less: the identity card that
    one must bring is not what the passage on a lost residence permit is about.
    """
    total = sum(concept.information for concept in concepts)
    covered = sum(concept.information * whole for concept, (_, whole) in zip(concepts, accounts, strict=True))
    return covered / total if total else 0.0


def _general(query: Query, text: PassageText) -> float:
    """The share of what the question's words tell in general Chinese that the passage has, 0..1."""
    total = sum(query.general.values())
    if not total:
        return 0.0
    return sum(told for word, told in query.general.items() if word in text.about or word in text.says) / total


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    """The share of the subjects of a question that a passage has, or of a wording's that the question has not."""
    return len(part) / len(whole) if whole else 0.0


def _other_people(named: Sequence[tuple[str, ...]], text: PassageText) -> float:
    """The share of the people named, each by the words for them, that the passage says nothing of; 0 for nobody."""
    if not named:
        return 0.0
    return sum(not any(word in text.about or word in text.says for word in words) for words in named) / len(named)


def _other_kind(named: frozenset[Distinct], row: _Row, text: PassageText, prepared: Prepared) -> float:
    """1 where the question names kinds with rules of their own, and the passage does not speak of them all; else 0.

    Nor does it where the wording nearest to the question names others: only a table has an answer for each.
    """
    asked = _concerning(row.passage, named)
    if not asked:
        return 0.0
    nearest = _concerning(row.passage, prepared.distinct(row.wording))
    others = bool(nearest) and not row.passage.tabled and asked.isdisjoint(nearest)
    return float(others or not asked <= (prepared.distinct(text.about) | prepared.distinct(text.says)))


def _concerning(passage: Passage, kinds: frozenset[Distinct]) -> frozenset[Distinct]:
    """Those of some kinds that a fact of the passage's facet is another one for."""
    return frozenset(kind for kind in kinds if kind.concerns(passage.facet))


def _opposite(asked: frozenset[State], row: _Row, prepared: Prepared) -> float:
    """1 where the question says a state and the passage's own question the opposite one, and its nearest wording not the same.

    A table may have a row for either, and is of the opposite one where all it says is.
    """
    if not asked:
        return 0.0
    passage, nearest = row.passage, prepared.states(row.wording)
    told, same = prepared.states(passage.question), nearest
    if passage.tabled:
        same = prepared.states(passage.answer)
        told = told | nearest | same
    return float(bool(contrary(asked, told) - same))


def _kind(asked: frozenset[str], own: frozenset[str]) -> float:
    """How far two wordings ask the same kind of thing, 0..1 (Jaccard); 0.5 where neither asks."""
    every = asked | own
    return len(asked & own) / len(every) if every else 0.5


def _stranger(concepts: tuple[Concept, ...], accounts: Sequence[Accounts]) -> float:
    """How much the most telling thing tells, in nats, that the question names and the passage is not about.

    Coverage averages; but one thing that is not ours (身份证丢了 against 居住证丢了) makes the whole question another one.
    """
    things = zip(concepts, accounts, strict=True)
    return max((concept.information * (1 - about) for concept, (about, _) in things if concept.thing), default=0.0)


def _match(own: str | None, asked: Mapping[str, float]) -> float:
    """What the facet is worth that was asked for, less than nothing for another, 0 where none is known."""
    return asked.get(own, ANOTHER) if asked and own is not None else 0.0

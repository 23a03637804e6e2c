"""What is weighed in ranking and by how much: the names of the features, and `weights.yml`, which `kb fit` writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

MEANING = ("meaning", "meaning_lead", "centre", "centre_lead", "agreement", "topic_agreement")
"""The features of the third pass that order candidates."""
MARGINS = ("meaning_margin", "centre_margin", "meaning_lead", "centre_lead", "agreement", "topic_agreement")
"""Those that tell how sure the best is: how far it is before the others, and before what is not answered here."""
FIRST = (
    "bm25_words", "bm25_bigrams", "bm25_characters", "dice_words", "dice_bigrams", "dice_characters", "exact",
    "facet", "topic", "other_topic", "overview", "stale", "whole",
)  # fmt: skip
"""The features of the first pass, in the order of its columns."""
RANKING = (
    *FIRST, "subject", "other_subject", "coverage", "general", "order", "kind", "stranger", "negation", "person",
    *MEANING,
)  # fmt: skip
"""The features that order candidates; what each is stands where it is computed."""
CONFIDENCE = (
    "bias", "dice_words", "dice_bigrams", "dice_characters", "exact", "facet", "topic", "other_topic", "subject",
    "other_subject", "coverage", "general", "order", "kind", "stranger", "negation", "person", "unknown", "on_subject",
    "implied", "told", "lead", *MARGINS,
)  # fmt: skip
"""The features that tell how sure the best candidate is."""


class Thresholds(BaseModel):
    """From which confidence what is shown.

    `card` for a question that names a subject of the content, `unnamed` for one that does not; `unstructured` is added
    to what is still missing to 1, as a share, for a FAQ without a fact. From `ask_back` candidates are offered as
    questions. `fork` is how far, as a share of its score, the best may be ahead of one on another topic that is shown
    beside it. `sure` ends the ranking before the third pass. `doubted` is for what may be about another
    (`scope.doubt`), and for the one card that a bare name gets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: float
    unnamed: float
    unstructured: float
    ask_back: float
    fork: float
    sure: float
    doubted: float


class Weights(BaseModel):
    """`weights.yml`: feature weights without and with meaning, and the thresholds, with where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fitted: Mapping[str, str | float | int]
    ranking: Mapping[str, float]
    ranking_with_meaning: Mapping[str, float]
    confidence: Mapping[str, float]
    confidence_with_meaning: Mapping[str, float]
    thresholds: Thresholds


@cache
def weights() -> Weights:
    """The weights that ship with this version."""
    return Weights.model_validate(YAML(typ="safe").load((files("search") / "weights.yml").read_text("utf-8")))

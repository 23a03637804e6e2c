"""Whatever is asked or typed is understood within bounds, and nothing is suggested that is not in force."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.lexicon import load_lexicon
from search.query import Understanding
from search.service import Service
from search.text import MAX_QUERY
from tests.conftest import CONTENT
from tests.fuzz.atheris.targets import understood
from tests.fuzz.questions import Make, kinds, material

some = settings(max_examples=150, derandomize=True, database=None)
LEXICON = load_lexicon(CONTENT)
PIECES = (
    *LEXICON.all_terms,
    *LEXICON.typos,
    *"积份 局住证 juzhuzheng jifen jzz 在北京 七年 120分 多久 怎么办 我妈 ， 。 ？ ' \0 \ud800 \u200b".split(" "),  # noqa: SIM905
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join)


@pytest.fixture(scope="module")
def understanding(site: Service) -> Understanding:
    return site._state.finder.understanding


@pytest.fixture(scope="module")
def makers(site: Service) -> list[Make]:
    return list(kinds(material(site.library, LEXICON)).values())


@some
@given(texts)
def test_any_question_is_understood_within_bounds(understanding: Understanding, typed: str) -> None:
    understood(understanding, typed)


@some
@given(st.integers(0, 2**32))
def test_so_is_a_hostile_one(understanding: Understanding, makers: list[Make], seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    understood(understanding, dice.choice(makers)(dice))


@some
@given(texts)
def test_what_was_understood_is_understood_as_it_stands(understanding: Understanding, typed: str) -> None:
    once = understanding.understand(typed).text
    assert understanding.understand(once[:MAX_QUERY]).text == once[:MAX_QUERY]


@some
@given(texts, st.integers(0, 20), st.integers(0, 2**32))
def test_only_entries_in_force_are_suggested(
    site: Service, makers: list[Make], typed: str, limit: int, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311
    in_force = {entry.url for entry in site.library.in_force(date.today())}
    for text in (typed, typed[:3], dice.choice(makers)(dice)):
        found = site.suggest(text, limit)
        assert len(found) <= limit
        assert {each.url for each in found} <= in_force

"""The contract every engine keeps: the same passages in, the same candidates out."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.engines import Engine, EngineError, EngineFilter, EngineQuery, Posting, engine_named

ENGINES = ["tantivy", "whoosh", "opensearch"]


def posting(passage: str, words: str, topic: str = "jifen", kind: str = "faq", pairs: str = "") -> Posting:
    return Posting(passage, passage.split("#", maxsplit=1)[0], topic, kind, tuple(words.split()), tuple(pairs.split()))


POSTINGS = [
    posting("a#0", "积分 审核 审核 审核 多久"),
    posting("b#0", "签注 多久", topic="qianzhu"),
    posting("c", "积分 分值 多少", kind="article"),
    posting("d#0", "居转户 条件", pairs="居转 转户"),
]


def ask(*words: str, pairs: tuple[str, ...] = ()) -> EngineQuery:
    return EngineQuery(tuple((word, 1.0) for word in words), tuple((pair, 1.0) for pair in pairs))


@pytest.fixture(params=ENGINES)
def kind(request: pytest.FixtureRequest) -> type[Engine]:
    return engine_named(request.param)


@pytest.fixture
def engine(kind: type[Engine], tmp_path: Path) -> Engine:
    kind.build(tmp_path / "engine", POSTINGS)
    return kind.open(tmp_path / "engine")


def found(engine: Engine, query: EngineQuery, limit: int = 10, only: EngineFilter = EngineFilter()) -> list[str]:  # noqa: B008
    return [candidate.passage for candidate in engine.search(query, limit, only)]


def test_holds_every_passage(engine: Engine) -> None:
    assert len(engine) == 4


def test_the_passage_with_more_of_the_question_comes_first(engine: Engine) -> None:
    assert found(engine, ask("审核", "多久")) == ["a#0", "b#0"]


def test_a_token_repeated_for_its_field_weight_counts_more(engine: Engine) -> None:
    assert found(engine, ask("积分", "审核"))[0] == "a#0"


def test_weights_of_the_query_count(engine: Engine) -> None:
    assert found(engine, EngineQuery((("签注", 5.0), ("审核", 0.1))))[0] == "b#0"


def test_bigrams_are_found_in_their_own_field(engine: Engine) -> None:
    assert found(engine, ask(pairs=("转户",))) == ["d#0"]
    assert found(engine, ask("转户")) == []


def test_filters_by_topic_and_kind(engine: Engine) -> None:
    assert found(engine, ask("多久"), only=EngineFilter(topic="qianzhu")) == ["b#0"]
    assert found(engine, ask("积分"), only=EngineFilter(kind="article")) == ["c"]
    assert found(engine, ask("积分"), only=EngineFilter(topic="qianzhu", kind="article")) == []


def test_top_k_with_falling_positive_scores(engine: Engine) -> None:
    candidates = engine.search(ask("积分", "审核", "多久"), 2)
    assert len(candidates) == 2
    assert candidates[0].score >= candidates[1].score > 0


def test_filters_do_not_change_scores(engine: Engine) -> None:
    free = {candidate.passage: candidate.score for candidate in engine.search(ask("积分"), 9)}
    held = engine.search(ask("积分"), 9, EngineFilter(kind="article"))
    assert held[0].score == pytest.approx(free["c"], rel=1e-4)


@pytest.mark.parametrize(
    "words",
    [(), ("",), ("AND", "OR", "NOT"), ("多久?*~^2",), ("title:积分",), ("\0",), ("x" * 70000,), ("(", ")", '"')],
)
def test_empty_and_hostile_queries_find_nothing_and_do_not_fail(engine: Engine, words: tuple[str, ...]) -> None:
    assert found(engine, ask(*words)) == []
    assert found(engine, ask("积分"), limit=0) == []
    assert engine.degraded == ""


def test_many_questions_at_once_get_what_each_gets_alone(engine: Engine) -> None:
    asked = [ask("积分"), ask(), ask("多久?*~^2"), ask("审核", "多久")]
    assert list(engine.search_each(asked, 3)) == [engine.search(query, 3) for query in asked]


@pytest.fixture
def busy() -> Iterator[ThreadPoolExecutor]:
    """Threads that take turns a hundred times as often as those of the server."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00001)
    with ThreadPoolExecutor(8) as threads:
        yield threads
    sys.setswitchinterval(before)


def test_questions_asked_side_by_side_get_what_each_gets_alone(
    kind: type[Engine], busy: ThreadPoolExecutor, tmp_path: Path
) -> None:
    draw, vocabulary = random.Random(1), [f"词{number}" for number in range(60)]  # noqa: S311  the same each time
    kind.build(tmp_path / "engine", [posting(f"e{at}", " ".join(draw.choices(vocabulary, k=20))) for at in range(1000)])
    engine = kind.open(tmp_path / "engine")
    asked = [ask(*draw.sample(vocabulary, 5)) for _ in range(50)]
    alone = [engine.search(query, 40) for query in asked]
    assert list(busy.map(lambda query: engine.search(query, 40), asked * 4)) == alone * 4


def test_nothing_stands_in_for_an_engine_that_is_well(engine: Engine) -> None:
    assert found(engine, ask("积分"))
    assert engine.degraded == ""


def test_an_update_replaces_the_passages_of_an_entry(kind: type[Engine], tmp_path: Path) -> None:
    kind.build(tmp_path / "engine", POSTINGS)
    before = kind.open(tmp_path / "engine")
    kind.update(tmp_path / "engine", ["a"], [posting("a#0", "新词"), posting("a#1", "又一")])
    engine = kind.open(tmp_path / "engine")
    assert found(engine, ask("审核")) == []
    assert found(before, ask("审核")) == ["a#0"]
    assert found(engine, ask("新词")) == ["a#0"]
    assert len(engine) == 5


def test_a_damaged_index_is_refused_with_the_remedy(kind: type[Engine], tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    with pytest.raises(EngineError, match="kb index --full"):
        kind.open(tmp_path / "engine")


def test_the_engines_agree_on_order_and_scores(tmp_path: Path) -> None:
    scores = []
    for name in ENGINES:
        engine_named(name).build(tmp_path / name, POSTINGS)
        candidates = engine_named(name).open(tmp_path / name).search(ask("积分", "审核", "多久"), 9)
        scores.append([(candidate.passage, round(candidate.score, 3)) for candidate in candidates])
    assert scores[0] == scores[1] == scores[2]


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(EngineError, match="没有叫 foo"):
        engine_named("foo")

"""Evaluation: readers that refuse in words, figures that add up, content that finds itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import finder, query
from search.evaluation import measuring
from search.evaluation.acceptance import acceptance, invariants
from search.evaluation.collections import Collection, Document, Run, latency, read_collection, run_finder
from search.evaluation.errors import EvaluationError
from search.evaluation.files import write_text
from search.evaluation.questions import Question, judge, read_questions, scores_of, summed
from search.index import Builder
from search.meaning import Encoder
from search.model import Answer, SearchPage
from search.service import ANYTHING, Service, Settings, Wanted, open_service
from tests.conftest import ROOT, Folder

NAMES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
DAY = date(2026, 11, 24)
DOCUMENTS = (Document("d1", "停车月票怎么办理", "带行驶证。"), Document("d2", "游泳馆几点开门", "九点。"))


def silent(_what: str, _done: int, _all: int) -> None: ...


def _collection(root: Path, *parts: bytes) -> Collection:
    paths = [root / name for name in NAMES]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    return read_collection(*paths)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner), max_leaves=5
)
ids = st.sampled_from(["1", "2", " ", "\x00", "\ud800", "甲"])
rows = st.dictionaries(st.sampled_from(["id", "question", "answer", "text"]), ids | json_values, max_size=4)
jsonl = st.lists(rows.map(json.dumps) | st.text(max_size=20), max_size=4).map(
    lambda lines: "\n".join(lines).encode("utf-8", "replace")
)
tsv = st.lists(
    st.tuples(ids, ids, st.sampled_from(["1", "0", "-1", "²", "--5", "9" * 5000, "1.5", ""])).map("\t".join), max_size=4
).map(lambda lines: "\n".join(lines).encode("utf-8", "replace"))
quick = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(jsonl | st.binary(max_size=40), jsonl | st.binary(max_size=40), tsv | st.binary(max_size=40))
def test_collection_readers_raise_nothing_but_their_own_error(
    tmp_path: Path, corpus: bytes, queries: bytes, qrels: bytes
) -> None:
    with suppress(EvaluationError):
        found = _collection(tmp_path, corpus, queries, qrels)
        assert set(found.queries) == set(found.qrels)
        assert {document for grades in found.qrels.values() for document in grades} <= {d.id for d in found.documents}


@quick
@given(st.binary(max_size=60) | st.text("-{}[]:, qcardnoet|>&*!%#'\"\n甲乙", max_size=60).map(str.encode))
def test_the_question_reader_raises_nothing_but_its_own_error(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "questions.yml"
    path.write_bytes(text)
    with suppress(EvaluationError):
        read_questions(path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"9" * 5000, b'{"id": ' + b"[" * 100_000])
def test_deep_or_huge_json_is_refused_in_words(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(EvaluationError, match=r"corpus\.jsonl:1："):
        _collection(tmp_path, text, b"", b"")


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    corpus = '{"id": "d", "question": "甲\u2028乙"}\r\n'.encode()
    found = _collection(tmp_path, b"\xef\xbb\xbf" + corpus, b'{"id": "q", "text": "x"}', b"q\td\t1\r\n")
    assert found.documents == (Document("d", "甲\u2028乙", ""),)
    assert found.qrels == {"q": {"d": 1}}


def test_queries_without_judgements_are_not_asked(tmp_path: Path) -> None:
    queries = b'{"id": "q", "text": "x"}\n{"id": "unjudged", "text": "y"}'
    assert set(_collection(tmp_path, b'{"id": "d"}', queries, b"q\td\t0").queries) == {"q"}


def test_measures_are_those_that_they_are_called() -> None:
    qrels = {"q1": {"a": 1}, "q2": {"b": 1, "c": 1}}
    found = Run({"q1": {"a": 2.0, "x": 1.0}, "q2": {"x": 3.0, "y": 2.0, "b": 1.0}}, ()).measures(qrels)
    assert found["Hit@1"] == pytest.approx(1 / 2)
    assert found["Hit@3"] == pytest.approx(1)
    assert found["MRR@10"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["Recall@10"] == pytest.approx((1 + 1 / 2) / 2)
    assert 0 < found["nDCG@10"] < 1


def test_a_query_that_found_nothing_counts_as_missed() -> None:
    qrels = {"q1": {"a": 1}, "q2": {"b": 1}}
    assert Run({"q1": {"a": 1.0}, "q2": {}}, ()).measures(qrels)["Hit@1"] == pytest.approx(1 / 2)


def test_latency_in_milliseconds() -> None:
    assert latency(number / 1000 for number in range(100, 0, -1)) == {"p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert latency([]) == {"p50": 0.0, "p95": 0.0, "p99": 0.0}


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_a_collection_is_compared_on_either_engine(tmp_path: Path, engine: str) -> None:
    collection = Collection(DOCUMENTS, {"q1": "停车月票", "q2": "？？"}, {"q1": {"d1": 1}, "q2": {"d2": 1}})
    found = measuring.compare(collection, tmp_path, engine, silent)
    assert (found.entries, found.queries, found.engine) == (2, 2, engine)
    assert found.measures["Hit@1"] == found.baseline["Hit@1"] == 0.5


def test_what_is_compared_by_meaning_is_read_before_the_workers_are_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Encoder()
    known: list[str] = []

    def watched(*given: Any) -> Run:
        known.extend(own.known([document.question for document in DOCUMENTS]))
        return run_finder(*given)

    monkeypatch.setattr(finder, "encoder", lambda: own)
    monkeypatch.setattr(measuring, "run_finder", watched)
    measuring.compare(Collection(DOCUMENTS, {"q1": "停车月票"}, {"q1": {"d1": 1}}), tmp_path, "tantivy", silent)
    assert known == [document.question for document in DOCUMENTS]


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_the_order_of_workers_changes_no_result(tmp_path: Path, engine: str) -> None:
    """Two processes share one opened index: what either reads must be what one alone would read."""
    documents = tuple(Document(f"d{n}", f"第{n}号窗口几点开门", f"{n} 点") for n in range(250))
    queries = {f"q{n}": f"{n}号窗口开门" for n in range(250)}
    collection = Collection(documents, queries, {f"q{n}": {f"d{n}": 1} for n in range(250)})
    assert measuring.compare(collection, tmp_path, engine, silent).measures["Hit@1"] > 0.95


def test_verdicts_and_scores(folder: Folder, open_folder: Callable[..., Service]) -> None:
    card = open_folder(folder).ask("积分审核要多久").card
    questions = (
        Question(q="积分审核要多久", facet=("review_time",), card="20 个"),
        Question(q="积分审核要多久", facet=("fee",), card="20 个"),
        Question(q="积分审核要多久", none=True),
    )
    right, wrong, false = (judge(question, card) for question in questions)
    assert (right.right, right.entry, right.facet) == (True, "articles/jifen/zhinan", "review_time")
    assert (wrong.right, wrong.card_right, wrong.false) == (False, True, True)
    assert (false.right, false.false) == (False, True)
    plain, none = scores_of([false, right, wrong])
    assert (plain.questions, plain.right, plain.card_right, plain.facet_right, plain.wrong) == (2, 1, 2, 1, 1)
    assert (none.questions, none.right, none.facet_right, none.false_cards) == (1, 0, 0, 1)
    whole = summed([plain, none])
    assert (whole.questions, whole.right, whole.false_cards, whole.wrong) == (3, 1, 1, 1)


def test_questions_are_asked_here_and_of_the_baseline(
    folder: Folder, open_folder: Callable[..., Service], tmp_path: Path
) -> None:
    questions = [Question(q="积分审核要多久", card="20 个"), Question(q="积分的天气", none=True)]
    asked = measuring.ask(open_folder(folder), questions, tmp_path / "plain", silent, DAY)
    assert asked.misses == ()
    assert [verdict.right for verdict in asked.baseline] == [
        True,
        False,
    ]  # BM25 alone does not know what it cannot know
    assert asked.latency_ms["p50"] > 0


def test_entries_out_of_force_need_no_card_but_are_found(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.change(folder.faq, "reviewed:", "effective: {from: 2020-01-01, to: 2021-12-31}\nreviewed:")
    service = open_folder(folder)
    assert sum(acceptance(service, silent, DAY).asked.values()) == 4
    found = invariants(service, silent, DAY)
    assert (found.wordings, found.misses) == (6, ())


class Elsewhere(Service):
    """Whatever is asked, it looks in a topic that has no entries."""

    def ask(self, text: str, topic: str | None = "leer", as_of: date | None = None, exact: bool = False) -> Answer:
        return super().ask(text, topic, as_of, exact)

    def search(self, text: str, wanted: Wanted = ANYTHING, page: int = 1, per_page: int = 10) -> SearchPage:
        return super().search(text, replace(wanted, topic="leer"), page, per_page)


def test_what_finds_nothing_is_lost_articles_too(folder: Folder, tmp_path: Path) -> None:
    options = Settings(folder.root, tmp_path / "index")
    builder = Builder(options.content, options.index, options.engine)
    service = Elsewhere(options, builder, builder.build())
    found = acceptance(service, silent, DAY)
    assert (sum(found.asked.values()), sum(found.right.values())) == (6, 0)
    assert {miss.got for miss in found.misses} == {"没有结果"}
    kept = invariants(service, silent, DAY)
    assert (len(kept.misses), len(kept.lost), kept.kept) == (6, kept.pairs, 0)
    assert all(lost.wholly for lost in kept.lost)


def test_two_characters_must_find_every_title_that_has_them(
    folder: Folder, open_folder: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    far = folder.write_windows()
    assert not invariants(open_folder(folder), silent, DAY).lost
    monkeypatch.setattr(query, "SHORT", 0)  # nothing is looked for inside titles
    found = invariants(open_folder(folder), silent, DAY)
    (lost,) = (lost for lost in found.lost if lost.pair == "窗口")
    assert (lost.missing, lost.titles, lost.wholly) == ((far,), 2, False)
    assert found.kept == found.asked - len(found.misses) - len(found.lost)


def test_pairs_in_more_titles_than_there_are_places_are_counted(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    base = (folder.root / folder.faq).read_text("utf-8")
    for slug in "abcdefghijkl":
        text = base.replace("积分要交什么材料？", f"积分窗口{slug}的电话？").replace("积分材料清单", f"窗口{slug}")
        folder.write(f"faqs/jifen/{slug}.md", text.replace("facet: materials", f"facet: materials\n    about: {slug}"))
    found = invariants(open_folder(folder), silent, DAY)
    assert (found.crowded, found.pairs) == (5, 20)  # 积分、分窗、窗口、的电、电话 are in twelve titles
    assert found.lost == ()


def test_another_subject_needs_no_code(tmp_path: Path) -> None:
    content = ROOT / "tests/content_library"
    service = open_service(Settings(content, tmp_path))
    assert acceptance(service, silent, DAY).misses == ()
    kept = invariants(service, silent, DAY)
    assert (kept.misses, kept.lost) == ((), ())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "var" / "answers.json"
    write_text(path, "旧")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "新\ud800")
    assert path.read_text("utf-8") == "旧"
    assert [found.name for found in path.parent.iterdir()] == ["answers.json"]

"""Made collections: the same for the same seed, valid as files, and answered; what is said of a run follows from its figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kb.checking import dated_problems
from kb.comparing import comparable
from kb.library import load
from search.evaluation.benchmark import running, systems
from search.evaluation.benchmark.aims import aims
from search.evaluation.benchmark.asking import OWN, STYLES, questions
from search.evaluation.benchmark.chart import chart
from search.evaluation.benchmark.figures import (
    Benchmark,
    Found,
    Latency,
    Machine,
    Memory,
    PlainFigures,
    Publishing,
    Size,
    WenceFigures,
)
from search.evaluation.benchmark.folder import write_folder
from search.evaluation.benchmark.generating import Generator, make_generator
from search.evaluation.benchmark.opening import build, open_finder_on, open_service_on
from search.evaluation.benchmark.page import markdown
from search.evaluation.benchmark.running import in_child
from search.evaluation.benchmark.templates import WORDINGS
from search.evaluation.benchmark.timing import Job
from search.evaluation.errors import EvaluationError
from search.lexicon import load_lexicon
from search.lexicon_checks import lexicon_problems
from search.passages import passages_by_id
from search.segmenter import make_segmenter
from tests.conftest import CONTENT, ROOT

ENTRIES = 150
LIBRARY = ROOT / "tests/content_library"


@pytest.fixture(scope="module")
def generator() -> Generator:
    return make_generator(CONTENT)


def test_the_same_seed_makes_the_same_entries_and_another_one_others() -> None:
    numbers = (0, 7, 999_999)
    generator, again = make_generator(LIBRARY), make_generator(LIBRARY)
    assert [generator.entry(number) for number in numbers] == [again.entry(number) for number in numbers]
    other = make_generator(LIBRARY, seed=1)
    assert all(generator.entry(number).title != other.entry(number).title for number in numbers)


def test_an_entry_is_the_same_whatever_the_size_of_the_collection(generator: Generator) -> None:
    assert list(generator.entries(20)) == list(generator.entries(40))[:20]
    assert generator.library(20).entries == {entry.id: entry for entry in generator.entries(20)}


def test_no_two_of_many_entries_share_a_wording(generator: Generator) -> None:
    seen: set[str] = set()
    for number in (*range(1000), *range(500_000, 501_000)):
        entry = generator.entry(number)
        facts = [wording for fact in entry.facts for wording in (fact.question, *fact.aliases) if wording]
        own = {comparable(wording) for wording in (entry.title, *entry.aliases, *facts)}
        assert seen.isdisjoint(own)
        seen |= own


def test_no_entry_has_more_ways_of_asking_than_somebody_would_write(generator: Generator) -> None:
    facts = [fact for entry in generator.entries(100) for fact in entry.facts]
    assert max(len(fact.aliases) for fact in facts) < WORDINGS
    assert max(len(fact.aliases) for entry in load(CONTENT).entries.values() for fact in entry.facts) > 2 * WORDINGS


def test_what_was_measured_is_there_though_a_larger_size_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(job: Job, _progress: object) -> Size:
        if job.entries > 100:
            raise EvaluationError("内存不够")
        return _size(job.entries, answer=1)

    monkeypatch.setattr(running, "_size", measured)
    seen: list[list[int]] = []
    with pytest.raises(EvaluationError, match="内存不够"):
        seen.extend(
            [size.entries for size in made.sizes]
            for made in running.run(Job(LIBRARY, 1, 10, "tantivy"), (10, 100, 1000), "kb bench", lambda *_: None)
        )
    assert seen == [[10], [10, 100]]


def test_it_says_how_many_entries_it_can_make(generator: Generator) -> None:
    assert generator.words.pairs > 1_000_000
    with pytest.raises(EvaluationError, match=f"最多能造 {generator.words.pairs} 个条目"):
        generator.entry(generator.words.pairs)


def test_words_follow_zipf(generator: Generator) -> None:
    kinds = [generator.identity(number).kind.id for number in range(2000)]
    first, tenth = generator.lexicon.groups[-30].topic[0], generator.lexicon.groups[-21].topic[0]
    assert 7 < kinds.count(first) / kinds.count(tenth) < 14


def test_made_files_pass_the_checks_and_say_what_the_entries_say(generator: Generator, tmp_path: Path) -> None:
    root = tmp_path / "content"
    write_folder(generator, ENTRIES, root, lambda *_: None)
    library = load(root)
    assert library.errors == ()
    assert dated_problems(library.documents.values(), date(2026, 11, 25)) == []
    assert lexicon_problems(root, ()) == ()
    read = passages_by_id(library)
    assert read == {passage.id: passage for passage in generator.passages(ENTRIES)}
    lexicon = load_lexicon(root)
    assert (lexicon.terms, lexicon.groups, lexicon.scope) == (
        generator.lexicon.terms,
        generator.lexicon.groups,
        generator.lexicon.scope,
    )


def test_another_subject_can_be_made_into_collections(tmp_path: Path) -> None:
    generator = make_generator(LIBRARY)
    write_folder(generator, 30, tmp_path / "content", lambda *_: None)
    assert load(tmp_path / "content").errors == ()


def test_questions_in_its_own_words_find_their_entry_first(generator: Generator, tmp_path: Path) -> None:
    passages = {passage.id: passage for passage in generator.passages(ENTRIES)}
    build(passages.values(), generator.lexicon, tmp_path / "index", "tantivy")
    library = generator.library(ENTRIES)
    service = open_service_on(library, passages, generator.lexicon, tmp_path / "index", "tantivy")
    finder = open_finder_on(passages, generator, tmp_path / "index", "tantivy")
    segmenter = make_segmenter(generator.lexicon.all_terms)
    asked = questions(generator, segmenter, ENTRIES, 60, "test")
    assert {one.style for one in asked} == set(STYLES)
    assert asked == questions(generator, segmenter, ENTRIES, 60, "test")
    own = [one for one in asked if one.style == OWN]
    assert [service.ask(one.text).results[0].id for one in own] == [one.entry for one in own]
    found = [finder.find(finder.understanding.understand(one.text))[0].passage.entry for one in own]
    assert found == [one.entry for one in own]
    nothing = [service.ask(one.text).card for one in asked if one.entry is None]
    assert len(nothing) == 6
    assert nothing.count(None) >= 5  # a made-up question may happen to name a made-up place (石头, 石头山)


@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_every_plain_system_finds_what_has_most_of_the_words(name: str, tmp_path: Path) -> None:
    kind = systems.SYSTEMS[name]
    rows = [(f"p{number}", f"积分 材料 第{number} 1.2") for number in range(20)]
    kind.build(tmp_path, iter(rows))
    system = kind.open(tmp_path)
    assert system.search(["第7", "积分"])[0] == "p7"
    assert len(system.search(["积分", "1.2"])) == systems.TOP
    assert system.search(["没有"]) == []


def test_an_error_in_a_measuring_process_is_told_in_its_words() -> None:
    with pytest.raises(EvaluationError, match="写不下"):
        in_child(_fails, progress=lambda *_: None)
    with pytest.raises(EvaluationError, match="中途没了"):
        in_child(_dies, progress=lambda *_: None)


def _fails(_progress: object) -> None:
    raise EvaluationError("写不下")


def _dies(_progress: object) -> None:
    import os

    os._exit(9)


def _size(entries: int, answer: float, publish: float | None = None, typed: float | None = None) -> Size:
    def took(p50: float) -> Latency:
        return Latency(p50=p50, p95=2 * p50, p99=3 * p50, mean=p50, n=10)

    memory, found = Memory(before=1, opened=2, peak=3), Found(first=3, of=3)
    wence = WenceFigures(
        whole="Service.ask", engine="tantivy", passages=entries, build_seconds=2, index_bytes=1000, open_seconds=1,
        warm_up_seconds=1, memory=memory, answer=took(answer), again=took(answer), find=took(answer), engine_query=took(0.5),
        suggest=took(typed) if typed else None, own=found, reworded=found,
    )  # fmt: skip
    raw = PlainFigures(
        title="raw tantivy",
        passages=entries,
        build_seconds=1.5,
        index_bytes=500,
        memory=memory,
        query=took(0.5),
        own=found,
    )
    plain = {
        "tantivy-raw": raw,
        "whoosh-raw": raw.model_copy(update={"title": "Whoosh", "query": took(60)}),
        "fts5": PlainFigures(title="SQLite FTS5", passages=9, stopped="build stopped after 1 s"),
    }
    publishing = (
        Publishing(files=entries, build_seconds=1, open_seconds=1, median=publish, longest=publish, changes=20)
        if publish
        else None
    )
    return Size(entries=entries, passages=entries, words_a_passage=9, wence=wence, plain=plain, publishing=publishing)


def _run(*sizes: Size) -> Benchmark:
    machine = Machine(cpu="a", cores=2, memory_gb=8, system="Linux", python="3.11", versions={"tantivy": "1"})
    return Benchmark(day=date(2026, 11, 25), command="kb bench", seed=1, questions=10, machine=machine, sizes=sizes)


def test_the_page_says_plainly_which_aims_are_met_and_which_are_not() -> None:
    run = _run(_size(10_000, 1.0, 250, 3.25), _size(70_000, 1.0), _size(100_000, 1.4), _size(1_000_000, 6.0))
    assert [(round(aim.value, 2) if aim.value else None, aim.met) for aim in aims(run)] == [
        (2.8, True),
        (1.4, True),
        (60.0, True),
        (0.75, True),
        (250.0, False),
        (3.25, True),
        (6.0, False),
    ]
    page = markdown(run, "performance.svg")
    assert "| one changed file published and found, median, 10,000 files | ≤ 200 ms | 250.00 ms | **no** |" in page
    assert "| suggestions while typing, 10,000 entries | ≤ 5 ms | 3.25 ms (p95 6.50 ms) | yes |" in page
    assert "whole answers: 60.0x" in page
    assert "SQLite FTS5: build stopped after 1 s, at 9 passages" in page
    assert [aim.met for aim in aims(_run(_size(1000, 1.0)))] == [None] * 7


def test_the_chart_draws_a_point_for_each_size_and_none_where_a_system_was_stopped() -> None:
    drawn = chart(_run(_size(1000, 1.0), _size(10_000, 1.4)))
    assert drawn.count("<circle") == 4 * 2
    assert "10,000</text>" in drawn

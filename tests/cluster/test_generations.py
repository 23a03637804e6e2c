"""Generations on a real cluster: written once, checked, switched to in one step, and gone when nobody reads them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.engines import EngineError, EngineQuery, Posting, cluster, engine_named, opensearch
from search.engines.cluster import WRITE_SECONDS
from search.evaluation.benchmark import running
from search.evaluation.benchmark.generating import SEED
from search.evaluation.benchmark.timing import Job
from search.evaluation.questions import read_questions
from search.generation import Generation
from search.index import Builder, build
from search.service import Settings, open_service
from tests.cluster.conftest import Own
from tests.conftest import CONTENT, ROOT, Folder, keep_vectors
from tests.faults.test_builders import days_found
from tests.faults.tools import QUESTION, set_days, settings, until

ENGINE = "opensearch"


def many(folder: Folder, count: int) -> None:
    """FAQs that differ."""
    base = (folder.root / folder.faq).read_text("utf-8")
    for number in range(count):
        text = base.replace("积分要交什么材料？", f"第{number}种卡片怎样领取？").replace(
            "积分材料清单", f"领卡{number}"
        )
        folder.write(f"faqs/jifen/ling-{number}.md", text.replace("materials", f"materials\n    about: 卡{number}"))


def test_one_changed_file_writes_its_own_entry_and_no_other(own: Own, folder: Folder, tmp_path: Path) -> None:
    many(folder, 20)
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    first = builder.build()
    assert own.written() == len(first.passages)
    folder.change(folder.faq, "积分材料清单", "积分材料目录")
    second = builder.build()
    changed = [passage for passage in second.passages.values() if passage.entry == "faqs/jifen/cailiao"]
    assert own.written() - len(first.passages) == len(changed)
    assert own.count() == len(second.passages)
    assert second.engine.search(EngineQuery.of(["目录"]), 9)


def test_who_reads_a_generation_sees_it_whole_whatever_is_built(own: Own, folder: Folder, tmp_path: Path) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    first = builder.build()
    set_days(folder, 31)
    many(folder, 5)
    second = builder.build()
    assert (len(first.engine), len(second.engine)) == (len(first.passages), len(second.passages))
    assert not first.engine.search(EngineQuery.of(["卡片"]), 50), "a generation got passages that were written later"
    assert own.count() == len(second.passages)


def test_the_alias_is_at_a_whole_generation_at_any_moment(own: Own, folder: Folder, tmp_path: Path) -> None:
    many(folder, 30)
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    whole, seen, stop = {len(builder.build().passages)}, set(), threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.add(own.count())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        for number in range(6):
            (folder.root / f"faqs/jifen/ling-{number}.md").unlink()
            whole.add(len(builder.build(full=number % 3 == 2).passages))
    finally:
        stop.set()
        watching.join()
    assert seen <= whole
    assert len(seen) > 1


def test_a_copy_that_takes_its_time_does_not_make_an_edit_a_build_of_everything(
    own: Own, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(folder, 30)
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    indexes = [*own.aliases()]
    monkeypatch.setattr(opensearch, "SETTLED", "/_cluster/health/{}?wait_for_nodes=99&timeout=1ms")  # never so: 408
    set_days(folder, 31)
    assert days_found(builder.build()) == "31"
    assert [*own.aliases()] == indexes


def test_a_cluster_that_hangs_holds_up_the_start_of_who_publishes_for_some_looks_only(
    own: Own,  # noqa: ARG001
    folder: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_days(folder, 31)
    build(folder.root, tmp_path / "index", ENGINE)
    set_days(folder, 32)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1)
    monkeypatch.setenv("KB_OPENSEARCH_WAIT", "300")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("KB_OPENSEARCH_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        alone = open_service(Settings(folder.root, tmp_path / "index", ENGINE))
        assert time.monotonic() - start < WRITE_SECONDS / 2, "it waited as long as a build may"
        card = alone.ask(QUESTION).card
    assert card
    assert card.answer.startswith("31")
    assert "超时" in alone.held_back


def test_a_file_changed_many_times_does_not_spoil_the_scores(own: Own, folder: Folder, tmp_path: Path) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    for days in range(30, 50):
        set_days(folder, days)
        latest = builder.build()
        assert days_found(latest) == f"{days}"
    assert len(own.served()["dead"]) < 20
    fresh = build(folder.root, tmp_path / "fresh", "tantivy")
    query = EngineQuery.of(["积分", "审核", "材料"])
    found = [[each.passage for each in one.engine.search(query, 9)] for one in (latest, fresh)]
    assert found[0] == found[1]


def test_old_generations_go_after_the_grace_time_and_not_before(
    own: Own, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_GRACE", "5")  # more than two builds take on a busy machine
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    first = builder.build()
    set_days(folder, 31)
    builder.build()
    folder.write("lexicon/terms.txt", "独角兽\n")  # everything is cut anew, into an index of its own
    builder.build()
    assert len(own.aliases()) == 2
    assert len(first.engine) == len(first.passages)
    time.sleep(5.1)
    set_days(folder, 32)
    builder.build()
    ((index, aliases),) = own.aliases().items()
    assert [name for name in aliases if name != own.prefix] == sorted(
        {f"{index}.{batch}" for batch in own.served()["batches"]}
    )
    assert len(first.engine) == 0


def test_what_a_killed_builder_left_is_taken_up_by_the_next(own: Own, folder: Folder, tmp_path: Path) -> None:
    many(folder, 1500)
    command = [sys.executable, "-m", "cli.main", "index"]
    environment = settings(folder.root, tmp_path / "index", ENGINE) | own.environment
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as killed:
        until(lambda: bool(_indexes(own)) and own.written() >= 1000, "a thousand passages are written", 60)
        killed.send_signal(signal.SIGKILL)
    (began,) = _indexes(own)
    assert own.count() is None
    before = own.written()
    built = build(folder.root, tmp_path / "index" / ENGINE, ENGINE)
    assert _indexes(own) == [began]
    assert own.count() == len(built.passages)
    assert own.written() == len(built.passages), "what was there was written again"
    assert before < len(built.passages)


def _indexes(own: Own) -> list[str]:
    return list(own.aliases())


def test_what_was_given_up_by_a_killed_builder_goes_with_the_next(own: Own, folder: Folder, tmp_path: Path) -> None:
    engine_named(ENGINE).build(tmp_path / "killed", [])
    (left,) = _indexes(own)
    build(folder.root, tmp_path / "index", ENGINE)
    time.sleep(1.1)
    set_days(folder, 31)
    build(folder.root, tmp_path / "index", ENGINE)
    assert left not in _indexes(own)


def test_builders_on_two_machines_with_the_same_content_write_it_once(own: Own, folder: Folder, tmp_path: Path) -> None:
    builders = [Builder(folder.root, tmp_path / f"machine-{number}", ENGINE) for number in (1, 2)]
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda builder: builder.build(), builders)
        assert own.written() == len(first.passages) == len(second.passages)
        for days in (31, 32, 33):
            set_days(folder, days)
            both = list(pool.map(_built, builders))
            assert [days_found(each) for each in both] == [f"{days}"] * 2
            assert all(len(each.engine) == len(each.passages) == own.count() for each in both)


def _built(builder: Builder) -> Generation:
    """What a site does: it tries again later."""
    for _ in range(3):
        try:
            return builder.build()
        except EngineError:
            continue
    return builder.build()


def test_of_two_builders_with_different_content_one_wins_and_each_has_its_own(own: Own, tmp_path: Path) -> None:
    folders = [Folder(tmp_path / f"content-{days}") for days in (31, 32)]
    builders = [Builder(each.root, tmp_path / f"index-{n}", ENGINE) for n, each in enumerate(folders)]
    for each in folders:
        set_days(each, 30)
    with ThreadPoolExecutor() as pool:
        list(pool.map(_built, builders))
        set_days(folders[0], 31)
        set_days(folders[1], 32)
        outcomes = list(pool.map(_outcome, builders))
        won = [each for each in outcomes if isinstance(each, Generation)]
        assert won, outcomes
        assert own.count() == len(won[0].passages)
        assert [days_found(_built(builder)) for builder in builders] == ["31", "32"]


def _outcome(builder: Builder) -> Generation | EngineError:
    try:
        return builder.build()
    except EngineError as error:
        return error


def test_a_build_begun_before_another_was_served_is_never_served(own: Own, folder: Folder, tmp_path: Path) -> None:
    late = engine_named(ENGINE)
    late.build(tmp_path / "late", [Posting("a#0", "a", "jifen", "faq", ("积分",), ())])
    won = build(folder.root, tmp_path / "index", ENGINE)
    with pytest.raises(EngineError, match="另一个构建先启用了别的版本"):
        late.serve(tmp_path / "late", {})
    assert own.count() == len(won.passages)


def test_a_check_before_publishing_changes_nothing_of_what_is_served(own: Own, folder: Folder, tmp_path: Path) -> None:
    build(folder.root, tmp_path / "index", ENGINE)
    served = own.served()
    set_days(folder, 31)
    draft = open_service(Settings(folder.root, tmp_path / "draft", ENGINE, draft=True))
    card = draft.ask(QUESTION).card
    assert card
    assert "31" in card.answer
    assert own.served() == served


def test_a_check_goes_on_when_others_publish_meanwhile_and_its_draft_is_removed(
    own: Own, folder: Folder, tmp_path: Path
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    set_days(folder, 31)
    before = set(_indexes(own))
    draft = open_service(Settings(folder.root, tmp_path / "draft", ENGINE, draft=True))
    (written,) = set(_indexes(own)) - before
    for days in (32, 33):
        set_days(folder, days)
        builder.build()
    assert written not in _indexes(own)
    card = draft.ask(QUESTION).card
    assert card
    assert card.answer.startswith("31")
    assert draft.degraded == "集群里没有这一版索引"


def test_a_benchmark_measures_the_cluster_and_changes_nothing_of_what_is_served(
    own: Own, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Builder(folder.root, tmp_path / "index", ENGINE).build()
    served = own.served()
    monkeypatch.setenv("KB_OPENSEARCH_TWIN", "0")
    job = Job(ROOT / "tests/content_library", SEED, 20, ENGINE, clients=4)
    [made] = running.run(job, (100,), "kb bench", lambda *_: None)
    [size] = made.sizes
    assert size.wence.own.first == size.wence.own.of > 0
    assert size.wence.index_bytes > 0
    assert size.wence.together
    assert size.wence.together.clients == 4
    assert size.publishing
    assert size.publishing.files == 100
    assert own.served() == served


def test_documents_that_are_refused_are_named_in_chinese(own: Own, tmp_path: Path) -> None:  # noqa: ARG001
    fine = Posting("a#0", "a", "jifen", "faq", ("积分",), ())
    wrong = Posting("b#0", "b", "题" * 20_000, "faq", ("积分",), ())
    with pytest.raises(EngineError, match=r"集群不收 1 段：b#0@.*原来的索引照常使用"):
        engine_named(ENGINE).build(tmp_path / "engine", [fine, wrong])


def test_an_index_that_is_refused_is_said_in_chinese_and_not_made_by_what_is_written_to_it(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_SHARDS", "1000")
    limit = "cluster.max_shards_per_node"
    own.cluster.ask("PUT", "/_cluster/settings", {"persistent": {limit: 100}})
    try:
        # A node that has it from the manager gives the refusal another name.
        with pytest.raises(EngineError, match=r"集群不肯建索引（\w+_exception）.*原来的索引照常使用"):
            engine_named(ENGINE).build(tmp_path / "engine", [Posting("a#0", "a", "jifen", "faq", ("积分",), ())])
    finally:
        own.cluster.ask("PUT", "/_cluster/settings", {"persistent": {limit: None}})
    assert _indexes(own) == []


def test_a_full_disk_is_said_in_chinese_and_what_is_served_stays(
    own: Own, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WRITE_TOTAL_SECONDS", 2)
    built = build(folder.root, tmp_path / "index", ENGINE)
    block = "index.blocks.read_only_allow_delete"  # what the cluster sets on a node that is nearly full
    own.cluster.ask("PUT", f"/{own.prefix}-*/_settings", {block: True})
    place = tmp_path / "index" / built.name / "engine"
    with pytest.raises(EngineError, match=r"没有收下 1 段：b#0@.*原来的索引照常使用.*磁盘是否有空间"):
        engine_named(ENGINE).update(place, [], [Posting("b#0", "b", "jifen", "faq", ("积分",), ())])
    assert own.count() == len(built.engine) == len(built.passages)


def test_a_build_has_no_more_in_memory_than_what_is_sent_at_once(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_TWIN", "0")
    alive: weakref.WeakSet[Posting] = weakref.WeakSet()
    most = 0

    def postings() -> Iterator[Posting]:
        nonlocal most
        for number in range(5 * opensearch.CHUNK):
            made = Posting(f"p{number}#0", f"p{number}", "jifen", "faq", ("积分",), ())
            alive.add(made)
            most = max(most, len(alive))
            yield made

    engine_named(ENGINE).build(tmp_path / "engine", postings())
    assert own.written() == 5 * opensearch.CHUNK
    assert most <= 2 * opensearch.CHUNK + 1


def test_a_cluster_that_lost_everything_is_filled_again(own: Own, folder: Folder, tmp_path: Path) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    built = builder.build()
    own.cluster.ask("DELETE", f"/{own.prefix}-*")
    again = builder.build()
    assert again.name != built.name
    assert own.count() == len(again.passages)


@pytest.mark.parametrize(
    ("content", "shards", "files"),
    [(CONTENT, "1", ("visitors", "exam")), (ROOT / "tests/content_library", "3", ("library",))],
)
def test_every_known_question_gets_the_same_card_on_tantivy_and_on_opensearch(
    own: Own, tmp_path: Path, content: Path, shards: str, files: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_SHARDS", shards)
    monkeypatch.setenv("KB_OPENSEARCH_TWIN", "0")
    place = tmp_path / "index"
    keep_vectors(place, real=content == CONTENT)
    services = [open_service(Settings(content, place / engine, engine)) for engine in ("tantivy", ENGINE)]
    questions = [question.q for name in files for question in read_questions(ROOT / f"tests/questions/{name}.yml")]
    answers = [[service.ask(text).card for text in questions] for service in services]
    assert [text for text, *cards in zip(questions, *answers, strict=True) if cards[0] != cards[1]] == []
    assert own.asked() >= len(questions)

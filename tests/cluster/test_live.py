"""A site on a real cluster, asked without a pause while the cluster loses nodes, is restarted, is full, and is gone."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from search.engines.cluster import WRITE_TOTAL_SECONDS
from search.evaluation.questions import read_questions
from search.service import Service, Settings, open_service
from tests.cluster.asking import steady, told
from tests.cluster.conftest import Own
from tests.cluster.nodes import Cluster, Node
from tests.conftest import CONTENT, FAQ, ROOT, Folder, keep_vectors
from tests.faults.tools import Site, set_days, site, until

NONE = {"title": ""}
EDIT_SECONDS = 3 * WRITE_TOTAL_SECONDS
"""How long an edit may take while a node is lost: a build may wait for the cluster, fail, and be tried again."""
ADDED = ("水星", "金星")
"""What the questions are about that tests add, in this order."""


@pytest.fixture(scope="module")
def running(three: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real content on the cluster, in two worker processes."""
    place = tmp_path_factory.mktemp("live")
    shutil.copytree(CONTENT, place / "content")
    environment = Own(three, "live").environment
    keep_vectors(place / "index", "opensearch", real=True)
    with site(place / "content", place / "index", "opensearch", workers=2, **environment) as started:
        yield started


@pytest.fixture(autouse=True)
def whole(three: Cluster, running: Site) -> Iterator[None]:
    """After each test every node runs, for the next one; what the site said is shown when the test failed."""
    before = len(running.log)
    yield
    for node in three.running:
        if node.process and node.process.poll() is None:
            node.go_on()
    three.start()
    sys.stdout.write(running.log[before:])


@pytest.fixture(scope="module")
def right(site: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What visitors must be told: what tantivy says of our content, then with each question that tests here add to it.

    One more entry changes a little what words tell, and may change the order of results.
    """
    asked = [question.q for question in read_questions(ROOT / "tests/questions/visitors.yml")][:80]
    said = {question: [told(site, question)] for question in asked}
    place = tmp_path_factory.mktemp("right")
    shutil.copytree(CONTENT, place / "content")
    growing = open_service(Settings(place / "content", place / "index"))
    for word in ADDED:
        _add_question(place / "content", word)
        assert growing.refresh()
        for question in asked:
            said[question].append(told(growing, question))
    return said


def degraded(running: Site) -> str:
    """What /readyz of a worker says."""
    status, body = running.get("/readyz")
    assert status == 200
    return str(json.loads(body)["degraded"])


def well(running: Site) -> bool:
    """Whether each worker, of several asked, has the cluster's answers."""
    return not any(degraded(running) for _ in range(8))


def test_the_cluster_is_asked_and_not_its_stand_in(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    own = Own(three, "live")
    before = own.asked()
    with steady([running.address], right) as load:
        until(lambda: load.asked > 2 * len(right), "every question was asked twice", 60)
    assert own.asked() - before >= load.asked
    assert well(running)


@pytest.mark.parametrize("which", ["the elected manager", "another node", "the third node"])
def test_a_node_is_killed(three: Cluster, running: Site, right: Mapping[str, Any], which: str) -> None:
    with steady([running.address], right):
        node = _chosen(three, which)
        node.end(signal.SIGKILL)
        three.wait("yellow")
        node.start()
        three.wait()
    until(lambda: well(running), "the cluster answers again")


def _chosen(three: Cluster, which: str) -> Node:
    manager = three.manager()
    others = [node for node in three.nodes if node is not manager]
    return {"the elected manager": manager, "another node": others[0], "the third node": others[1]}[which]


def test_a_node_hangs(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    node = three.nodes[0]
    with steady([running.address], right) as load:
        for change in (node.hang, node.go_on):
            change()
            enough = load.asked + 300
            until(lambda: load.asked > enough, "three hundred more questions are answered", 60)  # noqa: B023
    three.wait()
    until(lambda: well(running), "the cluster answers again")


def test_all_nodes_are_restarted_one_after_the_other(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    with steady([running.address], right):
        for node in three.nodes:
            node.end()
            node.start()
            three.wait()
    until(lambda: well(running), "the cluster answers again")


def test_a_file_is_changed_while_a_node_is_down(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    generation = _generation(running)
    node = three.nodes[1]
    with steady([running.address], right):
        node.end(signal.SIGKILL)
        _add_question(_content(running), ADDED[0])
        until(lambda: _everywhere(running, ADDED[0]), "the new question is answered by every worker", EDIT_SECONDS)
        node.start()
        three.wait()
    assert _generation(running) != generation
    until(lambda: well(running), "the cluster answers again")


def test_a_node_is_killed_while_everything_is_built_anew(
    three: Cluster, running: Site, right: Mapping[str, Any]
) -> None:
    own, node, stop = Own(three, "live"), three.nodes[2], threading.Event()
    whole, generation, indexes, seen = own.count(), _generation(running), own.aliases().keys(), set()

    def watch() -> None:
        while not stop.is_set():
            with suppress(OSError):
                seen.add(own.count())

    with ThreadPoolExecutor(1) as side, steady([running.address], right):
        watching = side.submit(watch)
        try:
            with (_content(running) / "lexicon/terms.txt").open("a", encoding="utf-8") as terms:
                terms.write("独角兽\n")
            until(lambda: bool(own.aliases().keys() - indexes), "another index is begun")
            node.end(signal.SIGKILL)
            until(lambda: _generation(running) != generation, "everything is published anew", EDIT_SECONDS)
        finally:
            stop.set()
            watching.result()
        node.start()
        three.wait()
    assert seen == {whole}, "the alias was at a part of a generation"
    until(lambda: well(running), "the cluster answers again")


def test_two_web_servers_with_folders_of_their_own_take_up_an_edit_together(three: Cluster, folder: Folder) -> None:
    environment, place = Own(three, "pair").environment, folder.root.parent
    with (
        site(folder.root, place / "index-1", "opensearch", workers=1, **environment) as one,
        site(folder.root, place / "index-2", "opensearch", workers=1, **environment) as other,
    ):
        written = Own(three, "pair").written()
        for days in (31, 32, 33):
            set_days(folder, days)
            start = f"{days} 个工作日"
            until(lambda: any(_has(each, start) for each in (one, other)), "a server has the edit")  # noqa: B023
            until(lambda: all(_has(each, start) for each in (one, other)), "the other one has it, too", 1)  # noqa: B023
        assert Own(three, "pair").written() - written <= 3 * 4, "both wrote what one would have been enough for"


def _has(running: Site, start: str) -> bool:
    return running.answer().startswith(start)


def test_the_disk_of_a_node_is_full(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    node = _chosen(three, "another node")
    with steady([running.address], right):
        node.fill_disk()
        _add_question(_content(running), ADDED[1])
        until(lambda: _everywhere(running, ADDED[1]), "the new question is answered by every worker", EDIT_SECONDS)
        node.end(signal.SIGKILL)
        node.start()
        three.wait()
    until(lambda: well(running), "the cluster answers again")


def test_the_whole_cluster_is_stopped_and_started(three: Cluster, running: Site, right: Mapping[str, Any]) -> None:
    with steady([running.address], right) as load:
        for node in three.nodes:
            node.end(signal.SIGKILL)
        asked = load.asked
        until(lambda: load.asked > asked + len(right), "every question is answered by the stand-in", 60)
        assert all(degraded(running) for _ in range(8))
        assert "wence_degraded 1.0" in running.get("/metrics")[1]
        assert "集群没有回答" in running.log
        assert (
            "检索集群"
            not in running.get("/search?q=%E7%A7%AF%E5%88%86%E5%AE%A1%E6%A0%B8%E8%A6%81%E5%A4%9A%E4%B9%85")[1]
        )
        three.start()
    until(lambda: well(running), "the cluster answers again")
    assert "wence_degraded 0.0" in running.get("/metrics")[1]
    assert "集群恢复了" in running.log


def test_without_a_stand_in_the_site_says_so_and_recovers(three: Cluster, folder: Folder) -> None:
    environment = Own(three, "alone").environment | {"KB_OPENSEARCH_TWIN": "0"}
    with site(folder.root, folder.root.parent / "index", "opensearch", workers=1, **environment) as alone:
        question = "q=%E7%A7%AF%E5%88%86%E5%AE%A1%E6%A0%B8%E8%A6%81%E5%A4%9A%E4%B9%85"
        assert alone.get(f"/api/v1/answer?{question}")[0] == 200
        for node in three.nodes:
            node.end(signal.SIGKILL)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{alone.address}/search?{question}+", timeout=5)  # noqa: S310  our own server
        assert (refused.value.code, refused.value.headers["Retry-After"]) == (503, "10")
        page = refused.value.read().decode()
        for shown in ("搜索正在恢复", 'href="/t/jifen"', "12345"):
            assert shown in page
        status, body = alone.get(f"/api/v1/answer?{question}++")
        assert (status, json.loads(body)["title"]) == (503, "搜索正在恢复")
        assert alone.get("/t/jifen")[0] == alone.get("/")[0] == 200
        status, body = alone.get("/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ready"), "the proxy would take the pages away, too"
        assert json.loads(body)["degraded"] == "连不上"
        three.start()
        until(lambda: alone.get(f"/api/v1/answer?{question}+++")[0] == 200, "questions are answered again", 60)
        assert not degraded(alone)


def _generation(running: Site) -> str:
    return str(json.loads(running.get("/readyz")[1])["generation"])


def _content(running: Site) -> Path:
    return running.log_file.parent / "content"


def _add_question(content: Path, word: str) -> None:
    """A new file of an editor."""
    text = FAQ.replace("积分要交什么材料？", f"{word}旅行须知在哪里看？").replace("积分材料清单", f"{word}须知")
    text = text.replace("materials", f"materials\n    about: {word}").replace("source: banfa", "source: remin-12345")
    (content / "faqs/jifen" / f"{word.encode().hex()}.md").write_text(text.lstrip(), "utf-8")


def _everywhere(running: Site, word: str) -> bool:
    """Whether each of several fresh connections, which fall to any worker, finds the new entry first."""
    found = [running.get(f"/api/v1/answer?q={quote(word + '旅行须知')}") for _ in range(8)]
    first = [json.loads(body)["results"][:1] for status, body in found if status == 200]
    return len(first) == len(found) and all(
        word in result["title"] for results in first for result in results or [NONE]
    )

"""Machines without content of their own: they serve what another one has published in the cluster, within a second."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import NoReturn

import pytest
from opensearchpy import AuthorizationException

from kb.tables import unshared
from search.engines import EngineError, EngineQuery
from search.engines.cluster import WRITE_SECONDS
from search.generation import Generation, last_good
from search.index import Builder, build
from search.service import Settings, open_service
from tests.cluster.conftest import Own
from tests.cluster.nodes import Cluster
from tests.conftest import CONTENT, Folder, keep_vectors
from tests.faults.test_builders import days_found
from tests.faults.tools import QUESTION, kb, set_days, site, until

ENGINE = "opensearch"
WITHIN_SECONDS = 3
"""A look takes place every second; on a busy machine it takes its time."""


class Follower:
    """A machine of its own, with no content; a build there takes what was published."""

    def __init__(self, place: Path, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.key = ""
        self.builder = Builder(place / "no content", place / "follower", ENGINE)

    @property
    def latest(self) -> Generation:
        """What it serves."""
        assert self.builder.latest
        return self.builder.latest

    def restart(self) -> None:
        """Forget what is in memory."""
        self.builder = Builder(self.builder.content, self.builder.folder, ENGINE)

    def build(self) -> str:
        """Take what was published; the days that its answer names then."""
        with self._patch.context() as patch:
            patch.setenv("KB_OPENSEARCH_FOLLOW", "1")
            patch.setenv("KB_OPENSEARCH_KEY", self.key)
            patch.setenv("KB_OPENSEARCH_SHARDS", "5")  # what a publisher sets, it need not know
            return days_found(self.builder.build())


@pytest.fixture
def follower(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:  # noqa: ARG001
    return Follower(tmp_path, monkeypatch)


def pieces(own: Own) -> set[str]:
    """What lies in the cluster beside the index."""
    own.cluster.ask("POST", f"/{own.prefix}.control/_refresh")
    found = own.cluster.ask("GET", f"/{own.prefix}.control/_search?size=1000&_source=false")["hits"]["hits"]
    return {hit["_id"] for hit in found} - {"served"}


def test_a_machine_without_content_serves_what_was_published_and_writes_nothing(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    for days in (31, 32, 33):
        set_days(folder, days)
        published = builder.build()
        written, served = own.written(), own.served()
        assert follower.build() == f"{days}"
        assert (own.written(), own.served()) == (written, served)
        taken = follower.latest
        assert taken.library.fingerprint == published.library.fingerprint
        assert taken.passages == published.passages
        assert len(taken.engine) == own.count()


def test_only_what_changed_is_fetched_and_written_to_the_stand_in(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    published = builder.build()
    follower.build()
    taken, before = follower.latest, pieces(own)
    set_days(folder, 31)
    published_again = builder.build()
    follower.build()
    taken_again = follower.latest
    new = {passage.id for passage in unshared(published_again.passages, published.passages)}
    assert {passage.id for passage in unshared(taken_again.passages, taken.passages)} == new
    assert 0 < len(new) < len(published.passages)
    assert len(pieces(own) - before) == 1, "more than a new part of the log was sent"


def test_a_file_that_its_editor_broke_keeps_its_last_good_version_there_too(
    folder: Folder,
    tmp_path: Path,
    follower: Follower,
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    set_days(folder, 31)
    builder.build()
    folder.write(folder.article, "没有开头")
    builder.build()
    assert follower.build() == "31"


def test_terms_of_the_lexicon_come_with_the_content(
    folder: Folder,
    tmp_path: Path,
    follower: Follower,
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    follower.build()
    folder.write("lexicon/terms.txt", "独角兽\n")
    builder.build()
    follower.build()
    taken = follower.latest
    assert "独角兽" in taken.lexicon.terms


def test_what_nobody_needs_any_more_goes_and_what_is_needed_stays(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    for days in range(30, 40):
        set_days(folder, days)
        builder.build(full=days % 2 == 0)
    used = {piece for names in own.served()["files"].values() for piece in names}
    assert used <= pieces(own)
    assert len(pieces(own)) <= 2 * len(used)
    assert follower.build() == "39"


def test_large_content_comes_in_pieces(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.engines.shelf.PIECE", 1000)
    built = build(folder.root, tmp_path / "index", ENGINE)
    assert max(map(len, own.served()["files"].values())) > 3
    assert follower.build() == days_found(built)
    assert follower.latest.library.entries == built.library.entries


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("documents-*", "cut"),
        ("documents-*", "emptied"),
        ("library.json", "gone"),
        ("lexicon.json", "of another version"),
        ("*", "emptied"),
    ],
)
def test_what_was_fetched_and_is_damaged_is_fetched_again(
    folder: Folder, tmp_path: Path, follower: Follower, damage: str, pattern: str
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    follower.build()
    for path in (tmp_path / "follower/followed").glob(pattern):
        if damage == "gone":
            path.unlink()
        elif damage == "of another version":
            path.write_bytes(path.read_bytes().replace("积分".encode(), "计分".encode()))
        else:
            path.write_bytes(path.read_bytes()[: 50 if damage == "cut" else 0])
    follower.restart()
    set_days(folder, 31)
    published = builder.build()
    assert follower.build() == "31"
    assert follower.latest.library.fingerprint == published.library.fingerprint


def test_what_is_lost_in_the_cluster_is_put_there_again_by_a_full_build(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    build(folder.root, tmp_path / "index", ENGINE)
    for piece in pieces(own):
        own.cluster.ask("DELETE", f"/{own.prefix}.control/_doc/{piece}")
    with pytest.raises(EngineError, match="就在发布的机器上运行 kb index --full"):
        follower.build()
    built = build(folder.root, tmp_path / "index", ENGINE, full=True)
    assert follower.build() == days_found(built)


def test_what_in_the_cluster_is_no_piece_is_not_taken(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    set_days(folder, 31)
    builder.build()
    follower.build()
    set_days(folder, 32)
    builder.build()
    (new,) = own.served()["files"]["documents-0001.jsonl"]
    for packed in ("", "no base64!", "AAAA", 7, None):
        own.cluster.ask("PUT", f"/{own.prefix}.control/_doc/{new}", {"packed": packed})
        with pytest.raises(EngineError, match="OpenSearch 集群用不了"):
            follower.build()
    assert days_found(follower.latest) == "31"


def test_what_the_editors_are_told_of_their_files_is_told_there_too(
    folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    good = (folder.root / folder.article).read_bytes()
    builder.build()
    follower.build()
    for text in (b"---\n", good):
        (folder.root / folder.article).write_bytes(text)
        published = builder.build()
        follower.build()
        assert follower.latest.library.problems == published.library.problems
    assert not follower.latest.library.errors


def test_only_what_is_sealed_with_the_same_key_is_taken(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(folder.root, tmp_path / "index", ENGINE)
    follower.key = "only we know it"
    for seal in (own.served()["seal"], "", "封"):
        own.cluster.ask("PUT", f"/{own.prefix}.control/_doc/served", own.served() | {"seal": seal})
        with pytest.raises(EngineError, match="没有用 KB_OPENSEARCH_KEY 签过"):
            follower.build()
    monkeypatch.setenv("KB_OPENSEARCH_KEY", "another one")
    build(folder.root, tmp_path / "index", ENGINE, full=True)
    with pytest.raises(EngineError, match="或签的不是这一个"):
        follower.build()
    monkeypatch.setenv("KB_OPENSEARCH_KEY", "only we know it")
    built = build(folder.root, tmp_path / "index", ENGINE, full=True)
    assert follower.build() == days_found(built)


def test_what_cannot_be_cleared_away_keeps_nothing_from_being_published(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    builder.build()
    monkeypatch.setattr("search.engines.shelf.scan", _refused)
    set_days(folder, 31)
    builder.build()
    assert follower.build() == "31"
    assert len(own.aliases()) == 1, "everything was built once more"


def _refused(*_: object, **__: object) -> NoReturn:
    raise AuthorizationException(403, "security_exception")


def test_a_restart_while_the_generation_is_gone_from_the_cluster_does_not_bring_back_an_older_one(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    for days in (31, 32):
        set_days(folder, days)
        builder.build()
        follower.build()
    own.cluster.ask("DELETE", f"/{own.prefix}-*/_alias/*.*")
    found = last_good(tmp_path / "follower", ENGINE)
    assert found
    assert found.name == follower.latest.name


def test_a_cluster_that_hangs_holds_a_start_up_for_a_moment_only(
    folder: Folder, tmp_path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_days(folder, 31)
    build(folder.root, tmp_path / "index", ENGINE)
    follower.build()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("KB_OPENSEARCH_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("KB_OPENSEARCH_WAIT", "300")
        monkeypatch.setenv("KB_OPENSEARCH_FOLLOW", "1")
        start = time.monotonic()
        alone = open_service(Settings(tmp_path / "no content", tmp_path / "follower", ENGINE))
        assert alone.ask(QUESTION).card
        assert time.monotonic() - start < WRITE_SECONDS / 2, "it waited as long as a build may"
    assert "超时" in alone.held_back
    assert alone.held_back_by == (), "no file of the content is to blame"


def test_before_anything_was_published_it_is_said_what_to_do(own: Own, follower: Follower) -> None:  # noqa: ARG001
    with pytest.raises(EngineError, match=r"集群上还没有发布过内容——先在有内容的那台机器上运行 kb index"):
        follower.build()


def test_what_another_version_of_the_program_published_is_not_served_as_if_it_were_ours(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(folder.root, tmp_path / "index", ENGINE)
    set_days(folder, 31)
    builder.build()
    follower.build()
    monkeypatch.setattr("search.index.FORMAT", 99)
    set_days(folder, 32)
    builder.build()
    monkeypatch.undo()
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EngineError, match="装成同一个版本的程序"):
        follower.build()
    assert follower.latest.engine.search(EngineQuery.of(["积分"]), 9), "the one before is served on"


def test_names_of_files_from_the_cluster_cannot_lead_out_of_the_folder(
    own: Own, folder: Folder, tmp_path: Path, follower: Follower
) -> None:
    build(folder.root, tmp_path / "index", ENGINE)
    body = own.served()
    files = body["files"]
    body["files"] = {"../../escaped.json": files["library.json"], **files}
    own.cluster.ask("PUT", f"/{own.prefix}.control/_doc/served", body)
    with pytest.raises(EngineError, match="回答不像是集群的"):
        follower.build()
    assert not list(tmp_path.rglob("escaped.json"))


def test_a_check_of_changes_says_that_a_machine_which_follows_cannot_write(
    own: Own, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(folder.root, tmp_path / "index", ENGINE)
    set_days(folder, 31)
    written = own.written()
    monkeypatch.setenv("KB_OPENSEARCH_FOLLOW", "1")
    with pytest.raises(EngineError, match="KB_OPENSEARCH_FOLLOW"):
        open_service(Settings(folder.root, tmp_path / "draft", ENGINE, draft=True))
    assert own.written() == written


def test_sites_that_follow_have_an_edit_within_a_second_or_so_and_go_on_without_the_cluster(
    three: Cluster, folder: Folder
) -> None:
    environment, place = Own(three, "follow").environment, folder.root.parent
    following = environment | {"KB_OPENSEARCH_FOLLOW": "1"}
    nowhere = place / "nowhere"
    with (
        site(folder.root, place / "index", ENGINE, workers=1, **environment) as publisher,
        site(nowhere, place / "index-1", ENGINE, workers=2, **following) as one,
        site(nowhere, place / "index-2", ENGINE, workers=1, **following) as other,
    ):
        for days in (31, 32, 33):
            set_days(folder, days)
            start = f"{days} 个工作日"
            until(lambda: publisher.answer().startswith(start), "the publisher has the edit")  # noqa: B023
            until(
                lambda: all(each.answer().startswith(start) for each in (one, one, one, other)),  # noqa: B023
                "those that follow have it, too",
                WITHIN_SECONDS,
            )
        for node in three.nodes:
            node.end(signal.SIGKILL)
        assert one.answer().startswith("33 个工作日"), "the stand-in knows no more"
        assert json.loads(one.get("/readyz")[1])["status"] == "ready"
        three.start()
        set_days(folder, 34)
        until(lambda: other.answer().startswith("34 个工作日"), "an edit comes again", 120)
    assert not nowhere.exists()


def test_a_machine_that_follows_answers_from_what_it_had_when_it_starts_without_the_cluster(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CONTENT, tmp_path / "content")
    keep_vectors(tmp_path / "follower", ENGINE, real=True)
    build(tmp_path / "content", tmp_path / "index", ENGINE)
    monkeypatch.setenv("KB_OPENSEARCH_FOLLOW", "1")
    settings = Settings(tmp_path / "no content", tmp_path / "follower" / ENGINE, ENGINE)
    whole = open_service(settings)
    monkeypatch.setenv("KB_OPENSEARCH_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("KB_OPENSEARCH_WAIT", "100")
    alone = open_service(settings)
    assert alone.held_back
    assert alone.degraded
    for question in ("积分审核要多久", "jifen xuban"):
        assert alone.ask(question).card == whole.ask(question).card
    ended = kb("search", "积分审核要多久", content=tmp_path / "no content", index=tmp_path / "follower", engine=ENGINE)
    assert ended.returncode == 0, ended.stderr
    assert own.count()

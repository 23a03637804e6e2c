"""A disk that is full or read-only: said in plain words, the last good generation served, and well again afterwards."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.index import build
from tests.conftest import ROOT, Folder
from tests.faults.tools import kb, set_days, site, until

REMEDY = "检查"


class Disk:
    """A small disk of its own in a user namespace (no privilege needed); commands run with `inside` before them see it at
    `place`, the test itself reaches it at `root` (which tantivy would resolve to the place outside)."""

    def __init__(self, place: Path, size: str) -> None:
        place.mkdir()
        script = f"mount -t tmpfs -o size={size} tmpfs {place} && echo ready && exec cat"
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout
        assert self._holder.stderr
        if self._holder.stdout.readline() != "ready\n":
            why = self._holder.stderr.read()
            raise AssertionError(f"no small disk could be mounted; user namespaces are needed (unshare -rm): {why}")
        self.place = place
        self.root = Path(f"/proc/{self._holder.pid}/root{place}")
        self.inside = ("nsenter", "--target", f"{self._holder.pid}", "--user", "--mount", "--preserve-credentials")

    def fill(self) -> None:
        """Leave no byte."""
        with (self.root / "ballast").open("ab", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        """Make room again."""
        (self.root / "ballast").unlink()

    def allow_writing(self, allowed: bool) -> None:
        """Mount it anew, for reading only or for all."""
        mode = "rw" if allowed else "ro"
        subprocess.run([*self.inside, "mount", "-o", f"remount,{mode}", str(self.place)], check=True)

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk", "3m")
    yield made
    made.close()


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_a_full_disk_is_said_the_old_generation_serves_and_room_mends_it(
    folder: Folder, disk: Disk, engine: str
) -> None:
    index, seen = disk.place / "index", disk.root / "index"
    assert kb("index", content=folder.root, index=index, engine=engine, prefix=disk.inside).returncode == 0
    name = (seen / engine / "current").read_text("utf-8")
    disk.fill()
    set_days(folder, 25)
    for words in (("index",), ("index", "--full")):
        refused = kb(*words, content=folder.root, index=index, engine=engine, prefix=disk.inside)
        assert (refused.returncode, REMEDY in refused.stderr, "磁盘" in refused.stderr) == (1, True, True)
        assert (seen / engine / "current").read_text("utf-8") == name
        assert [place.name for place in (seen / engine).glob("gen-*")] == [name]
    with site(folder.root, index, engine, prefix=disk.inside) as running:
        assert running.answer().startswith("20 个工作日")
        assert "磁盘" in running.log
        disk.empty()
        folder.change(folder.faq, "带居住证原件。", "带居住证的原件。")
        until(lambda: running.answer().startswith("25"), "served once there is room")


ATTEMPTS = """
import sys
from pathlib import Path
from search.engines import EngineError
from search.index import Builder
content, folder, engine = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
builder, attempts = Builder(content, folder, engine), []
builder.build()
real = builder._write_engine
builder._write_engine = lambda *words: (attempts.append(1), real(*words))
print("ready", flush=True)
input()
try:
    builder.build()
except (EngineError, OSError):
    print(len(attempts), flush=True)
"""


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_on_a_full_disk_not_everything_is_written_in_place_of_what_changed(
    folder: Folder, disk: Disk, engine: str
) -> None:
    command = [*disk.inside, sys.executable, "-c", ATTEMPTS, str(folder.root), str(disk.place / "index"), engine]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as builder:
        assert builder.stdout
        assert builder.stdout.readline() == "ready\n"
        disk.fill()
        set_days(folder, 25)
        assert builder.communicate("go\n", timeout=60)[0] == "1\n"


def test_a_folder_for_what_is_asked_that_may_not_be_entered_stops_no_start(folder: Folder, tmp_path: Path) -> None:
    """Root may enter every folder, but not in a user namespace that does not know it."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    with site(
        folder.root,
        tmp_path / "index",
        prefix=("unshare", "--user"),
        KB_SECRET="of this test, and long enough for it",  # noqa: S106
        KB_USAGE=str(locked / "usage.sqlite3"),
    ) as running:
        assert running.answer().startswith("20 个工作日")
        assert "使用记录暂时读不出来" in running.log
        assert running.vote("说的话")[0] == 503
        assert "Traceback" not in running.log


def test_a_disk_that_fills_up_while_serving_refuses_votes_with_their_words_and_goes_on(
    folder: Folder, disk: Disk
) -> None:
    with site(folder.root, disk.place / "index", prefix=disk.inside) as running:
        assert running.vote("先前的话")[0] in (200, 303)
        disk.fill()
        set_days(folder, 25)
        status, page = running.vote("满了以后说的话")
        assert (status, "没有存下来" in page, "满了以后说的话" in page) == (503, True, True)
        for path in ("/", "/search?q=积分", "/a/jifen/zhinan", "/healthz", "/metrics"):
            assert running.get(path.replace("积分", "%E7%A7%AF%E5%88%86"))[0] == 200
        assert running.answer().startswith("20 个工作日")
        until(lambda: "磁盘" in running.log or "写满" in running.log, "the log says why")
        disk.empty()
        assert running.vote("有空间以后")[0] in (200, 303)
        folder.change(folder.faq, "带居住证原件。", "带居住证的原件。")
        until(lambda: running.answer().startswith("25"), "the next change is taken up")
        assert "Traceback" not in running.log


def test_workers_live_through_a_disk_that_is_full_and_has_the_temporary_folder_too(folder: Folder, disk: Disk) -> None:
    """What they count together is written as to memory: on such a disk the system would end them (SIGBUS)."""
    (disk.root / "temporary").mkdir()
    own = {"TMPDIR": str(disk.place / "temporary")}
    with site(folder.root, disk.place / "index", workers=2, prefix=disk.inside, **own) as running:
        until(lambda: len(running.workers()) == 2, "both workers run")
        before = running.workers()
        disk.fill()
        for _ in range(20):
            for path in ("/", "/search?q=%E7%A7%AF%E5%88%86", "/a/jifen/zhinan", "/api/v1/topics", "/metrics", "/none"):
                assert running.get(path)[0] in (200, 404)
        assert running.workers() == before


def test_what_a_killed_site_leaves_in_memory_is_removed_by_the_next(folder: Folder, tmp_path: Path) -> None:
    with site(folder.root, tmp_path / "index", workers=2) as running:
        in_memory = Path(f"/proc/{running.workers()[0]}/maps").read_text("utf-8")
        left = Path(re.findall(r"/\S+/wence-metrics-[^/]+", in_memory)[0])
        running.kill()
    assert left.is_dir()
    with site(folder.root, tmp_path / "index", workers=2):
        assert not left.exists()


def test_a_read_only_var_serves_the_last_good_generation_and_refuses_what_must_be_written(
    folder: Folder, disk: Disk
) -> None:
    index = disk.place / "index"
    assert kb("index", content=folder.root, index=index, prefix=disk.inside).returncode == 0
    disk.allow_writing(False)
    set_days(folder, 25)
    refused = kb("index", content=folder.root, index=index, prefix=disk.inside)
    assert (refused.returncode, REMEDY in refused.stderr) == (1, True)
    with site(folder.root, index, prefix=disk.inside) as running:
        assert running.answer().startswith("20 个工作日")
        assert running.vote("记不下的话")[0] == 503, running.log
        assert running.get("/a/jifen/zhinan")[0] == 200
        until(lambda: running.log.count("索引没有建成，继续用上一个版本，会自动再试") == 2, "tried again by itself")
        assert "内容有错" not in running.log
        disk.allow_writing(True)
        until(lambda: running.answer().startswith("25"), "well again when it can be written", 10)


def test_a_content_folder_that_is_read_only_is_built_served_and_followed_once_it_can_be_written(
    tmp_path: Path, disk: Disk
) -> None:
    folder = Folder(disk.root / "content")
    disk.allow_writing(False)
    content, index = disk.place / "content", tmp_path / "index"
    assert kb("check", content=content, index=index, prefix=disk.inside).returncode == 0
    refused = kb("new", "faq", "jifen", "xin", content=content, index=index, prefix=disk.inside)
    assert (refused.returncode, "权限" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    with site(content, index, prefix=disk.inside) as running:
        assert running.answer().startswith("20 个工作日")
        assert running.health()["broken_files"] == []
        assert running.vote("内容只读也能说话")[0] in (200, 303)
        disk.allow_writing(True)
        set_days(folder, 25)
        until(lambda: running.answer().startswith("25"), "followed once it can be written")


def test_an_edit_is_taken_up_at_once_while_the_site_waits_to_try_a_failed_build_again(
    folder: Folder, disk: Disk
) -> None:
    with site(folder.root, disk.place / "index", prefix=disk.inside) as running:
        disk.fill()
        set_days(folder, 25)
        until(lambda: running.log.count("索引没有建成") == 3, "three builds failed, the next is due in eight seconds")
        disk.empty()
        set_days(folder, 26)
        until(lambda: running.answer().startswith("26"), "the edit is served", 5)


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
@pytest.mark.parametrize("limit", [0, 3000])
def test_a_limit_on_the_size_of_files_is_said_too(folder: Folder, tmp_path: Path, engine: str, limit: int) -> None:
    name = build(folder.root, tmp_path / "index" / engine, engine).name
    set_days(folder, 25)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    refused = kb("index", "--full", content=folder.root, index=tmp_path / "index", engine=engine, preexec=limited)
    assert (refused.returncode, REMEDY in refused.stderr) == (1, True)
    assert (tmp_path / "index" / engine / "current").read_text("utf-8") == name

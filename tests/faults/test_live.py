"""The site follows its content whatever way an editor saves, in every worker, and drops no request."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from search.index import build
from search.service import Settings, open_service
from tests.conftest import ROOT, Folder
from tests.faults.test_builders import days_found
from tests.faults.tools import QUESTION, ROUNDS, Site, kb, set_days, settings, site, until

SWITCHES = ROUNDS or 8


def _everywhere(running: Site, start: str, times: int = 12) -> bool:
    """Whether each of many fresh connections, which fall to any worker, gets the answer."""
    return all(running.answer().startswith(start) for _ in range(times))


def _write_in_place(folder: Folder, days: int) -> None:
    set_days(folder, days)


def _beside(folder: Folder, days: int, name: str) -> None:
    """What vim, most editors and rsync do: the new text in a file beside, renamed over the old one."""
    full = folder.root / folder.article
    kept = full.read_bytes()
    set_days(folder, days)
    new = full.read_bytes()
    full.write_bytes(kept)
    (full.parent / name).write_bytes(new)
    os.utime(full.parent / name, (1_000_000_000, 1_000_000_000))
    (full.parent / name).replace(full)


def _rename_over(folder: Folder, days: int) -> None:
    _beside(folder, days, "4913.tmp")


def _as_rsync(folder: Folder, days: int) -> None:
    _beside(folder, days, ".zhinan.md.Xa3kQ1")


def _with_swap_and_backup(folder: Folder, days: int) -> None:
    full = folder.root / folder.article
    (full.parent / ".zhinan.md.swp").write_bytes(b"b0VIM\x00\xff")
    shutil.copy(full, full.parent / "zhinan.md~")
    set_days(folder, days)
    (full.parent / ".zhinan.md.swp").unlink()


def _delete_and_create(folder: Folder, days: int) -> None:
    text = (folder.root / folder.article).read_text("utf-8")
    (folder.root / folder.article).unlink()
    time.sleep(0.05)
    folder.write(folder.article, text)
    set_days(folder, days)


def _as_git_checkout(folder: Folder, days: int) -> None:
    """Many files at once, the answer's among them."""
    for number in range(30):
        text = (folder.root / folder.faq).read_text("utf-8")
        text = text.replace("积分要交什么材料？", f"第{number}种积分卡片怎样领取？").replace(
            "积分材料清单", f"领卡{number}"
        )
        folder.write(f"faqs/jifen/ling-{number}.md", text.replace("materials", f"materials\n    about: 卡{number}"))
    set_days(folder, days)


def _folder_renamed_twice(folder: Folder, days: int) -> None:
    place = folder.root / "articles"
    place.rename(folder.root / "articles.old")
    time.sleep(0.3)
    (folder.root / "articles.old").rename(place)
    set_days(folder, days)


def _content_made_anew(folder: Folder, days: int) -> None:
    shutil.copytree(folder.root, folder.root.parent / "copy")
    shutil.rmtree(folder.root)
    time.sleep(0.5)
    (folder.root.parent / "copy").rename(folder.root)
    set_days(folder, days)


def _content_swapped(folder: Folder, days: int) -> None:
    shutil.copytree(folder.root, folder.root.parent / "next")
    other = Folder.__new__(Folder)
    other.root = folder.root.parent / "next"
    set_days(other, days)
    folder.root.rename(folder.root.parent / f"before-{days}")
    other.root.rename(folder.root)


WAYS: list[Callable[[Folder, int], None]] = [
    _write_in_place,
    _rename_over,
    _as_rsync,
    _with_swap_and_backup,
    _delete_and_create,
    _as_git_checkout,
    _folder_renamed_twice,
    _content_made_anew,
    _content_swapped,
    _write_in_place,
]


def test_every_way_of_saving_is_seen_in_every_worker_mostly_within_a_second_of_each_other(
    folder: Folder, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rests = []
    with site(folder.root, tmp_path / "index", workers=2) as running:
        for days, way in enumerate(WAYS, start=30):
            way(folder, days)
            first = until(lambda days=days: running.answer().startswith(f"{days}"), way.__name__)  # type: ignore[misc]
            rest = until(lambda days=days: _everywhere(running, f"{days}"), way.__name__)  # type: ignore[misc]
            rests.append(rest)
            record_property(way.__name__, f"{first:.2f}+{rest:.2f}")
            print(f"{way.__name__}: first worker {first:.2f} s, all {rest:.2f} s later")  # noqa: T201
        (folder.root / folder.article).touch()
        assert _everywhere(running, f"{days}")
        set_days(folder, 51)
        # The command builds at the same time as the site, and knows no less.
        assert "51 个工作日" in kb("search", QUESTION, content=folder.root, index=tmp_path / "index").stdout
        until(lambda: _everywhere(running, "51"), "the site follows")
        assert "Traceback" not in running.log
    assert statistics.median(rests) < 1


def test_no_request_is_dropped_while_switching_under_load(folder: Folder, tmp_path: Path) -> None:
    stop = threading.Event()
    wrong: list[str] = []
    asked: list[str] = []
    pages = (f"/api/v1/answer?q={quote(QUESTION)}", f"/search?q={quote(QUESTION)}", "/a/jifen/zhinan")

    def visitor(running: Site, stays: bool) -> None:
        """Asks one page after the other, over one connection or each over a new one."""
        line = HTTPConnection(urlsplit(running.address).netloc, timeout=20)
        for path in cycle(pages):
            if stop.is_set():
                break
            try:
                line.request("GET", path)
                reply = line.getresponse()
                body = reply.read().decode()
                right = reply.status == 200 and "个工作日内核定" in "".join(re.sub("<[^>]+>", "", body).split())
                (asked if right else wrong).append(f"{path} {reply.status} {body[:200]}")
            except (OSError, HTTPException) as error:
                wrong.append(repr(error))
            if not stays:
                line.close()
        line.close()

    with site(folder.root, tmp_path / "index", workers=2) as running:
        visitors = [threading.Thread(target=visitor, args=(running, stays)) for stays in (True, True, False, False)]
        for each in visitors:
            each.start()
        meanwhile = []
        try:
            for number in range(SWITCHES):
                before, days = len(asked), 30 + number % 60  # two digits
                set_days(folder, days)
                until(lambda days=days: running.answer().startswith(f"{days}"), f"{days} days")  # type: ignore[misc]
                meanwhile.append(len(asked) - before)
        finally:
            stop.set()
            for each in visitors:
                each.join()
        assert wrong == []
        assert min(meanwhile) > 0
        assert sum(meanwhile) > 10 * SWITCHES
        assert "Traceback" not in running.log


def test_a_worker_that_replaces_a_dead_one_serves_what_holds_now(folder: Folder, tmp_path: Path) -> None:
    with site(folder.root, tmp_path / "index", workers=2) as running:
        for days in (31, 32, 33, 34):
            set_days(folder, days)
            until(lambda days=days: running.answer().startswith(f"{days}"), f"{days} days")  # type: ignore[misc]
        until(lambda: _everywhere(running, "34"), "both workers")
        before = running.workers()
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(set(running.workers()) - set(before)) == 2, "two new workers")
        until(lambda: _answers(running), "an answer")
        assert _everywhere(running, "34")
        set_days(folder, 35)
        until(lambda: _everywhere(running, "35"), "the new workers follow")


def _answers(running: Site) -> bool:
    try:
        return bool(running.answer())
    except OSError:
        return False


def test_broken_files_hold_the_old_in_every_worker_and_let_go_when_mended(folder: Folder, tmp_path: Path) -> None:
    folder.write("lexicon/synonyms.yml", "- term: 积分\n")
    with site(folder.root, tmp_path / "index", workers=2) as running:
        for name, before, days in (("topics.yml", 20, 44), ("lexicon/synonyms.yml", 44, 45)):
            good = (folder.root / name).read_bytes()
            folder.write(name, b"- [\n")
            until(lambda name=name: _all_say(running, "held_back_by", [name]), "both say so")  # type: ignore[misc]
            set_days(folder, days)
            assert _everywhere(running, f"{before}")
            folder.write(name, good)
            until(lambda days=days: _everywhere(running, f"{days}"), "mended")  # type: ignore[misc]
            assert _all_say(running, "held_back_by", [])
        folder.change(folder.article, "topic: jifen", "topic: [")
        until(lambda: _all_say(running, "broken_files", [folder.article]), "both say so")
        assert _everywhere(running, "45")
    again = open_service(Settings(folder.root, tmp_path / "index/tantivy"))
    assert {problem.file for problem in again.library.errors} == {folder.article}
    card = again.ask(QUESTION).card
    assert card
    assert card.answer.startswith("45")


def _all_say(running: Site, what: str, names: list[str]) -> bool:
    return all(running.health()[what] == names for _ in range(10))


def test_a_broken_file_keeps_its_last_good_version_over_a_new_lexicon(folder: Folder, tmp_path: Path) -> None:
    place = tmp_path / "tantivy"
    build(folder.root, place, "tantivy")
    folder.change(folder.article, "topic: jifen", "topic: [")
    build(folder.root, place, "tantivy")
    folder.write("lexicon/terms.txt", "独角兽\n")
    assert days_found(build(folder.root, place, "tantivy")) == "20"


def test_a_worker_that_is_replaced_while_another_process_builds_for_minutes_does_not_wait_for_it(
    folder: Folder, tmp_path: Path
) -> None:
    with site(folder.root, tmp_path / "index", workers=1) as running:
        set_days(folder, 25)
        until(lambda: running.answer().startswith("25"), "published after the start")
        (lock,) = (tmp_path / "index").glob("**/lock")
        (worker,) = running.workers()
        with lock.open("w") as builder:
            fcntl.flock(builder, fcntl.LOCK_EX)
            os.kill(worker, signal.SIGKILL)
            until(lambda: running.workers() not in ([], [worker]), "there is another worker")
            assert running.answer().startswith("25")
        assert running.workers() != [worker]


def test_a_worker_that_is_replaced_while_a_shared_file_is_broken_serves_what_was_published_last(
    folder: Folder, tmp_path: Path
) -> None:
    with site(folder.root, tmp_path / "index", workers=1) as running:
        for days in (31, 32):
            set_days(folder, days)
            until(lambda days=days: running.answer().startswith(f"{days}"), f"{days} days")  # type: ignore[misc]
        folder.write("topics.yml", b"- [\n")
        until(lambda: _all_say(running, "held_back_by", ["topics.yml"]), "the site says so")
        (worker,) = running.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: running.workers() not in ([], [worker]), "there is another worker")
        until(lambda: _answers(running), "an answer")
        assert running.answer().startswith("32")
        assert _all_say(running, "held_back_by", ["topics.yml"])


FOLLOWER = """
import logging, sys, time
from pathlib import Path
from search.service import Settings, open_service
from web import following
logging.basicConfig(level=logging.WARNING)
service = open_service(Settings(Path(sys.argv[1]), Path(sys.argv[2])))
if sys.argv[3] == "fails":
    real, times = service.refresh, iter(range(2))
    class Panic(BaseException): pass
    def refresh():
        if next(times, None) is not None:
            raise Panic("thread panicked")
        return real()
    service.refresh = refresh
if sys.argv[3] == "deaf":
    following.CHECK_SECONDS = 0.5
following.following(service)
print("ready", flush=True)
while True:
    print(service.ask("积分审核要多久").card.answer, flush=True)
    time.sleep(0.1)
"""


@pytest.mark.parametrize("trouble", ["deaf", "fails", "no watches", "no instances"])
def test_the_watcher_goes_on_when_events_are_lost_when_a_refresh_panics_and_when_the_system_has_no_watches_left(
    folder: Folder, tmp_path: Path, trouble: str
) -> None:
    command = [sys.executable, "-c", FOLLOWER, str(folder.root), str(tmp_path / "index"), trouble]
    if trouble.startswith("no "):
        limit = f"/proc/sys/user/max_inotify_{trouble[3:]}"
        command = ["unshare", "--user", "--map-root-user", "sh", "-c", f'echo 1 > {limit}; exec "$@"', "sh", *command]
    environment = settings(folder.root, tmp_path / "index")
    if trouble == "deaf":
        environment |= {"WATCHFILES_FORCE_POLLING": "1", "WATCHFILES_POLL_DELAY_MS": "100000000"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as follower:
        assert follower.stdout
        try:
            _read_until(follower, b"ready")
            _read_until(follower, b"20")
            time.sleep(1.5)
            for days in (31, 32):
                set_days(folder, days)
                if trouble == "fails":
                    time.sleep(1)
            _read_until(follower, b"32")
        finally:
            follower.kill()


def _read_until(process: subprocess.Popen[bytes], start: bytes) -> None:
    assert process.stdout
    deadline = time.monotonic() + 20
    for line in process.stdout:
        if line.startswith(start):
            return
        assert time.monotonic() < deadline, f"still {line.decode()}"
    assert process.stderr
    raise AssertionError(process.stderr.read().decode())

"""What visitors say is not lost without a word when the file it goes to is in the way: in the real site, over HTTP."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Folder
from tests.faults.tools import Site, site

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _locked_by_another_process(file: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield
        assert holder.stdin
        holder.stdin.close()


def _counted(running: Site, outcome: str) -> float:
    start = f'wence_feedback_total{{kind="vote",outcome="{outcome}"}} '
    lines = running.get("/metrics")[1].splitlines()
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


def _kept(file: Path) -> str:
    with sqlite3.connect(file) as reading:
        return "\n".join(reading.iterdump())


def test_votes_come_back_with_their_words_while_the_file_is_locked_or_corrupt_and_are_kept_again_after(
    folder: Folder, tmp_path: Path
) -> None:
    file = tmp_path / "usage.sqlite3"
    with site(folder.root, tmp_path / "index", workers=2) as running:
        running.vote("先前的话")
        assert "先前的话" in _kept(file)
        with _locked_by_another_process(file), ThreadPoolExecutor(3) as visitors:
            sent = [visitors.submit(running.vote, f"锁住时的话{number}") for number in range(3)]
            # Those who only ask do not wait for the file.
            assert running.answer().startswith("20 个工作日")
            for number, (status, page) in enumerate(vote.result() for vote in sent):
                assert (status, "没有存下来" in page, f"锁住时的话{number}" in page) == (503, True, True)
        assert _counted(running, "refused") == 3
        running.vote("解锁后的话")
        assert "解锁后的话" in _kept(file)
        assert "锁住时的话" not in _kept(file)

        for beside in tmp_path.glob("usage.sqlite3?*"):
            beside.unlink()
        file.write_bytes(b"\xff" * 8192)
        status, page = running.vote("损坏时的话")
        assert (status, "没有存下来" in page, "损坏时的话" in page) == (503, True, True)
        assert _counted(running, "refused") == 4
        assert file.read_bytes() == b"\xff" * 8192  # nothing is thrown away that might be saved by hand
        assert running.answer().startswith("20 个工作日")

        file.unlink()
        running.vote("换了新文件的话")
        assert "换了新文件的话" in _kept(file)
        assert _counted(running, "kept") == 3
        assert "Traceback" not in running.log


def test_where_no_secret_can_be_kept_all_workers_have_the_same_one(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()  # in the way of the file
    with site(folder.root, tmp_path / "index", workers=2) as running, ThreadPoolExecutor(4) as visitors:
        sent = list(visitors.map(running.vote, [f"第{number}句" for number in range(40)]))
    assert {status for status, _ in sent} == {200}

"""The real server in a process of its own: several workers, and how it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, Folder, keep_vectors
from tests.serving import fetch
from web.usage.store import Store

QUESTION = f"/search?q={quote('积分审核要多久')}"


@contextmanager
def running(folder: Folder, var: Path, workers: int = 1, **more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`kb serve` on a free port, its standard error kept in `var/log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = {"KB_INDEX": str(var / "index"), "KB_CONTENT": str(folder.root), "KB_USAGE": str(var / "usage.sqlite3")}
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--workers", str(workers)]
    keep_vectors(var / "index")
    with (var / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings | more, stderr=log, text=True)
    try:
        for _ in range(300):
            try:
                fetch(f"http://127.0.0.1:{port}/readyz")
                break
            except OSError:
                assert server.poll() is None, (var / "log").read_text()
                time.sleep(0.1)
        yield server, port
    finally:
        server.terminate()
        server.wait(20)


def _begun(port: int, request: str) -> socket.socket:
    """A connection with the beginning of a request sent, and time for the server to take it up."""
    line = socket.create_connection(("127.0.0.1", port), timeout=15)
    line.sendall(request.encode())
    time.sleep(0.3)
    return line


def _rest(line: socket.socket) -> str:
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_finishes_what_was_begun_says_not_ready_and_loses_no_count(
    folder: Folder, tmp_path: Path, workers: int
) -> None:
    with running(folder, tmp_path / "var", workers=workers) as (server, port):
        fetch(f"http://127.0.0.1:{port}{QUESTION}")
        vote = json.dumps({"entry": "articles/jifen/zhinan", "helpful": True})
        head = f"POST /api/v1/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(vote)}\r\n\r\n"
        with (
            _begun(port, head + vote[:9]) as sending,
            _begun(port, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n") as asking,
        ):
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            asking.sendall(b"\r\n")
            sending.sendall(vote[9:].encode())
            ready, taken = _rest(asking), _rest(sending)
        assert server.wait(15) == 0
    assert ready.startswith("HTTP/1.1 503 ")
    assert '"status":"stopping"' in ready
    assert taken.startswith("HTTP/1.1 201 ")
    store = Store(tmp_path / "var" / "usage.sqlite3")
    [asked] = store.asked(date(2000, 1, 1))
    assert (asked.text, asked.asked) == ("积分审核要多久", 1)
    log = (tmp_path / "var" / "log").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in log if line.startswith("{")]
    assert {event["endpoint"] for event in events if event["event"] == "request"} == {
        "pages.search",
        "health.ready",
        "api.feedback",
    }
    assert [line for line in log if "Traceback" in line] == []


def test_several_workers_are_measured_together(folder: Folder, tmp_path: Path) -> None:
    with running(folder, tmp_path / "var", workers=2) as (_, port):
        for _ in range(30):
            fetch(f"http://127.0.0.1:{port}{QUESTION}")
        text = fetch(f"http://127.0.0.1:{port}/metrics")
        found = re.search(r'wence_request_seconds_count\{endpoint="pages.search",status="2xx"\} (\S+)', text)
        assert found
        assert float(found[1]) == 30
        assert re.search(r'wence_answers_total\{kind="fact"\} 30', text)
        # Each worker works an answer out once.
        assert re.search(r'wence_cache_lookups_total\{result="miss"\} [12]\.0', text)


def test_a_worker_that_ends_takes_no_counts_with_it_and_a_stop_leaves_no_files(folder: Folder, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with running(folder, tmp_path / "var", workers=2, TMPDIR=str(temporary)) as (server, port):
        address = f"http://127.0.0.1:{port}"
        for _ in range(20):
            fetch(f"{address}/healthz")
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        while len(children.read_text().split()) < 2:  # the second may still have to be forked
            time.sleep(0.05)
        one = children.read_text().split()[0]
        os.kill(int(one), signal.SIGTERM)
        for _ in range(800):
            now = children.read_text().split()
            if one not in now and len(now) == 2:
                break
            time.sleep(0.05)
        else:
            pytest.fail("the worker did not end, or no other took its place")
        fetch(f"{address}/healthz")
        found = re.search(
            r'wence_request_seconds_count\{endpoint="health.live",status="2xx"\} (\S+)', fetch(f"{address}/metrics")
        )
        assert found
        assert float(found[1]) == 21
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_whose_workers_cannot_start_ends_with_the_exit_code_of_what_is_wrong(workers: int) -> None:
    begun = f"""
from web.server import run
def broken():
    raise OSError("no")
run(broken, "127.0.0.1", 0, {workers})
"""
    server = subprocess.run([sys.executable, "-c", begun], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert server.returncode == 1
    assert '"error": "OSError"' in server.stderr

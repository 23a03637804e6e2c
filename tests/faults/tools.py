"""Real processes for the fault tests: `kb` run to its end, and a site that may be killed, watched and asked."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.conftest import ROOT, Folder, keep_vectors

KB = (sys.executable, "-m", "cli.main")
QUESTION = "积分审核要多久"
ROUNDS = int(os.environ.get("KB_FAULT_ROUNDS", "0"))
"""Rounds of kills; when it is set, every kind of damage is done to every file too."""


def set_days(folder: Folder, days: int) -> None:
    """Rewrite the article so that its answer names this many days (two digits: the file keeps its size)."""
    text = (folder.root / folder.article).read_text("utf-8").splitlines()
    new = [
        f"    answer: {days} 个工作日内核定并告知。"
        if line.startswith("    answer:")
        else f"    limit: {{promised: {days}, unit: 工作日, from: 审核属实之日}}"
        if line.startswith("    limit:")
        else line
        for line in text
    ]
    folder.write(folder.article, "\n".join(new) + "\n")


def settings(content: Path, index: Path, engine: str = "tantivy") -> dict[str, str]:
    """The environment of a `kb` process."""
    own = {"KB_CONTENT": str(content), "KB_INDEX": str(index), "KB_ENGINE": engine, "KB_LIMITS": "off"}
    return os.environ | own | {"PYTHONPATH": str(ROOT)}  # nsenter leaves the working directory


def kb(
    *words: str,
    content: Path,
    index: Path,
    engine: str = "tantivy",
    prefix: Sequence[str] = (),
    preexec: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `kb` to its end; what it said must never be a traceback."""
    ended = subprocess.run(
        [*prefix, *KB, *words],
        cwd=ROOT,
        env=settings(content, index, engine),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=preexec,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    assert "panicked" not in ended.stderr, ended.stderr
    return ended


@dataclass(frozen=True)
class Site:
    """A running `kb serve` in a process group of its own; `log` is what it said on standard error."""

    address: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body, over a fresh connection."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as reply:  # noqa: S310  our own server
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Send a form."""
        body = "&".join(f"{name}={quote(value)}" for name, value in form.items()).encode()
        try:
            with urllib.request.urlopen(self.address + path, body, timeout=30) as reply:  # noqa: S310
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def answer(self, question: str = QUESTION) -> str:
        """The answer on the card, or an empty text."""
        status, body = self.get(f"/api/v1/answer?q={quote(question)}")
        assert status == 200, body
        card = json.loads(body)["card"]
        return str(card["answer"]) if card else ""

    def vote(self, comment: str) -> tuple[int, str]:
        """Find the article unhelpful, in these words; over a page of its own."""
        token = re.findall(r'name="session" value="([^"]+)"', self.get("/a/jifen/zhinan")[1])[0]
        form = {"session": token, "entry": "articles/jifen/zhinan", "helpful": "no", "comment": comment}
        return self.post("/feedback/vote", form)

    def health(self) -> dict[str, object]:
        """What /healthz says."""
        return dict(json.loads(self.get("/healthz")[1]))

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def kill(self) -> None:
        """The whole site dies at once, as when the machine does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


def until(met: Callable[[], bool], what: str, seconds: float = 20) -> float:
    """Wait for something; the seconds it took."""
    start = time.monotonic()
    while not met():
        assert time.monotonic() - start < seconds, f"still not: {what}"
        time.sleep(0.02)
    return time.monotonic() - start


@contextmanager
def site(
    content: Path,
    index: Path,
    engine: str = "tantivy",
    workers: int = 1,
    prefix: Sequence[str] = (),
    **environment: str,
) -> Iterator[Site]:
    """`kb serve`, ready; killed in the end. What it said is shown when the test failed."""
    if not prefix:
        keep_vectors(index, engine)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log_file = content.parent / f"serve-{port}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*prefix, *KB, "serve", "--port", str(port), "--workers", str(workers)],
            cwd=ROOT,
            env=settings(content, index, engine) | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    running = Site(f"http://127.0.0.1:{port}", process, log_file)
    try:
        until(lambda: _ready(running), "the site is ready", 60)
        yield running
    finally:
        if process.poll() is None:
            running.kill()
        sys.stdout.write(running.log)


def _ready(running: Site) -> bool:
    assert running.process.poll() is None, f"the site ended: {running.log}"
    try:
        return running.get("/readyz")[0] == 200
    except OSError:
        return False

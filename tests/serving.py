"""The real server in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import CONTENT, ROOT, keep_vectors


@contextmanager
def served(content: Path, index: Path, engine: str = "tantivy", workers: int = 1) -> Iterator[str]:
    """`kb serve` on a free port; gives its address, and asserts that it ends cleanly when told to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keep_vectors(index, engine, real=content == CONTENT)
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--workers", str(workers)]
    settings = {"KB_INDEX": str(index), "KB_CONTENT": str(content), "KB_ENGINE": engine}
    unlimited = {"KB_LIMITS": "off"}  # all tests come from one address
    with subprocess.Popen(command, cwd=ROOT, env=unlimited | os.environ | settings) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
        assert server.wait(20) == 0


def fetch(url: str) -> str:
    """The body of a page of ours."""
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310  our own server
        return str(reply.read().decode())


def wait_for(url: str, server: subprocess.Popen[Any]) -> None:
    """Wait until a page of ours is there, half a minute at most."""
    for _ in range(300):
        assert server.poll() is None, "the server stopped"
        try:
            fetch(url)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")

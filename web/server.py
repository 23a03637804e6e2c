"""The production server: gunicorn, threads in one or more worker processes."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from prometheus_client import multiprocess
from structlog.contextvars import clear_contextvars

from web.addresses import host_and_port
from web.health import STOPPING
from web.logs import ServerLog, set_up
from web.metrics import share_between_processes
from web.receiving import ReceivingWorker

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  folders of our own are made in it
"""Memory with the names of files. What lies on a disk that is full ends the process that writes to it as to memory
(SIGBUS), as processes do to what they count together."""
_COUNTED, _LOCK = "wence-metrics-", "lock"
SWITCH_SECONDS = 0.001
NOTED_SECONDS = 1.0


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, factory: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._factory = factory
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._factory()

    def run(self) -> None:
        """Ends with 0 or 1, as `kb` does; gunicorn has numbers of its own, by which its workers tell it what happened."""
        server = os.getpid()
        try:
            super().run()
        except SystemExit as ended:
            if ended.code and os.getpid() == server:
                sys.exit(1)
            raise


class Worker(ReceivingWorker):
    """Says that it is not ready from when it is told to stop, finishes what it has begun, and writes what was counted."""

    _due = 0.0

    def handle_exit(self, sig: int, frame: object) -> None:
        if getattr(self, "wsgi", None):
            self.wsgi.config[STOPPING] = True
        super().handle_exit(sig, frame)

    def handle(self, conn: Any) -> Any:
        """Called in a thread, which may have had another request before; what is logged of this one has no id as yet."""
        clear_contextvars()
        return super().handle(conn)

    def notify(self) -> None:
        """Called by the loop at least once a second; whichever process is asked tells how it stands with all of them."""
        super().notify()
        recorder, now = self._of_app("wence-usage"), time.monotonic()
        if recorder and now >= self._due:
            self._due = now + NOTED_SECONDS
            self._of_app("wence-metrics").counting(recorder.waiting, recorder.dropped)

    def run(self) -> None:
        super().run()
        recorder = self._of_app("wence-usage")
        if recorder:
            recorder.flush()

    def _of_app(self, name: str) -> Any:
        return self.wsgi.extensions.get(name) if isinstance(self.wsgi, Flask) else None


def check_free(host: str, port: int) -> None:
    """Raises ValueError, in Chinese, where nothing can be served at an address: before minutes are spent on what to serve."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        with socket.socket(family, kind, number) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen()
    except (OSError, UnicodeError) as error:  # a..b is no name that can be looked up
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "正被别的程序占着——停掉它，或换一个 --port" if taken else "这台机器不能在这里监听——核对 --host 和 --port"
        raise ValueError(f"{host_and_port(host, port)} {why}") from error


def run(factory: Callable[[], Flask], host: str, port: int, workers: int = 1, threads: int = 8) -> None:
    """Serve until told to stop; requests under way are finished first."""
    set_up()
    # What is done in the background keeps no request waiting longer than this: threads take turns.
    sys.setswitchinterval(SWITCH_SECONDS)
    options = {
        "bind": host_and_port(host, port),
        "workers": workers,
        "threads": threads,
        "worker_class": Worker,
        "logger_class": ServerLog,
        "timeout": 30,
        "graceful_timeout": 10,
        "limit_request_line": 8190,
        # Longer than nginx keeps its own connections to us (60 s): none closes just when a request is sent on it.
        "keepalive": 65,
        # Who asks, and by which scheme, is told by `web.security` alone, from the proxies that are set.
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
        "loglevel": "warning",
        # What is loaded by now stays as it is: not looked through for garbage, and its memory shared by all workers.
        "when_ready": lambda _server: gc.freeze(),
    }
    memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    options["worker_tmp_dir"] = str(memory)
    if workers == 1:
        _Server(factory, options).run()
        return
    with _folder_to_count_in(memory) as shared:
        share_between_processes(shared)
        options["child_exit"] = lambda _server, worker: multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
        _Server(factory, options).run()


@contextmanager
def _folder_to_count_in(memory: Path) -> Iterator[Path]:
    """A folder of this server's workers; those that a killed server left, of which nobody holds the lock, are removed."""
    for left in memory.glob(f"{_COUNTED}*"):
        with suppress(OSError), (left / _LOCK).open("r+b") as lock:
            flock(lock, LOCK_EX | LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    folder, own = Path(tempfile.mkdtemp(prefix=_COUNTED, dir=memory)), os.getpid()
    with (folder / _LOCK).open("wb") as lock:
        flock(lock, LOCK_EX)
        try:
            yield folder
        finally:
            if os.getpid() == own:  # a worker that ends comes by here too
                shutil.rmtree(folder, ignore_errors=True)

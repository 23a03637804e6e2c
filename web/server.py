"""The production server: gunicorn, threads in one or more worker processes."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from prometheus_client import multiprocess
from structlog.contextvars import clear_contextvars

from web.context import host_and_port
from web.health import STOPPING
from web.logs import ServerLog, set_up
from web.metrics import share_between_processes
from web.receiving import ReceivingWorker

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
    shared = Path(tempfile.mkdtemp(prefix="wence-metrics-")) if workers > 1 else None
    if shared:
        share_between_processes(shared)
        options["child_exit"] = lambda _server, worker: multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
    own = os.getpid()
    try:
        _Server(factory, options).run()
    finally:
        if shared and os.getpid() == own:  # a worker that ends comes by here too
            shutil.rmtree(shared, ignore_errors=True)

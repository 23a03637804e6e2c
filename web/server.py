"""The production server: gunicorn, threads in one or more worker processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication


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


def run(factory: Callable[[], Flask], host: str, port: int, workers: int = 1, threads: int = 8) -> None:
    """Serve until told to stop; requests under way are finished first."""
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": 30,
        "graceful_timeout": 10,
        "limit_request_line": 8190,
        "loglevel": "warning",
    }
    _Server(factory, options).run()

"""What views reach through the application: the service and the place where feedback goes."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

from flask import current_app

from search.service import Service
from web.schemas import Feedback

MAX_FEEDBACK_BYTES = 20_000_000
"""When the feedback file has grown to this, further votes are refused rather than filling the disk."""


class FeedbackSink(Protocol):
    """Takes votes."""

    def take(self, feedback: Feedback) -> None:
        """Keep one vote. Raises OSError when it cannot be kept."""
        ...


class FeedbackFile:
    """Votes as JSON lines in one file; no address, no cookie, nothing that names a person."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def take(self, feedback: Feedback) -> None:
        line = json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%d}", **feedback.model_dump()}, ensure_ascii=False)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > MAX_FEEDBACK_BYTES:
                raise OSError("意见文件已满")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def service() -> Service:
    """The service of this application."""
    return cast(Service, current_app.extensions["wence"])


def feedback_sink() -> FeedbackSink:
    """Where this application keeps feedback."""
    return cast(FeedbackSink, current_app.extensions["wence-feedback"])

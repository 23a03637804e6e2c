"""One line an event: JSON for machines, plain words on a terminal. Nothing in it tells who asked, or what.

Set up by the process that serves (`set_up`); `watching` gives every request an id and a line.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from time import perf_counter
from traceback import extract_tb
from typing import Any, TextIO

import structlog
from flask import Flask, Response, current_app, g, request
from gunicorn.glogging import Logger
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.typing import Processor

from web.context import metrics
from web.ids import new_id

ID_HEADER = "X-Request-ID"
PROXIES = "PROXIES"
"""In the configuration of an application: how many proxies stand in front of it that say the truth."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_FRAMES = 8
"""Places named of an unexpected error, the innermost."""
_FIRST: list[Processor] = [
    merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
log = structlog.wrap_logger(
    logging.getLogger("wence.http"),
    processors=[structlog.stdlib.filter_by_level, *_FIRST, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    cache_logger_on_first_use=True,
)

Event = MutableMapping[str, Any]


def set_up(stream: TextIO | None = None, readable: bool | None = None) -> None:
    """Send every log of this process to a stream, standard error by default; `readable` by default on a terminal."""
    stream = stream or sys.stderr
    readable = stream.isatty() if readable is None else readable
    for_eyes = structlog.dev.ConsoleRenderer(timestamp_key="time", colors=stream.isatty())
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _places_of_error,
        _printable,
        for_eyes if readable else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_FIRST, processors=last))
    # What no line says is not looked for (Python's logging cookbook, optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # Only ours: flask-limiter says at this level by what digest it knows whom it refused, watchfiles each change.
    logging.getLogger("wence").setLevel(logging.INFO)


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn says, sent to where everything is logged."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def watching(app: Flask) -> None:
    """Give every request an id, measure it and write its line. Register it first: then it sees the whole request."""
    app.before_request(_begin)
    app.after_request(logged)


def request_id() -> str:
    """The id of the request under way: the one that a trusted proxy sent with it when well formed, else made here."""
    return str(g.get("request_id", ""))


def _begin() -> None:
    g.started = perf_counter()
    given = request.headers.get(ID_HEADER, "") if current_app.config.get(PROXIES) else ""
    g.request_id = given if _ID.fullmatch(given) else new_id()
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def logged(response: Response) -> Response:
    """Measure the request that this answers, write its line and name its id."""
    if "started" not in g:
        return response
    endpoint, status, taken = request.endpoint, response.status_code, perf_counter() - g.started
    response.headers[ID_HEADER] = g.request_id
    metrics().requested(endpoint, status, taken)
    log.info(
        "request",
        endpoint=endpoint or "none",
        status=status,
        milliseconds=round(taken * 1000, 2),
    )
    return response


def _places_of_error(_logger: object, _method: str, event: Event) -> Event:
    """Of an unexpected error its kind and where it was; its message may quote what a visitor typed."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]
        event["error"] = type(error).__name__
        event["where"] = places[-_FRAMES:]
    return event


def _printable(_logger: object, _method: str, event: Event) -> Event:
    """Line breaks and the signs that command a terminal become marks that can be read."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(sign if sign.isprintable() else f"<{ord(sign):02x}>" for sign in value)
    return event

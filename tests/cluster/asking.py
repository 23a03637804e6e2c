"""A steady load of questions over real HTTP, each answer compared with what tantivy says."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from search.service import Service
from web.caching import MAX_ADDRESS

WAIT_SECONDS = 2.0
"""What the issue promises as the worst wait."""
CLIENTS = 3
FIRST = 3
"""Results compared: further down, an entry that a test adds may come between."""
BLANKS = "+" * MAX_ADDRESS
"""After a question: the site keeps no reply to so long an address, so each question is answered anew."""


def told(service: Service, question: str) -> dict[str, Any]:
    """What a visitor must be told, as the API says it."""
    answer = service.ask(question)
    return _said(json.loads(answer.model_dump_json(by_alias=True)))


def _said(reply: Mapping[str, Any]) -> dict[str, Any]:
    card = reply["card"]
    shown = {name: card[name] for name in ("question", "answer", "items", "steps", "entry")} if card else None
    return {"card": shown, "first": [result["id"] for result in reply["results"][:FIRST]]}


@dataclass
class Load:
    """What became of the questions: how many were asked, the worst wait in seconds, and what was wrong."""

    asked: int = 0
    worst: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def ask(self, address: str, question: str, right: Sequence[Mapping[str, Any]]) -> None:
        """Ask once; `right` is what may be said."""
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
        start = time.monotonic()
        try:
            connection.request("GET", f"/api/v1/answer?q={quote(question)}{BLANKS}")
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200:
                self.wrong.append(f"{question}: HTTP {reply.status}")
            elif _said(json.loads(body)) not in right:
                self.wrong.append(f"{question}: {_said(json.loads(body))} instead of {right}")
        except OSError as error:
            self.wrong.append(f"{question}: {error!r}")
        finally:
            connection.close()
        self.asked += 1
        self.worst = max(self.worst, time.monotonic() - start)


@contextmanager
def steady(addresses: Sequence[str], right: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Load]:
    """Questions without a pause from several clients, until the block ends; then nothing may have been wrong."""
    load, stop, turns = Load(), threading.Event(), itertools.count()

    def client() -> None:
        while not stop.is_set():
            turn = next(turns)
            question = list(right)[turn % len(right)]
            load.ask(addresses[turn % len(addresses)], question, right[question])
            stop.wait(0.02)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        yield load
    finally:
        stop.set()
        for each in clients:
            each.join()
    assert not load.wrong, load.wrong[:5]
    assert load.asked > len(right)
    assert load.worst < WAIT_SECONDS, f"the worst wait was {load.worst:.2f} s"

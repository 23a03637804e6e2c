"""Between the pages and the file: searches are gathered in memory and written by a thread; lists are read from memory."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import cast

from flask import Flask

from search.model import Answer, CardKind
from search.service import Service
from web.usage.counting import Search
from web.usage.lists import DAYS, Lists, make_lists
from web.usage.personal import impersonal
from web.usage.store import MAX_QUESTION, Note, Store
from web.usage.tables import UsageError

log = logging.getLogger("wence")

FLUSH_SECONDS = 5.0
FLUSH_AT = 2_000
"""Searches that wait; then they are written at once."""
MAX_WAITING = 5_000
"""Searches that wait while the file cannot be written; further ones are not counted."""
REFRESH_SECONDS = 60.0


class Recorder:
    """Counts searches, keeps notes, and knows the living lists. Safe for many threads.

    `clock` gives seconds since 1970. Nothing is written until `flush`; `start` flushes in the background and at exit.
    """

    def __init__(self, store: Store, service: Service, clock: Callable[[], float] = time.time) -> None:
        self.lists = Lists()
        self.edition = 0
        """Counts how often the lists changed."""
        self.dropped = 0
        self._store = store
        self._service = service
        self._clock = clock
        self._waiting: list[Search] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._failed = False
        self.refresh()

    @property
    def waiting(self) -> int:
        """Searches not yet written."""
        return len(self._waiting)

    def searched(self, answer: Answer) -> None:
        """Count a question and what it got; takes microseconds and never raises."""
        card = answer.card
        search = Search(
            at=self._clock(),
            text=answer.query,
            answered=card is not None,
            entry=card.entry.id if card and card.kind is not CardKind.fork else "",
            title=card.question if card and card.kind is not CardKind.fork else "",
            topic=answer.understood.topic or "",
        )
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                self.dropped += 1
                return
            self._waiting.append(search)
        if len(self._waiting) >= FLUSH_AT and not self._failed:
            self._wake.set()

    def keep(self, note: Note, session: str | None = None) -> None:
        """Keep a vote, a report or a message now. Raises what `Store.add` raises."""
        self._store.add(note, session, self._today())

    def flush(self) -> None:
        """Write what waits. What cannot be written waits on; that is logged, not raised."""
        with self._writing:
            with self._lock:
                batch, self._waiting = self._waiting, []
            self._failed = True  # the next try comes in its time, not with the next search
            try:
                self._store.add_searches([cleaned for each in batch if (cleaned := _cleaned(each)).text])
                self._failed = False
            except UsageError as error:
                log.error("查询次数暂时记不下来：%s", error)
            finally:
                if self._failed:
                    self._wait_on(batch)

    def _wait_on(self, batch: list[Search]) -> None:
        with self._lock:
            waiting = batch + self._waiting
            self._waiting = waiting[:MAX_WAITING]
            self.dropped += len(waiting) - len(self._waiting)

    def refresh(self) -> None:
        """Read the lists anew, and let suggestions follow them. When the file cannot be read they stay as they are."""
        since = self._today() - DAYS
        try:
            asked, votes = self._store.asked(since), self._store.votes(since)
        except UsageError as error:
            log.error("使用记录暂时读不出来：%s", error)
            return
        lists = make_lists(asked, votes, self._service.library, self._today())
        if lists == self.lists:
            return
        self._service.follow_use(lists.use)
        self.lists = lists
        self.edition += 1

    def start(self) -> None:
        """Flush and refresh in the background from now on, and flush when the process ends."""
        threading.Thread(target=self._run, name="wence-usage", daemon=True).start()
        atexit.register(self.flush)

    def _run(self) -> None:
        refreshed = time.monotonic()
        while True:
            self._wake.wait(FLUSH_SECONDS)
            self._wake.clear()
            try:
                self.flush()
                if time.monotonic() - refreshed >= REFRESH_SECONDS:
                    refreshed = time.monotonic()
                    self.refresh()
            except Exception:
                log.exception("记录查询次数时出错")  # the next round must come

    def _today(self) -> date:
        return date.fromtimestamp(self._clock())


def recording(app: Flask) -> Flask:
    """Start recording what the visitors of an application ask; returns the same application."""
    cast(Recorder, app.extensions["wence-usage"]).start()
    return app


def _cleaned(search: Search) -> Search:
    """With nothing personal in it, and the punctuation around it gone."""
    text = _kept_text(search.text)
    return Search(search.at, text, search.answered, search.entry, search.title, search.topic)


@lru_cache(maxsize=4096)  # in a wave, many ask the same
def _kept_text(text: str) -> str:
    return impersonal(text, MAX_QUESTION).strip(_AROUND)


_AROUND = " ?!,.;:~。、…·\"'“”‘’"

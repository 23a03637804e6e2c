"""The one door to search: a question in, an answer out. Web and command line ask through nothing else."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock
from time import perf_counter

from kb.comparing import comparable
from kb.errors import ContentError, Problem, in_words
from kb.library import Library
from kb.model import EntryKind
from search.cases import Sheet, sheets_of
from search.engines import EngineError, EngineFilter, EngineUnavailable
from search.finder import Finder, make_finder
from search.forms import KeptForms
from search.forward import forms_to_keep
from search.generation import Generation
from search.index import Builder
from search.kept import read_forms, read_vectors, write_forms, write_vectors
from search.lexicon_checks import too_broad
from search.meaning import encoder
from search.model import Answer, Card, Force, SearchPage, Suggestion
from search.progress import Progress
from search.query import Query
from search.ranking import Ranked
from search.reading import Reading
from search.suggest import Suggester
from search.text import MAX_QUERY, normalise

STALE = 20_000
"""Entries of which is remembered whether they are in force on a day."""


@dataclass(frozen=True)
class Settings:
    """Where things are, and which engine is used; a `draft` index is for this process alone."""

    content: Path
    index: Path
    engine: str = "tantivy"
    draft: bool = False


@dataclass(frozen=True)
class Wanted:
    """How a question is read, and what is found for it: of one topic, of one kind, in a state on the day; None for any.

    `as_of` is that day, today by default; `exact` takes the text as it was typed.
    """

    topic: str | None = None
    kind: EntryKind | None = None
    force: Force | None = None
    as_of: date | None = None
    exact: bool = False


ANYTHING = Wanted()


@dataclass(frozen=True)
class Explanation:
    """Everything between a question and its card, for `kb search --explain`."""

    query: Query
    ranked: list[Ranked]
    card: Card | None
    why: str


class Service:
    """Answers questions from one generation; `refresh` takes up the next one without dropping a question."""

    def __init__(
        self, settings: Settings, builder: Builder, generation: Generation, kept: KeptForms | None = None
    ) -> None:
        self.settings = settings
        self._builder = builder
        self._use: Mapping[str, int] = {}
        self._state = _State.of(generation, self._use, kept=kept)
        self._switching = Lock()
        self.held_back = ""
        self.held_back_by: tuple[str, ...] = ()

    @property
    def library(self) -> Library:
        """The entries of the generation served."""
        return self._state.generation.library

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What is wrong with the content: what keeps something from being published, and what should be mended all the same."""
        return self._state.errors

    @property
    def generation(self) -> str:
        """The name of the generation served."""
        return self._state.generation.name

    @property
    def built(self) -> datetime:
        """When the generation served was built, in UTC."""
        return self._state.generation.manifest.built

    @property
    def segmenter(self) -> str:
        """What the generation served was cut into words with: name, version and terms."""
        return self._state.generation.manifest.segmenter

    @property
    def follows(self) -> bool:
        """Whether what is served comes from another machine, and not from a content folder."""
        return self._builder.follows

    @property
    def degraded(self) -> str:
        """Why questions are answered by a stand-in, or not at all, just now; empty when all is well."""
        return self._state.generation.engine.degraded

    def refresh(self) -> bool:
        """Follow the content: build what changed and switch to it. Returns whether anything changed.

        Raises ContentError when a file that everything needs is broken, EngineError or OSError when the index cannot be
        written; the generation before is served on, or the one that another process has published since, and `held_back`
        says why until it is mended.
        """
        try:
            generation = self._builder.build()
        except (ContentError, EngineError, OSError) as error:
            self.hold_back(error)
            self.catch_up()
            raise
        self.held_back, self.held_back_by = "", ()
        return self._switch(generation)

    def catch_up(self) -> None:
        """Serve what another process has published since, whatever the content says now and whoever is building."""
        published = self._builder.published()
        if published:
            self._switch(published)

    def _switch(self, generation: Generation) -> bool:
        """Serve this generation from now on. Returns whether another one was served."""
        if generation.name == self.generation:
            return False
        use = self._use
        state = _State.of(generation, use, self._state)
        with self._switching:
            if self._use is not use:  # it changed while the state was made
                state.suggester.follow_use(self._use)
            self._state = state
        return True

    def hold_back(self, error: Exception) -> None:
        """Remember why the content as it is now is not served, and which files are to blame."""
        self.held_back = in_words(error) if isinstance(error, OSError) else str(error)
        if isinstance(error, ContentError):
            files = dict.fromkeys(problem.file for problem in error.problems)
            self.held_back_by = tuple(files) or (self.settings.content.name,)
        else:
            self.held_back_by = ()

    def follow_use(self, use: Mapping[str, int]) -> None:
        """Let suggestions follow how often each question is asked, by its wording on the card."""
        with self._switching:
            self._use = use
            self._state.suggester.follow_use(use)

    def warm_up(self, progress: Progress = lambda *_: None) -> None:
        """Read what questions are compared with by meaning before the first visitor comes.

        The first time it takes a processor some 15 seconds for our content, on all that there are; later ones read what
        was kept.
        """
        keep = partial(write_vectors, self.settings.index)
        self._state.finder.read_ahead(progress, len(os.sched_getaffinity(0)), keep)

    def keep_forms(self, kept: KeptForms | None) -> None:
        """Keep what was read of all passages, so that the next start reads only those that change; `kept` are there."""
        finder = self._state.finder
        forms = forms_to_keep(finder.forward, finder.passages, kept)
        if forms is not kept:
            write_forms(self.settings.index, forms)

    def ask(self, text: str, topic: str | None = None, as_of: date | None = None, exact: bool = False) -> Answer:
        """The answer to a question: card or none, results, related. `topic` limits to one; `as_of` defaults to today."""
        return self._state.read(text, Wanted(topic=topic, as_of=as_of, exact=exact)).answer()

    def explain(self, text: str, topic: str | None = None, as_of: date | None = None) -> Explanation:
        """How a question is understood and ranked, and why its card is or is not shown."""
        reading = self._state.read(text, Wanted(topic=topic, as_of=as_of))
        return Explanation(reading.query, reading.ranked, *reading.decided())

    def search(self, text: str, wanted: Wanted = ANYTHING, page: int = 1, per_page: int = 10) -> SearchPage:
        """One page of results."""
        return self._state.read(text, wanted).page(page, per_page)

    def ask_and_search(
        self, text: str, wanted: Wanted = ANYTHING, page: int = 1, per_page: int = 10
    ) -> tuple[Answer, SearchPage]:
        """What `ask` and `search` give, for a page that shows both; the question is read once, unless something limits.

        A topic that has no answer of its own limits the results, and takes no answer away.
        """
        state, asked = self._state, replace(wanted, kind=None, force=None)
        reading = state.read(text, asked)
        limited = reading if wanted == asked else state.read(text, wanted)
        found = reading.answer()
        if wanted.topic and found.card is None:
            found = state.read(text, replace(asked, topic=None)).answer()
        return found, limited.page(page, per_page)

    def suggest(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Questions that a visitor may be typing."""
        return self._state.suggester.suggest(text, limit)


@dataclass(frozen=True)
class _State:
    """One generation with all that is derived from it; replaced as a whole."""

    generation: Generation
    finder: Finder
    suggester: Suggester

    @property
    def library(self) -> Library:
        return self.generation.library

    @cached_property
    def errors(self) -> tuple[Problem, ...]:
        broad = too_broad(self.generation.lexicon, self.library.topics, self.library.ledger.wordings)
        return tuple(sorted({*self.library.errors, *broad}))

    @classmethod
    def of(
        cls,
        generation: Generation,
        use: Mapping[str, int],
        before: _State | None = None,
        kept: KeptForms | None = None,
    ) -> _State:
        finder = make_finder(
            generation.engine,
            generation.segmenter,
            generation.lexicon,
            generation.library.topics,
            generation.passages,
            before.finder if before else None,
            kept,
        )
        return cls(generation, finder, Suggester(generation.library, use, before.suggester if before else None))

    def read(self, text: str, wanted: Wanted) -> Reading:
        """Understand, retrieve and rank. What an editor wrote is never corrected."""
        start = perf_counter()
        day = wanted.as_of or date.today()
        own = comparable(normalise(text, MAX_QUERY)) in self.finder.by_wording
        query = self.finder.understanding.understand(text, wanted.exact or own)
        allowed = partial(self._has_force, wanted.force, day) if wanted.force else None
        only = EngineFilter(wanted.topic, wanted.kind)
        ranked = self.finder.find(query, only, partial(self._is_stale, day), allowed=allowed)
        reread = partial(self.read, wanted=replace(wanted, as_of=day))
        return Reading(
            query, ranked, self.library, self.finder, self.suggester, self.sheets, wanted.topic, day, start, reread
        )

    def _has_force(self, force: Force, day: date, entry: str) -> bool:
        return force.has(self.library.entries[entry].status_on(day))

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The totals that the content declares."""
        return sheets_of(self.library)

    @cached_property
    def _is_stale(self) -> Callable[[date, str], bool]:
        """Whether an entry is out of force on a day; every question asks it of dozens of entries."""
        entries = self.library.entries

        @lru_cache(maxsize=STALE)
        def is_stale(day: date, entry: str) -> bool:
            return not entries[entry].is_in_force(day)

        return is_stale


def open_service(settings: Settings, progress: Progress | None = None) -> Service:
    """Bring the index up to date and open it.

    When that cannot be done now, the last good generation is served and `Service.held_back` says why. Raises
    ContentError, EngineError or OSError when there is none.
    """
    encoder().recall(read_vectors(settings.index))
    builder = Builder(settings.content, settings.index, settings.engine, settings.draft)
    trouble: Exception | None = None
    try:
        generation = builder.build(progress=progress)
    except (ContentError, EngineError, OSError) as error:
        stored = builder.stored()
        if stored is None:
            raise
        generation, trouble = stored, error
    kept = read_forms(settings.index, generation.segmenter)
    service = Service(settings, builder, generation, kept)
    service.keep_forms(kept)
    if trouble:
        service.hold_back(trouble)
    # Loads the dictionaries and the encoder now, not at the first visitor's question.
    with suppress(EngineUnavailable):  # the site starts, says so and recovers by itself
        service.ask(service.library.site.placeholder)
    encoder().question(service.library.site.placeholder)
    gc.freeze()  # a library of 10,000 entries is millions of objects, which no collection need walk through again
    return service

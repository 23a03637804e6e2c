"""What someone may have wanted who came to an address that is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from rapidfuzz import fuzz, process

from kb.library import Library
from kb.model import Entry, EntryKind
from search.engines import EngineUnavailable
from search.model import Result
from search.service import Service

SHOWN = 5
"""Entries listed at most, of either kind."""
MAX_WORDS = 60
"""Characters of an address that are searched for."""
CLOSE = 80
"""Likeness of two addresses, 0 to 100 (rapidfuzz `ratio`), from which one may be meant for the other."""
SEPARATOR = ","
"""Between words, so that one that is misspelt does not keep the others from being read as pinyin."""
_ENTRY = re.compile(r"/[aq]/")
_PAGES = {"", ".html", ".htm", ".md", ".json"}
"""Endings of addresses that people follow; who asks for .php is looking for another site."""


@dataclass(frozen=True)
class Wanted:
    """`words` are those in the address, as they stand there; `near` entries have almost this address, `results` these words."""

    words: str
    near: tuple[Entry, ...]
    results: tuple[Result, ...]


def wanted(path: str, service: Service, may_search: Callable[[], bool]) -> Wanted | None:
    """What the address `path` (decoded) may be about; None when it says nothing, or when it may not be searched for."""
    end = PurePosixPath(path[-200:])
    typed = words_in(path, {topic.id: topic.name for topic in service.library.topics})
    if end.suffix.lower() not in _PAGES or not typed or not may_search():
        return None
    library = service.library
    near: tuple[Entry, ...] = ()
    if _ENTRY.match(path):
        addresses = {entry.id: entry.url for entry in library.entries.values()}
        found = process.extract(path[:200], addresses, scorer=fuzz.ratio, score_cutoff=CLOSE, limit=SHOWN)
        near = tuple(library.entries[ident] for _, _, ident in found)
    words = " ".join(typed.split(SEPARATOR))
    try:
        answer = service.ask(typed)
    except EngineUnavailable:
        return Wanted(words, near, ())
    # What may be nothing of ours (/wp-login, /page) is not searched for its sounds.
    meant = bool(answer.card or answer.candidates or answer.understood.topic)
    shown = {entry.id for entry in near}
    results = [result for result in answer.results if meant and result.id not in shown][:SHOWN]
    return Wanted(words, near, tuple(results))


def plain_address(path: str, fixed: Container[str], library: Library) -> str | None:
    """The address that is there and that `path` misses by slashes at its end or by capitals; None without one.

    `fixed` has the addresses of all that is neither a topic, a letter nor an entry.
    """
    bare = path.rstrip("/")
    letter = f"/az/{bare[4:].upper()}"
    for address in (bare, bare.lower(), *([letter] if bare.lower() == letter.lower() else [])):
        folder, _, name = address.removeprefix("/").partition("/")
        named = {"t": library.topic_of, "az": library.alphabet}.get(folder, ())
        topic, _, slug = name.partition("/")
        is_entry = _ENTRY.match(address) and library.by_url(EntryKind.of_letter(folder), topic, slug)
        if address != path and (address in fixed or name in named or is_entry):
            return address
    return None


def words_in(path: str, names: Mapping[str, str]) -> str:
    """The words of an address: those of its last two parts, without ending, each to be read for itself.

    A part that has a name (a topic's id) stands for it.
    """
    parts = [part for part in path.split("/") if part][-2:]
    if parts:
        parts[-1] = PurePosixPath(parts[-1]).stem
    words = [word for part in parts for word in re.findall(r"[^\W_]+", names.get(part, part))]
    return SEPARATOR.join(word for word in words if len(word) > 1)[:MAX_WORDS]

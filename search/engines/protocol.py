"""What every engine does: keep passages given as tokens, and find those that share tokens with a query.

Text reaches an engine already cut into tokens; no engine analyses text, and none sees a query string.
Fields are weighted by repetition: a token in a field of weight 3 is stored three times in the one scored field. For
BM25 with equal length normalisation this is BM25F, "Simple BM25 Extension to Multiple Weighted Fields" (Robertson,
Zaragoza, Taylor 2004, section 3), and it gives every engine the same formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from kb.storing import size_of


class EngineError(Exception):
    """An engine cannot build, open or search its index; the message is plain Chinese."""

    @classmethod
    def writing(cls, cause: Exception) -> Self:
        """An index could not be written."""
        return cls(f"索引写不进去（{cause}）——检查磁盘空间和 var/ 的写权限")

    @classmethod
    def opening(cls, cause: Exception) -> Self:
        """An index could not be opened."""
        return cls(f"索引打不开（{cause}）——运行 kb index --full 重建")


class NotPublished(EngineError):
    """This machine follows another one, and what it would serve is not what that one has published."""


class EngineUnavailable(EngineError):
    """Nothing can be searched just now; whoever asks again in a while may be answered."""


@dataclass(frozen=True)
class Posting:
    """A passage as an engine keeps it: ids, facets to filter by, and tokens with repetition for weight."""

    passage: str
    entry: str
    topic: str
    kind: str
    words: tuple[str, ...]
    bigrams: tuple[str, ...]

    def fields(self) -> dict[str, str]:
        """The posting as field texts, tokens separated by white space."""
        return {
            "passage": self.passage,
            "entry": self.entry,
            "topic": self.topic,
            "kind": self.kind,
            "words": " ".join(self.words),
            "bigrams": " ".join(self.bigrams),
        }


@dataclass(frozen=True)
class EngineQuery:
    """Words and pairs of characters with their weights, OR-ed."""

    words: tuple[tuple[str, float], ...]
    bigrams: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Asks for these words, each once and all alike."""
        return cls(tuple((word, 1.0) for word in dict.fromkeys(words)))

    def terms(self) -> list[tuple[str, str, float]]:
        """Field, token and weight of every term worth asking for."""
        fields = (("words", self.words), ("bigrams", self.bigrams))
        return [(field, token, weight) for field, tokens in fields for token, weight in tokens if token and weight > 0]


@dataclass(frozen=True)
class EngineFilter:
    """Only passages of a topic, of a kind; None for any."""

    topic: str | None = None
    kind: str | None = None

    def terms(self) -> list[tuple[str, str]]:
        """Field and value of every restriction."""
        return [(field, value) for field, value in (("topic", self.topic), ("kind", self.kind)) if value is not None]


@dataclass(frozen=True)
class Candidate:
    """What an engine returned, before ranking. `score` > 0 is comparable only within one query."""

    passage: str
    score: float


class Engine(Protocol):
    """An index of passages in one folder, opened for reading."""

    name: str

    @property
    def degraded(self) -> str:
        """Why candidates come from a stand-in just now, in Chinese, for whoever runs the site; empty when they do not."""
        ...

    @classmethod
    def build(cls, folder: Path, postings: Iterable[Posting], identity: str = "", /) -> None:
        """Write a new index into an empty folder.

        `identity` is the same for the same postings, whoever writes them: what another machine wrote need not be
        written again. Empty when nothing is known of it.
        """
        ...

    @classmethod
    def update(cls, folder: Path, removed: Iterable[str], added: Iterable[Posting], identity: str = "", /) -> None:
        """In an existing index, drop every passage of the removed entries and add postings, in one commit.

        `identity` is that of all postings which are in the index then; see `build`.
        """
        ...

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an index. Raises EngineError when it is damaged."""
        ...

    @classmethod
    def serve(cls, folder: Path, beside: Mapping[Path, str], /) -> None:
        """A whole index is about to be the one served, with files `beside` it (by path their SHA-256) for who follows.

        Raises EngineError when it may not be: another one came first.
        """
        ...

    @classmethod
    def follows(cls) -> bool:
        """Whether this machine takes what another one has published, and reads no content of its own. Raises EngineError."""
        ...

    @classmethod
    def fetch(cls, folder: Path, known: str, /) -> str:
        """For who follows: bring the files that were beside the index served into a folder, those that are not there whole.

        Returns their name, the same for the same files; when it is the one that is `known`, the folder is left as it
        is. Raises EngineError, in bounded time; then the folder may have files of two versions.
        """
        ...

    @classmethod
    def stands_alone(cls) -> bool:
        """Whether nothing else ever answers in its place. Raises EngineError."""
        ...

    @classmethod
    def stored(cls, folder: Path, /) -> int:
        """Bytes that the index of a folder takes, wherever it is; copies count once. Raises EngineError."""
        ...

    def search(self, query: EngineQuery, limit: int, only: EngineFilter = EngineFilter()) -> list[Candidate]:
        """The best candidates, highest score first, ties by passage id; none for a query without tokens.

        Called from several threads at once; each gets what it would get alone.
        Raises EngineUnavailable, in bounded time, when the index is elsewhere and nothing stands in for it.
        """
        ...

    def search_each(self, queries: Iterable[EngineQuery], limit: int) -> Iterator[list[Candidate]]:
        """What `search` gives for each of many queries, of the index itself: nothing stands in. Raises EngineError."""
        ...

    def __len__(self) -> int:
        """Passages in the index."""
        ...


class Embedded:
    """What engines have in common whose index is wholly in its folder: nothing is elsewhere, nothing stands in."""

    degraded = ""

    @classmethod
    def serve(cls, folder: Path, beside: Mapping[Path, str]) -> None:
        """Nothing: the folder is all there is."""

    @classmethod
    def follows(cls) -> bool:
        """No: nothing is published elsewhere."""
        return False

    @classmethod
    def fetch(cls, _folder: Path, _known: str, /) -> str:
        """Never: see `follows`."""
        raise NotImplementedError

    @classmethod
    def stands_alone(cls) -> bool:
        """Yes: it cannot be away."""
        return True

    @classmethod
    def stored(cls, folder: Path) -> int:
        """All files of the folder."""
        return size_of(folder)

    def search_each(self: Engine, queries: Iterable[EngineQuery], limit: int) -> Iterator[list[Candidate]]:
        """See `Engine.search_each`."""
        return (self.search(query, limit) for query in queries)

"""Engines: from tokens to candidates. One protocol; the contract suite in tests/search/engines holds for each."""

from __future__ import annotations

from search.engines.protocol import (
    Candidate,
    Engine,
    EngineError,
    EngineFilter,
    EngineQuery,
    EngineUnavailable,
    NotPublished,
    Posting,
)

ENGINES = ("tantivy", "whoosh", "opensearch")


def engine_named(name: str) -> type[Engine]:
    """The engine of a name. Raises EngineError, in Chinese, for one that does not exist."""
    if name == "tantivy":
        from search.engines.tantivy import TantivyEngine

        return TantivyEngine
    if name == "whoosh":
        from search.engines.whoosh import WhooshEngine

        return WhooshEngine
    if name == "opensearch":
        from search.engines.opensearch import OpenSearchEngine

        return OpenSearchEngine
    raise EngineError(f"没有叫 {name} 的检索引擎——KB_ENGINE 可以写 {'、'.join(ENGINES)}")


__all__ = [
    "ENGINES",
    "Candidate",
    "Engine",
    "EngineError",
    "EngineFilter",
    "EngineQuery",
    "EngineUnavailable",
    "NotPublished",
    "Posting",
    "engine_named",
]

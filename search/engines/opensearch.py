"""The engine beyond one machine: an OpenSearch cluster, with an embedded twin for when the cluster does not answer.

A generation's folder holds `stored.json`, which names what the generation reads in the cluster, and `embedded/`, the same
passages in tantivy. In the cluster, a generation is a filtered alias: documents are never changed, each says in `batch`
which build wrote it, and the alias lets through the batches of its generation without the documents replaced since. So
a generation's readers see exactly its passages whatever is written meanwhile (docs/decisions/0015-opensearch.md).
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self

from opensearchpy import ConflictError, NotFoundError, TransportError
from opensearchpy.helpers import scan
from pydantic import BaseModel, ConfigDict

from search.engines.cluster import Cluster, Unreachable, cluster_set, in_words
from search.engines.protocol import Candidate, EngineError, EngineFilter, EngineQuery, Posting
from search.engines.tantivy import TantivyEngine

CHUNK = 1000
MOST_BATCHES = 500
"""Updates of one index, after which it is copied into a new one without what was replaced."""
MOST_DEAD = 2000
"""Replaced documents that an alias may have to keep out."""

log = logging.getLogger("wence")


class _Dead(BaseModel):
    """Documents replaced or removed by an update, and when; they go once nobody can read the generation before."""

    model_config = ConfigDict(frozen=True)

    at: float
    documents: tuple[str, ...]


class _Stored(BaseModel):
    """What a generation is in the cluster. `seen` is what was served when its build began: sequence number and term."""

    model_config = ConfigDict(frozen=True)

    owner: str
    index: str
    batches: tuple[str, ...]
    dead: tuple[_Dead, ...] = ()
    seen: tuple[int, int] | None = None

    @property
    def alias(self) -> str:
        return f"{self.index}.{self.batches[-1]}"

    @property
    def filter(self) -> dict[str, Any]:
        """What of the index belongs to the generation."""
        dead = [document for some in self.dead for document in some.documents]
        return {
            "bool": {
                "filter": [{"terms": {"batch": list(self.batches)}}],
                "must_not": [{"ids": {"values": dead}}] if dead else [],
            }
        }


class OpenSearchEngine:
    """See `protocol.Engine`."""

    name = "opensearch"

    def __init__(self, cluster: Cluster, stored: _Stored, twin: TantivyEngine) -> None:
        self._cluster = cluster
        self._stored = stored
        self._twin = twin

    @property
    def degraded(self) -> str:
        return self._cluster.trouble

    @classmethod
    def build(cls, folder: Path, postings: Iterable[Posting]) -> None:
        cluster = cluster_set()
        stored = _begin(cluster, folder)
        TantivyEngine.build(folder / "embedded", _sent(cluster, stored, postings))
        _publish(cluster, stored)

    @classmethod
    def update(cls, folder: Path, removed: Iterable[str], added: Iterable[Posting]) -> None:
        cluster, old = cluster_set(), _read(folder)
        try:
            gone = tuple(_documents_of(cluster, old, removed))
            late = time.time() - cluster.settings.grace
            kept = tuple(dead for dead in old.dead if dead.at >= late)
            full = len(old.batches) >= MOST_BATCHES or sum(len(dead.documents) for dead in kept) + len(gone) > MOST_DEAD
            stored = _begin(cluster, folder, None if full else old)
            if full:
                _copy(cluster, old, stored, frozenset(gone))
            else:
                stored = stored.model_copy(update={"dead": (*kept, _Dead(at=time.time(), documents=gone))})
                _write(folder, stored)
            TantivyEngine.update(folder / "embedded", removed, _sent(cluster, stored, added))
            if not full:
                _delete(cluster, old.index, (one for dead in old.dead if dead.at < late for one in dead.documents))
            _publish(cluster, stored)
        except TransportError as error:
            raise in_words(error) from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        try:
            return cls(cluster_set(), _read(folder), TantivyEngine.open(folder / "embedded"))
        except (OSError, ValueError) as error:
            raise EngineError.opening(error) from error

    @classmethod
    def serve(cls, folder: Path) -> None:
        """Point the alias that names the prefix alone at a generation. Of builds that began alike, the first one wins."""
        cluster, stored = cluster_set(), _read(folder)
        condition: dict[str, Any] = {"op_type": "create"}
        if stored.seen:
            condition = {"if_seq_no": stored.seen[0], "if_primary_term": stored.seen[1]}
        prefix = cluster.settings.prefix
        now = {"alias": prefix, "index": stored.index, "filter": stored.filter}
        try:
            cluster.writing.index(_control(cluster), {"serves": stored.alias}, id="served", params=condition)
            actions = [{"remove": {"alias": prefix, "index": f"{prefix}-*", "must_exist": False}}, {"add": now}]
            cluster.writing.indices.update_aliases({"actions": actions})
        except ConflictError as error:
            raise EngineError(
                "另一个构建刚刚先启用了新版本，这一次作废——会自动再试；"
                "各有各的索引文件夹的机器，要给每台设不同的 KB_OPENSEARCH_PREFIX"
            ) from error
        except TransportError as error:
            raise in_words(error) from error

    @classmethod
    def drop(cls, folder: Path) -> None:
        """Have what a generation is in the cluster removed after the grace time; what cannot be done now is logged."""
        try:
            stored = _read(folder)
            if stored.owner != folder.parent.name:
                return  # a copy of the generation before that its builder had not begun to change
            cluster = cluster_set()
            note = {"index": stored.index, "alias": stored.alias, "at": time.time()}
            cluster.writing.index(_control(cluster), note, id=stored.alias, params={"refresh": "true"})
            _tidy(cluster)
        except (OSError, ValueError):
            return  # it had not come to have anything in the cluster
        except (EngineError, TransportError) as error:
            said = in_words(error) if isinstance(error, TransportError) else error
            log.warning("集群里的旧索引现在删不掉，要手工删除（docs/scale.md）：%s", said)

    def search(self, query: EngineQuery, limit: int, only: EngineFilter = EngineFilter()) -> list[Candidate]:  # noqa: B008
        terms = [{"term": {field: {"value": token, "boost": weight}}} for field, token, weight in query.terms()]
        if not terms or limit < 1:
            return []
        wanted = [{"term": {field: value}} for field, value in only.terms()]
        body = {
            "query": {"bool": {"should": terms, "minimum_should_match": 1, "filter": wanted}},
            "size": limit,
            "sort": ["_score", {"passage": "asc"}],
            "track_total_hits": False,
            "_source": False,
        }
        try:
            found = self._cluster.search(self._stored.alias, body)
        except Unreachable:
            return self._twin.search(query, limit, only)
        return [Candidate(document.rpartition("@")[0], score) for document, score in found]

    def __len__(self) -> int:
        try:
            return self._cluster.count(self._stored.alias)
        except Unreachable:
            return len(self._twin)


def _begin(cluster: Cluster, folder: Path, old: _Stored | None = None) -> _Stored:
    """Note what is going to be written before it is, so that what a killed build leaves can be dropped."""
    batch = f"{time.time_ns() // 1000:x}{secrets.token_hex(2)}"
    index = old.index if old else f"{cluster.settings.prefix}-{batch}"
    batches = (*old.batches, batch) if old else (batch,)
    stored = _Stored(owner=folder.parent.name, index=index, batches=batches, seen=_seen(cluster))
    _write(folder, stored)
    if not old:
        _create(cluster, index)
    return stored


def _create(cluster: Cluster, index: str) -> None:
    exact = {"type": "keyword", "doc_values": False}
    tokens = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    fields = dict.fromkeys(("entry", "topic", "kind", "batch"), exact) | dict.fromkeys(("words", "bigrams"), tokens)
    settings = {
        "number_of_shards": cluster.settings.shards,
        "auto_expand_replicas": f"0-{cluster.settings.replicas}",
        "refresh_interval": "-1",
        "similarity": {"default": {"type": "BM25", "k1": 1.2, "b": 0.75}},
    }
    mappings = {"dynamic": "strict", "properties": {"passage": {"type": "keyword"}, **fields}}
    try:
        cluster.writing.indices.create(index, {"settings": {"index": settings}, "mappings": mappings})
    except TransportError as error:
        raise in_words(error) from error


def _sent(cluster: Cluster, stored: _Stored, postings: Iterable[Posting]) -> Iterator[Posting]:
    """Send postings to the cluster as they pass by, a chunk in memory at a time."""
    every = iter(postings)
    while chunk := list(islice(every, CHUNK)):
        cluster.send(_action(stored, posting.fields()) for posting in chunk)
        yield from chunk


def _action(stored: _Stored, fields: dict[str, Any]) -> dict[str, Any]:
    batch = stored.batches[-1]
    return {"_index": stored.index, "_id": f"{fields['passage']}@{batch}", **fields, "batch": batch}


def _delete(cluster: Cluster, index: str, documents: Iterable[str]) -> None:
    every = iter(documents)
    while chunk := list(islice(every, CHUNK)):
        cluster.send({"_op_type": "delete", "_index": index, "_id": document} for document in chunk)


def _copy(cluster: Cluster, old: _Stored, new: _Stored, without: frozenset[str]) -> None:
    hits = scan(cluster.writing, index=old.alias, query={"query": {"match_all": {}}}, size=CHUNK)
    kept = (_action(new, hit["_source"]) for hit in hits if hit["_id"] not in without)
    while chunk := list(islice(kept, CHUNK)):
        cluster.send(chunk)


def _documents_of(cluster: Cluster, stored: _Stored, entries: Iterable[str]) -> Iterator[str]:
    """The documents of some entries in a generation."""
    every = iter(entries)
    while chunk := list(islice(every, CHUNK)):
        query = {"query": {"terms": {"entry": chunk}}, "_source": False}
        yield from (hit["_id"] for hit in scan(cluster.writing, index=stored.alias, query=query, size=CHUNK))


def _publish(cluster: Cluster, stored: _Stored) -> None:
    """Have every copy of the index show what was written, and give the generation its alias."""
    try:
        cluster.writing.indices.refresh(stored.index)
        cluster.writing.indices.put_alias(stored.index, stored.alias, {"filter": stored.filter})
    except TransportError as error:
        raise in_words(error) from error


def _control(cluster: Cluster) -> str:
    """The index that says what is served and what is to be removed; made when there is none."""
    name = f"{cluster.settings.prefix}.control"
    settings = {"number_of_shards": 1, "auto_expand_replicas": "0-2"}
    cluster.writing.indices.create(name, {"settings": {"index": settings}}, params={"ignore": 400})
    return name


def _seen(cluster: Cluster) -> tuple[int, int] | None:
    try:
        found = cluster.writing.get(f"{cluster.settings.prefix}.control", "served")
    except NotFoundError:
        return None
    except TransportError as error:
        raise in_words(error) from error
    return found["_seq_no"], found["_primary_term"]


def _tidy(cluster: Cluster) -> None:
    """Remove what was dropped longer ago than the grace time: aliases, and indexes that no generation reads any more."""
    late = {"query": {"range": {"at": {"lt": time.time() - cluster.settings.grace}}}, "size": 100}
    for hit in cluster.writing.search(index=_control(cluster), body=late)["hits"]["hits"]:
        index, alias = hit["_source"]["index"], hit["_source"]["alias"]
        cluster.writing.indices.delete_alias(index, alias, params={"ignore": 404})
        left = cluster.writing.indices.get_alias(index=index, params={"ignore": 404}).get(index, {}).get("aliases", {})
        if not any(name.startswith(f"{index}.") for name in left):
            cluster.writing.indices.delete(index, params={"ignore": 404})
        cluster.writing.delete(_control(cluster), hit["_id"], params={"ignore": 404})


def _read(folder: Path) -> _Stored:
    return _Stored.model_validate_json((folder / "stored.json").read_bytes())


def _write(folder: Path, stored: _Stored) -> None:
    """In a new file: the one there may be shared with the generation before."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "stored.new"
    new.write_text(stored.model_dump_json(), "utf-8")
    new.replace(folder / "stored.json")

"""The engine beyond one machine: an OpenSearch cluster, with an embedded twin for when the cluster does not answer.

In the cluster, a generation is a filtered alias: documents never change, each says in `batch` which build wrote it, and
the alias lets through the batches of its generation without the documents replaced since. So a generation's readers see
exactly its passages whatever is written meanwhile. One document says which generation is served. It is written on
condition that nothing was served since the build began, so builds have rounds: one of a round that is over can no
longer be served, and what it wrote may go (docs/decisions/0017-opensearch.md).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import shutil
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from opensearchpy import NotFoundError, OpenSearch
from opensearchpy.helpers import scan
from pydantic import BaseModel, ConfigDict, Field

from kb.writing import replace_file
from search.engines import shelf
from search.engines.cluster import Cluster, Unreachable, cluster_set, in_words, reading, whole
from search.engines.protocol import (
    Candidate,
    EngineError,
    EngineFilter,
    EngineQuery,
    EngineUnavailable,
    NotPublished,
    Posting,
)
from search.engines.tantivy import TantivyEngine

CHUNK = 1000
"""Passages sent at once: all that is in memory of them."""
ASKED = 100
"""Questions sent at once when a generation is checked."""
MOST = 2000
"""Updates of one index and documents that they replaced, after which a new one is filled; they go on counting in
scores, so it is a fifth of all in a small one."""
OTHER = (
    "集群启用的不是这台的这一版，设了 KB_OPENSEARCH_FOLLOW 的机器只取不写——刚换过版本的会自动再取；"
    "一直这样，就把这台和发布的那台装成同一个版本的程序；要在这台检查内容，先去掉 KB_OPENSEARCH_FOLLOW"
)
LOST = "集群里发布过的那一版索引不完整——在发布的机器上运行 kb index；这台继续用原来的"
UNSEALED = "集群上的内容没有用 KB_OPENSEARCH_KEY 签过，或签的不是这一个，不能用——发布的机器和这台要设成一样的，再在那里运行 kb index --full"
NOTHING_SERVED = (
    "集群上还没有发布过内容——先在有内容的那台机器上运行 kb index 或 kb serve，它不要设 KB_OPENSEARCH_FOLLOW"
)
STORED = "stored.json"
TWIN = "embedded"
HOW = {"allow_partial_search_results": "false", "search_type": "dfs_query_then_fetch"}
"""How a search is done: answered in whole, and scored alike whichever shard a passage is in."""
SETTLED = "/_cluster/health/{}?wait_for_no_initializing_shards=true&timeout=10s"
_EXACT = {"type": "keyword", "doc_values": False}
_TOKENS = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
_FIELDS = dict.fromkeys(("entry", "topic", "kind", "batch"), _EXACT) | dict.fromkeys(("words", "bigrams"), _TOKENS)
MAPPINGS = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "properties": {"passage": {"type": "keyword"}, **_FIELDS},
}

T = TypeVar("T")


class _Made(BaseModel):
    """What a generation is in the cluster; the document that says what is served is one of these, too.

    `dead` documents were replaced or removed. `condition` lets it be served only if nothing was since its build began.
    `past`: until when (seconds since 1970) others were served that may still be read. `of` is what the passages were
    made of, `files` are those beside it, and `seal` says that both are of who knows the key.
    """

    model_config = ConfigDict(frozen=True)

    identity: str
    index: str
    batches: tuple[str, ...]
    dead: tuple[str, ...] = ()
    passages: int = 0
    condition: dict[str, int | str] = {}
    past: dict[str, float] = {}
    of: str = ""
    files: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9.-]{0,60}$")], tuple[str, ...]] = {}
    seal: str = ""

    @property
    def alias(self) -> str:
        return f"{self.index}.{self.batches[-1]}"

    @property
    def round(self) -> int:
        return int(self.batches[-1][:8])

    @property
    def filter(self) -> dict[str, Any]:
        """What of the index belongs to the generation."""
        batches = {"terms": {"batch": self.batches}}
        return {"bool": {"filter": [batches], "must_not": [{"ids": {"values": self.dead}}]}}

    @property
    def told(self) -> tuple[object, ...]:
        """What machines that follow go by."""
        return self.alias, self.files, self.seal

    def still_read(self, grace: int) -> dict[str, float]:
        """Of those before, the ones that have been so for less than `grace` seconds."""
        return {alias: until for alias, until in self.past.items() if until > time.time() - grace}

    def after(self, before: _Made | None, grace: int) -> _Made:
        """The same, to be served after another one, whose readers may go on for a while."""
        past = before.still_read(grace) | {before.alias: time.time()} if before else {}
        return self.model_copy(update={"past": {alias: until for alias, until in past.items() if alias != self.alias}})


class OpenSearchEngine:
    """See `protocol.Engine`."""

    name = "opensearch"

    def __init__(self, cluster: Cluster, made: _Made, twin: TantivyEngine | None) -> None:
        self._cluster, self._made, self._twin = cluster, made, twin

    @property
    def degraded(self) -> str:
        if self._cluster.trouble:
            len(self)  # asks the cluster again when it had its rest, so that recovery shows without a visitor
        return self._cluster.trouble

    @classmethod
    def build(cls, folder: Path, postings: Iterable[Posting], identity: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        cls._write(folder, None, (), postings, identity)

    @classmethod
    def update(cls, folder: Path, removed: Iterable[str], added: Iterable[Posting], identity: str = "") -> None:
        cls._write(folder, _read(folder), tuple(removed), added, identity)

    @staticmethod
    def _write(folder: Path, old: _Made | None, gone: Sequence[str], added: Iterable[Posting], identity: str) -> None:
        cluster = cluster_set()
        with in_words():
            served = _served(cluster.looking, cluster.settings.prefix)
            make = f"{identity or secrets.token_hex()} {cluster.settings.shards}"
            ident = hashlib.sha256(make.encode()).hexdigest()[:12]
            if cluster.settings.follow and (served is None or served.of != identity):
                raise NotPublished(OTHER)
            same = served if served and (served.identity == ident or cluster.settings.follow) else None
            if same and _count(cluster.writing, same) == same.passages:
                made, passing = same, iter(added)  # another machine has published it
            elif cluster.settings.follow:
                raise NotPublished(LOST)
            else:
                if served:
                    _tidy(cluster, served)
                made = _begun(cluster, served, old, gone, ident).model_copy(update={"of": identity})
                passing = _sent(cluster, made, added)
            if not cluster.settings.twin:
                shutil.rmtree(folder / TWIN, ignore_errors=True)
                deque(passing, maxlen=0)
            elif old:
                TantivyEngine.update(folder / TWIN, gone, passing)
            else:
                TantivyEngine.build(folder / TWIN, passing)
            made = made if made is served else _ended(cluster, made)
        with replace_file(folder / STORED) as file:  # the one that is there may be shared with the generation before
            file.write(made.model_dump_json().encode())

    @classmethod
    def open(cls, folder: Path) -> Self:
        try:
            cluster, made = cluster_set(), _read(folder)
        except (OSError, ValueError) as error:
            raise EngineError.opening(error) from error
        twin = TantivyEngine.open(folder / TWIN) if cluster.settings.twin else None
        if twin is not None and len(twin) != made.passages:
            raise EngineError.opening(ValueError(f"{folder.parent.name} 的本机索引不完整"))
        return cls(cluster, made, twin)

    @classmethod
    def serve(cls, folder: Path, beside: Mapping[Path, str]) -> None:
        cluster, made = cluster_set(), _read(folder)
        if cluster.settings.follow:
            return
        prefix = cluster.settings.prefix
        with in_words():
            before = _served(cluster.looking, prefix)
            if before is None:
                _create(cluster, _control(prefix), {"dynamic": False}, {"auto_expand_replicas": "0-2"})
            made = _with_files(cluster, made, beside, before)
            if before is None or before.told != made.told:
                body = made.after(before, cluster.settings.grace).model_dump()
                cluster.writing.index(_control(prefix), body, id="served", params=made.condition | {"ignore": 409})
            served = _served(cluster.looking, prefix)
            if served is None or served.alias != made.alias:
                raise EngineError("另一个构建先启用了别的版本，这一次作废——会自动再试")
            add = {"alias": prefix, "index": made.index, "filter": made.filter}
            remove = {"alias": prefix, "index": f"{prefix}-*", "must_exist": False}
            cluster.writing.indices.update_aliases({"actions": [{"remove": remove}, {"add": add}]})
            if before and before.files != served.files:
                shelf.clear(cluster, _control(prefix), served.round, served.files, before.files)

    @classmethod
    def follows(cls) -> bool:
        return cluster_set().settings.follow

    @classmethod
    def fetch(cls, folder: Path, known: str) -> str:
        cluster = cluster_set()
        prefix, key = cluster.settings.prefix, cluster.settings.key.get_secret_value()
        with in_words():
            served = cluster.ask(lambda to: _served(to, prefix))
            if served is None:
                raise EngineError(NOTHING_SERVED)
            if not served.files:
                raise NotPublished(OTHER)
            seal = shelf.seal_of(served.files, served.of, key)
            if key and not hmac.compare_digest(served.seal.encode(), seal.encode()):
                raise EngineError(UNSEALED)
            name = shelf.name_of(served.files)
            if name != known:
                shelf.take(cluster, _control(prefix), served.files, folder)
            return name

    @classmethod
    def stands_alone(cls) -> bool:
        return not cluster_set().settings.twin

    @classmethod
    def stored(cls, folder: Path) -> int:
        with in_words():
            told = cluster_set().writing.indices.stats(index=_read(folder).index, metric="store")
            return int(told["_all"]["primaries"]["store"]["size_in_bytes"])

    def search(self, query: EngineQuery, limit: int, only: EngineFilter = EngineFilter()) -> list[Candidate]:  # noqa: B008
        if not query.terms() or limit < 1:
            return []
        asked = {"index": self._made.alias, "body": _body(query, limit, only), "params": HOW}
        try:
            return self._cluster.ask(lambda to: _candidates(to.search(**asked)))
        except Unreachable as error:
            if self._twin is None:
                raise EngineUnavailable(f"检索集群没有回答（{error}）——会自动再试") from error
            return self._twin.search(query, limit, only)

    def search_each(self, queries: Iterable[EngineQuery], limit: int) -> Iterator[list[Candidate]]:
        """Asks the cluster alone: a twin that stands in would prove nothing of it."""
        head = {"index": self._made.alias} | HOW
        for some in _chunks(queries, ASKED):
            asked = [part for query in some for part in (head, _body(query, limit, EngineFilter()))]
            with in_words():
                yield from self._cluster.insist(lambda to: [*map(_candidates, to.msearch(asked)["responses"])])  # noqa: B023

    def __len__(self) -> int:
        try:
            return self._cluster.ask(lambda to: _counted(to.count(index=self._made.alias)))
        except Unreachable as error:
            return 0 if isinstance(error.__cause__, NotFoundError) else self._made.passages


def _body(query: EngineQuery, limit: int, only: EngineFilter) -> dict[str, Any]:
    terms = [{"term": {field: {"value": token, "boost": weight}}} for field, token, weight in query.terms()]
    wanted = [{"term": {field: value}} for field, value in only.terms()]
    return {
        "query": {"bool": {"should": terms or [{"match_none": {}}], "minimum_should_match": 1, "filter": wanted}},
        "size": limit,
        "sort": ["_score", {"passage": "asc"}],
        "track_total_hits": False,
        "stored_fields": "_none_",  # the ids in `sort` are all that is needed
    }


def _candidates(reply: dict[str, Any]) -> list[Candidate]:
    return [Candidate(passage, score) for score, passage in (hit["sort"] for hit in whole(reply)["hits"]["hits"])]


def _with_files(cluster: Cluster, made: _Made, beside: Mapping[Path, str], before: _Made | None) -> _Made:
    """A generation with the files beside it, which are put into the cluster for the round that may be served next."""
    control, there = _control(cluster.settings.prefix), before.files if before else {}
    files = shelf.put(cluster, control, beside, before.round + 1 if before else 1, there)
    seal = shelf.seal_of(files, made.of, cluster.settings.key.get_secret_value())
    return made.model_copy(update={"files": files, "seal": seal})


def _begun(cluster: Cluster, served: _Made | None, old: _Made | None, removed: Sequence[str], ident: str) -> _Made:
    """What the next generation will be: in the old one's index if there is one, else in a new one.

    The names follow from round and identity: a build that was killed is gone on with where it ended.
    """
    own = cluster.settings
    batch = f"{served.round + 1 if served else 1:08d}-{ident}"
    condition = served.condition if served else {"op_type": "create"}
    made = _Made(identity=ident, index=f"{own.prefix}-{batch}", batches=(batch,), condition=condition)
    if old is None:
        sizes = {"number_of_shards": own.shards, "auto_expand_replicas": f"0-{own.replicas}", "refresh_interval": "-1"}
        _create(cluster, made.index, MAPPINGS, sizes)
        return made
    query = {"query": {"terms": {"entry": removed}}, "_source": False}
    gone = (hit["_id"] for hit in scan(cluster.writing, index=old.alias, query=query, size=CHUNK))
    made = made.model_copy(update={"index": old.index, "batches": (*old.batches, batch), "dead": (*old.dead, *gone)})
    if len(made.batches) + len(made.dead) > min(MOST, 20 + old.passages // 5):
        raise EngineError("这个索引改过太多次——从头建一个")
    return made


def _create(cluster: Cluster, index: str, mappings: dict[str, Any], settings: dict[str, Any]) -> None:
    body = {"settings": {"index": settings}, "mappings": mappings}
    kind = cluster.writing.indices.create(index, body, params={"ignore": 400}).get("error", {}).get("type")
    if kind not in (None, "resource_already_exists_exception"):  # writing would make one that is not as it must be
        raise EngineError(f"集群不肯建索引（{kind}）——原来的索引照常使用；检查 KB_OPENSEARCH_SHARDS 和集群的分片上限")


def _sent(cluster: Cluster, made: _Made, postings: Iterable[Posting]) -> Iterator[Posting]:
    """Send postings to the cluster as they pass by."""
    batch = made.batches[-1]
    of = {"_op_type": "create", "_index": made.index, "batch": batch}
    for chunk in _chunks(postings, CHUNK):
        cluster.send([of | {"_id": f"{each.passage}@{batch}"} | each.fields() for each in chunk])
        yield from chunk


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    every = iter(items)
    while chunk := list(islice(every, size)):
        yield chunk


def _ended(cluster: Cluster, made: _Made) -> _Made:
    """Have every copy of the index there and showing what was written, and give the generation its alias."""
    cluster.insist(lambda to: whole(to.indices.refresh(made.index)))
    cluster.writing.indices.put_alias(made.index, made.alias, {"filter": made.filter})
    # `health` takes `timeout` for its own. 408: a copy takes its time; what is there is counted below.
    cluster.writing.transport.perform_request("GET", SETTLED.format(made.index), params={"ignore": 408})
    return made.model_copy(update={"passages": cluster.insist(lambda to: _count(to, made))})


def _count(to: OpenSearch, made: _Made) -> int:
    """Passages of a generation; 0 when the cluster has it no more."""
    return _counted(to.count(index=made.alias, params={"ignore_unavailable": "true"}))


def _counted(reply: Any) -> int:
    """What was counted, if in every shard: one that no node has is not among the failed."""
    shards = whole(reply)["_shards"]
    if shards["successful"] < shards["total"]:
        raise Unreachable("部分分片不在")
    return int(reply["count"])


def _control(prefix: str) -> str:
    """The index of what is served, and of the files beside it."""
    return f"{prefix}.control"


@reading()
def _served(to: OpenSearch, prefix: str) -> _Made | None:
    """What is served, with the condition on which something else may be."""
    try:
        found = to.get(_control(prefix), "served")
    except NotFoundError:
        return None
    condition = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
    return _Made.model_validate(found["_source"] | {"condition": condition})


def _tidy(cluster: Cluster, served: _Made) -> None:
    """Remove what rounds that are over left, of builds that were killed too, and that nobody reads any more."""
    indices = cluster.writing.indices
    read = {served.alias, *served.still_read(cluster.settings.grace)}
    name = rf"{cluster.settings.prefix}-(\d{{8}})-[0-9a-f]{{12}}(?:\.(\d{{8}})-[0-9a-f]{{12}})?"

    def is_over(found: str) -> bool:
        own = re.fullmatch(name, found)  # not one of a longer prefix
        return own is not None and int(own[2] or own[1]) <= served.round and found not in read

    for index, found in indices.get_alias(index=f"{cluster.settings.prefix}-*").items():
        if is_over(index) and not any(alias.startswith(f"{index}.") for alias in read):
            indices.delete(index, params={"ignore": 404})
            continue
        for alias in filter(is_over, found["aliases"]):
            indices.delete_alias(index, alias, params={"ignore": 404})


def _read(folder: Path) -> _Made:
    return _Made.model_validate_json((folder / STORED).read_bytes())

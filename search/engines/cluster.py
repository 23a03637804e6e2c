"""The connection to an OpenSearch cluster: settings, bounded calls, retries, and a breaker so that a dead one costs nothing."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from opensearchpy import OpenSearch, RequestError, TransportError
from opensearchpy.helpers import bulk
from tenacity import (
    retry,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random,
    wait_random_exponential,
)

from search.engines.protocol import EngineError

ASK_SECONDS = 0.3
"""What one attempt at a question may take, to connect and to answer each."""
ASK_TOTAL_SECONDS = 0.8
"""When no further attempt is begun."""
ATTEMPTS = 3
WRITE_SECONDS = 30
WRITE_TOTAL_SECONDS = 60
"""How long a build waits for a cluster that went away under it."""
FAILURES = 3
"""Questions in a row that the cluster fails to answer, after which it is left alone."""
REST_SECONDS = 2.0
"""How long it is left alone; then one question tries again."""

T = TypeVar("T")
log = logging.getLogger("wence")
logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # it logs every failed request with its whole body


class Unreachable(Exception):
    """The cluster gave no whole answer in time."""


@dataclass(frozen=True)
class ClusterSettings:
    """Where the cluster is and who we are there. `grace` is seconds for which what nobody should need is kept."""

    urls: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    prefix: str = "wence"
    shards: int = 1
    replicas: int = 1
    grace: int = 600

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ClusterSettings:
        """Read the KB_OPENSEARCH_… variables. Raises EngineError, in Chinese, naming the one that cannot be used."""

        def value(name: str, default: str = "") -> str:
            return environment.get(f"KB_OPENSEARCH_{name}", "").strip() or default

        def number(name: str, default: int, least: int) -> int:
            text = value(name, str(default))
            if not (text.isascii() and text.isdigit() and least <= int(text[:9])):
                raise EngineError(f"KB_OPENSEARCH_{name} 要写 {least} 以上的整数，现在是 {text}")
            return int(text[:9])

        urls = tuple(url.strip().rstrip("/") for url in value("URL").split(",") if url.strip())
        if not urls:
            raise EngineError("没有设置 KB_OPENSEARCH_URL——写集群的地址，如 https://10.0.0.1:9200，几个用英文逗号隔开")
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
                raise EngineError(
                    "KB_OPENSEARCH_URL 里有不能用的地址——写成 https://主机:端口；"
                    "用户名和密码写在 KB_OPENSEARCH_USER 和 KB_OPENSEARCH_PASSWORD 里"
                )
        prefix = value("PREFIX", "wence")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", prefix):
            raise EngineError("KB_OPENSEARCH_PREFIX 只能用小写字母、数字和连字符，以字母开头")
        return cls(
            urls,
            value("USER"),
            value("PASSWORD"),
            value("CA") or None,
            prefix,
            number("SHARDS", 1, 1),
            number("REPLICAS", 1, 0),
            number("GRACE", 600, 0),
        )


class Breaker:
    """Lets nobody wait for what has just failed. One caller at a time tries again; the rest are refused meanwhile.

    pybreaker holds a lock while it calls, which would put all questions of a process in one queue.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._again = 0.0

    def lets_through(self) -> bool:
        with self._lock:
            if self._failures < FAILURES:
                return True
            if time.monotonic() < self._again:
                return False
            self._again = time.monotonic() + REST_SECONDS
            return True

    def record(self, succeeded: bool) -> None:
        with self._lock:
            self._failures = 0 if succeeded else self._failures + 1
            self._again = time.monotonic() + REST_SECONDS


class Cluster:
    """All calls to one cluster. Safe to share between threads."""

    def __init__(self, settings: ClusterSettings) -> None:
        self.settings = settings
        self.trouble = ""
        self._breaker = Breaker()
        self._asking = self._client(ASK_SECONDS, 0)
        self.writing = self._client(WRITE_SECONDS, 2 * len(settings.urls))

    def _client(self, seconds: float, retries: int) -> OpenSearch:
        own = self.settings
        try:
            return OpenSearch(
                list(own.urls),
                http_auth=(own.user, own.password) if own.user else None,
                ca_certs=own.ca,
                verify_certs=True,
                timeout=seconds,
                max_retries=retries,
                retry_on_timeout=True,  # without it a node that hangs is not passed over
                dead_timeout=1,
                timeout_cutoff=3,
                pool_maxsize=32,
            )
        except OSError as error:
            raise EngineError("KB_OPENSEARCH_CA 指的证书文件读不出来——核对路径和读的权限") from error

    def search(self, index: str, body: Mapping[str, Any]) -> list[tuple[str, float]]:
        """Ids and scores, best first, of a whole answer. Raises Unreachable."""
        parameters = {"allow_partial_search_results": "false"}
        if self.settings.shards > 1:  # or else each shard scores by its own counts
            parameters["search_type"] = "dfs_query_then_fetch"

        def ask() -> list[tuple[str, float]]:
            reply = self._asking.search(index=index, body=body, params=parameters)
            if reply["timed_out"] or reply["_shards"]["failed"]:
                raise Unreachable("部分分片没有回答")
            return [(hit["_id"], hit["sort"][0]) for hit in reply["hits"]["hits"]]

        return self._ask(ask)

    def count(self, index: str) -> int:
        """Documents of an index; 0 when there is no such index. Raises Unreachable."""

        def ask() -> int:
            reply = self._asking.count(index=index, params={"ignore": 404})
            if reply.get("_shards", {}).get("failed"):
                raise Unreachable("部分分片没有回答")
            return int(reply.get("count", 0))

        return self._ask(ask)

    def _ask(self, call: Callable[[], T]) -> T:
        if not self._breaker.lets_through():
            raise Unreachable(self.trouble)
        tries = retry(
            retry=retry_if_exception_type((TransportError, Unreachable)) & retry_if_not_exception_type(RequestError),
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(ASK_TOTAL_SECONDS),
            wait=wait_random(0, 0.05),
            reraise=True,
        )
        try:
            answer = tries(call)()
        except RequestError as error:  # the question's fault; the next one is answered again
            raise Unreachable(_cause(error)) from error
        except (TransportError, Unreachable) as error:
            self._breaker.record(False)
            self._note(_cause(error))
            raise Unreachable(self.trouble) from error
        self._breaker.record(True)
        self._note("")
        return answer

    def _note(self, trouble: str) -> None:
        if trouble and not self.trouble:
            log.error("OpenSearch 集群没有回答（%s），改用本机的索引；会自动再试", trouble)
        elif self.trouble and not trouble:
            log.warning("OpenSearch 集群恢复了")
        self.trouble = trouble

    def send(self, actions: Iterable[dict[str, Any]]) -> None:
        """Write or delete documents with ids of their own, so that sending again does no harm. Raises EngineError."""
        waiting = list(actions)

        @retry(
            retry=retry_if_exception_type((TransportError, _Busy)),
            stop=stop_after_delay(WRITE_TOTAL_SECONDS),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            reraise=True,
        )
        def attempt() -> None:
            _, errors = bulk(self.writing, waiting, raise_on_error=False, max_chunk_bytes=5_000_000)
            refused = [one for error in errors for one in error.values() if one["status"] != 404]
            if any(one["status"] in (429, 503) for one in refused):
                raise _Busy(_refusals(refused))
            if refused:
                raise EngineError(_refusals(refused))

        try:
            attempt()
        except _Busy as error:
            raise EngineError(str(error)) from error
        except TransportError as error:
            raise in_words(error) from error


class _Busy(Exception):
    """The cluster refuses documents for now."""


def in_words(error: TransportError) -> EngineError:
    """What went wrong with the cluster, in Chinese, without addresses or requests."""
    return EngineError(
        f"OpenSearch 集群用不了（{_cause(error)}）——检查 KB_OPENSEARCH_ 开头的设置、集群是否在运行、磁盘是否有空间"
    )


def _cause(error: Exception) -> str:
    """A short cause. The client's own text holds addresses and requests, which do not belong into a log."""
    if isinstance(error, Unreachable):
        return str(error)
    status = getattr(error, "status_code", None)
    return f"HTTP {status}" if isinstance(status, int) else {"TIMEOUT": "超时"}.get(str(status), "连不上")


def _refusals(refused: list[dict[str, Any]]) -> str:
    first = refused[0]
    error = first.get("error") or {}
    reason = f"{error.get('type')}：{error.get('reason')}" if isinstance(error, dict) else str(error)
    return (
        f"集群没有收下 {len(refused)} 段，第一段是 {first.get('_id')}（{reason[:300]}）——原来的索引照常使用；"
        "磁盘满了就先腾出空间，再运行 kb index"
    )


@lru_cache(maxsize=4)
def cluster_of(settings: ClusterSettings) -> Cluster:
    """The connection for some settings, shared by all generations of a process."""
    return Cluster(settings)


def cluster_set() -> Cluster:
    """The connection that the environment names. Raises EngineError."""
    return cluster_of(ClusterSettings.of(os.environ))

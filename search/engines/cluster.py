"""The connection to an OpenSearch cluster: calls that are bounded and tried again, and rest when it fails."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from opensearchpy import OpenSearch, OpenSearchException, SerializationError, TransportError
from opensearchpy.helpers import bulk
from tenacity import retry, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random
from tenacity import wait_random_exponential as wait_longer

from search.engines.protocol import EngineError
from search.engines.settings import ClusterSettings

WRITE_SECONDS = 40
"""What one call of a build may take: more than the 30 seconds that the cluster itself waits for shards."""
LOOK_SECONDS = 5
"""What one look of a build at what is served may take, so that a start does not wait for a cluster that hangs."""
WRITE_TOTAL_SECONDS = 60
"""How long a build waits for a cluster that went away under it."""
REST_SECONDS = 2.0
"""How long nobody asks a cluster that failed to answer; then one question tries again."""

T = TypeVar("T")
log = logging.getLogger("wence")
logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # it logs every failed request with its whole body


class Unreachable(Exception):
    """The cluster gave no whole answer in time."""


_CAUSES = {401: "用户名或密码不对", 403: "没有权限", 404: "集群里没有这一版索引", "TIMEOUT": "超时", "N/A": "连不上"}


def _may_pass(error: BaseException) -> bool:
    lasting = isinstance(error, TransportError) and error.status_code in (400, 401, 403)  # 404: another node may know
    return isinstance(error, TransportError | Unreachable) and not lasting


_FAILED = retry_if_exception(_may_pass)


class Cluster:
    """All calls to one cluster. Safe to share between threads; a forked process gets connections of its own.

    `writing` has time, `looking` has some, and both raise what opensearch-py raises; questions go through `ask`.
    `trouble` says why the last question got no answer; empty when it got one.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self.settings = settings
        self._connect()
        os.register_at_fork(after_in_child=self._connect)

    def _connect(self) -> None:
        self.trouble, self._again = "", 0.0
        self._asking = self._client(self.settings.wait / 1000, 0)
        self.writing = self._client(WRITE_SECONDS, len(self.settings.url))
        self.looking = self._client(LOOK_SECONDS, len(self.settings.url))

    def _client(self, seconds: float, retries: int) -> OpenSearch:
        own = self.settings
        who = (own.user, own.password.get_secret_value()) if own.user else None
        return OpenSearch(
            list(own.url), http_auth=who and tuple(map(_as_utf8, who)), ca_certs=own.ca and str(own.ca), verify_certs=True,
            timeout=seconds, max_retries=retries, retry_on_timeout=True, dead_timeout=1, timeout_cutoff=3, pool_maxsize=32,
        )  # fmt: skip

    def ask(self, call: Callable[[OpenSearch], T]) -> T:
        """What comes of one call, in bounded time. Raises Unreachable, at once while the cluster is left alone.

        That nobody else waits for what has just failed is the whole breaker: pybreaker holds a lock while it calls,
        which would put all questions of a process in one queue.
        """
        if self.trouble:
            if time.monotonic() < self._again:
                raise Unreachable(self.trouble)
            self._again = time.monotonic() + REST_SECONDS
        enough = stop_after_attempt(3) | stop_after_delay(2 * self.settings.wait / 1000)
        tries = retry(retry=_FAILED, stop=enough, wait=wait_random(0, 0.05), reraise=True)
        try:
            reply = tries(reading()(call))(self._asking)
        except (OpenSearchException, Unreachable) as error:
            if not self.trouble:
                log.error("OpenSearch 集群没有回答（%s），改用本机的索引，没有就暂停搜索；会自动再试", _cause(error))
            self.trouble, self._again = _cause(error), time.monotonic() + REST_SECONDS
            raise Unreachable(self.trouble) from error
        if self.trouble:
            log.warning("OpenSearch 集群恢复了")
        self.trouble = ""
        return reply

    def insist(self, call: Callable[[OpenSearch], T]) -> T:
        """What comes of a call that does no harm twice, once the cluster can; raises what it raised last."""
        enough = stop_after_delay(WRITE_TOTAL_SECONDS)
        again = retry(retry=_FAILED, stop=enough, wait=wait_longer(0.2, max=5), reraise=True)
        return again(reading()(call))(self.writing)

    def send(self, documents: Sequence[dict[str, Any]]) -> None:
        """Create documents; those that are there already are as they should be. Raises EngineError for refused ones."""
        self.insist(lambda to: _taken(bulk(to, documents, raise_on_error=False, max_chunk_bytes=5_000_000)[1]))


def _as_utf8(text: str) -> str:
    """A name or password such that the client, which writes Latin-1, sends UTF-8 (RFC 7617, 2.1)."""
    return text.encode().decode("latin-1")


def _taken(errors: Sequence[dict[str, Any]]) -> None:
    refused = [one["create"] for one in errors if one["create"]["status"] != 409]
    said = "、".join(f"{one['_id']}（{str(one.get('error'))[:200]}）" for one in refused[:3])
    if any(one["status"] in (404, 429, 503) for one in refused):  # 404: a node has not heard of the new index yet
        raise Unreachable(f"没有收下 {len(refused)} 段：{said}")
    if refused:
        raise EngineError(f"集群不收 {len(refused)} 段：{said}——原来的索引照常使用；这是程序的问题，请告诉开发者")


@contextmanager
def reading() -> Iterator[None]:
    """What reads like no reply of a cluster, such as a proxy's page, becomes Unreachable."""
    try:
        yield
    except (SerializationError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise Unreachable("回答不像是集群的") from error


def whole(reply: Any) -> Any:
    """The reply, if every shard has its part in it. Raises Unreachable."""
    if "error" in reply or reply.get("timed_out") or reply.get("_shards", {}).get("failed"):
        raise Unreachable("部分分片没有回答")
    return reply


@contextmanager
def in_words() -> Iterator[None]:
    """What goes wrong with the cluster becomes an EngineError in Chinese."""
    try:
        yield
    except (OpenSearchException, Unreachable) as error:
        raise EngineError(
            f"OpenSearch 集群用不了（{_cause(error)}）——原来的索引照常使用；"
            "检查 KB_OPENSEARCH_ 开头的设置、集群是否在运行、磁盘是否有空间"
        ) from error


def _cause(error: Exception) -> str:
    """A short cause. The client's own text holds addresses, requests and replies, which do not belong into a log."""
    status = getattr(error, "status_code", str(error) if isinstance(error, Unreachable) else type(error).__name__)
    return _CAUSES.get(status, f"HTTP {status}" if isinstance(status, int) else str(status))


@lru_cache(maxsize=4)
def _cluster_of(settings: ClusterSettings) -> Cluster:
    return Cluster(settings)


def cluster_set() -> Cluster:
    """The connection that the environment names, one for a process. Raises EngineError."""
    return _cluster_of(ClusterSettings.of(os.environ))

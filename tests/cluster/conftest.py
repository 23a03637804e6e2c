"""One cluster of three nodes for all tests here; each test has its own prefix in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.nodes import Cluster, cluster


@pytest.fixture(scope="session")
def three() -> Iterator[Cluster]:
    with cluster(3) as started:
        yield started


@dataclass(frozen=True)
class Own:
    """What a test has in the cluster."""

    cluster: Cluster
    prefix: str

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a process; an old generation goes after a second."""
        return {
            "KB_OPENSEARCH_URL": self.cluster.url,
            "KB_OPENSEARCH_PREFIX": self.prefix,
            "KB_OPENSEARCH_GRACE": "1",
        }

    def aliases(self) -> dict[str, list[str]]:
        """The indexes with their aliases."""
        found = self.cluster.ask("GET", f"/{self.prefix}-*/_alias")
        return {index: sorted(told["aliases"]) for index, told in sorted(found.items())}

    def served(self) -> dict[str, Any]:
        """The document that says what is served."""
        return dict(self.cluster.ask("GET", f"/{self.prefix}.control/_doc/served")["_source"])

    def count(self) -> int | None:
        """Passages behind the alias of what is served; None when there is no such alias."""
        found = self.cluster.ask("GET", f"/{self.prefix}/_count?ignore_unavailable=true")
        return int(found["count"]) if found["_shards"]["total"] else None

    def written(self) -> int:
        """Documents written since the indexes were made, again ones counted again, replicas not."""
        found = self.cluster.ask("GET", f"/{self.prefix}-*/_stats/indexing")["_all"]["primaries"]
        return int(found["indexing"]["index_total"])

    def asked(self) -> int:
        """Searches that shards answered."""
        found = self.cluster.ask("GET", f"/{self.prefix}-*/_stats/search")["_all"]["total"]
        return int(found["search"]["query_total"])


@pytest.fixture
def own(three: Cluster, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """Settings for this process, too, in which nothing stands in for a slow cluster."""
    made = Own(three, re.sub("[^a-z0-9]+", "-", f"t-{request.node.name}".lower())[:41].rstrip("-"))
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KB_OPENSEARCH_WAIT", "10000")
    yield made
    three.ask("DELETE", f"/{made.prefix}-*,{made.prefix}.control?ignore_unavailable=true")

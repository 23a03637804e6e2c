"""The contract suite asks a real node, and nothing stands in for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.nodes import cluster


@pytest.fixture(scope="session", autouse=True)
def _node() -> Iterator[None]:
    with cluster(1) as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_OPENSEARCH_URL", started.url)
        patch.setenv("KB_OPENSEARCH_PREFIX", "contract")
        patch.setenv("KB_OPENSEARCH_TWIN", "0")
        patch.setenv("KB_OPENSEARCH_WAIT", "5000")
        yield

"""The real server, and clients that lie to it, send slowly or stop halfway."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.conftest import Folder
from tests.serving import fetch, served


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with eight threads."""
    root = tmp_path_factory.mktemp("served")
    with served(Folder(root / "content").root, root / "index") as url:
        yield url


def ask(site: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    line = HTTPConnection(urlsplit(site).netloc, timeout=10)
    try:
        line.request("GET", path, headers=headers)
        reply = line.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read().decode()
    finally:
        line.close()


def test_a_neighbour_on_this_machine_is_believed_no_more_than_others(site: str) -> None:
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
    status, headers, page = ask(site, "/", claims)
    assert status == 200
    assert "Strict-Transport-Security" not in headers
    assert "https://127.0.0.1" not in page
    for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO"):
        _, _, page = ask(site, "/", {name: "/evil"})
        assert "evil" not in page

"""What answers in the cluster's place, a proxy's page or another program, is no answer, and none of its words are logged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from search.engines import EngineError, EngineQuery, Posting, engine_named

POSTINGS = [Posting("a#0", "a", "jifen", "faq", ("积分",), ())]
INSIDE = "10.0.0.7"
REPLIES = [
    ("text/html", f"<html>维护中 {INSIDE}</html>"),
    ("application/json", f"维护中 {INSIDE}"),
    ("application/json", f'"{INSIDE}"'),
    ("application/json", "{}"),
    ("application/json", "[]"),
    ("application/json", "null"),
    ("application/json", f'{{"hits": {{"hits": [{{"_id": "{INSIDE}"}}]}}}}'),
    ("application/json", f'{{"hits": {{"hits": [{{"sort": ["{INSIDE}"]}}]}}, "count": "{INSIDE}"}}'),
]


@contextmanager
def replying(kind: str, body: str, got: int = 200) -> Iterator[str]:
    """The address of something that has the same reply to everything; `got` is its status for what is only looked up."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(got if self.command == "GET" else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = do_DELETE = reply  # noqa: N815  as the base class calls them

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=REPLIES, ids=[body for _, body in REPLIES])
def other(request: pytest.FixtureRequest) -> Iterator[str]:
    with replying(*request.param) as address:
        yield address


def test_the_stand_in_answers_where_something_else_replies(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_TWIN", "1")
    engine_named("opensearch").build(tmp_path / "engine", POSTINGS)
    monkeypatch.setenv("KB_OPENSEARCH_URL", other)
    engine = engine_named("opensearch").open(tmp_path / "engine")
    assert [each.passage for each in engine.search(EngineQuery.of(["积分"]), 5)] == ["a#0"]
    assert len(engine) == 1
    assert engine.degraded == "回答不像是集群的"
    assert INSIDE not in caplog.text


def test_a_build_says_that_something_else_replies(other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_URL", other)
    with pytest.raises(EngineError, match="OpenSearch 集群用不了（回答不像是集群的）——原来的索引照常使用") as refused:
        engine_named("opensearch").build(tmp_path / "engine", POSTINGS)
    assert INSIDE not in str(refused.value)


def test_what_a_build_was_told_does_not_reach_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with replying("application/json", f"维护中 {INSIDE}", got=404) as address:
        monkeypatch.setenv("KB_OPENSEARCH_URL", address)
        with pytest.raises(EngineError, match="OpenSearch 集群用不了（SerializationError）") as refused:
            engine_named("opensearch").build(tmp_path / "engine", POSTINGS)
    assert INSIDE not in str(refused.value)

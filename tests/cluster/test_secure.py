"""A cluster behind TLS and a password, as any real one is; and settings that cannot be used are named without being quoted."""

from __future__ import annotations

import base64
import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from search.engines import EngineError, EngineQuery, Posting, engine_named
from search.engines.settings import ClusterSettings
from tests.cluster.conftest import Own

PASSWORD, WRONG = "密码-9f3c", "密码-7d1e"
POSTINGS = [Posting("a#0", "a", "jifen", "faq", ("积分",), ())]


@dataclass(frozen=True)
class Door:
    """An address with TLS that lets through who knows the password."""

    url: str
    ca: Path


@pytest.fixture
def door(own: Own, tmp_path: Path) -> Iterator[Door]:
    right = "Basic " + base64.b64encode(f"wence:{PASSWORD}".encode()).decode()
    node = own.cluster.nodes[0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, reply = 401, "text/plain", b"Unauthorized"
            if self.headers.get("Authorization") == right:
                inside = http.client.HTTPConnection("127.0.0.1", node.http)
                headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                inside.request(self.command, self.path, body, headers)
                answer = inside.getresponse()
                status, kind, reply = answer.status, answer.headers["Content-Type"], answer.read()
                inside.close()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on  # noqa: N815  as the base class calls them

        def log_message(self, *_: object) -> None:
            return

    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *made, *name], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Door(f"https://localhost:{server.server_port}", certificate)
        server.shutdown()


def _set(monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"KB_OPENSEARCH_{name.upper()}", str(value))


def test_a_cluster_behind_tls_and_a_password_answers(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, url=door.url, ca=door.ca, user="wence", password=PASSWORD, twin=0)
    engine_named("opensearch").build(tmp_path / "engine", POSTINGS)
    engine = engine_named("opensearch").open(tmp_path / "engine")
    assert [each.passage for each in engine.search(EngineQuery.of(["积分"]), 5)] == ["a#0"]


def test_a_wrong_password_is_said_and_never_shown(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _set(monkeypatch, url=door.url, ca=door.ca, user="wence", password=WRONG)
    with pytest.raises(EngineError, match="用户名或密码不对") as refused:
        engine_named("opensearch").build(tmp_path / "engine", POSTINGS)
    shown = (
        caplog.text
        + str(refused.value)
        + repr(ClusterSettings.of({"KB_OPENSEARCH_URL": "https://a", "KB_OPENSEARCH_PASSWORD": PASSWORD}))
    )
    assert WRONG not in shown
    assert PASSWORD not in shown


def test_a_certificate_of_nobody_known_is_refused(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, url=door.url, user="wence", password=PASSWORD)
    with pytest.raises(EngineError, match="连不上"):
        engine_named("opensearch").build(tmp_path / "engine", POSTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", ""),
        ("URL", "10.0.0.1:9200"),
        ("URL", "https://user:geheim@10.0.0.1:9200"),
        ("PREFIX", "Wence*"),
        ("SHARDS", "0"),
        ("REPLICAS", "viele"),
        ("WAIT", "-1"),
        ("TWIN", "vielleicht"),
        ("CA", "/nowhere/ca.pem"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_quoted(name: str, value: str) -> None:
    environment = {"KB_OPENSEARCH_URL": "https://10.0.0.1:9200", f"KB_OPENSEARCH_{name}": value}
    with pytest.raises(EngineError, match=f"KB_OPENSEARCH_{name} 没有写或不能用") as refused:
        ClusterSettings.of(environment)
    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None

"""What operators read and copy is true: settings, tests and commands that are named are there; the audit cannot pass unseen."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.engines.settings import ClusterSettings
from tests import audit
from tests.conftest import ROOT
from web.limits import Limits

OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
SECURITY = (ROOT / "docs/security.md").read_text("utf-8")
NGINX = (ROOT / "deploy/nginx.conf").read_text("utf-8")
SERVICE = (ROOT / "deploy/wence.service").read_text("utf-8")


def _code() -> str:
    files = [path for room in ("kb", "search", "web", "cli") for path in (ROOT / room).rglob("*.py")]
    return "".join(path.read_text("utf-8") for path in files)


def test_every_setting_is_in_the_table_and_no_other() -> None:
    named = set(re.findall(r"`(KB_[A-Z_]+)`", OPERATIONS.split("## Settings")[1].split("\n\n")[1]))
    limits = {f"KB_LIMIT_{name.upper()}" for name in Limits.__dataclass_fields__}
    cluster = {f"KB_OPENSEARCH_{name.upper()}": field for name, field in ClusterSettings.model_fields.items()}
    assert named == {*re.findall(r"\bKB_[A-Z]+(?:_[A-Z]+)*\b", _code()), *limits, *cluster} - {"KB_LIMIT"}
    for name in ("SHARDS", "REPLICAS"):
        assert cluster[f"KB_OPENSEARCH_{name}"].default == 1
    for name in ("PREFIX", "GRACE", "WAIT"):
        assert f"| `KB_OPENSEARCH_{name}` | `{cluster[f'KB_OPENSEARCH_{name}'].default}` |" in OPERATIONS
    for name, limit in vars(Limits()).items():
        assert f"| `KB_LIMIT_{name.upper()}` | `{limit}` |" in OPERATIONS


@pytest.mark.parametrize("path", [*(ROOT / "deploy").iterdir()], ids=lambda path: path.name)
def test_what_is_deployed_sets_only_what_there_is(path: Path) -> None:
    text = path.read_text("utf-8")
    named = set(re.findall(r"\bKB_[A-Z]+(?:_[A-Z]+)*\b", text))
    assert named <= set(re.findall(r"KB_[A-Z_]+", OPERATIONS))
    assert not re.search(r"KB_SECRET=|BEGIN [A-Z ]*PRIVATE", text)
    assert f"deploy/{path.name}" in OPERATIONS
    for copied in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M):
        assert [name for name in copied.split() if not (ROOT / name).exists()] == []


def test_what_servers_publish_is_sealed_with_a_key_of_its_own() -> None:
    """Who learns the secret of the forms cannot write the pages of those who follow."""
    given = dict(re.findall(r"^  (KB_\w+): \$\{(\w+)", (ROOT / "deploy/compose.yml").read_text("utf-8"), re.M))
    for name in ("KB_SECRET", "KB_OPENSEARCH_KEY"):
        assert given[name] == name


@pytest.mark.parametrize(
    "setting",
    [
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "limit_conn wence_connections 40;",
        "limit_req zone=wence_requests burst=60 nodelay;",
        "client_max_body_size 64k;",
        "proxy_set_header Host $host;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        'proxy_set_header X-Forwarded-Host "";',
        'proxy_set_header Forwarded "";',
        "access_log off;",
    ],
)
def test_the_proxy_does_what_the_threat_model_rests_on(setting: str) -> None:
    assert re.search(rf"^    +{re.escape(setting)}$", NGINX, re.M)
    assert "$proxy_add_x_forwarded_for" not in NGINX


def test_the_proxy_keeps_what_tells_of_the_site_to_the_machine() -> None:
    own = re.findall(r"location ~ \^/\(healthz\|readyz\|metrics\)\$ \{(.*?)\}", NGINX, re.S)
    assert [re.findall(r"(?:allow|deny) [^;]+;", block) for block in own] == [
        ["allow 127.0.0.1;", "allow ::1;", "deny all;"]
    ]


COMPOSE = (ROOT / "deploy/compose.yml").read_text("utf-8")
COMPOSED = textwrap.dedent(COMPOSE.partition("    content: |\n")[2].partition("\nnetworks:")[0]).replace("$$", "$")
LONG = "a" * 9_000


@pytest.mark.parametrize(
    ("request_line", "header", "status", "said"),
    [
        ("GET /", "Accept: */*", 503, "网站正在重新启动"),
        ("GET /", "Content-Length: many", 400, "请求写得不对"),
        ("POST /feedback/vote", "Content-Length: 70000", 413, "发送的内容太大"),
        (f"GET /search?q={LONG}", "Accept: */*", 414, "网址太长"),
        ("GET /", f"Cookie: a={LONG}", 431, "清除本站的 Cookie"),
    ],
    ids=["restarting", "bad", "large", "long", "cookies"],
)
@pytest.mark.parametrize("conf", [NGINX, COMPOSED], ids=["nginx.conf", "compose.yml"])
def test_what_the_proxy_itself_says_is_chinese(
    conf: str, request_line: str, header: str, status: int, said: str, tmp_path: Path
) -> None:
    with _proxied(conf, tmp_path) as port:
        reply = _asked(port, f"{request_line} HTTP/1.1\r\nHost: wence.example\r\n{header}\r\nConnection: close\r\n\r\n")
    assert reply.startswith(f"HTTP/1.1 {status} ")
    assert said in reply
    assert "text/plain; charset=utf-8" in reply
    assert ("Retry-After: 30" in reply) == (status == 503)


def test_a_flood_is_told_in_chinese_when_to_come_back(tmp_path: Path) -> None:
    with _proxied(NGINX, tmp_path) as port:
        replies = [_asked(port, "GET / HTTP/1.0\r\nHost: wence.example\r\n\r\n") for _ in range(120)]
    assert "429 Too Many" in replies[-1]
    assert "请求太多，请过几秒再试" in replies[-1]
    assert "Retry-After: 5" in replies[-1]


@contextmanager
def _proxied(conf: str, folder: Path) -> Iterator[int]:
    """A real nginx with the server of the site alone, without TLS and with nothing behind it; gives its port."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed; `apt-get install nginx` installs it on Debian")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    shared, *servers = re.split(r"^(?=server \{)", conf, flags=re.M)
    site = re.sub(r"^ +(listen|ssl_\w+|error_log) .*\n", "", shared + servers[-1], flags=re.M)
    site = re.sub(r"server \S+:8000", "server 127.0.0.1:9", site.replace("/var/cache/nginx", str(folder)))
    site = site.replace("\nserver {", f"\nserver {{\n    listen 127.0.0.1:{port};", 1)
    rooms = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(f"daemon off; pid {folder}/pid; events {{}} http {{ {rooms}\n{site} }}", "utf-8")
    with subprocess.Popen([nginx, "-e", "stderr", "-c", folder / "nginx.conf"]) as server:
        try:
            for _ in range(100):
                assert server.poll() is None
                with socket.socket() as trial:
                    if trial.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()


def _asked(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def test_the_proxy_looks_up_the_servers_anew_when_they_are_made_anew() -> None:
    """It knows their addresses from its start; from Compose 2.17 on, `restart` starts it again after theirs."""
    needed = COMPOSE.partition("  proxy:\n")[2].partition("depends_on:")[2].partition("volumes:")[0]
    assert re.findall(r"(web\d): \{condition: service_healthy, restart: true\}", needed) == ["web1", "web2"]
    version = re.search(r"Docker Compose (\d+)\.(\d+) or newer", COMPOSE)
    assert version
    assert tuple(map(int, version.groups())) >= (2, 17)


def test_the_service_may_write_to_its_own_state_only() -> None:
    for setting in ("ProtectSystem=strict", "StateDirectory=wence", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n"):
        assert setting in SERVICE
    assert "ReadWritePaths" not in SERVICE
    assert set(re.findall(r"^Environment=KB_\w+=(/var\S+)", SERVICE, re.M)) == {"/var/lib/wence/index"}


def test_every_proof_that_the_threat_model_names_is_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", SECURITY))
    assert len(named) > 15
    assert {name for name in named if f"def {name}(" not in tests} == set()


def test_lines_of_the_log_and_words_to_visitors_are_the_real_ones() -> None:
    code = _code()
    rows = OPERATIONS.split("| line of the log |")[1].split("\n\n")[0].splitlines()[2:]
    said = [words for row in rows for words in re.findall(r"[一-鿿，]{4,}", row.split("|")[1])]
    assert len(said) >= 5
    assert [words for words in said if words.removeprefix("评价") not in code] == []
    assert "网站名不是本站的" in code


def test_what_was_not_audited_is_no_success() -> None:
    fine: dict[str, object] = {"name": "a", "version": "1", "vulns": []}
    flaw = {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}
    passed_over: dict[str, object] = {"name": "b", "skip_reason": "not found"}
    reports: dict[int, list[list[dict[str, object]]]] = {
        audit.CLEAN: [[fine]],
        audit.VULNERABLE: [[fine | {"vulns": [flaw]}], [fine | {"vulns": [flaw]}, passed_over]],
        audit.NOT_AUDITED: [[fine, passed_over], [passed_over], []],
    }
    for code, lists in reports.items():
        assert [audit.read(json.dumps({"dependencies": each})).code for each in lists] == [code] * len(lists)
    assert audit.read("").code == audit.read("[]").code == audit.NOT_AUDITED
    assert audit.read(json.dumps({"dependencies": [fine | {"vulns": [flaw]}]})).vulnerable == (
        "a 1: PYSEC-1, mended in 2",
    )

"""Who has a reply already is not sent it again; who can take it compressed is; nothing is compressed twice."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient

QUESTION = "/search?q=积分审核要多久"
STATIC = Path(__file__).parents[2] / "web" / "static"
PATHS = [
    "/",
    QUESTION,
    "/search",
    "/az",
    "/quality",
    "/updates",
    "/settings",
    "/styleguide",
    "/offline",
    "/t/jifen",
    "/zh-Hant/t/jifen",
    "/a/jifen-xuban/zhinan",
    "/a/jifen-xuban/zhinan.json",
    "/a/jifen-xuban/zhinan.md",
    "/a/jifen-xuban/zhinan.png",
    "/api/v1/answer?q=积分审核要多久",
    "/api/v1/search?q=积分",
    "/api/v1/suggest?q=积分",
    "/api/v1/topics",
    "/api/v1/entries/articles/jifen-xuban/zhinan",
    "/api/openapi.json",
    "/feed.xml",
    "/sitemap.xml",
    "/opensearch.xml",
    "/robots.txt",
    "/llms.txt",
    "/manifest.webmanifest",
    "/sw.js",
    "/static/site.css",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "gzip, deflate, br, zstd"])
def test_a_reply_that_one_has_is_not_sent_again(client: FlaskClient, path: str, coding: str) -> None:
    accept = {"Accept-Encoding": coding}
    for _ in range(2):  # worked out, and out of memory
        first = client.get(path, headers=accept)
        again = client.get(path, headers=accept | {"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
        for name in ("ETag", "Vary", "Cache-Control"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "Content-Encoding" not in again.headers or not again.data
        assert client.get(path, headers=accept | {"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_head_says_what_get_would_send(client: FlaskClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize("path", [QUESTION, "/a/jifen-xuban/zhinan", "/zh-Hant/", "/search?q=积分&page=2"])
def test_pages_vary_with_cookies_and_codings_and_their_mark_is_weak(client: FlaskClient, path: str) -> None:
    for _ in range(2):
        reply = client.get(path)
        assert {each.strip() for each in reply.headers["Vary"].split(",")} == {"Cookie", "Accept-Encoding"}
        assert reply.headers["ETag"].startswith('W/"')
        assert reply.headers["Cache-Control"] == "private"


def test_an_answer_has_the_same_mark_however_long_it_took(client: FlaskClient) -> None:
    first = client.get("/api/v1/answer?q=积分审核要多久&as_of=2026-11-01").headers["ETag"]
    client.application.extensions["wence-replies"].get(("another", None), None)  # drops all
    assert client.get("/api/v1/answer?q=积分审核要多久&as_of=2026-11-01").headers["ETag"] == first


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br;q=0, gzip;q=0", "x" * 5000, ";;,=q"])
def test_who_takes_no_compression_gets_none(client: FlaskClient, accepted: str) -> None:
    for path in (QUESTION, "/static/site.css"):
        for _ in range(2):
            reply = client.get(path, headers={"Accept-Encoding": accepted})
            assert reply.status_code == 200
            assert not reply.content_encoding


@pytest.mark.parametrize("path", [QUESTION, "/sitemap.xml", "/api/v1/answer?q=积分审核要多久"])
def test_a_compressed_reply_is_read_by_any_gzip_reader(client: FlaskClient, path: str) -> None:
    plain = client.get(path).data
    for _ in range(2):
        reply = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert reply.content_encoding == "gzip"
        assert int(reply.headers["Content-Length"]) == len(reply.data) < len(plain) / 2
        assert len(gzip.decompress(reply.data)) == pytest.approx(len(plain), abs=20)


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir()))
@pytest.mark.parametrize("coding", ["gzip", "gzip, br", "identity"])
def test_static_files_arrive_as_they_are_on_disk(client: FlaskClient, name: str, coding: str) -> None:
    reply = client.get(f"/static/{name}", headers={"Accept-Encoding": coding})
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[reply.content_encoding]
    assert unpack(reply.data) == (STATIC / name).read_bytes()
    assert reply.headers["ETag"] != client.get(f"/static/{name}").headers["ETag"] or not reply.content_encoding
    if name.endswith((".css", ".js", ".svg")):
        assert reply.content_encoding == {"gzip": "gzip", "gzip, br": "br", "identity": None}[coding]
        assert reply.headers["Vary"] == "Accept-Encoding"


def test_the_same_static_bytes_are_not_compressed_again(client: FlaskClient) -> None:
    def sent() -> bytes:
        return client.get("/static/site.css", headers={"Accept-Encoding": "br"}).get_data()

    assert sent() == sent()
    [style] = re.findall(r'href="(/static/site\.[0-9a-f]{12}\.css)"', client.get("/").text)
    kept = client.get(style, headers={"Accept-Encoding": "br"}).headers["Cache-Control"]
    assert {"immutable", "public", "max-age=31536000"} == {each.strip() for each in kept.split(",")}


@pytest.mark.parametrize(
    "name", ["../app.py", "%2e%2e/app.py", "nope.css", "", "./../templates/base.html", "a\\b", "x%00y"]
)
def test_nothing_else_is_a_static_file(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_the_page_that_refuses_a_host_is_a_page(client: FlaskClient) -> None:
    reply = client.get("/", headers={"Host": f"{'h' * 300}.example"})
    assert reply.status_code < 500

"""Attacks through requests, a class each: what strangers send is refused in plain words, never a 5xx, never believed."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from search.service import Service
from tests.conftest import Folder
from tests.serving import fetch, served
from tests.web.conftest import client_of
from web.security import MAX_FORM_PARTS, Guard, guard_from

OURS = "https://wence.example"
PAGES = ("/", "/search?q=积分审核要多久", "/a/jifen/zhinan", "/zh-Hant/t/jifen", "/az/J", "/settings", "/nope")
MACHINES = (
    "/sitemap.xml",
    "/feed.xml",
    "/robots.txt",
    "/opensearch.xml",
    "/llms.txt",
    "/manifest.webmanifest",
    "/api/v1/topics",
)


@pytest.fixture(scope="module")
def public(site: Service) -> FlaskClient:
    """The site as it is served to the public: its address is set, a proxy of ours stands in front."""
    return client_of(site, site_url=OURS, guard=Guard(proxies=1))


# Hosts


@pytest.mark.parametrize("path", [*PAGES, *MACHINES])
def test_no_address_on_any_page_follows_a_made_up_host(client: FlaskClient, public: FlaskClient, path: str) -> None:
    made_up = {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "Forwarded": "host=evil.example"}
    made_up |= {
        "X-Original-URL": "/evil.example",
        "X-Rewrite-URL": "/evil.example",
        "X-Forwarded-Prefix": "//evil.example",
    }
    for visitor, host in ((client, "localhost"), (public, "wence.example"), (public, "localhost")):
        assert "evil" not in visitor.get(path, headers=made_up | {"Host": host}).get_data(as_text=True)
    for visitor in (client, public):
        for host in (
            "evil.example",
            "wence.example.evil.example",
            "evil.example:80@localhost",
            "localhost.evil.example",
        ):
            reply = visitor.get(path, headers={"Host": host})
            assert (reply.status_code, reply.headers["Cache-Control"]) == (400, "no-store")
            assert "网站名不是本站的" in reply.get_data(as_text=True)
            assert "evil" not in reply.get_data(as_text=True) + str(reply.headers)


def test_the_sites_own_names_are_accepted_and_others_when_set(site: Service, public: FlaskClient) -> None:
    for host in ("wence.example", "wence.example:443", "localhost:8000", "127.0.0.1"):
        assert public.get("/readyz", headers={"Host": host}).status_code == 200
    for settings, bound, site_url, accepted, refused in (
        ({}, "192.0.2.7", None, "192.0.2.7:8000", "192.0.2.8"),
        ({}, "0.0.0.0", None, socket.gethostname(), "evil.example"),  # noqa: S104
        ({"KB_HOSTS": "问策.例子.cn, b.example"}, "127.0.0.1", None, "xn--qxzp85c.xn--fsqu00a.cn", "c.example"),
        ({"KB_HOSTS": "2001:db8::1"}, "127.0.0.1", None, "[2001:db8::1]", "[2001:db8::2]"),
        ({"KB_HOSTS": "b.example"}, "127.0.0.1", OURS, "b.example", "192.0.2.7"),
        ({}, "::1", None, "[::1]:8000", "[::2]:8000"),
        ({}, "127.0.0.1", "http://[2001:DB8::1]:8000", "[2001:db8::1]:8000", "[2001"),
    ):
        visitor = client_of(site, site_url=site_url, guard=guard_from(settings, bound, site_url))
        assert visitor.get("/readyz", headers={"Host": accepted}).status_code == 200
        assert visitor.get("/readyz", headers={"Host": refused}).status_code == 400


# Headers, cookies


def test_pages_say_what_browsers_may_do_with_them(public: FlaskClient) -> None:
    for path in (*PAGES, *MACHINES, "/static/site.css", "/sw.js", "/metrics", "/preview.png"):
        with public.get(path, headers={"Host": "wence.example"}) as reply:
            headers = reply.headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if path == "/preview.png" else "same-origin")
        assert "camera=()" in headers["Permissions-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Content-Type"].partition(";")[2] or not headers["Content-Type"].startswith("text/")


def test_over_http_nothing_is_promised_about_https(client: FlaskClient) -> None:
    for headers in ({}, {"X-Forwarded-Proto": "https"}):
        assert "Strict-Transport-Security" not in client.get("/", headers=headers).headers


def test_cookies_over_https_are_tied_to_this_very_host(public: FlaskClient) -> None:
    headers = {"Host": "wence.example", "X-Forwarded-Proto": "https"}
    reply = public.post("/settings", data={"view": "elder"}, headers=headers)
    [cookie] = reply.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-view=elder; ")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    page = public.get("/", headers=headers | {"Cookie": "__Host-view=elder; view=standard"}).text
    assert 'data-view="elder"' in page
    public.delete_cookie("__Host-view")


# Other sites' forms


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://wence.example.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_what_another_site_sends_changes_nothing(public: FlaskClient, site: Service, headers: dict[str, str]) -> None:
    entry = next(iter(site.library.entries))
    headers |= {"Host": "wence.example"}
    token = re.findall(
        r'name="session" value="([^"]+)"', public.get("/a/jifen/zhinan", headers={"Host": "wence.example"}).text
    )[0]
    for path, sent in (
        ("/settings", {"view": "elder"}),
        ("/feedback/vote", {"session": token, "entry": entry, "helpful": "no"}),
        ("/feedback/message", {"session": token, "about": "x", "comment": "x"}),
    ):
        reply = public.post(path, data=sent, headers=headers)
        assert (reply.status_code, "Set-Cookie" in reply.headers) == (403, False)
    vote = {"entry": entry, "helpful": False}
    assert public.post("/api/v1/feedback", json=vote, headers=headers).status_code == 403
    # What a form can send without asking first is not JSON to us.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert public.post("/api/v1/feedback", data='{"entry": "x"}', content_type=kind).status_code == 415
    assert "Access-Control-Allow-Origin" not in public.options("/api/v1/feedback", headers=headers).headers


def test_our_own_pages_are_known_by_either_header(public: FlaskClient) -> None:
    for headers in (
        {},
        {"Origin": OURS},
        {"Sec-Fetch-Site": "same-origin", "Origin": OURS},
        {"Sec-Fetch-Site": "none"},
    ):
        reply = public.post("/settings", data={"theme": "system"}, headers=headers | {"Host": "wence.example"})
        assert reply.status_code == 303
    for name in ("theme", "__Host-theme"):
        public.delete_cookie(name)


def test_reading_changes_nothing_and_no_header_makes_it_writing(client: FlaskClient) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for path in ("/settings?view=elder&_method=POST", "/feedback/vote?_method=POST"):
            assert "Set-Cookie" not in client.get(path, headers={name: "POST"}).headers
        assert client.post("/healthz?_method=GET", headers={name: "GET"}).status_code == 405
    assert client.get("/feedback/vote").status_code == 405


# Ways out


OUT = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\/evil.example",
]
OUT += [
    "/zh-Hant//evil.example/../..//evil.example",
    "https:evil.example",
    "/%0d%0aLocation: //evil.example",
    "/x\r\nSet-Cookie: a=b",
]


@pytest.mark.parametrize("out", OUT)
def test_nothing_redirects_to_another_host(client: FlaskClient, out: str) -> None:
    for prefix in ("", "/zh-Hant"):
        replies = [
            client.post(f"{prefix}/settings", data={"view": "standard", "back": out}),
            client.post(f"{prefix}/settings", data={"view": "standard", "back": out, "say": "saved"}),
            client.get(prefix + out.replace("\r\n", "%0d%0a").replace("\t", "%09").replace("https:", "/https:")),
            client.get(f"{prefix}/settings", headers={"Referer": "http://localhost" + out.replace("\r\n", "")}),
        ]
        for reply in replies:
            location = reply.headers.get("Location", "/")
            assert reply.status_code < 500
            assert re.match(r"(http://localhost)?/(?![/\\])", location), location
            assert "a=b" not in str(reply.headers.getlist("Set-Cookie"))
            assert 'href="//' not in reply.text
    for name in ("view", "size", "theme"):
        client.delete_cookie(name)


PASSWORDS = ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "..%5c..%5cetc%5cpasswd", "%2e%2e/%2e%2e/app.py"]
PASSWORDS += [
    "....//....//etc/passwd",
    "/etc/passwd",
    "site.css%00.png",
    "~root/.ssh",
    "C:/Windows/win.ini",
    "a" * 4000,
]


@pytest.mark.parametrize("path", PASSWORDS)
def test_no_address_leads_out_of_what_is_published(client: FlaskClient, path: str) -> None:
    places = (
        "/static/",
        "/a/",
        "/q/",
        "/a/jifen/",
        "/q/jifen/",
        "/t/",
        "/az/",
        "/api/v1/entries/",
        "/zh-Hant/static/",
        "/",
    )
    for place in places:
        for end in ("", ".json", ".md", ".png"):
            with client.get(place + path + end) as reply:
                assert reply.status_code in (302, 308, 400, 404), place + path + end
                assert not re.search(r"root:|import annotations|\[fonts\]", reply.get_data(as_text=True))


# Requests that are out of shape


LONG = "长" * 600
QUERIES = [
    "q=%zz%e4%b",
    "q=%ff%fe%00",
    "q=a%00b",
    f"q={LONG}",
    "q[]=积分",
    "q[a][b]=1",
    "q=积分&q=签注",
    "q=" + "%F0%9F%92%A9" * 500,
]
QUERIES += [
    "&".join(f"p{n}=1" for n in range(10_000)),
    "q=积分&page=9999999999999999999",
    "q=x&per_page=-1",
    "q=x&as_of=9999-12-31",
]
QUERIES += [
    "q=x&as_of=٢٠٢٦-٠١-٠١",
    "q=x&page=１",
    "q=x&page=1e3",
    "q=x&topic=../x",
    "q=" + "(" * 400,
    "q=" + "a" * 400,
    "=&=&&==",
    "%00=%00",
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:24])
def test_no_query_is_an_error_of_ours(client: FlaskClient, query: str) -> None:
    paths = (
        "/search",
        "/api/v1/answer",
        "/api/v1/search",
        "/api/v1/suggest",
        "/",
        "/settings",
        "/t/jifen",
        "/a/jifen/zhinan.md",
    )
    for path in (*paths, "/zh-Hant/search", "/zh-Hant/t/jifen"):
        reply = client.get(f"{path}?{query}")
        assert reply.status_code in (200, 400), path
        assert "Traceback" not in reply.text
        assert len(reply.data) < 200_000 + 10 * len(query)


def test_of_a_parameter_said_twice_the_first_counts_everywhere(client: FlaskClient) -> None:
    page = client.get("/search?q=积分审核要多久&q=天气")
    answer = client.get("/api/v1/answer?q=积分审核要多久&q=天气").get_json()
    assert answer["query"] == "积分审核要多久"
    assert answer["card"]["answer"][:6] in page.text
    assert "天气" not in page.text.split("<main")[1].split('class="paging"')[0]


def test_nobody_pages_without_end(client: FlaskClient) -> None:
    reply = client.get("/api/v1/search?q=积分&page=100&per_page=50")
    assert (reply.status_code, reply.get_json()["results"]) == (200, [])
    for path in ("/search", "/api/v1/search"):
        for query in ("page=101", "per_page=51", "page=0", "per_page=0"):
            assert client.get(f"{path}?q=积分&{query}").status_code == 400


BODIES: list[tuple[str, bytes]] = [
    ("application/json", b"[" * 60_000),
    ("application/json", b'{"a":' * 12_000),
    ("application/json", b'{"entry": "\\ud800", "helpful": true}'),
    ("application/json", b'{"entry": 1e999, "helpful": ' + b"9" * 5000 + b"}"),
    ("application/json", b"\xff\xfe\x00"),
    ("application/json", b'{"entry": "articles/jifen/zhinan", "helpful": true, "comment": "' + b"a" * 501 + b'"}'),
    ("application/json", b"a" * 64_001),
    ("application/json; charset=utf-7", b"+AHs-"),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(6_000))),
    ("application/x-www-form-urlencoded", b"view=%ff%00&theme=%zz"),
    ("application/x-www-form-urlencoded", b"a" * 64_001),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 100 + b"--x--"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="../a"\r\n\r\n1\r\n--x--',
    ),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=" + "x" * 3000, b"--x"),
]


def test_a_form_of_too_many_parts_is_too_large(client: FlaskClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="view"\r\n\r\nlist\r\n'
    for parts, status in ((MAX_FORM_PARTS, 400), (MAX_FORM_PARTS + 1, 413)):
        reply = client.post("/settings", data=part * parts + b"--x--", content_type="multipart/form-data; boundary=x")
        assert reply.status_code == status


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=lambda part: str(part[:30]))
def test_no_body_is_an_error_of_ours(client: FlaskClient, kind: str, body: bytes) -> None:
    for path in ("/api/v1/feedback", "/settings", "/feedback/vote", "/feedback/message", "/zh-Hant/feedback/report"):
        reply = client.post(path, data=body, content_type=kind)
        assert reply.status_code in (303, 400, 413, 415), path
        assert "Set-Cookie" not in reply.headers
        assert len(reply.data) < 20_000


# The real server


H = b"Host: localhost\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
POST = b"POST /settings HTTP/1.1\r\n" + H + FORM
RAW = {
    "control characters in the path": b"GET /\x1b[31m\x00 HTTP/1.1\r\n" + H + b"\r\n",
    "bytes in the path": b"GET /t/%ff%fe HTTP/1.1\r\n" + H + b"\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\n" + H + b"X-A: a\0b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + H + b"X-A: a\r\n b\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + H + b"Host: evil.example\r\n\r\n",
    "a host that is no address": b"GET / HTTP/1.1\r\nHost: [::::]\r\nConnection: close\r\n\r\n",
    "another such host": b"GET /zh-Hant/ HTTP/1.1\r\nHost: [1:2]\r\nConnection: close\r\n\r\n",
    "such a host at the API": b"GET /api/v1/topics HTTP/1.1\r\nHost: [a:b.c]\r\nConnection: close\r\n\r\n",
    "another host in the target": b"GET http://evil.example/robots.txt HTTP/1.1\r\n" + H + b"\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -5\r\n\r\n",
    "a huge length": POST + b"Content-Length: 99999999999\r\n\r\na",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a chunk without end": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    "a long address": b"GET /search?q=" + b"a" * 20_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + H + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + H + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n",
    "a method of no kind": b"get / HTTP/1.1\r\n" + H + b"\r\n",
    "a way to another host": b"CONNECT evil.example:443 HTTP/1.1\r\n" + H + b"\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a protocol of a proxy": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n" + H + b"\r\n",
    "forged lines for the log": b"GET /nope HTTP/1.1\r\n"
    + H
    + b"User-Agent: a\x9b31m%0d%0aFORGED\r\nReferer: \xe2\x80\xae\x85FORGED\r\n"
    b"X-Request-ID: 1\x9b2J%0aFORGED\r\nX-Forwarded-For: FORGED\r\n\r\n",
    "colours for the log": b"GET / HTTP/1.1\r\n" + H + b"User-Agent: \x1b[31mFORGED\r\n\r\n",
}


def test_the_server_refuses_what_is_out_of_shape_and_its_log_stays_lines(
    folder: Folder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(folder.root, tmp_path / "index") as address:
        port = int(address.rpartition(":")[2])
        answers = {name: _sent(port, raw) for name, raw in RAW.items()}
        assert "积分" in fetch(f"{address}/t/jifen")
    codes = {name: int(answer.split(b" ")[1]) for name, answer in answers.items()}
    assert {name: code for name, code in codes.items() if not 200 <= code < 500} == {}
    assert {name for name, code in codes.items() if code == 200} == {"another host in the target"}
    assert b"evil" not in b"".join(answers.values())
    assert not re.search(rb"Server: \S*\d", b"".join(answers.values()))
    log = capfd.readouterr().err
    assert "Traceback" not in log
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]|^\W*FORGED", log, re.M)


def _sent(port: int, raw: bytes) -> bytes:
    """What the server answers to bytes, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(raw)
        parts = []
        try:
            while part := connection.recv(65536):
                parts.append(part)
        except ConnectionResetError:  # it was not read to its end
            pass
    return b"".join(parts)


def test_a_setting_that_cannot_be_used_is_wrong_usage() -> None:
    for settings in ({"KB_HOSTS": "https://a.example"}, {"KB_TRUSTED_PROXIES": "9"}, {"KB_TRUSTED_PROXIES": "-1"}):
        with pytest.raises(ValueError, match="不能用——"):
            guard_from(settings, "127.0.0.1", None)

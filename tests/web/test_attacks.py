"""Attacks through content: what editors write is text, and what they take back is gone. Through requests: test_requests.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import etree

from kb import library
from search.service import Service
from tests.conftest import FAQ, ROOT, Folder
from tests.kb.test_hostile_files import Seen
from tests.web.conftest import client_of
from web.app import create_app
from web.usage.store import Kind, Note, Store

Open = Callable[..., Service]
MACHINES = ("/sitemap.xml", "/feed.xml", "/llms.txt", "/opensearch.xml", "/manifest.webmanifest", "/robots.txt")
LISTS = ("/api/v1/topics", "/az", "/quality", "/settings", "/offline", "/sw.js", "/metrics", "/healthz", "/readyz")
SCRIPT = "<script>alert(1)</script>"
MOST_PAGES = 5_000
"""Pages that a small content may have: links that make ever new ones would be found."""


def crawl(client: FlaskClient, *start: str) -> dict[str, str]:
    """Every page and machine twin that can be reached by links from the home page, the machines' lists and `start`."""
    waiting = ["/", *MACHINES, *LISTS, *start]
    waiting += [f"/zh-Hant{path}" for path in waiting]
    seen: dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        with client.get(path) as reply:
            assert reply.status_code in (200, 302, 303, 308, 404, 405), (path, reply.status_code)
            assert len(seen) < MOST_PAGES
            seen[path] = "" if reply.mimetype == "image/png" else reply.get_data(as_text=True)
        if reply.mimetype in ("text/html", "application/xml", "text/markdown", "text/plain"):
            links = re.findall(r'(?:href="|<loc>|\]\()(?:http://localhost)?(/[^"<)#\s]*)', seen[path])
            waiting += [link.replace("&amp;", "&") for link in links if not link.startswith(("/static/", "/preview"))]
    return seen


# What editors write


@pytest.fixture
def hostile(folder: Folder) -> Folder:
    """Content that says in every place what a page must not do; `kb check` finds nothing wrong with it."""
    bad = "积分<img src=x onerror=alert(1)>\"'></title></script><script>alert(1)</script>"
    text = json.dumps(bad, ensure_ascii=False)
    plain = f"'{bad.replace(chr(39), chr(39) * 2)}材料？'"
    full = '"＜script＞alert(1)＜/script＞ ＂ onfocus=alert(1) 积分"'
    folder.write(
        "faqs/jifen/edu.md",
        f"""
        ---
        question: {plain}
        topic: jifen
        status: in_force
        verification: official
        reviewed: 2026-11-01
        aliases: [{full}]
        facts:
          - facet: materials
            about: 敌意
            items: [{{name: {text}, copies: {text}, when: {text}, note: {text}}}]
            source: banfa
          - facet: process
            about: 敌意
            steps: [{{do: {text}, who: {text}, note: {text}}}]
            source: banfa
        ---
        积分 `{SCRIPT}` &lt;img src=x onerror=alert(1)&gt; &#60;script&#62; [点](/q/jifen/edu "a' onfocus=alert(1)")
        """.replace("\n        ", "\n"),
    )
    folder.write("sources.yml", f"- {{id: banfa, title: {text}, issuer: {text}, number: {text}}}\n")
    folder.change("site.yml", "name: 测试站", f"name: {text}")
    folder.change("site.yml", "tagline: 测试", f"tagline: {text}")
    folder.change("topics.yml", "summary: 关于积分", f"summary: {text}")
    assert [str(problem) for problem in library.load(folder.root).errors] == []
    return folder


def test_whatever_editors_write_is_text_on_every_page_and_in_every_list(hostile: Folder, open_folder: Open) -> None:
    client = client_of(open_folder(hostile))
    asked = [f"/search?q={quote(text)}" for text in ("积分材料", "积分<img src=x>", '积分">', "script", "今天天气")]
    pages = crawl(client, *asked, "/api/v1/answer?q=积分材料", "/api/v1/search?q=积分", "/api/v1/suggest?q=积分")
    assert len([path for path in pages if path.startswith("/zh-Hant/search")]) > 3
    assert [path for path in pages if "edu" in path and not path.endswith((".json", ".md", ".png"))]
    assert sum("&lt;script&gt;alert(1)" in text for text in pages.values()) > 20
    for path, text in pages.items():
        if text.startswith("<!doctype html>"):
            _holds_no_foreign_markup(path, text)
        elif text.startswith("<?xml"):
            etree.fromstring(text.encode())


def _holds_no_foreign_markup(path: str, html: str) -> None:
    seen = Seen()
    seen.feed(html)
    assert not seen.tags & {"img", "iframe", "object", "svg", "style", "base", "math"}, path
    assert not [name for name in seen.attributes if name.startswith("on")], path
    for target in seen.targets:
        assert urlsplit(target).scheme in ("", "http", "https", "tel"), (path, target)
        assert urlsplit(target).netloc in ("", "localhost"), (path, target)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S)
    for attributes, inner in scripts:
        if "application/ld+json" in attributes:
            json.loads(inner)
        else:
            assert re.fullmatch(r' src="/static/\w+\.[0-9a-f]{12}\.js" defer', attributes), path
            assert inner == "", path
    assert len(scripts) == len(re.findall("<script", html)), path


def test_marks_in_a_snippet_are_the_only_markup_of_a_result(hostile: Folder, open_folder: Open) -> None:
    client = client_of(open_folder(hostile))
    for question in ("积分材料", "img src", "mark 积分", "<mark>积分"):
        found = client.get("/api/v1/search", query_string={"q": question}).get_json()["results"]
        assert found
        for result in found:
            assert "<" not in re.sub(r"</?mark>", "", result["snippet"])


def test_suggestions_are_json_and_become_text_on_the_page(hostile: Folder, open_folder: Open) -> None:
    client = client_of(open_folder(hostile))
    for typed in ("＜script＞", "＂ onfocus", "&lt;script&gt;", "积分<img", "\u202e积分\x00", "'|積分"):
        for prefix in ("", "/zh-Hant"):
            reply = client.get(f"{prefix}/api/v1/suggest", query_string={"q": typed})
            assert (reply.status_code, reply.mimetype) == (200, "application/json")
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert reply.get_json()["query"] == typed.strip()
    shown = client.get("/api/v1/suggest", query_string={"q": "积分<img"}).get_json()["suggestions"]
    assert [found for found in shown if "<img src=x onerror" in found["title"]]
    for script in (ROOT / "web/static").glob("*.js"):
        code = script.read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|setHTML|createContextualFragment|\beval\(|new Function|srcdoc",
            code,
        )


def test_files_outside_the_content_folder_are_not_published(folder: Folder, open_folder: Open, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/passwd.md").write_text(FAQ.replace("积分要交什么材料？", "秘密是什么？").lstrip("\n"), "utf-8")
    (folder.root / "faqs/jifen/passwd.md").symlink_to(tmp_path / "secret/passwd.md")
    (folder.root / "faqs/secret").symlink_to(tmp_path / "secret")
    pages = crawl(client_of(open_folder(folder)), "/q/jifen/passwd", "/q/secret/passwd.md")
    assert not [path for path, text in pages.items() if "秘密是什么" in text]


# Drafts


@pytest.fixture
def canary(folder: Folder) -> Folder:
    """A published article and questions that others lead to, in every way there is."""
    folder.write(
        "articles/jifen/jinsique.md",
        (folder.root / folder.article)
        .read_text("utf-8")
        .replace("积分办理指南", "金丝雀指南")
        .replace("积分怎么办理", "金丝雀怎么办")
        .replace("积分审核要多久？", "金丝雀审核要多久？")
        .replace("facet: review_time\n", "facet: review_time\n    about: 金丝雀\n", 1)
        .replace(
            "---\n积分由",
            "  - {facet: place, question: 金丝雀去哪里办？, answer: 社区中心。, source: banfa}\n---\n积分由",
        )
        .replace("审核能加急吗", "金丝雀能加急吗")
        .replace("about=加急", "about=金丝雀加急")
        .replace("积分由单位", "金丝雀由单位"),
    )
    folder.change(folder.faq, "reviewed:", "related: [articles/jifen/jinsique]\nreviewed:")
    folder.change("site.yml", "contact:", "home: {recommended: [articles/jifen/jinsique]}\ncontact:")
    return folder


def test_an_entry_that_becomes_a_draft_is_gone_everywhere_at_once(
    canary: Folder, open_folder: Open, tmp_path: Path
) -> None:
    service = open_folder(canary)
    store = Store(tmp_path / "var" / "usage.sqlite3")
    app = create_app(service, store)
    client, recorder = app.test_client(), app.extensions["wence-usage"]
    asked = ("金丝雀审核要多久", "金丝雀怎么办", "积分材料清单", "积分", "积分审核要多久")
    start = [f"/search?q={quote(text)}" for text in asked]
    start += [f"/api/v1/{verb}?q={quote(text)}" for verb in ("answer", "search", "suggest") for text in asked]
    start += ["/api/v1/entries/articles/jifen/jinsique", "/a/jifen/jinsique.json", "/a/jifen/jinsique.md"]
    for entry in range(8):
        note = Note(Kind.vote, "articles/jifen/jinsique", helpful=True)
        store.add(note, f"{entry}", date.today())
    recorder.flush()
    recorder.refresh()
    before = crawl(client, *start)
    shown = {path for path, text in before.items() if _sings(text)}
    for path in (
        "/",
        "/zh-Hant/",
        "/feed.xml",
        "/llms.txt",
        "/az/J",
        "/t/jifen",
        "/zh-Hant/t/jifen",
        *start[:2],
        *start[5:8],
    ):
        assert path in shown, path
    assert "/a/jifen/jinsique" in before["/sitemap.xml"]
    assert "金丝雀去哪里办" in unquote(before[f"/search?q={quote('积分审核要多久')}"])  # the card's next step

    canary.change("articles/jifen/jinsique.md", "status: in_force", "status: draft")
    assert service.refresh()
    lists_as_they_are, lists_made_anew = crawl(client, *before), None
    recorder.refresh()
    lists_made_anew = crawl(client, *before)
    restarted = crawl(create_app(open_folder(canary), store).test_client(), *before)
    for after in (lists_as_they_are, lists_made_anew, restarted):
        left = {path for path, text in after.items() if _sings(text)}
        # What a visitor asks is said back to the visitor.
        assert {path for path in left if "金丝雀" not in unquote(path)} == set()
        for words in ("金丝雀审核要多久？", "金丝雀指南"):
            assert not [path for path in left if words in after[path] and words not in unquote(path)]
        assert not [path for path, text in after.items() if "jinsique" not in path and "jinsique" in text]
    for path in ("/a/jifen/jinsique", "/a/jifen/jinsique.json", "/a/jifen/jinsique.md", "/a/jifen/jinsique.png"):
        # By this answer the service worker forgets the copy that it kept.
        assert client.get(path).status_code == 404


def _sings(text: str) -> bool:
    """Whether a page names the canary, be it in an address or in traditional characters."""
    return "金丝雀" in unquote(text) or "金絲雀" in unquote(text)

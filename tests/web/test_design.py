"""The style guide shows everything; pages are light to fetch."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

import pytest
from flask.testing import FlaskClient

from search.model import CardKind
from web.wording import first_sentence

QUESTION = "/search?q=积分审核要多久"
MOST_BYTES = 40_000
"""The whole search page, compressed: markup, style, scripts, icon."""


def _fetched(client: FlaskClient, path: str, encoding: str) -> bytes:
    with client.get(path, headers={"Accept-Encoding": encoding}) as reply:
        assert reply.status_code == 200
        return bytes(reply.data)


@pytest.mark.parametrize("encoding", ["gzip, deflate", "gzip, deflate, br"])
def test_the_whole_search_page_is_small(client: FlaskClient, encoding: str) -> None:
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get(QUESTION).text)
    assert len(files) >= 4
    assert sum(len(_fetched(client, path, encoding)) for path in (QUESTION, *files)) < MOST_BYTES / 2


def test_what_a_page_is_made_of_may_be_kept_and_pages_may_not(client: FlaskClient) -> None:
    [style] = re.findall(r'href="(/static/site.css[^"]+)"', client.get("/").text)
    with client.get(style) as reply:
        assert "immutable" in reply.headers["Cache-Control"]
    for path in ("/static/site.css", "/static/site.css?v=0123456789ab", "/", QUESTION):
        with client.get(path) as reply:
            assert "immutable" not in reply.headers.get("Cache-Control", "")


def test_the_style_guide_shows_every_kind_of_card_and_is_for_no_search_engine(client: FlaskClient) -> None:
    page = client.get("/styleguide").text
    for kind in CardKind:
        assert f'class="card card-{kind}"' in page
    for part in ("conflict", "also", "checklist", "steps", "card-none", "badge-superseded", "chips", "paging", "toc"):
        assert f'class="{part}' in page or f" {part}" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "styleguide" not in client.get("/sitemap.xml").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("20 个工作日内办好；补材料不算。", ("20 个工作日内办好", "补材料不算。")),
        ("不一定。基本材料里没有；申报的要交。", ("不一定。", "基本材料里没有；申报的要交。")),
        ("带原件（复印件不行；照片也不行）。再带一份。", ("带原件（复印件不行；照片也不行）。", "再带一份。")),
        ("不收费", ("不收费", "")),
        ("选“可以。”的算", ("选“可以。”的算", "")),
        ("）多一个括号。还有", ("）多一个括号。", "还有")),
        ("", ("", "")),
    ],
)
def test_the_first_sentence_is_set_large(text: str, parts: tuple[str, str]) -> None:
    assert first_sentence(text) == parts


def test_next_steps_are_about_the_same_matter_and_not_about_what_was_said(client: FlaskClient) -> None:
    page = client.get(QUESTION).text
    [steps] = re.findall(r'<ul class="next">.*?</ul>', page)
    assert re.findall(r">([^<]+)</a>", steps) == ["怎么办理", "要带什么", "去哪里办"]
    for path in re.findall(r'href="([^"]+)"', steps):
        assert 'class="card card-none"' not in client.get(path).text
    outside = client.get("/search?q=今天天气怎么样").text
    assert 'class="next"' not in outside


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ("快证要多少钱", ["居住证快证怎么办？", "办快证要带什么材料？", "快证去哪里办？"]),
        ("搬家了居住证地址要改吗", ["补领居住证去哪里办？"]),
        ("居住证过期了怎么续签？", ["签注要带什么材料？", "居住证签注在哪里办？"]),
    ],
)
def test_what_comes_next_is_of_the_same_narrower_matter_and_not_how_it_is_done_in_time(
    client: FlaskClient, asked: str, steps: list[str]
) -> None:
    [found] = re.findall(r'<ul class="next">.*?</ul>', client.get("/search", query_string={"q": asked}).text)
    assert [unquote_plus(query) for query in re.findall(r'\?q=([^"]+)"', found)] == steps


def test_search_engines_are_led_from_a_plain_answer_to_its_entry_and_keep_nothing_else(client: FlaskClient) -> None:
    page = client.get(QUESTION).text
    assert re.search(r'<link rel="canonical" href="http://[^/"]+/[aq]/jifen/[a-z-]+">', page)
    assert "noindex" not in page
    for path in ("/search", "/search?q=今天天气怎么样", f"{QUESTION}&page=2", f"{QUESTION}&as_of=2026-01-01"):
        page = client.get(path).text
        assert '<meta name="robots" content="noindex">' in page
        assert "canonical" not in page
    assert "Disallow: /search?*&" in client.get("/robots.txt").text

"""Every page in traditional characters: what is converted, what must not be, and how the two sets of pages meet."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from search.service import Service
from search.text import normalise
from web.traditional import to_traditional, to_traditional_page


def _without_han(page: str) -> str:
    """A page reduced to what conversion must leave alone; links without the prefix."""
    page = re.sub(r'name="session" value="[^"]*"', "", page)  # each page has its own
    page = page.replace('href="/zh-Hant/', 'href="/').replace('action="/zh-Hant/', 'action="/')
    return re.sub(r"[\u3400-\u9fff]", "", page)


def test_every_page_has_a_traditional_twin_with_the_same_structure(client: FlaskClient, site: Service) -> None:
    paths = ["/", "/az", "/az/J", "/quality", "/updates", "/search?q=积分审核要多久", "/search?q=今天天气怎么样"]
    paths += [f"/t/{topic.id}" for topic in site.library.topics]
    paths += [entry.url for entry in site.library.entries.values()]
    for path in paths:
        plain, twin = client.get(path), client.get("/zh-Hant" + path)
        assert twin.status_code == plain.status_code == 200
        assert '<html lang="zh-Hant"' in twin.text
        bodies = [page.split("<main", 1)[1].split("</main>", 1)[0] for page in (plain.text, twin.text)]
        assert _without_han(bodies[0]) == _without_han(bodies[1])
        assert re.findall(r'id="[^"]*"', plain.text) == re.findall(r'id="[^"]*"', twin.text)
        values = [re.findall(r'(?<!name="session" )value="[^"]*"', page.text) for page in (plain, twin)]
        assert values[0] == values[1]


def test_every_link_of_a_traditional_page_stays_among_them(client: FlaskClient) -> None:
    for path in ("/zh-Hant/", "/zh-Hant/a/jifen/zhinan", "/zh-Hant/search?q=积分", "/zh-Hant/az/J", "/zh-Hant/nope"):
        page = client.get(path).text
        links = re.findall(r'<a (?![^>]*hreflang)[^>]*href="(/[^"]*)"', page)
        machines = {"/feed.xml", "/api/openapi.json"}
        assert len(links) > 10
        assert [link for link in links if not link.startswith("/zh-Hant/") and link not in machines] == []
        assert 'action="/zh-Hant/search"' in page
        assert re.findall(r'action="(?!/zh-Hant/)[^"]*"', page) == []
        assert 'href="/static/' in page


def test_an_address_with_other_bytes_than_ascii_is_carried_on_in_percent_encoding(client: FlaskClient) -> None:
    raw, spelt = {"QUERY_STRING": "q=积分&x=%31".encode().decode("latin-1")}, "q=%E7%A7%AF%E5%88%86&x=%31"
    page = client.get("/az", environ_overrides=raw).text
    assert f'href="/zh-Hant/az?{spelt.replace("&", "&amp;")}">繁體</a>' in page
    assert client.get("/az/j", environ_overrides=raw).headers["Location"] == f"/az/J?{spelt}"


def test_each_page_names_the_other_both_ways(client: FlaskClient) -> None:
    for path in ("/a/jifen/zhinan", "/zh-Hant/a/jifen/zhinan"):
        page = client.get(path).text
        for script, where in (("zh-Hans", ""), ("zh-Hant", "/zh-Hant"), ("x-default", "")):
            link = f'<link rel="alternate" hreflang="{script}" href="http://localhost{where}/a/jifen/zhinan">'
            assert link in page
        assert f'<link rel="canonical" href="http://localhost{path}">' in page
    assert (
        '<a class="script" lang="zh-Hant" hreflang="zh-Hant" href="/zh-Hant/az?x=1">繁體</a>'
        in client.get("/az?x=1").text
    )
    assert '<a class="script" lang="zh-Hans" hreflang="zh-Hans" href="/az">简体</a>' in client.get("/zh-Hant/az").text


def test_a_traditional_page_names_itself_to_those_who_share_or_index_it(client: FlaskClient) -> None:
    for path in ("/", "/t/jifen", "/a/jifen/zhinan", "/search?q=积分审核要多久"):
        page = client.get("/zh-Hant" + path).text
        shared = dict(re.findall(r'<meta property="(og:[\w:]+)" content="([^"]*)">', page))
        [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
        if shared:
            assert shared["og:url"] == json.loads(data)["url"] == f"http://localhost/zh-Hant{path}"
            assert shared["og:locale"] == "zh_HK"
            assert shared["og:image:alt"] == shared["og:title"]
        ours = re.findall(r'"http://localhost(/[^"]*)"', data)
        assert ours
        assert [
            each for each in ours if not each.startswith("/zh-Hant/") and not each.endswith((".png", ".json", ".md"))
        ] == []


def test_titles_of_laws_and_document_numbers_stay_recognisable(client: FlaskClient) -> None:
    page = client.get("/zh-Hant/search?q=積分審核要多久").text
    for words in ("上海市居住證積分管理辦法", "滬府規〔2022〕21號", "20 個工作日", "現行有效"):
        assert words in page


def test_what_is_read_out_is_converted_and_values_are_not() -> None:
    page = (
        '<!doctype html><html lang="zh-CN"><meta name="description" content="签注"><meta name="x" content="签注">'
        '<input name="签" value="签注" placeholder="签注" aria-label="签注 &amp; &lt;"><a href="/t/a?q=签注#签">签<mark>注</mark></a>'
        '<a href="https://例.cn/签" title="签注">签</a><a hreflang="zh-Hans" href="/">签注简体</a>'
        "<code>签注</code><textarea>签注</textarea><p>头<mark>发</mark>、<b>发</b>票 &amp; &#x7B7E;</p><!--签--><br>"
        '<form action="/feedback"><option value="签注" selected>签注</option></form>'
        '<script type="application/ld+json">{"inLanguage":"zh-CN","name":"签注\\u003c"}</script></html>'
    )
    assert to_traditional_page(page) == (
        '<!doctype html><html lang="zh-Hant"><meta name="description" content="簽注"><meta name="x" content="签注">'
        '<input name="签" value="签注" placeholder="簽注" aria-label="簽注 &amp; &lt;"><a href="/zh-Hant/t/a?q=签注#签">簽<mark>注</mark></a>'
        '<a href="https://例.cn/签" title="簽注">籤</a><a hreflang="zh-Hans" href="/">签注简体</a>'
        "<code>签注</code><textarea>签注</textarea><p>頭<mark>髮</mark>、<b>發</b>票 &amp; &#x7B7E;</p><!--签--><br>"
        '<form action="/zh-Hant/feedback"><option value="签注" selected>簽注</option></form>'
        '<script type="application/ld+json">{"inLanguage":"zh-Hant","name":"簽注\\u003c"}</script></html>'
    )


def test_a_question_copied_from_a_traditional_page_is_the_same_question(site: Service) -> None:
    texts = [text for entry in site.library.entries.values() for text in (entry.title, *entry.aliases, entry.text)]
    converted = [to_traditional(text) for text in texts]
    assert [len(text) for text in converted] == [len(text) for text in texts]
    assert [text for text, other in zip(texts, converted, strict=True) if normalise(other) != normalise(text)] == []


def test_suggestions_of_a_traditional_page_are_traditional_and_lead_to_the_card(client: FlaskClient) -> None:
    titles = [client.get(f"{start}/api/v1/suggest?q=jifenshenhe").json["suggestions"] for start in ("/zh-Hant", "")]  # type: ignore[index]
    traditional, plain = ([each["title"] for each in found] for found in titles)
    assert traditional == [to_traditional(title) for title in plain] != plain
    question = "積分審核要多久？"
    assert question in traditional
    assert "20 個工作日" in client.get("/zh-Hant/search", query_string={"q": question}).text


@pytest.mark.parametrize("path", ["/zh-Hant", "/zh-Hant/"])
def test_the_traditional_home_page(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert "用您自己的話來問" in page
    assert 'href="/zh-Hant/search?q=%E7%A7%AF%E5%88%86' in page


def test_errors_are_traditional_too(client: FlaskClient) -> None:
    reply = client.get("/zh-Hant/nope")
    assert reply.status_code == 404
    assert "沒有這個頁面" in reply.text
    assert client.get("/zh-Hant/zh-Hant/").status_code == 404
    assert "寫得不對" in client.get("/zh-Hant/search?q=x&as_of=abc").text
    assert client.get("/zh-Hant/search?q=x&page=0").status_code == 400


def test_a_redirect_stays_traditional(client: FlaskClient) -> None:
    assert client.get("/zh-Hant/az/j").headers["Location"] == "/zh-Hant/az/J"


def test_an_address_with_a_doubled_slash_leads_out_of_neither_https_nor_the_script(client: FlaskClient) -> None:
    for path in ("/zh-Hant/a//jifen/zhinan", "/a//jifen/zhinan", "/static//site.css", "/api/v1//topics"):
        assert "://" not in client.get(path).headers.get("Location", "")


@pytest.mark.parametrize("path", ["//example.org/x", "/zh-Hant//example.org/x"])
def test_the_switch_never_leads_to_another_host(client: FlaskClient, path: str) -> None:
    page = client.get(path, follow_redirects=True).text
    assert re.findall(r'href="//', page) == []

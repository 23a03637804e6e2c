"""What machines fetch: valid by its schema, absolute by the site's own address, and only what is in force."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from search.service import Service
from tests.conftest import Folder
from tests.web.conftest import client_of
from web import feeds

OPEN = Callable[..., Service]
SCHEMAS = Path(__file__).parent / "schemas"
ATOM = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
SITEMAP = etree.XMLSchema(etree.parse(SCHEMAS / "sitemap.xsd"))
NS = {"a": "http://www.w3.org/2005/Atom", "s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
NS["o"] = "http://a9.com/-/spec/opensearch/1.1/"
OURS = "https://wence.example"


def _xml(client: FlaskClient, path: str, host: str = "localhost") -> etree._Element:
    reply = client.get(path, headers={"Host": host})
    assert reply.status_code == 200
    return etree.fromstring(reply.data)


@pytest.fixture(scope="module")
def ours(site: Service) -> FlaskClient:
    """The site with its address set."""
    return client_of(site, site_url=f"{OURS}/")


def _hostile(folder: Folder, open_folder: OPEN) -> FlaskClient:
    odd = json.dumps('甲]](x) & <b>"乙"</b> ]]> \t结束', ensure_ascii=False)
    folder.change(folder.faq, "question: 积分要交什么材料？", f"question: {odd}")
    folder.change("site.yml", "name: 测试站", f"name: {odd}")
    return client_of(open_folder(folder))


def test_the_feed_is_valid_atom(client: FlaskClient, folder: Folder, open_folder: OPEN) -> None:
    for reader in (client, _hostile(folder, open_folder)):
        feed = _xml(reader, "/feed.xml")
        ATOM.assertValid(feed)
        # The two rules that RFC 4287 gives in Schematron.
        assert feed.find("a:author", NS) is not None
        assert all(entry.find("a:link[@rel='alternate']", NS) is not None for entry in feed.iterfind("a:entry", NS))
        addresses = [entry.findtext("a:id", namespaces=NS) for entry in feed.iterfind("a:entry", NS)]
        assert len(set(addresses)) == len(addresses) > 0


def test_a_feed_without_entries_is_valid_too(folder: Folder, open_folder: OPEN) -> None:
    for path in (folder.article, folder.faq):
        folder.change(path, "status: in_force", "status: draft")
    client = client_of(open_folder(folder))
    ATOM.assertValid(_xml(client, "/feed.xml"))
    SITEMAP.assertValid(_xml(client, "/sitemap.xml"))
    assert client.get("/llms.txt").text.startswith("# 测试站\n")


def test_what_the_feed_has_people_can_read_with_its_days_and_the_feed_is_found_there(client: FlaskClient) -> None:
    feed, page = client.get("/feed.xml").text, client.get("/updates").text
    main = page.split("<main")[1].split("</main>")[0]
    assert re.findall(r'<li><a href="([^"]+)"', main) == re.findall(r"<id>http://localhost(/[aq]/[^<]+)</id>", feed)
    days = re.findall(r"<h2><time>([0-9-]+)</time></h2>", main)
    assert days == sorted(set(re.findall(r"<updated>([0-9-]+)T", feed)), reverse=True)
    for link in ("/feed.xml", "/api/openapi.json"):
        assert f'href="{link}"' in main


def test_the_foot_of_a_page_leads_to_pages_only_and_the_home_page_says_how_new_things_are(client: FlaskClient) -> None:
    page = client.get("/").text
    for link in re.findall(r'href="([^"]+)"', page.split("<footer")[1]):
        assert client.get(link).mimetype == "text/html"
    latest = page.split("最新文档")[1].split("</section>")[0]
    assert len(re.findall(r"<time>[0-9-]+</time>", latest)) == latest.count("<li>") > 3
    assert 'href="/updates"' in latest


def test_the_sitemap_is_valid_and_every_address_answers(client: FlaskClient, ours: FlaskClient) -> None:
    sitemap = _xml(ours, "/sitemap.xml")
    SITEMAP.assertValid(sitemap)
    addresses = [str(loc.text) for loc in sitemap.iterfind("s:url/s:loc", NS)]
    assert len(addresses) == len(set(addresses))
    assert all(address.startswith(f"{OURS}/") for address in addresses)
    for address in addresses:
        reply = client.get(address.removeprefix(OURS))
        assert reply.status_code == 200
        assert "X-Robots-Tag" not in reply.headers
        assert 'name="robots"' not in reply.text


@pytest.fixture
def forget(ours: FlaskClient) -> Iterator[Callable[[], None]]:
    """Drops the replies that are kept; in the end, too, those made under a test's own limits."""

    def drop() -> None:
        ours.application.extensions["wence-replies"].get((object(), None), None)

    yield drop
    drop()


def test_too_many_addresses_for_one_sitemap_are_in_several_none_left_out(
    ours: FlaskClient, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]
) -> None:
    whole = [loc.text for loc in _xml(ours, "/sitemap.xml").iterfind("s:url/s:loc", NS)]
    forget()
    monkeypatch.setattr(feeds, "MAX_ADDRESSES", 200)
    index = _xml(ours, "/sitemap.xml")
    assert index.tag == f"{{{NS['s']}}}sitemapindex"
    parts = [str(loc.text) for loc in index.iterfind("s:sitemap/s:loc", NS)]
    assert parts == [f"{OURS}/sitemap-{number}.xml" for number in range(1, 1 - (-len(whole) // 200))]
    assert len(parts) > 1
    found: list[str | None] = []
    for part in parts:
        sitemap = _xml(ours, part.removeprefix(OURS))
        SITEMAP.assertValid(sitemap)
        found += [loc.text for loc in sitemap.iterfind("s:url/s:loc", NS)]
    assert found == whole
    for number in ("0", str(len(parts) + 1), "-1", "x", "9" * 30, "01", "%D9%A1"):
        assert ours.get(f"/sitemap-{number}.xml").status_code == 404


def test_the_schemas_notice_what_is_wrong(client: FlaskClient) -> None:
    feed = _xml(client, "/feed.xml")
    feed.remove(feed.find("a:id", NS))
    assert not ATOM.validate(feed)
    sitemap = _xml(client, "/sitemap.xml")
    sitemap.find("s:url/s:lastmod", NS).text = "昨天"
    assert not SITEMAP.validate(sitemap)


def test_a_browser_can_search_from_its_address_bar(ours: FlaskClient) -> None:
    described = _xml(ours, "/opensearch.xml")
    assert 0 < len(described.findtext("o:ShortName", namespaces=NS)) <= 16
    assert 0 < len(described.findtext("o:Description", namespaces=NS)) <= 1024
    template = described.find("o:Url[@type='text/html']", NS).get("template")
    assert template == f"{OURS}/search?q={{searchTerms}}"
    assert "20 个工作日" in ours.get(template.removeprefix(OURS).replace("{searchTerms}", "积分审核要多久")).text
    icon = described.findtext("o:Image", namespaces=NS)
    with ours.get(icon.removeprefix(OURS)) as reply:
        assert reply.content_type == "image/png"


def test_robots_name_the_sitemap_and_keep_crawlers_from_searching(ours: FlaskClient) -> None:
    lines = ours.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /search?*&", "Disallow: /api/", f"Sitemap: {OURS}/sitemap.xml"} <= set(lines)


LLMS_LINE = re.compile(r"- \[[^\[\]\n]+\]\(https?://[^()\s]+\)(: \S.*)?")


def test_llms_txt_is_as_proposed_and_its_links_answer(ours: FlaskClient, folder: Folder, open_folder: OPEN) -> None:
    text = ours.get("/llms.txt").text
    title, summary, *sections = re.split(r"\n\n(?=> |## )", text)
    assert title == "# 问策"
    assert summary.startswith("> ")
    assert sections[-1].startswith("## Optional\n")
    assert len(sections) > 10
    for section in [*sections, *re.split(r"\n\n(?=> |## )", _hostile(folder, open_folder).get("/llms.txt").text)[2:]]:
        heading, blank, *lines = section.strip().splitlines()
        assert heading.startswith("## ")
        assert blank == ""
        assert lines
        assert [line for line in lines if not LLMS_LINE.fullmatch(line)] == []
    for address in re.findall(rf"\]\(({OURS}\S+\.md)\)", text):
        reply = ours.get(address.removeprefix(OURS))
        assert reply.content_type == "text/markdown; charset=utf-8"


def test_llms_txt_stays_short_guides_first_and_says_where_the_rest_is(
    ours: FlaskClient, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]
) -> None:
    everything = re.findall(rf"\]\({OURS}(\S+)\.md\)", ours.get("/llms.txt").text)
    monkeypatch.setattr(feeds, "MAX_LINES", 60)
    forget()
    text = ours.get("/llms.txt").text
    listed = re.findall(rf"\]\({OURS}(\S+)\.md\)", text)
    assert listed == everything[:60]
    assert f"- 还有 {len(everything) - 60} 条没有列在这里：用 {OURS}/api/v1/search?q=词语 搜索" in text
    assert f"{OURS}/sitemap.xml" in text


def test_what_is_not_in_force_is_in_no_list_but_stays_to_be_read(folder: Folder, open_folder: OPEN) -> None:
    hidden = folder.write_what_is_not_in_force()
    client = client_of(open_folder(folder))
    listed = "".join(client.get(path).text for path in ("/feed.xml", "/sitemap.xml", "/llms.txt"))
    assert not [slug for slug in hidden if slug in listed]
    for suffix in ("", ".json", ".md", ".png"):
        assert client.get(f"/q/jifen/caogao{suffix}").status_code == 404
        for slug in ("jianglai", "guoqu"):
            reply = client.get(f"/q/jifen/{slug}{suffix}")
            assert reply.status_code == 200
            assert reply.headers["X-Robots-Tag"] == "noindex"
    page = client.get("/q/jifen/guoqu").text
    assert '<meta name="robots" content="noindex">' in page
    assert '<meta property="og:title" content="【已失效】金丝雀guoqu？">' in page
    assert "caogao" not in client.get("/t/jifen").text


def test_twins_are_named_and_point_back(ours: FlaskClient, site: Service) -> None:
    for entry in site.library.entries.values():
        page = ours.get(entry.url).text
        assert f'<link rel="alternate" type="application/json" href="{entry.url}.json">' in page
        assert f'<link rel="alternate" type="text/markdown" href="{entry.url}.md">' in page
        assert page.count(f'<link rel="canonical" href="{OURS}{entry.url}">') == page.count('rel="canonical"') == 1
        for suffix in (".json", ".md"):
            assert ours.get(entry.url + suffix).headers["Link"] == f'<{OURS}{entry.url}>; rel="canonical"'


def test_the_markdown_twin_says_what_the_card_says(client: FlaskClient) -> None:
    text = client.get("/a/jifen/zhinan.md").text
    for words in (
        "- 状态：现行有效",
        "## 积分审核要多久？",
        "20 个工作日内核定并告知",
        "（沪府规〔2022〕21号）第十七条。现行有效（2023-01-01 至 2027-12-31），依据官方文件原文。",
        "- 学历学位证书：申报教育背景时",
        "1. 登录积分管理信息系统模拟估分（持证人）",
    ):
        assert words in text
    assert "更稳妥的做法" in client.get("/a/qianzhu/zhinan.md").text


def test_the_markdown_twin_says_an_answer_once(client: FlaskClient, site: Service) -> None:
    twice = []
    for entry in site.library.entries.values():
        cards = client.get(f"{entry.url}.json").get_json()["cards"]
        paragraphs = client.get(f"{entry.url}.md").text.split("\n\n")
        if cards and paragraphs.count(cards[0]["answer"]) > 1:
            twice.append(entry.id)
    assert not twice


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("{from: 2023-01-01, to: 2099-12-31}", ["2023-01-01 至 2099-12-31"]),
        ("{from: 2023-01-01, to: null}", ["2023-01-01 起"]),
        ("{from: null, to: 2099-12-31}", ["到 2099-12-31 为止"]),
        ("{from: null, to: null}", []),
    ],
)
def test_the_markdown_twin_says_how_long_it_holds_as_far_as_that_is_known(
    folder: Folder, open_folder: OPEN, bounds: str, said: list[str]
) -> None:
    folder.change(folder.faq, "reviewed", f"effective: {bounds}\nreviewed")
    text = client_of(open_folder(folder)).get("/q/jifen/cailiao.md").text
    assert re.findall("^- 有效期：(.*)$", text, re.M) == said
    assert re.findall("现行有效（(.*)）", text) == said


FORGED = ["evil.example", 'evil.example"><script>alert(1)</script>', "evil.example/x", "[::1", "é.example", "a b"]


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_host_changes_no_address_once_the_site_knows_its_own(ours: FlaskClient, host: str) -> None:
    for path in ("/", "/a/jifen/zhinan", "/a/jifen/zhinan.md", "/feed.xml", "/sitemap.xml", "/robots.txt", "/llms.txt"):
        reply = ours.get(path, headers={"Host": host})
        assert reply.status_code in (200, 400)
        assert "evil" not in reply.text + str(reply.headers)


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_host_is_never_markup_nor_an_error(client: FlaskClient, host: str) -> None:
    for path in ("/", "/a/jifen/zhinan", "/a/jifen/zhinan.json", "/feed.xml", "/opensearch.xml", "/llms.txt"):
        reply = client.get(path, headers={"Host": host})
        assert reply.status_code in (200, 400)
        assert "<script>alert" not in reply.text


@pytest.mark.parametrize("wrong", ["wence.cn", "ftp://a.cn", "https://", "https://a.cn/x", "https://a.cn?q", "http://u:p@a.cn", "http://a.cn:99999", "http://a b.cn", "javascript:alert(1)"])  # fmt: skip
def test_an_unusable_site_address_is_explained(site: Service, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"网站地址 .*——写成 https://"):
        client_of(site, site_url=wrong)


def test_pages_say_where_they_are_and_how_they_look_when_shared(ours: FlaskClient) -> None:
    for path in ("/", "/t/jifen", "/a/jifen/zhinan", "/quality", "/updates"):
        page = ours.get(path).text
        said = dict(re.findall(r'<meta property="(og:[\w:]+)" content="([^"]*)">', page))
        assert said["og:url"] == OURS + path
        assert f'<link rel="canonical" href="{OURS}{path}">' in page
        assert said["og:title"]
        assert said["og:description"]
        image = ours.get(said["og:image"].removeprefix(OURS))
        assert image.content_type == "image/png"
    for path in ("/search?q=积分", "/nope", "/offline"):
        page = ours.get(path).text
        assert "canonical" not in page
        assert "og:" not in page


def test_the_manifest_names_icons_that_are_there(client: FlaskClient) -> None:
    reply = client.get("/manifest.webmanifest")
    assert reply.content_type == "application/manifest+json"
    manifest = json.loads(reply.data)
    assert manifest["name"] == manifest["short_name"] == "问策"
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as found:
            assert found.content_type.startswith(icon["type"])


def test_the_service_worker_changes_with_all_that_the_offline_page_shows(folder: Folder, open_folder: OPEN) -> None:
    def worker() -> str:
        client = client_of(open_folder(folder))
        assert client.get("/sw.js").text == client.get("/sw.js").text
        return client.get("/sw.js").text

    versions = [worker(), worker()]
    assert versions[0] == versions[1], "the same page, the same worker"
    for old, new in (("12345", "54321"), ("name: 测试站", "name: 另一站"), ("以官方为准", "以窗口为准")):
        folder.change("site.yml", old, new)
        versions.append(worker())
    assert len(set(versions)) == 4
    client = client_of(open_folder(folder))
    client.set_cookie("view", "elder")
    elder = client.get("/sw.js")
    assert elder.text not in versions
    assert "Cookie" in elder.headers["Vary"]

"""Every page, as a visitor and as someone hostile asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.linking import SITE_PAGES
from kb.model import EntryKind, Facet
from search.lexicon import load_lexicon
from search.service import Service, Settings, open_service
from tests.conftest import CONTENT, ROOT, TOPICS, Folder
from tests.web.conftest import client_of
from web.following import refresh


def test_every_entry_topic_and_twin_has_its_page(client: FlaskClient, site: Service) -> None:
    paths = ["/", "/search", *(f"/t/{topic.id}" for topic in site.library.topics)]
    for entry in site.library.entries.values():
        paths += [entry.url, f"{entry.url}.json", f"{entry.url}.md"]
    assert [path for path in paths if client.get(path).status_code != 200] == []


def test_editors_may_link_to_every_page_that_is_there_whatever_the_content_is(
    client: FlaskClient, site: Service
) -> None:
    rules = client.application.url_map.iter_rules()
    fixed = {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments}
    not_read = {"/healthz", "/readyz", "/metrics", "/styleguide"}  # by visitors, but by who runs or builds the site
    not_read |= {"/sw.js", "/manifest.webmanifest", "/quality.svg", "/preview.png"}  # parts of pages
    not_read |= {path for path in fixed if path.startswith("/api/v1/")}
    letters = {page for page in SITE_PAGES if page.startswith("/az/")}
    assert SITE_PAGES - letters == fixed - not_read
    assert {f"/az/{letter}" for letter in site.library.alphabet} <= letters


def test_a_page_has_one_address(client: FlaskClient) -> None:
    assert [client.get(f"/a/jifen/zhinan{end}").status_code for end in ("", ".", ".txt")] == [200, 404, 404]


def test_the_card_leads_with_the_answer_and_names_its_source(client: FlaskClient) -> None:
    page = client.get("/search?q=积分审核要多久").text
    assert page.index("20\u00a0个工作日") < page.index("现行有效") < page.index("第十七条")
    for words in ("沪府规〔2022〕21号", "依据官方文件原文", "最近核对", "查看完整内容", "没有解决？", "12345"):
        assert words in page


def test_for_whom_alone_a_fact_holds_stands_on_its_card_and_on_the_page(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.change(folder.faq, "items:", "audience: 成人\n    items:")
    client = client_of(open_folder(folder))
    for address in ("/search?q=积分要交什么材料", "/q/jifen/cailiao", "/q/jifen/cailiao.md"):
        assert "只适用于：成人" in client.get(address).text


def test_the_home_page_lists_what_editors_picked(client: FlaskClient, site: Service) -> None:
    page = client.get("/").text
    for words in ("热门问题", "最新文档", "推荐文章", *site.library.site.home.popular):
        assert words in page


def test_a_question_without_answer_is_helped_on(client: FlaskClient) -> None:
    page = client.get("/search?q=今天天气怎么样").text
    assert "没有找到有把握的答案" in page
    assert "12345" in page


def test_who_does_not_say_of_what_is_asked_back(client: FlaskClient) -> None:
    page = client.get("/search?q=材料").text
    assert page.index("您是不是想问") < page.index("办居住证需要带什么？") < page.index("都不是？")


def test_who_has_a_number_and_a_site_to_turn_to_is_given_both(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    contact = "contact: {text: 请到窗口咨询, phone: '12345', url: 'https://example.org/zixun'}"
    folder.change("site.yml", "contact: {text: 请拨打 12345}", contact)
    page = client_of(open_folder(folder)).get("/search?q=积分要交什么材料").text
    assert 'href="tel:12345"' in page
    assert 'href="https://example.org/zixun"' in page


def test_a_correction_offers_the_way_back(client: FlaskClient) -> None:
    page = client.get("/search?q=鸡分审核多久").text
    assert "已按“积分”为您查找" in page
    assert "exact=true" in page


@pytest.mark.parametrize(
    "path", ["/nope", "/a/jifen/nope", "/t/nope", "/a/../etc/passwd", "/q/jifen/x.exe", "/a/%00/x"]
)
def test_what_is_not_there_is_a_helpful_404(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert "没有这个页面" in reply.text


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "\r\nSet-Cookie: a=b",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["q", "topic", "as_of", "kind", "page"])
def test_parameters_are_never_markup(client: FlaskClient, attack: str, name: str) -> None:
    reply = client.get("/search", query_string={"q": "积分", name: attack})
    assert reply.status_code in (200, 400)
    assert "<script>alert" not in reply.text
    assert "<img src=x" not in reply.text
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize(
    "query",
    [
        "q=x&page=-1",
        "q=x&page=999999999",
        "q=x&per_page=1e9",
        "q=x&as_of=abc",
        "q=x&as_of=0000-99-99",
        "q=" + "长" * 501,
        "q=x&kind=zzz",
    ],
)
def test_bad_parameters_are_explained(client: FlaskClient, query: str) -> None:
    for path, is_technical in (("/search?", False), ("/api/v1/search?", True)):
        reply = client.get(path + query)
        assert (reply.status_code, "参数" in reply.text) == (400, is_technical)
        assert "——" in reply.text


def test_the_question_stays_in_its_field_when_something_is_wrong_with_the_rest(client: FlaskClient) -> None:
    for query, kept in (("q=积分审核&page=0", "积分审核"), ("q=" + "长" * 501, "长" * 500)):
        assert f'value="{kept}" required' in client.get(f"/search?{query}").text


@pytest.mark.parametrize("typed", ["😀👨‍👩‍👧‍👦", "？？？！！！"])
def test_marks_alone_are_said_to_be_no_question_and_stay_in_the_field(client: FlaskClient, typed: str) -> None:
    page = client.get("/search", query_string={"q": typed}).text
    assert f"“{typed}”里没有字" in page
    assert f'value="{typed}" required' in page
    assert "里没有字" not in client.get("/search").text


def test_filters_keep_how_many_results_a_page_has(client: FlaskClient) -> None:
    assert '<input type="hidden" name="per_page" value="20">' in client.get("/search?q=积分&per_page=20").text
    assert 'name="per_page"' not in client.get("/search?q=积分").text


def test_headers_allow_nothing_inline_and_nothing_foreign(client: FlaskClient) -> None:
    for path in ("/", "/search?q=积分", "/api/v1/topics", "/nope", "/static/site.css"):
        with client.get(path) as reply:
            policy = reply.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


def test_pages_hold_no_inline_script_or_style(client: FlaskClient, site: Service) -> None:
    for path in ("/", "/search?q=积分审核要多久", *(entry.url for entry in list(site.library.entries.values())[:20])):
        page = client.get(path).text
        assert re.findall(r"<script(?! src=)(?! type=\"application/ld\+json\")", page) == []
        assert " style=" not in page
        assert re.findall(r"\son\w+=", page) == []
        assert re.findall(r'(?:src|href)="//|src="http', page) == []


def test_structured_data_cannot_end_its_script(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.change(folder.faq, "积分要交什么材料？", "'积分</script><script>alert(1)</script>？'")
    service = open_folder(folder)
    page = client_of(service).get("/q/jifen/cailiao").text
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert json.loads(data)["mainEntity"][0]["name"].startswith("积分</script>")
    assert "<script>alert" not in page


def test_drafts_expired_and_future_entries_on_every_list(folder: Folder, open_folder: Callable[..., Service]) -> None:
    hidden = folder.write_what_is_not_in_force()
    client = client_of(open_folder(folder))
    for path in ("/", "/feed.xml", "/sitemap.xml", "/api/v1/suggest?q=金丝雀"):
        page = client.get(path).text
        assert not [slug for slug in hidden if slug in page]
    for path in ("/t/jifen", "/search?q=金丝雀"):
        page = client.get(path).text
        assert "caogao" not in page
        assert "尚未施行" in page
        assert "已失效" in page
    assert client.get("/q/jifen/caogao").status_code == 404
    assert client.get("/api/v1/entries/faqs/jifen/caogao").status_code == 404
    assert client.get("/api/v1/topics").json["topics"][0]["entries"] == 5  # type: ignore[index]


def test_a_site_on_another_subject_says_no_word_of_ours(tmp_path: Path) -> None:
    library = ROOT / "tests/content_library"
    client = client_of(open_service(Settings(library, tmp_path / "index" / "tantivy")))
    told = "".join(path.read_text("utf-8") for path in (library / "site.yml", library / "topics.yml"))
    told += "".join(path.read_text("utf-8") for path in library.rglob("*.md"))
    told += "".join(facet.label for facet in Facet)
    lexicon = load_lexicon(CONTENT)
    words = {*lexicon.terms, *lexicon.scope.subjects, *lexicon.scope.region}
    words = {word for word in words if re.search("[\u4e00-\u9fff]{2}", word) and word not in told}
    assert {"居住证", "积分", "签注", "上海"} <= words
    paths = ("/", "/search", "/settings", "/t/jieyue", "/a/jieyue/zhinan", "/az", "/offline", "/nope")
    questions = ("一次能借几本书", "今天天气怎么样", "材料", "x&page=0")
    said = {path: client.get(path).text for path in (*paths, *(f"/search?q={question}" for question in questions))}
    assert "查看完整内容" in said["/search?q=一次能借几本书"]
    assert "例如“一次能借几本书”" in said["/search?q=今天天气怎么样"]
    assert [(path, word) for path, page in said.items() for word in sorted(words) if word in page] == []


def test_a_site_that_declares_no_example_shows_none(folder: Folder, open_folder: Callable[..., Service]) -> None:
    client = client_of(open_folder(folder))
    for path in ("/search", "/search?q=今天天气怎么样"):
        assert "例如" not in client.get(path).text


def test_a_draft_with_a_mistake_is_named_to_nobody(folder: Folder, open_folder: Callable[..., Service]) -> None:
    text = (folder.root / folder.faq).read_text("utf-8")
    draft = text.replace("status: in_force", "status: draft").replace("reviewed: ", "reviewed: 99")
    folder.write("faqs/jifen/hai-mei-gongbu.md", draft)
    client = client_of(open_folder(folder))
    assert client.get("/healthz").json == {"status": "ok", "broken_files": [], "held_back": False, "held_back_by": []}


def test_what_is_for_whoever_runs_the_site_has_one_address_each(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
        assert client.get(f"/zh-Hant{path}").status_code in (308, 404)


def test_a_bad_file_does_not_take_the_site_down(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.write("faqs/jifen/huai.md", b"\xff\x00")
    service = open_folder(folder)
    client = client_of(service)
    assert client.get("/a/jifen/zhinan").status_code == 200
    assert client.get("/healthz").json == {
        "status": "ok",
        "broken_files": ["faqs/jifen/huai.md"],
        "held_back": False,
        "held_back_by": [],
    }
    assert service.library.by_url(EntryKind.faq, "jifen", "huai") is None


def test_a_file_that_breaks_is_named_in_the_log(
    folder: Folder, open_folder: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    service = open_folder(folder)
    folder.change(folder.faq, "topic: jifen", "topic: jifne")
    folder.change(folder.article, "积分由单位申请。", "[见](/a/jifen/meiyou)")
    refresh(service)
    assert f"没有发布，仍用上一版：{folder.faq}:3: 主题 jifne" in caplog.text
    assert f"已发布，但要改：{folder.article}:17: 链接 /a/jifen/meiyou" in caplog.text


def test_what_is_published_and_should_be_mended_is_named_in_the_log_as_such(
    folder: Folder, open_folder: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("lexicon/scope.yml", "subjects: [还书]\n")
    service = open_folder(folder)
    folder.change(folder.faq, "[积分材料清单]", "[还书]")
    folder.write("topics.yml", TOPICS.replace("aliases", "articles: [nope], aliases"))
    folder.write("faqs/jifen/xin.md", "---\n")
    refresh(service)
    assert f"已发布，但要改：{folder.faq}:7: 问法“还书”是 lexicon/scope.yml 里的一个词，太宽" in caplog.text
    assert "已发布，但要改：topics.yml:1: 积分的 articles 里写的 nope" in caplog.text
    assert "没有发布：faqs/jifen/xin.md:1: " in caplog.text
    broken = client_of(service).get("/healthz").get_json()["broken_files"]
    assert broken == [folder.faq, "faqs/jifen/xin.md", "topics.yml"]


def test_the_log_says_when_content_that_was_held_back_is_as_it_was(
    folder: Folder, open_folder: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    service = open_folder(folder)
    text = (folder.root / "site.yml").read_text("utf-8")
    folder.write("site.yml", "name:\n")
    refresh(service)
    folder.write("site.yml", text)
    caplog.clear()
    refresh(service)
    assert "内容又能用了" in caplog.text
    caplog.clear()
    refresh(service)
    assert caplog.text == ""


def test_a_broken_shared_file_is_named_until_it_is_mended(folder: Folder, open_folder: Callable[..., Service]) -> None:
    service = open_folder(folder)
    client = client_of(service)
    folder.write("lexicon/scope.yml", "implyed: [积分]\n")
    refresh(service)
    assert client.get("/healthz").get_json()["held_back_by"] == ["lexicon/scope.yml"]
    assert client.get("/a/jifen/zhinan").status_code == 200
    folder.write("lexicon/scope.yml", "implied: [积分]\n")
    refresh(service)
    assert client.get("/healthz").get_json() == {
        "status": "ok",
        "broken_files": [],
        "held_back": False,
        "held_back_by": [],
    }

"""The page of results: filters, pages, corrections, and help where there is no answer."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from kb.model import EntryKind
from search.model import Force
from search.service import Service, Wanted


def _links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


@pytest.mark.parametrize("kind", EntryKind)
def test_results_of_one_kind_in_one_topic(client: FlaskClient, kind: EntryKind) -> None:
    page = client.get("/search", query_string={"q": "积分", "topic": "jifen", "kind": kind.value}).text
    said = re.findall(r'<p class="note">(指南|问答) · ([^<]+)</p>', page)
    assert said
    assert set(said) == {(kind.label, "积分申请")}
    assert f'<option value="{kind}" selected>' in page
    assert f"/search?q=%E7%A7%AF%E5%88%86&kind={kind}#results" in _links(page)  # without the topic, back at the results


def test_results_by_force(site: Service, client: FlaskClient) -> None:
    past = site.search("疫情期间积分确认", Wanted(force=Force.past))
    assert [result.id for result in past.results] == ["articles/jifen-xuban/yiqing-wangshen"]
    assert past.total == 1
    current = site.search("疫情期间积分确认", Wanted(force=Force.current), per_page=50)
    assert {result.status for result in current.results} == {"in_force"}
    page = client.get("/search?q=疫情期间积分确认&force=past").text
    assert "找到 1 条 · 只看已失效或被取代的" in page
    assert client.get("/api/v1/search?q=疫情期间积分确认&force=past").json["total"] == 1  # type: ignore[index]


def test_an_empty_choice_of_the_form_is_no_choice(client: FlaskClient) -> None:
    assert client.get("/search?q=积分&topic=&kind=&force=").status_code == 200


def test_an_unknown_choice_is_explained(client: FlaskClient) -> None:
    for path, said in (("/search", "效力不对——请回到刚才的页面"), ("/api/v1/search", "current、upcoming、past")):
        reply = client.get(path, query_string={"q": "积分", "force": "x"})
        assert reply.status_code == 400
        assert said in reply.text


def test_pages_keep_the_filters_and_end_where_results_end(client: FlaskClient) -> None:
    address = "/search?q=积分&topic=jifen&per_page=5"
    first = client.get(address).text
    total = int(re.findall(r"列出最相关的 (\d+) 条", first)[0])
    last = -(-total // 5)
    assert f"第 1 页，共 {last} 页" in first
    titles: list[str] = []
    for number in range(1, last + 1):
        page = client.get(f"{address}&page={number}").text
        results = page.split('<ol class="results"')[1].split("</ol>")[0]
        titles += re.findall(r'<li><a href="([^"]+)"', results)
        assert all("topic=jifen" in link for link in _links(page) if "&page=" in link)
        assert ('rel="next"' in page) == (number < last)
        assert ('rel="prev"' in page) == (number > 1)
        assert ('class="card' in page) == (number == 1)
    assert len(titles) == len(set(titles)) == total
    beyond = client.get(f"{address}&page={last + 1}").text
    assert f"没有第 {last + 1} 页，共 {last} 页" in beyond
    assert f"page={last}" in beyond


def test_filters_that_leave_nothing_can_be_taken_off(client: FlaskClient) -> None:
    page = client.get("/search?q=积分&kind=article&force=upcoming").text
    assert "没有找到相关内容" in page
    assert "/search?q=%E7%A7%AF%E5%88%86#results" in _links(page)


def test_a_correction_goes_back_and_forth(client: FlaskClient) -> None:
    page = client.get("/search?q=鸡分审核多久").text
    [back] = [link for link in _links(page) if "exact=true" in link]
    exact = client.get(back).text
    assert "正按原文查找" in exact
    assert "已按" not in exact
    again = next(link for link in _links(exact) if link.startswith("/search?q=") and "exact" not in link)
    assert "已按“积分”为您查找" in client.get(again).text


def test_a_correction_is_said_in_a_line_however_long_the_question(client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": "a" * 300}).text
    [said] = re.findall(r'class="corrected">([^<]*)<', page)
    assert said == f"已按“{'啊' * 20}…”为您查找，原文是“{'a' * 20}…”。"


def test_without_an_answer_other_questions_are_offered(client: FlaskClient, site: Service) -> None:
    offered = {}
    for topic in ("", "juzhuanhu"):
        page = client.get("/search", query_string={"q": "今天天气怎么样", "topic": topic}).text
        assert "没有找到有把握的答案" in page
        for words in ("按主题查找", "12345", "按拼音查全部问题"):
            assert words in page
        [chips] = re.findall(r'rephrasings">(.*?)</ul>', page, re.S)
        offered[topic] = [unescape(question) for question in re.findall(r">([^<]+)</a>", chips)]
    assert offered[""] == list(site.library.site.home.popular)
    assert len(offered["juzhuanhu"]) > 3
    assert [question for question in offered["juzhuanhu"] if site.ask(question).card is None] == []


def test_without_a_topic_the_questions_offered_are_of_what_was_found(client: FlaskClient, site: Service) -> None:
    for asked in ("社保断了怎么办", "居住证"):
        page = client.get("/search", query_string={"q": asked}).text
        [chips] = re.findall(r'rephrasings">(.*?)</ul>', page, re.S)
        offered = [unescape(question) for question in re.findall(r">([^<]+)</a>", chips)]
        found = {result.topic for result in site.ask(asked).results[:5]}
        facts = {fact.question for topic in found for each in site.library.by_topic[topic] for fact in each.facts}
        assert len(offered) == len(set(offered)) == 8
        assert set(offered) <= facts


def test_a_question_known_to_have_no_answer_here_is_told_where_to_turn_not_to_rephrase(client: FlaskClient) -> None:
    for asked in ("积分系统打不开", "北京积分怎么办"):
        page = client.get("/search", query_string={"q": asked}).text
        main = page.split("<main")[1]
        assert main.index("这里答不了这个问题") < main.index("拨打 12345") < main.index("按主题查找")
        for words in ("换个说法", "可以这样问", "没有找到有把握的答案"):
            assert words not in page


@pytest.mark.parametrize("asked", [" ", "？？！", "😀😀", "……", "\u200b"])
def test_no_question_at_all_is_helped_on(client: FlaskClient, asked: str) -> None:
    page = client.get("/search", query_string={"q": asked}).text
    assert "您想问什么" in page
    assert "积分审核要多久" in page
    assert "筛选" not in page


def test_a_topic_without_an_answer_limits_the_list_and_takes_no_answer_away(client: FlaskClient) -> None:
    page = client.get("/search?q=积分审核要多久&topic=daiyu").text
    assert "积分审核要多久？</h2>" in page
    assert "没有找到有把握的答案" not in page
    links = re.findall(r'<ol class="results".*?</ol>', page, re.S)
    assert all("/daiyu/" in link for link in re.findall(r'<li><a href="([^"]+)"', "".join(links)))


def test_a_filter_says_that_it_is_not_for_the_card(client: FlaskClient) -> None:
    words = "上面的答案不一定在您选的范围里"
    for query in ("q=居转户条件&force=past", "q=居转户条件&kind=faq", "q=居转户条件&topic=daiyu"):
        assert words in client.get(f"/search?{query}").text
    for query in ("q=居转户条件", "q=居转户条件&force=current&page=2", "q=今天天气怎么样&kind=faq"):
        assert words not in client.get(f"/search?{query}").text


def test_a_topic_that_is_not_there_is_named(client: FlaskClient) -> None:
    page = client.get("/search?q=居转户条件&topic=nope").text
    assert "没有“nope”这个主题" in page
    assert "只看主题" not in page
    assert "/search?q=%E5%B1%85%E8%BD%AC%E6%88%B7%E6%9D%A1%E4%BB%B6#results" in _links(page)


def test_how_many_there_are_is_said_only_where_all_were_looked_at(site: Service, client: FlaskClient) -> None:
    for query, force, cut, said in (
        ("居住证", None, True, "列出最相关的"),
        ("疫情期间积分确认", Force.past, False, "找到"),
    ):
        found = site.search(query, Wanted(force=force))
        assert found.cut == cut
        page = client.get("/search", query_string={"q": query, "force": force or ""}).text
        assert f">{said} {found.total} 条" in page


def test_the_heading_promises_an_answer_only_where_one_stands(client: FlaskClient) -> None:
    for query, heading in (
        ("q=积分审核要多久", "“积分审核要多久”的答案"),
        ("q=积分审核要多久&page=2", "“积分审核要多久”的查询结果"),
        ("q=签", "“签”的查询结果"),
    ):
        assert f'<h1 class="hidden">{heading}</h1>' in client.get(f"/search?{query}").text


def test_a_question_in_another_language_is_told_where_to_call(client: FlaskClient) -> None:
    words = 'This site answers in Chinese only. For help, please call <a href="tel:12345">12345</a>.'
    assert words in client.get("/search?q=how to renew residence permit").text
    for query in (
        "q=jifen shenhe",
        "q=mingtian tianqi",
        "q=mingtian tianqi&exact=true",
        "q=12333",
        "q=今天天气 weather",
    ):
        assert "This site" not in client.get(f"/search?{query}").text


def test_each_of_two_answers_to_choose_from_says_how_it_stands(client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": "补领居住证要付工本费吗"}).text
    fork = page[page.index("您问的是哪一件") : page.index("</section>", page.index("您问的是哪一件"))]
    assert fork.count('<p class="note"><span class="badge') == 2


@pytest.mark.parametrize("before", ["", "/zh-Hant"])
@pytest.mark.parametrize(
    ("more", "twin"),
    [
        ({}, {}),
        ({"kind": "faq", "force": "", "at": "card"}, {}),
        ({"topic": "jifen", "as_of": "2026-11-30", "exact": "true"},) * 2,
        ({"topic": "qianzhu"}, {}),
    ],
)
def test_a_card_links_the_same_answer_for_machines(
    client: FlaskClient, before: str, more: dict[str, str], twin: dict[str, str]
) -> None:
    asked = {"q": "积分审核要多久"}
    page = client.get(f"{before}/search", query_string=asked | more).text
    links = dict(re.findall('<link rel="alternate" type="([^"]*)" href="([^"]*)">', page))
    json_twin = unescape(links["application/json"])
    assert json_twin == f"/api/v1/answer?{urlencode(asked | twin)}"
    answer = client.get(json_twin).json
    assert answer
    assert links["text/markdown"] == f"{answer['card']['entry']['url']}.md"
    assert "审核" in client.get(links["text/markdown"]).text


def test_what_is_to_choose_from_is_of_no_one_entry_and_without_a_card_no_twin_is_linked(client: FlaskClient) -> None:
    fork = client.get("/search", query_string={"q": "补领居住证要付工本费吗"}).text
    assert 'type="application/json"' in fork
    assert 'type="text/markdown"' not in fork
    for query in ("q=今天天气怎么样", "q=积分审核要多久&page=2", ""):
        assert 'href="/api/v1/answer' not in client.get(f"/search?{query}").text


@pytest.mark.parametrize("question", ["积分", "今天天气怎么样"])
def test_what_is_offered_to_ask_instead_is_asked_of_the_same_day(client: FlaskClient, question: str) -> None:
    page = client.get("/search", query_string={"q": question, "as_of": "2026-06-01"}).text
    offered = re.findall(r'<a href="(/search[^"]+)"', page.split("card-none")[1].split("</section>")[0])
    assert offered
    assert all(link.endswith("&amp;as_of=2026-06-01") for link in offered)
    assert "as_of" not in client.get("/search", query_string={"q": question}).text


def test_a_day_on_which_no_rule_was_in_force_is_said_and_today_is_offered(client: FlaskClient) -> None:
    page = client.get("/search?q=积分审核要多久&as_of=2016-01-31").text
    card = page.split("card-none")[1].split("</section>")[0]
    assert "在 <time>2016-01-31</time> 这一天没有施行" in card
    assert re.findall(r'href="(/search[^"]*)"', card) == [f"/search?{urlencode({'q': '积分审核要多久'})}"]
    for words in ("没有找到有把握的答案", "换个说法", "可以这样问", "这一天的规定回答"):
        assert words not in page
    assert "没有施行" not in client.get("/search?q=今天天气怎么样&as_of=2016-01-31").text


@pytest.mark.parametrize("query", ["q=居住证&kind=article&topic=jifen", "q=居住证", "q=积分"])
def test_no_question_is_offered_twice(client: FlaskClient, query: str) -> None:
    card = client.get(f"/search?{query}").text.split("card-none")[1].split("</section>")[0]
    offered = re.findall(r"<li><a [^>]*>([^<]+)</a>", card)
    assert len(offered) > 1
    assert len(offered) == len(set(offered))

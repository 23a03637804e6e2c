"""What a visitor reads once, where it leads, and what it says first."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from web.wording import scrolling, text_without_lead, without_lead


@pytest.mark.parametrize(
    "question", ["中级经济师多少分", "签注要什么材料，要多久", "积分审核要多久", "居转户要什么条件"]
)
def test_the_whole_content_opens_at_the_fact(client: FlaskClient, question: str) -> None:
    card = client.get("/api/v1/answer", query_string={"q": question}).json["card"]  # type: ignore[index]
    assert "#" not in card["entry"]["url"]
    [link] = re.findall(r'href="([^"]+)">查看完整内容', client.get("/search", query_string={"q": question}).text)
    path, _, anchor = link.partition("#")
    assert path == card["entry"]["url"]
    entry = client.get(path).text
    at = entry.split(f'id="{anchor}"')[1] if anchor else entry
    shown = card["question"]
    assert shown in at.split("</h2>")[0]


def test_what_the_card_says_is_not_listed_again(client: FlaskClient) -> None:
    page = client.get("/search?q=积分审核要多久").text
    card = client.get("/api/v1/answer?q=积分审核要多久").json["card"]["entry"]["url"]  # type: ignore[index]
    below = page.split('id="results"')[1].split("</main>")[0]
    links = [link.partition("#")[0] for link in re.findall(r'<a href="(/[aq]/[^"]+)"', below)]
    assert card not in links
    assert len(links) == len(set(links)) > 5
    limited = client.get("/search?q=积分审核要多久&topic=jifen").text.split('id="results"')[1]
    assert f'<a href="{card}"' in limited


def test_no_topic_is_claimed_where_none_was_understood(client: FlaskClient) -> None:
    assert "理解为：积分申请" in client.get("/search?q=积分审核要多久").text
    for question in ("今天天气怎么样", "多久"):
        asked = client.get("/api/v1/answer", query_string={"q": question}).json
        assert asked
        assert asked["understood"]["topic"] is None
        assert "理解为" not in client.get("/search", query_string={"q": question}).text


def test_what_is_understood_to_be_asked_is_what_the_card_answers(client: FlaskClient) -> None:
    said = {
        "积分审核要多久": "积分申请 · 审核时限",
        "老公老婆都要办居住证吗，孩子呢": "居住证申领 · 申请条件",
        "jifen shenhe": "积分申请 · 审核时限",
    }
    for question, words in said.items():
        assert f"<p>理解为：{words}</p>" in client.get("/search", query_string={"q": question}).text


def test_what_is_not_verified_says_so_before_that_it_is_in_force(client: FlaskClient) -> None:
    for path in ("/q/qianzhu/duojiu", "/search?q=签注要多久能办好"):
        page = client.get(path).text
        assert "badge-good" not in page
        assert page.index("尚未核实，仅供参考") < page.index("· 现行有效")


def test_a_fact_to_be_reviewed_says_so_outside_the_fold(client: FlaskClient) -> None:
    page = re.sub(r"(?s)<details>.*?</details>", "", client.get("/a/juzhuanhu/zhinan").text)
    assert "待复核：所依据的文件已被取代" in page


def test_an_answer_stands_once_on_its_page(client: FlaskClient) -> None:
    for path, words in (
        ("/q/qianzhu/duojiu", "没有核对到官方写的签注办理时限"),
        ("/a/jifen-xuban/yiqing-wangshen", "按系统提示决定网上递交还是现场递交"),
    ):
        body = client.get(path).text.split("<h1>")[1].split("</main>")[0]
        assert body.count(words) == 1
    assert "现在：现在" not in body


@pytest.mark.parametrize(
    "path", ["/search?q=积分审核要多久", "/search?q=今天天气怎么样", "/a/jifen/zhinan", "/", "/t/jifen", "/offline"]
)
def test_where_to_call_stands_once(client: FlaskClient, path: str) -> None:
    visible = client.get(path).text.split("<body>")[1]
    assert visible.count("没有找到答案，或情况特殊") == 1


def test_only_the_very_paragraph_is_taken_out_and_tables_scroll() -> None:
    assert without_lead("<p>A &amp; B。</p>\n<p>C</p>", "A & B。") == "<p>C</p>"
    assert without_lead("<p>A。B</p>", "A。") == "<p>A。B</p>"
    assert without_lead("<p></p>", "") == ""
    assert text_without_lead("A & B。\n\nC", "A & B。") == "C"
    assert text_without_lead("A。B", "A。") == "A。B"
    assert text_without_lead("", "") == ""
    assert re.fullmatch(r'<div class="scroll" tabindex="0"[^>]*><table>x</table></div>', scrolling("<table>x</table>"))


def test_an_index_page_jumps_to_its_sounds(client: FlaskClient) -> None:
    page = client.get("/az/J").text
    sounds = re.findall(r'<h2 id="(sound-[^"]+)"', page)
    assert len(sounds) > 3
    assert re.findall(r'<a href="#(sound-[a-z]+)">', page) == sounds


def test_scores_are_headed_as_scores(client: FlaskClient) -> None:
    assert '<th scope="col">分值</th>' in client.get("/search?q=学历能积多少分").text
    assert '<th scope="col">值</th>' not in client.get("/a/jifen-fenzhi/zhinan").text

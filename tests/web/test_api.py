"""The JSON API: the contract of design section 6, its errors, and its description."""

from __future__ import annotations

import json
import re
from xml.etree.ElementTree import fromstring

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.bodies import MAX_ID
from search.model import CardKind
from web.usage.store import Store


def test_an_answer_has_every_field_of_the_contract(client: FlaskClient) -> None:
    answer = client.get("/api/v1/answer?q=积分审核要多久").json
    assert answer is not None
    assert {"query", "understood", "card", "results", "related", "took_ms"} <= set(answer)
    assert {"text", "facet", "topic", "corrections"} <= set(answer["understood"])
    card = answer["card"]
    assert {
        "kind", "question", "answer", "items", "steps", "notes", "facet", "status", "verification", "effective",
        "reviewed", "sources", "entry", "confidence",
    } <= set(card)  # fmt: skip
    assert set(card["effective"]) == {"from", "to"}
    assert {"title", "issuer", "number", "url"} <= set(card["sources"][0])
    assert set(card["entry"]) == {"id", "title", "url"}
    assert {"id", "kind", "title", "url", "topic", "snippet", "status", "score"} == set(answer["results"][0])
    assert set(answer["related"][0]) == {"title", "url"}
    assert (card["facet"], card["status"], card["verification"]) == ("review_time", "in_force", "official")


def test_no_certain_answer_is_null(client: FlaskClient) -> None:
    answer = client.get("/api/v1/answer?q=深圳积分入户").json
    assert answer is not None
    assert answer["card"] is None


@pytest.mark.parametrize(("day", "kind"), [("2030-01-01", "notice"), ("2026-11-30", "fact")])
def test_as_of_answers_for_that_day(client: FlaskClient, day: str, kind: str) -> None:
    answer = client.get(f"/api/v1/answer?q=积分审核要多久&as_of={day}").json
    assert answer is not None
    assert answer["card"]["kind"] == kind


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("0", "写得不对——写成 2026-01-31 这样"),
        ("20261129", "写得不对——写成 2026-01-31 这样"),
        ("1e9", "写得不对——写成 2026-01-31 这样"),
        ("2026-11-29T00:00:00", "写得不对——写成 2026-01-31 这样"),
        ("2026-02-30", "写得不对——写成 2026-01-31 这样"),
        ("0026-11-29", "年份不对——写 1900 年以后的日期"),
    ],
)
def test_a_day_is_written_in_one_way_and_nothing_else_is_taken_for_one(
    client: FlaskClient, written: str, wrong: str
) -> None:
    for path in ("/api/v1/answer", "/api/v1/search", "/search"):
        reply = client.get(path, query_string={"q": "积分审核要多久", "as_of": written})
        assert reply.status_code == 400
        assert wrong in reply.text


@pytest.mark.parametrize(
    ("query", "told", "plainly"),
    [
        ({"page": "101"}, "参数 page 太大——最大 100", "页码太大——最大 100。"),
        ({"per_page": "51"}, "参数 per_page 太大——最大 50", "每页的条数太大——最大 50。"),
        ({"page": "0"}, "参数 page 太小——从 1 开始", "页码太小——从 1 开始。"),
        ({"q": "长" * 501}, "参数 q 太长——最多 500 字，请写短些", "您的问题太长——最多 500 字，请写短些。"),
    ],
)
def test_what_is_out_of_bounds_is_told_its_own_bound(
    client: FlaskClient, query: dict[str, str], told: str, plainly: str
) -> None:
    asked = {"q": "积分"} | query
    problem = client.get("/api/v1/search", query_string=asked).json
    assert problem
    assert problem["detail"] == told
    assert f"<p>{plainly}</p>" in client.get("/search", query_string=asked).text


@pytest.mark.parametrize("path", ["/api/v1/answer", "/api/v1/search"])
def test_a_topic_that_is_none_is_refused_and_not_taken_for_no_answer(client: FlaskClient, path: str) -> None:
    reply = client.get(path, query_string={"q": "积分审核要多久", "topic": "jifem"})
    assert (reply.status_code, reply.content_type) == (400, "application/problem+json")
    assert reply.json
    assert reply.json["detail"] == "参数 topic 写的主题 jifem 不存在——全部主题见 /api/v1/topics"
    assert client.get(path, query_string={"q": "积分审核要多久", "topic": "jifen"}).status_code == 200


def test_what_is_not_of_a_question_is_told_no_bound_of_one(client: FlaskClient) -> None:
    body = {"entry": f"articles/jifen/{'z' * 300}", "helpful": True}
    problem = client.post("/api/v1/feedback", json=body).json
    assert problem
    assert problem["detail"] == f"参数 entry 太长——最多 {MAX_ID} 字，请写短些"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"entry": NaN, "helpful": true}', "参数 entry 不是文字——写成带引号的文字"),
        (
            '{"entry": "articles/jifen/zhinan", "helpful": true, "comment": "\\ud83d"}',
            "参数 comment 里有半个字符，认不出来——删掉它再发",
        ),
        ('{"entry": "articles/jifen/zhinan", "helpful": null}', "参数 helpful 应是 true 或 false"),
        ('{"entry": "articles/jifen/zhinan", "helpful": "off"}', "参数 helpful 应是 true 或 false"),
        ('{"entry": "articles/jifen/zhinan", "helpful": 1}', "参数 helpful 应是 true 或 false"),
    ],
)
def test_what_is_wrong_with_feedback_is_told_with_what_to_write(client: FlaskClient, body: str, told: str) -> None:
    reply = client.post("/api/v1/feedback", data=body, content_type="application/json")
    assert (reply.status_code, reply.json) == (
        400,
        {"type": "about:blank", "title": "参数不对", "status": 400, "detail": told},
    )


@pytest.mark.parametrize("path", ["/api/v1/answer?q=", "/api/v1/search?q=", "/api/v1/suggest?q=", "/search?q="])
@pytest.mark.parametrize("text", ["%ED%A0%80", "%C0%AF", "%BB%FD%B7%D6"], ids=["surrogate", "overlong", "GBK"])
def test_what_is_not_utf8_is_refused_and_not_searched_for(client: FlaskClient, path: str, text: str) -> None:
    reply = client.get(path + text)
    assert reply.status_code == 400
    assert "认不出来——" in reply.text
    assert text not in reply.text.split("<main")[-1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/answer", 400),
        ("/api/v1/answer?q=", 400),
        ("/api/v1/answer?q=x&foo=1", 400),
        ("/api/v1/answer?q=x&topic=../x", 400),
        ("/api/v1/search?q=x&per_page=51", 400),
        ("/api/v1/entries/nope", 404),
        ("/api/v1/nope", 404),
    ],
)
def test_errors_are_problem_details_in_chinese(client: FlaskClient, path: str, status: int) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert reply.content_type == "application/problem+json"
    problem = json.loads(reply.text)
    assert problem["status"] == status
    assert "——" in problem["detail"]


def test_who_uses_another_method_is_told_which_may_be_used(client: FlaskClient) -> None:
    for path, methods in (("/api/v1/feedback", {"POST", "OPTIONS"}), ("/search", {"GET", "HEAD", "OPTIONS"})):
        reply = client.delete(path)
        assert reply.status_code == 405
        assert set(reply.headers["Allow"].split(", ")) == methods


def test_results_come_in_pages(client: FlaskClient) -> None:
    first = client.get("/api/v1/search?q=积分&per_page=3").json
    second = client.get("/api/v1/search?q=积分&per_page=3&page=2").json
    assert first is not None
    assert second is not None
    assert first["total"] > 6
    assert not {result["id"] for result in first["results"]} & {result["id"] for result in second["results"]}
    articles = client.get("/api/v1/search?q=积分&kind=article").json
    assert articles is not None
    assert {result["kind"] for result in articles["results"]} == {"article"}


@pytest.mark.parametrize("typed", ["积分审核", "jifensh", "审核"])
def test_suggestions_by_prefix_pinyin_and_infix(client: FlaskClient, typed: str) -> None:
    found = client.get("/api/v1/suggest", query_string={"q": typed}).json
    assert found is not None
    assert found["suggestions"]


def test_entries_and_topics(client: FlaskClient) -> None:
    entry = client.get("/api/v1/entries/articles/jifen/zhinan").json
    twin = client.get("/a/jifen/zhinan.json").json
    assert entry == twin
    assert entry is not None
    assert entry["cards"][0]["sources"]
    topics = client.get("/api/v1/topics").json
    assert topics is not None
    assert all(topic["entries"] for topic in topics["topics"])


def test_feedback_is_taken_as_json_only_and_never_by_get(client: FlaskClient, store: Store) -> None:
    vote = {"entry": "articles/jifen/zhinan", "helpful": False, "comment": "看不懂"}
    assert client.post("/api/v1/feedback", json=vote).status_code == 201
    assert [(note.entry, note.helpful, note.comment) for note in store.notes()] == [
        ("articles/jifen/zhinan", False, "看不懂")
    ]
    assert client.post("/api/v1/feedback", data=vote).status_code == 415
    assert client.get("/api/v1/feedback").status_code == 405
    assert client.post("/api/v1/feedback", json=vote | {"comment": "x" * 501}).status_code == 400
    assert client.post("/api/v1/feedback", json=vote | {"entry": "articles/jifen/nope"}).status_code == 404
    assert client.post("/api/v1/feedback", data=b"[1", content_type="application/json").status_code == 400
    assert client.post("/api/v1/feedback", data=b"x" * 100_000, content_type="application/json").status_code == 413


def _assert_described(client: FlaskClient, reply: TestResponse, path: str, status: str = "200") -> None:
    """Whether a reply is as the OpenAPI document says of a path."""
    document = client.get("/api/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    [operation] = document["paths"][path].values()
    schema = operation["responses"][status]["content"][reply.mimetype]["schema"]
    jsonschema.validate(reply.json, {**schema, "components": document["components"]})


OF_A_KIND = {
    "积分审核要多久": "fact",
    "居住证签注怎么办理": "steps",
    "上海积分需要什么资料": "checklist",
    "硕士研究生学历学位对应的分值": "table",
    "疫情期间积分确认全部网上审核": "notice",
    "补领居住证要付工本费吗": "fork",
    "深圳积分入户": None,
}


@pytest.mark.parametrize("question", OF_A_KIND)
def test_the_openapi_document_describes_an_answer_of_each_kind(client: FlaskClient, question: str) -> None:
    reply = client.get("/api/v1/answer", query_string={"q": question})
    assert reply.json
    assert (reply.json["card"] and reply.json["card"]["kind"]) == OF_A_KIND[question]
    _assert_described(client, reply, "/api/v1/answer")


def test_a_question_of_each_kind_of_card_is_asked() -> None:
    assert {*OF_A_KIND.values()} == {*CardKind, None}


SENT = {
    "/api/v1/search": "/api/v1/search?q=积分",
    "/api/v1/suggest": "/api/v1/suggest?q=积分",
    "/api/v1/topics": "/api/v1/topics",
    "/api/v1/entries/{id}": "/api/v1/entries/articles/jifen/zhinan",
}


@pytest.mark.parametrize("path", SENT)
def test_the_openapi_document_describes_what_is_sent(client: FlaskClient, path: str) -> None:
    reply = client.get(SENT[path])
    assert reply.status_code == 200
    _assert_described(client, reply, path)


def test_the_openapi_document_describes_how_feedback_is_taken(client: FlaskClient) -> None:
    reply = client.post("/api/v1/feedback", json={"entry": "articles/jifen/zhinan", "helpful": True})
    assert reply.status_code == 201
    _assert_described(client, reply, "/api/v1/feedback", "201")


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/api/v1/answer", "/api/v1/answer"),
        ("/api/v1/search", "/api/v1/search?q=x&page=0"),
        ("/api/v1/suggest", "/api/v1/suggest"),
        ("/api/v1/entries/{id}", "/api/v1/entries/nope"),
    ],
)
def test_the_openapi_document_describes_what_goes_wrong(client: FlaskClient, path: str, sent: str) -> None:
    reply = client.get(sent)
    assert reply.status_code in (400, 404)
    _assert_described(client, reply, path, "default")


def test_no_path_of_the_openapi_document_is_left_out(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document
    assert {*document["paths"]} == {"/api/v1/answer", "/api/v1/feedback", *SENT}


@pytest.mark.parametrize("path", ["/api/v1/answer", "/api/v1/search"])
def test_the_openapi_document_names_the_topics_that_may_be_asked_for(client: FlaskClient, path: str) -> None:
    document, topics = client.get("/api/openapi.json").json, client.get("/api/v1/topics").json
    assert document
    assert topics
    schemas = {each["name"]: each["schema"] for each in document["paths"][path]["get"]["parameters"]}
    assert schemas["topic"]["enum"] == [topic["id"] for topic in topics["topics"]]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/feed.xml", "/opensearch.xml"])
def test_what_machines_fetch_is_well_formed(client: FlaskClient, path: str) -> None:
    assert len(fromstring(client.get(path).data)) > 2  # noqa: S314  our own output


def test_health_and_metrics(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok", "broken_files": [], "held_back": False, "held_back_by": []}
    ready = client.get("/readyz").json
    assert ready is not None
    assert ready["status"] == "ready"
    assert re.fullmatch("[0-9a-f]{12}", ready["content"])
    assert "wence_entries " in client.get("/metrics").text
    assert "Sitemap:" in client.get("/robots.txt").text

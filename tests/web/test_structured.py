"""Structured data: valid by schema.org's own vocabulary, and never more certain than the facts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from search.service import Service
from tests.conftest import Folder
from tests.web.conftest import client_of
from tests.web.vocabulary import checked, nodes

OPEN = Callable[..., Service]


def structured(client: FlaskClient, path: str) -> dict[str, Any]:
    """The one block of JSON-LD of a page."""
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(path).text)
    found: dict[str, Any] = json.loads(data)
    return found


def of_type(tree: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in nodes(tree) if node.get("@type") == kind]


def test_every_page_keeps_to_the_vocabulary(client: FlaskClient, site: Service) -> None:
    paths = ["/", "/search?q=积分审核要多久", "/search?q=积分续办流程"]
    paths += [f"/t/{topic.id}" for topic in site.library.topics]
    paths += [entry.url for entry in site.library.entries.values()]
    seen = set()
    for path in paths:
        tree = structured(client, path)
        assert tree["@context"] == "https://schema.org"
        checked(tree)
        seen |= {node.get("@type") for node in nodes(tree)}
    assert {"GovernmentService", "FAQPage", "HowTo", "BreadcrumbList", "Legislation", "WebSite"} <= seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"@type": "GovernmentService", "processingTime": "P20D"},
        {"@type": "GovernmentService", "isBasedOn": {"@type": "Legislation", "name": "某办法"}},
        {"@type": "Legislation", "legislationLegalForce": "https://schema.org/Maybe"},
        {"@type": "FAQPage", "breadcrumb": {"@type": "Place", "name": "某处"}},
        {"@type": "FAQPage", "lastReviewed": "昨天"},
    ],
)
def test_what_the_vocabulary_does_not_know_is_noticed(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        checked(wrong)


def test_references_lead_to_nodes_of_the_same_page(client: FlaskClient, site: Service) -> None:
    for entry in site.library.entries.values():
        tree = structured(client, entry.url)
        for service in of_type(tree, "GovernmentService"):
            named = {node["@id"] for node in tree["isBasedOn"]}
            assert {reference["@id"] for reference in service["subjectOf"]} <= named


def test_the_service_tells_where_how_and_by_what_law(client: FlaskClient) -> None:
    tree = structured(client, "/a/jifen/zhinan")
    service = tree["about"]
    assert service["name"] == "积分申请"
    assert service["areaServed"]["name"] == "上海市"
    online, place = service["availableChannel"]
    assert "jzzjf.rsj.sh.gov.cn" in online["description"]
    assert "人才服务中心" in place["serviceLocation"]["description"]
    assert online["processingTime"].startswith("20 个工作日，自材料审核属实之日起算")
    law = next(node for node in tree["isBasedOn"] if node.get("legislationIdentifier") == "沪府规〔2022〕21号")
    assert law["legislationLegalForce"] == "https://schema.org/InForce"
    [how_to] = of_type(tree, "HowTo")
    assert len(how_to["step"]) == 6
    degree = next(supply for supply in how_to["supply"] if supply["name"] == "学历学位证书")
    assert degree["description"] == "申报教育背景时"


@pytest.mark.parametrize(("unit", "time"), [("工作日", "20 个工作日，自审核属实之日起算"), ("自然日", "P20D")])
def test_working_days_are_never_given_as_calendar_days(folder: Folder, open_folder: OPEN, unit: str, time: str) -> None:
    folder.change(folder.article, "unit: 工作日", f"unit: {unit}")
    [channel] = of_type(structured(client_of(open_folder(folder)), "/a/jifen/zhinan"), "ServiceChannel")
    assert channel["processingTime"] == time


def test_what_is_not_verified_is_only_suggested_and_says_so(folder: Folder, open_folder: OPEN) -> None:
    folder.change(folder.faq, "verification: official", "verification: unverified")
    tree = structured(client_of(open_folder(folder)), "/q/jifen/cailiao")
    [question] = tree["mainEntity"]
    assert "acceptedAnswer" not in question
    assert "尚未核实" in question["suggestedAnswer"]["text"]
    [law] = of_type(tree, "Legislation")
    assert "legislationLegalForce" not in law
    checked(tree)


def test_the_steps_of_an_answer_are_told_with_it(folder: Folder, open_folder: OPEN) -> None:
    folder.change(folder.faq, "    items: [{name: 居住证, copies: 原件}]", "    steps: [{do: 先登记}, {do: 再申领}]")
    [question] = structured(client_of(open_folder(folder)), "/q/jifen/cailiao")["mainEntity"]
    assert question["acceptedAnswer"]["text"].endswith("1. 先登记\n2. 再申领")


def test_statements_that_differ_are_all_suggested_and_none_is_accepted(folder: Folder, open_folder: OPEN) -> None:
    folder.change(
        folder.faq,
        "    source: banfa\n",
        "    source: banfa\n    conflict:\n      safer: 带原件\n      statements:\n"
        "        - {text: 要原件, source: banfa}\n        - {text: 要复印件, source: banfa}\n",
    )
    tree = structured(client_of(open_folder(folder)), "/q/jifen/cailiao")
    [question] = tree["mainEntity"]
    assert [answer["text"] for answer in question["suggestedAnswer"]] == ["要原件", "要复印件"]
    assert "acceptedAnswer" not in question
    checked(tree)


def test_a_superseded_document_is_not_in_force_and_answers_nothing(folder: Folder, open_folder: OPEN) -> None:
    folder.change("sources.yml", "number:", "superseded: 2026-01-01, number:")
    client = client_of(open_folder(folder))
    for path in ("/q/jifen/cailiao", "/a/jifen/zhinan"):
        tree = structured(client, path)
        assert tree["@type"] == "WebPage"
        [law] = of_type(tree, "Legislation")
        assert law["legislationLegalForce"] == "https://schema.org/NotInForce"
        assert law["expires"] == "2026-01-01"
        for kind in ("Question", "Answer", "HowTo", "GovernmentService"):
            assert of_type(tree, kind) == []


def _in_force_during(folder: Folder, change: str) -> None:
    folder.change(folder.article, "effective: {from: 2023-01-01, to: 2099-12-31}", change)


PAST, FUTURE = date(2024, 12, 31), date(2099, 1, 1)


@pytest.mark.parametrize(
    ("effective", "status"),
    [
        (f"{{from: 2023-01-01, to: {PAST}}}", "已失效"),
        (f"{{from: {FUTURE}, to: null}}", "尚未施行"),
    ],
)
def test_a_rule_in_force_during_keeps_its_dates_and_answers_nothing(
    folder: Folder, open_folder: OPEN, effective: str, status: str
) -> None:
    _in_force_during(folder, f"effective: {effective}")
    tree = structured(client_of(open_folder(folder)), "/a/jifen/zhinan")
    assert tree["@type"] == "WebPage"
    assert tree["creativeWorkStatus"] == status
    assert tree.get("expires") == (str(PAST) if status == "已失效" else None)
    assert tree["temporalCoverage"] == (f"2023-01-01/{PAST}" if status == "已失效" else f"{FUTURE}/..")
    for kind in ("Question", "Answer", "HowTo", "GovernmentService", "Article"):
        assert of_type(tree, kind) == []
    assert [law for law in of_type(tree, "Legislation") if "legislationLegalForce" in law] == []
    checked(tree)


def test_a_rule_that_ends_today_still_holds_today(folder: Folder, open_folder: OPEN) -> None:
    today = date.today()
    _in_force_during(folder, f"effective: {{from: 2023-01-01, to: {today}}}")
    tree = structured(client_of(open_folder(folder)), "/a/jifen/zhinan")
    assert tree["creativeWorkStatus"] == "现行有效"
    assert tree["mainEntity"][0]["acceptedAnswer"]["expires"] == str(today)


def test_a_search_answer_carries_its_card_and_only_for_today(client: FlaskClient) -> None:
    tree = structured(client, "/search?q=积分审核要多久")
    assert "20 个工作日" in tree["mainEntity"]["acceptedAnswer"]["text"]
    for query in ("q=今天天气怎么样", "q=积分审核要多久&as_of=2024-01-01", "q="):
        assert "ld+json" not in client.get(f"/search?{query}").text


HOSTILE = ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;/script&gt;", "\\u003c/script>", "{{7*7}}"]


@pytest.mark.parametrize("attack", HOSTILE)
def test_no_text_of_an_entry_ends_the_script(folder: Folder, open_folder: OPEN, attack: str) -> None:
    quoted = json.dumps(f"积分材料{attack}？", ensure_ascii=False)
    folder.change(folder.faq, "question: 积分要交什么材料？", f"question: {quoted}")
    folder.change("site.yml", "name: 测试站", f"name: {json.dumps('站' + attack, ensure_ascii=False)}")
    client = client_of(open_folder(folder))
    for path in ("/", "/t/jifen", "/q/jifen/cailiao"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert attack in json.dumps(structured(client, path), ensure_ascii=False).replace("\\\\", "\\")

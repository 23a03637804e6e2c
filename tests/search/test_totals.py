"""Who tells his own case (46 岁大专社保 12 年够不够) is told what it adds up to; or nothing added up, where it may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kb.model import Verification
from search.model import Card, CardKind
from search.service import Service
from tests.conftest import SOURCES, TOPICS, Folder

TODAY = date(2026, 11, 29)
SAID = (
    *(
        "46岁",
        "46",
        "大专",
        "本科",
        "学位",
        "硕士",
        "中级职称",
        "社保",
        "12年",
        "3年",
        "24个月",
        "2倍",
        "1.5倍",
        "基数",
        "120",
    ),
    *(
        "我",
        "老公",
        "今年",
        "交了",
        "满",
        "才",
        "没",
        "不",
        "的",
        "了",
        "多",
        "半",
        "够",
        "到",
        "能",
        "吗",
        "多少分",
        "帮我算算",
    ),
    *("，", "。", "、", " ", "：", "/", ".", "\u200b", "毕业", "请问"),
)
WHOLE = "我是高个，爱笑，走路2年了，够吗"
POINTS = """
---
title: 积分怎么算
topic: jifen
status: in_force
verification: official
reviewed: 2026-11-01
review_by: 2027-05-01
facts:
  - facet: score
    question: 积分多少分达标？
    answer: 100 分。
    total:
      goal: 100
      unit: 分
      asked: [够, 多少分]
      parts:
        - {tables: [身高], needed: true, before: [是]}
        - {tables: [步数], near: [走路], before: [走路, 会], after: [了]}
      passing: [爱笑]
      note: 以核定为准。
    source: {id: banfa, clause: 第一条}
  - facet: score
    about: 身高
    question: 身高积几分？
    answer: 见下表。
    values: [{of: 高个子, value: 60 分, aliases: [高个]}, {of: 矮个子, value: 90 分, aliases: [矮个]}]
    source: {id: banfa, clause: 第二条}
  - facet: score
    about: 步数
    question: 走路积几分？
    answer: 见下表。
    values: [{of: 满 2 年, value: 40 分, aliases: [2年], months: 24}]
    source: {id: banfa, clause: 第三条}
---
积分的算法。
"""


def added_up(site: Service, asked: str, day: date = TODAY) -> Card | None:
    """The card of a total, or None."""
    card = site.ask(asked, as_of=day).card
    return card if card and "合计" in card.answer else None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("我46，大专，社保交了12年，能到120吗", "合计 111 分，不到 120 分，还差 9 分"),
        ("我49岁大专学历社保16年，帮我算算", "合计 117 分，不到 120 分，还差 3 分"),
        ("我四十六岁，大专毕业，在上海交了十二年社保，够不够120分", "合计 111 分，不到 120 分"),
        ("45岁大专社保十五年能积多少分", "合计 122 分，够 120 分"),
        ("45岁大专社保十五年多少分", "合计 122 分，够 120 分"),
        ("28岁本科学士多少分", "合计至少 120 分，够 120 分"),
        ("老公38，硕士，社保才交两年，能办积分不", "合计 136 分，够 120 分"),
        ("我今年35岁，中级职称，社保8年，积分够吗", "合计 154 分，够 120 分"),
        ("49岁 本科没学位 社保满10年 积分多少", "合计 109 分，不到 120 分，还差 11 分"),
        ("41岁没学历，社保3倍交了两年多，分够不够", "合计至少 150 分，够 120 分"),
        ("专科加社保2倍基数三年，32岁，到不到", "合计至少 180 分，够 120 分"),
        ("44岁高中社保15年够120吗", "合计 74 分，不到 120 分，还差 46 分"),
        ("我今年46了，大专毕业，社保12年，够了没", "合计 111 分，不到 120 分，还差 9 分"),
        ("46岁大专毕业社保交了12年，还差几分", "合计 111 分，不到 120 分，还差 9 分"),
        ("帮我算算，46岁，大专，社保12年", "合计 111 分，不到 120 分，还差 9 分"),
        ("46岁，大专，1.5倍社保交了3年，够吗", "合计至少 125 分，够 120 分"),
        ("年龄：46，学历：大专，社保：12年，够120吗", "合计 111 分，不到 120 分，还差 9 分"),
        ("46岁，大专，社保12年还差几分", "合计 111 分，不到 120 分，还差 9 分"),
        ("46 岁，大专，社保 12 年，够 120 吗", "合计 111 分，不到 120 分，还差 9 分"),
        ("46岁，大专，社保12年零3个月，够120吗", "合计 111 分，不到 120 分，还差 9 分"),
        ("46岁，大专，社保12年，其中2倍基数3年，够120吗", "合计 211 分，够 120 分"),
        ("30岁，大专，3倍社保交满24个月，够120吗", "合计至少 200 分，够 120 分"),
        ("博士，社保交了10年，够120吗", "合计至少 140 分，够 120 分"),
        ("35歲碩士，社保5年，積分夠嗎", "合计 145 分，够 120 分"),
        ("我是高级工，社保8年，42岁", "合计 114 分，不到 120 分，还差 6 分"),
        ("46岁 大专 社保12年", "合计 111 分，不到 120 分，还差 9 分"),
        ("85年生人，大专，社保16年", "合计 128 分，够 120 分"),
        ("1985年出生，专科，社保14年，够120吗", "合计 122 分，够 120 分"),
        ("我老公九零年的，大专，社保13年，能到120吗", "合计 119 分，不到 120 分，还差 1 分"),
        ("女，88年的，大专，社保13年，够不够", "合计 119 分，不到 120 分，还差 1 分"),
        ("我今年四十九，大专文凭，上海交了十六年社保，能不能到一百二", "合计 117 分，不到 120 分，还差 3 分"),
        ("44岁，大专，社保断断续续加起来10年，够不够", "合计 109 分，不到 120 分，还差 11 分"),
    ],
)
def test_who_tells_all_of_his_case_is_told_what_it_adds_up_to(site: Service, asked: str, told: str) -> None:
    card = added_up(site, asked)
    assert card is not None
    assert told in card.answer


def test_a_total_shows_each_row_its_conditions_its_caveat_and_where_all_that_stands(site: Service) -> None:
    card = added_up(site, "我46，大专，社保交了12年，能到120吗")
    assert card is not None
    rows = [(row.of, row.value) for row in card.values]
    assert rows == [
        ("年龄：46 周岁", "25 分"),
        ("教育背景：大专（高职）学历", "50 分"),
        ("社保年限：满 12 年", "36 分"),
        ("合计", "111 分"),
    ]
    assert card.kind is CardKind.table
    assert card.question == "年龄 46、大专、社保年限 12年，合计多少分？"
    assert "以系统模拟估分和单位申请后的核定为准" in card.notes[0]
    assert any(note.startswith("社保年限：补缴的不算") for note in card.notes)
    clauses = " ".join(source.clause or "" for source in card.sources)
    for clause in ("第六条第一项", "第六条第二项", "第六条第四项", "第十条"):
        assert clause in clauses


def test_of_parts_that_exclude_each_other_the_higher_counts_and_the_other_is_named(site: Service) -> None:
    card = added_up(site, "28岁大专，中级职称，社保3年，够120分吗")
    assert card is not None
    assert "合计 139 分" in card.answer
    assert any(note.startswith("大专（高职）学历的 50 分没有另加") for note in card.notes)


def test_two_ages_that_a_year_of_birth_leaves_open_are_both_named(site: Service) -> None:
    card = added_up(site, "85年生人，大专，社保16年")
    assert card is not None
    assert card.question.startswith("年龄 40岁或41岁")


@pytest.mark.parametrize("asked", ["46岁大专社保15年补缴了2年，够不够", "1979年生人，大专，社保11年，够不够"])
def test_who_tells_what_is_not_added_up_hears_so_and_is_led_to_the_tables(site: Service, asked: str) -> None:
    answer = site.ask(asked, as_of=TODAY)
    assert answer.card is None
    assert any("没有合计" in hint and "年龄、教育背景" in hint for hint in answer.understood.hints)
    assert answer.candidates[0].url == "/a/jifen-fenzhi/zhinan"


@pytest.mark.parametrize(
    "asked", ["居住证怎么办", "46岁大专社保12年能办居转户吗", "北京30岁本科有学位社保5年够不够积分落户"]
)
def test_who_asks_for_no_total_hears_nothing_of_it(site: Service, asked: str) -> None:
    assert not any("没有合计" in hint for hint in site.ask(asked, as_of=TODAY).understood.hints)


@pytest.mark.parametrize(
    "asked",
    [
        "38岁大专社保12年补缴了一年够120吗",
        "32岁 大专 2倍社保交了一年够吗",
        "3倍基数交了20个月，30岁，大专，够吗",
        "35岁大专社保不到十年够吗",
        "快46了大专社保15年够吗",
        "66岁大专社保20年够吗",
        "我老婆31岁大专，社保五年，我36岁本科，谁积分够",
        "45岁大专社保15年，能居转户吗",
        "46岁大专社保15年，孩子能中考吗",
        "46岁大专毕业10年，社保15年，够吗",
        "36岁大专毕业，公司交社保6年，有过一次拘留，能到120吗",
        "46岁大专社保12年，要什么材料，够吗",
        "46岁大专，社保12年，能办居住证吗",
        "46岁大专社保12年够办居住证吗",
        "46个月大专社保12年够吗",
        "46岁或者47岁大专社保12年够吗",
        "2020年来上海，46岁大专社保12年够吗",
        "46岁没有大专，社保12年，够吗",
        "46岁自考大专在读社保12年够吗",
        "我明年46，大专，社保12年，能到120吗",
        "40多岁，本科没学位，社保10年，够120吗",
        "35岁来上海，大专，社保交了12年，够120吗",
        "20岁大专毕业，社保交了25年，够120吗",
        "儿子18岁，我大专，社保20年，够120吗",
        "我大专，社保20年，老婆46，够120吗",
        "我46，大专，老公有中级职称，社保12年，够120吗",
        "我妈46岁大专，我社保12年，够120吗",
        "46岁，大专，外地社保12年，够120吗",
        "46岁，大专，自己交社保12年，够120吗",
        "46岁，大专，社保从15年交到现在，够120吗",
        "我80年的，大专，社保12年，3倍基数，够120吗",
        "46岁，社保12年，够120吗，中级职称没有",
        "46岁，社保12年，想拿中级职称，够120吗",
        "46岁，大专，社保12年，去年3倍，够120吗",
        "46岁，没有学位，社保12年，够120吗",
        "46岁，中级职称，社保12年，0.8倍基数，够120吗",
        "46岁，大专或中级职称，社保12年，够120吗",
        "我大专，社保20年，够60吗",
        "46岁，大专，社保12年，老婆是上海人，够120吗",
        "46岁，大专，社保12年，年龄几分",
        "同事46，大专，社保12年够120了，我能到吗",
        "46岁，大专，3倍，社保1年，够120吗",
        "46岁，大专，1.5倍社保交了2年，够120吗",
        "46岁，大专，2倍社保3年，社保2年，够120吗",
        "35岁，大专，20年交的社保，够120吗",
        "大专，46岁，社保交到20年，够120吗",
        "40岁，大专，社保15年6月交的，够120吗",
        "46岁，大专，社保12年，25年按3倍交，够120吗",
        "40岁才交社保，社保交了15年，大专，够120吗",
        "20岁，大专，社保20年，够120吗",
        "中级职称才够120吗，46岁，社保12年",
        "公司能不能按2倍交，46岁，大专，社保12年，够120吗",
        "孩子小学，46岁，社保12年，能到120吗",
        "老公是上海的，46岁，大专，社保12年，够120吗",
        "硕士，社保20，够120吗",
        "大专50，社保20年，能到120吗",
        "社保12年，其中上海社保3年1倍，46岁，大专，够120吗",
        "46岁，大专，公司12年才交社保，够120吗",
        "能到120吗，46岁，大专，社保12年，中级职称有了没有",
        "男的46，女的大专，社保12年，够120吗",
        "46岁，社保12年，中级职称有多少分",
        "2020年交的社保，35岁，大专，够120吗",
        "学历大专:50，社保20年，够120吗",
        "总积分：50，大专，社保20年，还差几分",
        "大专，社保12年，2倍，满36，够120吗",
        "46岁，大专，3倍基数25年交的，够120吗",
        "26岁，大专，3倍社保25年，够120吗",
        "46岁，大专，1倍82年，社保12年，够120吗",
        "46岁，大专，社保12年，够120吗？中级职称？",
        "46岁，大专，社保12年，3倍能到吗",
        "3倍能到120吗？我46，大专，社保12年",
        "孩子18岁，高中，公司交3倍社保，能到120吗",
        "40岁交社保15年，大专，够120吗",
        "夫妻46，大专，社保20年，够120吗",
        "孩子，46岁，大专，社保12年，够120吗",
        "46岁，社保12年，jishi 够120吗",
        "46岁，大专，社保12年，高级工积分多少",
        "46岁，大专，社保12年，够120吗" + "，" * 490 + "社保里3年是补缴的",
        "46岁，大专，社保12年24个月2倍基数，够120吗",
        "30岁，3倍基数，有没有学历，够120吗",
        "我积分46，大专，社保20年，还差多少分",
        "46岁，大专，社保＜12年，够120吗",
        "我和老公社保加起来20年，30岁，大专，够120吗",
        "46岁大专2倍基数，社保12年，本科有学位，够120吗",
        "46岁，大专，社保144个月，够120吗",
        "1979年生人，本科没学位，社保11年，够120吗",
        "98年的大专，社保10年，够120吗",
        "大专，98年的，社保10年，够120吗",
        "大专，2005年的，社保3年，够120吗",
        "1998年大专毕业，社保10年，够120吗",
        "95年生孩子，大专，社保10年，够120吗",
        "45岁，大专，社保断断续续10年，够120吗",
    ],
)
def test_what_is_not_understood_to_the_last_word_is_not_added_up(site: Service, asked: str) -> None:
    assert added_up(site, asked) is None


@pytest.mark.parametrize(
    "asked", ["30岁大专够120分吗", "本科有学位，社保5年，够吗", "大专，社保12年够120吗", "46岁，大专"]
)
def test_who_leaves_out_what_everybody_has_is_not_told_that_he_falls_short(site: Service, asked: str) -> None:
    assert added_up(site, asked) is None


def test_a_wording_of_an_editors_own_goes_before_a_total(site: Service) -> None:
    assert added_up(site, "44 专科 社保15年") is None


def test_a_total_holds_no_longer_than_its_tables(folder: Folder, open_folder: Callable[..., Service]) -> None:
    short = POINTS.replace("about: 步数\n", "about: 步数\n    effective: {from: 2026-01-01, to: 2026-12-31}\n")
    folder.write("articles/jifen/fenzhi.md", short)
    service = open_folder(folder)
    card = added_up(service, WHOLE)
    assert card is not None
    assert (card.effective.from_, card.effective.to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert added_up(service, WHOLE, date(2027, 1, 1)) is None


def test_a_total_is_no_surer_than_what_it_is_made_of(folder: Folder, open_folder: Callable[..., Service]) -> None:
    weak = POINTS.replace("about: 步数\n", "about: 步数\n    verification: unverified\n")
    weak = weak.replace("months: 24}", "months: 24, note: 要走路来}").replace("clause: 第三条}", "clause: 第三条}", 1)
    folder.write("articles/jifen/fenzhi.md", weak.replace("{id: banfa, clause: 第三条}", "jiu"))
    folder.write("sources.yml", SOURCES + "- {id: jiu, title: 旧办法, superseded: 2026-01-01}\n")
    card = added_up(open_folder(folder), WHOLE)
    assert card is not None
    assert (card.verification, card.needs_review) == (Verification.unverified, True)
    assert [source.title for source in card.sources] == ["积分办法", "积分办法", "旧办法"]
    assert card.values[1].note == "要走路来"


def test_nothing_disputed_is_added_up(folder: Folder, open_folder: Callable[..., Service]) -> None:
    conflict = "conflict: {statements: [{text: 甲说, source: banfa}, {text: 乙说, source: banfa}], safer: 照甲说}"
    folder.write("articles/jifen/fenzhi.md", POINTS.replace("about: 步数\n", f"about: 步数\n    {conflict}\n"))
    assert added_up(open_folder(folder), WHOLE) is None


def test_what_adds_up_in_two_ways_is_not_told(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.write("articles/jifen/fenzhi.md", POINTS)
    folder.write("topics.yml", TOPICS + "- {id: bieti, name: 别题, summary: 别的}\n")
    other = (
        POINTS.replace("积分", "别题")
        .replace("topic: jifen", "topic: bieti")
        .replace("60 分", "70 分")
        .replace("积几分", "值几分")
    )
    folder.write("articles/bieti/fenzhi.md", other)
    service = open_folder(folder)
    assert service.ask(WHOLE, "bieti").card is not None
    assert added_up(service, WHOLE) is None


@pytest.mark.parametrize("name", [r"\u200b", "2 年", "(", "[年]", "*"])
def test_whatever_an_editor_calls_a_row_questions_are_answered(
    folder: Folder, open_folder: Callable[..., Service], name: str
) -> None:
    named = POINTS.replace("aliases: [2年]", f'aliases: ["2年", "{name}"]')
    folder.write("articles/jifen/fenzhi.md", named.replace("passing: [爱笑]", f'passing: ["爱笑", "{name}"]'))
    assert added_up(open_folder(folder), WHOLE) is not None


@given(
    age=st.integers(18, 60),
    degree=st.sampled_from([("大专", 50), ("本科没学位", 60), ("本科有学位", 90), ("硕士", 100), ("博士", 110)]),
    years=st.integers(1, 30),
    said=st.sampled_from(
        ["{age}岁{degree}社保{years}年够120吗", "社保交了{years}年，{degree}毕业，今年{age}岁，够多少分"]
    ),
)
def test_every_total_is_what_the_rules_give(
    site: Service, age: int, degree: tuple[str, int], years: int, said: str
) -> None:
    assume(age - years >= 16)
    by_age = 30 if age <= 43 else max(5, 5 + 2 * (56 - age))
    asked = said.format(age=age, degree=degree[0], years=years)
    card = added_up(site, asked)
    assert card is not None
    assert f"合计 {by_age + degree[1] + 3 * years} 分" in card.answer


@given(st.lists(st.sampled_from(SAID), max_size=14).map("".join))
def test_whatever_is_said_the_rows_that_are_shown_add_up(site: Service, asked: str) -> None:
    card = added_up(site, asked)
    if card:
        *rows, total = [int(row.value.removesuffix(" 分")) for row in card.values]
        assert sum(rows) == total
        assert f" {total} 分，{'够' if total >= 120 else '不到'} 120 分" in card.answer
        assert len({row.of.partition("：")[0] for row in card.values}) == len(card.values)


def test_an_editor_declares_what_adds_up(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.write("articles/jifen/fenzhi.md", POINTS)
    service = open_folder(folder)
    for asked, told in (
        (WHOLE, "合计 100 分，够 100 分"),
        ("矮个子走路两年多少分", "合计 130 分，够 100 分"),
    ):
        card = added_up(service, asked)
        assert card is not None
        assert told in card.answer
    for asked in (
        "我是高个，够吗",
        "走路2年够吗",
        "高个，走路1年，够吗",
        "高个，会走路2年的马，够吗",
        "爱笑的高个，走路2年，够吗",
    ):
        assert added_up(service, asked) is None
    assert added_up(service, "高个，走路2年") is not None  # all that is needed
    folder.change("articles/jifen/fenzhi.md", "needed: true, ", "")
    service.refresh()
    assert added_up(service, "高个，走路2年") is None
    assert added_up(service, WHOLE) is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("about: 步数", "about: 别的", "主题 jifen 里没有"), ("unit: 分", "unit: 点", "没有一行能相加")],
)
def test_a_total_that_can_never_be_told_is_a_mistake_and_the_site_goes_on(
    folder: Folder, open_folder: Callable[..., Service], old: str, new: str, said: str
) -> None:
    folder.write("articles/jifen/fenzhi.md", POINTS.replace(old, new))
    service = open_folder(folder)
    assert any(said in problem.what for problem in service.errors)
    assert added_up(service, WHOLE) is None
    assert service.ask("积分多少分达标").card is not None


def test_the_order_of_what_is_told_does_not_matter(site: Service) -> None:
    for parts in permutations(("46岁", "大专", "社保12年")):
        card = added_up(site, f"{'，'.join(parts)}，够120吗")
        assert card is not None
        assert "合计 111 分" in card.answer

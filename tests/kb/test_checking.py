"""`kb check`: every mistake an editor can make is reported with file, line, what is wrong and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from kb import checking, library
from kb.bounds import MAX_PROBLEMS
from kb.checking import cross_check, dated_problems, dated_sources
from kb.comparing import comparable
from kb.documents import Document
from kb.errors import ContentError, Level, Problem
from kb.ledger import Ledger
from kb.model import EntryKind, Facet, Fact, Period, SourceRef
from kb.parsing import parse_yaml
from kb.templates import template
from kb.validating import EXAMPLES, nearest, validate
from tests.conftest import ARTICLE, SITE, SOURCES, TOPICS, Folder

TODAY = date(2026, 11, 24)


def problems(folder: Folder, day: date = TODAY) -> list[Problem]:
    loaded = library.load(folder.root)
    return sorted({*loaded.problems, *dated_problems(loaded.documents.values(), day)})


def test_a_good_folder_has_no_problems(folder: Folder) -> None:
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("title: 积分", "title：积分", "全角冒号"), ("reviewed: 2026-11-01", "reviewed: 昨天", "不是日期")],
)
def test_a_mistake_in_the_front_matter_hides_none_in_the_body(folder: Folder, old: str, new: str, said: str) -> None:
    folder.change(folder.article, old, new)
    folder.change(folder.article, "积分由单位申请。", "# 大标题\n\n【文号】[见](/a/jifen/meiyou)\n\n！！！ 注意")
    folder.change(folder.article, "不能加急。", "[见](#jiaji)")
    told = " ".join(problem.what for problem in problems(folder) if problem.file == folder.article)
    assert "#jiaji" not in told
    for each in (said, "一级标题", "【文号】", "/a/jifen/meiyou 指向的页面不存在", "提示框"):
        assert each in told


@pytest.mark.parametrize(
    ("which", "old", "new", "said"),
    [
        ("article", "topic: jifen", "Topic: jifen", "不认识的字段 Topic — 是不是 topic"),
        ("article", "    source: {", "    sources: {", "的 sources — 是不是 source"),
        ("faq", "question: 积分", "title: 积分", "不认识的字段 title — 是不是 question"),
        ("article", "title: 积分", "question: 积分", "这像是问答，却放在指南的文件夹里"),
    ],
)
def test_a_field_under_another_name_is_not_also_missing(
    folder: Folder, which: str, old: str, new: str, said: str
) -> None:
    folder.change(getattr(folder, which), old, new)
    [problem] = problems(folder)
    assert said in str(problem)


@pytest.mark.parametrize(("model", "example"), EXAMPLES.items())
def test_the_example_shown_for_a_group_of_fields_is_right(model: type[BaseModel], example: str) -> None:
    assert validate(model, parse_yaml(example, "x.yml"), "x.yml")[1] == []


def test_a_file_in_which_there_is_nothing_is_said_to_be_empty(folder: Folder) -> None:
    folder.write(folder.faq, "\n")
    folder.write(folder.article, "---\n---\n积分由单位申请。\n")
    assert [problem.what for problem in problems(folder)] == ["文件头是空的", "文件是空的"]
    for name in ("topics.yml", "site.yml", "sources.yml"):
        folder.write(name, "# 还没写\n")
        with pytest.raises(ContentError, match=f"{name}:1: 文件是空的 — "):
            library.load(folder.root)
        folder.write(name, {"topics.yml": TOPICS, "site.yml": SITE, "sources.yml": SOURCES}[name])


def test_all_slips_of_the_front_matter_that_have_a_name_are_told_at_once(folder: Folder) -> None:
    folder.change(folder.article, "title: 积分", "title：积分")
    folder.change(folder.article, "  - facet: review_time\n    question", "  - facet：review_time\n    question")
    folder.change(folder.article, "status: in_force", "\tstatus: in_force")
    folder.change(folder.article, "limit: {promised: 20, unit", "limit: {promised: 20，unit")
    told = [(problem.line, problem.what) for problem in problems(folder) if problem.file == folder.article]
    assert [line for line, _ in told] == [2, 4, 11, 14]
    assert all("YAML" not in what for _, what in told)


ALIASES = "aliases: [积分怎么办理]"
SLIPS: list[tuple[str, dict[str, str], list[int]]] = [
    ("a field with others below it", {"facts:": "facts：", "    answer: 20": "    answer:20"}, [10, 13]),
    ("a list item with others below it", {"- facet: review_time": "- facet：review_time", "answer: 20": "answer：20"}, [11, 13]),
    ("a bracket never closed, after another slip", {"title: 积": "title：积", "clause: 第十七条}": "clause: 第十七条"}, [2, 15]),
    ("right paragraphs below a slip", {"answer: 20": "answer：|\n      \u3000\u3000甲。\n      \u3000\u300020"}, [13]),
    ("a right list below a slip", {ALIASES: "aliases：\n  - APP：怎么办理"}, [9]),
    ("a right text over two lines above one", {ALIASES: 'summary: "第一行\n  第二行"', "facts:": "facts："}, [11]),
    ("the same, above a colon that is missing", {ALIASES: 'summary: "第一行\n  第二行"', "facts:": "facts"}, [11]),
    ("right paragraphs above a brace never closed", {"answer: 20": "answer: |\n      \u3000\u300020", "第十七条}": "第十七条"}, [16]),
    ("a comment above a colon that is missing", {"review_by: 2027-05-01": "review_by: 2027-05-01 # 核对人: 王", "facts:": "facts"}, [10]),
    ("a right text over two lines below one", {ALIASES: "summary: 第一行\n  APP：第二行", "facts:": "facts"}, [11]),
    ("a comment above a line not in its place", {"facts:": "facts: # 说明: 每条", "    question": "   question"}, [12]),
    ("a right text over two lines above a brace never closed", {ALIASES: 'summary: "甲\n  乙"', "第十七条}": "第十七条"}, [16]),
    ("a quotation mark that is an inch", {ALIASES: 'summary: 甲 5" 屏', "第十七条}": "第十七条"}, [15]),
    ("a quote never closed, above another slip", {ALIASES: 'summary: "甲', "answer: 20": "answer：20"}, [9, 13]),
    ("what is too deep is told once", {"title: 积分办理指南": "title: [[[[[[[[[[[[[\n[[[[[[[[[[[[[[["}, [2]),
    ("an escape that is no character", {"title: 积分办理指南": 'title: "\\UFFFFFFFF"'}, [2]),
    ("fields written twice and thrice, beside a slip", {"title: 积分办理指南": "title: 甲\ntitle: 乙\ntitle: 丙", "clause: 第": "id: x, clause: 第", "facts:": "facts："}, [3, 4, 12, 17]),
    ("a field with others below it written twice", {"facts:": "facts: []\nfacts:"}, [11]),
    ("a long list below a slip", {ALIASES: "aliases：\n" + "\n".join(f"  - 问法{number}" for number in range(6))}, [9]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "lines"), [each[1:] for each in SLIPS], ids=[each[0] for each in SLIPS])
def test_only_what_is_a_slip_is_told_and_all_that_is(folder: Folder, changes: dict[str, str], lines: list[int]) -> None:
    for old, new in changes.items():
        folder.change(folder.article, old, new)
    assert [problem.line for problem in problems(folder) if problem.file == folder.article] == lines


def test_a_file_written_with_chinese_colons_throughout_is_told_all_of_them(folder: Folder) -> None:
    text = (folder.root / folder.faq).read_text("utf-8")
    front, body = text.removeprefix("---\n").split("---\n")
    folder.write(folder.faq, f"---\n{front.replace(': ', '：').replace(':', '：')}---\n{body}")
    told = [problem for problem in problems(folder) if problem.file == folder.faq]
    assert len(told) > 5
    assert {problem.what for problem in told} == {"字段名后面是全角冒号“：”"}


def test_what_stands_in_code_is_not_taken_for_the_mistake(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "```\n# 甲\n![乙](b.png)\n```\n\n`<b>`\n\n# 丙\n\n![丁](d.png)")
    told = [(problem.line, problem.what) for problem in problems(folder) if problem.file == folder.article]
    assert told == [(24, "正文里用了一级标题"), (26, "正文里不能放图片")]


def test_every_place_of_what_the_body_may_not_hold_is_told_at_once(folder: Folder) -> None:
    said = "![甲](a.png)![乙](b.png)\n\n![丙](c.png)\n\n<u>丁</u>\n\n<ul><li>戊</li></ul>\n\n<U>己</U>\n\n# 庚\n\n> # 辛\n\n壬\n==="
    folder.change(folder.article, "积分由单位申请。", said)
    told = [(problem.line, problem.what) for problem in problems(folder) if problem.file == folder.article]
    assert [line for line, what in told if "图片" in what] == [17, 19]
    assert [line for line, what in told if "<u>" in what] == [21, 25]
    assert [line for line, what in told if "一级标题" in what] == [27, 29, 32]


def test_no_kind_of_what_the_body_may_not_hold_hides_another_however_many_there_are(folder: Folder) -> None:
    tags = [f"<x{letter}>" for letter in "abcdefghijklmn"]
    line = "".join(f"{tag}甲" for tag in tags) + "[乙](javascript:x)"
    folder.change(folder.article, "积分由单位申请。", "\n\n".join([line] * 60))
    told = [problem.what for problem in problems(folder)]
    assert all(f"正文里有不允许的 HTML {tag}" in told for tag in tags)
    assert sum("HTML" in what for what in told) <= MAX_PROBLEMS
    assert sum("不安全" in what for what in told) == MAX_PROBLEMS


def test_however_many_places_there_are_as_many_are_told_as_can_be_read(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "\n\n".join(["![甲](a.png)"] * 200 + ["【文号】"]))
    told = [problem.what for problem in problems(folder)]
    assert (len(told), "模板里的 【文号】 还没有替换" in told) == (MAX_PROBLEMS + 1, True)


IN_QUESTIONS = [
    ("？ {#jiaji", "？{#jiaji", "花括号"),
    ("about=加急", "matter=加急", "不认识的标记 matter"),
    ("facet=review_time", "facet=shenhe", "没有这个类别"),
    ("facet=review_time ", "", "没有 facet，about 不起作用"),
    ("about=加急", "verification=sure", "verification 写成了“sure”"),
    ("#jiaji", "#加急", "锚点 #加急"),
    ("不能加急。", "", "没有答案"),
    ("### 审核能加急吗？ {#jiaji facet=review_time about=加急}", "###", "空的标题"),
]


@pytest.mark.parametrize(("old", "new", "said"), IN_QUESTIONS)
@pytest.mark.parametrize("front", [("title: 积分", "title：积分"), ("reviewed: 2026-11-01", "reviewed: 昨天")])
def test_a_mistake_in_the_front_matter_hides_none_in_a_question(
    folder: Folder, old: str, new: str, said: str, front: tuple[str, str]
) -> None:
    folder.change(folder.article, old, new)
    alone = [problem for problem in problems(folder) if said in problem.what]
    assert [problem.line for problem in alone] == [20]
    folder.change(folder.article, *front)
    assert alone[0] in problems(folder)


@pytest.mark.parametrize(
    "typed",
    [
        "## 常见问题\n### 复印件行吗？ {#x facet=wu}",
        "### 复印件行吗？ {#x facet=fee}\n行。\n### 甲 {#y facet=fee}\n乙。",
    ],
)
def test_questions_in_a_question_file_become_none_which_is_told_once(folder: Folder, typed: str) -> None:
    folder.change(folder.faq, "带居住证原件。", f"带居住证原件。\n\n## 说明\n\n{typed}")
    [problem] = problems(folder)
    assert (problem.level, "不会成为单独的问答" in problem.what) == (Level.warning, True)
    assert problem.line in (17, 18)
    folder.change(folder.faq, "reviewed: 2026-11-01", "reviewed: 昨天")
    assert problem in problems(folder)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("## 常见问题", "## 常见问答", [19]),
        ("## 常见问题", "## 常见问题：", [19]),
        ("## 常见问题", "## 三、常见问题", [19]),
        ("## 常见问题", "## 3. 常见问题", [19]),
        ("## 常见问题", "## （三）常见问题", [19]),
        ("## 常见问题", "## 常见问题（FAQ）", [19]),
        ("## 常见问题", "## **常见问题**", [19]),
        ("## 常见问题", "## FAQ", [19]),
        ("## 常见问题", "### 常见问题", [19, 20]),
        ("## 常见问题", "## 答疑", [20]),
        ("### 审核能", "#### 审核能", [20]),
        ("不能加急。", "不能加急。\n\n#### 能代办吗？\n能。", [23]),
        ("### 审核能", "## 审核能", [20]),
    ],
)
def test_a_question_that_would_become_no_entry_is_an_error(
    folder: Folder, old: str, new: str, lines: list[int]
) -> None:
    folder.change(folder.article, old, new)
    found = problems(folder)
    assert [(problem.line, problem.level, "不会成为问答" in problem.what) for problem in found] == [
        (line, Level.error, True) for line in lines
    ]


def test_a_heading_that_names_its_place_is_no_question(folder: Folder) -> None:
    folder.change(
        folder.article,
        "积分由单位申请。",
        "积分由单位申请。\n\n## 常见情形 {#qingxing}\n\n甲。\n\n### 乙 {#yi}\n\n丙。",
    )
    assert problems(folder) == []


@pytest.mark.parametrize("end", ["----", "－－－", "——"])
def test_an_end_of_the_front_matter_that_is_nearly_one_is_named(folder: Folder, end: str) -> None:
    folder.change(folder.article, "---\n积分由", f"{end}\n积分由")
    told = [problem for problem in problems(folder) if problem.file == folder.article]
    assert [(problem.line, problem.what) for problem in told] == [(16, f"文件头的结束写成了 {end}")]


def test_only_what_the_template_holds_is_a_placeholder_and_in_a_draft_a_reminder(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "【办理时间】工作日 9:00。\n\n公告标题是【重要】闭馆通知。")
    assert problems(folder) == []
    folder.change(folder.faq, "带居住证原件。", "【答案，一两句话】")
    assert [problem.level for problem in problems(folder)] == [Level.error]
    folder.change(folder.faq, "in_force", "draft")
    assert [problem.level for problem in problems(folder)] == [Level.warning]


def test_two_templates_do_not_claim_each_others_wordings(folder: Folder) -> None:
    for slug in ("jia", "yi"):
        folder.write(f"faqs/jifen/{slug}.md", template(EntryKind.faq, "jifen", TODAY))
    assert all("还没有替换" in problem.what for problem in problems(folder))


def test_a_placeholder_is_told_once(folder: Folder) -> None:
    folder.change(folder.article, "reviewed: 2026-11-01", "reviewed: 【文号】")
    folder.change(folder.article, "积分办理指南", "【标题】")
    assert [problem.line for problem in problems(folder) if problem.file == folder.article] == [2, 7]


CHANGES = [
    ("article", "topic: jifen", "topic: jifem", 3, "是不是 jifen（积分）"),
    ("article", "facet: review_time", "facet: review-time", 11, "是不是 review_time（审核时限）"),
    ("article", "facet: review_time", "facet: 审核时限", 11, "是不是 review_time"),
    ("article", "facet: review_time", "facet: 查询", 11, "是不是 query（进度与结果查询）"),
    ("article", "status: in_force", "statsu: in_force", 4, "是不是 status"),
    ("article", "status: in_force\n", "", 2, "缺少字段 status"),
    ("article", "reviewed: 2026-11-01", "reviewed: 昨天", 7, "不是日期"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2027-11-01", 8, "早于 reviewed"),
    ("article", "from: 2023-01-01, to: 2099-12-31", "from: 2100-01-01, to: 2099-12-31", 6, "晚于截止日"),
    ("article", "id: banfa", "id: banfb", 15, "来源 banfb 没有定义"),
    ("article", "title: 积分办理指南", "title: 积分: 办理指南", 2, "两个英文冒号"),
    ("article", "title: 积分办理指南", "title: *x", 2, "文字以星号 * 开头"),
    ("article", "title: 积分办理指南", "title: 积分办理指南\ntitle: 又一个", 3, "写了两次"),
    ("article", "积分由单位申请。", "积分<script>alert(1)</script>", 17, "不允许的 HTML <script>"),
    ("article", "积分由单位申请。", "[见这里](/a/jifen/meiyou)", 17, "指向的页面不存在"),
    ("article", "积分由单位申请。", "[见](/t/articles/jifen/zhinan)", 17, "/t/articles/jifen/zhinan 指向的页面不存在"),
    ("article", "积分由单位申请。", "[见](/x/faqs/jifen/cailiao)", 17, "/x/faqs/jifen/cailiao 指向的页面不存在"),
    ("article", "积分由单位申请。", "[见这里](#meiyou)", 17, "指向的位置 #meiyou 不存在"),
    ("article", "积分由单位申请。", "[见](javascript:alert(1))", 17, "不安全"),
    ("article", "积分由单位申请。", "一\n\n[甲](/a/jifen/wu)\n\n[乙](/a/jifen/wu2)", 21, "/a/jifen/wu2"),
    ("article", "积分由单位申请。", "[甲](/a/jifen/wu2)\n\n[乙](/a/jifen/wu)", 19, "/a/jifen/wu "),
    ("article", "积分由单位申请。", "一\n\n# 大标题", 19, "从 ## 开始"),
    ("article", "积分由单位申请。", "一\n\n![图](a.png)", 19, "不能放图片"),
    ("article", "积分由单位申请。", "<b>一</b>\n\n<b onclick='x()'>二</b>", 19, "<b on…>"),
    ("article", "积分由单位申请。", "一\n\n<a href='/a/jifen/wu'>甲</a>", 19, "指向的页面不存在"),
    ("article", "积分由单位申请。", "一\n\n<div>\n<![x[\n</div>", 20, "不允许的 HTML <!["),
    ("article", "积分由单位申请。", "一\n\n<p>\n\n## 流程", 19, "不允许的 HTML <p>"),
    ("article", "积分由单位申请。", "一\n\n`<p>`\n\n<DIV class='a'>\n二", 21, "不允许的 HTML <div>"),
    ("article", "积分由单位申请。", "一\n\n<table><caption>二</table>", 19, "不允许的 HTML <table>"),
    ("article", "不能加急。", "<s>20</s> 15 个工作日。", 21, "不允许的 HTML <s> — 作废的字删掉"),
    ("article", "不能加急。", "<del>20</del> 15 个工作日。", 21, "不允许的 HTML <del> — 作废的字删掉"),
    ("article", "积分由单位申请。", "[见](../meiyou/x.md)", 17, "链接 ../meiyou/x.md 指向的页面不存在"),
    ("article", "积分由单位申请。", "见[网站](www.shanghai.gov.cn)", 17, "外部网址以 https:// 开头"),
    ("article", "积分由单位申请。", "见[网站](zwdt.sh.gov.cn/a)", 17, "外部网址以 https:// 开头"),
    ("article", "积分由单位申请。", "见【材料】(/q/jifen/cailiao)", 17, "换成英文方括号，如 [文字](地址)"),
    ("article", "aliases: [积分怎么办理]", "related: [jifen/cailiao]", 9, "是不是 faqs/jifen/cailiao"),
    ("article", "aliases: [积分怎么办理]", "related: [/q/jifen/cailiao]", 9, "是不是 faqs/jifen/cailiao"),
    ("article", "aliases: [积分怎么办理]", "related: [faqs/jifen/cailiao.md]", 9, "是不是 faqs/jifen/cailiao"),
    ("faq", "aliases: [积分材料清单]", "now: {text: 甲, entry: jifen/zhinan}", 7, "是不是 articles/jifen/zhinan（积"),
    ("article", "facet: review_time", "facet: [change, process]", 11, "只能写一个 — 只留一个，不写方括号；说到几类"),
    ("article", "status: in_force", "status:", 4, "status 是空的 — 可以写：in_force"),
    ("article", "title: 积分", "title:\t积分", 2, "冒号后面是制表符"),
    ("article", "title: 积分", "title: \t积分", 2, "冒号后面是制表符"),
    ("article", "---\ntitle", "\n---\ntitle", 1, "--- 前面有空行"),
    (
        "article",
        "effective: {from: 2023-01-01, to: 2099-12-31}",
        "effective: 2026-01-01",
        6,
        "如 {from: 2026-01-01, to",
    ),
    ("article", "limit: {promised: 20, unit: 工作日, from: 审核属实之日}", "limit: 5 天", 14, "如 {promised: 5, unit"),
    ("article", "limit: {promised: 20, unit: 工作日, from: 审核属实之日}", "steps: [先填表]", 14, "如 {do: 在网上填表"),
    ("faq", "items: [{name: 居住证, copies: 原件}]", "items: 居住证", 10, "每项一行，以“- ”开头，如 - {name: 身份证"),
    ("faq", "    source: banfa", "    source: 积分办法", 11, "是不是 banfa"),
    ("article", "不能加急。", "", 20, "没有答案"),
    ("article", "？ {#jiaji", "？{#jiaji", 20, "花括号前空一格"),
    ("article", " {#jiaji", " ｛#jiaji", 20, "问题标题里的花括号是全角的 — 换成英文的 { }"),
    ("article", "about=加急", "about=", 20, "about 或 clause 是空的"),
    ("article", "about=加急", "matter=加急", 20, "不认识的标记 matter"),
    ("article", "about=加急", "source=s9", 20, "来源 s9 没有定义"),
    ("article", "{#jiaji ", "{#加急 ", 20, "锚点 #加急"),
    ("article", "facet: review_time", "facet: “review_time”", 11, "是不是 review_time"),
    ("article", "{from: 2023-01-01,", "{from:2023-01-01,", 6, "冒号没有写对"),
    ("article", "    answer: 20 个工作日内核定并告知。\n    limit:", "    limt:", 13, "是不是 limit"),
    ("article", "    answer: 20 个工作日内核定并告知。\n", "", 11, "没有内容"),
    ("article", "reviewed: 2026-11-01", "reviewed: 20261101", 7, "不是日期"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026/11/1", 7, "不是日期"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026-12-01", 7, "在今天之后"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026-1-5", 7, "写成 2026-01-05"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026年1月15日", 7, "写成 2026-01-15"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026.1.5", 7, "写成 2026-01-05"),
    ("article", "reviewed: 2026-11-01", "reviewed: 20260105", 7, "写成 2026-01-05"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026-02-30", 7, "2 月没有 30 日"),
    ("article", "reviewed: 2026-11-01", "reviewed: 2026-13-01", 7, "没有 13 月"),
    ("article", "reviewed: 2026-11-01", "reviewed: 0000-01-05", 7, "1900 年以后"),
    ("article", "reviewed: 2026-11-01", "reviewed:", 7, "reviewed 是空的 — 写上日期"),
    ("article", "to: 2099-12-31", "to: 长期", 6, "没有截止日写 null"),
    ("article", "promised: 20", "promised: 1,000", 14, "数字里不要逗号"),
    ("article", "promised: 20, unit: 工作日, from: 审核属实之日", "promised: '1,000'", 14, "数字里不要逗号"),
    ("article", "from: 审核属实之日}", "from: 满 1,000 元之日}", 14, "limit里，“000 元之日”前面的逗号"),
    ("article", "aliases: [积分怎么办理]", "related: [faqs/jifen/cailiao，faqs/jifen/a]", 9, "之间用英文逗号"),
    ("article", "aliases: [积分怎么办理]", "sources: [banfa，banfb]", 9, "之间用英文逗号"),
    ("article", "aliases: [积分怎么办理]", "aliases: [甲, , 乙]", 9, "两个逗号之间没有内容"),
    ("faq", "    source: banfa", "    source: banfa、banfb", 11, "有中文的逗号或顿号 — 几个编号写成 [甲, 乙]"),
    ("article", "promised: 20", "promised: 二十", 14, "不是合适的数字"),
    ("article", "promised: 20", "promised: 5000", 14, "最大 3650"),
    ("article", "promised: 20", "promised: 20 个工作日", 14, "写成 20，单位写在 unit"),
    (
        "article",
        "promised: 20",
        "promised: 三日",
        14,
        "第 1 条事实 的 limit 的 promised 写成了“三日”，不是合适的数字 — 写成 3",
    ),
    ("article", "promised: 20", "promised: 十几天", 14, "只写整数"),
    ("article", "[积分怎么办理]", "[请问: 积分怎么办理]", 9, "里有英文冒号：“请问: 积分怎么办理”"),
    ("article", "  - facet", "    facet", 10, "facts 下面的 facet 前面少了“- ” — 写成 - facet: …"),
    ("article", "  - facet", "  facet", 11, "facet 前面少了“- ”"),
    ("article", "---\ntitle", " ---\ntitle", 1, "--- 前面有空格"),
    ("article", "---\ntitle", "———\ntitle", 1, "文件的第一行写成了 ——— — 改成三个英文减号"),
    ("article", "---\ntitle", "----\ntitle", 1, "文件的第一行写成了 ----"),
    ("article", "---\n积分由", " ---\n积分由", 16, "文件头的结束 --- 前面有空格 — 删掉"),
    ("article", "answer: 20 个", "answer: *20* 个", 13, "去掉星号：文件头里不能加粗"),
    ("article", "aliases: [积分怎么办理]", "aliases: 积分怎么办理", 9, "应是列表"),
    ("article", "aliases: [积分怎么办理]", "aliases: [true]", 9, "加英文引号"),
    ("article", "aliases: [积分怎么办理]", "sources: [banfb]", 9, "是不是 banfa（积分办法）"),
    (
        "article",
        "aliases: [积分怎么办理]",
        "sources:\n  - {id: wang, title: 甲}\n  - {id: wang, title: 乙}",
        11,
        "来源 wang 写了两次 — 是同一份就删掉一处；是另一份，换一个编号",
    ),
    ("article", "aliases: [积分怎么办理]", "related: [faqs/jifen/cailia]", 9, "是不是 faqs/jifen/cailiao"),
    ("article", "facts:\n", "---\nfacts:\n", 10, "后面却还有字段 facts"),
    (
        "article",
        "积分由单位申请。",
        "积分由单位申请。\n\n---\ntitle: 另一篇\ntopic: jifen\n---\n正文。",
        16,
        "后面却还有字段 title",
    ),
    ("article", "aliases: [积分怎么办理]", "now: {text: 看这里, entry: articles/jifen/zhinan}", 9, "写的是自己"),
    (
        "article",
        "status: in_force\nverification: official\neffective: {from: 2023-01-01, to: 2099-12-31}",
        "status: expired\nverification: official\neffective: {from: 2023-01-01, to: 2032-12-31}\nnow: {text: 看新的}",
        4,
        "却还没到",
    ),
    (
        "article",
        "aliases: [积分怎么办理]",
        "now: {text: 见新办法, entry: articles/x/y}",
        9,
        "引用的条目 articles/x/y 不存在",
    ),
    ("article", "status: in_force", "status: upcoming", 4, "到日子自动生效"),
    (
        "article",
        "status: in_force\nverification: official\neffective: {from: 2023-01-01, to: 2099-12-31}",
        "status: expired\nverification: official",
        4,
        "没有写失效日期",
    ),
    ("article", "topic: jifen", "topic: jifen2", 3, "文件却在 jifen 文件夹里"),
    (
        "article",
        "    source: {id: banfa, clause: 第十七条}",
        "    source: {id: banfa, clause: 第十七条}\n    effective: {from: 2010-01-01, to: 2011-01-01}",
        16,
        "不在整个条目的 effective 之内",
    ),
    ("article", "unit: 工作日, ", "", 14, "没有写单位"),
    ("article", "unit: 工作日", "unit: 天", 14, "单位写成了“天”"),
    ("article", "unit: 工作日", "unit: 个工作日", 14, "单位写成了“个工作日”"),
    ("faq", "    source: banfa", "    source: {name: banfa}", 11, "缺少字段"),
    ("faq", "question: 积分要交什么材料？", "question:", 2, "应是文字"),
    ("faq", "question: 积分要交什么材料？", "question: " + "长" * 301, 2, "太长"),
    ("article", "facet=review_time", "facet=shenhe", 20, "没有这个类别"),
    ("article", "{#jiaji", "{＃jiaji", 20, "换成半角，写成 #jiaji"),
    ("article", "facet=review_time", "facet＝review_time", 20, "换成半角，写成 facet=review_time"),
    ("article", "clause: 第十七条}", "clause: 第八条,第九条}", 15, "“第九条”前面的英文逗号把一句话断开了 — 文字里的英"),
    ("article", "clause: 第十七条}", "clause 第十七条}", 15, "clause 后面少了英文冒号 — 写成 clause: 第十七条"),
    ("article", "{id: banfa, clause", "{id banfa, clause", 15, "id 后面少了英文冒号 — 写成 id: banfa"),
    ("article", "{id: banfa, clause", "{银行, id: banfa, clause", 15, "“银行”没有写字段名"),
    ("article", "2023-01-01, to", "2023-01-01 to", 6, "两项之间少了英文逗号"),
    ("faq", "    source: banfa", "source: banfa", 11, "它属于 第 1 条事实 — 行首补 4 个空格，和上面的 facet 对齐"),
    (
        "faq",
        "    source: banfa",
        "related: []\nsource: banfa",
        12,
        "移到 第 1 条事实 里，行首的空格和 facet 一样多",
    ),
    (
        "article",
        "aliases: [积分怎么办理]",
        "answer: 不收费。",
        9,
        "answer 写错了地方：它属于 facts — 写进 facts，如 {facet",
    ),
    ("article", "    limit: {", "    status: superseded\n    limit: {", 14, "effective.to 写最后有效的一天"),
    ("article", "    limit: {", "    reviewed: 2026-01-01\n    limit: {", 14, "移到最外层，行首不留空格"),
    ("article", "    limit: {", "    title: 审核\n    limit: {", 14, "第 1 条事实里没有它，它属于最外层"),
    (
        "faq",
        "    source: banfa",
        "    source: banfa\n    clause: 第三条",
        12,
        "它属于 第 1 条事实 的 source — 写进",
    ),
    ("faq", "facts:", "source: banfa\nfacts:", 8, "是不是 sources"),
    ("article", "并告知。", "\n并告知。", 14, "缩进 6 格"),
    ("article", "并告知。", "\n    并告知。", 14, "缩进 6 格"),
    ("article", "    limit: {", "  limit: {", 14, "和上面一项的“-”对齐了 — 还是那一项的，行首再加 2 个空格"),
    ("faq", "topic: jifen", "topic: 积分", 3, "和文件所在的文件夹同名：jifen"),
    ("faq", "topic: jifen", "topic: “jifen”", 3, "去掉引号，写成 jifen"),
    ("faq", "    source: banfa", "    source: ｂａｎｆａ", 11, "换成半角，写成 banfa"),
    ("faq", "reviewed: 2026-11-01", "reviewed: ２０２６-１１-０１", 6, "写成 2026-11-01"),
]


@pytest.mark.parametrize(("which", "old", "new", "line", "said"), CHANGES)
def test_a_mistake_is_named_with_its_line_and_remedy(
    folder: Folder, which: str, old: str, new: str, line: int, said: str
) -> None:
    path = getattr(folder, which)
    folder.change(path, old, new)
    found = [problem for problem in problems(folder) if said in str(problem)]
    assert [(problem.file, problem.line) for problem in found] == [(path, line)]
    assert found[0].level is Level.error
    assert all(re.search("[\u4e00-\u9fff]", text) for text in (found[0].what, found[0].remedy))
    assert str(found[0]).startswith(f"{path}:{line}: ")
    assert " — " in str(found[0])


WARNINGS = [
    (", from: 审核属实之日", "", "从什么时候起算"),
    ("review_by: 2027-05-01", "review_by: 2026-11-10", "复核期限"),
    ("review_by: 2027-05-01", "review_by: 2207-05-01", "review_by 是 2207 年 — 是不是 2027？"),
    ("from: 2023-01-01, to: 2099", "from: 2042-01-01, to: 2099", "effective.from 是 2042 年 — 是不是 2024？"),
    ("from: 2023-01-01, to: 2099-12-31", "from: 2204-01-01, to: null", "effective.from 是 2204 年 — 是不是 2024？"),
    ("from: 2023-01-01, to: 2099-12-31", "from: 2199-01-01, to: null", "effective.from 是 2199 年 — 核对后写对的日期"),
    (
        "aliases: [积分怎么办理]",
        "sources: [{id: s1, title: 甲, published: 2204-01-10}]",
        "published 是 2204 年，在今天之后 — 是不是 2024？",
    ),
    ("aliases: [积分怎么办理]", "related: [articles/jifen/zhinan]", "related 里写了自己"),
    ("aliases: [积分怎么办理]", "aliases: [积分怎么办，积分怎么查]", "算作一个问法"),
    ("aliases: [积分怎么办理]", "aliases: [积分办不下来, 积分怎么办，积分怎么查]", "“积分怎么办，积分怎么查”里有"),
    ("积分由单位申请。", "积分由⽤⼾申请。", "“积分由⽤⼾申请”里有看着一样"),
    ("aliases: [积分怎么办理]", "related: [faqs/jifen/cailiao, faqs/jifen/cailiao]", "写了两次"),
    ("aliases: [积分怎么办理]", "sources: [{id: banfa, title: 别的}]", "来源 banfa 在 sources.yml 里已有"),
    ("promised: 20", "promised: 15", "limit 写的是 15 工作日，答案里说的却是 20"),
    ("20 个工作日内", "20 天内", "limit 写的是 20 工作日，答案里说的却是 20 天"),
    ("unit: 工作日", "unit: 自然日", "limit 写的是 20 自然日，答案里说的却是 20 个工作日"),
    ("20 个工作日内", "二十一个工作日内", "答案里说的却是 二十一个工作日"),
    ("20 个工作日内", "一周内", "答案里说的却是 一周"),
    ("20 个工作日内", "２１个工作日内", "答案里说的却是 21个工作日"),
    (
        "20 个工作日内核定",
        "共三步，20 个工作日内核定\n    steps: [{do: 甲}, {do: 乙}]\n    notes:\n      - 先核定",
        "共 3 步，steps 里却有 2 步",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), WARNINGS)
def test_a_weakness_is_a_warning(folder: Folder, old: str, new: str, said: str) -> None:
    folder.change(folder.article, old, new)
    assert [(problem.level, said in str(problem)) for problem in problems(folder)] == [(Level.warning, True)]


def test_a_shared_source_is_not_published_in_years_to_come(folder: Folder) -> None:
    folder.change("sources.yml", "title: 积分办法", "title: 积分办法, published: 2204-01-10")
    [problem] = dated_sources(folder.root, library.load(folder.root).shared.sources, TODAY)
    assert str(problem) == "sources.yml:1: 提醒：published 是 2204 年，在今天之后 — 是不是 2024？核对后写对的日期"
    assert [*dated_sources(folder.root, library.load(folder.root).shared.sources, date(2204, 2, 1))] == []


def test_a_comma_in_a_statement_makes_not_one_too_few_of_them(folder: Folder) -> None:
    statements = "[{text: 甲,乙, source: banfa}, {text: 丙, source: banfa}]"
    folder.change(
        folder.faq, "    source: banfa", f"    conflict: {{statements: {statements}, safer: 丁}}\n    source: banfa"
    )
    [problem] = problems(folder)
    assert "“乙”前面的英文逗号" in problem.what


def test_a_field_that_only_lost_its_blanks_is_not_also_missing(folder: Folder) -> None:
    folder.change(folder.faq, "    source: banfa", "source: banfa")
    assert len(problems(folder)) == 1
    folder.change("site.yml", "contact: {text: 请拨打 12345}", "contact:\n  text: 请拨打 12345\nphone: 12345")
    with pytest.raises(ContentError, match="它属于 contact — 行首补 2 个空格，和上面的 text 对齐"):
        library.load(folder.root)


LOST_DASH = """
    facet: fee
    question: 积分要钱吗？
    answer: 不收费。
    source: banfa
"""


@pytest.mark.parametrize("indent", ["    ", "  "])
def test_a_fact_that_lost_its_dash_is_told_once(folder: Folder, indent: str) -> None:
    lost = LOST_DASH.replace("    facet", f"{indent}facet").rstrip("\n")
    folder.change(folder.article, "clause: 第十七条}", f"clause: 第十七条}}{lost}")
    [problem] = problems(folder)
    assert (problem.line, "“- ”" in problem.remedy) == (16, True)


def test_a_field_written_twice_in_a_row_lost_no_dash(folder: Folder) -> None:
    folder.change(folder.article, "  - facet: review_time", "  - facet: review_time\n    facet: fee")
    [problem] = problems(folder)
    assert (problem.line, problem.what) == (12, "字段 facet 写了两次")


def test_a_topic_by_its_name_is_told_its_id(folder: Folder) -> None:
    folder.write("topics.yml", TOPICS + "- {id: luohu, name: 落户, summary: 甲, parent: 积分, articles: [zhinan.md]}\n")
    with pytest.raises(ContentError, match="是不是 jifen") as raised:
        library.load(folder.root)
    assert "去掉 .md，写成 zhinan" in str(raised.value)


def test_a_new_folder_is_told_where_topics_are_written(folder: Folder) -> None:
    folder.write(
        "faqs/luohu/a.md", (folder.root / folder.faq).read_text("utf-8").replace("topic: jifen", "topic: luohu")
    )
    assert any("新主题先写进 topics.yml" in problem.remedy for problem in problems(folder))


def test_a_shared_file_that_was_renamed_is_found(folder: Folder) -> None:
    (folder.root / "topics.yml").rename(folder.root / "topics.yaml")
    with pytest.raises(ContentError, match=r"没有这个文件，却有 topics\.yaml — 把 topics\.yaml 改名为 topics\.yml"):
        library.load(folder.root)


@pytest.mark.parametrize("alias", ["书、杂志能借多久", "我昨天借了书，能借几天", "居住证没了怎么办"])
def test_a_list_of_things_and_a_story_are_one_wording(folder: Folder, alias: str) -> None:
    folder.change(folder.article, "aliases: [积分怎么办理]", f'aliases: ["{alias}"]')
    assert problems(folder) == []


def test_radicals_are_told_with_what_is_right(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "带⽤⼾⼝簿。")
    assert [problem.remedy for problem in problems(folder)] == ["重新打一遍：带用户口簿"]


def test_what_the_body_says_is_not_also_told_of_the_front_matter(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "带**居住证原件。")
    assert [problem.line for problem in problems(folder)] == [13]


@pytest.mark.parametrize(
    ("one", "other", "level"), [("不收费。", "免费。", []), ("不收费。", "10 元。", [Level.error])]
)
def test_what_costs_nothing_is_free_in_whatever_words(folder: Folder, one: str, other: str, level: list[Level]) -> None:
    fact = "  - {{facet: fee, answer: {}, source: banfa}}\n"
    folder.change(folder.article, "facts:\n", "facts:\n" + fact.format(one))
    folder.change(folder.faq, "    source: banfa\n", "    source: banfa\n" + fact.format(other))
    assert [problem.level for problem in problems(folder)] == level


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("{from: null, to: 2026-03-31}", "{from: 2026-02-01, to: null}", "旧的 effective.to 写新规前一天 2026-01-31"),
        ("{from: 2026-02-01, to: null}", "{from: null, to: 2026-03-31}", "旧的 effective.to 写新规前一天 2026-01-31"),
        ("{from: null, to: 2026-03-31}", "", "新的写上 effective.from，从旧规后一天 2026-04-01 起"),
        ("{from: 2024-01-01, to: 2026-03-31}", "", "新的写上 effective.from，从旧规后一天 2026-04-01 起"),
        ("", "{from: 2026-02-01, to: null}", "旧的 effective.to 写新规前一天 2026-01-31"),
        ("{from: null, to: 2026-03-31}", "{from: null, to: 2026-03-31}", "用 about 或 audience 写明"),
        ("", "", "用 about 或 audience 写明"),
    ],
)
def test_periods_that_overlap_are_told_where_they_should_meet(
    folder: Folder, first: str, second: str, said: str
) -> None:
    one, two = (f"    effective: {period}\n" if period else "" for period in (first, second))
    another = f"  - facet: review_time\n    answer: 30 个工作日。\n    source: banfa\n{two}"
    folder.change(folder.article, "clause: 第十七条}\n", f"clause: 第十七条}}\n{one}{another}")
    [problem] = [problem for problem in problems(folder) if problem.level is Level.error]
    assert said in problem.remedy


def test_what_is_superseded_from_a_coming_day_on_is_still_shown_which_is_said(folder: Folder) -> None:
    folder.change(folder.article, "status: in_force", "status: superseded\nnow: {text: 按新办法。}")
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (4, Level.warning)
    assert "status 是 superseded，effective.to（2099-12-31）却还没到" in problem.what


def test_what_holds_now_is_not_written_on_what_is_in_force_without_end(folder: Folder) -> None:
    folder.change(folder.faq, "aliases: [积分材料清单]", "now: {text: 见指南}")
    [problem] = problems(folder)
    assert (problem.file, problem.line, problem.level) == (folder.faq, 7, Level.warning)
    assert "写了 now，不会显示" in problem.what
    folder.change(folder.faq, "now: {text: 见指南}", "now: {text: 见指南}\neffective: {from: null, to: 2099-12-31}")
    assert problems(folder) == []


@pytest.mark.parametrize("typed", ["**单身**", "单<br>身", "[材料](/q/jifen/cailiao)", "`单身`", "＊＊单身＊＊"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("answer", "'{}'"),
        ("notes", "['{}']"),
        ("steps", "[{{do: '{}'}}]"),
        ("items", "[{{name: '{}'}}]"),
        ("values", "[{{of: 甲, value: '{}'}}]"),
        ("conflict", "{{safer: '{}', statements: [{{text: 甲, source: banfa}}, {{text: 乙, source: banfa}}]}}"),
        ("question", "'{}要钱吗'"),
    ],
)
def test_marks_where_only_text_is_shown_are_a_warning(folder: Folder, typed: str, name: str, value: str) -> None:
    folder.change(
        folder.faq, "    items: [{name: 居住证, copies: 原件}]", f"    {name}: {value.format(typed)}\n    source: banfa"
    )
    folder.change(folder.faq, "    source: banfa\n    source: banfa", "    source: banfa")
    assert [(problem.line, problem.level, "会原样显示" in problem.what) for problem in problems(folder)] == [
        (10, Level.warning, True)
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("question: 积分要", "question: '**积分**要"), ("[积分材料清单]", "[]\nsummary: '**积分**材料'")],
)
def test_marks_in_what_stands_above_a_page_are_a_warning(folder: Folder, old: str, new: str) -> None:
    folder.change(folder.faq, old, new)
    folder.change(folder.faq, "材料？", "材料？'" if old.startswith("question") else "材料？")
    [problem] = problems(folder)
    assert (problem.level, problem.what.split(" ", 1)[1]) == (Level.warning, "里的 ** 会原样显示给访问者")


def test_marks_in_what_is_said_of_a_source_are_a_warning(folder: Folder) -> None:
    folder.change(
        folder.faq, "aliases: [积分材料清单]", "sources: [{id: s1, title: '**办法**', url: 'https://a.cn/[b](c)'}]"
    )
    [problem] = problems(folder)
    assert (problem.level, problem.what) == (Level.warning, "title 里的 ** 会原样显示给访问者")


@pytest.mark.parametrize(
    ("name", "text", "field", "line"),
    [
        ("sources.yml", "- {id: xize, title: 细则}\n- id: banfa\n  title: '**办法**'\n", "title", 3),
        ("topics.yml", "- {id: jifen, name: 积分, summary: '<b>积分</b>'}\n", "summary", 1),
    ],
)
def test_marks_in_shared_files_are_a_warning(folder: Folder, name: str, text: str, field: str, line: int) -> None:
    folder.write(name, text)
    [problem] = problems(folder)
    assert (problem.file, problem.line, problem.level) == (name, line, Level.warning)
    assert problem.what.startswith(f"{field} 里的 ")


def test_marks_in_what_holds_now_are_a_warning(folder: Folder) -> None:
    now = "now: {text: '见[新办法](/a/jifen/zhinan)'}\neffective: {from: null, to: 2099-12-31}"
    folder.change(folder.faq, "aliases: [积分材料清单]", now)
    [problem] = problems(folder)
    assert (problem.line, problem.level, problem.what[:6]) == (7, Level.warning, "now 里的")


NO_MARKDOWN = [
    ("见 [办法]（https://example.org/a）。", "地址外面是全角括号"),
    ("见 [材料](/q/jifen/cailiao）。", "地址外面是全角括号"),
    ("见 ［办法］(https://example.org/a)。", "文字外面是全角括号"),
    ("＃＃ 办理流程", "全角的 ＃"),
    (" ## 办理流程", "标题前面有空格"),
    ("　　## 办理流程", "标题前面有空格"),
    (" 　### 乙吗？ {#b facet=place}", "标题前面有空格"),
    ("｜材料｜份数｜", "全角竖线"),
    ('！！！ warning "注意"', "全角感叹号"),
    ("!!! warning “注意”", "提示框的第一行没有写对"),
    ('！!! warning "注意"', "全角感叹号"),
    (' !!! warning "注意"', "提示框前面有空格"),
    ("!!! warning 注意", "提示框的第一行没有写对"),
    ("!!! warning", "提示框没有写标题"),
    ('!!! warnning "注意"', "没有这种提示框"),
    ('!!! 注意 "注意"', "没有这种提示框"),
    ("## 流程 ｛#liucheng｝", "标题里的花括号是全角的"),
    ("见[](/q/jifen/cailiao)。", "链接没有文字"),
    ("见(材料)[/q/jifen/cailiao]。", "写反了"),
    ("见[材料][1]。", "链接没有写地址"),
]


@pytest.mark.parametrize(("typed", "said"), NO_MARKDOWN)
def test_what_visitors_would_see_as_it_was_typed_is_a_warning(folder: Folder, typed: str, said: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n{typed}")
    (found,) = problems(folder)
    assert (found.level, found.line, said in found.what) == (Level.warning, 19, True)


@pytest.mark.parametrize(
    "typed",
    [
        '!!! warning "注意"\n    先签注。',
        '!!! Tip "注意"\n\n\t先签注。',
        "[1]`x`（https://example.org）",
        "见[《办法》](https://example.org/a)（2022 年）。",
        "材料见[清单]（共 3 项），[附件]（#1）。",
        "见[办法](https://example.org/办法（试行）.pdf)。",
        "见[办法][1]（https://example.org/a）。\n\n[1]: https://example.org/a",
        "写成 `[文字]（https://example.org）` 不行。",
        "！！重要",
        "申请。\n\n---\n\n核对。",
        "## 流程\n---\n申请。\n核对。\n---",
        "```\n[文字]（https://example.org）\n```",
        "写信到 <a@b.cn>，或[写信](mailto:a@b.cn)，[打电话](tel:021-12345)。",
        "见[办法](https://example.org/办法（试行）)和[查询](https://example.org/?a=1&copy=2)。",
        "（必填）[原件]，[甲][乙]，[1][2]。",
    ],
)
def test_markdown_and_chinese_brackets_are_no_slip(folder: Folder, typed: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n{typed}")
    assert problems(folder) == []


LINKS = [
    ("/faqs/jifen/cailiao.md", "链接 /faqs/jifen/cailiao.md 指向的页面不存在 — 是不是 /q/jifen/cailiao？"),
    ("../../faqs/jifen/zhinan.md", "链接 ../../faqs/jifen/zhinan.md 指向的页面不存在 — 是不是 /a/jifen/zhinan？"),
    ("/a/jifen/cailiao", "是不是 /q/jifen/cailiao？"),
    ("/q/jifen/cailiao/", "是不是 /q/jifen/cailiao？"),
    ("/q/luohu/cailiao", "是不是 /q/jifen/cailiao？"),
    ("/q/jifen/cailio", "是不是 /q/jifen/cailiao？"),
    ("/t/jifem", "是不是 /t/jifen？"),
    ("#常见问题", "这个标题的位置写成 #chang-jian-wen-ti"),
    ("shenqingbiao.pdf", "本站不放文件"),
    ("", "链接没有写地址"),
    ("http：//a.cn", "写成 http://a.cn"),
    ("https//a.cn", "写成 https://a.cn"),
    ("http:/a.cn/x", "写成 http://a.cn/x"),
    ("https://a.cn/x.html。", "中文标点“。”"),
    ("tel:021－1234", "不能拨的字"),
    ("weixin://x", "不会成为链接"),
]


@pytest.mark.parametrize(("target", "said"), LINKS)
def test_a_link_that_leads_nowhere_is_told_where_it_should(folder: Folder, target: str, said: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"<a href='/t/jifen'>积分</a>。\n\n[看]({target})。")
    (found,) = problems(folder)
    assert (found.line, found.level, found.blocks, said in str(found)) == (19, Level.error, False, True)


def test_a_link_to_the_questions_of_a_letter_and_to_a_file_of_the_site_is_no_dead_one(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "[按字母](/az/J) [数字](/az/0-9) [给机器读](/llms.txt)")
    assert problems(folder) == []


def test_a_link_with_backslashes_is_told_once_on_its_line(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "申请。\n\n看[材料](..\\..\\faqs\\jifen\\cailiao.md)。")
    [problem] = problems(folder)
    assert (problem.line, problem.what, problem.blocks) == (19, "链接的地址里用了反斜杠，打不开", False)
    assert str(problem).isprintable()


def test_a_page_that_is_like_no_other_is_not_guessed(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "[看](/q/luohu/tiaojian)和[看](/jiaotong)。")
    assert ["是不是" in problem.remedy for problem in problems(folder)] == [False, False]


LOST: list[tuple[str, int, str, Level]] = [
    ("要带：\n- 身份证\n- 户口簿", 20, "连成一行", Level.error),
    ("要带：\n1. 身份证\n2. 户口簿", 20, "连成一行", Level.error),
    ("-身份证\n-户口簿", 19, "连成一行", Level.error),
    ("1、身份证\n2、户口簿", 19, "连成一行", Level.error),
    ("1.身份证\n2.户口簿", 19, "连成一行", Level.error),
    ("· 身份证\n· 户口簿", 19, "连成一行", Level.error),
    ("- 身份证\n- 户口簿\n-照片", 21, "连成一行", Level.error),
    ("1. 要带：\n   - 身份证", 20, "连成一行", Level.error),
    ("见表：\n|甲|乙|\n|---|---|\n|1|2|", 20, "表格前面空一行", Level.error),
    ("|甲|乙|\n|1|2|", 19, "加一行 |---|---|", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n\n|3|4|", 23, "删掉中间的空行", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n\n|3|4|5|", 23, "加一行 |---|---|", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n|---|---|\n|3|4|", 22, "只有减号", Level.warning),
    ("|甲|乙|丙|\n|---|---|\n|1|2|3|", 19, "列数要和表头一样", Level.error),
    ("|甲|乙|\n|———|———|\n|1|2|", 19, "只用英文减号", Level.error),
    ("甲|乙\n---|---\n1|2\n#3|4|5", 22, "有 3 格，表头只有 2 格", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n|3|4|5|", 22, "有 3 格，表头只有 2 格", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n|3|", 22, "只有 1 格", Level.warning),
    ("|甲|乙|\n|---|---|\n|1|2|\n以上是表。", 22, "只有 1 格", Level.warning),
    ("一、身份证\n二、户口簿", 19, "连成一行", Level.error),
    ("（一）申请。\n（二）审核。", 19, "连成一行", Level.error),
    ("先后：\n(一) 申请。\n(二) 审核。", 20, "连成一行", Level.error),
    ("１．申请。\n２．审核。", 19, "连成一行", Level.error),
    ("要带：\n① 身份证\n② 户口簿", 20, "连成一行", Level.error),
    ("－ 身份证\n－ 户口簿", 19, "连成一行", Level.error),
    ("— 身份证\n— 户口簿", 19, "连成一行", Level.error),
    ("*身份证\n*户口簿", 19, "连成一行", Level.error),
    ("先看：\n学历\t分值\n大专\t50\n本科\t60", 20, "写成 | 甲 | 乙 |", Level.warning),
    ("- 甲\n  - 乙\n  - 丙\n- 丁", 20, "下一级的列表缩进不够", Level.warning),
    ("- 甲\n\n  - 乙", 21, "下一级的列表缩进不够", Level.warning),
    ("1. 甲\n  1. 乙", 20, "下一级的列表缩进不够", Level.warning),
    ("- 甲\n    - 乙\n      - 丙", 21, "下一级的列表缩进不够", Level.warning),
    ("合计 = 基数*50%*12 个月。", 19, "乘号写成 ×", Level.error),
    ("能借 ~~20~~ 5*3*2 天。", 19, "乘号写成 ×", Level.error),
    ("先算，\n5*3*2 天。", 20, "乘号写成 ×", Level.error),
    ("分值＝基数*倍数*月数", 19, "乘号写成 ×", Level.error),
    ("表中带*的为必填项，没有*的可以不填。", 19, "星号不会显示", Level.warning),
    ("表中带*的必填。\n不带*的可以不填。", 20, "星号不会显示", Level.warning),
    ("甲。\n\n=======\n\n乙。", 21, "没有合并好", Level.error),
    ("甲。\n\n=======\n乙。", 21, "没有合并好", Level.error),
    ("能借 ~~20~~ 30 天。", 19, "会原样显示", Level.warning),
    ("能借 ==30== 天。", 19, "会原样显示", Level.warning),
    ("- [ ] 带证\n- 带照片", 19, "会原样显示", Level.warning),
    ("> [!WARNING]\n> 先签注。", 19, "会原样显示", Level.warning),
    ("??? note\n    先签注。", 19, "会原样显示", Level.warning),
    ("    先签注。\n    再续办。", 19, "当作代码显示", Level.warning),
    ("甲\n\n[1]: https://example.org/a", 21, "没有用到", Level.error),
    ("[办法]:\n  /q/jifen/cailiao", 20, "没有用到", Level.error),
    ("## 材料 {原件}", 19, "花括号", Level.error),
    ("原件：\n### 材料 { 原件 }", 20, "花括号", Level.error),
    ("### 材料 {原件} ###", 19, "花括号", Level.error),
    ("|甲|乙 {原件}|\n|---|---|\n|1|2|", 19, "花括号", Level.error),
    ("|甲|乙|\n|---|---|\n|1|2|\n|3 {2 份}|4|", 22, "花括号", Level.error),
    ("带**身份证**{原件}。", 19, "花括号", Level.error),
    ("带身份证\n{原件}", 20, "花括号", Level.error),
    ("先签注，\n再＊＊续办＊＊。", 20, "全角的星号", Level.warning),
    ("**先**签注，**再续办。", 19, "星号没有成对", Level.warning),
    ("见[材料] (/q/jifen/cailiao)。", 19, "链接没有写对", Level.warning),
    ("见[材料](/q/jifen/cailiao。", 19, "链接没有写对", Level.warning),
]


@pytest.mark.parametrize(("typed", "line", "said", "level"), LOST)
def test_a_list_a_table_or_a_paragraph_that_becomes_none_is_told_once(
    folder: Folder, typed: str, line: int, said: str, level: Level
) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n{typed}\n\n完。")
    (found,) = problems(folder)
    assert (found.level, found.line, said in str(found)) == (level, line, True)


@pytest.mark.parametrize(
    "typed",
    [
        "1. 甲\n2. 乙\n\n    - 丙\n    - 丁",
        "- 甲，\n  接着写\n- 乙",
        "自\n2024 年起，\n-5 分，\n3.5 倍",
        "甲 | 乙",
        "一、身份证",
        "一、身份证\n\n二、户口簿",
        "（一）申请。\n\n（二）审核。",
        "照第五条\n（二）办理。",
        "带*原件*，能借*三十*天，约*5*天，5 * 3 * 2 天。",
        "分值 = *基数* 乘 *倍数*",
        "*注：先签注，再续办。*",
        "甲。\n\n========",
        "<!-- <p>旧的</p>\n<s>20</s> -->",
        "— 张三",
        " - 甲\n - 乙",
        "- 甲\n    - 乙\n    - 丙\n- 丁",
        "- 甲\n\n说明。\n\n  - 乙",
        "学历\t分值",
        "```\n甲\t乙\n丙\t丁\n```",
        "见[!注意](/q/jifen/cailiao)，a == b，~约 5 天~，真的吗？？？",
        "|甲|乙|\n|---|---|\n|-|-|\n|--|1|",
        "|甲|乙|\n|:--|--:|\n|1|`a|b`|\n|\\||  |",
        "甲|乙\n--|--\n1|2",
        '!!! tip "注意"\n    - 甲\n    - 乙',
        "> - 甲\n> - 乙",
        "1、只有一条。",
        "写成 `**文字**`、`[文字] (/a)`，\\*\\*这样。",
        "**先**签注，[材料](/q/jifen/cailiao)（/q/ 开头）。",
        "```\n甲：\n- 乙\n|丙|丁|\n```",
        "## 材料 {#cailiao}",
        "带**身份证**{.zhong} 和 {原件}。",
        '## 材料 { #cailiao .zhong title="甲 乙" }',
        "带身份证 {原件}。\n\n|甲 {原件} 乙|丙|\n|---|---|\n|1|2|",
    ],
)
def test_lists_and_tables_that_are_shown_as_such_are_right(folder: Folder, typed: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n{typed}\n\n完。")
    assert problems(folder) == []


@pytest.mark.parametrize(("between", "line"), [("\n", 20), ("\n\n", 21)])
def test_text_that_falls_out_of_its_box_is_named_on_its_own_line(folder: Folder, between: str, line: int) -> None:
    folder.change(folder.article, "积分由单位申请。", f'积分由单位申请。\n\n!!! warning "注意"{between}先签注。')
    assert [(problem.line, "没有缩进" in problem.what) for problem in problems(folder)] == [(line, True)]


def test_a_rule_that_makes_a_heading_of_the_line_above_is_named(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "积分由单位申请。\n---\n\n## 流程\n申请。\n---")
    assert [(problem.line, "变成标题" in problem.what) for problem in problems(folder)] == [(18, True), (22, True)]


def test_however_many_warnings_there_are_no_error_is_passed_over(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "\n\n".join(["【文号】", *["＃ 流程"] * 60]))
    folder.change(folder.faq, "带居住证原件。", "<!--\n＃ 待写\n-->")
    said = [str(problem) for problem in problems(folder) if problem.level is Level.error]
    assert [line.split(" ")[1] for line in said] == ["模板里的", "正文是空的"]


@pytest.mark.parametrize(
    ("promised", "answer"),
    [
        (20, "自 2026 年 1 月 15 日起，20 个工作日内核定。"),
        (20, "每月 10 日前受理，20 个工作日内核定。"),
        (20, "第 5 个工作日起公示，20 个工作日内核定。"),
        (0, "当场办结；要补材料的，15 日内补齐。"),
        (20, "二十个工作日内核定。"),
        (20, "20 个工作日（最多四五十天）内核定。"),
        (20, "每周内报一次，第二天受理，20 个工作日内核定。"),
        (20, "到期前 30 日内申请，当场办好。"),
        (20, "到期前３０日内申请，①20 个工作日内核定。"),
    ],
)
def test_what_is_no_other_limit_in_an_answer_is_not_taken_for_one(folder: Folder, promised: int, answer: str) -> None:
    folder.change(folder.article, "promised: 20", f"promised: {promised}")
    folder.change(folder.article, "20 个工作日内核定并告知。", answer)
    assert problems(folder) == []


@pytest.mark.parametrize("name", ["about", "audience"])
def test_a_field_left_empty_that_would_narrow_a_fact_is_asked_about(folder: Folder, name: str) -> None:
    folder.change(folder.article, "    question: 积分审核", f"    {name}:\n    question: 积分审核")
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (12, Level.warning)
    assert problem.what.startswith(f"{name} 是空的")


@pytest.mark.parametrize(
    "answer",
    [
        "见正文。",
        "详见下文",
        "待定",
        "能借 XX 天，电话 12345。",
        "电话 ????",
        "拨打 021-____ 咨询。",
        "TODO",
        "详见附件1。",
        "收费标准见附件。",
        "工本费【金额】元。",
        "工本费？？元。",
        "工本费 5 元，待领导确认",
        "积分要交什么材料",
        "否",
        "no",
    ],
)
def test_an_answer_that_is_not_written_yet_is_asked_about(folder: Folder, answer: str) -> None:
    folder.change(folder.faq, "    items:", f"    answer: {answer}\n    items:")
    [problem] = problems(folder)
    assert (problem.line, problem.level, "还没有写完" in problem.what) == (10, Level.warning, True)


def test_an_answer_does_not_begin_by_saying_that_it_is_one(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "答：带居住证原件。")
    [problem] = problems(folder)
    assert (problem.line, problem.level, problem.what) == (9, Level.warning, "答案以“答：”开头，会原样显示")


@pytest.mark.parametrize("typed", ["（此处由小王补充）", "能办。（此处待张科长审定）", "【这里请窗口确认】"])
def test_what_editors_leave_to_one_another_is_not_published_but_may_stand_in_a_draft(
    folder: Folder, typed: str
) -> None:
    folder.change(folder.article, "积分由单位申请。", typed)
    folder.change(folder.faq, "    items:", f"    answer: '{typed}'\n    items:")
    told = [(each.file, each.line, each.level) for each in problems(folder) if "写给同事看的话" in each.what]
    assert told == [(folder.article, 17, Level.error), (folder.faq, 10, Level.error)]
    folder.change(folder.faq, "in_force", "draft")
    assert (folder.faq, Level.warning) in [(each.file, each.level) for each in problems(folder)]


def test_an_answer_that_is_not_written_yet_is_shown_where_it_stands(folder: Folder) -> None:
    text = (folder.root / folder.article).read_text(
        "utf-8"
    ).rstrip() + "\n\n## 常见问题\n\n### 收费吗？ {#shoufei facet=fee}\n\n待定\n"
    folder.write(folder.article, text)
    [problem] = problems(folder)
    assert (problem.line, "还没有写完" in problem.what) == (
        text.splitlines().index("### 收费吗？ {#shoufei facet=fee}") + 1,
        True,
    )


def test_an_answer_that_is_not_written_yet_is_not_published_where_it_is_all_there_is(folder: Folder) -> None:
    folder.change(folder.faq, "    items: [{name: 居住证, copies: 原件}]", "    answer: 待定")
    [problem] = problems(folder)
    assert (problem.line, problem.level, problem.blocks) == (10, Level.error, True)


def test_a_fact_that_was_pasted_twice_is_named(folder: Folder) -> None:
    fact = "  - facet: fee\n    question: 积分要钱吗？\n    answer: 不收费。\n    source: banfa\n"
    folder.change(folder.article, "facts:\n", f"facts:\n{fact}")
    assert problems(folder) == []
    folder.change(folder.article, "facts:\n", f"facts:\n{fact}")
    said = {(problem.line, problem.what) for problem in problems(folder)}
    assert (15, "这条事实和第 1 条一模一样") in said


def test_an_answer_that_fills_the_screen_is_asked_about(folder: Folder) -> None:
    folder.change(folder.faq, "    items:", f"    answer: {'要带居住证。' * 50}\n    items:")
    assert problems(folder) == []
    folder.change(folder.faq, "    answer: ", "    answer: 都要带。")
    [problem] = problems(folder)
    assert (problem.line, problem.level, "304 个字" in problem.what) == (9, Level.warning, True)


def test_a_number_without_its_unit_is_asked_about(folder: Folder) -> None:
    folder.change(
        folder.faq, "    items:", "    values: [{of: 大专, value: '50'}, {of: 本科, value: 60 分}]\n    items:"
    )
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (10, Level.warning)
    assert problem.what == "values 里“大专”的 50 没有单位"


@pytest.mark.parametrize(
    ("answer", "fine"),
    [("15 个工作日内办好。", False), ("当场办结，补材料的 15 日内补齐。", True), ("不用等。", True)],
)
def test_a_limit_of_no_days_fits_an_answer_of_no_days(folder: Folder, answer: str, fine: bool) -> None:
    folder.change(folder.article, "answer: 20 个工作日内核定并告知。", f"answer: {answer}")
    folder.change(folder.article, "promised: 20", "promised: 0")
    assert ["limit 写的是 0 工作日" in problem.what for problem in problems(folder)] == [True] * (not fine)
    entry = library.load(folder.root).entries[folder.article.removesuffix(".md")]
    assert str(entry.facts[0].limit) == "当场办结"


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("带证。\n\n```\n示例", 19, "代码块没有结束"),
        ("带证。\n\n~~~ text\n示例", 19, "代码块没有结束"),
        ("带证[^1]。\n\n[^1]: 原件", 17, "脚注会原样显示"),
        ("带证。 {: .red }", 17, "花括号里的记号会原样显示"),
        ("分数是 $x^2$ 分。", 17, "公式会原样显示"),
        ("见 https://example.org/a 页面。", 17, "网址不会成为链接"),
    ],
)
def test_what_markdown_here_does_not_know_is_pointed_out(folder: Folder, body: str, line: int, said: str) -> None:
    folder.change(folder.article, "积分由单位申请。", body)
    first = problems(folder)[0]
    assert (first.line, first.level, said in first.what) == (line, Level.warning, True)


def test_what_is_closed_or_a_link_is_fine(folder: Folder) -> None:
    folder.change(
        folder.article, "积分由单位申请。", "见 [网页](https://example.org/a)。\n\n```\n$x^2$ https://a.cn [^1]\n```"
    )
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("facts:\n  - facet: review_time", "facts: - facet: review_time", "列表的“- ”要另起一行"),
        ("answer: 20 个", "answer: - 20 个", "文字以减号开头"),
        ("answer: 20 个", "answer: [注意] 20 个", "文字以方括号开头"),
    ],
)
def test_how_a_text_begins_is_named(folder: Folder, old: str, new: str, said: str) -> None:
    folder.change(folder.article, old, new)
    assert said in problems(folder)[0].what


@pytest.mark.parametrize(
    "answer",
    [
        "见到通知书就算通过。",
        "不能。",
        "带原件，表格见附件 2 的第一页。",
        "待公安机关核实后领证，待小区确认。",
        "【时间】周一到周五。",
        "写明浦东新区 XX 路 XX 号。",
        "可以。待定的也算。",
        "XXL 也行？？",
        "年限不略去。",
    ],
)
def test_an_answer_that_says_something_is_written(folder: Folder, answer: str) -> None:
    folder.change(folder.faq, "    items:", f"    answer: {answer}\n    items:")
    assert problems(folder) == []


def test_an_answer_that_stops_at_a_colon_is_an_error_where_the_card_has_no_list(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "要带：\n\n- 居住证")
    folder.change(folder.article, "20 个工作日内核定并告知。", "20 个工作日内核定并告知：")
    assert problems(folder) == []  # materials and a limit are on the card
    folder.change(folder.faq, "    items: [{name: 居住证, copies: 原件}]\n", "")
    folder.change(folder.article, "    limit: {promised: 20, unit: 工作日, from: 审核属实之日}\n", "")
    folder.change(folder.article, "不能加急。", "要看情况：\n\n- 甲\n\n### 乙可以吗？ {#yi}\n下列可以：\n\n1. 丙")
    folder.write(
        "faqs/jifen/wu.md",
        (folder.root / folder.faq)
        .read_text("utf-8")
        .split("facts:")[0]
        .replace("积分要交什么材料？", "没有事实的？")
        .replace("aliases: [积分材料清单]", "sources: [banfa]")
        + "---\n有：\n\n- 甲\n",
    )
    told = [(each.file, each.line, each.level) for each in problems(folder) if "停在冒号上" in each.what]
    assert told == [
        (folder.article, 13, Level.error),
        (folder.article, 19, Level.error),
        (folder.article, 24, Level.error),
        (folder.faq, 9, Level.error),
        ("faqs/jifen/wu.md", 2, Level.error),
    ]
    assert [str(each) for each in problems(folder) if "停在冒号上" not in each.what] == []


def test_an_answer_and_the_same_sentence_of_the_body_have_one_number(folder: Folder) -> None:
    folder.change(folder.faq, "    items:", "    answer: 先登记。能借 60 天。\n    items:")
    folder.change(folder.faq, "带居住证原件。", "带居住证原件。\n\n能借 30天。")
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (10, Level.warning)
    assert problem.what == "answer 写的是 60，正文同一句话里却是 30"
    for said in ("能借60天。", "再能借 30 天。", "能借 30 天。能借 60 天。", "能借 2 次 30 天。"):
        folder.change(folder.faq, "能借 30天。", said)
        assert problems(folder) == []
        folder.change(folder.faq, said, "能借 30天。")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- {tables: [年限]}", "- {tables: [年数]}", "total 里的对照表“年数”，主题 jifen 里没有（类别 score"),
        ("- {tables: [年限]}", "", "项数不够"),
        ("goal: 100", "goal: 一百", "goal"),
        ("      note: 以核定为准。\n", "", "note"),
        ("total:", "total: 100 分\n    other:", "total"),
    ],
)
def test_a_total_that_cannot_be_added_up_is_an_error(folder: Folder, old: str, new: str, said: str) -> None:
    table = "{facet: score, about: %s, answer: 见下表。, source: banfa, values: [{of: 甲, value: 50 分}]}"
    total = """- facet: score
    answer: 100 分。
    total:
      goal: 100
      unit: 分
      asked: [够]
      parts:
        - {tables: [年龄]}
        - {tables: [年限]}
      note: 以核定为准。
    source: banfa
"""
    tables = f"  - {table % '年龄'}\n  - {table % '年限'}\n"
    folder.change(folder.article, "facts:\n", f"facts:\n  {total}{tables}")
    assert problems(folder) == []
    folder.change(folder.article, "answer: 100 分。", "answer: 120 分，30 分钟。")
    [problem] = problems(folder)
    assert (problem.line, problem.what) == (14, "total 的 goal 写的是 100，答案里说的却是 120 分")
    folder.change(folder.article, "answer: 120 分，30 分钟。", "answer: 满 100 分。")
    folder.change(folder.article, old, new)
    found = [problem for problem in problems(folder) if problem.level is Level.error]
    assert any(said in problem.what for problem in found)
    assert all(problem.remedy and problem.line > 1 for problem in found)


def test_a_table_whose_id_a_question_of_an_article_claims_as_well_is_a_duplicate_and_no_crash(folder: Folder) -> None:
    table = "{facet: score, about: %s, answer: 见下表。, source: banfa, values: [{of: 甲, value: 50 分}]}"
    parts = "[{tables: [年龄]}, {tables: [年限]}]"
    total = f"total: {{goal: 100, unit: 分, asked: [够], parts: {parts}, note: 以核定为准。}}"
    fact = f"{{facet: score, answer: 100 分。, source: banfa, {total}}}"
    folder.change(folder.article, "facts:\n", f"facts:\n  - {fact}\n")
    folder.change(folder.faq, "facts:\n", f"facts:\n  - {table % '年龄'}\n  - {table % '年限'}\n")
    folder.write("faqs/jifen/zhinan-jiaji.md", (folder.root / folder.faq).read_bytes())
    (folder.root / folder.faq).unlink()
    folder.change("faqs/jifen/zhinan-jiaji.md", "reviewed: 2026-11-01", "reviewed: 2026-11-20")
    [problem] = problems(folder)
    assert "编号 faqs/jifen/zhinan-jiaji 与" in problem.what


def test_what_a_dead_link_means_is_looked_for_once_however_often_it_stands(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []

    def counted(word: str, known: Mapping[str, str]) -> str:
        looked_for.append(word)
        return nearest(word, known)

    monkeypatch.setattr(checking, "nearest", counted)
    folder.change(folder.faq, "带居住证原件。", "见[甲](/a/jifen/zhinann)。\n\n" * 20)
    folder.change(folder.article, "积分由单位申请。", "见[甲](/a/jifen/zhinann)。")
    found = problems(folder)
    assert len(found) == 21
    assert all("是不是 /a/jifen/zhinan？" in problem.remedy for problem in found)
    assert looked_for == ["articles/jifen/zhinann"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("成人 12 本，孩子 6 本。", []),
        ("成人１２本。", []),
        ("老师 20 本。", []),
        ("非成人 10 本。", []),
        ("成人 10 天，成人 5 人一组。", []),
        ("成人①0 本。", []),
        ("成人 10 本（会员），成人 12 本。", []),
        ("成人 10 本，孩子 6 本。", ["values 里“成人”写的是 12 本，答案里说的却是 10 本"]),
        ("成人：１０本。", ["values 里“成人”写的是 12 本，答案里说的却是 10 本"]),
    ],
)
def test_a_table_and_the_answer_above_it_have_one_number(folder: Folder, answer: str, told: list[str]) -> None:
    values = "[{of: 成人, value: 12 本}, {of: 孩子, value: 6 本}, {of: 老师, value: 最多 30 本}]"
    folder.change(folder.faq, "    source: banfa", f"    answer: {answer}\n    values: {values}\n    source: banfa")
    found = problems(folder)
    assert [(problem.what, problem.line, problem.level) for problem in found] == [
        (what, 12, Level.warning) for what in told
    ]


def test_a_case_with_two_values_is_an_error(folder: Folder) -> None:
    values = "\n    values: [{of: 大专, value: 50 分}, {of: 本科, value: 60 分, note: 夜校},\n      {of: 本科, value: 90 分}]"
    folder.change(folder.faq, "    source: banfa", f"    source: banfa{values}")
    assert problems(folder) == []
    folder.change(folder.faq, "of: 大专", "of: 本 科")
    [problem] = problems(folder)
    assert (problem.line, problem.what, problem.level) == (13, "values 里“本科”写了两次", Level.error)


DIFFERENT = [
    ("1.5 倍", "15 倍"),
    ("１．５ 倍", "15 倍"),
    ("≤10 人", ">10 人"),
    ("60 岁（≥60）", "60 岁（<60）"),
    ("60 岁＋", "60 岁"),
    ("5%", "5"),
    ("1-2 次", "12 次"),
    ("1 至 2 次", "12 次"),
    ("3、5 项", "35 项"),
]
SAME = [
    ("1.5 倍", "１．５倍。"),
    ("＞10 人", "> 10人"),
    ("1-2 次", "1～2次"),
    ("1-2 次", "1 至 2 次"),
    ("021-12345", "（021）12345"),
    ("身份证+户口簿", "身份证、户口簿"),
    ("1,000 元", "1000 元"),
]
PAIRS = [*((*pair, True) for pair in DIFFERENT), *((*pair, False) for pair in SAME)]


@pytest.mark.parametrize(("one", "other", "differ"), PAIRS)
def test_what_makes_another_number_makes_another_answer_case_and_subject(
    folder: Folder, one: str, other: str, differ: bool
) -> None:
    facts = "  - {{facet: fee, answer: '{}', source: banfa}}\n  - {{facet: fee, answer: '{}', source: banfa}}\n"
    folder.change(folder.article, "facts:\n", "facts:\n" + facts.format(one, other))
    assert ["说法不同" in problem.what for problem in problems(folder)] == [True] * differ
    folder.change(folder.article, facts.format(one, other), "")
    facts = "  - {{facet: fee, about: '{}', answer: 甲。, source: banfa}}\n  - {{facet: fee, about: '{}', answer: 乙。, source: banfa}}\n"
    folder.change(folder.article, "facts:\n", "facts:\n" + facts.format(one, other))
    assert ["说法不同" in problem.what for problem in problems(folder)] == [True] * (not differ)
    folder.change(folder.article, facts.format(one, other), "")
    values = f"\n    values: [{{of: '{one}', value: 50 分}}, {{of: '{other}', value: 60 分}}]"
    folder.change(folder.faq, "    source: banfa", f"    source: banfa{values}")
    assert ["写了两次" in problem.what for problem in problems(folder)] == [True] * (not differ)


SECOND = "  - {facet: fee, question: %s, aliases: [办积分几天, %s], answer: 不收费。, source: banfa%s}\n"


@pytest.mark.parametrize(
    ("asked", "alias", "rest", "lines"),
    [
        ("积分审核要多久", "积分多少钱", "", [16]),
        ("请问积分审核要多久呢", "积分多少钱", "", [16]),
        ("积分多少钱", "积分审核，要多久？", "", [16]),
        ("积分多少钱", "积分收不收费", "", []),
        ("积分审核要多久", "积分多少钱", ", effective: {from: 2030-01-01, to: null}", []),
    ],
)
def test_a_wording_of_two_facts_that_are_not_about_the_same_is_an_error(
    folder: Folder, asked: str, alias: str, rest: str, lines: list[int]
) -> None:
    first = "clause: 第十七条}\n"
    folder.change(folder.article, first, f"{first}{SECOND % (asked, alias, rest)}")
    if rest:
        folder.change(folder.article, first, f"{first}    effective: {{from: null, to: 2029-12-31}}\n")
    told = [(each.line, each.level) for each in problems(folder) if "也写在第 1 条事实上" in each.what]
    assert told == [(line, Level.error) for line in lines]
    assert len(problems(folder)) == len(told)


def test_one_fact_may_have_a_wording_twice_and_in_two_periods(folder: Folder) -> None:
    same = "clause: 第十七条}\n"
    again = "  - {facet: review_time, question: 积分审核要多久, aliases: [积分审核要多久？], answer: 20 个工作日内核定并告知。, limit: {promised: 20, unit: 工作日, from: 审核属实之日}, source: banfa}\n"
    folder.change(folder.article, same, f"{same}{again}")
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("after: [了]", "after: ['了，的']", 20),
        ("asked: [够]", "asked: [够, 多少分、几分]", 17),
        ("of: 甲,", "of: 甲, aliases: [大专，高职],", 12),
    ],
)
def test_words_between_which_a_chinese_comma_stands_are_asked_about(
    folder: Folder, old: str, new: str, line: int
) -> None:
    values = "[{of: 甲, value: 50 分}]"
    facts = f"""  - {{facet: score, about: 年龄, answer: 见下表。, source: banfa,
     values: {values}}}
  - facet: score
    answer: 100 分。
    source: banfa
    total: {{goal: 100, unit: 分,
      asked: [够],
      parts: [
        {{tables: [年龄]}},
        {{tables: [年龄], after: [了]}}],
      note: 以核定为准。}}
"""
    folder.change(folder.article, "facts:\n", f"facts:\n{facts}")
    assert problems(folder) == []
    folder.change(folder.article, old, new)
    [problem] = problems(folder)
    assert (problem.line, problem.level, "算作一个词" in problem.what) == (line, Level.warning, True)


def test_names_of_a_topic_between_which_a_chinese_comma_stands_are_asked_about(folder: Folder) -> None:
    folder.write("topics.yml", TOPICS.replace("[积分]", "[积分, 居住证积分、积分证]"))
    [problem] = problems(folder)
    assert (problem.file, problem.line, problem.level) == ("topics.yml", 1, Level.warning)
    assert "算作一个词" in problem.what


def test_a_file_with_a_warning_is_as_good_as_another(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "积分由单位申请。\n\n＃ 流程")
    folder.write("articles/jifen/zhinan2.md", (folder.root / folder.article).read_text("utf-8").replace("＃ 流程", ""))
    assert folder.article not in {problem.file for problem in problems(folder) if problem.level is Level.error}


def test_a_catch_all_material_an_unclear_fee_and_a_basis_without_clause_are_warnings(folder: Folder) -> None:
    folder.change(folder.faq, "items: [{name: 居住证, copies: 原件}]", "items: [{name: 其他需要的材料}]")
    folder.change(
        folder.faq,
        "    source: banfa\n",
        "    source: banfa\n  - {facet: fee, answer: 无, source: banfa}\n"
        "  - {facet: basis, answer: 积分办法, source: banfa}\n",
    )
    found = problems(folder)
    assert {problem.level for problem in found} == {Level.warning}
    assert [word for word in ("兜底", "不收费", "条款") if any(word in str(problem) for problem in found)] == [
        "兜底",
        "不收费",
        "条款",
    ]


def test_duplicate_questions_and_ids_name_the_other_place(folder: Folder) -> None:
    folder.change(folder.faq, "积分材料清单", "积分审核要多久")
    [problem] = problems(folder)
    assert "重复" in problem.what
    assert (problem.file, problem.line) in [(folder.faq, 7), (folder.article, 12)]
    assert any(place in problem.what for place in (f"{folder.article}:12", f"{folder.faq}:7"))


@pytest.mark.parametrize(
    ("alias", "same"),
    [
        ("积分审核要多久呢", True),
        ("请问积分审核要多久？", True),
        ("你好，我想问一下，积分审核要多久啊", True),
        ("积分审核要多久吗", False),
        ("积分审核要多久了", False),
    ],
)
def test_a_polite_word_makes_no_other_question(folder: Folder, alias: str, same: bool) -> None:
    folder.change(folder.faq, "积分材料清单", alias)
    assert [problem.what for problem in problems(folder)] == [f"问法“{alias}”与 {folder.article}:12 重复"] * same


def test_a_question_in_full_width_digits_is_the_same_question(folder: Folder) -> None:
    folder.change(folder.article, "积分怎么办理", "积分120分够吗")
    folder.change(folder.faq, "积分材料清单", "积分１２０分够吗")
    [problem] = problems(folder)
    assert "问法“积分１２０分够吗”与" in problem.what or "问法“积分120分够吗”与" in problem.what


@pytest.mark.parametrize(("original", "copy"), [("cailiao", "cailiao-2"), ("zhinan", "zhinan-fuben")])
def test_of_a_file_and_its_copy_the_copy_is_named_once(folder: Folder, original: str, copy: str) -> None:
    path = next(path for path in (folder.faq, folder.article) if original in path)
    folder.write(path.replace(original, copy), (folder.root / path).read_bytes())
    [problem] = problems(folder)
    assert (problem.file, problem.line) == (path.replace(original, copy), 1)
    assert f"像是把 {path} 整份复制过来的" in problem.what


def test_a_section_that_asks_what_a_fact_of_its_own_file_asks_is_no_copy_but_the_same_question(folder: Folder) -> None:
    folder.change(folder.article, "### 审核能加急吗？", "### 积分审核要多久？")
    [problem] = problems(folder)
    assert (problem.file, problem.line) == (folder.article, 20)
    assert f"问法“积分审核要多久？”与 {folder.article}:12 重复" in problem.what


def test_of_two_files_with_the_same_question_the_one_reviewed_later_is_named_whatever_its_name(folder: Folder) -> None:
    text = (folder.root / folder.faq).read_text("utf-8").replace("积分材料清单", "新问法")
    text = text.replace("带居住证原件。", "带两样。").replace("facet: materials", "facet: materials\n    about: 新证")
    folder.write("faqs/jifen/a-xin.md", text.replace("2026-11-01", "2026-11-20"))
    [problem] = problems(folder)
    assert (problem.file, problem.line) == ("faqs/jifen/a-xin.md", 2)
    assert f"问法“积分要交什么材料？”与 {folder.faq}:2 重复" in problem.what


def test_only_an_article_of_a_topic_goes_by_its_name(folder: Folder) -> None:
    folder.change(folder.article, "[积分怎么办理]", "[积分]")
    assert problems(folder) == []
    folder.change(folder.article, "[积分]", "[积分怎么办理]")
    folder.change(folder.faq, "[积分材料清单]", "[积分材料清单, 积 分]")
    [problem] = problems(folder)
    assert (problem.file, problem.line, problem.level) == (folder.faq, 7, Level.error)
    assert "是主题 jifen 的名称" in problem.what
    assert "faqs/jifen/cailiao" not in library.load(folder.root).entries


def test_one_character_is_no_question(folder: Folder) -> None:
    folder.change(folder.article, "[积分怎么办理]", "[证]")
    assert [(problem.line, problem.level, "只有一个字" in problem.what) for problem in problems(folder)] == [
        (9, Level.error, True)
    ]


def test_two_facts_of_one_matter_that_differ_are_an_error(folder: Folder) -> None:
    folder.write(
        "faqs/jifen/duojiu.md",
        ARTICLE.replace("title: 积分办理指南", "question: 审核时间是几天？")
        .replace("积分怎么办理", "审核几天")
        .replace("积分审核要多久", "审核要几天")
        .replace("20 个", "30 个")
        .replace("promised: 20", "promised: 30")
        .split("## 常见问题", maxsplit=1)[0],
    )
    [problem] = problems(folder)
    assert (problem.file, problem.line) == ("faqs/jifen/duojiu.md", 11) or problem.file == folder.article
    assert "说法不同" in problem.what
    assert "about" in problem.remedy


def contradictions(folder: Folder, facts: Sequence[tuple[str, Period]]) -> list[tuple[str, str]]:
    """The files whose fact contradicts another, each with the other, where every file has one fact of the same matter."""
    entry = library.load(folder.root).entries["faqs/jifen/cailiao"]
    documents = {}
    for number, (answer, period) in enumerate(facts):
        ident = f"faqs/jifen/f{number:04}"
        fact = Fact(facet=Facet.fee, answer=answer, source=(SourceRef(id="banfa"),), effective=period)
        made = entry.model_copy(
            update={"id": ident, "path": f"{ident}.md", "title": ident, "aliases": (), "facts": (fact,)}
        )
        documents[made.path] = Document(path=made.path, digest="", entries=(made,))
    ledger, loaded = Ledger().after({}, documents), library.load(folder.root)
    found = cross_check(documents, ledger, set(), loaded.topics, (), loaded.site, folder.root, lambda _: True)
    said = [(problem.file, re.search(r"与 (\S+):1 说法不同", problem.what)) for problem in found]
    return [(path, other[1]) for path, other in said if other]


YEARS = st.one_of(st.none(), st.integers(2023, 2026))
FACTS = st.tuples(
    st.sampled_from(["不收费。", "不收费", "10 元。"]),
    st.tuples(YEARS, YEARS)
    .filter(lambda years: not (years[0] and years[1] and years[0] > years[1]))
    .map(lambda years: Period(from_=years[0] and date(years[0], 1, 1), to=years[1] and date(years[1], 12, 31))),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FACTS, max_size=8))
def test_each_fact_that_contradicts_earlier_ones_names_the_first_of_them(
    folder: Folder, facts: list[tuple[str, Period]]
) -> None:
    expected = []
    for number, (answer, period) in enumerate(facts):
        against = [
            f"faqs/jifen/f{at:04}.md"
            for at, (other, time) in enumerate(facts[:number])
            if period.overlaps(time) and comparable(answer) != comparable(other)
        ]
        expected += [(f"faqs/jifen/f{number:04}.md", first) for first in against[:1]]
    assert contradictions(folder, facts) == expected


def test_thousands_of_facts_that_all_say_the_same_are_compared_at_once(folder: Folder) -> None:
    before, after = Period(to=date(2024, 12, 31)), Period(from_=date(2025, 1, 1))
    calls = {1: 0, 500: 0, 1000: 0, 2000: 0}  # the first warms up
    for number in calls:

        def count(_frame: object, event: str, _called: object, number: int = number) -> None:
            calls[number] += event.endswith("call")

        sys.setprofile(count)
        try:
            assert contradictions(folder, [("10 元。", before), *[("不收费。", after)] * number]) == []
        finally:
            sys.setprofile(None)
    assert calls[2000] - calls[1000] < 2.5 * (calls[1000] - calls[500]), calls  # four times, if each were with each


def test_periods_of_one_fact_leave_no_gap(folder: Folder) -> None:
    folder.change(
        folder.article,
        "    source: {id: banfa, clause: 第十七条}\n",
        "    source: {id: banfa, clause: 第十七条}\n    effective: {from: 2023-01-01, to: 2024-12-31}\n"
        "  - {facet: review_time, answer: 10 个工作日。, source: banfa, effective: {from: 2025-02-01, to: 2099-12-31}}\n",
    )
    [problem] = [problem for problem in problems(folder) if "没有说法" in problem.what]
    assert (problem.file, problem.line, problem.level) == (folder.article, 17, Level.error)


def test_an_editor_is_asked_about_a_gap_between_the_periods_of_two_files(folder: Folder) -> None:
    old = (folder.root / folder.faq).read_text("utf-8").replace("积分要交什么材料？", "积分以前要交什么？")
    old = old.replace("aliases: [积分材料清单]\n", "").replace("name: 居住证", "name: 护照")
    folder.write(
        "faqs/jifen/yiqian.md",
        old.replace("in_force", "expired\nnow: {text: 按新的。}\neffective: {from: 2020-01-01, to: 2021-12-31}"),
    )
    folder.change(folder.faq, "status:", "effective: {from: 2022-01-01, to: null}\nstatus:")
    assert problems(folder) == []
    folder.change(folder.faq, "2022-01-01", "2022-03-01")
    [gap] = problems(folder)
    assert (gap.file, gap.line, gap.level) == (folder.faq, 10, Level.warning)
    assert gap.what.endswith("在 2021-12-31 与 2022-03-01 之间没有说法（前一段见 faqs/jifen/yiqian.md:10）")


def test_a_period_within_a_longer_one_is_no_gap(folder: Folder) -> None:
    folder.change(
        folder.article,
        "    source: {id: banfa, clause: 第十七条}\n",
        "    source: {id: banfa, clause: 第十七条}\n    effective: {from: 2023-01-01, to: 2026-12-31}\n"
        "  - {facet: fee, answer: 不收费。, source: banfa, effective: {from: 2023-01-01, to: 2026-12-31}}\n"
        "  - {facet: fee, answer: 不收费。, source: banfa, effective: {from: 2024-01-01, to: 2024-12-31}}\n"
        "  - {facet: fee, answer: 10 元。, source: banfa, effective: {from: 2027-01-01, to: 9999-12-31}}\n",
    )
    assert problems(folder) == []
    [after] = [problem for problem in problems(folder, date(2027, 6, 1)) if "之后没有说法" in problem.what]
    assert (after.line, after.level) == (16, Level.warning)


def test_in_force_past_its_end_and_a_superseded_source(folder: Folder) -> None:
    assert any("已过" in problem.what for problem in problems(folder, date(2100, 1, 1)))
    folder.write("sources.yml", "- {id: banfa, title: 积分办法, superseded: 2026-01-01}\n")
    found = [problem for problem in problems(folder) if "待复核" in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [
        (folder.article, 15),
        (folder.article, 20),
        (folder.faq, 11),
    ]


def test_quotation_marks_around_a_subject_make_no_other_matter(folder: Folder) -> None:
    rest = "question: 快证多少钱, source: banfa, effective"
    folder.change(
        folder.article,
        "    source: {id: banfa, clause: 第十七条}\n",
        "    source: {id: banfa, clause: 第十七条}\n"
        f"  - {{facet: fee, about: 快证, answer: 10 元。, {rest}: {{from: 2023-01-01, to: 2024-12-31}}}}\n"
        f"  - {{facet: fee, about: “快证”, answer: 20 元。, {rest}: {{from: 2025-01-01, to: 2099-12-31}}}}\n",
    )
    assert problems(folder) == []
    folder.change(folder.article, "from: 2025-01-01", "from: 2025-02-01")
    [gap] = problems(folder)
    assert "2024-12-31 与 2025-02-01 之间没有说法" in gap.what
    folder.change(folder.article, "from: 2025-02-01", "from: 2024-02-01")
    [overlap] = problems(folder)
    assert "重叠" in overlap.what


def test_a_question_without_facts_is_told_of_when_its_source_is_superseded(folder: Folder) -> None:
    folder.write("sources.yml", SOURCES + "- {id: jiu, title: 旧办法, superseded: 2026-01-01}\n")
    folder.write("faqs/jifen/shei.md", (folder.root / folder.faq).read_bytes())
    folder.change("faqs/jifen/shei.md", "积分要交什么材料？", "积分找谁办？")
    folder.change("faqs/jifen/shei.md", "aliases: [积分材料清单]", "sources: [banfa, jiu]")
    folder.change(
        "faqs/jifen/shei.md",
        "facts:\n  - facet: materials\n    items: [{name: 居住证, copies: 原件}]\n    source: banfa\n",
        "",
    )
    folder.change(folder.article, "facts:", "sources: [jiu]\nfacts:")
    folder.change(folder.article, "about=加急}", "about=加急 source=banfa}\n不能。\n### 积分在哪里办？ {#nali}")
    found = [problem for problem in problems(folder) if "待复核" in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [(folder.article, 23), ("faqs/jifen/shei.md", 7)]
    assert "（旧办法）自 2026-01-01 起被取代，这个问答已标为待复核" in found[0].what


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"---\nti\0tle", "不是文本文件"),
        ("---\ntitle: 积分\n---\n".encode("utf-16"), "UTF-16"),
        ("---\ntitle: 积分\n---\n".encode("gbk"), "GBK"),
        (b"---\ntitle: \xff\n---\n", "不是 UTF-8"),
        ("---\ntitle: 积\x0b分\n---\nx".encode(), "U+000B"),
        ("---\ntitle: 积分\n---\n\u202e反".encode(), "U+202E"),
        ("---\ntitle: 积\ufffd分\n---\nx".encode(), "有乱码"),
        ("---\ntitle: 积分\n---\n积\ue5e5分".encode(), "有乱码"),
        ("---\ntitle: 积分\n---\n\uf0b7 积分".encode(), "Word 的项目符号"),
        (b"---\n" + b"x" * 5_000_000, "文件太大"),
        (b"no front matter", "开头没有 ---"),
        (b"---\ntitle: x\n", "没有结束"),
        (b"---\n" + b"a: " + b"[" * 30_000 + b"\n---\nx", "嵌套太深"),
    ],
)
def test_files_that_cannot_be_read_are_reported_and_the_rest_is_published(
    folder: Folder, raw: bytes, said: str
) -> None:
    folder.write("articles/jifen/huai.md", raw)
    loaded = library.load(folder.root)
    assert [problem.file for problem in loaded.errors] == ["articles/jifen/huai.md"]
    assert said in loaded.errors[0].what
    assert folder.article.removesuffix(".md") in loaded.entries


MERGE = "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> zhang"


@pytest.mark.parametrize(
    ("old", "line"), [("积分由单位申请。", 17), ("title: 积分办理指南", 2), ("    answer: 20", 13)]
)
def test_what_a_merge_left_is_named_with_the_lines_to_delete(folder: Folder, old: str, line: int) -> None:
    folder.change(folder.article, old, MERGE.format(old, old))
    [problem] = problems(folder)
    said = f"在第 {line}（<<<<<<<）、{line + 2}（=======）、{line + 4}（>>>>>>>） 行"
    assert (problem.line, problem.level, said in problem.what) == (line, Level.error, True)


def test_what_a_merge_left_in_a_shared_file_is_named(folder: Folder) -> None:
    folder.write("sources.yml", MERGE.format("- {id: banfa, title: 积分办法}", "- {id: banfa, title: 办法}"))
    with pytest.raises(ContentError, match=r"sources\.yml:1: 两个人的改动没有合并好"):
        library.load(folder.root)


@pytest.mark.parametrize(("below", "line"), [("title", 2), ("topic", 3), ("facts", 10), ("    limit", 14)])
def test_the_one_mark_that_is_left_of_a_merge_is_named_among_the_fields(folder: Folder, below: str, line: int) -> None:
    folder.change(folder.article, f"\n{below}:", f"\n=======\n{below}:")
    [problem] = problems(folder)
    assert (problem.line, problem.level, "没有合并好" in problem.what) == (line, Level.error, True)


def test_the_one_mark_that_is_left_of_a_merge_is_named_in_a_shared_file(folder: Folder) -> None:
    folder.write("sources.yml", "- {id: banfa, title: 积分办法}\n=======\n- {id: xize, title: 细则}\n")
    with pytest.raises(ContentError, match=r"sources\.yml:2: 两个人的改动没有合并好"):
        library.load(folder.root)


def test_a_rule_of_equal_signs_is_left_of_no_merge(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "积分由单位申请。\n\n```\n=======\n```")
    assert problems(folder) == []


TWO_FACTS = """facts:
  - facet: score
    answer: 甲。
    source: banfa
    values:
      - {of: 大专, value: 50 分}
      - {of: 本科, value: 60 分}
  - facet: fee
    answer: 不收费。
    source: banfa
"""


@pytest.mark.parametrize(
    ("above", "field"),
    [
        ("  - facet: fee", "facet"),
        ("    source: banfa\n  - facet", "source"),
        ("      - {of: 本科", "of"),
        ("    values:", "values"),
        ("    answer: 不收费", "answer"),
    ],
)
def test_a_dash_line_too_many_anywhere_in_the_facts_is_named_and_nothing_published(
    folder: Folder, above: str, field: str
) -> None:
    folder.change(folder.faq, "facts:\n", TWO_FACTS)
    assert problems(folder) == []
    folder.change(folder.faq, above, f"---\n{above}")
    told = [each for each in problems(folder) if f"后面却还有字段 {field}" in each.what]
    text = (folder.root / folder.faq).read_text("utf-8").splitlines()
    assert [each.line for each in told] == [text.index("---", 1) + 1]
    assert "faqs/jifen/cailiao" not in library.load(folder.root).entries


@pytest.mark.parametrize(
    "typed", ["- answer: 甲", "  facet: 甲\n\n乙", "```\n- facet: fee\n```\n\n---\n\n乙", "甲\n\n---\n\n- source: 乙"]
)
def test_a_field_below_which_the_front_matter_does_not_end_is_text(folder: Folder, typed: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n{typed}\n\n")
    assert problems(folder) == []


def test_a_link_out_of_the_folder_is_refused(folder: Folder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(ARTICLE)
    (folder.root / "articles/jifen/lianjie.md").symlink_to(secret)
    loaded = library.load(folder.root)
    assert "链接" in loaded.errors[0].what
    assert "articles/jifen/lianjie" not in loaded.entries


def test_shared_files_that_cannot_be_used_stop_with_a_clear_message(folder: Folder) -> None:
    folder.write("site.yml", "name: [")
    with pytest.raises(ContentError, match=r"site\.yml.*YAML"):
        library.load(folder.root)


def test_empty_body_is_an_error(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "")
    assert any("正文是空的" in problem.what for problem in problems(folder))


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        ("#### 答案", "标题"),
        ("|甲|乙|\n|---|---|\n|丙|丁|", "表格"),
        ("- 身份证\n- 户口簿", "列表"),
        ('!!! tip "注意"\n    甲', "提示框"),
    ],
)
def test_what_is_no_paragraph_is_no_answer(folder: Folder, begins: str, said: str) -> None:
    folder.change(folder.faq, "带居住证原件。", f"\n{begins}\n\n带居住证原件。")
    folder.change(folder.article, "不能加急。", f"{begins}\n\n不能加急。")
    told = [(problem.file, problem.line, problem.what, problem.level) for problem in problems(folder)]
    what = f"第一段是{said}，不能做卡片上的答案"
    assert told == [(folder.article, 20, what, Level.error), (folder.faq, 14, what, Level.error)]
    folder.change(folder.faq, "    items:", "    answer: 带原件。\n    items:")
    assert [problem.file for problem in problems(folder)] == [folder.article]


def test_a_broken_file_takes_no_wording_from_a_good_one(folder: Folder) -> None:
    text = (folder.root / folder.faq).read_text("utf-8")
    folder.write("faqs/jifen/a-first.md", text.replace("topic: jifen", "topic: jifem"))
    loaded = library.load(folder.root)
    assert {problem.file for problem in loaded.errors} == {"faqs/jifen/a-first.md"}
    assert [problem.line for problem in loaded.errors if "整份复制" in problem.what] == [1]
    assert "faqs/jifen/cailiao" in loaded.entries


def test_a_link_to_a_broken_file_is_not_reported_twice(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "见[指南](/a/jifen/zhinan)和[加急](/q/jifen/zhinan-jiaji)。")
    assert problems(folder) == []
    folder.change(folder.article, "topic: jifen", "topic: [")
    assert {problem.file for problem in problems(folder)} == {folder.article}


def test_all_files_are_checked_in_one_run_and_sorted(folder: Folder) -> None:
    for path in (folder.faq, folder.article):
        folder.change(path, "status: in_force", "status: valid")
        folder.change(path, "reviewed: 2026-11-01", "reviewed: 昨天")
    found = problems(folder)
    assert [(problem.file, problem.line) for problem in found] == [
        (folder.article, 4),
        (folder.article, 7),
        (folder.faq, 4),
        (folder.faq, 6),
    ]


def test_mistakes_in_the_shared_files_are_named_with_their_line(folder: Folder) -> None:
    folder.write(
        "topics.yml", "- {id: jifen, name: 积分, summary: 关于积分}\n- {id: b, name: 乙, summary: 丙, parent: x}\n"
    )
    folder.change("site.yml", "contact:", "home:\n  recommended:\n    - articles/jifen/zhina\ncontact:")
    assert [(problem.file, problem.line) for problem in problems(folder)] == [("site.yml", 7), ("topics.yml", 2)]
    folder.write("topics.yml", "- {id: jifen, name: 积分, summary: 甲}\n- {id: jifen, name: 积分, summary: 甲}\n")
    with pytest.raises(ContentError, match=r"topics\.yml:2: 主题编号 jifen 写了两次"):
        library.load(folder.root)


def test_what_is_wrong_with_each_of_the_shared_files_is_told_at_once(folder: Folder) -> None:
    folder.write("site.yml", "name: [")
    folder.write("topics.yml", "- {id: jifen, nam: 积分, summary: 甲}\n")
    folder.write("sources.yml", "- {id: x, title: 甲}\n- {id: x, title: 乙}\n")
    with pytest.raises(ContentError) as raised:
        library.load(folder.root)
    assert str(raised.value).startswith("site.yml、topics.yml、sources.yml 不能用")
    assert {problem.file for problem in raised.value.problems} == {"site.yml", "topics.yml", "sources.yml"}


def test_topics_with_a_mistake_that_can_be_passed_over_are_published(folder: Folder) -> None:
    folder.write("topics.yml", "- {id: jifen, name: 积分, summary: 甲, parent: x, articles: [zhinan, nope, zhinan]}\n")
    loaded = library.load(folder.root)
    assert [problem.blocks for problem in loaded.errors] == [False] * 3
    assert loaded.topics[0].summary == "甲"


def test_a_name_of_two_topics_is_pointed_out(folder: Folder) -> None:
    folder.write("topics.yml", TOPICS + "- {id: luohu, name: 落户, summary: 关于落户, aliases: [落户, 积 分]}\n")
    assert [str(problem) for problem in problems(folder)] == [
        "topics.yml:2: 提醒：主题 luohu 和 jifen 都叫“积 分” — 名称和 aliases 里只留一处"
    ]


def test_where_a_visitor_turns_to_is_an_address_of_the_web(folder: Folder) -> None:
    folder.change("site.yml", "contact: {text: 请拨打 12345}", "contact: {text: 请拨打 12345, url: 'javascript:x()'}")
    with pytest.raises(ContentError, match="contact 的 url"):
        library.load(folder.root)


def test_a_telephone_number_can_be_dialled(folder: Folder) -> None:
    folder.change("site.yml", "text: 请拨打 12345", "text: 请拨打, phone: 021-12345 (转) 1")
    with pytest.raises(ContentError, match=r"site\.yml:5: contact 的 phone：电话 .* 里有不能拨的字"):
        library.load(folder.root)
    folder.change("site.yml", "021-12345 (转) 1", "+86 (021) 12345")
    assert problems(folder) == []
    folder.change("site.yml", "+86 (021) 12345", "021－12345")
    with pytest.raises(ContentError, match="不能拨的字"):
        library.load(folder.root)


def test_an_address_of_a_source_takes_in_no_text(folder: Folder) -> None:
    folder.change(folder.faq, "facts:", "sources: [{id: x, title: 甲, url: https://a.cn/zc2.jsp（2026年查）}]\nfacts:")
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (8, Level.error)
    assert "中文标点“（”" in problem.what
    folder.change(folder.faq, "（2026年查）", "")
    assert problems(folder) == []


def test_marks_in_what_the_site_says_are_a_warning(folder: Folder) -> None:
    folder.change("site.yml", "disclaimer: 以官方为准", "disclaimer: 以<b>官方</b>为准")
    assert [(problem.file, problem.line, problem.level) for problem in problems(folder)] == [
        ("site.yml", 4, Level.warning)
    ]


def test_a_popular_question_that_no_entry_has_is_pointed_out(folder: Folder) -> None:
    popular = "积分审核要多久, 材料清单, 怎么还书, articles/jifen/zhinan, 积分审核要多久？，积分怎么办理"
    folder.change("site.yml", "contact:", f"home:\n  popular: [{popular}]\ncontact:")
    found = problems(folder)
    assert {problem.level for problem in found} == {Level.warning}
    told = " ".join(map(str, found))
    assert [said in told for said in ("“怎么还书”", "“articles/jifen/zhinan”", "之间用英文逗号")] == [True] * 3
    assert len(found) == 3
    folder.change(folder.faq, "topic: jifen", "topic: [")
    assert {problem.file for problem in problems(folder)} == {folder.faq}


def test_a_topic_below_itself_is_an_error(folder: Folder) -> None:
    folder.write(
        "topics.yml",
        "- {id: jifen, name: 积分, summary: 甲, parent: b}\n- {id: b, name: 乙, summary: 丙, parent: jifen}\n"
        "- {id: c, name: 丁, summary: 戊, parent: b}\n",
    )
    found = problems(folder)
    assert [(problem.file, problem.line) for problem in found] == [("topics.yml", 1), ("topics.yml", 2)]
    assert all("又回到它自己" in problem.what for problem in found)


def test_a_reference_to_a_draft_says_that_it_is_one(folder: Folder) -> None:
    folder.change(folder.article, "aliases: [积分怎么办理]", "related: [faqs/jifen/cailiao]")
    folder.change(folder.article, "积分由单位申请。", "见[材料](/q/jifen/cailiao)。")
    folder.change(folder.faq, "in_force", "draft")
    assert ["还是草稿" in problem.what for problem in problems(folder)] == [True, True]


def test_no_entry_of_another_matter_is_suggested(folder: Folder) -> None:
    folder.change(folder.article, "aliases: [积分怎么办理]", "related: [faqs/jifen/shouli-dian]")
    [problem] = problems(folder)
    assert "是不是" not in problem.remedy


def test_an_unknown_source_is_not_also_a_missing_one(folder: Folder) -> None:
    folder.change(folder.article, "id: banfa", "id: banfb")
    assert [problem.what for problem in problems(folder)] == ["来源 banfb 没有定义"]


@pytest.mark.parametrize(
    ("shared", "text", "said", "remedy"),
    [
        (
            "sources.yml",
            "- {id: banfa-2022, title: 办法}\n",
            "没有来源 banfa，却有 8 个文件引用它",
            "是不是 banfa-2022",
        ),
        (
            "topics.yml",
            "- {id: jifen-xuban, name: 续办, summary: 甲}\n",
            "没有主题 jifen，却有 8 个文件写着它",
            "里补上主题",
        ),
    ],
)
def test_what_many_files_rest_on_and_is_gone_is_told_of_the_shared_file(
    folder: Folder, shared: str, text: str, said: str, remedy: str
) -> None:
    base = (folder.root / folder.faq).read_text("utf-8")
    for number in range(6):
        other = base.replace("积分要交什么材料", f"问题{number}").replace("积分材料清单", f"问法{number}")
        folder.write(f"faqs/jifen/q{number}.md", other.replace("materials", f"materials\n    about: 第{number}种"))
    assert problems(folder) == []
    folder.write(shared, text)
    found = problems(folder)
    assert [problem.what for problem in found if problem.file == shared] == [said]
    assert {remedy in problem.remedy for problem in found if problem.file != shared} == {True}


def test_when_the_shared_sources_are_gone_whoever_names_one_is_told(folder: Folder) -> None:
    (folder.root / "sources.yml").unlink()
    found = problems(folder)
    assert {problem.file for problem in found} == {folder.article, folder.faq}
    assert ["sources.yml 不见了" in problem.remedy for problem in found] == [True] * len(found)


def test_a_slip_in_a_source_of_ones_own_is_not_blamed_on_the_shared_ones(folder: Folder) -> None:
    (folder.root / "sources.yml").unlink()
    folder.change(folder.faq, "    source: banfa", "    source: banfb\nsources: [{id: banfa, title: 积分办法}]")
    (found,) = [problem for problem in problems(folder) if problem.file == folder.faq]
    assert found.remedy.startswith("是不是 banfa（积分办法）？sources.yml 不见了")
    folder.change(folder.faq, "banfb", "banfa")
    folder.change(folder.faq, "title: 积分办法}", "title: 积分办法, published: 1022-01-01}")
    (found,) = [problem for problem in problems(folder) if problem.file == folder.faq]
    assert "1900" in found.remedy


def test_an_example_of_front_matter_in_a_code_block_is_text(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "积分由单位申请。\n\n```\ntitle: 例子\n```")
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cailiao.md.txt", "末尾的 .txt 是记事本自动加的 — 去掉 .txt，以 .md 结尾"),
        ("cailiao.MD", "扩展名用了大写 — 改成小写的 .md"),
        ("材料.md", "文件名 材料.md 不能做网址 — 只用小写字母"),
    ],
)
def test_an_entry_renamed_so_that_it_vanishes_is_an_error(folder: Folder, name: str, said: str) -> None:
    (folder.root / folder.faq).rename(folder.root / "faqs/jifen" / name)
    [problem] = problems(folder)
    assert (problem.file, problem.level) == (f"faqs/jifen/{name}", Level.error)
    assert said in str(problem)


def test_files_that_nobody_would_read_are_pointed_out(folder: Folder) -> None:
    folder.write("articles/jifen/shuoming.docx", b"PK")
    folder.write("articles/.obsidian/app.json", b"{}")
    folder.write("faq/jifen/xin.md", (folder.root / folder.faq).read_bytes())
    folder.write("faqs/cailiao.md", (folder.root / folder.faq).read_bytes())
    found = [problem for problem in problems(folder) if "整份复制" not in problem.what]
    assert [(problem.file, problem.level) for problem in found] == [
        ("articles/jifen/shuoming.docx", Level.warning),
        ("faq/", Level.warning),
        ("faqs/cailiao.md", Level.error),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "lexicon/outside.txt.txt",
        "lexicon/Outside.txt",
        "lexicon/OUTSIDE.txt",
        "lexicon/synonyms2.yml",
        "topics.yaml",
        "sources.yml.txt",
        "wode-wenti.md",
        "说明.docx",
    ],
)
def test_a_shared_file_under_a_wrong_name_is_pointed_out(folder: Folder, name: str) -> None:
    for right in (
        "lexicon/outside.txt",
        "lexicon/terms.txt",
        "quality.json",
        "README.md",
        "readme.txt",
        "lexicon/.outside.txt",
    ):
        folder.write(right, "")
    assert problems(folder) == []
    folder.write(name, "")
    [problem] = problems(folder)
    assert (problem.file, problem.level, "不会被读取" in problem.what) == (name, Level.warning, True)
    assert "outside.txt" in problem.remedy


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "remedy"),
    [
        ("    question: 积分审核", "   question: 积分审核", 12, "question 前面有 3 个空格", "行首改成 4 个空格"),
        ("    source: {id: banfa", "      source: {id: banfa", 15, "source 前面有 6 个空格", "行首改成 4 个空格"),
        ("promised: 20", "promised: ２０", 14, "是全角的数字", "写成 20"),
        ("title: 积分办理指南", "question: 积分怎么办", 2, "这像是问答", "移到 faqs/jifen/zhinan.md"),
        ("facet: review_time", "facet: shenhe", 11, "没有这个选项", "fee（费用）"),
    ],
)
def test_the_remedy_fits_the_slip(folder: Folder, old: str, new: str, line: int, said: str, remedy: str) -> None:
    folder.change(folder.article, old, new)
    [problem] = [each for each in problems(folder) if said in each.what]
    assert (problem.line, remedy in problem.remedy) == (line, True)


@pytest.mark.parametrize("name", ["main", "q", "sources", "said-3", "answer-12"])
def test_a_place_that_the_page_has_itself_is_no_place_of_a_body(folder: Folder, name: str) -> None:
    folder.change(folder.article, "积分由单位申请。", f"积分由单位申请。\n\n## 办理条件 {{#{name}}}\n\n有居住证。")
    [problem] = problems(folder)
    assert (problem.line, problem.level) == (19, Level.error)
    assert f"#{name} 是网页自己用的" in problem.what
    folder.change(folder.article, f"{{#{name}}}", "{#main-tiaojian}")
    assert problems(folder) == []


def test_a_heading_that_sounds_like_a_place_of_the_page_gets_another_name(folder: Folder) -> None:
    folder.change(folder.article, "积分由单位申请。", "积分由单位申请。\n\n## Sources\n\n见办法。")
    assert problems(folder) == []
    entry = library.load(folder.root).entries[folder.article.removesuffix(".md")]
    assert [heading.anchor for heading in entry.headings][:1] == ["sources-1"]

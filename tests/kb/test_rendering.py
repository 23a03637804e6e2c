"""Markdown becomes safe HTML, headings with readable anchors, and questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from kb.leftovers import Leftovers
from kb.mistakes import mistakes_in_body
from kb.rendering import first_paragraph, render, slugify
from tests.kb.test_hostile_files import Seen


def test_tables_admonitions_and_code_are_rendered() -> None:
    html = render(
        '| 学历 | 分 |\n|---|--:|\n| 大专 | 50 |\n\n!!! warning "注意"\n    先签注。\n\n```\n<script>\n```'
    ).html
    assert "<td>大专</td>" in html
    assert '<td align="right">50</td>' in html
    assert '<div class="admonition warning">' in html
    assert '<p class="admonition-title">注意</p>' in html
    assert "<code>&lt;script&gt;" in html


def test_headings_have_pinyin_anchors_and_their_plain_text() -> None:
    rendered = render("## 居住证 & 积分\n文字\n\n### 要多久？ {#duojiu}\n\n## 居住证 & 积分")
    assert [(heading.anchor, heading.text) for heading in rendered.headings] == [
        ("ju-zhu-zheng-ji-fen", "居住证 & 积分"),
        ("duojiu", "要多久？"),
        ("ju-zhu-zheng-ji-fen_1", "居住证 & 积分"),
    ]
    assert '<h2 id="ju-zhu-zheng-ji-fen">' in rendered.html
    assert slugify("？！") == "s"


VECTORS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jAvAsCrIpT&colon;alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](</a' onclick='alert(1)>)",
    '[x](/a "t" onclick="alert(1)")',
    "![x](x){onload=alert(1)}",
    "## x {onclick=alert(1) style=position:fixed}",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<div style='background:url(javascript:alert(1))' class='evil'>x</div>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form action=/x><button formaction=javascript:x>y</button></form>",
    "<object data=x></object><embed src=x><base href=//evil>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<div>\n<![x[<script>alert(1)</script>\n</div>",
]


@pytest.mark.parametrize("vector", VECTORS)
def test_what_could_run_in_a_visitors_browser_is_removed(vector: str) -> None:
    seen = Seen()
    seen.feed(render(vector).html)
    assert not seen.tags & {"script", "img", "svg", "iframe", "style", "form", "button", "object", "embed", "base"}
    assert not [name for name in seen.attributes if name.startswith("on") or name in ("srcdoc", "formaction")]
    targets = [re.sub(r"[\t\n\r]", "", href).strip().lower() for href in seen.targets]
    assert not [target for target in targets if target.startswith(("javascript:", "vbscript:", "data:"))]
    assert "style" not in seen.attributes


def test_links_are_rewritten_and_reported_as_written() -> None:
    rendered = render("[甲](x.md) <a href='/b'>乙</a>", lambda target: target.replace(".md", "/"))
    assert 'href="x/"' in rendered.html
    assert rendered.links == ("x.md", "/b")


def test_text_has_a_blank_line_between_blocks() -> None:
    text = render("甲\n乙\n\n- 一\n- 二\n\n| a | b |\n|---|---|\n| 1 | 2 |").text
    assert text.split("\n\n") == ["甲 乙", "一", "二", "a b", "1 2"]
    assert first_paragraph(text) == "甲 乙"


def test_questions_are_found_under_their_heading_only() -> None:
    body = (
        "### 不算\n\n## 常见问题\n### 甲？ {#jia facet=fee clause=\"第一条 第二款\" about='快证'}\n答\n```\n## 不是标题\n```\n"
        "### 乙？\n答\n#### 细节\n再答\n## 其他\n### 不算\n"
    )
    first, second = render(body).sections
    assert (first.question, first.line) == ("甲？", 3)
    assert first.attributes == {"id": "jia", "facet": "fee", "clause": "第一条 第二款", "about": "快证"}
    assert first.body == "答\n```\n## 不是标题\n```"
    assert (second.question, second.attributes) == ("乙？", {})
    assert second.body == "答\n#### 细节\n再答"


def test_questions_below_a_second_heading_for_them_are_questions() -> None:
    sections = render("## 常见问题\n### 甲？\n答\n## 其他\n### 不算\n## 常见问题\n### 乙？\n再答").sections
    assert [(each.question, each.line, each.body) for each in sections] == [("甲？", 1, "答"), ("乙？", 6, "再答")]


@pytest.mark.parametrize("blank", ["", " ", "  ", "\t"])
def test_a_heading_without_a_blank_is_read_as_it_is_shown(blank: str) -> None:
    sections = render(
        f"##{blank}常见问题\n###{blank}甲？\n答\n###{blank}乙？ {{#yi}}\n再答\n##{blank}其他\n###{blank}不算"
    ).sections
    assert [(each.question, each.line, each.body) for each in sections] == [("甲？", 1, "答"), ("乙？", 3, "再答")]
    assert sections[1].attributes == {"id": "yi"}


def test_a_heading_that_is_not_shown_is_none() -> None:
    body = "<!--\n## 常见问题\n### 甲？\n答\n-->\n\n<div>\n## 常见问题\n### 乙？\n答\n</div>"
    assert render(body).sections == ()


class Shown(Extension, Treeprocessor):
    """The headings of a page as python-markdown has them: level and text."""

    headings: Sequence[tuple[int, str]] = ()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  python-markdown's name
        md.treeprocessors.register(self, "shown", 100)

    def run(self, root: Element) -> None:
        self.headings = [(int(each.tag[1]), each.text or "") for each in root.iter() if each.tag[1:].isdecimal()]


def shown_questions(body: str) -> list[str]:
    """The headings of the third level that a visitor sees below 常见问题, but those of an answer's list or quotation."""
    shown = Shown()
    Markdown(extensions=["tables", "admonition", "sane_lists", "fenced_code", "attr_list", Leftovers(), shown]).convert(
        body
    )
    questions: list[str] = []
    inside = False
    for level, text in shown.headings:
        if level < 3:
            inside = text == "常见问题"
        if inside and level == 3 and not text.startswith("（"):
            questions.append(text)
    return questions


LINES = [
    *(
        "## 常见问题",
        "##常见问题",
        "##\t常见问题 ##",
        " ## 常见问题",
        "常见问题",
        "## 其他",
        "##其他",
        "#大",
    ),
    *(
        "### 甲？",
        "###乙？",
        "### C# 呢？ ###",
        "###",
        "   ### 丙？",
        "- 项\n\n    ### （丁）\n",
        "- ### （己）",
        "> ### （庚）",
    ),
    *(
        "####细",
        "######## 多",
        "答",
        "",
        "",
        "",
        "---",
        "- - -",
        "- 项",
        "1. 项",
        "> 引",
        "!!! note",
        "a | b",
    ),
    *("---|---", "[甲]: /a", "```", "~~~", "<!--", "-->", "<div>", "</div>", "<p>", "</p>", "`", '<a title="', "</a>"),
]


@given(st.lists(st.sampled_from(LINES), max_size=12).map(lambda lines: "\n".join(("##常见问题", *lines))))
@example("##常见问题\n###甲？\n答")
@example("常见问题\n---\n### 甲？\n答")
@example("甲\n\n ## 常见问题\n### 甲？\n答")
@example("## 常见问题\n### 甲？\n答\n### 丁\\\n答")
def test_what_is_shown_as_a_question_is_one_or_the_editor_is_told(body: str) -> None:
    found = [section.question for section in render(body).sections]
    assert found == shown_questions(body) or any("标题" in mistake.what for mistake in mistakes_in_body(body))


@pytest.mark.parametrize(
    "typed", ["[注意]: 周末不办理。", "[1]: 沪府规〔2024〕1号", "[注意]:\n周末不办理。", "- [甲]: 乙"]
)
def test_a_note_in_square_brackets_is_shown(typed: str) -> None:
    assert render(f"先申请[1]。\n\n{typed}").text.split("\n\n")[1] == typed.replace("\n", " ").removeprefix("- ")


def test_a_heading_directly_below_a_table_is_one() -> None:
    rendered = render(
        "编号 | 名称\n---|---\n1 | 甲\n#2 | 乙\n## 常见问题\n### 丙？\n| a | b |\n|---|---|\n| c | d |\n### 丁？\n答"
    )
    assert [section.question for section in rendered.sections] == ["丙？", "丁？"]
    assert [heading.text for heading in rendered.headings] == ["常见问题", "丙？", "丁？"]
    assert "<td>#2</td>" in rendered.html
    assert rendered.left == ()


def test_nesting_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="太深"):
        render("> " * 60 + "x")

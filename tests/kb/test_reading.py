"""What editors' programs and fingers do to a file: read as meant where that is sure, and else named as what it is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kb import library
from kb.parsing import Unreadable, parse_yaml
from kb.reading import read_text
from search.service import Service
from tests.conftest import ARTICLE, Folder

SLIPS = [
    ("title：标题\ntopic: x", 1, "全角冒号"),
    ("title：标题\ntopic：x", 1, "全角冒号"),
    ("a: b\nfacts:\n  - facet: fee\n    answer：不收费\n    source: s1", 4, "全角冒号"),
    ("facts:\n  - facet：fee\n    source: x", 2, "全角冒号"),
    ("title:标题\ntopic: x", 1, "冒号后面没有空格"),
    ("title:\u3000标题\ntopic: x", 1, "冒号后面是全角空格"),
    ("title: 甲\n\ttopic: x", 2, "制表符"),
    ("facts:\n\n\t\n  - facet: fee", 3, "制表符"),
    ("title: 甲\n%topic: x", 2, "有一行用 % 开头"),
    ("title: 甲\n---\ntopic: &a x", 2, "多了一行 ---"),
    ("title: 甲\n\u3000topic: x", 2, "全角空格"),
    ("title: 上海: 居住证", 1, "两个英文冒号"),
    ("title: “上海: 居住证”", 1, "中文引号"),
    ('title: "上海"居住证', 1, "英文引号后面还有文字"),
    ("title: @上海", 1, "特殊符号"),
    ("title: > 上海", 1, "特殊符号"),
    ("title: 上海\t", 1, "行末有制表符"),
    ("title: 上海\t# 注释", 1, "行末有制表符"),
    ("values:\n  - 甲\t6 分", 2, "文字里有制表符"),
    ("aliases: [借书证 #1 能借人吗]\nc: d", 1, "# 后面的都被当作注释"),
    ("facts:\n  facet: fee\n    answer: 甲", 2, "facet 前面少了“- ”"),
    ("a: b\ntitle: *上海", 2, "文字以星号 * 开头"),
    ("a: b\ntitle: &x 上海", 2, "文字以 & 开头"),
    ("a: b\ntitle: !x 上海", 2, "文字以英文感叹号 ! 开头"),
    ("a: b\ntitle: !!python/object:os.system {}", 2, "文字以英文感叹号 ! 开头"),
    ("a: b\nc:\n  d: e\n  d: f", 4, "写了两次"),
    ("a: b\nitems: [x, y\nc: d", 2, "方括号没有成对"),
    ('a: b\ntitle: "上海\nc: d', 2, "引号没有成对"),
    ("a: b\n---\nc: d", 2, "多了一行 ---"),
    ('question: "补领要多久？\ntopic: buling\naliases: ["居住证掉了", 补领多久]', 1, "引号没有成对"),
    ('a: b\naliases: [补领多久, "居住证掉了]\nc: d', 2, "引号没有成对"),
    ("- {id: jifen, name: 积分，summary: 关于积分}", 1, "花括号里用了全角逗号"),
    ("a: b\nsteps:\n  - {do: 挂失: 一网通办, who: 持证人}", 3, "两个英文冒号"),
    ('a: b\nc: "\\ud800"', 2, "不能识别的字符"),
    ('a: b\nc: "\\U00110000"', 2, "不能识别的字符"),
    ("[a]: b", 1, "字段名不是文字"),
]


@pytest.mark.parametrize(("text", "line", "said"), SLIPS)
def test_a_slip_in_the_front_matter_is_named_on_its_own_line(text: str, line: int, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_yaml(text, "x.md")
    problem = caught.value.problem
    assert problem.line == line
    assert said in problem.what
    assert problem.remedy


def test_what_looks_like_a_slip_and_is_none_is_read() -> None:
    text = 'url: https://a.b/c:d\ntitle: 时间：8:30\nquoted: "甲: 乙"\nitems: [“甲”, 乙]\nphone: 012345\nlong: |\n  甲：乙\n'
    assert parse_yaml(text, "x.md").data == {
        "url": "https://a.b/c:d",
        "title": "时间：8:30",
        "quoted": "甲: 乙",
        "items": ["“甲”", "乙"],
        "phone": "012345",
        "long": "甲：乙\n",
    }


CUT = """title: 积分 #1 办法
# 全行注释
a: "积分" # 引号里的是整的
b: [积分, 办法 # 切短了
 , 丙]
status: in_force # 这是选项，不是文字
d:  # 字段名后面
  - 甲 #乙
  - 甲#乙
e: 甲
  乙 # 丙
f: |
  甲 # 乙
g: 甲
# 丙
"""


def test_a_text_folded_over_lines_is_read_as_one() -> None:
    assert parse_yaml("summary: >\n  第一行，\n  第二行。\n", "x.md").data == {"summary": "第一行， 第二行。\n"}


def test_where_a_number_sign_cuts_a_text_short_its_line_is_known() -> None:
    assert parse_yaml(CUT, "x.md", first_line=2).cut == (2, 5, 9, 12)


def test_an_editor_is_told_that_a_text_was_cut_short_and_the_entry_is_published(folder: Folder) -> None:
    folder.change(folder.faq, "question: 积分要交什么材料？", "question: 积分要交什么材料 #1 号？")
    found = library.load(folder.root)
    (problem,) = found.problems
    assert str(problem).startswith(f"{folder.faq}:2: 提醒：这一行的文字只到 # 为止")
    assert "英文引号" in problem.remedy
    assert found.entries["faqs/jifen/cailiao"].title == "积分要交什么材料"


def test_the_real_content_gives_no_such_warning(site: Service) -> None:
    assert "只到 # 为止" not in str(site.library.problems)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "a: [" + "x, " * 300_000 + "]"])
def test_hostile_yaml_is_refused_in_seconds(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable):
        parse_yaml(text, "x.md")
    assert time.monotonic() - began < 20


def test_windows_line_ends_byte_order_mark_and_invisible_marks_do_no_harm(folder: Folder) -> None:
    plain = library.load(folder.root).entries["articles/jifen/zhinan"]
    text = ARTICLE.lstrip().replace("title: 积分", "title:\u00a0\u200b积分").replace("\n", "\r\n")
    folder.write(folder.article, b"\xef\xbb\xbf" + text.encode())
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert loaded.entries["articles/jifen/zhinan"] == plain


def test_only_ordinary_files_are_opened(folder: Folder, tmp_path: Path) -> None:
    place = folder.root / "articles/jifen"
    os.mkfifo(place / "a-guandao.md")
    (place / "b-shebei.md").symlink_to("/dev/zero")
    (place / "c-quan.md").symlink_to(place / "c-quan.md")
    (place / "d-duan.md").symlink_to(tmp_path / "nowhere")
    (place / "e-mulu.md").mkdir()
    (place / "f-waimian").symlink_to(tmp_path)
    found = library.load(folder.root).problems
    assert [Path(problem.file).name[0] for problem in found] == ["a", "b", "c", "d", "f"]


def test_a_file_name_that_is_not_text_is_reported(folder: Folder) -> None:
    name = os.fsencode(folder.root) + b"/articles/jifen/\xb2\xc4.md"
    Path(os.fsdecode(name)).write_bytes(ARTICLE.encode())
    loaded = library.load(folder.root)
    assert [problem.file for problem in loaded.problems] == ["articles/jifen/??.md"]
    assert str(loaded.problems[0]).encode()


def test_a_link_inside_the_folder_may_be_used(folder: Folder) -> None:
    (folder.root / "faqs/jifen/shiji.txt").write_bytes((folder.root / folder.faq).read_bytes())
    (folder.root / folder.faq).unlink()
    (folder.root / folder.faq).symlink_to(folder.root / "faqs/jifen/shiji.txt")
    assert "积分要交什么材料" in read_text(folder.root, folder.faq)

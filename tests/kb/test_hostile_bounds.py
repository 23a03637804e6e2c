"""Whatever is too much for a file or a folder is refused in words, before it costs time or memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest
from markdown import Markdown

from kb import library
from kb.bounds import excess
from kb.errors import ContentError
from kb.parsing import Unreadable
from kb.reading import MAX_FILE_BYTES, read_text, read_yaml
from kb.rendering import render
from tests.conftest import Folder

SLOW = {
    "方括号": "[" * 30_000,
    "反引号": "``a` " * 10_000,
    "小于号": "<![CDATA[" * 4000,
    "标题": "# a\n" * 9000,
    "分隔线": "---\n" * 9000,
    "行太多": "!!! note\n    a\n" * 13_000,
    "星号": "*a" * 90_000,
    "标题太长": "## 常见问题\n### 甲 {" + "a=“ " * 40_000 + "}\n",
    "代码块的第一行太长": "```" + " " * 150_000 + "!\n```\n",
    "列": "|a" * 10_000 + "\n" + "|-" * 10_000,
    "太长": "字" * 300_000,
}
"""Bodies under 1 MB over which python-markdown takes seconds to minutes, by what is said of them."""
REFUSED = {"嵌套太深": "甲\n\n" + "> " * 60 + "乙", "字符编号": "甲\n\n乙 &#" + "1" * 5000 + "; 丙"}
"""Bodies on which python-markdown or html.parser gives up, on their third line."""


@pytest.mark.parametrize("said", SLOW)
def test_a_body_that_would_take_seconds_to_render_is_refused_in_words(folder: Folder, said: str) -> None:
    head, _, _ = (folder.root / folder.faq).read_text("utf-8").rpartition("---\n")
    folder.write(folder.faq, (head + "---\n" + SLOW[said]).encode())
    found = [problem for problem in library.load(folder.root).problems if problem.file == folder.faq]
    assert [said in problem.what for problem in found] == [True]
    assert found[0].remedy
    with pytest.raises(ValueError, match=said):
        render(SLOW[said])


@pytest.mark.parametrize("said", REFUSED)
def test_a_body_that_cannot_be_rendered_is_refused_in_its_own_words_and_with_its_line(
    folder: Folder, said: str
) -> None:
    folder.change(folder.faq, "带居住证原件。", REFUSED[said])
    found = library.load(folder.root)
    assert [(problem.line, said in problem.what) for problem in found.problems] == [(15, True)]
    assert set(found.entries) == {"articles/jifen/zhinan", "faqs/jifen/zhinan-jiaji"}
    with pytest.raises(ValueError, match=said):
        render(REFUSED[said])


def test_no_other_mistake_of_the_renderer_is_told_as_too_deep(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(_self: Markdown, _source: str) -> str:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(Markdown, "convert", convert)
    with pytest.raises(ValueError, match="of ours"):
        library.load(folder.root)


def test_a_long_ordinary_body_is_not_too_much() -> None:
    body = (
        "## 标题\n\n" + "居住证积分[办法](/a/b) 第一条 `120`。" * 10 + "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    ) * 200
    assert excess(body) is None


def test_a_thousand_links_are_enough(folder: Folder) -> None:
    folder.change(folder.faq, "带居住证原件。", "[甲](/settings)\n\n" * 1001)
    assert "链接太多" in str(library.load(folder.root).problems)


def test_an_entry_whose_id_no_form_would_take_is_refused_with_its_line(folder: Folder) -> None:
    folder.change(folder.article, "#jiaji ", f"#{'a' * 200} ")
    found = library.load(folder.root)
    (problem,) = found.errors
    line = (folder.root / folder.article).read_text("utf-8").split("\n").index("## 常见问题") + 2
    assert (problem.file, problem.line) == (folder.article, line)
    assert "太长（上限 200 个字符）" in problem.what
    assert set(found.entries) == {"faqs/jifen/cailiao"}


def test_a_first_paragraph_too_long_to_be_the_answer_is_refused_once_with_its_line(folder: Folder) -> None:
    fact = "facts:\n  - facet: late\n    source: banfa\n"
    text = "---\nquestion: 怎么办？\ntopic: jifen\nstatus: in_force\nverification: official\nreviewed: 2026-11-01\n"
    folder.write("faqs/jifen/xin.md", f"{text}{fact}---\n{'长' * 4001}\n\n第二段。\n")
    found = library.load(folder.root)
    (problem,) = found.problems
    assert (problem.file, problem.line) == ("faqs/jifen/xin.md", 11)
    assert "第一段太长（4001 字，上限 4000 字）" in problem.what
    assert "faqs/jifen/xin" not in found.entries
    folder.write("faqs/jifen/xin.md", f"{text}{fact}    answer: 短的答案。\n---\n{'长' * 4001}\n")
    assert library.load(folder.root).problems == ()


def test_a_huge_file_is_refused_without_being_read(folder: Folder) -> None:
    with (folder.root / folder.faq).open("wb") as file:
        file.truncate(100_000_000_000)  # sparse: reading it would not end
    with pytest.raises(Unreadable, match="文件太大"):
        read_text(folder.root, folder.faq)
    assert [problem.file for problem in library.load(folder.root).problems] == [folder.faq]


def test_a_file_that_grows_past_the_bound_while_it_is_read_is_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(folder.faq, b"a" * (MAX_FILE_BYTES + 1))
    real = os.fstat

    def before(descriptor: int) -> os.stat_result:
        return os.stat_result((*real(descriptor)[:6], 10, *real(descriptor)[7:10]))

    monkeypatch.setattr("kb.reading.os.fstat", before)
    with pytest.raises(Unreadable, match="文件太大"):
        read_text(folder.root, folder.faq)


@pytest.mark.parametrize("looked_at", ["iterdir", "is_dir"])
def test_a_content_folder_that_may_not_be_read_is_an_error_in_words(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, looked_at: str
) -> None:
    def refused(path: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, looked_at, refused)
    for read in (library.load, library.problems_of_files):
        with pytest.raises(ContentError, match=r"文件夹 .* 读不出来（Permission denied）——检查权限"):
            read(folder.root)


def test_files_are_counted_over_both_folders(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.reading.MAX_FILES", 1)
    with pytest.raises(ContentError, match="articles 和 faqs 里的文件一共超过 1 个"):
        library.load(folder.root)


@pytest.mark.parametrize("escape", ["\\e[31m", "\\x9b31m", "\\0", "\\u202e", "\\u2028"])
def test_a_control_character_written_as_an_escape_is_refused(folder: Folder, escape: str) -> None:
    folder.write("site.yml", f'name: "甲{escape}乙"')
    with pytest.raises(Unreadable, match="不能识别的字符"):
        read_yaml(folder.root, "site.yml")


@pytest.mark.parametrize("entity", ["&#27;[31m", "&#x9b;", "&#x202e;", "&#8;"])
def test_a_control_character_written_as_an_entity_is_left_out(entity: str) -> None:
    made = render(f"## 甲{entity}\n\n乙{entity}")
    for text in (made.html, made.text, made.headings[0].text):
        assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize(
    "day", ["0000-01-01", "0001-01-01", "2026-02-30", "99999-01-01", "-2026-01-01", "２０２６-01-01"]
)
def test_a_day_that_cannot_be_is_refused_on_its_line(folder: Folder, day: str) -> None:
    folder.change(folder.faq, "reviewed: 2026-11-01", f"reviewed: {day}")
    found = library.load(folder.root).problems
    assert [(problem.file, problem.line) for problem in found] == [(folder.faq, 6)]
    assert "日期" in found[0].what


def test_lists_front_matter_and_names_have_bounds(folder: Folder) -> None:
    folder.change(folder.faq, "aliases: [积分材料清单]", f"aliases: [{', '.join(f'问法{n}' for n in range(201))}]")
    assert "项数太多（上限 200 项）" in str(library.load(folder.root).problems)
    good = (folder.root / folder.faq).read_bytes()
    folder.change(folder.faq, "reviewed:", "# " + "长" * 100_001 + "\nreviewed:")
    assert "文件头太长" in str(library.load(folder.root).problems)
    folder.write(f"faqs/jifen/{'a' * 90}.md", good)
    assert "文件名太长" in str(library.load(folder.root).problems)


def test_a_merge_key_is_a_field_nobody_knows(folder: Folder) -> None:
    folder.change(folder.faq, "reviewed:", "<<: {topic: x}\nreviewed:")
    assert "不认识的字段 <<" in str(library.load(folder.root).problems)


def test_control_characters_in_names_come_out_as_question_marks(folder: Folder) -> None:
    for name in ("a\x1b[31m.md", "b\n.md", "c\u202e.md", "d\x7f.txt"):
        (folder.root / "faqs/jifen" / name).write_bytes(b"x")
    found = library.load(folder.root).problems
    assert len(found) == 4
    assert all(str(problem).isprintable() for problem in found)


def test_a_folder_that_cannot_be_read_is_named_and_not_taken_for_empty(folder: Folder) -> None:
    (folder.root / "faqs").rename(folder.root / "old")
    (folder.root / "faqs").symlink_to(folder.root / "faqs")
    with pytest.raises(ContentError, match="faqs 读不出来"):
        library.load(folder.root)


def test_folders_are_not_followed_for_ever(folder: Folder) -> None:
    deep = folder.root / "faqs" / Path(*["x"] * 500)
    deep.mkdir(parents=True)
    found = library.load(folder.root).problems
    assert [problem.file for problem in found] == ["faqs/" + "/".join("x" * 8)]

"""The theft test: `kb check --questions` shows which known questions another entry took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import Kb
from tests.conftest import Folder

THIEF = """
---
question: 积分审核得等几天？
topic: jifen
status: in_force
verification: official
reviewed: 2026-11-01
aliases: [积分要审核几天, 积分审核等多久]
facts:
  - facet: review_time
    about: 等几天
    answer: 视情况而定。
    source: banfa
---
视情况而定。
"""


class Theft:
    """A folder, a question file, and the check of both with the answers kept beside them."""

    def __init__(self, kb: Kb, folder: Folder, root: Path) -> None:
        self._kb = kb
        self.folder = folder
        self.questions = root / "questions.yml"
        self.kept = root / "var" / "answers.json"
        self.ask("积分审核要等几天")

    def ask(self, *texts: str) -> None:
        rows = [f'- {{q: {text}, facet: [review_time], card: "20 个工作日"}}\n' for text in texts]
        self.questions.write_text("".join(rows), "utf-8")

    def check(self, *words: str) -> Result:
        return self._kb(
            "check", "--content", self.folder.root, "--as-of", "2026-11-24", "--questions", self.questions,
            "--baseline", self.kept, *words,
        )  # fmt: skip


@pytest.fixture
def theft(kb: Kb, folder: Folder, tmp_path: Path) -> Theft:
    return Theft(kb, folder, tmp_path)


def test_the_first_run_keeps_the_answers_and_the_next_finds_no_change(theft: Theft) -> None:
    done = theft.check()
    assert done.exit_code == 0, done.output
    assert "已把 7 个问题现在的答案记到" in done.stderr
    assert json.loads(theft.kept.read_text("utf-8"))["answers"]["积分审核要等几天"]["right"] is True
    done = theft.check()
    assert done.exit_code == 0
    assert "7 个已知的问题，0 个换了卡片" in done.stdout


def test_an_entry_that_steals_a_question_is_named_with_before_and_after(theft: Theft) -> None:
    theft.check()
    theft.folder.write("faqs/jifen/dengji.md", THIEF)
    done = theft.check()
    assert done.exit_code == 1, done.output
    assert "faqs/jifen/dengji：这条问答抢走了 1 个问题" in done.stdout
    assert "积分审核要等几天  ✗ 题目文件里的这一题原来答对，现在不对" in done.stdout
    assert "原来：【积分审核要多久？】articles/jifen/zhinan" in done.stdout
    assert "现在：【积分审核得等几天？】faqs/jifen/dengji" in done.stdout
    found = json.loads(theft.check("--json").stdout)
    assert [change["kind"] for change in found["changes"]] == ["stolen"]
    assert found["problems"] == []


def test_accepted_answers_are_what_the_next_run_compares_with(theft: Theft) -> None:
    theft.check()
    theft.folder.write("faqs/jifen/dengji.md", THIEF)
    assert theft.check("--accept").exit_code == 0
    done = theft.check()
    assert done.exit_code == 0
    assert "0 个换了卡片" in done.stdout


def test_an_answer_that_changes_on_the_same_card_is_noticed(theft: Theft) -> None:
    theft.check()
    theft.folder.change(theft.folder.article, "answer: 20 个", "answer: 25 个")
    theft.folder.change(theft.folder.article, "promised: 20", "promised: 25")
    done = theft.check()
    assert done.exit_code == 1
    assert "换了 1 个问题的卡片" in done.stdout
    assert "答案变了：【积分审核要多久？】articles/jifen/zhinan" in done.stdout
    assert done.stdout.count("【积分审核要多久？】") == 1


def test_of_a_card_with_two_answers_the_one_that_changed_is_shown(theft: Theft) -> None:
    both = "积分审核要多久，要交什么材料"
    theft.ask(both)
    assert theft.check().exit_code == 0
    theft.folder.change(theft.folder.faq, "积分要交什么材料？", "办积分要交哪些材料？")
    done = theft.check()
    assert "积分审核要多久？｜积分要交什么材料？】" in done.stdout
    assert "积分审核要多久？｜办积分要交哪些材料？】" in done.stdout


def test_a_renamed_entry_steals_nothing(theft: Theft) -> None:
    theft.check()
    old = theft.folder.root / theft.folder.article
    old.rename(old.with_name("xin-zhinan.md"))
    done = theft.check()
    assert done.exit_code == 0, done.output
    assert "articles/jifen/xin-zhinan：这篇文章接手了" in done.stdout
    assert "抢走" not in done.stdout


def test_nothing_is_compared_while_the_content_has_errors(theft: Theft) -> None:
    theft.folder.change(theft.folder.article, "facet: review_time", "facet: review-time")
    done = theft.check()
    assert done.exit_code == 1
    assert "内容有错误，先改好" in done.stderr
    assert not theft.kept.exists()


def test_a_file_of_another_kind_is_not_taken_for_answers(theft: Theft) -> None:
    theft.kept.parent.mkdir()
    theft.kept.write_text('{"a": 1}', "utf-8")
    done = theft.check()
    assert done.exit_code == 1
    assert f"{theft.kept}：不是 kb check 写的答案文件" in done.stderr
    assert theft.kept.read_text("utf-8") == '{"a": 1}'


def test_accept_without_questions_is_wrong_usage(kb: Kb) -> None:
    done = kb("check", "--accept")
    assert done.exit_code == 2
    assert "--accept 要和 --questions 一起用" in done.stderr

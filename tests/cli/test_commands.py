"""The `kb` command as an editor types it: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from search.engines import EngineUnavailable
from search.engines.tantivy import TantivyEngine
from search.service import Service
from tests.cli.conftest import Kb
from tests.conftest import CONTENT, ROOT, Folder


def test_check_passes_on_our_own_content(kb: Kb) -> None:
    done = kb("check", "--content", CONTENT)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("setting", "offset"), [({}, "+0800"), ({"TZ": "UTC"}, "+0000"), ({"TZ": ""}, "+0000")])
def test_today_is_chinas_day_wherever_the_machine_is_unless_it_is_told_another(
    setting: dict[str, str], offset: str
) -> None:
    program = (
        "import time; from cli.main import main; main(['schema'], standalone_mode=False); print(time.strftime('%z'))"
    )
    settings = {name: value for name, value in os.environ.items() if name != "TZ"} | setting
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == offset


def test_check_reports_file_line_and_remedy_and_exits_1(kb: Kb, folder: Folder) -> None:
    folder.change(folder.article, "facet: review_time", "facet: review-time")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    assert f"{folder.root}/{folder.article}:11: " in done.stderr
    assert "是不是 review_time" in done.stderr
    found = json.loads(kb("check", "--content", folder.root, "--json").stdout)
    assert found[0]["line"] == 11


def test_check_as_json_tells_what_keeps_a_file_from_being_published(kb: Kb, folder: Folder) -> None:
    folder.change(folder.faq, "status: in_force", "status: valid")
    folder.change(folder.article, "积分由单位申请。", "[见](/a/jifen/meiyou)")
    folder.change(folder.article, ", from: 审核属实之日", "")
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24", "--json")
    found = [(problem["level"], problem["blocks"]) for problem in json.loads(done.stdout)]
    assert sorted(found) == [("error", False), ("error", True), ("warning", False)]


def test_check_tells_once_what_one_mistake_does_in_many_places(kb: Kb, folder: Folder) -> None:
    faq = (folder.root / folder.faq).read_text("utf-8")
    for number in range(30):
        text = faq.replace("积分要交什么材料？", f"第{number}种积分卡片怎样领取？").replace(
            "积分材料清单", f"领卡{number}"
        )
        folder.write(f"faqs/jifen/ling-{number}.md", text.replace("materials", f"materials\n    about: 卡{number}"))
    assert kb("check", "--content", folder.root).exit_code == 0
    (folder.root / "sources.yml").unlink()
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    told = done.stderr.splitlines()
    assert len(told) < 10
    assert "sources.yml 不见了" in told[0]
    assert "同样的还有" in told[-1]
    everything = json.loads(kb("check", "--content", folder.root, "--json").stdout)
    assert len(everything) > 30
    assert f"{len(everything)} 个错误" in done.stdout


@pytest.mark.parametrize("file", ["site.yml", "topics.yml", "sources.yml"])
def test_check_as_json_names_what_is_wrong_with_a_file_that_all_need(kb: Kb, folder: Folder, file: str) -> None:
    folder.write(file, "- [\n")
    done = kb("check", "--content", folder.root, "--json")
    assert done.exit_code == 1
    [problem] = json.loads(done.stdout)
    assert (problem["file"], problem["level"]) == (file, "error")
    assert problem["remedy"]
    compared = kb("check", "--content", folder.root, "--json", "--questions", "x.yml")
    assert json.loads(compared.stdout) == {"problems": [problem], "changes": []}


def test_check_tells_of_all_files_at_once_whichever_of_them_cannot_be_used(kb: Kb, folder: Folder) -> None:
    for file in ("site.yml", "topics.yml", "lexicon/scope.yml", "lexicon/synonyms.yml"):
        folder.write(file, "- [\n")
    folder.change(folder.faq, "reviewed: 2026-11-01", "reviewed: 昨天")
    done = kb("check", "--content", folder.root, "--json")
    assert done.exit_code == 1
    told = {problem["file"] for problem in json.loads(done.stdout)}
    assert told == {"site.yml", "topics.yml", "lexicon/scope.yml", "lexicon/synonyms.yml", folder.faq}
    assert all(f"{file}:" in kb("check", "--content", folder.root).stderr for file in told)


def test_check_as_of_a_day(kb: Kb, folder: Folder) -> None:
    assert kb("check", "--content", folder.root, "--as-of", "2026-11-24").exit_code == 0
    assert kb("check", "--content", folder.root, "--as-of", "2100-01-01").exit_code == 1


def test_a_folder_that_is_not_there_is_said_plainly(kb: Kb, tmp_path: Path) -> None:
    done = kb("check", "--content", tmp_path / "nope")
    assert done.exit_code == 1
    assert "找不到内容文件夹" in done.stderr
    assert "Traceback" not in done.output
    [problem] = json.loads(kb("check", "--content", tmp_path / "nope", "--json").stdout)
    assert "找不到内容文件夹" in problem["what"]
    assert problem["remedy"].startswith("检查路径")


def test_index_then_search_with_explanation(kb: Kb, folder: Folder, tmp_path: Path) -> None:
    at = ("--content", folder.root, "--index", tmp_path / "index")
    assert "3 个条目" in kb("index", *at).stdout
    assert "3 个条目" in kb("index", "--full", *at).stdout
    done = kb("search", "积分审核多久", *at, "--explain")
    assert "20 个工作日" in done.stdout
    for words in ("要点", "类别：审核时限", "候选", "卡片：把握足够"):
        assert words in done.stdout
    answer = json.loads(kb("search", "积分审核多久", *at, "--json").stdout)
    assert answer["card"]["facet"] == "review_time"
    assert "没有找到有把握的答案" in kb("search", "今天天气", *at).stdout
    done = kb("search", "积分审核多久", *at, "--topic", "nope")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "没有主题 nope——可以写：" in done.stderr


@pytest.mark.parametrize("words", [("index",), ("search", "积分审核多久"), ("eval",)])
def test_every_command_that_asks_the_content_says_that_it_has_errors(
    kb: Kb, folder: Folder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder.change(folder.faq, "status: in_force", "status: valid")
    folder.change(folder.article, "积分由单位申请。", "[见](/a/jifen/meiyou)")
    done = kb(*words, "--content", folder.root, "--index", tmp_path / "index")
    assert done.stderr.count("内容有 2 个错误，1 个文件没有发布或仍用旧版，运行 kb check 查看。\n") == 1
    assert "个错误" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chekc"], "没有命令 chekc——是不是 check？"),
        (["search"], "没有写 问题"),
        (["search", "积分", "多久"], "多写了 多久——有空格的一句话要加引号"),
        (["search", "--topic"], "选项 --topic 后面没有写值"),
        (["new", "faqs", "jifen", "x"], "可以写：article、faq"),
        (["index", "--engine", "foo"], "--engine 写得不对——可以写：tantivy、whoosh、opensearch"),
        (["check", "--jsn"], "没有选项 --jsn——是不是 --json？"),
        (["check", "--json=1"], "选项 --json 后面不写值"),
        (["check", "--as-of", "昨天"], "--as-of 写得不对——写成 2026-01-31"),
        (["stats", "--days", "x"], "--days 写得不对——写数字，1 以上"),
        (["serve", "--port", "x"], "--port 写得不对——写数字，1 以上，65535 以下"),
        (["serve", "--port", "99999"], "--port 写得不对——写数字，1 以上，65535 以下"),
        (["serve", "--workers", "0"], "--workers 写得不对——写数字，1 以上"),
        (["serve", "--threads", "-3"], "--threads 写得不对——写数字，1 以上"),
        (["serve", "--site-url", "x"], "--site-url：网站地址 x 不能用"),
    ],
)
def test_wrong_usage_is_said_in_chinese_with_the_remedy_and_exits_2(kb: Kb, words: list[str], said: str) -> None:
    done = kb(*words)
    assert done.exit_code == 2
    assert said in done.stderr.splitlines()[0]
    for english in ("Error", "Usage", "Try", "Invalid", "[OPTIONS]"):
        assert english not in done.output


def test_new_writes_a_template_and_schema_prints_json(kb: Kb, folder: Folder) -> None:
    done = kb("new", "faq", "jifen", "xin-wenti", "--content", folder.root)
    assert done.exit_code == 0
    assert (folder.root / "faqs/jifen/xin-wenti.md").exists()
    assert kb("new", "faq", "jifen", "xin-wenti", "--content", folder.root).exit_code == 1
    assert kb("new", "faq", "jifen", "../x", "--content", folder.root).exit_code == 1
    assert "ArticleMeta" in json.loads(kb("schema").stdout)["$defs"]


def test_check_reads_the_lexicon_too_for_it_keeps_everything_from_being_published(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/scope.yml", "subjects: [积分]\nimplied: [卡，证]\n")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    assert f"{folder.root}/lexicon/scope.yml:2: " in done.stderr
    assert "英文逗号" in done.stderr
    assert "1 个错误" in done.stdout


def test_a_shared_file_that_cannot_be_used_is_named_with_its_folder(kb: Kb, folder: Folder) -> None:
    folder.write("site.yml", "name: [")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"site.yml 不能用，全站都要用到，请先改好：\n{folder.root}/site.yml:1: ")


def test_a_synonym_of_a_topic_that_there_is_not_is_an_error(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/synonyms.yml", "- {term: 积分, topic: jifen}\n- {term: 打分, exact: [评分], topic: jifne}\n")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    assert (
        f"{folder.root}/lexicon/synonyms.yml:2: “打分”的主题 jifne 在 topics.yml 里没有 — 是不是 jifen（积分）？"
        in done.stderr
    )


def test_a_synonyms_topic_by_its_name_is_told_its_id(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/synonyms.yml", "- {term: 打分, topic: [积分]}\n")
    assert "“打分”的主题 积分 在 topics.yml 里没有 — 是不是 jifen？" in kb("check", "--content", folder.root).stderr


def test_a_field_of_the_synonyms_in_chinese_is_told_its_name(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/synonyms.yml", "- {term: 补证, 同义: [补办]}\n")
    assert "不认识的字段 第 1 项 的 同义 — 是不是 exact（" in kb("check", "--content", folder.root).stderr


def test_a_misspelling_that_is_a_word_is_asked_about(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/synonyms.yml", "- term: 复核\n  typo: [复合, 复和]\n")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 0
    assert f"{folder.root}/lexicon/synonyms.yml:2: 提醒：“复合”本身是一个词，不会当作“复核”的错字" in done.stderr
    assert "复和" not in done.stderr


def lexicon(folder: Folder) -> None:
    """Write the word lists that must be there, with nothing in them."""
    folder.write("lexicon/scope.yml", "home: []")
    folder.write("lexicon/synonyms.yml", "[]")


def test_a_word_list_that_is_gone_while_others_are_there_is_missed(kb: Kb, folder: Folder) -> None:
    at = ("--content", folder.root, "--as-of", "2026-11-24")
    assert kb("check", *at).stderr == ""
    lexicon(folder)
    assert kb("check", *at).stderr == ""
    for name in ("scope", "synonyms"):
        lexicon(folder)
        (folder.root / f"lexicon/{name}.yml").unlink()
        assert kb("check", *at).stderr.startswith(f"{folder.root}/lexicon/{name}.yml:1: 提醒：没有这个文件，")


def test_words_that_any_question_may_have_are_asked_about_in_shared_files_and_are_no_question(
    kb: Kb, folder: Folder
) -> None:
    folder.write("topics.yml", "- {id: jifen, name: 积分, summary: 甲, aliases: [怎么办, 馆, 积分申请]}\n")
    lexicon(folder)
    folder.write("lexicon/synonyms.yml", "- term: 借书证\n  exact: [证, 如何办理, 读者证]\n  loose: [卡]\n")
    folder.change(folder.faq, "[积分材料清单]", "[积分材料清单, 怎样办, 多少钱？, 要钱吗, 要多久, 怎么还书, 还书流程]")
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24")
    told = [line.removeprefix(f"{folder.root}/").partition(" — ")[0] for line in done.stderr.splitlines()]
    assert sorted(told) == [
        f"{folder.faq}:7: 问法“多少钱？”没有说是哪件事，太宽，会抢走别的问题",
        f"{folder.faq}:7: 问法“怎样办”没有说是哪件事，太宽，会抢走别的问题",
        f"{folder.faq}:7: 问法“要多久”没有说是哪件事，太宽，会抢走别的问题",
        "lexicon/synonyms.yml:2: 提醒：“如何办理”太宽，什么问题里都可能有",
        "lexicon/synonyms.yml:2: 提醒：“证”太宽，什么问题里都可能有",
        "topics.yml:1: 提醒：“怎么办”太宽，什么问题里都可能有",
        f"同样的还有 1 处（写成一句完整的问题，如“签注要钱吗”）：{folder.faq}:7",
        "同样的还有 1 处（写成两个字以上、只说这件事的词，或删掉）：topics.yml:1",
    ]


def test_a_word_of_two_groups_is_pointed_out(kb: Kb, folder: Folder) -> None:
    groups = "- {term: 借书证, exact: [读者证]}\n- {term: 借书证, loose: [读者证]}\n- {term: 办证, exact: [读者证]}\n"
    lexicon(folder)
    folder.write("lexicon/synonyms.yml", groups)
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24")
    assert [line.partition(" — ")[0] for line in done.stderr.splitlines()] == [
        f"{folder.root}/lexicon/synonyms.yml:2: 提醒：“借书证”在第 1 行的一组里已经有了",
        f"{folder.root}/lexicon/synonyms.yml:3: 提醒：“读者证”在第 1 行的一组里已经有了",
    ]


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("outside", "- 苏州的借书证怎么办", "编号或减号会算在里面"),
        ("outside", "1. 苏州的借书证怎么办", "编号或减号会算在里面"),
        ("outside", "2、苏州的借书证怎么办", "编号或减号会算在里面"),
        ("outside", "苏州借书证  # 张三加", "# 不是注释"),
        ("outside", "书店在哪", "和第 1 行一样"),
        ("outside", "停车费多少、食堂几点开", "会当作一个问题"),
        ("outside", "积 分", "是主题 jifen 的名称"),
        ("outside", "书、杂志在哪里买", ""),
        ("terms", "分馆，总馆", "会当作一个词"),
        ("terms", "- 分馆", "编号或减号会算在里面"),
        ("terms", "分馆 # 新的", "# 不是注释"),
        ("outside", "120分够不够", ""),
        ("outside", "2.5 倍怎么算，多久算一次", ""),
        ("terms", "分馆 100 n", ""),
    ],
)
def test_a_line_of_a_word_list_holds_nothing_but_what_it_lists(
    kb: Kb, folder: Folder, file: str, line: str, said: str
) -> None:
    lexicon(folder)
    folder.write(f"lexicon/{file}.txt", f"书店在哪\n# 张三加\n{line}\n")
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24")
    assert done.exit_code == 0
    told = done.stderr.splitlines()
    assert len(told) == bool(said)
    assert all(f"lexicon/{file}.txt:3: 提醒：" in each and said in each for each in told)


def test_a_wording_that_is_said_not_to_be_answered_is_asked_about(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/outside.txt", "# 不归本站\n积分商城在哪\n积分材料清单？\n")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 0
    assert f"{folder.root}/lexicon/outside.txt:3: 提醒：“积分材料清单？”也是条目的问法（{folder.faq}:7）" in done.stderr
    assert "积分商城" not in done.stderr


def test_a_question_of_an_entry_that_the_scope_rules_out_is_asked_about(kb: Kb, folder: Folder) -> None:
    lexicon(folder)
    scope = "confusable:\n- {words: [商城, 材料], unless: [居住证], note: 这里没有商城。}\n"
    folder.write("lexicon/scope.yml", scope)
    at = ("--content", folder.root, "--as-of", "2026-11-24")
    done = kb("check", *at)
    assert done.exit_code == 0
    assert done.stderr.count("提醒") == 1  # of the question alone: its alias 积分材料清单 may name it
    assert f"{folder.root}/{folder.faq}:2: 提醒：“积分要交什么材料？”里有“材料”，scope.yml 的 confusable" in done.stderr
    folder.write("lexicon/scope.yml", scope.replace("[居住证]", "[积分要交]"))
    assert kb("check", *at).stderr == ""
    more = "".join(f"### 材料{number}怎么交？\n带来。\n" for number in range(6))
    folder.change(folder.article, "不能加急。\n", f"不能加急。\n{more}")
    done = kb("check", *at)
    assert done.stderr.count("提醒") == 1
    assert f"{folder.root}/lexicon/scope.yml:2: 提醒：confusable 里的“材料”在条目的 6 个问题里都有" in done.stderr


def test_a_word_on_both_sides_of_two_opposite_states_is_told_of(kb: Kb, folder: Folder) -> None:
    pairs = "opposites:\n- {one: [没注册], other: [已注册]}\n- {one: [已注册], other: [注销, 已注册]}\n"
    folder.write("lexicon/scope.yml", pairs)
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24")
    assert done.exit_code == 0
    assert f"{folder.root}/lexicon/scope.yml:3: 提醒：“已注册”在这一对 opposites 的两边都有" in done.stderr
    folder.write("lexicon/scope.yml", pairs.replace("other: [已注册]", "other: []"))
    done = kb("check", "--content", folder.root, "--as-of", "2026-11-24")
    assert done.exit_code == 1
    assert "lexicon/scope.yml:2" in done.stderr


def test_a_declared_subject_is_no_question_and_is_told_once(kb: Kb, folder: Folder) -> None:
    folder.write("lexicon/scope.yml", "subjects: [清单, 材料清单, 积分, 证]\n")
    folder.change(folder.faq, "[积分材料清单]", "[清单, 积分, 证]")
    folder.change(folder.article, "[积分怎么办理]", "[积分怎么办理, 材料清单]")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if "问法" in line]
    assert [(f"{folder.faq}:7: " in line, "太宽" in line) for line in told] == [(True, True)] * 3


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [("积分商城\n" + "长" * 201, 2, "超过 200 个字"), ("\n".join(map(str, range(2001))), 2001, "超过 2000 个问题")],
)
def test_a_list_of_questions_that_is_too_much_to_compare_with_is_refused(
    kb: Kb, folder: Folder, text: str, line: int, what: str
) -> None:
    folder.write("lexicon/outside.txt", text)
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 1
    assert f"{folder.root}/lexicon/outside.txt:{line}: " in done.stderr
    assert what in done.stderr


def test_wordings_between_chinese_commas_are_asked_about(kb: Kb, folder: Folder) -> None:
    folder.change(folder.faq, "aliases: [积分材料清单]", "aliases: [积分材料清单，积分要带什么]")
    done = kb("check", "--content", folder.root)
    assert done.exit_code == 0
    assert f"{folder.root}/{folder.faq}:7: 提醒：" in done.stderr
    assert "英文逗号" in done.stderr


def test_a_search_without_a_card_says_why_as_the_site_does(kb: Kb, folder: Folder, tmp_path: Path) -> None:
    folder.write("lexicon/scope.yml", "home: [上海]\nsubjects: [积分]\nelsewhere: 这里只有上海的规定\n")
    done = kb("search", "苏州积分怎么办", "--content", folder.root, "--index", tmp_path / "index")
    assert "没有找到有把握的答案。\n这里只有上海的规定" in done.stdout


def test_a_card_in_the_terminal_says_what_it_rests_on(kb: Kb, folder: Folder, tmp_path: Path) -> None:
    at = ("--content", folder.root, "--index", tmp_path / "index")
    said = kb("search", "积分审核多久", *at).stdout
    assert "\n  依据：积分办法（某规〔2022〕1号）第十七条\n（现行有效；依据官方文件原文；/a/jifen/zhinan）\n" in said
    done = kb("search", "积分审核多久", *at, "--explain", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--explain 和 --json 只能用一个" in done.stderr


def test_each_of_two_answers_in_the_terminal_says_how_it_stands_and_where(kb: Kb, site: Service) -> None:
    asked = "补领居住证要付工本费吗"
    card = site.ask(asked).card
    assert card
    said = kb("search", asked, "--content", CONTENT, "--index", site.settings.index.parent).stdout
    assert len(card.choices) == 2
    for choice in card.choices:
        standing = f"（{choice.status.label}；{choice.verification.label}；{choice.url}）"
        assert f"【{choice.question}】\n{choice.answer}\n{standing}\n" in said


@pytest.mark.parametrize("more", [(), ("--explain",), ("--json",)])
def test_an_engine_that_does_not_answer_is_said_plainly(
    kb: Kb, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    def silent(*_: object) -> None:
        raise EngineUnavailable("检索集群没有回答（超时）——会自动再试")

    at = ("--content", folder.root, "--index", tmp_path / "index")
    assert kb("index", *at).exit_code == 0
    monkeypatch.setattr(TantivyEngine, "search", silent)
    done = kb("search", "积分审核多久", *at, *more)
    assert done.exit_code == 1
    assert "检索集群没有回答" in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_of_two_files_that_disagree_the_one_is_blamed_that_was_not_published(
    kb: Kb, folder: Folder, tmp_path: Path
) -> None:
    folder.change(folder.faq, "reviewed: 2026-11-01", "reviewed: 2020-01-01")
    at = ("--content", folder.root, "--index", tmp_path / "index")
    assert kb("index", *at).exit_code == 0
    folder.change(folder.faq, "积分材料清单", "积分材料清单, 积分怎么办理")
    assert f"{folder.article}:" in kb("check", "--content", folder.root, "--index", tmp_path / "none").stderr
    said = kb("check", *at).stderr
    assert f"{folder.faq}:" in said
    assert f"{folder.article}:" not in said.replace(f"与 {folder.article}:", "")

"""`kb eval` and `kb fit`: what they print, where, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from search import query
from search.weights import Weights
from tests.cli.conftest import Kb
from tests.conftest import Folder

QUESTIONS = """
- {q: 积分审核要多久, facet: [review_time], card: "20 个工作日", style: plain}
- {q: 积分要交哪些材料, facet: [materials], card: "居住证", style: plain}
- {q: 今天天气怎么样, none: true, style: foreign}
"""


@pytest.fixture
def at(folder: Folder, tmp_path: Path) -> tuple[str | Path, ...]:
    return ("--content", folder.root, "--index", tmp_path / "index")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.yml"
    path.write_text(QUESTIONS, "utf-8")
    return path


def _files(collection: Path) -> list[str | Path]:
    return [
        "--corpus", collection / "corpus.jsonl", "--queries", collection / "queries.jsonl",
        "--qrels", collection / "qrels.tsv",
    ]  # fmt: skip


def test_the_content_is_asked_in_its_own_words(kb: Kb, at: tuple[str | Path, ...]) -> None:
    done = kb("eval", *at)
    assert done.exit_code == 0, done.output
    assert "标题" in done.stdout
    found = json.loads(kb("eval", *at, "--json").stdout)
    assert found == {
        "asked": {"title": 3, "alias": 2, "question": 1},
        "right": {"title": 3, "alias": 2, "question": 1},
        "misses": [],
    }


def test_a_wording_that_cannot_be_answered_is_a_miss_and_exits_1(
    kb: Kb, folder: Folder, at: tuple[str | Path, ...]
) -> None:
    folder.change(folder.faq, "aliases: [积分材料清单]", "aliases: [怎么办]")
    done = kb("eval", *at)
    assert done.exit_code == 1
    assert "怎么办\n      应是 faqs/jifen/cailiao#materials" in done.stdout
    (miss,) = json.loads(kb("eval", *at, "--json").stdout)["misses"]
    assert miss["wording"] == "怎么办"


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_invariants(kb: Kb, at: tuple[str | Path, ...], engine: str) -> None:
    done = kb("eval", *at, "--invariants", "--engine", engine)
    assert done.exit_code == 0, done.output
    assert "6 个标题和问法，0 个搜不到" in done.stdout
    assert json.loads(kb("eval", *at, "--invariants", "--json").stdout)["pairs"] == 16


def test_a_title_that_two_characters_of_it_do_not_find_is_named_and_exits_1(
    kb: Kb, folder: Folder, at: tuple[str | Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "SHORT", 0)  # nothing is looked for inside titles
    far = folder.write_windows()
    done = kb("eval", *at, "--invariants")
    assert done.exit_code == 1, done.output
    assert "0 个搜不到自己的条目" in done.stdout
    assert f"  窗口：2 个标题里缺 {far}\n" in done.stdout
    (lost,) = json.loads(kb("eval", *at, "--invariants", "--json").stdout)["lost"]
    assert lost == {"pair": "窗口", "missing": [far], "titles": 2}


def test_a_report_is_written_and_exits_1_where_something_is_lost(
    kb: Kb, folder: Folder, at: tuple[str | Path, ...], questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uses.yaml").write_text("questions.yml: {use: blind, about: 新写的}", "utf-8")
    monkeypatch.chdir(tmp_path)
    done = kb("eval", *at, "--report", "--questions", questions)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "docs/quality.md").read_text("utf-8")
    assert "| questions.yml | 事先没看过 |" in page
    assert "| 标题和问法，搜得到自己 | 标题、问法和标题里的每两个字 | 100% | 22 / 22（100.0%） | 是 |" in page
    assert json.loads((folder.root / "quality.json").read_text("utf-8"))["files"][0]["use"] == "blind"
    monkeypatch.setattr(query, "SHORT", 0)
    folder.write_windows()
    assert kb("eval", *at, "--report", "--questions", questions).exit_code == 1


def test_questions_are_measured_by_style_beside_the_baseline(
    kb: Kb, at: tuple[str | Path, ...], questions: Path
) -> None:
    done = kb("eval", *at, "--questions", questions)
    assert done.exit_code == 0, done.output
    for words in ("题数", "误给卡片", "基线", "plain", "foreign", "合计", "缓存已热", "p99"):
        assert words in done.stdout
    found = json.loads(kb("eval", *at, "--questions", questions, "--questions", questions, "--json").stdout)
    assert found["total"]["questions"] == 6
    assert found["total"]["right"] == 6
    assert found["misses"] == []
    assert set(found["latency_ms"]) == {"p50", "p95", "p99"}


def test_a_measurement_fails_only_where_a_limit_is_set(kb: Kb, at: tuple[str | Path, ...], questions: Path) -> None:
    questions.write_text(
        QUESTIONS + "- {q: 积分审核多久, card: 一百年}\n- {q: 积分材料清单, none: true}\n", encoding="utf-8"
    )
    assert kb("eval", *at, "--questions", questions).exit_code == 0
    assert kb("eval", *at, "--questions", questions, "--fail-under", "60").exit_code == 0
    assert kb("eval", *at, "--questions", questions, "--fail-under", "60.1").exit_code == 1
    assert kb("eval", *at, "--questions", questions, "--max-false", "1").exit_code == 0
    assert kb("eval", *at, "--questions", questions, "--max-false", "0").exit_code == 1
    for bound in (("--fail-under", "60"), ("--max-false", "0")):
        assert kb("eval", *at, "--questions", questions, "--report", *bound).exit_code == 2, "no bound is ignored"
    found = json.loads(kb("eval", *at, "--questions", questions, "--json").stdout)
    assert [miss["question"] for miss in found["misses"]] == ["积分审核多久", "积分材料清单"]
    assert (found["total"]["wrong"], found["total"]["false_cards"]) == (1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {q: 甲, card: 乙}\n- {q: 丙}\n", ":2: 第 2 项：card 和 none 要写一个"),
        ("- {q: 甲, card: '('}\n", ":1: card 不是正则表达式（第 1 个字起）"),
        ("- {q: 甲, card: 乙, facet: [fees]}\n", "是不是 fee"),
        ("- {q: 甲, card: 乙, sytle: plain}\n", ":1: 不认识的字段 第 1 项 的 sytle"),
        ("- {q: 甲, none: 是}\n", ":1: 第 1 项 的 none 写成了“是” — 写 true"),
        ("- {question: 甲, none: true}\n", ":1: 不认识的字段 第 1 项 的 question — 是不是 q？"),
        ("- {q: 丢了,怎么补, card: 乙}\n", ":1: 第 1 项里，“怎么补”前面的英文逗号把一句话断开了"),
        ("q: 甲\n", ":1: 内容 应是列表"),
        ("- {q: 甲\n", ":1: YAML 格式不对"),
    ],
)
def test_a_bad_question_file_is_said_with_file_and_line(
    kb: Kb, at: tuple[str | Path, ...], questions: Path, text: str, said: str
) -> None:
    questions.write_text(text, "utf-8")
    done = kb("eval", *at, "--questions", questions)
    assert done.exit_code == 1
    assert str(questions) in done.stderr
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_an_outside_collection_is_compared_with_the_baseline(kb: Kb, collection: Path, engine: str) -> None:
    done = kb("eval", *_files(collection), "--engine", engine)
    assert done.exit_code == 0, done.output
    for words in ("Hit@1", "Hit@3", "MRR@10", "Recall@10", "nDCG@10", "问策", "基线", "3 个条目，3 个问题"):
        assert words in done.stdout
    found = json.loads(kb("eval", *_files(collection), "--engine", engine, "--json").stdout)
    assert set(found) == {
        "entries", "queries", "engine", "build_seconds", "seconds", "measures", "baseline", "latency_ms",
        "baseline_latency_ms",
    }  # fmt: skip
    assert (found["entries"], found["queries"], found["engine"]) == (3, 3, engine)
    assert found["measures"]["Hit@1"] == 1.0
    assert found["latency_ms"]["p50"] > 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("corpus.jsonl", '{"id": "d1"}\n{"id": ', "corpus.jsonl:2：不是合格的 JSON"),
        ("corpus.jsonl", '{"id": "d1"}\n\n{"id": "d1"}', "corpus.jsonl:3：编号 d1 在第 1 行写过"),
        ("queries.jsonl", '{"id": "q1"}', "queries.jsonl:1：缺 text"),
        ("qrels.tsv", "q1\td1\t1\nq1 d1 1\n", "qrels.tsv:2：应是三列"),
        ("qrels.tsv", "q1\td9\t1\n", "qrels.tsv:1：问题或文档编号不在"),
        ("qrels.tsv", "", "qrels.tsv：没有一行判定"),
    ],
)
def test_a_bad_collection_is_said_with_file_and_line(kb: Kb, collection: Path, name: str, text: str, said: str) -> None:
    (collection / name).write_text(text, "utf-8")
    done = kb("eval", *_files(collection))
    assert done.exit_code == 1
    assert said in done.stderr


def test_a_file_that_is_not_there_is_said_plainly(kb: Kb, tmp_path: Path, at: tuple[str | Path, ...]) -> None:
    done = kb("eval", *at, "--questions", tmp_path / "nope.yml")
    assert done.exit_code == 1
    assert "nope.yml：没有这个文件" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--corpus", "a"), "要三个一起写"),
        (("--invariants", "--questions", "a"), "一次只用一种"),
        (("--max-false", "0"), "要和 --questions 一起用"),
    ],
)
def test_wrong_usage_exits_2(kb: Kb, words: tuple[str, ...], said: str) -> None:
    done = kb("eval", *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_fit_writes_weights_that_can_be_read_back(kb: Kb, folder: Folder, collection: Path, tmp_path: Path) -> None:
    questions = tmp_path / "many.yml"
    asked = [
        f"{before}积分审核要{after}"
        for before in ("", "请问", "我的", "那个")
        for after in ("多久", "几天", "多长时间")
    ]
    rows = [f"- {{q: {text}, card: 20 个工作日}}" for text in asked]
    rows += [f"- {{q: 积分{what}怎么办, none: true}}" for what in "甲乙丙丁戊己庚辛"]
    questions.write_text("\n".join(rows), "utf-8")
    out = tmp_path / "weights.yml"
    words = ("fit", "--content", folder.root, "--questions", questions, "--collection", collection, "--out", out)
    done = kb(*words, "--as-of", "2026-11-24")
    assert done.exit_code == 0, done.output
    text = out.read_text("utf-8")
    assert text.startswith("# Written by `kb fit`")
    table = Weights.model_validate(YAML(typ="safe").load(text))
    assert table.fitted["date"] == "2026-11-24"
    assert "Hit@1" in done.stdout
    before = table.fitted["data"]
    assert len(str(before)) == 16
    folder.change(folder.faq, "原件", "复印件")
    assert kb(*words).exit_code == 0
    assert YAML(typ="safe").load(out.read_text("utf-8"))["fitted"]["data"] != before


def test_fit_refuses_too_few_questions_and_leaves_the_file_alone(
    kb: Kb, folder: Folder, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "weights.yml"
    done = kb("fit", "--content", folder.root, "--questions", questions, "--out", out)
    assert done.exit_code == 1
    assert "只有 3 个题目" in done.stderr
    assert not out.exists()
    assert kb("fit").exit_code == 2

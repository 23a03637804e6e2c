"""`kb stats`, `kb done`, `kb new --from-question`: from what visitors ask and say to a new entry."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import time
from datetime import date
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest

from kb import library
from tests.cli.conftest import Kb
from tests.conftest import Folder
from tests.serving import fetch, served
from web.usage import clusters
from web.usage.counting import Search
from web.usage.store import Kind, Note, Store

HOSTILE = '=HYPERLINK("x") : \\ \' # 租金发票丢了 [a] {b}'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A file with what visitors asked and said in the last two hours."""
    kept = Store(tmp_path / "usage.sqlite3")
    start = time.time() - 7200
    asked = [("租金发票丢了怎么办", 3, False), ("房租发票弄丢了咋办", 1, False), ("积分审核要多久", 2, True)]
    asked += [("今天天气怎么样", 1, False), ("积分材料清单", 1, False)]
    for text, times, answered in asked:
        entry = ("articles/jifen/zhinan", "积分审核要多久？", "") if answered else ("", "", "jifen")
        kept.add_searches([Search(start + n * 1800, text, answered, *entry) for n in range(times)])
    kept.add(Note(Kind.vote, "articles/jifen/zhinan", helpful=False, comment="看不懂"), "a", date.today())
    kept.add(Note(Kind.vote, "faqs/jifen/cailiao", helpful=True), "b", date.today())
    kept.add(Note(Kind.report, "articles/jifen/zhinan", "积分审核要多久？", comment="改成 15 天了"), "c", date.today())
    kept.add(Note(Kind.message, about="租金发票丢了怎么办", comment="=cmd()"), "d", date.today())
    return kept


@pytest.fixture
def at(folder: Folder, store: Store) -> tuple[str | Path, ...]:
    return ("--content", folder.root, "--usage", store.path)


def _ids(text: str, letter: str) -> list[str]:
    return re.findall(rf"^  ({letter}\w+) ", text, re.M)


def test_stats_show_what_is_asked_what_has_no_answer_and_what_is_worst(kb: Kb, at: tuple[str | Path, ...]) -> None:
    said = kb("stats", *at).stdout
    top, open_ones, worst, notes = re.split(r"没有答案的问题|评价差的条目|报错、留言、意见", said)
    assert "2 场 2 次  积分审核要多久  articles/jifen/zhinan" in top
    first, second = open_ones.splitlines()[1:3]
    assert "4 场 4 次  租金发票丢了怎么办  （也这样问：房租发票弄丢了咋办）" in first
    assert "今天天气怎么样" in second
    assert "积分材料清单" not in said, "it is an entry's own wording by now"
    assert "没用 1  报错 1  有用 0  articles/jifen/zhinan" in worst
    assert "cailiao" not in worst
    for words in ("改成 15 天了", "=cmd()", "看不懂"):
        assert words in notes


def test_no_line_of_the_stats_steers_a_terminal(kb: Kb, at: tuple[str | Path, ...], store: Store) -> None:
    with sqlite3.connect(store.path) as file:  # the store itself takes no escapes
        file.execute("UPDATE feedback SET comment = ?", ("\x1b[2J改了",))
    said = kb("stats", *at).stdout
    assert "?[2J改了" in said
    assert "\x1b" not in said


def test_stats_as_csv_hold_every_wording_and_no_formula(kb: Kb, at: tuple[str | Path, ...]) -> None:
    assert kb("stats", *at, "--csv", "--json").exit_code == 2
    text = kb("stats", *at, "--csv").stdout
    assert text.startswith("\ufeff")  # or Excel on Chinese Windows reads it as GBK
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    assert {row["表"] for row in rows} == {"常问的问题", "没有答案的问题", "评价差的条目", "报错", "留言", "说没用"}
    lost = [row for row in rows if "发票" in row["问题"] and row["表"] == "没有答案的问题"]
    assert [(row["问题"], row["次数"]) for row in lost] == [("租金发票丢了怎么办", "3"), ("房租发票弄丢了咋办", "1")]
    assert lost[0]["编号"] == lost[1]["编号"]
    assert "'=cmd()" in {row["说的话"] for row in rows}
    plain = json.loads(kb("stats", *at, "--json").stdout)
    assert "=cmd()" in {row["comment"] for row in plain}


def test_a_question_becomes_a_faq_with_its_wordings(kb: Kb, at: tuple[str | Path, ...], folder: Folder) -> None:
    ident = _ids(kb("stats", *at).stdout, "q")[0]
    done = kb("new", "faq", "--from-question", ident, *at)
    assert done.exit_code == 0, done.output
    [path] = (folder.root / "faqs/jifen").glob("zu-jin-fa-piao*.md")
    assert path.name in done.stdout
    text = path.read_text("utf-8")
    assert 'aliases: ["租金发票丢了怎么办", "房租发票弄丢了咋办"]' in text
    assert all("还没有替换" in problem.what for problem in library.load(folder.root).errors)
    numbers = iter(range(100))
    path.write_text(re.sub(r"【[^】]*】", lambda _: f"内容{next(numbers)}", text), "utf-8")
    assert library.load(folder.root).problems == ()
    assert "发票丢了怎么办  " not in kb("stats", *at).stdout.split("评价差")[0], "it is answered now"
    assert kb("new", "faq", "--from-question", ident, *at).exit_code == 2


def test_what_visitors_type_cannot_break_the_new_file(
    kb: Kb, at: tuple[str | Path, ...], folder: Folder, store: Store
) -> None:
    store.add_searches([Search(time.time() - n * 1800, HOSTILE, False) for n in range(9)])
    ident = _ids(kb("stats", *at).stdout, "q")[0]
    assert kb("new", "faq", "jifen", "fapiao", "--from-question", ident, *at).exit_code == 0
    path = folder.root / "faqs/jifen/fapiao.md"
    numbers = iter(range(100))
    path.write_text(re.sub(r"【[^】]*】", lambda _: f"内容{next(numbers)}", path.read_text("utf-8")), "utf-8")
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert HOSTILE in loaded.entries["faqs/jifen/fapiao"].aliases


def test_without_a_topic_or_with_an_unknown_id_it_is_said_what_to_write(
    kb: Kb, at: tuple[str | Path, ...], store: Store
) -> None:
    store.add_searches([Search(time.time() - n * 1800, "彩票中奖了怎么领", False) for n in range(9)])
    ident = _ids(kb("stats", *at).stdout, "q")[0]
    for words, said in (
        (("--from-question", ident), f"--from-question {ident}"),
        (("--from-question", "q00000000"), "没有编号 q00000000"),
        ((), "写上主题和文件名"),
    ):
        done = kb("new", "faq", *words, *at)
        assert (done.exit_code, said in done.stderr) == (2, True)


def test_what_is_done_leaves_the_list(kb: Kb, at: tuple[str | Path, ...], store: Store) -> None:
    said = kb("stats", *at).stdout
    assert kb("done", "q00000000", *_ids(said, "n"), *at).exit_code == 2
    assert len(store.notes()) == 3, "all or nothing"
    done = kb("done", _ids(said, "q")[0].upper(), *_ids(said, "n"), *at)
    assert done.exit_code == 0, done.output
    said = kb("stats", *at).stdout
    assert "发票" not in said
    assert _ids(said, "n") == []
    assert "没用 1  报错 0" in said, "the vote still counts"


def test_what_the_stats_list_can_be_taken_up_and_off_however_much_was_asked_before(
    kb: Kb, at: tuple[str | Path, ...], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "MAX_READ", 5)
    long_ago = time.time() - 60 * 86400
    for number, text in enumerate(
        ("彩票中奖了怎么领", "哪里能钓鱼", "狗证在哪里办", "几点日出", "公园几点关门", "台风叫什么")
    ):
        store.add_searches([Search(long_ago + (number * 9 + n) * 1800, text, False) for n in range(9)])
    idents = _ids(kb("stats", *at).stdout, "q")
    assert len(idents) == 2
    taken_up = kb("new", "faq", "jifen", "fapiao", "--from-question", idents[0], *at)
    assert taken_up.exit_code == 0, taken_up.output
    done = kb("done", *idents, *at)
    assert done.exit_code == 0, done.output


def test_without_a_file_there_is_nothing_and_a_broken_one_is_said_plainly(
    kb: Kb, folder: Folder, tmp_path: Path
) -> None:
    file = tmp_path / "usage.sqlite3"
    nothing = kb("stats", "--content", folder.root, "--usage", file)
    assert (nothing.exit_code, nothing.stdout.count("没有\n")) == (0, 4)
    assert not file.exists()
    file.write_bytes(b"\xff" * 4096)
    broken = kb("stats", "--content", folder.root, "--usage", file)
    assert broken.exit_code == 1
    assert f"{file} 坏了" in broken.stderr
    assert "Traceback" not in broken.output


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_asked_of_a_served_site_is_kept_when_it_stops(folder: Folder, tmp_path: Path, workers: int) -> None:
    with served(folder.root, tmp_path / "index", workers=workers) as address:
        for question in ("积分审核要多久", "积分材料清单", "今天天气怎么样"):
            fetch(f"{address}/search?q={quote(question)}")
    asked = {each.text: each.answered for each in Store(tmp_path / "usage.sqlite3").asked(date.min)}
    assert asked == {"积分审核要多久": True, "积分材料清单": True, "今天天气怎么样": False}

"""`kb bench`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kb
from tests.conftest import CONTENT, ROOT


def test_a_small_run_measures_everything_and_writes_the_page(kb: Kb, tmp_path: Path) -> None:
    page = tmp_path / "docs/performance.md"
    library = ROOT / "tests/content_library"
    asked = ("--sizes", "100", "--questions", "20", "--clients", "3")
    result = kb("bench", "--content", library, *asked, "--json", "--report", page)
    assert result.exit_code == 0, result.stderr
    [size] = json.loads(result.stdout)["sizes"]
    assert size["entries"] == 100 <= size["passages"]
    wence = size["wence"]
    assert wence["own"] == {"first": 6, "of": 6}
    assert wence["suggest"]["n"] == 6
    together = wence["together"], wence["engine_together"]
    assert all(times["clients"] == 3 and times["rate"] > 0 for times in together)
    for times in (wence["answer"], wence["again"], wence["find"], wence["engine_query"], *together):
        assert times["n"] == 20
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    for system in (wence, *size["plain"].values()):
        assert system["passages"] == size["passages"]
        assert min(system["build_seconds"], system["index_bytes"]) > 0
        assert 0 < system["memory"]["before"] <= system["memory"]["peak"]
    assert [plain["query"]["n"] for plain in size["plain"].values()] == [20, 20, 20]
    assert size["publishing"]["files"] == 100
    assert 0 < size["publishing"]["median"] <= size["publishing"]["longest"]
    assert "](performance.svg)" in page.read_text("utf-8")
    assert "Wence, whole answer, 3 clients at once:" in page.read_text("utf-8")
    assert page.with_suffix(".svg").read_text("utf-8").startswith("<svg")


def test_sizes_that_cannot_be_made_are_wrong_usage(kb: Kb) -> None:
    for sizes in ("", "5", "1000000000000", "1000;10000", "一千"):
        result = kb("bench", "--content", CONTENT, "--sizes", sizes)
        assert result.exit_code == 2
        assert "写 10 到 1000000 的整数" in result.stderr


def test_an_engine_for_which_another_would_answer_is_refused_in_words(kb: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_OPENSEARCH_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("KB_OPENSEARCH_TWIN", "1")
    result = kb("bench", "--content", CONTENT, "--sizes", "10", "--questions", "10", "--engine", "opensearch")
    assert result.exit_code == 1
    assert "先关掉备用索引" in result.stderr


def test_a_folder_that_is_no_content_is_said_in_words(kb: Kb, tmp_path: Path) -> None:
    result = kb("bench", "--content", tmp_path / "missing", "--sizes", "10", "--questions", "10")
    assert result.exit_code == 1
    assert "找不到内容文件夹" in result.stderr

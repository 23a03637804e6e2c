"""The `kb` command as it is typed, and small files for it to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main

Kb = Callable[..., Result]


@pytest.fixture
def kb() -> Kb:
    """Runs `kb` with the words given."""

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A folder with a tiny outside collection: three documents, three questions."""
    root = tmp_path / "collection"
    root.mkdir()
    documents = [
        ("d1", "停车月票怎么办理", "带行驶证到收费处办理停车月票。"),
        ("d2", "游泳馆几点开门", "游泳馆每天九点开门。"),
        ("d3", "", "羽毛球场地可以提前三天预约。"),
    ]
    queries = [("q1", "怎样办停车月票"), ("q2", "游泳馆什么时候开门"), ("q3", "羽毛球场地预约")]
    _write_lines(root / "corpus.jsonl", [{"id": i, "question": q, "answer": a} for i, q, a in documents])
    _write_lines(root / "queries.jsonl", [{"id": i, "text": t} for i, t in queries])
    (root / "qrels.tsv").write_text("q1\td1\t1\nq2\td2\t1\nq3\td3\t1\n", "utf-8")
    return root


def _write_lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")

"""`kb serve`: the site follows its content while it is served."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import Folder
from tests.serving import fetch, served


def _until(url: str, words: str) -> str:
    for _ in range(150):
        page = fetch(url)
        if words in page:
            return page
        time.sleep(0.1)
    raise AssertionError(f"{words} did not appear at {url}")


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_an_edit_is_served_without_a_restart_and_a_broken_file_does_no_harm(
    folder: Folder, tmp_path: Path, engine: str
) -> None:
    with served(folder.root, tmp_path / "index", engine) as address:
        question = f"{address}/api/v1/answer?q={quote('积分审核要多久')}"
        assert json.loads(fetch(question))["card"]["answer"].startswith("20 个工作日")
        folder.change(folder.article, "answer: 20 个", "answer: 25 个")
        folder.change(folder.article, "promised: 20", "promised: 25")
        _until(question, "25 个工作日")
        folder.change(folder.article, "topic: jifen", "topic: [")
        _until(f"{address}/healthz", folder.article)
        assert "25 个工作日" in fetch(question)

"""The site starts from the last good generation when what everything needs is broken, and says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Folder
from tests.faults.tools import kb, set_days, site, until

SHARED = ["site.yml", "topics.yml", "sources.yml", "lexicon/scope.yml", "lexicon/synonyms.yml", "lexicon/terms.txt"]
LEXICON = {
    "lexicon/scope.yml": "subjects: [积分]\n",
    "lexicon/synonyms.yml": "- term: 积分\n",
    "lexicon/terms.txt": "积分\n",
}


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_file_that_is_broken_at_the_start_holds_nothing_up(folder: Folder, tmp_path: Path, name: str) -> None:
    for path, text in LEXICON.items():
        folder.write(path, text)
    good = (folder.root / name).read_bytes()
    assert kb("index", content=folder.root, index=tmp_path / "index").returncode == 0
    folder.write(name, b"- [\xff\x00")
    refused = kb("index", content=folder.root, index=tmp_path / "index")
    assert (refused.returncode, name in refused.stderr) == (1, True)
    with site(folder.root, tmp_path / "index") as running:
        assert running.answer().startswith("20 个工作日")
        assert running.health()["held_back_by"] == [name]
        assert name in running.log
        folder.write(name, good)
        set_days(folder, 25)
        until(lambda: running.answer().startswith("25"), "the mended content is served")
        assert running.health()["held_back_by"] == []


def test_without_a_content_folder_the_site_starts_and_follows_it_once_it_is_there(
    folder: Folder, tmp_path: Path
) -> None:
    assert kb("index", content=folder.root, index=tmp_path / "index").returncode == 0
    shutil.move(folder.root, tmp_path / "away")
    with site(folder.root, tmp_path / "index") as running:
        assert running.answer().startswith("20 个工作日")
        assert running.health()["held_back_by"]
        shutil.move(tmp_path / "away", folder.root)
        set_days(folder, 25)
        until(lambda: running.answer().startswith("25"), "the folder is followed")


def test_with_nothing_to_serve_the_site_does_not_start_and_says_why(folder: Folder, tmp_path: Path) -> None:
    folder.write("site.yml", "name: [")
    ended = kb("serve", content=folder.root, index=tmp_path / "index")
    assert (ended.returncode, "site.yml" in ended.stderr) == (1, True)

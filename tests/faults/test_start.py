"""The site starts from the last good generation when what everything needs is broken, and says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from search.index import build
from search.service import Service, Settings, open_service
from tests.conftest import Folder
from tests.faults.tools import QUESTION, kb, set_days, site, until

LEXICON = {
    "lexicon/scope.yml": "subjects: [积分]\n",
    "lexicon/synonyms.yml": "- term: 积分\n",
    "lexicon/terms.txt": "积分\n",
    "lexicon/outside.txt": "今天天气怎么样\n",
}
SHARED = ["site.yml", "topics.yml", "sources.yml", *LEXICON]
UNWRITTEN = "facts: [{facet: late, source: banfa}]\n---\n"


@pytest.mark.parametrize("broken", [b"- [\xff\x00", b""])
@pytest.mark.parametrize("name", SHARED)
def test_a_shared_file_that_is_broken_or_emptied_at_the_start_holds_nothing_up(
    folder: Folder, tmp_path: Path, name: str, broken: bytes
) -> None:
    for path, text in LEXICON.items():
        folder.write(path, text)
    good = (folder.root / name).read_bytes()
    settings = Settings(folder.root, tmp_path / "tantivy")
    build(settings.content, settings.index, settings.engine)
    folder.write(name, broken)
    service = open_service(settings)
    assert service.held_back_by == (name,)
    assert name in service.held_back
    assert _days_on_the_card(service) == "20"
    folder.write(name, good)
    set_days(folder, 25)
    assert service.refresh()
    assert (service.held_back, _days_on_the_card(service)) == ("", "25")


def test_a_question_saved_before_its_answer_was_written_does_not_spoil_what_a_restart_starts_from(
    folder: Folder, tmp_path: Path
) -> None:
    settings = Settings(folder.root, tmp_path / "tantivy")
    service = open_service(settings)
    folder.write("faqs/jifen/xin.md", (folder.root / folder.faq).read_text("utf-8").split("aliases")[0] + UNWRITTEN)
    for days in (25, 26):  # two publications: of the two generations that are kept, neither is of before
        set_days(folder, days)
        assert service.refresh()
    folder.write("topics.yml", "- id: [")
    assert _days_on_the_card(open_service(settings)) == "26"


def _days_on_the_card(service: Service) -> str:
    """The days on the card of the question."""
    card = service.ask(QUESTION).card
    return card.answer[:2] if card else ""


def test_the_site_and_the_command_name_the_file_that_is_broken_at_the_start(folder: Folder, tmp_path: Path) -> None:
    build(folder.root, tmp_path / "index/tantivy", "tantivy")
    good = (folder.root / "site.yml").read_bytes()
    (folder.root / "site.yml").unlink()
    (folder.root / "site.yml").mkdir()
    refused = kb("index", content=folder.root, index=tmp_path / "index")
    assert (refused.returncode, "site.yml" in refused.stderr) == (1, True)
    with site(folder.root, tmp_path / "index") as running:
        assert running.answer().startswith("20 个工作日")
        assert running.health()["held_back_by"] == ["site.yml"]
        assert "site.yml" in running.log
        (folder.root / "site.yml").rmdir()
        folder.write("site.yml", good)
        set_days(folder, 25)
        until(lambda: running.answer().startswith("25"), "the mended content is served")
        assert running.health()["held_back_by"] == []


def test_without_a_content_folder_the_site_starts_and_follows_it_once_it_is_there(
    folder: Folder, tmp_path: Path
) -> None:
    build(folder.root, tmp_path / "index/tantivy", "tantivy")
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

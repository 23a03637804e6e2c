"""The library: what is published, from which version, on which day."""

from __future__ import annotations

from datetime import date

from kb import library
from kb.model import Status
from tests.conftest import Folder


def test_a_broken_file_keeps_its_last_good_version(folder: Folder) -> None:
    before = library.load(folder.root)
    folder.change(folder.article, "topic: jifen", "topic: [")
    after = library.load(folder.root, before)
    assert after.errors
    assert after.entries["articles/jifen/zhinan"] == before.entries["articles/jifen/zhinan"]


def test_unchanged_files_are_not_read_again(folder: Folder) -> None:
    before = library.load(folder.root)
    folder.change(folder.faq, "带居住证原件。", "带居住证。")
    after = library.load(folder.root, before)
    assert after.documents[folder.article] is before.documents[folder.article]
    assert after.entries["faqs/jifen/cailiao"].text == "带居住证。"
    assert after.fingerprint != before.fingerprint


def test_a_draft_is_not_published(folder: Folder) -> None:
    folder.change(folder.faq, "status: in_force", "status: draft")
    assert "faqs/jifen/cailiao" not in library.load(folder.root).entries


def test_a_faq_section_is_an_entry_of_its_own(folder: Folder) -> None:
    entry = library.load(folder.root).entries["faqs/jifen/zhinan-jiaji"]
    assert (entry.url, entry.title, entry.parent) == (
        "/q/jifen/zhinan-jiaji",
        "审核能加急吗？",
        "articles/jifen/zhinan",
    )
    assert entry.facts[0].answer == "不能加急。"


def test_the_status_follows_the_day(folder: Folder) -> None:
    entry = library.load(folder.root).entries["articles/jifen/zhinan"]
    assert entry.status_on(date(2022, 12, 31)) is Status.upcoming
    assert entry.status_on(date(2023, 1, 1)) is Status.in_force
    assert entry.status_on(date(2027, 12, 31)) is Status.in_force
    assert entry.status_on(date(2028, 1, 1)) is Status.expired


def test_a_library_survives_being_stored(folder: Folder) -> None:
    loaded = library.load(folder.root)
    assert library.Library.model_validate_json(loaded.model_dump_json(by_alias=True)) == loaded

"""The library: what is published, from which version, on which day."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from kb import library, reading
from kb.documents import Document, read_document
from kb.errors import ContentError
from kb.library import Stamps
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


def test_a_new_file_does_not_push_out_the_last_good_version_of_a_broken_one(folder: Folder) -> None:
    before = library.load(folder.root)
    text = (folder.root / folder.faq).read_text("utf-8")
    folder.change(folder.faq, "topic: jifen", "topic: [")
    folder.write("faqs/jifen/a-xin.md", text)
    after = library.load(folder.root, before)
    assert "faqs/jifen/cailiao" in after.entries
    assert "faqs/jifen/a-xin" not in after.entries
    assert {problem.file for problem in after.errors} == {folder.faq, "faqs/jifen/a-xin.md"}


def test_a_new_file_takes_no_wording_of_a_version_that_is_still_served(folder: Folder) -> None:
    before = library.load(folder.root)
    text = (folder.root / folder.faq).read_text("utf-8")
    title = before.entries["faqs/jifen/cailiao"].title
    folder.change(folder.faq, title, "换了一个问题？")
    folder.change(folder.faq, "topic: jifen", "topic: jifan")  # an unknown topic: the version before is served on
    folder.write("faqs/jifen/xin.md", text)
    after = library.load(folder.root, before)
    assert after.entries["faqs/jifen/cailiao"].title == title
    assert "faqs/jifen/xin" not in after.entries
    assert {problem.file for problem in after.errors} == {folder.faq, "faqs/jifen/xin.md"}


def test_a_new_file_may_have_a_wording_that_only_a_version_nobody_serves_claims(folder: Folder) -> None:
    before = library.load(folder.root)
    text = (folder.root / folder.faq).read_text("utf-8")
    folder.change(folder.faq, "[积分材料清单]", "[积分怎么办理, 积分要带什么]")  # the first is the article's
    new = text.replace("积分要交什么材料？", "积分要带什么？").replace("积分材料清单", "积分该带什么")
    folder.write("faqs/jifen/xin.md", new)
    after = library.load(folder.root, before)
    assert after.entries["faqs/jifen/cailiao"].aliases == ("积分材料清单",)
    assert after.entries["faqs/jifen/xin"].title == "积分要带什么？"
    (problem,) = after.errors
    assert (problem.file, "积分怎么办理" in problem.what) == (folder.faq, True)
    folder.change(folder.faq, "积分怎么办理, ", "")  # now the two files do disagree
    later = library.load(folder.root, after)
    assert "faqs/jifen/xin" in later.entries
    assert [problem.file for problem in later.errors] == [folder.faq]


def test_a_file_made_a_draft_is_gone_at_once_even_when_it_has_mistakes(folder: Folder) -> None:
    before = library.load(folder.root)
    folder.change(folder.faq, "status: in_force", "status: draft\nreviewd: 2026-11-01")
    after = library.load(folder.root, before)
    assert {problem.file for problem in after.errors} == {folder.faq}
    assert "faqs/jifen/cailiao" in before.entries
    assert "faqs/jifen/cailiao" not in after.entries


def test_a_deleted_file_is_gone_at_once(folder: Folder) -> None:
    before = library.load(folder.root)
    (folder.root / folder.faq).unlink()
    assert "faqs/jifen/cailiao" not in library.load(folder.root, before).entries


@pytest.mark.parametrize("place", ["faqs/luohu/cailiao.md", "faqs/jifen/材料.md"])
def test_a_file_that_was_moved_with_an_error_is_said_to_be_shown_in_neither_place(folder: Folder, place: str) -> None:
    before = library.load(folder.root)
    (folder.root / place).parent.mkdir(exist_ok=True)
    (folder.root / folder.faq).rename(folder.root / place)
    after = library.load(folder.root, before)
    assert after.entries.keys() == before.entries.keys() - {"faqs/jifen/cailiao"}
    [moved] = [str(problem) for problem in after.errors if "新旧两处都不显示" in problem.what]
    assert moved.startswith(f"{place}:1: 这个文件像是从 {folder.faq} 移过来的")
    (folder.root / place).rename(folder.root / folder.faq)
    assert library.load(folder.root, before).errors == ()


@pytest.mark.parametrize("other_sources", [False, True], ids=["there before", "another content"])
def test_a_name_that_another_file_had_does_not_make_a_file_a_moved_one(folder: Folder, other_sources: bool) -> None:
    other = "faqs/luohu/cailiao.md"
    topics = (folder.root / "topics.yml").read_text("utf-8")
    folder.write("topics.yml", f"{topics}- {{id: luohu, name: 落户, summary: 关于落户}}\n")
    folder.write(other, (folder.root / folder.faq).read_text("utf-8").replace("jifen", "luohu").replace("积分", "落户"))
    own = (folder.root / folder.faq).read_text("utf-8")
    if other_sources:
        (folder.root / folder.faq).unlink()
    published = library.load(folder.root)
    assert "faqs/luohu/cailiao" in published.entries
    (folder.root / other).unlink()
    folder.write(folder.faq, own.replace("status: in_force", "status: valid"))
    if other_sources:
        folder.change("sources.yml", "积分办法", "另一个办法")
    checked = library.load(folder.root, published=published)
    assert [problem.line for problem in checked.errors if problem.file == folder.faq] == [4]


def test_how_a_file_looked_is_forgotten_when_it_is_gone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "JUST_NOW_NS", -1)  # a file that was written is at once as good as an old one
    stamps: Stamps = {}
    before = library.load(folder.root, stamps=stamps)
    assert set(stamps) == {folder.article, folder.faq}
    (folder.root / folder.faq).unlink()
    library.load(folder.root, before, stamps=stamps)
    assert set(stamps) == {folder.article}


def test_a_repaired_file_is_published_again(folder: Folder) -> None:
    folder.change(folder.faq, "topic: jifen", "topic: [")
    broken = library.load(folder.root)
    assert "faqs/jifen/cailiao" not in broken.entries
    folder.change(folder.faq, "topic: [", "topic: jifen")
    assert "faqs/jifen/cailiao" in library.load(folder.root, broken).entries


def test_a_change_in_the_shared_sources_reaches_every_entry(folder: Folder) -> None:
    before = library.load(folder.root)
    folder.write("sources.yml", "- {id: banfa, title: 新的名称}\n")
    after = library.load(folder.root, before)
    assert {source.title for entry in after.entries.values() for source in entry.sources} == {"新的名称"}


def test_links_within_an_article_still_lead_there_from_a_question_of_its_own(folder: Folder) -> None:
    folder.change(folder.article, "不能加急。", "不能加急，见[上文](#shang)和[材料](../../faqs/jifen/cailiao.md)。")
    folder.change(folder.article, "积分由单位申请。", "## 上文 {#shang}\n积分由单位申请。")
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert 'href="#shang"' in loaded.entries["articles/jifen/zhinan"].html
    html = loaded.entries["faqs/jifen/zhinan-jiaji"].html
    assert 'href="/a/jifen/zhinan#shang"' in html
    assert 'href="/q/jifen/cailiao"' in html


def test_a_file_that_changes_while_it_is_read_and_back_again_is_published_as_it_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (folder.root / folder.faq).read_bytes()

    def saved_meanwhile(root: Path, path: str, *more: Any) -> Document:
        if path == folder.faq:
            folder.write(path, good.replace("带居住证原件。".encode(), "带护照。".encode()))
        return read_document(root, path, *more)

    monkeypatch.setattr(library, "read_document", saved_meanwhile)
    before = library.load(folder.root)
    monkeypatch.undo()
    assert before.entries["faqs/jifen/cailiao"].text == "带护照。"
    folder.write(folder.faq, good)
    assert library.load(folder.root, before).entries["faqs/jifen/cailiao"].text == "带居住证原件。"


def test_a_shared_file_that_changes_while_others_are_read_is_read_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = library._read_sources

    def saved_meanwhile(root: Path) -> Any:
        folder.change("site.yml", "name: ", "name: 新")
        monkeypatch.setattr(library, "_read_sources", real)
        return real(root)

    was = library.load(folder.root).shared.site.name
    monkeypatch.setattr(library, "_read_sources", saved_meanwhile)
    assert library.load(folder.root).shared.site.name == f"新{was}"


@pytest.mark.parametrize(
    ("read", "told"), [("digest_of", "articles/jifen/zhinan.md"), ("file_version", "site.yml、topics.yml、sources.yml")]
)
def test_a_file_that_changes_at_each_reading_is_given_up_in_plain_words(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, read: str, told: str
) -> None:
    looks = itertools.count()
    monkeypatch.setattr(library, read, lambda *_: f"{next(looks)}")
    with pytest.raises(ContentError, match=f"{told} 一直有改动.*——等改动写完再试"):
        library.load(folder.root)


def test_a_file_that_the_system_could_not_open_once_is_tried_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = library.load(folder.root)
    folder.change(folder.faq, "带居住证原件。", "带护照。")
    real = reading._bytes_of

    def too_many_open(full: Path, path: str) -> bytes:
        if path == folder.faq:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(full, path)

    monkeypatch.setattr(reading, "_bytes_of", too_many_open)
    once = library.load(folder.root, good)
    assert once.entries["faqs/jifen/cailiao"].text == "带居住证原件。"
    assert [problem.file for problem in once.errors] == [folder.faq]
    monkeypatch.undo()
    again = library.load(folder.root, once)
    assert (again.entries["faqs/jifen/cailiao"].text, again.errors) == ("带护照。", ())

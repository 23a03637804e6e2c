"""The index's life: generations, the switch, updates, and what may go wrong."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kb import documents, storing
from kb.errors import ContentError, Problem
from kb.validating import validate
from search import index, lexicon
from search.engines import EngineError
from search.service import Service, Settings, open_service
from tests.conftest import Folder

ENGINES = ["tantivy", "whoosh"]


@pytest.mark.parametrize("engine", ENGINES)
def test_unchanged_content_keeps_its_generation(folder: Folder, tmp_path: Path, engine: str) -> None:
    first = index.build(folder.root, tmp_path / "index", engine)
    assert index.build(folder.root, tmp_path / "index", engine).name == first.name
    assert index.build(folder.root, tmp_path / "index", engine, full=True).name != first.name


@pytest.mark.parametrize("engine", ENGINES)
def test_a_changed_file_is_found_at_once_and_a_removed_one_no_more(
    folder: Folder, open_folder: Callable[..., Service], engine: str
) -> None:
    service = open_folder(folder, engine)
    folder.change(folder.faq, "积分材料清单", "独角兽清单")
    assert service.refresh()
    assert service.ask("独角兽清单").card is not None
    (folder.root / folder.faq).unlink()
    assert service.refresh()
    assert service.ask("独角兽清单").card is None
    assert not service.refresh()


def test_an_update_gives_the_same_index_as_a_full_build(folder: Folder, tmp_path: Path) -> None:
    index.build(folder.root, tmp_path / "one", "tantivy")
    folder.change(folder.article, "积分怎么办理", "积分如何办")
    updated = index.build(folder.root, tmp_path / "one", "tantivy")
    fresh = index.build(folder.root, tmp_path / "two", "tantivy", full=True)
    assert updated.passages == fresh.passages
    assert updated.manifest.content == fresh.manifest.content


def test_a_broken_file_keeps_its_answer(folder: Folder, open_folder: Callable[..., Service]) -> None:
    service = open_folder(folder)
    folder.change(folder.faq, "topic: jifen", "topic: [")
    service.refresh()
    assert service.library.errors
    assert service.ask("积分要交什么材料").card is not None
    assert open_folder(folder).ask("积分要交什么材料").card is not None


def test_what_another_version_of_the_program_read_is_read_anew_when_it_is_upgraded(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site goes on following the content until it is restarted, and an upgrade brings fields that it does not know."""

    def unknown(model: type[Any], located: Any, path: str, sources: Any = None) -> Any:
        found = validate(model, located, path, sources)
        return (None, [Problem(path, 2, "不认识的字段 total", "删掉")]) if path == folder.article else found

    with monkeypatch.context() as older:
        older.setattr(storing, "reader", lambda: "an older version")
        older.setattr(documents, "validate", unknown)
        before = open_service(Settings(folder.root, tmp_path / "index"))
        assert before.library.errors
        assert before.ask("积分审核要多久？").card is None
    after = open_service(Settings(folder.root, tmp_path / "index"))
    assert after.library.errors == ()
    assert after.ask("积分审核要多久？").card is not None
    assert open_service(Settings(folder.root, tmp_path / "index")).generation == after.generation


def test_a_file_that_is_broken_keeps_its_answer_when_the_program_is_upgraded(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(storing, "reader", lambda: "an older version")
        open_service(Settings(folder.root, tmp_path / "index"))
    folder.change(folder.article, "reviewed: 2026-11-01", "reviewed: 昨天")
    after = open_service(Settings(folder.root, tmp_path / "index"))
    assert after.library.errors
    assert after.ask("积分审核要多久？").card is not None


@pytest.mark.parametrize("name", ["manifest.json", "library.json", "engine/meta.json"])
def test_a_damaged_generation_is_rebuilt(folder: Folder, tmp_path: Path, name: str) -> None:
    first = index.build(folder.root, tmp_path / "index", "tantivy")
    (tmp_path / "index" / first.name / name).write_text("{")
    second = index.build(folder.root, tmp_path / "index", "tantivy")
    assert second.name != first.name
    assert len(second.engine) == len(first.passages)


def test_another_segmenter_or_lexicon_means_a_rebuild(folder: Folder, tmp_path: Path) -> None:
    first = index.build(folder.root, tmp_path / "index", "tantivy")
    manifest = tmp_path / "index" / first.name / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"segmenter": "other"}))
    second = index.build(folder.root, tmp_path / "index", "tantivy")
    folder.write("lexicon/terms.txt", "独角兽\n")
    third = index.build(folder.root, tmp_path / "index", "tantivy")
    assert len({first.name, second.name, third.name}) == 3


def test_a_build_that_fails_leaves_the_served_generation(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = index.build(folder.root, tmp_path / "index", "tantivy")

    def fail(*_: object) -> None:
        raise EngineError("找不到")

    monkeypatch.setattr(index, "_probe", fail)
    folder.change(folder.faq, "积分材料清单", "独角兽清单")
    with pytest.raises(EngineError):
        index.build(folder.root, tmp_path / "index", "tantivy")
    assert (tmp_path / "index/current").read_text() == first.name
    assert [place.name for place in (tmp_path / "index").glob("gen-*")] == [first.name]


def test_a_wording_that_is_not_among_the_first_candidates_is_looked_for_further_down(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PROBED", (0, 200))
    index.build(folder.root, tmp_path / "index", "tantivy")
    monkeypatch.setattr(index, "PROBED", (0,))
    with pytest.raises(EngineError, match="找不到自己的问法"):
        index.build(folder.root, tmp_path / "another", "tantivy")


def test_only_two_generations_are_kept(folder: Folder, tmp_path: Path) -> None:
    names = [index.build(folder.root, tmp_path / "index", "tantivy", full=True).name for _ in range(4)]
    assert sorted(place.name for place in (tmp_path / "index").glob("gen-*")) == sorted(names)[-2:]


def test_what_a_builder_left_that_was_killed_while_it_switched_goes_with_the_next_build(
    folder: Folder, tmp_path: Path
) -> None:
    index.build(folder.root, tmp_path / "index", "tantivy")
    left = tmp_path / "index" / ".current.0badcafe"
    left.write_text("gen-", "utf-8")
    index.build(folder.root, tmp_path / "index", "tantivy")
    assert not left.exists()


def test_a_word_that_left_with_its_passage_is_no_longer_one_of_ours(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.write("lexicon/scope.yml", "subjects: [积分]\n")
    other = (folder.root / folder.faq).read_text("utf-8").replace("积分要交什么材料", "蝾螈要什么材料")
    folder.write("faqs/jifen/rongyuan.md", other.replace("积分材料清单", "蝾螈清单"))
    service = open_folder(folder)
    (folder.root / "faqs/jifen/rongyuan.md").unlink()
    assert service.refresh()
    grown, fresh = (each.explain("蝾螈积分怎么查？") for each in (service, open_folder(folder)))
    assert (grown.why, grown.card) == (fresh.why, fresh.card)


def test_a_file_that_could_not_be_read_for_a_moment_is_read_again(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = index.Builder(folder.root, tmp_path / "index", "tantivy")
    with monkeypatch.context() as patched:
        patched.setattr("kb.library.digest_of", lambda *_: "")
        patched.setattr("kb.library.JUST_NOW_NS", -1)
        builder.build()
    assert set(builder.build().library.entries) == set(
        index.build(folder.root, tmp_path / "other", "tantivy").library.entries
    )
    assert all(document.digest for document in builder.build().library.documents.values())


def test_a_word_list_that_changes_while_another_is_read_is_read_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("lexicon/terms.txt", "独角兽\n")
    folder.write("lexicon/outside.txt", "独角兽怎么养\n")
    real, good = lexicon._outside, (folder.root / "lexicon/outside.txt").read_bytes()

    def saved_meanwhile(root: Path) -> tuple[str, ...]:
        folder.write("lexicon/outside.txt", "麒麟怎么养\n")
        return real(root)

    monkeypatch.setattr(lexicon, "_outside", saved_meanwhile)
    before = lexicon.load_lexicon(folder.root)
    monkeypatch.undo()
    assert before.outside == ("麒麟怎么养",)
    folder.write("lexicon/outside.txt", good)
    assert lexicon.load_lexicon(folder.root, before).outside == ("独角兽怎么养",)


def test_word_lists_that_change_at_each_reading_are_given_up_in_plain_words(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()
    monkeypatch.setattr(lexicon, "file_version", lambda *_: f"{next(looks)}")
    with pytest.raises(ContentError, match=r"lexicon/scope.yml、.*一直有改动.*——等改动写完再试"):
        lexicon.load_lexicon(folder.root)

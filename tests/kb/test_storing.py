"""A library on disk: what was kept is what is read, and a change adds to what is there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb import documents, library, storing
from kb.library import Library
from tests.conftest import ARTICLE, FAQ, TOPICS, Folder
from tests.kb.test_hostile_files import YAMLISH


@pytest.fixture
def at(tmp_path: Path) -> Path:
    return tmp_path / "stored"


def _keep(loaded: Library, folder: Path, before: tuple[Library, Path] | None = None) -> Path:
    folder.mkdir(parents=True)
    storing.write_library(loaded, folder, before)
    return folder


def _parts(folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.glob("documents-*"))]


def test_a_library_survives_being_stored(folder: Folder, at: Path) -> None:
    loaded = library.load(folder.root)
    assert storing.read_library(_keep(loaded, at)) == loaded


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder whose files are changed over and over."""
    return Folder(tmp_path_factory.mktemp("used") / "content")


@given(
    faq=st.booleans(),
    at=st.integers(0, max(len(ARTICLE), len(FAQ))),
    cut=st.integers(0, 30),
    new=st.one_of(st.text(max_size=12), YAMLISH.map("".join), st.sampled_from(["长" * 4001, "\n\n", "##"])),
)
@example(faq=True, at=FAQ.index("带居住证原件。"), cut=7, new="")
@example(faq=True, at=FAQ.index("带居住证原件。"), cut=7, new="长" * 4001)
def test_whatever_an_editor_did_to_a_good_file_the_library_survives_being_stored(
    used: Folder, tmp_path_factory: pytest.TempPathFactory, faq: bool, at: int, cut: int, new: str
) -> None:
    text = FAQ if faq else ARTICLE
    changed = (text[:at] + new + text[at + cut :]).lstrip("\n")
    (used.root / used.article).write_text(ARTICLE.lstrip("\n") if faq else changed, "utf-8", errors="replace")
    (used.root / used.faq).write_text(changed if faq else FAQ.lstrip("\n"), "utf-8", errors="replace")
    loaded = library.load(used.root)
    assert storing.read_library(_keep(loaded, tmp_path_factory.mktemp("kept") / "stored")) == loaded


def test_a_changed_a_new_and_a_deleted_file_are_added_as_one_part(folder: Folder, at: Path) -> None:
    first = library.load(folder.root)
    _keep(first, at / "1")
    folder.change(folder.article, "积分怎么办理", "积分如何办")
    folder.write("faqs/jifen/xin.md", (folder.root / folder.faq).read_text("utf-8").replace("材料", "表格"))
    (folder.root / folder.faq).unlink()
    second = library.load(folder.root, first)
    _keep(second, at / "2", (first, at / "1"))
    assert _parts(at / "2") == ["documents-0000.jsonl", "documents-0001.jsonl"]
    assert (at / "1/documents-0000.jsonl").samefile(at / "2/documents-0000.jsonl")
    assert storing.read_library(at / "2").entries == second.entries
    assert storing.read_library(at / "1").entries == first.entries


def test_a_log_that_goes_on_is_read_on_and_nothing_of_it_twice(
    folder: Folder, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = library.load(folder.root)
    kept = storing.read_kept(_keep(loaded, at / "0"), None, None)
    text = (folder.root / folder.faq).read_text("utf-8")
    monkeypatch.setattr(storing, "_worth_adding_to", bool)
    changes: tuple[Callable[[], object], ...] = (
        lambda: folder.change(folder.article, "积分怎么办理", "积分如何办"),
        lambda: folder.write("faqs/jifen/aa.md", text.replace("材料", "表格")),
        lambda: folder.write(folder.article, "---\n坏了"),
        lambda: (folder.root / folder.faq).unlink(),
        lambda: folder.write(folder.faq, text),
    )
    for number, change in enumerate(changes):
        change()
        before, loaded = loaded, library.load(folder.root, loaded)
        place = _keep(loaded, at / f"{number + 1}", (before, at / f"{number}"))
        unread = kept.library
        kept = storing.read_kept(place, kept, None)
        assert kept.library == storing.read_library(place) == loaded
        assert list(kept.library.entries) == list(loaded.entries)
        assert kept.library.fingerprint == loaded.fingerprint
        changed = {path for path in loaded.documents if loaded.documents[path] is not before.documents.get(path)}
        same = kept.library.documents.keys() & unread.documents.keys() - changed
        assert all(kept.library.documents[path] is unread.documents[path] for path in same)


def test_a_log_written_anew_is_read_whole_and_what_is_known_of_it_stays_the_same_object(
    folder: Folder, at: Path
) -> None:
    loaded = library.load(folder.root)
    kept = storing.read_kept(_keep(loaded, at / "1"), None, None)
    folder.change(folder.article, "积分怎么办理", "积分如何办")
    changed = library.load(folder.root, loaded)
    again = storing.read_kept(_keep(changed, at / "2"), kept, kept.library)
    assert again.library == changed
    assert again.library.documents[folder.faq] is kept.library.documents[folder.faq]


def test_a_library_read_again_is_in_the_order_of_one_loaded_by_path(folder: Folder, at: Path) -> None:
    first = library.load(folder.root)
    _keep(first, at / "1")
    folder.write("topics.yml", TOPICS + "- {id: jifen-xuban, name: 续办, summary: 关于续办}\n")
    text = (folder.root / folder.faq).read_text("utf-8")
    for path, said in (("faqs/jifen/aa.md", "表格"), ("faqs/jifen/zz.md", "照片"), ("faqs/jifen-xuban/aa.md", "清单")):
        topic = path.split("/")[1]
        folder.write(path, text.replace("材料", said).replace("topic: jifen", f"topic: {topic}"))
    second = library.load(folder.root, first)
    stored = storing.read_library(_keep(second, at / "2", (first, at / "1")))
    assert list(second.good) == list(stored.good) == sorted(second.documents)
    assert len(second.good) == 5
    assert stored.by_topic == second.by_topic


def test_the_good_version_of_a_broken_file_is_kept_until_it_is_mended(folder: Folder, at: Path) -> None:
    libraries = [library.load(folder.root)]
    _keep(libraries[0], at / "0")
    good = (folder.root / folder.faq).read_text("utf-8")
    for number, text in enumerate((good.replace("topic: jifen", "topic: ["), good), start=1):
        (folder.root / folder.faq).write_text(text, "utf-8")
        libraries.append(library.load(folder.root, libraries[-1]))
        _keep(libraries[-1], at / str(number), (libraries[-2], at / str(number - 1)))
        stored = storing.read_library(at / str(number))
        assert stored == libraries[-1]
        assert "faqs/jifen/cailiao" in stored.entries
    assert libraries[1].errors
    assert not libraries[2].errors


def test_a_log_of_many_parts_is_written_anew(folder: Folder, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MOST_PARTS", 3)
    before = library.load(folder.root)
    _keep(before, at / "0")
    sizes = []
    for number in range(1, 6):
        folder.change(folder.faq, "带居住证原件", "带居住证原件。")
        after = library.load(folder.root, before)
        _keep(after, at / str(number), (before, at / str(number - 1)))
        sizes.append(len(_parts(at / str(number))))
        assert storing.read_library(at / str(number)) == after
        before = after
    assert max(sizes) <= 3
    assert 1 in sizes


@pytest.mark.parametrize("damage", ["", "{", '{"path": 1}', "\x00"])
def test_a_damaged_part_is_an_error(folder: Folder, at: Path, damage: str) -> None:
    _keep(library.load(folder.root), at)
    (at / "documents-0000.jsonl").write_text(f"{damage}\n", "utf-8")
    with pytest.raises(ValueError, match="validation error"):
        storing.read_library(at)


def test_what_was_read_with_another_version_of_any_package_that_reads_is_read_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "\n".join(file.read_text("utf-8") for file in Path(documents.__file__).parent.glob("*.py"))
    imported = set(re.findall(r"^(?:from|import) ([a-z0-9]+)", text, re.MULTILINE)) - sys.stdlib_module_names - {"kb"}
    now = documents.reader.__wrapped__()
    for name in imported:
        with monkeypatch.context() as other:
            other.setattr(documents, "version", partial(_version_but_of, name))
            assert documents.reader.__wrapped__() != now, name


def _version_but_of(other: str, name: str) -> str:
    return "another" if name.startswith(other) else version(name)

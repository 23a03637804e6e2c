"""The documents stay true: what they show is tried, what they name is there."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

from cli.main import main
from kb import library
from kb.checking import dated_problems
from search.lexicon_checks import lexicon_problems
from tests.conftest import CONTENT, ROOT, Folder

GUIDE = (ROOT / "docs/编辑指南.md").read_text("utf-8")


def test_the_samples_of_the_editor_guide_pass(folder: Folder) -> None:
    samples = re.findall(r"`content/(\S+)`：\n\n```\w+\n(.*?)```", GUIDE, re.S)
    assert [Path(path).suffix for path, _ in samples] == [".yml", ".yml", ".md", ".md"]
    for path, sample in samples:
        full = folder.root / path
        before = full.read_text("utf-8") if full.exists() else ""
        folder.write(path, before + sample)
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert dated_problems(loaded.documents.values(), date(2026, 11, 24)) == []
    own = (wording for document in loaded.documents.values() for wording in document.claims.wordings)
    assert lexicon_problems(folder.root, own) == ()
    assert "faqs/jieshuzheng/zhinan-daiban" in loaded.entries


def test_what_the_editor_guide_says_the_checks_say_is_what_they_say() -> None:
    files = [*(ROOT / "kb").glob("*.py"), ROOT / "search/lexicon.py", ROOT / "search/lexicon_checks.py"]
    source = "".join(path.read_text("utf-8") for path in files)
    table = GUIDE.split("| 说的话 |")[1].split("\n\n")[0]
    rows = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    said = [part.strip() for row in rows for part in re.split("、|……", row)]
    assert len(said) > 20
    assert [words for words in said if words not in source] == []


def test_the_readme_names_commands_and_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z]+)", readme)) <= targets
    assert set(re.findall(r"`(?:\.venv/bin/)?kb ([a-z]+)", readme)) <= main.commands.keys()
    assert [path for path in re.findall(r"\]\(([^)]+)\)", readme) if not (ROOT / path).exists()] == []


def test_a_decision_says_why_each_dependency_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[<>=]", each)[0] for each in wanted}
    said = "".join(path.read_text("utf-8") for path in (ROOT / "docs/decisions").glob("*.md")).lower()
    typing_only = {name for name in names if name.startswith("types-") or name.endswith("-stubs")}
    assert sorted(name for name in names - typing_only if name not in said) == []


def test_no_address_is_in_the_lock_files() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text("utf-8")


def test_the_content_is_large_enough_to_be_useful() -> None:
    loaded = library.load(CONTENT)
    assert loaded.errors == ()
    assert len(loaded.entries) > 400
    assert all(len(loaded.by_topic[topic.id]) > 5 for topic in loaded.topics)

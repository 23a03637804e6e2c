"""The documents stay true: what they show is tried, what they name is there."""

from __future__ import annotations

import re

from kb import library
from kb.model import ArticleMeta, Facet, FaqMeta
from tests.conftest import CONTENT, ROOT, Folder

GUIDE = (ROOT / "docs/编辑指南.md").read_text("utf-8")


def test_the_sample_of_the_editor_guide_passes(folder: Folder) -> None:
    [sample] = re.findall(r"```markdown\n(.*?)```", GUIDE, re.S)
    folder.write("faqs/jifen/yangli.md", sample)
    assert library.load(folder.root).problems == ()


def test_the_editor_guide_names_every_facet_and_field() -> None:
    assert [facet for facet in Facet if f"{facet} {facet.label}" not in GUIDE] == []
    fields = {*ArticleMeta.model_fields, *FaqMeta.model_fields} - {"summary"}
    assert [field for field in fields if f"`{field}`" not in GUIDE] == []


def test_the_readme_names_commands_and_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"make (serve|test)", readme)) <= targets
    assert [path for path in re.findall(r"\]\(([^)]+)\)", readme) if not (ROOT / path).exists()] == []


def test_no_address_is_in_the_lock_files() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text("utf-8")


def test_the_content_is_large_enough_to_be_useful() -> None:
    loaded = library.load(CONTENT)
    assert loaded.errors == ()
    assert all(loaded.by_topic[topic.id] for topic in loaded.topics)

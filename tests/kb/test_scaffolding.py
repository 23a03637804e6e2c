"""`kb new`, `kb schema` and the reference of the editor guide."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import jsonschema
import pytest

from kb import library, scaffolding
from kb.errors import ContentError
from kb.model import ArticleMeta, EntryKind, Facet, FaqMeta, Site
from kb.reading import read_markdown, read_yaml
from tests.conftest import CONTENT, ROOT, Folder

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("kind", list(EntryKind))
def test_a_template_passes_once_its_placeholders_are_replaced(folder: Folder, kind: EntryKind) -> None:
    path = scaffolding.new_entry(folder.root, kind, "jifen", "xin", TODAY)
    text = path.read_text("utf-8")
    found = library.load(folder.root).errors
    assert all("还没有替换" in problem.what for problem in found)
    lines = [number for number, line in enumerate(text.split("\n"), start=1) for _ in re.findall("【[^】]*】", line)]
    assert sorted(problem.line for problem in found) == lines
    numbers = iter(range(100))
    path.write_text(re.sub(r"【[^】]*】", lambda _: f"内容{next(numbers)}", text), "utf-8")
    assert library.load(folder.root).problems == ()


def test_a_file_that_exists_is_not_overwritten(folder: Folder) -> None:
    before = (folder.root / folder.faq).read_bytes()
    with pytest.raises(ContentError, match="已经有了"):
        scaffolding.new_entry(folder.root, EntryKind.faq, "jifen", "cailiao", TODAY)
    assert (folder.root / folder.faq).read_bytes() == before


@pytest.mark.parametrize(
    ("topic", "slug", "said"),
    [
        ("jifem", "xin", "是不是 jifen（积分）"),
        ("../jifen", "xin", "topics.yml 里没有"),
        ("jifen", "../xin", "不能做网址"),
        ("jifen", "积分", "不能做网址"),
        ("jifen", "z" * 81, "太长"),
    ],
)
def test_names_that_cannot_be_used_are_refused(folder: Folder, topic: str, slug: str, said: str) -> None:
    before = sorted(folder.root.rglob("*"))
    with pytest.raises(ContentError, match=re.escape(said)):
        scaffolding.new_entry(folder.root, EntryKind.faq, topic, slug, TODAY)
    assert sorted(folder.root.rglob("*")) == before


def test_a_file_name_made_from_a_question_is_never_too_long_and_ends_with_a_whole_sound(folder: Folder) -> None:
    slug = scaffolding.slug_of("装" * 12)
    assert slug == "-".join(["zhuang"] * 11)
    assert scaffolding.new_entry(folder.root, EntryKind.faq, "jifen", slug, TODAY).exists()
    assert scaffolding.slug_of("积分审核要多久？") == "ji-fen-shen-he-yao-duo-jiu"


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", **scaffolding.schema()})


def test_the_schema_is_a_json_schema_in_chinese() -> None:
    schema = scaffolding.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["Facet"]["enum"] == [str(facet) for facet in Facet]
    assert "upcoming" not in schema["$defs"]["Status"]["enum"]
    undescribed = [text for text in _descriptions(schema) if not re.search("[\u4e00-\u9fff]", text)]
    assert undescribed == []


def _descriptions(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _descriptions(item)]
    if not isinstance(node, dict):
        return []
    own = [node["description"]] if isinstance(node.get("description"), str) else []
    return own + [text for item in node.values() for text in _descriptions(item)]


def test_the_schema_accepts_what_kb_check_accepts() -> None:
    for path, document in library.load(CONTENT).good.items():
        if document.entries:
            name = ArticleMeta.__name__ if path.startswith("articles/") else FaqMeta.__name__
            errors = [error.message for error in _validator(name).iter_errors(read_markdown(CONTENT, path).meta.data)]
            assert errors == [], path
    assert _validator(Site.__name__).is_valid(read_yaml(CONTENT, "site.yml").data)


def test_the_schema_refuses_unknown_fields_and_words(folder: Folder) -> None:
    data = read_markdown(folder.root, folder.faq).meta.data
    check = _validator("FaqMeta")
    assert check.is_valid(data)
    assert not check.is_valid({**data, "statsu": "in_force"})
    assert not check.is_valid({**data, "status": "valid"})


def test_the_editor_guide_contains_exactly_the_generated_reference() -> None:
    guide = (ROOT / "docs/编辑指南.md").read_text("utf-8")
    [shown] = re.findall("<!-- 参考开始[^\n]*-->\n\n(.*?)\n\n<!-- 参考结束 -->", guide, re.S)
    assert shown == scaffolding.reference()

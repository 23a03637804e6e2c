"""`kb new` and `kb schema`."""

from __future__ import annotations

import re
from datetime import date

import jsonschema
import pytest

from kb import library, scaffolding
from kb.errors import ContentError
from kb.model import EntryKind
from tests.conftest import Folder


@pytest.mark.parametrize("kind", list(EntryKind))
def test_a_template_passes_once_its_placeholders_are_replaced(folder: Folder, kind: EntryKind) -> None:
    path = scaffolding.new_entry(folder.root, kind, "jifen", "xin", date(2026, 11, 24))
    found = library.load(folder.root).errors
    assert found
    assert all("还没有替换" in problem.what for problem in found)
    numbers = iter(range(100))
    path.write_text(re.sub(r"【[^】]*】", lambda _: f"内容{next(numbers)}", path.read_text("utf-8")), "utf-8")
    assert library.load(folder.root).errors == ()


def test_a_file_that_exists_is_not_overwritten(folder: Folder) -> None:
    with pytest.raises(ContentError, match="已经有了"):
        scaffolding.new_entry(folder.root, EntryKind.faq, "jifen", "cailiao", date(2026, 11, 24))


def test_the_schema_is_a_json_schema_and_knows_the_facets() -> None:
    schema = scaffolding.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "review_time" in schema["$defs"]["Facet"]["enum"]

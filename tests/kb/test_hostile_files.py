"""Whatever bytes stand in a file, reading ends in data or in a problem that says why."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kb import rendering
from kb.documents import read_document
from kb.reading import Unreadable, parse_yaml


@given(st.text(max_size=300))
def test_any_yaml_is_data_or_a_problem(text: str) -> None:
    with suppress(Unreadable):
        parse_yaml(text, "x.md")


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_any_file_gives_a_document(tmp_path_factory: object, raw: bytes) -> None:
    root = Path(tmp_path_factory.mktemp("files"))  # type: ignore[attr-defined]
    (root / "articles/x").mkdir(parents=True)
    (root / "articles/x/y.md").write_bytes(raw)
    document = read_document(root, "articles/x/y.md", "", {})
    assert document.problems


@given(st.text(alphabet="<>\"'=/ :;()#*_[]`!|-\nascriptonlk1", max_size=200))
def test_rendered_html_holds_no_script_and_no_handler(text: str) -> None:
    seen = _Seen()
    seen.feed(rendering.render(text).html)
    assert "script" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

"""Whatever bytes stand in a file, reading ends in data or in a problem that says why."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import rendering
from kb.documents import read_document
from kb.model import Source
from kb.parsing import Unreadable, parse_yaml
from tests.conftest import ARTICLE

YAMLISH = st.lists(st.sampled_from([*"abc:：,[]{}-?&*!|>'\"#%@` \n\t", "---\n", ": ", "- ", "\n  ", "甲"]), max_size=60)
PIECES = [
    *"<script> </script> <style> <math> <div> </div> <!-- --> <![ ]]> ](  [x]( ` ' \" > javascript: &#106; 甲 x \\".split(),  # noqa: SIM905
    *["<img src=x onerror=", "<svg ", "onload=x", "<a href=", "{: onclick=x }", " ", "\n\n", "<div>\n", "```\n"],
    *["## ", "!!! note\n    ", "| a |\n|---|\n"],
]


@given(st.one_of(st.text(max_size=300), YAMLISH.map("".join)))
def test_any_yaml_is_data_or_a_problem(text: str) -> None:
    with suppress(Unreadable):
        parse_yaml(text, "x.md")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    (root / "articles/jifen").mkdir(parents=True)
    return root


@given(st.binary(max_size=400))
def test_any_file_gives_a_document(place: Path, raw: bytes) -> None:
    (place / "articles/jifen/y.md").write_bytes(raw)
    assert read_document(place, "articles/jifen/y.md", "", {}).problems


@given(
    at=st.integers(0, len(ARTICLE)), cut=st.integers(0, 30), new=st.one_of(st.text(max_size=12), YAMLISH.map("".join))
)
def test_any_change_to_a_good_file_gives_a_document(place: Path, at: int, cut: int, new: str) -> None:
    text = ARTICLE[:at] + new + ARTICLE[at + cut :]
    (place / "articles/jifen/y.md").write_text(text.lstrip("\n"), "utf-8", errors="replace")
    sources = {"banfa": Source(id="banfa", title="积分办法")}
    document = read_document(place, "articles/jifen/y.md", "", sources)
    assert document.entries or document.problems
    lines = text.count("\n") + 2
    assert all(1 <= problem.line <= lines and problem.what and problem.remedy for problem in document.problems)
    "".join(map(str, document.problems)).encode()


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_rendered_html_holds_no_script_and_no_handler(text: str) -> None:
    seen = Seen()
    seen.feed(rendering.render(text).html)
    assert not seen.tags & {"script", "img", "svg", "style", "math"}
    assert not [name for name in seen.attributes if name.startswith("on") or name == "style"]
    assert not [href for href in seen.targets if href.lower().lstrip().startswith("javascript:")]


class Seen(HTMLParser):
    """The tags, attributes and targets of some HTML, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]

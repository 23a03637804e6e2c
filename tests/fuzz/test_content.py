"""Whatever happens to one file, the others are served; whatever stands in a body, its page is safe."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import library, rendering
from kb.errors import ContentError
from kb.library import Library, Stamps
from tests.conftest import CONTENT
from tests.fuzz.safety import unsafe

some = settings(max_examples=150, derandomize=True, database=None)
FILES = tuple(
    path.relative_to(CONTENT).as_posix()
    for folder in ("articles/jifen", "articles/qianzhu", "faqs/jifen", "faqs/qudao")
    for path in sorted((CONTENT / folder).glob("*.md"))[:4]
)
SHARED = ("site.yml", "topics.yml", "sources.yml")
BITS = (
    *(line.encode() + b"\n" for name in FILES[:6] for line in (CONTENT / name).read_text("utf-8").split("\n") if line),
    *(
        b"---\n",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\t",
        b": ",
        b"- ",
        b"[",
        b"{",
        b"&a ",
        b"*a ",
        b"!!x ",
        b" #",
    ),
    *(
        "甲".encode(),
        "甲".encode("gbk"),
        b"\xed\xa0\x80",
        b"\n\n## ",
        b"<script>",
        b'"',
        b"'",
        b"|\n",
        b"status: draft\n",
    ),
)
Change = tuple[float, int, bytes]
"""Where in the file (0 to 1), how many bytes are taken out, what is put there."""
changes = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 200), st.sampled_from(BITS) | st.binary(max_size=9)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path_factory.mktemp("mutated") / "content"))


@pytest.fixture(scope="module")
def stamps() -> Stamps:
    return {}


@pytest.fixture(scope="module")
def good(root: Path, stamps: Stamps) -> Library:
    return library.load(root, stamps=stamps)


def _changed(raw: bytes, todo: list[Change]) -> bytes:
    for at, cut, new in todo:
        place = int(at * len(raw))
        raw = raw[:place] + new + raw[place + cut :]
    return raw


@some
@given(st.sampled_from(FILES), changes)
def test_a_file_that_breaks_takes_no_entry_of_another_away(
    root: Path, good: Library, stamps: Stamps, name: str, todo: list[Change]
) -> None:
    with _instead(root / name, todo):
        found = library.load(root, good, stamps=stamps)
    for ident, entry in good.entries.items():
        if entry.path != name:
            assert found.entries.get(ident) == entry
    assert all(problem.what and problem.remedy and problem.line >= 1 for problem in found.problems)


@some
@given(st.sampled_from(SHARED), changes)
def test_a_shared_file_that_breaks_is_used_or_refused(
    root: Path, good: Library, stamps: Stamps, name: str, todo: list[Change]
) -> None:
    with _instead(root / name, todo), suppress(ContentError):
        library.load(root, good, stamps=stamps)


class _instead:  # noqa: N801  used like a function
    """The file changed, and as it was afterwards."""

    def __init__(self, path: Path, todo: list[Change]) -> None:
        self.path, self.before = path, path.read_bytes()
        path.write_bytes(_changed(self.before, todo))

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.path.write_bytes(self.before)


MARKDOWN = (
    *"<script> </script> <style> <iframe src=x> <object data=x> <svg/onload=x> <math> <div> </div> <!-- --> ]]> <![CDATA[".split(),  # noqa: SIM905
    *"[a]( [a](< > ) javascript:x JaVaScRiPt&colon;x data:text/html,x vbscript:x &#106;avascript:x //a https://a \\".split(),  # noqa: SIM905
    *(
        "<a href=",
        "<a href='java\tscript:x'>",
        " onclick=x",
        "{: onclick=x style=x }",
        '"',
        "'",
        "`",
        "\n\n",
        "\n",
        " ",
    ),
    *("## ", "!!! note\n    ", "| a |\n|:-:|\n", "```\n", "- ", "> ", "    ", "[b]: javascript:x\n", "[b]", "<x@y.z>"),
    *(
        "<javascript:x>",
        "<data:x>",
        "![a](javascript:x)",
        "<td style='position:fixed'>",
        "<p class=x id=y>",
        "&lt;script&gt;",
    ),
)


@settings(some, max_examples=400)
@given(st.lists(st.sampled_from(MARKDOWN) | st.text(max_size=3), max_size=30).map("".join))
def test_whatever_the_markdown_the_page_holds_nothing_dangerous(body: str) -> None:
    rendered = rendering.render(body.encode("utf-8", "replace").decode())
    assert unsafe(rendered.html) == []

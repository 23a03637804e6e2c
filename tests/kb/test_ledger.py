"""What is known of documents follows their changes: the same as if all of them were gone through anew."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kb import library
from kb.ledger import Ledger
from kb.library import Library
from kb.tables import Table
from tests.conftest import FAQ, Folder

PLACES = ("faqs/jifen/a.md", "faqs/jifen/b.md", "faqs/jifen/c.md")
TEXTS: tuple[str | None, ...] = (
    None,
    FAQ,
    FAQ.replace("积分要交什么材料？", "积分材料有哪些？").replace("积分材料清单", "积分要带什么"),
    FAQ.replace("积分材料清单", "积分要带什么").replace("name: 居住证", "name: 身份证"),
    FAQ.replace("topic: jifen", "topic: jifen\nrelated: [faqs/jifen/a, faqs/jifen/b, faqs/jifen/a]"),
    FAQ.replace("topic: jifen", "topic: jifne"),
    FAQ.replace("in_force", "draft"),
    FAQ.replace("带居住证原件。", "见[另一条](b.md)和[指南](/a/jifen/zhinan)。"),
    "---\nquestion: [\n---\n",
)
"""What may stand in a file, None when it is not there: good ones, same wordings, dead and double references, drafts, mistakes."""

edits = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(TEXTS)), min_size=1, max_size=8)


def rows(ledger: Ledger) -> dict[str, object]:
    """The tables of a ledger, and their contested keys; in what order several have a key does not count."""
    tables: dict[str, Table[object]] = {each.name: getattr(ledger, each.name) for each in fields(ledger)}
    return {
        name: ({key: sorted(map(repr, table[key])) for key in table}, table.contested) for name, table in tables.items()
    }


@settings(max_examples=60)
@given(edits)
def test_what_follows_changed_files_is_what_reading_all_of_them_gives(edits: list[tuple[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        before: Library | None = None
        for path, text in edits:
            if text is None:
                (folder.root / path).unlink(missing_ok=True)
            else:
                folder.write(path, text)
            loaded = library.load(folder.root, before)
            anew = replace(loaded, followed=None)
            assert loaded.overview == anew.overview
            assert rows(loaded.ledger) == rows(anew.ledger)
            assert loaded.fingerprint == anew.fingerprint
            if before:
                assert loaded.problems == library.load(folder.root, replace(before, followed=None)).problems
            before = loaded

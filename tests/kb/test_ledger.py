"""What is known of documents follows their changes: the same as if all of them were gone through anew."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kb import library
from kb.ledger import Ledger
from kb.library import Library
from kb.tables import Table
from tests.conftest import ARTICLE, FAQ, SITE, SOURCES, TOPICS, Folder

A, B, C = "faqs/jifen/a.md", "faqs/jifen/b.md", "faqs/jifen/zhinan-c.md"
OTHERS = 30
"""Files that nobody touches: so many that a few changes stay beside what most files have."""
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
EDITS = (
    *((path, text) for path in (A, B, C) for text in TEXTS),
    (Folder.article, ARTICLE),
    (Folder.article, ARTICLE.replace("#jiaji", "#c")),  # its section has the id of file C
    (Folder.article, ARTICLE.replace("verification: official", "verification: officially")),
    ("topics.yml", TOPICS),
    ("topics.yml", TOPICS.replace("id: jifen", "id: jifen2")),
    ("sources.yml", SOURCES),
    ("sources.yml", SOURCES.replace("某机关", "另一机关")),
    ("site.yml", SITE),
    ("site.yml", SITE + "home: {recommended: [faqs/jifen/a]}\n"),
)

edits = st.lists(st.sampled_from(EDITS), min_size=1, max_size=8)


def other(number: int) -> str:
    """An FAQ that is like no other."""
    text = FAQ.replace("facet: materials", f"facet: materials\n    about: 第{number}种")
    return text.replace("积分要交什么材料？", f"第{number}种积分怎么办？").replace("积分材料清单", f"第{number}种")


def rows(ledger: Ledger) -> dict[str, object]:
    """The tables of a ledger, and their contested keys; in what order several have a key does not count."""
    tables: dict[str, Table[object]] = {each.name: getattr(ledger, each.name) for each in fields(ledger)}
    return {
        name: ({key: sorted(map(repr, table[key])) for key in table}, table.contested) for name, table in tables.items()
    }


@settings(max_examples=40)
@given(edits)
def test_what_follows_changed_files_is_what_reading_all_of_them_gives(edits: list[tuple[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        for number in range(OTHERS):
            folder.write(f"faqs/jifen/other-{number}.md", other(number))
        before = library.load(folder.root)
        for path, text in edits:
            if text is None:
                (folder.root / path).unlink(missing_ok=True)
            else:
                folder.write(path, text)
            loaded = library.load(folder.root, before)
            anew = replace(loaded, derived=None)
            assert loaded.overview == anew.overview
            assert rows(loaded.ledger) == rows(anew.ledger)
            assert [*loaded.entries.items()] == [*anew.entries.items()], "and in the same order"
            assert loaded.problems == library.load(folder.root, replace(before, derived=None)).problems
            assert loaded.fingerprint == fingerprint(loaded)
            before = loaded


def fingerprint(loaded: Library) -> str:
    """What kb/library.py says it is, from what is served alone."""
    served = [f"{path} {loaded.good[path].digest}" for path in sorted(loaded.good)]
    shared = [loaded.site.model_dump_json(), *(topic.model_dump_json() for topic in loaded.topics)]
    return sha256("\n".join((*shared, *served)).encode()).hexdigest()


def test_many_files_that_refer_to_a_deleted_one_are_told_the_same(folder: Folder) -> None:
    for number in range(5):
        text = other(number).replace("topic: jifen", "topic: jifen\nrelated: [faqs/jifen/cailiap]")
        folder.write(f"faqs/jifen/other-{number}.md", text)
    said = [problem for problem in library.load(folder.root).problems if "cailiap" in problem.what]
    assert len(said) == 5
    assert {problem.remedy for problem in said} == {
        "是不是 faqs/jifen/cailiao（积分要交什么材料？）？改成已有条目的编号"
    }

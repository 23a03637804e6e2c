"""What weights are fitted on."""

from __future__ import annotations

from pathlib import Path

from kb import library
from search.fitting import outside_cases
from search.lexicon import load_lexicon
from tests.conftest import Folder


def test_a_question_that_is_not_answered_is_asked_as_if_nobody_had_said_so(folder: Folder, tmp_path: Path) -> None:
    texts = [f"积分商城{number}号店在哪" for number in range(40)]
    folder.write("lexicon/outside.txt", "\n".join(texts))
    lexicon = load_lexicon(folder.root)
    cases = list(outside_cases(library.load(folder.root), lexicon, tmp_path / "index"))
    assert sorted(case.text for case in cases) == sorted(lexicon.outside)
    for case in cases:
        known = case.finder.understanding.lexicon.outside
        assert case.text not in known
        assert len(known) > len(texts) / 2, "most of the others are known"

"""What weights are fitted on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kb import library
from search.fitting import FOLDS, outside_cases
from search.lexicon import load_lexicon
from tests.conftest import Folder


def test_a_question_that_is_not_answered_is_asked_as_if_nobody_had_said_so(folder: Folder, tmp_path: Path) -> None:
    folder.write("lexicon/outside.txt", "\n".join(f"积分商城{number}号店在哪" for number in range(40)))
    lexicon, told = load_lexicon(folder.root), []
    cases = list(
        outside_cases(
            library.load(folder.root), lexicon, tmp_path, date(2026, 11, 28), lambda *done: told.append(done[1:])
        )
    )
    assert sorted(case.text for case in cases) == sorted(lexicon.outside)
    assert told[-1] == (FOLDS, FOLDS)
    left_out = [set(lexicon.outside) - set(case.finder.understanding.lexicon.outside) for case in cases]
    assert all(case.text in gone for case, gone in zip(cases, left_out, strict=True))
    assert len({frozenset(gone) for gone in left_out}) == FOLDS
    assert sum(len(gone) for gone in {frozenset(gone) for gone in left_out}) == len(cases), "each in one fold only"
    query = cases[0].finder.understanding.understand(cases[0].text)
    assert not any(cases[0].right(query, item) for item in cases[0].finder.find(query))

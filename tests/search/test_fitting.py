"""What weights are fitted on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kb import library
from search.evaluation.errors import EvaluationError
from search.evaluation.fitting import FOLDS, fit, outside_cases, question_cases
from search.evaluation.questions import Question
from search.lexicon import load_lexicon
from search.weights import weights
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


def test_rules_keep_their_weight_and_every_sign_can_be_explained(folder: Folder, tmp_path: Path) -> None:
    loaded, lexicon, day = library.load(folder.root), load_lexicon(folder.root), date(2026, 11, 28)
    asked = [Question(q=f"{who}积分审核要{how}", card="20") for who in ("", "请问", "我的") for how in ("多久", "几天")]
    asked += [Question(q=f"积分{what}怎么办", none=True) for what in "甲乙丙丁戊己"]
    cases = {"asked": list(question_cases(asked, loaded, lexicon, tmp_path, day))}
    table = fit(cases, weights(), lambda *_: None).weights
    for ranking in (table.ranking, table.ranking_with_meaning):
        assert (ranking["exact"], ranking["overview"]) == (8.0, 3.0)
    for found in (table.ranking_with_meaning, table.confidence_with_meaning):
        against = {name for name, value in found.items() if value < 0}
        assert against <= {
            "bias", "stale", "whole", "stranger", "unknown", "other_topic", "other_subject", "negation", "person",
        }  # fmt: skip
    assert table.thresholds.sure == weights().thresholds.sure


def test_too_few_questions_to_leave_some_out_are_refused(folder: Folder, tmp_path: Path) -> None:
    loaded, lexicon = library.load(folder.root), load_lexicon(folder.root)
    asked = [Question(q="积分审核要多久", card="20")]
    cases = {"asked": list(question_cases(asked, loaded, lexicon, tmp_path, date(2026, 11, 28)))}
    with pytest.raises(EvaluationError, match="题目太少"):
        fit(cases, weights(), lambda *_: None)

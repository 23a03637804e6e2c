"""Known questions on the real content: floors against getting worse, not the aim. The figures are in docs/quality.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from search import finder
from search.evaluation.questions import Verdict, judge, read_questions
from search.evaluation.uses import Use, read_uses
from search.lexicon import everyday, load_lexicon
from search.service import Service, Settings, open_service
from search.text import question_key
from tests.conftest import CONTENT, ROOT

EXAMS = {
    "exam.yml": 0.96,
    "exam2.yml": 0.96,
    "exam3.yml": 0.95,
    "exam4.yml": 0.93,
    "exam5.yml": 0.94,
    "exam6.yml": 0.94,
    "exam7.yml": 0.94,
    "exam8.yml": 0.95,
    "exam9.yml": 0.93,
    "exam10.yml": 0.95,
    "exam11.yml": 0.94,
    "exam12.yml": 0.90,
    "exam13.yml": 0.89,
    "exam14.yml": 0.93,
    "exam15.yml": 0.88,
    "exam16.yml": 0.88,
    "exam17.yml": 0.88,
    "exam18.yml": 0.88,
    "exam19.yml": 0.88,
    "exam20.yml": 0.88,
    "exam21.yml": 0.88,
    "exam22.yml": 0.88,
    "exam23.yml": 0.88,
    "exam24.yml": 0.88,
    "exam25.yml": 0.88,
    "exam26.yml": 0.88,
    "exam27.yml": 0.88,
    "exam28.yml": 0.88,
    "exam29.yml": 0.88,
}
"""Files that no weight was fitted on, with the share that must be right."""
NOT_ANSWERED = {
    "outside.yml": 0.02,
    "outside2.yml": 0.04,
    "unanswered.yml": 0.13,
    "unanswered2.yml": 0.16,
    "unanswered3.yml": 0.12,
}
"""The same of questions that must get no card, with the share that may get one."""


def _asked(site: Service, name: str) -> list[Verdict]:
    questions = read_questions(ROOT / "tests/questions" / name)
    return [judge(question, site.ask(question.q).card) for question in questions]


def test_what_is_measured_on_is_not_what_was_learnt_from() -> None:
    known = {*load_lexicon(CONTENT).outside_keys, *map(question_key, everyday())}
    for name in (*EXAMS, *NOT_ANSWERED):
        asked = {question_key(question.q) for question in read_questions(ROOT / "tests/questions" / name)}
        assert not asked & known, name


def test_every_question_file_says_whether_weights_were_fitted_on_it() -> None:
    files = [*(ROOT / "tests/questions").glob("*.yml"), ROOT.parent / "shared/questions.yml"]
    uses = read_uses(files)
    assert uses.keys() == {*files}
    fitted = {path.name for path, said in uses.items() if said.use is Use.fitted}
    assert fitted == {"questions.yml", "visitors.yml", "visitors2.yml"}


@pytest.mark.parametrize(("name", "most"), NOT_ANSWERED.items())
def test_what_is_not_answered_gets_no_card(site: Service, name: str, most: float) -> None:
    verdicts = _asked(site, name)
    assert sum(verdict.false for verdict in verdicts) <= most * len(verdicts)


@pytest.mark.parametrize(("name", "floor"), EXAMS.items())
def test_the_exams_that_no_weight_was_fitted_on_are_passed(site: Service, name: str, floor: float) -> None:
    verdicts = _asked(site, name)
    assert sum(verdict.right for verdict in verdicts) > floor * len(verdicts)
    assert sum(verdict.false for verdict in verdicts if verdict.question.none) <= 0.02 * len(verdicts)
    assert sum(verdict.false for verdict in verdicts) <= 0.05 * len(verdicts)


def test_a_content_whose_vectors_are_not_all_kept_answers_nearly_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(finder, "REMEMBERED", 0)
    verdicts = _asked(open_service(Settings(CONTENT, tmp_path)), "exam10.yml")
    assert sum(verdict.right for verdict in verdicts) > 0.945 * len(verdicts)
    assert sum(verdict.false for verdict in verdicts) <= 0.03 * len(verdicts)


@pytest.mark.parametrize(("name", "floor", "most"), [("visitors.yml", 0.89, 0.05), ("visitors2.yml", 0.82, 0.05)])
def test_visitors_get_their_card_or_none(site: Service, name: str, floor: float, most: float) -> None:
    verdicts = _asked(site, name)
    assert sum(verdict.right for verdict in verdicts) > floor * len(verdicts)
    assert sum(verdict.false for verdict in verdicts) <= most * len(verdicts)

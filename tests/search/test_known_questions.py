"""Known questions on the real content, held against what was measured (content/quality.json, docs/quality.md)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from search import finder
from search.chinese import everyday
from search.evaluation.questions import Verdict, judge, read_questions
from search.evaluation.uses import Use, read_uses
from search.lexicon import load_lexicon
from search.service import Service, Settings, open_service
from search.text import question_key
from tests.conftest import CONTENT, ROOT

QUESTIONS = ROOT / "tests/questions"
MEASURED = json.loads((CONTENT / "quality.json").read_text("utf-8"))
FILES = {each["name"]: each["total"] for each in MEASURED["files"] if each["use"] != "fitted"}
"""Files that no weight was fitted on, with what `kb eval --report` measured."""
DAY = date.fromisoformat(MEASURED["day"])
"""As of which all is asked: content that has expired by now answers less, and is for `kb check` to tell."""
SLACK = 0.02
"""What may be lost, as a share of a file's questions; of a small one, two."""
ALSO_FITTED = 12
"""Questions that stand in a fitted file as well: short ones, that more than one person thought of."""


def _asked(site: Service, name: str) -> list[Verdict]:
    return [judge(question, site.ask(question.q, as_of=DAY).card) for question in read_questions(QUESTIONS / name)]


def _keys(name: str) -> set[str]:
    return {question_key(question.q) for question in read_questions(QUESTIONS / name)}


def test_what_is_measured_on_is_not_what_was_learnt_from() -> None:
    known = {*load_lexicon(CONTENT).outside_keys, *map(question_key, everyday())}
    fitted = _keys("visitors.yml") | _keys("visitors2.yml")
    for name in FILES:
        assert not _keys(name) & known, name
    assert sum(len(_keys(name) & fitted) for name in FILES) <= ALSO_FITTED


def test_every_question_file_says_whether_weights_were_fitted_on_it() -> None:
    files = [*(ROOT / "tests/questions").glob("*.yml"), ROOT.parent / "shared/questions.yml"]
    uses = read_uses(files)
    assert uses.keys() == {*files}
    fitted = {path.name for path, said in uses.items() if said.use is Use.fitted}
    assert fitted == {"questions.yml", "visitors.yml", "visitors2.yml"}


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_questions_has_fewer_right_answers_or_more_wrong_cards_than_were_measured(
    site: Service, name: str
) -> None:
    verdicts, measured = _asked(site, name), FILES[name]
    slack = max(2, SLACK * len(verdicts))
    assert sum(verdict.right for verdict in verdicts) >= measured["all"]["right"] - slack
    assert sum(verdict.false for verdict in verdicts) <= measured["wrong"] + measured["false_cards"] + slack


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

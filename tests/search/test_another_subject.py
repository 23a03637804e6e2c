"""Another subject needs a content folder and nothing else: the rules of an invented library."""

from __future__ import annotations

from datetime import date

import pytest

from search.evaluation.acceptance import acceptance
from search.evaluation.questions import judge, read_questions
from search.service import Service, Settings, open_service
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def library_site(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return open_service(Settings(ROOT / "tests/content_library", tmp_path_factory.mktemp("library")))


def test_every_wording_of_its_own_finds_its_card(library_site: Service) -> None:
    assert acceptance(library_site, lambda *_: None, date(2026, 11, 24)).misses == ()


def test_its_known_questions_are_answered_and_no_others(library_site: Service) -> None:
    questions = read_questions(ROOT / "tests/questions/library.yml")
    verdicts = [judge(question, library_site.ask(question.q).card) for question in questions]
    assert [verdict.question.q for verdict in verdicts if verdict.question.none and verdict.false] == []
    assert sum(verdict.right for verdict in verdicts) >= 0.9 * len(verdicts)


def test_it_knows_nothing_of_shanghai(library_site: Service) -> None:
    assert library_site.ask("居住证积分审核要多久").card is None


def test_the_rules_that_ship_with_wence_name_nothing_of_shanghai() -> None:
    rules = "".join(path.read_text("utf-8") for path in sorted((ROOT / "search/data").glob("*.yml")))
    ours = ("上海", "沪", "居住证", "居转户", "签注", "断签", "积分", "落户", "随申办", "一网通办", "962222", "120")
    assert not [name for name in ours if name in rules]

"""More regression cases of understanding: whole words, codes, invisible characters, corrections, places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from search.service import Service
from tests.conftest import Folder

PLAIN = "积分审核要多久"


@pytest.fixture
def shelf(folder: Folder, open_folder: Callable[..., Service]) -> Service:
    """A small content whose titles have words beside each other that make other words by accident."""
    base = (folder.root / folder.faq).read_text("utf-8")
    for slug, title in (
        ("jieduan", "积分阶段简介在哪里看？"),
        ("anzhuang", "积分软件安装简单吗？"),
        ("daichuli", "积分显示待处理是什么意思？"),
        ("chuli", "积分问题由谁处理？"),
        ("th01", "TH01表怎么填？"),
        ("th02", "TH02表怎么填？"),
    ):
        text = base.replace("积分要交什么材料？", title).replace("积分材料清单", f"{slug}问法")
        folder.write(f"faqs/jifen/{slug}.md", text.replace("facet: materials", f"facet: materials\n    about: {slug}"))
    return open_folder(folder)


def _found(service: Service, text: str) -> list[str]:
    return [result.id.rpartition("/")[2] for result in service.search(text).results]


def test_characters_beside_each_other_by_accident_are_no_word_and_no_answer(site: Service, shelf: Service) -> None:
    assert "段简" not in site.explain("阶段简介").query.words
    for service in (site, shelf):
        assert service.ask("段简").card is None


def test_a_word_is_found_where_it_is_a_word(shelf: Service) -> None:
    assert _found(shelf, "阶段简介")[0] == "jieduan"
    assert _found(shelf, "简单")[0] == "anzhuang"
    assert "jieduan" not in _found(shelf, "简单")


def test_a_word_and_the_longer_word_around_it_find_each_their_own_first(shelf: Service) -> None:
    assert _found(shelf, "待处理")[0] == "daichuli"
    assert _found(shelf, "处理")[0] == "chuli"


def test_a_code_of_letters_and_digits_is_found_whole_and_only_whole(shelf: Service) -> None:
    assert _found(shelf, "TH01")[0] == _found(shelf, "ＴＨ０１")[0] == "th01"
    assert "th02" not in _found(shelf, "TH01")
    assert not {"th01", "th02"} & {*_found(shelf, "TH"), *_found(shelf, "01")}


def test_a_name_that_begins_with_the_place_is_not_the_place(site: Service) -> None:
    assert not any("<mark>上海</mark>" in result.snippet for result in site.ask("上海交通大学").results)


@pytest.mark.parametrize("asked", ["?", "？！。、", "……——", "😀😀🎉", "👨‍👩‍👧", "？😀！", "\u200b\u200d\ufeff"])
def test_without_a_word_there_is_nothing_and_no_failure(site: Service, asked: str) -> None:
    answer = site.ask(asked)
    assert (answer.card, answer.candidates, answer.results) == (None, (), ())


def test_full_width_digits_are_digits(site: Service) -> None:
    wide = site.ask("博士能加１２０分吗")
    assert wide.card is not None
    assert wide.card == site.ask("博士能加120分吗").card


@pytest.mark.parametrize(
    "asked", ["积\u200b分审\u200d核要多久", "积\u202e分审\u202c核要多久", "\u2066积分\u2069审核\u200f要多久"]
)
def test_invisible_characters_inside_words_make_no_difference(site: Service, asked: str) -> None:
    answer, plain = site.ask(asked), site.ask(PLAIN)
    assert plain.card is not None
    assert (answer.understood, answer.card, answer.results) == (plain.understood, plain.card, plain.results)


@pytest.mark.parametrize(("typed", "wrong"), [("机分审核多久", "机分"), ("鸡分审核多久", "鸡分")])
def test_a_correction_says_what_was_typed_and_used_and_can_be_undone(site: Service, typed: str, wrong: str) -> None:
    corrected = site.ask(typed)
    assert [(found.typed, found.used) for found in corrected.understood.corrections] == [(wrong, "积分")]
    undone = site.ask(typed, exact=True)
    assert (undone.understood.corrections, undone.understood.text) == ((), typed)


@pytest.mark.parametrize("asked", ["苏州居住证", "从上海搬到苏州以后苏州居住证怎么申领", "深圳居住证签注"])
def test_what_is_asked_of_another_place_is_not_answered_and_said_to_be_elsewhere(site: Service, asked: str) -> None:
    answer = site.ask(asked)
    assert (answer.card, answer.candidates) == (None, ())
    assert site.explain(asked).query.outside in answer.understood.hints


def test_one_thing_asked_gets_no_second(site: Service) -> None:
    card = site.ask(PLAIN).card
    assert card is not None
    assert not any(note.startswith("所需材料：") for note in card.notes)

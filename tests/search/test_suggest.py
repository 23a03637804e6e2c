"""Suggestions while typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from kb.comparing import comparable
from kb.library import load
from kb.model import Status
from search import suggest
from search.service import Service
from search.suggest import Suggester
from search.text import normalise
from tests.conftest import FAQ, SITE, Folder

ALL = 10_000

Ask = Callable[..., list[str]]


@pytest.fixture(scope="module")
def suggester(site: Service) -> Suggester:
    return Suggester(site.library)


@pytest.fixture
def asking(folder: Folder) -> Ask:
    """Titles suggested in a library of FAQs: typed, question to aliases, use by title."""

    def titles(typed: str, faqs: Mapping[str, str], use: Mapping[str, int] | None = None, limit: int = 8) -> list[str]:
        (folder.root / folder.article).unlink()
        (folder.root / folder.faq).unlink()
        for number, (question, aliases) in enumerate(faqs.items()):
            text = FAQ.replace("积分要交什么材料？", question).replace("积分材料清单", aliases)
            folder.write(
                f"faqs/jifen/n{number}.md", text.replace("facet: materials", f"facet: materials\n    about: {number}")
            )
        library = load(folder.root)
        assert len(library.entries) == len(faqs), library.problems
        return [each.title for each in Suggester(library, use or {}).suggest(typed, limit)]

    return titles


@pytest.mark.parametrize(
    "typed",
    [
        "居住证丢",
        "证丢了怎么补",
        "juzhuzhengdiu",
        "juzhuzhengdiulezenmebuban",
        "zhengdiuleze",
        "jzzdlzmbb",
        "jzhzhdl",
        "zzdlzm",
        "居住证diul",
        "jzz丢了",
        "jzz丢lezenm",
        "juzhu证丢了怎么b",
        "居住證丟了",
        "ＪＺＺ丢了",
        "JuZhuZheng diu'le",
        "居住证，丢了怎么补办??",
    ],
)
def test_a_question_is_found_however_it_is_typed(suggester: Suggester, typed: str) -> None:
    assert "居住证丢了怎么补办？" in [each.title for each in suggester.suggest(typed, 20)]


@pytest.mark.parametrize(("typed", "begin"), [("积分xub", "积分续办"), ("jzz积分", "居住证积分")])
def test_mixed_typing_finds_what_begins_so(suggester: Suggester, site: Service, typed: str, begin: str) -> None:
    found = suggester.suggest(typed, 3)
    assert len(found) == 3
    for each in found:
        assert any(comparable(wording).startswith(begin) for wording in _wordings(site, each.title)), each.title


def test_every_title_in_force_is_found_by_its_text_sound_and_initials(suggester: Suggester, site: Service) -> None:
    for entry in site.library.entries.values():
        if entry.status_on(date.today()) is not Status.in_force:
            continue
        text = normalise(entry.title)
        for typed in (text, text[1:], "".join(lazy_pinyin(text)), "".join(lazy_pinyin(text, Style.FIRST_LETTER))):
            assert entry.title in [each.title for each in suggester.suggest(typed, ALL)], typed


def test_a_suggestion_leads_to_the_entry_that_answers_it(suggester: Suggester, site: Service) -> None:
    by_url = {entry.url: entry for entry in site.library.entries.values()}
    found = suggester.suggest("积分", ALL)
    assert len(found) > 50
    for each in found:
        entry = by_url[each.url]
        assert each.title in {entry.title, *(fact.question for fact in entry.facts)}
        assert each.kind == entry.kind.value


def test_an_alias_is_shown_as_its_question_and_a_question_only_once(asking: Ask) -> None:
    assert asking("积分", {"积分多少分达标？": "积分达标线, 积分及格线, 达标要积分几分"}) == ["积分多少分达标？"]


def test_what_begins_so_comes_before_what_holds_it_and_text_before_sound(asking: Ask) -> None:
    faqs = {"我要办积分": "甲甲", "查 jifen": "乙乙", "积分从哪天算？": "丙丙", "jifen 的网址是什么？": "丁丁"}
    assert asking("jifen", faqs) == ["jifen 的网址是什么？", "积分从哪天算？", "查 jifen", "我要办积分"]


def test_full_pinyin_comes_before_initials(asking: Ask) -> None:
    assert asking("sha", {"市海关？": "甲甲", "啥时候能办？": "乙乙"}) == ["啥时候能办？", "市海关？"]


def test_among_equals_the_most_asked_come_first_then_the_shortest_then_the_first_id(asking: Ask) -> None:
    faqs = {
        "积分查询怎么操作？": "甲甲",
        "积分去哪办？": "乙乙",
        "积分找谁办？": "丙丙",
        "积分能不能转到别处？": "丁丁",
    }
    assert asking("积分", faqs, {"积分能不能转到别处？": 3}) == [
        "积分能不能转到别处？",
        "积分去哪办？",
        "积分找谁办？",
        "积分查询怎么操作？",
    ]


def test_before_anybody_asked_what_editors_call_popular_comes_first(asking: Ask, folder: Folder) -> None:
    folder.write("site.yml", f"{SITE}home: {{popular: [积分查询怎么操作]}}\n")
    faqs = {"积分去哪办？": "甲甲", "积分查询怎么操作？": "乙乙", "积分找谁？": "丙丙"}
    assert asking("积分", faqs)[:2] == ["积分查询怎么操作？", "积分找谁？"]


def test_use_never_puts_a_worse_kind_of_match_first(asking: Ask) -> None:
    faqs = {"积分去哪办？": "甲甲", "查积分": "乙乙"}
    assert asking("积分", faqs, {"查积分": 1000}) == ["积分去哪办？", "查积分"]


def test_pinyin_is_looked_for_from_syllable_to_syllable_only(asking: Ask) -> None:
    faqs = {"积分怎么办？": "甲甲"}
    assert asking("ifen", faqs) == []


def test_one_letter_suggests_only_what_begins_with_its_sound(asking: Ask) -> None:
    assert asking("j", {"积分怎么办？": "甲甲", "办积分": "乙乙"}) == ["积分怎么办？"]


def test_a_character_is_spelled_as_it_sounds_where_it_stands(asking: Ask) -> None:
    assert asking("chongxinshen", {"重新申请要等吗？": "甲甲", "重点人才加分吗？": "乙乙"}) == ["重新申请要等吗？"]


def test_drafts_and_entries_not_in_force_are_left_out_from_the_day_it_is_so(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> Later:
            return cls(2100, 1, 1)

    folder.change(folder.article, "effective: {from: 2023-01-01", "effective: {from: 2020-01-01")
    folder.change(folder.faq, "status: in_force", "status: draft")
    suggester = Suggester(load(folder.root))
    assert {each.url for each in suggester.suggest("积分", 8)} == {"/a/jifen/zhinan"}
    monkeypatch.setattr(suggest, "date", Later)
    assert suggester.suggest("积分", 8) == ()


def test_a_library_without_entries_suggests_nothing(folder: Folder) -> None:
    (folder.root / folder.article).unlink()
    (folder.root / folder.faq).unlink()
    assert Suggester(load(folder.root)).suggest("积分", 8) == ()


@pytest.mark.parametrize("typed", ["", "  ", "？！", "\u200b", "鑫鑫", "积分" * 400, "jifen" * 200, "zh" * 300])
def test_nothing_is_suggested_for_nothing_and_for_what_is_in_no_question(suggester: Suggester, typed: str) -> None:
    assert suggester.suggest(typed, 8) == ()


@settings(max_examples=200)
@given(typed=st.text(st.sampled_from("积分居住证办jzhifeng1 '？鑫\u0301🙂") | st.characters()), limit=st.integers(0, 9))
def test_anything_can_be_typed(suggester: Suggester, typed: str, limit: int) -> None:
    found = suggester.suggest(typed, limit)
    assert len(found) <= limit
    assert len({each.title for each in found}) == len(found)
    assert found == suggester.suggest(typed, 9)[:limit]


def _wordings(site: Service, title: str) -> list[str]:
    """All ways in which a title can be asked."""
    return [
        normalise(wording)
        for entry in site.library.entries.values()
        for question, aliases in [
            (entry.title, entry.aliases),
            *((fact.question, fact.aliases) for fact in entry.facts),
        ]
        if question == title
        for wording in (title, *aliases)
    ]


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("chongxinban", "居住证要重新办吗？"),
        ("shenhemeiguo", "审核没过怎么弄？"),
        ("dabiaode", "积分达标的材料几月收？"),
        ("xingbuxing", "续积分去街道行不行？"),
    ],
)
def test_a_character_with_several_sounds_is_spelt_as_in_its_word(asking: Ask, typed: str, question: str) -> None:
    assert asking(typed, {question: "别的问法"}) == [question]

"""Cases that other search boxes got wrong, and what keeps ours from a wrong card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Entry, Period, Status
from search.parts import parts_of
from search.service import Service
from search.text import normalise
from tests.conftest import TOPICS, Folder


@pytest.mark.parametrize(
    "asked",
    [
        "告诉我如何写周报",
        "上海交通大学",
        "查",
        "怎么办?",
        "。，！？",
        "🙂🙂",
        "TH01",
        "苏州居住证怎么办",
        "我人在上海，想给父母在合肥办居住证，要什么材料",
        "国航里程积分怎么查",
        "房产证丢了怎么补",
        "积分排位赛怎么打",
    ],
)
def test_no_card_for_what_is_not_ours_or_says_nothing(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("积\u200b分审\u202e核要多久", "积分审核要多久"),
        ("１２０分怎么算", "120分怎么算"),
        ("一百二十分怎么算", "120分怎么算"),
        ("積分審核要多久", "积分审核要多久"),
        ("\u2f08均积分", "人均积分"),
    ],
)
def test_spellings_of_one_thing_meet(site: Service, asked: str, understood: str) -> None:
    assert site.ask(asked).understood.text == understood


def test_a_code_of_letters_and_digits_stays_whole(site: Service) -> None:
    assert "th01" in site.explain("TH01 表格").query.words


def test_who_comes_from_elsewhere_is_still_answered_about_here(site: Service) -> None:
    assert site.explain("我户口在江西，能在上海办居住证吗").query.outside is None
    assert site.explain("从上海搬到苏州以后苏州居住证怎么申领").query.outside is not None


def test_an_unknown_name_before_a_subject_owns_it(site: Service) -> None:
    assert site.explain("国航里程积分怎么查").query.owner == "里程"
    assert site.explain("单位的积分怎么查").query.owner is None


def test_who_does_not_say_of_what_is_offered_a_question_of_each_matter(site: Service) -> None:
    library = site.library
    for asked, facet in (
        ("材料", "materials"),
        ("上海要什么材料", "materials"),
        ("要多久", "review_time"),
        ("要多久多久", "review_time"),
        ("在哪办？", "place"),
        ("怎么办", "process"),
    ):
        answer = site.ask(asked)
        offered = [site.ask(link.title).card for link in answer.candidates]
        assert answer.card is None
        assert {card and card.facet for card in offered} == {facet}, asked
        assert len({library.entries[card.entry.id].topic for card in offered if card}) == len(offered) >= 2


def test_who_stops_in_the_middle_is_offered_how_such_questions_go_on(site: Service) -> None:
    for asked, meant in (
        ("居住证过", "居住证过期了怎么续签？"),
        ("居住证在", "办居住证去哪里？"),
        ("年龄", "年龄积分怎么算？"),
    ):
        assert meant in [link.title for link in site.ask(asked).candidates], asked


def test_how_a_bare_name_goes_on_comes_before_what_is_only_near(site: Service) -> None:
    begun = [suggestion.title for suggestion in site.suggest("居住证过")]
    offered = [link.title for link in site.ask("居住证过").candidates]
    assert offered[0] in begun


def test_a_strange_word_or_another_relative_is_a_doubt_that_a_sure_answer_overrules(site: Service) -> None:
    for sure in ("我的积分压根没有120，居转户能不能办", "我媳妇是外地户口，有积分，能给我加分吗"):
        assert site.ask(sure).card is not None, sure
    for doubtful in ("我老丈人是上海人，我能加分吗", "国航里程积分多少"):
        assert site.ask(doubtful).card is None, doubtful


def test_another_document_that_was_lost_is_not_taken_for_ours(site: Service) -> None:
    for asked in ("结婚证丢了怎么补", "房产证丢了", "营业执照丢了"):
        answer = site.ask(asked)
        assert (answer.card, answer.candidates) == (None, ()), asked


def test_what_is_over_is_not_offered_to_who_only_asks(folder: Folder, open_folder: Callable[..., Service]) -> None:
    asked = "要什么材料"
    folder.write("lexicon/scope.yml", "subjects: [积分]\n")
    assert [link.title for link in open_folder(folder).ask(asked).candidates] == ["积分要交什么材料？"]
    folder.change(folder.faq, "status: in_force", "status: expired\neffective: {from: 2020-01-01, to: 2021-12-31}")
    assert open_folder(folder).ask(asked).candidates == ()


def test_what_is_offered_is_of_the_topic_that_was_chosen_and_holds_on_the_day(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.write("lexicon/scope.yml", "subjects: [积分]\n")
    folder.write("topics.yml", TOPICS + "- {id: luohu, name: 落户, summary: 关于落户}\n")
    folder.change(folder.faq, "reviewed:", "effective: {from: 2023-01-01, to: null}\nreviewed:")
    small = open_folder(folder)
    title = "积分要交什么材料？"
    assert title in [link.title for link in small.ask("积分").candidates]
    assert title not in [link.title for link in small.ask("积分", as_of=date(2022, 1, 1)).candidates]
    assert small.ask("积分", topic="luohu").candidates == ()


def test_nothing_is_offered_to_who_asks_nothing_or_names_what_is_not_ours(site: Service) -> None:
    for asked in ("???", "国航里程积分", "深圳积分", "今天天气怎么样", "上海", "猫怎么办", "什么是爱"):
        assert site.ask(asked).candidates == (), asked


def test_a_bare_matter_gets_its_overview_and_an_ambiguous_one_candidates(site: Service) -> None:
    for asked, question in (("积分续办", "积分续办的流程步骤是什么？"), ("签注", "居住证签注怎么办理？")):
        card = site.ask(asked).card
        assert card is not None
        assert card.question == question
    unsure = site.ask("居住证")
    assert (unsure.card, unsure.understood.topic) == (None, None)
    assert 0 < len(unsure.candidates) <= 3


@pytest.mark.parametrize(
    ("asked", "facet"), [("签注是个啥", "definition"), ("居住证续一下要几钿", "fee"), ("居住证要去啥地方办啦", "place")]
)
def test_who_asks_in_his_own_way_does_not_only_name_a_matter(site: Service, asked: str, facet: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.facet == facet


def test_a_name_that_one_card_alone_tells_of_gets_that_card(site: Service) -> None:
    for asked, entry in (("留学生落户", "faqs/juzhuanhu/liuxuesheng"), ("夫妻投靠", "faqs/juzhuanhu/fuqi-toukao")):
        card = site.ask(asked).card
        assert card is not None, asked
        assert card.entry.id == entry


def test_of_one_entrys_facts_that_are_as_near_the_one_asked_for_is_told(site: Service) -> None:
    card = site.ask("人才引进落户条件").card
    assert card is not None
    assert (card.entry.id, card.facet) == ("faqs/juzhuanhu/rencai-yinjin", "eligibility")


def test_keywords_are_offered_the_question_of_the_matter_and_the_thing_they_name(site: Service) -> None:
    assert "居转户需要什么材料？" in [link.title for link in site.ask("落户材料").candidates]


def test_what_is_said_as_it_is_asked_comes_before_what_says_it_in_unusual_words(site: Service) -> None:
    # 社会保险, 城保 and a dozen names of the permit are rarer than 社保 and 居住证, and found forty passages that say those.
    for asked in ("没社保，居住证能不能办", "居住证没社保能申请吗"):
        ranked = site.explain(asked).ranked
        assert "faqs/shenling/yao-shebao" in [item.passage.entry for item in ranked[:3]], asked


def test_who_names_a_matter_and_a_word_that_asks_nothing_gets_no_card(site: Service) -> None:
    for asked in ("签注为什么", "居转户为什么", "签注谁", "居住证", "积分"):
        assert site.ask(asked).card is None, asked


def test_a_wrong_name_that_no_text_has_finds_what_it_is_a_name_of(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.write("lexicon/scope.yml", "subjects: [清单, 积分]\n")
    folder.write("lexicon/synonyms.yml", "- {term: 清单, loose: [货单], hint: 叫清单。}\n")
    base = (folder.root / folder.faq).read_text("utf-8").replace("facet: materials", "facet: process\n    about: 别的")
    for number in range(60):
        title = f"积分第{number}件事怎么办？"
        folder.write(
            f"faqs/jifen/q{number}.md", base.replace("积分要交什么材料？", title).replace("积分材料清单", title[:-1])
        )
    assert open_folder(folder).ask("积分货单").results[0].id == "faqs/jifen/cailiao"


def test_a_content_has_its_own_english(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.write("lexicon/synonyms.yml", "- {term: 积分, english: [bonus points]}\n- {term: online, exact: [fee]}\n")
    small = open_folder(folder)
    assert small.ask("bonus-points要交什么documents").understood.text == "积分要交什么材料"
    assert small.ask("积分fee").understood.text == "积分fee"


def test_where_it_is_unsure_it_offers_questions_that_have_an_answer(site: Service) -> None:
    offered = [
        link for asked in ("补卡得等几天呀", "居住证", "居住证的事打哪个号码") for link in site.ask(asked).candidates
    ]
    assert offered
    assert all(site.ask(link.title).card is not None for link in offered)


def test_an_article_asked_for_by_its_title_shows_the_card_of_one_of_its_facts(site: Service) -> None:
    card = site.ask("上海居住证积分怎么算：120 分的规则").card
    assert card is not None
    assert card.entry.id == "articles/jifen-fenzhi/zhinan"


def test_a_question_that_names_no_matter_is_answered_when_its_words_imply_one_and_nothing_else_is_named(
    site: Service,
) -> None:
    card = site.ask("补一张新卡贵不贵").card
    assert card is not None
    assert card.entry.id == "articles/buling/zhinan"
    assert site.ask("手机卡丢了补卡要几天").card is None


def test_a_long_term_is_heard_where_its_end_makes_a_word_with_what_follows(site: Service) -> None:
    assert site.ask("居住登纪要什么材料").understood.text == "居住登记要什么材料"


def test_little_words_that_sound_like_a_term_are_not_corrected(site: Service) -> None:
    for asked in ("只要学的是紧缺专业就加分吗", "四十九岁，中级证，积分差几分"):
        assert site.ask(asked).understood.corrections == ()
    assert site.ask("不办居住证可以吗").understood.corrections == ()


def test_a_wrong_name_is_read_as_the_right_one(site: Service) -> None:
    card = site.ask("居住证年检要带哪些证件").card
    assert card is not None
    assert (card.entry.id, card.facet) == ("articles/qianzhu/zhinan", "materials")


def test_a_question_that_two_matters_may_be_meant_by_shows_both_to_choose_from(site: Service) -> None:
    asked = "补领居住证要付工本费吗"
    card = site.ask(asked).card
    assert card is not None
    assert card.kind == "fork"
    assert len({choice.topic for choice in card.choices}) == 2
    assert site.ask(asked).understood.topic is None
    named = site.ask("续办积分要不要到现场").card
    assert named is not None
    assert named.kind != "fork"


def test_each_of_two_answers_says_whether_it_is_verified_and_none_is_out_of_force(
    site: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "补领居住证要付工本费吗"
    card = site.ask(asked).card
    assert card is not None
    for choice in card.choices:
        entry = next(entry for entry in site.library.entries.values() if entry.url == choice.url)
        (fact,) = (fact for fact in entry.facts if entry.question_of(fact) == choice.question)
        assert (choice.status, choice.verification) == ("in_force", fact.verification or entry.verification)
    second = next(entry for entry in site.library.entries.values() if entry.url == card.choices[1].url)
    over = second.model_copy(update={"status": Status.superseded, "effective": Period(to=date(2020, 1, 1))})
    beside = tuple(over if entry.id == over.id else entry for entry in site.library.by_topic[over.topic])
    monkeypatch.setitem(cast("dict[str, Entry]", site.library.entries), over.id, over)
    monkeypatch.setitem(cast("dict[str, tuple[Entry, ...]]", site.library.by_topic), over.topic, beside)
    alone = site.ask(asked, as_of=date(2026, 12, 25)).card
    assert alone is None or alone.choices == ()


@pytest.mark.parametrize(
    "asked",
    [
        "50岁大专社保15年够120分吗",
        "45岁大专社保5年够120分吗",
        "45岁大专社保14年够120分吗",
        "45岁硕士够120分吗",
        "50岁硕士够120分吗",
        "82年大专社保12年够120分吗",
        "1975年的大专社保15年够120分吗",
        "孩子2010年出生，我大专，社保15年，够120吗",
    ],
)
def test_a_worked_case_of_another_age_or_number_of_years_is_no_answer(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is None or "够" not in card.answer[:2]


def test_an_articles_own_words_show_only_the_fact_that_they_ask_for(site: Service) -> None:
    card = site.ask("积分材料清单").card
    assert card is None or card.facet == "materials"


def test_the_region_said_or_not_said_is_the_same_question(site: Service) -> None:
    for asked in ("在上海办居住证要什么材料", "办居住证要什么材料"):
        card = site.ask(asked).card
        assert card is not None
        assert (card.entry.id, card.facet) == ("articles/shenling/zhinan", "materials")


@pytest.mark.parametrize("asked", ["居住证办理", "居住证是什么", "积分办理", "居住证积分条件", "积分政策", "中考条件"])
def test_the_region_before_a_matter_makes_it_no_other(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    told = site.ask(f"上海{asked}").card
    assert told is not None
    assert (told.entry.id, told.facet) == (card.entry.id, card.facet)


def test_the_region_before_what_it_makes_another_thing_stays(site: Service) -> None:
    assert "上海户口" in site.explain("上海户口怎么办").query.focus


@pytest.mark.parametrize("asked", ["居住证办理", "办理居住证", "签注办理", "办理积分", "申办居转户"])
def test_who_wants_a_matter_done_is_told_how(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.facet == "process"


def test_an_age_may_be_told_without_its_unit(site: Service) -> None:
    card = site.ask("我57了还能申请积分不").card
    assert card is not None
    assert card.entry.id == "faqs/jifen/nianling-50"
    for asked in ("我57了还能申请积分不", "我今年45，大专", "我妈62了"):
        assert "岁" in site.explain(asked).query.anywhere, asked
    others = (
        "我15年来的上海",
        "我今年25号去签注",
        "我42分够吗",
        "我21.5分够吗",
        "我36,000",
        "我30~40",
        "我22.6办的",
        "姓公26",
    )
    for asked in others:
        assert "岁" not in site.explain(asked).query.anywhere, asked


def test_a_story_that_names_the_region_keeps_its_clauses(site: Service) -> None:
    query = site.explain("我在上海上班五年了，去年办了居住证，现在搬家了，地址要不要去改？").query
    assert query.focus == "地址要不要去改"
    assert query.story.startswith("我上班5年了")


def test_a_topic_that_the_question_does_not_name_has_no_answer_to_it(site: Service) -> None:
    assert site.ask("积分审核要多久", topic="daiyu").card is None
    card = site.ask("积分审核要多久", topic="jifen").card
    assert card is not None
    assert card.entry.id == "articles/jifen/zhinan"


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("jifen", "积分"),
        ("jifen fuhe zhao shei", "积分复核找谁"),
        ("shebao jishu sanbei jiafen", "社保基数3倍加分"),
        ("jifen fuhe xxq zhaoshei", "积分复核xxq找谁"),
        ("jifen tongzhishu zai nali dayin", "积分通知书在哪里打印"),
        ("jzz xuban", "居住证续办"),
        ("jishi zhengshu duoshao fen", "技师证书多少分"),
        ("ji shi zheng shu ji duo shao fen", "技师证书积多少分"),
        ("jifens henhe duojiu", "积分审核多久"),
    ],
)
def test_a_question_in_pinyin_is_read_as_far_as_it_can_be(site: Service, asked: str, understood: str) -> None:
    assert site.ask(asked).understood.text == understood


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("jzz cl", "居住证材料"),
        ("jzzcl", "居住证材料"),
        ("jf sq lc", "积分申请流程"),
        ("jzhtj", "居转户条件"),
        ("jzz gq zmb", "居住证过期怎么办"),
        ("sh jzz", "sh 居住证"),
        ("tj jf", "tj 积分"),
        ("jd jf", "jd 积分"),
        ("cl", "cl"),
        ("abc cl", "abc cl"),
        ("居住证 cl", "居住证 cl"),
    ],
)
def test_what_is_asked_is_read_by_its_initials_beside_a_matter(site: Service, asked: str, understood: str) -> None:
    assert site.ask(asked).understood.text == understood


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("居住证怎么renew", "居住证怎么签注"),
        ("积分apply需要什么Documents", "积分申请需要什么材料"),
        ("residence permit怎么办", "居住证怎么办"),
        ("residence-permit怎么办", "居住证怎么办"),
        ("居住证apply online可以吗", "居住证申请 网上可以吗"),
        ("居住证lost了怎么办", "居住证丢了怎么办"),
        ("PhD可以加多少分", "博士可以加多少分"),
        ("居住证app怎么下载", "居住证app怎么下载"),
        ("renews的居住证", "renews的居住证"),
        ("work permit怎么renew", "work permit怎么签注"),
        ("parking fee多少", "parking fee多少"),
        ("how to renew residence permit", "how to renew residence permit"),
        ("“renew residence permit”", "“renew residence permit”"),
    ],
)
def test_english_words_are_read_among_chinese_ones_where_all_that_stand_together_are_known(
    site: Service, asked: str, understood: str
) -> None:
    assert site.ask(asked).understood.text == understood


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("签注要带什么证建", "签注要带什么证件"),
        ("居转互要满足哪些条建", "居转户要满足哪些条件"),
        ("学位正没拿到本科算几分", "学位证没拿到本科算几分"),
        ("居住证公本费多少", "居住证工本费多少"),
        ("受里点在哪里", "受理点在哪里"),
        ("人在外地怎么签注", "人在外地怎么签注"),
        ("居住证下个月要签了", "居住证下个月要签了"),
        ("酒驾被拘了几天扣分吗", "酒驾被拘了几天扣分吗"),
        ("按月付房租能办居住登记吗", "按月付房租能办居住登记吗"),
    ],
)
def test_a_word_misspelt_by_sound_is_corrected_where_no_text_has_what_was_typed(
    site: Service, asked: str, understood: str
) -> None:
    assert site.ask(asked).understood.text == understood


def _respelt(site: Service, text: str) -> bool:
    """Whether Han characters of a text are taken for a misspelling."""
    return any(not correction.typed.isascii() for correction in site.explain(text).query.corrections)


def test_next_to_nothing_that_editors_wrote_is_taken_for_a_misspelling(site: Service) -> None:
    facts = [fact for entry in site.library.entries.values() for fact in entry.facts]
    asked = [text for fact in facts for text in fact.aliases]
    assert len(asked) > 4_000
    changed = [text for text in asked[::7] if _respelt(site, text)]
    assert len(changed) < len(asked[::7]) / 200  # what one text alone has may be a misspelling


@pytest.mark.parametrize("asked", ["xi'an juzhuzheng zenme ban", "xi an juzhuzheng zenme ban"])
def test_two_syllables_are_not_read_as_one(site: Service, asked: str) -> None:
    assert "先" not in site.ask(asked).understood.text
    assert site.ask(asked).card is None


def test_other_languages_are_not_read_as_pinyin(site: Service) -> None:
    for asked in ("How do I renew a permit in town", "the quick brown fox", "pdf app hr"):
        assert site.ask(asked).understood.corrections == ()


def test_a_place_of_home_with_its_ending_is_home(site: Service) -> None:
    """松江 is declared; 松江区 is the same place, and nothing that owns the points."""
    query = site.explain("松江区积分受理点电话").query
    assert query.owner is None
    assert query.outside is None
    assert site.ask("松江区积分受理点电话").card is not None
    assert site.explain("天山区积分受理点电话").query.outside is not None


@pytest.mark.parametrize(
    "asked", ["舟山普陀区居住证怎么办", "shenzhen jifen ruhu tiaojian", "zai suzhou ban juzhuzheng"]
)
def test_another_city_is_elsewhere_in_pinyin_and_with_a_district_named_like_ours(site: Service, asked: str) -> None:
    assert site.explain(asked).query.outside is not None
    assert site.ask(asked).card is None


def test_who_is_told_of_beside_a_matter_does_not_own_it(site: Service) -> None:
    assert site.explain("办个积分老婆要去吗").query.owner is None


@pytest.mark.parametrize("asked", ["十岁小孩的居住证由谁代为申请", "孩子十五岁办居住证谁去办"])
def test_a_rule_for_ages_up_to_a_bound_answers_for_an_age_within_it(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert "监护人" in card.answer


def test_a_rule_from_an_age_on_answers_for_an_age_beyond_it(site: Service) -> None:
    card = site.ask("61岁还能办积分吗").card
    assert card is not None
    assert "60" in card.question


def test_an_age_that_is_told_keeps_no_other_answer_away(site: Service) -> None:
    card = site.ask("80岁老人走不动能代办居住证吗").card
    assert card is not None
    assert "行动不便" in card.answer


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("beijing juzhuzheng zenme ban", "北京居住证怎么办"),
        ("居住证diu了怎么ban", "居住证丢了怎么办"),
        ("积份要多少分", "积分要多少分"),
    ],
)
def test_what_is_spelt_is_read_as_what_is_likeliest_there(site: Service, asked: str, understood: str) -> None:
    assert site.ask(asked).understood.text == understood


@pytest.mark.parametrize(
    ("asked", "outside"),
    [
        ("我人在深圳出差，居住证到期了怎么签注", False),
        ("老公上海户口，孩子户口在江苏，积分怎么办", False),
        ("闸北区居住证哪里办", False),
        ("我住在昆山在上海上班能办上海居住证吗", True),
    ],
)
def test_where_somebody_is_for_a_while_is_not_what_is_asked_about(site: Service, asked: str, outside: bool) -> None:
    assert (site.explain(asked).query.outside is not None) == outside


def test_a_question_about_another_thing_is_not_told_the_right_name_of_ours(site: Service) -> None:
    assert not any("叫“签注”" in hint for hint in site.ask("护照续签怎么办").understood.hints)
    assert any("叫“签注”" in hint for hint in site.ask("居住证续签怎么办").understood.hints)
    assert not any("叫“签注”" in hint for hint in site.ask("车辆年审预约").understood.hints)


@pytest.mark.parametrize("asked", ["浦东居住证过期了怎么办", "浦东新区居住证丢了", "静安区办居住证在哪里"])
def test_a_district_does_not_keep_the_answer_away(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert not card.entry.id.startswith("articles/jifen")


@pytest.mark.parametrize(
    "asked",
    [
        "户口还在江西没迁，能办居住证吗",
        "在苏州交过五年社保，积分年限算不算",
        "我和老婆都是四川的，居住证怎么办",
        "辞职回了成都，居住证会作废吗",
        "我在苏州出差，居住证能寄到苏州吗",
        "居住证能快递到昆山吗",
        "居住证转常住户口，公安落户那一步去哪里",
    ],
)
def test_where_somebody_is_from_or_has_been_is_not_what_is_asked_about(site: Service, asked: str) -> None:
    assert site.explain(asked).query.outside is None


@pytest.mark.parametrize(
    "asked",
    [
        "户口想迁到杭州要什么条件",
        "在合肥办居住证要什么",
        "深圳的积分入户怎么办",
        "住在昆山怎么办居住证",
        "苏州交社保满几年能落户",
        "回杭州办居住证要什么材料",
        "人在杭州怎么办居住证",
        "我要办的是杭州的居住证",
        "我在苏州出差，苏州居住证怎么办理",
        "增城落户要什么条件",
        "大兴居住证在哪里办",
        "孩子驾驶证丢了怎么补办",
        "外地人怎么办港澳通行证",
        "信用卡逾期多久上征信",
    ],
)
def test_what_is_asked_of_elsewhere_or_of_other_things_is_not_answered(site: Service, asked: str) -> None:
    assert site.explain(asked).query.outside


def test_what_is_confused_with_ours_is_known_in_pinyin_too(site: Service) -> None:
    assert site.explain("gongjijin lizhi zenme ti").query.outside
    assert site.explain("jifen guoqi zenme ban").query.outside is None


def test_the_name_of_a_city_inside_another_word_in_pinyin_is_no_city(site: Service) -> None:
    assert site.explain("putonghua").query.outside is None


@pytest.mark.parametrize(
    ("asked", "about_what_is_not"),
    [
        ("没有房产证能办吗", True),
        ("不签注可以吗", True),
        ("能不能网上办", False),
        ("有没有电话", False),
        ("社保断了没", False),
        ("照片要带过去不？我还没去", True),
        ("照片要自己带过去不？", False),
        ("卡不见了", False),
    ],
)
def test_what_is_not_is_told_from_a_question_whether(site: Service, asked: str, about_what_is_not: bool) -> None:
    assert site.explain(asked).query.negated is about_what_is_not


def test_a_question_is_not_held_against_one_that_only_a_place_or_a_name_makes_another(site: Service) -> None:
    listed = site.explain("深圳居住证在哪办").query
    assert listed.outside
    card = site.ask("签注要什么材料，要多久").card
    assert card is not None
    assert card.also is not None


@given(st.text(alphabet="居住证要什么材料多久办好和,，。？哪里费用 ", max_size=40))
def test_a_sentence_is_one_question_or_two_each_shorter_than_itself(text: str) -> None:
    parts = parts_of(normalise(text))
    assert len(parts) in (0, 2)
    assert all(len(part.question) < len(text) for part in parts)
    assert len({part.facet for part in parts}) == len(parts)


def test_a_term_is_taken_out_where_it_stands_not_where_its_letters_stand_in_another_word(site: Service) -> None:
    concepts = site.explain("hrs 是谁，找 hr").query.concepts
    assert [concept.wording for concept in concepts if concept.wording.isascii()] == ["hr", "hrs"]

"""What visitors ask, and what they must and must not get; on both engines, through the one door, on the real content."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb import library
from search import finder
from search.cards import make_card
from search.finder import CANDIDATES
from search.model import Force
from search.parts import parts_of
from search.service import Service, Wanted
from search.text import bigrams, is_han, normalise, runs
from tests.conftest import SOURCES, Folder

ANSWERED = [
    ("积分审核要多久", "review_time", r"20 个工作日"),
    ("积分多长时间能审核好", "review_time", r"20 个工作日"),
    ("居住证每年都要签注吗", "frequency", r"每年"),
    ("居住证过期三个月怎么办", "late", r"60"),
    ("签注收费不", "fee", r"免费"),
    ("大专能积多少分", "score", r"^大专（高职）学历：50 分"),
    ("博士积多少分", "score", r"110 分"),
    ("高级技师多少分", "score", r"140 分"),
    ("换公司了积分怎么办", "change", r"持证人本人"),
    ("居住证遗失怎么补办", "process", r"挂失"),
    ("居转户多长时间批下来", "review_time", r"15 个工作日"),
    ("机分审核多久", "review_time", r"20 个工作日"),
    ("居住正丢了怎么补办", "process", r"挂失"),
    ("jifen shenhe duojiu", "review_time", r"20 个工作日"),
    ("jifen shenqing tiaojian", "eligibility", r"6 个月"),
    ("juzhuzheng qianzhu", "process", r"30 日"),
    ("qianzhu yao qian ma", "fee", r"免费"),
    ("居住證過期了怎麼辦", "late", r"60"),
    ("續辦積分需要什麼材料", "materials", r"申请表"),
]
UNANSWERED = [
    "",
    "？？？",
    "😀😀",
    "\u200b",
    "材料",
    "多久",
    "居住证",
    "积分",
    "今天股票涨了吗",
    "深圳积分入户条件",
    "杭州居住证怎么办",
    "信用卡积分能换什么",
    "台湾通行证签注多少钱",
    "驾驶证扣分怎么查",
    "护照多久能办好",
    "帮我写一份辞职报告",
    "NBA 总决赛比分",
]


@pytest.mark.parametrize(("asked", "facet", "answer"), ANSWERED)
def test_a_question_gets_its_answer(service: Service, asked: str, facet: str, answer: str) -> None:
    card = service.ask(asked).card
    assert card is not None
    assert card.facet == facet
    assert re.search(answer, "".join([card.answer, *card.notes, *(step.do for step in card.steps), str(card.items)]))
    assert card.sources


@pytest.mark.parametrize("asked", UNANSWERED)
def test_what_is_not_known_gets_no_card(service: Service, asked: str) -> None:
    assert service.ask(asked).card is None


def test_a_card_for_an_own_wording_is_not_contradicted_by_what_the_scope_says_of_a_word_in_it(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.write("lexicon/scope.yml", "confusable:\n- {words: [材料], note: 材料不归这里。}\n")
    service = open_folder(folder)
    own, other = service.ask("积分材料清单"), service.ask("积分到底要些什么材料")
    assert (own.card is not None, own.understood.hints) == (True, ())
    assert (other.card, other.understood.hints) == (None, ("材料不归这里。",))


def test_what_an_editor_says_is_not_answered_here_gets_no_card_and_says_so(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    asked, like = "积分审核需要几天？", "积分审核大概要几天"
    folder.write("lexicon/scope.yml", "subjects: [借书证]\n")  # so that both are compared by meaning
    before = open_folder(folder)
    assert before.ask(asked).card is not None
    sure = before.explain(like).ranked[0].confidence
    folder.write("lexicon/outside.txt", f"# 别的事\n　＃ 也是注释\n\n？！\n{asked}\n机分换里品\n")
    after = open_folder(folder)
    for text in (asked.rstrip("？"), "積分審核需要幾天", "机分换里品"):
        answer = after.ask(text)
        assert answer.card is None
        assert answer.understood.hints == ("这里没有这个问题的答案。",)
    for text in ("", "？", "也是注释"):
        assert "这里没有这个问题的答案。" not in after.ask(text).understood.hints
    item = after.explain(like).ranked[0]
    margin = before.explain(like).ranked[0].features["meaning_margin"]
    assert item.features["meaning_margin"] < margin, (
        "its wordings are no longer so much nearer than what is not answered"
    )
    assert item.confidence < sure, "what is near to it is less sure"
    assert after.ask("积分审核要多久？").card is not None, "the entry's own words are answered all the same"


def test_one_line_more_is_followed(folder: Folder, open_folder: Callable[..., Service]) -> None:
    service = open_folder(folder)
    assert service.ask("积分审核需要几天").card is not None
    folder.write("lexicon/outside.txt", "积分审核需要几天\n")
    assert service.refresh()
    assert service.ask("积分审核需要几天").card is None


@pytest.mark.parametrize("asked", ["男友是上海人能加分吗", "姐姐是上海户口能加分吗", "居住证能坐飞机吗"])
def test_what_holds_for_another_or_for_another_thing_is_no_answer(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


def test_an_age_within_the_bound_of_a_rule_is_answered_whatever_age_the_nearest_wording_names(site: Service) -> None:
    card = site.ask("今年46岁，有中级职称，还要什么条件才够120？").card
    assert card is not None
    assert card.entry.id == "faqs/jifen-fenzhi/zhongji-120"


@pytest.mark.parametrize("asked", ["本科有学位45岁够120分吗", "49岁中级够吗"])
def test_an_age_that_an_editor_names_in_a_wording_is_answered(site: Service, asked: str) -> None:
    assert site.ask(asked).card is not None


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        ("我今年46岁，听同事说年龄越大积分越少，别的先不管，光年龄这一项我能拿多少分", "年龄积分怎么算？"),
        ("没学位的本科够120吗", "本科没有学位怎么凑够 120 分？"),
    ],
)
def test_what_is_excluded_by_a_rule_does_not_stand_in_the_way_of_the_next(
    site: Service, asked: str, question: str
) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.question == question


@pytest.mark.parametrize(
    "asked",
    [
        "港澳台居民居住证有效期多久",
        "B证多久签一次",
        "五级技能够120分吗",
        "二级建造师够120吗",
        "中级工证加社保20年够120吗",
    ],
)
def test_what_holds_for_one_kind_is_not_told_of_another_that_has_rules_of_its_own(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        ("2倍基数交了24个月能加100分吗", "articles/jifen-fenzhi/zhinan"),
        ("台湾人在上海办居住证要带什么材料", "faqs/shenling/gangaotai"),
        ("高级工程师够120分吗", "faqs/jifen-fenzhi/gaoji-120"),
    ],
)
def test_a_kind_is_answered_by_what_speaks_of_it(site: Service, asked: str, entry: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.entry.id == entry


def test_an_editor_declares_what_has_rules_of_its_own(folder: Folder, open_folder: Callable[..., Service]) -> None:
    service = open_folder(folder)
    assert service.ask("特快积分审核要多久").card is not None
    lines = "- {words: [特快], facets: [review_time]}\n- {words: [特快, 普快], facets: [fee]}\n"
    folder.write("lexicon/scope.yml", f"distinct:\n{lines}")
    assert service.refresh()
    assert service.ask("特快积分审核要多久").card is None
    assert service.ask("积分审核要多久").card is not None


@pytest.mark.parametrize("asked", ["硕士比本科多几分", "本科和学士学位差多少分", "大专比本科少多少分"])
def test_what_compares_two_rows_gets_the_whole_table(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.question == "学历能积多少分？"
    assert not re.match(r".{2,20}：\d+ 分。", card.answer)


@pytest.mark.parametrize(
    ("asked", "not_shown"),
    [
        ("二建已经注册了能积分吗", "faqs/jifen-fenzhi/zhicheng-zhuce"),
        ("我有居住证，能先办积分吗", "faqs/jifen/zhinan-meiyou-jzz"),
        ("全日制应届本科能加10分吗", "faqs/jifen-fenzhi/jiafen-fei-quanrizhi"),
        ("个税和社保基数一致影响积分吗", "faqs/jifen-fenzhi/geshui-jishu"),
        ("三倍社保交满24个月能加120分吗", "faqs/jifen-fenzhi/shebao-jishu-buman-24"),
        ("3倍基数交了26个月能拿120分吗", "faqs/jifen-fenzhi/shebao-jishu-buman-24"),
        ("3倍交了3年可以加120吗", "faqs/jifen-fenzhi/shebao-jishu-buman-24"),
        ("居住证没过期能申请积分吗", "faqs/jifen/shenqing-tiaojian-guoqi-jzz"),
        ("居住证快过期了，能申请积分吗", "faqs/jifen/shenqing-tiaojian-guoqi-jzz"),
        ("我是全日制本科，去年才毕业，能加应届10分吗", "faqs/jifen-fenzhi/jiafen-fei-quanrizhi"),
        ("二建已经注册了，才一年，能积分吗", "faqs/jifen-fenzhi/zhicheng-zhuce"),
        ("大专没有学士学位，怎么凑够120分", "faqs/jifen-fenzhi/benke-meixuewei-120"),
        ("女婿是上海户口，我能加分吗", "articles/jifen-fenzhi/zhinan"),
        ("没有断过社保可以提前申请居住证吗", "faqs/shenling/shebao-duanjiao"),
        ("登记4个月，社保连着交了7个月，能领居住证不", "faqs/shenling/shebao-buman"),
        ("登记满8个月，社保才交2个月，能领居住证吗", "faqs/shenling/shebao-buman"),
    ],
)
def test_who_meets_a_condition_is_not_told_what_holds_without_it(site: Service, asked: str, not_shown: str) -> None:
    card = site.ask(asked).card
    assert card is None or card.entry.id != not_shown


@pytest.mark.parametrize(
    "asked",
    [
        "老公没上海户口，结婚8年几分",
        "老婆的户口在江苏，结婚六年配偶能加几分",
        "对象户口还没迁来上海，结婚五年加几分",
        "老公是四川户口，结婚八年能加多少分",
    ],
)
def test_a_table_all_of_the_opposite_case_has_no_row_for_this_one(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is None or "只认配偶是上海户籍" in card.answer


def test_a_table_with_rows_for_both_cases_answers_either(site: Service) -> None:
    for asked in ("大专学历积多少分", "本科学历积多少分"):
        card = site.ask(asked).card
        assert card is not None
        assert "分" in card.answer


@pytest.mark.parametrize(
    ("asked", "not_said"),
    [
        ("签注不收钱，那补卡也不收吧", "免费"),
        ("小学不要120分，那高中也不要吧", "不要求"),
        ("居转户要公司申请，居住证是不是也要公司申请", "由用人单位"),
        ("居住证能全市通办，积分也能随便哪个区交吧", "可以"),
        ("居住登记凭证一年到期，居住证也是一年到期吗", "登记凭证"),
        ("居转户公示5天，积分也要公示吗", "5 个工作日"),
    ],
)
def test_what_is_so_of_one_thing_is_not_told_of_the_other_that_is_asked_for(
    site: Service, asked: str, not_said: str
) -> None:
    card = site.ask(asked).card
    assert card is None or not_said not in card.answer


@pytest.mark.parametrize(
    "asked", ["社保断了，积分也会断吗", "居住证过期了，积分也过期了吗", "积分有单位能办，没单位也能办吗"]
)
def test_a_condition_is_no_other_thing_and_stays(site: Service, asked: str) -> None:
    assert site.explain(asked).query.text == normalise(asked)


@pytest.mark.parametrize(
    "asked", ["2倍基数交了24个月能加100吗", "80%的基数交满一年加25分吗", "2倍社保交了两年半，积分有100吗"]
)
def test_no_row_is_picked_for_who_falls_short_of_what_it_takes(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is None or "36 个月" in card.answer or "24 个月" in card.answer
    assert card is None or not re.match(r".{2,40}：\d+ 分。", card.answer)


def test_who_asks_which_of_two_is_worth_more_gets_the_whole_table_or_none(site: Service) -> None:
    card = site.ask("大专和三级技能哪个积分高").card
    assert card is None or not re.match(r".{2,40}：\d+ 分。", card.answer)


def test_a_month_of_the_year_is_no_length_of_time(site: Service) -> None:
    card = site.ask("我俩2022年8月领的证，老婆上海户口，现在2026年11月，配偶能积几分").card
    assert card is None or card.entry.id != "faqs/jifen-fenzhi/xinhun"


@pytest.mark.parametrize("asked", ["积积积积", "分分分分", "证证证证证证", "积" * 500])
def test_one_character_said_again_and_again_is_no_question(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize("asked", ["硕士在读算不算本科", "社保转移过来的算外地社保吗"])
def test_whether_one_thing_is_of_a_kind_is_not_what_holds_for_that_kind(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


def test_whether_one_thing_is_of_a_kind_is_answered_where_it_is_told(site: Service) -> None:
    card = site.ask("表姐算不算近亲属").card
    assert card is not None
    assert "近亲属" in card.question + card.answer


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        ("二建是不是注册了才能积分", "faqs/jifen-fenzhi/zhicheng-zhuce"),
        ("在上海居住了三年，没有居住证能先办积分吗", "faqs/jifen/zhinan-meiyou-jzz"),
        ("以前有单位，现在自由职业，能申请积分吗", "articles/jifen/shenqing-tiaojian"),
        ("我有工作，老婆全职带娃，她能办居住证吗", "faqs/shenling/zhinan-peiou"),
        ("签注过期了会影响积分吗", "faqs/qianzhu/jifen-yingxiang"),
        ("居住登记不满半年，社保交了一年，能领居住证吗", "faqs/shenling/zhinan-shebao"),
        ("结婚一年不到，老婆上海户口，加分吗", "faqs/jifen-fenzhi/xinhun"),
        ("3倍基数24个月不到能拿120分吗", "faqs/jifen-fenzhi/shebao-jishu-buman-24"),
        ("我原来是外地户口，现在落户上海了，积分还要续吗", "faqs/jifen/shenqing-tiaojian-hukou"),
        ("社保转到上海交了，以前外地的年限算吗", "faqs/jifen-fenzhi/shebao-nianxian-waidi"),
        ("没有补缴过，断缴两个月影响积分吗", "faqs/jifen/duanjiao"),
        ("刑事拘留算行政拘留吗", "faqs/jifen-fenzhi/jianfen-xingju"),
        ("居住证丢了，打算补办居住证", "articles/buling/zhinan"),
        ("积分怎么算社保年限", "articles/jifen-fenzhi/shebao-nianxian"),
        ("护照过期了，有居住证能在上海办吗", "faqs/daiyu/huzhao"),
        ("外地户口社保5年加多少分", "articles/jifen-fenzhi/shebao-nianxian"),
        ("上个月过期的居住证还能补签吗", "articles/qianzhu/zhinan"),
        ("居住证到期前没签注会怎样", "articles/qianzhu/zhinan"),
        ("我不是上海户口，老婆是上海户口，能加分吗", "articles/jifen-fenzhi/zhinan"),
        ("不是本人去签注行吗", "faqs/qianzhu/zhinan-benren"),
        ("交满10个月社保上个月断了，能视同半年吗", "faqs/shenling/shebao-duanjiao"),
        ("学历专业和岗位不匹配能积分吗", "faqs/jifen-fenzhi/xueli-xueli-gangwei"),
    ],
)
def test_words_of_a_state_said_in_passing_keep_no_card_back(site: Service, asked: str, entry: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.entry.id == entry


@pytest.mark.parametrize(
    "asked",
    [
        "沪府规〔2025〕7号是什么文件",
        "沪府规[2022]22号",
        "国务院令第664号",
        "沪府规2025年7号文",
        "沪府规〔2024〕9号是什么",
        "沪府规〔2021〕21号",
    ],
)
def test_a_document_of_another_number_is_another_document(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize(
    ("asked", "facet"),
    [("沪府规〔2022〕21号里大专多少分", "score"), ("按国务院令第663号居住证多久签注一次", "frequency")],
)
def test_who_only_says_where_a_rule_stands_is_told_the_rule(site: Service, asked: str, facet: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.facet == facet


@pytest.mark.parametrize(
    ("asked", "said"),
    [("沪府规[2025]9号是什么", "〔2025〕9号"), ("沪府规〔2025〕8 号", "〔2025〕8号"), ("国务院令663号", "第663号")],
)
def test_a_document_is_known_by_its_number_however_that_is_written(site: Service, asked: str, said: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert said in card.answer


@pytest.mark.parametrize(
    ("asked", "row"),
    [("35岁年龄分几分", "43 周岁及以下"), ("年龄 52 积分", "52 周岁"), ("社保基数0.8倍积多少", "80% 以上不到 1 倍")],
)
def test_a_row_is_picked_for_a_number_that_only_its_own_names_have(site: Service, asked: str, row: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.answer.startswith(row)


def test_a_row_is_picked_where_the_next_word_begins_with_what_is_counted(site: Service) -> None:
    card = site.ask("社保基数2倍加几分").card
    assert card is not None
    assert card.answer == "2 倍以上不到 3 倍（最近 4 年累计 36 个月）：100 分。"


@pytest.mark.parametrize(
    "asked",
    ["45岁以下几分", "45 岁以下几分", "社保10年以上多少分", "至少10年社保几分", "社保基数2倍以上", "社保5年3倍加几分"],
)
def test_who_asks_for_more_or_less_than_a_number_gets_the_whole_table(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.values
    assert not re.match(r".{2,40}：\d+ 分。", card.answer)


def test_a_row_is_not_kept_back_by_a_word_that_holds_the_sign_of_comparing(site: Service) -> None:
    for asked in ("比如大专多少分", "我学历比较低，大专能积多少分"):
        card = site.ask(asked).card
        assert card is not None
        assert card.answer == "大专（高职）学历：50 分。"


def test_an_editor_declares_opposite_states(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.change(folder.faq, "question: 积分", "question: 小公司积分")
    service = open_folder(folder)
    asked = "大公司积分要交什么材料"
    before = service.ask(asked).card
    assert before is not None
    assert before.entry.id == folder.faq.removesuffix(".md")
    folder.write("lexicon/scope.yml", "opposites:\n- {one: [小公司], other: [大公司]}\n")
    assert service.refresh()
    after = service.ask(asked).card
    assert after is None or after.entry.id != before.entry.id
    assert service.ask("小公司积分材料要交什么").card is not None


def test_months_of_marriage_are_not_years(site: Service) -> None:
    for asked in ("老婆上海户口结婚8个月", "结婚3个月配偶加几分"):
        card = site.ask(asked).card
        assert card is None or not re.search(r"^结婚满", card.answer)
    card = site.ask("老婆上海户口结婚8年").card
    assert card is not None
    assert card.answer == "结婚满 8 年：32 分。"


@pytest.mark.parametrize(
    ("promised", "answer", "shown"),
    [
        (5, "2025 年起由街道受理。", True),
        (5, "15 个工作日内核定。", True),
        (5, "每月 5 日前受理。", True),
        (15, "15 个工作日内核定。", False),
        (20, "受理后20日内办结。", False),
    ],
)
def test_a_time_limit_is_left_off_only_where_the_answer_names_it(
    folder: Folder, promised: int, answer: str, shown: bool
) -> None:
    folder.change(folder.article, "promised: 20", f"promised: {promised}")
    folder.change(folder.article, "20 个工作日内核定并告知。", answer)
    entry = library.load(folder.root).entries["articles/jifen/zhinan"]
    notes = make_card(entry, entry.facts[0], date(2026, 11, 24)).notes
    assert notes == ((f"时限：{promised} 个工作日，自审核属实之日起算",) if shown else ())


def test_the_card_of_a_question_without_facts_says_that_its_source_was_superseded(folder: Folder) -> None:
    folder.write("sources.yml", SOURCES + "- {id: jiu, title: 旧办法, superseded: 2026-01-01}\n")
    folder.change(folder.article, "facts:", "sources: [jiu]\nfacts:")
    folder.change(folder.article, "不能加急。", "不能加急。\n### 积分在哪里办？ {#nali}\n在单位所在的区。")
    entry = library.load(folder.root).entries["faqs/jifen/zhinan-nali"]
    told = [make_card(entry, None, date(year, 6, 1)).needs_review for year in (2025, 2026, 2100)]
    assert told == [False, True, False]  # nobody reviews what has expired


def test_a_correction_is_said_and_can_be_undone(site: Service) -> None:
    corrected = site.ask("鸡分审核多久")
    assert [(found.typed, found.used) for found in corrected.understood.corrections] == [("鸡分", "积分")]
    assert site.ask("鸡分审核多久", exact=True).understood.corrections == ()


def test_what_an_editor_wrote_is_not_corrected(folder: Folder, open_folder: Callable[..., Service]) -> None:
    folder.write("lexicon/terms.txt", "积分\n")
    folder.change(folder.faq, "积分材料清单", "机分带啥")
    service = open_folder(folder)
    assert service.ask("机分带啥").understood.corrections == ()
    assert service.ask("机分审核要多久").understood.corrections != ()


def test_known_words_are_not_corrected(site: Service) -> None:
    assert site.ask("积分审核要多久").understood.corrections == ()


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("签注要什么材料，要多久", "materials", "review_time"),
        ("签注要多久，要什么材料", "review_time", "materials"),
        ("居住证补办要多少钱，去哪里办", "fee", "place"),
        ("积分续办要交什么材料？多久能审好？", "materials", "review_time"),
        ("积分续办要什么材料，要多久", "materials", "review_time"),
        ("居住证要什么材料，多久办好", "materials", "review_time"),
        ("居住证要去哪里办，要带什么", "place", "materials"),
        ("签注在哪办多少钱", "place", "fee"),
        ("签注材料和费用", "materials", "fee"),
        ("居转户条件和流程", "eligibility", "process"),
        ("办快证要钱吗，去哪里办", "fee", "place"),
        ("签注要钱吗要多久", "fee", "review_time"),
    ],
)
def test_of_two_things_asked_both_are_answered_and_the_first_leads(
    site: Service, asked: str, first: str, second: str
) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.also is not None
    assert (card.facet, card.also.facet) == (first, second)
    assert card.also.answer in card.notes[0]
    assert card.confidence <= 1


def test_of_three_things_asked_two_are_answered_and_it_is_said_which_is_not(site: Service) -> None:
    card = site.ask("居住证要什么材料，多久办好，多少钱").card
    assert card is not None
    assert card.also is not None
    assert (card.facet, card.also.facet) == ("materials", "review_time")
    assert card.remarks[-1] == card.notes[-1] == "您还问了费用：这里没有一起回答，请单独再问一次。"


@pytest.mark.parametrize(
    "asked",
    ["居住证要什么材料，苏州多久办好", "居住证多久办好，苏州居住证要什么材料", "居住证在哪办，北京居住证要什么材料"],
)
def test_of_two_things_asked_of_which_one_is_of_elsewhere_none_is_answered(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize(
    "asked",
    [
        "老公不是上海户口能加分吗",
        "我不是应届生加分吗",
        "房子不是自己名下的能登记吗",
    ],
)
def test_what_holds_where_something_is_so_is_not_told_who_says_that_it_is_not(site: Service, asked: str) -> None:
    assert site.ask(asked).card is None


@pytest.mark.parametrize(
    "asked", ["社保有没有中断过，积分年限要重新算吗？", "有没有离过婚扣积分吗", "居住证过期没超过60天怎么办"]
)
def test_who_asks_whether_or_names_a_bound_denies_nothing(site: Service, asked: str) -> None:
    assert site.ask(asked).card is not None


@pytest.mark.parametrize("asked", ["没有学士学位的本科能积多少分", "本科没拿到学士学位证多少分", "不到44岁年龄分多少"])
def test_of_a_table_no_row_is_picked_for_who_says_what_is_not_so(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert len(card.values) > 1
    assert "90 分。" not in card.answer
    assert "29 分。" not in card.answer


@pytest.mark.parametrize("asked", ["硕士加10年社保多少分", "本科加中级职称加起来多少分"])
def test_of_a_table_no_row_is_picked_for_who_asks_for_a_sum(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert len(card.values) > 1
    assert not re.match(r".*：\d+ 分。$", card.answer)


def test_of_two_things_asked_the_one_that_is_known_is_answered(site: Service) -> None:
    card = site.ask("居住证丢了要什么材料，多久能拿到").card
    assert card is not None
    assert (card.facet, card.also) == ("materials", None)
    assert card.remarks[-1].startswith("您还问了审核时限：")


def test_a_very_long_text_is_read_once_and_not_once_for_each_thing_it_asks() -> None:
    asked = "签注要什么材料，要多久"
    assert len(parts_of(asked)) == 2
    assert parts_of(asked + "，谢谢" * 60) == ()


@pytest.mark.parametrize(
    "asked", ["居住证和积分的区别", "积分材料要审核多久", "学历和职称怎么加分", "搬家和换单位要什么材料"]
)
def test_one_thing_asked_of_two_is_not_two_questions(asked: str) -> None:
    assert parts_of(asked) == ()


@pytest.mark.parametrize(
    "asked", ["居住证当时留的手机号停用了，要去更新一下吗", "想在网上看自己的积分，没有账号密码行不行"]
)
def test_a_part_that_asks_nothing_has_no_answer_of_its_own(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is not None
    assert card.also is None


def test_differing_statements_are_shown_together(site: Service) -> None:
    card = site.ask("居住证过期了怎么续签").card
    assert card is not None
    assert card.conflict is not None
    assert len(card.conflict.statements) == 3
    assert card.conflict.safer


def test_an_expired_rule_is_never_shown_as_current(site: Service) -> None:
    card = site.ask("积分确认是不是全部网审").card
    assert card is not None
    assert card.kind == "notice"
    assert card.status == "expired"
    assert card.now is not None


def test_every_title_finds_its_entry_first(site: Service) -> None:
    missed = [
        entry.title
        for entry in site.library.entries.values()
        if site.search(entry.title).results[0].id not in (entry.id, entry.parent)
    ]
    assert missed == []


@pytest.fixture
def canary(folder: Folder, open_folder: Callable[..., Service]) -> Service:
    base = (folder.root / folder.faq).read_text("utf-8")
    for slug, question, change in (
        ("caogao", "金丝雀草稿问题？", ("in_force", "draft")),
        ("jianglai", "金丝雀将来问题？", ("reviewed", "effective: {from: 2099-01-01, to: null}\nreviewed")),
        (
            "guoqu",
            "金丝雀过去问题？",
            ("status: in_force", "status: expired\neffective: {from: 2020-01-01, to: 2021-12-31}"),
        ),
    ):
        text = base.replace("积分要交什么材料？", question).replace("积分材料清单", slug).replace(*change)
        folder.write(f"faqs/jifen/{slug}.md", text.replace("facet: materials", f"facet: materials\n    about: {slug}"))
    return open_folder(folder)


def test_drafts_are_nowhere_and_entries_out_of_force_are_marked(canary: Service) -> None:
    found = {result.id: str(result.status) for result in canary.search("金丝雀问题").results}
    assert "faqs/jifen/caogao" not in found
    assert found["faqs/jifen/jianglai"] == "upcoming"
    assert found["faqs/jifen/guoqu"] == "expired"
    assert canary.suggest("金丝雀") == ()
    card = canary.ask("金丝雀将来问题").card
    assert card is None or card.entry.id != "faqs/jifen/jianglai"


def test_an_answer_can_be_asked_as_of_another_day(canary: Service) -> None:
    card = canary.ask("金丝雀过去问题", as_of=date(2021, 1, 1)).card
    assert card is not None
    assert (card.entry.id, card.status) == ("faqs/jifen/guoqu", "in_force")


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=700))
def test_any_text_is_answered_without_failing(site: Service, text: str) -> None:
    answer = site.ask(text)
    assert all("<" not in result.snippet.replace("<mark>", "").replace("</mark>", "") for result in answer.results)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("高级工程师积多少分", r"^(?!.*三级).*140 分"),
        ("社保基数1.2倍加多少分", r"^(?!2 倍).*50 分"),
        ("社保基数1.32倍加多少分", r"^(?!2 倍以上不到)"),
        ("社保基数2.3倍加多少分", r"^(?!3 倍).*100 分"),
        ("刑事拘留扣多少分", r"^(?!5 年内行政拘留记录，每条：)"),
    ],
)
def test_a_value_is_never_read_out_of_the_middle_of_another_word_or_number(
    site: Service, asked: str, answer: str
) -> None:
    card = site.ask(asked).card
    assert card is None or re.search(answer, card.answer)


@pytest.mark.parametrize("asked", ["身份证丢了怎么办", "学位证丢了怎么办", "结婚证丢了怎么补"])
def test_another_thing_that_was_lost_is_not_taken_for_ours(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card is None or "居住证丢" not in card.question


@pytest.mark.parametrize(
    ("wished", "plain"),
    [
        ("我要办居住证", "办居住证"),
        ("我想办居住证", "办居住证"),
        ("wo yao ban juzhuzheng", "办居住证"),
        ("我想办积分", "办积分"),
        ("我要签注", "签注"),
        ("我们准备续办积分", "续办积分"),
        ("想查积分", "查积分"),
    ],
)
def test_who_says_what_he_wants_to_do_gets_what_the_words_for_it_get(site: Service, wished: str, plain: str) -> None:
    card, same = site.ask(wished).card, site.ask(plain).card
    assert card is not None
    assert card == same


@pytest.mark.parametrize(
    "said",
    [
        "各位大神，{}",
        "请教一下，{}",
        "不好意思问下，{}",
        "求助，{}",
        "就是{}",
        "{}，在线等",
        "{}求解",
        f"{date.today().year}年{{}}",
        f"{{}} {date.today().year}",
    ],
)
@pytest.mark.parametrize("asked", ["居住登记怎么办理", "上海居住证怎么办理", "居转户怎么申请"])
def test_what_is_said_around_a_question_and_asks_nothing_changes_no_card(site: Service, asked: str, said: str) -> None:
    card, same = site.ask(said.format(asked)).card, site.ask(asked).card
    assert card is not None
    assert same is not None
    assert card.question == same.question


def test_the_year_may_be_what_keywords_ask_for(site: Service) -> None:
    assert site.ask(f"社保基数{date.today().year}").card is None


@pytest.mark.parametrize("asked", ["想办居住证要多久", "我要补交社保吗，积分才批得下来", "我想落户，先办居住证"])
def test_a_wish_with_a_question_in_it_or_behind_it_stays_whole(site: Service, asked: str) -> None:
    assert site.explain(asked).query.text == normalise(asked)


@pytest.mark.parametrize("asked", ["被拘留了怎么办", "没有居住登记能办居住证吗"])
def test_a_correction_never_cuts_a_known_word_apart(site: Service, asked: str) -> None:
    assert site.ask(asked).understood.corrections == ()


def test_every_wording_that_editors_wrote_gets_its_own_card(site: Service) -> None:
    missed = []
    for entry in site.library.entries.values():
        for fact in entry.facts:
            for wording in (fact.question, *fact.aliases):
                card = site.ask(wording).card if wording else None
                if wording and (card is None or (card.entry.id, card.facet) != (entry.id, fact.facet)):
                    missed.append(wording)
    assert missed == []


OLD_RULE = """
    ---
    question: 办证要交多少工本费？
    topic: jifen
    status: expired
    effective: {from: 2015-01-01, to: 2022-12-31}
    verification: official
    reviewed: 2026-11-01
    aliases: [办证工本费, 工本费标准, 老证收费]
    facts:
      - facet: fee
        answer: 每张收工本费 10 元。
        source: banfa
    ---
    每张收工本费 10 元。
    """
NEW_RULE = """
    ---
    question: 申领证件要付钱吗？
    topic: jifen
    status: in_force
    effective: {from: 2023-01-01, to: null}
    verification: official
    reviewed: 2026-11-01
    facts:
      - facet: fee
        answer: 免费。
        source: banfa
    ---
    免费。
    """
NOW = "now: {text: 现在免费。}\nfacts:"


@pytest.mark.parametrize(
    "asked", ["办证工本费", "办证要多少工本费", "工本费标准", "办证要交工本费吗", "办证要交多少工本费？", "老证收费"]
)
def test_a_rule_that_is_over_is_not_told_where_another_holds_today(
    folder: Folder, open_folder: Callable[..., Service], asked: str
) -> None:
    folder.write("faqs/jifen/old.md", OLD_RULE)
    folder.write("faqs/jifen/new.md", NEW_RULE)
    opened = open_folder(folder)
    card, then = opened.ask(asked).card, opened.ask(asked, as_of=date(2020, 1, 1)).card
    assert card
    assert card.answer == "免费。"
    assert then
    assert then.answer == "每张收工本费 10 元。"


def test_what_an_editor_says_holds_now_is_told_with_the_rule_that_is_over(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.write("faqs/jifen/old.md", OLD_RULE)
    folder.write("faqs/jifen/new.md", NEW_RULE)
    folder.change("faqs/jifen/old.md", "facts:", NOW)
    card = open_folder(folder).ask("办证要交多少工本费？").card
    assert card
    assert card.kind == "notice"
    assert card.now
    assert card.now.text == "现在免费。"


def test_a_question_that_two_periods_of_a_fact_have_is_answered_with_what_holds(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    folder.change(
        folder.article,
        "facts:",
        "facts:\n"
        "  - {facet: fee, question: 积分收费吗？, aliases: [积分申请收钱不], answer: 收 10 元。, source: banfa, effective: {to: 2026-01-31}}\n"
        "  - {facet: fee, question: 积分收费吗？, aliases: [积分申请收钱不], answer: 免费。, source: banfa, effective: {from: 2026-02-01}}",
    )
    opened = open_folder(folder)
    for asked in ("积分收费吗？", "积分申请收钱不"):
        card = opened.ask(asked, as_of=date(2026, 11, 1)).card
        assert card
        assert card.answer == "免费。"


def test_a_question_whose_rule_changes_is_answered_with_what_holds_that_day(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    """Its title, aliases and text are those of every period of its first matter, in whatever order they are written."""
    old = "  - {facet: fee, answer: 收 10 元。, source: banfa, effective: {to: 2026-01-31}}\n"
    new = "  - {facet: fee, answer: 免费。, source: banfa, effective: {from: 2026-02-01}}\n"
    body = (
        NEW_RULE.replace("    ", "").partition("facts:")[0].replace("question", "aliases: [办证花钱不]\nquestion")
        + "facts:\n"
    )
    for facts in (old + new, new + old):
        folder.write("faqs/jifen/fei.md", f"{body}{facts}---\n先问窗口。\n")
        opened = open_folder(folder)
        for day, told in ((date(2025, 12, 1), "收 10 元。"), (date(2026, 11, 1), "免费。")):
            for asked in ("申领证件要付钱吗？", "办证花钱不"):
                card = opened.ask(asked, as_of=day).card
                assert card
                assert (card.answer, card.question) == (told, "申领证件要付钱吗？")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("有120分能申请积分吗", "没到 120 分能申请积分吗？"),
        ("有120分有什么待遇", "积分没到 120 分，有什么待遇？"),
        ("老婆是上海的，积分能加分吗", "配偶是外地户口"),
        ("配偶是上海本地人能加分吗", "配偶是外地户口"),
        ("老公是博士能给我加积分吗", "硕士"),
        ("老婆断缴社保影响我的积分吗", "断缴"),
        ("我办居转户，我老公要有中级职称吗", "中级职称"),
        ("30岁硕士拘留一次够吗", "硕士"),
        ("45岁大专社保15年老家交的够吗", "大专社保 15 年"),
        ("38岁，本科，社保5年，够吗", "只靠社保"),
        ("40岁本科没有学士学位够120吗", "本科有学位"),
        ("社保满6个月孩子能参加中考吗", "小学、初中"),
        ("居住证丢了换新要交回旧的吗", "损坏换领"),
        ("没有单位可以自己做积分确认吗", "单位没变"),
    ],
)
def test_what_is_so_of_the_opposite_case_or_of_another_is_not_the_answer(site: Service, asked: str, said: str) -> None:
    card = site.ask(asked).card
    assert card is None or said not in card.question


def test_who_says_the_name_of_a_guide_gets_what_it_answers_or_the_guide_itself(site: Service) -> None:
    card = site.ask("居住年限怎么算").card
    assert card is not None
    assert card.question == "居住证年限怎么算？"
    answer = site.ask("减分和一票否决")
    assert answer.card is None
    assert answer.candidates[0].url == "/a/jifen-fenzhi/jianfen"


def test_an_entry_with_several_facts_names_the_question_that_it_answers(site: Service) -> None:
    named = {
        (card.question, card.answer)
        for entry in site.library.entries.values()
        for fact in entry.facts
        for card in [make_card(entry, fact, date(2026, 11, 29))]
    }
    assert len({question for question, _ in named}) == len(named), "one question, two answers"
    card = site.ask("居住证暂行条例是什么时候施行的？").card
    assert card
    assert card.question == "居住证暂行条例是什么时候施行的？"


def test_an_editors_note_is_shown_however_it_begins(folder: Folder, open_folder: Callable[..., Service]) -> None:
    notes = ("现在：窗口周六也开。", "另有说法：见附件。")
    folder.change(folder.faq, "source: banfa", f"source: banfa\n    notes: [{', '.join(notes)}]")
    card = open_folder(folder).ask("积分要交什么材料？").card
    assert card
    assert card.notes == card.remarks == notes


@pytest.mark.parametrize(
    ("audience", "answer", "shown"),
    [("成人", "不能再借。", True), ("成人", "成人不能再借。", False), ("积分", "不能再借。", False)],
)
def test_for_whom_alone_an_answer_holds_stands_beside_it(
    folder: Folder, audience: str, answer: str, shown: bool
) -> None:
    said = f"audience: {audience}\n    answer: {answer}\n    limit: {{promised: 3, unit: 工作日, from: 受理}}\n    "
    folder.change(folder.faq, "items:", f"{said}items:")
    entry = library.load(folder.root).entries[folder.faq.removesuffix(".md")]
    card = make_card(entry, entry.facts[0], date(2026, 11, 24))
    limit = "时限：3 个工作日，自受理起算"
    assert card.remarks == card.notes == ((f"只适用于：{audience}", limit) if shown else (limit,))


def test_a_word_that_is_known_is_not_taken_for_a_misspelt_one(site: Service) -> None:
    for asked in ("复合型人才能积分吗", "复合材料公司能办积分吗"):
        answer = site.ask(asked)
        assert not answer.understood.corrections
        assert answer.card is None or "复核" not in answer.card.answer
    assert site.ask("积分申请复合").understood.corrections


@pytest.mark.parametrize("asked", ["签注逾期", "签注逾期了", "签注过期", "签注超期", "居住证签注逾期"])
def test_who_only_says_that_it_is_late_is_told_what_comes_of_it(site: Service, asked: str) -> None:
    card = site.ask(asked).card
    assert card
    assert card.facet == "late"
    assert "中止" in card.answer


def test_what_is_no_longer_in_force_is_found_where_that_is_asked_for(site: Service) -> None:
    for asked in ("积分", "居住证", "积分确认"):
        found = site.search(asked, Wanted(force=Force.past))
        assert "articles/jifen-xuban/yiqing-wangshen" in [result.id for result in found.results], asked
        assert all(result.status in ("expired", "superseded") for result in found.results)


def test_results_that_are_only_the_nearest_say_so(
    site: Service, folder: Folder, open_folder: Callable[..., Service]
) -> None:
    assert site.search("积分").cut
    assert not open_folder(folder).search("积分").cut


def test_any_two_neighbouring_characters_of_titles_find_all_that_have_them(site: Service) -> None:
    titles = {entry.id: normalise(entry.title) for entry in site.library.entries.values()}
    pairs = {pair for title in titles.values() for run in runs(title) if is_han(run) for pair in bigrams(run)}
    for pair in sorted(pairs):
        having = {ident for ident, title in titles.items() if pair in title}
        found = [result.id for result in site.search(pair, per_page=10).results]
        assert having.issuperset(found[: len(having)]), pair
        assert len(having & set(found)) >= min(len(having), 10), pair


def test_the_rule_in_force_on_the_whole_of_a_topic_is_found_among_many_on_its_parts(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    base = (folder.root / folder.faq).read_text("utf-8").replace("facet: materials", "facet: process")
    base = base.replace("    items: [{name: 居住证, copies: 原件}]\n", "")
    for number in range(CANDIDATES):
        part = base.replace("积分要交什么材料？", f"积分{number}号怎么办？").replace("积分材料清单", f"办理{number}号")
        folder.write(f"faqs/jifen/part{number}.md", part.replace("process", f"process\n    about: {number}号"))
    whole = base.replace("带居住证原件。", "先登记，再由单位提交申请。" * 40)
    over = "status: expired\neffective: {from: 2020-01-01, to: 2021-12-31}"
    for slug, question, status in (("a", "步骤有哪些？", "status: in_force"), ("z", "从前有哪些步骤？", over)):
        text = whole.replace("积分要交什么材料？", question).replace("积分材料清单", f"步骤{slug}")
        folder.write(f"faqs/jifen/{slug}.md", text.replace("status: in_force", status))
    found = {item.passage.entry for item in open_folder(folder).explain("积分怎么办").ranked}
    assert {"faqs/jifen/a", "faqs/jifen/z"} <= found


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
@pytest.mark.parametrize("most", [1, 1000])
def test_of_however_many_titles_the_one_with_a_short_text_inside_is_found(
    folder: Folder, open_folder: Callable[..., Service], monkeypatch: pytest.MonkeyPatch, engine: str, most: int
) -> None:
    monkeypatch.setattr(finder, "LOOKED_AT", most)
    monkeypatch.setattr(finder, "CANDIDATES", 2)
    base = (folder.root / folder.faq).read_text("utf-8").replace("积分材料清单", "清单")
    for number in range(5):
        near = base.replace("积分要交什么材料？", f"大厅{number}号？").replace(
            "清单", f"窗口 {number}, 窗口窗口 {number}"
        )
        folder.write(f"faqs/jifen/near{number}.md", near.replace("materials", f"materials\n    about: {number}"))
    far = base.replace("积分要交什么材料？", "办积分能不能不去单位注册地的那个窗口？").replace("清单", "远处")
    folder.write("faqs/jifen/zz.md", far.replace("materials", "materials\n    about: 远处"))
    service = open_folder(folder, engine)
    assert not service.errors
    assert "faqs/jifen/zz" in {result.id for result in service.ask("窗口").results}

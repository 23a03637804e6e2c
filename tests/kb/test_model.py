"""Periods and the status of an entry as of a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kb import library
from kb.comparing import comparable
from kb.model import Period, Status
from tests.conftest import SOURCES, Folder

DAYS = st.dates(date(2020, 1, 1), date(2020, 2, 28))
EDGES = st.one_of(st.none(), DAYS, st.sampled_from([date.min, date.max]))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start, end = draw(EDGES), draw(EDGES)
    if start and end and start > end:
        start, end = end, start
    return Period(from_=start, to=end)


@given(periods(), periods(), DAYS)
def test_two_periods_overlap_exactly_when_a_day_is_in_both(one: Period, two: Period, day: date) -> None:
    assert one.overlaps(two) == two.overlaps(one)
    if one.covers(day) and two.covers(day):
        assert one.overlaps(two)
    edges = {edge for edge in (one.from_, two.from_, one.to, two.to, day) if edge}
    assert one.overlaps(two) == any(one.covers(edge) and two.covers(edge) for edge in edges)


@given(periods(), periods())
def test_what_precedes_directly_neither_overlaps_nor_leaves_a_day_out(one: Period, two: Period) -> None:
    if one.precedes_directly(two):
        assert one.to
        assert not one.overlaps(two)
        assert two.covers(one.to + timedelta(days=1))


@pytest.mark.parametrize("written", [0, 20261101, "1700000000", "2026-11-1", "2026-11-01T00:00:00", "昨天"])
def test_a_day_is_written_in_one_way_only(written: object) -> None:
    with pytest.raises(ValidationError):
        Period.model_validate({"from": written})


@pytest.mark.parametrize(
    ("written", "day", "status"),
    [
        ("status: in_force", "2022-12-31", Status.upcoming),
        ("status: in_force", "2023-01-01", Status.in_force),
        ("status: in_force", "2099-12-31", Status.in_force),
        ("status: in_force", "2100-01-01", Status.expired),
        ("status: superseded", "2099-12-31", Status.in_force),
        ("status: superseded", "2100-01-01", Status.superseded),
        ("status: expired", "2022-12-31", Status.upcoming),
        ("status: expired", "2100-01-01", Status.expired),
    ],
)
def test_the_status_follows_the_day(folder: Folder, written: str, day: str, status: Status) -> None:
    folder.change(folder.article, "status: in_force", written)
    entry = library.load(folder.root).entries["articles/jifen/zhinan"]
    assert entry.status_on(date.fromisoformat(day)) is status


def test_a_statement_beside_others_may_be_of_a_superseded_document(folder: Folder) -> None:
    folder.write("sources.yml", SOURCES + "- {id: jiu, title: 旧办法, superseded: 2020-01-01}\n")
    statements = "[{text: 一次, source: banfa}, {text: 两次, source: jiu}]"
    folder.change(
        folder.faq, "source: banfa", f"source: banfa\n    conflict: {{statements: {statements}, safer: 去一次}}"
    )
    loaded = library.load(folder.root)
    entry = loaded.entries["faqs/jifen/cailiao"]
    assert not entry.needs_review(entry.facts[0].source, date(2026, 1, 1))
    assert loaded.problems == ()


def test_a_fact_needs_review_from_the_day_its_source_was_superseded(folder: Folder) -> None:
    folder.write("sources.yml", "- {id: banfa, title: 积分办法, superseded: 2026-01-01}\n")
    entry = library.load(folder.root).entries["articles/jifen/zhinan"]
    assert not entry.needs_review(entry.facts[0].source, date(2025, 12, 31))
    assert entry.needs_review(entry.facts[0].source, date(2026, 1, 1))
    assert not entry.needs_review(entry.facts[0].source, date(2100, 1, 1))  # nobody reviews what has expired


def test_questions_are_the_same_whatever_their_punctuation() -> None:
    assert comparable("积分，要多久？") == comparable("积分要多久") != comparable("积分要多少")


def test_every_way_of_asking_says_what_it_asks_for(folder: Folder) -> None:
    folder.change(folder.article, "积分审核要多久？\n", "积分审核要多久？\n    aliases: [积分审几天, 积分审核时间]\n")
    entries = library.load(folder.root).entries
    assert [tuple(asking) for asking in entries["articles/jifen/zhinan"].askings()] == [
        ("积分办理指南", None, None),
        ("积分怎么办理", None, 0),
        ("积分审核要多久？", 0, None),
        ("积分审几天", 0, 0),
        ("积分审核时间", 0, 1),
    ]
    assert [asking.text for asking in entries["faqs/jifen/zhinan-jiaji"].askings()] == ["审核能加急吗？"]


def test_each_question_of_an_article_rests_on_its_own_sources(folder: Folder) -> None:
    write_three_questions(folder)
    entries = library.load(folder.root).entries
    found = {
        slug: [source.id for source in entries[f"faqs/jifen/zhinan-{slug}"].sources]
        for slug in ("jiaji", "yiqian", "shei")
    }
    assert found == {"jiaji": ["banfa"], "yiqian": ["banfa", "jiu"], "shei": ["banfa"]}
    assert [source.id for source in entries["articles/jifen/zhinan"].sources] == ["banfa"]


def write_three_questions(folder: Folder) -> None:
    """Give the article a question on a superseded source, and one without a facet, beside the one that it has."""
    folder.write("sources.yml", SOURCES + "- {id: jiu, title: 旧办法, superseded: 2026-01-01}\n")
    folder.change(
        folder.article,
        "不能加急。\n",
        "不能加急。\n### 以前要几天？ {#yiqian facet=review_time about=以前 source=jiu}\n30 天。\n### 找谁办？ {#shei}\n单位。\n",
    )

"""The quality report: every figure counted, nothing flattered, and a page that says how to count again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from kb.model import Facet, Verification
from search.evaluation import measuring
from search.evaluation.aims import aims
from search.evaluation.curve import reliability_svg
from search.evaluation.errors import EvaluationError
from search.evaluation.quality import REPORT_FILE, Bin, Count, QualityReport, read_report, total_of
from search.evaluation.quality_page import markdown
from search.evaluation.questions import read_questions
from search.evaluation.report import make_report, write
from search.evaluation.uses import USES, Use, read_uses
from search.interval import likely_range
from search.service import Service
from tests.conftest import SITE, Folder
from tests.search.test_totals import POINTS, WHOLE

DAY = date(2026, 11, 24)
ANSWERABLE = """
- {q: 积分审核要多久？, facet: [review_time], card: "20 个工作日"}
- {q: 积分要交什么材料？, facet: [materials], card: "居住证", style: colloquial}
- {q: 积分材料清单, facet: [materials], card: "护照", style: colloquial}
- {q: 积分审核能加急吗, facet: [fee], card: "加急", style: 我们自己的}
"""
SILENT = """
- {q: 今天天气怎么样, none: true, style: foreign}
- {q: 积分怎么办理, none: true, style: near-miss}
- {q: "？？？", none: true, style: adversarial}
"""


def quiet(_what: str, _done: int, _all: int) -> None: ...


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = []
    for name, text in (("visitors.yml", ANSWERABLE), ("outside.yml", SILENT)):
        found.append(tmp_path / name)
        found[-1].write_text(text, "utf-8")
    return found


@pytest.fixture
def asked(folder: Folder, open_folder: Callable[..., Service], files: list[Path]) -> tuple[Service, QualityReport]:
    service = open_folder(folder)
    return service, make_report(service, files, (9, 10), (20, 20), DAY, quiet)


def test_the_scores_are_those_of_kb_eval(
    asked: tuple[Service, QualityReport], files: list[Path], tmp_path: Path
) -> None:
    service, report = asked
    questions = [question for file in files for question in read_questions(file)]
    expected = measuring.ask(service, questions, tmp_path / "baseline", quiet, DAY)
    assert (*report.files[0].answerable, *report.files[1].silent) == expected.scores
    total = report.total
    assert (total.all.right, total.all.of) == (expected.total.right, expected.total.questions)
    assert total.false_cards == expected.total.false_cards
    assert total.wrong == expected.total.wrong
    assert (total.answered.of, total.silent) == (4, 3)


def test_what_was_asked_and_with_what_is_named(asked: tuple[Service, QualityReport]) -> None:
    service, report = asked
    assert (report.day, report.content, report.engine) == (DAY, service.library.fingerprint, "tantivy")
    assert "jieba" in report.segmenter
    assert [file.name for file in report.files] == ["visitors.yml", "outside.yml"]
    assert report.entries == len(service.library.entries)
    assert report.first is not None
    assert report.first.n == 7
    assert 0 < report.first.p50 <= report.first.p95 <= report.first.p99


def test_the_gap_is_between_own_words_and_colloquial_questions(asked: tuple[Service, QualityReport]) -> None:
    _, report = asked
    assert (report.colloquial.right, report.colloquial.of) == (1, 2)
    assert report.gap == pytest.approx(90 - 50)


def test_the_curve_covers_answers_without_a_card_and_forgives_no_silent_question(
    asked: tuple[Service, QualityReport],
) -> None:
    _, report = asked
    assert len(report.reliability) == 10
    for place, found in enumerate(report.reliability):
        assert found.shown.of <= found.right.of
        if found.confidence is not None:
            assert place / 10 <= found.confidence <= (place + 1) / 10
    assert sum(found.shown.of for found in report.reliability) <= report.candidates.of <= report.total.all.of
    assert report.candidates.right <= report.total.answered.of
    assert report.miscalibration is not None


def test_a_card_that_was_not_asked_for_counts_as_wrong_on_the_curve(
    folder: Folder, open_folder: Callable[..., Service], tmp_path: Path
) -> None:
    (tmp_path / "q.yml").write_text("- {q: 积分审核要多久？, none: true}", "utf-8")
    report = make_report(open_folder(folder), [tmp_path / "q.yml"], (1, 1), (1, 1), DAY, quiet)
    assert report.total.false_cards == 1
    assert (report.candidates.right, report.candidates.of) == (0, 1)


def test_a_card_counts_as_as_sure_as_it_says_itself(site: Service, tmp_path: Path) -> None:
    asked = "补领居住证要付工本费吗"
    how = site.explain(asked, as_of=DAY)
    assert how.card is not None
    assert how.card.choices
    assert how.card.confidence > how.ranked[0].confidence + 0.05
    (tmp_path / "q.yml").write_text(f"- {{q: {asked}, card: 元}}", "utf-8")
    report = make_report(site, [tmp_path / "q.yml"], (1, 1), (1, 1), DAY, quiet)
    [confidence] = [found.confidence for found in report.reliability if found.confidence is not None]
    assert confidence == how.card.confidence


def test_a_card_that_was_added_up_estimates_no_confidence(
    folder: Folder, open_folder: Callable[..., Service], tmp_path: Path
) -> None:
    folder.write("articles/jifen/fenzhi.md", POINTS)
    (tmp_path / "q.yml").write_text(f"- {{q: {WHOLE}, card: 合计 100 分}}", "utf-8")
    report = make_report(open_folder(folder), [tmp_path / "q.yml"], (1, 1), (1, 1), DAY, quiet)
    assert (report.total.all.right, report.candidates.of) == (1, 0)


def test_progress_is_told_to_the_end(folder: Folder, open_folder: Callable[..., Service], files: list[Path]) -> None:
    told: list[tuple[str, int, int]] = []
    make_report(open_folder(folder), files, (1, 1), (1, 1), DAY, lambda *step: told.append(step))
    assert told == [("提问", done, 7) for done in range(1, 8)]


def test_a_site_that_publishes_twice_meanwhile_takes_no_report_away(
    folder: Folder, open_folder: Callable[..., Service], files: list[Path]
) -> None:
    service = open_folder(folder)
    before, site = service.library.fingerprint, open_folder(folder)

    def publish(_what: str, done: int, _all: int) -> None:
        if done in (2, 4):
            folder.write("site.yml", SITE.replace("测试站", f"测试站{done}"))
            assert site.refresh()

    report = make_report(service, files, (1, 1), (1, 1), DAY, publish)
    assert not (service.settings.index / service.generation).exists()
    assert (report.content, report.segmenter) == (before, service.segmenter)


def test_ages_count_articles_once_and_facts_one_by_one(folder: Folder, open_folder: Callable[..., Service]) -> None:
    reviewed = ["2026-08-25", "2026-08-24", "2026-05-24", "2025-11-25", "2025-11-24"]
    for place, day in enumerate(reviewed):
        text = (folder.root / folder.faq).read_text("utf-8")
        text = text.replace("积分要交什么材料？", f"第{place}样东西怎么办？").replace("aliases: [积分材料清单]\n", "")
        due = "2026-11-23" if place == 0 else "2026-11-24"
        folder.write(
            f"faqs/jifen/yang-{place}.md", text.replace("reviewed: 2026-11-01", f"reviewed: {day}\nreview_by: {due}")
        )
    folder.change("faqs/jifen/yang-1.md", "    source: banfa", "    source: banfa\n    verification: unverified")
    folder.change("sources.yml", "number: 某规〔2022〕1号", "number: 某规〔2022〕1号, superseded: 2026-11-24")
    service = open_folder(folder)
    ages = make_report(service, [], (0, 0), (0, 0), DAY, quiet).ages
    assert ages.by_age == [("3 个月以内", 3), ("3 到 6 个月", 1), ("6 到 12 个月", 2), ("12 个月以上", 1)]
    assert ages.entries == 7
    assert len(service.library.entries) == 8
    assert ages.overdue == 1
    assert ages.verification[Verification.unverified] == 1
    assert sum(ages.verification.values()) == ages.facts
    assert 6 <= ages.needs_review <= ages.facts


def test_without_questions_there_is_a_report_without_shares(
    folder: Folder, open_folder: Callable[..., Service]
) -> None:
    report = make_report(open_folder(folder), [], (0, 0), (0, 0), DAY, quiet)
    assert (report.gap, report.first, report.miscalibration) == (None, None, None)
    assert "这次没有题目文件" in markdown(report)
    ElementTree.fromstring(reliability_svg(report.reliability))  # noqa: S314  our own drawing


def test_files_of_one_name_are_told_apart(folder: Folder, open_folder: Callable[..., Service], tmp_path: Path) -> None:
    paths = [tmp_path / place / "q.yml" for place in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("- {q: 今天天气怎么样, none: true}", "utf-8")
    report = make_report(open_folder(folder), paths, (1, 1), (1, 1), DAY, quiet)
    assert [file.name for file in report.files] == ["a/q.yml", "b/q.yml"]


def test_a_question_file_that_cannot_be_used_is_named(
    folder: Folder, open_folder: Callable[..., Service], tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match=r"nicht\.yml"):
        make_report(open_folder(folder), [tmp_path / "nicht.yml"], (1, 1), (1, 1), DAY, quiet)


@pytest.mark.parametrize(
    ("right", "of", "percent"), [(9999, 10000, "99.9%"), (3, 3, "100.0%"), (2, 3, "66.6%"), (0, 0, "—")]
)
def test_only_all_of_them_are_one_hundred_percent(right: int, of: int, percent: str) -> None:
    assert Count(right=right, of=of).percent == percent


def test_more_right_than_asked_is_refused(folder: Folder, open_folder: Callable[..., Service]) -> None:
    with pytest.raises(ValidationError, match="先写对的个数"):
        make_report(open_folder(folder), [], (10, 9), (0, 0), DAY, quiet)


def test_what_is_written_is_read_back_and_nothing_else_is_left(
    asked: tuple[Service, QualityReport], folder: Folder, tmp_path: Path
) -> None:
    service, report = asked
    for _ in range(2):
        write(report, folder.root, tmp_path / "docs")
    assert read_report(folder.root / REPORT_FILE) == report
    assert sorted(path.name for path in (tmp_path / "docs").iterdir()) == ["quality-reliability.svg", "quality.md"]
    assert not [path for path in folder.root.iterdir() if path.name.startswith(".")]
    assert not service.refresh()


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"day": "2026-11-24"}', b"[" * 100_000, b"x" * 1_000_001]
)
def test_a_report_that_cannot_be_used_is_none(tmp_path: Path, broken: bytes) -> None:
    assert read_report(tmp_path / REPORT_FILE) is None
    (tmp_path / REPORT_FILE).write_bytes(broken)
    assert read_report(tmp_path / REPORT_FILE) is None
    assert read_report(tmp_path) is None


def test_figures_that_no_one_can_have_measured_are_not_read(
    asked: tuple[Service, QualityReport], tmp_path: Path
) -> None:
    _, report = asked
    text = report.model_dump_json()
    for old, new in ((f'"gap":{report.gap}', '"gap":NaN'), ('"facts":', '"fact":'), ('"entries":', '"entries":-')):
        assert old in text
        (tmp_path / REPORT_FILE).write_text(text.replace(old, new, 1), "utf-8")
        assert read_report(tmp_path / REPORT_FILE) is None


def test_the_page_gives_n_to_every_figure_and_the_commands(asked: tuple[Service, QualityReport]) -> None:
    _, report = asked
    page = markdown(report)
    for command in ("`kb eval`", "`kb eval --questions 文件`", "`kb eval --invariants`", "`kb eval --report`"):
        assert command in page
    for row in re.findall(r"^\| [^|]*(?:问题|提问|不变量|口语)[^|]*\|.*", page.split("## ")[0], re.M):
        assert re.search(r"\| [\d 和]+ \|$", row), row
    assert "9 / 10（90.0%）" in page
    assert "40.0 个百分点" in page
    assert "我们自己的" in page


def test_the_page_explains_question_files_with_a_sample_that_can_be_read(
    asked: tuple[Service, QualityReport], tmp_path: Path
) -> None:
    page = markdown(asked[1])
    sample = re.findall(r"```yaml\n(.*?)```", page, re.S)
    assert len(sample) == 1
    (tmp_path / "sample.yml").write_text(sample[0], "utf-8")
    first, second = read_questions(tmp_path / "sample.yml")
    assert re.search(first.card or "", "审核期限为 20 个工作日")
    assert second.none
    assert all(f"`{facet}` {facet.label}" in page for facet in Facet)


def test_tables_keep_their_columns_whatever_a_file_or_style_is_called(
    folder: Folder, open_folder: Callable[..., Service], tmp_path: Path
) -> None:
    path = tmp_path / "a|b.yml"
    path.write_text('- {q: 今天天气怎么样, none: true, style: "x|y\\nz"}', "utf-8")
    page = markdown(make_report(open_folder(folder), [path], (1, 1), (1, 1), DAY, quiet))
    assert "### a\\|b.yml" in page
    assert "| x\\|y z | 1 | 1 | 0 |" in page


def _said(files: list[Path], text: str) -> None:
    (files[0].parent / USES).write_text(text, "utf-8")


def test_the_page_says_what_weights_were_fitted_on_and_does_not_head_itself_with_it(
    folder: Folder, open_folder: Callable[..., Service], files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "exam.yml").write_text(ANSWERABLE + SILENT, "utf-8")
    _said(files, "visitors.yml: {use: fitted}\nexam.yml: {use: seen, about: 考卷}\n")
    report = make_report(open_folder(folder), [*files, tmp_path / "exam.yml"], (9, 10), (19, 20), DAY, quiet)
    assert [(file.use, file.about) for file in report.files] == [(Use.fitted, ""), (None, ""), (Use.seen, "考卷")]
    assert [file.name for file in report.held_out] == ["outside.yml", "exam.yml"]
    page = markdown(report)
    held, exam = total_of(report.held_out), report.files[2].total
    assert held.cards == exam.cards
    assert f"| 应当给出卡片的问题：卡片对 | {held.cards.right} / {held.cards.of}" in page.split("## ")[0]
    assert "只数没写明用来调过程序的 2 份题目" in page
    row = f"{exam.cards.of} | {report.files[2].verbatim} | {exam.cards.right} | {exam.wrong} | {exam.silent} | {exam.false_cards} |"
    assert f"| exam.yml | 看过成绩 | {row}" in page
    for words in (
        "| visitors.yml | 用来调过程序 |",
        "| outside.yml | 没有说明 |",
        "- 用来调过程序：",
        "- 没有说明：",
        "考卷。看过成绩。",
    ):
        assert words in page
    assert "- 事先没看过：" not in page


def test_each_question_that_stands_word_for_word_in_the_content_is_counted(
    asked: tuple[Service, QualityReport],
) -> None:
    assert [file.verbatim for file in asked[1].files] == [3, 0]


def test_every_aim_says_whether_it_is_reached(
    folder: Folder, open_folder: Callable[..., Service], files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "hard.yml").write_text("- {q: 积分审核要多久？, none: true}", "utf-8")
    (tmp_path / "exam.yml").write_text('- {q: 積分審核要多久, card: "20 个", style: traditional}' + SILENT, "utf-8")
    (tmp_path / "plain.yml").write_text('- {q: 积分审核要多久, card: "20 个"}', "utf-8")
    _said(files, "visitors.yml: {use: fitted}\nhard.yml: {use: blind, about: 最难}\n")
    paths = [*files, *(tmp_path / name for name in ("hard.yml", "exam.yml", "plain.yml"))]
    report = make_report(open_folder(folder), paths, (10, 10), (19, 20), DAY, quiet)
    found = {(aim.what, aim.asked): (aim.bound, aim.value, aim.reached) for aim in aims(report)}
    held, every = "没写明用来调过程序的 4 份题目", "全部 5 份题目"
    assert found["该有答案的问题，答案对", held] == ("≥ 95%", "2 / 2（100.0%）", "是")
    assert found["该有答案的问题，答案对", every][::2] == ("≥ 95%", "否")
    assert found["繁体字：答案对", held] == ("≥ 90%", "1 / 1（100.0%）", "是")
    assert found["拼音：答案对", held] == ("≥ 90%", "0 / 0（—）", "没有测")
    assert found["口语问题比自己的问法低", every] == ("≤ 5 个百分点", "50.0 个百分点", "否")
    assert found["口语问题比自己的问法低", held] == ("≤ 5 个百分点", "—", "没有测")
    false = {asked: rest for (what, asked), rest in found.items() if what.startswith("不该答")}
    assert false == {
        "该答和不该答的都考的 1 份题目": ("≤ 2%", "0 / 3（0.0%）", "是"),
        "outside.yml": ("≤ 2%", "0 / 3（0.0%）", "是"),
        "最难（hard.yml）": ("≤ 2%", "1 / 1（100.0%）", "否"),
    }
    assert found["标题和问法，搜得到自己", "标题、问法和标题里的每两个字"] == ("100%", "19 / 20（95.0%）", "否")
    page = markdown(report)
    assert "| 不该答的问题，却给了答案 | 最难（hard.yml） | ≤ 2% | 1 / 1（100.0%） | 否 |" in page


def test_of_files_of_the_same_name_each_is_what_its_own_folder_says(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "exam.yml").write_text(SILENT, "utf-8")
    (theirs / "shared.yml").write_text(SILENT, "utf-8")
    (ours / USES).write_text("exam.yml: {use: fitted}\nshared.yml: {use: seen}\n", "utf-8")
    files = [ours / "exam.yml", theirs / "exam.yml", theirs / "shared.yml"]
    assert {path: said.use for path, said in read_uses(files).items()} == {files[0]: Use.fitted, files[2]: Use.seen}
    (theirs / USES).write_text("exam.yml: {use: blind}\nshared.yml: {use: blind}\n", "utf-8")
    assert [said.use for said in read_uses(files).values()] == [Use.fitted, Use.blind, Use.blind]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exam.yml: {use: seen}\nvisitors.yml: {use: [learnt]}", "uses.yaml:2: 没有这样的 use"),
        ("- visitors.yml", "uses.yaml:1: "),
    ],
)
def test_uses_that_cannot_be_read_are_said_with_file_and_line(
    folder: Folder, open_folder: Callable[..., Service], files: list[Path], text: str, said: str
) -> None:
    _said(files, text)
    with pytest.raises(EvaluationError, match=re.escape(said)):
        make_report(open_folder(folder), files, (1, 1), (1, 1), DAY, quiet)


def test_a_report_of_before_files_said_their_use_is_still_read(
    asked: tuple[Service, QualityReport], tmp_path: Path
) -> None:
    old = asked[1].model_dump(mode="json")
    for file in old["files"]:
        del file["use"], file["about"], file["verbatim"]
    (tmp_path / REPORT_FILE).write_text(json.dumps(old), "utf-8")
    found = read_report(tmp_path / REPORT_FILE)
    assert found is not None
    assert found.held_out == found.files


def _bins(shares: Sequence[tuple[int, int]]) -> tuple[Bin, ...]:
    return tuple(
        Bin(
            low=place / 10,
            high=(place + 1) / 10,
            confidence=(place + 0.5) / 10 if of else None,
            right=Count(right=right, of=of),
            shown=Count(right=0, of=0),
        )
        for place, (right, of) in enumerate(shares)
    )


def test_the_drawing_is_plain_and_shows_every_bin() -> None:
    drawing = reliability_svg(_bins([(place, 7 * place) for place in range(10)]))
    root = ElementTree.fromstring(drawing)  # noqa: S314  our own drawing
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "rect", "text", "path", "line", "polyline", "circle"}
    assert not [element for element in root.iter() if "style" in element.attrib or "href" in element.attrib]
    words = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {str(7 * place) for place in range(10)} <= {*words}
    assert drawing.count("<circle") == 9
    assert "共 315 次回答" in drawing


def test_a_perfect_bin_lies_on_the_line_and_a_small_one_has_a_long_range() -> None:
    low, high = likely_range(5, 10)
    assert (round(low, 3), round(high, 3)) == (0.237, 0.763)  # Wilson's interval, as tabulated
    assert likely_range(50, 100)[0] > low
    assert likely_range(0, 1)[0] == 0
    assert likely_range(1, 1)[1] == 1

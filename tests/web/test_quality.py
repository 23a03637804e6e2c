"""The quality page: figures as measured, honest about what is missing or out of date."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from search.evaluation.quality import REPORT_FILE, QualityReport, read_report, style_label
from search.evaluation.report import make_report, write
from search.evaluation.uses import USES
from search.service import Service
from tests.conftest import CONTENT, Folder
from tests.web.conftest import client_of

QUESTIONS = """
- {q: 积分审核要多久？, facet: [review_time], card: "20 个工作日"}
- {q: 积分要交什么材料？, facet: [materials], card: "居住证", style: colloquial}
- {q: 今天天气怎么样, none: true, style: foreign}
- {q: 明天下雨吗, none: true, style: "<script>alert(1)</script>"}
"""


@pytest.fixture
def small(folder: Folder, open_folder: Callable[..., Service]) -> Service:
    return open_folder(folder)


@pytest.fixture
def visitor(small: Service) -> FlaskClient:
    return client_of(small)


@pytest.fixture
def report(small: Service, folder: Folder, tmp_path: Path) -> QualityReport:
    (tmp_path / "visitors.yml").write_text(QUESTIONS, "utf-8")
    found = make_report(
        small, [tmp_path / "visitors.yml"], (199, 200), (77, 77), date(2026, 11, 24), lambda _what, _done, _all: None
    )
    write(found, folder.root, tmp_path / "docs")
    return found


def test_before_anything_was_measured_the_page_says_so_and_how(visitor: FlaskClient) -> None:
    reply = visitor.get("/quality")
    assert reply.status_code == 200
    assert "还没有测过" in reply.text
    assert "kb eval --report" in reply.text
    assert "<img" not in reply.text
    assert visitor.get("/quality.svg").status_code == 404


@pytest.mark.parametrize("broken", [b"{", b"\xff\x00", b"[]", b'{"day": 1}', b"9" * 5000])
def test_a_broken_report_is_as_none(visitor: FlaskClient, folder: Folder, broken: bytes) -> None:
    (folder.root / REPORT_FILE).write_bytes(broken)
    reply = visitor.get("/quality")
    assert reply.status_code == 200
    assert "还没有测过" in reply.text
    assert "Traceback" not in reply.text
    assert visitor.get("/quality.svg").status_code == 404


def test_a_report_that_is_a_pipe_keeps_nobody_waiting(visitor: FlaskClient, folder: Folder) -> None:
    os.mkfifo(folder.root / REPORT_FILE)
    assert "还没有测过" in visitor.get("/quality").text


def test_the_figures_are_those_of_the_report(visitor: FlaskClient, report: QualityReport) -> None:
    page = visitor.get("/quality").text
    for words in (
        "99.5%",
        "200 种问法里对 199 种",
        "77 项里 77 项",
        "2026-11-24",
        "2 题里对 2 题",
        '多对</dt><dd class="figure">0.5 个百分点',
    ):
        assert words in page
    for found in report.reliability:
        if found.confidence is not None:
            assert f"<td>{100 * found.confidence:.1f}%</td>" in page
    for label, count in report.ages.by_age:
        assert f'<th scope="row">{label}</th><td>{count}</td>' in page
    assert report.content[:12] in page


@pytest.mark.usefixtures("report")
def test_aims_that_are_missed_and_what_weights_were_fitted_on_are_said(
    visitor: FlaskClient, small: Service, folder: Folder, tmp_path: Path
) -> None:
    page = visitor.get("/quality").text.replace("\u00a0", " ")
    assert "个用来调过程序" not in page
    assert re.search(r"目标：100%</span></th></tr>\s*<tr>.*?</th><td>77 / 77（100.0%）</td><td>是</td>", page)
    assert _row_of("visitors.yml", page) == ("没有说明", "2", "2", "2")
    (tmp_path / "exam.yml").write_text("- {q: 积分审核要多久？, card: 三年}", "utf-8")
    (tmp_path / USES).write_text("visitors.yml: {use: fitted}\nexam.yml: {use: blind}\n", "utf-8")
    files = [tmp_path / "visitors.yml", tmp_path / "exam.yml"]
    found = make_report(small, files, (1, 1), (76, 77), date(2026, 11, 24), lambda _what, _done, _all: None)
    write(found, folder.root, tmp_path / "docs")
    page = visitor.get("/quality").text.replace("\u00a0", " ")
    assert "我们用 1 个事先写明该怎么答的问题考自己。另有 4 个用来调过程序" in page
    assert "没用来调过程序的 1 份题目</th><td>0 / 1（0.0%）</td><td>否</td>" in page
    assert _row_of("exam.yml", page) == ("事先没看过", "1", "1", "0")
    assert _row_of("visitors.yml", page) == ("用来调过程序", "2", "2", "2")


def test_files_of_one_kind_are_one_line_and_those_all_fitted_on_are_called_so(
    visitor: FlaskClient, small: Service, folder: Folder, tmp_path: Path
) -> None:
    files = [tmp_path / f"exam{number}.yml" for number in range(3)]
    for path in files:
        path.write_text(QUESTIONS, "utf-8")
    (tmp_path / USES).write_text("".join(f"{path.name}: {{use: fitted, about: 考卷}}\n" for path in files), "utf-8")
    found = make_report(small, files, (1, 1), (1, 1), date(2026, 11, 24), lambda _what, _done, _all: None)
    write(found, folder.root, tmp_path / "docs")
    page = visitor.get("/quality").text
    assert "<p>我们用 12 个事先写明该怎么答的问题考自己，都用来调过程序：" in page
    assert _row_of("考卷，3 份", page) == ("用来调过程序", "6", "6", "6")
    assert "<caption>考卷，3 份：不该答的 6 题</caption>" in page
    assert '<th scope="row">别的话题</th><td>3</td>' in page
    assert "exam" not in page


def _row_of(name: str, page: str) -> tuple[str, ...]:
    """What is said of a kind of questions: its use, from the line over it, and its figures."""
    origins = page.split("题目从哪里来")[1].split("</table>")[0]
    before, _, after = origins.partition(f'<th scope="row">{name}</th>')
    [*_, use] = re.findall(r'<th scope="rowgroup" colspan="4"><strong>([^<]+)<', before)
    return (use, *re.findall(r"<td>([^<]+)</td>", after.split("</tr>")[0]))


def test_each_kind_of_questions_is_opened_for_itself_its_result_said_before(
    visitor: FlaskClient, small: Service, folder: Folder, tmp_path: Path
) -> None:
    for name in ("one.yml", "two.yml"):
        (tmp_path / name).write_text(QUESTIONS, "utf-8")
    files = [tmp_path / "one.yml", tmp_path / "two.yml"]
    found = make_report(small, files, (1, 1), (1, 1), date(2026, 11, 24), lambda _what, _done, _all: None)
    write(found, folder.root, tmp_path / "docs")
    part = visitor.get("/quality").text.split("<h2>换各种方式问</h2>")[1].split("<h2>")[0]
    assert re.findall("<summary>(.*?)</summary>", part) == [
        f"{name}：该有答案的 2 题里全对 2 题，不该答的 2 题里误给 0 题" for name in ("one.yml", "two.yml")
    ]
    assert part.index("<details>") < part.index("<table>")
    assert part.count("</details>") == 2


def test_every_style_of_our_own_questions_is_named_in_words() -> None:
    report = read_report(CONTENT / REPORT_FILE)
    assert report
    scores = [score for file in report.files for score in (*file.answerable, *file.silent)]
    assert [score.style for score in scores if style_label(score.style).isascii()] == []


def test_content_that_changed_since_is_said(
    visitor: FlaskClient, report: QualityReport, small: Service, folder: Folder
) -> None:
    assert report.content == small.library.fingerprint
    assert "内容又改过" not in visitor.get("/quality").text
    folder.change(folder.faq, "带居住证原件。", "带居住证原件和复印件。")
    assert small.refresh()
    assert "内容又改过" in visitor.get("/quality").text


@pytest.mark.usefixtures("report")
def test_the_curve_is_an_image_with_a_table_beside_it(visitor: FlaskClient) -> None:
    page = visitor.get("/quality").text
    image = re.search(r'<img[^>]* src="/quality.svg"[^>]* alt="([^"]+)"', page)
    assert image is not None
    assert "下表" in image[1]
    reply = visitor.get("/quality.svg")
    assert reply.content_type.startswith("image/svg+xml")
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    size = ElementTree.fromstring(reply.text).attrib  # noqa: S314  our own drawing
    assert f'width="{size["width"]}" height="{size["height"]}"' in page


class _Tables(HTMLParser):
    """Counts what tables have."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = self.captions = 0
        self.unscoped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "th" and dict(attrs).get("scope") not in ("row", "col", "rowgroup"):
            self.unscoped.append(str(attrs))


@pytest.mark.usefixtures("report")
def test_every_table_has_a_caption_and_every_head_its_scope(visitor: FlaskClient) -> None:
    seen = _Tables()
    seen.feed(visitor.get("/quality").text)
    assert seen.tables == seen.captions >= 5
    assert seen.unscoped == []


@pytest.mark.usefixtures("report")
def test_names_from_question_files_are_never_markup(visitor: FlaskClient) -> None:
    page = visitor.get("/quality").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_report_without_questions_still_has_its_page(visitor: FlaskClient, small: Service, folder: Folder) -> None:
    found = make_report(small, [], (0, 0), (0, 0), date(2026, 11, 24), lambda _what, _done, _all: None)
    write(found, folder.root, folder.root.parent / "docs")
    page = visitor.get("/quality").text
    assert "这次没有题目" in page
    assert "内容有多新" in page
    assert visitor.get("/quality.svg").status_code == 200


def test_every_page_leads_there(client: FlaskClient) -> None:
    for path in ("/", "/search?q=积分审核要多久", "/quality"):
        assert '<a href="/quality">质量</a>' in client.get(path).text

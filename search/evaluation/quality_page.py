"""docs/quality.md: the quality report in words, with how to reproduce each figure."""

from __future__ import annotations

from collections.abc import Sequence

from kb.model import Facet
from search.evaluation.aims import GAP, aims
from search.evaluation.pages import cell, table
from search.evaluation.quality import FileFigures, QualityReport, points, style_label, total_of
from search.evaluation.uses import Use

PAGE, DRAWING = "quality.md", "quality-reliability.svg"
"""The page and the drawing that it shows, in docs/."""


def markdown(report: QualityReport) -> str:
    """The report as a page for docs/, with how to reproduce each figure."""
    parts = (_summary, _aims, _files, _questions, _own_words, _reliability, _speed, _freshness, lambda _report: _HOW)
    return "\n".join(line for part in parts for line in (*part(report), ""))


def _summary(report: QualityReport) -> list[str]:
    total = total_of(report.held_out)
    fitted = len(report.files) - len(report.held_out)
    only = (
        f"问题只数{report.held_out_name} {len(report.held_out)} 份题目，另外 {fitted} 份的成绩在后面。"
        if fitted
        else ""
    )
    return [
        "# 质量",
        "",
        f"{report.day} 测得，由 `kb eval --report` 生成，不要手改。内容 {report.entries} 个条目、{report.facts} 条事实"
        f"（指纹 `{report.content[:12]}`），引擎 {report.engine}，分词 `{report.segmenter}`。",
        f"{only}答对的百分比一律向下取到一位小数，误给的向上取：写 100.0% 的，就是一题不差。",
        "",
        *table(
            ("测的是什么", "结果", "n"),
            [
                ("应当给出卡片的问题：卡片对", total.cards.said, total.cards.of),
                ("应当给出卡片的问题：类别对", total.facets.said, total.facets.of),
                ("应当给出卡片的问题：卡片和类别都对", total.answered.said, total.answered.of),
                ("应当给出卡片的问题：给错卡片", f"{total.wrong} 题", total.answered.of),
                ("不该给卡片的问题：误给卡片", f"{total.false_cards} 题", total.silent),
                ("这些问题：全对", total.all.said, total.all.of),
                ("内容用自己的问法提问：找对", report.acceptance.said, report.acceptance.of),
                ("不变量：搜得到自己", report.invariants.said, report.invariants.of),
            ],
        ),
    ]


def _aims(report: QualityReport) -> list[str]:
    return [
        "## 目标达到了没有",
        "",
        *table(
            ("测的是什么", "哪些题目", "目标", "测得", "达到"),
            [(aim.what, aim.asked, aim.bound, aim.value, aim.reached) for aim in aims(report)],
        ),
    ]


def _files(report: QualityReport) -> list[str]:
    rows = [(file.name, _use(file), *_cells([file])) for file in report.files]
    groups = {f"{report.held_out_name}合计": report.held_out, "全部合计": report.files}
    for name, files in groups.items():
        rows.append((name, "", *_cells(files)))
    used = dict.fromkeys(file.use for file in report.files)
    return [
        "## 题目文件，各自有没有用来调过程序",
        "",
        *table(
            ("题目文件", "用途", "应当给出卡片", "其中一字不差", "卡片对", "给错卡片", "不该给卡片", "误给卡片"), rows
        ),
        "",
        *(f"- {use.label}：{use.meaning}" for use in Use if use in used),
        *(["- 没有说明：题目旁边的 `uses.yaml` 没有写到这个文件。"] if None in used else []),
        "- 一字不差：就是内容里的某个标题、问题或其他问法，不计标点和大小写。答对这样的题，只说明查得到，不说明听得懂。",
    ]


def _use(file: FileFigures) -> str:
    return file.use.label if file.use else "没有说明"


def _cells(files: Sequence[FileFigures]) -> tuple[int, ...]:
    total, verbatim = total_of(files), sum(file.verbatim or 0 for file in files)
    return (total.cards.of, verbatim, total.cards.right, total.wrong, total.silent, total.false_cards)


def _questions(report: QualityReport) -> list[str]:
    lines = ["## 每个题目文件", "", "“全对”指卡片和类别都对。不该给卡片的问题，什么卡片都不给才算对。"]
    for file in report.files:
        total = file.total
        about = f"{file.about}。" if file.about else ""
        told = f"{about}{_use(file)}。共 {total.all.of} 题，{total.all.said} 全对。"
        lines += ["", f"### {cell(file.name)}", "", told]
        if file.answerable:
            rows = [
                (style_label(s.style), s.questions, s.card_right, s.facet_right, s.right, s.wrong)
                for s in file.answerable
            ]
            rows.append(
                ("合计", total.cards.of, total.cards.right, total.facets.right, total.answered.right, total.wrong)
            )
            lines += ["", *table(("应当给出卡片", "题数", "卡片对", "类别对", "全对", "给错卡片"), rows)]
        if file.silent:
            quiet = [(style_label(s.style), s.questions, s.right, s.false_cards) for s in file.silent]
            quiet.append(("合计", total.silent, total.silent - total.false_cards, total.false_cards))
            lines += ["", *table(("不该给卡片", "题数", "没有给", "误给卡片"), quiet)]
    if not report.files:
        lines += ["", "这次没有题目文件。"]
    return [*lines, "", "重做：`kb eval --questions 文件`，并列出每一个答错的问题。"]


def _own_words(report: QualityReport) -> list[str]:
    return [
        "## 自己的问法和口语的差距",
        "",
        f"每个条目的标题、问题和其他问法都要找到这个条目，有事实的还要给出它的卡片：{report.acceptance.said}，"
        f"n = {report.acceptance.of}。全部题目里，口语问题全对的占 {report.colloquial.said}，n = {report.colloquial.of}。"
        f"相差 {points(report.gap)}，目标是不超过 {GAP} 个百分点。",
        "",
        "不变量：每个标题和问法都要在前 10 条里搜到自己的条目；标题里的每两个字都要在前 10 条里搜到每一个含它的标题，"
        f"标题太多、放不下的，搜到其中一个就行。{report.invariants.said}，n = {report.invariants.of}。",
        "",
        "重做：`kb eval` 和 `kb eval --invariants`，都会列出没找到的。",
    ]


def _reliability(report: QualityReport) -> list[str]:
    rows = [
        (
            f"{b.low:.0%} 到 {b.high:.0%}",
            b.right.of,
            "—" if b.confidence is None else f"{100 * b.confidence:.1f}%",
            b.right.percent,
            b.shown.of,
            b.shown.percent,
        )
        for b in report.reliability
    ]
    return [
        "## 说有把握的时候，是不是真的对",
        "",
        "每次回答前，问策都估计自己有几成把握。把回答按把握分成 10 档，看每档里最接近的条目实际答对的比例；"
        "没有给出卡片的回答也算在内，不该给卡片的问题一律算错。两者越接近，把握越可信。",
        "最后两列只数给出了卡片的回答：别的城市、太笼统的问题另有规则拦下，把握再高也不给卡片。",
        "",
        f"n = {report.candidates.of} 次回答，把握与答对的比例平均相差 {points(report.miscalibration)}。",
        "",
        f"![把握与实际答对的比例，数据见下表]({DRAWING})",
        "",
        "虚线：把握与实际一样。竖线：答对比例的 95% 区间，次数越少越长。",
        "",
        *table(("把握", "n", "平均把握", "实际答对", "给出卡片", "其中答对"), rows),
        "",
        "重做：`kb eval --report --questions 文件 …`。单个问题的把握：`kb search 问题 --explain`。",
    ]


def _speed(report: QualityReport) -> list[str]:
    timed = [("第一次问", report.first), ("再问一次", report.again)]
    rows = [(name, f"{t.p50:.2f}", f"{t.p95:.2f}", f"{t.p99:.2f}", t.n) for name, t in timed if t]
    return [
        "## 回答要多久",
        "",
        "进程内一个完整回答的毫秒数，词典已装好，不含网络。p50：一半的回答不超过它；p95、p99 依此类推。",
        "",
        *table(("", "p50", "p95", "p99", "n"), rows),
        "",
        "重做：`kb eval --questions 文件` 的用时是“再问一次”的；“第一次问”的只在 `kb eval --report` 里。随机器不同而不同。",
    ]


def _freshness(report: QualityReport) -> list[str]:
    ages = report.ages
    rows = [(f"最近核对：{label}", count, ages.entries) for label, count in ages.by_age]
    rows.append(("复核期限已过的条目", ages.overdue, ages.entries))
    rows += [(f"事实：{level.label}", count, ages.facts) for level, count in ages.verification.items()]
    rows.append(("待复核的事实（依据的文件已被取代）", ages.needs_review, ages.facts))
    return [
        "## 内容有多新",
        "",
        f"截至 {report.day}。条目不含文章里的小问答，它们随文章一起核对。",
        "",
        *table(("", "个数", "n"), rows),
        "",
        "重做：`kb check` 列出每个过期未核对的条目；个数由 `kb eval --report` 数出。",
    ]


_HOW = [
    "## 题目文件怎样写",
    "",
    "题目文件是 YAML，一行一题：",
    "",
    "```yaml",
    '- {q: 积分审核要多久, facet: [review_time], card: "20\\\\s*个?工作日", style: plain}',
    "- {q: 深圳积分入户要多少分, none: true, style: near-miss}",
    "```",
    "",
    "| 字段 | 含义 |",
    "|---|---|",
    "| `q` | 问题，照人们打的写 |",
    "| `card` | 正则表达式，卡片上的文字（问题、答案、材料、步骤、注意事项）里要找得到 |",
    "| `facet` | 可以接受的类别，写一个或几个；不写则任何类别都行 |",
    "| `none` | 写 `true`：不该给卡片（可以有搜索结果）。`card` 和 `none` 写一个，且只写一个 |",
    "| `style` | 问法，成绩按它分组：`plain`、`colloquial`、`keywords`、`homophone`、`pinyin`、`traditional` 等，"
    "也可自拟；不写是 `plain` |",
    "| `seed` | 写 `true`：最初给定的题目，只作记号 |",
    "",
    "题目旁边可以放一个 `uses.yaml`，一行说一个文件，如 `exam.yml: {use: blind, about: 考卷}`。`use` 写 "
    + "、".join(f"`{use}`（{use.label}）" for use in Use)
    + "；`about` 用几个字说是些什么题，可以不写。",
    "",
    f"类别：{'、'.join(f'`{facet}` {facet.label}' for facet in Facet)}。",
    "",
    "## 怎样重做",
    "",
    "| 命令 | 得到 |",
    "|---|---|",
    "| `kb eval` | 内容用自己的问法提问，找对多少 |",
    "| `kb eval --questions 文件` | 一个题目文件的成绩、用时和每个答错的问题 |",
    "| `kb eval --invariants` | 不变量 |",
    "| `kb eval --report --questions 文件 …` | 以上各项和可靠性曲线，重写本页、图和 content/quality.json |",
]

"""The style guide: the main components and every kind of card, from the real templates, with made-up content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template

from kb.model import EntryKind, Facet, Item, Now, Status, Step, Value, Verification
from search.model import (
    Answer,
    Card,
    CardConflict,
    CardKind,
    CardSource,
    Choice,
    ConflictStatement,
    EffectiveSpan,
    EntryLink,
    Link,
    Result,
    SearchPage,
    Understood,
)
from web.asking import filter_choices
from web.said import SAID
from web.schemas import SearchQuery

styleguide = Blueprint("styleguide", __name__)


@dataclass(frozen=True)
class Sample:
    """A card to show. `title` names what it shows, `why` says when visitors see it."""

    title: str
    why: str
    card: Card


_SOURCE = CardSource(
    title="示例管理办法", issuer="示例机关", number="示规〔2026〕1号", url="https://www.example.org/", clause="第八条"
)
_REPLACED = CardSource(title="示例旧办法", number="示规〔2016〕9号", superseded=date(2026, 1, 1), note="第三方转引")
_ENTRY = EntryLink(id="articles/yangli/zhinan", title="示例证件办理指南", url="/styleguide")
_FACT = Card(
    kind=CardKind.fact,
    question="示例证件审核要多久？",
    answer="材料收齐后 20 个工作日内办好；补材料的时间不算在内。",
    facet=Facet.review_time,
    status=Status.in_force,
    verification=Verification.official,
    effective=EffectiveSpan(from_=date(2026, 1, 1), to=date(2030, 12, 31)),
    reviewed=date(2026, 11, 24),
    sources=(_SOURCE,),
    entry=_ENTRY,
    confidence=0.97,
)
_CHECKLIST = _FACT.model_copy(
    update={
        "kind": CardKind.checklist,
        "question": "办示例证件要带什么？",
        "answer": "带 4 样材料。",
        "facet": Facet.materials,
        "items": (
            Item(name="身份证", copies="原件"),
            Item(name="示例证件申请表", copies="网上填写后打印"),
            Item(name="住处证明", copies="复印件 1 份", note="租房合同或者房产证，一样就够"),
            Item(name="学历证书", copies="原件", when="用学历申请的才要"),
        ),
    }
)
_STEPS = _FACT.model_copy(
    update={
        "kind": CardKind.steps,
        "question": "示例证件怎么办？",
        "answer": "分 3 步办理：",
        "facet": Facet.process,
        "steps": (
            Step(do="在网上填写申请表并打印", who="申请人"),
            Step(do="带材料到受理窗口", who="申请人", note="可以先在网上预约"),
            Step(do="审核后发短信通知领取", who="受理窗口"),
        ),
        "notes": ("窗口周六也开。",),
    }
)
_ASKED_FOR = Value(of="本科", value="60 分", note="有学位证书的加到 90 分")
_CONFLICT = CardConflict(
    statements=(
        ConflictStatement(text="到期前 30 日起可以办。", dated=date(2026, 1, 1), sources=(_SOURCE,)),
        ConflictStatement(text="到期前 60 日起可以办。", dated=date(2024, 5, 1), sources=(_REPLACED,)),
    ),
    safer="到期前 30 日内去办，两种说法都不会错过。",
)
SAMPLES = (
    Sample("一条事实", "问一件事，只有一句答案。第一句最大，下一步是按钮，依据和日期在下面。", _FACT),
    Sample("步骤", "问怎么办。", _STEPS),
    Sample("材料清单", "问要带什么。可以打勾，记在这台设备上；可以打印成一页。", _CHECKLIST),
    Sample(
        "对照表",
        "问分值、费用等，每种情形一行；问的是其中一种，那一行标出来。",
        _FACT.model_copy(
            update={
                "kind": CardKind.table,
                "question": "示例加分有多少？",
                "answer": "本科：60 分。",
                "values": (Value(of="大专", value="50 分"), _ASKED_FOR),
                "row": _ASKED_FOR,
            }
        ),
    ),
    Sample(
        "已失效的规定",
        "规定不再有效时先说不要照它办，再说现在怎么办。",
        _FACT.model_copy(
            update={
                "kind": CardKind.notice,
                "question": "示例证件会自动延期吗？",
                "answer": "到期后自动延长 6 个月。",
                "status": Status.expired,
                "effective": EffectiveSpan(from_=date(2020, 1, 1), to=date(2022, 12, 31)),
                "now": Now(text="要在到期前 30 日内自己去办。"),
            }
        ),
    ),
    Sample(
        "一句话问了两件事",
        "两件事都答，各有依据。",
        _CHECKLIST.model_copy(
            update={
                "question": "办示例证件要带什么，多久办好？",
                "notes": (f"审核时限：{_FACT.answer}",),
                "also": _FACT,
            }
        ),
    ),
    Sample(
        "可能是两件事",
        "分不清问的是哪一件，就并排给出。",
        _FACT.model_copy(
            update={
                "kind": CardKind.fork,
                "choices": (
                    Choice(
                        question="示例证件多久办好？",
                        answer="20 个工作日。",
                        topic="yangli",
                        url="/styleguide",
                        status=Status.in_force,
                        verification=Verification.official,
                        needs_review=False,
                    ),
                    Choice(
                        question="示例补贴多久到账？",
                        answer="每月 15 日前。",
                        topic="yangli",
                        url="/styleguide",
                        status=Status.in_force,
                        verification=Verification.unverified,
                        needs_review=True,
                    ),
                ),
            }
        ),
    ),
    Sample(
        "说法不一",
        "几个来源说的不同：先说照哪种做更稳妥，再列出各种说法，多于两种的在手机上折起来。",
        _FACT.model_copy(
            update={
                "question": "什么时候可以续办？",
                "answer": "到期前可以续办，从哪天起说法不一。",
                "conflict": _CONFLICT,
                "verification": Verification.secondary,
            }
        ),
    ),
    Sample(
        "待复核",
        "所依据的文件被取代，编辑还没有核对。",
        _FACT.model_copy(
            update={
                "question": "以前的示例证件审核要多久？",
                "needs_review": True,
                "sources": (_REPLACED,),
                "verification": Verification.unverified,
            }
        ),
    ),
)
_NEXT = tuple(Link(title=title, url="/styleguide") for title in ("怎么办理", "要带什么", "去哪里办"))
_RESULT = Result(
    id=_ENTRY.id,
    kind=EntryKind.article,
    title=_ENTRY.title,
    url=_ENTRY.url,
    topic="yangli",
    snippet="材料收齐后 <mark>20 个工作日</mark>内办好。",
    status=Status.in_force,
    score=1.0,
)
_RESULTS = (
    _RESULT,
    _RESULT.model_copy(update={"title": "疫情期间示例证件延期", "status": Status.expired, "kind": EntryKind.faq}),
)
_UNDERSTOOD = Understood(text="示例")
COLOURS = (
    ("ink", "正文"),
    ("soft", "次要的字"),
    ("paper", "卡片底色"),
    ("ground", "页面底色"),
    ("line", "线"),
    ("blue", "链接、按钮"),
    ("good", "现行有效"),
    ("warn", "请留意"),
    ("bad", "已失效"),
    ("mark", "命中的字"),
    ("focus", "键盘焦点"),
)


@styleguide.get("/styleguide")
def guide() -> str:
    """The main components, for whoever changes the design."""
    answer = Answer(query="示例", understood=_UNDERSTOOD, candidates=_NEXT[:2], results=_RESULTS)
    found = SearchPage(query="示例", understood=_UNDERSTOOD, results=_RESULTS, total=30, page=2, per_page=10)
    return render_template(
        "styleguide.html",
        samples=SAMPLES,
        next=_NEXT,
        asked=SearchQuery(q="示例"),
        answer=answer,
        found=found,
        others=found.results,
        choices=filter_choices(),
        rephrasings=[link.title for link in _NEXT],
        colours=COLOURS,
        fact=_FACT,
        thanks=SAID["vote"],
    )

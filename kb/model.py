"""The content model: the only definition of what editors may write and what the rest of Wence reads.

Validation, the JSON Schema (`kb schema`) and the reference in the editor guide all come from these classes.
Descriptions are in Chinese because editors read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kb.comparing import comparable_statement

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

MAX_LIST = 200
"""Items of any list in front matter: facts, items, steps, values, aliases, notes, sources."""
MAX_PROSE = 4000
"""Characters of an answer, a note or any other running text in front matter."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROSE)]
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=80)]


def _without_text(value: str) -> str:
    if found := re.search("[（）【】《》“”，。；：、！？]", value):
        raise ValueError(
            f"网址里有中文标点“{found[0]}”——只留网址，说明写进 note；网址里真有的，从浏览器地址栏复制，它会变成 %"
        )
    return value


DIALLED = re.compile(r"\+?[0-9][0-9 ()-]*")
"""A telephone number as a telephone takes it."""


def _dialled(value: str) -> str:
    if not DIALLED.fullmatch(value):
        raise ValueError(f"电话 {value} 里有不能拨的字——只写英文的数字和减号，如 021-12345，说明写进 text")
    return value


Url = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$", max_length=500), AfterValidator(_without_text)
]
Phone = Annotated[Line, AfterValidator(_dialled)]


def _written_day(value: object) -> object:
    """Only 2026-01-31: pydantic would also take a bare number, as seconds since 1970."""
    if isinstance(value, date) or (
        isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip())
    ):
        if not isinstance(value, str) or value.strip()[:4] >= "1900":
            return value
        raise ValueError(f"日期 {value} 的年份不对——写 1900 年以后的日期")
    raise PydanticCustomError("date_format", "not a day")


Day = Annotated[
    date,
    BeforeValidator(_written_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^(19|[2-9][0-9])"}),
]


class Model(BaseModel):
    """Frozen, and closed to fields it does not know: a misspelt field must be reported, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, populate_by_name=True)


class Facet(StrEnum):
    """What a fact is about; the one vocabulary shared by content, intent and cards (after GB/T 36114)."""

    frequency = "frequency"
    review_time = "review_time"
    window = "window"
    materials = "materials"
    eligibility = "eligibility"
    process = "process"
    fee = "fee"
    place = "place"
    channel = "channel"
    late = "late"
    validity = "validity"
    query = "query"
    contact = "contact"
    basis = "basis"
    score = "score"
    benefit = "benefit"
    definition = "definition"
    rejection = "rejection"
    change = "change"
    audience = "audience"
    authority = "authority"
    visits = "visits"
    result = "result"
    complaint = "complaint"
    forms = "forms"

    @property
    def label(self) -> str:
        """The Chinese name that visitors and editors see."""
        return _FACET_LABELS[self]


_FACET_LABELS = {
    Facet.frequency: "办理频次",
    Facet.review_time: "审核时限",
    Facet.window: "办理时间",
    Facet.materials: "所需材料",
    Facet.eligibility: "申请条件",
    Facet.process: "办理流程",
    Facet.fee: "费用",
    Facet.place: "办理地点",
    Facet.channel: "办理渠道",
    Facet.late: "逾期后果",
    Facet.validity: "有效期",
    Facet.query: "进度与结果查询",
    Facet.contact: "咨询电话",
    Facet.basis: "政策依据",
    Facet.score: "分值",
    Facet.benefit: "待遇",
    Facet.definition: "是什么",
    Facet.rejection: "不通过怎么办",
    Facet.change: "信息变更",
    Facet.audience: "申办主体",
    Facet.authority: "办理机构",
    Facet.visits: "到现场次数",
    Facet.result: "结果与送达",
    Facet.complaint: "监督投诉",
    Facet.forms: "表格与样表",
}


class EntryKind(StrEnum):
    """An article explains a matter; a FAQ answers one question."""

    article = "article"
    faq = "faq"

    @property
    def label(self) -> str:
        """The Chinese name that visitors see."""
        return {"article": "指南", "faq": "问答"}[self.value]

    @property
    def folder(self) -> str:
        """Where its files stand, and with what its ids begin."""
        return f"{self.value}s"

    @property
    def letter(self) -> str:
        """With what the addresses of its pages begin."""
        return {"article": "a", "faq": "q"}[self.value]

    @classmethod
    def of_folder(cls, folder: str) -> EntryKind:
        """The kind whose files stand in a folder. Raises KeyError for a folder of neither."""
        return {kind.folder: kind for kind in cls}[folder]

    @classmethod
    def of_letter(cls, letter: str) -> EntryKind:
        """The kind whose addresses begin with a letter. Raises KeyError for a letter of neither."""
        return {kind.letter: kind for kind in cls}[letter]


class Status(StrEnum):
    """Whether the rule an entry states is in force."""

    in_force = "in_force"
    superseded = "superseded"
    expired = "expired"
    draft = "draft"
    upcoming = "upcoming"
    """Never written by editors: an in_force entry on a day before its `effective.from`."""

    @property
    def label(self) -> str:
        """The Chinese words that visitors see."""
        return _STATUS_LABELS[self]

    @property
    def is_over(self) -> bool:
        """Whether the rule held once and holds no more."""
        return self in (Status.superseded, Status.expired)


_STATUS_LABELS = {
    Status.in_force: "现行有效",
    Status.superseded: "已被取代",
    Status.expired: "已失效",
    Status.draft: "草稿",
    Status.upcoming: "尚未施行",
}


class Verification(StrEnum):
    """How well the facts are known."""

    official = "official"
    secondary = "secondary"
    unverified = "unverified"

    @property
    def label(self) -> str:
        """Plain words for visitors."""
        return _VERIFICATION_LABELS[self]


_VERIFICATION_LABELS = {
    Verification.official: "依据官方文件原文",
    Verification.secondary: "依据转引资料，官方原文尚未逐字核对",
    Verification.unverified: "尚未核实，仅供参考，请先向官方确认",
}


def _writable_status(value: object) -> object:
    if value == Status.upcoming.value:
        raise ValueError("status 不能写 upcoming——写 in_force 并填 effective.from，到日子自动生效")
    return value


class Period(Model):
    """A span of days, both ends included; an open end is null."""

    from_: Day | None = Field(None, alias="from", description="起始日（含当日），格式 2026-01-01")
    to: Day | None = Field(None, description="截止日（含当日）；没有截止日写 null")

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError(f"起始日 {self.from_} 晚于截止日 {self.to}——两个日期核对后对调或改正")
        return self

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)

    def overlaps(self, other: Period) -> bool:
        """Whether the two periods share a day."""
        return (self.from_ or date.min) <= (other.to or date.max) and (other.from_ or date.min) <= (self.to or date.max)

    def precedes_directly(self, other: Period) -> bool:
        """Whether `other` begins on the day after this one ends."""
        return self.to is not None and other.from_ is not None and other.from_ - self.to == timedelta(days=1)


ALWAYS = Period()


class Source(Model):
    """A document that facts rest on."""

    id: Slug = Field(description="来源编号，小写字母、数字和连字符，供 facts 引用")
    title: Line = Field(description="文件或网页的名称")
    issuer: Line | None = Field(None, description="发布机关或网站")
    number: Line | None = Field(None, description="文号")
    published: Day | None = Field(None, description="发布日期")
    url: Url | None = Field(None, description="官方网址，以 http:// 或 https:// 开头")
    note: Line | None = Field(None, description="关于这个来源的说明，如“经第三方转引”")
    superseded: Day | None = Field(
        None, description="这份文件被取代或废止的日期；填了以后，`source` 是它的事实当天起一律标为“待复核”"
    )

    def is_superseded(self, day: date) -> bool:
        """Whether another document has taken its place by a day."""
        return self.superseded is not None and self.superseded <= day


def _shared_source(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    shared: Mapping[str, Source] = (info.context or {}).get("sources", {})
    if value not in shared:
        raise ValueError(f"来源 {value} 在 sources.yml 里没有")
    return shared[value]


SourceItem = Annotated[Source, BeforeValidator(_shared_source, json_schema_input_type=str | Source)]
"""A source written in place, or the id of one in `sources.yml` (validation context `sources`)."""


class SourceRef(Model):
    """A pointer from a fact to one of the entry's or the shared sources."""

    id: Slug = Field(description="来源编号")
    clause: Line | None = Field(None, description="条款，如“第十七条”")


def _as_refs(value: object) -> object:
    """Let editors write `source: s1`, `source: {id: s1, clause: …}` or a list of either."""
    items = value if isinstance(value, list | tuple) else [value]
    return [{"id": item} if isinstance(item, str) else item for item in items]


SourceRefs = Annotated[
    tuple[SourceRef, ...],
    BeforeValidator(_as_refs, json_schema_input_type=str | SourceRef | list[str | SourceRef]),
]


class Limit(Model):
    """A time limit; what it must name besides, its unit and the event from which it counts, `kb.remarks` asks for."""

    promised: Annotated[int, Field(ge=0, le=3650)] = Field(description="承诺的天数")
    unit: Line | None = Field(None, description="工作日 或 自然日，一定要写")
    from_: Line | None = Field(None, alias="from", description="从什么时候起算")
    excludes: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="不计入时限的时间")

    def __str__(self) -> str:
        if not self.promised:
            return "当场办结"
        text = f"{self.promised} 个{self.unit or '日'}"
        if self.from_:
            text += f"，自{self.from_.removeprefix('自')}起算"
        if self.excludes:
            text += f"；不含{'、'.join(self.excludes)}"
        return text


class Item(Model):
    """One piece of material on a checklist."""

    name: Line = Field(description="材料名称")
    copies: Line | None = Field(None, description="形式和份数，如“原件”“复印件 1 份”")
    when: Line | None = Field(None, description="什么情况下才要；人人都要就不写")
    note: Line | None = Field(None, description="补充说明")


class Step(Model):
    """One step of a process."""

    do: Prose = Field(description="做什么")
    who: Line | None = Field(None, description="由谁做")
    note: Line | None = Field(None, description="补充说明")


class Value(Model):
    """One row of a table of values: what it is for, and the value."""

    of: Line = Field(description="情形，如“大专（高职）学历”")
    value: Line = Field(description="对应的值，带单位，如“50 分”")
    aliases: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="人们怎样称呼这种情形，如“专科”")
    months: Annotated[int, Field(ge=1, le=1200)] | None = Field(
        None, description="要满几个月才算；合计时，问题里说的时间比它短就不加"
    )
    note: Line | None = Field(None, description="补充说明")


def points_of(value: Value, unit: str) -> int | None:
    """The number of a row that can be added (50 分); None for others (最高 20 分)."""
    found = re.fullmatch(rf"(\d{{1,5}}) *{re.escape(unit)}", value.value)
    return int(found[1]) if found else None


class Part(Model):
    """What counts once towards a total: one row of its tables, the highest of those that somebody names."""

    tables: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MAX_LIST)] = Field(
        description="对照表的 about，同一主题、同一类别；写了几张，只取最高的一项"
    )
    needed: bool = Field(False, description="true：人人都有的一部分，问题里没说到它，就不说总数还差多少")
    near: tuple[Line, ...] = Field(
        (), max_length=MAX_LIST, description="旁边要说到其中一个词才算这张表的，如年数旁边的“社保”；不写就不用"
    )
    before: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="紧挨在前面、不影响结果的词，如“今年”46 岁")
    after: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="紧挨在后面、不影响结果的词，如大专“毕业”")
    since: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None, description="这一部分是年数的：岁数减年数至少要有这么多，不然不可能，就不加；如社保年限写 16"
    )


class Total(Model):
    """What rows of tables add up to, for those who tell their own case (46 岁大专社保 12 年够不够)."""

    goal: Annotated[int, Field(ge=1, le=100_000)] = Field(description="要达到的数，如 120")
    unit: Line = Field(description="单位，与表里的值写法相同，如“分”")
    asked: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MAX_LIST)] = Field(
        description="人们怎样问总数，如“够”“多少分”；问题里一个也没有，就要把 needed 的几部分都说到才加"
    )
    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=MAX_LIST)] = Field(
        description="由哪几部分相加，至少两部分"
    )
    passing: tuple[Line, ...] = Field(
        (), max_length=MAX_LIST, description="单独成一小句、不影响结果的话，如“外地户口”；说到别的就不加，免得加错"
    )
    never: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="说到其中一个就不加，如只问一项的“年龄几分”")
    note: Prose = Field(description="写在合计下面的提醒")


class Statement(Model):
    """One of several statements that differ."""

    text: Prose = Field(description="这种说法的内容")
    source: SourceRefs = Field(description="来源编号")
    dated: Day | None = Field(None, description="这种说法的日期")


class Conflict(Model):
    """Statements that differ about one fact, and which is safer to act on."""

    statements: Annotated[tuple[Statement, ...], Field(min_length=2)] = Field(description="并列的几种说法，至少两条")
    safer: Prose = Field(description="照哪一种做更稳妥")


class Fact(Model):
    """The smallest thing people ask for: one facet of one matter, its answer and where it comes from."""

    facet: Facet = Field(description="类别")
    question: Line | None = Field(None, description="人们会怎样问这件事；不写则用标题和类别拼成")
    aliases: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="同一问题的其他问法")
    answer: Prose | None = Field(None, description="一两句话的直接答案；问答文件里可省略，取正文第一段")
    about: Line | None = Field(None, description="只针对主题下的哪件事，如“快证”“学历”；针对整个主题就不写")
    audience: Line | None = Field(None, description="只适用于哪些人；人人适用就不写")
    limit: Limit | None = Field(None, description="时限")
    items: tuple[Item, ...] = Field((), max_length=MAX_LIST, description="材料清单")
    steps: tuple[Step, ...] = Field((), max_length=MAX_LIST, description="办理步骤")
    values: tuple[Value, ...] = Field((), max_length=MAX_LIST, description="分值表等对照表")
    total: Total | None = Field(None, description="按人们自己说的情况，从几张对照表里加出总数")
    notes: tuple[Prose, ...] = Field((), max_length=MAX_LIST, description="注意事项")
    source: Annotated[SourceRefs, Field(min_length=1)] = Field(description="来源编号，可带条款")
    verification: Verification | None = Field(None, description="这条事实的可信程度；不写则同整个条目")
    effective: Period = Field(ALWAYS, description="这条事实的有效期间；不写则同整个条目")
    conflict: Conflict | None = Field(None, description="说法不一时，并列各种说法")

    @property
    def matter(self) -> tuple[str, str, str]:
        """What it is about: facet, subject and audience, the same whatever signs stand in these (快证, “快证”)."""
        return self.facet, comparable_statement(self.about or ""), comparable_statement(self.audience or "")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on the fact that could be shown."""
        return not (self.answer or self.items or self.steps or self.values)


class Now(Model):
    """What holds now, on an entry that is no longer in force."""

    text: Prose = Field(description="现在怎么办，一两句话")
    entry: Line | None = Field(None, description="现行条目的编号，如 articles/jifen-xuban/zhinan")


class Meta(Model):
    """The front matter fields that articles and FAQs share."""

    topic: Slug = Field(description="主题编号，见 topics.yml，须与所在目录同名")
    status: Annotated[Status, BeforeValidator(_writable_status)] = Field(
        description="in_force 现行｜superseded 被取代｜expired 失效｜draft 草稿（不对外显示）"
    )
    verification: Verification = Field(description="official 见过官方原文｜secondary 有可靠的转引｜unverified 未核实")
    effective: Period = Field(ALWAYS, description="所述规则的施行期间")
    reviewed: Day = Field(description="最近一次核对内容的日期")
    review_by: Day | None = Field(None, description="最迟何时再核对")
    aliases: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="人们会怎样问、怎样称呼")
    summary: Line | None = Field(None, description="一句话摘要，显示在列表里")
    sources: tuple[SourceItem, ...] = Field(
        (), max_length=MAX_LIST, description="来源；可写 sources.yml 里的编号，也可就地写全"
    )
    facts: tuple[Fact, ...] = Field((), max_length=MAX_LIST, description="事实，答案卡片由它们组成")
    related: tuple[Line, ...] = Field((), max_length=MAX_LIST, description="相关条目的编号")
    now: Now | None = Field(None, description="失效或被取代的条目：现在怎么办")


class ArticleMeta(Meta):
    """Front matter of `articles/<topic>/<slug>.md`."""

    title: Line = Field(description="标题")


class FaqMeta(Meta):
    """Front matter of `faqs/<topic>/<slug>.md`."""

    question: Line = Field(description="问题，写成人们会问的样子")


class Topic(Model):
    """A subject under which entries are grouped."""

    id: Slug = Field(description="主题编号")
    name: Line = Field(description="主题名称")
    summary: Line = Field(description="一句话说明")
    order: int = Field(0, description="排列次序，小的在前")
    parent: Slug | None = Field(None, description="上级主题的编号")
    aliases: tuple[Line, ...] = Field((), description="人们怎样称呼这个主题；出现时就认作在问它")
    articles: tuple[Slug, ...] = Field((), description="指南按什么次序读，写文件名，不带 .md；没写到的排在后面")


class Contact(Model):
    """Where a visitor turns when the site does not help."""

    text: Prose = Field(description="遇到问题找谁")
    phone: Phone | None = Field(None, description="电话")
    url: Url | None = Field(None, description="网上咨询的网址，以 http:// 或 https:// 开头")


class Home(Model):
    """What editors pick for the home page."""

    popular: tuple[Line, ...] = Field((), description="热门问题")
    recommended: tuple[Line, ...] = Field((), description="推荐文章的条目编号")


class Site(Model):
    """`site.yml`."""

    name: Line = Field(description="网站名称")
    tagline: Line = Field(description="一句话说明这个网站回答什么")
    region: Line = Field(description="适用地区")
    disclaimer: Prose = Field(description="免责声明，每页都显示")
    contact: Contact = Field(description="联系方式")
    placeholder: Line = Field("输入您的问题", description="搜索框里的提示")
    home: Home = Field(default_factory=Home, description="首页的推荐")


class Heading(Model):
    """A heading of a rendered body, for the table of contents."""

    level: int
    anchor: str
    text: str


class Asking(NamedTuple):
    """One way in which an entry is asked for: as a whole, or for the `fact` of that index.

    It is the question itself, or the `alias` of that index.
    """

    text: str
    fact: int | None
    alias: int | None


class Entry(Model):
    """An article, a FAQ, or a FAQ section of an article: front matter and rendered body, ready to be shown.

    `facts` have their `answer` filled, `sources` are whole; `text` is the body without markup.
    """

    id: str
    kind: EntryKind
    path: str
    line: int
    title: str
    topic: str
    status: Status
    verification: Verification
    effective: Period
    reviewed: date
    review_by: date | None
    aliases: tuple[str, ...]
    summary: str
    sources: tuple[Source, ...]
    facts: tuple[Fact, ...]
    related: tuple[str, ...]
    now: Now | None
    html: str
    text: str
    headings: tuple[Heading, ...]
    parent: str | None = None

    @property
    def slug(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[1]

    @property
    def url(self) -> str:
        """The path of the entry's page."""
        return f"/{self.kind.letter}/{self.topic}/{self.slug}"

    def status_on(self, day: date) -> Status:
        """The status as of a day: what is written, corrected by the dates."""
        if self.status is Status.draft:
            return Status.draft
        if self.effective.from_ and day < self.effective.from_:
            return Status.upcoming
        if self.effective.to is None:
            return self.status
        if day <= self.effective.to:
            return Status.in_force
        return Status.expired if self.status is Status.in_force else self.status

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.status_on(day) is Status.in_force

    def facts_on(self, day: date) -> tuple[Fact, ...]:
        """The facts whose own period covers the day."""
        return tuple(fact for fact in self.facts if fact.effective.covers(day))

    def askings(self) -> Iterator[Asking]:
        """All ways in which editors have it asked for: title and aliases, then question and aliases of each fact."""
        yield Asking(self.title, None, None)
        yield from (Asking(alias, None, number) for number, alias in enumerate(self.aliases))
        for index, fact in enumerate(self.facts):
            if fact.question:
                yield Asking(fact.question, index, None)
            yield from (Asking(alias, index, number) for number, alias in enumerate(fact.aliases))

    def leads(self, fact: Fact) -> bool:
        """Whether a fact answers what a FAQ asks: the first does, and what holds of the same matter in another period."""
        return self.kind is EntryKind.faq and fact.matter == self.facts[0].matter

    def question_of(self, fact: Fact | None) -> str:
        """The question that a fact answers, or the entry itself where there is none."""
        if fact is None or self.leads(fact):
            return self.title
        return fact.question or f"{self.title}：{fact.about or ''}{fact.facet.label}"

    def source(self, ref: SourceRef) -> Source:
        """The source a fact points to. Raises KeyError for one that is not there."""
        for source in self.sources:
            if source.id == ref.id:
                return source
        raise KeyError(ref.id)

    @property
    def basis(self) -> tuple[SourceRef, ...]:
        """All the sources of the entry, on which it rests where no fact says more."""
        return tuple(SourceRef(id=source.id) for source in self.sources)

    def needs_review(self, refs: Iterable[SourceRef], day: date) -> bool:
        """Whether what rests on these sources has one that was superseded by `day` (待复核), and is not itself over.

        The statements of a conflict do not count: one may tell on purpose what an older document said.
        """
        if self.status_on(day).is_over:
            return False
        return any(self.source(ref).is_superseded(day) for ref in refs)


def facts_in(entries: Iterable[Entry]) -> Iterator[tuple[Entry, int, Fact]]:
    """Every fact with its entry and its index there."""
    return ((entry, index, fact) for entry in entries for index, fact in enumerate(entry.facts))


def refs_of(facts: Iterable[Fact]) -> list[SourceRef]:
    """Every source reference that the facts make, in order, those of conflicts included."""
    refs: list[SourceRef] = []
    for fact in facts:
        refs.extend(fact.source)
        if fact.conflict:
            refs.extend(ref for statement in fact.conflict.statements for ref in statement.source)
    return refs

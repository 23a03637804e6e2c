"""Models of what the API takes and gives beside those of `search.model`; the OpenAPI document comes from them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from kb.bodies import MAX_ID
from kb.model import Day, EntryKind, Status, Verification
from search.model import Card, CardSource, EffectiveSpan, Force, Link, Suggestion
from search.service import Wanted
from search.text import MAX_QUERY
from web.usage.store import MAX_COMMENT

MAX_PAGE = 100
MAX_ABOUT = 700
"""Characters of what a card is headed by: a title, and what a fact is about."""


class Input(BaseModel):
    """Parameters: unknown ones are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY)]
_FOLDERS = "|".join(kind.folder for kind in EntryKind)
EntryId = Annotated[str, StringConstraints(pattern=rf"^({_FOLDERS})/[a-z0-9-]+/[a-z0-9-]+$", max_length=MAX_ID)]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_COMMENT)]
About = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_ABOUT)]
Session = Annotated[str, StringConstraints(max_length=300)]
TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,80}$")]


class AnswerQuery(Input):
    """Parameters of `GET /api/v1/answer`."""

    q: Question = Field(description="问题，怎么说就怎么写；在网址里用 UTF-8 百分号编码")
    topic: TopicId | None = Field(None, description="只在这个主题里找")
    as_of: Day | None = Field(None, description="按哪一天回答，默认今天")
    exact: bool = Field(False, description="不做更正")

    @property
    def counts(self) -> bool:
        """Whether this is a question asked, not another look at one."""
        return self.topic is None and self.as_of is None and not self.exact


class SearchQuery(AnswerQuery):
    """Parameters of `GET /api/v1/search`."""

    kind: EntryKind | None = Field(None, description="article 或 faq")
    force: Force | None = Field(None, description="current 现行有效、upcoming 尚未施行、past 已失效或被取代")
    page: int = Field(1, ge=1, le=MAX_PAGE, description="第几页，从 1 起")
    per_page: int = Field(10, ge=1, le=50, description="每页几条")

    @property
    def wanted(self) -> Wanted:
        """All but the question itself, and the page."""
        return Wanted(self.topic, self.kind, self.force, self.as_of, self.exact)

    @property
    def counts(self) -> bool:
        return super().counts and self.kind is None and self.force is None and self.page == 1


class SuggestQuery(Input):
    """Parameters of `GET /api/v1/suggest`."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_QUERY)] = Field(
        description="已输入的文字；在网址里用 UTF-8 百分号编码"
    )


class Feedback(Input):
    """Body of `POST /api/v1/feedback`."""

    entry: EntryId = Field(description="条目编号")
    helpful: StrictBool = Field(description="有没有帮助")
    comment: Comment = Field("", description="意见，可不写")


class VoteForm(Feedback):
    """The form 有用 / 没用."""

    session: Session
    helpful: bool  # forms send words


class ReportForm(Input):
    """The form 这条信息有误; `about` is the question of the fact."""

    session: Session
    entry: EntryId
    about: About
    comment: Comment = ""


class MessageForm(Input):
    """The form 留言; `about` is the question that has no answer, or what the `entry` is about that it was sent from."""

    session: Session
    entry: EntryId | Literal[""] = ""
    about: About
    comment: Annotated[Comment, StringConstraints(min_length=1)]


class FeedbackTaken(BaseModel):
    """Answer to feedback."""

    accepted: bool = True


class Suggestions(BaseModel):
    """Answer of `GET /api/v1/suggest`."""

    query: str
    suggestions: tuple[Suggestion, ...]


class TopicItem(BaseModel):
    """A topic with the number of its entries."""

    id: str
    name: str
    summary: str
    url: str
    entries: int


class Topics(BaseModel):
    """Answer of `GET /api/v1/topics`."""

    topics: tuple[TopicItem, ...]


class EntryBody(BaseModel):
    """An entry in full; also its `.json` twin."""

    id: str
    kind: EntryKind
    title: str
    url: str
    topic: str
    summary: str
    status: Status
    verification: Verification
    effective: EffectiveSpan
    reviewed: date
    sources: tuple[CardSource, ...]
    cards: tuple[Card, ...]
    related: tuple[Link, ...]
    html: str


class ProblemDetails(BaseModel):
    """An error, as RFC 9457 problem details; `detail` names the parameter, what is wrong and the remedy."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def json_ready(model: BaseModel) -> dict[str, Any]:
    """The JSON of a model, by alias."""
    return model.model_dump(mode="json", by_alias=True)

"""The forms that visitors send: 有用 / 没用, 这条信息有误, 留言. They work without JavaScript and without cookies."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response

from web.addresses import sent_from_here
from web.context import metrics, service, tokens, usage
from web.limits import plainly, wait
from web.parameters import BadParameter, parse
from web.said import SAID, TAKEN_OUT, came_from, own_path, place_in, saying
from web.schemas import MessageForm, ReportForm, VoteForm
from web.usage.personal import is_personal
from web.usage.store import AGAIN_SECONDS, Duplicate, Kind, Note, Spent
from web.usage.tables import UsageError
from web.usage.tokens import BadToken

forms = Blueprint("forms", __name__)
_FORMS: dict[Kind, type[VoteForm | ReportForm | MessageForm]] = {
    Kind.vote: VoteForm,
    Kind.report: ReportForm,
    Kind.message: MessageForm,
}


@forms.post("/feedback/<any(vote, report, message):name>")
def send(name: str) -> tuple[str, int] | tuple[str, int, dict[str, str]] | Response:
    """Keep what a form brings and go back to where it was; or say why not and show it again with what was written."""
    # Browsers say where a form was sent from; with the token this keeps other sites' forms out.
    if not sent_from_here():
        abort(403)
    kind = Kind(name)
    values = _written()
    try:
        sent = parse(_FORMS[kind], values)
        session = tokens().read(sent.session)
        note = Note(kind, **sent.model_dump(exclude={"session"}))
        if note.entry and note.entry not in service().library.entries:
            return _gone(note), 404
        usage().keep(note, session)
        metrics().feedback(kind, kept=True)
    except BadParameter as error:
        return _again(kind, values, "还没有发出去", error.plain), 400
    except BadToken as error:
        why = "这一页打开太久了" if error.expired else "这一页的凭证不对"
        return _again(kind, values, "还没有发出去", f"{why}——请再按一次“发送”。"), 400
    except Duplicate:
        metrics().feedback(kind, kept=False)
    except Spent:
        why = "这一页上已经发过几次，这一次的还没有存下——请再按一次“发送”。"
        return _again(kind, values, "还没有发出去", why), 409
    except UsageError as error:
        current_app.logger.error("%s没有存下来：%s", kind.label, error)
        page = _again(kind, values, "现在存不下来", f"您的{kind.label}没有存下来——请过一会儿再发。")
        return page, 503, {"Retry-After": str(AGAIN_SECONDS)}
    back, taken_out = _page_before(), is_personal(note.comment)
    if back is None:
        return _done(SAID[kind], f"{TAKEN_OUT}。" if taken_out else ""), 200
    return redirect(saying(back, kind, place_in(request.args.get("at")), taken_out), 303)


def _gone(note: Note) -> str:
    """What was written about an entry that is no longer there can still be sent, as a message."""
    title = "这条内容已经不在本站"
    if not note.comment:
        return _done(title, "没有记下，也不用再发。")
    words = {"about": note.about, "comment": note.comment}
    return _again(Kind.message, words, title, "您写的话还没有发出去——再按一次“发送”，就作为留言发给编辑。")


@forms.errorhandler(RateLimitExceeded)
def _too_often(_error: RateLimitExceeded) -> tuple[str, int, dict[str, str]]:
    """The form again, with what was written, if anything: it is not lost."""
    kind, seconds, values = Kind((request.view_args or {})["name"]), wait(), _written()
    again, later = f"请过 {plainly(seconds)}再", {"Retry-After": str(seconds)}
    if kind is Kind.vote and not values.get("comment", "").strip():
        metrics().feedback(kind, kept=False)
        return _done("这次的评价没有记下", f"从您这个网络发来的评价太多——{again}评。"), 429, later
    why = f"从您这个网络发来的太多——{again}按一次“发送”，您写的话还在下面。"
    return _again(kind, values, "还没有发出去", why), 429, later


def _written() -> dict[str, str]:
    return {key: value.replace("\r\n", "\n") for key, value in request.form.to_dict().items()}


def _done(title: str, message: str = "") -> str:
    """What was sent is kept; the way back leads to the page of ours that it came from."""
    return render_template("feedback.html", title=title, message=message, back=_page_before())


def _page_before() -> str | None:
    """The page of ours that the form stood on, also when it was refused there and is sent again from here."""
    return came_from() or own_path(request.args.get("back", ""))


def _again(kind: Kind, values: dict[str, str], title: str, message: str) -> str:
    metrics().feedback(kind, kept=False)
    hidden = {
        key: values[key] for key in _FORMS[kind].model_fields if key in values and key not in ("session", "comment")
    }
    back = _page_before()
    return render_template(
        "feedback.html",
        title=title,
        message=message,
        back=back,
        action=f"/feedback/{kind}?{urlencode({'at': place_in(request.args.get('at')), 'back': back or ''})}",
        kind=kind,
        hidden=hidden,
        comment=values.get("comment", ""),
    )

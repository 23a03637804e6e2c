"""How a visitor wants pages to look: chosen by a form, kept in plain cookies that name nobody, applied by the server.

Sizes and line spacing of the elder mode follow 移动互联网应用适老化通用设计规范 (MIIT) and GB/T 37668.
"""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as Reply

from web.addresses import sent_from_here
from web.parameters import parse
from web.said import TOP, came_from, own_path, saying
from web.schemas import Input
from web.security import over_https

preferences = Blueprint("preferences", __name__)

View = Literal["standard", "elder"]
Size = Literal["18", "20", "22", "24", "26", "28", "30"]
Theme = Literal["system", "light", "dark"]
SIZES: tuple[Size, ...] = get_args(Size)
KEPT_SECONDS = 365 * 24 * 3600


class Preferences(Input):
    """One visitor's choices. `size` is the body text of the elder mode in CSS px."""

    view: View = "standard"
    size: Size = "22"
    theme: Theme = "system"

    @property
    def smaller(self) -> Size | None:
        """The next smaller size, None at the smallest."""
        at = SIZES.index(self.size)
        return SIZES[at - 1] if at else None

    @property
    def larger(self) -> Size | None:
        """The next larger size, None at the largest."""
        at = SIZES.index(self.size)
        return SIZES[at + 1] if at + 1 < len(SIZES) else None


_STANDARD = Preferences()


def chosen() -> Preferences:
    """The choices in this request's cookies; a cookie that is none of the choices counts as not set."""
    found: dict[str, str] = {}
    for name in Preferences.model_fields:
        value = request.cookies.get(_cookie(name))
        if value is None:
            continue
        try:
            Preferences.model_validate({name: value})
        except ValidationError:
            continue
        found[name] = value
    return Preferences.model_validate(found) if found else _STANDARD


@preferences.app_context_processor
def _shared() -> dict[str, object]:
    return {"preferences": chosen()}


@preferences.after_app_request
def _varies(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("Cookie")
    return response


@preferences.get("/settings")
def settings() -> str | Reply:
    """Choose view, size and colours."""
    before = came_from()
    if before and "back" not in request.args:
        # In the address the way back outlives whatever is pressed on this page.
        return redirect(f"/settings?{urlencode({'back': before})}")
    return render_template("settings.html", sizes=SIZES, back=own_path(request.args.get("back", "/")) or "/")


@preferences.post("/settings")
def choose() -> Reply:
    """Keep the choices that the form names, leave the others, and go back to where the visitor was."""
    if not sent_from_here():
        abort(403)
    given = request.form.to_dict()
    back = own_path(given.pop("back", "/")) or "/"
    if given.pop("say", ""):
        back = saying(back, "saved", TOP)
    picked = parse(Preferences, given)
    reply = redirect(back, 303)
    for name in picked.model_fields_set:
        reply.set_cookie(
            _cookie(name),
            getattr(picked, name),
            max_age=KEPT_SECONDS,
            secure=over_https(),
            httponly=True,
            samesite="Lax",
        )
    return reply


def _cookie(name: str) -> str:
    """The prefix keeps other hosts of the same domain from setting it (RFC 6265bis, 4.1.3.2); it needs HTTPS."""
    return f"__Host-{name}" if over_https() else name

"""What a page says to a visitor whom a form brought back to it: a word out of a closed list in the address, no cookie."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request

from web.addresses import PASSING, own_hosts
from web.traditional import PREFIX

SAID = {
    "vote": "谢谢，您的评价已经记下",
    "report": "谢谢，编辑会核对这条信息",
    "message": "谢谢，编辑会看到您的留言",
    "saved": "已保存",
}
TAKEN_OUT = "您写的号码或邮箱没有存下"
"""What is said besides where `web.usage.personal` took something out."""
TOP = "main"
_FORMS = re.compile(r"/(feedback/|settings$)")
_PLACE = re.compile(r"said(-\d{1,3})?")


def said(what: str, place: str) -> str:
    """The words to say at this place of the page being rendered, else nothing."""
    here = request.args.get("said") == what and place_in(request.args.get("at")) == place
    if not here or what not in SAID:
        return ""
    return f"{SAID[what]}。{TAKEN_OUT}。" if "without" in request.args else SAID[what]


def place_in(text: str | None) -> str:
    """The anchor of a place where pages say something; the top of the page for any other text."""
    return text if text and _PLACE.fullmatch(text) else TOP


def saying(path: str, what: str, place: str, taken_out: bool = False) -> str:
    """The address `path` of a page of ours, which then says it at that place, and whether something was `taken_out`."""
    parts = urlsplit(path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in PASSING]
    told = [("said", what), ("at", place), *([("without", "numbers")] if taken_out else [])]
    return parts._replace(query=urlencode([*kept, *told]), fragment="" if place == TOP else place).geturl()


def own_path(address: str) -> str | None:
    """The address when it is that of a page on this site: no form can send a visitor elsewhere, or to where only forms go.

    Browsers take more than two slashes at the start for two, and what follows for a host.
    """
    own = address.startswith("/") and not address.startswith(("//", "/feedback/"))
    return address if own and "\\" not in address and address.isprintable() else None


def came_from() -> str | None:
    """The path of the page of ours that the visitor came from, when the browser names it; no page that a form answers."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return None
    path = page.path.removeprefix(PREFIX)
    if page.netloc not in own_hosts() or _FORMS.match(path):
        return None
    return own_path(path + (f"?{page.query}" if page.query else ""))

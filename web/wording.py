"""How what editors wrote is set on pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from kb.model import Site, Value
from search.text import is_han

_FIELDS = {
    "q": "您的问题",
    "comment": "您写的话",
    "as_of": "日期",
    "page": "页码",
    "per_page": "每页的条数",
    "topic": "主题",
    "kind": "类型",
    "force": "效力",
    "view": "版式",
    "size": "字号",
    "theme": "颜色",
}
_REOPEN = "不对——请回到刚才的页面，刷新后再试"
_WRONG = {
    "missing": "没有填——请回到刚才的页面，填好再发",
    "string_too_short": "是空的——请写几个字",
    "string_too_long": "太长——最多 500 字，请写短些",
    "extra_forbidden": _REOPEN,
    "enum": _REOPEN,
    "literal_error": _REOPEN,
    "bool_parsing": _REOPEN,
    "string_pattern_mismatch": _REOPEN,
}
"""By pydantic's type of error; what is not here is said to people as to programs."""
_ENDS = "。；！？"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COUNTED = re.compile(r"(?<=\d) (?=[一-鿿])")
_OPENING = "（“《〔("
_CLOSING = "）”》〕)"
_BOX = '<div class="scroll" tabindex="0" role="group" aria-label="表格">'


def example_question(site: Site) -> str:
    """A question that shows how one may ask: the editors' own, from the search box or the home page; else empty."""
    _, _, shown = site.placeholder.partition("例如：")
    return shown or next(iter(site.home.popular), "")


def first_sentence(text: str) -> tuple[str, str]:
    """Cut after the first sentence or clause; a stop within brackets or quotation marks does not count."""
    depth = 0
    for at, letter in enumerate(text):
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth = max(depth - 1, 0)
        elif letter in _ENDS and depth == 0:
            # A semicolon promises more; large and alone, it looks cut off.
            return text[: at + 1].removesuffix("；"), text[at + 1 :]
    return text, ""


def unbroken(text: str) -> Markup:
    """`text` as HTML, in which no line ends within a date or between a number and what it counts (50 分)."""
    return Markup(_DAY.sub(r"<time>\g<0></time>", _COUNTED.sub("\u00a0", escape(text))))  # noqa: S704  escaped


def repeats(text: str, rows: Iterable[Value]) -> bool:
    """Whether a remark says nothing but rows of the table above it: each clause is a row's name and its value."""
    clauses = re.findall(r"[^，、；。]+", text)
    return all(any(_is_row(clause, row) for row in rows) for clause in clauses)


def _is_row(clause: str, row: Value) -> bool:
    name = clause.removesuffix(row.value)
    return name != clause and set(name) <= {" ", *row.of, *"".join(row.aliases)}


def scrolling(html: str) -> str:
    """HTML of `kb.rendering` with each table in a box of its own that scrolls, by keyboard too, where it is too wide."""
    return html.replace("<table>", _BOX + "<table>").replace("</table>", "</table></div>")


def without_lead(html: str, lead: str) -> str:
    """HTML of `kb.rendering` without its first paragraph where that is `lead`, which the card above it says already."""
    return html.removeprefix(f"<p>{escape(lead, quote=False)}</p>").strip()


def is_foreign(text: str) -> bool:
    """Whether a question, its pinyin already read, is in the letters of another script and has no Han character."""
    return any(map(str.isalpha, text)) and not any(map(is_han, text))


def in_plain_words(name: str, error: str, otherwise: str) -> str:
    """What is wrong with a field of a form, and the remedy, for someone who has never heard of parameters."""
    return f"{_FIELDS.get(name, '发来的内容有一处')}{_WRONG.get(error, otherwise)}"

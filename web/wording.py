"""How what editors wrote is set on pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from kb.model import Site, Value
from kb.rendering import first_paragraph

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


def text_without_lead(text: str, lead: str) -> str:
    """The same of a text of `kb.rendering`."""
    return text.removeprefix(lead).strip() if first_paragraph(text) == lead else text
